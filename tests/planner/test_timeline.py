"""Insertion against trying every order that keeps the others' sequence, and what it promises of its windows."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from node.planner.machine import Changeover, Changeovers, Family
from node.planner.timeline import Block, Place, Request, Timeline
from protocol.units import Seconds

FAMILIES = [Family(name) for name in "abc"]


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    times = st.integers(0, 4).map(Seconds)
    changeovers = Changeovers(
        exceptions=tuple(
            Changeover(before=one, after=other, time=draw(times))
            for one in FAMILIES
            for other in FAMILIES
            if one != other
        )
    )
    blocks, at, before = [], 0, Family("")
    for key in "pqrst"[: draw(st.integers(0, 5))]:
        family, length = draw(st.sampled_from(FAMILIES)), draw(st.integers(1, 6))
        start = at + changeovers.between(before, family) + draw(st.integers(0, 8))
        due = start + length + draw(st.integers(0, 12))
        wanted, weight = draw(st.integers(0, due)), draw(st.integers(0, 5))
        blocks.append(Block(start, start + length, draw(st.integers(0, start)), due, wanted, weight, family, key))
        at, before = start + length, family
    return Timeline(blocks=tuple(blocks), changeovers=changeovers)


requests = st.builds(Request, st.integers(0, 30), st.integers(0, 60), st.integers(1, 6), st.sampled_from(FAMILIES))


def after(timeline: Timeline, place: Place, request: Request, start: int) -> list[Block]:
    """What lies on the machine if the request begins at ``start``."""
    moves = {move.key: move.start for move in place.moves}
    moved = [
        block._replace(start=moves[block.key], finish=moves[block.key] + block.length) if block.key in moves else block
        for block in timeline.blocks
    ]
    own = Block(start, start + request.length, 0, 1 << 40, 0, 0, request.family, "new")
    return sorted([*moved, own])


def stands(blocks: list[Block], changeovers: Changeovers) -> bool:
    apart = all(
        one.finish + changeovers.between(one.family, other.family) <= other.start for one, other in pairwise(blocks)
    )
    return apart and all(block.earliest <= block.start and block.finish <= block.due for block in blocks)


@given(timelines(), requests)
@settings(deadline=None, max_examples=120)
def test_every_start_of_a_place_leaves_all_work_apart_and_in_its_bounds(timeline: Timeline, request: Request) -> None:
    for place in timeline.places(request, now=-1):
        assert request.ready <= place.start <= place.latest <= request.last
        for start in {place.start, (place.start + place.latest) // 2, place.latest}:
            assert stands(after(timeline, place, request, start), timeline.changeovers)


def cost(blocks: list[Block], changeovers: Changeovers, rate: int) -> int:
    changes = sum(changeovers.between(one.family, other.family) for one, other in pairwise(blocks))
    return rate * changes + sum(block.late(block.start) for block in blocks if block.key != "new")


@given(timelines(), requests)
@settings(deadline=None, max_examples=120)
def test_a_place_costs_what_the_machine_changes_over_more_and_others_finish_later(
    timeline: Timeline, request: Request
) -> None:
    before = cost(list(timeline.blocks), timeline.changeovers, 3)
    for place in timeline.places(request, now=-1):
        assert place.cost(3) == cost(after(timeline, place, request, place.start), timeline.changeovers, 3) - before


def by_hand(timeline: Timeline, request: Request, position: int) -> int | None:
    """The first start before block ``position`` that the blocks behind it survive when each moves the least."""
    ahead, behind = timeline.blocks[:position], timeline.blocks[position:]
    for start in range(request.ready, request.last + 1):
        own = Block(start, start + request.length, start, start + request.length, 0, 0, request.family, "new")
        placed = [*ahead, own]
        for block in behind:
            last = placed[-1]
            begin = max(block.start, last.finish + timeline.changeovers.between(last.family, block.family))
            placed.append(block._replace(start=begin, finish=begin + block.length))
        if stands(placed, timeline.changeovers):
            return start
    return None


@given(timelines(), requests)
@settings(deadline=None, max_examples=120)
def test_no_place_between_two_blocks_is_overlooked(timeline: Timeline, request: Request) -> None:
    for position in range(len(timeline.blocks) + 1):
        place = timeline.at(position, request)
        assert (None if place is None else place.start) == by_hand(timeline, request, position)


@given(timelines(), requests)
@settings(deadline=None, max_examples=80)
def test_a_gap_is_the_first_place_that_moves_nothing(timeline: Timeline, request: Request) -> None:
    starts = [
        place.start
        for position in range(len(timeline.blocks) + 1)
        if (place := timeline.at(position, request)) is not None and not place.moves
    ]
    gap = timeline.gap(request, now=-1)
    assert (None if gap is None else gap.start) == min(starts, default=None)


def test_work_that_started_is_not_pushed() -> None:
    begun = Block(0, 10, 0, 40, 0, 1, FAMILIES[0], "begun")
    timeline = Timeline(blocks=(begun,))
    request = Request(5, 50, 3, FAMILIES[0])
    assert [place.start for place in timeline.places(request, now=2)] == [10]
    assert [place.start for place in timeline.places(request, now=-1)] == [5, 10]
