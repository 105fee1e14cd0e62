"""How much of a machine's time is free, told so roughly that nobody's jobs can be read from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.errors import RejectError
from protocol.ids import MachineId, PeerId
from protocol.params import CAPACITY_DAYS, DAY, DAY_PARTS, MAX_TEXT
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """One machine's free time, day by day in quarters of a day, rounded down (gossip topic ``capacity/1``)."""

    provider: PeerId
    machine: MachineId
    since: UnixSeconds
    """Plant time at which the first day begins, a multiple of ``DAY``."""

    free: tuple[int, ...]
    """Free quarters of each day from ``since``, 0 to 4, at most ``CAPACITY_DAYS`` of them."""


def free_quarters(busy: Iterable[tuple[int, int]], *, since: UnixSeconds) -> tuple[int, ...]:
    """Free quarters of each of ``CAPACITY_DAYS`` days from ``since``, where ``busy`` is from-until in plant time.

    What is busy counts once however often it is listed. Rounding down hides where in the day the gaps are, and all work
    shorter than a quarter that falls into a begun one.
    """
    spans = sorted((max(start, since), finish) for start, finish in busy if finish > since)
    taken = [0] * CAPACITY_DAYS
    reached = int(since)
    for start, finish in spans:
        at = max(start, reached)
        reached = max(reached, finish)
        while at < finish and (day := (at - since) // DAY) < CAPACITY_DAYS:
            until = min(finish, since + (day + 1) * DAY)
            taken[day] += until - at
            at = until
    return tuple((DAY - seconds) * DAY_PARTS // DAY for seconds in taken)


def free_between(capacity: Capacity, start: UnixSeconds, finish: UnixSeconds) -> int:
    """Free quarters on the days that lie between ``start`` and ``finish``, plant time, the begun ones included."""
    first = max(0, (start - capacity.since) // DAY)
    last = max(0, -(-(finish - capacity.since) // DAY))
    return sum(capacity.free[first:last])


def accept_capacity(capacity: Capacity, *, signer: PeerId) -> None:
    """Decide whether ``capacity`` enters the directory.

    Raises:
        RejectError: not signed by its provider, not from the beginning of a day, too many days, a day with more or
            fewer quarters than there are, or a name too long.
    """
    if capacity.provider != signer:
        raise RejectError("capacity is not signed by its provider")
    if capacity.since % DAY or len(capacity.free) > CAPACITY_DAYS or len(capacity.machine) > MAX_TEXT:
        raise RejectError("capacity is out of bounds")
    if any(not 0 <= quarters <= DAY_PARTS for quarters in capacity.free):
        raise RejectError("a day has four quarters")
