"""A maker that does not deliver is replaced, from the nodes' workflows to the real contract; the others go on."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from node.views import release_rows
from node.workflows.answered import FetchPackage, Forget
from node.workflows.answered import Phase as AnswerPhase
from node.workflows.asked import GivenBack, SubstituteTaken
from node.workflows.assigned import ObjectionRaised
from node.workflows.assigned import Stage as Standing
from node.workflows.events import FetchRecords, OperationAssigned, OperationDeclined, Submit, Woke
from node.workflows.posted import MakeAgain, Phase
from node.workflows.released import LicencesRevoked, PackageReleased, PackageTaken
from node.workflows.replacing import fair_due
from node.workflows.substitutes import MAX_SETBACKS, check_question, check_setback
from node.workflows.thread import licence_for, licences
from node.workflows.words import explain_setback
from protocol.errors import RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.opening import open_bids
from protocol.replacement import Cause, Replacement, Salvage, accept_replacement, check_replacement, substitutes
from protocol.requests import StandInRequest, Trouble
from protocol.signed import sign
from protocol.topics import FETCH_PACKAGE, REPLACEMENT
from protocol.units import Cents, UnixSeconds
from protocol.wire import encode
from tests.auction.sealed import Bidder, bidder, bidders
from tests.contracts.federation import BONDED, CUSTOMER, PACK, REVIEW, Scene
from tests.unit.node.stage import SLACK, Stage
from tests.unit.protocol.examples import HOUR, START, offer

MILL, OVEN, RIVAL = bidders()
SPARE = bidder("spare", offer(1, 8, 12, 99_00))


@pytest.fixture
def stage(scene: Scene) -> Iterator[Stage]:
    """The mill and the oven have won; rival and spare could make what the oven makes."""
    scene.adopt(BONDED)
    stage = Stage(scene, (*bidders(), SPARE), BONDED)
    stage.begin()
    stage.pass_until(stage.call.reveal_by)
    assert stage.post.phase is Phase.MAKING
    yield stage
    stage.check_logs()


def makers(stage: Stage) -> list[bytes]:
    return [assigned.provider for assigned in stage.post.assigned]


def accounts(stage: Stage, *some: Bidder) -> list[bytes]:
    return [stage.shop(b).account for b in some]


def give_back(stage: Stage, b: Bidder) -> None:
    stage.tell(stage.shop(b), GivenBack(indexes=(0, 1), reason="the furnace is cold"))


def only(stage: Stage) -> Replacement:
    (found,) = stage.post.replacements
    return found


def test_what_a_provider_gives_back_goes_to_the_next_best_bidder_and_nobody_else_is_touched(stage: Stage) -> None:
    before = stage.post.assigned[0]
    give_back(stage, OVEN)
    assert makers(stage) == accounts(stage, MILL, RIVAL)
    assert stage.post.assigned[0] == before
    assert (stage.post.assigned[1].round, stage.post.assigned[1].accepted) == (1, True)
    assert (stage.answer(OVEN).phase, stage.answer(RIVAL).phase) == (AnswerPhase.RELEASED, AnswerPhase.WON)
    assert (only(stage).cause, only(stage).salvage) == (Cause.DECLINED, Salvage.MOVED)
    assert stage.post.asking == ()
    work = stage.scene.contracts.orders.assignment(stage.scene.evm, stage.call.job, 1)
    assert (work.win.provider, work.win.price, work.state.value) == (stage.shop(RIVAL).account, 45_00, "accepted")


def test_the_difference_in_price_is_escrowed_or_comes_back(stage: Stage) -> None:
    orders = stage.scene.contracts.orders
    token = stage.scene.contracts.token
    before = stage.scene.balance(CUSTOMER)
    give_back(stage, OVEN)
    assert stage.post.result is not None
    assert stage.post.result.award is not None
    mill, oven = (assignment.price for assignment in stage.post.result.award.assignments)
    dearer = 45_00 - oven
    assert stage.scene.balance(CUSTOMER) == before - dearer
    inside = token.balance(stage.scene.evm, orders.address)
    assert inside == mill + 45_00 + sum(orders.credit(stage.scene.evm, a.account) for a in stage.actors)


def test_whoever_has_no_time_is_passed_over_and_that_is_recorded(stage: Stage) -> None:
    stage.shop(RIVAL).busy = True
    give_back(stage, OVEN)
    assert makers(stage) == accounts(stage, MILL, SPARE)
    assert only(stage).passed == (RIVAL.bid.provider,)


def test_a_provider_that_does_not_accept_in_time_is_replaced(scene: Scene) -> None:
    stage = Stage(scene, (*bidders(), SPARE), PACK)
    stage.vanish_when_named(OVEN)
    stage.begin()
    stage.pass_until(stage.call.reveal_by)
    assert makers(stage) == accounts(stage, MILL, OVEN)
    stage.pass_until(stage.scene.evm.now + REVIEW + 60)
    assert makers(stage) == accounts(stage, MILL, RIVAL)
    assert only(stage).cause is Cause.UNANSWERED


def test_a_late_provider_that_has_vanished_is_replaced_when_it_is_due_and_comes_back_to_nothing(stage: Stage) -> None:
    stage.send(stage.shop(MILL).account, stage.scene.contracts.orders.attest(stage.call.job, 0, Digest(b"e" * 32)))
    stage.shop(OVEN).down = True
    due = stage.post.due_of(stage.post.awarded[1])
    assert due == stage.post.awarded[1].finish + SLACK
    stage.pass_until(due)
    assert makers(stage) == accounts(stage, MILL, OVEN)
    stage.pass_until(due + 60)
    assert stage.post.assigned[1].provider == stage.shop(RIVAL).account
    assert only(stage).cause is Cause.LATE
    stage.come_back(stage.shop(OVEN))
    assert stage.answer(OVEN).phase is AnswerPhase.RELEASED


def test_a_maker_that_the_parts_reach_late_has_its_time_all_the_same(stage: Stage) -> None:
    for b in (RIVAL, SPARE):
        stage.shop(b).busy = True
    due = stage.post.due_of(stage.post.awarded[1])
    stage.pass_until(due + 60)  # the mill is late, and nobody stands in for it
    for b in (RIVAL, SPARE):
        stage.shop(b).busy = False
    stage.shop(OVEN).down = True
    stage.send(stage.shop(MILL).account, stage.scene.contracts.orders.attest(stage.call.job, 0, Digest(b"e" * 32)))
    fair = fair_due(stage.post, 1)
    assert fair is not None
    assert fair > due + 60 + SLACK
    stage.pass_until(fair)
    assert makers(stage) == accounts(stage, MILL, OVEN)
    stage.pass_until(fair + 60)
    assert makers(stage) == accounts(stage, MILL, RIVAL)
    assert only(stage).cause is Cause.LATE


def test_whoever_lost_stands_in_for_a_stand_in_that_it_was_told_nothing_of(stage: Stage) -> None:
    give_back(stage, OVEN)
    assert stage.answer(SPARE).replacements == ()
    give_back(stage, RIVAL)
    assert makers(stage) == accounts(stage, MILL, SPARE)
    assert [one.round for one in stage.answer(SPARE).replacements] == [1, 2]
    assert stage.answer(SPARE).assignments == stage.post.awarded
    assert stage.answer(SPARE).phase is AnswerPhase.WON


@pytest.mark.parametrize("wrong", ["another's word", "out of order", "of another job"])
def test_what_a_customer_tells_of_earlier_replacements_must_lead_to_its_question(stage: Stage, wrong: str) -> None:
    give_back(stage, OVEN)
    before, answer = only(stage), stage.answer(SPARE)
    its = SPARE.bid.offers[0]
    one = replace(a_replacement(stage).assignment, provider=SPARE.bid.provider, offer=its, start=its.opens)
    asked = replace(a_replacement(stage), round=2, failed=RIVAL.bid.provider, assignment=one)
    say = partial(sign, stage.customer.seed, REPLACEMENT)
    check_question(
        StandInRequest(replacement=say(encode(asked)), earlier=(say(encode(before)),)), asked, answer, SPARE.bid
    )
    told = {
        "another's word": (sign(MILL.seed, REPLACEMENT, encode(before)),),
        "out of order": (say(encode(before)), say(encode(before))),
        "of another job": (say(encode(replace(before, job=JobId(b"k" * 32)))),),
    }[wrong]
    request = StandInRequest(replacement=say(encode(asked)), earlier=told)
    with pytest.raises(RejectError):
        check_question(request, asked, answer, SPARE.bid)


def test_the_customer_is_told_why_and_by_whom_work_is_given_back(stage: Stage) -> None:
    give_back(stage, OVEN)
    stage.tell(stage.shop(RIVAL), GivenBack(indexes=(1,), reason="it broke", cause=Trouble.MACHINE))
    told = [(one.maker, one.setback.tenure, one.setback.trouble) for one in stage.post.setbacks]
    assert told == [(OVEN.bid.provider, 0, Trouble.OWNER), (RIVAL.bid.provider, 1, Trouble.MACHINE)]
    names = {OVEN.bid.provider: "oven", RIVAL.bid.provider: "rival"}
    text = "assignment 2 at rival: a machine is out of service; the shop leaves it to another maker"
    assert explain_setback(stage.post.setbacks[1], lambda peer: names[PeerId(peer)]) == text


@pytest.mark.parametrize(
    "changes",
    [{"index": 0}, {"index": 7}, {"index": -1}, {"tenure": 2}, {"tenure": 1}],
    ids=["another's", "none", "counted from behind", "a tenure that never was", "another's tenure"],
)
def test_only_who_has_or_had_an_assignment_tells_of_its_setbacks(stage: Stage, changes: dict[str, int]) -> None:
    give_back(stage, OVEN)
    told = stage.post.setbacks[0]
    check_setback(told.setback, told.maker, stage.post)
    with pytest.raises(RejectError, match="never its own"):
        check_setback(replace(told.setback, **changes), told.maker, stage.post)  # type: ignore[arg-type]
    with pytest.raises(RejectError, match="never its own"):
        check_setback(told.setback, SPARE.bid.provider, stage.post)


def test_nobody_fills_a_customer_s_log_with_setbacks(stage: Stage) -> None:
    give_back(stage, OVEN)
    told = stage.post.setbacks[0]
    full = replace(stage.post, setbacks=(told,) * MAX_SETBACKS)
    with pytest.raises(RejectError, match="more setbacks"):
        check_setback(replace(told.setback, number=99), told.maker, full)


def test_whoever_gets_back_what_it_gave_back_may_give_it_back_again(stage: Stage) -> None:
    give_back(stage, OVEN)
    again = replace(
        only(stage), round=2, failed=RIVAL.bid.provider, assignment=replace(stage.post.result.award.assignments[1])
    )  # type: ignore[union-attr]
    shop = stage.shop(OVEN)
    taken = SubstituteTaken(
        replacement=sign(stage.customer.seed, REPLACEMENT, encode(again)),
        until=UnixSeconds(START),
        earlier=(sign(stage.customer.seed, REPLACEMENT, encode(only(stage))),),
    )
    state, _ = shop.workflow.transition(shop.state, taken)
    assert [one.offer for one in state.won_assignments] == [again.assignment.offer]
    state, _ = shop.workflow.transition(state, OperationAssigned(index=1, provider=shop.account, price=Cents(1)))
    _, effects = shop.workflow.transition(state, GivenBack(indexes=(1,), reason="the furnace is cold again"))
    declines = [e.key for e in (*shop.effects, *effects) if isinstance(e, Submit) and e.key.startswith("decline/")]
    assert len(set(declines)) == len(declines) == 2


def test_a_maker_that_was_asked_for_more_and_never_named_stands_where_it_stood(stage: Stage) -> None:
    told = a_replacement(stage)
    shop = stage.shop(RIVAL)
    signed = sign(stage.customer.seed, REPLACEMENT, encode(told))
    for ended, phase in (((), AnswerPhase.WON), ((0,), AnswerPhase.PAID)):
        before = replace(stage.answer(RIVAL), won=(0,), ended=ended)
        state, wakes = shop.workflow.transition(before, SubstituteTaken(replacement=signed, until=UnixSeconds(START)))
        assert not state.phase.terminal
        state, _ = shop.workflow.transition(state, Woke(what=wakes[0].key))
        assert (state.phase, state.replacements) == (phase, before.replacements)


def test_when_nobody_can_stand_in_the_customer_is_told_and_the_order_ends_at_its_deadline(stage: Stage) -> None:
    for b in (RIVAL, SPARE):
        stage.shop(b).busy = True
    give_back(stage, OVEN)
    assert stage.post.problem == "assignment 2 has no maker: nobody else offered to make it within the budget"
    assert stage.post.asking == ()
    stage.shop(MILL).down = True
    stage.pass_until(stage.deadline + 2)
    assert stage.post.assigned[1].stage is Standing.REFUNDED
    assert any(isinstance(e, MakeAgain) for e in stage.customer.effects)


def test_a_shop_that_is_asked_and_never_named_lets_go_of_its_time(stage: Stage) -> None:
    stage.customer.down = True
    assert stage.post.result is not None
    told = a_replacement(stage)
    stage.take(RIVAL, told)
    assert [a.offer for a in stage.answer(RIVAL).won_assignments] == [told.assignment.offer]
    stage.pass_until(stage.scene.evm.now + 121)
    assert stage.answer(RIVAL).phase is AnswerPhase.LOST
    assert stage.answer(RIVAL).won_assignments == ()


def test_the_new_maker_fetches_what_was_done_before_it_came(stage: Stage) -> None:
    orders = stage.scene.contracts.orders
    stage.send(stage.shop(MILL).account, orders.attest(stage.call.job, 0, Digest(b"e" * 32)))
    give_back(stage, OVEN)
    fetched = [e.index for e in stage.shop(RIVAL).effects if isinstance(e, FetchRecords)]
    assert fetched == [0]
    assert not any(isinstance(e, FetchPackage) for e in stage.shop(RIVAL).effects)  # not before the parts are known


def test_a_customer_without_money_for_a_dearer_stand_in_is_told(stage: Stage) -> None:
    token = stage.scene.contracts.token
    stage.send(CUSTOMER, token.transfer(stage.shop(SPARE).account, Cents(stage.scene.balance(CUSTOMER))))
    give_back(stage, OVEN)
    assert makers(stage) == accounts(stage, MILL, OVEN)
    assert "the ledger refused the replacement: ERC20InsufficientBalance" in stage.post.problem
    stage.pass_until(stage.scene.evm.now + 121)
    assert stage.answer(RIVAL).phase is AnswerPhase.LOST


def test_a_maker_that_attests_at_the_last_moment_stays(stage: Stage) -> None:
    orders, job = stage.scene.contracts.orders, stage.call.job
    stage.shop(OVEN).down = True
    stage.send(stage.shop(MILL).account, orders.attest(job, 0, Digest(b"e" * 32)))
    due = stage.post.due_of(stage.post.awarded[1])
    stage.pass_until(due + 1)
    stage.customer.down = True  # it asks a moment late
    stage.send(stage.shop(OVEN).account, orders.attest(job, 1, Digest(b"e" * 32)))
    stage.customer.down = False
    stage.pass_until(due + 60)
    assert makers(stage) == accounts(stage, MILL, OVEN)
    assert (stage.post.asking, stage.post.problem) == ((), "")


def test_whose_work_is_disputed_does_not_try_to_pay_itself(stage: Stage) -> None:
    job, orders = stage.call.job, stage.scene.contracts.orders
    objection = ObjectionRaised(index=0, reason="scratched", evidence=Digest(b"p" * 32))
    stage.tell(stage.customer, objection)  # before anything is attested
    stage.send(stage.shop(MILL).account, orders.attest(job, 0, Digest(b"e" * 32)))
    assert stage.post.assigned[0].stage is Standing.DISPUTED
    stage.pass_until(stage.scene.evm.now + REVIEW + 10)
    assert stage.answer(MILL).problem == ""
    assert orders.assignment(stage.scene.evm, job, 0).state.value == "disputed"


def test_the_makers_that_stay_learn_who_has_come(stage: Stage) -> None:
    give_back(stage, OVEN)
    assert [a.provider for a in stage.answer(MILL).assignments] == [MILL.bid.provider, RIVAL.bid.provider]


def test_the_old_maker_loses_its_licence(stage: Stage) -> None:
    give_back(stage, OVEN)
    relicensed = [e for e in stage.customer.effects if isinstance(e, Submit) and e.key.startswith("relicense/")]
    assert len(relicensed) == 1


def test_who_gives_back_the_last_that_is_not_paid_holds_nothing_more(stage: Stage) -> None:
    shop = stage.shop(OVEN)
    shop.state = replace(stage.answer(OVEN), won=(0, 1), ended=(0,))
    event = OperationDeclined(index=1, provider=shop.account, at=UnixSeconds(START))
    after, effects = shop.workflow.transition(shop.state, event)
    assert after.phase is AnswerPhase.PAID
    assert [type(e) for e in effects] == [Submit, Forget]
    shop.state = replace(shop.state, won=(1,), ended=())
    after, effects = shop.workflow.transition(shop.state, event)
    assert (after.phase, [type(e) for e in effects]) == (AnswerPhase.RELEASED, [Forget])
    shop.heard.clear()
    shop.effects.clear()
    shop.state = None


def test_late_work_gives_back_what_was_agreed_for_each_day_begun(stage: Stage) -> None:
    orders, job = stage.scene.contracts.orders, stage.call.job
    for b in (OVEN, RIVAL, SPARE):
        stage.shop(b).busy = True
    due = stage.post.due_of(stage.post.awarded[0])
    stage.pass_until(due + 90_000)  # into the second day
    assert stage.send(stage.shop(MILL).account, orders.attest(job, 0, Digest(b"e" * 32))) == ""
    assert stage.send(CUSTOMER, orders.approve(job, 0)) == ""
    mill = stage.post.assigned[0]
    assert (mill.stage, mill.damages) == (Standing.APPROVED, mill.price * 2 // 10)
    assert mill.paid + mill.fee + mill.damages == mill.price


def a_replacement(stage: Stage) -> Replacement:
    """What the customer would ask were the oven to decline now."""
    awarded = stage.post.awarded
    ready = UnixSeconds(START + 6 * HOUR)
    one = substitutes(stage.call, stage.post.opened.bids, awarded, 1, cause=Cause.DECLINED, ready=ready, without=())[0]
    return Replacement(
        job=stage.call.job,
        index=1,
        round=1,
        cause=Cause.DECLINED,
        failed=OVEN.bid.provider,
        ready=ready,
        assignment=one,
        passed=(),
        salvage=Salvage.MOVED,
        moving=0,
        making_again=stage.post.awarded[0].price * 1_000_000 + 4 * HOUR * 100 * 1_000_000 // HOUR,
    )


def check(stage: Stage, told: Replacement) -> None:
    opened = open_bids(
        stage.call,
        (c.commitment.author for c in stage.post.commitments),
        {b.bid.provider: reveal for b, reveal in ((b, stage.reveal_of(b)) for b in (*bidders(), SPARE))},
    )
    check_replacement(told, call=stage.call, bids=opened.bids, assignments=stage.post.result.award.assignments)  # type: ignore[union-attr]


def test_a_replacement_that_happened_can_be_checked_by_anybody(stage: Stage) -> None:
    give_back(stage, OVEN)
    check(stage, only(stage))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"index": 2}, "no assignment"),
        ({"failed": RIVAL.bid.provider}, "did not have the assignment"),
        ({"passed": (RIVAL.bid.provider,)}, "not the best"),
        ({"passed": (RIVAL.bid.provider, MILL.bid.provider)}, "not in order"),
        ({"moving": 1}, "does not follow"),
        ({"salvage": Salvage.NONE}, "does not follow"),
        ({"ready": UnixSeconds(START + 1000 * HOUR)}, "not the best"),
    ],
    ids=["another assignment", "not its maker", "a better one passed", "unordered", "costs", "fate", "another time"],
)
def test_a_replacement_of_the_customers_liking_is_found_out(
    stage: Stage, changes: dict[str, object], reason: str
) -> None:
    give_back(stage, OVEN)
    wrong = replace(only(stage), **changes)  # type: ignore[arg-type]
    if "passed" in changes and len(wrong.passed) == 2:
        wrong = replace(wrong, passed=tuple(sorted(wrong.passed, reverse=True)))
    with pytest.raises(RejectError, match=reason):
        check(stage, wrong)


def test_a_dearer_stand_in_keeps_within_the_budget(stage: Stage) -> None:
    poor = replace(stage.call, budget=Cents(stage.post.awarded[0].price + 44_99))
    ranked = substitutes(
        poor,
        stage.post.opened.bids,
        stage.post.awarded,
        1,
        cause=Cause.DECLINED,
        ready=UnixSeconds(START),
        without=(),
    )
    assert ranked == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"job": b"k" * 32}, "about no assignment"),
        ({"index": 7}, "about no assignment"),
        ({"failed": MILL.bid.provider}, "does not have the assignment"),
        ({"round": 0}, "does not have the assignment"),
        ({"provider": MILL.bid.provider}, "did not make"),
        ({"offer": SPARE.bid.offers[0]}, "did not make"),
        ({"offer": RIVAL.bid.offers[0]}, "for other operations"),
        ({"start": START}, "before its window"),
    ],
    ids=["job", "assignment", "maker", "round", "another provider", "another's offer", "another offer", "too early"],
)
def test_a_shop_stands_in_only_under_an_offer_that_it_made(
    stage: Stage, changes: dict[str, object], reason: str
) -> None:
    told = a_replacement(stage)
    inner = {name: changes[name] for name in ("provider", "offer", "start") if name in changes}
    outer = {name: value for name, value in changes.items() if name not in inner}
    wrong = replace(told, assignment=replace(told.assignment, **inner), **outer)  # type: ignore[arg-type]
    asked = partial(accept_replacement, call=stage.call, bid=RIVAL.bid, assignments=stage.post.awarded)
    asked(told, signer=stage.call.customer)
    with pytest.raises(RejectError, match=reason):
        asked(wrong, signer=stage.call.customer)
    with pytest.raises(RejectError, match="not the customer's"):
        asked(told, signer=MILL.bid.provider)


def test_once_the_licences_are_revoked_no_maker_gets_one_and_the_ledger_mints_no_serial(stage: Stage) -> None:
    revoked = LicencesRevoked(by="Ada", at=stage.scene.evm.now)
    stage.tell(stage.customer, revoked)
    give_back(stage, OVEN)
    assert makers(stage) == accounts(stage, MILL, RIVAL)
    assert stage.post.revoked == revoked
    designs, evm = stage.scene.contracts.designs, stage.scene.evm
    standing = [designs.standing(evm, licence) for licence in licences(stage.post, stage.scene.contracts)]
    assert [(one.units > 0, one.revoked) for one in standing] == [(True, True), (False, False)]
    mill = stage.shop(MILL).account
    refused = designs.record(licences(stage.post, stage.scene.contracts)[0], 1, Digest(b"e" * 32))
    assert stage.scene.refused(mill, refused) == "LicenceRevoked"


def test_the_log_of_a_design_keeps_under_which_licence_each_maker_got_it(stage: Stage) -> None:
    request = sign(OVEN.seed, FETCH_PACKAGE, b"asked")
    makers_of = (OVEN, RIVAL)
    for maker in makers_of:
        got = PackageReleased(
            operation=1, provider=maker.bid.provider, at=UnixSeconds(1), request=request, issued=None, note=""
        )
        stage.tell(stage.customer, got)
        stage.tell(stage.customer, PackageTaken(package=2, peer=maker.bid.provider, at=UnixSeconds(2)))
        if maker is OVEN:
            give_back(stage, OVEN)
    contracts = stage.scene.contracts
    rows = release_rows(stage.post, contracts, lambda peer: peer.hex()[:8])
    keys = [row for row in rows if "licence" in row]
    assert [row["licence"] for row in keys] == [
        licence_for(stage.post, contracts, 1, account).hex() for account in accounts(stage, *makers_of)
    ]
    assert {row["award"] for row in keys} == {stage.post.transcript.hex()}
    fetched = [row["to"] for row in rows if row["what"] == "package 2, encrypted"]
    assert fetched == [maker.bid.provider.hex()[:8] for maker in makers_of]
