"""A routing's shape: a chain, or chains that fork and join; any other graph of operations is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from protocol.errors import RejectError
from protocol.job import Operation


@dataclass(frozen=True, slots=True)
class Fork:
    """Branches that run side by side; what follows waits for all of them."""

    branches: tuple["Series", ...]


Series: TypeAlias = tuple[int | Fork, ...]
"""Operations and forks, one after the other; never two forks in a row."""


def predecessors(operations: Sequence[Operation]) -> tuple[tuple[int, ...], ...]:
    """For every operation, those right before it."""
    return tuple(
        (() if operation.index == 0 else (operation.index - 1,)) if operation.after is None else operation.after
        for operation in operations
    )


def downstream(after: Sequence[Sequence[int]], operation: int) -> frozenset[int]:
    """The operations whose parts ``operation`` is in; ``after`` are each operation's predecessors."""
    found: set[int] = set()
    for index in range(operation + 1, len(after)):
        if operation in after[index] or not found.isdisjoint(after[index]):
            found.add(index)
    return frozenset(found)


def chain(length: int) -> tuple[tuple[int, ...], ...]:
    """The predecessors of a plain chain."""
    return tuple(() if index == 0 else (index - 1,) for index in range(length))


def shape(after: Sequence[Sequence[int]]) -> Series:
    """The forks and joins that ``after``, each operation's predecessors, amounts to.

    Raises:
        RejectError: an operation that does not come after its predecessors' numbers, or a graph that is not made of
            forks and joins at single operations, or that says something twice.
    """
    for index, before in enumerate(after):
        if any(not 0 <= other < index for other in before) or list(before) != sorted(set(before)):
            raise RejectError(f"operation {index} does not come after operations before it, named once, in order")
    if all(before == (() if index == 0 else (index - 1,)) for index, before in enumerate(after)):
        return tuple(range(len(after)))
    found = _shape(frozenset(range(len(after))), after)
    if sorted(_edges(found)) != sorted((a, b) for b, before in enumerate(after) for a in before):
        raise RejectError("routing names an order that follows from another")
    return found


def joined(after: Sequence[Sequence[int]]) -> Series:
    """The ``shape`` of a routing that makes one part.

    Raises:
        RejectError: it has none, or does not end in one operation, in which all parts meet.
    """
    found = shape(after)
    last = set(range(len(after))).difference(*after)
    if len(last) != 1:
        raise RejectError(f"routing does not end in one operation, in which all parts meet, but in {len(last)}")
    return found


def runs(series: Series) -> Iterator[tuple[int, ...]]:
    """Maximal chains of consecutive operations; a bundle lies within one."""
    run: list[int] = []
    for element in series:
        if isinstance(element, Fork) or (run and element != run[-1] + 1):
            if run:
                yield tuple(run)
            run = []
        if isinstance(element, Fork):
            for branch in element.branches:
                yield from runs(branch)
        else:
            run.append(element)
    if run:
        yield tuple(run)


def _shape(operations: frozenset[int], after: Sequence[Sequence[int]]) -> Series:
    if not operations:
        return ()
    parts = _components(operations, after)
    if len(parts) > 1:
        return (Fork(tuple(_shape(part, after) for part in parts)),)
    first = [o for o in operations if operations.isdisjoint(after[o])]
    if len(first) == 1:
        return (first[0], *_shape(operations - {first[0]}, after))
    last = operations - {other for o in operations for other in after[o]}
    if len(last) == 1:
        return (*_shape(operations - last, after), *last)
    for operation in sorted(operations):
        behind = operations & downstream(after, operation)
        ahead = frozenset(one for one in operations if operation in downstream(after, one))
        if len(ahead) + 1 + len(behind) == len(operations):
            return (*_shape(ahead, after), operation, *_shape(behind, after))
    raise RejectError("routing is not made of forks and joins at single operations")


def _components(operations: frozenset[int], after: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    """Parts that no order connects, by their first operation."""
    parts: list[frozenset[int]] = []
    for operation in sorted(operations):
        joined = {operation, *operations.intersection(after[operation])}
        apart = [part for part in parts if part.isdisjoint(joined)]
        merged = frozenset(joined).union(*(part for part in parts if not part.isdisjoint(joined)))
        parts = [*apart, merged]
    return sorted(parts, key=min)


def _edges(series: Series) -> Iterator[tuple[int, int]]:
    for element in series:
        if isinstance(element, Fork):
            for branch in element.branches:
                yield from _edges(branch)
    for before, behind in pairwise(series):
        for a in _ends(before, last=True):
            for b in _ends(behind, last=False):
                yield a, b


def _ends(element: int | Fork, *, last: bool) -> Iterator[int]:
    if isinstance(element, Fork):
        for branch in element.branches:
            yield from _ends(branch[-1 if last else 0], last=last)
    else:
        yield element
