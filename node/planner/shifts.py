"""When a machine works: weekly shifts less closures, and the one-to-one map between plant time and time worked."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from node.errors import ConfigError
from protocol.units import Seconds, UnixSeconds

WEEK = 7 * 24 * 3600

_MONDAY = 4 * 24 * 3600
"""1970-01-05T00:00:00Z, the first Monday of Unix time."""

_NEVER = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One open interval of every week."""

    opens: Seconds
    """From Monday 00:00 UTC."""

    closes: Seconds
    """From Monday 00:00 UTC; at most one week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Once closed although a shift says open: maintenance, a holiday, an outage."""

    begins: UnixSeconds
    ends: UnixSeconds


class Stretch(NamedTuple):
    """Starts between which the same work takes the same plant time: no closed hour enters or leaves it."""

    opens: UnixSeconds
    closes: UnixSeconds
    """Last start of the stretch."""

    duration: Seconds
    """Plant time from start to finish, closed hours included."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Weekly shifts and closures. Work stops when a shift closes and goes on when the next one opens.

    Planning happens in time worked, where closed hours do not exist; ``worked``, ``start`` and ``finish`` translate.
    Not slotted: the sums over its shifts are kept.
    """

    shifts: tuple[Shift, ...]
    """In order and disjoint."""

    closures: tuple[Closure, ...] = ()
    """In order and disjoint."""

    def __post_init__(self) -> None:
        bounds = [bound for shift in self.shifts for bound in (shift.opens, shift.closes)]
        if not bounds or bounds[0] < 0 or bounds[-1] > WEEK:
            raise ConfigError("shifts", "there is none, or one lies outside the week")
        if bounds != sorted(bounds) or any(shift.opens >= shift.closes for shift in self.shifts):
            raise ConfigError("shifts", "they must be in order, not overlap and not be empty")
        edges = [edge for closure in self.closures for edge in (closure.begins, closure.ends)]
        if edges != sorted(edges) or any(closure.begins >= closure.ends for closure in self.closures):
            raise ConfigError("closures", "they must be in order, not overlap and not be empty")

    def worked(self, at: UnixSeconds) -> int:
        """Seconds of open time before ``at``, counted from a fixed Monday; never decreasing."""
        if self._never_rests:
            return at - _MONDAY
        past = bisect_right(self._begins, at)
        inside = past > 0 and at < self.closures[past - 1].ends
        return self._on_shift(self.closures[past - 1].begins if inside else at) - self._lost[past - inside]

    def start(self, worked: int) -> UnixSeconds:
        """Plant time of the open second that follows ``worked`` seconds of open time."""
        if self._never_rests:
            return UnixSeconds(worked + _MONDAY)
        past = bisect_right(self._breaks, worked)
        weeks, rest = divmod(worked + self._lost[past], self._sums[-1])
        index = bisect_right(self._sums, rest) - 1
        return UnixSeconds(_MONDAY + weeks * WEEK + self.shifts[index].opens + rest - self._sums[index])

    def finish(self, worked: int) -> UnixSeconds:
        """Plant time at which ``worked`` seconds of open time are over; before any closed time that follows."""
        if self._never_rests:
            return UnixSeconds(worked + _MONDAY)
        return UnixSeconds(self.start(worked - 1) + 1)

    def open_at(self, start: UnixSeconds, finish: UnixSeconds) -> bool:
        """Whether work from ``start`` to ``finish`` begins and ends in open time."""
        return start == self.start(self.worked(start)) and finish == self.finish(self.worked(finish))

    def stretches(self, first: int, last: int, length: int) -> Iterator[Stretch]:
        """The starts from ``first`` to ``last`` (seconds worked) of work of ``length``, cut where a closure enters."""
        if self._never_rests and first <= last:
            yield Stretch(self.start(first), self.start(last), Seconds(length))
            return
        while first <= last:
            step = min(self._unbroken(first), self._unbroken(first + length - 1), last - first)
            opens = self.start(first)
            yield Stretch(opens, UnixSeconds(opens + step), Seconds(self.finish(first + length) - opens))
            first += step + 1

    def _unbroken(self, worked: int) -> int:
        """Seconds worked after ``worked`` until the last one before closed time."""
        past = bisect_right(self._breaks, worked)
        closure = self._breaks[past] if past < len(self._breaks) else _NEVER
        rest = (worked + self._lost[past]) % self._sums[-1]
        ends = self._ends
        shift = ends[bisect_right(ends, rest)] - rest if ends else _NEVER
        return min(closure - worked, shift) - 1

    def _on_shift(self, at: int) -> int:
        weeks, rest = divmod(at - _MONDAY, WEEK)
        index = bisect_left(self._opens, rest) - 1
        today = 0
        if index >= 0:
            shift = self.shifts[index]
            today = self._sums[index] + min(rest, shift.closes) - shift.opens
        return weeks * self._sums[-1] + today

    @cached_property
    def _never_rests(self) -> bool:
        """Whether plant time and time worked are one but for where they are counted from."""
        return self.shifts == (Shift(opens=Seconds(0), closes=Seconds(WEEK)),) and not self.closures

    @cached_property
    def _opens(self) -> list[int]:
        return [shift.opens for shift in self.shifts]

    @cached_property
    def _sums(self) -> list[int]:
        """Open time of a week before each shift, and of the whole week."""
        return list(accumulate((shift.closes - shift.opens for shift in self.shifts), initial=0))

    @cached_property
    def _ends(self) -> list[int]:
        """Seconds worked of a week at which closed time follows, the first of the next week included."""
        following = [*self._opens[1:], self._opens[0] + WEEK]
        ends = [
            total
            for total, shift, opens in zip(self._sums[1:], self.shifts, following, strict=True)
            if shift.closes < opens
        ]
        return [*ends, ends[0] + self._sums[-1]] if ends else []

    @cached_property
    def _begins(self) -> list[int]:
        return [closure.begins for closure in self.closures]

    @cached_property
    def _lost(self) -> list[int]:
        """Shift time that the first n closures take."""
        each = (self._on_shift(closure.ends) - self._on_shift(closure.begins) for closure in self.closures)
        return list(accumulate(each, initial=0))

    @cached_property
    def _breaks(self) -> list[int]:
        """Seconds worked at which each closure begins."""
        return [self._on_shift(c.begins) - lost for c, lost in zip(self.closures, self._lost, strict=False)]


def merged(closures: Sequence[Closure]) -> tuple[Closure, ...]:
    """The same closed time in order and disjoint, as a calendar wants it."""
    kept: list[Closure] = []
    for closure in sorted(closures, key=lambda c: c.begins):
        if kept and closure.begins <= kept[-1].ends:
            kept[-1] = Closure(begins=kept[-1].begins, ends=max(kept[-1].ends, closure.ends))
        else:
            kept.append(closure)
    return tuple(kept)


ALWAYS = Calendar(shifts=(Shift(opens=Seconds(0), closes=Seconds(WEEK)),))
"""Round the clock."""
