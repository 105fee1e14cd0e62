"""When a machine works: weekly shifts, and the one-to-one map between plant time and time worked."""

from dataclasses import dataclass

from node.errors import ConfigError
from protocol.units import Seconds, UnixSeconds

WEEK = 7 * 24 * 3600

_MONDAY = 4 * 24 * 3600
"""1970-01-05T00:00:00Z, the first Monday of Unix time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One open interval of every week."""

    opens: Seconds
    """From Monday 00:00 UTC."""

    closes: Seconds
    """From Monday 00:00 UTC; at most one week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly shifts. Work stops when a shift closes and goes on when the next one opens.

    Planning happens in time worked, where closed hours do not exist; ``worked``, ``start`` and ``finish`` translate.
    """

    shifts: tuple[Shift, ...]
    """In order and disjoint."""

    def __post_init__(self) -> None:
        bounds = [bound for shift in self.shifts for bound in (shift.opens, shift.closes)]
        if not bounds or bounds[0] < 0 or bounds[-1] > WEEK:
            raise ConfigError("shifts", "there is none, or one lies outside the week")
        if bounds != sorted(bounds) or any(shift.opens >= shift.closes for shift in self.shifts):
            raise ConfigError("shifts", "they must be in order, not overlap and not be empty")

    def worked(self, at: UnixSeconds) -> int:
        """Seconds of open time before ``at``, counted from a fixed Monday; never decreasing."""
        weeks, rest = divmod(at - _MONDAY, WEEK)
        this_week = sum(max(0, min(rest, shift.closes) - shift.opens) for shift in self.shifts)
        return weeks * self._weekly + this_week

    def start(self, worked: int) -> UnixSeconds:
        """Plant time of the open second that follows ``worked`` seconds of open time."""
        weeks, rest = divmod(worked, self._weekly)
        for shift in self.shifts:
            length = shift.closes - shift.opens
            if rest < length:
                return UnixSeconds(_MONDAY + weeks * WEEK + shift.opens + rest)
            rest -= length
        raise AssertionError("a remainder is shorter than the week")

    def finish(self, worked: int) -> UnixSeconds:
        """Plant time at which ``worked`` seconds of open time are over; before any closed time that follows."""
        return UnixSeconds(self.start(worked - 1) + 1)

    def open_at(self, start: UnixSeconds, finish: UnixSeconds) -> bool:
        """Whether work from ``start`` to ``finish`` begins and ends in open time."""
        return start == self.start(self.worked(start)) and finish == self.finish(self.worked(finish))

    @property
    def _weekly(self) -> int:
        return sum(shift.closes - shift.opens for shift in self.shifts)


ALWAYS = Calendar(shifts=(Shift(opens=Seconds(0), closes=Seconds(WEEK)),))
"""Round the clock."""
