"""What a given plan is worth, term by term; weighs a plan in a few steps and searches for none."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise

from protocol.award import HOUR, MICRO, Assignment, Terms
from protocol.errors import RejectError
from protocol.transport import co2_of, time_of, travel_time
from protocol.units import Cents, GramsCo2, Metres, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A score's terms, in micro-cents; their sum is the score but for rounding."""

    price: int
    time: int
    co2: int
    grade: int
    distance: int

    @property
    def total(self) -> int:
        """Micro-cents."""
        return sum(astuple(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A plan that keeps the terms, in numbers."""

    arrival: UnixSeconds
    price: Cents
    co2: GramsCo2
    breakdown: Breakdown


def weigh(terms: Terms, assignments: Sequence[Assignment]) -> Weighed:
    """What a plan is worth under ``terms``.

    Raises:
        RejectError: operations are not covered once each, a start is outside its window or before the parts can be
            there, two starts overlap on one machine, or due date, budget or CO2 cap are not kept.
    """
    by_operation = {o: a for a in assignments for o in range(a.offer.first, a.offer.last + 1)}
    covered = [o for a in assignments for o in range(a.offer.first, a.offer.last + 1)]
    if sorted(covered) != list(range(len(terms.after))):
        raise RejectError("operations are not covered once each")
    ways: list[Metres] = []
    for a in assignments:
        ways += _check_start(terms, a, by_operation)
    _check_machines(assignments)
    followed = {before for after in terms.after for before in after}
    last = [a for a in assignments if a.offer.last not in followed]
    arrival = max(UnixSeconds(a.finish + travel_time(a.site, terms.site)) for a in last)
    ways += [a.site.distance(terms.site) for a in last]
    price = Cents(sum(a.asked for a in assignments))
    co2 = GramsCo2(sum(a.offer.co2 for a in assignments) + sum(co2_of(way) for way in ways))
    if arrival > terms.due or price > terms.budget or (terms.co2_cap is not None and co2 > terms.co2_cap):
        raise RejectError("due date, budget or CO2 cap are not kept")
    weights = terms.weights
    breakdown = Breakdown(
        price=price * MICRO,
        time=(arrival - terms.earliest) * weights.hour * MICRO // HOUR,
        co2=co2 * weights.co2_tonne,
        grade=sum(a.offer.grade * (a.offer.last - a.offer.first + 1) for a in assignments) * weights.grade * MICRO,
        distance=sum(ways) * weights.kilometre * (MICRO // 1000),
    )
    return Weighed(arrival=arrival, price=price, co2=co2, breakdown=breakdown)


def _check_start(terms: Terms, a: Assignment, by_operation: dict[int, Assignment]) -> list[Metres]:
    """The ways that the parts come from, once they can be there when ``a`` starts."""
    if not a.offer.opens <= a.start <= a.offer.closes or a.start < terms.earliest:
        raise RejectError("a start is outside its window")
    before = [by_operation[o] for o in terms.after[a.offer.first]]
    ways = [b.site.distance(a.site) for b in before]
    ready = [b.finish + time_of(way) for b, way in zip(before, ways, strict=True)]
    if not before and terms.origin is not None:
        ways = [terms.origin.distance(a.site)]
        ready = [terms.earliest + time_of(ways[0])]
    if any(moment > a.start for moment in ready):
        raise RejectError("a start is before the parts can be there")
    return ways


def _check_machines(assignments: Sequence[Assignment]) -> None:
    busy: dict[tuple[bytes, str], list[tuple[UnixSeconds, UnixSeconds]]] = {}
    for a in assignments:
        busy.setdefault((a.provider, a.offer.machine), []).append((a.start, a.finish))
    for spans in busy.values():
        spans.sort()
        if any(one[1] > two[0] for one, two in pairwise(spans)):
            raise RejectError("two starts overlap on one machine")
