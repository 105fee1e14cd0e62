"""Bytes in, typed and signed message or a verdict out; the stateless half of acceptance, cheap checks first."""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Final, TypeVar, cast

from protocol.bulletin import TOPICS, Bulletin
from protocol.errors import RejectError
from protocol.ids import PeerId
from protocol.params import MAX_MESSAGE_BYTES
from protocol.signed import Signed, verify
from protocol.wire import decode

T = TypeVar("T")

OPENED: Final = 512
"""Messages that are remembered as opened: each is looked at by the board, by its listener, and again while it lasts."""


def open_message(kind: type[T], topic: str, payload: bytes) -> tuple[T, Signed]:
    """The message in ``payload`` and the envelope that proves its author.

    Raises:
        RejectError: too large, not an envelope, a signature that does not hold, or not a ``kind``.
    """
    message, signed = _opened(cast("Hashable", kind), topic, payload)
    return cast("T", message), signed


@lru_cache(maxsize=OPENED)
def _opened(kind: type[object], topic: str, payload: bytes) -> tuple[object, Signed]:
    signed = decode(Signed, payload, limit=MAX_MESSAGE_BYTES)
    return decode(kind, verify(signed, topic)), signed


def judge(kind: type[T], topic: str) -> Callable[[PeerId, bytes], None]:
    """The border check of ``topic``: raises RejectError for what no honest peer sends.

    Any peer may pass on another's signed message, so the gossip author is not compared with the signer.
    """

    def check(_author: PeerId, payload: bytes) -> None:
        try:
            open_message(kind, topic, payload)
        except RejectError:
            raise
        except Exception as error:  # the gate: nothing that a peer sends may pass as an unknown error
            raise RejectError(f"{topic}: {error}") from error

    return check


def check_message(bulletin: Bulletin) -> None:
    """The border check of what ``bulletin`` carries; alike on every node, whether or not it listens to the topic.

    Raises:
        RejectError: not a signed message of the bulletin's topic, or one that is not for everybody. About an unknown
            topic nothing is known.
    """
    topic = TOPICS.get(bulletin.topic)
    if topic is not None:
        topic.check(open_message(topic.kind, bulletin.topic, bulletin.message)[0])
