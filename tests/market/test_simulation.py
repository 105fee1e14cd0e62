"""Whole markets with cheats and failures: whatever happens, every sentence of ``devnet.market.invariants`` holds."""

from dataclasses import replace

import pytest

from devnet.market.auctioning import post
from devnet.market.behaviour import Buyer, Mishap, Reason, Shop
from devnet.market.invariants import broken_at_end, broken_by_end, broken_now, overlapping
from devnet.market.making import repaired
from devnet.market.purse import FUNDS, POOL
from devnet.market.repair import Repaired, vanished
from devnet.market.simulation import SMALL, play
from devnet.market.state import Market, market
from protocol.ids import PeerId

FEW = replace(SMALL, providers=6, jobs=8)


@pytest.mark.parametrize("seed", range(1, 5))
def test_every_order_ends_and_nothing_is_left(seed: int) -> None:
    played = play(seed, FEW)
    assert played.violations == []
    assert sum(played.ended.values()) - played.ended[Reason.GIVEN_UP.value] == FEW.jobs


def test_the_same_seed_plays_the_same_market() -> None:
    assert len({str(play(3, replace(FEW, jobs=4))) for _ in range(2)}) == 1


def a_market(seed: int = 1, *, shop: Shop = Shop.HONEST, buyer: Buyer = Buyer.HONEST, jobs: int = 4) -> Market:
    """A market in which everybody behaves alike."""
    place = market(seed, replace(FEW, jobs=jobs))
    place.shops = dict.fromkeys(place.shops, shop)
    place.buyers = dict.fromkeys(place.buyers, buyer)
    return place


def played(place: Market) -> Market:
    for call in place.world.calls:
        place.clock.at(call.earliest, lambda call=call: post(place, call))
    while place.clock.step():
        assert not [*broken_now(place), *overlapping(place)]
    assert not list(broken_at_end(place))
    for job in place.calls:
        assert not list(broken_by_end(place, job))
    return place


def reasons(place: Market) -> set[Reason]:
    return {reason for _job, _whom, reason in place.refusals}


@pytest.mark.parametrize(
    ("shop", "reason"),
    [
        (Shop.LATE, Reason.LATE),
        (Shop.COPIER, Reason.UNKNOWN_SEAL),
        (Shop.TWO_FACED, Reason.DUPLICATE),
        (Shop.BLOATED, Reason.MALFORMED),
        (Shop.SILENT, Reason.UNOPENED),
        (Shop.FICKLE, Reason.DECLINED),
        (Shop.IMPOSTOR, Reason.NOT_ITS_OWN),
        (Shop.SYBIL, Reason.NO_BOND),
        (Shop.SWITCHER, Reason.UNKNOWN_SEAL),
        (Shop.REPLAYER, Reason.UNKNOWN_SEAL),
        (Shop.FRONT_RUNNER, Reason.NOT_ASSIGNED),
        (Shop.SLOW, Reason.LATE),
        (Shop.FAST, Reason.OVER),
    ],
)
def test_a_cheating_shop_is_told_why_it_does_not_count(shop: Shop, reason: Reason) -> None:
    assert reason in reasons(played(a_market(shop=shop)))


@pytest.mark.parametrize("shop", [Shop.LATE, Shop.SILENT, Shop.FICKLE, Shop.SLOW, Shop.FRONT_RUNNER])
def test_one_honest_federation_goes_on_beside_one_cheat(shop: Shop) -> None:
    place = a_market()
    cheat = next(iter(place.shops))
    place.shops[cheat] = shop
    played(place)
    assert Reason.PAID in place.ended.values()
    ends = {place.ended[job] for job, _operation in place.payments}
    assert ends <= {Reason.PAID, Reason.GIVEN_UP}, "what is paid is made to the end, or given up with its parts"


def test_who_withholds_a_reveal_loses_its_bond() -> None:
    place = a_market()
    cheat = next(iter(place.shops))
    place.shops[cheat] = Shop.SILENT
    before = place.purse.free[cheat]
    played(place)
    assert Reason.UNOPENED in reasons(place)
    assert place.purse.free[cheat] < before


@pytest.mark.parametrize("buyer", [Buyer.FORGETFUL, Buyer.PARTIAL, Buyer.SILENT, Buyer.EQUIVOCATOR])
def test_the_canonical_award_stands_whatever_the_customer_says(buyer: Buyer) -> None:
    honest, other = played(a_market()), played(a_market(buyer=buyer))
    assert Reason.CANONICAL_AWARD in reasons(other)
    assert other.ended == honest.ended
    assert earned(other, honest)


def earned(one: Market, other: Market) -> bool:
    """Whether shops were paid the same for work in two markets, slashed bonds aside."""
    return one.payments == other.payments


def test_a_friend_that_has_seen_the_bids_comes_too_late() -> None:
    honest, other = played(a_market()), played(a_market(buyer=Buyer.PEEKER))
    assert Reason.LATE in reasons(other)
    assert earned(other, honest)


def test_a_customer_that_bids_under_another_name_pays_for_it_and_gains_nothing() -> None:
    honest, place = played(a_market()), a_market(buyer=Buyer.SHILL)
    before = place.purse.total
    other = played(place)
    assert Reason.DECLINED in reasons(other)
    assert earned(other, honest)
    shills = [amount for who, amount in other.purse.free.items() if who not in {*honest.purse.free, *other.shops, POOL}]
    assert min(shills) < FUNDS
    assert max(shills) <= FUNDS
    assert before <= other.purse.total


@pytest.mark.parametrize(("buyer", "reason"), [(Buyer.ROOTLESS, Reason.NO_ROOT), (Buyer.SLOW, Reason.OVER)])
def test_a_customer_that_names_no_commitments_or_no_time_for_them_gets_no_award(buyer: Buyer, reason: Reason) -> None:
    place = played(a_market(buyer=buyer))
    assert reason in reasons(place)
    assert set(place.ended.values()) == {Reason.NO_AWARD}


def test_a_customer_whose_clock_is_ahead_only_waits_longer_for_bids() -> None:
    assert Reason.PAID in played(a_market(buyer=Buyer.FAST)).ended.values()


def test_who_made_something_for_a_customer_that_vanished_is_paid_after_the_review() -> None:
    honest, other = played(a_market()), played(a_market(buyer=Buyer.VANISHED))
    assert other.repairs[Mishap.CUSTOMER, "approved by silence"]
    assert earned(other, honest)


def test_the_same_request_again_is_the_same_order() -> None:
    place = played(a_market(buyer=Buyer.IMPATIENT))
    assert Reason.DUPLICATE in reasons(place)
    assert len(place.ended) == len(place.world.calls)


def test_windows_sold_twice_are_declined_and_the_next_best_is_found() -> None:
    place = a_market(jobs=6)
    for peer in list(place.shops)[::2]:
        place.shops[peer] = Shop.DOUBLE_SELLER
    played(place)
    assert Reason.PAID in place.ended.values()


def test_a_shop_that_vanishes_costs_nobody_but_itself() -> None:
    place = a_market(2, jobs=6)
    place.shops[PeerId(next(iter(place.shops)))] = Shop.DESERTER
    played(place)
    assert set(place.ended.values()) <= {Reason.PAID, Reason.NO_REPAIR, Reason.NO_AWARD, Reason.EXPIRED}


def test_a_shop_that_vanishes_after_its_bid_wins_nothing() -> None:
    honest, place = played(a_market(jobs=1)), a_market(jobs=1)
    (call,) = place.world.calls
    winner = honest.makers[call.job, 0]
    place.clock.at(call.reveal_by, lambda: repaired(place, Mishap.PROVIDER, gone(place, winner)))
    played(place)
    assert Reason.DECLINED in reasons(place)
    assert place.ended == {call.job: Reason.PAID}
    assert winner not in place.makers.values()


def gone(place: Market, peer: PeerId) -> Repaired:
    return vanished(place.book, peer, now=place.clock.now)
