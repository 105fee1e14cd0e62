"""Every way to cheat in an auction that we know of, one test for each; other pages prove the details.

| attack | here, or where it is played in full |
|---|---|
| late, replayed, copied, oversized bid | here; `test_challenges` (the copy in a transcript) |
| withheld reveal | here; `unit/node/test_bid_bonds` (the bond) |
| omitted bid, denied reveal, wrong winner | `test_challenges` |
| peeking, a customer that closes no roll | here; `unit/node/test_auction_rounds` |
| silent customer | here; `unit/node/test_auction_rounds` |
| shill | `test_challenges`; its bond in `unit/node/test_bid_bonds` |
| equivocation | `test_challenges` |
| window sold twice | here; `market/test_simulation` |
| clocks ten minutes wrong | here; `test_challenges` (witnesses) |
| settlement run ahead of | `contracts/test_orders` |
| a search that never ends | here |
| breakdown, rush, vanished shop, rejected inspection | `market/test_book`, `market/test_simulation` |
"""

from dataclasses import replace

import pytest

from node.planner.errors import CapacityError
from node.planner.holding import Won, settle
from protocol.auction import Commitment, Reveal, accept_commitment, accept_reveal, check_bid, seal_of
from protocol.award import NoAward, NoAwardReason, award, follows
from protocol.errors import IgnoreError, RejectError
from protocol.ids import JobId
from protocol.opening import ExclusionReason
from protocol.params import MAX_CLOCK_SKEW, MAX_OFFERS, SILENCE
from protocol.recheck import recheck
from protocol.result import accept_result
from protocol.transcript import write
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from tests.auction.markets import BEACON
from tests.auction.sealed import WITNESSES, bidders, held, hostile, small_call
from tests.planner.shop import a_call, a_schedule, at
from tests.planner.test_bidding import answered
from tests.unit.protocol.examples import offer

CALL = small_call()
CALLS = {CALL.job: CALL}
MILL, OVEN, RIVAL = bidders()
SEALED = decode(Commitment, MILL.commitment.payload)
OPENED = Reveal(bid=MILL.bid, salt=MILL.salt)
SEALS = frozenset({SEALED.seal})
TEN_MINUTES = 600


def test_a_bid_that_comes_late_counts_nowhere_and_marks_nobody() -> None:
    with pytest.raises(IgnoreError, match="late"):
        accept_commitment(SEALED, signer=MILL.bid.provider, calls=CALLS, now=UnixSeconds(CALL.commit_by + 1))


def test_a_bid_replayed_into_another_auction_opens_nothing_there() -> None:
    """The seal names its job: neither the old seal with a new bid nor the old bid under a new seal fits."""
    other = replace(CALL, job=JobId(b"o" * 32))
    calls = {**CALLS, other.job: other}
    moved = replace(OPENED, bid=replace(MILL.bid, job=other.job))
    with pytest.raises(IgnoreError, match="opens no commitment"):
        accept_reveal(moved, signer=MILL.bid.provider, calls=calls, seals=SEALS, now=other.reveal_by)
    honest = held(CALL, bidders())
    reveals = tuple(encode(moved) if reveal == MILL.reveal.payload else reveal for reveal in honest.reveals)
    with pytest.raises(RejectError, match="opens no commitment"):
        recheck(write(replace(honest, reveals=reveals)))


def test_a_bid_sealed_by_another_opens_for_its_maker_only() -> None:
    thief = replace(OPENED, bid=replace(MILL.bid, provider=RIVAL.bid.provider))
    with pytest.raises(IgnoreError, match="opens no commitment"):
        accept_reveal(thief, signer=RIVAL.bid.provider, calls=CALLS, seals=SEALS, now=CALL.reveal_by)


def test_a_bid_with_more_offers_than_a_bid_may_hold_is_refused_though_it_was_sealed() -> None:
    many = tuple(offer(0, hour, 3000, 70_00 + hour) for hour in range(1, MAX_OFFERS + 2))
    bloated = Reveal(bid=replace(MILL.bid, offers=many), salt=MILL.salt)
    seals = frozenset({seal_of(bloated.bid, bloated.salt)})
    with pytest.raises(RejectError, match=f"{MAX_OFFERS + 1} offers"):
        accept_reveal(bloated, signer=MILL.bid.provider, calls=CALLS, seals=seals, now=CALL.reveal_by)


def test_who_withholds_its_reveal_is_excluded_by_name_and_stops_nobody() -> None:
    found = recheck(write(held(CALL, bidders(), silent=[OVEN])))
    assert [(e.provider, e.reason) for e in found.result.excluded] == [(OVEN.bid.provider, ExclusionReason.UNREVEALED)]
    assert found.result.award is not None


def test_a_customer_that_peeks_sees_seals_that_no_guess_of_the_bid_opens() -> None:
    """Before the roll only seals are known; whoever guesses the very bid still lacks 32 random bytes."""
    guesses = [bytes(32), MILL.bid.provider, CALL.job, b"guess".ljust(32)]
    assert SEALED.seal not in {seal_of(MILL.bid, guess) for guess in guesses}
    again = replace(MILL, salt=bytes(reversed(MILL.salt)))
    assert again.commitment.payload != MILL.commitment.payload


def test_what_a_silent_customer_owes_any_witness_may_tell_and_nobody_earlier() -> None:
    result = recheck(write(held(CALL, bidders()))).result
    accept_result(result, signer=WITNESSES[0], call=CALL, now=UnixSeconds(CALL.reveal_by + SILENCE + 1))
    with pytest.raises(IgnoreError, match="may still do so"):
        accept_result(result, signer=WITNESSES[0], call=CALL, now=UnixSeconds(CALL.reveal_by + SILENCE))
    with pytest.raises(RejectError, match="neither"):
        accept_result(result, signer=RIVAL.bid.provider, call=CALL, now=UnixSeconds(CALL.reveal_by + SILENCE + 1))


def test_a_window_sold_twice_is_kept_once() -> None:
    call, other = a_call(job=1), a_call(job=2)
    first = answered(a_schedule(), call).offers[0]
    taken = settle(a_schedule(), call.job, [Won(offer=first, start=first.opens)], now=at(-1))
    with pytest.raises(CapacityError, match="went to other work"):
        settle(taken, other.job, [Won(offer=first, start=first.opens)], now=at(-1))


@pytest.mark.parametrize("skew", [-TEN_MINUTES, TEN_MINUTES])
def test_a_clock_ten_minutes_wrong_hurts_its_owner_only(skew: int) -> None:
    """Each listener goes by its own clock: a slow one takes what is late, a fast one drops what is in time.

    What counts is the roll, and against the roll only a majority of witnesses' receipts.
    """
    assert abs(skew) > MAX_CLOCK_SKEW
    heard = UnixSeconds(CALL.commit_by + skew)
    if skew < 0:
        accept_commitment(SEALED, signer=MILL.bid.provider, calls=CALLS, now=heard)
        with pytest.raises(IgnoreError, match="outside its window"):
            accept_reveal(OPENED, signer=MILL.bid.provider, calls=CALLS, seals=SEALS, now=heard)
    else:
        with pytest.raises(IgnoreError, match="late"):
            accept_commitment(SEALED, signer=MILL.bid.provider, calls=CALLS, now=heard)
    assert recheck(write(held(CALL, bidders()))).result.award is not None


def test_bids_that_ask_for_an_endless_search_void_the_auction_and_nothing_more() -> None:
    endless = hostile().bid
    check_bid(endless, CALL)
    outcome = award(CALL, [endless], BEACON)
    assert outcome == NoAward(job=CALL.job, reason=NoAwardReason.TOO_COMPLEX, measure=len(endless.offers))
    assert follows(outcome, CALL, [endless], BEACON)
