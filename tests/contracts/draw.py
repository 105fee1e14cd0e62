"""Whom the hash of a block draws into a panel: the contract's rule, told again."""

from collections.abc import Callable, Sequence

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from protocol.case import PANEL
from protocol.ids import Address
from tests.contracts.evm import block_hash

DRAWS = 48
"""After so many the contract gives up."""


def draw(
    listed: Sequence[Address],
    block: int,
    key: tuple[bytes, int, int, int],
    eligible: Callable[[Address], bool],
    draws: int = DRAWS,
) -> tuple[Address, ...]:
    """The panel of the case ``key`` among the auditors ``listed``, or nobody when too few are eligible."""
    case = keccak(encode(["bytes32", "uint32", "uint8", "uint8"], key))
    seats: list[Address] = []
    for number in range(draws if len(listed) >= PANEL else 0):
        luck = keccak(encode(["bytes32", "bytes32", "uint256"], [block_hash(block), case, number]))
        who = listed[int.from_bytes(luck, "big") % len(listed)]
        if who not in seats and eligible(who):
            seats.append(who)
        if len(seats) == PANEL:
            return tuple(seats)
    return ()
