"""Which machine holds which time for what: an immutable set of tasks that never lets two pieces of work overlap."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

from node.planner.errors import CapacityError
from node.planner.machine import Machine
from protocol.ids import JobId, MachineId
from protocol.units import Cents, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work on one machine, or a slot held for it. All times but ``until`` are plant time."""

    key: str
    """Unique in the schedule; a federation job's slots begin with its ``prefix``."""

    machine: MachineId
    earliest: UnixSeconds
    """Before this the parts are not here."""

    due: UnixSeconds
    """Promised; the task may be moved between ``earliest`` and here as long as it has not started."""

    start: UnixSeconds
    finish: UnixSeconds
    """Closed hours between ``start`` and here included."""

    weight: Cents
    """What each hour that it finishes later costs."""

    until: UnixSeconds | None = None
    """Wall time at which a tentative slot frees itself; None once committed."""


def prefix(job: JobId) -> str:
    """How the keys of a job's slots begin."""
    return f"{job.hex()}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The provider's machines and everything that they hold."""

    machines: tuple[Machine, ...]
    tasks: tuple[Task, ...] = ()
    """In order of key."""

    def machine(self, name: MachineId) -> Machine:
        """The machine called ``name``.

        Raises:
            CapacityError: this provider has none.
        """
        for machine in self.machines:
            if machine.name == name:
                return machine
        raise CapacityError(name, "there is no such machine")

    def on(self, name: MachineId) -> tuple[Task, ...]:
        """Tasks of one machine, in order of start."""
        return tuple(sorted((t for t in self.tasks if t.machine == name), key=lambda t: (t.start, t.key)))

    def with_task(self, task: Task) -> "Schedule":
        """The schedule with ``task`` added, or in place of the one with its key.

        Raises:
            CapacityError: it does not fit: no such machine, outside its own bounds or the machine's shifts, or in the
                way of other work.
        """
        return self.without(task.key).with_tasks((task,))

    def with_tasks(self, tasks: Iterable[Task]) -> "Schedule":
        """The schedule with several tasks added, each as ``with_task``; they may not be in each other's way."""
        added = tuple(tasks)
        schedule = replace(self, tasks=tuple(sorted((*self.tasks, *added), key=lambda t: t.key)))
        for name in {task.machine for task in added}:
            _check(schedule.on(name), self.machine(name))
        return schedule

    def without(self, *keys: str) -> "Schedule":
        """The schedule without the tasks named."""
        return replace(self, tasks=tuple(task for task in self.tasks if task.key not in keys))

    def without_expired(self, wall: UnixSeconds) -> "Schedule":
        """The schedule without the tentative slots whose hold has ended."""
        return replace(self, tasks=tuple(t for t in self.tasks if t.until is None or t.until > wall))

    def free(self, name: MachineId, start: UnixSeconds, finish: UnixSeconds) -> bool:
        """Whether nothing is held on the machine between two times, and it works at both."""
        open_at = self.machine(name).calendar.open_at(start, finish)
        return open_at and all(task.finish <= start or task.start >= finish for task in self.on(name))


def alternatives(one: Task, other: Task) -> bool:
    """Whether at most one of two tasks can come to be at a time: tentative slots of the same job.

    The slots of one operation exclude each other, and the operations of a routing follow each other.
    """
    tentative = one.until is not None and other.until is not None
    return tentative and one.key.split("/", 1)[0] == other.key.split("/", 1)[0]


def _check(tasks: tuple[Task, ...], machine: Machine) -> None:
    for task in tasks:
        if not task.earliest <= task.start < task.finish <= task.due:
            raise CapacityError(machine.name, f"{task.key} lies outside its own bounds")
        if not machine.calendar.open_at(task.start, task.finish):
            raise CapacityError(machine.name, f"{task.key} begins or ends in a closed hour")
    for one, other in combinations(tasks, 2):
        if one.start < other.finish and other.start < one.finish and not alternatives(one, other):
            raise CapacityError(machine.name, f"{one.key} and {other.key} overlap")
