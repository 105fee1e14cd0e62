"""What the order contract must do, written once more in plain Python: the reference that the contract is held to."""

from dataclasses import dataclass, field

from protocol.ids import Address
from tests.contracts.federation import CUSTOMER, DISPUTE, FEE, LIMIT, OTHER_SHOP, REVIEW, SHOP, TREASURY

MAX_TERM = 730 * 24 * 3600
PROVIDERS = (SHOP, OTHER_SHOP)


class Refused(Exception):  # noqa: N818  # a verdict, not a fault
    """The contract must refuse with this error."""


@dataclass
class Work:
    provider: Address
    price: int
    since: int
    state: str = "assigned"


@dataclass
class Order:
    customer: Address
    budget: int
    deadline: int
    state: str = "open"
    works: list[Work] = field(default_factory=list)
    released: int = 0
    """Credited to anybody so far."""

    @property
    def locked(self) -> int:
        return self.budget - self.released


TERMINAL = ("approved", "refunded", "split")


@dataclass
class Model:
    """Every order and every credit; each method either changes them or raises ``Refused``."""

    now: int
    orders: dict[bytes, Order] = field(default_factory=dict)
    credit: dict[Address, int] = field(default_factory=dict)
    edges: set[str] = field(default_factory=set)
    """Transitions taken so far, by name."""

    def open(self, caller: Address, job: bytes, budget: int, deadline: int) -> None:
        self._refuse(job in self.orders, "WrongOrderState")
        self._refuse(budget > LIMIT, "OverLimit")
        self._refuse(not self.now < deadline <= self.now + MAX_TERM, "BadDeadline")
        self._refuse(caller != CUSTOMER, "ERC20InsufficientAllowance")
        self.orders[job] = Order(caller, budget, deadline)
        self.edges.add("open")

    def award(self, caller: Address, job: bytes, winners: list[tuple[Address, int]]) -> None:
        order = self._order(job, caller, "open")
        self._refuse(self.now >= order.deadline, "DeadlinePassed")
        self._refuse(not 1 <= len(winners) <= 32, "BadAssignments")
        self._refuse(any(provider not in PROVIDERS for provider, _ in winners), "NotProvider")
        self._refuse(sum(price for _, price in winners) > order.budget, "OverBudget")
        order.works = [Work(provider, price, self.now) for provider, price in winners]
        order.state = "awarded"
        self._release(order, order.customer, order.budget - sum(price for _, price in winners))
        self.edges.add("award")

    def attest(self, caller: Address, job: bytes, index: int) -> None:
        work = self._work(job, index, "assigned")
        self._refuse(caller != work.provider, "NotAllowed")
        self._refuse(self.now >= self.orders[job].deadline, "DeadlinePassed")
        self._enter(work, "attested")

    def approve(self, caller: Address, job: bytes, index: int) -> None:
        order = self.orders.get(job)
        work = order.works[index] if order and index < len(order.works) else None
        as_customer = order is not None and caller == order.customer
        self._refuse(not as_customer and (work is None or caller != work.provider), "NotAllowed")
        allowed = ("attested", "disputed") if as_customer else ("attested",)
        if order is None or work is None or work.state not in allowed:
            raise Refused("WrongAssignmentState")
        self._refuse(not as_customer and self.now <= work.since + REVIEW, "TooEarly")
        self._end(order, work, work.price, "approved", "customer" if as_customer else "provider")

    def dispute(self, caller: Address, job: bytes, index: int) -> None:
        work = self._work(job, index, "attested")
        self._refuse(caller != self.orders[job].customer, "NotAllowed")
        self._refuse(self.now > work.since + REVIEW, "TooLate")
        self._enter(work, "disputed")

    def concede(self, caller: Address, job: bytes, index: int) -> None:
        work = self._work(job, index, "disputed")
        self._refuse(caller != work.provider, "NotAllowed")
        self._end(self.orders[job], work, 0, "refunded", "conceded")

    def expire_dispute(self, caller: Address, job: bytes, index: int) -> None:
        work = self._work(job, index, "disputed")
        self._refuse(self.now <= work.since + DISPUTE, "TooEarly")
        self._end(self.orders[job], work, work.price // 2, "split", "time")

    def cancel(self, caller: Address, job: bytes) -> None:
        order = self._order(job, caller, "open")
        self._close(order, "cancel")

    def expire(self, caller: Address, job: bytes) -> None:
        order = self.orders.get(job)
        if order is None or order.state not in ("open", "awarded"):
            raise Refused("WrongOrderState")
        self._refuse(self.now < order.deadline, "TooEarly")
        if order.state == "open":
            self._close(order, "expire open")
            return
        left = [work for work in order.works if work.state == "assigned"]
        self._refuse(not left, "NothingToExpire")
        for work in left:
            self._end(order, work, 0, "refunded", "time")

    def withdraw(self, caller: Address) -> int:
        return self.credit.pop(caller, 0)

    def _order(self, job: bytes, caller: Address, state: str) -> Order:
        order = self.orders.get(job)
        if order is None or order.state != state:
            raise Refused("WrongOrderState")
        self._refuse(caller != order.customer, "NotAllowed")
        return order

    def _work(self, job: bytes, index: int, state: str) -> Work:
        order = self.orders.get(job)
        if order is None or index >= len(order.works) or order.works[index].state != state:
            raise Refused("WrongAssignmentState")
        return order.works[index]

    def _refuse(self, claim: bool, error: str) -> None:
        if claim:
            raise Refused(error)

    def _enter(self, work: Work, state: str, why: str = "") -> None:
        self.edges.add(f"{work.state} -> {state} {why}".strip())
        work.state, work.since = state, self.now

    def _end(self, order: Order, work: Work, gross: int, state: str, why: str) -> None:
        self._enter(work, state, why)
        fee = gross * FEE // 10_000
        self._release(order, work.provider, gross - fee)
        self._release(order, TREASURY, fee)
        self._release(order, order.customer, work.price - gross)
        if all(other.state in TERMINAL for other in order.works):
            order.state = "settled"

    def _close(self, order: Order, why: str) -> None:
        self.edges.add(why)
        order.state = "cancelled"
        self._release(order, order.customer, order.locked)

    def _release(self, order: Order, account: Address, amount: int) -> None:
        order.released += amount
        if amount:
            self.credit[account] = self.credit.get(account, 0) + amount
