"""Merkle-Patricia paths checked with nothing but hashes: what a trie holds at a key, or that it holds nothing there.

One level of RLP is taken apart at a time, so that no nesting goes deep. Anything that is not a trie's path is refused
(Yellow Paper, appendices B and D).
"""

from collections.abc import Sequence
from typing import NoReturn

from eth_utils.crypto import keccak
from rlp.codec import consume_length_prefix

from ledger.errors import LedgerError

_HASH = 32

_BRANCH, _SHORT = 17, 2
"""Items of a branch (a child for each hexadecimal digit, and a value), and of a leaf or an extension."""

_NOTHING = b"\x80"
"""RLP of no bytes: no child."""

EMPTY_ROOT = keccak(_NOTHING)
"""Root of a trie without entries."""

_LIST = 0xC0
"""RLP of a list begins from here on."""

_LEAF = 2
"""Flag in the first digit of a path: the node is a leaf, not an extension."""


class ProofError(LedgerError):
    """A proof that does not prove: it was changed, or is not one."""


class Nodes:
    """The nodes of a proof, each found by its hash; they come once each, in the order in which they are met."""

    def __init__(self, nodes: Sequence[bytes]) -> None:
        self._given = {keccak(node): node for node in nodes}
        self._count = len(nodes)
        self._met: dict[bytes, None] = {}

    def find(self, root: bytes, key: bytes) -> bytes | None:
        """What the trie with ``root`` holds at ``key``; None when it is proven to hold nothing.

        Raises:
            ProofError: a node on the way is missing or is none.
        """
        if root == EMPTY_ROOT:
            return None
        path, items = key.hex(), self._node(root)
        while True:
            if len(items) == _BRANCH:
                if not path:
                    return string(items[-1]) or None
                reference, path = items[int(path[0], 16)], path[1:]
            else:
                leaf, rest = _short(items)
                if leaf:
                    return string(items[1]) if path == rest else None
                if not path.startswith(rest):
                    return None
                reference, path = items[1], path[len(rest) :]
            if reference == _NOTHING:
                return None
            items = split(reference) if reference[0] >= _LIST else self._node(string(reference))

    def close(self) -> None:
        """Check that every node was needed, and that they came in the order in which they were: one proof, one form.

        Raises:
            ProofError: a node is superfluous, twice there, or out of order.
        """
        if len(self._met) != self._count or list(self._met) != list(self._given):
            refuse("it has nodes that it does not need, or in another order")

    def _node(self, name: bytes) -> list[bytes]:
        found = self._given.get(name)
        if found is None:
            refuse("a node that it names is not there")
        self._met[name] = None
        return split(found)


def _short(items: list[bytes]) -> tuple[bool, str]:
    """Whether a node of two items is a leaf, and the digits that it stands for (Yellow Paper, appendix C)."""
    prefix = string(items[0]) if len(items) == _SHORT else b""
    if not prefix:
        refuse("a node has neither a path nor children")
    leaf, rest = bool(prefix[0] >> 4 & _LEAF), prefix.hex()[1 if prefix[0] & 0x10 else 2 :]
    if not leaf and not rest:
        refuse("an extension leads nowhere")
    return leaf, rest


def split(encoded: bytes) -> list[bytes]:
    """The items of an RLP list, each still encoded.

    Raises:
        ProofError: it is not a list of whole items.
        RLPException: a length is not in its one form.
    """
    _, kind, length, at = consume_length_prefix(encoded, 0)
    if kind is not list or at + length != len(encoded):
        refuse("what should be a list is none")
    items = []
    while at < len(encoded):
        _, _, length, start = consume_length_prefix(encoded, at)
        items.append(encoded[at : start + length])
        at = start + length
    if at != len(encoded):
        refuse("a list ends in the middle of an item")
    return items


def string(encoded: bytes) -> bytes:
    """The bytes that an RLP item encodes.

    Raises:
        ProofError: it is a list.
    """
    _, kind, length, at = consume_length_prefix(encoded, 0)
    if kind is not bytes or at + length != len(encoded):
        refuse("what should be bytes is a list")
    return encoded[at:]


def integer(encoded: bytes) -> int:
    """The number that an RLP item encodes, without leading zeros.

    Raises:
        ProofError: it is a list, begins with zero, or exceeds 256 bits.
    """
    raw = string(encoded)
    if len(raw) > _HASH or raw[:1] == b"\x00":
        refuse("what should be a number is none")
    return int.from_bytes(raw, "big")


def refuse(why: str) -> NoReturn:
    """Raise the ``ProofError`` that says ``why``."""
    raise ProofError(f"a proof does not hold: {why}")
