"""Voting power: checkpointed, capped per member, from the bond of who is registered, and nobody's to sell."""

from ledger.bindings import members as abi
from ledger.types import Transaction
from protocol.ids import Address
from protocol.membership import CUSTOMER as AS_CUSTOMER
from protocol.units import Cents
from tests.contracts.federation import (
    BOND,
    COURT,
    CUSTOMER,
    DEPLOYER,
    OTHER_SHOP,
    SHOP,
    STRANGER,
    TREASURY,
    VOTE_CAP,
    Scene,
    join,
    registration,
    word,
)


def votes(scene: Scene, account: Address) -> int:
    where = scene.contracts.members.address
    return abi.get_votes_result(scene.evm.call(where, abi.get_votes_call(account)))


def past_votes(scene: Scene, account: Address, moment: int) -> int:
    where = scene.contracts.members.address
    return abi.get_past_votes_result(scene.evm.call(where, abi.get_past_votes_call(account, moment)))


def past_supply(scene: Scene, moment: int) -> int:
    where = scene.contracts.members.address
    return abi.get_past_total_supply_result(scene.evm.call(where, abi.get_past_total_supply_call(moment)))


def delegating(scene: Scene, to: Address) -> Transaction:
    return Transaction(to=scene.contracts.members.address, payload=abi.delegate_call(to))


def bond_more(scene: Scene, account: Address, amount: int) -> None:
    scene.send(DEPLOYER, scene.contracts.token.transfer(account, Cents(amount)))
    scene.send(account, scene.contracts.token.approve(scene.contracts.members.address, Cents(amount)))
    scene.send(account, scene.contracts.members.bond(Cents(amount)))


def test_power_is_told_in_seconds_of_block_time(scene: Scene) -> None:
    where = scene.contracts.members.address
    assert abi.clock_result(scene.evm.call(where, abi.clock_call())) == scene.evm.now
    assert abi.clock_mode_result(scene.evm.call(where, abi.clock_mode_call())) == "mode=timestamp"


def test_a_new_member_votes_with_its_bond_for_itself(scene: Scene) -> None:
    assert votes(scene, SHOP) == BOND
    assert abi.delegates_result(scene.evm.call(scene.contracts.members.address, abi.delegates_call(SHOP))) == SHOP


def test_power_stops_growing_at_the_cap_and_falls_with_the_bond(scene: Scene) -> None:
    bond_more(scene, SHOP, VOTE_CAP)
    assert votes(scene, SHOP) == VOTE_CAP
    scene.send(SHOP, scene.contracts.members.unbond(Cents(BOND)))
    assert votes(scene, SHOP) == VOTE_CAP
    scene.send(SHOP, scene.contracts.members.unbond(Cents(1)))
    assert votes(scene, SHOP) == VOTE_CAP - 1


def test_a_bond_without_registration_has_no_power(scene: Scene) -> None:
    bond_more(scene, STRANGER, 70)
    assert votes(scene, STRANGER) == 0
    scene.send(STRANGER, registration(scene, "peer", AS_CUSTOMER))
    assert votes(scene, STRANGER) == 70


def test_power_ends_with_the_registration_and_with_a_slash(scene: Scene) -> None:
    slashing = abi.slash_call(SHOP, 100, word("guilt"), CUSTOMER)
    scene.send(COURT, Transaction(to=scene.contracts.members.address, payload=slashing))
    assert votes(scene, SHOP) == BOND - 100
    scene.send(SHOP, scene.contracts.members.revoke())
    assert votes(scene, SHOP) == 0


def test_a_past_moment_keeps_its_power_whatever_comes_after(scene: Scene) -> None:
    start = scene.evm.now
    scene.evm.wait_until(start + 10)
    bond_more(scene, SHOP, 5)
    scene.send(OTHER_SHOP, scene.contracts.members.revoke())
    scene.evm.wait_until(start + 20)
    assert past_votes(scene, SHOP, start + 9) == BOND
    assert past_votes(scene, SHOP, start + 10) == BOND + 5
    assert past_votes(scene, OTHER_SHOP, start + 9) == BOND
    assert past_votes(scene, OTHER_SHOP, start + 10) == 0
    assert past_supply(scene, start + 9) == 2 * BOND
    assert past_supply(scene, start + 10) == BOND + 5


def test_the_present_moment_cannot_be_voted_on(scene: Scene) -> None:
    """A bond that comes and goes within one moment must count for nothing."""
    now = Transaction(to=scene.contracts.members.address, payload=abi.get_past_votes_call(SHOP, scene.evm.now))
    assert scene.refused(SHOP, now) == "ERC5805FutureLookup"


def test_a_delegate_votes_for_others_and_they_can_take_it_back(scene: Scene) -> None:
    scene.send(SHOP, delegating(scene, OTHER_SHOP))
    assert (votes(scene, SHOP), votes(scene, OTHER_SHOP)) == (0, 2 * BOND)
    bond_more(scene, SHOP, 3)
    assert votes(scene, OTHER_SHOP) == 2 * BOND + 3
    scene.send(SHOP, delegating(scene, SHOP))
    assert (votes(scene, SHOP), votes(scene, OTHER_SHOP)) == (BOND + 3, BOND)


def test_a_rotation_of_keys_leaves_a_delegation_alone(scene: Scene) -> None:
    scene.send(SHOP, delegating(scene, OTHER_SHOP))
    scene.send(SHOP, registration(scene, "new peer", 1))
    assert (votes(scene, SHOP), votes(scene, OTHER_SHOP)) == (0, 2 * BOND)


def test_a_delegation_before_the_registration_counts_once(scene: Scene) -> None:
    scene.send(STRANGER, delegating(scene, TREASURY))
    join(scene, STRANGER, AS_CUSTOMER, stake=70)
    assert (votes(scene, STRANGER), votes(scene, TREASURY)) == (0, 70)
