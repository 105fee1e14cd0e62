"""The rest of an order: what of it can still be given to others, and on which terms; parts on the road stay on it.

The rest is an order of its own under a name derived from the first, so that what is already made stays where it is.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise

from devnet.market.book import NEAREST, Book, Order, Rest, length_score, promising
from node.planner.schedule import Task, prefix
from protocol.award import HOUR, MICRO, Assignment, Award
from protocol.ids import JobId
from protocol.job import Call, Site
from protocol.transport import travel_time
from protocol.units import Cents, GramsCo2, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Where the unfinished parts of an order can be fetched."""

    site: Site | None
    """None before anything is made."""

    ready: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An order that gives up its operations from ``first`` on, and the call by which they are auctioned again."""

    order: Order
    first: int
    call: Call
    rest: Rest

    @property
    def steps(self) -> tuple[Assignment, ...]:
        """Who was to make what is released."""
        return tuple(one for one in self.order.award.assignments if one.offer.first >= self.first)

    @property
    def cost(self) -> int:
        """What the released operations cost as they were awarded, in micro-cents."""
        return tail_score(self.order, self.first) + (self.order.sunk if self.first == 0 else 0)


def open_from(order: Order, now: UnixSeconds) -> int | None:
    """The first operation that has not begun and whose parts have not left for it; None when there is none."""
    stop = order.origin
    for one in order.award.assignments:
        leaves = one.start if stop is None else one.start - travel_time(stop, one.site)
        if leaves > now:
            return one.offer.first
        stop = one.site
    return None


def parts_of(order: Order, first: int, now: UnixSeconds) -> Parts:
    """Where the parts are for operation ``first``: with its maker if it has begun, else where they were made last."""
    stop, ready = order.origin, order.call.earliest
    for one in order.award.assignments:
        if one.offer.first >= first:
            begun = one.start <= now and stop is not None
            return Parts(site=one.site if begun else stop, ready=one.start if begun else ready)
        stop, ready = one.site, one.finish
    return Parts(site=stop, ready=ready)


def released(
    book: Book,
    order: Order,
    first: int,
    *,
    now: UnixSeconds,
    parts: Parts | None = None,
    nearest: int = NEAREST,
) -> Released:
    """The terms on which operations from ``first`` on are auctioned again; nothing moves before ``now``.

    Args:
        parts: where they are, if not where the order says.
        nearest: shops that are asked for each operation beside its maker.
    """
    call, found = order.call, parts or parts_of(order, first, now)
    untouched = first == 0 and found.site is None
    earliest = call.earliest if untouched else UnixSeconds(max(now, found.ready, _done(book, order, first)))
    sunk = (earliest - free_from(order, first)) * call.weights.hour * MICRO // HOUR
    stop = parts_of(order, first, UnixSeconds(0)).site
    if stop is not None and found.site is not None:
        sunk += length_score(call, stop, found.site)
    rest = Rest(
        origin=found.site,
        follows=order.call.job if first else order.follows,
        quotes=order.quotes[first:],
        asked=promising(book, order, first, nearest=nearest),
        sunk=sunk + (order.sunk if first == 0 else 0),
    )
    if first == 0:
        return Released(order=order, first=0, call=replace(call, earliest=earliest), rest=rest)
    operations = tuple(replace(one, index=one.index - first) for one in call.operations[first:])
    job = JobId(sha256(b"guildmark/rest" + call.job + first.to_bytes(2, "big") + now.to_bytes(8, "big")).digest())
    return Released(
        order=order, first=first, call=replace(call, job=job, operations=operations, earliest=earliest), rest=rest
    )


def haste(given: Released) -> float:
    """What an hour of machines for a rest is worth to its customer; Smith (1956) puts the most valuable first."""
    left = sum(one.offer.duration for one in given.steps)
    return given.call.weights.hour / left


def free_from(order: Order, first: int) -> UnixSeconds:
    """When the parts were to be free for operation ``first``."""
    made = [one for one in order.award.assignments if one.offer.last < first]
    return made[-1].finish if made else order.call.earliest


def _done(book: Book, order: Order, first: int) -> UnixSeconds:
    """When what comes before operation ``first`` is over, other work that pushed it since included."""
    made = [one for one in order.award.assignments if one.offer.last < first]
    task = task_of(book, order, made[-1]) if made else None
    return free_from(order, first) if task is None else task.finish


def task_of(book: Book, order: Order, one: Assignment) -> Task | None:
    """The machine time of an assignment; None when it is over and forgotten."""
    key = f"{prefix(order.call.job)}{one.offer.first}-{one.offer.last}"
    return next((task for task in book.schedules[one.provider].on(one.offer.machine) if task.key == key), None)


def cut(book: Book, given: Released) -> Book:
    """The book in which an order keeps only what comes before what it gives up; its parts leave when that is over."""
    order, first, job = given.order, given.first, given.order.call.job
    if first == 0:
        return book.without(job)
    schedules = dict(book.schedules)
    for one in order.award.assignments:
        if one.offer.last >= first:
            key = f"{prefix(job)}{one.offer.first}-{one.offer.last}"
            schedules[one.provider] = schedules[one.provider].without_tasks({key})
    kept = tuple(one for one in order.award.assignments if one.offer.last < first)
    last = task_of(book, order, kept[-1])
    if last is not None:
        peer = kept[-1].provider
        schedules[peer] = schedules[peer].settled(last)
    orders = {**book.orders, job: replace(order, award=_shortened(order, first, kept))}
    return replace(book, schedules=schedules, orders=orders)


def tail_score(order: Order, first: int) -> int:
    """What an order's operations from ``first`` on cost as they were awarded, in micro-cents."""
    call, award = order.call, order.award
    made = [one for one in award.assignments if one.offer.last < first]
    ahead = [one for one in award.assignments if one.offer.first >= first]
    score = sum(one.price * MICRO + one.offer.co2 * call.weights.co2_tonne for one in ahead)
    origin = made[-1].site if made else order.origin
    stops = [*([] if origin is None else [origin]), *(one.site for one in ahead), *([call.site] if order.whole else [])]
    for one, other in pairwise(stops):
        score += length_score(call, one, other)
    return score + (award.arrival - free_from(order, first)) * call.weights.hour * MICRO // HOUR


def thread(book: Book, order: Order) -> list[Order]:
    """The orders that ``order`` is a rest of, the nearest first."""
    found: list[Order] = []
    while order.follows is not None and order.follows in book.orders:
        order = book.orders[order.follows]
        found.append(order)
    return found


def after(book: Book, job: JobId) -> list[Order]:
    """The orders that are a rest of ``job``: when it is made again from somewhere on, so are they."""
    return [order for order in book.orders.values() if any(one.call.job == job for one in thread(book, order))]


def _shortened(order: Order, first: int, kept: tuple[Assignment, ...]) -> Award:
    return replace(
        order.award,
        assignments=kept,
        arrival=kept[-1].finish,
        price=Cents(sum(one.price for one in kept)),
        co2=GramsCo2(sum(one.offer.co2 for one in kept)),
        score=order.award.score - tail_score(order, first),
    )
