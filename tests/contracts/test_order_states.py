"""The order contract against the protocol's state machine: every action by everybody in every situation."""

import pytest

from tests.contracts.federation import JOB, Scene
from tests.contracts.vectors import check_all, enter, lead
from tests.vectors.order_states import OrderSituation, situations, tries

SITUATIONS = tuple(situations())


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_every_action_by_everybody_in_every_situation_is_answered_as_the_vectors_say(
    peopled: Scene, situation: OrderSituation
) -> None:
    with peopled.evm.undone():
        pair = enter(peopled, situation)
        lead(pair, JOB, situation.steps)
        check_all(pair, JOB, situation, tries(situation), lambda found: found.book.orders.get(JOB))
