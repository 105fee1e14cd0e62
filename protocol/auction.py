"""The sealed auction's messages and what makes each acceptable; the award rule itself is ``protocol.award``."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter

from protocol.classification import check_classification
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, JobId, MachineId, PeerId
from protocol.job import Call, Filters, Operation, Site
from protocol.params import (
    HASH_BYTES,
    MAX_CLASHES,
    MAX_CLOCK_SKEW,
    MAX_CO2,
    MAX_GRADE,
    MAX_GRID,
    MAX_HOLES,
    MAX_HORIZON,
    MAX_KM_WEIGHT,
    MAX_MEASURE,
    MAX_OFFERS,
    MAX_OPERATIONS,
    MAX_PREMIUM,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_RISES,
    MAX_TEXT,
    MAX_WEIGHT,
    MAX_WITNESSES,
    PROCESSES,
)
from protocol.routing import joined, predecessors, runs, shape
from protocol.units import Cents, GramsCo2, Seconds, UnixSeconds
from protocol.wire import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A step of a price curve: an offer that starts at ``start`` or later costs ``price`` instead."""

    start: UnixSeconds
    price: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One alternative in a bid: these operations, on this machine, begun anywhere in this window, for this price.

    The award begins it as soon as it can: when the parts have arrived, but not before the window opens.
    """

    first: int
    """First operation covered."""

    last: int
    """Last operation covered; equal to ``first`` unless the offer bundles consecutive operations."""

    machine: MachineId
    opens: UnixSeconds
    """Earliest start, plant time."""

    closes: UnixSeconds
    """Latest start, plant time."""

    duration: Seconds
    """From the start until the parts are ready to leave."""

    price: Cents
    """For the whole quantity, tax excluded, when begun at ``opens``."""

    co2: GramsCo2
    """For the whole quantity."""

    grade: int = 0
    """Quality class, 0 the best, ``MAX_GRADE`` the worst."""

    rises: tuple[Rise, ...] = ()
    """The price curve after ``opens``: later and dearer step by step, at most ``MAX_RISES``."""

    def price_at(self, start: UnixSeconds) -> Cents:
        """What the offer costs when it is begun at ``start``."""
        return max((rise.price for rise in self.rises if rise.start <= start), default=self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """A provider's sealed menu; at most one offer per operation can win."""

    job: JobId
    provider: PeerId
    site: Site
    """Where the provider's machines stand."""

    offers: tuple[Offer, ...]
    clashes: tuple[tuple[int, int], ...] = ()
    """Pairs of offers, by index, that cannot both win; ascending."""

    jurisdiction: str = ""
    """ISO 3166-1 alpha-2 code of the law that the site stands under; empty passes no filter for it."""

    clearance: int = 0
    """Highest classification of a design that the provider may handle; 0 is public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A bid's seal, published before the commit deadline (gossip topic ``commitment/1``)."""

    job: JobId
    provider: PeerId
    account: Address
    """Who is paid if the bid wins. The ledger cannot check a peer's key, so the peer itself must name its account."""

    seal: Digest
    """See ``seal_of``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """A bid and the salt that opens its seal (gossip topic ``reveal/1``)."""

    bid: Bid
    salt: bytes
    """32 random bytes, never used twice."""


def seal_of(bid: Bid, salt: bytes) -> Digest:
    """SHA-256 over domain, salt and the bid's wire form, which names job and provider: no seal can be copied."""
    return seal_over(encode(bid), salt)


def seal_over(wire: bytes, salt: bytes) -> Digest:
    """The seal of a bid in its wire form."""
    return Digest(sha256(opening_of(wire, salt)).digest())


def opening_of(wire: bytes, salt: bytes) -> bytes:
    """What the seal of a bid is the SHA-256 of; whoever bonded the seal shows it to the ledger."""
    return b"guildmark/bid/1" + salt + wire


def accept_call(call: Call, *, signer: PeerId, now: UnixSeconds) -> None:
    """Decide whether ``call`` is well formed; ``now`` is wall time. Rules are checked by ``rules.check_call``.

    Raises:
        RejectError: not signed by its customer, no or too many operations, a routing that does not fork and join, or
            does not end in one operation, an unknown process, a quantity, budget, weight, premium, measure, hole table,
            witness or filter out of bounds, guests or contents that do not fit the classification, or deadlines out of
            order.
        IgnoreError: the commit deadline has passed.
    """
    if call.customer != signer:
        raise RejectError("call is not signed by its customer")
    _check_routing(call.operations)
    _check_amounts(call)
    _check_witnesses(call)
    _check_filters(call.filters, call.co2_cap)
    check_classification(call)
    timely = call.commit_by < call.reveal_by and 0 < call.due - call.earliest <= MAX_HORIZON and call.earliest >= 0
    if len(call.job) != HASH_BYTES or not timely:
        raise RejectError("identifier or deadlines are malformed")
    if now > call.commit_by + MAX_CLOCK_SKEW:
        raise IgnoreError("call is over")


def _check_routing(operations: Sequence[Operation]) -> None:
    if not 1 <= len(operations) <= MAX_OPERATIONS:
        raise RejectError(f"call has {len(operations)} operations")
    if [operation.index for operation in operations] != list(range(len(operations))):
        raise RejectError("operations are not numbered in order")
    if any(operation.process not in PROCESSES for operation in operations):
        raise RejectError("unknown process")
    joined(predecessors(operations))


def _check_amounts(call: Call) -> None:
    if not 1 <= call.quantity <= MAX_QUANTITY or call.budget <= 0 or len(call.part.holes) > MAX_HOLES:
        raise RejectError("quantity, budget or hole table is out of bounds")
    weights = call.weights
    if not all(0 <= weight <= MAX_WEIGHT for weight in (weights.hour, weights.co2_tonne, weights.grade)):
        raise RejectError("a weight is out of bounds")
    if not 0 <= call.premium <= MAX_PREMIUM:
        raise RejectError("the premium is out of bounds")
    if not 0 <= weights.kilometre <= MAX_KM_WEIGHT or call.budget > MAX_PRICE or not on_grid(call.site):
        raise RejectError("a weight, the budget or the site is out of bounds")
    if not all(0 <= measure <= MAX_MEASURE for measure in _measures(call)):
        raise RejectError("a measure is out of bounds")


def on_grid(site: Site) -> bool:
    """Whether ``site`` lies on the federation's grid."""
    return abs(site.easting) <= MAX_GRID and abs(site.northing) <= MAX_GRID


def _check_witnesses(call: Call) -> None:
    named = call.witnesses
    if len(named) > MAX_WITNESSES or any(len(peer) != HASH_BYTES for peer in named):
        raise RejectError("call names too many witnesses, or one that is no peer")
    if list(named) != sorted(set(named)) or call.customer in named:
        raise RejectError("witnesses are not in order, or the customer is one of them")


def _check_filters(filters: Filters, co2_cap: GramsCo2 | None) -> None:
    codes = filters.jurisdictions
    if list(codes) != sorted(set(codes)) or not all(_is_code(code) for code in codes):
        raise RejectError("jurisdictions are not ISO 3166-1 codes in order")
    if not 0 <= filters.grade <= MAX_GRADE:
        raise RejectError("grade is out of bounds")
    if (filters.distance is not None and filters.distance < 0) or (co2_cap is not None and co2_cap < 0):
        raise RejectError("distance or CO2 cap is out of bounds")


def _is_code(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()


def _measures(call: Call) -> Iterator[int]:
    """Every number that a planner computes with."""
    for envelope in (call.part.envelope, *(operation.envelope for operation in call.operations)):
        yield from (envelope.length, envelope.width, envelope.height)
    yield from (call.part.volume, call.part.mass, call.part.tolerance)
    for operation in call.operations:
        yield from (operation.tolerance, operation.removed, operation.mass, operation.features)


def accept_commitment(commitment: Commitment, *, signer: PeerId, calls: Mapping[JobId, Call], now: UnixSeconds) -> None:
    """Decide whether ``commitment`` counts; the first of a provider does, later ones are kept as evidence.

    Raises:
        RejectError: not signed by its provider, a seal of the wrong length, or a provider that was not invited or
            is the customer itself.
        IgnoreError: unknown job, or after the commit deadline.
    """
    if commitment.provider != signer:
        raise RejectError("commitment is not signed by its provider")
    if len(commitment.seal) != HASH_BYTES:
        raise RejectError("seal has the wrong length")
    call = calls.get(commitment.job)
    if call is None:
        raise IgnoreError("unknown job")
    if commitment.provider == call.customer:
        raise RejectError("a customer does not bid for its own job")
    if call.filters.invited and commitment.provider not in call.filters.invited:
        raise RejectError("commitment comes from somebody who was not invited")
    if now > call.commit_by:
        raise IgnoreError("commitment is late")


def accept_reveal(
    reveal: Reveal, *, signer: PeerId, calls: Mapping[JobId, Call], seals: Set[Digest], now: UnixSeconds
) -> None:
    """Decide whether ``reveal`` counts.

    Raises:
        RejectError: not signed by its provider, or its bid is malformed (see ``check_bid``).
        IgnoreError: unknown job, no matching commitment, before the commit deadline, or late.
    """
    bid = reveal.bid
    if bid.provider != signer or len(reveal.salt) != HASH_BYTES:
        raise RejectError("reveal is not signed by its provider, or its salt has the wrong length")
    call = calls.get(bid.job)
    if call is None:
        raise IgnoreError("unknown job")
    check_bid(bid, call)
    if seal_of(bid, reveal.salt) not in seals:
        raise IgnoreError("reveal opens no commitment that arrived here")
    if now + MAX_CLOCK_SKEW < call.commit_by or now > call.reveal_by:
        raise IgnoreError("reveal is outside its window")


def check_bid(bid: Bid, call: Call) -> None:
    """Whether every offer of ``bid`` is well formed under ``call``.

    Raises:
        RejectError: no or too many offers, one twice, a bundle that the routing does not allow, a price, CO2, grade,
            window or price curve out of bounds, a clash of offers that do not exist, or a place off the grid.
    """
    if not 1 <= len(bid.offers) <= MAX_OFFERS:
        raise RejectError(f"bid has {len(bid.offers)} offers")
    if any(operation.after is not None for operation in call.operations):
        _check_bundles(bid.offers, call.operations)
    # Most menus are told apart by operation, opening and price alone; only others are compared as a whole.
    if len(set(map(_plainly, bid.offers))) < len(bid.offers) and len(set(bid.offers)) < len(bid.offers):
        raise RejectError("bid makes an offer twice")
    if not on_grid(bid.site) or (bid.jurisdiction and not _is_code(bid.jurisdiction)) or bid.clearance < 0:
        raise RejectError("site, jurisdiction or clearance is out of bounds")
    if len(bid.clashes) > MAX_CLASHES or list(bid.clashes) != sorted(set(bid.clashes)):
        raise RejectError("clashes are too many, or not in order")
    if any(not 0 <= a < b < len(bid.offers) for a, b in bid.clashes):
        raise RejectError("a clash names an offer that does not exist")
    _check_offers(bid.offers, len(call.operations), call.due)


_plainly = attrgetter("first", "opens", "price")


def _check_offers(offers: Sequence[Offer], operations: int, due: UnixSeconds) -> None:
    for offer in offers:
        if not 0 <= offer.first <= offer.last < operations:
            raise RejectError("offer covers operations that do not exist")
        if not 0 < offer.price <= MAX_PRICE or not 0 <= offer.co2 <= MAX_CO2 or not 0 <= offer.grade <= MAX_GRADE:
            raise RejectError("offer's price, CO2 or grade is out of bounds")
        if not 0 <= offer.opens <= offer.closes <= due or not 0 < offer.duration <= MAX_HORIZON:
            raise RejectError("offer's window is out of bounds")
        if len(offer.rises) > MAX_RISES or not 0 < len(offer.machine) <= MAX_TEXT:
            raise RejectError("offer's price curve or machine's name is too long")
        if offer.rises:
            _check_rises(offer)


def _check_bundles(offers: Sequence[Offer], operations: Sequence[Operation]) -> None:
    """In a routing that forks, what one machine makes in one go lies within a branch."""
    ends = {one: run[-1] for run in runs(shape(predecessors(operations))) for one in run}
    if any(offer.last > ends.get(offer.first, -1) for offer in offers):
        raise RejectError("a bundle leaves its branch, or covers operations that do not exist")


def _check_rises(offer: Offer) -> None:
    since, price = offer.opens, offer.price
    for rise in offer.rises:
        if not since < rise.start <= offer.closes or not price < rise.price <= MAX_PRICE:
            raise RejectError("offer's price curve does not rise within its window")
        since, price = rise.start, rise.price
