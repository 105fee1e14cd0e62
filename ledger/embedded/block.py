"""One block while it is filled: applies transactions in order; one that cannot be executed never stops the chain."""

from typing import Any

from eth_utils.exceptions import ValidationError

from ledger.embedded.database import BlockRows


class PoisonError(Exception):
    """A transaction broke the EVM, and with it the block: begin another one without it."""

    def __init__(self, tx_hash: bytes, sound: list[Any]) -> None:
        super().__init__(tx_hash.hex())
        self.hash = tx_hash
        self.sound = sound
        """Those that were applied before it, in order."""


class Filling:
    """A py-evm VM, the header so far, and what has been put in; its results are read once, by ``Evm.produce``."""

    def __init__(self, vm: Any, header: Any, rows: BlockRows, *, room: int) -> None:
        """Fill up to ``room`` gas."""
        self._vm = vm
        self._rows = rows
        self._room = room
        self.header = header
        self.transactions: list[Any] = []
        self.receipts: list[Any] = []

    def take(self, queue: list[Any]) -> None:
        """Apply one sender's transactions, sorted by nonce, until one must wait or is not valid (any more).

        Raises:
            PoisonError: one passes every check and breaks the EVM all the same; this block is lost.
        """
        for transaction in queue:
            nonce = self._vm.state.get_nonce(transaction.sender)
            if transaction.nonce < nonce:
                self._rows.settled.append(transaction.hash)
                continue
            if transaction.nonce > nonce or not self._fits(transaction):
                return
            if not self._apply(transaction):
                return

    def _fits(self, transaction: Any) -> bool:
        left = self._room - self.header.gas_used
        return bool(transaction.gas <= left and transaction.max_fee_per_gas >= self.header.base_fee_per_gas)

    def _apply(self, transaction: Any) -> bool:
        try:
            self._vm.validate_transaction_against_header(self.header, transaction)
            self._vm.state.validate_transaction(transaction)
        except ValidationError:
            self._rows.settled.append(transaction.hash)
            return False
        try:
            receipt, _ = self._vm.apply_transaction(self.header, transaction)
            self.header = self._vm.add_receipt_to_header(self.header, receipt)
        except Exception as error:  # the gate: whatever the EVM throws at a hostile transaction
            raise PoisonError(transaction.hash, self.transactions) from error
        self._rows.settled.append(transaction.hash)
        self._index(transaction, receipt)
        self.transactions.append(transaction)
        self.receipts.append(receipt)
        return True

    def _index(self, transaction: Any, receipt: Any) -> None:
        for log in receipt.logs:
            words = [topic.to_bytes(32, "big") for topic in log.topics]
            topics: list[bytes | None] = [*words, *([None] * (4 - len(words)))]
            place = (self.header.block_number, len(self._rows.logs), len(self.transactions), bytes(transaction.hash))
            row = (*place, bytes(log.address), topics[0], topics[1], topics[2], topics[3], bytes(log.data))
            self._rows.logs.append(row)
