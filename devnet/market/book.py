"""What a market has promised: every shop's schedule and every order's award; a change makes a new book, never half one.

Bids come from ``node.planner`` and awards from ``protocol.award``: what is simulated here is who asks whom, and when.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from devnet.market.world import Provider
from node.planner.bidding import answer, family_of
from node.planner.errors import CapacityError
from node.planner.holding import Won, release, settle
from node.planner.schedule import Schedule
from protocol.auction import Bid
from protocol.award import Award, NoAward, choose, terms_of
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call, Site
from protocol.transport import travel_time
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A call, where its parts wait, and who makes them."""

    call: Call
    award: Award
    origin: Site | None = None
    """Where half-finished parts wait, if this is the rest of another order."""

    follows: JobId | None = None
    """The order that this is the rest of."""

    @property
    def whole(self) -> bool:
        """Whether it still makes all that its call asks for; if not, another order makes the rest."""
        return self.award.assignments[-1].offer.last == len(self.call.operations) - 1

    @property
    def starts(self) -> UnixSeconds:
        """When the first operation begins."""
        return self.award.assignments[0].start


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All schedules and all orders."""

    providers: Mapping[PeerId, Provider]
    schedules: Mapping[PeerId, Schedule]
    orders: Mapping[JobId, Order] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """What all orders cost together by their own weights, in micro-cents: what a fair award minimises."""
        return sum(order.award.score for order in self.orders.values())

    def without(self, *jobs: JobId) -> "Book":
        """The book without some orders; nothing of them is held."""
        schedules = dict(self.schedules)
        for job in jobs:
            for assignment in self.orders[job].award.assignments:
                schedules[assignment.provider] = release(schedules[assignment.provider], job)
        kept = {job: order for job, order in self.orders.items() if job not in jobs}
        return replace(self, schedules=schedules, orders=kept)

    def with_order(self, order: Order, *, now: UnixSeconds) -> "Book":
        """The book with one more order.

        Raises:
            CapacityError: a provider has promised the time elsewhere.
        """
        schedules, job = dict(self.schedules), order.call.job
        for peer in {assignment.provider for assignment in order.award.assignments}:
            won = [one for one, provider in windows(order) if provider == peer]
            schedules[peer] = settle(schedules[peer], job, won, now=now, family=family_of(order.call))
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

    def auction(
        self, book: Book, call: Call, origin: Site | None = None, follows: JobId | None = None
    ) -> Order | NoAward:
        """One auction among all shops."""
        wanted = {operation.process for operation in call.operations}
        asked = [peer for peer, one in book.providers.items() if not wanted.isdisjoint(one.processes)]
        bids = [bid for peer in asked if (bid := self.bid(book, call, peer)) is not None]
        terms = terms_of(call) if origin is None else replace(terms_of(call), origin=origin)
        outcome = choose(terms, bids, transcript(call))
        if isinstance(outcome, NoAward):
            return outcome
        return Order(call=call, award=outcome, origin=origin, follows=follows)

    def clear(self, book: Book, call: Call, origin: Site | None = None, follows: JobId | None = None) -> Book | NoAward:
        """The book after one auction.

        A provider whose windows cannot all be kept although they won together declines, and the auction is run
        again without it.
        """
        without: set[PeerId] = set()
        while True:
            reduced = book if not without else _only(book, without)
            found = self.auction(reduced, call, origin, follows)
            if isinstance(found, NoAward):
                return found
            for peer in {assignment.provider for assignment in found.award.assignments}:
                try:
                    _keeps(book, found, peer, self.now)
                except CapacityError:
                    without.add(peer)
                    break
            else:
                return book.with_order(found, now=self.now)


def _keeps(book: Book, order: Order, peer: PeerId, now: UnixSeconds) -> None:
    won = [one for one, provider in windows(order) if provider == peer]
    settle(book.schedules[peer], order.call.job, won, now=now, family=family_of(order.call))


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
