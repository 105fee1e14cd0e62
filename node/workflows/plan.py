"""A shop's plan: what its machines hold now, and a better order of its work while nobody asks.

The plan is never stored: it is the fold of the answers' log and of its own over the shop's other work, each step at the
plant time at which it happened, so that a restart gives the same plan to the second. A better order is an event like
any other. It is looked for on a copy, and taken only for machines on which nothing has changed meanwhile.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import trio

from node.clock import PlantClock
from node.planner.bidding import family_of
from node.planner.errors import CapacityError
from node.planner.holding import Won, release, reserve, settle
from node.planner.polish import movable, standing_cost, tidied
from node.planner.schedule import Roster, Schedule
from node.workflows import answered
from node.workflows.answered import Answer, BidComputed, ResultArrived, held
from node.workflows.asked import STAND_IN, GivenBack, ReplacementArrived, SubstituteTaken
from node.workflows.events import OperationAssigned, OperationDeclined, Woke
from node.workflows.runner import Effect, Entry, Runner, Workflow
from node.workflows.setbacks import WorkMoved
from protocol.ids import MachineId
from protocol.units import UnixSeconds

log = logging.getLogger("guildmark.plan")

NAME = "plan"
STREAM = f"{NAME}/shop"

HOLD_AFTER_REVEAL = 60
"""Wall seconds after the reveal deadline until offered windows free themselves, should no result ever come."""

QUIET = 5
"""Seconds without news after which a shop puts its work in order: its calls are answered first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A task and where it stands now, plant time."""

    key: str
    start: UnixSeconds
    finish: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearranged:
    """A machine's work was put in a cheaper order; every promise is kept."""

    machine: MachineId
    moves: tuple[Moved, ...]
    saved: int
    """Cent-seconds of changing over and of delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStopped:
    """A machine is out of service: it stopped in a programme, or its owner says so. Nothing is planned on it."""

    machine: MachineId
    since: UnixSeconds
    """Plant time."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRestored:
    """A machine is back, with nothing of the federation's on it."""

    machine: MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """State of the plan's own stream."""

    times: int = 0
    """How often work was put in a better order."""

    saved: int = 0
    """Cent-seconds, in all."""

    outages: tuple[MachineStopped, ...] = ()
    """Of machines that are out of service."""

    ended: tuple[MachineId, ...] = ()
    """A machine for each time that it came back."""

    def outage(self, machine: MachineId) -> MachineStopped | None:
        """Why a machine is out of service; None when it is not."""
        return next((one for one in self.outages if one.machine == machine), None)


def transition(state: Order | None, event: object) -> tuple[Order, tuple[Effect, ...]]:
    """Count what was saved, and know which machines are out of service."""
    before = state or Order()
    match event:
        case Rearranged():
            return replace(before, times=before.times + 1, saved=before.saved + event.saved), ()
        case MachineStopped() if before.outage(event.machine) is None:
            return replace(before, outages=(*before.outages, event)), ()
        case MachineRestored() if (outage := before.outage(event.machine)) is not None:
            outages = tuple(one for one in before.outages if one != outage)
            return replace(before, outages=outages, ended=(*before.ended, event.machine)), ()
        case _:
            return before, ()


WORKFLOW = Workflow(name=NAME, transition=transition, events=(Rearranged, MachineStopped, MachineRestored))


class Plan:
    """One shop's schedule; ``asked`` is held by whoever answers from it, one after the other."""

    def __init__(
        self, schedule: Schedule, *, runner: Runner, clock: PlantClock, wall: Callable[[], UnixSeconds]
    ) -> None:
        """Plan over ``schedule``, the shop's other work; ``wall`` is wall time, at which holds end."""
        self._idle = schedule
        self._schedule = schedule
        self._runner = runner
        self._clock = clock
        self._wall = wall
        self._seen = 0
        self._tidy: dict[MachineId, Roster] = {}
        self.asked = trio.Lock()

    @property
    def order(self) -> Order:
        """What the plan's own stream says."""
        state = self._runner.state(STREAM)
        return state if isinstance(state, Order) else Order()

    async def current(self) -> Schedule:
        """What the machines hold now."""
        for entry in await self._runner.journal(answered.NAME, NAME, after=self._seen):
            if entry.id <= self._seen:  # another task folded it while this one was waiting
                continue
            self._seen = entry.id
            try:
                self._schedule = self._advanced(entry)
            except CapacityError as error:
                log.warning("%s: the schedule cannot hold what was promised: %s", entry.stream, error)
        self._schedule = self._schedule.without_expired(self._wall())
        return self._schedule

    async def keep(self) -> None:
        """End holds when their time is over, whether anybody looks or not; runs as long as the shop."""
        async with self._runner.watch() as entries:
            while True:
                at = (await self.current()).next_expiry
                with trio.move_on_after(math.inf if at is None else max(1, at - self._wall())):
                    await entries.receive()

    async def tidy(self, willing: Callable[[], bool]) -> None:
        """Put work in a better order whenever it has been quiet after news; runs as long as the shop.

        Args:
            willing: whether the owner lets CP-SAT work.
        """
        async with self._runner.watch() as entries:
            while True:
                if willing():
                    await self.rearrange()
                await entries.receive()
                quiet = False
                while not quiet:
                    with trio.move_on_after(QUIET) as waiting:
                        await entries.receive()
                    quiet = waiting.cancelled_caught

    async def rearrange(self) -> None:
        """Look for a better order of every machine's work, and take what is still free to be taken."""
        for name in (await self.current()).rosters:
            before, now = await self.current(), self._clock.now()
            if name not in before.rosters:  # it has broken meanwhile
                continue
            if self._tidy.get(name) is before.roster(name) or not movable(before.roster(name), now):
                continue
            self._tidy[name] = before.roster(name)
            after = await trio.to_thread.run_sync(partial(tidied, before, name, now=now))
            event = rearranged(before, after, name)
            async with self.asked:
                same = event is not None and (await self.current()).rosters.get(name) is before.roster(name)
                if event is not None and same and all(move.start > self._clock.now() for move in event.moves):
                    await self._runner.post(STREAM, f"{name}/{self._seen}", event)

    def _advanced(self, entry: Entry) -> Schedule:
        schedule = self._schedule.without_expired(UnixSeconds(entry.at))
        match entry.event:
            case Rearranged():
                return applied(schedule, entry.event)
            case MachineStopped():
                return schedule.without_machine(entry.event.machine)
            case MachineRestored() if entry.event.machine in self._idle.rosters:
                return schedule.with_roster(self._idle.roster(entry.event.machine))
            case MachineRestored():
                return schedule  # its owner has sold it
        state = self._runner.state(entry.stream)
        assert isinstance(state, Answer)  # noqa: S101  # every other entry is an answer's
        job, now = state.call.job, self._clock.at_wall(UnixSeconds(entry.at))
        match entry.event:
            case BidComputed():
                until = UnixSeconds(state.call.reveal_by + HOLD_AFTER_REVEAL)
                offers = entry.event.bid.offers
                return reserve(schedule, offers, job, until=until, now=now, family=family_of(state.call))
            case _ if state.phase.terminal:
                return release(schedule, job)
            case event if state.won_assignments and _changes_hands(event):
                return settled(schedule, state, now)
        return schedule


def _changes_hands(event: object) -> bool:
    """Whether an answer's assignments may be others after ``event`` than before."""
    match event:
        case ResultArrived() | SubstituteTaken() | ReplacementArrived() | OperationAssigned() | OperationDeclined():
            return True
        case WorkMoved() | GivenBack():
            return True
        case Woke():
            return event.what.startswith(STAND_IN)
        case _:
            return False


def settled(schedule: Schedule, state: Answer, now: UnixSeconds) -> Schedule:
    """``schedule`` with what the latest result awards an answer, and nothing else of the job.

    What was kept for a tender is kept for the order that it was for.
    """
    for one in state.replacements:
        schedule = schedule if one.improvement is None else release(schedule, one.improvement.tender)
    won = (Won(offer=one.offer, start=one.start) for one in held(state).values())
    return settle(schedule, state.call.job, won, now=now, family=family_of(state.call))


def rearranged(before: Schedule, after: Schedule, name: MachineId) -> Rearranged | None:
    """What polishing changed on a machine; None when it saved nothing."""
    old, new = before.roster(name), after.roster(name)
    saved = standing_cost(old) - standing_cost(new)
    stood = {task.key: task for task in old.tasks}
    moves = tuple(
        Moved(key=task.key, start=task.start, finish=task.finish) for task in new.tasks if stood[task.key] != task
    )
    return Rearranged(machine=name, moves=moves, saved=saved) if saved > 0 else None


def applied(schedule: Schedule, event: Rearranged) -> Schedule:
    """``schedule`` in the better order.

    Raises:
        CapacityError: it holds other work than the order was made for.
    """
    lane = schedule.roster(event.machine).lane
    moves = {move.key: move for move in event.moves}
    tasks = tuple(
        replace(task, start=moves[task.key].start, finish=moves[task.key].finish) if task.key in moves else task
        for task in lane.tasks
    )
    return schedule.with_lane(replace(lane, tasks=tasks))
