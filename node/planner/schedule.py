"""Which machine holds which time for what: an immutable set of tasks and holds that never promises an hour twice.

Tasks are committed. A hold keeps a window of a bid free for as long as the bid may win, together with the places that
the tasks in its way would move to; it moves nothing itself, so letting go of it leaves no trace.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

from node.planner.errors import CapacityError
from node.planner.machine import ANY, Family, Machine
from node.planner.premises import Premises
from node.planner.timeline import Block, Move, Timeline
from protocol.ids import JobId, MachineId
from protocol.units import Cents, UnixSeconds

_AT_ONCE = UnixSeconds(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Committed work on one machine, in plant time."""

    key: str
    """Unique in the schedule; those of a federation job begin with its ``prefix``."""

    machine: MachineId
    earliest: UnixSeconds
    """Before this the parts are not here."""

    due: UnixSeconds
    """Promised; the task may be moved between ``earliest`` and here as long as it has not started."""

    start: UnixSeconds
    finish: UnixSeconds
    """Closed hours between ``start`` and here included."""

    weight: Cents
    """What each hour that it finishes after ``wanted`` costs."""

    wanted: UnixSeconds = _AT_ONCE
    """Finishing before this gains nothing."""

    family: Family = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A window kept free for one bid."""

    job: JobId
    first: int
    last: int
    """Operations of the job that the window is for, both included."""

    machine: MachineId
    start: UnixSeconds
    finish: UnixSeconds
    """From the window's first start to the finish of its last."""

    until: UnixSeconds
    """Wall time at which it ends by itself."""

    moves: tuple[Move, ...] = ()
    """Tasks in the way, and where they go (seconds worked) if the window wins."""

    family: Family = ANY

    def covers(self, other: "Hold") -> bool:
        """Whether both are for one operation at least, so that at most one of them can win."""
        return self.job == other.job and self.first <= other.last and other.first <= self.last


def prefix(job: JobId) -> str:
    """How the keys of a job's tasks begin."""
    return f"{job.hex()}/"


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One machine and its tasks. Not slotted: its timeline is kept, for most lanes change rarely."""

    machine: Machine
    tasks: tuple[Task, ...] = ()
    """In order of start."""

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The tasks in seconds worked."""
        worked, blocks = self.machine.calendar.worked, []
        for task in self.tasks:
            start, finish = worked(task.start), worked(task.finish)
            earliest = start if task.earliest == task.start else worked(task.earliest)
            due = finish if task.due == task.finish else worked(task.due)
            wanted = worked(task.wanted) if task.wanted else 0
            blocks.append(Block(start, finish, earliest, due, wanted, task.weight, task.family, task.key))
        return tuple(blocks)

    @cached_property
    def timeline(self) -> Timeline:
        """The tasks alone."""
        return Timeline(blocks=self.blocks, changeovers=self.machine.changeovers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One machine and everything that it holds."""

    lane: Lane
    holds: tuple[Hold, ...] = ()

    @property
    def machine(self) -> Machine:
        """Whose roster it is."""
        return self.lane.machine

    @property
    def tasks(self) -> tuple[Task, ...]:
        """In order of start."""
        return self.lane.tasks

    def timeline(self, taken: Sequence[Block], job: JobId) -> Timeline:
        """What ``job`` finds: tasks, ``taken`` time and the holds of other jobs.

        Its own windows are left out, for the operations of a routing follow each other and are never made at once.
        """
        holds = [hold for hold in self.holds if hold.job != job]
        if not holds and not taken:
            return self.lane.timeline
        worked = self.machine.calendar.worked
        moved = {move.key for hold in holds for move in hold.moves}
        blocks = [block.rigid() if block.key in moved else block for block in self.lane.blocks]
        lengths = {block.key: block.length for block in blocks}
        blocks += taken
        for hold in holds:
            blocks.append(time_taken(worked(hold.start), worked(hold.finish), hold.family))
            moves = (move for move in hold.moves if move.key in lengths)  # a task may be released before the window is
            blocks += (time_taken(move.start, move.start + lengths[move.key]) for move in moves)
        return Timeline(blocks=sorted(blocks), changeovers=self.machine.changeovers)


def time_taken(start: int, finish: int, family: Family = ANY) -> Block:
    """Time that no work may use and nothing can move."""
    return Block(start, finish, start, finish, 0, 0, family, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The provider's machines and everything that they hold."""

    rosters: Mapping[MachineId, Roster]
    """In order of name."""

    premises: Premises = field(default_factory=Premises)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """In order of name."""
        return tuple(roster.machine for roster in self.rosters.values())

    @property
    def tasks(self) -> tuple[Task, ...]:
        """In order of key."""
        return tuple(sorted((t for roster in self.rosters.values() for t in roster.tasks), key=lambda task: task.key))

    @property
    def holds(self) -> tuple[Hold, ...]:
        """In order of machine."""
        return tuple(hold for roster in self.rosters.values() for hold in roster.holds)

    @property
    def next_expiry(self) -> UnixSeconds | None:
        """Wall time at which the first hold ends."""
        return min((hold.until for hold in self.holds), default=None)

    def roster(self, name: MachineId) -> Roster:
        """The machine called ``name`` and what it holds.

        Raises:
            CapacityError: this provider has none.
        """
        if name not in self.rosters:
            raise CapacityError(name, "there is no such machine")
        return self.rosters[name]

    def machine(self, name: MachineId) -> Machine:
        """The machine called ``name``; raises as ``roster``."""
        return self.roster(name).machine

    def on(self, name: MachineId) -> tuple[Task, ...]:
        """Tasks of one machine, in order of start."""
        return self.roster(name).tasks

    def with_machines(self, machines: Iterable[Machine]) -> "Schedule":
        """The same work on machines that differ in pace or price only; those that it does not have are left out."""
        schedule = self
        for machine in machines:
            if machine.name in self.rosters:
                roster = self.roster(machine.name)
                schedule = schedule._with(replace(roster, lane=replace(roster.lane, machine=machine)))
        return schedule

    def without_machine(self, name: MachineId) -> "Schedule":
        """The schedule of the other machines."""
        return replace(self, rosters={other: roster for other, roster in self.rosters.items() if other != name})

    def with_roster(self, roster: Roster) -> "Schedule":
        """The schedule with a machine more, or in place of the one of its name, and all that it holds."""
        rosters = {**self.rosters, roster.machine.name: roster}
        return replace(self, rosters=dict(sorted(rosters.items())))

    def with_lane(self, lane: Lane) -> "Schedule":
        """The schedule in which a machine has other tasks.

        Raises:
            CapacityError: tasks overlap, or lie outside their own bounds or the machine's shifts.
        """
        roster = self.roster(lane.machine.name)
        tasks = tuple(sorted(lane.tasks, key=lambda task: (task.start, task.key)))
        _check(tasks, lane.machine, {id(task) for task in roster.tasks})
        return self._with(replace(roster, lane=replace(lane, tasks=tasks)))

    def with_tasks(self, tasks: Iterable[Task]) -> "Schedule":
        """The schedule with tasks added, each in place of the one with its key; raises as ``with_lane``."""
        added: dict[MachineId, dict[str, Task]] = {}
        for task in tasks:
            added.setdefault(task.machine, {})[task.key] = task
        schedule = self
        for name, new in added.items():
            lane = schedule.roster(name).lane
            kept = (task for task in lane.tasks if task.key not in new)
            schedule = schedule.with_lane(replace(lane, tasks=(*kept, *new.values())))
        return schedule

    def with_task(self, task: Task) -> "Schedule":
        """The schedule with one task added, or in place of the one with its key; raises as ``with_lane``."""
        return self.with_tasks((task,))

    def settled(self, task: Task) -> "Schedule":
        """The schedule in which ``task``, which stands there, may not end later than it does; it is not moved."""
        roster = self.roster(task.machine)
        tasks = tuple(replace(one, due=one.finish) if one.key == task.key else one for one in roster.tasks)
        return self._with(Roster(lane=replace(roster.lane, tasks=tasks), holds=roster.holds))

    def with_holds(self, *holds: Hold) -> "Schedule":
        """The schedule that keeps more windows free."""
        rosters = dict(self.rosters)
        for name in {hold.machine: None for hold in holds}:
            roster = self.roster(name)
            added = (hold for hold in holds if hold.machine == name)
            rosters[name] = Roster(lane=roster.lane, holds=(*roster.holds, *added))
        return replace(self, rosters=rosters)

    def without_job(self, job: JobId) -> "Schedule":
        """The schedule that holds nothing of ``job``."""
        begins = prefix(job)
        return self._filtered(lambda task: not task.key.startswith(begins), lambda hold: hold.job != job)

    def without_tasks(self, keys: Set[str]) -> "Schedule":
        """The schedule without the tasks named."""
        return self._filtered(lambda task: task.key not in keys, lambda _hold: True)

    def without_expired(self, wall: UnixSeconds) -> "Schedule":
        """The schedule without the holds that have ended."""
        return self._filtered(lambda _task: True, lambda hold: hold.until > wall)

    def without_past(self, now: UnixSeconds) -> "Schedule":
        """The schedule without the tasks that were over by ``now``."""
        return self._filtered(lambda task: task.finish > now, lambda _hold: True)

    def free(self, name: MachineId, start: UnixSeconds, finish: UnixSeconds) -> bool:
        """Whether nothing is held on the machine between two times, and it works at both."""
        roster = self.roster(name)
        held: tuple[Task | Hold, ...] = (*roster.tasks, *roster.holds)
        open_at = roster.machine.calendar.open_at(start, finish)
        return open_at and all(one.finish <= start or one.start >= finish for one in held)

    def _filtered(self, tasks: Callable[[Task], bool], holds: Callable[[Hold], bool]) -> "Schedule":
        """The schedule with what both let pass; itself if that is all, and a lane that loses nothing stays as it is."""
        changed: dict[MachineId, Roster] = {}
        for name, roster in self.rosters.items():
            lane, kept = tuple(filter(tasks, roster.tasks)), tuple(filter(holds, roster.holds))
            if len(lane) != len(roster.tasks):
                changed[name] = Roster(lane=Lane(machine=roster.machine, tasks=lane), holds=kept)
            elif len(kept) != len(roster.holds):
                changed[name] = Roster(lane=roster.lane, holds=kept)
        return replace(self, rosters={**self.rosters, **changed}) if changed else self

    def _with(self, roster: Roster) -> "Schedule":
        return replace(self, rosters={**self.rosters, roster.machine.name: roster})


def idle(machines: Iterable[Machine], premises: Premises | None = None) -> Schedule:
    """A schedule of machines that hold nothing yet."""
    rosters = {machine.name: Roster(lane=Lane(machine=machine)) for machine in sorted(machines, key=lambda m: m.name)}
    return Schedule(rosters=rosters, premises=premises or Premises())


def _check(tasks: Sequence[Task], machine: Machine, known: set[int]) -> None:
    """Whether tasks in order of start can stand together; bounds of those ``known`` were checked before."""
    for task in tasks:
        if id(task) in known:
            continue
        if not task.earliest <= task.start < task.finish <= task.due:
            raise CapacityError(machine.name, f"{task.key} lies outside its own bounds")
        if not machine.calendar.open_at(task.start, task.finish):
            raise CapacityError(machine.name, f"{task.key} begins or ends in a closed hour")
    for one, other in pairwise(tasks):
        if other.start < one.finish:
            raise CapacityError(machine.name, f"{one.key} and {other.key} overlap")
