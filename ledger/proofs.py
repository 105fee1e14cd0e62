"""Proof that a log is on chain, checked offline: the log in its receipt, the receipt in its block, the block by hash.

Works with any Ethereum client: it uses only receipts and headers, and re-encodes both itself (EIP-2718 receipts of
types 0 to 4; header fields up to Prague, EIP-7685). Chains that hash their headers otherwise (Clique, QBFT, some
rollups) have no such proofs, and ``prove`` says so. Which block hashes are the chain's is the verifier's own knowledge.
"""

from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import rlp
from eth_utils.crypto import keccak
from rlp.codec import consume_length_prefix
from rlp.exceptions import RLPException
from trie import HexaryTrie

from ledger.errors import LedgerError
from ledger.types import Log
from protocol.ids import Address
from protocol.units import UnixSeconds

_NUMBER, _TIME, _RECEIPTS = 8, 11, 5
"""Positions in a block header."""

_HEADER = (
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
"""Header fields in order, as JSON-RPC names them; ``#`` marks integers. A fork's fields end the list where absent."""

_OLDEST_FIELDS = 15
"""Fields of a header before London."""

_TYPES = range(1, 5)
"""Transaction types whose receipts have a type byte: access list, fees, blobs, delegation."""


_BRANCH = 17
"""Items of a branch node: a child for each hexadecimal digit, and a value."""

_LEAF = 2
"""Flag in the first digit of a path: the node is a leaf, not an extension."""


class ProofError(LedgerError):
    """A log proof that does not prove: it was changed, or is not one."""


class RawBlocks(Protocol):
    """What a prover needs of a chain; ``Chain`` has it."""

    def raw_block(self, number: int) -> dict[str, Any] | None:
        """A block's header fields as JSON-RPC has them, or None."""
        ...

    def raw_receipts(self, number: int) -> list[dict[str, Any]]:
        """All receipts of a block as JSON-RPC has them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """One log, provable into a block."""

    header: bytes
    """RLP of the block's header; its Keccak-256 is the block hash."""

    transaction: int
    """Index of the transaction in the block."""

    position: int
    """Index of the log in its receipt."""

    nodes: tuple[bytes, ...]
    """RLP of the receipt trie's nodes from the root to the receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLog:
    """What a proof shows."""

    address: Address
    topics: tuple[bytes, ...]
    payload: bytes
    block_number: int
    block_hash: bytes
    """Keccak-256 of the header. The log is on chain if this block is."""

    timestamp: UnixSeconds


def prove(chain: RawBlocks, log: Log) -> LogProof:
    """The proof of ``log``.

    Raises:
        ProofError: the endpoint's block or receipts do not add up, or the log is in a block that is gone.
        UnavailableError: the endpoint does not answer.
    """
    block = chain.raw_block(log.block)
    if block is None:
        raise ProofError(f"block {log.block} is gone")
    receipts = chain.raw_receipts(log.block)
    try:
        return _prove(block, receipts, log)
    except (LookupError, TypeError, ValueError, AttributeError, RLPException) as error:
        raise ProofError(f"the endpoint's block {log.block} makes no sense: {error}") from error


def verify(proof: LogProof) -> VerifiedLog:
    """What ``proof`` shows. There is one proof of a log; any other encoding of it is refused.

    Raises:
        ProofError: it shows nothing.
    """
    try:
        return _verify(proof)
    except (RLPException, LookupError, ValueError, TypeError) as error:
        raise ProofError(f"a log proof does not hold: {error}") from error


def _prove(block: dict[str, Any], receipts: list[dict[str, Any]], log: Log) -> LogProof:
    header = _encode_header(block)
    if keccak(header) != log.block_hash:
        raise ProofError(f"block {log.block} is another one now, or its hash is not made of the known header fields")
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = _encode_receipt(receipt)
    if trie.root_hash != _bytes(block["receiptsRoot"]):
        raise ProofError(f"the receipts of block {log.block} do not make up its root")
    for index, receipt in enumerate(receipts):
        for position, entry in enumerate(receipt["logs"]):
            if int(entry["logIndex"], 16) == log.index:
                nodes = tuple(rlp.encode(node) for node in trie.get_proof(rlp.encode(index)))
                return LogProof(header=header, transaction=index, position=position, nodes=nodes)
    raise ProofError(f"block {log.block} has no log {log.index}")


def _verify(proof: LogProof) -> VerifiedLog:
    header = [_string(field) for field in _split(proof.header)]
    if not _OLDEST_FIELDS <= len(header) <= len(_HEADER):
        _refuse("the header is none")
    _, _, _, logs = _split(_find(header[_RECEIPTS], rlp.encode(proof.transaction), proof.nodes))
    entries = _split(logs)
    if not 0 <= proof.position < len(entries):
        _refuse("the receipt has no such log")
    address, topics, payload = _split(entries[proof.position])
    return VerifiedLog(
        address=Address(_string(address)),
        topics=tuple(_string(topic) for topic in _split(topics)),
        payload=_string(payload),
        block_number=int.from_bytes(header[_NUMBER], "big"),
        block_hash=keccak(proof.header),
        timestamp=UnixSeconds(int.from_bytes(header[_TIME], "big")),
    )


def _find(root: bytes, key: bytes, nodes: tuple[bytes, ...]) -> bytes:
    """The receipt at ``key``, without its type byte, along ``nodes`` (Yellow Paper, appendix D).

    No receipt's key begins another's and every node is longer than a hash, so each node is named by its hash and only
    a leaf holds a value.
    """
    wanted, path, value = root, key.hex(), b""
    for node in nodes:
        if value or keccak(node) != wanted:
            _refuse("a node is not the one that the node above it names")
        items = _split(node)
        if len(items) == _BRANCH:
            wanted, path = _string(items[int(path[0], 16)]), path[1:]
            continue
        prefix, content = (_string(item) for item in items)
        flags, rest = prefix[0] >> 4, prefix.hex()[1 if prefix[0] & 0x10 else 2 :]
        if not path.startswith(rest):
            _refuse("the nodes lead elsewhere")
        wanted, path = content, path[len(rest) :]
        if flags & _LEAF:
            value = content
    if path or not value:
        _refuse("the nodes lead nowhere")
    return value[1:] if value[0] in _TYPES else value


def _split(encoded: bytes) -> list[bytes]:
    """The items of an RLP list, each still encoded: one level at a time, so that no nesting goes deep."""
    _, kind, length, at = consume_length_prefix(encoded, 0)
    if kind is not list or at + length != len(encoded):
        _refuse("what should be a list is none")
    items = []
    while at < len(encoded):
        _, _, length, start = consume_length_prefix(encoded, at)
        items.append(encoded[at : start + length])
        at = start + length
    if at != len(encoded):
        _refuse("a list ends in the middle of an item")
    return items


def _string(encoded: bytes) -> bytes:
    _, kind, length, at = consume_length_prefix(encoded, 0)
    if kind is not bytes or at + length != len(encoded):
        _refuse("what should be bytes is a list")
    return encoded[at:]


def _refuse(why: str) -> NoReturn:
    raise ProofError(f"a log proof does not hold: {why}")


def _encode_header(block: dict[str, Any]) -> bytes:
    values: list[bytes] = []
    for field in _HEADER:
        value = block.get(field.removeprefix("#"))
        if value is None:
            break
        values.append(_integer(value) if field.startswith("#") else _bytes(value))
    return bytes(rlp.encode(values))


def _encode_receipt(receipt: dict[str, Any]) -> bytes:
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    fields = [_integer(receipt["status"]), _integer(receipt["cumulativeGasUsed"]), _bytes(receipt["logsBloom"]), logs]
    kind = int(receipt.get("type", "0x0"), 16)
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields))


def _integer(text: str) -> bytes:
    number = int(text, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
