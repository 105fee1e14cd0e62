"""Places work on one machine at least cost with OR-Tools CP-SAT; the only module that knows the solver.

Times are seconds worked, so shifts do not appear here. One worker, a fixed seed and a deterministic effort make the
same question give the same answer on the same solver build.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import NamedTuple

EFFORT = 0.02
"""Deterministic time that one placement may take (CP-SAT's unit, near a second of a quiet core)."""

_EARLY = 256
"""One cent-second of delay weighs this much more than finishing one second early for its own sake."""


class Span(NamedTuple):
    """Time that is taken, whatever happens."""

    start: int
    finish: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of movable work."""

    key: str
    earliest: int
    due: int
    length: int
    weight: int
    """Cents per hour of later finish."""

    hint: int
    """Where it starts now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where everything starts, and the movable work's delay."""

    starts: Mapping[str, int]
    delay: int
    """Sum over all work of weight times the seconds between its earliest possible finish and its finish."""


def place(busy: Sequence[Span], work: Sequence[Work], *, effort: float = EFFORT) -> Placement | None:
    """The cheapest placement found that overlaps nothing and keeps every due time, or None when none was found."""
    if any(item.due - item.length < item.earliest for item in work):
        return None
    if not work:
        return Placement(starts={}, delay=0)
    cp_model = _cp_model()
    model = cp_model.CpModel()
    taken = [model.new_fixed_size_interval_var(start, finish - start, "") for start, finish in _merged(busy)]
    starts = {}
    for item in work:
        start = starts[item.key] = model.new_int_var(item.earliest, item.due - item.length, item.key)
        model.add_hint(start, item.hint)
        taken.append(model.new_fixed_size_interval_var(start, item.length, item.key))
    model.add_no_overlap(taken)
    model.minimize(sum((item.weight * _EARLY + 1) * (starts[item.key] - item.earliest) for item in work))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    found = {key: int(solver.value(start)) for key, start in starts.items()}
    return Placement(starts=found, delay=sum(item.weight * (found[item.key] - item.earliest) for item in work))


def _merged(busy: Sequence[Span]) -> list[Span]:
    """The same time as disjoint spans: held alternatives may overlap, intervals of the model may not."""
    merged: list[Span] = []
    for span in sorted(busy):
        if merged and span.start <= merged[-1].finish:
            merged[-1] = Span(merged[-1].start, max(merged[-1].finish, span.finish))
        else:
            merged.append(span)
    return merged


@cache
def _cp_model() -> ModuleType:
    """OR-Tools, loaded by the first question: it costs half a second, which a customer's node need not spend."""
    from ortools.sat.python import cp_model

    module: ModuleType = cp_model
    return module
