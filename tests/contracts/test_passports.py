"""Passports: one for each recorded part, from its maker to its owner, and not to be passed on unless unlocked."""

import pytest

from ledger.bindings import passports as abi
from ledger.passports import Issued, Passports
from ledger.types import Transaction
from protocol.ids import Address, Digest
from protocol.units import UnixSeconds
from tests.contracts.federation import CUSTOMER, EVIDENCE, OTHER_SHOP, SHOP, STRANGER, YEAR, Scene, word

COMMITMENT, PACKAGE, HEAD = word("commitment"), word("package"), word("head of the part")


@pytest.fixture
def licence(scene: Scene) -> Digest:
    """Of the customer's, for three units, of which the shop has recorded two."""
    designs = scene.contracts.designs
    scene.send(CUSTOMER, designs.seal(COMMITMENT))
    expiry = UnixSeconds(scene.evm.now + YEAR)
    scene.send(CUSTOMER, designs.license(COMMITMENT, package=PACKAGE, licensee=SHOP, units=3, expiry=expiry))
    granted = designs.licence_id(owner=CUSTOMER, commitment=COMMITMENT, package=PACKAGE, licensee=SHOP)
    scene.send(SHOP, designs.record(granted, 2, EVIDENCE))
    return granted


def passports(scene: Scene) -> Passports:
    return scene.contracts.passports


def serial(scene: Scene, licence: Digest, unit: int) -> Digest:
    return scene.contracts.designs.serial_id(licence, unit)


def test_a_finished_part_gets_a_passport_that_its_owner_holds(scene: Scene, licence: Digest) -> None:
    part = serial(scene, licence, 2)
    assert scene.send(SHOP, passports(scene).issue(licence, 2, HEAD)) == [
        Issued(serial=part, licence=licence, unit=2, head=HEAD)
    ]
    assert passports(scene).holder(scene.evm, part) == CUSTOMER
    assert passports(scene).head(scene.evm, part) == HEAD
    assert passports(scene).locked(scene.evm, part)


def test_a_part_gets_one_passport(scene: Scene, licence: Digest) -> None:
    scene.send(SHOP, passports(scene).issue(licence, 1, HEAD))
    assert scene.refused(SHOP, passports(scene).issue(licence, 1, HEAD)) == "AlreadyIssued"


@pytest.mark.parametrize("unit", [0, 3, 4])
def test_a_part_that_was_not_recorded_gets_none(scene: Scene, licence: Digest, unit: int) -> None:
    assert scene.refused(SHOP, passports(scene).issue(licence, unit, HEAD)) == "NotMade"


@pytest.mark.parametrize("caller", [CUSTOMER, OTHER_SHOP, STRANGER])
def test_only_its_maker_issues_a_passport(scene: Scene, licence: Digest, caller: Address) -> None:
    assert scene.refused(caller, passports(scene).issue(licence, 1, HEAD)) == "NotLicensee"


def test_nobody_issues_under_a_licence_that_does_not_exist(scene: Scene) -> None:
    assert scene.refused(Address(bytes(20)), passports(scene).issue(word("none"), 1, HEAD)) == "NotMade"
    assert scene.refused(SHOP, passports(scene).issue(word("none"), 1, HEAD)) == "NotLicensee"


def test_a_passport_points_at_records(scene: Scene, licence: Digest) -> None:
    assert scene.refused(SHOP, passports(scene).issue(licence, 1, Digest(bytes(32)))) == "NoHead"


def test_a_passport_stays_until_its_holder_unlocks_it_and_is_locked_again_after(scene: Scene, licence: Digest) -> None:
    part, contract = serial(scene, licence, 1), passports(scene)
    scene.send(SHOP, contract.issue(licence, 1, HEAD))
    assert scene.refused(CUSTOMER, contract.transfer(part, CUSTOMER, STRANGER)) == "TokenLocked"
    assert scene.refused(SHOP, contract.unlock(part)) == "NotHolder"
    scene.send(CUSTOMER, contract.unlock(part))
    assert not contract.locked(scene.evm, part)
    assert scene.refused(STRANGER, contract.transfer(part, CUSTOMER, STRANGER)) == "ERC721InsufficientApproval"
    scene.send(CUSTOMER, contract.transfer(part, CUSTOMER, STRANGER))
    assert contract.holder(scene.evm, part) == STRANGER
    assert contract.locked(scene.evm, part)
    assert scene.refused(STRANGER, contract.transfer(part, STRANGER, CUSTOMER)) == "TokenLocked"


def test_an_unlocked_passport_can_be_locked_again(scene: Scene, licence: Digest) -> None:
    part, contract = serial(scene, licence, 1), passports(scene)
    scene.send(SHOP, contract.issue(licence, 1, HEAD))
    scene.send(CUSTOMER, contract.unlock(part))
    scene.send(CUSTOMER, contract.lock(part))
    assert contract.locked(scene.evm, part)
    assert scene.refused(CUSTOMER, contract.transfer(part, CUSTOMER, STRANGER)) == "TokenLocked"


def test_changes_of_the_lock_are_announced_as_the_standard_says(scene: Scene, licence: Digest) -> None:
    part, contract = serial(scene, licence, 1), passports(scene)
    logs = scene.evm.send(SHOP, contract.issue(licence, 1, HEAD))
    number = int.from_bytes(part, "big")
    assert abi.locked_event(logs[-1].topics, logs[-1].payload).token_id == number
    (unlocked,) = scene.evm.send(CUSTOMER, contract.unlock(part))
    assert abi.unlocked_event(unlocked.topics, unlocked.payload).token_id == number
    moved = scene.evm.send(CUSTOMER, contract.transfer(part, CUSTOMER, STRANGER))
    assert abi.locked_event(moved[0].topics, moved[0].payload).token_id == number
    assert moved[0].topics[0] == abi.LOCKED_TOPIC
    assert unlocked.topics[0] == abi.UNLOCKED_TOPIC
    (locked,) = scene.evm.send(STRANGER, contract.lock(part))
    assert locked.topics[0] == abi.LOCKED_TOPIC


def test_nobody_asks_for_the_lock_of_a_passport_that_is_not_there(scene: Scene) -> None:
    missing = Transaction(to=passports(scene).address, payload=abi.locked_call(7))
    assert scene.refused(STRANGER, missing) == "ERC721NonexistentToken"


@pytest.mark.parametrize(
    ("interface", "known"), [("01ffc9a7", True), ("80ac58cd", True), ("b45a3c0e", True), ("ffffffff", False)]
)
def test_the_contract_says_that_it_is_a_locked_token(scene: Scene, interface: str, known: bool) -> None:
    """ERC-165, ERC-721, ERC-5192, and the one that ERC-165 reserves for nothing."""
    call = abi.supports_interface_call(bytes.fromhex(interface))
    assert abi.supports_interface_result(scene.evm.call(passports(scene).address, call)) == known
