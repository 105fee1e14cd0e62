"""Random routings that fork and join, nested too, for tests; a seed always draws the same."""

from random import Random
from typing import TypeAlias

from tests.auction.markets import Kind

After: TypeAlias = tuple[tuple[int, ...], ...]


def series_parallel(draw: Random, most: int = 6) -> After:
    """Predecessors of up to ``most`` operations, at least two of which have no order between them."""
    while True:
        after: list[tuple[int, ...]] = []
        _series(draw, after, (), depth=2)
        if len(after) <= most and any(before != ((index - 1,) if index else ()) for index, before in enumerate(after)):
            return tuple(after)


def forked(seed: int) -> Kind:
    """Auctions whose routing forks and joins anyhow; few machines and wide windows let branches meet on them."""
    draw = Random(seed)
    return Kind(
        after=series_parallel(draw),
        providers=draw.choice((2, 3, 4)),
        machines=draw.choice((1, 1, 2)),
        offers=draw.choice((3, 4)),
        width=draw.choice((0, 600, 3_000)),
        bundles=0.3,
        clashes=draw.choice((0, 0, 2)),
    )


def _series(draw: Random, after: list[tuple[int, ...]], ends: tuple[int, ...], depth: int) -> tuple[int, ...]:
    """Appends operations and forks that follow ``ends``, never two forks in a row; returns what comes last."""
    forks = depth > 0 and draw.random() < 0.4
    for _ in range(draw.randint(1, 3)):
        if forks:
            branches = [_series(draw, after, ends, depth - 1) for _ in range(draw.randint(2, 3))]
            ends = tuple(sorted(last for branch in branches for last in branch))
        else:
            after.append(ends)
            ends = (len(after) - 1,)
        forks = not forks and depth > 0 and draw.random() < 0.5
    return ends
