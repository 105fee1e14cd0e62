"""Files of any size between two nodes in constant memory: pulled, checked and written chunk by chunk.

The receiver asks for a few chunks at a time, so it sets the pace, and each is on disk before the next is asked for.
What a broken transfer left is checked and kept: only the rest is fetched, from whichever source has it. Refuses a chunk
that is not what the content's name promises, and does not ask its source again.
"""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol, TypeVar, TypeVarTuple

import trio

from federation.errors import FederationError, RefusedError, UnavailableError
from federation.network import Network
from protocol.content import (
    ChunkRequest,
    Outline,
    OutlineRequest,
    check_chunk,
    check_outline,
    chunk_size,
    content_digest,
)
from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.params import CHUNK_BYTES
from protocol.topics import FETCH_CHUNK, FETCH_OUTLINE
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.transfer")

CHUNKS_AT_ONCE: Final = 3
"""Chunks asked for at a time: one on the wire, one being written, one being asked for; 12 MiB in all."""

CHUNK_SECONDS: Final = 30.0
"""For one chunk; at a megabit a second it takes as long."""

MAX_OUTLINES: Final = 64
"""Outlines kept at hand; of a large content, one costs a pass over the whole file."""

FIRST_PAUSE_SECONDS: Final = 0.25
LAST_PAUSE_SECONDS: Final = 5.0
"""Between attempts while no source is there, doubling."""


class Library(Protocol):
    """What a node hands out, and to whom."""

    async def find(self, peer: PeerId, content: Digest) -> Path | None:
        """The file with ``content``, if there is one and ``peer`` may have it."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The answering side."""

    library: Library
    outlines: dict[Digest, Outline]

    async def outline(self, peer: PeerId, payload: bytes) -> bytes:
        content = decode(OutlineRequest, payload).content
        return encode(await self._outline(await self._path(peer, content), content))

    async def chunk(self, peer: PeerId, payload: bytes) -> bytes:
        request = decode(ChunkRequest, payload)
        path = await self._path(peer, request.content)
        outline = await self._outline(path, request.content)
        if not 0 <= request.index < len(outline.chunks):
            raise RejectError(f"no chunk {request.index} of {len(outline.chunks)}")
        return await trio.to_thread.run_sync(_read, path, request.index)

    async def _path(self, peer: PeerId, content: Digest) -> Path:
        path = await self.library.find(peer, content)
        if path is None:
            raise RefusedError("unknown", "no such content here for you")
        return path

    async def _outline(self, path: Path, content: Digest) -> Outline:
        if content not in self.outlines:
            found = await trio.to_thread.run_sync(outline_of, path)
            if content_digest(found) != content:
                log.error("%s is not what it was when it was laid out", path)
                raise RefusedError("changed", "the file has changed")
            if len(self.outlines) >= MAX_OUTLINES:
                del self.outlines[next(iter(self.outlines))]
            self.outlines[content] = found
        return self.outlines[content]


def serve_contents(network: Network, library: Library) -> None:
    """Hand out what ``library`` allows until ``network`` closes."""
    shelf = _Shelf(library, {})
    network.serve(FETCH_OUTLINE, shelf.outline)
    network.serve(FETCH_CHUNK, shelf.chunk)


def outline_of(path: Path) -> Outline:
    """The outline of the file at ``path``; reads all of it, in constant memory."""
    chunks: list[Digest] = []
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            chunks.append(Digest(sha256(chunk).digest()))
        return Outline(size=file.tell(), chunks=tuple(chunks))


async def fetch_content(
    network: Network,
    sources: Sequence[PeerId],
    content: Digest,
    path: Path,
    *,
    deadline: float,
    progress: "Tally" = lambda _received, _size: None,
) -> None:
    """Bring ``content`` from any of ``sources`` to ``path``, on from where an earlier call left off.

    Args:
        deadline: seconds for all of it; what has come by then is kept for the next call.
        progress: told after each chunk, and at once what was kept.

    Raises:
        UnavailableError: not complete in time, or the disk is full; call again.
        RefusedError: every source refuses.
        RejectError: every source sends something else.
    """
    with trio.move_on_after(deadline) as scope:
        await _Fetch(network, list(sources), content, path, progress).run()
    if scope.cancelled_caught:
        raise UnavailableError(f"{path.name} did not come within {deadline:g} s; what came of it is kept")


class _Fetch:
    """The asking side of one transfer."""

    def __init__(self, network: Network, sources: list[PeerId], content: Digest, path: Path, told: "Tally") -> None:
        self._network = network
        self._sources = sources
        self._content = content
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._told = told
        self._received = 0
        self._last: FederationError | RejectError = UnavailableError("no source")
        self._failed: FederationError | RejectError | None = None

    async def run(self) -> None:
        reply = await self._ask(FETCH_OUTLINE, encode(OutlineRequest(content=self._content)), self._check_outline)
        outline = decode(Outline, reply)
        missing = await _on_disk(_missing, self._path, self._part, outline)
        self._received = outline.size - sum(chunk_size(outline, index) for index in missing)
        self._told(self._received, outline.size)
        send, receive = trio.open_memory_channel[int](len(missing))
        with send, receive:
            for index in missing:
                send.send_nowait(index)
            async with trio.open_nursery() as nursery:
                for _ in range(CHUNKS_AT_ONCE):
                    nursery.start_soon(self._work, outline, receive, nursery.cancel_scope)
        if self._failed is not None:
            raise self._failed
        await _on_disk(_finish, self._part, self._path, outline.size)

    async def _work(self, outline: Outline, indices: trio.MemoryReceiveChannel[int], others: trio.CancelScope) -> None:
        while True:
            try:
                index = indices.receive_nowait()
            except (trio.WouldBlock, trio.EndOfChannel):
                return
            request = encode(ChunkRequest(content=self._content, index=index))
            try:
                chunk = await self._ask(FETCH_CHUNK, request, partial(check_chunk, outline, index))
                await _on_disk(_write, self._part, index, chunk)
            except (FederationError, RejectError) as error:
                self._failed = error
                others.cancel()
                return
            self._received += len(chunk)
            self._told(self._received, outline.size)

    def _check_outline(self, reply: bytes) -> None:
        check_outline(decode(Outline, reply), self._content)

    async def _ask(self, protocol: str, request: bytes, check: "Check") -> bytes:
        """A reply that ``check`` accepts, from the first source that gives one; waits while none is there."""
        pause = FIRST_PAUSE_SECONDS
        while self._sources:
            for source in tuple(self._sources):
                try:
                    reply = await self._network.request(source, protocol, request, deadline=CHUNK_SECONDS)
                    await trio.to_thread.run_sync(check, reply)
                except UnavailableError as error:
                    log.debug("%s: %s", self._path.name, error)
                except (RefusedError, RejectError) as error:
                    log.info("%s of %s: %s", self._path.name, source.hex()[:8], error)
                    self._drop(source, error)
                else:
                    return reply
            if self._sources:
                await trio.sleep(pause)
                pause = min(LAST_PAUSE_SECONDS, pause * 2)
        raise self._last

    def _drop(self, source: PeerId, error: RefusedError | RejectError) -> None:
        self._last = error
        if source in self._sources:
            self._sources.remove(source)


class Tally(Protocol):
    """Hears how far a transfer is."""

    def __call__(self, received: int, size: int, /) -> None:
        """``received`` of ``size`` bytes are on disk."""


class Check(Protocol):
    """Raises RejectError for a reply that is not what was asked for."""

    def __call__(self, reply: bytes, /) -> None:
        """Check ``reply``."""


_Arguments = TypeVarTuple("_Arguments")
_Found = TypeVar("_Found")


async def _on_disk(work: Callable[[*_Arguments], _Found], *arguments: *_Arguments) -> _Found:
    """Do ``work`` in a thread.

    Raises:
        UnavailableError: the disk is full or does not answer.
    """
    try:
        return await trio.to_thread.run_sync(work, *arguments)
    except OSError as error:
        raise UnavailableError(f"what comes cannot be kept: {error.strerror}") from error


def _missing(path: Path, part: Path, outline: Outline) -> list[int]:
    """Chunks that neither ``part`` nor a file that came whole holds; ``part`` has the content's size afterwards."""
    if path.exists() and not part.exists():
        path.rename(part)
    part.touch()
    kept = part.stat().st_size
    missing = []
    for index in range(len(outline.chunks)):
        try:
            check_chunk(outline, index, _read(part, index) if index * CHUNK_BYTES < kept else b"")
        except RejectError:
            missing.append(index)
    os.truncate(part, outline.size)
    return missing


def _read(path: Path, index: int) -> bytes:
    with path.open("rb") as file:
        file.seek(index * CHUNK_BYTES)
        return file.read(CHUNK_BYTES)


def _write(part: Path, index: int, chunk: bytes) -> None:
    with part.open("r+b") as file:
        file.seek(index * CHUNK_BYTES)
        file.write(chunk)


def _finish(part: Path, path: Path, size: int) -> None:
    with part.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())
    part.rename(path)
