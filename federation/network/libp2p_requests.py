"""One request and one answer on a stream of their own; refuses to hold more of either than was argued for."""

import contextlib
import functools
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import trio
from libp2p.custom_types import TProtocol
from libp2p.protocol_muxer.exceptions import MultiselectClientError

from federation.errors import RefusedError, UnreachableError
from federation.network import MAX_REQUEST, MAX_RESPONSE, Answer
from federation.network.answers import answer_or_refusal
from federation.network.libp2p_containment import within
from federation.network.libp2p_frames import Frames, frame
from federation.network.libp2p_identity import identifier, peer_of
from protocol.ids import PeerId

log = logging.getLogger("guildmark.network")

READ_SECONDS: Final = 10.0
"""For a request to arrive once its turn has come; one megabyte at a tenth of a megabyte a second."""

ANSWER_SECONDS: Final = 60.0
"""For the wait for a turn, the answer and its delivery; longer than any caller waits."""

END_SECONDS: Final = 1.0
"""For telling the peer that a stream is over; it notices by itself if this fails."""

ANSWERS: Final = 16
"""Requests answered at once; with their answers they hold at most 144 MiB, and usually a few hundred kilobytes."""

ANSWERS_PER_PEER: Final = 4
"""Of these, how many for one peer, so that no four peers starve the others."""

_ANSWERED: Final = b"\x00"
_REFUSED: Final = b"\x01"


class Requests:
    """Both sides of every request protocol on one host."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self._turns = trio.CapacityLimiter(ANSWERS)
        self._turns_of: defaultdict[PeerId, trio.CapacityLimiter] = defaultdict(
            lambda: trio.CapacityLimiter(ANSWERS_PER_PEER)
        )

    def serve(self, protocol: str, answer: Answer) -> None:
        """Answer ``protocol`` from now on."""
        self._host.set_stream_handler(TProtocol(protocol), functools.partial(self._serve, answer))

    async def ask(self, peer: PeerId, protocol: str, payload: bytes) -> bytes:
        """The answer of a connected ``peer``; the caller sets the deadline.

        Raises:
            RefusedError: the peer says no.
            UnreachableError: the connection broke before the answer was complete.
        """
        stream = await self._open(peer, protocol)
        try:
            await stream.write(frame(payload))
            reply = await Frames(stream).read_frame(MAX_RESPONSE + len(_ANSWERED))
        except Exception as error:  # the border: a broken stream has a dozen unrelated types
            raise UnreachableError(f"{peer.hex()[:8]} broke off: {error!r}") from error
        finally:
            await _end(stream)
        if reply.startswith(_ANSWERED):
            return reply[len(_ANSWERED) :]
        code, _, text = reply[len(_REFUSED) :].decode(errors="replace").partition("\n")
        raise RefusedError(code, text)

    async def _open(self, peer: PeerId, protocol: str) -> Any:
        try:
            return await self._host.new_stream(identifier(peer), [TProtocol(protocol)])
        except Exception as error:  # the border, as above
            if isinstance(error.__cause__, MultiselectClientError) and "not supported" in str(error.__cause__):
                raise RefusedError("unsupported", protocol) from error
            raise UnreachableError(f"{peer.hex()[:8]} takes no {protocol}: {error!r}") from error

    async def _serve(self, answer: Answer, stream: Any) -> None:
        peer = peer_of(stream.muxed_conn.peer_id.to_bytes())
        try:
            if peer is None:
                return
            with trio.fail_after(ANSWER_SECONDS):
                async with self._turn(peer):
                    with trio.fail_after(READ_SECONDS):
                        request = await Frames(stream).read_frame(MAX_REQUEST)
                    await stream.write(frame(await _reply(answer, peer, request)))
        finally:
            await _end(stream)

    @asynccontextmanager
    async def _turn(self, peer: PeerId) -> AsyncIterator[None]:
        own = self._turns_of[peer]
        try:
            async with own, self._turns:
                yield
        finally:
            if not own.borrowed_tokens and not own.statistics().tasks_waiting:
                self._turns_of.pop(peer, None)


async def _reply(answer: Answer, peer: PeerId, request: bytes) -> bytes:
    outcome = await answer_or_refusal(answer, peer, request)
    if isinstance(outcome, RefusedError):
        return _REFUSED + f"{outcome.code}\n{outcome.text}".encode()
    return _ANSWERED + outcome


async def _end(stream: Any) -> None:
    """Give the stream back in any case: a cancelled one would stay counted for the life of its connection."""
    with within(END_SECONDS), contextlib.suppress(Exception):
        await stream.close()
    with within(END_SECONDS), contextlib.suppress(Exception):
        await stream.reset()
