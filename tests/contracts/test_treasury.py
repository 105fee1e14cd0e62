"""The commons fund: fees come in, only the members' decision takes them out, and every cent is accounted for."""

from dataclasses import replace

import pytest

from governance.proposals import Proposal
from ledger.bindings import treasury as abi
from ledger.errors import RevertedError
from ledger.treasury import Share
from ledger.types import Creation
from protocol.ids import Address, Digest
from protocol.units import Cents
from tests.contracts.assembly import DEARER, carry, file, queue, standing, succeed
from tests.contracts.federation import (
    COURT,
    CUSTOMER,
    DEPLOYER,
    GOVERNOR,
    JOB,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TREASURY,
    Scene,
    word,
)

WHY = Digest(word("why"))
REFUSES_ALL = bytes.fromhex("600580600b6000396000f3" + "60006000fd")
"""Init code of a contract that reverts on every call."""


def earn(scene: Scene) -> Cents:
    """One settled order; the fee that it brought, still with the orders."""
    scene.open(budget=200_000)
    scene.award(100_000, 50_000)
    for index, shop in enumerate((SHOP, OTHER_SHOP)):
        scene.accept(index)
        scene.send(shop, scene.contracts.orders.attest(JOB, index, word("evidence")))
        scene.send(CUSTOMER, scene.contracts.orders.approve(JOB, index))
    return Cents(scene.credit(TREASURY))


def test_fees_of_orders_become_the_fund_whoever_asks(scene: Scene) -> None:
    treasury, fee = scene.contracts.treasury, earn(scene)
    assert fee == 150_000 * 150 // 10_000
    logs = scene.evm.send(STRANGER, treasury.collect(scene.contracts.orders.address))
    (event,) = [
        abi.collected_event(log.topics, log.payload)
        for log in logs
        if log.address == TREASURY and log.topics[0] == abi.COLLECTED_TOPIC
    ]
    assert (event.amount, event.fund) == (fee, fee)
    assert treasury.fund(scene.evm) == scene.balance(TREASURY) == fee
    assert scene.credit(TREASURY) == 0
    scene.evm.send(STRANGER, treasury.collect(scene.contracts.orders.address))
    assert treasury.fund(scene.evm) == fee


def test_a_gift_counts_once_somebody_collects(scene: Scene) -> None:
    scene.evm.send(DEPLOYER, scene.contracts.token.transfer(TREASURY, Cents(77)))
    scene.evm.send(STRANGER, scene.contracts.treasury.collect(scene.contracts.orders.address))
    assert scene.contracts.treasury.fund(scene.evm) == 77


def test_what_is_shared_out_and_not_yet_withdrawn_is_not_collected_again(scene: Scene) -> None:
    treasury, fee = scene.contracts.treasury, earn(scene)
    scene.evm.send(STRANGER, treasury.collect(scene.contracts.orders.address))
    scene.evm.send(GOVERNOR, treasury.share([Share(account=SHOP, amount=Cents(1000))], WHY))
    scene.evm.send(STRANGER, treasury.collect(scene.contracts.orders.address))
    assert (treasury.credit(scene.evm, SHOP), treasury.fund(scene.evm)) == (1000, fee - 1000)


def test_contributors_get_what_a_proposal_gives_them(scene: Scene) -> None:
    treasury, fee = scene.contracts.treasury, earn(scene)
    scene.evm.send(STRANGER, treasury.collect(scene.contracts.orders.address))
    shares = (Share(account=STRANGER, amount=Cents(1000)), Share(account=SHOP, amount=Cents(500)))
    filed = file(scene, Proposal(reason="They wrote the post-processor.", shares=shares))
    carry(scene, filed, by=STRANGER)
    assert (treasury.credit(scene.evm, STRANGER), treasury.fund(scene.evm)) == (1000, fee - 1500)
    before = scene.balance(STRANGER)
    scene.evm.send(STRANGER, treasury.withdraw())
    scene.evm.send(STRANGER, treasury.withdraw())
    assert scene.balance(STRANGER) == before + 1000
    assert scene.balance(TREASURY) == fee - 1000


@pytest.mark.parametrize("caller", [DEPLOYER, SHOP, STRANGER, COURT])
def test_nobody_but_the_members_timelock_shares_out(scene: Scene, caller: Address) -> None:
    share = scene.contracts.treasury.share([Share(account=caller, amount=Cents(1))], WHY)
    assert scene.refused(caller, share) == "NotGovernor"


def test_more_than_the_fund_holds_is_refused_whole(scene: Scene) -> None:
    treasury, fee = scene.contracts.treasury, earn(scene)
    scene.evm.send(STRANGER, treasury.collect(scene.contracts.orders.address))
    shares = [Share(account=SHOP, amount=fee), Share(account=STRANGER, amount=Cents(1))]
    assert scene.refused(GOVERNOR, treasury.share(shares, WHY)) == "Insufficient"
    assert treasury.credit(scene.evm, SHOP) == 0


def test_rules_and_shares_of_one_proposal_are_done_together_or_not_at_all(scene: Scene) -> None:
    contracts = scene.contracts
    filed = file(scene, replace(DEARER, shares=(Share(account=SHOP, amount=Cents(1)),)))
    succeed(scene, filed)
    queue(scene, filed, by=STRANGER)
    scene.evm.wait_until(standing(scene, filed).eta)
    execute = contracts.governor.execute(filed)
    assert scene.refused(STRANGER, execute) == "Insufficient"
    assert contracts.rules.latest(scene.evm)[0] == PACK
    scene.evm.send(DEPLOYER, contracts.token.transfer(TREASURY, Cents(1)))
    scene.evm.send(STRANGER, contracts.treasury.collect(contracts.orders.address))
    scene.evm.send(STRANGER, execute)
    assert contracts.rules.latest(scene.evm)[0] == DEARER.pack
    assert contracts.treasury.credit(scene.evm, SHOP) == 1


def test_a_source_that_refuses_harms_nobody(scene: Scene) -> None:
    villain = scene.evm.create(DEPLOYER, Creation(payload=REFUSES_ALL))
    with pytest.raises(RevertedError):
        scene.evm.send(STRANGER, scene.contracts.treasury.collect(villain))
    assert scene.contracts.treasury.fund(scene.evm) == 0
