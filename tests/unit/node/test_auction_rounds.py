"""What customer, bidder and witness do in each round of an auction, as pure transitions; no event is out of reach."""

from dataclasses import fields
from typing import Any

import pytest

from node.design.reading import Options
from node.identity import Identity
from node.workflows import answer_job, post_job, posted, watch_auction
from node.workflows.answered import (
    Answer,
    BidComputed,
    CallHeard,
    Confirm,
    Confirmed,
    GatherReceipts,
    ReceiptsArrived,
    ResultArrived,
)
from node.workflows.answered import Phase as AnswerPhase
from node.workflows.events import Announce, OperationAssigned, OrderOpened, RollArrived, Submit, WakeAt, Woke
from node.workflows.posted import CancelAsked, CommitmentArrived, JobPosted, Phase, Post, ReplyArrived, RevealArrived
from node.workflows.seal_bid import charge_of_omission
from node.workflows.watch_auction import CommitmentNoted, ResultNoted, RevealNoted, Watch
from protocol.auction import Commitment, seal_of
from protocol.charge import judge
from protocol.ids import Address
from protocol.job import Call
from protocol.opening import ExclusionReason
from protocol.params import SILENCE
from protocol.recheck import recheck
from protocol.result import Reply, Result
from protocol.roll import Roll
from protocol.seal import PackageLeaf, seal_design, seal_package
from protocol.signed import sign
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, REVEAL, ROLL
from protocol.transcript import write
from protocol.units import Cents, Seconds, UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import Bidder, bidder, bidders, receipts, roll_of, small_call
from tests.unit.node.somewhere import contracts
from tests.unit.protocol.examples import CUSTOMER_SEED, offer

CALL_ = small_call()
SIGNED = sign(CUSTOMER_SEED, CALL, encode(CALL_))
MILL, OVEN, RIVAL = bidders()


class Customer:
    """A posted job whose events a test chooses."""

    def __init__(self, asked: Call = CALL_, *, opened: bool = True) -> None:
        self._rule = post_job.workflow(contracts()).transition
        self.effects: list[Any] = []
        self.state: Post | None = None
        self.tell(
            JobPosted(
                title="part",
                owner=Address(b"c" * 20),
                call=sign(CUSTOMER_SEED, CALL, encode(asked)),
                sealed=seal_design(b"m" * 32, LEAVES),
                reading=Options(),
                deadline=UnixSeconds(asked.reveal_by + 1000),
                min_commit=1,
                expected=(),
                notes=(),
            )
        )
        if opened:
            self.tell(OrderOpened(budget=asked.budget, at=UnixSeconds(asked.commit_by - 10)))

    def tell(self, event: Any) -> list[Any]:
        """The effects of ``event``."""
        self.state, effects = self._rule(self.state, event)
        self.effects += effects
        return list(effects)

    @property
    def post(self) -> Post:
        assert self.state is not None
        return self.state

    @property
    def result(self) -> Result:
        assert self.post.result is not None
        return self.post.result

    def hear(self, *some: Bidder, silent: tuple[Bidder, ...] = ()) -> list[Any]:
        """Commitments, the roll, and reveals; returns what follows from the last."""
        for b in some:
            self.tell(CommitmentArrived(commitment=b.commitment, account=Address(b.bid.provider[:20])))
        last = self.tell(Woke(what="commit"))
        for b in some:
            if b not in silent:
                last = self.tell(RevealArrived(reveal=b.reveal, bid=b.reveal.payload))
        return self.tell(Woke(what="reveal")) if silent or not some else last

    def answer(self, b: Bidder, *, accepted: bool = True) -> list[Any]:
        return self.tell(ReplyArrived(reply=b.reply(self.result, accepted=accepted)))

    @property
    def file(self) -> bytes:
        return write(posted.transcript_of(self.post, lambda topic, message: sign(CUSTOMER_SEED, topic, message)))


LEAVES: tuple[PackageLeaf, ...] = tuple(
    seal_package(b"m" * 32, index, [content], lambda _chunk: None)
    for index, content in enumerate((b"design", b"first", b"second"))
)
KINDS = {ROLL: Roll, AWARD: Result, REPLY: Reply}


def said(effects: list[Any], topic: str) -> list[Any]:
    return [decode(KINDS[topic], e.message) for e in effects if isinstance(e, Announce) and e.topic == topic]


def awarded(effects: list[Any]) -> bool:
    return any(isinstance(e, Submit) and e.key == "award" for e in effects)


def test_the_customer_closes_the_roll_before_anybody_reveals() -> None:
    customer = Customer()
    for b in bidders():
        customer.tell(CommitmentArrived(commitment=b.commitment, account=Address(b"a" * 20)))
    customer.tell(RevealArrived(reveal=MILL.reveal, bid=MILL.reveal.payload))
    assert customer.post.reveals == ()
    (roll,) = said(customer.tell(Woke(what="commit")), ROLL)
    assert roll == decode(KINDS[ROLL], roll_of(CALL_, [b.commitment for b in bidders()]).payload)
    customer.tell(
        CommitmentArrived(commitment=bidder("late", offer(0, 1, 2, 1)).commitment, account=Address(b"a" * 20))
    )
    assert len(customer.post.commitments) == 3


def test_the_award_goes_to_the_ledger_when_all_winners_stand_by_their_bids() -> None:
    customer = Customer()
    (result,) = said(customer.hear(*bidders()), AWARD)
    assert result.winners == {MILL.bid.provider, OVEN.bid.provider}
    assert not awarded(customer.effects)
    assert not awarded(customer.answer(MILL))
    assert awarded(customer.answer(OVEN))
    assert recheck(customer.file).accepted == result.winners
    assert customer.tell(Woke(what="accept/0")) == []


def test_nobody_waits_once_every_seal_is_open_and_nobody_is_awaited_who_stays_silent() -> None:
    quick, slow = Customer(), Customer()
    assert said(quick.hear(*bidders()), AWARD)
    assert quick.tell(Woke(what="reveal")) == []
    told = said(slow.hear(*bidders(), silent=(OVEN,)), AWARD)
    assert [(e.provider, e.reason) for e in told[0].excluded] == [(OVEN.bid.provider, ExclusionReason.UNREVEALED)]
    assert recheck(slow.file).result == told[0]


@pytest.mark.parametrize("silent", [False, True], ids=["declines", "says nothing"])
def test_a_winner_that_does_not_stand_by_its_bid_makes_another_award_necessary(silent: bool) -> None:
    customer = Customer()
    first = said(customer.hear(*bidders()), AWARD)[0]
    customer.answer(MILL)
    effects = customer.tell(Woke(what="accept/0")) if silent else customer.answer(OVEN, accepted=False)
    (second,) = said(effects, AWARD)
    assert second.declined == (OVEN.bid.provider,)
    assert second.winners != first.winners
    assert not awarded(customer.effects)
    customer.tell(ReplyArrived(reply=MILL.reply(first)))  # an answer to the first result counts for nothing
    for b in (MILL, RIVAL):
        if b.bid.provider in second.winners:
            customer.answer(b)
    assert awarded(customer.effects)
    assert recheck(customer.file).result == second


def test_when_everybody_declines_the_order_is_cancelled() -> None:
    customer = Customer()
    customer.hear(*bidders())
    for _ in range(3):
        if customer.result.award is None:
            break
        winner = next(b for b in bidders() if b.bid.provider in customer.result.winners)
        customer.answer(winner, accepted=False)
    assert customer.post.phase is Phase.CANCELLING
    assert not awarded(customer.effects)
    assert any(isinstance(e, Submit) and e.key == "cancel" for e in customer.effects)


def test_a_job_taken_back_before_its_order_stands_calls_for_no_bids() -> None:
    customer = Customer(opened=False)
    customer.tell(CancelAsked())
    assert customer.tell(OrderOpened(budget=CALL_.budget, at=UnixSeconds(CALL_.commit_by - 10))) == []
    assert customer.post.phase is Phase.CANCELLING
    assert customer.tell(CancelAsked()) == []


def test_an_auction_without_bids_is_cancelled_at_once() -> None:
    customer = Customer()
    customer.hear()
    assert customer.post.phase is Phase.CANCELLING


class Shop:
    """A bidder whose events a test chooses."""

    def __init__(self, b: Bidder, account: Address | None = None) -> None:
        self._rule = answer_job.workflow(contracts(), account or Address(b.bid.provider[:20])).transition
        self.effects: list[Any] = []
        self.bidder = b
        self.state: Answer | None = None
        self.tell(
            CallHeard(
                call=SIGNED,
                customer=Address(b"c" * 20),
                deadline=UnixSeconds(CALL_.reveal_by + 1000),
                review=Seconds(60),
            )
        )
        self.tell(BidComputed(bid=b.bid, salt=b.salt, refusals=(), **UNEXPLAINED))

    def tell(self, event: Any) -> list[Any]:
        self.state, effects = self._rule(self.state, event)
        self.effects += effects
        return list(effects)

    @property
    def phase(self) -> AnswerPhase:
        assert self.state is not None
        return self.state.phase


UNEXPLAINED: dict[str, Any] = {f.name: () for f in fields(BidComputed) if f.name not in ("bid", "salt", "refusals")}


def topics(effects: list[Any]) -> set[str]:
    return {e.topic for e in effects if isinstance(e, Announce)}


def roll(*some: Bidder) -> RollArrived:
    return RollArrived(roll=roll_of(CALL_, [b.commitment for b in some]))


def result_of(*some: Bidder, declined: tuple[Bidder, ...] = ()) -> tuple[Result, ResultArrived]:
    customer = Customer()
    customer.hear(*some)
    for b in declined:
        customer.answer(b, accepted=False)
    return customer.result, ResultArrived(result=sign(CUSTOMER_SEED, AWARD, encode(customer.result)))


def test_a_bidder_shows_its_seal_to_the_witnesses_and_nothing_else_before_the_roll() -> None:
    shop = Shop(OVEN)
    assert topics(shop.effects) == {COMMITMENT}
    assert [e.topic for e in shop.effects if isinstance(e, GatherReceipts)] == [COMMITMENT]
    effects = shop.tell(roll(*bidders()))
    assert topics(effects) == {REVEAL}
    assert shop.phase is AnswerPhase.REVEALED
    assert shop.tell(roll(MILL)) == []


def test_a_bidder_that_the_roll_leaves_out_reveals_nothing_and_holds_nothing() -> None:
    shop = Shop(OVEN)
    shop.tell(ReceiptsArrived(topic=COMMITMENT, receipts=receipts(CALL_, OVEN.commitment, 0, 0)))
    assert shop.tell(roll(MILL, RIVAL)) == []
    assert shop.phase is AnswerPhase.LOST
    assert shop.state is not None
    assert "2 of 3 witnesses saw it" in shop.state.problem


def test_a_customer_that_never_closes_the_auction_learns_nothing() -> None:
    shop = Shop(OVEN)
    assert shop.tell(Woke(what="result")) == []
    assert shop.phase is AnswerPhase.LOST
    assert REVEAL not in topics(shop.effects)


def test_a_winner_looks_at_its_machines_before_it_answers() -> None:
    shop = Shop(OVEN)
    shop.tell(roll(*bidders()))
    result, event = result_of(*bidders())
    (confirm,) = shop.tell(event)
    assert isinstance(confirm, Confirm)
    (reply,) = said(shop.tell(Confirmed(result=result.digest, accepted=True)), REPLY)
    assert reply.accepted
    assert shop.phase is AnswerPhase.REVEALED


def test_a_winner_whose_time_is_gone_declines_and_is_done() -> None:
    shop = Shop(OVEN)
    shop.tell(roll(*bidders()))
    result, event = result_of(*bidders())
    shop.tell(event)
    (reply,) = said(shop.tell(Confirmed(result=result.digest, accepted=False)), REPLY)
    assert not reply.accepted
    assert shop.phase is AnswerPhase.LOST


def test_a_loser_waits_for_the_ledger_because_a_winner_may_decline() -> None:
    shop = Shop(RIVAL)
    shop.tell(roll(*bidders()))
    assert shop.tell(result_of(*bidders())[1]) == []
    assert shop.phase is AnswerPhase.REVEALED
    again, event = result_of(*bidders(), declined=(OVEN,))
    assert RIVAL.bid.provider in again.winners
    (confirm,) = shop.tell(event)
    assert isinstance(confirm, Confirm)
    assert shop.tell(result_of(*bidders())[1]) == []  # the earlier result changes nothing any more
    assert shop.state is not None
    assert shop.state.result == again


def test_a_loser_is_done_when_the_ledger_holds_the_award() -> None:
    shop = Shop(RIVAL)
    shop.tell(roll(*bidders()))
    shop.tell(result_of(*bidders())[1])
    shop.tell(OperationAssigned(index=0, provider=Address(b"m" * 20), price=Cents(1)))
    assert shop.phase is AnswerPhase.LOST


def test_a_bidder_that_was_away_learns_of_the_award_from_the_ledger_first() -> None:
    shop = Shop(RIVAL)
    shop.tell(roll(*bidders()))
    shop.tell(OperationAssigned(index=0, provider=Address(b"m" * 20), price=Cents(1)))
    assert shop.phase is AnswerPhase.REVEALED
    shop.tell(result_of(*bidders())[1])
    assert shop.phase is AnswerPhase.LOST


def watched(state: Watch | None, event: Any) -> tuple[Watch, tuple[Any, ...]]:
    return watch_auction.workflow(contracts()).transition(state, event)


def watching(*some: Bidder, listed: tuple[Bidder, ...] | None = None, silent: tuple[Bidder, ...] = ()) -> Watch:
    state, effects = watched(
        None,
        CallHeard(call=SIGNED, customer=Address(b"c" * 20), deadline=UnixSeconds(0), review=Seconds(0)),
    )
    assert effects == (WakeAt(key="silence", at=UnixSeconds(CALL_.reveal_by + SILENCE + 1)),)
    events: list[Any] = [CommitmentNoted(commitment=b.commitment, at=CALL_.commit_by) for b in some]
    if listed is not None:
        events.append(roll(*listed))
    events += [RevealNoted(reveal=b.reveal, at=CALL_.reveal_by) for b in some if b not in silent]
    for event in events:
        state, _ = watched(state, event)
    return state


def test_a_witness_tells_what_a_silent_customer_owes_and_it_is_the_customers_own_result() -> None:
    state = watching(*bidders(), listed=bidders())
    _, effects = watched(state, Woke(what="silence"))
    assert said(list(effects), AWARD) == [result_of(*bidders())[0]]


def test_a_witness_counts_only_bids_that_the_roll_lists_and_their_owners_open() -> None:
    customer = Customer()
    customer.hear(MILL, OVEN, silent=(OVEN,))
    assert watch_auction.owed(watching(*bidders(), listed=(MILL, OVEN), silent=(OVEN,))) == customer.result


def test_a_witness_keeps_silent_when_it_need_not_or_cannot_tell() -> None:
    told = sign(CUSTOMER_SEED, AWARD, encode(result_of(*bidders())[0]))
    state, _ = watched(watching(*bidders(), listed=bidders()), ResultNoted(result=told))
    for quiet in (state, watching(*bidders()), watching(MILL, listed=bidders())):
        assert watched(quiet, Woke(what="silence")) == (quiet, ())


def test_a_bidder_that_was_left_out_writes_a_charge_that_convicts_the_customer() -> None:
    left_out = Bidder(seed=OVEN.seed, bid=OVEN.bid, salt=OVEN.salt)
    identity = Identity(signing=OVEN.seed, encryption=b"e" * 32, ledger=b"l" * 32, vault=b"v" * 32)
    shop = Shop(left_out, identity.account)
    sealed = Commitment(
        job=CALL_.job, provider=OVEN.bid.provider, account=identity.account, seal=seal_of(OVEN.bid, OVEN.salt)
    )
    said = sign(OVEN.seed, COMMITMENT, encode(sealed))
    shop.tell(ReceiptsArrived(topic=COMMITMENT, receipts=receipts(CALL_, said, CALL_.commit_by, CALL_.commit_by)))
    shop.tell(roll(MILL, RIVAL))
    assert shop.state is not None
    assert judge(encode(charge_of_omission(shop.state, identity))) == CALL_.customer
