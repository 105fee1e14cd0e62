"""A node's word that blocks are the chain's: what an auditor without a chain can trust instead of block hashes."""

from dataclasses import dataclass

from protocol.errors import RejectError
from protocol.params import HASH_BYTES, MAX_VOUCHED
from protocol.signed import Signed, sign, verify
from protocol.topics import BLOCKS
from protocol.wire import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockName:
    """One block of a chain."""

    number: int
    hash: bytes
    """32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What a node says that its chain holds; signed under ``blocks/1``."""

    chain: int
    """Chain id (EIP-155)."""

    blocks: tuple[BlockName, ...]
    """By number, ascending; at most ``MAX_VOUCHED``."""


def vouch(seed: bytes, voucher: Voucher) -> Signed:
    """Give one's word with an Ed25519 seed."""
    return sign(seed, BLOCKS, encode(voucher))


def open_voucher(signed: Signed) -> Voucher:
    """The word in ``signed``.

    Raises:
        RejectError: the signature does not hold, or it names no block, too many, twice the same, or none that can be.
    """
    voucher = decode(Voucher, verify(signed, BLOCKS))
    numbers = [block.number for block in voucher.blocks]
    if not 0 < len(numbers) <= MAX_VOUCHED or numbers != sorted(set(numbers)) or numbers[0] < 0:
        raise RejectError("a voucher names no block, too many, or not in ascending order")
    if any(len(block.hash) != HASH_BYTES for block in voucher.blocks):
        raise RejectError("a block's hash has the wrong length")
    return voucher
