"""The order contract against its Python reference: every edge, every illegal edge, and every cent."""

from collections.abc import Callable

import pytest

from protocol.ids import Address
from tests.contracts.federation import (
    BID_BOND,
    COURT,
    CUSTOMER,
    DISPUTE,
    OTHER_SHOP,
    REVIEW,
    SHOP,
    STRANGER,
    TERM,
    Scene,
    word,
)
from tests.contracts.histories import EDGES, LATE, ON_WORK, fund_shops
from tests.contracts.invariants import run
from tests.contracts.model import Model, Win
from tests.contracts.pair import Pair

ENOUGH = 20
"""How often each edge must have been taken."""

MOST_BATCHES = 40

Step = Callable[[Pair], None]
JOB = bytes(word("job"))


def _do(caller: Address, action: str, *arguments: object) -> Step:
    def step(pair: Pair) -> None:
        assert pair.tell(caller, action, JOB, *arguments) == ""

    return step


def _opened(pair: Pair) -> None:
    assert pair.tell(CUSTOMER, "open", JOB, 1000, pair.model.now + TERM, LATE, 0) == ""


def _opened_for_bids(pair: Pair) -> None:
    pair.ask_for_bonds(BID_BOND)
    assert pair.tell(CUSTOMER, "open", JOB, 1000, pair.model.now + TERM, LATE, pair.model.now + TERM // 2) == ""


def _awarded(pair: Pair) -> None:
    due = pair.model.now + TERM // 2
    assert pair.tell(CUSTOMER, "award", JOB, [Win(SHOP, 301, due, 2), Win(OTHER_SHOP, 400, due)]) == ""


def _wait(seconds: int) -> Step:
    return lambda pair: pair.wait(seconds)


ACCEPT = _do(SHOP, "accept", 0)
ATTEST = _do(SHOP, "attest", 0)
APPROVE = _do(CUSTOMER, "approve", 0)
OBJECT = _do(CUSTOMER, "dispute", 0)
STARTED = (_opened, _awarded, ACCEPT)
HALFWAY = (*STARTED, ATTEST, APPROVE)
DISPUTED = (*HALFWAY, ATTEST, OBJECT)
BID = (_opened_for_bids, _do(SHOP, "bid"))

SITUATIONS: dict[str, tuple[Step, ...]] = {
    "nothing": (),
    "open": (_opened,),
    "open, deadline reached": (_opened, _wait(TERM)),
    "open for bonded bids": (_opened_for_bids,),
    "bid": BID,
    "bid, last second to reveal": (*BID, _wait(TERM // 2)),
    "bid, too late to reveal": (*BID, _wait(TERM // 2 + 1)),
    "bid, order cancelled": (*BID, _do(CUSTOMER, "cancel")),
    "bid, order expired": (*BID, _wait(TERM), _do(STRANGER, "expire")),
    "bid revealed": (*BID, _do(SHOP, "reveal", True)),
    "bid forfeited": (*BID, _wait(TERM // 2 + 1), _do(STRANGER, "forfeit", SHOP)),
    "bid returned": (*BID, _do(CUSTOMER, "cancel"), _do(STRANGER, "return_bid", SHOP)),
    "cancelled": (_opened, _do(CUSTOMER, "cancel")),
    "assigned": (_opened, _awarded),
    "assigned, last second to accept": (_opened, _awarded, _wait(REVIEW)),
    "assigned, not accepted in time": (_opened, _awarded, _wait(REVIEW + 1)),
    "assigned, last second": (_opened, _awarded, _wait(TERM - 1)),
    "assigned, deadline reached": (_opened, _awarded, _wait(TERM)),
    "declined": (_opened, _awarded, _do(SHOP, "decline", 0)),
    "declined, deadline reached": (_opened, _awarded, _do(SHOP, "decline", 0), _wait(TERM)),
    "accepted": STARTED,
    "accepted, last second of the due time": (*STARTED, _wait(TERM // 2)),
    "accepted, late": (*STARTED, _wait(TERM // 2 + 1)),
    "accepted, deadline reached": (*STARTED, _wait(TERM)),
    "attested": (*STARTED, ATTEST),
    "attested late": (*STARTED, _wait(TERM // 2 + 1), ATTEST),
    "attested, last second of review": (*STARTED, ATTEST, _wait(REVIEW)),
    "attested, review over": (*STARTED, ATTEST, _wait(REVIEW + 1)),
    "attested, deadline reached": (*STARTED, ATTEST, _wait(TERM)),
    "halfway": HALFWAY,
    "halfway, attested": (*HALFWAY, ATTEST),
    "disputed": DISPUTED,
    "disputed, last second": (*DISPUTED, _wait(DISPUTE)),
    "disputed, window over": (*DISPUTED, _wait(DISPUTE + 1)),
    "first milestone disputed": (*STARTED, ATTEST, OBJECT),
    "approved": (*HALFWAY, ATTEST, APPROVE),
    "ruled": (*DISPUTED, _do(COURT, "rule", 0, 0)),
    "ruled the provider's": (*DISPUTED, _do(COURT, "rule", 0, 151)),
    "first milestone ruled the provider's": (*STARTED, ATTEST, OBJECT, _do(COURT, "rule", 0, 150)),
    "lapsed": (*DISPUTED, _wait(DISPUTE + 1), _do(STRANGER, "lapse", 0)),
    "settled": (_opened, _awarded, _wait(TERM), _do(STRANGER, "expire")),
}


def _actions(now: int) -> tuple[tuple[str, tuple[object, ...]], ...]:
    soon = Win(OTHER_SHOP, 10, now + 1)
    return (
        ("award", ([soon],)),
        ("bid", ()),
        ("reveal", (True,)),
        ("reveal", (False,)),
        ("forfeit", (SHOP,)),
        ("return_bid", (SHOP,)),
        ("cancel", ()),
        ("expire", ()),
        *((action, (index,)) for action in ON_WORK for index in (0, 1, 2)),
        *(("reaward", (0, win)) for win in (soon, Win(OTHER_SHOP, 999, now + 1, 8), Win(SHOP, 5, now))),
        *(("rule", (0, amount)) for amount in (0, 150, 151, 152)),
    )


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_action_by_everybody_in_every_situation_is_answered_as_the_reference_does(
    scene: Scene, situation: str
) -> None:
    fund_shops(scene)
    pair = Pair(scene, Model(scene.evm.now))
    for step in SITUATIONS[situation]:
        step(pair)
    for action, arguments in _actions(pair.model.now):
        for caller in (STRANGER, COURT) if action == "rule" else (CUSTOMER, SHOP, STRANGER):
            with scene.evm.undone():
                fork = pair.fork()
                if fork.tell(caller, action, JOB, *arguments) == "":
                    fork.check_touched()


def test_an_order_in_any_state_cannot_be_opened_again(deployed: Scene) -> None:
    for name, steps in SITUATIONS.items():
        with deployed.evm.undone():
            fund_shops(deployed)
            pair = Pair(deployed, Model(deployed.evm.now))
            for step in steps:
                step(pair)
            expected = "" if name == "nothing" else "WrongOrderState"
            assert pair.tell(CUSTOMER, "open", JOB, 5, pair.model.now + 9, 0, 0) == expected


@pytest.mark.slow
def test_random_histories_keep_every_cent_and_reach_every_edge(deployed: Scene) -> None:
    edges = run(deployed, ENOUGH, MOST_BATCHES)
    assert all(edges[edge] >= ENOUGH for edge in EDGES), {edge: edges[edge] for edge in sorted(EDGES)}
