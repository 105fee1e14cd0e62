"""One machine's time in seconds worked, and where more work goes; moves nothing itself and never shortens work.

Insertion tries every position between the work that lies ahead: into a gap, or by pushing later work within its own
bounds. It stops after a few positions that displace nothing, for later ones are hardly cheaper, only later.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from node.planner.machine import ANY, NO_CHANGEOVERS, Changeovers, Family

ENOUGH = 4
"""Positions without displacement after which looking on hardly pays: what comes later can only save a changeover."""

LOOK = 12
"""Positions that are tried at most before the first window; gaps further on are found by their time."""


class Block(NamedTuple):
    """Time that one piece of work or one held window takes."""

    start: int
    finish: int
    earliest: int
    """It may not start before; equal to ``start`` if it cannot move."""

    due: int
    """It may not finish later; equal to ``finish`` if it cannot move."""

    wanted: int
    """From this finish on, delay costs ``weight``."""

    weight: int
    """Cents per hour."""

    family: Family
    key: str

    @property
    def length(self) -> int:
        """Seconds worked."""
        return self.finish - self.start

    def late(self, start: int) -> int:
        """Cent-seconds that starting at ``start`` costs."""
        over = start + self.finish - self.start - self.wanted
        return self.weight * over if over > 0 else 0

    def rigid(self) -> "Block":
        """The same time, for good."""
        return self._replace(earliest=self.start, due=self.finish)


class Request(NamedTuple):
    """Work that looks for a place."""

    ready: int
    last: int
    """Last start that is of use."""

    length: int
    family: Family


class Move(NamedTuple):
    """Displaced work and where it starts then."""

    key: str
    start: int


class Place(NamedTuple):
    """Where a request may start, and what that takes."""

    start: int
    latest: int
    """Starting anywhere from ``start`` to here takes the same."""

    changeover: int
    """Seconds of changing over that come on top of what the machine does anyway; negative if it saves some."""

    delay: int
    """Cent-seconds of delay of displaced work."""

    moves: tuple[Move, ...]
    position: int
    """Number of blocks before it."""

    def capped(self, span: int) -> "Place":
        """The same place, with starts over no more than ``span`` seconds."""
        if self.latest - self.start <= span:
            return self
        return Place(self.start, self.start + span, self.changeover, self.delay, self.moves, self.position)

    def cost(self, rate: int) -> int:
        """Cent-seconds, if an hour of changing over costs ``rate`` cents."""
        return self.changeover * rate + self.delay


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What lies on one machine, in order of start. Blocks that cannot move may overlap each other.

    Not slotted: what insertion looks up is kept.
    """

    blocks: Sequence[Block]
    changeovers: Changeovers = NO_CHANGEOVERS

    @cached_property
    def starts(self) -> list[int]:
        """Of all blocks."""
        return [block.start for block in self.blocks]

    @cached_property
    def ends(self) -> list[int]:
        """When everything up to a block is over."""
        return list(accumulate((block.finish for block in self.blocks), max))

    def places(self, request: Request, *, now: int, rate: int = 0) -> Iterator[Place]:
        """Places in order of position, each cheaper than all before it; work that started by ``now`` stays.

        Args:
            rate: cents that an hour of changing over costs.
        """
        position = max(bisect_right(self.ends, request.ready), bisect_right(self.starts, now))
        free, most, least = 0, None, 0 if self.changeovers.none else None
        end = min(len(self.blocks), position + LOOK)
        while position <= end and free < ENOUGH:
            if position and self.ends[position - 1] > request.last:
                return
            place = self.at(position, request, rate=rate, most=most)
            if place is not None:
                free += not place.moves
                if most is None or place.cost(rate) < most:
                    most = place.cost(rate)
                    yield place
                    if most == least:
                        return
            position += 1

    def gap(self, request: Request, *, now: int, ready: int | None = None) -> Place | None:
        """The first place from ``ready`` on, or from the request's, that displaces nothing."""
        first = request.ready if ready is None else max(ready, request.ready)
        blocks, ends, family, between = self.blocks, self.ends, request.family, self.changeovers.between
        for position in range(max(bisect_right(ends, first), bisect_right(self.starts, now)), len(blocks) + 1):
            before = blocks[position - 1].family if position else ANY
            lead = 0 if before == family else between(before, family)
            start = max(first, ends[position - 1] + lead) if position else first
            if start > request.last:
                return None
            if position == len(blocks):
                return Place(start, request.last, lead, 0, (), position)
            following = blocks[position]
            follow = 0 if family == following.family else between(family, following.family)
            latest = following.start - follow - request.length
            if latest >= start:
                changeover = lead + follow - between(before, following.family)
                return Place(start, min(latest, request.last), changeover, 0, (), position)
        return None

    def at(self, position: int, request: Request, *, rate: int = 0, most: int | None = None) -> Place | None:
        """The place before block ``position``; None if work there cannot make room, or it begins too late.

        Args:
            rate: cents that an hour of changing over costs.
            most: cost, in cent-seconds, from which on the place is of no use.
        """
        start = self._start(position, request)
        if start > request.last:
            return None
        blocks, between = self.blocks, self.changeovers.between
        before = blocks[position - 1].family if position else ANY
        changeover = between(before, request.family)
        if position == len(blocks):
            return Place(start, request.last, changeover, 0, (), position)
        following = blocks[position]
        changeover += between(request.family, following.family) - between(before, following.family)
        moves: list[Move] = []
        end, family, delay = start + request.length, request.family, 0
        latest = following.start - between(family, following.family) - request.length
        if latest >= start:
            return Place(start, min(latest, request.last), changeover, 0, (), position)
        for index in range(position, len(blocks)):
            block = blocks[index]
            begin = end if block.family == family else end + between(family, block.family)
            if begin <= block.start:
                break
            end = begin + block.finish - block.start
            if end > block.due:
                return None
            if block.weight:
                delay += block.late(begin) - block.late(block.start)
                if most is not None and changeover * rate + delay >= most:
                    return None
            moves.append(Move(block.key, begin))
            family = block.family
        return Place(start, start, changeover, delay, tuple(moves), position)

    def moving(self, request: Request) -> Place | None:
        """The place of a request that can start at one time only, if pushing what comes later makes room."""
        position = bisect_right(self.ends, request.ready)
        place = self.at(position, request)
        return place if place is not None and place.start == request.ready else None

    def _start(self, position: int, request: Request) -> int:
        if position == 0:
            return request.ready
        before = self.blocks[position - 1].family
        changeover = 0 if before == request.family else self.changeovers.between(before, request.family)
        start = self.ends[position - 1] + changeover
        return max(request.ready, start)
