"""Accepted transactions that wait for a block; refuses what could not be mined, and is on disk before it answers."""

from collections.abc import Iterable
from typing import Any

from ledger.embedded.database import ChainDatabase
from ledger.embedded.errors import SERVER, RpcError
from ledger.embedded.evm import BLOCK_GAS, Evm

MAX_PENDING = 10_000
"""Transactions in all; more would only wait longer than anybody does."""

MAX_AHEAD = 1_000
"""Nonces that one sender may be ahead of its account."""

REPLACEMENT_PERCENT = 110
"""What a replacement must offer of the fee that it replaces."""

MAX_CREATION_BYTES = 49_152
"""Creation code (EIP-3860)."""


class Mempool:
    """By sender and nonce; callers hold the node's lock."""

    def __init__(self, database: ChainDatabase, evm: Evm) -> None:
        self._database = database
        self._evm = evm
        self._by_sender: dict[bytes, dict[int, Any]] = {}
        self._by_hash: dict[bytes, Any] = {}
        for raw in database.pending():
            self._keep(evm.decode(raw))

    def add(self, transaction: Any, raw: bytes) -> None:
        """Take ``transaction``, whose encoding is ``raw``; it is on disk when this returns.

        Raises:
            RpcError: known, out of order, underpriced, or not payable.
        """
        if transaction.hash in self._by_hash:
            raise RpcError(SERVER, "already known")
        self._check(transaction)
        replaced = self._by_sender.get(transaction.sender, {}).get(transaction.nonce)
        if replaced is not None and not _outbids(transaction, replaced):
            raise RpcError(SERVER, "replacement transaction underpriced")
        self._database.keep_pending(transaction.hash, transaction.sender, transaction.nonce, raw)
        if replaced is not None:
            self.forget([replaced.hash])
        self._keep(transaction)

    def find(self, tx_hash: bytes) -> Any | None:
        """A waiting transaction."""
        return self._by_hash.get(tx_hash)

    def next_nonce(self, account: bytes) -> int:
        """The account's nonce, its waiting transactions counted."""
        nonce: int = self._evm.head_state().get_nonce(account)
        queue = self._by_sender.get(account, {})
        while nonce in queue:
            nonce += 1
        return nonce

    def queues(self) -> list[list[Any]]:
        """Each sender's transactions by nonce; who pays most for the first comes first, then who came first."""
        queues = [[queue[nonce] for nonce in sorted(queue)] for queue in self._by_sender.values()]
        return sorted(queues, key=lambda queue: -int(queue[0].max_priority_fee_per_gas))

    def ready(self) -> bool:
        """Some transaction could be in the next block."""
        head, state = self._evm.head(), self._evm.head_state()
        return any(
            min(queue) <= state.get_nonce(sender) and queue[min(queue)].max_fee_per_gas >= head.base_fee_per_gas
            for sender, queue in self._by_sender.items()
        )

    def forget(self, hashes: Iterable[bytes]) -> None:
        """Drop transactions that a commit has dropped from disk."""
        for tx_hash in hashes:
            transaction = self._by_hash.pop(tx_hash, None)
            if transaction is None:
                continue
            queue = self._by_sender[transaction.sender]
            del queue[transaction.nonce]
            if not queue:
                del self._by_sender[transaction.sender]

    def _keep(self, transaction: Any) -> None:
        self._by_sender.setdefault(transaction.sender, {})[transaction.nonce] = transaction
        self._by_hash[transaction.hash] = transaction

    def _check(self, transaction: Any) -> None:
        state = self._evm.head_state()
        nonce = state.get_nonce(transaction.sender)
        if transaction.nonce < nonce:
            raise RpcError(SERVER, f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
        if transaction.nonce > nonce + MAX_AHEAD or len(self._by_hash) >= MAX_PENDING:
            raise RpcError(SERVER, "txpool is full")
        if transaction.gas > BLOCK_GAS:
            raise RpcError(SERVER, "exceeds block gas limit")
        if not transaction.to and len(transaction.data) > MAX_CREATION_BYTES:
            raise RpcError(SERVER, "max initcode size exceeded")
        if transaction.intrinsic_gas > transaction.gas:
            raise RpcError(SERVER, "intrinsic gas too low")
        if state.get_balance(transaction.sender) < transaction.value + transaction.gas * transaction.max_fee_per_gas:
            raise RpcError(SERVER, "insufficient funds for gas * price + value")


def _outbids(transaction: Any, replaced: Any) -> bool:
    return bool(
        transaction.max_fee_per_gas > 0
        and transaction.max_fee_per_gas * 100 >= replaced.max_fee_per_gas * REPLACEMENT_PERCENT
    )
