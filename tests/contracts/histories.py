"""Histories of orders as hypothesis makes them up, and the proof at the end of each that no money is stuck."""

from collections import Counter
from contextlib import ExitStack
from random import Random
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from protocol.ids import Address
from tests.contracts.federation import CUSTOMER, DISPUTE, FUNDS, OTHER_SHOP, REVIEW, SHOP, STRANGER, Scene, word
from tests.contracts.model import TERMINAL, Model
from tests.contracts.pair import ACTORS, Pair

TERM = 1000
MAX_ORDERS = 4
SEED = st.integers(0, 999)

ON_WORK = ("attest", "approve", "dispute", "concede", "expire_dispute")


ATTEST = ("assigned", True, "attest", 0)
OBJECT = ("attested", False, "dispute", 0)
FATES = (
    (ATTEST, OBJECT, ("disputed", False, "expire_dispute", DISPUTE + 1)),
    (ATTEST, OBJECT, ("disputed", True, "concede", 0)),
    (ATTEST, OBJECT, ("disputed", False, "approve", 0)),
    (ATTEST, ("attested", True, "approve", REVIEW + 1)),
    (ATTEST, ("attested", False, "approve", 0)),
)
"""How an assignment can end: in which state who does what, and how long after it came into that state."""


class Histories(RuleBasedStateMachine):
    """Random histories of several orders, mostly of people with a reason; a test subclasses it with its scene."""

    scene: ClassVar[Scene]
    edges: ClassVar[Counter[str]]
    """In how many histories each transition was taken."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self._undo = ExitStack()
        self._undo.enter_context(self.scene.evm.undone())
        self.pair = Pair(self.scene, Model(self.scene.evm.now))

    @property
    def jobs(self) -> list[bytes]:
        return list(self.pair.model.orders)

    @initialize(prices=st.lists(st.integers(0, 500), min_size=2, max_size=2))
    def begin(self, prices: list[int]) -> None:
        """Without an awarded order to begin with, most histories would end before anything happened in them."""
        self.pair.tell(CUSTOMER, "open", word("job 0"), 1000, self.pair.model.now + 4 * TERM)
        self.pair.tell(CUSTOMER, "award", word("job 0"), list(zip((SHOP, OTHER_SHOP), prices, strict=True)))

    @precondition(lambda self: len(self.jobs) < MAX_ORDERS)
    @rule(budget=st.integers(0, 3000), term=st.integers(TERM // 10, 4 * TERM))
    def open(self, budget: int, term: int) -> None:
        job = word(f"job {len(self.jobs)}")
        self.pair.tell(CUSTOMER, "open", job, budget, self.pair.model.now + term)

    @precondition(lambda self: self._open())
    @rule(seed=SEED)
    def award(self, seed: int) -> None:
        luck = self._luck(seed)
        job = luck.choice(self._open())
        count = luck.randint(1, 3)
        most = self.pair.model.orders[job].budget // count
        winners = [(luck.choice((SHOP, OTHER_SHOP)), luck.randint(0, most)) for _ in range(count)]
        self.pair.tell(CUSTOMER, "award", job, winners)

    @precondition(lambda self: self._live())
    @rule(seed=SEED)
    def progress(self, seed: int) -> None:
        """One assignment goes some steps towards its fate, each once its time has come."""
        luck = self._luck(seed)
        job, index = luck.choice(self._live())
        work = self.pair.model.orders[job].works[index]
        for state, by_provider, action, window in luck.choice(FATES)[: luck.randint(1, 3)]:
            if work.state == state:
                self.pair.wait(max(0, work.since + window - self.pair.model.now))
                self.pair.tell(work.provider if by_provider else CUSTOMER, action, job, index)

    @precondition(lambda self: self._running())
    @rule(seed=SEED)
    def give_up(self, seed: int) -> None:
        """An order is taken back, or its deadline passes."""
        luck = self._luck(seed)
        job = luck.choice(self._running())
        order = self.pair.model.orders[job]
        if order.state == "open" and luck.choice((True, False)):
            self.pair.tell(CUSTOMER, "cancel", job)
        else:
            self.pair.wait(max(0, order.deadline - self.pair.model.now))
            self.pair.tell(STRANGER, "expire", job)

    @rule(seed=SEED)
    def meddle(self, seed: int) -> None:
        """Anybody tries anything."""
        luck = self._luck(seed)
        job, action = luck.choice(self.jobs), luck.choice(("cancel", "expire", *ON_WORK))
        arguments = (luck.randint(0, 2),) if action in ON_WORK else ()
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
    def money_and_states_agree(self) -> None:
        self.pair.check()

    @override
    def teardown(self) -> None:
        """From wherever we are, time and either party alone free every cent."""
        for alone in ("customer", "provider"):
            with self.pair.scene.evm.undone():
                free(self.pair.fork(), alone)
        self.edges.update(self.pair.model.edges)
        self._undo.close()

    def _luck(self, seed: int) -> Random:
        """Even odds at each step; hypothesis alone draws too few of the later branches in a short history."""
        self._steps += 1
        return Random(f"{seed}/{self._steps}")

    def _open(self) -> list[bytes]:
        return [job for job, order in self.pair.model.orders.items() if order.state == "open"]

    def _running(self) -> list[bytes]:
        return [job for job, order in self.pair.model.orders.items() if order.state in ("open", "awarded")]

    def _live(self) -> list[tuple[bytes, int]]:
        return [
            (job, index)
            for job, order in self.pair.model.orders.items()
            for index, work in enumerate(order.works)
            if work.state not in TERMINAL
        ]


def free(pair: Pair, alone: str) -> None:
    """Let only one party act, after all windows have passed; then everybody takes what is theirs."""
    pair.wait(10 * (TERM + REVIEW + DISPUTE))
    for job, order in pair.model.orders.items():
        if order.state == "open" or any(work.state == "assigned" for work in order.works):
            pair.tell(CUSTOMER if alone == "customer" else SHOP, "expire", job)
        for index, work in enumerate(order.works):
            caller = CUSTOMER if alone == "customer" else work.provider
            if work.state == "attested":
                assert pair.tell(caller, "approve", job, index) == ""
            elif work.state == "disputed":
                assert pair.tell(caller, "expire_dispute", job, index) == ""
    pair.check()
    assert all(order.locked == 0 for order in pair.model.orders.values())
    for actor in ACTORS:
        pair.scene.evm.send(actor, pair.scene.contracts.orders.withdraw())
    assert pair.scene.balance(pair.scene.contracts.orders.address) == 0
    assert sum(pair.scene.balance(actor) for actor in ACTORS) == FUNDS
