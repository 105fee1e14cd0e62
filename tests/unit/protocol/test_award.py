"""The award rule: exact, total, and explained in numbers."""

from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.award import Award, NoAward, NoAwardReason, award, standings
from protocol.ids import Digest
from protocol.job import Site, Weights
from protocol.transport import travel_time
from protocol.units import Cents, Metres, UnixSeconds
from tests.unit.protocol.examples import HOME, HOUR, START, bid, call, offer, operation, peer

TRANSCRIPT = Digest(b"t" * 32)
FAR = Site(easting=Metres(600_000), northing=Metres(0))


def test_the_cheapest_chain_that_joins_in_time_wins() -> None:
    bids = (
        bid("mill", offer(0, 1, 5, 90_00), offer(0, 6, 9, 70_00)),
        bid("oven", offer(1, 5, 12, 40_00), offer(1, 9, 16, 40_00)),
        bid("cmm", offer(2, 16, 18, 20_00), offer(2, 12, 13, 90_00)),
    )
    outcome = award(call(weights=Weights(hour=Cents(0), co2_tonne=Cents(0))), bids, TRANSCRIPT)
    assert isinstance(outcome, Award)
    assert outcome.price == 130_00
    assert [a.provider for a in outcome.assignments] == [peer("mill"), peer("oven"), peer("cmm")]
    assert outcome.arrival == START + 18 * HOUR


def test_an_hour_that_is_worth_more_than_the_price_difference_buys_the_earlier_chain() -> None:
    bids = (bid("early", offer(0, 1, 2, 100_00)), bid("late", offer(0, 5, 6, 90_00)))
    one = (operation(0),)
    patient = award(call(operations=one, weights=Weights(hour=Cents(1), co2_tonne=Cents(0))), bids, TRANSCRIPT)
    hasty = award(call(operations=one, weights=Weights(hour=Cents(500), co2_tonne=Cents(0))), bids, TRANSCRIPT)
    assert isinstance(patient, Award)
    assert isinstance(hasty, Award)
    assert patient.assignments[0].provider == peer("late")
    assert hasty.assignments[0].provider == peer("early")


def test_parts_that_cannot_travel_in_time_break_a_chain() -> None:
    assert travel_time(HOME, FAR) == 11 * HOUR
    bids = (bid("mill", offer(0, 1, 5, 90_00)), bid("oven", offer(1, 15, 20, 40_00), site=FAR))
    outcome = award(call(operations=(operation(0), operation(1))), bids, TRANSCRIPT)
    assert isinstance(outcome, NoAward)
    assert outcome.reason is NoAwardReason.TOO_LATE


def test_a_budget_below_every_combination_names_the_cheapest() -> None:
    bids = (bid("a", offer(0, 1, 2, 80_00)), bid("b", offer(0, 1, 2, 75_00)))
    outcome = award(call(operations=(operation(0),), budget=Cents(50_00)), bids, TRANSCRIPT)
    assert outcome == NoAward(job=b"j" * 32, reason=NoAwardReason.OVER_BUDGET, measure=75_00)  # type: ignore[arg-type]


def test_the_budget_is_exact_even_when_the_best_score_is_too_dear() -> None:
    bids = (
        bid("fast", offer(0, 1, 2, 60_00), offer(1, 2, 3, 60_00)),
        bid("slow", offer(0, 20, 21, 40_00), offer(1, 21, 22, 40_00)),
    )
    hasty = Weights(hour=Cents(1000), co2_tonne=Cents(0))
    rich = award(call(operations=(operation(0), operation(1)), weights=hasty), bids, TRANSCRIPT)
    poor = award(call(operations=(operation(0), operation(1)), weights=hasty, budget=Cents(119_99)), bids, TRANSCRIPT)
    assert isinstance(rich, Award)
    assert isinstance(poor, Award)
    assert (rich.price, poor.price) == (120_00, 80_00)


def test_an_operation_without_offer_is_named() -> None:
    outcome = award(call(), (bid("mill", offer(0, 1, 5, 90_00)),), TRANSCRIPT)
    assert outcome == NoAward(job=b"j" * 32, reason=NoAwardReason.NO_OFFER, measure=1)  # type: ignore[arg-type]


def test_a_bundle_competes_with_the_sum_of_its_parts() -> None:
    bids = (
        bid("both", offer(0, 1, 9, 100_00, last=1)),
        bid("one", offer(0, 1, 4, 60_00)),
        bid("two", offer(1, 4, 9, 45_00)),
    )
    outcome = award(call(operations=(operation(0), operation(1))), bids, TRANSCRIPT)
    assert isinstance(outcome, Award)
    assert [a.provider for a in outcome.assignments] == [peer("both")]


def test_a_loser_learns_by_how_much() -> None:
    bids = (bid("cheap", offer(0, 1, 2, 70_00)), bid("dear", offer(0, 1, 2, 75_50)))
    one = call(operations=(operation(0),))
    outcome = award(one, bids, TRANSCRIPT)
    assert isinstance(outcome, Award)
    places = {place.provider: place for place in standings(one, bids, outcome)}
    assert places[peer("cheap")].won == (0,)
    assert places[peer("dear")].price_gap == 5_50
    assert places[peer("dear")].score_gap == 5_50 * 1_000_000


def test_a_tie_is_broken_by_the_transcript_alone() -> None:
    bids = (bid("a", offer(0, 1, 2, 70_00)), bid("b", offer(0, 1, 2, 70_00)))
    one = call(operations=(operation(0),))
    winners = set()
    for number in range(32):
        outcome = award(one, bids, Digest(bytes([number]) * 32))
        assert outcome == award(one, bids[::-1], Digest(bytes([number]) * 32))
        assert isinstance(outcome, Award)
        winners.add(outcome.assignments[0].provider)
    assert winners == {peer("a"), peer("b")}


menus = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(1, 8), st.integers(1, 40), st.integers(0, 5)),
    min_size=1,
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(menus, st.integers(10, 90), st.integers(0, 200))
def test_no_combination_beats_the_award(menu: list[tuple[int, int, int, int, int]], budget: int, hour: int) -> None:
    """Exhaustive search over all chains agrees with the dynamic programme on the score, and on having none."""
    bids = tuple(
        bid(f"p{number}", offer(op, ready, ready + length, price * 100, co2=co2 * 1000))
        for number, (op, ready, length, price, co2) in enumerate(menu)
    )
    asked = call(
        budget=Cents(budget * 100),
        weights=Weights(hour=Cents(hour), co2_tonne=Cents(10_000)),
        due=UnixSeconds(START + 30 * HOUR),
    )
    outcome = award(asked, bids, TRANSCRIPT)
    by_operation = [[b.offers[0] for b in bids if b.offers[0].first == index] for index in range(3)]
    scores = [
        sum(o.price * 1_000_000 + o.co2 * 10_000 for o in chain)
        + (chain[-1].opens + chain[-1].duration - START) * hour * 1_000_000 // 3600
        for chain in product(*by_operation)
        if chain[0].opens >= START
        and all(a.opens + a.duration <= b.opens for a, b in pairwise(chain))
        and chain[-1].opens + chain[-1].duration <= asked.due
        and sum(o.price for o in chain) <= asked.budget
    ]
    if scores:
        assert isinstance(outcome, Award)
        assert outcome.score == min(scores)
        assert outcome.price <= asked.budget
    else:
        assert isinstance(outcome, NoAward)


@settings(max_examples=60, deadline=None)
@given(menus, st.randoms(use_true_random=False))
def test_the_order_of_bids_never_matters(menu: list[tuple[int, int, int, int, int]], random: object) -> None:
    bids = [
        bid(f"p{number}", offer(op, ready, ready + length, price * 100, co2=co2))
        for number, (op, ready, length, price, co2) in enumerate(menu)
    ]
    first = award(call(), bids, TRANSCRIPT)
    random.shuffle(bids)  # type: ignore[attr-defined]
    assert award(call(), bids, TRANSCRIPT) == first
