"""Members: one account per peer, one peer per account, and an epoch that only rises."""

import pytest

from ledger import members
from ledger.members import AUDITOR, PROVIDER, STEWARD, Registered
from ledger.types import Transaction
from protocol.ids import EncryptionKey, PeerId
from tests.contracts.federation import CUSTOMER, SHOP, STRANGER, TREASURY, Scene, word

PEER, OTHER = PeerId(word("peer")), PeerId(word("other peer"))
KEY = EncryptionKey(word("key"))


def registering(scene: Scene, peer: PeerId = PEER, roles: int = PROVIDER) -> Transaction:
    return scene.contracts.members.register(roles=roles, peer=peer, encryption_key=KEY)


def test_a_registration_can_be_read_from_either_side(scene: Scene) -> None:
    contract = scene.contracts.members
    assert contract.member(scene.evm, STRANGER) is None
    assert contract.account_of(scene.evm, PEER) is None
    assert scene.send(STRANGER, registering(scene, roles=PROVIDER + AUDITOR)) == [
        Registered(account=STRANGER, peer=PEER, encryption_key=KEY, roles=PROVIDER + AUDITOR, epoch=1)
    ]
    member = contract.member(scene.evm, STRANGER)
    assert member is not None
    assert (member.peer, member.encryption_key, member.roles, member.epoch) == (PEER, KEY, PROVIDER + AUDITOR, 1)
    assert contract.account_of(scene.evm, PEER) == STRANGER


def test_a_new_peer_frees_the_old_one_and_raises_the_epoch(scene: Scene) -> None:
    contract = scene.contracts.members
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
    scene.send(STRANGER, registering(scene, roles=members.CUSTOMER))
    assert scene.contracts.members.account_of(scene.evm, PEER) == STRANGER


def test_a_peer_that_another_account_speaks_for_is_taken(scene: Scene) -> None:
    scene.send(STRANGER, registering(scene))
    assert scene.refused(TREASURY, registering(scene)) == "PeerTaken"


def test_nobody_is_the_zero_peer(scene: Scene) -> None:
    assert scene.refused(STRANGER, registering(scene, peer=PeerId(bytes(32)))) == "ZeroPeer"


@pytest.mark.parametrize(("roles", "refusal"), [(0, ""), (15, ""), (16, "UnknownRoles"), (255, "UnknownRoles")])
def test_roles_are_a_sum_of_the_known_ones(scene: Scene, roles: int, refusal: str) -> None:
    assert PROVIDER + members.CUSTOMER + AUDITOR + STEWARD == 15
    if refusal:
        assert scene.refused(STRANGER, registering(scene, roles=roles)) == refusal
    else:
        scene.send(STRANGER, registering(scene, roles=roles))


def test_a_member_that_left_is_awarded_nothing_more(scene: Scene) -> None:
    scene.open()
    scene.send(SHOP, registering(scene, roles=0))
    assert scene.refused(CUSTOMER, scene.awarding(700)) == "NotProvider"
