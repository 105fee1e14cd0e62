"""Contracts run straight on the state of py-evm, the EVM of the embedded chain, without blocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague.state import PragueState
from eth.vm.message import Message

from ledger.deployment import created_at
from ledger.reverts import explain
from ledger.types import Creation, Log, Transaction
from protocol.ids import Address
from tests.contracts.evm import CHAIN_ID, GAS, START, block_at, block_hash


class PyEvm:
    """One chain state."""

    def __init__(self) -> None:
        self.now = START
        self._state = PragueState(AtomicDB(), self._context(), BLANK_ROOT_HASH)

    def _context(self) -> ExecutionContext:
        return ExecutionContext(
            coinbase=Address(bytes(20)),
            timestamp=self.now,
            block_number=self.block,
            difficulty=0,
            mix_hash=bytes(32),
            gas_limit=GAS,
            prev_hashes=(block_hash(number) for number in range(self.block - 1, self.block - 257, -1)),
            chain_id=CHAIN_ID,
            base_fee_per_gas=0,
            excess_blob_gas=0,
        )

    @property
    def block(self) -> int:
        return block_at(self.now)

    def wait_until(self, moment: int) -> None:
        assert moment >= self.now
        self.now = moment
        self._state.execution_context = self._context()

    @contextmanager
    def undone(self) -> Iterator[None]:
        snapshot, now = self._state.snapshot(), self.now
        try:
            yield
        finally:
            self._state.revert(snapshot)
            self.now = now
            self._state.execution_context = self._context()

    def create(self, sender: Address, creation: Creation) -> Address:
        at = created_at(sender, self._state.get_nonce(sender))
        message = Message(gas=GAS, to=b"", sender=sender, value=0, data=b"", code=creation.payload, create_address=at)
        self._run(message)
        self._state.increment_nonce(sender)
        return at

    def send(self, sender: Address, transaction: Transaction) -> tuple[Log, ...]:
        computation = self._run(self._message(sender, transaction.to, transaction.payload, static=False))
        return tuple(
            Log(
                address=Address(address),
                topics=tuple(topic.to_bytes(32, "big") for topic in topics),
                payload=data,
                block=self.block,
                block_hash=bytes(32),
                transaction=bytes(32),
                index=index,
            )
            for index, (address, topics, data) in enumerate(computation.get_log_entries())
        )

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        return bytes(self._run(self._message(sender or Address(bytes(20)), to, payload, static=True)).output)

    def _message(self, sender: Address, to: Address, payload: bytes, *, static: bool) -> Message:
        return Message(
            gas=GAS,
            to=to,
            sender=sender,
            value=0,
            data=payload,
            code=self._state.get_code(to),
            is_static=static,
        )

    def _run(self, message: Message) -> Any:
        context = self._state.get_transaction_context_class()(gas_price=0, origin=message.sender)
        kind = self._state.computation_class
        apply = kind.apply_create_message if message.is_create else kind.apply_message
        computation = apply(self._state, message, context)
        if computation.is_error:
            raise explain(bytes(computation.output), repr(computation.error)) from None
        return computation
