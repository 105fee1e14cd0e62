"""Windows on one machine for one piece of work: fast by insertion, then better by CP-SAT; none that others dominate.

When the parts arrive is decided by windows upstream, which a bidder cannot know. So the menu is dense where work can
begin first and sparse towards the end, and among starts that are reached anyway only the cheapest is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from node.planner.solver import EFFORT, NEW, Order, Stretch, cost_of, order
from node.planner.timeline import Move, Place, Request, Timeline

NEIGHBOURS = 10
"""Blocks that CP-SAT may put in another order around a request; eight miss five per cent of a hurried one's worth, and
twelve cost half as much time again for one per cent."""

BENCHES = 2
"""Machines that CP-SAT tries for each haste."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One machine as it is asked for windows."""

    timeline: Timeline
    request: Request
    rate: int
    """Cents that its hour costs."""

    now: int
    orders: dict[Stretch, int] = field(default_factory=dict)
    """What stretches cost at best without the request."""


class Found(NamedTuple):
    """A place on one of several benches."""

    bench: int
    place: Place

    def beaten_by(self, other: "Found", rate: int) -> bool:
        """Whether another place on the same bench leaves nothing for this one: as early, as late and no dearer."""
        mine, theirs = self.place, other.place
        covered = theirs.start <= mine.start and (mine.latest == mine.start or mine.latest <= theirs.latest)
        return self.bench == other.bench and covered and theirs.cost(rate) <= mine.cost(rate)


def openings(bench: Bench, targets: Iterable[int], *, most: int, span: int) -> list[Place]:
    """Up to ``most`` places in order of start: the undominated first ones, then one from each target on.

    Args:
        targets: starts, ascending.
        span: longest window.
    """
    places = bench.timeline.places(bench.request, now=bench.now, rate=bench.rate)
    kept = [place.capped(span) for place in places][-most:]
    if kept and kept[-1].latest >= bench.request.last:
        return kept
    for target in targets:
        if len(kept) == most:
            break
        if kept and target <= kept[-1].latest:
            continue
        later = bench.timeline.gap(bench.request, now=bench.now, ready=target)
        if later is None:
            break
        kept.append(later.capped(span))
    return kept


def improved(
    benches: Sequence[Bench],
    found: Sequence[Found],
    bases: Sequence[int],
    hastes: Iterable[int],
    *,
    effort: float = EFFORT,
    neighbours: int = NEIGHBOURS,
) -> Iterator[Found]:
    """Places that beat the most promising of ``found``, each a single start.

    Args:
        bases: cents that the work itself costs on each bench.
        hastes: cents that the customer may give for an hour; each asks for another trade.
        effort: deterministic time for each order.
        neighbours: blocks that may change places.
    """
    seen: set[tuple[int, int, int]] = set()
    for haste in hastes:
        tried: list[int] = []
        for index, place in sorted(found, key=lambda f: _appeal(f, benches, bases, haste)):
            if index in tried:
                continue
            tried.append(index)
            better = (
                None if _ideal(benches[index], place) else _better(benches[index], place, haste, effort, neighbours)
            )
            if better is not None and (index, better.start, better.delay) not in seen:
                seen.add((index, better.start, better.delay))
                candidate = Found(index, better)
                if not any(candidate.beaten_by(other, benches[index].rate) for other in found):
                    yield candidate
            if len(tried) == BENCHES:
                break


def _ideal(bench: Bench, place: Place) -> bool:
    """Whether no order can be better: it starts at once, displaces nothing and changes nothing over."""
    return place.start == bench.request.ready and place.delay == 0 and place.changeover <= 0


def _appeal(found: Found, benches: Sequence[Bench], bases: Sequence[int], haste: int) -> tuple[int, int, int]:
    """Cent-seconds at one haste; the finish counts, for machines differ in speed."""
    bench, place = benches[found.bench], found.place
    finish = place.start + bench.request.length - bench.request.ready
    return bases[found.bench] * 3600 + place.cost(bench.rate) + haste * finish, found.bench, place.start


def _better(bench: Bench, place: Place, haste: int, effort: float, neighbours: int) -> Place | None:
    """The best order of the neighbours around ``place`` with the request among them."""
    stretch = around(bench, place.position, neighbours)
    hint = {move.key: move.start for move in place.moves} | {NEW: place.start}
    best = order(bench.timeline, stretch, rate=bench.rate, request=bench.request, haste=haste, hint=hint, effort=effort)
    if best is None:
        return None
    cost = best.cost - _without(bench, stretch, effort)
    return Place(best.starts[NEW], best.starts[NEW], 0, cost, moves_of(bench.timeline, stretch, best), place.position)


def around(bench: Bench, position: int, neighbours: int = NEIGHBOURS) -> Stretch:
    """The neighbours of a position that have not started."""
    blocks = bench.timeline.blocks
    low = max(0, position - neighbours // 2)
    while low < len(blocks) and blocks[low].start <= bench.now:
        low += 1
    while 0 < low < len(blocks) and bench.timeline.ends[low - 1] > blocks[low].start:
        low += 1
    high = max(low, min(len(blocks), low + neighbours))
    while high < len(blocks) and bench.timeline.ends[high - 1] > blocks[high].start:
        high += 1
    return Stretch(low, high)


def moves_of(timeline: Timeline, stretch: Stretch, best: Order) -> tuple[Move, ...]:
    """What starts elsewhere in an order than it does now."""
    blocks = timeline.blocks[stretch.low : stretch.high]
    return tuple(
        Move(b.key, best.starts[b.key]) for b in blocks if b.key and best.starts.get(b.key, b.start) != b.start
    )


def _without(bench: Bench, stretch: Stretch, effort: float) -> int:
    """What the stretch costs at best without the request: marginal cost charges no one for our own disorder."""
    if stretch not in bench.orders:
        standing = cost_of(bench.timeline, stretch, {}, rate=bench.rate)
        best = order(bench.timeline, stretch, rate=bench.rate, effort=effort)
        bench.orders[stretch] = standing if best is None else min(standing, best.cost)
    return bench.orders[stretch]
