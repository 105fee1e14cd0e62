"""A machine that is out of order: what stood on it goes to the shop's other machines in time, or has to be given back.

Nothing is moved past its due time, and no window on offer is sold twice. Work that was under way is made again in full.
To bring a machine back, put it in as it is configured: ``Schedule.with_machines``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from node.planner.bidding import missing_tool
from node.planner.holding import NOBODY, relocated, timeline_of
from node.planner.machine import Machine
from node.planner.schedule import Lane, Roster, Schedule, Task
from node.planner.shifts import Closure, merged
from node.planner.timeline import Place, Request
from node.planner.timing import duration
from protocol.capability import covers
from protocol.ids import MachineId
from protocol.job import Call, Operation
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a task makes, which says what other machine could make it."""

    call: Call
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A shop's plan while a machine is out of order."""

    schedule: Schedule
    """Without windows on offer that the machine cannot keep."""

    moved: tuple[Task, ...]
    """What goes on in time, as it stands now: on another machine, or later on the same."""

    lost: tuple[Task, ...]
    """What nothing here makes in time, as it stood; it is not in the plan any more."""


def out_of_order(
    schedule: Schedule, name: MachineId, *, begins: UnixSeconds, ends: UnixSeconds, work: Mapping[str, Made]
) -> Outage:
    """The plan after a machine stops at ``begins``, plant time, until ``ends``; the most urgent work is placed first.

    Args:
        work: what tasks make, by key; those that are not named can only wait for the machine.

    Raises:
        CapacityError: there is no such machine.
    """
    roster = schedule.roster(name)
    hit = [task for task in roster.tasks if task.finish > begins and task.start < ends]
    lengths = {block.key: block.length for block in roster.lane.blocks}
    schedule = closed(schedule.without_tasks({task.key for task in hit}), name, begins, ends)
    moved, lost = [], []
    for task in sorted(hit, key=lambda task: (task.due, task.start, task.key)):
        found = _placed(schedule, task, lengths[task.key], work.get(task.key), begins)
        if found is None:
            lost.append(task)
        else:
            schedule, elsewhere = found
            moved.append(elsewhere)
    return Outage(schedule=schedule, moved=tuple(moved), lost=tuple(lost))


def closed(schedule: Schedule, name: MachineId, begins: UnixSeconds, ends: UnixSeconds) -> Schedule:
    """The schedule whose machine does not work for a while, in which it has no tasks; its windows there are gone."""
    roster = schedule.roster(name)
    calendar = roster.machine.calendar
    closures = merged((*calendar.closures, Closure(begins=begins, ends=ends)))
    machine = replace(roster.machine, calendar=replace(calendar, closures=closures))
    holds = tuple(hold for hold in roster.holds if hold.finish <= begins or hold.start >= ends)
    shut = Roster(lane=Lane(machine=machine, tasks=roster.tasks), holds=holds)
    return replace(schedule, rosters={**schedule.rosters, name: shut})


def _placed(
    schedule: Schedule, task: Task, length: int, made: Made | None, now: UnixSeconds
) -> tuple[Schedule, Task] | None:
    """The schedule with a task where it costs least among the places that keep its due time; None if there is none."""
    found: list[tuple[int, UnixSeconds, MachineId, Place, int]] = []
    for machine in schedule.machines:
        takes = length if machine.name == task.machine else _length(machine, made)
        if takes is None:
            continue
        for place in _places(schedule, machine, task, takes, now):
            finish = machine.calendar.finish(place.start + takes)
            cost = place.cost(machine.rates.hour) + takes * machine.rates.hour
            cost += task.weight * max(0, finish - task.wanted)
            found.append((cost, finish, machine.name, place, takes))
    if not found:
        return None
    _cost, finish, name, place, _takes = min(found, key=lambda one: one[:3])
    lane = schedule.roster(name).lane
    elsewhere = replace(task, machine=name, start=lane.machine.calendar.start(place.start), finish=finish)
    return schedule.with_lane(replace(lane, tasks=(*relocated(lane, place.moves), elsewhere))), elsewhere


def _places(schedule: Schedule, machine: Machine, task: Task, length: int, now: UnixSeconds) -> Sequence[Place]:
    """Where a task can go on a machine, in time."""
    worked, due = machine.calendar.worked, task.due
    if machine.approved_until is not None:
        due = min(due, machine.approved_until)
    request = Request(worked(max(task.earliest, now)), worked(due) - length, length, task.family)
    timeline = timeline_of(schedule, schedule.roster(machine.name), NOBODY, now=now)
    return list(timeline.places(request, now=worked(now), rate=machine.rates.hour))


def _length(machine: Machine, made: Made | None) -> int | None:
    """How long a machine takes for what a task makes, seconds worked; None if it cannot."""
    if made is None or missing_tool(machine, made.call) is not None:
        return None
    if not all(covers(machine.capability, operation, made.call.part) for operation in made.operations):
        return None
    return sum(duration(machine, operation, made.call.quantity) for operation in made.operations)
