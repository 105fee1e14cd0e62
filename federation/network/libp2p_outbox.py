"""What waits for a gossip neighbour: each message is made a frame once for all, and not sent to who already has it.

In a mesh that is denser than a tree most copies are repetitions. While a neighbour's queue waits for its turn, its own
copy often arrives; the more a node has to do, the more it so need not. Refuses to gather more than one stream's window.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from libp2p.pubsub.pb import rpc_pb2
from libp2p.utils import encode_varint_prefixed

AT_ONCE: Final = 64 * 1024
"""Bytes that are written in one go; then others have a turn on the connection."""

REMEMBERED: Final = 4096
"""Messages of which we know who has them; those of some seconds, longer than one waits in a queue."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way."""

    key: bytes
    frame: bytes


class Holders:
    """Which neighbours brought us which of the latest messages."""

    def __init__(self) -> None:
        self._holders: dict[bytes, set[Hashable]] = {}

    def note(self, key: bytes, neighbour: Hashable) -> None:
        """``neighbour`` brought the message with ``key``."""
        holders = self._holders.get(key)
        if holders is not None:
            holders.add(neighbour)
            return
        self._holders[key] = {neighbour}
        if len(self._holders) > REMEMBERED:
            del self._holders[next(iter(self._holders))]

    def has(self, key: bytes, neighbour: Hashable) -> bool:
        """Whether ``neighbour`` is known to have it."""
        return neighbour in self._holders.get(key, ())


def outgoing(key: bytes, message: Any) -> Outgoing:
    """``message`` as a gossip frame of its own."""
    return Outgoing(key, _framed(rpc_pb2.RPC(publish=[message])))


def gathered(first: Any, queue: Any, needless: Callable[[bytes], bool]) -> bytes:
    """Frames of what is in ``queue`` behind ``first``, in order, without those messages that are ``needless``."""
    frames = bytearray()
    item = first
    while item is not None:
        if not isinstance(item, Outgoing):
            frames += _framed(item)
        elif not needless(item.key):
            frames += item.frame
        item = queue._queue.pop() if len(frames) < AT_ONCE else None  # noqa: SLF001  # its own pop waits
    return bytes(frames)


def _framed(rpc: Any) -> bytes:
    return bytes(encode_varint_prefixed(rpc.SerializeToString()))
