"""What the order contract must do, written once more in plain Python: the reference that the contract is held to."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from protocol.ids import Address
from tests.contracts.federation import COURT, CUSTOMER, DISPUTE, FEE, LIMIT, OTHER_SHOP, REVIEW, SHOP, TREASURY

DAY = 24 * 3600
MAX_TERM = 730 * DAY
PROVIDERS = (SHOP, OTHER_SHOP)
UNATTESTED = ("assigned", "accepted", "declined")
TERMINAL = ("approved", "refunded", "ruled")


class Refused(Exception):  # noqa: N818  # a verdict, not a fault
    """The contract must refuse with this error."""


class Win(NamedTuple):
    """One assignment of an award."""

    provider: Address
    price: int
    due: int
    milestones: int = 1


@dataclass
class Work:
    win: Win
    since: int
    state: str = "assigned"
    attested_at: int = 0
    approved: int = 0
    round: int = 0

    @property
    def provider(self) -> Address:
        return self.win.provider

    def paid_by(self, milestones: int) -> int:
        return self.win.price * milestones // self.win.milestones

    @property
    def milestone(self) -> int:
        return self.paid_by(self.approved + 1) - self.paid_by(self.approved)

    @property
    def left(self) -> int:
        return self.win.price - self.paid_by(self.approved)


@dataclass
class Order:
    customer: Address
    budget: int
    deadline: int
    late: int
    bid_bond: int
    reveal_by: int
    state: str = "open"
    works: list[Work] = field(default_factory=list)
    bids: dict[Address, str] = field(default_factory=dict)
    released: int = 0
    """Credited to anybody so far."""

    @property
    def locked(self) -> int:
        return self.budget - self.released

    def stake(self, work: Work) -> int:
        days = -(-max(0, work.attested_at - work.win.due) // DAY)
        return work.milestone - work.milestone * min(10_000, days * self.late) // 10_000


@dataclass
class Model:
    """Every order and every credit; each method either changes them or raises ``Refused``."""

    now: int
    bid_bond: int = 0
    """That the rules in force ask for."""

    orders: dict[bytes, Order] = field(default_factory=dict)
    credit: dict[Address, int] = field(default_factory=dict)
    edges: Counter[str] = field(default_factory=Counter)
    """How often each transition was taken so far, by name."""

    def open(self, caller: Address, job: bytes, budget: int, deadline: int, late: int, reveal_by: int) -> None:
        self._refuse(job in self.orders, "WrongOrderState")
        self._refuse(budget > LIMIT, "OverLimit")
        self._refuse(not self.now < deadline <= self.now + MAX_TERM, "BadDeadline")
        self._refuse(reveal_by >= deadline, "BadReveal")
        self._refuse(late > 10_000, "BadDamages")
        self._refuse(caller != CUSTOMER, "ERC20InsufficientAllowance")
        self.orders[job] = Order(caller, budget, deadline, late, self.bid_bond, reveal_by)
        self.edges["open"] += 1

    def bid(self, caller: Address, job: bytes) -> None:
        order = self._order(job, "open")
        self._refuse(order.bid_bond == 0, "NoBidBond")
        self._refuse(self.now > order.reveal_by, "TooLate")
        self._refuse(caller in order.bids, "WrongBidState")
        self._refuse(caller not in (*PROVIDERS, CUSTOMER), "ERC20InsufficientAllowance")
        order.bids[caller] = "sealed"
        self.edges["bid"] += 1

    def reveal(self, caller: Address, job: bytes, honest: bool) -> None:
        order = self._sealed(job, caller)
        self._refuse(self.now > order.reveal_by, "TooLate")
        self._refuse(not honest, "WrongOpening")
        self._end_bid(order, caller, "revealed", caller)

    def forfeit(self, _caller: Address, job: bytes, bidder: Address) -> None:
        order = self._sealed(job, bidder)
        self._refuse(order.state == "cancelled", "WrongOrderState")
        self._refuse(self.now <= order.reveal_by, "TooEarly")
        self._end_bid(order, bidder, "forfeited", order.customer)

    def return_bid(self, _caller: Address, job: bytes, bidder: Address) -> None:
        order = self._sealed(job, bidder)
        self._refuse(order.state != "cancelled", "WrongOrderState")
        self._end_bid(order, bidder, "returned", bidder)

    def award(self, caller: Address, job: bytes, wins: list[Win]) -> None:
        order = self._order(job, "open")
        self._customer(order, caller)
        self._in_time(order)
        self._refuse(not 1 <= len(wins) <= 32, "BadAssignments")
        for win in wins:
            self._refuse(order.bid_bond > 0 and order.bids.get(win.provider) != "revealed", "NotRevealed")
            self._check(order, win)
        self._refuse(sum(win.price for win in wins) > order.budget, "OverBudget")
        order.works = [Work(win, self.now) for win in wins]
        order.state = "awarded"
        self._release(order, order.customer, order.budget - sum(win.price for win in wins))
        self.edges["award"] += 1

    def accept(self, caller: Address, job: bytes, index: int) -> None:
        order, work = self._work(job, index, "assigned")
        self._provider(work, caller)
        self._in_time(order)
        self._enter(work, "accepted")

    def decline(self, caller: Address, job: bytes, index: int) -> None:
        _, work = self._work(job, index, "assigned", "accepted")
        self._provider(work, caller)
        self._enter(work, "declined")

    def reaward(self, caller: Address, job: bytes, index: int, win: Win) -> None:
        order = self.orders.get(job)
        if order is None or caller != order.customer:
            raise Refused("NotAllowed")
        self._in_time(order)
        _, work = self._work(job, index, *UNATTESTED)
        last = {"accepted": work.win.due, "assigned": work.since + REVIEW, "declined": -1}[work.state]
        self._refuse(self.now <= last, "TooEarly")
        self._check(order, win)
        left = work.left
        work.win, work.approved, work.attested_at = win, 0, 0
        work.round += 1
        order.budget += max(0, win.price - left)
        self._enter(work, "assigned")
        self._release(order, order.customer, max(0, left - win.price))

    def attest(self, caller: Address, job: bytes, index: int) -> None:
        order, work = self._work(job, index, "accepted")
        self._provider(work, caller)
        self._in_time(order)
        self._enter(work, "attested")
        work.attested_at = self.now

    def approve(self, caller: Address, job: bytes, index: int) -> None:
        order, work = self._work(job, index, "attested")
        by_customer = caller == order.customer
        if not by_customer:
            self._provider(work, caller)
            self._refuse(self.now <= work.since + REVIEW, "TooEarly")
        stake = order.stake(work)
        self._pay(order, work, stake)
        self._release(order, order.customer, work.milestone - stake)
        work.approved += 1
        last = work.approved == work.win.milestones
        self._enter(work, "approved" if last else "accepted", "customer" if by_customer else "provider")
        self._settle(order)

    def dispute(self, caller: Address, job: bytes, index: int) -> None:
        order, work = self._work(job, index, "attested")
        self._customer(order, caller)
        self._refuse(self.now > work.since + REVIEW, "TooLate")
        self._enter(work, "disputed")

    def rule(self, caller: Address, job: bytes, index: int, to_provider: int) -> None:
        self._refuse(caller != COURT, "NotAllowed")
        order, work = self._work(job, index, "disputed")
        stake = order.stake(work)
        self._refuse(to_provider > stake, "BadRuling")
        ends = to_provider != stake or work.approved + 1 == work.win.milestones
        back = (work.left if ends else work.milestone) - to_provider
        self._pay(order, work, to_provider)
        self._release(order, order.customer, back)
        if not ends:
            work.approved += 1
        self._enter(work, "ruled" if ends else "accepted")
        self._settle(order)

    def lapse(self, _caller: Address, job: bytes, index: int) -> None:
        """What ``Disputes.close`` does when nobody was asked to judge."""
        order = self.orders.get(job)
        if order is None or index >= len(order.works) or order.works[index].state != "disputed":
            raise Refused("NotDisputed")
        work = order.works[index]
        self._refuse(self.now <= work.since + DISPUTE, "TooEarly")
        self.rule(COURT, job, index, order.stake(work) // 2)
        self.edges["lapse"] += 1

    def cancel(self, caller: Address, job: bytes) -> None:
        order = self._order(job, "open")
        self._customer(order, caller)
        self._close(order, "cancelled")

    def expire(self, _caller: Address, job: bytes) -> None:
        order = self._order(job, "open", "awarded")
        self._refuse(self.now < order.deadline, "TooEarly")
        if order.state == "open":
            self._close(order, "expired")
            return
        waiting = [work for work in order.works if work.state in UNATTESTED]
        self._refuse(not waiting, "NothingToExpire")
        for work in waiting:
            self._release(order, order.customer, work.left)
            self._enter(work, "refunded")
        self._settle(order)

    def withdraw(self, caller: Address) -> int:
        return self.credit.pop(caller, 0)

    @property
    def bonds(self) -> int:
        """What waits for bids to be revealed."""
        return sum(o.bid_bond for o in self.orders.values() for state in o.bids.values() if state == "sealed")

    def _order(self, job: bytes, *states: str) -> Order:
        order = self.orders.get(job)
        if order is None or order.state not in states:
            raise Refused("WrongOrderState")
        return order

    def _work(self, job: bytes, index: int, *states: str) -> tuple[Order, Work]:
        order = self.orders.get(job)
        if order is None or index >= len(order.works) or order.works[index].state not in states:
            raise Refused("WrongAssignmentState")
        return order, order.works[index]

    def _sealed(self, job: bytes, bidder: Address) -> Order:
        order = self.orders.get(job)
        if order is None or order.bids.get(bidder) != "sealed":
            raise Refused("WrongBidState")
        return order

    def _customer(self, order: Order, caller: Address) -> None:
        self._refuse(caller != order.customer, "NotAllowed")

    def _provider(self, work: Work, caller: Address) -> None:
        self._refuse(caller != work.provider, "NotAllowed")

    def _in_time(self, order: Order) -> None:
        self._refuse(self.now >= order.deadline, "DeadlinePassed")

    def _check(self, order: Order, win: Win) -> None:
        self._refuse(win.provider not in PROVIDERS, "NotProvider")
        self._refuse(not self.now < win.due <= order.deadline or not 1 <= win.milestones <= 8, "BadTerms")

    def _refuse(self, claim: bool, error: str) -> None:
        if claim:
            raise Refused(error)

    def _enter(self, work: Work, state: str, why: str = "") -> None:
        self.edges[f"{work.state} -> {state} {why}".strip()] += 1
        work.state, work.since = state, self.now

    def _pay(self, order: Order, work: Work, gross: int) -> None:
        fee = gross * FEE // 10_000
        self._release(order, work.provider, gross - fee)
        self._release(order, TREASURY, fee)

    def _settle(self, order: Order) -> None:
        if all(work.state in TERMINAL for work in order.works):
            order.state = "settled"

    def _close(self, order: Order, state: str) -> None:
        self.edges[f"open -> {state}"] += 1
        order.state = state
        self._release(order, order.customer, order.locked)

    def _end_bid(self, order: Order, bidder: Address, state: str, beneficiary: Address) -> None:
        order.bids[bidder] = state
        self.edges[f"bid -> {state}"] += 1
        self._credit(beneficiary, order.bid_bond)

    def _release(self, order: Order, account: Address, amount: int) -> None:
        order.released += amount
        self._credit(account, amount)

    def _credit(self, account: Address, amount: int) -> None:
        if amount:
            self.credit[account] = self.credit.get(account, 0) + amount
