"""When reality changes: only what can no longer be made as promised is planned again; escrow, keys and thread follow.

Whoever has the rest of an order may plan it anew if that costs nobody anything; else it is auctioned again. Parts that
are half made are brought to the new maker, or given up and the order begun again, whichever costs less: the rule is
``protocol.replacement.salvaged``, the same as in a node.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import sha256

from devnet.market.book import Book, Exchange, Order, Rest, promising
from devnet.market.rests import Parts, Released, after, cut, free_from, haste, released, thread
from node.planner.schedule import Lane, Roster, Schedule
from node.planner.shifts import Closure, merged
from protocol.award import HOUR, MICRO, Assignment, NoAward
from protocol.ids import JobId, MachineId, PeerId
from protocol.job import Call
from protocol.replacement import Cause, Salvage, salvaged
from protocol.units import UnixSeconds

Machines = tuple[PeerId, MachineId]

LOCAL = 50
"""A rest stays with its makers if that costs no more than one in so many on top of what it cost."""


class Remedy(Enum):
    """What became of the rest of an order."""

    REPLANNED = "planned anew by its makers"
    FRESH = "auctioned again, nothing made before"
    MOVED = "auctioned again, parts brought there"
    RESTARTED = "given up and begun again"
    NONE = "nobody can make it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What no longer holds, and since when."""

    now: UnixSeconds
    suffixes: Mapping[JobId, int]
    """Per order, the first operation that cannot be made as promised."""

    closed: Mapping[Machines, UnixSeconds] = field(default_factory=dict)
    """Machines that are down until some time."""

    parts: Mapping[JobId, Parts] = field(default_factory=dict)
    """Where the parts of orders are, if not where the orders say."""

    scrapped: Set[JobId] = frozenset()
    """Orders whose parts are of no use any more."""

    urgent: Call | None = None
    """Somebody's order that is auctioned before the rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A book after trouble."""

    book: Book
    touched: tuple[tuple[JobId, int], ...]
    """Job and operation of everything that was planned again."""

    remedies: Mapping[JobId, Remedy]
    """What became of each order hit."""

    successors: Mapping[JobId, JobId]
    """Under which name the rest of an order, or the order begun again, goes on."""

    changes: Mapping[JobId, int]
    """What each order costs more now, in micro-cents."""

    exchange: Exchange
    """Remembers what shops said."""

    @property
    def cost(self) -> int:
        """Of all orders together, in micro-cents; a maker is not paid for what its failure spoilt."""
        return self.book.cost

    @property
    def unplaced(self) -> tuple[JobId, ...]:
        """Orders whose rest found no makers."""
        return tuple(job for job, remedy in self.remedies.items() if remedy is Remedy.NONE)


def broken(book: Book, peer: PeerId, machine: MachineId, *, now: UnixSeconds, until: UnixSeconds) -> Repaired:
    """The book after a machine fails now and works again at ``until``."""
    hit = [
        (job, one.offer.first)
        for job, order in book.orders.items()
        for one in order.award.assignments
        if one.provider == peer and one.offer.machine == machine and one.finish > now and one.start < until
    ]
    return reauctioned(book, Trouble(now=now, suffixes=_earliest(hit), closed={(peer, machine): until}))


def vanished(book: Book, peer: PeerId, *, now: UnixSeconds) -> Repaired:
    """The book after a provider stops answering: all that it has not finished is auctioned again, without it."""
    hit = [
        (job, one.offer.first)
        for job, order in book.orders.items()
        for one in order.award.assignments
        if one.provider == peer and one.finish > now
    ]
    gone = replace(book, providers={name: one for name, one in book.providers.items() if name != peer})
    return reauctioned(gone, Trouble(now=now, suffixes=_earliest(hit)))


def rejected(book: Book, job: JobId, operation: int, *, now: UnixSeconds, scrap: bool = False) -> Repaired:
    """The book after an inspection rejects what ``operation`` made: it is done again, or the parts are of no use."""
    scrapped = {job} if scrap else set()
    return reauctioned(book, Trouble(now=now, suffixes={job: operation}, scrapped=scrapped))


def delayed(book: Book, job: JobId, operation: int, *, now: UnixSeconds, arrives: UnixSeconds) -> Repaired:
    """The book after parts did not reach the maker of ``operation`` in time; they are expected at ``arrives``."""
    site = next(one.site for one in book.orders[job].award.assignments if one.offer.first == operation)
    parts = {job: Parts(site=site, ready=arrives)}
    return reauctioned(book, Trouble(now=now, suffixes={job: operation}, parts=parts))


def reauctioned(book: Book, trouble: Trouble, exchange: Exchange | None = None) -> Repaired:
    """The book after planning the rest of some orders again, the most valuable work first.

    Nothing is planned again for somebody's urgent order that still finds no makers.

    Args:
        exchange: what shops said just now, if they were asked before.
    """
    before, suffixes, now = book, trouble.suffixes, trouble.now
    given = [
        released(book, book.orders[job], first, now=now, parts=trouble.parts.get(job))
        for job, first in suffixes.items()
        if not suffixes.keys() & {order.call.job for order in thread(book, book.orders[job])}
    ]
    given.sort(key=lambda one: (-haste(one), one.order.call.job))
    made, costs = {}, {}
    for one in given:
        job, later = one.order.call.job, after(book, one.order.call.job)
        made[job] = [
            *(done for order in reversed(thread(book, one.order)) for done in order.award.assignments),
            *(done for done in one.order.award.assignments if done.offer.last < one.first),
        ]
        costs[job] = one.cost + sum(order.award.score + order.sunk for order in later)
        book = cut(book.without(*(order.call.job for order in later)), one)
    for (peer, machine), until in trouble.closed.items():
        book = book.with_schedule(peer, shut(book.schedules[peer], machine, now, until))
    mending = _Mending(book=book, exchange=exchange or Exchange(now=now))
    if trouble.urgent is not None:
        found = mending.exchange.clear(book, trouble.urgent)
        if isinstance(found, NoAward):
            return Repaired(book=before, touched=(), remedies={}, successors={}, changes={}, exchange=mending.exchange)
        mending.book = found
    for one in given:
        mending.mend(one, made[one.order.call.job], scrap=one.order.call.job in trouble.scrapped)
    touched = [(one.order.call.job, one.first + index) for one in given for index in range(len(one.call.operations))]
    return Repaired(
        book=mending.book,
        touched=tuple(touched),
        remedies=mending.remedies,
        successors=mending.successors,
        changes={job: mending.costs[job] - cost for job, cost in costs.items() if job in mending.costs},
        exchange=mending.exchange,
    )


@dataclass(slots=True)
class _Mending:
    """A book while rests are planned again, one by one."""

    book: Book
    exchange: Exchange
    remedies: dict[JobId, Remedy] = field(default_factory=dict)
    successors: dict[JobId, JobId] = field(default_factory=dict)
    costs: dict[JobId, int] = field(default_factory=dict)

    def mend(self, given: Released, made: Sequence[Assignment], *, scrap: bool) -> None:
        """Let the makers plan anew, else auction again, else begin again."""
        job, call, rest = given.order.call.job, given.call, given.rest
        if scrap and made and self._goes_on(job, Remedy.RESTARTED, *self._anew(given)):
            return
        makers = {one.provider for one in given.steps}
        local = self.exchange.auction(self.book, call, replace(rest, asked=makers))
        if isinstance(local, Order) and local.award.score + local.sunk <= given.cost + given.cost // LOCAL:
            after = self.book.with_order(local, now=self.exchange.now)
            if isinstance(after, Book) and self._goes_on(job, Remedy.REPLANNED, call, after):
                return
        found = self.exchange.clear(self.book, call, rest)
        if isinstance(found, Book) and self._given_up(given, made, found.orders[call.job].award.assignments[0]):
            again, anew = self._anew(given)
            if isinstance(anew, Book) and anew.cost <= found.cost and self._goes_on(job, Remedy.RESTARTED, again, anew):
                return
        if not self._goes_on(job, Remedy.MOVED if made else Remedy.FRESH, call, found):
            self.remedies[job] = Remedy.NONE

    def _given_up(self, given: Released, made: Sequence[Assignment], one: Assignment) -> bool:
        """Whether bringing the parts to their new maker costs more than making them again, queues aside."""
        failed = given.steps[0]
        cause = Cause.LATE if given.rest.origin == failed.site else Cause.DECLINED
        fate, _moving, _again = salvaged(given.order.call, (*made, failed), len(made), one, cause)
        return fate is Salvage.RESTARTED

    def _anew(self, given: Released) -> tuple[Call, Book | NoAward]:
        """The whole order begun again under another name."""
        order, now = given.order, self.exchange.now
        root = [order, *thread(self.book, order)][-1]
        job = JobId(sha256(b"guildmark/again" + root.call.job + now.to_bytes(8, "big")).digest())
        call = replace(root.call, job=job, earliest=now)
        sunk = (now - free_from(order, given.first)) * call.weights.hour * MICRO // HOUR
        asked = promising(self.book, root) | promising(self.book, order)
        rest = Rest(quotes=root.quotes, asked=asked, sunk=sunk + (order.sunk if given.first == 0 else 0))
        return call, self.exchange.clear(self.book, call, rest)

    def _goes_on(self, job: JobId, remedy: Remedy, call: Call, found: Book | NoAward) -> bool:
        """Take ``found`` over, if there is anything."""
        if isinstance(found, NoAward):
            return False
        order = found.orders[call.job]
        self.book, self.remedies[job], self.successors[job] = found, remedy, call.job
        self.costs[job] = order.award.score + order.sunk
        return True


def shut(schedule: Schedule, machine: MachineId, begins: UnixSeconds, ends: UnixSeconds) -> Schedule:
    """The schedule of a shop whose machine is closed for a while; nothing may be planned in it any more."""
    roster = schedule.roster(machine)
    calendar = roster.machine.calendar
    closures = merged((*calendar.closures, Closure(begins=begins, ends=ends)))
    closed = replace(roster.machine, calendar=replace(calendar, closures=closures))
    lane = Lane(machine=closed, tasks=roster.tasks)
    return replace(schedule, rosters={**schedule.rosters, machine: Roster(lane=lane, holds=roster.holds)})


def _earliest(hit: list[tuple[JobId, int]]) -> dict[JobId, int]:
    """Per job, the first operation hit."""
    found: dict[JobId, int] = {}
    for job, operation in hit:
        found[job] = min(operation, found.get(job, operation))
    return found
