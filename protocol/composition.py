"""The search inside the award rule ``dp/1``: the best way through a routing, exactly, on plain integers.

A *label* is a partial plan that ends with one window: when the parts are ready, what it cost so far, and the label
before. A label stays only while no other at its site is ready as early for as little, so the search is a dynamic
programme whose size is that of the Pareto fronts. Two passes: one that follows only the most promising labels gives a
plan to beat; the second keeps every label that could still beat it, by a bound on the way to go that ignores waiting.
Where a budget or a CO2 cap cuts the best plan off, labels are compared in price and CO2 too.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby, product
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from protocol.outlook import Outlook
from protocol.routing import Fork, Series
from protocol.space import Caps, Space, Window, dearer

MAKERS = 16
"""Sites that the first pass looks at for each operation."""

PROMISING = 24
"""Labels that the first pass follows at each step."""


FEW = 256
"""Windows for which bounds of their own would cost more than they save."""


class Plan(NamedTuple):
    """A complete plan."""

    arrival: int
    cost: int
    price: int
    co2: int
    steps: tuple[tuple[int, int], ...]
    """Window's number and start, in routing order."""


class Known(NamedTuple):
    """What is known of the best plan before it is searched for."""

    limit: int
    """What it costs at most."""

    outlook: Outlook | None = None
    """Bounds for what it may be made of; None lets the search make its own."""


class ComplexityError(Exception):
    """The search weighed more partial plans than its space has patience for."""


Label: TypeAlias = tuple[int, int, int, int, int, int, Any]
"""Ready at, cost, price, CO2, window's number, its start, and what it follows: a label, labels that join, or None."""

Arrival: TypeAlias = tuple[int, int, int, int, Any]
"""Arrived at, cost, price, CO2, and what it follows."""

Ends: TypeAlias = "dict[int, list[Label]] | list[tuple[Label, tuple[Ends, ...]]]"
"""Where the parts may be: labels by site; or, after a fork, its label and each branch's ends."""

_begins = itemgetter(Window._fields.index("first"), Window._fields.index("site"))
_when = itemgetter(0, 1)
_all = itemgetter(0, 1, 2, 3)


class Search:
    """Exact searches over one set of windows, under ``caps`` if there are any."""

    def __init__(
        self, space: Space, windows: Iterable[Window], caps: Caps | None = None, known: Known | None = None
    ) -> None:
        self._space = space
        self._caps = caps
        self._is_chain = not any(isinstance(element, Fork) for element in space.series)
        self._limit = known.limit if known else None
        self._promising: int | None = None
        self._labels = 0
        self._least: dict[int, int] = {}
        self._at = self._begun(windows)
        self._outlook = known.outlook if known and known.outlook else self._look()

    def best(self) -> Plan | None:
        """The plan with the lowest cost, or None when no windows join in time and within the caps.

        Raises:
            ComplexityError: too many partial plans.
        """
        if self._is_chain and self._limit is None and (found := self.guess()) is not None:
            self._limit = found.cost
            self._at = self._begun(self._outlook.within(found.cost))
            self._outlook = self._look()
        return self._sweep()

    def guess(self) -> Plan | None:
        """A good plan through a chain, by the most promising partial plans alone; None when they lead to none."""
        at = self._at
        self._promising, self._at = PROMISING, self._best_makers()
        found, self._labels = self._sweep(), 0
        self._promising, self._at = None, at
        return found

    def narrow(self, limit: int) -> tuple[list[Window], Known]:
        """The windows that a plan through a chain can have and still cost ``limit`` at most, for another search."""
        some = self._outlook.within(limit)
        return some, Known(limit, self._outlook if len(some) <= FEW else None)

    def _begun(self, windows: Iterable[Window]) -> list[dict[int, list[Window]]]:
        """For every operation the windows that begin with it, by site."""
        at: list[dict[int, list[Window]]] = [{} for _ in range(self._space.length)]
        for (first, site), some in groupby(windows, _begins):
            at[first].setdefault(site, []).extend(some)
        return at

    def _look(self) -> Outlook:
        return Outlook(self._space, self._at if self._is_chain else [], self._limit)

    def _sweep(self) -> Plan | None:
        space = self._space
        start: Label = (space.earliest, 0, 0, 0, -1, space.earliest, None)
        self._least = {-1 if space.origin is None else space.origin: space.rate * space.earliest}
        ends = self._series(space.series, {-1 if space.origin is None else space.origin: [start]})
        plans = [
            (cost + space.rate * (time - space.earliest), (time, cost, price, co2, source))
            for time, cost, price, co2, source in self._arrivals(ends, space.home, None)
            if time <= space.due and (self._caps is None or self._caps.hold(price, co2))
        ]
        if not plans:
            return None
        cost, (arrival, _, price, co2, source) = min(plans, key=itemgetter(0))
        return Plan(arrival, cost, price, co2, tuple(_steps(source)))

    def _series(self, series: Series, ends: Ends) -> Ends:
        place = 0
        while place < len(series):
            element = series[place]
            run = 1
            if isinstance(element, Fork):
                ends = self._fork(element, ends)
            else:
                while place + run < len(series) and series[place + run] == element + run:
                    run += 1
                ends = self._run(element, run, ends)
            place += run
        return ends

    def _run(self, first: int, count: int, ends: Ends) -> Ends:
        """Through ``count`` consecutive operations."""
        fronts: list[dict[int, list[Label]]] = [{} for _ in range(count + 1)]
        for step in range(count):
            before: Ends = ends if step == 0 else self._kept(fronts[step], first + step)
            for site, windows in self._at[first + step].items():
                arrivals = self._arrivals(before, site, first + step)
                if arrivals:
                    self._serve(arrivals, windows, first, fronts)
        return self._kept(fronts[count], first + count)

    def _serve(
        self, arrivals: list[Arrival], windows: list[Window], first: int, fronts: list[dict[int, list[Label]]]
    ) -> None:
        """Add a label for every arrival that some window can take; it begins at once, or when the window opens."""
        times = [arrival[0] for arrival in arrivals]
        rate, cent, room = self._space.rate, self._space.cent, None
        if self._limit is not None and self._is_chain:
            limit = self._limit + rate * self._space.earliest
            room = limit - min(a[1] + rate * a[0] for a in arrivals)
            spare = limit - min(a[1] for a in arrivals)
        for number, _, last, site, opens, closes, duration, cost, price, co2, rises in windows:
            if last - first + 1 >= len(fronts):
                continue
            if room is not None:
                ahead = self._outlook.quick[last + 1].get(site)
                if ahead is None or cost + rate * duration + ahead > room:
                    continue
                if (
                    cost + max(rate * (max(opens, times[0]) + duration) + ahead, self._outlook.late[last + 1][site])
                    > spare
                ):
                    continue
            # Of the arrivals before the window opens only the last, the cheapest, matters if nothing is capped.
            place = 0 if self._caps is not None else max(bisect_right(times, opens) - 1, 0)
            into = fronts[last - first + 1].setdefault(site, [])
            while place < len(times) and times[place] <= closes:
                arrived, spent, paid, grams, source = arrivals[place]
                start = max(arrived, opens)
                more = dearer(rises, price, start) if rises else 0
                whole = spent + cost + more * cent
                into.append((start + duration, whole, paid + price + more, grams + co2, number, start, source))
                place += 1

    def _kept(self, front: dict[int, list[Label]], boundary: int) -> dict[int, list[Label]]:
        """What stays of the labels before operation ``boundary``."""
        self._count(sum(map(len, front.values())))
        kept = {site: self._pareto(labels) for site, labels in front.items()}
        if not self._is_chain:
            return kept
        rate, quick, late = self._space.rate, self._outlook.quick[boundary], self._outlook.late[boundary]
        valued = [
            (label[1] + max(rate * label[0] + quick[site], late[site]), site, label)
            for site, labels in kept.items()
            if site in quick
            for label in labels
        ]
        if self._limit is not None:
            limit = self._limit + rate * self._space.earliest
            valued = [item for item in valued if item[0] <= limit]
        if self._promising is not None:
            valued = sorted(valued, key=itemgetter(0, 1))[: self._promising]
        kept = {}
        for _, site, label in valued:
            kept.setdefault(site, []).append(label)
        self._least = {site: min(label[1] + rate * label[0] for label in labels) for site, labels in kept.items()}
        return {site: kept[site] for site in sorted(kept, key=self._least.__getitem__)}

    def _arrivals(self, ends: Ends, site: int, operation: int | None) -> list[Arrival]:
        """When the parts can be at ``site`` and what that costs, for ``operation`` (None: handed on)."""
        if isinstance(ends, list):
            return self._pareto([a for label, branches in ends for a in self._joined(label, branches, site)])
        rate, room = self._space.rate, None
        if self._limit is not None and self._is_chain and operation is not None:
            if site not in self._outlook.through[operation]:
                return []
            limit = self._limit + rate * self._space.earliest
            quick, late = self._outlook.through[operation][site]
            room, spare = limit - quick, limit - late
        found: list[Arrival] = []
        for other, labels in ends.items():
            if room is not None and self._least[other] > room:
                break  # sites come in order of their least, and moving there costs more
            time, spent, grams = self._space.move(other, site) if other >= 0 else (0, 0, 0)
            enough = None if room is None else room - spent - rate * time
            if enough is not None and self._least[other] > enough:
                continue
            found += [
                (label[0] + time, label[1] + spent, label[2], label[3] + grams, label)
                for label in labels
                if enough is None or (label[1] + rate * label[0] <= enough and label[1] + spent <= spare)
            ]
        return self._pareto(found)

    def _fork(self, fork: Fork, ends: Ends) -> Ends:
        """Each label before the fork goes through all branches by itself, for they share it."""
        assert isinstance(ends, dict)  # noqa: S101  # a routing never forks twice in a row
        joins: list[tuple[Label, tuple[Ends, ...]]] = []
        for site in sorted(ends):
            for label in ends[site]:
                base: Label = (label[0], 0, 0, 0, -1, label[0], None)
                joins.append((label, tuple(self._series(branch, {site: [base]}) for branch in fork.branches)))
        return joins

    def _joined(self, label: Label, branches: tuple[Ends, ...], site: int) -> list[Arrival]:
        """The branches' arrivals together: as late as the latest, as dear as all."""
        fronts = [self._arrivals(branch, site, None) for branch in branches]
        if not all(fronts):
            return []
        if self._caps is None:
            first = max(front[0][0] for front in fronts)
            moments = sorted({arrival[0] for front in fronts for arrival in front if arrival[0] >= first})
            sets: Iterable[Sequence[Arrival]] = (
                [front[bisect_right(front, moment, key=itemgetter(0)) - 1] for front in fronts] for moment in moments
            )
        else:
            sets = product(*fronts)
        together: list[Arrival] = [
            (
                max(a[0] for a in arrivals),
                label[1] + sum(a[1] for a in arrivals),
                label[2] + sum(a[2] for a in arrivals),
                label[3] + sum(a[3] for a in arrivals),
                (label, *(a[4] for a in arrivals)),
            )
            for arrivals in sets
        ]
        self._count(len(together))
        return together

    def _pareto(self, labels: list[Any]) -> list[Any]:
        """Those that none beats in time and cost (under caps in price and CO2 too), by time."""
        kept: list[Any] = []
        if self._caps is None:
            least: int | None = None
            for label in sorted(labels, key=_when):
                if least is None or label[1] < least:
                    kept.append(label)
                    least = label[1]
            return kept
        for label in sorted(labels, key=_all):
            _, cost, price, co2 = label[:4]
            if self._caps.hold(price, co2) and not any(k[1] <= cost and k[2] <= price and k[3] <= co2 for k in kept):
                kept.append(label)
                self._count(len(kept) >> 5)
        return kept

    def _count(self, labels: int) -> None:
        self._labels += labels
        if self._labels > self._space.patience and self._promising is None:
            raise ComplexityError

    def _best_makers(self) -> list[dict[int, list[Window]]]:
        """For each operation the makers that look best, for the first pass."""
        chosen = []
        for at, through in zip(self._at, self._outlook.through, strict=True):
            sites = sorted(through, key=lambda site: max(through[site]))[:MAKERS]
            chosen.append({site: at[site] for site in sorted(sites)})
        return chosen


def _steps(source: Any) -> list[tuple[int, int]]:
    """Windows and starts of a label, or of labels that join, in order of operation."""
    if source is None:
        return []
    if isinstance(source[0], tuple):
        return [step for part in source for step in _steps(part)]
    before = _steps(source[6])
    return before if source[4] < 0 else [*before, (source[4], source[5])]
