"""Re-auctions of critical operations: what they promise of one bid, and of the whole."""

import json
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fjsp import DATA, check, read
from devnet.market.critical import Assigned, Floor, announce, blocks, orders, reauction
from devnet.market.dispatching import RULES, dispatched

times = st.dictionaries(st.integers(0, 2), st.integers(1, 9), min_size=1, max_size=3)
floors = st.lists(st.lists(times, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4).map(
    lambda jobs: Floor(machines=3, jobs=tuple(jobs))
)


@given(floors, st.integers(0, 99))
@settings(deadline=None, max_examples=80)
def test_every_bid_tells_an_upper_bound_of_the_way_through_it_and_never_makes_a_cycle(floor: Floor, seed: int) -> None:
    rng = Random(seed)
    assigned = announce(floor, orders(floor)[seed % 3])
    path = assigned.critical(rng)
    state = assigned.state()
    for operation, block in blocks(assigned, path):
        for bid in assigned.bids(operation, block):
            assigned.take(bid)
            through = assigned.heads[operation] + assigned.length[operation] + assigned.tails[operation]
            assert through <= bid.length
            check(floor, assigned.sequences, assigned.span)
            assigned.restore(state)


@given(floors)
@settings(deadline=None, max_examples=50)
def test_a_longest_way_is_as_long_as_the_span(floor: Floor) -> None:
    assigned = announce(floor, orders(floor)[0])
    path = assigned.critical(Random(1))
    assert sum(assigned.length[operation] for operation in path) == assigned.span
    assert [operation for operation, _block in blocks(assigned, path)] == path


@given(floors)
@settings(deadline=None, max_examples=40)
def test_re_auctions_never_end_worse_and_every_schedule_can_be_played(floor: Floor) -> None:
    outcome = reauction(floor, 60, Random(1))
    check(floor, outcome.sequences, outcome.span)
    assert outcome.span <= min(announce(floor, order).span for order in orders(floor))
    assert all(outcome.span <= dispatched(floor, rule) * 2 for rule in RULES)


def best_by_hand(floor: Floor) -> int:
    """The least span over all assignments and all orders in which jobs may take their next operation."""
    counts = [len(job) for job in floor.jobs]
    best = 1 << 30

    def place(done: tuple[int, ...], free: tuple[int, ...], ready: tuple[int, ...]) -> None:
        nonlocal best
        if max(ready) >= best:
            return
        if list(done) == counts:
            best = max(ready)
            return
        for job, made in enumerate(done):
            if made < counts[job]:
                for machine, time in floor.jobs[job][made].items():
                    end = max(free[machine], ready[job]) + time
                    place(
                        (*done[:job], made + 1, *done[job + 1 :]),
                        (*free[:machine], end, *free[machine + 1 :]),
                        (*ready[:job], end, *ready[job + 1 :]),
                    )

    place((0,) * len(counts), (0,) * floor.machines, (0,) * len(counts))
    return best


def test_small_floors_are_solved_to_the_optimum() -> None:
    rng = Random(7)
    for _ in range(6):
        jobs = tuple(
            tuple({machine: rng.randint(1, 9) for machine in rng.sample(range(3), 2)} for _ in range(2))
            for _ in range(3)
        )
        floor = Floor(machines=3, jobs=jobs)
        assert reauction(floor, 400, Random(1)).span == best_by_hand(floor)


def test_an_operation_without_a_machine_of_its_own_still_gets_one() -> None:
    for one, other in product((1, 5), repeat=2):
        floor = Floor(machines=1, jobs=(({0: one},), ({0: other},)))
        assert announce(floor, [1, 0]).span == one + other
        assert Assigned(floor).span == max(one, other)


def test_a_public_instance_with_a_known_optimum_is_solved() -> None:
    if not DATA.exists():
        pytest.skip("the public instances are not on this machine")
    bounds = json.loads((DATA / "bounds.json").read_text())["bounds"]
    floor = read(DATA / "mk01.txt")
    assert reauction(floor, 2_000, Random(1), bound=bounds["mk01"][0]).span == bounds["mk01"][0]
