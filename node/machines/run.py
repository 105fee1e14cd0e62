"""What a run comes to, folded from its observations alone; it trusts nothing that the controller did not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from node.machines.gateway import Execution, Item, Observation
from protocol import merkle
from protocol.ids import Digest
from protocol.units import Micrometres, UnixSeconds, WattHours
from protocol.wire import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One characteristic as measured."""

    name: str
    value: Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One programme, from its first to its last observation."""

    execution: Execution
    """The last state; ``PROGRAM_COMPLETED`` when all went well."""

    started: UnixSeconds | None
    """Plant time; None when it never became active."""

    finished: UnixSeconds
    """Plant time of the last observation."""

    energy: WattHours
    """Each power reading taken to hold until the next one."""

    measured: tuple[Measured, ...]
    observations: Digest
    """RFC 9162 root over the observations in wire form."""


def run_of(observations: Sequence[Observation]) -> Run:
    """The run that ``observations`` tell of; they must be complete from sequence number 1."""
    if [seen.sequence for seen in observations] != list(range(1, len(observations) + 1)) or not observations:
        raise AssertionError("observations are missing")
    finished = observations[-1].at
    states = [(seen.at, Execution(seen.value)) for seen in observations if seen.item == Item.EXECUTION]
    power = [(seen.at, int(seen.value)) for seen in observations if seen.item == Item.WATTAGE]
    joules = sum(watts * (until - since) for (since, watts), (until, _) in pairwise([*power, (finished, 0)]))
    return Run(
        execution=states[-1][1],
        started=next((at for at, state in states if state is Execution.ACTIVE), None),
        finished=finished,
        energy=WattHours(-(-joules // 3600)),
        measured=tuple(
            Measured(name=seen.item.removeprefix(Item.MEASURED), value=Micrometres(int(seen.value)))
            for seen in observations
            if seen.item.startswith(Item.MEASURED)
        ),
        observations=merkle.root([encode(seen) for seen in observations]),
    )
