"""The order contract against the protocol's state machine: every edge, every illegal edge, and every cent."""

from collections.abc import Iterator

import pytest

from protocol.ids import Address
from protocol.order_actions import OrderAction
from protocol.turn import Outcome
from tests.contracts.federation import BID_BOND, COURT, Scene, word
from tests.contracts.histories import EDGES
from tests.contracts.invariants import run
from tests.contracts.pair import Pair, populate
from tests.vectors.order_states import EPOCH, Situation, situations, tries

ENOUGH = 20
"""How often each edge must have been taken."""

MOST_BATCHES = 40
JOB = bytes(word("job"))
SITUATIONS = tuple(situations())


def reach(scene: Scene, situation: Situation) -> Pair:
    """The contracts led there, step by step."""
    pair = Pair.of(scene)
    if situation.bonded:
        pair.ask_for_bonds(BID_BOND)
    pair.wait(EPOCH - pair.book.now)
    for step in situation.steps:
        pair.wait(step.at - pair.book.now)
        assert pair.tell(step.by, JOB, step.action) == ""
    pair.wait(situation.now - pair.book.now)
    return pair


@pytest.fixture(scope="module")
def peopled(deployed: Scene) -> Iterator[Scene]:
    with deployed.evm.undone():
        populate(deployed)
        yield deployed


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_every_action_by_everybody_in_every_situation_is_answered_as_the_vectors_say(
    peopled: Scene, situation: Situation
) -> None:
    with peopled.evm.undone():
        pair = reach(peopled, situation)
        assert pair.book.orders.get(JOB) == situation.order
        pair.check_touched()
        for by, action in tries(situation):
            with peopled.evm.undone():
                attempt(pair.fork(), situation, by, action)


def attempt(fork: Pair, situation: Situation, by: Address, action: OrderAction) -> None:
    """The contract refuses, or becomes, what the vector says; the court is asked for nothing but its own rulings."""
    expected = situation.attempt(by, action)
    found = fork.tell(by, JOB, action)
    if isinstance(expected, Outcome) and found == "":
        assert fork.book.orders[JOB] == expected.state
        fork.check_touched()
    else:
        assert found == expected or (found == "ERC20InsufficientBalance" and by != COURT)


@pytest.mark.slow
def test_random_histories_keep_every_cent_and_reach_every_edge(deployed: Scene) -> None:
    edges = run(deployed, ENOUGH, most_batches=MOST_BATCHES)
    assert all(edges[edge] >= ENOUGH for edge in EDGES), {edge: edges[edge] for edge in sorted(EDGES)}
