"""What may happen to an order, who may let it happen and when, and whom it pays; everything else is refused.

The order contract is the second implementation of this state machine: ``tests/vectors/order.json`` holds both to it,
and random histories are told to both. A refusal carries the contract's own name for it, and the first that applies.

Why is a deadline "block time < deadline" and a window inclusive of its last second? So that for each moment exactly one
of two parties may act. Why does work that was attested outlive the deadline? Its provider has done its part.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from protocol.errors import RefusedError, refuse
from protocol.ids import Address
from protocol.order import (
    EDGES,
    NEVER,
    NO_DIGEST,
    BidState,
    BondedBid,
    Order,
    OrderState,
    OrderTerms,
    Win,
    Work,
    WorkState,
)
from protocol.order_actions import (
    Accept,
    Approve,
    Attest,
    Cancel,
    Decline,
    Dispute,
    Expire,
    Forfeit,
    Open,
    OrderAction,
    PostAward,
    Reaward,
    ReturnBid,
    RevealBid,
    Rule,
    SealBid,
)
from protocol.params import MAX_ASSIGNMENTS, MAX_MILESTONES, MAX_TERM, WHOLE_BPS
from protocol.rules import RulePack
from protocol.turn import Outcome, Turn
from protocol.units import NOTHING, BasisPoints, Cents, Seconds, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What else the ledger knows when somebody acts on an order."""

    pack: RulePack
    """The rules in force; they count for orders that are opened under them."""

    paused_until: UnixSeconds
    providers: frozenset[Address]
    """Members that may be awarded work now."""

    court: Address
    treasury: Address


def transition(order: Order | None, action: OrderAction, turn: Turn, setting: Setting) -> Outcome[Order]:
    """What ``order`` becomes when ``action`` is done to it; None is an identifier that nobody has used.

    Raises:
        RefusedError: it is not allowed.
    """
    if isinstance(action, Open):
        return _open(order, action, turn, setting)
    acting = _Acting(_UNUSED if order is None else order, action, turn, setting)
    _RULES[type(action)](acting, action)
    edges = tuple(acting.edges)
    assert EDGES.issuperset(edges), edges  # noqa: S101  # the graph is the specification
    return Outcome(state=acting.order, owed=tuple(acting.owed), taken=acting.taken, edges=edges)


def _open(order: Order | None, action: Open, turn: Turn, setting: Setting) -> Outcome[Order]:
    pack = setting.pack
    refuse(order is not None, "WrongOrderState")
    refuse(action.pack != pack.digest, "WrongPack")
    refuse(turn.at < setting.paused_until, "NewOrdersPaused")
    refuse(action.budget > pack.max_budget, "OverLimit")
    refuse(not turn.at < action.deadline <= turn.at + MAX_TERM, "BadDeadline")
    refuse(action.reveal_by >= action.deadline, "BadReveal")
    refuse(action.late > WHOLE_BPS, "BadDamages")
    terms = OrderTerms(
        customer=turn.by,
        deadline=action.deadline,
        late=action.late,
        fee=pack.fee,
        review=pack.review,
        dispute=pack.dispute,
        dispute_fee=pack.dispute_fee,
        bid_bond=pack.bid_bond,
        reveal_by=action.reveal_by if pack.bid_bond else NEVER,
        call=action.call,
        design=action.design,
        pack=action.pack,
    )
    opened = Order(terms=terms, state=OrderState.OPEN, budget=action.budget, locked=action.budget)
    return Outcome(state=opened, taken=action.budget, edges=("order: none -> open by Open",))


def _seal(acting: "_Acting", action: SealBid) -> None:
    acting.require_order(OrderState.OPEN)
    refuse(acting.terms.bid_bond == 0, "NoBidBond")
    refuse(acting.now > acting.terms.reveal_by, "TooLate")
    refuse(acting.order.bid_of(acting.by) is not None, "WrongBidState")
    bid = BondedBid(bidder=acting.by, state=BidState.SEALED, seal=action.seal)
    acting.change(bids=(*acting.order.bids, bid))
    acting.note("bid", BidState.NONE.value, BidState.SEALED.value)
    acting.taken = acting.terms.bid_bond


def _reveal(acting: "_Acting", action: RevealBid) -> None:
    bid = acting.require_sealed(acting.by)
    refuse(acting.now > acting.terms.reveal_by, "TooLate")
    refuse(sha256(action.opening).digest() != bid.seal, "WrongOpening")
    acting.end_bid(bid, BidState.REVEALED, bid.bidder)


def _forfeit(acting: "_Acting", action: Forfeit) -> None:
    bid = acting.require_sealed(action.bidder)
    refuse(acting.order.state is OrderState.CANCELLED, "WrongOrderState")
    refuse(acting.now <= acting.terms.reveal_by, "TooEarly")
    acting.end_bid(bid, BidState.FORFEITED, acting.terms.customer)


def _return_bid(acting: "_Acting", action: ReturnBid) -> None:
    bid = acting.require_sealed(action.bidder)
    acting.require_order(OrderState.CANCELLED)
    acting.end_bid(bid, BidState.RETURNED, bid.bidder)


def _award(acting: "_Acting", action: PostAward) -> None:
    acting.require_order(OrderState.OPEN)
    acting.require_customer()
    acting.require_time()
    refuse(not 1 <= len(action.wins) <= MAX_ASSIGNMENTS, "BadAssignments")
    for index, win in enumerate(action.wins):
        bid = acting.order.bid_of(win.provider)
        opened = bid is not None and bid.state is BidState.REVEALED
        refuse(acting.terms.bid_bond > 0 and not opened, "NotRevealed")
        acting.check_win(index, win, len(action.wins))
        acting.note("work", WorkState.NONE.value, WorkState.ASSIGNED.value)
    total = sum(win.price for win in action.wins)
    refuse(total > acting.order.budget, "OverBudget")
    acting.note("order", OrderState.OPEN.value, OrderState.AWARDED.value)
    works = tuple(Work(win=win, state=WorkState.ASSIGNED, since=acting.now) for win in action.wins)
    acting.change(state=OrderState.AWARDED, transcript=action.transcript, works=works)
    acting.pay(acting.terms.customer, acting.order.budget - total)


def _accept(acting: "_Acting", action: Accept) -> None:
    work = acting.require_work(action.index, WorkState.ASSIGNED)
    acting.require_provider(work)
    acting.require_time()
    inspecting = acting.order.work(work.win.inspection - 1)
    bound = work.inspection_round if inspecting is None else inspecting.round
    acting.enter(action.index, WorkState.ACCEPTED, inspection_round=bound)


def _decline(acting: "_Acting", action: Decline) -> None:
    work = acting.require_work(action.index, WorkState.ASSIGNED, WorkState.ACCEPTED)
    acting.require_provider(work)
    acting.enter(action.index, WorkState.DECLINED)


def _reaward(acting: "_Acting", action: Reaward) -> None:
    acting.require_customer()
    acting.require_time()
    work = acting.require_work(action.index, WorkState.ASSIGNED, WorkState.ACCEPTED, WorkState.DECLINED)
    if work.state is not WorkState.DECLINED:
        accepted = work.state is WorkState.ACCEPTED
        refuse(acting.now <= (work.win.due if accepted else work.since + acting.terms.review), "TooEarly")
    acting.check_win(action.index, action.win, len(acting.order.works))
    added = max(0, action.win.price - work.left)
    acting.taken = Cents(added)
    acting.change(budget=Cents(acting.order.budget + added), locked=Cents(acting.order.locked + added))
    acting.enter(
        action.index,
        WorkState.ASSIGNED,
        win=action.win,
        attested_at=NEVER,
        approved=0,
        round=work.round + 1,
        evidence=NO_DIGEST,
    )
    acting.pay(acting.terms.customer, max(0, work.left - action.win.price))


def _attest(acting: "_Acting", action: Attest) -> None:
    work = acting.require_work(action.index, WorkState.ACCEPTED)
    acting.require_provider(work)
    acting.require_time()
    refuse(action.evidence == NO_DIGEST, "NoEvidence")
    acting.enter(action.index, WorkState.ATTESTED, attested_at=acting.now, evidence=action.evidence)


def _approve(acting: "_Acting", action: Approve) -> None:
    work = acting.require_work(action.index, WorkState.ATTESTED)
    if acting.by != acting.terms.customer:
        acting.require_provider(work)
        refuse(acting.now <= work.since + acting.terms.review, "TooEarly")
    stake = work.stake(acting.terms.late)
    acting.pay_provider(work, stake)
    acting.pay(acting.terms.customer, work.milestone - stake)
    state = WorkState.APPROVED if work.is_last else WorkState.ACCEPTED
    acting.enter(action.index, state, approved=work.approved + 1)


def _dispute(acting: "_Acting", action: Dispute) -> None:
    work = acting.require_work(action.index, WorkState.ATTESTED)
    acting.require_customer()
    refuse(acting.now > work.since + acting.terms.review, "TooLate")
    acting.enter(action.index, WorkState.DISPUTED)


def _rule(acting: "_Acting", action: Rule) -> None:
    refuse(acting.by != acting.setting.court, "NotAllowed")
    work = acting.require_work(action.index, WorkState.DISPUTED)
    stake = work.stake(acting.terms.late)
    refuse(action.to_provider > stake, "BadRuling")
    ends = action.to_provider != stake or work.is_last
    acting.pay_provider(work, action.to_provider)
    acting.pay(acting.terms.customer, (work.left if ends else work.milestone) - action.to_provider)
    if ends:
        acting.enter(action.index, WorkState.RULED)
    else:
        acting.enter(action.index, WorkState.ACCEPTED, approved=work.approved + 1)


def _cancel(acting: "_Acting", _action: Cancel) -> None:
    acting.require_order(OrderState.OPEN)
    acting.require_customer()
    acting.close(OrderState.CANCELLED)


def _expire(acting: "_Acting", _action: Expire) -> None:
    acting.require_order(OrderState.OPEN, OrderState.AWARDED)
    refuse(acting.now < acting.terms.deadline, "TooEarly")
    if acting.order.state is OrderState.OPEN:
        acting.close(OrderState.EXPIRED)
        return
    waiting = [(index, work) for index, work in enumerate(acting.order.works) if work.state.is_waiting]
    refuse(not waiting, "NothingToExpire")
    for index, work in waiting:
        acting.pay(acting.terms.customer, work.left)
        acting.enter(index, WorkState.REFUNDED)


@dataclass(slots=True)
class _Acting:
    """One action on its way: the order as it is so far, and what has been moved."""

    order: Order
    action: OrderAction
    turn: Turn
    setting: Setting
    owed: list[tuple[Address, Cents]] = field(default_factory=list)
    taken: Cents = NOTHING
    edges: list[str] = field(default_factory=list)

    @property
    def by(self) -> Address:
        return self.turn.by

    @property
    def now(self) -> UnixSeconds:
        return self.turn.at

    @property
    def terms(self) -> OrderTerms:
        return self.order.terms

    def require_order(self, *states: OrderState) -> None:
        refuse(self.order.state not in states, "WrongOrderState")

    def require_work(self, index: int, *states: WorkState) -> Work:
        work = self.order.work(index)
        if work is None or work.state not in states:
            raise RefusedError("WrongAssignmentState")
        return work

    def require_sealed(self, bidder: Address) -> BondedBid:
        bid = self.order.bid_of(bidder)
        if bid is None or bid.state is not BidState.SEALED:
            raise RefusedError("WrongBidState")
        return bid

    def require_customer(self) -> None:
        refuse(self.by != self.terms.customer, "NotAllowed")

    def require_provider(self, work: Work) -> None:
        refuse(self.by != work.win.provider, "NotAllowed")

    def require_time(self) -> None:
        refuse(self.now >= self.terms.deadline, "DeadlinePassed")

    def check_win(self, index: int, win: Win, count: int) -> None:
        refuse(win.provider not in self.setting.providers, "NotProvider")
        in_time = self.now < win.due <= self.terms.deadline
        inspected = win.inspection <= count and win.inspection != index + 1
        refuse(not in_time or not 1 <= win.milestones <= MAX_MILESTONES or not inspected, "BadTerms")

    def change(self, **changes: object) -> None:
        self.order = replace(self.order, **changes)  # type: ignore[arg-type]  # names are checked by replace

    def note(self, what: str, before: str, after: str) -> None:
        self.edges.append(f"{what}: {before} -> {after} by {type(self.action).__name__}")

    def enter(self, index: int, state: WorkState, **changes: object) -> None:
        works = list(self.order.works)
        self.note("work", works[index].state.value, state.value)
        works[index] = replace(works[index], state=state, since=self.now, **changes)  # type: ignore[arg-type]
        self.change(works=tuple(works))
        if all(work.state.is_terminal for work in works):
            self.note("order", self.order.state.value, OrderState.SETTLED.value)
            self.change(state=OrderState.SETTLED)

    def close(self, state: OrderState) -> None:
        self.note("order", self.order.state.value, state.value)
        self.change(state=state)
        self.pay(self.terms.customer, self.order.locked)

    def end_bid(self, bid: BondedBid, state: BidState, beneficiary: Address) -> None:
        self.note("bid", bid.state.value, state.value)
        self.change(bids=tuple(replace(b, state=state) if b == bid else b for b in self.order.bids))
        self.owed.append((beneficiary, self.terms.bid_bond))

    def pay_provider(self, work: Work, gross: Cents) -> None:
        fee = gross * self.terms.fee // WHOLE_BPS
        self.pay(work.win.provider, gross - fee)
        self.pay(self.setting.treasury, fee)

    def pay(self, account: Address, amount: int) -> None:
        if amount:
            self.change(locked=Cents(self.order.locked - amount))
            self.owed.append((account, Cents(amount)))


_NO_TIME = Seconds(0)
_UNUSED = Order(
    terms=OrderTerms(
        customer=Address(bytes(20)),
        deadline=NEVER,
        late=BasisPoints(0),
        fee=BasisPoints(0),
        review=_NO_TIME,
        dispute=_NO_TIME,
        dispute_fee=NOTHING,
        bid_bond=NOTHING,
        reveal_by=NEVER,
        call=NO_DIGEST,
        design=NO_DIGEST,
        pack=NO_DIGEST,
    ),
    state=OrderState.NONE,
    budget=NOTHING,
    locked=NOTHING,
)
"""An identifier that nobody has used: all but ``Open`` is refused as the contract's empty storage refuses it."""

_RULES: dict[type[OrderAction], Callable[[_Acting, Any], None]] = {
    SealBid: _seal,
    RevealBid: _reveal,
    Forfeit: _forfeit,
    ReturnBid: _return_bid,
    PostAward: _award,
    Accept: _accept,
    Decline: _decline,
    Reaward: _reaward,
    Attest: _attest,
    Approve: _approve,
    Dispute: _dispute,
    Rule: _rule,
    Cancel: _cancel,
    Expire: _expire,
}
"""Each takes the action that it stands at."""
