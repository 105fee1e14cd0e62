"""A federation in virtual time: the scheduler, the clock, the faults and every choice come from one seed."""

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import trio
from trio._core import _run as scheduler
from trio.testing import MockClock

from federation.board import Mark, Slot
from federation.lasting import Change
from protocol.ids import Digest
from protocol.signed import Signed
from protocol.units import UnixSeconds

T = TypeVar("T")
EPOCH = 1_900_000_000
"""Wall time at virtual second 0."""


def wall() -> UnixSeconds:
    """Wall time of the virtual clock."""
    return UnixSeconds(EPOCH + int(trio.current_time()))


def simulate(seed: int, main: Callable[[MockClock], Awaitable[T]]) -> T:
    """Run ``main`` to its end in virtual time; the same seed is the same run, step by step."""
    clock = MockClock(autojump_threshold=0)
    with deterministic(seed):
        return trio.run(main, clock, clock=clock)  # type: ignore[arg-type, no-any-return]


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Let trio choose the next task by ``seed``; in earnest it rolls dice, so that nobody relies on an order."""
    before, state = scheduler._ALLOW_DETERMINISTIC_SCHEDULING, scheduler._r.getstate()
    scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True
    scheduler._r.seed(seed)
    try:
        yield
    finally:
        scheduler._ALLOW_DETERMINISTIC_SCHEDULING = before
        scheduler._r.setstate(state)


class Disk:
    """What a node's bulletins are kept on; survives the node."""

    def __init__(self) -> None:
        self._bulletins: dict[Digest, Signed] = {}
        self._marks: dict[Slot, Mark] = {}
        self._sequence = 0
        self._horizon = UnixSeconds(0)

    async def load(self) -> tuple[Sequence[Signed], dict[Slot, Mark], int, UnixSeconds]:
        await trio.lowlevel.checkpoint()
        return tuple(self._bulletins.values()), dict(self._marks), self._sequence, self._horizon

    async def keep(self, change: Change) -> None:
        await trio.sleep(0.01)
        self._bulletins |= {signed.digest: signed for signed in change.added}
        for one in change.removed:
            self._bulletins.pop(one, None)
        self._marks |= change.moved
        self._sequence, self._horizon = change.sequence, change.horizon


def groups_of(dice: random.Random, members: Sequence[T]) -> list[list[T]]:
    """``members`` in two to four groups, none empty."""
    shuffled = dice.sample(members, len(members))
    cuts = sorted(dice.sample(range(1, len(members)), dice.randint(1, 3)))
    return [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(members)], strict=True)]
