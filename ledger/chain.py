"""A client of any Ethereum JSON-RPC, synchronous and in our own types.

Every failure is one of ``ledger.errors``; nothing is retried here, for the caller knows its deadline. Answers are
parsed here and only here, so that no extras of a client (authority headers, off-chain look-ups) reach anybody else.
Methods and fields: https://ethereum.github.io/execution-apis. Threads may share one ``Chain``.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.request import getproxies, proxy_bypass

import urllib3
from eth_account import Account
from eth_utils.crypto import keccak

from ledger.errors import LedgerError, RefusedError, UnavailableError, WrongChainError
from ledger.refusals import is_known, why
from ledger.reverts import explain
from ledger.types import Creation, Log, Transaction
from protocol.ids import Address
from protocol.units import UnixSeconds

T = TypeVar("T")

_REVERTED = 3
"""JSON-RPC error code of geth and those who follow it."""

_BUSY = -32005
"""JSON-RPC error code "limit exceeded" (EIP-1474): the same question may be answered later."""

_NO_METHOD = (-32601, -32004)
"""JSON-RPC and EIP-1474 for a method that the endpoint does not have."""

USUAL_TIP = 10**9
"""Wei for each gas, to the proposer, where the endpoint has no opinion; a gigawei is what clients start from."""

_CONNECTIONS = 16
"""Kept open to the endpoint for our threads."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")

_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A block by number and hash."""

    number: int
    hash: bytes
    parent: bytes
    """Hash of the block before it: who knows that one need not ask what lies below."""

    timestamp: UnixSeconds

    base_fee: int
    """Wei for each gas of it (EIP-1559); zero on a free chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A transaction that may be sent again and again: it is the same one."""

    hash: bytes
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction."""

    block: int
    block_hash: bytes
    status: bool
    """False when its contract refused; the gas is spent all the same."""

    gas_used: int
    contract: Address | None
    """Where a creation put its contract."""

    logs: tuple[Log, ...]


class Chain:
    """One endpoint. Construction contacts nobody; ``verify`` does."""

    def __init__(self, url: str, chain_id: int, *, timeout: float = 10.0) -> None:
        """``timeout`` in seconds holds for connecting and for each silence of the endpoint."""
        self.url = url
        self.chain_id = chain_id
        self._identifiers = itertools.count(1)
        parts = urllib3.util.parse_url(url)
        self._name = parts._replace(auth=None).url  # what is logged holds no password
        self._http, self._credentials = _pool(url), urllib3.make_headers(basic_auth=parts.auth)
        self._timeout = urllib3.Timeout(connect=timeout, read=timeout)

    def verify(self) -> None:
        """Check that the endpoint serves the chain that is expected.

        Raises:
            WrongChainError: it serves another.
            UnavailableError: it does not answer.
        """
        found = self._ask("eth_chainId", [], _integer)
        if found != self.chain_id:
            raise WrongChainError(self.chain_id, found)

    # Reading.

    def head(self) -> Head:
        """The latest block."""
        return self._ask("eth_getBlockByNumber", ["latest", False], _head)

    def block(self, number: int) -> Head | None:
        """The canonical block with ``number``, or None when the chain is shorter."""
        return self._ask("eth_getBlockByNumber", [hex(number), False], _optional(_head))

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        """Run a view at ``block`` (the head when None) and return its ABI-encoded result.

        Raises:
            RevertedError: the contract refused.
        """
        request = _request(Transaction(to=to, payload=payload), sender)
        return self._ask("eth_call", [request, "latest" if block is None else hex(block)], _bytes)

    def logs(
        self,
        first: int,
        last: int,
        addresses: Sequence[Address],
        topics: Sequence[Sequence[bytes] | None] | None = None,
    ) -> tuple[Log, ...]:
        """Logs of the contracts at ``addresses`` in blocks ``first`` to ``last``, both included, in chain order.

        Args:
            first: number of the first block.
            last: number of the last block.
            addresses: any of these contracts.
            topics: for each position the words that are wanted there; None or nothing stands for any.
        """
        query: dict[str, Any] = {"fromBlock": hex(first), "toBlock": hex(last), "address": _names(addresses)}
        if topics:
            query["topics"] = [_names(words) if words else None for words in topics]
        return self._ask("eth_getLogs", [query], _logs)

    def logs_of(self, block: bytes, addresses: Sequence[Address]) -> tuple[Log, ...]:
        """Logs of the contracts at ``addresses`` in the block with the hash ``block`` (EIP-234), of no other branch.

        Raises:
            LedgerError: the endpoint does not have that block (any more).
        """
        return self._ask("eth_getLogs", [{"blockHash": "0x" + block.hex(), "address": _names(addresses)}], _logs)

    def nonce(self, account: Address, *, block: int | None = None) -> int:
        """How many transactions of ``account`` are mined up to ``block`` (the head when None)."""
        tag = "latest" if block is None else hex(block)
        return self._ask("eth_getTransactionCount", ["0x" + account.hex(), tag], _integer)

    def balance(self, account: Address) -> int:
        """Wei of ``account``."""
        return self._ask("eth_getBalance", ["0x" + account.hex(), "latest"], _integer)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """The receipt of a mined transaction, or None."""
        return self._ask("eth_getTransactionReceipt", ["0x" + transaction_hash.hex()], _optional(_receipt))

    def raw_block(self, number: int) -> dict[str, Any] | None:
        """A block's header fields as the endpoint sends them, or None; for proofs."""
        return self._ask("eth_getBlockByNumber", [hex(number), False], _optional(_document))

    def raw_receipts(self, number: int) -> list[dict[str, Any]]:
        """All receipts of a block as the endpoint sends them, one by one where it cannot do more; for proofs."""
        try:
            return self._ask("eth_getBlockReceipts", [hex(number)], _documents)
        except _NoMethodError:
            block = self.raw_block(number) or {"transactions": []}
            return [self._ask("eth_getTransactionReceipt", [one], _document) for one in block["transactions"]]

    def raw_proof(self, account: Address, slots: Sequence[bytes], number: int) -> dict[str, Any]:
        """``eth_getProof`` as the endpoint sends it: an account and slots of its storage after block ``number``."""
        return self._ask("eth_getProof", ["0x" + account.hex(), _names(slots), hex(number)], _document)

    # Sending.

    def estimate(self, sender: Address, transaction: Transaction) -> int:
        """Gas that ``transaction`` would use now.

        Raises:
            RevertedError: it would be refused.
        """
        return self._ask("eth_estimateGas", [_request(transaction, sender)], _integer)

    def fees(self) -> tuple[int, int]:
        """``maxFeePerGas`` and ``maxPriorityFeePerGas`` (EIP-1559) of a transaction now; zero on a free chain."""
        base = self.head().base_fee
        if not base:
            return 0, 0
        try:
            tip = self._ask("eth_maxPriorityFeePerGas", [], _integer)
        except _NoMethodError:
            tip = USUAL_TIP
        return 2 * base + tip, tip

    def sign(
        self, key: bytes, transaction: Transaction | Creation, *, nonce: int, gas: int, fees: tuple[int, int] = (0, 0)
    ) -> Signed:
        """Sign offline; the same arguments give the same bytes (RFC 6979)."""
        fields: dict[str, Any] = {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": gas,
            "maxFeePerGas": fees[0],
            "maxPriorityFeePerGas": fees[1],
            "value": 0,
            "data": transaction.payload,
        }
        if isinstance(transaction, Transaction):
            fields["to"] = transaction.to
        signed = Account.sign_transaction(fields, key)
        return Signed(hash=bytes(signed.hash), raw=bytes(signed.raw_transaction))

    def send(self, raw: bytes) -> None:
        """Hand a signed transaction to the endpoint; one that it has already, mined or not, is accepted too.

        Raises:
            RefusedError: nonce used up by another, underpriced, not payable, or anything else.
        """
        try:
            self._ask("eth_sendRawTransaction", ["0x" + raw.hex()], _bytes)
        except UnavailableError:
            raise
        except LedgerError as error:
            if not is_known(str(error)) and self.receipt(keccak(raw)) is None:
                raise RefusedError(why(str(error)), str(error)) from error

    def _ask(self, method: str, parameters: list[Any], parse: Callable[[Any], T]) -> T:
        call = {"jsonrpc": "2.0", "id": next(self._identifiers), "method": method, "params": parameters}
        try:
            reply = self._http.request("POST", self.url, json=call, headers=self._credentials, timeout=self._timeout)
            if reply.status != _OK:
                raise UnavailableError(f"{self._name} does not answer: HTTP {reply.status}")
            answer = reply.json()
            if answer.get("error") is None:
                return parse(answer["result"])
            failure = answer["error"]
            code, message = failure.get("code"), str(failure.get("message", ""))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnavailableError(f"{self._name} does not answer: {_short(error)}") from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnavailableError(f"{self._name} answers {method} with nonsense: {_short(error)}") from error
        if code == _REVERTED or "revert" in message.lower():
            raise explain(_revert_bytes(failure), message)
        if code == _BUSY:
            raise UnavailableError(f"{self._name} is busy: {message}")
        if code in _NO_METHOD:
            raise _NoMethodError(f"{method}: {message}")
        raise LedgerError(f"the ledger refused {method}: {message}")


class _NoMethodError(LedgerError):
    """The endpoint does not know a method."""


def _pool(url: str) -> urllib3.PoolManager:
    """Connections to ``url``, by the environment's proxy but for loopback; no retries, which would send twice."""
    parts = urllib3.util.parse_url(url)
    proxy = getproxies().get(parts.scheme or "")
    if proxy is None or parts.hostname in _LOOPBACK or proxy_bypass(parts.hostname or ""):
        return urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False)
    return urllib3.ProxyManager(proxy, maxsize=_CONNECTIONS, retries=False)


def account_of(key: bytes) -> Address:
    """The account of a secp256k1 secret of 32 bytes."""
    return Address(bytes.fromhex(Account.from_key(key).address[2:]))


def sign_digest(key: bytes, digest: bytes) -> bytes:
    """Signature over an EIP-712 digest, as contracts recover it: r, s and v in 65 bytes."""
    return bytes(Account.unsafe_sign_hash(digest, key).signature)


def _request(transaction: Transaction, sender: Address | None) -> dict[str, str]:
    request = {"to": "0x" + transaction.to.hex(), "data": "0x" + transaction.payload.hex()}
    return request if sender is None else {**request, "from": "0x" + sender.hex()}


def _names(words: Sequence[bytes]) -> list[str]:
    return ["0x" + word.hex() for word in words]


def _revert_bytes(failure: dict[str, Any]) -> object:
    """Some clients nest the bytes, or put words before them."""
    revert = failure.get("data")
    if isinstance(revert, dict):
        revert = revert.get("data") or revert.get("result")
    return revert[revert.find("0x") :] if isinstance(revert, str) else revert


def _optional(parse: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else parse(value)


def _integer(text: str) -> int:
    return int(text, 16)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _document(value: Any) -> dict[str, Any]:
    return dict(value)


def _documents(value: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in value]


def _head(block: Any) -> Head:
    return Head(
        number=_integer(block["number"]),
        hash=_bytes(block["hash"]),
        parent=_bytes(block["parentHash"]),
        timestamp=UnixSeconds(_integer(block["timestamp"])),
        base_fee=_integer(block.get("baseFeePerGas") or "0x0"),
    )


def _receipt(receipt: Any) -> Receipt:
    created = receipt.get("contractAddress")
    return Receipt(
        block=_integer(receipt["blockNumber"]),
        block_hash=_bytes(receipt["blockHash"]),
        status=bool(_integer(receipt["status"])),
        gas_used=_integer(receipt["gasUsed"]),
        contract=None if created is None else Address(_bytes(created)),
        logs=_logs(receipt["logs"]),
    )


def _logs(entries: Any) -> tuple[Log, ...]:
    return tuple(
        Log(
            address=Address(_bytes(entry["address"])),
            topics=tuple(_bytes(topic) for topic in entry["topics"]),
            payload=_bytes(entry["data"]),
            block=_integer(entry["blockNumber"]),
            block_hash=_bytes(entry["blockHash"]),
            transaction=_bytes(entry["transactionHash"]),
            index=_integer(entry["logIndex"]),
        )
        for entry in entries
    )


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:120]}"
