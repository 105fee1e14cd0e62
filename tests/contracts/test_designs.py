"""Designs: sealed once per owner, opened only to what was sealed, and never more parts than licensed."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.bindings import designs as abi
from ledger.designs import DesignOpened, Designs, LicenceRevoked, Licensed, Recorded, Sealed
from ledger.types import Transaction
from protocol import merkle
from protocol.ids import Address, Digest
from protocol.seal import commitment_of
from protocol.units import UnixSeconds
from tests.contracts.evm import CHAIN_ID
from tests.contracts.federation import CUSTOMER, EVIDENCE, OTHER_SHOP, SHOP, STRANGER, Scene, word

ROOT, NONCE, PACKAGE = word("root"), word("nonce"), word("package")


def designs(scene: Scene) -> Designs:
    return scene.contracts.designs


def commitment(scene: Scene, owner: Address = CUSTOMER) -> Digest:
    return commitment_of(chain=CHAIN_ID, registry=designs(scene).address, owner=owner, root=ROOT, nonce=NONCE)


def licensing(scene: Scene, units: int = 3, expiry: int | None = None, licensee: Address = SHOP) -> Transaction:
    return designs(scene).license(
        commitment(scene),
        package=PACKAGE,
        licensee=licensee,
        units=units,
        expiry=UnixSeconds(scene.evm.now + 100 if expiry is None else expiry),
    )


def licensed(scene: Scene, units: int = 3) -> Digest:
    scene.send(CUSTOMER, designs(scene).seal(commitment(scene)))
    scene.send(CUSTOMER, licensing(scene, units))
    return designs(scene).licence_id(owner=CUSTOMER, commitment=commitment(scene), package=PACKAGE, licensee=SHOP)


def sealed_at(scene: Scene, owner: Address) -> int:
    answer = scene.evm.call(designs(scene).address, abi.sealed_at_call(owner, commitment(scene)))
    return abi.sealed_at_result(answer)


def serial(scene: Scene, licence: Digest, number: int) -> bytes:
    return abi.serial_result(scene.evm.call(designs(scene).address, abi.serial_call(licence, number)))


def revoking(scene: Scene, licence: Digest) -> Transaction:
    return Transaction(to=designs(scene).address, payload=abi.revoke_call(licence))


def test_a_package_is_proven_against_the_root_that_its_owner_opened(scene: Scene) -> None:
    packages = [b"design", b"milling", b"measuring"]
    root = merkle.root(packages)
    sealed = commitment_of(chain=CHAIN_ID, registry=designs(scene).address, owner=CUSTOMER, root=root, nonce=NONCE)

    def contains(owner: Address, index: int, package: bytes) -> bool:
        proof = list(merkle.prove(packages, 1))
        return designs(scene).contains(scene.evm, owner, sealed, merkle.leaf_hash(package), index, 3, proof)

    scene.send(CUSTOMER, designs(scene).seal(sealed))
    assert not contains(CUSTOMER, 1, b"milling"), "nothing is proven before the root is opened"
    scene.send(CUSTOMER, designs(scene).open(sealed, root, NONCE))
    assert contains(CUSTOMER, 1, b"milling")
    assert not contains(CUSTOMER, 2, b"milling")
    assert not contains(CUSTOMER, 1, b"turning")
    assert not contains(STRANGER, 1, b"milling")


def test_a_design_that_was_not_opened_contains_nothing(scene: Scene) -> None:
    """An unopened root is zero; so is the root of a tree whose only leaf hashes to zero."""
    assert not designs(scene).contains(scene.evm, CUSTOMER, word("none"), Digest(bytes(32)), 0, 1, [])


def test_a_licence_may_end_in_the_second_in_which_it_is_granted(scene: Scene) -> None:
    scene.send(CUSTOMER, designs(scene).seal(commitment(scene)))
    assert scene.refused(CUSTOMER, licensing(scene, expiry=scene.evm.now - 1)) == "Expired"
    scene.send(CUSTOMER, licensing(scene, expiry=scene.evm.now))


def test_a_licence_can_be_read_as_it_was_granted(scene: Scene) -> None:
    licence, expiry = licensed(scene, 3), scene.evm.now + 100
    scene.send(SHOP, designs(scene).record(licence, 2, EVIDENCE))
    found = abi.licence_of_result(scene.evm.call(designs(scene).address, abi.licence_of_call(licence)))
    assert (found.owner, found.licensee, found.package, found.commitment) == (
        CUSTOMER,
        SHOP,
        PACKAGE,
        commitment(scene),
    )
    assert (found.max_units, found.made, found.revoked, found.expiry) == (3, 2, False, expiry)


def test_parts_without_records_are_not_certified(scene: Scene) -> None:
    licence = licensed(scene)
    assert scene.refused(SHOP, designs(scene).record(licence, 1, Digest(bytes(32)))) == "NoEvidence"


def test_a_revoked_licence_is_announced(scene: Scene) -> None:
    licence = licensed(scene)
    assert scene.send(CUSTOMER, designs(scene).revoke(licence)) == [LicenceRevoked(licence=licence)]


def test_a_seal_keeps_its_first_time(scene: Scene) -> None:
    sealed = scene.evm.now
    assert scene.send(CUSTOMER, designs(scene).seal(commitment(scene))) == [
        Sealed(owner=CUSTOMER, commitment=commitment(scene))
    ]
    scene.evm.wait_until(sealed + 10)
    assert scene.refused(CUSTOMER, designs(scene).seal(commitment(scene))) == "AlreadySealed"
    assert sealed_at(scene, CUSTOMER) == sealed


def test_copying_a_commitment_neither_blocks_its_owner_nor_serves_the_copier(scene: Scene) -> None:
    scene.send(STRANGER, designs(scene).seal(commitment(scene)))
    scene.send(CUSTOMER, designs(scene).seal(commitment(scene)))
    opening = designs(scene).open(commitment(scene), ROOT, NONCE)
    assert scene.refused(STRANGER, opening) == "WrongOpening"
    assert scene.send(CUSTOMER, opening) == [DesignOpened(owner=CUSTOMER, commitment=commitment(scene), root=ROOT)]


def test_a_design_opens_once_and_only_to_what_was_sealed(scene: Scene) -> None:
    sealed = commitment(scene)
    assert scene.refused(CUSTOMER, designs(scene).open(sealed, ROOT, NONCE)) == "NotSealed"
    scene.send(CUSTOMER, designs(scene).seal(sealed))
    assert scene.refused(CUSTOMER, designs(scene).open(sealed, word("other"), NONCE)) == "WrongOpening"
    assert scene.refused(CUSTOMER, designs(scene).open(sealed, ROOT, word("other"))) == "WrongOpening"
    scene.send(CUSTOMER, designs(scene).open(sealed, ROOT, NONCE))
    assert scene.refused(CUSTOMER, designs(scene).open(sealed, ROOT, NONCE)) == "AlreadyOpened"


def test_a_design_does_not_open_to_the_root_that_means_unopened(scene: Scene) -> None:
    nothing = Digest(bytes(32))
    sealed = commitment_of(chain=CHAIN_ID, registry=designs(scene).address, owner=CUSTOMER, root=nothing, nonce=NONCE)
    scene.send(CUSTOMER, designs(scene).seal(sealed))
    assert scene.refused(CUSTOMER, designs(scene).open(sealed, nothing, NONCE)) == "WrongOpening"


def test_a_licence_has_the_identifier_that_peers_compute(scene: Scene) -> None:
    scene.send(CUSTOMER, designs(scene).seal(commitment(scene)))
    expiry = UnixSeconds(scene.evm.now + 50)
    licence = designs(scene).licence_id(owner=CUSTOMER, commitment=commitment(scene), package=PACKAGE, licensee=SHOP)
    assert scene.send(CUSTOMER, licensing(scene, 3, expiry)) == [
        Licensed(
            licence=licence,
            owner=CUSTOMER,
            licensee=SHOP,
            commitment=commitment(scene),
            package=PACKAGE,
            units=3,
            expiry=expiry,
        )
    ]


def test_a_licence_is_granted_once_by_who_sealed_for_some_units_that_can_still_be_made(scene: Scene) -> None:
    assert scene.refused(CUSTOMER, licensing(scene)) == "NotSealed"
    scene.send(CUSTOMER, designs(scene).seal(commitment(scene)))
    assert scene.refused(STRANGER, licensing(scene)) == "NotSealed"
    assert scene.refused(CUSTOMER, licensing(scene, units=0)) == "NoUnits"
    assert scene.refused(CUSTOMER, licensing(scene, expiry=scene.evm.now - 1)) == "Expired"
    scene.send(CUSTOMER, licensing(scene))
    assert scene.refused(CUSTOMER, licensing(scene, units=1000)) == "AlreadyLicensed"
    scene.send(CUSTOMER, licensing(scene, licensee=OTHER_SHOP))


def test_parts_are_numbered_from_one_and_each_number_is_given_once(scene: Scene) -> None:
    licence = licensed(scene)
    assert scene.send(SHOP, designs(scene).record(licence, 2, EVIDENCE)) == [
        Recorded(licence=licence, first=1, last=2, evidence=EVIDENCE)
    ]
    assert scene.send(SHOP, designs(scene).record(licence, 1, EVIDENCE)) == [
        Recorded(licence=licence, first=3, last=3, evidence=EVIDENCE)
    ]
    assert scene.refused(SHOP, designs(scene).record(licence, 1, EVIDENCE)) == "OverLicence"
    assert designs(scene).made(scene.evm, licence) == 3


def test_a_serial_exists_only_for_a_recorded_part(scene: Scene) -> None:
    licence = licensed(scene)
    scene.send(SHOP, designs(scene).record(licence, 2, EVIDENCE))
    assert [serial(scene, licence, n) for n in (1, 2)] == [designs(scene).serial_id(licence, n) for n in (1, 2)]
    for number in (0, 3):
        asking = Transaction(to=designs(scene).address, payload=abi.serial_call(licence, number))
        assert scene.refused(STRANGER, asking) == "NotMade"


def test_only_the_licensee_records_and_never_nothing(scene: Scene) -> None:
    licence = licensed(scene)
    for caller in (CUSTOMER, OTHER_SHOP, STRANGER):
        assert scene.refused(caller, designs(scene).record(licence, 1, EVIDENCE)) == "NotLicensee"
    assert scene.refused(SHOP, designs(scene).record(licence, 0, EVIDENCE)) == "NoUnits"
    assert scene.refused(SHOP, designs(scene).record(word("none"), 1, EVIDENCE)) == "NotLicensee"


def test_a_licence_ends_after_its_last_second(scene: Scene) -> None:
    licence = licensed(scene)
    scene.evm.wait_until(scene.evm.now + 100)
    scene.send(SHOP, designs(scene).record(licence, 1, EVIDENCE))
    scene.evm.wait_until(scene.evm.now + 1)
    assert scene.refused(SHOP, designs(scene).record(licence, 1, EVIDENCE)) == "Expired"


def test_a_revoked_licence_records_nothing_more_but_keeps_its_serials(scene: Scene) -> None:
    licence = licensed(scene)
    scene.send(SHOP, designs(scene).record(licence, 1, EVIDENCE))
    for caller in (SHOP, STRANGER):
        assert scene.refused(caller, revoking(scene, licence)) == "NotOwner"
    scene.send(CUSTOMER, revoking(scene, licence))
    assert scene.refused(CUSTOMER, revoking(scene, licence)) == "LicenceRevoked"
    assert scene.refused(SHOP, designs(scene).record(licence, 1, EVIDENCE)) == "LicenceRevoked"
    assert scene.refused(CUSTOMER, licensing(scene)) == "AlreadyLicensed"
    assert serial(scene, licence, 1) == designs(scene).serial_id(licence, 1)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(most=st.integers(1, 2**32 - 1), batches=st.lists(st.integers(0, 2**32 - 1), max_size=8))
def test_no_sequence_of_records_exceeds_the_licence(deployed: Scene, most: int, batches: list[int]) -> None:
    with deployed.evm.undone():
        licence = licensed(deployed, most)
        made = 0
        for units in batches:
            recording = designs(deployed).record(licence, units, EVIDENCE)
            if units == 0 or made + units > most:
                assert deployed.refused(SHOP, recording) in ("NoUnits", "OverLicence")
            else:
                (event,) = deployed.send(SHOP, recording)
                assert (event.first, event.last) == (made + 1, made + units)  # type: ignore[attr-defined]
                made += units
        assert designs(deployed).made(deployed.evm, licence) == made <= most


def test_a_log_of_another_contract_is_not_a_design_event(scene: Scene) -> None:
    (log,) = scene.evm.send(CUSTOMER, designs(scene).seal(commitment(scene)))
    assert designs(scene).decode(replace(log, address=STRANGER)) is None
