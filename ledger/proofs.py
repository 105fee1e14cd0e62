"""Proof of what a chain says, checked offline: logs in receipts and values in storage, both in a block, known by hash.

Works with any Ethereum client: it uses only headers, receipts (EIP-2718, types 0 to 4) and ``eth_getProof``
(EIP-1186), and re-encodes what it can itself. Which block hashes are the chain's is the verifier's own knowledge.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import rlp
from eth_utils.crypto import keccak
from rlp.exceptions import RLPException
from trie import HexaryTrie

from ledger import headers
from ledger.headers import Header, blob, quantity
from ledger.tries import EMPTY_ROOT, Nodes, ProofError, integer, refuse, split, string
from ledger.types import Log
from protocol.ids import Address

_TYPES = range(1, 5)
"""Transaction types whose receipts have a type byte: access list, fees, blobs, delegation."""

_STORAGE = 2
"""Position of the storage root in an account (nonce, balance, storage root, code hash)."""


class RawBlocks(Protocol):
    """What a prover needs of a chain; ``Chain`` has it."""

    def raw_block(self, number: int) -> dict[str, Any] | None:
        """A block's header fields as JSON-RPC has them, or None."""
        ...

    def raw_receipts(self, number: int) -> list[dict[str, Any]]:
        """All receipts of a block as JSON-RPC has them."""
        ...

    def raw_proof(self, account: Address, slots: Sequence[bytes], number: int) -> dict[str, Any]:
        """``eth_getProof`` of an account and slots of its storage in the state after a block."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlaces:
    """Logs of one transaction."""

    transaction: int
    """Index of the transaction in the block."""

    positions: tuple[int, ...]
    """Of the logs in its receipt, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Places in one contract's storage."""

    account: Address
    slots: tuple[bytes, ...]
    """Names of the places, 32 bytes each, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockProof:
    """What one block is asked to show, and the trie nodes that show it."""

    header: bytes
    """RLP of the block's header; its Keccak-256 is the block hash."""

    logs: tuple[LogPlaces, ...]
    """By transaction, ascending."""

    storage: tuple[Slots, ...]
    """By account, ascending."""

    nodes: tuple[bytes, ...]
    """RLP of the nodes between the header's roots and what is shown, each once, in the order in which they are met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenBlock:
    """What a proof shows, once its block is known to be the chain's."""

    header: Header
    logs: tuple[Log, ...]
    """In chain order. Their transaction's hash is not proven and left empty; ``index`` counts within the proof."""

    storage: Mapping[tuple[Address, bytes], int]
    """The word at each place that was asked for; 0 where nothing is kept."""


def prove(
    chain: RawBlocks, number: int, *, logs: Iterable[Log] = (), storage: Iterable[tuple[Address, bytes]] = ()
) -> BlockProof:
    """The proof that block ``number`` holds ``logs``, and what its state holds at the places in ``storage``.

    Raises:
        ProofError: the endpoint's answers do not add up, or a log is in a block that is gone.
        LedgerError: the endpoint does not answer, or does not serve proofs of that state (any more).
    """
    block = chain.raw_block(number)
    if block is None:
        raise ProofError(f"block {number} is gone")
    wanted, places = list(logs), sorted(set(storage))
    try:
        header = headers.encode(block)
        if any(keccak(header) != named for named in (blob(block["hash"]), *(log.block_hash for log in wanted))):
            raise ProofError(f"block {number} is another one now, or its hash is not made of the known header fields")
        found, nodes = _prove_logs(chain, block, wanted)
        slots: dict[Address, list[bytes]] = {}
        for account, slot in places:
            slots.setdefault(account, []).append(slot)
        for account, names in slots.items():
            nodes |= _state_nodes(chain.raw_proof(account, names, number))
    except (LookupError, TypeError, ValueError, AttributeError, RLPException) as error:
        raise ProofError(f"the endpoint's block {number} makes no sense: {error}") from error
    proof = BlockProof(
        header=header,
        logs=tuple(found),
        storage=tuple(Slots(account=account, slots=tuple(names)) for account, names in slots.items()),
        nodes=tuple(nodes),
    )
    verify(proof)
    return proof


def verify(proof: BlockProof) -> ProvenBlock:
    """What ``proof`` shows. There is one proof of the same things; any other encoding of it is refused.

    Raises:
        ProofError: it shows nothing.
    """
    try:
        return _verify(proof)
    except (RLPException, LookupError, ValueError, TypeError) as error:
        raise ProofError(f"a proof does not hold: {error}") from error


def _prove_logs(
    chain: RawBlocks, block: dict[str, Any], logs: Sequence[Log]
) -> tuple[list[LogPlaces], dict[bytes, None]]:
    if not logs:
        return [], {}
    number, receipts = int(block["number"], 16), chain.raw_receipts(int(block["number"], 16))
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = _encode_receipt(receipt)
    if trie.root_hash != blob(block["receiptsRoot"]):
        raise ProofError(f"the receipts of block {number} do not make up its root")
    wanted, found, nodes = {log.index for log in logs}, [], dict[bytes, None]()
    for index, receipt in enumerate(receipts):
        indices = [int(entry["logIndex"], 16) for entry in receipt["logs"]]
        positions = tuple(position for position, at in enumerate(indices) if at in wanted)
        if positions:
            wanted -= set(indices)
            found.append(LogPlaces(transaction=index, positions=positions))
            nodes |= dict.fromkeys(bytes(rlp.encode(node)) for node in trie.get_proof(rlp.encode(index)))
    if wanted:
        raise ProofError(f"block {number} has no log {min(wanted)}")
    return found, nodes


def _state_nodes(answer: dict[str, Any]) -> dict[bytes, None]:
    """The nodes of an ``eth_getProof`` answer in the order of their use."""
    paths = [answer["accountProof"], *(one["proof"] for one in answer["storageProof"])]
    nodes = [blob(node) for path in paths for node in path]
    return {node: None for node in nodes if keccak(node) != EMPTY_ROOT}


def _verify(proof: BlockProof) -> ProvenBlock:
    header, nodes = headers.decode(proof.header), Nodes(proof.nodes)
    logs: list[Log] = []
    _ascending([places.transaction for places in proof.logs])
    for places in proof.logs:
        receipt = nodes.find(header.receipts, rlp.encode(places.transaction))
        if not receipt or not places.positions:
            refuse("there is no such receipt")
        _, _, _, listed = split(receipt[1:] if receipt[0] in _TYPES else receipt)
        entries = split(listed)
        _ascending(places.positions)
        logs += (_log(entries[position], header, len(logs) + n) for n, position in enumerate(places.positions))
    storage: dict[tuple[Address, bytes], int] = {}
    _ascending([slots.account for slots in proof.storage])
    for slots in proof.storage:
        account = nodes.find(header.state, keccak(slots.account))
        if account is None or not slots.slots:
            refuse("there is no such contract")
        root = string(split(account)[_STORAGE])
        _ascending(slots.slots)
        for slot in slots.slots:
            value = nodes.find(root, keccak(slot))
            storage[slots.account, slot] = 0 if value is None else integer(value)
    nodes.close()
    return ProvenBlock(header=header, logs=tuple(logs), storage=storage)


def _log(encoded: bytes, header: Header, index: int) -> Log:
    address, topics, payload = split(encoded)
    return Log(
        address=Address(string(address)),
        topics=tuple(string(topic) for topic in split(topics)),
        payload=string(payload),
        block=header.number,
        block_hash=header.hash,
        transaction=b"",
        index=index,
    )


def _ascending(values: Sequence[Any]) -> None:
    if values and (list(values) != sorted(set(values)) or (isinstance(values[0], int) and values[0] < 0)):
        refuse("what it shows is not in ascending order")


def _encode_receipt(receipt: dict[str, Any]) -> bytes:
    logs = [
        [blob(log["address"]), [blob(topic) for topic in log["topics"]], blob(log["data"])] for log in receipt["logs"]
    ]
    fields = [quantity(receipt["status"]), quantity(receipt["cumulativeGasUsed"]), blob(receipt["logsBloom"]), logs]
    kind = int(receipt.get("type", "0x0"), 16)
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields))
