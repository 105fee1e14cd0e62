"""A contract's refusal by its name: raw revert bytes to the error that our contracts declare."""

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from ledger import bindings
from ledger.errors import RevertedError

_TEXT = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")


def explain(revert: object, message: str) -> RevertedError:
    """The error behind ``revert`` (hex text or bytes as an endpoint sends them)."""
    raw = _bytes(revert)
    selector, arguments = raw[:4], raw[4:]
    try:
        if selector == _TEXT:
            return RevertedError("", "Error", decode(["string"], arguments))
        if selector == _PANIC:
            return RevertedError("", "Panic", decode(["uint256"], arguments))
        for contract, errors in bindings.ERRORS.items():
            if selector in errors:
                name, types = errors[selector]
                return RevertedError(contract, name, decode(types, arguments))
    except DecodingError:
        return RevertedError("", message or "revert that does not decode", ())
    return RevertedError("", message or "revert without a reason", ())


def _bytes(revert: object) -> bytes:
    if isinstance(revert, str):
        try:
            return bytes.fromhex(revert.removeprefix("0x"))
        except ValueError:
            return b""
    return bytes(revert) if isinstance(revert, bytes | bytearray) else b""
