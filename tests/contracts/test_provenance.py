"""Provenance: an append-only head per publisher, and inclusion proofs that agree with the protocol's tree."""

import pytest

from ledger.provenance import Anchored, Provenance
from protocol import merkle
from protocol.ids import Digest
from tests.contracts.federation import OTHER_SHOP, SHOP, Scene, word


def provenance(scene: Scene) -> Provenance:
    return scene.contracts.provenance


def test_the_head_is_recomputed_from_the_anchors(scene: Scene) -> None:
    head, total = bytes(24), 0
    assert provenance(scene).head_of(scene.evm, SHOP) == (head, 0)
    for number, count in enumerate((1, 1000, 2**32)):
        root = word(f"root {number}")
        assert scene.send(SHOP, provenance(scene).anchor(root, count)) == [
            Anchored(publisher=SHOP, root=root, count=count)
        ]
        head, total = Provenance.next_head(head, total, root, count), total + count
        assert provenance(scene).head_of(scene.evm, SHOP) == (head, total)


def test_publishers_do_not_share_a_head(scene: Scene) -> None:
    scene.send(SHOP, provenance(scene).anchor(word("root"), 1))
    assert provenance(scene).head_of(scene.evm, OTHER_SHOP) == (bytes(24), 0)


def test_the_same_anchor_twice_moves_the_head_twice(scene: Scene) -> None:
    heads = set()
    for _ in range(2):
        scene.send(SHOP, provenance(scene).anchor(word("root"), 1))
        heads.add(provenance(scene).head_of(scene.evm, SHOP))
    assert len(heads) == 2


def test_an_anchor_over_nothing_is_refused(scene: Scene) -> None:
    assert scene.refused(SHOP, provenance(scene).anchor(word("root"), 0)) == "NoRecords"
    assert scene.refused(SHOP, provenance(scene).anchor(Digest(bytes(32)), 1)) == "NoRecords"


def test_the_count_cannot_wrap_around(scene: Scene) -> None:
    scene.send(SHOP, provenance(scene).anchor(word("root"), 2**64 - 1))
    assert scene.refused(SHOP, provenance(scene).anchor(word("root"), 1)) == "Panic"


@pytest.mark.parametrize("size", range(1, 18))
def test_every_inclusion_proof_of_the_reference_holds_and_no_neighbour_of_it(scene: Scene, size: int) -> None:
    entries = [f"record {number}".encode() for number in range(size)]
    root = merkle.root(entries)

    def holds(leaf: bytes, index: int, count: int, proof: tuple[bytes, ...], expected: bytes = root) -> bool:
        return provenance(scene).verify(scene.evm, Digest(expected), Digest(leaf), index, count, list(proof))

    for index, entry in enumerate(entries):
        leaf, proof = merkle.leaf_hash(entry), merkle.prove(entries, index)
        assert holds(leaf, index, size, proof)
        assert not holds(merkle.leaf_hash(b"forged"), index, size, proof)
        assert not holds(leaf, index, size, (*proof, word("more")))
        assert not holds(leaf, size, size, proof)
        assert not holds(leaf, index, size, proof, word("other root"))
        if proof:
            assert not holds(leaf, index, size, proof[:-1])
            assert not holds(leaf, index, size, (word("changed"), *proof[1:]))
            assert not holds(leaf, (index + 1) % size, size, proof)
    assert not holds(merkle.leaf_hash(entries[0]), 0, 0, ())


def test_an_inner_node_is_not_accepted_as_a_record(scene: Scene) -> None:
    entries = [b"one", b"two", b"three", b"four"]
    left = merkle.node_hash(merkle.leaf_hash(b"one"), merkle.leaf_hash(b"two"))
    right = merkle.node_hash(merkle.leaf_hash(b"three"), merkle.leaf_hash(b"four"))
    claim = merkle.leaf_hash(merkle.leaf_hash(b"one") + merkle.leaf_hash(b"two"))
    assert claim != left
    assert not provenance(scene).verify(scene.evm, merkle.root(entries), claim, 0, 2, [right])


def test_a_proof_has_exactly_the_length_that_the_size_asks_for(scene: Scene) -> None:
    leaf, sibling = merkle.leaf_hash(b"one"), merkle.leaf_hash(b"two")
    root = merkle.node_hash(sibling, leaf)

    def holds(claim: Digest, size: int, proof: list[bytes]) -> bool:
        return provenance(scene).verify(scene.evm, root, claim, 0, size, proof)

    assert not holds(root, 2, []), "a root is not the first of two records"
    assert not holds(leaf, 1, [sibling]), "a tree of one has no siblings"
