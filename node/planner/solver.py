"""Puts a few neighbours of one machine in their cheapest order with OR-Tools CP-SAT; the only module that knows it.

Times are seconds worked, so shifts do not appear here; costs are cent-seconds (cents per hour times seconds). One
worker, a fixed seed, a hint and a deterministic effort make the same question give the same answer on the same build.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from types import ModuleType
from typing import Any, NamedTuple

from node.planner.machine import ANY, Family
from node.planner.timeline import Block, Request, Timeline

EFFORT = 0.01
"""Deterministic time that one order may take (CP-SAT's unit, near a second of a quiet core)."""

NEW = "*"
"""Key of the request among the starts; no task is called so."""


class Stretch(NamedTuple):
    """The neighbours that may change places: blocks ``low`` to ``high - 1`` of a timeline."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order of neighbours and what it costs."""

    starts: Mapping[str, int]
    """Of every task of the stretch, and of the request under ``NEW``."""

    cost: int
    """Cent-seconds of changing over and of delay, up to the block after the stretch."""


def order(
    timeline: Timeline,
    stretch: Stretch,
    *,
    rate: int,
    request: Request | None = None,
    haste: int = 0,
    hint: Mapping[str, int] | None = None,
    effort: float = EFFORT,
) -> Order | None:
    """The cheapest order found of a stretch, with ``request`` in it if one is given; None when none was found.

    Args:
        rate: cents that an hour of changing over costs.
        haste: cents that each hour of a later start of ``request`` counts; not part of the cost.
        hint: a known order.
    """
    around = _Around.of(timeline, stretch)
    items = _items(timeline.blocks[stretch.low : stretch.high], request, around)
    if any(item.due - item.length < item.earliest for item in items):
        return None
    if not items:
        return Order(starts={}, cost=cost_of(timeline, stretch, {}, rate=rate))
    cp_model = _cp_model()
    model = cp_model.CpModel()
    starts = [model.new_int_var(item.earliest, item.due - item.length, "") for item in items]
    model.add_no_overlap(
        model.new_fixed_size_interval_var(start, item.length, "") for start, item in zip(starts, items, strict=True)
    )
    costs = [cost for start, item in zip(starts, items, strict=True) for cost in _lateness(model, start, item)]
    if not timeline.changeovers.none:
        costs += _sequence(model, timeline, around, items, starts, rate)
    hurry = [haste * starts[-1]] if request is not None else []
    model.minimize(sum(costs) + sum(hurry))
    for start, item in zip(starts, items, strict=True):
        model.add_hint(start, (hint or {}).get(item.key, item.start))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    # Presolving a dozen blocks takes longer than it saves: a third of the whole, for the same orders.
    solver.parameters.cp_model_presolve = False
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    found = {item.key: int(solver.value(start)) for start, item in zip(starts, items, strict=True) if item.key}
    return Order(starts=found, cost=cost_of(timeline, stretch, found, rate=rate, request=request))


def cost_of(
    timeline: Timeline,
    stretch: Stretch,
    starts: Mapping[str, int],
    *,
    rate: int,
    request: Request | None = None,
) -> int:
    """What a stretch costs when its blocks start at ``starts`` (where they stand, if not named)."""
    around = _Around.of(timeline, stretch)
    items = _items(timeline.blocks[stretch.low : stretch.high], request, around)
    between = timeline.changeovers.between
    total, family = 0, around.before
    for start, item in sorted((starts.get(item.key, item.start), item) for item in items):
        total += rate * between(family, item.family) + item.late(start)
        family = item.family
    return total + (rate * between(family, around.after) if around.closes is not None else 0)


class _Around(NamedTuple):
    """What lies before and after a stretch."""

    opens: int
    before: Family
    closes: int | None
    after: Family

    @classmethod
    def of(cls, timeline: Timeline, stretch: Stretch) -> "_Around":
        blocks = timeline.blocks
        opens, before = (timeline.ends[stretch.low - 1], blocks[stretch.low - 1].family) if stretch.low else (0, ANY)
        if stretch.high == len(blocks):
            return cls(opens, before, None, ANY)
        return cls(opens, before, blocks[stretch.high].start, blocks[stretch.high].family)


def _items(blocks: Sequence[Block], request: Request | None, around: _Around) -> list[Block]:
    """What is put in order, the request last; blocks that stand on each other count as one."""
    items: list[Block] = []
    for block in blocks:
        if items and block.start < items[-1].finish:
            finish = max(items[-1].finish, block.finish)
            items[-1] = items[-1]._replace(finish=finish, due=finish)
        else:
            closes = block.due if around.closes is None else min(block.due, around.closes)
            items.append(block._replace(earliest=max(block.earliest, around.opens), due=closes))
    if request is not None:
        ready = max(request.ready, around.opens)
        last = request.last + request.length
        due = last if around.closes is None else min(last, around.closes)
        items.append(Block(ready, ready + request.length, ready, due, 0, 0, request.family, NEW))
    return items


def _lateness(model: Any, start: Any, item: Block) -> list[Any]:
    if not item.weight or item.due <= item.wanted:
        return []
    if item.earliest + item.length >= item.wanted:
        return [item.weight * (start + item.length - item.wanted)]
    late = model.new_int_var(0, item.due - item.wanted, "")
    model.add(late >= start + item.length - item.wanted)
    return [item.weight * late]


def _sequence(
    model: Any, timeline: Timeline, around: _Around, items: Sequence[Block], starts: Sequence[Any], rate: int
) -> list[Any]:
    """Who follows whom: a circuit from before the stretch, through all items, to what comes after it."""
    between = timeline.changeovers.between
    arcs, costs = [], []
    for index, (start, item) in enumerate(zip(starts, items, strict=True), start=1):
        leads, closes = model.new_bool_var(""), model.new_bool_var("")
        arcs += [(0, index, leads), (index, 0, closes)]
        change = between(around.before, item.family)
        model.add(start >= around.opens + change).only_enforce_if(leads)
        costs.append(rate * change * leads)
        if around.closes is not None:
            change = between(item.family, around.after)
            model.add(start + item.length + change <= around.closes).only_enforce_if(closes)
            costs.append(rate * change * closes)
    for (one, first), (two, second) in permutations(enumerate(items), 2):
        change = between(first.family, second.family)
        if first.earliest + first.length + change > second.due - second.length:
            continue
        follows = model.new_bool_var("")
        arcs.append((one + 1, two + 1, follows))
        model.add(starts[two] >= starts[one] + first.length + change).only_enforce_if(follows)
        costs.append(rate * change * follows)
    model.add_circuit(arcs)
    return costs


def warm_up() -> None:
    """Load what the first question would load, so that no first customer waits for it."""
    _cp_model()


@cache
def _cp_model() -> ModuleType:
    """OR-Tools, loaded apart from this module: it costs half a second, which a customer's node need not spend."""
    from ortools.sat.python import cp_model

    module: ModuleType = cp_model
    return module
