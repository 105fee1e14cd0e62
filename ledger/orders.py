"""Orders with escrow, as the ledger holds them: what to send, what to read, and what the contract says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.bindings import orders as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest, JobId
from protocol.units import Cents, Seconds, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order's fixed terms."""

    customer: Address
    budget: Cents
    deadline: UnixSeconds
    review: Seconds
    call: Digest
    """Leaf hash of the signed call's payload."""

    design: Digest
    pack: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentState:
    """One assignment as it stands."""

    provider: Address
    price: Cents
    evidence: Digest


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A provider says that its assignment is done."""

    job: JobId
    index: int
    provider: Address
    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An assignment is paid."""

    job: JobId
    index: int
    provider: Address
    paid: Cents
    fee: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """The customer objects to an assignment."""

    job: JobId
    index: int
    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """An assignment's price was given back, or divided."""

    job: JobId
    index: int
    refunded: Cents
    paid: Cents
    fee: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An order is terminal."""

    job: JobId
    how: str
    """``settled``, ``cancelled`` or ``expired``."""


OrderEvent = Opened | Awarded | Assigned | Attested | Approved | Disputed | Refunded | Ended


class Orders:
    """The ``Orders`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def open(
        self, job: JobId, *, budget: Cents, call: Digest, design: Digest, pack: Digest, deadline: UnixSeconds
    ) -> Transaction:
        """Open an order and put ``budget`` of the sender's tokens into escrow."""
        return self._to(abi.open_call(job, budget, call, design, pack, deadline))

    def award(self, job: JobId, transcript: Digest, winners: Sequence[tuple[Address, Cents, int]]) -> Transaction:
        """Name the winners: account, price and units of each assignment."""
        return self._to(abi.award_call(job, transcript, [(bytes(who), price, units) for who, price, units in winners]))

    def attest(self, job: JobId, index: int, evidence: Digest) -> Transaction:
        """Say that an assignment of the sender's is done."""
        return self._to(abi.attest_call(job, index, evidence))

    def approve(self, job: JobId, index: int) -> Transaction:
        """Pay an assignment."""
        return self._to(abi.approve_call(job, index))

    def dispute(self, job: JobId, index: int, evidence: Digest) -> Transaction:
        """Object to an assignment."""
        return self._to(abi.dispute_call(job, index, evidence))

    def concede(self, job: JobId, index: int) -> Transaction:
        """Give a disputed price back."""
        return self._to(abi.concede_call(job, index))

    def expire_dispute(self, job: JobId, index: int) -> Transaction:
        """Split a dispute whose window has passed."""
        return self._to(abi.expire_dispute_call(job, index))

    def cancel(self, job: JobId) -> Transaction:
        """Take an order back that was not awarded."""
        return self._to(abi.cancel_call(job))

    def expire(self, job: JobId) -> Transaction:
        """Refund what was not attested by the deadline."""
        return self._to(abi.expire_call(job))

    def withdraw(self) -> Transaction:
        """Take the sender's credit."""
        return self._to(abi.withdraw_call())

    def credit(self, chain: Reads, account: Address) -> Cents:
        """What ``account`` can withdraw."""
        return Cents(abi.credit_result(chain.call(self.address, abi.credit_call(account))))

    def order(self, chain: Reads, job: JobId) -> Order | None:
        """The order of ``job``, or None when it was never opened."""
        found = abi.order_of_result(chain.call(self.address, abi.order_of_call(job)))
        if found.state == 0:
            return None
        return Order(
            customer=Address(found.customer),
            budget=Cents(found.budget),
            deadline=UnixSeconds(found.deadline),
            review=Seconds(found.review_seconds),
            call=Digest(found.call),
            design=Digest(found.design),
            pack=Digest(found.pack_hash),
        )

    def assignment(self, chain: Reads, job: JobId, index: int) -> AssignmentState:
        """One assignment; all zero when there is none."""
        found = abi.assignment_of_result(chain.call(self.address, abi.assignment_of_call(job, index)))
        return AssignmentState(
            provider=Address(found.provider), price=Cents(found.price), evidence=Digest(found.evidence)
        )

    def decode(self, log: Log) -> OrderEvent | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        if log.address != self.address:
            return None
        read = _EVENTS.get(log.topics[0])
        return None if read is None else read(log.topics, log.payload)

    def _to(self, payload: bytes) -> Transaction:
        return Transaction(to=self.address, payload=payload)


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
    )


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
    )


def _disputed(topics: tuple[bytes, ...], payload: bytes) -> Disputed:
    event = abi.disputed_event(topics, payload)
    return Disputed(job=JobId(event.id_), index=event.index, evidence=Digest(event.evidence))


def _refunded(topics: tuple[bytes, ...], payload: bytes) -> Refunded:
    event = abi.refunded_event(topics, payload)
    return Refunded(
        job=JobId(event.id_),
        index=event.index,
        refunded=Cents(event.refunded),
        paid=Cents(event.paid),
        fee=Cents(event.fee),
    )


def _ended(how: str) -> Callable[[tuple[bytes, ...], bytes], Ended]:
    def read(topics: tuple[bytes, ...], _payload: bytes) -> Ended:
        return Ended(job=JobId(topics[1]), how=how)

    return read


_EVENTS: dict[bytes, Callable[[tuple[bytes, ...], bytes], Any]] = {
    abi.OPENED_TOPIC: _opened,
    abi.AWARDED_TOPIC: _awarded,
    abi.ASSIGNED_TOPIC: _assigned,
    abi.ATTESTED_TOPIC: _attested,
    abi.APPROVED_TOPIC: _approved,
    abi.DISPUTED_TOPIC: _disputed,
    abi.REFUNDED_TOPIC: _refunded,
    abi.SETTLED_TOPIC: _ended("settled"),
    abi.CANCELLED_TOPIC: _ended("cancelled"),
    abi.EXPIRED_TOPIC: _ended("expired"),
}
