"""What the order contract says: its events in domain types."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.bindings import orders as abi
from ledger.types import Log
from protocol.ids import Address, Digest, JobId
from protocol.units import Cents, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An order stands, its budget in escrow."""

    job: JobId
    customer: Address
    budget: Cents
    call: Digest
    design: Digest
    pack: Digest
    deadline: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class BidSealed:
    """A bidder staked the bid bond on opening ``seal`` in time."""

    job: JobId
    bidder: Address
    seal: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class BidEnded:
    """A bidder's bond has left the order."""

    job: JobId
    bidder: Address
    how: str
    """``revealed``, ``forfeited`` or ``returned``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded:
    """The award of an order, by the root of its transcript."""

    job: JobId
    transcript: Digest
    total: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """One winner of an order."""

    job: JobId
    index: int
    provider: Address
    price: Cents
    units: int
    due: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Reawarded:
    """An assignment gets another provider."""

    job: JobId
    index: int
    transcript: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A provider took its assignment on."""

    job: JobId
    index: int
    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A provider gave its assignment back."""

    job: JobId
    index: int
    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A provider says that a milestone is done."""

    job: JobId
    index: int
    provider: Address
    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A milestone is paid."""

    job: JobId
    index: int
    provider: Address
    paid: Cents
    fee: Cents
    damages: Cents
    """To the customer, for lateness."""

    milestone: int
    """Counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """The customer objects to an assignment."""

    job: JobId
    index: int
    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A dispute over a milestone has ended."""

    job: JobId
    index: int
    refunded: Cents
    paid: Cents
    fee: Cents
    ends: bool
    """Whether the assignment ended with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Nobody attested the rest of an assignment before the deadline."""

    job: JobId
    index: int
    refunded: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An order is terminal."""

    job: JobId
    how: str
    """``settled``, ``cancelled`` or ``expired``."""


OrderEvent = (
    Opened
    | BidSealed
    | BidEnded
    | Awarded
    | Assigned
    | Reawarded
    | Accepted
    | Declined
    | Attested
    | Approved
    | Disputed
    | Ruled
    | Refunded
    | Ended
)


def decode(log: Log) -> OrderEvent | None:
    """The event in a ``log`` of the contract, or None when it is not known here."""
    read = _EVENTS.get(log.topics[0])
    return None if read is None else read(log.topics, log.payload)


def _opened(topics: tuple[bytes, ...], payload: bytes) -> Opened:
    event = abi.opened_event(topics, payload)
    return Opened(
        job=JobId(event.id_),
        customer=Address(event.customer),
        budget=Cents(event.budget),
        call=Digest(event.call),
        design=Digest(event.design),
        pack=Digest(event.pack_hash),
        deadline=UnixSeconds(event.deadline),
    )


def _bid_sealed(topics: tuple[bytes, ...], payload: bytes) -> BidSealed:
    event = abi.bid_sealed_event(topics, payload)
    return BidSealed(job=JobId(event.id_), bidder=Address(event.bidder), seal=Digest(event.seal))


def _awarded(topics: tuple[bytes, ...], payload: bytes) -> Awarded:
    event = abi.awarded_event(topics, payload)
    return Awarded(job=JobId(event.id_), transcript=Digest(event.transcript), total=Cents(event.total))


def _assigned(topics: tuple[bytes, ...], payload: bytes) -> Assigned:
    event = abi.assigned_event(topics, payload)
    return Assigned(
        job=JobId(event.id_),
        index=event.index,
        provider=Address(event.provider),
        price=Cents(event.price),
        units=event.units,
        due=UnixSeconds(event.due),
    )


def _reawarded(topics: tuple[bytes, ...], payload: bytes) -> Reawarded:
    event = abi.reawarded_event(topics, payload)
    return Reawarded(job=JobId(event.id_), index=event.index, transcript=Digest(event.transcript))


def _accepted(topics: tuple[bytes, ...], payload: bytes) -> Accepted:
    event = abi.accepted_event(topics, payload)
    return Accepted(job=JobId(event.id_), index=event.index, provider=Address(event.provider))


def _declined(topics: tuple[bytes, ...], payload: bytes) -> Declined:
    event = abi.declined_event(topics, payload)
    return Declined(job=JobId(event.id_), index=event.index, provider=Address(event.provider))


def _attested(topics: tuple[bytes, ...], payload: bytes) -> Attested:
    event = abi.attested_event(topics, payload)
    return Attested(
        job=JobId(event.id_), index=event.index, provider=Address(event.provider), evidence=Digest(event.evidence)
    )


def _approved(topics: tuple[bytes, ...], payload: bytes) -> Approved:
    event = abi.approved_event(topics, payload)
    return Approved(
        job=JobId(event.id_),
        index=event.index,
        provider=Address(event.provider),
        paid=Cents(event.paid),
        fee=Cents(event.fee),
        damages=Cents(event.damages),
        milestone=event.milestone,
    )


def _disputed(topics: tuple[bytes, ...], payload: bytes) -> Disputed:
    event = abi.disputed_event(topics, payload)
    return Disputed(job=JobId(event.id_), index=event.index, evidence=Digest(event.evidence))


def _ruled(topics: tuple[bytes, ...], payload: bytes) -> Ruled:
    event = abi.ruled_event(topics, payload)
    return Ruled(
        job=JobId(event.id_),
        index=event.index,
        refunded=Cents(event.refunded),
        paid=Cents(event.paid),
        fee=Cents(event.fee),
        ends=event.ends,
    )


def _refunded(topics: tuple[bytes, ...], payload: bytes) -> Refunded:
    event = abi.refunded_event(topics, payload)
    return Refunded(job=JobId(event.id_), index=event.index, refunded=Cents(event.refunded))


def _bid_ended(how: str) -> Callable[[tuple[bytes, ...], bytes], BidEnded]:
    def read(topics: tuple[bytes, ...], _payload: bytes) -> BidEnded:
        return BidEnded(job=JobId(topics[1]), bidder=Address(topics[2][12:]), how=how)

    return read


def _ended(how: str) -> Callable[[tuple[bytes, ...], bytes], Ended]:
    def read(topics: tuple[bytes, ...], _payload: bytes) -> Ended:
        return Ended(job=JobId(topics[1]), how=how)

    return read


_EVENTS: dict[bytes, Callable[[tuple[bytes, ...], bytes], Any]] = {
    abi.OPENED_TOPIC: _opened,
    abi.BID_SEALED_TOPIC: _bid_sealed,
    abi.BID_REVEALED_TOPIC: _bid_ended("revealed"),
    abi.BID_FORFEITED_TOPIC: _bid_ended("forfeited"),
    abi.BID_RETURNED_TOPIC: _bid_ended("returned"),
    abi.AWARDED_TOPIC: _awarded,
    abi.ASSIGNED_TOPIC: _assigned,
    abi.REAWARDED_TOPIC: _reawarded,
    abi.ACCEPTED_TOPIC: _accepted,
    abi.DECLINED_TOPIC: _declined,
    abi.ATTESTED_TOPIC: _attested,
    abi.APPROVED_TOPIC: _approved,
    abi.DISPUTED_TOPIC: _disputed,
    abi.RULED_TOPIC: _ruled,
    abi.REFUNDED_TOPIC: _refunded,
    abi.SETTLED_TOPIC: _ended("settled"),
    abi.CANCELLED_TOPIC: _ended("cancelled"),
    abi.EXPIRED_TOPIC: _ended("expired"),
}
