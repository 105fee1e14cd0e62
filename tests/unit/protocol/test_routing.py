"""Which graphs of operations a routing may be."""

import pytest

from protocol.errors import RejectError
from protocol.routing import Fork, chain, runs, shape


def test_a_chain_is_its_operations() -> None:
    assert shape(chain(3)) == (0, 1, 2)
    assert list(runs(shape(chain(3)))) == [(0, 1, 2)]


def test_a_routing_forks_and_joins() -> None:
    found = shape(((), (0,), (1,), (0,), (2, 3), (4,)))
    assert found == (0, Fork(((1, 2), (3,))), 4, 5)
    assert list(runs(found)) == [(0,), (1, 2), (3,), (4, 5)]


def test_branches_may_begin_and_end_a_routing() -> None:
    assert shape(((), (), (0, 1))) == (Fork(((0,), (1,))), 2)
    assert shape(((), (0,), (0,))) == (0, Fork(((1,), (2,))))


def test_a_fork_within_a_branch() -> None:
    found = shape(((), (0,), (1,), (1,), (2, 3), (0,), (4, 5)))
    assert found == (0, Fork(((1, Fork(((2,), (3,))), 4), (5,))), 6)


REFUSED = [
    ("itself", ((), (1,))),
    ("a later one", ((1,), ())),
    ("one that does not exist", ((), (-1,))),
    ("the same twice", ((), (0, 0))),
    ("out of order", ((), (), (1, 0))),
    ("what follows anyway", ((), (0,), (0, 1))),
    ("crosswise", ((), (), (0, 1), (0, 1))),
    ("like an N", ((), (), (0,), (0, 1))),
]


@pytest.mark.parametrize("after", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_other_graphs_are_refused(after: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(RejectError):
        shape(after)
