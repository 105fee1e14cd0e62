"""Who hands parts on to whom: the assignments around one, by the call's routing; it decides nothing."""

from collections.abc import Sequence

from protocol.award import Assignment
from protocol.job import Call
from protocol.routing import predecessors


def before(call: Call, assignments: Sequence[Assignment], index: int) -> tuple[int, ...]:
    """The assignments whose parts assignment ``index`` begins with; none where it begins with material."""
    feeding = predecessors(call.operations)[assignments[index].offer.first]
    return tuple(at for at, one in enumerate(assignments) if one.offer.last in feeding)


def after(call: Call, assignments: Sequence[Assignment], index: int) -> tuple[int, ...]:
    """The assignments that begin with the parts of assignment ``index``; none where they go to the customer."""
    feeding, last = predecessors(call.operations), assignments[index].offer.last
    return tuple(at for at, one in enumerate(assignments) if last in feeding[one.offer.first])


def upstream(call: Call, assignments: Sequence[Assignment], index: int) -> tuple[int, ...]:
    """All assignments whose work is in the parts that assignment ``index`` begins with."""
    found: set[int] = set()
    ahead = list(before(call, assignments, index))
    while ahead:
        at = ahead.pop()
        if at not in found:
            found.add(at)
            ahead += before(call, assignments, at)
    return tuple(sorted(found))
