"""The court against the protocol's state machine: every action by everybody in every situation of a dispute."""

import pytest

from protocol.case import Case
from protocol.membership import Revoke
from tests.contracts.federation import JOB, Scene
from tests.contracts.pair import JURORS
from tests.contracts.vectors import check_all, enter, lead
from tests.vectors.case_states import CaseSituation, situations, tries

SITUATIONS = tuple(situations())
CASE = (JOB, 0)


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_every_move_in_every_situation_of_a_dispute_is_answered_as_the_vectors_say(
    peopled: Scene, situation: CaseSituation
) -> None:
    machine = situation.machine
    with peopled.evm.undone():
        pair = enter(peopled, situation)
        for absent in reversed(JURORS[len(machine.auditors) :]):
            assert pair.tell(absent, None, Revoke()) == ""
        lead(pair, JOB, machine.order.steps)
        assert pair.book.matter(*CASE) == machine.matter
        lead(pair, CASE, situation.steps)
        check_all(pair, CASE, situation, tries(situation), lambda found: found.book.cases.get(machine.key, Case()))
