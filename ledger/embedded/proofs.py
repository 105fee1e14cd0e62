"""Merkle-Patricia proofs of accounts and their storage (EIP-1186); refuses more slots than a contract's proof needs."""

from typing import Any

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.hexadecimal import encode_hex
from trie import HexaryTrie
from trie.constants import BLANK_NODE_HASH

from ledger.embedded.database import ChainDatabase
from ledger.embedded.errors import BAD_PARAMETERS, RpcError

MAX_SLOTS = 1_000
"""Slots in one proof; each costs a walk through the trie."""

_WORD = 2**256

Json = Any


def prove(database: ChainDatabase, state: Any, state_root: bytes, address: bytes, slots: list[str]) -> Json:
    """The account at ``address`` and its ``slots`` (hexadecimal) with the nodes that lead there from ``state_root``.

    Raises:
        RpcError: too many slots, or a slot that is no word.
    """
    if len(slots) > MAX_SLOTS:
        raise RpcError(BAD_PARAMETERS, f"at most {MAX_SLOTS} slots in one proof")
    world = HexaryTrie(database, state_root)
    leaf = world.get(keccak(address))
    root = bytes(rlp.decode(leaf)[2]) if leaf else BLANK_NODE_HASH
    storage = HexaryTrie(database, root)
    return {
        "address": to_checksum_address(address),
        "balance": hex(state.get_balance(address)),
        "nonce": hex(state.get_nonce(address)),
        "codeHash": encode_hex(state.get_code_hash(address)),
        "storageHash": encode_hex(root),
        "accountProof": _nodes(world, keccak(address)),
        "storageProof": [
            {
                "key": slot,
                "value": hex(state.get_storage(address, word)),
                "proof": _nodes(storage, keccak(word.to_bytes(32, "big"))),
            }
            for slot, word in ((slot, _word(slot)) for slot in slots)
        ],
    }


def _word(slot: str) -> int:
    word = int(slot, 16)
    if not 0 <= word < _WORD:
        raise RpcError(BAD_PARAMETERS, f"{slot} is not a slot")
    return word


def _nodes(trie: HexaryTrie, key: bytes) -> list[str]:
    return [encode_hex(rlp.encode(node)) for node in trie.get_proof(key)]
