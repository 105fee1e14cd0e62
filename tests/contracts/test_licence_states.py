"""The registry of designs against the protocol's state machine: every action by everybody in every situation."""

import pytest

from protocol.licensing import Licensing
from tests.contracts.book import Paper
from tests.contracts.federation import CUSTOMER, SHOP, Scene
from tests.contracts.vectors import check_all, enter, lead
from tests.vectors.licence_states import COMMITMENT, LicenceSituation, situations, tries

SITUATIONS = tuple(situations())
PAPER = Paper(CUSTOMER, COMMITMENT, SHOP)


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_every_action_in_every_situation_of_a_licence_is_answered_as_the_vectors_say(
    peopled: Scene, situation: LicenceSituation
) -> None:
    with peopled.evm.undone():
        pair = enter(peopled, situation)
        lead(pair, PAPER, situation.steps)
        check_all(pair, PAPER, situation, tries(situation), lambda found: found.book.designs.get(PAPER, Licensing()))
