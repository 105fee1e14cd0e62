"""What the rest of a chain costs at least: bounds that let the award's search drop partial plans early.

There are two, and the higher one holds. *Quick*: the parts go on from where and when they are, and never wait. *Late*:
no matter when they are there, no window begins before it opens, nor before any plan at all could reach it. When a
plan's cost is known beforehand, sites and windows that no cheaper plan can visit are left out altogether.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

from protocol.space import Space, Window

Layer: TypeAlias = Mapping[int, Sequence[Window]]
"""Windows that begin with one operation, by site."""

MANY = 32
"""Sites that begin an operation; where a limit has left no more, a finer late bound costs more than it saves."""


@dataclass(slots=True)
class _Group:
    """All windows of one site for the same operations, at their best."""

    last: int
    cost: int
    """The lowest."""

    made: int
    """The lowest with the time that the work takes."""

    opening: int
    """The lowest with the time until it is done."""

    ready: int
    """When the first of them is done."""

    duration: int
    """The shortest."""


class _Past:
    """What the way to each boundary costs at least, ways left out.

    Attributes:
        so_far: with the time until there.
        spent: without it.
        earliest: the first moment.
        ends: ``so_far`` by the site where it ends.
    """

    def __init__(self, space: Space, layers: Sequence[Mapping[int, Sequence[_Group]]]) -> None:
        start = space.rate * space.earliest
        self.so_far, self.spent = [start], [0]
        self.earliest = [space.earliest, *[space.due] * len(layers)]
        self.ends: list[dict[int, int]] = [{} for _ in self.earliest]
        bare: list[list[int]] = [[] for _ in self.earliest]
        for operation, layer in enumerate(layers):
            so_far, spent, earliest = self.so_far[operation], self.spent[operation], self.earliest[operation]
            for site, groups in layer.items():
                for group in groups:
                    after, made = group.last + 1, so_far + group.made
                    self.ends[after][site] = min(made, self.ends[after].get(site, made))
                    self.earliest[after] = min(self.earliest[after], max(group.ready, earliest + group.duration))
                    bare[after].append(spent + group.cost)
            self.so_far.append(min(self.ends[operation + 1].values(), default=start))
            self.spent.append(min(bare[operation + 1], default=0))


class Outlook:
    """Bounds for one chain.

    Attributes:
        quick: for each boundary before an operation (and the end), by site, the cost to go from there.
        late: the same with the moment of arrival counted from zero; it holds whenever the parts are there.
        through: for each operation, by the site that begins it, quick and late from that site on.
    """

    def __init__(self, space: Space, layers: Sequence[Layer], limit: int | None = None) -> None:
        """Bounds for the windows in ``layers``, in plans that cost ``limit`` at most."""
        self._space = space
        self._layers = layers
        self._past = _Past(space, [])
        self.quick: list[dict[int, int]] = [{} for _ in range(len(layers) + 1)]
        self.late: list[dict[int, int]] = [{} for _ in range(len(layers) + 1)]
        self.through: list[dict[int, tuple[int, int]]] = [{} for _ in layers]
        if layers:
            groups = [{site: self._groups(windows) for site, windows in layer.items()} for layer in layers]
            self._past = _Past(space, groups)
            self._look_back(groups, None if limit is None else limit + space.rate * space.earliest)

    def within(self, limit: int) -> list[Window]:
        """The windows that a plan can have and still cost ``limit`` at most."""
        rate, past = self._space.rate, self._past
        limit += rate * self._space.earliest
        found: list[Window] = []
        for first, (layer, through) in enumerate(zip(self._layers, self.through, strict=True)):
            for site in through:
                rooms: dict[int, tuple[int, int, int]] = {}
                for window in layer[site]:
                    _, _, last, _, opens, _, duration, cost, _, _, _ = window
                    room = rooms.get(last)
                    if room is None:
                        ahead = self.quick[last + 1].get(site)
                        if ahead is None:
                            continue
                        spare = limit - past.spent[first]
                        made = min(limit - past.so_far[first], spare - rate * past.earliest[first]) - ahead
                        room = rooms[last] = made, spare - ahead, spare - self.late[last + 1][site]
                    made = cost + rate * duration
                    if made <= room[0] and made + rate * opens <= room[1] and cost <= room[2]:
                        found.append(window)
        return found

    def _groups(self, windows: Sequence[Window]) -> list[_Group]:
        rate = self._space.rate
        groups: dict[int, _Group] = {}
        # Every window of every auction comes through here: five comparisons are a third of ``min`` over five columns.
        for _, _, last, _, opens, _, duration, cost, _, _, _ in windows:
            made = cost + rate * duration
            opening, ready = made + rate * opens, opens + duration
            group = groups.get(last)
            if group is None:
                groups[last] = _Group(last, cost, made, opening, ready, duration)
                continue
            if cost < group.cost:
                group.cost = cost
            if made < group.made:
                group.made = made
            if opening < group.opening:
                group.opening = opening
            if ready < group.ready:
                group.ready = ready
            if duration < group.duration:
                group.duration = duration
        return [*groups.values()]

    def _look_back(self, layers: Sequence[Mapping[int, Sequence[_Group]]], limit: int | None) -> None:
        """Fill in from the last operation to the first."""
        space, rate, past = self._space, self._space.rate, self._past
        ends, earliest = past.ends, past.earliest
        for site in ends[-1]:
            time, spent, _ = space.move(site, space.home)
            self.quick[-1][site] = spent + rate * time
            self.late[-1][site] = spent + rate * (earliest[-1] + time)
        for operation in range(len(layers) - 1, -1, -1):
            room = None if limit is None else limit - past.so_far[operation]
            through = self.through[operation]
            for site, groups in layers[operation].items():
                least = self._least(groups, site, rate * earliest[operation])
                if least is not None and (room is None or least[0] <= room):
                    through[site] = least
            if not through:
                continue  # bundles may pass over this operation
            quickly = sorted(((site, least[0]) for site, least in through.items()), key=itemgetter(1))
            lately = sorted(((site, least[1]) for site, least in through.items()), key=itemgetter(1))
            quick, late, since = self.quick[operation], self.late[operation], rate * earliest[operation]
            fine = limit is None or len(through) > MANY
            for site, so_far in ends[operation].items():
                nearest = self._nearest(site, quickly, rate, None if limit is None else limit - so_far)
                if nearest is not None:
                    quick[site], late[site] = nearest, nearest + since
                    if fine and (nearest := self._nearest(site, lately, 0)) is not None:
                        late[site] = nearest

    def _least(self, groups: Sequence[_Group], site: int, since: int) -> tuple[int, int] | None:
        """Quick and late through the best of one site's windows for an operation; ``since`` is its earliest's cost."""
        found: tuple[int, int] | None = None
        for group in groups:
            ahead = self.quick[group.last + 1].get(site)
            if ahead is None:
                continue
            quick = group.made + ahead
            late = max(group.opening + ahead, quick + since, group.cost + self.late[group.last + 1][site])
            found = (quick, late) if found is None else (min(quick, found[0]), min(late, found[1]))
        return found

    def _nearest(self, site: int, makers: Sequence[tuple[int, int]], rate: int, room: int | None = None) -> int | None:
        """Least that it costs from ``site`` through one of ``makers``, which come with the cheapest first.

        None when that is more than ``room``.
        """
        best: int | None = None
        for other, ahead in makers:
            if room is not None and ahead > room:
                break
            time, spent, _ = self._space.move(site, other)
            whole = ahead + spent + rate * time
            if room is None or whole <= room:
                best = room = whole
        return best
