"""CP-SAT against every order there is."""

from itertools import pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from node.planner.machine import Changeover, Changeovers, Family
from node.planner.solver import NEW, Stretch, cost_of, order
from node.planner.timeline import Block, Request, Timeline
from protocol.units import Seconds

FAMILIES = [Family(name) for name in "ab"]
RATE = 7


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    times = st.integers(0, 3).map(Seconds)
    changeovers = Changeovers(
        exceptions=(
            Changeover(before=FAMILIES[0], after=FAMILIES[1], time=draw(times)),
            Changeover(before=FAMILIES[1], after=FAMILIES[0], time=draw(times)),
        )
    )
    blocks, at, before = [], 0, Family("")
    for key in "pqrs"[: draw(st.integers(1, 4))]:
        family, length = draw(st.sampled_from(FAMILIES)), draw(st.integers(1, 5))
        start = at + changeovers.between(before, family) + draw(st.integers(0, 5))
        due = start + length + draw(st.integers(0, 12))
        wanted, weight = draw(st.integers(0, due)), draw(st.integers(0, 5))
        blocks.append(Block(start, start + length, draw(st.integers(0, start)), due, wanted, weight, family, key))
        at, before = start + length, family
    return Timeline(blocks=tuple(blocks), changeovers=changeovers)


requests = st.none() | st.builds(
    Request, st.integers(0, 20), st.integers(10, 40), st.integers(1, 5), st.sampled_from(FAMILIES)
)


def by_hand(timeline: Timeline, stretch: Stretch, request: Request | None) -> int | None:
    """Least cost over all orders, each piece as early as it goes (optimal for costs that grow with time)."""
    ahead, behind = timeline.blocks[: stretch.low], timeline.blocks[stretch.high :]
    items = list(timeline.blocks[stretch.low : stretch.high])
    if request is not None:
        due = request.last + request.length
        items.append(
            Block(request.ready, request.ready + request.length, request.ready, due, 0, 0, request.family, NEW)
        )
    best, between = None, timeline.changeovers.between
    for sequence in permutations(items):
        at, family = (ahead[-1].finish, ahead[-1].family) if ahead else (0, Family(""))
        total = 0
        for item in sequence:
            start = max(item.earliest, at + between(family, item.family))
            total += RATE * between(family, item.family) + item.late(start)
            at, family = start + item.length, item.family
            if at > item.due:
                break
        else:
            if behind:
                if at + between(family, behind[0].family) > behind[0].start:
                    continue
                total += RATE * between(family, behind[0].family)
            best = total if best is None else min(best, total)
    return best


@given(timelines(), requests, st.integers(0, 1), st.integers(0, 1))
@settings(deadline=None, max_examples=50)
def test_the_solver_finds_what_trying_every_order_finds(
    timeline: Timeline, request: Request | None, low: int, less: int
) -> None:
    stretch = Stretch(low, max(low, len(timeline.blocks) - less))
    found = order(timeline, stretch, rate=RATE, request=request, effort=1.0)
    assert (None if found is None else found.cost) == by_hand(timeline, stretch, request)


@given(timelines(), requests)
@settings(deadline=None, max_examples=25)
def test_what_is_placed_overlaps_nothing_and_keeps_its_bounds(timeline: Timeline, request: Request | None) -> None:
    stretch = Stretch(0, len(timeline.blocks))
    found = order(timeline, stretch, rate=RATE, request=request, haste=2)
    if found is None:
        return
    placed = sorted((found.starts[block.key], block) for block in timeline.blocks)
    if request is not None:
        start = found.starts[NEW]
        assert request.ready <= start <= request.last
        own = Block(start, start + request.length, 0, 1 << 40, 0, 0, request.family, NEW)
        placed = sorted([*placed, (start, own)])
    for (one, first), (other, second) in pairwise(placed):
        assert one + first.length + timeline.changeovers.between(first.family, second.family) <= other
    assert all(block.earliest <= start and start + block.length <= block.due for start, block in placed)
    assert found.cost == cost_of(timeline, stretch, found.starts, rate=RATE, request=request)


def test_the_same_question_has_the_same_answer() -> None:
    blocks = tuple(Block(9 * n, 9 * n + 5 + n % 4, 0, 200, 0, n % 3, FAMILIES[n % 2], str(n)) for n in range(8))
    timeline = Timeline(blocks=blocks, changeovers=Changeovers(default=Seconds(2)))
    assert len({str(order(timeline, Stretch(0, 8), rate=RATE)) for _ in range(3)}) == 1


def test_held_time_that_overlaps_itself_stays_where_it_is() -> None:
    taken = [Block(start, start + 4, start, start + 4, 0, 0, FAMILIES[0], "") for start in (5, 7)]
    work = Block(12, 15, 0, 40, 0, 1, FAMILIES[0], "work")
    found = order(Timeline(blocks=(*taken, work)), Stretch(0, 3), rate=RATE)
    assert found is not None
    assert found.starts == {"work": 0}
