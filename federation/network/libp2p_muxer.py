"""Yamux streams that wait for credit instead of polling for it; refuses a peer that grants none for too long.

The library's streams look for credit a hundred times a second, grant it with a frame for every read, and let one stream
grow to 16 MiB unread. Same wire format, same connection; only the stream's own side is replaced.
"""

import struct
from typing import Any, Final

import trio
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux import yamux
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream

STREAM_WINDOW: Final = 1024 * 1024
"""Bytes that one stream may have in flight unread; the library would let it grow to 16 MiB."""

CREDIT_SECONDS: Final = 10.0
"""For a peer to read on before a stream to it is given up; it holds our answer in memory all that time."""

FRAME_BYTES: Final = 65_535 - 16 - 12
"""Payload of one frame, so that with its header it is exactly one Noise message."""

_HEADER: Final = struct.Struct(yamux.YAMUX_HEADER_FORMAT)


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
    """The library's connection; its frames are not taken apart again for a log that nobody reads."""

    async def _write_frame(self, data: bytes) -> None:
        async with self._write_lock:
            await self.secured_conn.write(data)
        await trio.lowlevel.checkpoint()


def install() -> None:
    """Let every connection of this process open ``CreditStream``s; the library names the class in one place."""
    yamux.YamuxStream = CreditStream
    yamux.MAX_WINDOW_SIZE = STREAM_WINDOW
