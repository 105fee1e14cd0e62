"""The life of an order by hand: who may do what and when, and where each cent goes."""

from dataclasses import replace

import pytest

from ledger.bindings import orders as abi
from ledger.orders import Approved, Assigned, Attested, Awarded, Disputed, Ended, Opened, Orders, Refunded
from protocol.ids import Address, JobId
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds
from tests.contracts.federation import (
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
    TREASURY,
    Scene,
    word,
)

DAY = 24 * 3600


def orders(scene: Scene) -> Orders:
    return scene.contracts.orders


def attested(scene: Scene, price: int = 700) -> None:
    scene.open()
    scene.award(price)
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
    assert scene.award(700, 101) == [
        Assigned(job=JOB, index=0, provider=SHOP, price=Cents(700), units=1),
        Assigned(job=JOB, index=1, provider=OTHER_SHOP, price=Cents(101), units=1),
        Awarded(job=JOB, transcript=word("transcript"), total=Cents(801)),
    ]
    assert scene.credit(CUSTOMER) == 199
    assert scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE)) == [
        Attested(job=JOB, index=0, provider=SHOP, evidence=EVIDENCE)
    ]
    assert scene.send(CUSTOMER, orders(scene).approve(JOB, 0)) == [
        Approved(job=JOB, index=0, provider=SHOP, paid=Cents(690), fee=Cents(10))
    ]
    scene.send(OTHER_SHOP, orders(scene).attest(JOB, 1, EVIDENCE))
    assert scene.send(CUSTOMER, orders(scene).approve(JOB, 1)) == [
        Approved(job=JOB, index=1, provider=OTHER_SHOP, paid=Cents(100), fee=Cents(1)),
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
    assert (order.customer, order.budget, order.deadline) == (CUSTOMER, 1000, scene.evm.now + 77)
    assert (order.review, order.call, order.design, order.pack) == (
        REVIEW,
        word("call"),
        word("design"),
        PACK.digest,
    )


def test_an_assignment_can_be_read_with_its_evidence(scene: Scene) -> None:
    attested(scene)
    work = orders(scene).assignment(scene.evm, JOB, 0)
    assert (work.provider, work.price, work.evidence) == (SHOP, 700, EVIDENCE)


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


def test_a_conceded_dispute_returns_the_whole_price_without_fee(scene: Scene) -> None:
    disputed(scene)
    assert scene.send(SHOP, orders(scene).concede(JOB, 0)) == [
        Refunded(job=JOB, index=0, refunded=Cents(700), paid=Cents(0), fee=Cents(0)),
        Ended(job=JOB, how="settled"),
    ]
    assert (scene.credit(CUSTOMER), scene.credit(SHOP), scene.credit(TREASURY)) == (1000, 0, 0)


def test_a_customer_may_still_approve_what_it_disputed(scene: Scene) -> None:
    disputed(scene)
    scene.send(CUSTOMER, orders(scene).approve(JOB, 0))
    assert scene.credit(SHOP) == 690


def test_a_provider_cannot_approve_its_own_disputed_work(scene: Scene) -> None:
    disputed(scene)
    scene.evm.wait_until(scene.evm.now + REVIEW + DISPUTE + 1)
    assert scene.refused(SHOP, orders(scene).approve(JOB, 0)) == "WrongAssignmentState"


def test_an_expired_dispute_is_halved_and_the_odd_cent_is_the_customers(scene: Scene) -> None:
    disputed(scene, price=701)
    last = scene.evm.now + DISPUTE
    scene.evm.wait_until(last)
    assert scene.refused(STRANGER, orders(scene).expire_dispute(JOB, 0)) == "TooEarly"
    scene.evm.wait_until(last + 1)
    assert scene.send(STRANGER, orders(scene).expire_dispute(JOB, 0)) == [
        Refunded(job=JOB, index=0, refunded=Cents(351), paid=Cents(345), fee=Cents(350 * FEE // 10_000)),
        Ended(job=JOB, how="settled"),
    ]
    assert (scene.credit(CUSTOMER), scene.credit(SHOP), scene.credit(TREASURY)) == (299 + 351, 345, 5)


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
    scene.evm.wait_until(scene.evm.now + 999)
    assert scene.refused(STRANGER, orders(scene).expire(JOB)) == "TooEarly"
    scene.evm.wait_until(scene.evm.now + 1)
    assert scene.refused(CUSTOMER, scene.awarding(700)) == "DeadlinePassed"
    assert scene.send(STRANGER, orders(scene).expire(JOB)) == [Ended(job=JOB, how="expired")]
    assert scene.credit(CUSTOMER) == 1000


def test_after_the_deadline_only_attested_work_keeps_its_way_to_payment(scene: Scene) -> None:
    scene.open()
    scene.award(300, 400)
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    scene.evm.wait_until(scene.evm.now + 1000)
    assert scene.refused(OTHER_SHOP, orders(scene).attest(JOB, 1, EVIDENCE)) == "DeadlinePassed"
    assert scene.send(STRANGER, orders(scene).expire(JOB)) == [
        Refunded(job=JOB, index=1, refunded=Cents(400), paid=Cents(0), fee=Cents(0))
    ]
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


def test_an_order_needs_tokens_and_leave_to_take_them(scene: Scene) -> None:
    assert scene.refused(STRANGER, scene.opening()) == "ERC20InsufficientAllowance"
    scene.send(STRANGER, scene.contracts.token.approve(orders(scene).address, Cents(1000)))
    assert scene.refused(STRANGER, scene.opening()) == "ERC20InsufficientBalance"


def test_an_award_has_one_to_32_assignments_within_the_budget_to_registered_providers(scene: Scene) -> None:
    scene.open()
    assert scene.refused(CUSTOMER, scene.awarding()) == "BadAssignments"
    assert scene.refused(CUSTOMER, scene.awarding(*[1] * 33)) == "BadAssignments"
    assert scene.refused(CUSTOMER, scene.awarding(600, 401)) == "OverBudget"
    assert scene.refused(CUSTOMER, scene.awarding(2**64 - 1, 2)) == "OverBudget"
    to_a_stranger = orders(scene).award(JOB, word("transcript"), [(STRANGER, Cents(1), 1)])
    assert scene.refused(CUSTOMER, to_a_stranger) == "NotProvider"
    scene.award(*[31] * 32)
    assert scene.refused(CUSTOMER, scene.awarding(1)) == "WrongOrderState"


@pytest.mark.parametrize("caller", [SHOP, OTHER_SHOP, STRANGER, TREASURY, DEPLOYER])
def test_nobody_but_the_customer_awards_cancels_or_disputes(scene: Scene, caller: Address) -> None:
    scene.open()
    assert scene.refused(caller, scene.awarding(700)) == "NotAllowed"
    assert scene.refused(caller, orders(scene).cancel(JOB)) == "NotAllowed"
    scene.award(700)
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    assert scene.refused(caller, orders(scene).dispute(JOB, 0, EVIDENCE)) == "NotAllowed"


@pytest.mark.parametrize("caller", [CUSTOMER, OTHER_SHOP, STRANGER, TREASURY, DEPLOYER])
def test_nobody_but_its_provider_attests_or_concedes_an_assignment(scene: Scene, caller: Address) -> None:
    scene.open()
    scene.award(300, 400)
    assert scene.refused(caller, orders(scene).attest(JOB, 0, EVIDENCE)) == "NotAllowed"
    scene.send(SHOP, orders(scene).attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, orders(scene).dispute(JOB, 0, EVIDENCE))
    assert scene.refused(caller, orders(scene).concede(JOB, 0)) == "NotAllowed"


def test_terms_of_a_running_order_survive_new_rules(scene: Scene) -> None:
    scene.open()
    scene.award(700)
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
    scene.send(CUSTOMER, orders(scene).withdraw())
    scene.send(CUSTOMER, orders(scene).withdraw())
    assert scene.balance(CUSTOMER) == FUNDS - 1000
    totals = abi.totals_result(scene.evm.call(orders(scene).address, abi.totals_call()))
    assert (totals.locked, totals.credited) == (1000, 0)


def test_a_log_of_another_contract_is_not_an_order_event(scene: Scene) -> None:
    (log,) = scene.evm.send(CUSTOMER, scene.opening())[:1]
    assert orders(scene).decode(log) is not None
    assert orders(scene).decode(replace(log, address=STRANGER)) is None
