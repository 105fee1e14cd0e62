"""Orders with escrow, as the ledger holds them: what to send, what to read, and what the contract says."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import order_events
from ledger.bindings import orders as abi
from ledger.order_events import OrderEvent
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest, JobId
from protocol.order import BidState, BondedBid, Order, OrderState, OrderTerms, Win, Work, WorkState
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds

NO_DAMAGES = BasisPoints(0)
NEVER = UnixSeconds(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an order is opened with."""

    budget: Cents
    call: Digest
    """Leaf hash of the signed call's payload."""

    design: Digest
    pack: Digest
    deadline: UnixSeconds
    late: BasisPoints = NO_DAMAGES
    """Agreed damages: of a milestone, for each day begun after its due time."""

    reveal_by: UnixSeconds = NEVER
    """Last second in which bids may be revealed; it counts where the rules ask for bid bonds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """One assignment of an award."""

    provider: Address
    price: Cents
    units: int
    due: UnixSeconds
    milestones: int = 1
    """Equal parts that the price is paid in, 1 to 8."""

    inspection: int = 0
    """Which assignment's provider measures what this one makes, counted from 1; zero for none."""

    def values(self) -> tuple[bytes, int, int, int, int, int]:
        """As the contract's struct."""
        return (bytes(self.provider), self.price, self.units, self.due, self.milestones, self.inspection)


class Orders:
    """The ``Orders`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def open(self, job: JobId, opening: Opening) -> Transaction:
        """Open an order and put its budget, of the sender's tokens, into escrow."""
        values = (
            opening.budget,
            opening.reveal_by,
            opening.deadline,
            opening.late,
            opening.call,
            opening.design,
            opening.pack,
        )
        return self._to(abi.open_call(job, values))

    def bid(self, job: JobId, seal: Digest) -> Transaction:
        """Stake the order's bid bond on opening ``seal`` in time."""
        return self._to(abi.bid_call(job, seal))

    def reveal(self, job: JobId, opening: bytes) -> Transaction:
        """Show what the sender's seal is the SHA-256 of."""
        return self._to(abi.reveal_call(job, opening))

    def forfeit(self, job: JobId, bidder: Address) -> Transaction:
        """Give the customer the bond of a bid that was not revealed in time."""
        return self._to(abi.forfeit_call(job, bidder))

    def return_bid(self, job: JobId, bidder: Address) -> Transaction:
        """Give a bidder its bond back whose order was cancelled."""
        return self._to(abi.return_bid_call(job, bidder))

    def award(self, job: JobId, transcript: Digest, winners: Sequence[Winner]) -> Transaction:
        """Name the winners."""
        return self._to(abi.award_call(job, transcript, [winner.values() for winner in winners]))

    def accept(self, job: JobId, index: int) -> Transaction:
        """Take an assignment of the sender's on."""
        return self._to(abi.accept_call(job, index))

    def decline(self, job: JobId, index: int) -> Transaction:
        """Give an assignment of the sender's back."""
        return self._to(abi.decline_call(job, index))

    def reaward(self, job: JobId, index: int, transcript: Digest, winner: Winner) -> Transaction:
        """Put another provider into the place of one that declined, did not accept, or is late."""
        return self._to(abi.reaward_call(job, index, transcript, winner.values()))

    def attest(self, job: JobId, index: int, evidence: Digest) -> Transaction:
        """Say that a milestone of an assignment of the sender's is done."""
        return self._to(abi.attest_call(job, index, evidence))

    def approve(self, job: JobId, index: int) -> Transaction:
        """Pay a milestone."""
        return self._to(abi.approve_call(job, index))

    def dispute(self, job: JobId, index: int, evidence: Digest) -> Transaction:
        """Object to a milestone."""
        return self._to(abi.dispute_call(job, index, evidence))

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

    def order(self, chain: Reads, job: JobId, bidders: Sequence[Address] = ()) -> Order | None:
        """The order of ``job`` with its assignments and the bids of ``bidders``, or None when it was never opened."""
        found = abi.order_of_result(chain.call(self.address, abi.order_of_call(job)))
        if found.state == 0:
            return None
        bids = (self.bid_of(chain, job, bidder) for bidder in bidders)
        return Order(
            terms=_terms(found),
            state=_ORDER_STATES[found.state],
            budget=Cents(found.budget),
            locked=Cents(found.locked),
            transcript=Digest(found.transcript),
            works=tuple(self._work(chain, job, index, found.awarded_at) for index in range(found.assignments)),
            bids=tuple(bid for bid in bids if bid.state is not BidState.NONE),
        )

    def assignment(self, chain: Reads, job: JobId, index: int) -> Work:
        """One assignment; all zero when there is none."""
        return self._work(chain, job, index, 0)

    def bid_of(self, chain: Reads, job: JobId, bidder: Address) -> BondedBid:
        """The bonded bid of ``bidder``; its state is ``NONE`` when there is none."""
        found = abi.bid_of_result(chain.call(self.address, abi.bid_of_call(job, bidder)))
        return BondedBid(bidder=bidder, state=_BID_STATES[found.state], seal=Digest(found.seal))

    def at_stake(self, chain: Reads, job: JobId, index: int) -> Cents:
        """What the attested milestone pays when it is approved; nothing when none waits for that."""
        return Cents(abi.at_stake_result(chain.call(self.address, abi.at_stake_call(job, index))))

    def opening_of(self, job: JobId) -> tuple[bytes, bytes]:
        """Topics of the event that opened an order, for a search."""
        return abi.OPENED_TOPIC, job

    def decode(self, log: Log) -> OrderEvent | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        return order_events.decode(log) if log.address == self.address else None

    def _to(self, payload: bytes) -> Transaction:
        return Transaction(to=self.address, payload=payload)

    def _work(self, chain: Reads, job: JobId, index: int, awarded_at: int) -> Work:
        found = abi.assignment_of_result(chain.call(self.address, abi.assignment_of_call(job, index)))
        return Work(
            win=Win(
                provider=Address(found.provider),
                price=Cents(found.price),
                due=UnixSeconds(found.due),
                milestones=found.milestones,
                inspection=found.inspection,
            ),
            state=_WORK_STATES[found.state],
            since=UnixSeconds(found.since or awarded_at),
            attested_at=UnixSeconds(found.attested_at),
            approved=found.approved,
            round=found.round_,
            inspection_round=found.inspection_round,
            evidence=Digest(found.evidence),
        )


def _terms(found: abi.OrderOfResult) -> OrderTerms:
    return OrderTerms(
        customer=Address(found.customer),
        deadline=UnixSeconds(found.deadline),
        late=BasisPoints(found.late_bps),
        fee=BasisPoints(found.fee_bps),
        review=Seconds(found.review_seconds),
        dispute=Seconds(found.dispute_seconds),
        dispute_fee=Cents(found.dispute_fee),
        bid_bond=Cents(found.bid_bond),
        reveal_by=UnixSeconds(found.reveal_by),
        call=Digest(found.call),
        design=Digest(found.design),
        pack=Digest(found.pack_hash),
    )


_ORDER_STATES, _WORK_STATES, _BID_STATES = tuple(OrderState), tuple(WorkState), tuple(BidState)
"""By their numbers on the ledger."""
