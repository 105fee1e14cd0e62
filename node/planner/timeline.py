"""One machine's time in seconds worked, and where more work goes; moves nothing itself and never shortens work.

Insertion tries every position between the work that lies ahead: into a gap, or by pushing later work within its own
bounds. It stops after two positions that displace nothing, for later ones are no cheaper, only later.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from node.planner.machine import ANY, NO_CHANGEOVERS, Changeovers, Family

ENOUGH = 2
"""Positions without displacement after which no better one comes."""


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
        return self.weight * max(0, start + self.finish - self.start - self.wanted)

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
        return self._replace(latest=min(self.latest, self.start + span))

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

    def places(self, request: Request, *, now: int) -> Iterator[Place]:
        """Places in order of position; work that started by ``now`` stays where it is."""
        position = max(bisect_right(self.ends, request.ready), bisect_right(self.starts, now))
        free = 0
        while position <= len(self.blocks) and free < ENOUGH:
            if position and self.ends[position - 1] > request.last:
                return
            place = self.at(position, request)
            if place is not None:
                yield place
                free += place.delay == 0 and place.changeover <= 0
            position += 1

    def gap(self, request: Request, *, now: int) -> Place | None:
        """The first place that displaces nothing."""
        position = max(bisect_right(self.ends, request.ready), bisect_right(self.starts, now))
        between = self.changeovers.between
        while position <= len(self.blocks):
            start = self._start(position, request)
            if start > request.last:
                return None
            if position == len(self.blocks):
                break
            following = self.blocks[position]
            if start + request.length + between(request.family, following.family) <= following.start:
                break
            position += 1
        return self.at(position, request)

    def at(self, position: int, request: Request) -> Place | None:
        """The place before block ``position``; None if work there cannot make room, or it begins too late."""
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
        for block in blocks[position:]:
            begin = end + between(family, block.family)
            if begin <= block.start:
                break
            end = begin + block.finish - block.start
            if end > block.due:
                return None
            delay += block.late(begin) - block.late(block.start)
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
        changeover = self.changeovers.between(self.blocks[position - 1].family, request.family)
        return max(request.ready, self.ends[position - 1] + changeover)
