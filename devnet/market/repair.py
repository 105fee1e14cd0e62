"""When reality changes: only what can no longer be made as promised is auctioned again; escrow, keys and thread follow.

The rest of an order is an order of its own under a name derived from the first, so that what is already made stays
where it is. Work in progress on a machine that fails is started again elsewhere: parts move, half-made ones do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise

from devnet.market.book import Book, Exchange, Order, Rest, promising
from node.planner.schedule import Lane, Roster, Schedule, prefix
from node.planner.shifts import Closure, merged
from protocol.award import MICRO, Assignment, Award, NoAward
from protocol.ids import JobId, MachineId, PeerId
from protocol.job import Call, Site
from protocol.transport import co2_of, travel_time
from protocol.units import Cents, GramsCo2, UnixSeconds

Machines = tuple[PeerId, MachineId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A book after a failure."""

    book: Book
    cost: int
    """Of all orders together, in micro-cents; a maker is not paid for what its failure spoilt."""

    touched: tuple[tuple[JobId, int], ...]
    """Job and operation of everything that was auctioned again."""

    unplaced: tuple[JobId, ...]
    """Orders whose rest found no makers."""


def broken(book: Book, peer: PeerId, machine: MachineId, *, now: UnixSeconds, until: UnixSeconds) -> Repaired:
    """The book after a machine fails now and works again at ``until``."""
    hit = [
        (one.start, job, one.offer.first)
        for job, order in book.orders.items()
        for one in order.award.assignments
        if one.provider == peer and one.offer.machine == machine and one.finish > now and one.start < until
    ]
    return reauctioned(book, _earliest(hit), now=now, closed={(peer, machine): until})


def vanished(book: Book, peer: PeerId, *, now: UnixSeconds) -> Repaired:
    """The book after a provider stops answering: all that it has not finished is auctioned again, without it."""
    hit = [
        (one.start, job, one.offer.first)
        for job, order in book.orders.items()
        for one in order.award.assignments
        if one.provider == peer and one.finish > now
    ]
    gone = replace(book, providers={name: one for name, one in book.providers.items() if name != peer})
    return reauctioned(gone, _earliest(hit), now=now, closed={})


def rejected(book: Book, job: JobId, operation: int, *, now: UnixSeconds) -> Repaired:
    """The book after an inspection rejects what ``operation`` made: it and all after it is made again."""
    return reauctioned(book, {job: operation}, now=now, closed={})


def reauctioned(
    book: Book, suffixes: Mapping[JobId, int], *, now: UnixSeconds, closed: Mapping[Machines, UnixSeconds]
) -> Repaired:
    """The book after auctioning the rest of some orders again, the more urgent first.

    Args:
        suffixes: per order, the first operation to make again.
        closed: machines that are down until some time.
    """
    cost = book.cost
    suffixes = {job: first for job, first in suffixes.items() if not suffixes.keys() & set(_before(book, job))}
    orders = {job: book.orders[job] for job in suffixes}
    for job, first in suffixes.items():
        after = _after(book, job)
        cost -= tail_score(orders[job], first) + sum(book.orders[name].award.score for name in after)
        book = _cut(book.without(*after), job, first)
    for (peer, machine), until in closed.items():
        book = book.with_schedule(peer, shut(book.schedules[peer], machine, now, until))
    exchange, touched, unplaced = Exchange(now=now), [], []
    for job in sorted(suffixes, key=lambda name: (orders[name].call.due, name)):
        order, first = orders[job], suffixes[job]
        call, origin = rest_of(order, first, now)
        touched += [(job, first + index) for index in range(len(call.operations))]
        rest = Rest(
            origin=origin,
            follows=job if first else order.follows,
            quotes=order.quotes[first:],
            asked=promising(book, order, first),
        )
        cleared = exchange.clear(book, call, rest)
        if isinstance(cleared, NoAward):
            unplaced.append(job)
            continue
        book = cleared
        cost += book.orders[call.job].award.score
        cost += (call.earliest - _free_from(order, first)) * call.weights.hour * MICRO // 3600
    return Repaired(book=book, cost=cost, touched=tuple(touched), unplaced=tuple(unplaced))


def _before(book: Book, job: JobId) -> list[JobId]:
    """The orders that ``job`` is a rest of, the nearest first."""
    found: list[JobId] = []
    order = book.orders[job]
    while order.follows is not None and order.follows in book.orders:
        found.append(order.follows)
        order = book.orders[order.follows]
    return found


def _after(book: Book, job: JobId) -> list[JobId]:
    """The orders that are a rest of ``job``: when it is made again from somewhere on, so are they."""
    return [name for name in book.orders if job in _before(book, name)]


def rest_of(order: Order, first: int, now: UnixSeconds) -> tuple[Call, Site | None]:
    """The operations from ``first`` on as a call of their own, and where the parts wait."""
    made = [one for one in order.award.assignments if one.offer.last < first]
    origin = made[-1].site if made else order.origin
    call = order.call
    operations = tuple(replace(operation, index=operation.index - first) for operation in call.operations[first:])
    earliest = UnixSeconds(max(now, made[-1].finish if made else call.earliest))
    job = JobId(sha256(b"guildmark/rest" + call.job + first.to_bytes(2, "big") + now.to_bytes(8, "big")).digest())
    return replace(call, job=job, operations=operations, earliest=earliest), origin


def tail_score(order: Order, first: int) -> int:
    """What an order's operations from ``first`` on cost as they were awarded, in micro-cents."""
    call, award = order.call, order.award
    made = [one for one in award.assignments if one.offer.last < first]
    ahead = [one for one in award.assignments if one.offer.first >= first]
    score = sum(one.price * MICRO + one.offer.co2 * call.weights.co2_tonne for one in ahead)
    origin = made[-1].site if made else order.origin
    stops = [*([] if origin is None else [origin]), *(one.site for one in ahead), *([call.site] if order.whole else [])]
    for one, other in pairwise(stops):
        way = one.distance(other)
        score += co2_of(way) * call.weights.co2_tonne + way * call.weights.kilometre * MICRO // 1000
    return score + (award.arrival - _free_from(order, first)) * call.weights.hour * MICRO // 3600


def _free_from(order: Order, first: int) -> UnixSeconds:
    """When the parts were to be free for operation ``first``."""
    made = [one for one in order.award.assignments if one.offer.last < first]
    return made[-1].finish if made else order.call.earliest


def shut(schedule: Schedule, machine: MachineId, begins: UnixSeconds, ends: UnixSeconds) -> Schedule:
    """The schedule of a shop whose machine is closed for a while; nothing may be planned in it any more."""
    roster = schedule.roster(machine)
    calendar = roster.machine.calendar
    closures = merged((*calendar.closures, Closure(begins=begins, ends=ends)))
    closed = replace(roster.machine, calendar=replace(calendar, closures=closures))
    lane = Lane(machine=closed, tasks=roster.tasks)
    return replace(schedule, rosters={**schedule.rosters, machine: Roster(lane=lane, holds=roster.holds)})


def _cut(book: Book, job: JobId, first: int) -> Book:
    """The book in which an order keeps only what comes before operation ``first``."""
    order = book.orders[job]
    schedules = dict(book.schedules)
    for one in order.award.assignments:
        if one.offer.last >= first:
            key = f"{prefix(job)}{one.offer.first}-{one.offer.last}"
            schedules[one.provider] = schedules[one.provider].without_tasks({key})
    kept = tuple(one for one in order.award.assignments if one.offer.last < first)
    orders = dict(book.orders)
    if kept:
        orders[job] = replace(order, award=_shortened(order, first, kept))
    else:
        del orders[job]
    return replace(book, schedules=schedules, orders=orders)


def _shortened(order: Order, first: int, kept: tuple[Assignment, ...]) -> Award:
    return replace(
        order.award,
        assignments=kept,
        arrival=kept[-1].finish,
        price=Cents(sum(one.price for one in kept)),
        co2=GramsCo2(sum(one.offer.co2 for one in kept)),
        score=order.award.score - tail_score(order, first),
    )


def _earliest(hit: list[tuple[UnixSeconds, JobId, int]]) -> dict[JobId, int]:
    """Per job, the first operation hit."""
    found: dict[JobId, int] = {}
    for _start, job, operation in hit:
        found[job] = min(operation, found.get(job, operation))
    return found


def busiest(book: Book, now: UnixSeconds) -> Machines:
    """The machine with most work ahead."""
    load = {
        (peer, roster.machine.name): sum(max(0, task.finish - max(now, task.start)) for task in roster.tasks)
        for peer, schedule in book.schedules.items()
        for roster in schedule.rosters.values()
    }
    return max(load, key=lambda one: (load[one], one))


def right_shifted(book: Book, peer: PeerId, machine: MachineId, *, now: UnixSeconds, until: UnixSeconds) -> int:
    """What all orders cost if everything simply waits: sequences stay, and nobody asks anybody else."""
    free: dict[Machines, int] = {}
    ready: dict[JobId, tuple[int, Site]] = {}
    cost = book.cost
    steps = [(one.start, job, one) for job, order in book.orders.items() for one in order.award.assignments]
    for start, job, one in sorted(steps, key=lambda step: step[:2]):
        key = (one.provider, one.offer.machine)
        begin = max(start, free.get(key, 0))
        if job in ready:
            finish, site = ready[job]
            begin = max(begin, finish + travel_time(site, one.site))
        if key == (peer, machine) and begin + one.offer.duration > now and begin < until:
            begin = until
        free[key] = begin + one.offer.duration
        ready[job] = (free[key], one.site)
    for job, order in book.orders.items():
        finish, site = ready[job]
        late = finish + travel_time(site, order.call.site) - order.award.arrival
        cost += late * order.call.weights.hour * MICRO // 3600
    return cost
