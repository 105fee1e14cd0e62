"""Who inspects whose work: the link from an assignment to the one that measures what it makes."""

from collections.abc import Sequence

from protocol.award import Assignment
from protocol.job import Call
from protocol.params import INSPECTION
from protocol.routing import downstream, predecessors


def inspector_of(call: Call, assignments: Sequence[Assignment], index: int) -> int | None:
    """The assignment with the first inspection after ``index`` in the routing; None when nobody else inspects it."""
    behind = downstream(predecessors(call.operations), assignments[index].offer.last)
    inspections = [o.index for o in call.operations if o.process == INSPECTION and o.index in behind]
    if not inspections:
        return None
    return next(i for i, a in enumerate(assignments) if a.offer.first <= inspections[0] <= a.offer.last)
