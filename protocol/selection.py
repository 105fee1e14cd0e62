"""The best plan that keeps the caps and lets no two windows clash: searches, and branches where a plan is not allowed.

Two windows clash when their bid says so, or when they would occupy one machine at one time, which only a routing that
forks can ask for. A plan that clashes splits the search: in one half the one window is restricted, in the other half
the other, so that every allowed plan stays in some half. The halves are taken up in order of cost, hence the first
plan without a clash is the best one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import combinations
from typing import TypeAlias

from protocol.composition import ComplexityError, Known, Plan, Search
from protocol.params import MAX_BRANCHES
from protocol.routing import Fork
from protocol.space import MICRO_CENT, Caps, Space, Window

LIMIT_BITS = 10
"""Bits of a limit: so many that it is loose by a five-hundredth at most, so few that ten searches find the highest."""

MAX_SCORE = 1 << 63
"""Micro-cents; no plan has a higher score."""

STEPS = 12
"""Halvings in the search for a multiplier; each costs one search without caps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusive:
    """What cannot be together in one plan."""

    clashes: Collection[frozenset[int]] = ()
    """Pairs of windows' numbers."""

    machines: Mapping[int, int] | None = None
    """Window's number to its machine's; None when no two windows of a plan can meet on a machine."""


Step: TypeAlias = tuple[int, int]
"""A window's number and its start."""

NOTHING_EXCLUSIVE = Exclusive()


class ClashError(Exception):
    """The search split more than ``MAX_BRANCHES`` times."""


def settle(
    space: Space,
    windows: Sequence[Window],
    caps: Caps,
    exclusive: Exclusive,
    rank: Callable[[Iterable[Window]], list[Window]],
    told: int | None = None,
) -> Plan | None:
    """The plan with the lowest score, and of those the one with the lowest rank; None when there is none.

    What is told saves time and decides nothing: with it or without it the same plan is found, or none, or the search is
    given up. For whoever gives up on the way from a first guess tries with ever better limits, like the ones that
    somebody who knew the best score would have told.

    Args:
        rank: gives windows their ranks.
        told: a score that some plan is said to reach, in micro-cents; if none does, the outcome means nothing.

    Raises:
        ComplexityError: even with the best score for a limit there are too many partial plans.
        ClashError: too many halves.
    """
    if any(isinstance(element, Fork) for element in space.series):
        return select(space, rank(windows), caps, exclusive)

    def among(search: Search, most: int) -> Plan | None:
        some, known = search.narrow((most + 1) * MICRO_CENT)
        return select(space, rank(some), caps, exclusive, known)

    def proved(score: int) -> Plan | None:
        most = rung(score)
        return among(Search(space, windows, known=Known((most + 1) * MICRO_CENT)), most)

    if told is not None:
        with suppress(ComplexityError):
            return proved(told)
    search = Search(space, windows)
    guess = search.guess()
    with suppress(ComplexityError):
        if guess is None or not caps.hold(guess.price, guess.co2) or _clash(guess, {}, exclusive):
            return select(space, rank(windows), caps, exclusive)
        return among(search, guess.cost // MICRO_CENT)
    return deepened(proved)


def rung(score: int) -> int:
    """The lowest limit that a score is searched with: its ``LIMIT_BITS`` highest bits, rounded up."""
    shift = max(0, score.bit_length() - LIMIT_BITS)
    return -(-score >> shift) << shift


def deepened(proved: Callable[[int], Plan | None]) -> Plan | None:
    """The best plan, by the highest limit with which the search for it is small enough.

    Raises:
        ComplexityError: with that limit there is no plan.
    """
    low, high = 0, None
    while True:
        most = rung(max(1, 2 * low) if high is None else (low + high) // 2)
        if most > MAX_SCORE or (high is not None and not low < most < high):
            raise ComplexityError
        try:
            plan = proved(most)
        except ComplexityError:
            high = most
        else:
            if plan is not None:
                return plan
            low = most


def select(
    space: Space,
    windows: Sequence[Window],
    caps: Caps | None = None,
    exclusive: Exclusive = NOTHING_EXCLUSIVE,
    known: Known | None = None,
) -> Plan | None:
    """The plan with the lowest cost, or None when there is none.

    Raises:
        ComplexityError: too many partial plans.
        ClashError: too many halves.
    """
    by_number = {window.number: window for window in windows}
    root = within(space, windows, caps, known)
    waiting = [] if root is None else [(root.cost, 0, root, by_number)]
    branches = 0
    while waiting:
        _, _, plan, allowed = heappop(waiting)
        pair = _clash(plan, by_number, exclusive)
        if pair is None:
            return plan
        for restricted in _halves(*pair, allowed, exclusive):
            branches += 1
            if branches > MAX_BRANCHES:
                raise ClashError
            found = within(space, list(restricted.values()), caps, known)
            if found is not None:
                heappush(waiting, (found.cost, branches, found, restricted))
    return None


def within(space: Space, windows: Sequence[Window], caps: Caps | None, known: Known | None = None) -> Plan | None:
    """The plan with the lowest cost that keeps ``caps``, clashes aside; None when none costs what is known or less."""
    free = Search(space, windows, known=known).best()
    if free is None or caps is None or caps.hold(free.price, free.co2):
        return free
    if known is not None:
        return Search(space, windows, caps, known).best()
    least = _least(space, windows, caps)
    if least is None:
        return None
    return Search(space, windows, caps, Known(least) if least > 0 else None).best()


def lowest(space: Space, windows: Sequence[Window], *, price: bool, cap: int | None = None) -> int | None:
    """The lowest price (else CO2) of any plan in time, with the other at most ``cap``; None when there is no plan."""

    def move(a: int, b: int) -> tuple[int, int, int]:
        time, _, co2 = space.move(a, b)
        return time, 0 if price else co2, co2

    bare = replace(space, rate=0, cent=1 if price else 0, move=move)
    flat = [w._replace(cost=w.price if price else w.co2) for w in windows]
    if cap is None:
        found = Search(bare, flat).best()
    else:
        found = Search(bare, flat, Caps(co2=cap) if price else Caps(budget=cap)).best()
    return None if found is None else found.cost


def _least(space: Space, windows: Sequence[Window], caps: Caps) -> int | None:
    """Cost of a good plan within ``caps``, 0 when none was found in the search's way, None when there surely is none.

    A multiplier on price and CO2 is raised until the plan that is best with it keeps the caps.
    """
    if caps.budget is not None and (floor := lowest(space, windows, price=True)) is not None and floor > caps.budget:
        return None
    if caps.co2 is not None and (floor := lowest(space, windows, price=False)) is not None and floor > caps.co2:
        return None
    unit = max(1, *(w.cost for w in windows))
    dear = unit // max(1, caps.budget) if caps.budget is not None else 0
    dirty = unit // max(1, caps.co2) if caps.co2 is not None else 0
    best, low, high = 0, 0, 1 << STEPS
    for _ in range(STEPS):
        middle = (low + high) // 2
        found = _penalised(space, windows, dear * middle * middle // 4096, dirty * middle * middle // 4096)
        if found is not None and caps.hold(found.price, found.co2):
            best = found.cost if best == 0 else min(best, found.cost)
            high = middle
        else:
            low = middle
    return best


def _penalised(space: Space, windows: Sequence[Window], dear: int, dirty: int) -> Plan | None:
    """The best plan when a cent costs ``dear`` more and a gram ``dirty`` more; its cost is told without that."""

    def move(a: int, b: int) -> tuple[int, int, int]:
        time, cost, co2 = space.move(a, b)
        return time, cost + dirty * co2, co2

    raised = [w._replace(cost=w.cost + dear * w.price + dirty * w.co2) for w in windows]
    found = Search(replace(space, cent=space.cent + dear, move=move), raised).best()
    return None if found is None else found._replace(cost=found.cost - dear * found.price - dirty * found.co2)


def _clash(plan: Plan, windows: Mapping[int, Window], exclusive: Exclusive) -> tuple[Step, Step] | None:
    """The first two steps of ``plan`` that cannot be together."""
    for a, b in combinations(plan.steps, 2):
        if frozenset((a[0], b[0])) in exclusive.clashes or _meet(a, b, windows, exclusive.machines):
            return a, b
    return None


def _meet(a: Step, b: Step, windows: Mapping[int, Window], machines: Mapping[int, int] | None) -> bool:
    if machines is None or machines[a[0]] != machines[b[0]]:
        return False
    return a[1] < b[1] + windows[b[0]].duration and b[1] < a[1] + windows[a[0]].duration


def _halves(a: Step, b: Step, allowed: Mapping[int, Window], exclusive: Exclusive) -> Iterator[dict[int, Window]]:
    """What stays allowed on each side of a clash; no plan without a clash is lost."""
    if frozenset((a[0], b[0])) in exclusive.clashes:
        for banned, _ in (a, b):
            yield {number: window for number, window in allowed.items() if number != banned}
        return
    for (one, start), (other, _) in ((a, b), (b, a)):
        # One goes first: either the other begins after the end that ``one`` has here, or ``one`` ends earlier.
        end = start + allowed[one].duration
        yield _restricted(allowed, other, opens=max(end, allowed[other].opens))
        yield _restricted(allowed, one, closes=min(start - 1, allowed[one].closes))


def _restricted(
    allowed: Mapping[int, Window], number: int, *, opens: int | None = None, closes: int | None = None
) -> dict[int, Window]:
    window = allowed[number]
    window = window._replace(
        opens=window.opens if opens is None else opens, closes=window.closes if closes is None else closes
    )
    return {
        other: window if other == number else kept
        for other, kept in allowed.items()
        if other != number or window.opens <= window.closes
    }
