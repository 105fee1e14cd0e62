"""When a waiting transaction must offer more for gas, and how much; pure, in wei for each gas."""

Fees = tuple[int, int]
"""``maxFeePerGas`` and ``maxPriorityFeePerGas`` (EIP-1559)."""

RAISE_PERCENT = 125
"""A replacement offers at least this much of what it replaces: clients ask for 110, and a raise should be worth it."""

PATIENCE_BLOCKS = 8
"""Blocks that the next transaction of an account waits at its price before it offers more."""

CEILING_MULTIPLE = 10
"""Times what the chain asks now: more is never offered, whatever keeps a transaction waiting then is not its price."""


def due(offered: Fees, *, base_fee: int, waited: int, first: bool) -> bool:
    """Whether a transaction must offer more: no block can take it as it is, or none of ``waited`` blocks did.

    Args:
        offered: what it offers now.
        base_fee: of the head.
        waited: blocks since it was signed.
        first: no earlier transaction of the account waits; behind one that does, its own price is not what holds it.
    """
    return base_fee > 0 and (offered[0] < base_fee or (first and waited >= PATIENCE_BLOCKS))


def raised(offered: Fees, asked: Fees) -> Fees | None:
    """What to offer in place of ``offered`` where the chain asks for ``asked``; None when that is out of proportion."""
    tip = max(asked[1], offered[1] * RAISE_PERCENT // 100 + 1)
    most = max(asked[0], offered[0] * RAISE_PERCENT // 100 + 1, tip)
    return None if most > CEILING_MULTIPLE * asked[0] else (most, tip)
