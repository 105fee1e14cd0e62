"""Yamux that waits for credit instead of polling for it; refuses a peer that sends more than it was granted.

The library's streams look for credit a hundred times a second, grant it with a frame for every read, let one stream
grow to 16 MiB unread, and only log a peer that sends beyond its credit. Same wire format and the library's bookkeeping;
the two loops of a connection and the streams' own side are replaced.
"""

import contextlib
import logging
import struct
from typing import Any, Final

import trio
from libp2p.stream_muxer import muxer_multistream
from libp2p.stream_muxer.exceptions import MuxedStreamEOF, MuxedStreamError, MuxedStreamReset
from libp2p.stream_muxer.yamux import yamux
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream

log = logging.getLogger("guildmark.network")

STREAM_WINDOW: Final = 1024 * 1024
"""Bytes that one stream may have in flight unread; the library would let it grow to 16 MiB."""

CREDIT_SECONDS: Final = 10.0
"""For a peer to read on before a stream to it is given up; it holds our answer in memory all that time."""

FRAME_BYTES: Final = 65_535 - 16 - 12
"""Payload of one frame, so that with its header it is exactly one Noise message."""

UNSENT_BYTES: Final = 128 * 1024
"""Frames that gather while the socket takes the ones before; beyond that, whoever writes waits."""

LOOK_SECONDS: Final = 7.5
"""Between two looks whether the peer has sent anything; if not, it is pinged."""

QUIET_LOOKS: Final = 2
"""Looks in a row without a byte of the peer after which its connection is given up."""

LAST_WORDS_SECONDS: Final = 1.0
"""For what is unsent when a connection is closed."""

_HEADER: Final = struct.Struct(yamux.YAMUX_HEADER_FORMAT)


class ProtocolError(Exception):
    """The peer does not speak Yamux, or takes more than it was granted."""


class CreditStream(YamuxStream):  # type: ignore[misc]  # the library is untyped
    """One stream that sleeps until it may send, and grants credit once half of its window was read."""

    _pending_recv_release: int
    target_recv_window: int

    def __init__(self, *arguments: Any) -> None:
        self._credit = 0
        self._credited = trio.Event()
        super().__init__(*arguments)

    @property
    def send_window(self) -> int:
        """Bytes that the peer still takes."""
        return self._credit

    @send_window.setter
    def send_window(self, credit: int) -> None:
        self._credit = credit
        self._credited.set()

    async def write(self, data: bytes) -> None:
        """Send ``data``, waiting for credit where need be."""
        view = memoryview(data)
        while view:
            size = await self._take_credit(len(view))
            header = _HEADER.pack(0, yamux.TYPE_DATA, 0, self.stream_id, size)
            await self.conn._write_frame(header + view[:size])  # noqa: SLF001
            view = view[size:]

    async def read(self, n: int | None = -1) -> bytes:
        """Some bytes that have arrived, at most ``n``.

        Raises:
            MuxedStreamReset, MuxedStreamEOF: there will be none any more.
        """
        while True:
            buffer = self.conn.stream_buffers.get(self.stream_id)
            if buffer:
                most = len(buffer) if n is None or n < 0 else n
                content = bytes(buffer[:most])
                del buffer[:most]
                if self.closed and not buffer:
                    self.conn._finalize_stream_locked(self, fully_closed=True)  # noqa: SLF001
                await self._auto_tune_and_send_window_update(bytes_read=len(content))
                return content
            arrival = self.conn.stream_events.get(self.stream_id)
            if self.reset_received:
                raise MuxedStreamReset("Stream was reset")
            if buffer is None or arrival is None or self.recv_closed or self.closed:
                raise MuxedStreamEOF("Stream is closed for receiving")
            await arrival.wait()
            if self.stream_id in self.conn.stream_events:
                self.conn.stream_events[self.stream_id] = trio.Event()

    async def _take_credit(self, wanted: int) -> int:
        """Wait until the peer takes something, and how much of ``wanted`` that is."""
        while True:
            if self.send_closed or self.closed:
                raise MuxedStreamError("Stream is closed for sending")
            size = min(wanted, self._credit, FRAME_BYTES)
            if size > 0:
                self._credit -= size
                return size
            self._credited = trio.Event()
            with trio.move_on_after(CREDIT_SECONDS) as scope:
                await self._credited.wait()
            if scope.cancelled_caught:
                raise MuxedStreamError(f"The peer read nothing for {CREDIT_SECONDS:g} s")

    async def _auto_tune_and_send_window_update(self, *, bytes_read: int = 0) -> None:
        """Grant what was read, in portions of half a window; a stream that is read fast gets a larger window."""
        self._pending_recv_release += bytes_read
        granted = self._pending_recv_release
        if granted < self.target_recv_window // 2:
            return
        self._pending_recv_release = 0
        if self.target_recv_window < STREAM_WINDOW:
            granted += self.target_recv_window
            self.target_recv_window *= 2
        self.recv_window += granted
        await self.send_window_update(granted)


class CreditMuxer(Yamux):  # type: ignore[misc]
    """One connection: a task that takes frames apart as they arrive, and one that sends those that have gathered."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arrived = bytearray()
        self._unsent = bytearray()
        self._sending = False
        self._gathered = trio.Event()
        self._sent = trio.Event()
        self._listening = False
        self._quiet = 0

    async def start(self) -> None:
        """Serve the connection until it ends."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._watch)
            nursery.start_soon(self._stale_stream_sweeper)
            nursery.start_soon(self._send_gathered)
            await nursery.start(self._handle_incoming_with_ready_signal)
            self._established = True
            self.event_started.set()
        with contextlib.suppress(trio.ClosedResourceError):
            self.new_stream_send_channel.close()

    async def close(self, error_code: int = yamux.GO_AWAY_NORMAL) -> None:
        """Say goodbye, send what is unsent if the peer takes it soon, and hang up."""
        if self.is_established:
            with trio.move_on_after(LAST_WORDS_SECONDS):
                await self._write_frame(_HEADER.pack(0, yamux.TYPE_GO_AWAY, 0, 0, error_code))
                while (self._unsent or self._sending) and not self.event_shutting_down.is_set():
                    await self._sent.wait()
        await super().close(error_code)

    async def handle_incoming(self) -> None:
        """Take frames until the peer leaves or breaks the protocol."""
        try:
            while not self.event_shutting_down.is_set():
                self._listening = True
                arrived = await self.secured_conn.read_arrived()
                self._listening, self._quiet = False, 0
                if not arrived:
                    break
                self._arrived += arrived
                await self._take_frames()
        except Exception as error:  # noqa: BLE001  # the gate: whatever a peer provokes ends its connection alone
            log.debug("the connection of %s ends: %r", self.peer_id, error)
        await self._cleanup_on_error()

    async def _watch(self) -> None:
        """End the connection of a peer that hangs with its socket open; whoever sends anything does not.

        Looks are counted and not seconds, and none while we are busy ourselves: what has arrived may wait for us.
        """
        while self._quiet < QUIET_LOOKS:
            await trio.sleep(LOOK_SECONDS)
            self._quiet += self._listening
            if self._quiet:
                self._ping_id += 1
                self._unsent += _HEADER.pack(0, yamux.TYPE_PING, yamux.FLAG_SYN, 0, self._ping_id)
                self._gathered.set()
        log.debug("%s has been silent for too long", self.peer_id)
        await self._cleanup_on_error()

    async def _write_frame(self, data: bytes) -> None:
        """Leave a frame to the sending task; waits while too much is unsent."""
        while len(self._unsent) > UNSENT_BYTES:
            if self.event_shutting_down.is_set():
                raise MuxedStreamError("Connection is shutting down")
            await self._sent.wait()
        self._unsent += data
        self._gathered.set()

    async def _send_gathered(self) -> None:
        """Send what has gathered while the socket took what was before; ends with the connection."""
        try:
            while True:
                await self._gathered.wait()
                self._gathered = trio.Event()
                gathered, self._unsent, self._sending = self._unsent, bytearray(), True
                await self.secured_conn.write(gathered)
                self._sending = False
                self._sent.set()
                self._sent = trio.Event()
        except Exception as error:  # noqa: BLE001  # the gate, as above
            log.debug("the connection of %s takes no more: %r", self.peer_id, error)
            await self._cleanup_on_error()
        finally:
            self._sent.set()

    async def _take_frames(self) -> None:
        """Take apart the frames that have arrived whole."""
        while len(self._arrived) >= yamux.HEADER_SIZE:
            version, kind, flags, number, length = _HEADER.unpack_from(self._arrived)
            if version != 0 or kind > yamux.TYPE_GO_AWAY:
                raise ProtocolError(f"no frame of Yamux: version {version}, type {kind}")
            end = yamux.HEADER_SIZE
            if kind == yamux.TYPE_DATA:
                stream = self.streams.get(number)
                if length > (yamux.DEFAULT_WINDOW_SIZE if stream is None else stream.recv_window):
                    raise ProtocolError(f"{length} bytes beyond the credit of a stream")
                end += length
                if len(self._arrived) < end:
                    return
            body = bytes(self._arrived[yamux.HEADER_SIZE : end])
            del self._arrived[:end]
            if kind == yamux.TYPE_PING:
                if flags & yamux.FLAG_SYN:
                    await self._write_frame(_HEADER.pack(0, yamux.TYPE_PING, yamux.FLAG_ACK, 0, length))
            elif kind == yamux.TYPE_GO_AWAY:
                raise ProtocolError(f"goodbye, {length}")
            else:
                await self._take_frame(number, flags, body, length if kind == yamux.TYPE_WINDOW_UPDATE else 0)

    async def _take_frame(self, number: int, flags: int, body: bytes, credit: int) -> None:
        """One frame of a stream; of one that we closed the peer may not know yet."""
        opens = bool(flags & yamux.FLAG_SYN)
        if opens and number in self.streams:
            await self._write_frame(_HEADER.pack(0, yamux.TYPE_WINDOW_UPDATE, yamux.FLAG_RST, number, 0))
            return
        stream = self._accept(number) if opens else self.streams.get(number)
        if stream is None:
            return
        stream.send_window += credit
        stream.recv_window -= len(body)
        self.stream_buffers[number] += body
        if flags & yamux.FLAG_FIN:
            stream.recv_closed = True
            stream.closed = stream.send_closed
        if flags & yamux.FLAG_RST:
            stream.closed = stream.reset_received = True
        self.stream_events[number].set()
        if stream.closed:
            self._finalize_stream_locked(stream, fully_closed=True)
        if opens:
            await self._write_frame(_HEADER.pack(0, yamux.TYPE_WINDOW_UPDATE, yamux.FLAG_ACK, number, 0))
            await self.new_stream_send_channel.send(stream)

    def _accept(self, number: int) -> Any:
        if number == 0 or number % 2 == int(self.is_initiator_value):
            raise ProtocolError(f"stream {number} is not for the peer to open")
        stream = self.streams[number] = CreditStream(number, self, False)  # noqa: FBT003  # we do not initiate it
        self.stream_buffers[number] = bytearray()
        self.stream_events[number] = trio.Event()
        return stream


def install() -> None:
    """Let every connection of this process be a ``CreditMuxer``, which the library would not ask its options for."""
    muxer_multistream.Yamux = CreditMuxer
    yamux.YamuxStream = CreditStream
    yamux.MAX_WINDOW_SIZE = STREAM_WINDOW
