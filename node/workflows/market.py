"""What the desk learns from the network: advertised rates, this node's own past awards, and when machines have time."""

from collections import defaultdict
from collections.abc import Iterable

from federation.directory import Directory
from node.design.estimate import Estimate
from node.design.findings import findings
from node.design.market import Candidate, Lead, Market
from node.design.reach import ORDINARY, reach_of
from node.design.routing import Routing
from node.workflows.posted import Post
from protocol.ids import ProcessCode
from protocol.job import BidView, Operation
from protocol.params import CAPACITY_DAYS, DAY, DAY_PARTS, TRANSPORT_HANDLING
from protocol.units import Seconds, UnixSeconds

RECENT = 20
"""Past awards of a process that count; older ones tell of other times."""


def market(
    directory: Directory,
    operations: Iterable[Operation],
    part: BidView,
    posts: Iterable[Post],
    *,
    now: UnixSeconds,
    wall: UnixSeconds,
) -> Market:
    """Rates of the machines that could take each operation, and what past awards came to; ``now`` is plant time."""
    hours = {
        operation.process: tuple(
            sorted(
                match.capability.hour
                for match in directory.match(operation, part, window=_ahead(now), now=wall)
                if match.capability.hour is not None and not match.misfit
            )
        )
        for operation in operations
    }
    return Market(hours=hours, paid=_paid(posts))


def candidates(
    directory: Directory, routing: Routing, part: BidView, *, now: UnixSeconds, wall: UnixSeconds
) -> tuple[Candidate, ...]:
    """Every known machine of the processes asked for, those that can first; ``now`` is plant time."""
    return tuple(
        Candidate(
            operation=operation.index,
            provider=match.card.name,
            machine=match.capability.machine,
            misfit=match.misfit,
            hour=match.capability.hour,
            findings=findings(routing.shape, operation.process, operation.tolerance, reach=reach_of(match.capability))
            if operation.process in ORDINARY
            else (),
        )
        for operation in routing.operations
        for match in directory.match(operation, part, window=_ahead(now), now=wall)
        if match.capability.process == operation.process
    )


def _paid(posts: Iterable[Post]) -> dict[ProcessCode, tuple[int, ...]]:
    """Awards against what was expected, latest last; the price of several operations together counts for each."""
    found: dict[ProcessCode, list[int]] = defaultdict(list)
    for post in posts:
        for assignment in post.awarded:
            covered = range(assignment.offer.first, assignment.offer.last + 1)
            expected = sum(post.posted.expected[index] for index in covered)
            share = round(100 * assignment.price / max(1, expected))
            for index in covered:
                found[post.call.operations[index].process].append(share)
    return {process: tuple(shares[-RECENT:]) for process, shares in found.items()}


def lead(
    directory: Directory,
    operations: tuple[Operation, ...],
    part: BidView,
    estimate: Estimate,
    *,
    now: UnixSeconds,
    wall: UnixSeconds,
) -> Lead | None:
    """When the order could be done, one operation after the other; None when a process has no machine with room.

    Args:
        now: plant time, in which machines tell their free time.
    """
    likely, high, machines = now, now, 0
    for operation, row in zip(operations, estimate.operations, strict=True):
        fitting = [m for m in directory.match(operation, part, window=_ahead(now), now=wall) if not m.misfit]
        capacities = [directory.capacity(m.card.provider, m.capability.machine) for m in fitting]
        machines += len(fitting)
        ends = []
        for start, seconds in ((likely, row.seconds.likely), (high, row.seconds.high)):
            found = [_end(capacity.free, capacity.since, start, seconds) for capacity in capacities if capacity]
            ends.append(min((end for end in found if end is not None), default=None))
        if ends[0] is None or ends[1] is None:
            return None
        likely, high = (UnixSeconds(end + TRANSPORT_HANDLING) for end in ends if end is not None)
    return Lead(
        low=Seconds(estimate.seconds.low),
        likely=Seconds(likely - now),
        high=Seconds(high - now),
        words=f"free time of {machines} machines as advertised, day by day; the shortest is the bare work",
    )


def _ahead(now: UnixSeconds) -> tuple[UnixSeconds, UnixSeconds]:
    """As far as machines tell their free time."""
    return now, UnixSeconds(now + CAPACITY_DAYS * DAY)


def _end(free: tuple[int, ...], since: UnixSeconds, start: UnixSeconds, seconds: int) -> UnixSeconds | None:
    """The end of the first day by which so much time was free from ``start`` on; at least the work itself."""
    left = seconds
    for day, quarters in enumerate(free):
        begins = since + day * DAY
        if begins + DAY <= start:
            continue
        share = min(DAY, begins + DAY - start)
        room = min(share, quarters * DAY // DAY_PARTS)
        if left <= room:
            return UnixSeconds(max(begins, start) + left + (share - room))
        left -= room
    return None
