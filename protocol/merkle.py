"""SHA-256 trees exactly as RFC 9162 section 2.1 defines them; there is no second tree in the project."""

from collections.abc import Sequence
from hashlib import sha256

from protocol.errors import RejectError
from protocol.ids import Digest


def leaf_hash(entry: bytes) -> Digest:
    """Hash of one entry: SHA-256(0x00 || entry)."""
    return Digest(sha256(b"\x00" + entry).digest())


def node_hash(left: bytes, right: bytes) -> Digest:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return Digest(sha256(b"\x01" + left + right).digest())


def root(entries: Sequence[bytes]) -> Digest:
    """Merkle tree hash of the entries in order; the empty tree is SHA-256 of nothing."""
    return root_of_hashes([leaf_hash(entry) for entry in entries])


def root_of_hashes(hashes: Sequence[bytes]) -> Digest:
    """Merkle tree hash over leaf hashes that are already made."""
    if not hashes:
        return Digest(sha256(b"").digest())
    if len(hashes) == 1:
        return Digest(hashes[0])
    split = _split(len(hashes))
    return node_hash(root_of_hashes(hashes[:split]), root_of_hashes(hashes[split:]))


def prove(entries: Sequence[bytes], index: int) -> tuple[Digest, ...]:
    """Inclusion proof of entry ``index`` (section 2.1.3.1), from the leaf's sibling up."""
    return _prove([leaf_hash(entry) for entry in entries], index)


def _prove(hashes: Sequence[bytes], index: int) -> tuple[Digest, ...]:
    if len(hashes) == 1:
        return ()
    split = _split(len(hashes))
    if index < split:
        return (*_prove(hashes[:split], index), root_of_hashes(hashes[split:]))
    return (*_prove(hashes[split:], index - split), root_of_hashes(hashes[:split]))


def verify(entry: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check that ``entry`` stands at ``index`` of the tree of ``size`` entries (section 2.1.3.2).

    Raises:
        RejectError: it does not, or the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise RejectError(f"entry {index} of {size} does not exist")
    position, last, computed = index, size - 1, leaf_hash(entry)
    for sibling in proof:
        if last == 0:
            raise RejectError("inclusion proof is too long")
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or computed != expected:
        raise RejectError("entry is not in the tree")


def _split(size: int) -> int:
    """Largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
