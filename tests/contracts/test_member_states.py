"""The registry of members against the protocol's state machine: every action in every situation, at its bounds."""

import pytest

from protocol.membership import Member
from tests.contracts.federation import COURT, SHOP, Scene
from tests.contracts.vectors import check_all, enter, lead
from tests.vectors.member_states import MEMBER, USED, MemberSituation, punish, situations, tries

SITUATIONS = tuple(situations())


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_every_action_in_every_situation_of_a_member_is_answered_as_the_vectors_say(
    peopled: Scene, situation: MemberSituation
) -> None:
    with peopled.evm.undone():
        pair = enter(peopled, situation)
        assert pair.tell(COURT, None, punish(SHOP, 1, USED)) == ""
        lead(pair, None, situation.steps)
        check_all(pair, None, situation, tries(situation), lambda found: found.book.members.get(MEMBER, Member()))
