"""RFC 9162 trees: known roots, and every proof of every small tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RejectError
from protocol.merkle import leaf_hash, node_hash, prove, root, verify


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
