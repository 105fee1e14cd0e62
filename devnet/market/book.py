"""What a market has promised: every shop's schedule and every order's award; a change makes a new book, never half one.

Bids come from ``node.planner`` and awards from ``protocol.award``: what is simulated here is who asks whom, and when.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from hashlib import sha256
from heapq import nsmallest

from devnet.market.world import Provider
from node.planner.bidding import answer, family_of
from node.planner.errors import CapacityError
from node.planner.holding import Won, release, settle
from node.planner.schedule import Schedule
from protocol.auction import Bid
from protocol.award import HOUR, MICRO, Award, NoAward, choose, terms_of
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call, Site
from protocol.transport import co2_of, travel_time
from protocol.units import UnixSeconds

NEAREST = 6
"""Shops asked again for an operation; the seventh best bid hardly ever wins the second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A call, where its parts wait, and who makes them."""

    call: Call
    award: Award
    origin: Site | None = None
    """Where half-finished parts wait, if this is the rest of another order."""

    follows: JobId | None = None
    """The order that this is the rest of."""

    quotes: tuple[Mapping[PeerId, int], ...] = ()
    """Per operation, the least that each shop asked for it when its bid was opened, in micro-cents of the weights."""

    sunk: int = 0
    """Micro-cents that a rest's parts cost between what is made and ``earliest``: waiting, and a way gone in vain."""

    @property
    def whole(self) -> bool:
        """Whether it still makes all that its call asks for; if not, another order makes the rest."""
        return self.award.assignments[-1].offer.last == len(self.call.operations) - 1

    @property
    def starts(self) -> UnixSeconds:
        """When the first operation begins."""
        return self.award.assignments[0].start


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What an auction that is not an order's first one knows already."""

    origin: Site | None = None
    """Where the parts wait; None before anything is made."""

    follows: JobId | None = None
    quotes: tuple[Mapping[PeerId, int], ...] = ()
    """As in an ``Order``, of the operations that are left."""

    asked: Set[PeerId] | None = None
    """Whom to ask first; if they cannot do it, everybody is asked. None asks everybody at once."""

    sunk: int = 0


FIRST = Rest()
"""An order's first auction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All schedules and all orders."""

    providers: Mapping[PeerId, Provider]
    schedules: Mapping[PeerId, Schedule]
    orders: Mapping[JobId, Order] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """What all orders cost together by their own weights, in micro-cents: what a fair award minimises."""
        return sum(order.award.score + order.sunk for order in self.orders.values())

    def without(self, *jobs: JobId) -> "Book":
        """The book without some orders; nothing of them is held."""
        schedules = dict(self.schedules)
        for job in jobs:
            for assignment in self.orders[job].award.assignments:
                schedules[assignment.provider] = release(schedules[assignment.provider], job)
        kept = {job: order for job, order in self.orders.items() if job not in jobs}
        return replace(self, schedules=schedules, orders=kept)

    def with_order(self, order: Order, *, now: UnixSeconds) -> "Book | PeerId":
        """The book with one more order, or the first provider that has promised the time elsewhere."""
        schedules, job = dict(self.schedules), order.call.job
        for peer in sorted({assignment.provider for assignment in order.award.assignments}):
            won = [one for one, provider in windows(order) if provider == peer]
            try:
                schedules[peer] = settle(schedules[peer], job, won, now=now, family=family_of(order.call))
            except CapacityError:
                return peer
        return replace(self, schedules=schedules, orders={**self.orders, job: order})

    def with_schedule(self, peer: PeerId, schedule: Schedule) -> "Book":
        """The book in which a provider holds something else."""
        return replace(self, schedules={**self.schedules, peer: schedule})


def opened(providers: Iterable[Provider]) -> Book:
    """The book of a market before the first call."""
    known = {provider.peer: provider for provider in providers}
    return Book(providers=known, schedules={peer: one.schedule for peer, one in known.items()})


def windows(order: Order) -> list[tuple[Won, PeerId]]:
    """What each provider won, with the room that the award leaves until the parts must leave."""
    assignments = order.award.assignments
    after = {one.offer.first: one for one in assignments}
    rows = []
    for one in assignments:
        following = after.get(one.offer.last + 1)
        latest = None if following is None else following.start - travel_time(one.site, following.site)
        won = Won(offer=one.offer, start=one.start, latest=None if latest is None else UnixSeconds(latest))
        rows.append((won, one.provider))
    return rows


@dataclass(slots=True)
class Exchange:
    """Asks shops for bids; remembers what a shop said as long as its schedule is the same."""

    now: UnixSeconds
    known: dict[tuple[JobId, PeerId], tuple[Schedule, Bid | None]] = field(default_factory=dict)

    def bid(self, book: Book, call: Call, peer: PeerId) -> Bid | None:
        """A shop's menu, or None when it has nothing to offer."""
        schedule = book.schedules[peer]
        key = (call.job, peer)
        remembered = self.known.get(key)
        if remembered is None or remembered[0] is not schedule:
            remembered = self.known[key] = (schedule, menu(book.providers[peer], schedule, call, now=self.now))
        return remembered[1]

    def auction(self, book: Book, call: Call, rest: Rest = FIRST, *, most: int | None = None) -> Order | NoAward:
        """One auction among the shops that are asked; nobody wins for more than ``most`` micro-cents."""
        wanted = {operation.process for operation in call.operations}
        asked = [peer for peer, one in book.providers.items() if not wanted.isdisjoint(one.processes)]
        if rest.asked is not None:
            asked = [peer for peer in asked if peer in rest.asked]
        bids = [bid for peer in asked if (bid := self.bid(book, call, peer)) is not None]
        terms = terms_of(call) if rest.origin is None else replace(terms_of(call), origin=rest.origin)
        outcome = choose(terms, bids, transcript(call), most=most)
        if isinstance(outcome, NoAward):
            return outcome
        return Order(
            call=call,
            award=outcome,
            origin=rest.origin,
            follows=rest.follows,
            quotes=rest.quotes or quoted(call, bids),
            sunk=rest.sunk,
        )

    def clear(self, book: Book, call: Call, rest: Rest = FIRST, *, most: int | None = None) -> Book | NoAward:
        """The book after one auction.

        A provider whose windows cannot all be kept although they won together declines, and the auction is run
        again without it.

        Args:
            most: micro-cents from which on an award is of no use; then only those asked first are asked.
        """
        without: set[PeerId] = set()
        while True:
            reduced = book if not without else _only(book, without)
            found = self.auction(reduced, call, rest, most=most)
            if isinstance(found, NoAward):
                if rest.asked is None or most is not None:
                    return found
                rest = replace(rest, asked=None)
                continue
            after = book.with_order(found, now=self.now)
            if isinstance(after, Book):
                return after
            without.add(after)


def quoted(call: Call, bids: Iterable[Bid]) -> tuple[dict[PeerId, int], ...]:
    """Per operation, the least that each bidder asks for it alone, its time and CO2 weighed as the call does."""
    found: tuple[dict[PeerId, int], ...] = tuple({} for _ in call.operations)
    for bid in bids:
        for offer in bid.offers:
            if offer.first == offer.last:
                asks = offer.price * MICRO + offer.co2 * call.weights.co2_tonne
                asks += offer.duration * call.weights.hour * MICRO // HOUR
                known = found[offer.first]
                known[bid.provider] = min(asks, known.get(bid.provider, asks))
    return found


def promising(book: Book, order: Order, first: int = 0, *, nearest: int = NEAREST) -> set[PeerId]:
    """Whoever makes an order's operations from ``first`` on, and for each those whose opened bids came nearest."""
    call, assignments = order.call, order.award.assignments
    found: set[PeerId] = set()
    stops = [order.origin, *(one.site for one in assignments), call.site if order.whole else None]
    for place, one in enumerate(assignments):
        if one.offer.first < first:
            continue
        found.add(one.provider)
        ways = [stop for stop in (stops[place], stops[place + 2]) if stop is not None]
        for operation in range(one.offer.first, one.offer.last + 1):
            asks = order.quotes[operation] if order.quotes else {}
            costs = {
                peer: quote + sum(way_score(call, stop, book.providers[peer].site) for stop in ways)
                for peer, quote in asks.items()
                if peer in book.providers
            }
            found.update(nsmallest(nearest, costs, key=lambda peer: (costs[peer], peer)))
    return found


def way_score(call: Call, one: Site, other: Site) -> int:
    """What a move costs by a call's weights, its time included, in micro-cents."""
    return length_score(call, one, other) + travel_time(one, other) * call.weights.hour * MICRO // HOUR


def length_score(call: Call, one: Site, other: Site) -> int:
    """What the length of a move and its CO2 cost, in micro-cents."""
    way = one.distance(other)
    return co2_of(way) * call.weights.co2_tonne + way * call.weights.kilometre * MICRO // 1000


def _only(book: Book, without: set[PeerId]) -> Book:
    return replace(book, providers={peer: one for peer, one in book.providers.items() if peer not in without})


def menu(provider: Provider, schedule: Schedule, call: Call, *, now: UnixSeconds) -> Bid | None:
    """A shop's bid, made by its own planner."""
    found = answer(schedule, call, site=provider.site, now=now, policy=provider.policy)
    if not found.offers:
        return None
    return Bid(job=call.job, provider=provider.peer, site=provider.site, offers=found.offers, clashes=found.clashes)


def transcript(call: Call) -> Digest:
    """What breaks ties where no messages are simulated."""
    return Digest(sha256(b"market" + call.job).digest())
