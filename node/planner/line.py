"""One machine's timeline as the solver sees it: what stands, what may be moved, all in seconds worked."""

from dataclasses import dataclass, replace

from node.planner.schedule import Schedule, Task
from node.planner.shifts import Calendar
from node.planner.solver import Span, Work, place
from protocol.ids import MachineId
from protocol.units import UnixSeconds

FINAL_EFFORT = 1.0
"""Deterministic time for a placement that must succeed, since offers already count on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a machine holds from some moment on."""

    calendar: Calendar
    now: int
    """The moment, in seconds worked."""

    standing: tuple[Span, ...]
    """Started, tentative, or promised to the second."""

    movable: tuple[Work, ...]
    """Committed, not started, and with room between its bounds."""


def line(schedule: Schedule, name: MachineId, *, now: UnixSeconds) -> Line:
    """The timeline of machine ``name`` from plant time ``now`` on."""
    calendar = schedule.machine(name).calendar
    ahead = [task for task in schedule.on(name) if task.finish > now]
    moves = [_movable(task, calendar, now) for task in ahead]
    return Line(
        calendar=calendar,
        now=calendar.worked(now),
        standing=tuple(
            Span(calendar.worked(task.start), calendar.worked(task.finish))
            for task, move in zip(ahead, moves, strict=True)
            if move is None
        ),
        movable=tuple(move for move in moves if move is not None),
    )


def arranged(schedule: Schedule, *, now: UnixSeconds) -> Schedule:
    """The schedule with all movable work where it costs least around what stands.

    Raises:
        CapacityError: no arrangement was found, and as it is work overlaps.
    """
    tasks = {task.key: task for task in schedule.tasks}
    for machine in schedule.machines:
        timeline = line(schedule, machine.name, now=now)
        placement = place(timeline.standing, timeline.movable, effort=FINAL_EFFORT)
        starts = {} if placement is None else placement.starts
        for work in timeline.movable if starts else ():
            start = starts[work.key]
            tasks[work.key] = replace(
                tasks[work.key],
                start=machine.calendar.start(start),
                finish=machine.calendar.finish(start + work.length),
            )
    return replace(schedule, tasks=()).with_tasks(tasks.values())


def _movable(task: Task, calendar: Calendar, now: UnixSeconds) -> Work | None:
    start, finish = calendar.worked(task.start), calendar.worked(task.finish)
    earliest, due = calendar.worked(max(task.earliest, now)), calendar.worked(task.due)
    if task.until is not None or task.start <= now or due - earliest <= finish - start:
        return None
    return Work(key=task.key, earliest=earliest, due=due, length=finish - start, weight=task.weight, hint=start)
