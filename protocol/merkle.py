"""SHA-256 trees exactly as RFC 9162 section 2.1 defines them; there is no second tree in the project."""

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256

from protocol.errors import RejectError
from protocol.ids import Digest


def leaf_hash(entry: bytes | memoryview) -> Digest:
    """Hash of one entry: SHA-256(0x00 || entry)."""
    hashed = sha256(b"\x00")
    hashed.update(entry)  # an entry may be a chunk of a MiB: no copy of it
    return Digest(hashed.digest())


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
    row = list(hashes)
    while len(row) > 1:
        pairs = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[2 * len(pairs) :]
    return Digest(row[0])


def prove(entries: Sequence[bytes], index: int) -> tuple[Digest, ...]:
    """Inclusion proof of entry ``index`` (section 2.1.3.1), from the leaf's sibling up."""
    hashes = [leaf_hash(entry) for entry in entries]
    return tuple(root_of_hashes(hashes[first:last]) for first, last in inclusion_ranges(index, len(entries)))


def prover(hashes: Sequence[bytes]) -> Callable[[int], tuple[Digest, ...]]:
    """Inclusion proofs of many leaves of one tree, of which no part is hashed twice."""

    @cache
    def subtree(first: int, last: int) -> Digest:
        if last - first == 1:
            return Digest(hashes[first])
        middle = first + _split(last - first)
        return node_hash(subtree(first, middle), subtree(middle, last))

    return lambda index: tuple(subtree(*leaves) for leaves in inclusion_ranges(index, len(hashes)))


def inclusion_ranges(index: int, size: int) -> tuple[tuple[int, int], ...]:
    """The runs of leaves, first and one past the last, whose tree hashes prove leaf ``index`` of ``size``."""
    ranges: list[tuple[int, int]] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    return tuple(reversed(ranges))


def consistency_ranges(old: int, new: int) -> tuple[tuple[int, int], ...]:
    """The runs of leaves whose tree hashes prove that the tree of ``new`` entries begins with that of ``old``.

    That is section 2.1.4.1; no hash is needed when ``old`` is 0 or ``new``.
    """
    if old in (0, new):
        return ()
    ranges: list[tuple[int, int]] = []
    first, last = 0, new
    while last != old:
        middle = first + _split(last - first)
        if old <= middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    if first:
        ranges.append((first, last))
    return tuple(reversed(ranges))


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


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``new`` entries begins with the tree of ``old`` entries (section 2.1.4.2).

    Raises:
        RejectError: it does not, the proof has the wrong length, or the tree would have shrunk.
    """
    if not 0 <= old <= new:
        raise RejectError(f"a log of {new} entries cannot follow one of {old}")
    if old in (0, new):
        known = root([]) if old == 0 else new_root
        if proof or old_root != known:
            raise RejectError("the trees differ")
        return
    path = [old_root, *proof] if _power_of_two(old) else list(proof)
    if _roots(old, new, path) != (old_root, new_root):
        raise RejectError("the new tree does not begin with the old one")


def proven_earlier_root(old: int, new: int, new_root: bytes, proof: Sequence[bytes]) -> Digest | None:
    """Root of the first ``old`` of ``new`` entries as a consistency proof gives it; None when it gives none.

    A proof from a power of two leaves the earlier root out, for its reader knows it.
    """
    if not 0 < old < new or _power_of_two(old):
        return None
    try:
        before, after = _roots(old, new, proof)
    except RejectError:
        return None
    return before if after == new_root else None


def _roots(old: int, new: int, path: Sequence[bytes]) -> tuple[Digest, Digest]:
    """What a consistency proof gives as root of the first ``old`` entries and of all ``new``."""
    if not path:
        raise RejectError("consistency proof is too short")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = Digest(path[0])
    for sibling in path[1:]:
        if last == 0:
            raise RejectError("consistency proof is too long")
        if position & 1 or position == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise RejectError("consistency proof is too short")
    return before, after


def _power_of_two(size: int) -> bool:
    return size & (size - 1) == 0


def _split(size: int) -> int:
    """Largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
