"""RFC 9162 trees: known roots, and every proof of every small tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RejectError
from protocol.merkle import (
    consistency_ranges,
    leaf_hash,
    node_hash,
    prove,
    proven_earlier_root,
    root,
    root_of_hashes,
    verify,
    verify_consistency,
)


def test_the_empty_tree_and_small_trees_are_those_of_the_standard() -> None:
    assert root([]) == sha256(b"").digest()
    assert root([b"a"]) == leaf_hash(b"a")
    three = node_hash(node_hash(leaf_hash(b"a"), leaf_hash(b"b")), leaf_hash(b"c"))
    assert root([b"a", b"b", b"c"]) == three


def test_the_certificate_transparency_reference_root() -> None:
    """Test data of the RFC 6962 reference implementation: eight entries."""
    entries = [
        bytes.fromhex(x)
        for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    ]
    assert root(entries).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", range(1, 18))
def test_every_entry_proves_itself_and_no_other(size: int) -> None:
    entries = [bytes([n]) for n in range(size)]
    expected = root(entries)
    for index in range(size):
        proof = prove(entries, index)
        verify(entries[index], index, size, proof, expected)
        with pytest.raises(RejectError):
            verify(b"other", index, size, proof, expected)
        with pytest.raises(RejectError):
            verify(entries[index], index, size, (*proof, expected), expected)
        if size > 1:
            with pytest.raises(RejectError):
                verify(entries[index], (index + 1) % size, size, proof, expected)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_shortened_proof_never_holds(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = prove(entries, index)
    if proof:
        with pytest.raises(RejectError):
            verify(entries[index], index, len(entries), proof[:-1], root(entries))


SMALL = [bytes([n]) for n in range(20)]


def consistency(old: int, new: int) -> list[bytes]:
    hashes = [leaf_hash(entry) for entry in SMALL]
    return [root_of_hashes(hashes[first:last]) for first, last in consistency_ranges(old, new)]


@pytest.mark.parametrize("new", range(len(SMALL) + 1))
def test_every_tree_follows_every_earlier_one_and_no_other(new: int) -> None:
    for old in range(new + 1):
        proof = consistency(old, new)
        verify_consistency(old, root(SMALL[:old]), new, root(SMALL[:new]), proof)
        with pytest.raises(RejectError):
            verify_consistency(old, leaf_hash(b"other"), new, root(SMALL[:new]), proof)
        if old:
            with pytest.raises(RejectError):
                verify_consistency(old, root(SMALL[:old]), new, leaf_hash(b"other"), proof)
        with pytest.raises(RejectError):
            verify_consistency(old, root(SMALL[:old]), new, root(SMALL[:new]), [*proof, leaf_hash(b"other")])
        if proof:
            with pytest.raises(RejectError):
                verify_consistency(old, root(SMALL[:old]), new, root(SMALL[:new]), proof[:-1])


def test_whatever_there_is_follows_the_empty_tree() -> None:
    verify_consistency(0, root([]), 3, leaf_hash(b"anything"), [])


def test_a_tree_does_not_follow_a_larger_one() -> None:
    with pytest.raises(RejectError, match="cannot follow"):
        verify_consistency(5, root(SMALL[:5]), 3, root(SMALL[:3]), [])
    with pytest.raises(RejectError, match="cannot follow"):
        verify_consistency(-1, root([]), 3, root(SMALL[:3]), [])


@pytest.mark.parametrize(("old", "new"), [(3, 7), (6, 13), (7, 20), (13, 20)])
def test_a_proof_tells_the_earlier_root_to_whoever_knows_the_later_one(old: int, new: int) -> None:
    assert proven_earlier_root(old, new, root(SMALL[:new]), consistency(old, new)) == root(SMALL[:old])
    assert proven_earlier_root(old, new, leaf_hash(b"other"), consistency(old, new)) is None
    assert proven_earlier_root(old, new, root(SMALL[:new]), []) is None


@pytest.mark.parametrize("old", [0, 4, 8, 20])
def test_a_proof_from_a_power_of_two_leaves_the_earlier_root_out(old: int) -> None:
    assert proven_earlier_root(old, 20, root(SMALL), consistency(old, 20)) is None
