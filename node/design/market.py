"""What the network says of prices and times: rates that shops advertise, and what past awards came to; no guesses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from node.design.findings import Finding
from protocol.ids import MachineId, ProcessCode
from protocol.units import Cents, Seconds

ENOUGH = 3
"""Past awards of a process from which on they outweigh advertised rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known beside the rate card; empty for a node that knows nobody."""

    hours: Mapping[ProcessCode, tuple[Cents, ...]] = field(default_factory=dict)
    """What shops that could take such an operation ask for an hour, as their cards say."""

    paid: Mapping[ProcessCode, tuple[int, ...]] = field(default_factory=dict)
    """What this node's past awards came to, in per cent of what the rate card alone had said."""


NOTHING_KNOWN = Market()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A price by the market: low, likely, high, and why."""

    low: Cents
    likely: Cents
    high: Cents
    words: str


def asked(market: Market, process: ProcessCode, *, work: tuple[int, int, int], stock: int, card: int) -> Asked | None:
    """The price of one operation by the market, or None where it says nothing.

    Args:
        work: seconds of the machine, low, likely and high.
        stock: cents of material.
        card: cents that the rate card alone says.
    """
    past = market.paid.get(process, ())
    if len(past) >= ENOUGH:
        low, likely, high = (Cents(-(-card * share // 100)) for share in (min(past), round(median(past)), max(past)))
        words = f"{len(past)} past awards came to {min(past)} to {max(past)} % of the rate card, half of them above "
        return Asked(low=low, likely=likely, high=high, words=words + f"{round(median(past))} %")
    hours = market.hours.get(process, ())
    if not hours:
        return None
    rates = (min(hours), round(median(hours)), max(hours))
    low, likely, high = (
        Cents(-(-seconds * rate // 3600) + stock) for seconds, rate in zip(work, rates, strict=True)
    )  # fmt: skip
    many = f"{len(hours)} machines are" if len(hours) > 1 else "one machine is"
    words = f"{many} advertised at {min(hours) / 100:.2f} to {max(hours) / 100:.2f} an hour"
    return Asked(low=low, likely=likely, high=high, words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """From now until the last operation can be done, and why; transport between sites is the award's business."""

    low: Seconds
    likely: Seconds
    high: Seconds
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One machine of the network beside one operation, judged by what its own card says."""

    operation: int
    provider: str
    """As its card calls it."""

    machine: MachineId
    misfit: str
    """Why it cannot take the operation; empty when it can."""

    hour: Cents | None
    """What an hour is advertised at."""

    findings: tuple[Finding, ...]
    """What would make the part dear or impossible on it; of shaping operations only."""
