"""Contracts run straight on the state of revm, without blocks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env

from ledger.errors import RevertedError
from ledger.reverts import explain
from ledger.types import Creation, Log, Transaction
from protocol.ids import Address
from tests.contracts.evm import CHAIN_ID, GAS, START, block_at

OUTPUT = re.compile(r"output: (0x[0-9a-f]*)")


class Revm:
    """One chain state."""

    def __init__(self) -> None:
        self.now = START
        self._evm = EVM(Env(cfg=CfgEnv(chain_id=CHAIN_ID), block=self._block_env()), spec_id="PRAGUE", gas_limit=GAS)

    @property
    def block(self) -> int:
        return block_at(self.now)

    def wait_until(self, moment: int) -> None:
        assert moment >= self.now
        self._set(moment)

    @contextmanager
    def undone(self) -> Iterator[None]:
        snapshot, now = self._evm.snapshot(), self.now
        try:
            yield
        finally:
            self._evm.revert(snapshot)
            self._set(now)

    def create(self, sender: Address, creation: Creation) -> Address:
        try:
            return _address(self._evm.deploy(_text(sender), bytes(creation.payload)))
        except RuntimeError as error:
            raise _explained(error) from None

    def send(self, sender: Address, transaction: Transaction) -> tuple[Log, ...]:
        self._run(sender, transaction.to, transaction.payload, static=False)
        return tuple(
            Log(
                address=_address(log.address),
                topics=tuple(bytes.fromhex(topic[2:]) for topic in log.topics),
                payload=log.data[1],
                block=self.block,
                block_hash=bytes(32),
                transaction=bytes(32),
                index=index,
            )
            for index, log in enumerate(self._evm.result.logs)
        )

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        return self._run(sender or Address(bytes(20)), to, payload, static=True)

    def _run(self, sender: Address, to: Address, payload: bytes, *, static: bool) -> bytes:
        with self._as_a_person(_text(sender)) as person:
            try:
                return bytes(self._evm.message_call(person, _text(to), payload, is_static=static))
            except RuntimeError as error:
                raise _explained(error) from None
            finally:
                self._evm.reset_transient_storage()

    @contextmanager
    def _as_a_person(self, account: str) -> Iterator[str]:
        """A contract cannot begin a transaction (EIP-3607); as long as a test sends in its name it has no code."""
        found = self._evm.basic(account)
        if not found.code:
            yield account
            return
        self._evm.insert_account_info(account, AccountInfo(nonce=found.nonce))
        try:
            yield account
        finally:
            self._evm.insert_account_info(account, found)

    def _set(self, moment: int) -> None:
        self.now = moment
        self._evm.set_block_env(self._block_env())

    def _block_env(self) -> BlockEnv:
        return BlockEnv(number=self.block, timestamp=self.now, gas_limit=GAS, basefee=0, prevrandao=bytes(32))


def _text(address: Address) -> str:
    return "0x" + address.hex()


def _address(text: str) -> Address:
    return Address(bytes.fromhex(text[2:]))


def _explained(error: RuntimeError) -> RevertedError:
    found = OUTPUT.search(str(error))
    return explain(found[1] if found else b"", str(error))
