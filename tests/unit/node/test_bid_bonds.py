"""Bonds on sealed bids, from the nodes' workflows to the real contract and back: nobody keeps what is not its own."""

from collections.abc import Iterator

import pytest

from node.workflows.answered import Phase as AnswerPhase
from node.workflows.events import Submit
from node.workflows.posted import Phase
from protocol.opening import ExclusionReason
from protocol.params import SILENCE
from protocol.units import Cents
from tests.auction.sealed import Bidder, bidder, bidders
from tests.contracts.federation import BID_BOND, BONDED, CUSTOMER, PACK, Scene
from tests.unit.node.stage import PURSE, Stage
from tests.unit.protocol.examples import offer

MILL, OVEN, RIVAL = bidders()


@pytest.fixture
def stage(scene: Scene) -> Iterator[Stage]:
    scene.adopt(BONDED)
    stage = Stage(scene, bidders(), BONDED)
    yield stage
    stage.check_logs()


def purse(stage: Stage, bidder_: Bidder) -> int:
    return stage.scene.balance(stage.shop(bidder_).account)


def submitted(stage: Stage, bidder_: Bidder) -> list[str]:
    return [effect.key for effect in stage.shop(bidder_).effects if isinstance(effect, Submit)]


def test_every_bidder_stakes_its_bond_before_it_commits_and_has_it_back_once_its_bid_is_open(stage: Stage) -> None:
    stage.begin()
    assert {purse(stage, b) for b in bidders()} == {PURSE - BID_BOND}
    assert len(stage.post.commitments) == 3
    stage.pass_until(stage.call.reveal_by)
    assert stage.post.phase is Phase.MAKING
    assert {purse(stage, b) for b in bidders()} == {PURSE}
    assert {bond.stands for bond in stage.post.bonds} == {"revealed"}
    assert stage.answer(RIVAL).phase is AnswerPhase.LOST
    assert {a.provider for a in stage.post.awarded} == {MILL.bid.provider, OVEN.bid.provider}


def test_without_bonds_in_the_rules_nobody_stakes_anything(scene: Scene) -> None:
    stage = Stage(scene, bidders(), PACK)
    stage.begin()
    stage.pass_until(stage.call.reveal_by)
    assert stage.post.phase is Phase.MAKING
    assert stage.post.bonds == ()
    assert all("bond" not in submitted(stage, b) for b in bidders())


def test_a_bid_that_is_never_opened_counts_nothing_and_its_bond_is_the_customers(stage: Stage) -> None:
    stage.begin()
    stage.shop(OVEN).down = True
    before = stage.scene.balance(CUSTOMER)
    stage.pass_until(stage.call.reveal_by + SILENCE - 1)
    assert stage.post.result is not None
    excluded = [(e.provider, e.reason) for e in stage.post.result.excluded]
    assert excluded == [(OVEN.bid.provider, ExclusionReason.UNREVEALED)]
    assert purse(stage, OVEN) == PURSE - BID_BOND
    unspent = stage.call.budget - sum(a.price for a in stage.post.awarded)
    assert stage.scene.balance(CUSTOMER) == before + BID_BOND + unspent


def test_a_witness_forfeits_for_a_customer_that_has_gone(stage: Stage) -> None:
    stage.begin()
    stage.shop(OVEN).down = True
    stage.pass_until(stage.call.commit_by + 2)  # the roll is out
    stage.customer.down = True
    stage.pass_until(stage.call.reveal_by + SILENCE + 1)
    assert stage.scene.credit(CUSTOMER) == BID_BOND
    assert {bond.bidder: bond.stands for bond in stage.watch.bonds}[stage.shop(OVEN).account] == "forfeited"
    assert purse(stage, MILL) == PURSE
    assert stage.watch.result is not None  # told by the witness, to itself too


def test_a_customer_that_never_closes_its_roll_keeps_no_bond(stage: Stage) -> None:
    stage.begin()
    stage.customer.down = True
    stage.pass_until(stage.call.reveal_by + SILENCE + 1)
    assert {purse(stage, b) for b in bidders()} == {PURSE}
    assert {stage.answer(b).phase for b in bidders()} == {AnswerPhase.LOST}


def test_a_cancelled_order_gives_every_bond_back(stage: Stage) -> None:
    stage.begin()
    stage.send(CUSTOMER, stage.scene.contracts.orders.cancel(stage.call.job))
    assert {purse(stage, b) for b in bidders()} == {PURSE}


def test_who_cannot_pay_the_bond_does_not_bid(scene: Scene) -> None:
    scene.adopt(BONDED)
    poor = bidder("poor", offer(0, 1, 4, 1_00))
    stage = Stage(scene, (*bidders(), poor), BONDED)
    stage.send(stage.shop(poor).account, scene.contracts.token.transfer(CUSTOMER, Cents(PURSE)))
    stage.begin()
    assert stage.answer(poor).phase is AnswerPhase.LOST
    assert "refused to bond" in stage.answer(poor).problem
    stage.pass_until(stage.call.reveal_by)
    assert stage.post.phase is Phase.MAKING
    assert "open-bid" not in submitted(stage, poor)


def test_a_commitment_without_its_bond_is_on_no_roll(stage: Stage) -> None:
    stage.begin()
    cheat = bidder("cheat", offer(0, 1, 4, 1_00))
    stage.gossip_commitment(cheat)
    stage.pass_until(stage.call.reveal_by)
    assert len(stage.post.commitments) == 3
    assert stage.post.phase is Phase.MAKING
    assert not stage.watch.counts(cheat.bid.provider)
