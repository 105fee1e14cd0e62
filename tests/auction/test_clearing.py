"""Batches: cleared without overlap, alike for everybody, and with a certificate that holds."""

from dataclasses import replace

import pytest

from protocol.award import Award, choose
from protocol.clearing import Contest, GapProof, certify, check_clearing, clear, total
from protocol.errors import RejectError
from protocol.ids import Digest, JobId
from protocol.meter import price_of_decentralisation
from protocol.units import Cents
from tests.auction.markets import BEACON, Kind, auction

CROWDED = Kind(operations=3, offers=12, providers=5, machines=2, width=0, plane=60, bundles=0)


def lots(number: int, kind: Kind = CROWDED) -> tuple[Contest, ...]:
    """Jobs that want the same few machines; the providers of all are the same."""
    made = []
    for index in range(number):
        job = JobId(index.to_bytes(32, "big"))
        asked = auction(index, kind, budget=Cents(200_000), job=job)
        made.append(Contest(terms=asked.terms, bids=tuple(replace(bid, job=job) for bid in asked.bids)))
    return tuple(made)


LOTS = lots(8)
OUTCOMES = clear(LOTS, BEACON)
CERTIFICATE = certify(LOTS, total(LOTS, OUTCOMES))


def test_a_clearing_holds_and_its_gap_is_proved() -> None:
    gap = check_clearing(LOTS, OUTCOMES, CERTIFICATE)
    assert 0 <= gap < total(LOTS, OUTCOMES) // 3
    assert sum(isinstance(outcome, Award) for outcome in OUTCOMES) >= 6


def test_tolls_prove_more_than_none() -> None:
    alone = certify(LOTS, total(LOTS, OUTCOMES), rounds=0)
    assert alone.tolls == ()
    assert CERTIFICATE.bound > alone.bound
    assert check_clearing(LOTS, OUTCOMES, alone) > check_clearing(LOTS, OUTCOMES, CERTIFICATE)


def test_no_clearing_beats_the_bound() -> None:
    """Every order in which the beacon can draw the jobs gives a clearing, and none is better than the bound."""
    for number in range(12):
        other = clear(LOTS, Digest(bytes([number]) * 32))
        assert check_clearing(LOTS, other, CERTIFICATE) >= 0


def test_the_order_of_the_lots_does_not_matter() -> None:
    assert clear(LOTS[::-1], BEACON)[::-1] == OUTCOMES


def test_a_batch_of_one_is_an_award() -> None:
    assert clear(LOTS[:1], BEACON) == (choose(LOTS[0].terms, LOTS[0].bids, BEACON),)
    assert clear((), BEACON) == ()


def test_a_false_certificate_is_refused() -> None:
    first = CERTIFICATE.tolls[0]
    false = {
        "higher": (replace(CERTIFICATE, bound=CERTIFICATE.bound + 1), "does not follow"),
        "negative": (GapProof(tolls=(replace(first, price=Cents(-5)),), bound=0), "negative"),
        "twice": (replace(CERTIFICATE, tolls=(*CERTIFICATE.tolls, first)), "twice"),
        "one toll less": (replace(CERTIFICATE, tolls=CERTIFICATE.tolls[1:]), "does not follow"),
    }
    for certificate, why in false.values():
        with pytest.raises(RejectError, match=why):
            check_clearing(LOTS, OUTCOMES, certificate)


def test_a_window_sold_to_two_jobs_is_refused() -> None:
    each = tuple(choose(lot.terms, lot.bids, BEACON) for lot in LOTS)
    assert total(LOTS, each) < total(LOTS, OUTCOMES)
    with pytest.raises(RejectError, match="two jobs are on one machine"):
        check_clearing(LOTS, each, CERTIFICATE)


def test_a_plan_of_offers_that_nobody_made_is_refused() -> None:
    index, award = next((i, o) for i, o in enumerate(OUTCOMES) if isinstance(o, Award))
    first = award.assignments[0]
    gift = replace(first, offer=replace(first.offer, price=Cents(1)))
    forged = (*OUTCOMES[:index], replace(award, assignments=(gift, *award.assignments[1:])), *OUTCOMES[index + 1 :])
    with pytest.raises(RejectError, match="nobody made"):
        check_clearing(LOTS, forged, CERTIFICATE)
    lied = (*OUTCOMES[:index], replace(award, score=award.score - 10), *OUTCOMES[index + 1 :])
    with pytest.raises(RejectError, match="another score"):
        check_clearing(LOTS, lied, CERTIFICATE)


def test_one_award_has_no_price_and_several_have_one_that_is_bounded() -> None:
    alone = price_of_decentralisation(LOTS[:1], OUTCOMES[:1])
    assert (alone.known_ppm, alone.most_ppm, alone.exact) == (0, 0, True)
    several = price_of_decentralisation(LOTS, OUTCOMES, draws=6)
    assert several.bound <= several.best_known <= several.made == total(LOTS, OUTCOMES)
    assert 0 <= several.known_ppm <= several.most_ppm
