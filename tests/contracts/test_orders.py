"""The life of an order by hand: who may do what and when, and where each cent goes."""

from dataclasses import replace

import pytest

from ledger.bindings import orders as abi
from ledger.order_events import (
    Accepted,
    Approved,
    Assigned,
    Attested,
    Awarded,
    Declined,
    Disputed,
    Ended,
    Opened,
    Reawarded,
    Refunded,
    Ruled,
)
from ledger.orders import Orders
from ledger.types import Transaction
from protocol.ids import Address, Digest, JobId
from protocol.order import WorkState
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds
from tests.contracts.federation import (
    COURT,
    CUSTOMER,
    DEPLOYER,
    DISPUTE,
    EVIDENCE,
    FEE,
    FUNDS,
    GOVERNOR,
    JOB,
    LIMIT,
    OTHER_SHOP,
    PACK,
    REVIEW,
    SHOP,
    STRANGER,
    TERM,
    TRANSCRIPT,
    TREASURY,
    Scene,
    word,
)

DAY = 24 * 3600


def orders(scene: Scene) -> Orders:
    return scene.contracts.orders


def attested(scene: Scene, price: int = 700, **terms: object) -> None:
    scene.open()
    scene.award(price, **terms)
    scene.accept(0)
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))


def disputed(scene: Scene, price: int = 700) -> None:
    attested(scene, price)
    scene.send(CUSTOMER, orders(scene).dispute(JOB, 0, EVIDENCE))


def test_an_approved_order_pays_provider_and_treasury_and_returns_the_rest(scene: Scene) -> None:
    deadline = UnixSeconds(scene.evm.now + 1000)
    assert scene.open(deadline=deadline) == [
        Opened(
            job=JOB,
            customer=CUSTOMER,
            budget=Cents(1000),
            call=word("call"),
            design=word("design"),
            pack=PACK.digest,
            deadline=deadline,
        )
    ]
    assert scene.balance(CUSTOMER) == FUNDS - 1000
    due = UnixSeconds(scene.evm.now + TERM // 2)
    assert scene.award(700, 101) == [
        Assigned(job=JOB, index=0, provider=SHOP, price=Cents(700), units=1, due=due),
        Assigned(job=JOB, index=1, provider=OTHER_SHOP, price=Cents(101), units=1, due=due),
        Awarded(job=JOB, transcript=word("transcript"), total=Cents(801)),
    ]
    assert scene.credit(CUSTOMER) == 199
    assert scene.send(SHOP, orders(scene).accept(JOB, 0)) == [Accepted(job=JOB, index=0, provider=SHOP)]
    scene.accept(1)
    assert scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE)) == [
        Attested(job=JOB, index=0, provider=SHOP, evidence=EVIDENCE)
    ]
    assert scene.send(CUSTOMER, orders(scene).approve(JOB, 0)) == [
        Approved(job=JOB, index=0, provider=SHOP, paid=Cents(690), fee=Cents(10), damages=Cents(0), milestone=1)
    ]
    scene.send(OTHER_SHOP, orders(scene).attest(JOB, 1, EVIDENCE))
    assert scene.send(CUSTOMER, orders(scene).approve(JOB, 1)) == [
        Approved(job=JOB, index=1, provider=OTHER_SHOP, paid=Cents(100), fee=Cents(1), damages=Cents(0), milestone=1),
        Ended(job=JOB, how="settled"),
    ]
    for account in (CUSTOMER, SHOP, OTHER_SHOP, TREASURY):
        scene.send(account, orders(scene).withdraw())
    assert [scene.balance(a) for a in (CUSTOMER, SHOP, OTHER_SHOP, TREASURY)] == [FUNDS - 801, 690, 100, 11]
    assert scene.balance(orders(scene).address) == 0


def test_the_order_can_be_read_as_it_was_opened(scene: Scene) -> None:
    assert orders(scene).order(scene.evm, JOB) is None
    scene.open(budget=1000, deadline=scene.evm.now + 77)
    order = orders(scene).order(scene.evm, JOB)
    assert order is not None
    terms = order.terms
    assert (terms.customer, order.budget, terms.deadline) == (CUSTOMER, 1000, scene.evm.now + 77)
    assert (terms.review, terms.call, terms.design, terms.pack) == (
        REVIEW,
        word("call"),
        word("design"),
        PACK.digest,
    )


def test_an_assignment_can_be_read_with_its_evidence(scene: Scene) -> None:
    attested(scene)
    work = orders(scene).assignment(scene.evm, JOB, 0)
    assert (work.win.provider, work.win.price, work.evidence) == (SHOP, 700, EVIDENCE)


def test_a_provider_approves_itself_only_after_the_review_window(scene: Scene) -> None:
    attested(scene)
    last = scene.evm.now + REVIEW
    scene.evm.wait_until(last)
    assert scene.refused(SHOP, orders(scene).approve(JOB, 0)) == "TooEarly"
    scene.evm.wait_until(last + 1)
    scene.send(SHOP, orders(scene).approve(JOB, 0))
    assert scene.credit(SHOP) == 690


def test_a_customer_objects_only_within_the_review_window(scene: Scene) -> None:
    attested(scene)
    last = scene.evm.now + REVIEW
    scene.evm.wait_until(last + 1)
    assert scene.refused(CUSTOMER, orders(scene).dispute(JOB, 0, EVIDENCE)) == "TooLate"


def test_a_customer_may_object_in_the_last_second_of_the_window(scene: Scene) -> None:
    attested(scene)
    scene.evm.wait_until(scene.evm.now + REVIEW)
    assert scene.send(CUSTOMER, orders(scene).dispute(JOB, 0, EVIDENCE)) == [
        Disputed(job=JOB, index=0, evidence=EVIDENCE)
    ]


def ruling(scene: Scene, to_provider: int) -> Transaction:
    return Transaction(to=orders(scene).address, payload=abi.rule_call(JOB, 0, to_provider))


def test_only_the_court_rules_and_no_more_than_is_at_stake(scene: Scene) -> None:
    disputed(scene)
    for caller in (CUSTOMER, SHOP, STRANGER, TREASURY, GOVERNOR):
        assert scene.refused(caller, ruling(scene, 0)) == "NotAllowed"
    assert scene.refused(COURT, ruling(scene, 701)) == "BadRuling"


def test_a_ruling_divides_the_price(scene: Scene) -> None:
    disputed(scene)
    logs = scene.evm.send(COURT, ruling(scene, 350))
    assert scene.events(logs) == [
        Ruled(job=JOB, index=0, refunded=Cents(350), paid=Cents(345), fee=Cents(5), ends=True),
        Ended(job=JOB, how="settled"),
    ]
    assert abi.ruled_event(logs[0].topics, logs[0].payload).provider == SHOP
    assert (scene.credit(CUSTOMER), scene.credit(SHOP), scene.credit(TREASURY)) == (650, 345, 5)
    assert scene.refused(COURT, ruling(scene, 0)) == "WrongAssignmentState"


def test_work_goes_on_after_a_ruling_that_gives_the_provider_all(scene: Scene) -> None:
    attested(scene, milestones=2)
    scene.send(CUSTOMER, orders(scene).dispute(JOB, 0, EVIDENCE))
    assert scene.send(COURT, ruling(scene, 350)) == [
        Ruled(job=JOB, index=0, refunded=Cents(0), paid=Cents(345), fee=Cents(5), ends=False)
    ]
    assert orders(scene).assignment(scene.evm, JOB, 0).state is WorkState.ACCEPTED
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    assert scene.send(CUSTOMER, orders(scene).approve(JOB, 0))[-1] == Ended(job=JOB, how="settled")


def test_a_ruling_below_all_ends_the_assignment_and_returns_what_was_not_due(scene: Scene) -> None:
    attested(scene, milestones=2)
    scene.send(CUSTOMER, orders(scene).dispute(JOB, 0, EVIDENCE))
    (ruled, _) = scene.send(COURT, ruling(scene, 349))
    assert ruled == Ruled(job=JOB, index=0, refunded=Cents(351), paid=Cents(344), fee=Cents(5), ends=True)


def test_nobody_approves_what_is_disputed(scene: Scene) -> None:
    disputed(scene)
    scene.evm.wait_until(scene.evm.now + REVIEW + DISPUTE + 1)
    for caller in (SHOP, CUSTOMER):
        assert scene.refused(caller, orders(scene).approve(JOB, 0)) == "WrongAssignmentState"


def test_milestones_come_to_the_price_and_end_with_the_last(scene: Scene) -> None:
    attested(scene, price=1000, milestones=3)
    parts = []
    for milestone in (1, 2, 3):
        event = scene.send(CUSTOMER, orders(scene).approve(JOB, 0))[0]
        assert isinstance(event, Approved)
        assert event.milestone == milestone
        parts.append(event.paid + event.fee)
        if milestone < 3:
            assert scene.refused(CUSTOMER, orders(scene).approve(JOB, 0)) == "WrongAssignmentState"
            scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    assert parts == [333, 333, 334]
    assert orders(scene).assignment(scene.evm, JOB, 0).state is WorkState.APPROVED


LATENESS = {0: 0, 1: 25, DAY: 25, DAY + 1: 50, 3 * DAY + 1: 100, 5 * DAY: 100}


@pytest.mark.parametrize("late", LATENESS)
def test_late_delivery_pays_agreed_damages_for_each_day_begun(scene: Scene, late: int) -> None:
    scene.open(late=BasisPoints(2500), deadline=scene.evm.now + 9 * DAY)
    scene.award(100, due=scene.evm.now + DAY)
    scene.accept(0)
    scene.evm.wait_until(scene.evm.now + DAY + late)
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    damages = LATENESS[late]
    assert orders(scene).at_stake(scene.evm, JOB, 0) == 100 - damages
    (event, _) = scene.send(CUSTOMER, orders(scene).approve(JOB, 0))
    fee = (100 - damages) * FEE // 10_000
    assert event == Approved(
        job=JOB,
        index=0,
        provider=SHOP,
        paid=Cents(100 - damages - fee),
        fee=Cents(fee),
        damages=Cents(damages),
        milestone=1,
    )
    assert scene.credit(CUSTOMER) == 900 + damages


def test_damages_are_at_most_the_whole(scene: Scene) -> None:
    assert scene.refused(CUSTOMER, scene.opening(late=BasisPoints(10_001))) == "BadDamages"
    scene.open(late=BasisPoints(10_000))


def test_nothing_is_at_stake_before_an_attestation_and_after_the_payment(scene: Scene) -> None:
    scene.open()
    scene.award(700)
    scene.accept(0)
    assert orders(scene).at_stake(scene.evm, JOB, 0) == 0
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    assert orders(scene).at_stake(scene.evm, JOB, 0) == 700
    scene.send(CUSTOMER, orders(scene).approve(JOB, 0))
    assert orders(scene).at_stake(scene.evm, JOB, 0) == 0


def test_work_without_records_is_not_attested(scene: Scene) -> None:
    scene.open()
    scene.award(700)
    scene.accept(0)
    assert scene.refused(SHOP, orders(scene).attest(JOB, 0, Digest(bytes(32)))) == "NoEvidence"


def test_work_that_was_not_accepted_is_not_attested(scene: Scene) -> None:
    scene.open()
    scene.award(700)
    assert scene.refused(SHOP, orders(scene).attest(JOB, 0, EVIDENCE)) == "WrongAssignmentState"


def reawarding(scene: Scene, price: int, provider: Address = OTHER_SHOP, **terms: object) -> Transaction:
    return orders(scene).reaward(JOB, 0, TRANSCRIPT, scene.winner(provider, price, **terms))


def test_a_declined_assignment_goes_to_another_and_the_others_stay(scene: Scene) -> None:
    scene.open()
    scene.award(300, 400)
    scene.accept(1)
    assert scene.send(SHOP, orders(scene).decline(JOB, 0)) == [Declined(job=JOB, index=0, provider=SHOP)]
    due = UnixSeconds(scene.evm.now + TERM // 2)
    assert scene.send(CUSTOMER, reawarding(scene, 250)) == [
        Reawarded(job=JOB, index=0, transcript=TRANSCRIPT),
        Assigned(job=JOB, index=0, provider=OTHER_SHOP, price=Cents(250), units=1, due=due),
    ]
    assert scene.credit(CUSTOMER) == 300 + 50
    assert orders(scene).assignment(scene.evm, JOB, 1).state is WorkState.ACCEPTED
    work = orders(scene).assignment(scene.evm, JOB, 0)
    assert (work.win.provider, work.state, work.round, work.evidence) == (OTHER_SHOP, WorkState.ASSIGNED, 1, bytes(32))
    assert scene.refused(SHOP, orders(scene).accept(JOB, 0)) == "NotAllowed"


def test_a_dearer_replacement_is_paid_by_the_customer(scene: Scene) -> None:
    scene.open()
    scene.award(300)
    scene.send(SHOP, orders(scene).decline(JOB, 0))
    before = scene.balance(CUSTOMER)
    scene.send(CUSTOMER, reawarding(scene, 1300))
    assert scene.balance(CUSTOMER) == before - 1000
    scene.accept(0)
    scene.send(OTHER_SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    assert scene.send(CUSTOMER, orders(scene).approve(JOB, 0))[-1] == Ended(job=JOB, how="settled")


def test_a_replacement_costs_what_paid_milestones_left(scene: Scene) -> None:
    attested(scene, price=900, milestones=3)
    scene.send(CUSTOMER, orders(scene).approve(JOB, 0))
    scene.send(SHOP, orders(scene).decline(JOB, 0))
    before = scene.credit(CUSTOMER)
    scene.send(CUSTOMER, reawarding(scene, 500, milestones=2))
    assert scene.credit(CUSTOMER) == before + 100
    work = orders(scene).assignment(scene.evm, JOB, 0)
    assert (work.approved, work.win.price, work.evidence, work.attested_at) == (0, 500, bytes(32), 0)


def test_who_does_not_accept_within_the_review_window_is_replaced_and_not_before(scene: Scene) -> None:
    scene.open()
    scene.award(300)
    scene.evm.wait_until(scene.evm.now + REVIEW)
    assert scene.refused(CUSTOMER, reawarding(scene, 300)) == "TooEarly"
    scene.evm.wait_until(scene.evm.now + 1)
    scene.send(CUSTOMER, reawarding(scene, 300))
    scene.evm.wait_until(scene.evm.now + REVIEW)
    assert scene.refused(CUSTOMER, reawarding(scene, 300)) == "TooEarly", "the replacement has its time too"
    scene.evm.wait_until(scene.evm.now + 1)
    scene.send(CUSTOMER, reawarding(scene, 300))


def test_who_is_late_is_replaced_and_not_before(scene: Scene) -> None:
    scene.open()
    scene.award(300)
    scene.accept(0)
    scene.evm.wait_until(scene.evm.now + TERM // 2)
    assert scene.refused(CUSTOMER, reawarding(scene, 300, due=scene.evm.now + 1)) == "TooEarly"
    scene.evm.wait_until(scene.evm.now + 1)
    scene.send(CUSTOMER, reawarding(scene, 300, due=scene.evm.now + 1))


def test_what_is_attested_is_not_replaced(scene: Scene) -> None:
    attested(scene)
    scene.evm.wait_until(scene.evm.now + TERM - 1)
    assert scene.refused(CUSTOMER, reawarding(scene, 300, due=scene.evm.now + 1)) == "WrongAssignmentState"


def test_only_the_customer_replaces_and_only_with_a_provider(scene: Scene) -> None:
    scene.open()
    scene.award(300)
    scene.send(SHOP, orders(scene).decline(JOB, 0))
    for caller in (SHOP, OTHER_SHOP, STRANGER):
        assert scene.refused(caller, reawarding(scene, 300)) == "NotAllowed"
    assert scene.refused(CUSTOMER, reawarding(scene, 300, provider=STRANGER)) == "NotProvider"
    scene.evm.wait_until(scene.evm.now + TERM)
    assert scene.refused(CUSTOMER, reawarding(scene, 300)) == "DeadlinePassed"


def test_whoever_runs_ahead_of_a_settlement_with_a_copy_of_it_gains_nothing(scene: Scene) -> None:
    """Each step is sent first by somebody who saw it waiting; none of them is paid for it."""
    scene.open()
    assert scene.refused(STRANGER, scene.awarding(700)) == "NotAllowed"
    scene.award(700)
    steps = (orders(scene).accept(JOB, 0), orders(scene).attest(JOB, 0, EVIDENCE))
    for step in steps:
        for thief in (STRANGER, OTHER_SHOP):
            assert scene.refused(thief, step) == "NotAllowed"
        scene.send(SHOP, step)
    approve = orders(scene).approve(JOB, 0)
    assert scene.refused(STRANGER, approve) == "NotAllowed"
    scene.send(CUSTOMER, approve)
    assert scene.credit(SHOP) == 700 - 700 * FEE // 10_000
    for thief in (STRANGER, OTHER_SHOP):
        assert scene.credit(thief) == 0


def test_an_assignment_is_due_ahead_and_before_the_deadline_in_one_to_eight_parts(scene: Scene) -> None:
    scene.open()
    now = scene.evm.now
    for terms in ({"due": now}, {"due": now + TERM + 1}, {"milestones": 0}, {"milestones": 9}):
        assert scene.refused(CUSTOMER, scene.awarding(10, **terms)) == "BadTerms"
    scene.award(10, due=now + TERM, milestones=8)


def test_an_assignment_is_inspected_by_another_of_the_order(scene: Scene) -> None:
    scene.open()
    for inspection in (1, 3):
        wrong = [scene.winner(SHOP, 10, inspection=inspection), scene.winner(OTHER_SHOP, 10)]
        assert scene.refused(CUSTOMER, orders(scene).award(JOB, TRANSCRIPT, wrong)) == "BadTerms"
    right = [scene.winner(SHOP, 10, inspection=2), scene.winner(OTHER_SHOP, 10)]
    scene.send(CUSTOMER, orders(scene).award(JOB, TRANSCRIPT, right))
    assert [orders(scene).assignment(scene.evm, JOB, index).win.inspection for index in (0, 1)] == [2, 0]


def test_who_accepts_agrees_to_the_inspector_of_that_moment(scene: Scene) -> None:
    scene.open()
    winners = [scene.winner(SHOP, 10, inspection=2), scene.winner(OTHER_SHOP, 10)]
    scene.send(CUSTOMER, orders(scene).award(JOB, TRANSCRIPT, winners))
    scene.send(OTHER_SHOP, orders(scene).decline(JOB, 1))
    scene.send(CUSTOMER, orders(scene).reaward(JOB, 1, TRANSCRIPT, scene.winner(OTHER_SHOP, 10)))
    scene.accept(0, 1)
    assert [orders(scene).assignment(scene.evm, JOB, index).inspection_round for index in (0, 1)] == [1, 0]


def test_a_cancelled_order_returns_everything(scene: Scene) -> None:
    scene.open()
    assert scene.send(CUSTOMER, orders(scene).cancel(JOB)) == [Ended(job=JOB, how="cancelled")]
    assert scene.credit(CUSTOMER) == 1000


def test_an_awarded_order_cannot_be_cancelled(scene: Scene) -> None:
    scene.open()
    scene.award(700)
    assert scene.refused(CUSTOMER, orders(scene).cancel(JOB)) == "WrongOrderState"


def test_an_order_without_award_expires_at_its_deadline(scene: Scene) -> None:
    scene.open()
    last = scene.evm.now + 999
    scene.evm.wait_until(last)
    refusal = scene.refusal(STRANGER, orders(scene).expire(JOB))
    assert (refusal.name, refusal.arguments) == ("TooEarly", (JOB, last))
    scene.evm.wait_until(scene.evm.now + 1)
    assert scene.refused(CUSTOMER, scene.awarding(700)) == "DeadlinePassed"
    assert scene.send(STRANGER, orders(scene).expire(JOB)) == [Ended(job=JOB, how="expired")]
    assert scene.credit(CUSTOMER) == 1000


def test_after_the_deadline_only_attested_work_keeps_its_way_to_payment(scene: Scene) -> None:
    scene.open()
    scene.award(300, 400)
    scene.accept(0, 1)
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    scene.evm.wait_until(scene.evm.now + 1000)
    assert scene.refused(OTHER_SHOP, orders(scene).attest(JOB, 1, EVIDENCE)) == "DeadlinePassed"
    logs = scene.evm.send(STRANGER, orders(scene).expire(JOB))
    assert scene.events(logs) == [Refunded(job=JOB, index=1, refunded=Cents(400))]
    assert abi.refunded_event(logs[0].topics, logs[0].payload).provider == OTHER_SHOP
    assert scene.refused(STRANGER, orders(scene).expire(JOB)) == "NothingToExpire"
    assert scene.send(SHOP, orders(scene).approve(JOB, 0))[-1] == Ended(job=JOB, how="settled")


def test_an_expired_order_in_which_nothing_was_attested_is_settled(scene: Scene) -> None:
    scene.open()
    scene.award(300, 400)
    scene.evm.wait_until(scene.evm.now + 1000)
    assert scene.send(CUSTOMER, orders(scene).expire(JOB))[-1] == Ended(job=JOB, how="settled")
    assert scene.credit(CUSTOMER) == 1000


def test_an_identifier_opens_one_order_for_ever(scene: Scene) -> None:
    scene.open()
    assert scene.refused(CUSTOMER, scene.opening()) == "WrongOrderState"
    scene.send(CUSTOMER, orders(scene).cancel(JOB))
    assert scene.refused(CUSTOMER, scene.opening()) == "WrongOrderState"


def test_an_order_needs_the_rules_in_force_a_budget_within_them_and_a_near_deadline(scene: Scene) -> None:
    assert scene.refused(CUSTOMER, scene.opening(pack=word("other"))) == "WrongPack"
    assert scene.refused(CUSTOMER, scene.opening(budget=LIMIT + 1)) == "OverLimit"
    for deadline in (scene.evm.now - 1, scene.evm.now, scene.evm.now + 730 * DAY + 1):
        assert scene.refused(CUSTOMER, scene.opening(deadline=deadline)) == "BadDeadline"
    scene.open(budget=LIMIT, deadline=scene.evm.now + 730 * DAY)


def test_orders_are_opened_again_in_the_second_in_which_a_pause_ends(scene: Scene) -> None:
    scene.evm.wait_until(scene.evm.now + 1)
    scene.send(SHOP, scene.contracts.rules.call_pause())
    until = scene.contracts.rules.paused_until(scene.evm)
    scene.evm.wait_until(until - 1)
    refusal = scene.refusal(CUSTOMER, scene.opening())
    assert (refusal.name, refusal.arguments) == ("NewOrdersPaused", (until,))
    scene.evm.wait_until(until)
    scene.open()


def test_an_order_needs_tokens_and_leave_to_take_them(scene: Scene) -> None:
    assert scene.refused(STRANGER, scene.opening()) == "ERC20InsufficientAllowance"
    scene.send(STRANGER, scene.contracts.token.approve(orders(scene).address, Cents(1000)))
    assert scene.refused(STRANGER, scene.opening()) == "ERC20InsufficientBalance"


def test_an_award_has_one_to_32_assignments_within_the_budget_to_registered_providers(scene: Scene) -> None:
    scene.open()
    assert scene.refused(CUSTOMER, scene.awarding()) == "BadAssignments"
    assert scene.refused(CUSTOMER, scene.awarding(*[1] * 33)) == "BadAssignments"
    assert scene.refused(CUSTOMER, scene.awarding(600, 401)) == "OverBudget"
    assert scene.refused(CUSTOMER, scene.awarding(2**40 - 1, 2)) == "OverBudget"
    to_a_stranger = orders(scene).award(JOB, TRANSCRIPT, [scene.winner(STRANGER, 1)])
    assert scene.refused(CUSTOMER, to_a_stranger) == "NotProvider"
    scene.award(*[31] * 32)
    assert scene.refused(CUSTOMER, scene.awarding(1)) == "WrongOrderState"


@pytest.mark.parametrize("caller", [SHOP, OTHER_SHOP, STRANGER, TREASURY, DEPLOYER])
def test_nobody_but_the_customer_awards_cancels_or_disputes(scene: Scene, caller: Address) -> None:
    scene.open()
    assert scene.refused(caller, scene.awarding(700)) == "NotAllowed"
    assert scene.refused(caller, orders(scene).cancel(JOB)) == "NotAllowed"
    scene.award(700)
    scene.accept(0)
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    assert scene.refused(caller, orders(scene).dispute(JOB, 0, EVIDENCE)) == "NotAllowed"


@pytest.mark.parametrize("caller", [CUSTOMER, OTHER_SHOP, STRANGER, TREASURY, DEPLOYER])
def test_nobody_but_its_provider_accepts_declines_or_attests_an_assignment(scene: Scene, caller: Address) -> None:
    scene.open()
    scene.award(300, 400)
    assert scene.refused(caller, orders(scene).accept(JOB, 0)) == "NotAllowed"
    assert scene.refused(caller, orders(scene).decline(JOB, 0)) == "NotAllowed"
    scene.accept(0)
    assert scene.refused(caller, orders(scene).decline(JOB, 0)) == "NotAllowed"
    assert scene.refused(caller, orders(scene).attest(JOB, 0, EVIDENCE)) == "NotAllowed"


def test_nobody_but_customer_and_provider_approves(scene: Scene) -> None:
    attested(scene)
    scene.evm.wait_until(scene.evm.now + REVIEW + 1)
    for caller in (OTHER_SHOP, STRANGER, TREASURY):
        assert scene.refused(caller, orders(scene).approve(JOB, 0)) == "NotAllowed"


def test_terms_of_a_running_order_survive_new_rules(scene: Scene) -> None:
    scene.open()
    scene.award(700)
    scene.accept(0)
    changed = replace(PACK, version=2, fee=BasisPoints(1000), review=Seconds(1), max_budget=Cents(0))
    scene.send(GOVERNOR, scene.contracts.rules.adopt(changed))
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    scene.evm.wait_until(scene.evm.now + 2)
    assert scene.refused(SHOP, orders(scene).approve(JOB, 0)) == "TooEarly"
    scene.send(CUSTOMER, orders(scene).approve(JOB, 0))
    assert scene.credit(TREASURY) == 10


def test_withdrawing_nothing_does_nothing(scene: Scene) -> None:
    assert scene.evm.send(STRANGER, orders(scene).withdraw()) == ()


def test_money_is_withdrawn_once(scene: Scene) -> None:
    scene.open()
    scene.open(job=JobId(word("other")))
    scene.send(CUSTOMER, orders(scene).cancel(JOB))
    (log, _) = scene.evm.send(CUSTOMER, orders(scene).withdraw())
    event = abi.withdrawn_event(log.topics, log.payload)
    assert (event.account, event.amount) == (CUSTOMER, 1000)
    assert scene.evm.send(CUSTOMER, orders(scene).withdraw()) == ()
    assert scene.balance(CUSTOMER) == FUNDS - 1000
    totals = abi.totals_result(scene.evm.call(orders(scene).address, abi.totals_call()))
    assert (totals.locked, totals.credited) == (1000, 0)


def test_an_escrow_holds_what_it_owes_and_what_it_locks(scene: Scene) -> None:
    scene.open()
    scene.award(300, 400)
    totals = abi.totals_result(scene.evm.call(orders(scene).address, abi.totals_call()))
    assert (totals.locked, totals.credited) == (700, 300)
    assert scene.balance(orders(scene).address) == 1000


def test_a_log_of_another_contract_is_not_an_order_event(scene: Scene) -> None:
    (log,) = scene.evm.send(CUSTOMER, scene.opening())[:1]
    assert orders(scene).decode(log) is not None
    assert orders(scene).decode(replace(log, address=STRANGER)) is None
