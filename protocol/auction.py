"""The sealed auction's messages and what makes each acceptable; the award rule itself is ``protocol.award``."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from hashlib import sha256

from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, JobId, MachineId, PeerId
from protocol.job import Call, Site
from protocol.params import (
    HASH_BYTES,
    MAX_CLOCK_SKEW,
    MAX_CO2,
    MAX_HOLES,
    MAX_HORIZON,
    MAX_MEASURE,
    MAX_OFFERS,
    MAX_OPERATIONS,
    MAX_QUANTITY,
    MAX_WEIGHT,
    PROCESSES,
)
from protocol.units import Cents, GramsCo2, UnixSeconds
from protocol.wire import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One alternative in a bid: these operations, on this machine, in this window, for this price."""

    first: int
    """First operation covered."""

    last: int
    """Last operation covered; equal to ``first`` unless the offer bundles consecutive operations."""

    machine: MachineId
    ready_by: UnixSeconds
    """The parts must have arrived by then, plant time; the machine is reserved from here."""

    finish_by: UnixSeconds
    """The parts are ready to leave by then, plant time."""

    price: Cents
    """For the whole quantity, tax excluded."""

    co2: GramsCo2
    """For the whole quantity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """A provider's sealed menu; every offer stands alone and at most one per operation can win."""

    job: JobId
    provider: PeerId
    site: Site
    """Where the provider's machines stand."""

    offers: tuple[Offer, ...]


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
    return Digest(sha256(b"guildmark/bid/1" + salt + encode(bid)).digest())


def accept_call(call: Call, *, signer: PeerId, now: UnixSeconds) -> None:
    """Decide whether ``call`` is well formed; ``now`` is wall time. Rules are checked by ``rules.check_call``.

    Raises:
        RejectError: not signed by its customer, no or too many operations, a routing that is not a chain, an unknown
            process, a quantity, budget, weight, measure or hole table out of bounds, or deadlines out of order.
        IgnoreError: the commit deadline has passed.
    """
    if call.customer != signer:
        raise RejectError("call is not signed by its customer")
    if not 1 <= len(call.operations) <= MAX_OPERATIONS:
        raise RejectError(f"call has {len(call.operations)} operations")
    if [operation.index for operation in call.operations] != list(range(len(call.operations))):
        raise RejectError("operations are not numbered in order")
    if any(operation.process not in PROCESSES for operation in call.operations):
        raise RejectError("unknown process")
    if not 1 <= call.quantity <= MAX_QUANTITY or call.budget <= 0 or len(call.part.holes) > MAX_HOLES:
        raise RejectError("quantity, budget or hole table is out of bounds")
    if not 0 <= call.weights.hour <= MAX_WEIGHT or not 0 <= call.weights.co2_tonne <= MAX_WEIGHT:
        raise RejectError("a weight is out of bounds")
    if not all(0 <= measure <= MAX_MEASURE for measure in _measures(call)):
        raise RejectError("a measure is out of bounds")
    timely = call.commit_by < call.reveal_by and 0 < call.due - call.earliest <= MAX_HORIZON
    if len(call.job) != HASH_BYTES or not timely:
        raise RejectError("identifier or deadlines are malformed")
    if now > call.commit_by + MAX_CLOCK_SKEW:
        raise IgnoreError("call is over")


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
        RejectError: not signed by its provider, or a seal of the wrong length.
        IgnoreError: unknown job, or after the commit deadline.
    """
    if commitment.provider != signer:
        raise RejectError("commitment is not signed by its provider")
    if len(commitment.seal) != HASH_BYTES:
        raise RejectError("seal has the wrong length")
    call = calls.get(commitment.job)
    if call is None:
        raise IgnoreError("unknown job")
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
        RejectError: no or too many offers, an operation that does not exist, a price that is not positive, CO2
            below 0 or above ``MAX_CO2``, or a window that ends before it begins.
    """
    if not 1 <= len(bid.offers) <= MAX_OFFERS:
        raise RejectError(f"bid has {len(bid.offers)} offers")
    for offer in bid.offers:
        if not 0 <= offer.first <= offer.last < len(call.operations):
            raise RejectError("offer covers operations that do not exist")
        if offer.price <= 0 or not 0 <= offer.co2 <= MAX_CO2 or not offer.ready_by < offer.finish_by:
            raise RejectError("offer's price, CO2 or window is out of bounds")
