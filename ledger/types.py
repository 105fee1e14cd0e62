"""What goes to the chain and what comes back from it: a call to send, a log to decode, a port to read through."""

from dataclasses import dataclass
from typing import Protocol

from protocol.ids import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A call that someone may sign and send; it carries no value, for settlement is in tokens."""

    to: Address
    """The contract, 20 bytes."""

    payload: bytes
    """Selector and ABI-encoded arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A contract that someone may create."""

    payload: bytes
    """Creation code and ABI-encoded constructor arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One event as the chain keeps it, undecoded."""

    address: Address
    """The contract that emitted it, 20 bytes."""

    topics: tuple[bytes, ...]
    """Up to four words of 32 bytes: the event's hash, then its indexed arguments."""

    payload: bytes
    """ABI encoding of the arguments that are not indexed."""

    block: int
    """Number of the block that holds it."""

    block_hash: bytes
    """Hash of that block, 32 bytes; a different one later means the log was in a block that is gone."""

    transaction: bytes
    """Hash of the transaction, 32 bytes."""

    index: int
    """Position among the logs of its block, from zero."""


class Reads(Protocol):
    """What a view needs of a chain."""

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        """Run a view at ``block`` (the head when None) and return its ABI-encoded result.

        Raises:
            RevertedError: the contract refused.
            UnavailableError: the endpoint did not answer.
        """
        ...
