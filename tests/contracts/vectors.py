"""Leads the contracts into a situation of the vectors, and tries there what the vectors say."""

from collections.abc import Callable, Iterable
from typing import Any

from protocol.ids import Address
from protocol.turn import Outcome
from tests.contracts.book import Action, Target
from tests.contracts.federation import COURT, PACK, Scene
from tests.contracts.pair import Pair
from tests.vectors.situations import EPOCH, Situation, Step


def enter(scene: Scene, situation: Situation[Any, Any]) -> Pair:
    """The populated contracts at the beginning of a story."""
    pair = Pair.of(scene)
    if situation.machine.pack != PACK:
        pair.adopt(situation.machine.pack)
    pair.wait(EPOCH - pair.book.now)
    return pair


def lead(pair: Pair, target: Target, steps: Iterable[Step[Any]]) -> None:
    """Take the steps, each at its time."""
    for step in steps:
        pair.wait(step.at - pair.book.now)
        assert pair.tell(step.by, target, step.action) == ""


def check_all(
    pair: Pair,
    target: Target,
    situation: Situation[Any, Any],
    tries: Iterable[tuple[Address, Action]],
    state_in: Callable[[Pair], object],
) -> None:
    """The contracts refuse, or become, what the vectors say; each try is undone."""
    pair.wait(situation.now - pair.book.now)
    assert state_in(pair) == situation.state
    pair.check_touched()
    for by, action in tries:
        with pair.scene.evm.undone():
            fork = pair.fork()
            expected, found = situation.attempt(by, action), fork.tell(by, target, action)
            if isinstance(expected, Outcome) and found == "":
                assert state_in(fork) == expected.state
                fork.check_touched()
            else:  # the vectors hold nobody's purse, and the court asks for nothing but its own rulings
                assert found == expected or (found == "ERC20InsufficientBalance" and by != COURT)
