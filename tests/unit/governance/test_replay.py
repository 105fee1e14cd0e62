"""What past auctions would have come to under other rules."""

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.replay import Figures, replay, total, under
from protocol.award import award
from protocol.job import Site, Weights
from protocol.units import Cents, Metres
from tests.unit.governance.examples import TRANSCRIPT, auction, pack
from tests.unit.protocol.examples import HOUR, bid, offer, operation, peer

ONE = (operation(0),)
CLEAN = bid("clean", offer(0, 1, 2, 110_00, co2=5_000))
DIRTY = bid("dirty", offer(0, 1, 2, 100_00, co2=60_000))


def test_a_higher_carbon_price_moves_the_work_to_the_cleaner_maker() -> None:
    found = replay(auction(CLEAN, DIRTY, operations=ONE), pack(carbon=50_000))
    assert found.before is not None
    assert found.after is not None
    assert (found.before.makers, found.after.makers) == ((peer("dirty"),), (peer("clean"),))
    assert found.moved == (0,)
    assert found.carbon_raised == 40_000
    assert found.after.award.price - found.before.award.price == 10_00
    assert found.after.co2 - found.before.co2 == -55_000
    # 55 kg at 500.00 a tonne are 27.50, which pay for the 10.00 that the cleaner maker is dearer.
    assert found.score_gap == 17_50 * 1_000_000


def test_another_offer_of_the_same_maker_is_a_change_that_moves_no_work() -> None:
    menu = bid("mill", offer(0, 1, 2, 100_00, co2=60_000), offer(0, 1, 3, 105_00, co2=5_000))
    found = replay(auction(menu, operations=ONE), pack(carbon=50_000))
    assert (found.changed, found.moved, found.delay) == (True, (), HOUR)


def test_a_call_that_weighs_carbon_higher_already_is_not_touched() -> None:
    past = auction(CLEAN, DIRTY, operations=ONE, weights=Weights(hour=Cents(100), co2_tonne=Cents(60_000)))
    found = replay(past, pack(carbon=50_000))
    assert (found.carbon_raised, found.moved, found.score_gap) == (0, (), 0)
    assert under(past.call, pack(carbon=50_000)).weights == past.call.weights


def test_the_fee_is_rounded_down_for_each_assignment_as_the_contract_does() -> None:
    two = (operation(0), operation(1))
    bids = (bid("mill", offer(0, 1, 2, 99)), bid("oven", offer(1, 3, 4, 99)))
    found = replay(auction(*bids, operations=two), pack(fee=199))
    assert found.before is not None
    assert found.after is not None
    assert (found.before.fee, found.after.fee) == (1 + 1, 1 + 1)
    assert 198 * 199 // 10_000 == 3


def test_transport_counts_as_carbon() -> None:
    far = Site(easting=Metres(100_000), northing=Metres(0))
    found = replay(auction(bid("far", offer(0, 1, 2, 100, co2=1_000), site=far), operations=ONE), pack(fee=1))
    assert found.before is not None
    assert found.before.co2 == 1_000 + 100 * 62


def test_a_call_above_the_highest_escrow_would_be_refused_and_awards_nothing() -> None:
    found = replay(auction(CLEAN, operations=ONE), pack(max_budget=10_000))
    assert found.refusal == "budget 1000000 is above 10000 cents"
    assert found.before is not None
    assert found.after is None


def test_a_call_with_too_short_a_window_would_be_refused_with_both_times() -> None:
    found = replay(auction(CLEAN, operations=ONE), pack(min_commit=60))
    assert found.refusal == "call leaves 40 s for commitments, less than 60 s"


def test_an_auction_without_award_stays_without_one() -> None:
    found = replay(auction(CLEAN), pack(carbon=50_000))
    assert (found.before, found.after, found.moved, found.delay) == (None, None, (), 0)


def test_totals_compare_only_auctions_that_have_an_award_on_both_sides() -> None:
    auctions = (
        auction(CLEAN, DIRTY, operations=ONE, budget=Cents(500_00)),
        auction(DIRTY, operations=ONE, budget=Cents(500_00)),
        auction(CLEAN, budget=Cents(500_00)),
        auction(DIRTY, operations=ONE, budget=Cents(900_00)),
    )
    proposed = pack(carbon=50_000, fee=300, max_budget=600_00)
    found = total(replay(auction, proposed) for auction in auctions)
    assert (found.auctions, found.refused, found.changed, found.moved) == (4, 1, 1, 1)
    assert (found.before.price, found.after.price) == (200_00, 210_00)
    assert (found.before.fee, found.after.fee) == (3_00, 6_30)
    assert (found.before.co2, found.after.co2) == (120_000, 65_000)


menus = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(1, 6), st.integers(1, 40), st.integers(0, 50)),
    min_size=3,
    max_size=9,
)


@settings(max_examples=100, deadline=None)
@given(menus, st.integers(0, 200_000), st.integers(0, 400_000), st.integers(0, 500))
def test_dearer_carbon_never_makes_an_award_dirtier(
    menu: list[tuple[int, int, int, int, int]], weight: int, floor: int, hour: int
) -> None:
    """Revealed preference: the new award is at least as good under the new price, the old one under the old."""
    bids = tuple(
        bid(f"p{n}", offer(op, ready, ready + length, price * 100, co2=co2 * 1000))
        for n, (op, ready, length, price, co2) in enumerate(menu)
    )
    past = auction(*bids, weights=Weights(hour=Cents(hour), co2_tonne=Cents(weight)))
    found = replay(past, pack(carbon=floor))
    assert (found.before is None) == (found.after is None)
    assert found.score_gap >= 0
    if found.before is None or found.after is None:
        return
    assert found.after.co2 <= found.before.co2
    assert cost(found.after, max(weight, floor)) >= cost(found.before, weight)
    assert found.after.award == award(under(past.call, pack(carbon=floor)), bids, TRANSCRIPT)
    if found.carbon_raised == 0:
        assert found.after.award == found.before.award


def cost(figures: Figures, co2_tonne: int) -> int:
    """Micro-cents of price and time: the score without its carbon."""
    return figures.award.score - figures.co2 * co2_tonne
