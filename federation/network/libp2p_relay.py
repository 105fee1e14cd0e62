"""Relaying for members that cannot be dialled (circuit relay v2, the service); refuses strangers, and more than it can.

The library's own service lets one peer reserve in another's name, tracks one circuit a peer, and ends none that stalls.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import trio
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, Limit, Reservation, StopMessage
from libp2p.relay.circuit_v2.pb.circuit_pb2 import PeerId as Named

from federation.credit import Credit
from federation.network.libp2p_circuit import ANSWER_SECONDS, HOP, MESSAGE_BYTES, STOP, Status, give_up, relayed
from federation.network.libp2p_frames import Frames, varint_frame
from federation.network.libp2p_identity import identifier, peer_of
from federation.standing import Standing
from protocol.ids import PeerId

log = logging.getLogger("guildmark.network")

RESERVATION_SECONDS: Final = 3600
"""Until a place is asked for anew; it ends at once with the connection that it was asked for on."""

BYTES_A_SECOND: Final = 1024 * 1024
"""Of one member's circuits together, after a burst of four times as much; the relay's own traffic goes on beside."""

_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a relay gives; beyond it, members have to look for another."""

    places: int = 64
    """Members that may be reached through us; each holds one of our connections anyway."""

    circuits: int = 64
    """Circuits at once; with their windows they hold at most 128 MiB, and usually a few kilobytes each."""

    circuits_from: int = 8
    """Of these, opened by one member; as many as it keeps neighbours."""

    circuits_to: int = 16
    """Of these, to one member."""

    seconds: int = 6 * 3600
    """Life of one circuit; who needs longer connects again, and finds out whether a direct way has opened."""

    bytes: int = 1024**3
    """Of one circuit both ways: a day of gossip, or a package of the largest usual size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A reservation; it ends with the connection that it was made on."""

    ground: Any
    until: float


class Relay:
    """The service on one host, for members of good standing."""

    def __init__(self, host: Any, standing: Standing, wall: Callable[[], float], quota: Quota) -> None:
        self._host = host
        self._wall = wall
        self._quota = quota
        self._standing = standing
        self._limit = Limit(duration=quota.seconds, data=quota.bytes)
        self._places: dict[PeerId, _Place] = {}
        self._from: Counter[PeerId] = Counter()
        self._to: Counter[PeerId] = Counter()
        self._credit = Credit(BYTES_A_SECOND, 4 * BYTES_A_SECOND)
        host.set_stream_handler(HOP, self._serve)

    @property
    def places(self) -> tuple[PeerId, ...]:
        """Who can be reached through us now."""
        now = trio.current_time()
        return tuple(p for p, place in self._places.items() if now < place.until and not place.ground.is_closed)

    @property
    def circuits(self) -> int:
        """How many circuits there are."""
        return self._from.total()

    async def _serve(self, stream: Any) -> None:
        """One question: a place, or a circuit; its stream then carries the circuit."""
        asker = peer_of(stream.muxed_conn.peer_id.to_bytes())
        frames = Frames(stream)
        with trio.fail_after(ANSWER_SECONDS):
            message = HopMessage.FromString(await frames.read_varint_frame(MESSAGE_BYTES))
        if asker is None or self._standing.stranger(asker) or self._standing.barred(asker) or relayed(stream):
            await _say(stream, Status.DENIED)
        elif message.type == HopMessage.RESERVE:
            await self._reserve(asker, stream)
        elif message.type == HopMessage.CONNECT:
            await self._connect(asker, peer_of(message.peer.id), stream, frames)
        else:
            await _say(stream, Status.MALFORMED)
        with contextlib.suppress(Exception):
            await stream.close()

    async def _reserve(self, asker: PeerId, stream: Any) -> None:
        """Keep a place for the asker, and for nobody else whatever its message names."""
        standing = self.places
        self._places = {peer: self._places[peer] for peer in standing}
        if asker not in standing and len(standing) >= self._quota.places:
            await _say(stream, Status.REFUSED)
            return
        until = trio.current_time() + RESERVATION_SECONDS
        self._places[asker] = _Place(ground=stream.muxed_conn, until=until)
        addresses = [address.to_bytes() for address in self._host.get_addrs()]
        expire = int(self._wall()) + RESERVATION_SECONDS
        await _say(stream, Status.OK, limit=self._limit, reservation=Reservation(expire=expire, addrs=addresses))

    async def _connect(self, asker: PeerId, whom: PeerId | None, stream: Any, frames: Frames) -> None:
        if whom is None or whom not in self.places or whom == asker:
            await _say(stream, Status.NO_RESERVATION)
            return
        full = self.circuits >= self._quota.circuits
        if full or self._from[asker] >= self._quota.circuits_from or self._to[whom] >= self._quota.circuits_to:
            await _say(stream, Status.LIMIT_EXCEEDED)
            return
        with self._counted(asker, whom):
            other = await self._stop(asker, whom)
            if other is None:
                await _say(stream, Status.FAILED)
                return
            await _say(stream, Status.OK, limit=self._limit)
            await self._join(asker, (stream, frames), other)

    async def _stop(self, asker: PeerId, whom: PeerId) -> tuple[Any, Frames] | None:
        """A stream to ``whom`` on which it has agreed to be connected with ``asker``."""
        message = StopMessage(type=StopMessage.CONNECT, peer=Named(id=identifier(asker).to_bytes()), limit=self._limit)
        stream = None
        try:
            with trio.fail_after(ANSWER_SECONDS):
                stream = await self._host.new_stream(identifier(whom), [STOP])
                await stream.write(varint_frame(message.SerializeToString()))
                frames = Frames(stream)
                answer: Any = StopMessage.FromString(await frames.read_varint_frame(MESSAGE_BYTES))
            if answer.status == Status.OK:
                return stream, frames
        except Exception as error:  # noqa: BLE001  # the border: a broken stream has a dozen unrelated types
            log.debug("no circuit to %s: %r", whom.hex()[:8], error)
        await give_up(stream)
        return None

    async def _join(self, payer: PeerId, one: tuple[Any, Frames], other: tuple[Any, Frames]) -> None:
        """Carry bytes both ways until one end closes or stalls, or the circuit's time or bytes are spent."""
        left = self._quota.bytes

        async def carry(source: Any, early: bytes, sink: Any) -> None:
            nonlocal left
            with contextlib.suppress(Exception):  # whichever end breaks first ends both
                content = early or await source.read(_PIECE)
                while content and len(content) <= left:
                    left -= len(content)
                    await self._credit.pay(payer, len(content))
                    await sink.write(content)
                    content = await source.read(_PIECE)
            nursery.cancel_scope.cancel()

        try:
            with trio.move_on_after(self._quota.seconds):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(carry, one[0], one[1].rest(), other[0])
                    nursery.start_soon(carry, other[0], other[1].rest(), one[0])
        finally:
            await give_up(one[0])
            await give_up(other[0])

    @contextmanager
    def _counted(self, asker: PeerId, whom: PeerId) -> Iterator[None]:
        self._from[asker] += 1
        self._to[whom] += 1
        try:
            yield
        finally:
            self._from -= Counter((asker,))
            self._to -= Counter((whom,))


async def _say(stream: Any, status: Status, **fields: Any) -> None:
    code: Any = int(status)
    message = HopMessage(type=HopMessage.STATUS, status=code, **fields)
    await stream.write(varint_frame(message.SerializeToString()))
