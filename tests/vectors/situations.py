"""Where a story leads a state machine of the ledger, and what anybody may try there.

One vector a line: ``steps`` lead from nothing to ``state``; each of ``tries`` is then done alone, and leads to what it
``becomes``, with what is ``taken`` and ``owed``, or is ``refused`` under that name. Times are Unix seconds. What holds
around the machine stands in ``setting``; what only the moment knows stands with the step or the try. Another
implementation passes when it says the same: the contracts are held to these files too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from protocol.errors import RefusedError
from protocol.ids import Address
from protocol.rules import RulePack
from protocol.turn import Outcome, Turn
from protocol.units import UnixSeconds

EPOCH = UnixSeconds(1_810_000_000)
"""When every story begins."""

S = TypeVar("S")
A = TypeVar("A")


class Machine(Protocol[S, A]):
    """One state machine with what holds around it."""

    @property
    def pack(self) -> RulePack:
        """The rules in force."""

    @property
    def start(self) -> S: ...

    def turn(self, state: S, action: A, turn: Turn) -> Outcome[S]: ...

    def setting(self) -> dict[str, object]: ...

    def moment(self, state: S, action: A, at: UnixSeconds) -> dict[str, object]:
        """What else is known when ``action`` is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[A]):
    """One action at its time."""

    by: Address
    at: UnixSeconds
    action: A


@dataclass(frozen=True, kw_only=True)
class Situation(Generic[S, A]):
    """Where a story has led; a story is told on by making another one of it."""

    machine: Machine[S, A]
    steps: tuple[Step[A], ...] = ()
    now: UnixSeconds = EPOCH
    name: str = ""

    def then(self, by: Address, action: A) -> "Situation[S, A]":
        step = Step(by=by, at=self.now, action=action)
        return replace(self, steps=(*self.steps, step))

    def after(self, seconds: int) -> "Situation[S, A]":
        return replace(self, now=UnixSeconds(self.now + seconds))

    @cached_property
    def state(self) -> S:
        """What the steps leave."""
        if not self.steps:
            return self.machine.start
        last = self.steps[-1]
        return self.machine.turn(self.before.state, last.action, Turn(by=last.by, at=last.at)).state

    @property
    def before(self) -> "Situation[S, A]":
        """Where the story was a step earlier."""
        return replace(self, steps=self.steps[:-1])

    def attempt(self, by: Address, action: A) -> Outcome[S] | str:
        """What comes of one more action, or why it is refused."""
        try:
            return self.machine.turn(self.state, action, Turn(by=by, at=self.now))
        except RefusedError as refused:
            return refused.reason

    def edges(self, tries: Iterable[tuple[Address, A]]) -> Iterator[str]:
        """Those that the tries take."""
        for by, action in tries:
            outcome = self.attempt(by, action)
            if isinstance(outcome, Outcome):
                yield from outcome.edges


def named(stories: dict[str, Situation[S, A]]) -> Iterator[Situation[S, A]]:
    """Each with its name."""
    for name, story in stories.items():
        yield replace(story, name=name)


def vectors(
    situations: Iterable[Situation[S, A]],
    tries: Callable[[Situation[S, A]], Iterable[tuple[Address, A]]],
    legible: Callable[[object], Any],
) -> list[dict[str, Any]]:
    """One for each situation."""

    def told(situation: Situation[S, A], before: S, step: Step[A]) -> dict[str, Any]:
        moment = situation.machine.moment(before, step.action, step.at)
        said = {"by": step.by, "at": step.at, "do": type(step.action).__name__}
        return {**legible(said), **legible(step.action), **legible(moment)}

    def steps(situation: Situation[S, A]) -> Iterator[dict[str, Any]]:
        for number, step in enumerate(situation.steps):
            yield told(situation, replace(situation, steps=situation.steps[:number]).state, step)

    def tried(situation: Situation[S, A]) -> Iterator[dict[str, Any]]:
        state = situation.state
        for by, action in tries(situation):
            outcome = situation.attempt(by, action)
            attempt = told(situation, state, Step(by=by, at=situation.now, action=action))
            if isinstance(outcome, str):
                yield {**attempt, "refused": outcome}
            else:
                after = {name: found for name, found in legible(outcome).items() if name not in ("state", "edges")}
                yield {**attempt, "becomes": legible(outcome.state), **after}

    return [
        {
            "name": situation.name,
            "setting": legible(situation.machine.setting()),
            "steps": list(steps(situation)),
            "state": legible(situation.state),
            "tries": list(tried(situation)),
        }
        for situation in situations
    ]
