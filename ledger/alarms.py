"""What keeps an outbox from getting on, in words for the operator: pure, from what the last pump has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ledger.errors import RefusedError, Why
from protocol.ids import Address

STUCK_BLOCKS = 50
"""Blocks that a transaction waits, offered again at each, before the operator is told."""


class Trouble(Enum):
    """What is wrong; the values are the codes that interfaces show."""

    GAP = "gap"
    UNPAYABLE = "unpayable"
    UNDERPRICED = "underpriced"
    REFUSED = "refused"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One trouble, and what to do about it."""

    trouble: Trouble
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A signed transaction that is not mined."""

    key: str
    nonce: int
    blocks: int
    """Since it was signed."""


def alarms(
    sender: Address, mined: int, waiting: Sequence[Waiting], refused: Mapping[str, RefusedError]
) -> tuple[Alarm, ...]:
    """What is wrong with the transactions of ``sender``, the first that waits decides, for all others wait behind it.

    Args:
        sender: the account.
        mined: its next nonce on the ledger.
        waiting: by nonce.
        refused: by key, what the endpoint last said of those that it did not take.
    """
    if not waiting:
        return ()
    first, account = waiting[0], "0x" + sender.hex()
    if first.nonce > mined:
        missing = f"nonce {mined}" if first.nonce == mined + 1 else f"nonces {mined} to {first.nonce - 1}"
        text = (
            f"the ledger waits for {missing} of {account}, which this outbox never gave: the chain was put back, or the"
            " account was used elsewhere. Nothing is mined until these are used: send those transactions again from"
            " where they came, or use each of them up with an empty transaction to yourself"
        )
        return (Alarm(trouble=Trouble.GAP, text=text),)
    refusal = refused.get(first.key)
    if refusal is not None and refusal.why is Why.UNPAYABLE:
        text = f"{account} cannot pay for gas: send it ether; what waits goes out by itself then"
        return (Alarm(trouble=Trouble.UNPAYABLE, text=text),)
    if refusal is not None and refusal.why is Why.UNDERPRICED:
        text = f"gas costs far more than {first.key} offers; it is offered again at every block until the price falls"
        return (Alarm(trouble=Trouble.UNDERPRICED, text=text),)
    if refusal is not None and refusal.why is Why.OTHER:
        text = f"the endpoint does not take {first.key}: {refusal}; it is offered again at every block"
        return (Alarm(trouble=Trouble.REFUSED, text=text),)
    if first.blocks >= STUCK_BLOCKS:
        text = (
            f"{first.key} waits for {first.blocks} blocks, though the endpoint takes it: does the endpoint pass"
            " transactions on, and do the validators take this account's?"
        )
        return (Alarm(trouble=Trouble.STUCK, text=text),)
    return ()
