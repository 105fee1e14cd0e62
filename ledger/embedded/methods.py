"""The JSON-RPC methods: parse, ask the node, render. What a client and a verifier need, and nothing that signs."""

import logging
import sqlite3
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import rlp
from eth.constants import ZERO_ADDRESS
from eth_utils.exceptions import ValidationError
from eth_utils.hexadecimal import decode_hex, encode_hex

from ledger.embedded import fees, proofs, render
from ledger.embedded.errors import BAD_PARAMETERS, INTERNAL, INVALID, NO_METHOD, SERVER, RpcError
from ledger.embedded.evm import BLOCK_GAS, Request
from ledger.embedded.node import EmbeddedNode

log = logging.getLogger("guildmark.embedded")

MAX_LOGS = 10_000
"""Logs in one answer; ask for fewer blocks."""

MAX_LOG_BLOCKS = 50_000
"""Blocks in one query for logs: some days of an idle chain."""

MAX_CHOICES = 1_000
"""Addresses, or topics at one place, in one query for logs."""

MAX_TOPICS = 4
"""Of a log (LOG4)."""

MAX_BATCH = 200
"""Calls in one array."""

KEPT_ANSWERS = 256
"""Latest results of calls: all nodes of a federation ask the same questions, and a block never changes."""

_HASH_DIGITS = 66

_SEND = "eth_sendRawTransaction"

Json = Any


class Methods:
    """The table of methods by name."""

    def __init__(self, node: EmbeddedNode) -> None:
        self._node = node
        self._evm = node.evm
        self._called = lru_cache(KEPT_ANSWERS)(
            lambda request, block: encode_hex(self._evm.call(request, self._evm.header_by_hash(block)))
        )
        self._table: dict[str, Callable[..., Json]] = {
            "web3_clientVersion": lambda: "guildmark/embedded/py-evm",
            "net_version": lambda: str(self._evm.chain_id),
            "net_listening": lambda: True,
            "eth_chainId": lambda: hex(self._evm.chain_id),
            "eth_syncing": lambda: False,
            "eth_accounts": list,
            "eth_blockNumber": lambda: hex(self._evm.head().block_number),
            "eth_gasPrice": lambda: hex(self._evm.next_base_fee(self._evm.head())),
            "eth_maxPriorityFeePerGas": lambda: "0x0",
            "eth_feeHistory": self._fee_history,
            "eth_getBalance": lambda account, tag="latest": hex(self._state(tag).get_balance(_address(account))),
            "eth_getCode": lambda account, tag="latest": encode_hex(self._state(tag).get_code(_address(account))),
            "eth_getStorageAt": self._storage,
            "eth_getTransactionCount": self._count,
            "eth_getProof": self._proof,
            _SEND: lambda raw: encode_hex(node.submit(_bytes(raw))),
            "eth_call": lambda call, tag="latest": self._called(_request(call), bytes(self._header(tag).hash)),
            "eth_estimateGas": self._estimate,
            "eth_getBlockByNumber": self._block,
            "eth_getBlockByHash": self._block,
            "eth_getBlockReceipts": lambda tag: self._receipts(self._header(tag)),
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
            "evm_mine": lambda: hex(node.mine().block_number),
        }

    def answer(self, document: Json) -> Json:
        """The answer to one JSON-RPC call or to an array of them."""
        calls = document if isinstance(document, list) else [document]
        if not 0 < len(calls) <= MAX_BATCH:
            return failure(None, RpcError(INVALID, f"a batch holds 1 to {MAX_BATCH} calls"))
        try:
            answers = self._answer_all(calls)
        except sqlite3.OperationalError:  # a full disk: nothing of the array was kept
            log.exception("the database does not take writes")
            answers = [failure(_identifier(call), RpcError(INTERNAL, "internal error")) for call in calls]
        return answers if isinstance(document, list) else answers[0]

    def _answer_all(self, calls: list[Json]) -> list[Json]:
        """An array that only sends is one commit."""
        if len(calls) > 1 and all(isinstance(call, dict) and call.get("method") == _SEND for call in calls):
            with self._node.together():
                return [self._answer_one(call) for call in calls]
        return [self._answer_one(call) for call in calls]

    def _answer_one(self, call: Json) -> Json:
        identifier = _identifier(call)
        try:
            method, parameters = self._parse(call)
            with self._node.lock:
                result = method(*parameters)
        except RpcError as error:
            return failure(identifier, error)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, ValidationError) as error:
            return failure(identifier, RpcError(BAD_PARAMETERS, f"invalid call: {error}"))
        except sqlite3.OperationalError:
            raise
        except Exception:  # the gate: bytes of a stranger in, verdict out
            log.exception("a call failed")
            return failure(identifier, RpcError(INTERNAL, "internal error"))
        return {"jsonrpc": "2.0", "id": identifier, "result": result}

    def _parse(self, call: Json) -> tuple[Callable[..., Json], list[Json]]:
        if not isinstance(call, dict) or not isinstance(call.get("params", []), list):
            raise RpcError(INVALID, "not a call with a method and an array of parameters")
        method = self._table.get(call["method"])
        if method is None:
            raise RpcError(NO_METHOD, f"the method {call['method']} does not exist/is not available")
        return method, call.get("params", [])

    # State.

    def _header(self, tag: Json) -> Any:
        if isinstance(tag, dict):
            tag = tag.get("blockHash") or tag.get("blockNumber")
        if tag in {None, "latest", "safe", "finalized", "pending"}:
            return self._evm.head()
        if tag == "earliest":
            return self._evm.header(0)
        return self._evm.header_by_hash(_bytes(tag)) if len(tag) == _HASH_DIGITS else self._evm.header(int(tag, 16))

    def _state(self, tag: Json) -> Any:
        return self._evm.state(self._header(tag))

    def _storage(self, account: str, slot: str, tag: Json = "latest") -> str:
        return encode_hex(self._state(tag).get_storage(_address(account), int(slot, 16)).to_bytes(32, "big"))

    def _count(self, account: str, tag: Json = "latest") -> str:
        if tag == "pending":
            return hex(self._node.mempool.next_nonce(_address(account)))
        return hex(self._state(tag).get_nonce(_address(account)))

    def _proof(self, account: str, slots: list[str], tag: Json = "latest") -> Json:
        header = self._header(tag)
        state = self._evm.state(header)
        return proofs.prove(self._node.database, state, header.state_root, _address(account), slots)

    def _estimate(self, call: Json, tag: Json = "latest") -> str:
        return hex(self._evm.estimate(_request(call), self._header(tag), int(time.time())))

    def _fee_history(self, count: Json, newest: Json = "latest", percentiles: Json = ()) -> Json:
        number = int(count, 16) if isinstance(count, str) else int(count)
        return fees.history(self._evm, number, self._header(newest), percentiles or ())

    # Blocks, transactions, receipts, logs.

    def _block(self, tag: Json, full: bool = False) -> Json:  # noqa: FBT001, FBT002  # the method's own parameters
        try:
            header = self._header(tag)
        except RpcError:
            return None
        transactions = self._evm.transactions(header)
        rendered = [
            render.transaction(one, self._evm.chain_id, header, index) if full else encode_hex(one.hash)
            for index, one in enumerate(transactions)
        ]
        size = len(rlp.encode(header)) + sum(len(one.encode()) for one in transactions)
        return render.block(header, rendered, size)

    def _transaction(self, tx_hash: str) -> Json:
        waiting = self._node.mempool.find(_bytes(tx_hash))
        if waiting is not None:
            return render.transaction(waiting, self._evm.chain_id)
        found = self._evm.find(_bytes(tx_hash))
        if found is None:
            return None
        header, index = found
        return render.transaction(self._evm.transactions(header)[index], self._evm.chain_id, header, index)

    def _receipt(self, tx_hash: str) -> Json:
        found = self._evm.find(_bytes(tx_hash))
        return None if found is None else self._receipts(found[0])[found[1]]

    def _receipts(self, header: Any) -> list[Json]:
        rows = self._node.database.logs(header.block_number, header.block_number, {}, -1)
        return render.receipts(self._evm, header, rows)

    def _logs(self, query: Json) -> list[Json]:
        first, last = self._range(query)
        topics = query.get("topics") or []
        if len(topics) > MAX_TOPICS:
            raise RpcError(BAD_PARAMETERS, f"a log has at most {MAX_TOPICS} topics")
        wanted = {"address": query.get("address"), **{f"topic{place}": one for place, one in enumerate(topics)}}
        rows = self._node.database.logs(
            first, last, {column: _choices(given) for column, given in wanted.items()}, MAX_LOGS + 1
        )
        if len(rows) > MAX_LOGS:
            raise RpcError(SERVER, f"query returns more than {MAX_LOGS} results")
        hashes = {number: self._evm.header(number).hash for number in {row[0] for row in rows}}
        return [render.log(row, hashes[row[0]]) for row in rows]

    def _range(self, query: Json) -> tuple[int, int]:
        if query.get("blockHash"):
            number = self._header(query["blockHash"]).block_number
            return number, number
        head = self._evm.head().block_number
        first, last = (_number(query.get(end), head) for end in ("fromBlock", "toBlock"))
        if last - first >= MAX_LOG_BLOCKS:
            raise RpcError(SERVER, f"query exceeds {MAX_LOG_BLOCKS} blocks")
        return first, last


def failure(identifier: Json, error: RpcError) -> Json:
    """An error as the answer to the call ``identifier``."""
    body = {"code": error.code, "message": error.message}
    return {
        "jsonrpc": "2.0",
        "id": identifier,
        "error": body if error.revert is None else {**body, "data": error.revert},
    }


def _choices(given: Json) -> list[bytes]:
    """One value or several, any of which will do; none stands for all."""
    chosen = [_bytes(one) for one in ([given] if isinstance(given, str) else given or [])]
    if len(chosen) > MAX_CHOICES:
        raise RpcError(BAD_PARAMETERS, f"at most {MAX_CHOICES} choices at one place")
    return chosen


def _identifier(call: Json) -> Json:
    return call.get("id") if isinstance(call, dict) else None


def _request(call: Json) -> Request:
    asked = int(call["gas"], 16) if call.get("gas") else BLOCK_GAS
    return Request(
        sender=_address(call["from"]) if call.get("from") else ZERO_ADDRESS,
        to=_address(call["to"]) if call.get("to") else b"",
        payload=_bytes(call.get("input") or call.get("data") or "0x"),
        value=int(call.get("value") or "0x0", 16),
        gas=min(BLOCK_GAS, asked),
    )


def _number(tag: Json, head: int) -> int:
    if tag == "earliest":
        return 0
    return head if tag in {None, "latest", "safe", "finalized", "pending"} else min(int(tag, 16), head + 1)


def _address(text: str) -> bytes:
    address = _bytes(text)
    if len(address) != 20:  # bytes of an address
        raise RpcError(BAD_PARAMETERS, f"{text} is not an address")
    return address


def _bytes(text: Json) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise RpcError(BAD_PARAMETERS, "bytes are written as 0x and hexadecimal digits")
    return bytes(decode_hex(text))
