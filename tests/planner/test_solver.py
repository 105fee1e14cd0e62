"""CP-SAT against every order there is."""

from itertools import pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from node.planner.solver import Span, Work, place

_HORIZON = 30


@st.composite
def problems(draw: st.DrawFn) -> tuple[tuple[Span, ...], tuple[Work, ...]]:
    busy = tuple(
        Span(start, start + draw(st.integers(1, 5))) for start in draw(st.sets(st.integers(0, 24), max_size=3))
    )
    work = []
    for key in "abcd"[: draw(st.integers(1, 4))]:
        earliest, length = draw(st.integers(0, 12)), draw(st.integers(1, 5))
        due = draw(st.integers(earliest + length, _HORIZON))
        work.append(
            Work(key=key, earliest=earliest, due=due, length=length, weight=draw(st.integers(0, 9)), hint=earliest)
        )
    return busy, tuple(work)


def by_hand(busy: tuple[Span, ...], work: tuple[Work, ...]) -> int | None:
    """Least delay over all orders, each piece as early as it goes (optimal for costs that grow with time)."""
    best = None
    for order in permutations(work):
        taken, delay = list(busy), 0
        for item in order:
            fits = (
                start
                for start in range(item.earliest, item.due - item.length + 1)
                if all(start + item.length <= span.start or start >= span.finish for span in taken)
            )
            start = next(fits, None)
            if start is None:
                break
            taken.append(Span(start, start + item.length))
            delay += item.weight * (start - item.earliest)
        else:
            best = delay if best is None else min(best, delay)
    return best


@given(problems())
@settings(deadline=None, max_examples=150)
def test_the_solver_finds_what_trying_every_order_finds(problem: tuple[tuple[Span, ...], tuple[Work, ...]]) -> None:
    busy, work = problem
    found = place(busy, work)
    assert (None if found is None else found.delay) == by_hand(busy, work)


@given(problems())
@settings(deadline=None, max_examples=50)
def test_what_is_placed_overlaps_nothing_and_keeps_its_bounds(
    problem: tuple[tuple[Span, ...], tuple[Work, ...]],
) -> None:
    busy, work = problem
    found = place(busy, work)
    if found is None:
        return
    spans = sorted(Span(found.starts[item.key], found.starts[item.key] + item.length) for item in work)
    assert all(one.finish <= other.start for one, other in pairwise(spans))
    assert all(span.finish <= other.start or other.finish <= span.start for span in spans for other in busy)
    assert all(item.earliest <= found.starts[item.key] <= item.due - item.length for item in work)


def test_the_same_question_has_the_same_answer() -> None:
    work = tuple(Work(key=str(n), earliest=0, due=200, length=5 + n % 4, weight=n % 3, hint=0) for n in range(12))
    assert len({str(place((Span(10, 20),), work)) for _ in range(3)}) == 1
