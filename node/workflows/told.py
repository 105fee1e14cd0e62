"""What a machine has to say about a part: facts from its run, its package and its supplies; it invents nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from node.config import ShopConfig
from node.design.characteristics import Characteristic
from node.design.packages import InspectionList, Kind, open_package
from node.machines.run import Run
from node.workflows.answered import Answer, MakeParts
from protocol import merkle
from protocol.facts import Lot, Measurement, StepFacts
from protocol.ids import Digest, MachineId, MaterialCode
from protocol.routing import predecessors
from protocol.units import WattHours
from protocol.wire import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """What a shop's machines use up or work with."""

    stock: tuple[Lot, ...]
    tools: Mapping[MachineId, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One finished run and all that is known of it."""

    state: Answer
    effect: MakeParts
    run: Run
    load: int
    """Parts in the run; they share its energy."""

    package: bytes
    """What the machine worked from."""

    supplies: Supplies


def supplies_of(config: ShopConfig) -> Supplies:
    """A shop's supplies, from its owner's words."""
    return Supplies(
        stock=tuple(Lot(material=MaterialCode(row.material), number=row.lot) for row in config.stock),
        tools={MachineId(row.name): row.tools for row in config.machines},
    )


def facts_of(told: Told, part: int, before: Digest) -> StepFacts:
    """What is recorded of one part; ``before`` names the machine's record before.

    Material goes in where a branch of the routing begins; from then on the part itself does.
    """
    state, effect, run, supplies = told.state, told.effect, told.run, told.supplies
    measured = {value.name: value.value for value in run.measured}
    leaf = next(package.leaf for package in state.packages if package.operation == effect.operation)
    material, begins = state.call.part.material, not predecessors(state.call.operations)[effect.operation]
    return StepFacts(
        job=state.call.job,
        part=part,
        operation=effect.operation,
        machine=effect.offer.machine,
        program=merkle.leaf_hash(encode(leaf)),
        inputs=tuple(lot for lot in supplies.stock if begins and lot.material == material),
        tools=supplies.tools[effect.offer.machine],
        started=run.started or run.finished,
        finished=run.finished,
        energy=WattHours(run.energy // told.load),
        observations=run.observations,
        measurements=tuple(
            Measurement(name=c.name, nominal=c.nominal, lower=c.lower, upper=c.upper, value=measured[c.name])
            for c in characteristics_of(told.package)
        ),
        previous=effect.previous[part - 1],
        machine_previous=before,
    )


def characteristics_of(package: bytes) -> tuple[Characteristic, ...]:
    """What a package asks to be measured."""
    opened = open_package(package)
    return decode(InspectionList, opened.content).characteristics if opened.kind is Kind.INSPECTION_LIST else ()
