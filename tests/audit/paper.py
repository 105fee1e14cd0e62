"""A chain on paper: blocks with any events and any storage, true contracts or not, proven like those of a real one.

Real contracts would refuse most of what a forger needs, such as serials beyond a licence; here they are written down.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import rlp
from eth_abi.abi import encode as encode_abi
from eth_utils.crypto import keccak
from trie import HexaryTrie

from ledger import headers
from ledger.types import Log
from protocol.ids import Address

Json = dict[str, Any]
_EMPTY_CODE = keccak(b"")


@dataclass(frozen=True)
class Said:
    """An event by contract and name, with its arguments as the contract calls them."""

    contract: str
    name: str
    arguments: Json
    topics: int = 4
    """How many of its topics are written at most."""


@dataclass
class Paper:
    """Blocks one second apart; ``storage`` is what the contracts keep after all of them."""

    addresses: dict[str, Address]
    start: int
    storage: dict[tuple[Address, bytes], int] = field(default_factory=dict)
    _blocks: list[Json] = field(default_factory=list)
    _receipts: list[list[Json]] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)

    def block(self, *events: Said, salt: bytes = b"", wait: int = 1) -> int:
        """Write one block with a transaction for each event; its number."""
        number = len(self._blocks)
        receipts = [self._receipt(said, index) for index, said in enumerate(events)]
        before = self._blocks[-1]["timestamp"] if self._blocks else hex(self.start)
        block = {
            "parentHash": self._blocks[-1]["hash"] if self._blocks else "0x" + "00" * 32,
            "sha3Uncles": "0x" + keccak(b"\xc0").hex(),
            "miner": "0x" + "00" * 20,
            "stateRoot": "0x" + self._world()[0].root_hash.hex(),
            "transactionsRoot": "0x" + "11" * 32,
            "receiptsRoot": "0x" + _receipt_trie(receipts).root_hash.hex(),
            "logsBloom": "0x" + "00" * 256,
            "difficulty": "0x0",
            "number": hex(number),
            "gasLimit": hex(30_000_000),
            "gasUsed": "0x0",
            "timestamp": hex(int(before, 16) + wait),
            "extraData": "0x" + salt.hex(),
            "mixHash": "0x" + "00" * 32,
            "nonce": "0x" + "00" * 8,
            "baseFeePerGas": "0x0",
        }
        block["hash"] = "0x" + keccak(headers.encode(block)).hex()
        self._blocks.append(block)
        self._receipts.append(receipts)
        self.logs += [_log(receipt, block) for receipt in receipts]
        return number

    def hash(self, number: int) -> bytes | None:
        """The auditor's port: None beyond the end."""
        return headers.blob(self._blocks[number]["hash"]) if number < len(self._blocks) else None

    def time(self, number: int) -> int:
        return int(self._blocks[number]["timestamp"], 16)

    # The prover's port.

    def raw_block(self, number: int) -> Json | None:
        return self._blocks[number]

    def raw_receipts(self, number: int) -> list[Json]:
        return self._receipts[number]

    def raw_proof(self, account: Address, slots: Sequence[bytes], number: int) -> Json:
        """Of the state after the last block, which has to be the one that is asked for."""
        assert number == len(self._blocks) - 1
        world, stores = self._world()
        return {
            "accountProof": _path(world, keccak(account)),
            "storageProof": [{"proof": _path(stores[account], keccak(slot))} for slot in slots],
        }

    def _world(self) -> tuple[HexaryTrie, dict[Address, HexaryTrie]]:
        stores = {address: HexaryTrie({}) for address in self.addresses.values()}
        for (address, slot), value in self.storage.items():
            if value:
                stores[address][keccak(slot)] = rlp.encode(value)
        world = HexaryTrie({})
        for address, store in stores.items():
            world[keccak(address)] = rlp.encode([1, 0, store.root_hash, _EMPTY_CODE])
        return world, stores

    def _receipt(self, said: Said, index: int) -> Json:
        topics, payload = _encoded(said)
        entry = {
            "address": "0x" + self.addresses[said.contract].hex(),
            "topics": ["0x" + topic.hex() for topic in topics],
            "data": "0x" + payload.hex(),
            "logIndex": hex(index),
        }
        return {
            "type": "0x2",
            "status": "0x1",
            "cumulativeGasUsed": hex(50_000 * (index + 1)),
            "logsBloom": "0x" + "00" * 256,
            "logs": [entry],
        }


def _receipt_trie(receipts: list[Json]) -> HexaryTrie:
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        (entry,) = receipt["logs"]
        log = [headers.blob(entry["address"]), [headers.blob(t) for t in entry["topics"]], headers.blob(entry["data"])]
        fields = [b"\x01", int(receipt["cumulativeGasUsed"], 16), bytes(256), [log]]
        trie[rlp.encode(index)] = b"\x02" + rlp.encode(fields)
    return trie


def _path(trie: HexaryTrie, key: bytes) -> list[str]:
    return ["0x" + rlp.encode(node).hex() for node in trie.get_proof(key)]


def _encoded(said: Said) -> tuple[list[bytes], bytes]:
    artefact = json.loads((files("ledger.bindings") / "artefacts" / f"{said.contract.title()}.json").read_text())
    (event,) = [one for one in artefact["abi"] if one["type"] == "event" and one["name"] == said.name]
    inputs = event["inputs"]
    assert {one["name"] for one in inputs} == said.arguments.keys(), said
    signature = f"{said.name}({','.join(one['type'] for one in inputs)})"
    topics = [keccak(signature.encode())]
    topics += [encode_abi([one["type"]], [said.arguments[one["name"]]]) for one in inputs if one["indexed"]]
    rest = [one for one in inputs if not one["indexed"]]
    return topics[: said.topics], encode_abi(
        [one["type"] for one in rest], [said.arguments[one["name"]] for one in rest]
    )


def _log(receipt: Json, block: Json) -> Log:
    (entry,) = receipt["logs"]
    return Log(
        address=Address(headers.blob(entry["address"])),
        topics=tuple(headers.blob(topic) for topic in entry["topics"]),
        payload=headers.blob(entry["data"]),
        block=int(block["number"], 16),
        block_hash=headers.blob(block["hash"]),
        transaction=b"",
        index=int(entry["logIndex"], 16),
    )
