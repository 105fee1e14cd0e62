"""A sealed package opens for its winner alone, and nothing about it can be swapped."""

from dataclasses import replace

import pytest

from protocol import merkle
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.seal import (
    PackageDelivery,
    SealedDesign,
    commitment_of,
    decrypt,
    deliver,
    encryption_key,
    expand,
    receive,
    seal_design,
)
from protocol.wire import decode, encode

MASTER = b"m" * 32
SECRET = b"s" * 32
CONTENTS = (b"the design", b"package for milling" * 100, b"package for the oven")
DESIGN = seal_design(MASTER, CONTENTS)
DELIVERY = deliver(MASTER, DESIGN, 1, recipient=encryption_key(SECRET), ephemeral=b"x" * 32)


def test_the_winner_opens_exactly_its_package() -> None:
    assert receive(DELIVERY, 1, secret=SECRET) == CONTENTS[1]


def test_sealing_twice_gives_the_same_bytes() -> None:
    assert seal_design(MASTER, CONTENTS) == DESIGN
    assert decode(SealedDesign, encode(DESIGN)) == DESIGN


def test_another_node_cannot_open_it() -> None:
    with pytest.raises(RejectError):
        receive(DELIVERY, 1, secret=b"o" * 32)


def test_a_package_is_refused_as_another_operation() -> None:
    with pytest.raises(RejectError):
        receive(DELIVERY, 2, secret=SECRET)


@pytest.mark.parametrize("field", ["root", "ciphertext", "sealed_key"])
def test_one_flipped_bit_anywhere_is_noticed(field: str) -> None:
    value = bytearray(getattr(DELIVERY, field))
    value[len(value) // 2] ^= 1
    with pytest.raises(RejectError):
        receive(replace(DELIVERY, **{field: bytes(value)}), 1, secret=SECRET)  # type: ignore[arg-type]


def test_the_key_of_one_package_opens_no_other() -> None:
    with pytest.raises(RejectError):
        decrypt(expand(MASTER, "key", 1), 0, DESIGN.ciphertexts[0])


def test_a_commitment_binds_chain_registry_owner_root_and_nonce() -> None:
    values = {
        "chain": 1,
        "registry": Address(b"a" * 20),
        "owner": Address(b"b" * 20),
        "root": DESIGN.root,
        "nonce": DESIGN.nonce,
    }
    commitments = {commitment_of(**values)}  # type: ignore[arg-type]
    for key, other in {
        "chain": 2,
        "registry": Address(b"x" * 20),
        "owner": Address(b"x" * 20),
        "root": Digest(b"x" * 32),
        "nonce": b"x" * 32,
    }.items():
        commitments.add(commitment_of(**{**values, key: other}))  # type: ignore[arg-type]
    assert len(commitments) == 6


def test_equal_contents_give_unequal_leaves() -> None:
    same = seal_design(MASTER, (b"box", b"box"))
    assert same.leaves[0].plaintext != same.leaves[1].plaintext
    assert same.ciphertexts[0] != same.ciphertexts[1]


def test_a_package_is_refused_by_its_number_before_anything_is_opened() -> None:
    with pytest.raises(RejectError, match="package 1 came instead of 2"):
        receive(DELIVERY, 2, secret=SECRET)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("plaintext", "content is not the sealed one"),
        ("ciphertext", "ciphertext is not the sealed one"),
        ("key", "key is not the sealed one"),
    ],
)
def test_a_customer_that_sealed_something_else_is_caught_by_the_leaf(field: str, reason: str) -> None:
    """The tree is sound, so only the leaf's own digest tells."""
    leaf = replace(DELIVERY.leaf, **{field: Digest(b"x" * 32)})  # type: ignore[arg-type]
    leaves = [encode(leaf if leaf.index == other.index else other) for other in DESIGN.leaves]
    forged = replace(DELIVERY, leaf=leaf, root=merkle.root(leaves), proof=merkle.prove(leaves, leaf.index))
    with pytest.raises(RejectError, match=reason):
        receive(forged, 1, secret=SECRET)


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_one_changed_byte_of_a_delivery_is_noticed_by_its_receiver_or_on_the_ledger(flip: int) -> None:
    """The nonce alone says nothing about a package; it opens the commitment, which stands on the ledger."""
    wire = encode(DELIVERY)
    for position in range(len(wire)):
        changed = bytearray(wire)
        changed[position] ^= flip
        try:
            delivery = decode(PackageDelivery, bytes(changed))
            receive(delivery, 1, secret=SECRET)
        except RejectError:
            continue
        assert replace(delivery, nonce=DELIVERY.nonce) == DELIVERY
        assert commitment(delivery) != commitment(DELIVERY)


def commitment(delivery: PackageDelivery) -> Digest:
    return commitment_of(
        chain=1, registry=Address(b"a" * 20), owner=Address(b"b" * 20), root=delivery.root, nonce=delivery.nonce
    )
