"""Contracts run straight on an EVM's state, without blocks: time is set, snapshots cost nothing, refusals are typed.

There are two behind one port: revm, which is far faster, where there is a wheel of it, and py-evm, which the embedded
chain runs on. ``test_evms.py`` holds one to the other.
"""

from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Protocol

from eth_utils.crypto import keccak

from ledger.types import Creation, Log, Transaction
from protocol.ids import Address

CHAIN_ID = 31337
START = 1_800_000_000
FIRST_BLOCK = 1000
GAS = 30_000_000


def block_at(now: int) -> int:
    """Number of the block that is made then: one a second."""
    return FIRST_BLOCK + now - START


def block_hash(number: int) -> bytes:
    """As revm's empty database answers, and so py-evm here."""
    return keccak(str(number).encode())


class Evm(Protocol):
    """One chain state; it also serves as the port that facades read through."""

    now: int

    @property
    def block(self) -> int:
        """Number of the block that is being made."""

    def wait_until(self, moment: int) -> None:
        """Set the time of the blocks to come; it never goes back."""

    def undone(self) -> AbstractContextManager[None]:
        """Whatever happens inside has not happened afterwards."""

    def create(self, sender: Address, creation: Creation) -> Address:
        """Put a contract where the sender's next one comes to stand."""

    def send(self, sender: Address, transaction: Transaction) -> tuple[Log, ...]:
        """Run ``transaction`` and keep what it did; its logs in order.

        Raises:
            RevertedError: the contract refused; nothing was done.
        """

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        """Run a view at the present state."""


def fresh() -> Evm:
    """An empty one, the fastest that there is."""
    if find_spec("pyrevm") is None:
        from tests.contracts.pyevm import PyEvm

        return PyEvm()
    from tests.contracts.revm import Revm

    return Revm()
