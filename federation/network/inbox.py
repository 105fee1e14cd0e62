"""One node's subscriptions, alike under every network: refuses what a judge refuses, never waits for a listener."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

import trio

from federation.network import Judge, Message
from protocol.errors import IgnoreError, RejectError

log = logging.getLogger("guildmark.network")


class Verdict(Enum):
    """What becomes of a message (GossipSub v1.1, extended validators)."""

    ACCEPT = auto()
    """Deliver it and pass it on."""

    IGNORE = auto()
    """Neither, and blame nobody."""

    REJECT = auto()
    """Neither, and blame the neighbour that passed it on."""


def judged(judge: Judge, topic: str, message: Message) -> Verdict:
    """The verdict of ``judge``; one that breaks on a message ignores it."""
    try:
        judge(message.author, message.payload)
    except RejectError as error:
        log.debug("rejected on %s: %s", topic, error)
        return Verdict.REJECT
    except IgnoreError:
        return Verdict.IGNORE
    except Exception:  # the gate: a judge that breaks on a message must not break the node
        log.exception("the judge of %s failed", topic)
        return Verdict.IGNORE
    return Verdict.ACCEPT


class Inbox:
    """Judges what arrives and hands on what is accepted."""

    def __init__(self) -> None:
        self.dropped = 0
        self._open: dict[str, tuple[Judge, trio.MemorySendChannel[Message]]] = {}

    @contextmanager
    def subscription(self, topic: str, judge: Judge, buffer: int) -> Iterator[trio.MemoryReceiveChannel[Message]]:
        """A channel of accepted messages, open inside the block.

        Raises:
            ValueError: the topic is already subscribed to.
        """
        if topic in self._open:
            raise ValueError(f"already subscribed to {topic}")
        send, receive = trio.open_memory_channel[Message](buffer)
        self._open[topic] = judge, send
        with send, receive:
            try:
                yield receive
            finally:
                del self._open[topic]

    def judge(self, topic: str, message: Message) -> Verdict:
        """The verdict on ``message``; of a topic that nobody here hears, nothing is passed on."""
        if topic not in self._open:
            return Verdict.IGNORE
        judge, _ = self._open[topic]
        return judged(judge, topic, message)

    def deliver(self, topic: str, message: Message) -> None:
        """Put an accepted message into its subscriber's buffer, or count it as dropped."""
        _, send = self._open[topic]
        try:
            send.send_nowait(message)
        except trio.WouldBlock:
            self.dropped += 1
            log.debug("dropped a message on %s: its listener is slow", topic)
        except trio.BrokenResourceError:
            pass  # the listener closed its end and is about to leave
