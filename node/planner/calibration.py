"""How long machines really took beside what was planned; a pace is corrected only by what its owner adopts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from node.planner.machine import Adopted, Machine
from protocol.ids import MachineId
from protocol.units import CubicMillimetres, Seconds, UnixSeconds

FEWEST = 5
"""Finished programmes from which on a machine's figure means something."""

PAUSE = 3
"""A programme that took so many times the usual stood still meanwhile: a shift ended, or material was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One machine; per cent of the planned cycle."""

    machine: MachineId
    programmes: int
    low: int
    likely: int
    high: int

    @property
    def advice(self) -> str:
        """What to do with it."""
        if 95 <= self.likely <= 105:
            return "the pace holds"
        return f"plan {self.likely} % of the configured time: guildmark shop calibration --adopt {self.machine}"


def corrected(machine: Machine, adopted: Adopted) -> Machine:
    """The machine at the pace of its own jobs; set-ups and furnace charges, which were not measured, stay."""
    pace = replace(
        machine.pace,
        volume=CubicMillimetres(max(1, machine.pace.volume * 100 // adopted.percent)),
        feature=Seconds(-(-machine.pace.feature * adopted.percent // 100)),
    )
    return replace(machine, pace=pace, adopted=adopted)


def taken(finished: Sequence[UnixSeconds]) -> tuple[Seconds, ...]:
    """What programmes that followed each other took, from when each was done; the first one's start is not known."""
    spans = [Seconds(later - earlier) for earlier, later in pairwise(sorted(finished)) if later > earlier]
    usual = median(spans) if spans else 0
    return tuple(span for span in spans if span <= PAUSE * usual)


def calibrated(found: Mapping[MachineId, Sequence[tuple[Seconds, Seconds]]]) -> tuple[Calibration, ...]:
    """Machines with enough programmes, by name; each pair is planned and taken."""
    rows = []
    for machine, pairs in sorted(found.items()):
        shares = sorted(round(100 * actual / max(1, planned)) for planned, actual in pairs)
        if len(shares) >= FEWEST:
            tenth = len(shares) // 10
            rows.append(
                Calibration(
                    machine=machine,
                    programmes=len(shares),
                    low=shares[tenth],
                    likely=round(median(shares)),
                    high=shares[-1 - tenth],
                )
            )
    return tuple(rows)
