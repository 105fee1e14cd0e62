"""A block's header: from an endpoint's answer to the bytes that its hash is made of, and from these to what it says.

Chains that hash their headers otherwise (Clique, QBFT, some rollups) are refused by ``encode``'s caller, for the hash
does not come out.
"""

from dataclasses import dataclass
from typing import Any

import rlp
from eth_utils.crypto import keccak

from ledger.tries import integer, refuse, split, string
from protocol.params import HASH_BYTES
from protocol.units import UnixSeconds

_FIELDS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "#difficulty",
    "#number",
    "#gasLimit",
    "#gasUsed",
    "#timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "#baseFeePerGas",
    "withdrawalsRoot",
    "#blobGasUsed",
    "#excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
)
"""In order, as JSON-RPC names them; ``#`` marks integers. A fork's fields end the list where absent (EIP-7685)."""

_STATE, _RECEIPTS, _NUMBER, _TIME = (
    _FIELDS.index(name) for name in ("stateRoot", "receiptsRoot", "#number", "#timestamp")
)

_OLDEST_FIELDS = 15
"""Fields of a header before London."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a proof needs of a block."""

    number: int
    hash: bytes
    """Keccak-256 of the encoded header: the block's name."""

    timestamp: UnixSeconds
    state: bytes
    """Root of the state after the block."""

    receipts: bytes
    """Root of the block's receipts."""


def encode(block: dict[str, Any]) -> bytes:
    """RLP of the header in an endpoint's answer.

    Raises:
        LookupError, TypeError, ValueError: the answer is no block.
    """
    values: list[bytes] = []
    for field in _FIELDS:
        value = block.get(field.removeprefix("#"))
        if value is None:
            break
        values.append(quantity(value) if field.startswith("#") else blob(value))
    return bytes(rlp.encode(values))


def decode(encoded: bytes) -> Header:
    """The header in ``encoded``.

    Raises:
        ProofError, RLPException: it is none.
    """
    fields = split(encoded)
    if not _OLDEST_FIELDS <= len(fields) <= len(_FIELDS):
        refuse("the header is none")
    roots = string(fields[_STATE]), string(fields[_RECEIPTS])
    if any(len(root) != HASH_BYTES for root in roots):
        refuse("the header has no roots")
    return Header(
        number=integer(fields[_NUMBER]),
        hash=keccak(encoded),
        timestamp=UnixSeconds(integer(fields[_TIME])),
        state=roots[0],
        receipts=roots[1],
    )


def quantity(text: str) -> bytes:
    """A JSON-RPC quantity as RLP has integers: big-endian without leading zeros."""
    number = int(text, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def blob(text: str) -> bytes:
    """JSON-RPC bytes."""
    return bytes.fromhex(text.removeprefix("0x"))
