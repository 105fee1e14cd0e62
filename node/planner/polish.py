"""Puts committed work in a cheaper order while nothing else is asked; keeps every promise and touches no hold."""

from collections.abc import Iterator
from dataclasses import replace

from node.planner.holding import relocated
from node.planner.menu import moves_of
from node.planner.schedule import Roster, Schedule
from node.planner.solver import Stretch, cost_of, order
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
        roster = schedule.roster(name)
        if not roster.holds:
            for stretch in _stretches(roster, now):
                schedule = _improved(schedule, roster, stretch)
                roster = schedule.roster(name)
    return schedule


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
