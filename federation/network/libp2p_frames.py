"""Length-prefixed frames on a libp2p stream; refuses a frame above its limit before reading it."""

from typing import Any, Final

_CHUNK: Final = 64 * 1024
"""Bytes asked of the stream at once; the library sends one flow-control frame per read."""

_VARINT_BYTES: Final = 5
"""Enough for every length below 2**35."""


class FrameError(Exception):
    """The frame is larger than allowed, or its length has no end."""


class StreamEndError(FrameError):
    """The stream ended in mid-frame, which is nobody's fault."""


class Frames:
    """Reads whole frames from one stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._buffer = bytearray()

    async def read_frame(self, limit: int) -> bytes:
        """A frame with a length of 4 big-endian bytes in front, at most ``limit`` bytes."""
        return await self._read_body(int.from_bytes(await self._read(4), "big"), limit)

    async def read_varint_frame(self, limit: int) -> bytes:
        """A frame with its length in front as an unsigned varint (multiformats), at most ``limit`` bytes."""
        length = 0
        for index in range(_VARINT_BYTES):
            if not self._buffer:
                await self._fill()
            byte = self._buffer.pop(0)
            length |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return await self._read_body(length, limit)
        raise FrameError("the length has no end")

    def rest(self) -> bytes:
        """What has been read beyond the frames; the stream's reader goes on after it."""
        content = bytes(self._buffer)
        self._buffer.clear()
        return content

    async def _read_body(self, length: int, limit: int) -> bytes:
        if length > limit:
            raise FrameError(f"a frame of {length} bytes; at most {limit} are taken")
        return await self._read(length)

    async def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._fill()
        content = bytes(self._buffer[:size])
        del self._buffer[:size]
        return content

    async def _fill(self) -> None:
        chunk = await self._stream.read(_CHUNK)
        if not chunk:
            raise StreamEndError("the stream ended in mid-frame")
        self._buffer += chunk


def frame(content: bytes) -> bytes:
    """``content`` as ``Frames.read_frame`` takes it."""
    return len(content).to_bytes(4, "big") + content


def varint_frame(content: bytes) -> bytes:
    """``content`` as ``Frames.read_varint_frame`` takes it."""
    prefix, length = bytearray(), len(content)
    while length >= 0x80:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + content
