"""Being reached, and reaching others, by way of a relay (circuit relay v2, the client); refuses circuits unasked for.

The library's own client dials for itself, takes a circuit from whoever offers one, and adds the connection behind the
gates' back. Here a circuit is a stream like others until the handshake over it, which passes the same gates as one
over TCP: the relay sees who talks to whom, and how much, and nothing else.
"""

import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import trio
from libp2p.connection_types import ConnectionType
from libp2p.custom_types import TProtocol
from libp2p.io.abc import ReadWriteCloser
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.peer.id import ID
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, StopMessage
from libp2p.relay.circuit_v2.pb.circuit_pb2 import PeerId as Named
from multiaddr import Multiaddr
from typing_extensions import override

from federation.errors import UnreachableError
from federation.network.libp2p_admission import Admission
from federation.network.libp2p_containment import within
from federation.network.libp2p_frames import Frames, varint_frame
from federation.network.libp2p_identity import identifier, parse_address, peer_of, through
from protocol.ids import PeerId

log = logging.getLogger("guildmark.network")

HOP: Final = TProtocol("/libp2p/circuit/relay/0.2.0/hop")
STOP: Final = TProtocol("/libp2p/circuit/relay/0.2.0/stop")

MESSAGE_BYTES: Final = 4096
"""Of one message; a reservation with a dozen addresses and its voucher has a quarter of it."""

ANSWER_SECONDS: Final = 5.0
"""For one message to arrive; a relay asks the other end in between, which has as long."""

END_SECONDS: Final = 1.0
"""For telling the other end that a stream is over."""

LOOK_SECONDS: Final = 0.5
"""Between looks whether our reservations stand."""

RETRY_SECONDS: Final = 10.0
"""After a relay refused; it may have room later."""


class Status(IntEnum):
    """What a relay answers (specification of circuit relay v2)."""

    OK = 100
    REFUSED = 200
    LIMIT_EXCEEDED = 201
    DENIED = 202
    FAILED = 203
    NO_RESERVATION = 204
    MALFORMED = 400


class Circuit(ReadWriteCloser):  # type: ignore[misc]  # the library is untyped
    """A stream through a relay as the ground of a whole connection."""

    def __init__(self, stream: Any, early: bytes) -> None:
        """Take ``early`` as what has been read of ``stream`` beyond its messages."""
        self._stream = stream
        self._early = early

    @override
    async def read(self, n: int | None = None) -> bytes:
        if self._early:
            size = len(self._early) if n is None else n
            content, self._early = self._early[:size], self._early[size:]
            return content
        return bytes(await self._stream.read(n))

    @override
    async def write(self, data: bytes) -> None:
        await self._stream.write(data)

    @override
    async def close(self) -> None:
        await self._stream.reset()

    @override
    def get_remote_address(self) -> tuple[str, int] | None:
        return None  # the relay's would be taken for the peer's


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reserved:
    """A relay's promise, which lasts as long as the connection that it was given on."""

    ground: Any
    until: float


class Circuits:
    """Our reservations, and the circuits that we open and accept."""

    def __init__(
        self, host: Any, admission: Admission, us: PeerId, relays: Iterable[str], wall: Callable[[], float]
    ) -> None:
        """Take ``relays`` as addresses of relays through which we are to be reached; ``wall`` is wall time.

        Raises:
            ValueError: one of them is not one.
        """
        self._host = host
        self._admission = admission
        self._us = us
        self._wall = wall
        self._relays = dict(map(parse_address, relays))
        self._reserved: dict[PeerId, _Reserved] = {}
        host.set_stream_handler(STOP, self._accept)

    @property
    def reserved(self) -> tuple[PeerId, ...]:
        """Relays through which we can be reached now."""
        now = trio.current_time()
        return tuple(relay for relay, one in self._reserved.items() if now < one.until and not one.ground.is_closed)

    @property
    def wanted(self) -> tuple[PeerId, ...]:
        """Relays through which we are to be reached."""
        return tuple(self._relays)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others dial us by way of our relays."""
        ours = identifier(self._us)
        return tuple(f"{through(relay, self._relays[relay])}/p2p/{ours}" for relay in self.reserved)

    async def keep(self) -> None:
        """Keep a place at each relay that we are connected with; never returns."""
        refused: dict[PeerId, float] = {}
        while True:
            for relay in self._missing():
                if trio.current_time() >= refused.get(relay, 0.0):
                    try:
                        await self._reserve(relay)
                        log.info("others reach us by way of %s", relay.hex()[:8])
                    except UnreachableError as error:
                        log.debug("no place at a relay: %s", error)
                        refused[relay] = trio.current_time() + RETRY_SECONDS
            await trio.sleep(LOOK_SECONDS)

    async def open(self, relay: PeerId, whom: ID, where: Multiaddr) -> None:
        """Connect with ``whom`` by way of ``relay``, which is connected.

        Raises:
            UnreachableError: the relay says no, or breaks off.
        """
        message = HopMessage(type=HopMessage.CONNECT, peer=Named(id=whom.to_bytes()))
        stream, frames, _ = await self._ask(relay, message)
        raw = _ground(stream, frames, where, initiator=True)
        try:
            await self._host.get_network().upgrade_outbound_raw_conn(raw, whom)
        except Exception as error:  # the border: a failed handshake has a dozen unrelated types
            raise UnreachableError(f"no handshake by way of {relay.hex()[:8]}: {error!r}") from error

    def _missing(self) -> list[PeerId]:
        """Relays that are connected and hold no place for us."""
        swarm = self._host.get_network()
        open_to = [r for r in self._relays if any(not c.is_closed for c in swarm.get_connections(identifier(r)))]
        return [relay for relay in open_to if relay not in self.reserved]

    async def _reserve(self, relay: PeerId) -> None:
        asked = trio.current_time()
        stream, _, answer = await self._ask(relay, HopMessage(type=HopMessage.RESERVE))
        lifetime = max(0.0, answer.reservation.expire - self._wall())
        self._reserved[relay] = _Reserved(ground=stream.muxed_conn, until=asked + lifetime * 3 / 4)
        with contextlib.suppress(Exception):
            await stream.close()

    async def _ask(self, relay: PeerId, message: Any) -> tuple[Any, Frames, Any]:
        """A stream to ``relay`` on which it has agreed to ``message``, and its answer.

        Raises:
            UnreachableError: it has not.
        """
        stream = None
        try:
            with trio.fail_after(2 * ANSWER_SECONDS):
                stream = await self._host.new_stream(identifier(relay), [HOP])
                await stream.write(varint_frame(message.SerializeToString()))
                frames = Frames(stream)
                answer: Any = HopMessage.FromString(await frames.read_varint_frame(MESSAGE_BYTES))
        except Exception as error:  # the border: a broken stream has a dozen unrelated types
            await give_up(stream)
            raise UnreachableError(f"the relay {relay.hex()[:8]} does not relay: {error!r}") from error
        if answer.status != Status.OK:
            await give_up(stream)
            raise UnreachableError(f"the relay {relay.hex()[:8]} says {answer.status}")
        return stream, frames, answer

    async def _accept(self, stream: Any) -> None:
        """Let a relay of ours connect somebody with us, as though it had dialled us."""
        relay = peer_of(stream.muxed_conn.peer_id.to_bytes())
        frames = Frames(stream)
        with trio.fail_after(ANSWER_SECONDS):
            message = StopMessage.FromString(await frames.read_varint_frame(MESSAGE_BYTES))
        agreed = relay in self.reserved and message.type == StopMessage.CONNECT
        status: Any = int(Status.OK if agreed else Status.DENIED)
        answer = StopMessage(type=StopMessage.STATUS, status=status)
        await stream.write(varint_frame(answer.SerializeToString()))
        if not agreed or relay is None:
            await stream.close()
            return
        where = through(relay, self._relays[relay])
        await self._admission.secure(_ground(stream, frames, where, initiator=False), where)


def relayed(connection: Any) -> bool:
    """Whether ``connection`` goes by way of a relay."""
    return bool(connection.muxed_conn.get_connection_type() is ConnectionType.RELAYED)


async def give_up(stream: Any) -> None:
    """End a stream at once, if there is one, whatever becomes of our task."""
    if stream is not None:
        with within(END_SECONDS), contextlib.suppress(Exception):
            await stream.reset()


def _ground(stream: Any, frames: Frames, where: Multiaddr, *, initiator: bool) -> RawConnection:
    return RawConnection(
        Circuit(stream, frames.rest()), initiator, connection_type=ConnectionType.RELAYED, addresses=[where]
    )
