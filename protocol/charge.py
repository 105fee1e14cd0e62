"""A charge against somebody in an auction as one file: the messages that prove it, and nothing else is needed.

The file is the wire form of ``Charge``; ``protocol.challenge`` says what proves what.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from protocol.challenge import equivocated, omitted, withheld, wrong_result
from protocol.errors import RejectError
from protocol.ids import PeerId
from protocol.signed import Signed
from protocol.transcript import parts_of, transcript_of
from protocol.wire import decode


class Wrong(Enum):
    """What somebody is charged with."""

    OMITTED = "omitted"
    """A commitment left out of the roll: call, roll and commitment, with the witnesses' receipts."""

    WITHHELD = "withheld"
    """A reveal left out of the transcript: the reveal, with the witnesses' receipts."""

    WRONG_RESULT = "wrong result"
    """A result that does not follow from its transcript; no message besides."""

    EQUIVOCATED = "equivocated"
    """Two messages where only one can be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Who did what wrong follows from what is in it."""

    wrong: Wrong
    messages: tuple[Signed, ...]
    """In the order that ``wrong`` names."""

    receipts: tuple[Signed, ...] = ()
    """Of the call's witnesses."""

    transcript: bytes = b""
    """A transcript file, where the charge is about one."""

    topic: str = ""
    """Of two messages that contradict each other."""


def judge(content: bytes) -> PeerId:
    """Whom the charge in a file convicts.

    Raises:
        RejectError: nobody; the text says why.
    """
    charge = decode(Charge, content)
    proofs: dict[Wrong, tuple[int, Callable[[Charge], PeerId]]] = {
        Wrong.OMITTED: (3, lambda c: omitted(c.messages[0], c.messages[1], c.messages[2], c.receipts)),
        Wrong.WITHHELD: (1, lambda c: withheld(transcript_of(parts_of(c.transcript)), c.messages[0], c.receipts)),
        Wrong.WRONG_RESULT: (0, lambda c: wrong_result(transcript_of(parts_of(c.transcript)))),
        Wrong.EQUIVOCATED: (2, lambda c: equivocated(c.messages[0], c.messages[1], c.topic)),
    }
    count, prove = proofs[charge.wrong]
    if len(charge.messages) != count:
        raise RejectError(f"a charge of this kind has {count} messages, not {len(charge.messages)}")
    return prove(charge)
