"""A contract of our own in a few instructions, so that the ledger is tested without a compiler.

Its payload is up to three words: what to do, and two arguments.
"""

from collections.abc import Callable

from ledger.types import Creation, Transaction
from protocol.ids import Address

STORED = b"\x5e" * 32
"""First topic of the log of ``store``."""

_PUSH0, _PUSH1, _PUSH2, _PUSH32 = b"\x5f", b"\x60", b"\x61", b"\x7f"
_SLOAD, _SSTORE, _MSTORE, _CALLDATALOAD, _CALLDATACOPY = b"\x54", b"\x55", b"\x52", b"\x35", b"\x37"
_CALLDATASIZE, _CODECOPY, _JUMPI, _JUMPDEST, _DUP1 = b"\x36", b"\x39", b"\x57", b"\x5b", b"\x80"
_SUB, _EQ, _TIMESTAMP, _BLOCKHASH = b"\x03", b"\x14", b"\x42", b"\x40"
_ADDRESS, _GAS, _CALL = b"\x30", b"\x5a", b"\xf1"
_LOG2, _RETURN, _REVERT, _INVALID, _STOP = b"\xa2", b"\xf3", b"\xfd", b"\xfe", b"\x00"

_ENTRY = 10
"""Bytes of one line of the jump table."""


def store(slot: int, value: int) -> bytes:
    """Keep ``value`` and log it under ``STORED`` and the slot."""
    return _words(1, slot, value)


def refuse(reason: bytes) -> bytes:
    """Revert with ``reason``."""
    return _words(2) + reason


def read(slot: int) -> bytes:
    """Return what is kept."""
    return _words(3, slot)


def crash() -> bytes:
    """Run into an invalid instruction, which takes all gas."""
    return _words(4)


def need(slot: int) -> bytes:
    """Revert, without a reason, while nothing is kept in ``slot``."""
    return _words(5, slot)


def now() -> bytes:
    """Return the block's timestamp."""
    return _words(6)


def hash_of(number: int) -> bytes:
    """Return the hash of that block, as contracts see it."""
    return _words(7, number)


def creation() -> Creation:
    """The transaction that creates the probe."""
    return _created(_runtime())


def _created(code: bytes) -> Creation:
    head = _PUSH2 + len(code).to_bytes(2, "big") + _DUP1 + _PUSH1
    tail = _PUSH0 + _CODECOPY + _PUSH0 + _RETURN
    return Creation(payload=head + bytes([len(head) + 1 + len(tail)]) + tail + code)


def call(probe: Address, payload: bytes) -> Transaction:
    """A transaction to the probe."""
    return Transaction(to=probe, payload=payload)


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)


def _argument(number: int) -> bytes:
    return _PUSH1 + bytes([32 * number]) + _CALLDATALOAD


def _need(place: int) -> bytes:
    test = _argument(1) + _SLOAD + _PUSH2
    refusal = _PUSH0 + _PUSH0 + _REVERT
    there = place + len(test) + 2 + len(_JUMPI + refusal)
    return test + there.to_bytes(2, "big") + _JUMPI + refusal + _JUMPDEST + _STOP


def _runtime() -> bytes:
    answer = _PUSH0 + _MSTORE + _PUSH1 + b"\x20" + _PUSH0 + _RETURN
    log = _argument(2) + _PUSH0 + _MSTORE + _argument(1) + _PUSH32 + STORED + _PUSH1 + b"\x20" + _PUSH0 + _LOG2
    reason = _PUSH1 + b"\x20" + _CALLDATASIZE + _SUB + _DUP1 + _PUSH1 + b"\x20" + _PUSH0 + _CALLDATACOPY
    bodies: tuple[Callable[[int], bytes], ...] = (
        lambda _: _argument(2) + _argument(1) + _SSTORE + log + _STOP,
        lambda _: reason + _PUSH0 + _REVERT,
        lambda _: _argument(1) + _SLOAD + answer,
        lambda _: _INVALID,
        _need,
        lambda _: _TIMESTAMP + answer,
        lambda _: _argument(1) + _BLOCKHASH + answer,
    )
    start = _ENTRY * len(bodies) + 1
    table, code = b"", b""
    for mode, body in enumerate(bodies, start=1):
        place = start + len(code)
        table += _argument(0) + _PUSH1 + bytes([mode]) + _EQ + _PUSH2 + place.to_bytes(2, "big") + _JUMPI
        code += _JUMPDEST + body(place + 1)
    return table + _STOP + code


def endless() -> Creation:
    """A contract that calls itself until its gas or the depth of calls runs out."""
    code = _PUSH0 * 5 + _ADDRESS + _GAS + _CALL + _STOP
    return _created(code)
