"""Holds, keeps and frees the time of one job: pure, and after ``release`` nothing of the job is held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from node.planner.errors import CapacityError
from node.planner.machine import ANY, Family, Machine
from node.planner.menu import Bench, around, moves_of
from node.planner.premises import Draw, crowded
from node.planner.schedule import Hold, Lane, Roster, Schedule, Task, prefix, time_taken
from node.planner.solver import NEW, order
from node.planner.timeline import Block, Move, Request, Timeline
from protocol.auction import Offer
from protocol.ids import JobId, MachineId
from protocol.units import Cents, UnixSeconds

FINAL_EFFORT = 0.05
"""Deterministic time for an order that a promise depends on."""

NOBODY = JobId(b"")
"""Has no windows of its own."""

WIDER = 10
"""Neighbours that may make room for a window that pushing alone cannot place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Won:
    """A window that won, and where in it the award begins."""

    offer: Offer
    start: UnixSeconds
    latest: UnixSeconds | None = None
    """By then the parts must leave, when the award leaves room after the offer's duration; None if it does not."""


def timeline_of(schedule: Schedule, roster: Roster, job: JobId, *, now: UnixSeconds) -> Timeline:
    """What ``job`` finds on a machine; times without power for it count as taken."""
    return roster.timeline(_without_power(schedule, roster, job, now), job)


def reserve(
    schedule: Schedule,
    offers: Sequence[Offer],
    job: JobId,
    *,
    until: UnixSeconds,
    now: UnixSeconds,
    family: Family = ANY,
) -> Schedule:
    """The schedule that keeps every offered window free, with a place for all work in its way.

    Args:
        until: wall time at which the holds end by themselves.
        now: plant time.

    Raises:
        CapacityError: the offers do not all fit; they come from another schedule.
    """
    schedule = schedule.without_job(job)
    # A job's own windows are not in its way, so what it finds on a machine stays the same while they are added.
    timelines = {
        name: timeline_of(schedule, schedule.roster(name), job, now=now) for name in {offer.machine for offer in offers}
    }
    holds = []
    for offer in offers:
        name = offer.machine
        moves = making_room(schedule.machine(name), offer, timelines[name], now=now, family=family)
        if moves is None:
            raise CapacityError(name, f"cannot keep {offer.opens} to {offer.closes} free")
        holds.append(hold_of(offer, job, moves, until=until, family=family))
    return schedule.with_holds(*holds)


def making_room(
    machine: Machine, offer: Offer, timeline: Timeline, *, now: UnixSeconds, family: Family
) -> tuple[Move, ...] | None:
    """Who moves where for a window, or None when other work cannot make room; ``timeline`` as in ``timeline_of``."""
    finish = UnixSeconds(offer.closes + offer.duration)
    return _moves(machine, timeline, (offer.opens, finish), now=now, family=family)


def hold_of(offer: Offer, job: JobId, moves: tuple[Move, ...] = (), *, until: UnixSeconds, family: Family) -> Hold:
    """The hold of a window, from its first start to the finish of its last."""
    return Hold(
        job=job,
        first=offer.first,
        last=offer.last,
        machine=offer.machine,
        start=offer.opens,
        finish=UnixSeconds(offer.closes + offer.duration),
        until=until,
        moves=moves,
        family=family,
    )


def clashing(schedule: Schedule, one: Hold, other: Hold) -> bool:
    """Whether two windows of a job's different operations cannot both win, for they make work move to one place."""
    if one.machine != other.machine or one.covers(other) or not (one.moves or other.moves):
        return False
    lane = schedule.roster(one.machine).lane
    worked, lengths = lane.machine.calendar.worked, {block.key: block.length for block in lane.blocks}
    if {move.key for move in one.moves} & {move.key for move in other.moves}:
        return True
    places = [[(move.start, move.start + lengths[move.key]) for move in hold.moves] for hold in (one, other)]
    spans = [(worked(hold.start), worked(hold.finish)) for hold in (one, other)]
    return _meet([*places[0], spans[0]], places[1]) or _meet(places[0], [spans[1]])


def _meet(some: Iterable[tuple[int, int]], others: Sequence[tuple[int, int]]) -> bool:
    return any(a < finish and start < b for start, finish in some for a, b in others)


def settle(schedule: Schedule, job: JobId, won: Iterable[Won], *, now: UnixSeconds, family: Family = ANY) -> Schedule:
    """The schedule in which the job holds exactly what it won, for good; settling twice changes nothing.

    Raises:
        CapacityError: the hold of a won window had ended and its time is taken.
    """
    schedule = schedule.without_job(job)
    for one in won:
        schedule = committed(schedule, job, one, now=now, family=family)
    return schedule


def committed(schedule: Schedule, job: JobId, one: Won, *, now: UnixSeconds, family: Family = ANY) -> Schedule:
    """The schedule that holds one more won window of a job; raises as ``settle``."""
    finish = UnixSeconds(one.start + one.offer.duration)
    roster = schedule.roster(one.offer.machine)
    timeline = timeline_of(schedule, roster, job, now=now)
    moves = _moves(roster.machine, timeline, (one.start, finish), now=now, family=family)
    if moves is None:
        raise CapacityError(one.offer.machine, f"the time from {one.start} to {finish} went to other work")
    task = Task(
        key=f"{prefix(job)}{one.offer.first}-{one.offer.last}",
        machine=one.offer.machine,
        earliest=one.start,
        due=max(finish, one.latest or finish),
        start=one.start,
        finish=finish,
        weight=Cents(0),
        family=family,
    )
    return _moved(schedule, one.offer.machine, moves, task)


def release(schedule: Schedule, job: JobId) -> Schedule:
    """The schedule in which nothing of the job is held."""
    return schedule.without_job(job)


def relocated(lane: Lane, moves: Iterable[Move]) -> tuple[Task, ...]:
    """A lane's tasks after moving some of them."""
    calendar = lane.machine.calendar
    starts = dict(moves)
    lengths = {block.key: block.length for block in lane.blocks}
    return tuple(
        replace(
            task,
            start=calendar.start(starts[task.key]),
            finish=calendar.finish(starts[task.key] + lengths[task.key]),
        )
        if task.key in starts
        else task
        for task in lane.tasks
    )


def _moved(schedule: Schedule, machine: MachineId, moves: Iterable[Move], task: Task) -> Schedule:
    lane = schedule.roster(machine).lane
    return schedule.with_lane(replace(lane, tasks=(*relocated(lane, moves), task)))


def _moves(
    machine: Machine, timeline: Timeline, span: tuple[UnixSeconds, UnixSeconds], *, now: UnixSeconds, family: Family
) -> tuple[Move, ...] | None:
    """Who must move where so that a span is free: pushed if that will do, else in a new order."""
    worked = machine.calendar.worked
    start, finish = worked(span[0]), worked(span[1])
    request = Request(start, start, finish - start, family)
    place = timeline.moving(request)
    if place is not None:
        return place.moves
    bench = Bench(timeline=timeline, request=request, rate=machine.rates.hour, now=worked(now))
    position = sum(block.start < start for block in timeline.blocks)
    stretch = around(bench, position, WIDER)
    best = order(timeline, stretch, rate=bench.rate, request=request, effort=FINAL_EFFORT)
    return None if best is None or best.starts[NEW] != start else moves_of(timeline, stretch, best)


def powered(schedule: Schedule, name: MachineId, *, now: UnixSeconds) -> bool:
    """Whether a machine's tasks have power beside what the others hold."""
    roster = schedule.roster(name)
    dark = [(block.start, block.finish) for block in _without_power(schedule, roster, NOBODY, now)]
    worked = roster.machine.calendar.worked
    return not _meet(((worked(task.start), worked(task.finish)) for task in roster.tasks if task.finish > now), dark)


def _without_power(schedule: Schedule, roster: Roster, job: JobId, now: UnixSeconds) -> list[Block]:
    limit = schedule.premises.watts
    if limit is None:
        return []
    draws = []
    for other in schedule.rosters.values():
        if other is not roster:
            holds = (hold for hold in other.holds if hold.job != job)
            taken: tuple[Task | Hold, ...] = (*other.tasks, *holds)
            draws += [Draw(one.start, one.finish, other.machine.power.watts) for one in taken if one.finish > now]
    worked = roster.machine.calendar.worked
    spans = crowded(draws, limit - roster.machine.power.watts)
    return [time_taken(worked(start), worked(finish)) for start, finish in spans if worked(start) < worked(finish)]
