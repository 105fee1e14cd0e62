"""The attacks on an auction, and what proves each of them."""

from dataclasses import replace

import pytest

from protocol.award import Award, terms_of
from protocol.challenge import equivocated, omitted, outdone, withheld, wrong_result
from protocol.errors import RejectError
from protocol.recheck import recheck
from protocol.result import decide
from protocol.roll import Receipt
from protocol.signed import Signed, sign
from protocol.topics import AWARD, CALL, COMMITMENT, RECEIPT, REPLY, REVEAL, ROLL
from protocol.transcript import write
from protocol.units import Cents, UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import WITNESSES, bidder, bidders, held, receipts, roll_of, small_call
from tests.unit.protocol.examples import CUSTOMER, CUSTOMER_SEED, offer, operation, seed

CALL_ = small_call()
SIGNED = sign(CUSTOMER_SEED, CALL, encode(CALL_))
MILL, OVEN, RIVAL = bidders()
EVERY = tuple(b.commitment for b in bidders())
WITHOUT_OVEN = roll_of(CALL_, [MILL.commitment, RIVAL.commitment])
IN_TIME = CALL_.commit_by
TEN_MINUTES = 600


def test_a_customer_that_omits_a_bid_is_convicted_by_a_majority_of_witnesses() -> None:
    seen = receipts(CALL_, OVEN.commitment, IN_TIME, IN_TIME - 3)
    assert omitted(SIGNED, WITHOUT_OVEN, OVEN.commitment, seen) == CUSTOMER


def test_a_witness_whose_clock_is_ten_minutes_wrong_decides_nothing() -> None:
    behind = receipts(CALL_, OVEN.commitment, IN_TIME - TEN_MINUTES, IN_TIME + 1, IN_TIME + 1)
    with pytest.raises(RejectError, match="no majority"):
        omitted(SIGNED, WITHOUT_OVEN, OVEN.commitment, behind)
    ahead = receipts(CALL_, OVEN.commitment, IN_TIME + TEN_MINUTES, IN_TIME, IN_TIME)
    assert omitted(SIGNED, WITHOUT_OVEN, OVEN.commitment, ahead) == CUSTOMER


def test_a_late_bid_proves_no_omission() -> None:
    late = receipts(CALL_, OVEN.commitment, IN_TIME + 1, IN_TIME + 1, IN_TIME + 1)
    with pytest.raises(RejectError, match="no majority"):
        omitted(SIGNED, WITHOUT_OVEN, OVEN.commitment, late)


def test_a_bid_that_the_roll_lists_was_not_omitted() -> None:
    seen = receipts(CALL_, OVEN.commitment, IN_TIME, IN_TIME, IN_TIME)
    with pytest.raises(RejectError, match="lists the commitment"):
        omitted(SIGNED, roll_of(CALL_, EVERY), OVEN.commitment, seen)


def forged_receipts() -> dict[str, tuple[Signed, ...]]:
    good = receipts(CALL_, OVEN.commitment, IN_TIME, IN_TIME)
    stranger = sign(seed("stranger"), RECEIPT, good[0].payload)
    return {
        "one witness twice": (good[0], good[0]),
        "a stranger": (good[0], stranger),
        "the bidder itself": (good[0], sign(OVEN.seed, RECEIPT, good[0].payload)),
        "another bid's": (good[0], *receipts(CALL_, MILL.commitment, 0, IN_TIME)[1:]),
        "another job's": (good[0], receipts(replace(CALL_, job=b"k" * 32), OVEN.commitment, 0, IN_TIME)[1]),  # type: ignore[arg-type]
        "a changed one": (good[0], replace(good[1], payload=good[1].payload[:-1] + b"\0")),
        "under another topic": (good[0], replace(good[1], signature=good[0].signature)),
    }


@pytest.mark.parametrize("seen", forged_receipts().values(), ids=forged_receipts().keys())
def test_forged_receipts_convict_nobody(seen: tuple[Signed, ...]) -> None:
    with pytest.raises(RejectError, match="no majority"):
        omitted(SIGNED, WITHOUT_OVEN, OVEN.commitment, seen)


def test_messages_of_different_auctions_convict_nobody() -> None:
    other = replace(CALL_, job=b"k" * 32)  # type: ignore[arg-type]
    seen = receipts(CALL_, OVEN.commitment, IN_TIME, IN_TIME)
    with pytest.raises(RejectError, match="do not belong together"):
        omitted(sign(CUSTOMER_SEED, CALL, encode(other)), WITHOUT_OVEN, OVEN.commitment, seen)
    with pytest.raises(RejectError, match="do not belong together"):
        omitted(SIGNED, roll_of(CALL_, EVERY[:1], seed("mill")), OVEN.commitment, seen)
    with pytest.raises(RejectError, match="not signed by its customer"):
        omitted(sign(seed("mill"), CALL, encode(CALL_)), WITHOUT_OVEN, OVEN.commitment, seen)
    with pytest.raises(RejectError, match="not signed by its provider"):
        omitted(SIGNED, WITHOUT_OVEN, sign(MILL.seed, COMMITMENT, OVEN.commitment.payload), seen)


def test_a_reveal_that_the_customer_says_never_came_convicts_it() -> None:
    transcript = held(CALL_, bidders(), silent=[OVEN])
    assert OVEN.bid.provider not in recheck(write(transcript)).result.winners
    seen = receipts(CALL_, OVEN.reveal, CALL_.reveal_by, CALL_.reveal_by)
    assert withheld(transcript, OVEN.reveal, seen) == CUSTOMER
    with pytest.raises(RejectError, match="no majority"):
        withheld(transcript, OVEN.reveal, receipts(CALL_, OVEN.reveal, CALL_.reveal_by + 1, CALL_.reveal_by))
    with pytest.raises(RejectError, match="has the reveal"):
        withheld(held(CALL_, bidders()), OVEN.reveal, seen)


def test_a_reveal_of_another_bid_than_was_sealed_convicts_nobody() -> None:
    transcript = held(CALL_, bidders(), silent=[OVEN])
    cheaper = bidder("oven", offer(1, 5, 8, 1))
    seen = receipts(CALL_, cheaper.reveal, CALL_.reveal_by, CALL_.reveal_by)
    with pytest.raises(RejectError, match="opens no commitment"):
        withheld(transcript, cheaper.reveal, seen)


def test_a_customer_that_awards_the_wrong_winner_is_convicted_by_its_own_transcript() -> None:
    right = recheck(write(held(CALL_, bidders()))).result
    assert right.award is not None
    dear = decide(CALL_, (RIVAL.bid,), right.award.transcript, ()).award
    wrong = replace(right, award=dear)
    assert wrong_result(held(CALL_, bidders(), result=wrong)) == CUSTOMER
    with pytest.raises(RejectError, match="follows from the transcript"):
        wrong_result(held(CALL_, bidders()))


def test_a_transcript_that_is_spoilt_elsewhere_convicts_nobody_of_a_wrong_award() -> None:
    spoilt = replace(held(CALL_, bidders()), roll=WITHOUT_OVEN)
    with pytest.raises(RejectError, match="proves nothing: roll"):
        wrong_result(spoilt)
    unsigned = held(CALL_, bidders())
    unsigned = replace(unsigned, result=replace(unsigned.result, author=WITNESSES[0]))
    with pytest.raises(RejectError, match="signature does not hold"):
        wrong_result(unsigned)


def test_two_commitments_two_rolls_or_two_results_of_a_round_are_equivocation() -> None:
    second = bidder("oven", offer(1, 5, 8, 39_00)).commitment
    assert equivocated(OVEN.commitment, second, COMMITMENT) == OVEN.bid.provider
    assert equivocated(WITHOUT_OVEN, roll_of(CALL_, EVERY), ROLL) == CUSTOMER
    one = held(CALL_, bidders()).result
    two = sign(CUSTOMER_SEED, AWARD, encode(replace(recheck(write(held(CALL_, bidders()))).result, standings=())))
    assert equivocated(one, two, AWARD) == CUSTOMER


def test_an_acceptance_and_a_refusal_of_one_result_are_equivocation() -> None:
    result = recheck(write(held(CALL_, bidders()))).result
    both = OVEN.reply(result), OVEN.reply(result, accepted=False)
    assert equivocated(*both, REPLY) == OVEN.bid.provider


def test_saying_the_same_twice_or_different_things_of_different_rounds_is_none() -> None:
    with pytest.raises(RejectError, match="say the same"):
        equivocated(OVEN.commitment, OVEN.commitment, COMMITMENT)
    with pytest.raises(RejectError, match="two authors"):
        equivocated(OVEN.commitment, MILL.commitment, COMMITMENT)
    first, again = held(CALL_, bidders()), held(CALL_, bidders(), declined=[OVEN])
    with pytest.raises(RejectError, match="different things"):
        equivocated(first.result, again.result, AWARD)
    with pytest.raises(RejectError, match="several things"):
        equivocated(OVEN.reveal, bidder("oven", offer(1, 5, 8, 39_00)).reveal, REVEAL)
    forged = replace(OVEN.commitment, payload=bidder("oven", offer(1, 5, 8, 39_00)).commitment.payload)
    with pytest.raises(RejectError, match="signature"):
        equivocated(OVEN.commitment, forged, COMMITMENT)


def test_a_better_plan_refutes_an_award_without_any_search() -> None:
    right = recheck(write(held(CALL_, bidders()))).result.award
    bids = [b.bid for b in bidders()]
    dear = decide(CALL_, (RIVAL.bid,), right.transcript if right else b"", ()).award  # type: ignore[arg-type]
    assert isinstance(right, Award)
    assert isinstance(dear, Award)
    assert outdone(terms_of(CALL_), dear, right.assignments, bids) >= dear.score - right.score - 1
    with pytest.raises(RejectError, match="no better"):
        outdone(terms_of(CALL_), right, right.assignments, bids)
    gift = replace(right.assignments[0], offer=replace(right.assignments[0].offer, price=Cents(1)))
    with pytest.raises(RejectError, match="nobody made"):
        outdone(terms_of(CALL_), right, (gift, *right.assignments[1:]), bids)
    early = replace(right.assignments[1], start=UnixSeconds(right.assignments[1].start - 1))
    with pytest.raises(RejectError, match="outside its window"):
        outdone(terms_of(CALL_), dear, (right.assignments[0], early), bids)


def test_a_copied_seal_wins_nothing_for_the_thief() -> None:
    """The thief commits to the mill's very seal, and sees the mill reveal; its own bid opens another seal."""
    asked = small_call(operations=(operation(0),))
    mill = bidder("mill", offer(0, 1, 5, 70_00))
    thief = replace(bidder("thief", offer(0, 1, 5, 70_00)), salt=mill.salt)
    sealed = decode(type(_opened(mill.commitment)), mill.commitment.payload)
    copied = sign(seed("thief"), COMMITMENT, encode(replace(sealed, provider=thief.bid.provider)))
    honest = held(asked, (mill,))
    commitments = (*honest.commitments, copied)
    stolen = replace(
        honest,
        commitments=commitments,
        roll=roll_of(asked, commitments),
        reveals=(*honest.reveals, thief.reveal.payload),
    )
    with pytest.raises(RejectError, match="opens no commitment"):
        recheck(write(stolen))


def _opened(signed: Signed) -> object:
    from protocol.auction import Commitment

    return decode(Commitment, signed.payload)


def test_a_shill_that_bids_low_must_deliver_and_one_that_bids_high_changes_nothing() -> None:
    honest = recheck(write(held(CALL_, bidders()))).result.award
    high = bidder("shill", offer(0, 1, 5, 500_00), offer(1, 5, 8, 500_00))
    with_shill = recheck(write(held(CALL_, (*bidders(), high)))).result.award
    assert honest is not None
    assert with_shill is not None
    assert [(a.provider, a.price) for a in with_shill.assignments] == [
        (a.provider, a.price) for a in honest.assignments
    ]
    low = bidder("shill", offer(0, 1, 5, 1_00))
    won = recheck(write(held(CALL_, (*bidders(), low)))).result
    assert low.bid.provider in won.winners
    fallen = recheck(write(held(CALL_, (*bidders(), low), declined=[low]))).result
    assert fallen.award is not None
    assert [(a.provider, a.price) for a in fallen.award.assignments] == [
        (a.provider, a.price) for a in honest.assignments
    ]


def test_a_receipt_is_about_one_message_only() -> None:
    receipt = decode(Receipt, receipts(CALL_, OVEN.commitment, IN_TIME)[0].payload)
    assert receipt.job == CALL_.job
    assert receipt.at == IN_TIME
