"""Members: one account per peer, an epoch that only rises, and a bond that no member takes out before its time."""

import pytest

from ledger.bindings import members as abi
from ledger.members import Bonded, Members, Registered, Revoked, Slashed, Unbonded, Unbonding
from ledger.types import Transaction
from protocol.ids import Address, Digest, EncryptionKey, PeerId
from protocol.membership import AUDITOR, PROVIDER, STEWARD, Member
from protocol.membership import CUSTOMER as CUSTOMER_ROLE
from protocol.units import Cents, UnixSeconds
from tests.contracts.federation import (
    BOND,
    COURT,
    CUSTOMER,
    DEPLOYER,
    SHOP,
    STRANGER,
    TREASURY,
    VOTE_CAP,
    YEAR,
    Scene,
    join,
    word,
)

PEER, OTHER = PeerId(word("peer")), PeerId(word("other peer"))
KEY = EncryptionKey(word("key"))
GUILT, OTHER_GUILT = word("evidence"), word("other evidence")
UNBONDING = 181 * 24 * 3600


def members(scene: Scene) -> Members:
    return scene.contracts.members


def registering(
    scene: Scene, peer: PeerId = PEER, roles: int = CUSTOMER_ROLE, key: EncryptionKey = KEY, term: int = YEAR
) -> Transaction:
    expiry = UnixSeconds(scene.evm.now + term)
    return members(scene).register(roles=roles, peer=peer, encryption_key=key, expiry=expiry)


def slashing(scene: Scene, amount: int, evidence: Digest = GUILT, account: Address = SHOP) -> Transaction:
    return Transaction(to=members(scene).address, payload=abi.slash_call(account, amount, evidence, CUSTOMER))


def stake(scene: Scene, account: Address = SHOP) -> tuple[int, int]:
    found = members(scene).stake(scene.evm, account)
    return found.bond, found.unbonding


def locked(scene: Scene) -> int:
    return abi.totals_result(scene.evm.call(members(scene).address, abi.totals_call())).locked


def test_a_registration_can_be_read_from_either_side(scene: Scene) -> None:
    contract = members(scene)
    assert contract.member(scene.evm, STRANGER) is None
    assert contract.account_of(scene.evm, PEER) is None
    expiry = UnixSeconds(scene.evm.now + YEAR)
    assert scene.send(STRANGER, registering(scene, roles=CUSTOMER_ROLE + STEWARD)) == [
        Registered(
            account=STRANGER, peer=PEER, encryption_key=KEY, roles=CUSTOMER_ROLE + STEWARD, epoch=1, expiry=expiry
        )
    ]
    assert contract.member(scene.evm, STRANGER) == Member(
        peer=PEER, encryption_key=KEY, roles=CUSTOMER_ROLE + STEWARD, epoch=1, expiry=expiry, bond=Cents(0)
    )
    assert contract.account_of(scene.evm, PEER) == STRANGER


def test_a_new_peer_frees_the_old_one_and_raises_the_epoch(scene: Scene) -> None:
    contract = members(scene)
    scene.send(STRANGER, registering(scene))
    scene.send(STRANGER, registering(scene, peer=OTHER))
    assert contract.account_of(scene.evm, PEER) is None
    assert contract.account_of(scene.evm, OTHER) == STRANGER
    scene.send(TREASURY, registering(scene))
    assert contract.account_of(scene.evm, PEER) == TREASURY
    member = contract.member(scene.evm, STRANGER)
    assert member is not None
    assert member.epoch == 2


def test_a_peer_keeps_its_account_when_only_the_roles_change(scene: Scene) -> None:
    scene.send(STRANGER, registering(scene))
    scene.send(STRANGER, registering(scene, roles=STEWARD))
    assert members(scene).account_of(scene.evm, PEER) == STRANGER


def test_a_peer_that_another_account_speaks_for_is_taken(scene: Scene) -> None:
    scene.send(STRANGER, registering(scene))
    assert scene.refused(TREASURY, registering(scene)) == "PeerTaken"


def test_nobody_is_the_zero_peer_and_nothing_is_sealed_to_the_zero_key(scene: Scene) -> None:
    assert scene.refused(STRANGER, registering(scene, peer=PeerId(bytes(32)))) == "ZeroKey"
    assert scene.refused(STRANGER, registering(scene, key=EncryptionKey(bytes(32)))) == "ZeroKey"


@pytest.mark.parametrize(
    ("roles", "refusal"), [(0, "UnknownRoles"), (2, ""), (10, ""), (16, "UnknownRoles"), (255, "UnknownRoles")]
)
def test_roles_are_a_sum_of_the_known_ones(scene: Scene, roles: int, refusal: str) -> None:
    assert PROVIDER + CUSTOMER_ROLE + AUDITOR + STEWARD == 15
    if refusal:
        assert scene.refused(STRANGER, registering(scene, roles=roles)) == refusal
    else:
        scene.send(STRANGER, registering(scene, roles=roles))


def test_a_binding_ends_ahead_and_within_two_years(scene: Scene) -> None:
    for term in (-1, 0, 2 * YEAR + 1):
        assert scene.refused(STRANGER, registering(scene, term=term)) == "BadExpiry"
    scene.send(STRANGER, registering(scene, term=2 * YEAR))
    scene.send(STRANGER, registering(scene, term=1))


@pytest.mark.parametrize("role", [PROVIDER, AUDITOR])
def test_providers_and_auditors_have_the_minimum_at_stake(scene: Scene, role: int) -> None:
    assert scene.refused(STRANGER, registering(scene, roles=role)) == "BondTooLow"
    scene.send(DEPLOYER, scene.contracts.token.transfer(STRANGER, Cents(BOND)))
    scene.send(STRANGER, scene.contracts.token.approve(members(scene).address, Cents(BOND)))
    assert scene.send(STRANGER, members(scene).bond(Cents(BOND - 1))) == [
        Bonded(account=STRANGER, amount=Cents(BOND - 1), bond=Cents(BOND - 1))
    ]
    assert scene.refused(STRANGER, registering(scene, roles=role)) == "BondTooLow"
    scene.send(STRANGER, members(scene).bond(Cents(1)))
    scene.send(STRANGER, registering(scene, roles=role))
    assert members(scene).holds(scene.evm, STRANGER, role)
    assert not members(scene).holds(scene.evm, STRANGER, CUSTOMER_ROLE)
    assert members(scene).minimum_bond(scene.evm) == BOND


def test_a_bond_needs_tokens(scene: Scene) -> None:
    assert scene.refused(STRANGER, members(scene).bond(Cents(1))) == "ERC20InsufficientAllowance"


def test_a_role_ends_with_its_binding(scene: Scene) -> None:
    member = members(scene).member(scene.evm, SHOP)
    assert member is not None
    scene.evm.wait_until(member.expiry)
    assert members(scene).holds(scene.evm, SHOP, PROVIDER)
    scene.evm.wait_until(member.expiry + 1)
    assert not members(scene).holds(scene.evm, SHOP, PROVIDER)


def test_a_member_that_revoked_its_keys_holds_no_role_and_is_awarded_nothing(scene: Scene) -> None:
    member = members(scene).member(scene.evm, SHOP)
    assert member is not None
    scene.open()
    assert scene.send(SHOP, members(scene).revoke()) == [Revoked(account=SHOP, peer=member.peer, epoch=2)]
    assert members(scene).member(scene.evm, SHOP) is None
    assert members(scene).account_of(scene.evm, member.peer) is None
    assert not members(scene).holds(scene.evm, SHOP, PROVIDER)
    assert scene.refused(CUSTOMER, scene.awarding(700)) == "NotProvider"
    assert scene.refused(SHOP, members(scene).revoke()) == "NotMember"
    scene.send(SHOP, registering(scene, roles=PROVIDER))
    again = members(scene).member(scene.evm, SHOP)
    assert again is not None
    assert again.epoch == 3


def test_nobody_that_never_registered_revokes(scene: Scene) -> None:
    assert scene.refused(STRANGER, members(scene).revoke()) == "NotMember"


def test_a_bond_leaves_after_its_time_and_not_before(scene: Scene) -> None:
    scene.send(SHOP, members(scene).revoke())
    due = UnixSeconds(scene.evm.now + UNBONDING)
    assert scene.send(SHOP, members(scene).unbond(Cents(BOND))) == [
        Unbonding(account=SHOP, amount=Cents(BOND), due=due)
    ]
    assert stake(scene) == (0, BOND)
    scene.evm.wait_until(due - 1)
    assert scene.refused(SHOP, members(scene).release()) == "StillBound"
    scene.evm.wait_until(due)
    before = locked(scene)
    assert scene.send(SHOP, members(scene).release()) == [Unbonded(account=SHOP, amount=Cents(BOND))]
    assert scene.send(SHOP, members(scene).release()) == [Unbonded(account=SHOP, amount=Cents(0))]
    assert locked(scene) == before - BOND
    scene.send(SHOP, members(scene).withdraw())
    assert scene.balance(SHOP) == BOND
    assert stake(scene) == (0, 0)


def test_the_minimum_leaves_only_without_the_role_that_needs_it(scene: Scene) -> None:
    scene.send(DEPLOYER, scene.contracts.token.transfer(SHOP, Cents(10)))
    scene.send(SHOP, scene.contracts.token.approve(members(scene).address, Cents(10)))
    scene.send(SHOP, members(scene).bond(Cents(10)))
    assert scene.refused(SHOP, members(scene).unbond(Cents(11))) == "BondTooLow"
    scene.send(SHOP, members(scene).unbond(Cents(10)))
    scene.send(SHOP, registering(scene, roles=CUSTOMER_ROLE))
    scene.send(SHOP, members(scene).unbond(Cents(BOND)))


def test_what_leaves_is_something_and_no_more_than_there_is(scene: Scene) -> None:
    for amount in (0, BOND + 1):
        assert scene.refused(SHOP, members(scene).unbond(Cents(amount))) == "BadAmount"


def test_a_second_unbonding_starts_the_time_again_for_both(scene: Scene) -> None:
    scene.send(SHOP, members(scene).revoke())
    scene.send(SHOP, members(scene).unbond(Cents(1)))
    scene.evm.wait_until(scene.evm.now + UNBONDING - 1)
    scene.send(SHOP, members(scene).unbond(Cents(2)))
    scene.evm.wait_until(scene.evm.now + 1)
    assert scene.refused(SHOP, members(scene).release()) == "StillBound"
    assert stake(scene) == (BOND - 3, 3)


def test_only_the_court_slashes(scene: Scene) -> None:
    for caller in (CUSTOMER, SHOP, STRANGER, TREASURY, DEPLOYER):
        assert scene.refused(caller, slashing(scene, 1)) == "NotCourt"


def test_a_slash_takes_from_the_bond_then_from_what_is_on_its_way_and_never_more(scene: Scene) -> None:
    join(scene, STRANGER, CUSTOMER_ROLE, stake=300)
    scene.send(STRANGER, members(scene).unbond(Cents(200)))
    assert scene.send(COURT, slashing(scene, 150, account=STRANGER)) == [
        Slashed(account=STRANGER, evidence=GUILT, beneficiary=CUSTOMER, amount=Cents(150))
    ]
    assert stake(scene, STRANGER) == (0, 150)
    assert scene.send(COURT, slashing(scene, 1000, evidence=OTHER_GUILT, account=STRANGER)) == [
        Slashed(account=STRANGER, evidence=OTHER_GUILT, beneficiary=CUSTOMER, amount=Cents(150))
    ]
    assert stake(scene, STRANGER) == (0, 0)
    before = scene.balance(CUSTOMER)
    scene.send(CUSTOMER, members(scene).withdraw())
    assert scene.balance(CUSTOMER) == before + 300


def test_one_evidence_punishes_once(scene: Scene) -> None:
    scene.send(COURT, slashing(scene, 1))
    assert scene.refused(COURT, slashing(scene, 1)) == "AlreadyPunished"
    assert abi.punished_result(scene.evm.call(members(scene).address, abi.punished_call(GUILT)))
    scene.send(COURT, slashing(scene, 1, evidence=OTHER_GUILT))
    assert stake(scene) == (BOND - 2, 0)


def test_a_slashed_provider_is_awarded_nothing_until_its_bond_is_whole(scene: Scene) -> None:
    scene.open()
    scene.send(COURT, slashing(scene, 1))
    assert scene.refused(CUSTOMER, scene.awarding(700)) == "NotProvider"
    scene.send(DEPLOYER, scene.contracts.token.transfer(SHOP, Cents(1)))
    scene.send(SHOP, scene.contracts.token.approve(members(scene).address, Cents(1)))
    scene.send(SHOP, members(scene).bond(Cents(1)))
    scene.award(700)


def test_the_terms_of_membership_can_be_read(scene: Scene) -> None:
    where = members(scene).address
    assert abi.minimum_bond_result(scene.evm.call(where, abi.minimum_bond_call())) == BOND
    assert abi.vote_cap_result(scene.evm.call(where, abi.vote_cap_call())) == VOTE_CAP


def test_auditors_can_be_counted_and_listed(scene: Scene) -> None:
    def listed() -> list[Address]:
        where = members(scene).address
        count = abi.auditor_count_result(scene.evm.call(where, abi.auditor_count_call()))
        return [
            Address(abi.auditor_at_result(scene.evm.call(where, abi.auditor_at_call(number))))
            for number in range(count)
        ]

    assert listed() == []
    join(scene, STRANGER, AUDITOR)
    join(scene, TREASURY, AUDITOR + PROVIDER)
    scene.send(STRANGER, registering(scene, roles=AUDITOR))
    assert listed() == [STRANGER, TREASURY]
    scene.send(STRANGER, members(scene).revoke())
    scene.send(TREASURY, registering(scene, peer=OTHER, roles=PROVIDER))
    assert listed() == []
