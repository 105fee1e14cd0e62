"""The order contract against its Python reference: every edge, every illegal edge, and every cent."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from protocol.ids import Address
from tests.contracts.federation import CUSTOMER, DISPUTE, OTHER_SHOP, REVIEW, SHOP, STRANGER, Scene, word
from tests.contracts.histories import ON_WORK, TERM, Histories
from tests.contracts.model import Model
from tests.contracts.pair import Pair

EDGES = {
    "open",
    "award",
    "cancel",
    "expire open",
    "assigned -> attested",
    "assigned -> refunded time",
    "attested -> disputed",
    "attested -> approved customer",
    "attested -> approved provider",
    "disputed -> approved customer",
    "disputed -> refunded conceded",
    "disputed -> split time",
}
"""All there are; a run that missed one has shown nothing about it."""

ENOUGH = 3
"""Histories that must have taken an edge."""

MOST_BATCHES = 12

Step = Callable[[Pair], None]
JOB = bytes(word("job"))


def _do(caller: Address, action: str, *arguments: object) -> Step:
    def step(pair: Pair) -> None:
        assert pair.tell(caller, action, JOB, *arguments) == ""

    return step


def _opened(pair: Pair) -> None:
    assert pair.tell(CUSTOMER, "open", JOB, 1000, pair.model.now + TERM) == ""


def _wait(seconds: int) -> Step:
    return lambda pair: pair.wait(seconds)


AWARD = _do(CUSTOMER, "award", [(SHOP, 301), (OTHER_SHOP, 400)])
ATTEST = _do(SHOP, "attest", 0)
OBJECT = _do(CUSTOMER, "dispute", 0)

SITUATIONS: dict[str, tuple[Step, ...]] = {
    "nothing": (),
    "open": (_opened,),
    "open, deadline reached": (_opened, _wait(TERM)),
    "cancelled": (_opened, _do(CUSTOMER, "cancel")),
    "assigned": (_opened, AWARD),
    "assigned, last second": (_opened, AWARD, _wait(TERM - 1)),
    "assigned, deadline reached": (_opened, AWARD, _wait(TERM)),
    "attested": (_opened, AWARD, ATTEST),
    "attested, last second of review": (_opened, AWARD, ATTEST, _wait(REVIEW)),
    "attested, review over": (_opened, AWARD, ATTEST, _wait(REVIEW + 1)),
    "attested, deadline reached": (_opened, AWARD, ATTEST, _wait(TERM)),
    "disputed": (_opened, AWARD, ATTEST, OBJECT),
    "disputed, last second": (_opened, AWARD, ATTEST, OBJECT, _wait(DISPUTE)),
    "disputed, window over": (_opened, AWARD, ATTEST, OBJECT, _wait(DISPUTE + 1)),
    "approved": (_opened, AWARD, ATTEST, _do(CUSTOMER, "approve", 0)),
    "conceded": (_opened, AWARD, ATTEST, OBJECT, _do(SHOP, "concede", 0)),
    "split": (_opened, AWARD, ATTEST, OBJECT, _wait(DISPUTE + 1), _do(STRANGER, "expire_dispute", 0)),
    "settled": (_opened, AWARD, _wait(TERM), _do(STRANGER, "expire")),
}

ACTIONS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("award", ([(SHOP, 10)],)),
    ("cancel", ()),
    ("expire", ()),
    *((action, (index,)) for action in ON_WORK for index in (0, 1, 2)),
)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_action_by_everybody_in_every_situation_is_answered_as_the_reference_does(
    scene: Scene, situation: str
) -> None:
    pair = Pair(scene, Model(scene.evm.now))
    for step in SITUATIONS[situation]:
        step(pair)
    for action, arguments in ACTIONS:
        for caller in (CUSTOMER, SHOP, OTHER_SHOP, STRANGER):
            with scene.evm.undone():
                fork = pair.fork()
                if fork.tell(caller, action, JOB, *arguments) == "":
                    fork.check()


def test_an_order_in_any_state_cannot_be_opened_again(deployed: Scene) -> None:
    for name, steps in SITUATIONS.items():
        with deployed.evm.undone():
            pair = Pair(deployed, Model(deployed.evm.now))
            for step in steps:
                step(pair)
            expected = "" if name == "nothing" else "WrongOrderState"
            assert pair.tell(CUSTOMER, "open", JOB, 5, pair.model.now + 9) == expected


@pytest.mark.slow
def test_random_histories_keep_every_cent_and_reach_every_edge(deployed: Scene) -> None:
    """Hypothesis draws from constants of whatever modules are loaded, so no fixed number of histories is sure to
    reach everything: batches go on until each edge was taken often enough, and fail if it never is."""
    edges: Counter[str] = Counter()
    for batch in range(MOST_BATCHES):
        histories = type("HistoriesHere", (Histories,), {"scene": deployed, "edges": edges})
        run_state_machine_as_test(
            seed(batch)(histories),
            settings=settings(max_examples=25, stateful_step_count=25, deadline=None, database=None),
        )
        if all(edges[edge] >= ENOUGH for edge in EDGES):
            return
    pytest.fail(f"some edges were hardly taken: { {edge: edges[edge] for edge in sorted(EDGES)} }")
