"""What a customer says of operations that do not wait for the one before them; the plan of its routing is a chain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from node.errors import RequestError
from protocol.errors import RejectError
from protocol.job import Operation
from protocol.routing import joined, predecessors


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """An operation and what it begins with."""

    operation: int
    """Its index in the routing."""

    after: tuple[int, ...]
    """The operations whose parts it begins with, ascending; none: it begins with material."""


def parse_branches(texts: Iterable[str]) -> tuple[Branch, ...]:
    """Branches as a person types them: ``3:1,2`` begins with the parts of 1 and 2, ``2:`` with material.

    Raises:
        RequestError: not of that form, or an operation twice.
    """
    found: dict[int, Branch] = {}
    for text in texts:
        operation, colon, before = text.partition(":")
        named = [one.strip() for one in before.split(",")] if before.strip() else []
        if not colon or not all(one.strip().isdecimal() and int(one) > 0 for one in (operation, *named)):
            raise RequestError("bad-after", f"{text!r} is not of the form 3:1,2 or 2: (operations counted from 1)")
        index = int(operation) - 1
        if index in found:
            raise RequestError("bad-after", f"operation {index + 1} is named twice")
        found[index] = Branch(operation=index, after=tuple(sorted({int(one) - 1 for one in named})))
    return tuple(found.values())


def branched(operations: Sequence[Operation], branches: Iterable[Branch]) -> tuple[Operation, ...]:
    """The planned operations with the customer's word on what they wait for.

    Raises:
        RequestError: there is no such operation, or what comes of it is no routing that can be auctioned.
    """
    found = list(operations)
    for branch in branches:
        if branch.operation >= len(found):
            raise RequestError("bad-after", f"the routing has {len(found)} operations; see: guildmark inspect")
        found[branch.operation] = replace(found[branch.operation], after=branch.after)
    try:
        joined(predecessors(found))
    except RejectError as error:
        raise RequestError("bad-after", str(error)) from error
    return tuple(found)


def branches_of(operations: Iterable[Operation]) -> tuple[Branch, ...]:
    """What was said of ``operations`` when they were posted."""
    return tuple(Branch(operation=one.index, after=one.after) for one in operations if one.after is not None)
