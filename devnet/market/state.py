"""A running market: its book, its money, who is who, and the clock; it decides nothing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from devnet.market import behaviour
from devnet.market.behaviour import Buyer, Mishap, Reason, Shop
from devnet.market.book import Book, opened
from devnet.market.purse import Purse
from devnet.market.world import Kind, World, world
from protocol.auction import Bid, Commitment, Reveal
from protocol.ids import JobId, PeerId
from protocol.job import Call
from protocol.units import UnixSeconds


@dataclass(slots=True)
class Auction:
    """One call while it is decided."""

    call: Call
    drawn: dict[PeerId, tuple[Bid, bytes]] = field(default_factory=dict)
    """What each bidder would reveal, with its salt; only it knows."""

    commitments: dict[PeerId, Commitment] = field(default_factory=dict)
    bids: dict[PeerId, Bid] = field(default_factory=dict)
    """What was revealed in time and opens a commitment."""


@dataclass(slots=True)
class Clock:
    """Virtual time: events in order, nothing waits."""

    now: UnixSeconds = UnixSeconds(0)  # noqa: RUF009  # a NewType of an integer
    events: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    count: int = 0

    def at(self, time: int, event: Callable[[], None]) -> None:
        """Let something happen at ``time``, after what was planned for then before."""
        self.count += 1
        heappush(self.events, (max(time, self.now), self.count, event))

    def step(self) -> bool:
        """Let the next thing happen; whether there was one."""
        if not self.events:
            return False
        time, _count, event = heappop(self.events)
        self.now = UnixSeconds(time)
        event()
        return True


@dataclass(frozen=True, slots=True)
class Claim:
    """Work that passed inspection: its maker can have it paid when the customer has approved it, or stays silent."""

    provider: PeerId
    price: int
    operations: range


@dataclass(slots=True)
class Market:
    """Everything that there is; more than eight parts, for it is a whole world."""

    rng: Random
    world: World
    book: Book
    shops: dict[PeerId, Shop]
    buyers: dict[PeerId, Buyer]
    purse: Purse = field(default_factory=Purse)
    clock: Clock = field(default_factory=Clock)
    auctions: dict[JobId, Auction] = field(default_factory=dict)
    calls: dict[JobId, Call] = field(default_factory=dict)
    """Every call that was accepted, once."""

    roots: dict[JobId, tuple[JobId, int]] = field(default_factory=dict)
    """For the rest of an order: whose rest it is, and from which operation on."""

    made: dict[JobId, set[int]] = field(default_factory=dict)
    """Per order, the operations that passed inspection."""

    payments: dict[tuple[JobId, int], int] = field(default_factory=dict)
    """How often an operation of an order was paid."""

    makers: dict[tuple[JobId, int], PeerId] = field(default_factory=dict)
    payees: dict[tuple[JobId, int], PeerId] = field(default_factory=dict)
    """Per order and operation, who made it and who was paid for it."""

    claims: dict[JobId, list[Claim]] = field(default_factory=dict)
    """Per order, work that passed inspection and is not paid yet."""

    openings: dict[PeerId, Reveal] = field(default_factory=dict)
    """What each shop revealed last."""

    met: Counter[str] = field(default_factory=Counter)
    """How often each cheat was tried."""

    repairs: Counter[tuple[Mishap, str]] = field(default_factory=Counter)
    """How often what was met in which way."""

    keys: set[tuple[JobId, PeerId]] = field(default_factory=set)
    """Packages that providers hold, by order."""

    ended: dict[JobId, Reason] = field(default_factory=dict)
    refusals: list[tuple[JobId, bytes, Reason]] = field(default_factory=list)

    def refuse(self, job: JobId, whom: bytes, reason: Reason) -> None:
        """Say no, and why."""
        self.refusals.append((job, whom, reason))

    def meet(self, character: Shop | Buyer) -> None:
        """Somebody behaves like that just now."""
        self.met[character.value] += 1

    def root(self, job: JobId) -> tuple[JobId, int]:
        """The order that ``job`` is the rest of, and from which operation on; itself from 0 if it is none."""
        return self.roots.get(job, (job, 0))

    def parts(self, root: JobId) -> list[JobId]:
        """An order and its rests, as far as they are in the book."""
        return [job for job in self.book.orders if self.root(job)[0] == root]


def market(seed: int, kind: Kind) -> Market:
    """A market before its first event."""
    rng = Random(seed)  # noqa: S311  # a simulation wants the same dice every time
    place = world(seed, kind)
    return Market(
        rng=rng,
        world=place,
        book=opened(place.providers),
        shops={provider.peer: behaviour.shop(rng) for provider in place.providers},
        buyers={call.customer: behaviour.buyer(rng) for call in place.calls},
    )
