"""How an auction's outcome is decided and told, and whose word it is."""

from dataclasses import replace

import pytest

from protocol.award import Award, NoAward, NoAwardReason, award, standings
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, JobId
from protocol.params import SILENCE
from protocol.result import Reply, Result, accept_reply, accept_result, decide
from protocol.units import Cents, UnixSeconds
from tests.unit.protocol.examples import CUSTOMER, HOUR, START, bid, call, offer, operation, peer

TRANSCRIPT = Digest(b"t" * 32)
ONE = call(operations=(operation(0),))
BIDS = (bid("mill", offer(0, 1, 5, 90_00)), bid("dear", offer(0, 1, 5, 95_00)))
AWARDED = decide(ONE, BIDS, TRANSCRIPT)
NOW = ONE.reveal_by
REFUSED = decide(replace(ONE, budget=Cents(1)), BIDS, TRANSCRIPT)


def test_a_decision_is_the_award_with_every_bidders_standing() -> None:
    outcome = award(ONE, BIDS, TRANSCRIPT)
    assert isinstance(outcome, Award)
    expected = Result(job=ONE.job, award=outcome, no_award=None, standings=standings(ONE, BIDS, outcome))
    assert decide(ONE, BIDS[::-1], TRANSCRIPT) == AWARDED == expected
    assert {place.provider for place in AWARDED.standings} == {peer("mill"), peer("dear")}


def test_a_decision_without_award_says_why_and_ranks_nobody() -> None:
    no_award = NoAward(job=ONE.job, reason=NoAwardReason.OVER_BUDGET, measure=90_00)
    assert Result(job=ONE.job, award=None, no_award=no_award, standings=()) == REFUSED


def test_no_bid_at_all_is_a_decision_too() -> None:
    no_award = NoAward(job=ONE.job, reason=NoAwardReason.NO_OFFER, measure=0)
    assert decide(ONE, (), TRANSCRIPT).no_award == no_award


def test_a_decision_that_is_too_late_names_the_earliest_finish() -> None:
    late = decide(ONE, (bid("a", offer(0, 1, 900, 1)), bid("b", offer(0, 1, 800, 1))), TRANSCRIPT)
    assert late.no_award == NoAward(job=ONE.job, reason=NoAwardReason.TOO_LATE, measure=START + 800 * HOUR)


@pytest.mark.parametrize("result", [AWARDED, REFUSED], ids=["award", "no award"])
def test_the_customers_result_is_accepted(result: Result) -> None:
    accept_result(result, signer=CUSTOMER, call=ONE, now=NOW)


def test_a_result_of_an_unknown_job_is_ignored_not_rejected() -> None:
    with pytest.raises(IgnoreError, match="unknown job"):
        accept_result(AWARDED, signer=CUSTOMER, call=None, now=NOW)


def test_a_result_that_the_customer_did_not_sign_is_rejected() -> None:
    with pytest.raises(RejectError, match="neither by the customer"):
        accept_result(AWARDED, signer=peer("mill"), call=ONE, now=NOW)


OTHER = JobId(b"k" * 32)
assert AWARDED.award is not None
NOT_ONE_OUTCOME = {
    "no outcome": replace(AWARDED, award=None),
    "two outcomes": replace(AWARDED, no_award=REFUSED.no_award),
    "a result of another job": replace(AWARDED, job=OTHER),
    "an award of another job": replace(AWARDED, award=replace(AWARDED.award, job=OTHER)),
    "another job throughout": replace(AWARDED, job=OTHER, award=replace(AWARDED.award, job=OTHER)),
}


@pytest.mark.parametrize("result", NOT_ONE_OUTCOME.values(), ids=NOT_ONE_OUTCOME.keys())
def test_a_result_without_exactly_one_outcome_for_this_job_is_rejected(result: Result) -> None:
    with pytest.raises(RejectError, match="no outcome, two, or another job's"):
        accept_result(result, signer=CUSTOMER, call=ONE, now=NOW)


WITNESSED = call(operations=(operation(0),), witnesses=tuple(sorted((peer("w1"), peer("w2")))))
TOLD = decide(WITNESSED, BIDS, TRANSCRIPT)


def test_a_witness_tells_the_result_only_when_the_customer_has_been_silent() -> None:
    deadline = WITNESSED.reveal_by + SILENCE
    with pytest.raises(IgnoreError, match="may still do so"):
        accept_result(TOLD, signer=peer("w1"), call=WITNESSED, now=UnixSeconds(deadline))
    accept_result(TOLD, signer=peer("w1"), call=WITNESSED, now=UnixSeconds(deadline + 1))
    with pytest.raises(RejectError, match="neither by the customer"):
        accept_result(TOLD, signer=peer("mill"), call=WITNESSED, now=UnixSeconds(deadline + 1))


def reply(name: str = "mill", **changes: object) -> Reply:
    stands = Reply(job=ONE.job, provider=peer(name), result=AWARDED.digest, accepted=True)
    return replace(stands, **changes)  # type: ignore[arg-type]


def test_a_winner_may_accept_or_decline() -> None:
    accept_reply(reply(), signer=peer("mill"), result=AWARDED)
    accept_reply(reply(accepted=False), signer=peer("mill"), result=AWARDED)


@pytest.mark.parametrize(
    ("answer", "signer", "reason"),
    [
        (reply(), "dear", "not signed by its provider"),
        (reply(result=b"short"), "mill", "names no result"),
        (reply("dear"), "dear", "has won nothing"),
    ],
)
def test_a_reply_that_is_nobodys_is_rejected(answer: Reply, signer: str, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        accept_reply(answer, signer=peer(signer), result=AWARDED)


@pytest.mark.parametrize(("answer", "result"), [(reply(), None), (reply(), REFUSED), (reply(job=OTHER), AWARDED)])
def test_a_reply_to_another_result_is_ignored(answer: Reply, result: Result | None) -> None:
    with pytest.raises(IgnoreError, match="another result"):
        accept_reply(answer, signer=peer("mill"), result=result)
