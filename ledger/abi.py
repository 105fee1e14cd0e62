"""The contract ABI's encoding, for the generated bindings; what an endpoint garbles is the endpoint's fault."""

from collections.abc import Sequence
from typing import Any

from eth_abi import abi
from eth_abi.exceptions import DecodingError

from ledger.errors import UnavailableError


def encode(types: Sequence[str], values: Sequence[object]) -> bytes:
    """``values`` one after the other, as a contract takes them."""
    return abi.encode(types, values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """What ``data`` holds; addresses as hexadecimal text.

    Raises:
        UnavailableError: it holds something else, as when no contract stands at the address that was asked.
    """
    try:
        return abi.decode(types, data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise UnavailableError(f"the ledger's answer is not ({', '.join(types)}): 0x{data[:32].hex()}") from error
