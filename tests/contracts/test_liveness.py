"""From every state that an order, a case or a membership can be in, time and either party alone free every cent."""

from typing import Any

import pytest

from tests.contracts.federation import JOB, Scene
from tests.contracts.histories import free
from tests.contracts.vectors import enter, lead
from tests.vectors import case_states, member_states, order_states
from tests.vectors.situations import Situation

ORDERS = {f"order, {found.name}": ((JOB, found),) for found in order_states.situations()}
CASES = {f"case, {found.name}": ((JOB, found.machine.order), ((JOB, 0), found)) for found in case_states.situations()}
MEMBERS = {f"member, {found.name}": ((None, found),) for found in member_states.situations()}
REACHED: dict[str, tuple[tuple[Any, Situation[Any, Any]], ...]] = ORDERS | CASES | MEMBERS


@pytest.mark.parametrize("alone", ["customer", "provider"])
@pytest.mark.parametrize("reached", REACHED.values(), ids=REACHED)
def test_from_every_state_time_and_either_party_alone_free_every_cent(
    peopled: Scene, reached: tuple[tuple[Any, Situation[Any, Any]], ...], alone: str
) -> None:
    with peopled.evm.undone():
        pair = enter(peopled, reached[-1][1])
        for target, story in reached:
            lead(pair, target, story.steps)
        pair.wait(reached[-1][1].now - pair.book.now)
        free(pair, alone)
