"""An assignment changes hands although its maker would make it, on the real contract: all gain, or nothing changes."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ledger.bindings import settlement_token as abi
from node.workflows.answered import Phase as AnswerPhase
from node.workflows.asked import GivenBack
from node.workflows.events import Submit
from node.workflows.posted import Phase
from node.workflows.released import PackageReleased
from node.workflows.tendered import AskToGiveUp, Improve, ImproveAsked, SurrenderAgreed
from protocol.errors import RejectError
from protocol.ids import Digest, JobId
from protocol.improvement import accept_surrender
from protocol.replacement import Cause, Improvement, Replacement
from protocol.signed import sign
from protocol.topics import CALL, REPLACEMENT
from protocol.units import Cents, UnixSeconds
from protocol.wire import decode
from tests.auction.sealed import Bidder, bidder, bidders
from tests.contracts.federation import BONDED, CUSTOMER, Scene
from tests.unit.node.stage import Stage
from tests.unit.protocol.examples import CUSTOMER_SEED, offer

MILL, OVEN, RIVAL = bidders()
SPARE = bidder("spare", offer(1, 8, 12, 99_00))
FRESH = bidder("rival", offer(0, 10, 12, 30_00))
"""The rival would do the oven's work for 11.00 less by now."""

NEWCOMER = bidder("newcomer", offer(0, 10, 12, 30_00))
TRIAL = 500
NOTHING = Digest(bytes(32))


@pytest.fixture
def stage(scene: Scene) -> Iterator[Stage]:
    """The mill and the oven have won; the oven's work has not begun, and the rival has got cheaper."""
    scene.adopt(BONDED)
    stage = Stage(scene, (*bidders(), SPARE), BONDED)
    stage.begin()
    stage.pass_until(stage.call.reveal_by)
    assert stage.post.phase is Phase.MAKING
    stage.rivals = (FRESH.bid,)
    yield stage
    stage.check_logs()


def improve(stage: Stage, index: int = 1) -> None:
    stage.tell(stage.customer, ImproveAsked(index=index, until=UnixSeconds(stage.scene.evm.now + TRIAL)))


def allowed(stage: Stage, b: Bidder) -> int:
    call = abi.allowance_call(CUSTOMER, stage.shop(b).account)
    return abi.allowance_result(stage.scene.evm.call(stage.scene.contracts.token.address, call))


def keeps_its_maker(stage: Stage, why: str) -> None:
    """Whether nothing has changed, and the reason is recorded."""
    accounts = [stage.shop(b).account for b in (MILL, OVEN)]
    assert [assigned.provider for assigned in stage.post.assigned] == accounts
    assert (stage.post.trial, stage.post.replacements, allowed(stage, OVEN)) == (None, (), 0)
    assert stage.post.tried == (f"assignment 2 stays: {why}",)
    assert stage.answer(OVEN).won == (1,)


def test_a_better_maker_takes_over_and_the_old_one_is_paid_for_it(stage: Stage) -> None:
    before = {b: stage.scene.balance(stage.shop(b).account) for b in (OVEN, RIVAL)}
    paid = stage.scene.balance(CUSTOMER) + stage.scene.contracts.orders.credit(stage.scene.evm, CUSTOMER)
    improve(stage)
    assert stage.post.tried == ()
    assert stage.post.assigned[1].provider == stage.shop(RIVAL).account
    assert (stage.post.assigned[1].round, stage.post.assigned[1].accepted) == (1, True)
    (told,) = stage.post.replacements
    assert (told.cause, told.assignment.price) == (Cause.IMPROVED, 30_00)
    assert told.improvement is not None
    assert told.improvement.compensation == 2_00
    after = {b: stage.scene.balance(stage.shop(b).account) for b in (OVEN, RIVAL)}
    assert (after[OVEN] - before[OVEN], after[RIVAL] - before[RIVAL]) == (2_00, 0)
    left = stage.scene.balance(CUSTOMER) + stage.scene.contracts.orders.credit(stage.scene.evm, CUSTOMER)
    assert left - paid == 41_00 - 30_00 - 2_00
    assert (stage.answer(OVEN).phase, stage.answer(RIVAL).phase) == (AnswerPhase.RELEASED, AnswerPhase.WON)
    assert (stage.post.trial, stage.post.tried, stage.post.asking) == (None, (), ())
    assert [one.provider for one in stage.answer(MILL).assignments] == [MILL.bid.provider, RIVAL.bid.provider]


def test_the_old_maker_gives_up_only_once_the_ledger_holds_its_compensation(stage: Stage) -> None:
    improve(stage)
    keys = [e.key for e in stage.shop(OVEN).effects if isinstance(e, Submit)]
    assert keys.index("surrender/1/1") < keys.index("decline/1/0")


def test_a_maker_that_finds_no_compensation_keeps_its_work(stage: Stage) -> None:
    stage.shop(OVEN).down = True
    improve(stage)
    stage.pass_until(stage.scene.evm.now + TRIAL + 1)
    keeps_its_maker(stage, "it took too long")
    stage.come_back(stage.shop(OVEN))
    (asked,) = (e for e in stage.customer.effects if isinstance(e, AskToGiveUp))
    stage.tell(stage.shop(OVEN), SurrenderAgreed(replacement=sign(CUSTOMER_SEED, REPLACEMENT, asked.message)))
    assert stage.answer(OVEN).won == (1,)
    assert not any(e.key.startswith("decline/") for e in stage.shop(OVEN).effects if isinstance(e, Submit))


@pytest.mark.parametrize(
    ("wanted", "rivals", "why"),
    [
        (None, (FRESH,), "its maker keeps it"),
        (11_00, (FRESH,), "with the compensation the order would not be better"),
        (12_00, (FRESH,), "nobody else offers it"),
        (2_00, (), "nobody else offers it"),
        (2_00, (bidder("oven", offer(0, 10, 12, 10_00)),), "nobody makes it better than its maker"),
        (2_00, (NEWCOMER,), "the better maker took no part in the order's own auction"),
    ],
)
def test_nothing_changes_unless_all_gain(
    stage: Stage, wanted: int | None, rivals: tuple[Bidder, ...], why: str
) -> None:
    stage.wanted = None if wanted is None else Cents(wanted)
    stage.rivals = tuple(one.bid for one in rivals)
    improve(stage)
    keeps_its_maker(stage, why)


def test_a_better_maker_without_time_changes_nothing(stage: Stage) -> None:
    stage.shop(RIVAL).busy = True
    improve(stage)
    keeps_its_maker(stage, "the better maker has no time for it any more")


def test_what_is_given_back_meanwhile_goes_to_the_next_best_bidder(stage: Stage) -> None:
    stage.wanted = Cents(2_00)
    stage.hold = True  # the tender is still open
    improve(stage)
    stage.tell(stage.shop(OVEN), GivenBack(indexes=(1,), reason="the furnace is cold"))
    (told,) = stage.post.replacements
    assert (told.cause, stage.post.trial) == (Cause.DECLINED, None)


def test_only_one_assignment_is_tried_at_a_time_and_none_that_has_begun(stage: Stage) -> None:
    stage.hold = True
    improve(stage)
    first = stage.post.trial
    improve(stage, 0)
    assert stage.post.trial == first
    request = sign(OVEN.seed, CALL, b"")
    released = PackageReleased(
        operation=1, provider=OVEN.bid.provider, at=UnixSeconds(0), request=request, issued=None, note=""
    )
    stage.tell(stage.customer, released)
    stage.release_tender()
    keeps_its_maker(stage, "it has begun meanwhile")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"job": b"k" * 32}, "another job"),
        ({"index": 9}, "no assignment"),
        ({"failed": RIVAL.bid.provider}, "did not have the assignment"),
        ({"improvement": None}, "asks nothing"),
        ({"improvement": Improvement(compensation=Cents(1_99), tender=JobId(b"t" * 32), transcript=NOTHING)}, "wanted"),
    ],
)
def test_a_maker_gives_up_for_no_less_than_it_wants(stage: Stage, changes: dict[str, Any], reason: str) -> None:
    stage.shop(OVEN).down = True
    before = stage.post.awarded
    improve(stage)
    (asked,) = (e for e in stage.customer.effects if isinstance(e, AskToGiveUp))
    told = decode(Replacement, asked.message)
    heard = partial(
        accept_surrender, provider=OVEN.bid.provider, call=stage.call, assignments=before, wanted=Cents(2_00)
    )
    heard(told, signer=stage.call.customer)
    with pytest.raises(RejectError, match=reason):
        heard(replace(told, **changes), signer=stage.call.customer)
    with pytest.raises(RejectError, match="not the customer's"):
        heard(told, signer=RIVAL.bid.provider)


def test_the_order_asks_once_when_all_have_accepted(stage: Stage) -> None:
    assert [e.key for e in stage.customer.effects if isinstance(e, Improve)] == ["improve"]
