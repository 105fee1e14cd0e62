"""Puts committed work in a cheaper order while nothing else is asked; keeps every promise and touches no hold."""

from collections.abc import Iterator
from dataclasses import replace

from node.planner.holding import powered, relocated
from node.planner.menu import moves_of
from node.planner.schedule import Roster, Schedule
from node.planner.solver import Stretch, cost_of, order
from protocol.ids import MachineId
from protocol.units import UnixSeconds

WINDOW = 10
"""Neighbours put in order at once."""

STEP = 6
"""From one window to the next, so that each task meets neighbours on both sides."""

EFFORT = 0.1
"""Deterministic time for each window: nobody waits for it."""


def polished(schedule: Schedule, *, now: UnixSeconds) -> Schedule:
    """The schedule after one pass over every machine; it costs no more than before."""
    for name in schedule.rosters:
        schedule = tidied(schedule, name, now=now)
    return schedule


def tidied(schedule: Schedule, name: MachineId, *, now: UnixSeconds) -> Schedule:
    """The schedule after one pass over one machine; unchanged if the machine has windows on offer."""
    roster = schedule.roster(name)
    if roster.holds or not movable(roster, now):
        return schedule
    tidier = schedule
    for stretch in _stretches(roster, now):
        tidier = _improved(tidier, tidier.roster(name), stretch)
    return tidier if powered(tidier, name, now=now) else schedule


def movable(roster: Roster, now: UnixSeconds) -> bool:
    """Whether another order of a machine's work is possible at all."""
    worked = roster.machine.calendar.worked
    ahead = [block for block in roster.lane.blocks if block.start > worked(now)]
    return len(ahead) > 1 and any(block.due - block.earliest > block.length for block in ahead)


def standing_cost(roster: Roster) -> int:
    """Cent-seconds of changing over and of delay, as a machine's work stands."""
    timeline = roster.lane.timeline
    return cost_of(timeline, Stretch(0, len(timeline.blocks)), {}, rate=roster.machine.rates.hour)


def _stretches(roster: Roster, now: UnixSeconds) -> Iterator[Stretch]:
    first = sum(task.start <= now for task in roster.tasks)
    for low in range(first, len(roster.tasks), STEP):
        yield Stretch(low, min(len(roster.tasks), low + WINDOW))


def _improved(schedule: Schedule, roster: Roster, stretch: Stretch) -> Schedule:
    timeline, rate = roster.lane.timeline, roster.machine.rates.hour
    best = order(timeline, stretch, rate=rate, effort=EFFORT)
    if best is None or best.cost >= cost_of(timeline, stretch, {}, rate=rate):
        return schedule
    tasks = relocated(roster.lane, moves_of(timeline, stretch, best))
    return schedule.with_lane(replace(roster.lane, tasks=tasks))
