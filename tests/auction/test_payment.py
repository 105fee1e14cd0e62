"""What winners are paid: as bid, or by what they are worth, where the call offers it and nobody is indispensable."""

from dataclasses import replace
from typing import Any

import pytest

from protocol.auction import Bid, Commitment, accept_commitment
from protocol.award import Award, Terms, award, choose, follows, premiums_of, terms_of
from protocol.errors import RejectError
from protocol.explanation import without_provider
from protocol.ids import Address, Digest
from protocol.job import Call
from protocol.payment import AsBid, premiums
from protocol.recheck import recheck
from protocol.transcript import FlawError, write
from protocol.units import NOTHING, BasisPoints, Cents
from tests.auction.markets import BEACON, Kind, auction
from tests.auction.sealed import bidder, bidders, held, small_call
from tests.unit.protocol.examples import CUSTOMER, offer, peer

HALF = BasisPoints(5_000)
MILL, OVEN, RIVAL = bidders()


def awarded(call: Call, bids: tuple[Bid, ...]) -> Award:
    outcome = award(call, bids, BEACON)
    assert isinstance(outcome, Award)
    return outcome


def asked(terms: Terms, premium: BasisPoints, **changes: Any) -> Call:
    """A call with the terms of a random auction."""
    return small_call(
        site=terms.site,
        earliest=terms.earliest,
        due=terms.due,
        budget=terms.budget,
        weights=terms.weights,
        operations=tuple(replace(small_call().operations[0], index=n) for n in range(len(terms.after))),
        premium=premium,
        **changes,
    )


def test_winners_are_paid_what_the_customer_would_lose_without_them() -> None:
    paid = unpaid = 0
    for seed in range(30):
        market = auction(seed, Kind(operations=3, offers=12, providers=8, bundles=0.2))
        call = asked(market.terms, HALF)
        plain = choose(terms_of(call), market.bids, BEACON)
        if not isinstance(plain, Award):
            continue
        outcome = awarded(call, market.bids)
        winners = {a.provider for a in plain.assignments}
        worth = {one: without_provider(terms_of(call), market.bids, plain, one) for one in winners}
        known = [cents for cents in worth.values() if cents is not None]
        if len(known) < len(winners) or sum(known) > min(plain.price // 2, call.budget - plain.price):
            assert outcome == plain
            unpaid += 1
        else:
            for one in winners:
                assert sum(a.premium for a in outcome.assignments if a.provider == one) == worth[one]
            assert outcome.price == plain.price + sum(known)
            paid += 1
        assert follows(outcome, call, market.bids, BEACON)
    assert paid > 5
    assert unpaid > 0


def test_what_a_winner_is_paid_does_not_depend_on_what_it_bid() -> None:
    call = small_call(premium=HALF)
    dearer = bidder("mill", offer(0, 1, 5, 75_00), offer(0, 6, 9, 65_00))
    first, second = (awarded(call, (one.bid, OVEN.bid, RIVAL.bid)) for one in (MILL, dearer))
    assert first.assignments[0].asked < second.assignments[0].asked
    assert first.assignments[0].price == second.assignments[0].price


def test_pay_as_bid_is_the_rule() -> None:
    outcome = awarded(small_call(), (MILL.bid, OVEN.bid, RIVAL.bid))
    assert outcome.price == outcome.asked
    assert premiums_of(small_call(), (MILL.bid, OVEN.bid, RIVAL.bid), outcome) is AsBid.NO_PREMIUM


def test_nobody_indispensable_names_its_price() -> None:
    call = small_call(premium=HALF)
    outcome = awarded(call, (MILL.bid, OVEN.bid))
    assert outcome.price == outcome.asked
    assert premiums_of(call, (MILL.bid, OVEN.bid), outcome) is AsBid.TOO_DEAR


@pytest.mark.parametrize(
    ("worth", "premium", "budget", "found"),
    [
        ((100, 50), 1500, 1150, {peer("a"): 100, peer("b"): 50}),
        ((100, 50), 1499, 1150, AsBid.TOO_DEAR),
        ((100, 50), 1500, 1149, AsBid.OVER_BUDGET),
        ((100, None), 5000, 9999, AsBid.TOO_DEAR),
        ((0, 0), 1, 1000, {peer("a"): 0, peer("b"): 0}),
        ((100, 50), 0, 9999, AsBid.NO_PREMIUM),
    ],
)
def test_premiums_keep_to_offer_and_budget(
    worth: tuple[int, int | None], premium: int, budget: int, found: object
) -> None:
    each = dict(zip((peer("a"), peer("b")), (None if one is None else Cents(one) for one in worth), strict=True))
    assert premiums(each, asked=Cents(1000), premium=BasisPoints(premium), budget=Cents(budget)) == found


@pytest.mark.parametrize("change", [1, -1])
def test_a_premium_that_was_made_up_is_caught(change: int) -> None:
    call = small_call(premium=HALF)
    told = recheck(write(held(call, bidders()))).result
    assert told.award is not None
    first, *rest = told.award.assignments
    assert first.premium > NOTHING
    forged = replace(
        told.award,
        assignments=(replace(first, premium=Cents(first.premium + change)), *rest),
        price=Cents(told.award.price + change),
    )
    with pytest.raises(FlawError):
        recheck(write(held(call, bidders(), result=replace(told, award=forged))))


def test_a_customer_does_not_bid_for_its_own_job() -> None:
    call = small_call()
    own = Commitment(job=call.job, provider=CUSTOMER, account=Address(bytes(20)), seal=Digest(bytes(32)))
    with pytest.raises(RejectError, match="its own job"):
        accept_commitment(own, signer=CUSTOMER, calls={call.job: call}, now=call.commit_by)
