"""Histories of orders as hypothesis makes them up, and the proof at the end of each that no money is stuck."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from random import Random
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from protocol.ids import Address
from protocol.units import Cents
from tests.contracts.federation import (
    BID_BOND,
    COURT,
    CUSTOMER,
    DEPLOYER,
    DISPUTE,
    FUNDS,
    OTHER_SHOP,
    REVIEW,
    SHOP,
    STRANGER,
    TERM,
    Scene,
    word,
)
from tests.contracts.model import TERMINAL, UNATTESTED, Model, Order, Win, Work
from tests.contracts.pair import ACTORS, POCKET, Pair

MAX_ORDERS = 4
LATE = 2500
SEED = st.integers(0, 999)

EDGES = {
    "open",
    "bid",
    "bid -> revealed",
    "bid -> forfeited",
    "bid -> returned",
    "award",
    "open -> cancelled",
    "open -> expired",
    "assigned -> accepted",
    "assigned -> declined",
    "assigned -> assigned",
    "assigned -> refunded",
    "accepted -> declined",
    "accepted -> assigned",
    "accepted -> attested",
    "accepted -> refunded",
    "declined -> assigned",
    "declined -> refunded",
    "attested -> disputed",
    "attested -> accepted customer",
    "attested -> accepted provider",
    "attested -> approved customer",
    "attested -> approved provider",
    "disputed -> accepted",
    "disputed -> ruled",
    "lapse",
}
"""All there are; a run that missed one has shown nothing about it."""

ON_WORK = ("accept", "decline", "attest", "approve", "dispute", "lapse")
ON_ORDER = ("cancel", "expire", "bid")


def fund_shops(scene: Scene) -> None:
    """Give both shops something to bond bids with."""
    for shop in (SHOP, OTHER_SHOP):
        scene.evm.send(DEPLOYER, scene.contracts.token.transfer(shop, Cents(POCKET)))
        scene.evm.send(shop, scene.contracts.token.approve(scene.contracts.orders.address, Cents(POCKET)))


class Histories(RuleBasedStateMachine):
    """Random histories of several orders, mostly of people with a reason; a test subclasses it with its scene."""

    scene: ClassVar[Scene]
    edges: ClassVar[Counter[str]]
    """How often each transition was taken."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self._undo = ExitStack()
        self._undo.enter_context(self.scene.evm.undone())
        fund_shops(self.scene)
        self.pair = Pair(self.scene, Model(self.scene.evm.now))

    @property
    def jobs(self) -> list[bytes]:
        return list(self.pair.model.orders)

    @initialize(prices=st.lists(st.integers(0, 500), min_size=2, max_size=2), milestones=st.integers(1, 3))
    def begin(self, prices: list[int], milestones: int) -> None:
        """Without an awarded order to begin with, most histories would end before anything happened in them."""
        now = self.pair.model.now
        self.pair.tell(CUSTOMER, "open", word("job 0"), 1000, now + 8 * TERM, LATE, 0)
        wins = [
            Win(shop, price, now + TERM, milestones) for shop, price in zip((SHOP, OTHER_SHOP), prices, strict=True)
        ]
        self.pair.tell(CUSTOMER, "award", word("job 0"), wins)

    @precondition(lambda self: len(self.jobs) < MAX_ORDERS)
    @rule(budget=st.integers(0, 3000), term=st.integers(TERM // 10, 8 * TERM), bonded=st.booleans(), seed=SEED)
    def open(self, budget: int, term: int, bonded: bool, seed: int) -> None:
        luck = self._luck(seed)
        job = word(f"job {len(self.jobs)}")
        self.pair.ask_for_bonds(BID_BOND if bonded else 0)
        now = self.pair.model.now
        self.pair.tell(CUSTOMER, "open", job, budget, now + term, LATE, now + term // 2)
        if bonded:
            for shop in (SHOP, OTHER_SHOP):
                self.pair.tell(shop, "bid", job)
                if luck.random() < 0.6:
                    self.pair.tell(shop, "reveal", job, luck.random() < 0.9)

    @precondition(lambda self: self._bids())
    @rule(seed=SEED)
    def end_a_bid(self, seed: int) -> None:
        """A bid is opened, or not; or its order is given up and somebody cleans up."""
        luck = self._luck(seed)
        job, bidder = luck.choice(self._bids())
        order = self.pair.model.orders[job]
        if order.state == "cancelled" or (order.state == "open" and luck.random() < 0.5):
            self.pair.tell(CUSTOMER, "cancel", job)
            self.pair.tell(luck.choice(ACTORS), "return_bid", job, bidder)
        elif luck.random() < 0.5:
            self.pair.tell(bidder, "reveal", job, luck.random() < 0.9)
        else:
            self.pair.wait(max(0, order.reveal_by + 1 - self.pair.model.now))
            self.pair.tell(luck.choice(ACTORS), "forfeit", job, bidder)

    @precondition(lambda self: self._open())
    @rule(seed=SEED)
    def award(self, seed: int) -> None:
        luck = self._luck(seed)
        job = luck.choice(self._open())
        order = self.pair.model.orders[job]
        count = luck.randint(1, 3)
        shops = [shop for shop, state in order.bids.items() if state == "revealed"] or [SHOP, OTHER_SHOP]
        wins = [self._win(luck, order, luck.choice(shops), order.budget // count) for _ in range(count)]
        self.pair.tell(CUSTOMER, "award", job, wins)

    @precondition(lambda self: self._live())
    @rule(seed=SEED)
    def progress(self, seed: int) -> None:
        """Work goes some steps, each by whom it serves and once its time has come."""
        luck = self._luck(seed)
        for _ in range(luck.randint(6, 16)):
            if not self._live():
                return
            job, index = luck.choice(self._live())
            self._step(luck, job, index, self.pair.model.orders[job].works[index])

    @precondition(lambda self: self._waiting())
    @rule(seed=SEED)
    def replace(self, seed: int) -> None:
        """The customer finds another provider once it may."""
        luck = self._luck(seed)
        job, index = luck.choice(self._waiting())
        work = self.pair.model.orders[job].works[index]
        last = {"assigned": work.since + REVIEW, "accepted": work.win.due, "declined": 0}[work.state]
        self.pair.wait(max(0, last + luck.randint(0, 1) - self.pair.model.now))
        self._replace(luck, job, index)

    @precondition(lambda self: self._running())
    @rule(seed=SEED)
    def give_up(self, seed: int) -> None:
        """An order is taken back, or its deadline passes."""
        luck = self._luck(seed)
        job = luck.choice(self._running())
        order = self.pair.model.orders[job]
        if order.state == "open" and luck.choice((True, False)):
            self.pair.tell(CUSTOMER, "cancel", job)
        elif order.state == "open" or luck.random() < 0.3:
            self.pair.wait(max(0, order.deadline - self.pair.model.now))
            self.pair.tell(STRANGER, "expire", job)

    @rule(seed=SEED)
    def meddle(self, seed: int) -> None:
        """Anybody tries anything."""
        luck = self._luck(seed)
        job, action = luck.choice(self.jobs), luck.choice((*ON_ORDER, *ON_WORK, "rule", "forfeit", "return_bid"))
        arguments: tuple[object, ...] = (luck.randint(0, 2),) if action in (*ON_WORK, "rule") else ()
        if action == "rule":
            arguments = (*arguments, luck.randint(0, 500))
        if action in ("forfeit", "return_bid"):
            arguments = (luck.choice(ACTORS),)
        self.pair.tell(luck.choice(ACTORS), action, job, *arguments)

    @rule(seconds=st.sampled_from([1, REVIEW // 5, REVIEW]))
    def wait(self, seconds: int) -> None:
        self.pair.wait(seconds)

    @rule(actor=st.sampled_from(ACTORS))
    def withdraw(self, actor: Address) -> None:
        before = self.pair.scene.balance(actor)
        amount = self.pair.model.withdraw(actor)
        self.pair.scene.evm.send(actor, self.pair.scene.contracts.orders.withdraw())
        assert self.pair.scene.balance(actor) == before + amount

    @invariant()
    def money_agrees(self) -> None:
        """After each step the sums are right; states and accounts are looked at in the end."""
        self.pair.check_totals()

    @override
    def teardown(self) -> None:
        """From wherever we are, time and one party alone free every cent; which one it is takes turns."""
        self.pair.check_touched()
        free(self.pair, "customer" if self._steps % 2 else "provider")
        self.edges.update(self.pair.model.edges)
        self._undo.close()

    def _step(self, luck: Random, job: bytes, index: int, work: Work) -> None:
        match work.state:
            case "assigned":
                self.pair.tell(work.provider, "accept" if luck.random() < 0.8 else "decline", job, index)
            case "accepted":
                self._work_on(luck, job, index, work)
            case "attested":
                self._look_at(luck, job, index, work)
            case "disputed":
                self._decide(luck, job, index, work)
            case _ if luck.random() < 0.4:
                self._replace(luck, job, index)

    def _work_on(self, luck: Random, job: bytes, index: int, work: Work) -> None:
        fate = luck.random()
        if fate < 0.15:
            self.pair.tell(work.provider, "decline", job, index)
        elif fate < 0.3:
            self.pair.wait(max(0, work.win.due + luck.randint(0, 1) - self.pair.model.now))
            self._replace(luck, job, index)
        else:
            self.pair.wait(luck.choice((0, 0, 0, REVIEW)))
            self.pair.tell(work.provider, "attest", job, index)

    def _look_at(self, luck: Random, job: bytes, index: int, work: Work) -> None:
        match luck.choice(("approve", "claim", "dispute")):
            case "claim":
                self.pair.wait(max(0, work.since + REVIEW + luck.randint(0, 1) - self.pair.model.now))
                self.pair.tell(work.provider, "approve", job, index)
            case action:
                self.pair.tell(CUSTOMER, action, job, index)

    def _decide(self, luck: Random, job: bytes, index: int, work: Work) -> None:
        if luck.random() < 0.5:
            self.pair.wait(max(0, work.since + DISPUTE + luck.randint(0, 1) - self.pair.model.now))
            self.pair.tell(luck.choice(ACTORS), "lapse", job, index)
        else:
            stake = self.pair.model.orders[job].stake(work)
            self.pair.tell(COURT, "rule", job, index, luck.choice((0, stake // 3, stake, stake, stake + 1)))

    def _replace(self, luck: Random, job: bytes, index: int) -> None:
        order = self.pair.model.orders[job]
        win = self._win(luck, order, luck.choice((SHOP, OTHER_SHOP)), 2 * order.works[index].win.price + 1)
        self.pair.tell(CUSTOMER, "reaward", job, index, win)

    def _win(self, luck: Random, order: Order, shop: Address, most: int) -> Win:
        due = luck.randint(self.pair.model.now + 1, max(self.pair.model.now + 1, order.deadline))
        return Win(shop, luck.randint(0, most), due, luck.choice((1, 1, 1, 2, 2, 2, 3, 3, 3, 8, 8, 9)))

    def _luck(self, seed: int) -> Random:
        """Even odds at each step; hypothesis alone draws too few of the later branches in a short history."""
        self._steps += 1
        return Random(f"{seed}/{self._steps}")

    def _open(self) -> list[bytes]:
        return [job for job, order in self.pair.model.orders.items() if order.state == "open"]

    def _running(self) -> list[bytes]:
        return [job for job, order in self.pair.model.orders.items() if order.state in ("open", "awarded")]

    def _bids(self) -> list[tuple[bytes, Address]]:
        orders = self.pair.model.orders.items()
        return [(job, who) for job, order in orders for who, state in order.bids.items() if state == "sealed"]

    def _live(self) -> list[tuple[bytes, int]]:
        return self._works(lambda work: work.state not in TERMINAL)

    def _waiting(self) -> list[tuple[bytes, int]]:
        return self._works(lambda work: work.state in UNATTESTED)

    def _works(self, wanted: Callable[[Work], bool]) -> list[tuple[bytes, int]]:
        orders = self.pair.model.orders.items()
        return [(job, index) for job, order in orders for index, work in enumerate(order.works) if wanted(work)]


def free(pair: Pair, alone: str) -> None:
    """Let only one party act, after all windows have passed; then everybody takes what is theirs."""
    pair.wait(10 * (TERM + REVIEW + DISPUTE))
    for job, order in pair.model.orders.items():
        for index, work in enumerate(order.works):
            caller = CUSTOMER if alone == "customer" else work.provider
            if work.state == "attested":
                assert pair.tell(caller, "approve", job, index) == ""
            elif work.state == "disputed":
                assert pair.tell(caller, "lapse", job, index) == ""
        caller = CUSTOMER if alone == "customer" else SHOP
        if order.state == "open" or any(work.state in UNATTESTED for work in order.works):
            assert pair.tell(caller, "expire", job) == ""
        for bidder, state in order.bids.items():
            if state == "sealed":
                assert pair.tell(caller, "return_bid" if order.state == "cancelled" else "forfeit", job, bidder) == ""
    pair.check()
    assert all(order.locked == 0 for order in pair.model.orders.values())
    for actor in ACTORS:
        pair.scene.evm.send(actor, pair.scene.contracts.orders.withdraw())
    assert pair.scene.balance(pair.scene.contracts.orders.address) == 0
    assert sum(pair.scene.balance(actor) for actor in ACTORS) == FUNDS + 2 * POCKET
