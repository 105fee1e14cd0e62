"""Why the first is first, why the others are not, and what would have changed it."""

from dataclasses import replace

import pytest

from protocol.award import MICRO, Award, choose, standing, terms_of
from protocol.errors import RejectError
from protocol.explanation import loss, margin, what_if, without_provider
from protocol.job import Weights
from protocol.scoring import weigh
from protocol.units import Cents, GramsCo2, UnixSeconds
from tests.auction.markets import BEACON, FORK, PLAIN, Kind, auction
from tests.auction.sealed import bidders, small_call
from tests.unit.protocol.examples import peer

TERMS = terms_of(small_call(weights=Weights(hour=Cents(100), co2_tonne=Cents(10_000))))
BIDS = tuple(b.bid for b in bidders())
AWARD = choose(TERMS, BIDS, BEACON)
assert isinstance(AWARD, Award)


@pytest.mark.parametrize("kind", [PLAIN, Kind(after=FORK, providers=3, machines=1, width=3_000, offers=5)])
def test_a_plan_weighs_what_the_search_says(kind: Kind) -> None:
    found = 0
    for seed in range(20):
        asked = auction(seed, kind)
        outcome = choose(asked.terms, asked.bids, BEACON)
        if isinstance(outcome, Award):
            weighed = weigh(asked.terms, outcome.assignments)
            assert weighed.breakdown.total == outcome.score
            assert (weighed.arrival, weighed.price, weighed.co2) == (outcome.arrival, outcome.price, outcome.co2)
            found += 1
    assert found > 10


def test_the_first_leads_the_second_by_the_sum_of_the_terms() -> None:
    beside = margin(TERMS, BIDS, AWARD)
    assert beside.second is not None
    assert beside.lead is not None
    assert beside.lead.total == beside.second.breakdown.total - beside.first.breakdown.total > 0
    assert {a.offer for a in beside.instead} != {a.offer for a in AWARD.assignments}


def test_the_only_plan_has_no_second() -> None:
    alone = (replace(BIDS[0], offers=BIDS[0].offers[:1]), replace(BIDS[1], offers=BIDS[1].offers[:1]))
    award = choose(TERMS, alone, BEACON)
    assert isinstance(award, Award)
    assert margin(TERMS, alone, award).second is None
    assert without_provider(TERMS, alone, award, alone[0].provider) is None


def test_a_loser_that_had_taken_its_discount_off_would_have_won() -> None:
    told = loss(TERMS, BIDS, AWARD, peer("rival"))
    assert told.best is not None
    assert told.discount is not None
    assert told.gap is not None
    place = standing(small_call(weights=TERMS.weights), BIDS, AWARD, peer("rival"))
    assert place.score_gap == told.gap.total
    for discount, wins in ((told.discount, True), (told.discount - 2, False)):
        cheaper = tuple(replace(o, price=Cents(o.price - discount)) for o in BIDS[2].offers)
        again = choose(TERMS, (*BIDS[:2], replace(BIDS[2], offers=cheaper)), BEACON)
        assert isinstance(again, Award)
        assert (peer("rival") in {a.provider for a in again.assignments}) == wins


def test_a_bidder_that_fits_into_no_plan_is_told_so() -> None:
    late = replace(BIDS[2], offers=(replace(BIDS[2].offers[0], opens=TERMS.due, closes=TERMS.due),))
    told = loss(TERMS, (*BIDS[:2], late), AWARD, peer("rival"))
    assert (told.best, told.gap, told.discount) == (None, None, None)


def test_other_weights_lead_to_other_makers() -> None:
    patient, hasty = what_if(
        TERMS,
        BIDS,
        BEACON,
        (Weights(hour=Cents(0), co2_tonne=Cents(0)), Weights(hour=Cents(100_000), co2_tonne=Cents(0))),
    )
    assert isinstance(patient.outcome, Award)
    assert isinstance(hasty.outcome, Award)
    assert patient.outcome.price < hasty.outcome.price
    assert patient.outcome.arrival > hasty.outcome.arrival


def test_without_a_winner_the_rest_costs_that_much_more() -> None:
    dearer = without_provider(TERMS, BIDS, AWARD, peer("oven"))
    rest = choose(TERMS, (BIDS[0], BIDS[2]), BEACON)
    assert isinstance(rest, Award)
    assert dearer == (rest.score - AWARD.score) // MICRO > 0


def test_a_plan_that_breaks_a_term_weighs_nothing() -> None:
    first, second = AWARD.assignments
    broken = {
        "covered once": (first,),
        "covered once each": (first, first, second),
        "outside its window": (replace(first, start=UnixSeconds(first.start + 1)), second),
        "before the parts can be": (
            replace(first, offer=replace(first.offer, duration=first.offer.duration * 9)),
            second,
        ),
    }
    for why, plan in broken.items():
        with pytest.raises(RejectError, match=why):
            weigh(TERMS, plan)
    for terms in (
        replace(TERMS, due=UnixSeconds(AWARD.arrival - 1)),
        replace(TERMS, budget=Cents(AWARD.price - 1)),
        replace(TERMS, co2_cap=GramsCo2(AWARD.co2 - 1)),
    ):
        with pytest.raises(RejectError, match="not kept"):
            weigh(terms, AWARD.assignments)
