"""When a commitment, its opening and the bid inside are acceptable."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.auction import Bid, Commitment, Offer, Reveal, Rise, accept_commitment, accept_reveal, check_bid, seal_of
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, JobId, MachineId
from protocol.job import Site
from protocol.params import (
    MAX_CLOCK_SKEW,
    MAX_CO2,
    MAX_GRADE,
    MAX_GRID,
    MAX_HORIZON,
    MAX_OFFERS,
    MAX_PRICE,
)
from protocol.result import Result, decide
from protocol.units import Cents, GramsCo2, Metres, Seconds, UnixSeconds
from protocol.wire import decode, encode
from tests.unit.protocol.examples import HOUR, bid, call, offer, operation, peer

CALL = call()
CALLS = {CALL.job: CALL}
OFFER = offer(0, 1, 5, 90_00)
BID = bid("mill", OFFER)
SALT = b"s" * 32
MILL = peer("mill")
COMMITMENT = Commitment(job=CALL.job, provider=MILL, account=Address(b"a" * 20), seal=seal_of(BID, SALT))
REVEAL = Reveal(bid=BID, salt=SALT)
SEALS = frozenset({COMMITMENT.seal})


def seconds(moment: int) -> UnixSeconds:
    return UnixSeconds(moment)


def test_a_commitment_counts_until_the_commit_deadline_itself() -> None:
    accept_commitment(COMMITMENT, signer=MILL, calls=CALLS, now=CALL.commit_by)


def test_a_commitment_that_its_provider_did_not_sign_is_rejected() -> None:
    with pytest.raises(RejectError, match="not signed by its provider"):
        accept_commitment(COMMITMENT, signer=peer("oven"), calls=CALLS, now=CALL.commit_by)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_commitment_with_a_seal_of_the_wrong_length_is_rejected(length: int) -> None:
    malformed = replace(COMMITMENT, seal=Digest(bytes(length)))
    with pytest.raises(RejectError, match="seal has the wrong length"):
        accept_commitment(malformed, signer=MILL, calls=CALLS, now=CALL.commit_by)


def test_a_commitment_to_an_unknown_job_is_ignored_not_rejected() -> None:
    with pytest.raises(IgnoreError, match="unknown job"):
        accept_commitment(COMMITMENT, signer=MILL, calls={}, now=CALL.commit_by)


def test_a_late_commitment_is_ignored_not_rejected() -> None:
    with pytest.raises(IgnoreError, match="late"):
        accept_commitment(COMMITMENT, signer=MILL, calls=CALLS, now=seconds(CALL.commit_by + 1))


def test_a_reveal_counts_from_the_commit_deadline_less_the_clock_skew_to_the_reveal_deadline() -> None:
    for now in (CALL.commit_by - MAX_CLOCK_SKEW, CALL.commit_by, CALL.reveal_by):
        accept_reveal(REVEAL, signer=MILL, calls=CALLS, seals=SEALS, now=seconds(now))


def test_a_reveal_that_its_provider_did_not_sign_is_rejected() -> None:
    with pytest.raises(RejectError, match="not signed by its provider"):
        accept_reveal(REVEAL, signer=peer("oven"), calls=CALLS, seals=SEALS, now=CALL.reveal_by)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_reveal_with_a_salt_of_the_wrong_length_is_rejected(length: int) -> None:
    with pytest.raises(RejectError, match="salt has the wrong length"):
        accept_reveal(replace(REVEAL, salt=bytes(length)), signer=MILL, calls=CALLS, seals=SEALS, now=CALL.reveal_by)


def test_a_reveal_of_a_malformed_bid_is_rejected_even_with_its_commitment() -> None:
    greedy = Reveal(bid=replace(BID, offers=()), salt=SALT)
    with pytest.raises(RejectError, match="0 offers"):
        accept_reveal(greedy, signer=MILL, calls=CALLS, seals={seal_of(greedy.bid, SALT)}, now=CALL.reveal_by)


def test_a_reveal_for_an_unknown_job_is_ignored_not_rejected() -> None:
    with pytest.raises(IgnoreError, match="unknown job"):
        accept_reveal(REVEAL, signer=MILL, calls={}, seals=SEALS, now=CALL.reveal_by)


@pytest.mark.parametrize(
    "other", [replace(REVEAL, salt=b"o" * 32), Reveal(bid=bid("mill", offer(0, 1, 5, 1)), salt=SALT)]
)
def test_a_reveal_that_opens_no_commitment_is_ignored_not_rejected(other: Reveal) -> None:
    with pytest.raises(IgnoreError, match="opens no commitment"):
        accept_reveal(other, signer=MILL, calls=CALLS, seals=SEALS, now=CALL.reveal_by)


@pytest.mark.parametrize("now", [CALL.commit_by - MAX_CLOCK_SKEW - 1, CALL.reveal_by + 1], ids=["early", "late"])
def test_a_reveal_outside_its_window_is_ignored_not_rejected(now: int) -> None:
    with pytest.raises(IgnoreError, match="outside its window"):
        accept_reveal(REVEAL, signer=MILL, calls=CALLS, seals=SEALS, now=seconds(now))


def test_a_seal_copied_by_another_provider_opens_nothing() -> None:
    copied = Reveal(bid=replace(BID, provider=peer("thief")), salt=SALT)
    with pytest.raises(IgnoreError, match="opens no commitment"):
        accept_reveal(copied, signer=peer("thief"), calls=CALLS, seals=SEALS, now=CALL.reveal_by)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(
        [
            replace(BID, job=JobId(b"k" * 32)),
            replace(BID, provider=peer("oven")),
            replace(BID, offers=(replace(OFFER, price=Cents(90_01)),)),
            replace(BID, offers=(OFFER, OFFER)),
            BID,
        ]
    ),
    st.binary(min_size=32, max_size=32),
)
def test_a_seal_binds_bid_and_salt(other: Bid, salt: bytes) -> None:
    assert (seal_of(other, salt) == seal_of(BID, SALT)) == ((other, salt) == (BID, SALT))


def test_a_bid_at_every_limit_is_well_formed() -> None:
    least = replace(OFFER, price=Cents(1), duration=Seconds(1), co2=MAX_CO2)
    check_bid(bid("mill", *(replace(least, duration=Seconds(n + 1)) for n in range(MAX_OFFERS))), CALL)
    check_bid(bid("mill", replace(OFFER, last=2)), CALL)


def curve(*steps: tuple[int, int]) -> Offer:
    """``OFFER`` open for eight hours, with the price of each step from so many hours on."""
    rises = tuple(Rise(start=seconds(OFFER.opens + hour * HOUR), price=Cents(price)) for hour, price in steps)
    return replace(OFFER, closes=seconds(OFFER.opens + 8 * HOUR), rises=rises)


def test_a_price_that_rises_within_its_window_is_well_formed() -> None:
    check_bid(bid("mill", curve((1, 91_00), (8, 99_00))), CALL)


CLASHES: list[tuple[tuple[tuple[int, int], ...], str]] = [
    (((0, 2),), "does not exist"),
    (((1, 1),), "does not exist"),
    (((1, 0),), "does not exist"),
    (((0, 1), (0, 1)), "not in order"),
]


@pytest.mark.parametrize(("clashes", "reason"), CLASHES)
def test_a_clash_names_two_offers_once(clashes: tuple[tuple[int, int], ...], reason: str) -> None:
    menu = bid("mill", OFFER, replace(OFFER, price=Cents(1)))
    check_bid(replace(menu, clashes=((0, 1),)), CALL)
    with pytest.raises(RejectError, match=reason):
        check_bid(replace(menu, clashes=clashes), CALL)


@pytest.mark.parametrize(
    "change",
    [{"site": Site(easting=Metres(MAX_GRID + 1), northing=Metres(0))}, {"jurisdiction": "de"}, {"clearance": -1}],
)
def test_a_bid_from_nowhere_is_rejected(change: dict[str, Any]) -> None:
    with pytest.raises(RejectError, match="out of bounds"):
        check_bid(replace(bid("mill", OFFER), **change), CALL)


MALFORMED: list[tuple[str, tuple[Offer, ...], str]] = [
    ("no offer", (), "0 offers"),
    ("too many offers", (OFFER,) * (MAX_OFFERS + 1), "65 offers"),
    ("an operation before the first", (replace(OFFER, first=-1),), "do not exist"),
    ("an operation after the last", (replace(OFFER, last=3),), "do not exist"),
    ("a bundle that runs backwards", (replace(OFFER, first=1, last=0),), "do not exist"),
    ("no price", (replace(OFFER, price=Cents(0)),), "out of bounds"),
    ("a negative price", (replace(OFFER, price=Cents(-1)),), "out of bounds"),
    ("negative CO2", (replace(OFFER, co2=GramsCo2(-1)),), "out of bounds"),
    ("more CO2 than any machine makes", (replace(OFFER, co2=GramsCo2(MAX_CO2 + 1)),), "out of bounds"),
    ("a window without length", (replace(OFFER, duration=Seconds(0)),), "out of bounds"),
    ("a window that closes before it opens", (replace(OFFER, closes=seconds(OFFER.opens - 1)),), "out of bounds"),
    ("a window that closes after the due date", (replace(OFFER, closes=seconds(CALL.due + 1)),), "out of bounds"),
    ("a duration beyond any horizon", (replace(OFFER, duration=Seconds(MAX_HORIZON + 1)),), "out of bounds"),
    ("a window before time began", (replace(OFFER, opens=seconds(-1)),), "out of bounds"),
    ("a price beyond any budget", (replace(OFFER, price=Cents(MAX_PRICE + 1)),), "out of bounds"),
    ("a quality class that does not exist", (replace(OFFER, grade=MAX_GRADE + 1),), "out of bounds"),
    ("a price curve that falls", (curve((1, 80_00)),), "does not rise"),
    ("a price curve that stands still", (curve((1, 95_00), (1, 96_00)),), "does not rise"),
    ("a price curve outside its window", (curve((9, 95_00)),), "does not rise"),
    ("a price curve with too many steps", (curve(*((n, 90_00 + n) for n in range(1, 6))),), "too long"),
    ("a machine without a name", (replace(OFFER, machine=MachineId("")),), "too long"),
    ("the same offer twice", (OFFER, OFFER), "twice"),
    ("one malformed offer among good ones", (OFFER, replace(OFFER, price=Cents(0))), "out of bounds"),
]


@pytest.mark.parametrize(("offers", "reason"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_bid_is_rejected(offers: tuple[Offer, ...], reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        check_bid(bid("mill", *offers), CALL)


EDGES = (1, 10**10, 2**62, 2**63, 2**64 - 1)


@pytest.mark.parametrize("length", [HOUR, MAX_HORIZON, 2**63])
def test_no_bid_that_passes_makes_a_result_that_cannot_be_told(length: int) -> None:
    """A score is a number on the wire; no bidder may push it beyond 64 bits."""
    one, usual, told = call(operations=(operation(0),)), bid("usual", offer(0, 1, 2, 70_00)), 0
    for price, co2 in product(EDGES, EDGES):
        extreme = replace(OFFER, price=Cents(price), co2=GramsCo2(co2), duration=Seconds(length))
        bids = (bid("extreme", extreme), usual)
        try:
            check_bid(bids[0], one)
        except RejectError:
            continue
        for revealed in (bids, bids[:1]):
            result = decide(one, revealed, Digest(b"t" * 32))
            assert decode(Result, encode(result)) == result
            told += 1
    assert told or length > MAX_HORIZON
