"""Reads a customer's file: the gate in this process, the parser in a jailed child, a typed answer either way."""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from node.design.cache import Cache
from node.design.engine import ENGINE
from node.design.errors import Code, IntakeError, UnitQuestionError
from node.design.formats import Format
from node.design.gate import Limits, inspect
from node.design.part import PartModel
from node.design.reading import Options, Reading, Request
from node.design.warm import ORDER, OVERDUE, READY, STATUS
from protocol import wire
from protocol.errors import RejectError

ROOT = Path(__file__).parents[2]
"""Where the packages lie; the warm parent is started there so that it imports the same code."""

DEFAULT = Limits()
NO_OPTIONS = Options()

WARMING = 180.0
"""Seconds until the kernel must be loaded: one or two on an idle machine, a minute on one ten times too busy."""


class Intake:
    """Reads files through one warm parent, which it starts when first needed and again should it die."""

    def __init__(self, *, limits: Limits = DEFAULT, cache: Cache | None = None) -> None:
        self.limits = limits
        self._cache = cache or Cache()
        self._starting = trio.Lock()
        self._parent: tuple[trio.Process, socket.socket] | None = None

    async def read(
        self, source: bytes | str | os.PathLike[str], *, name: str = "", options: Options = NO_OPTIONS
    ) -> Reading:
        """Measure the part in a file, a path or bytes; ``name`` is the file's name if only bytes are given.

        The same content, options and engine give the same answer, the second time from the cache. At most
        ``limits.wall`` seconds once the parent is warm; the child is killed when this raises or is cancelled.

        Raises:
            IntakeError: the file cannot be quoted; ``code`` says why.
            UnitQuestionError: the customer has to name the unit.
            OSError: the path cannot be read, or no process can be started.
        """
        content, name = await self._load(source, name)
        kind = await trio.to_thread.run_sync(lambda: inspect(content, name=name, limits=self.limits))
        request = _request(kind, content, options, self.limits)
        key = hashlib.sha256(ENGINE.encode() + b"\0" + request).digest()
        known = self._cache.get(key)
        if known is not None:
            return _reading(known, content)
        answer = await self._ask(request)
        reading = _reading(answer, content)
        self._cache.put(key, answer)  # refusals are not kept: some depend on how busy the machine was
        return reading

    async def warm(self) -> None:
        """Start the parent now rather than with the first file."""
        await self._parents_socket()

    async def close(self) -> None:
        """End the parent and with it every child."""
        if self._parent is not None:
            process, orders = self._parent
            orders.close()
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            self._parent = None

    async def _load(self, source: bytes | str | os.PathLike[str], name: str) -> tuple[bytes, str]:
        if isinstance(source, bytes):
            return source, name
        path = trio.Path(os.fspath(source))
        size = (await path.stat()).st_size
        if size > self.limits.mesh_size:
            raise IntakeError(Code.TOO_LARGE, f"The file has {size:,} bytes, more than {self.limits.mesh_size:,}")
        return await path.read_bytes(), name or path.name

    async def _ask(self, request: bytes) -> bytes:
        """Have a child forked for the request; its answer.

        Raises:
            IntakeError: what the child's end means.
        """
        orders = await self._parents_socket()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                order = ORDER.pack(self.limits.cpu, self.limits.memory, self.limits.wall)
                try:
                    socket.send_fds(orders, [order], [theirs.fileno()])
                except OSError as error:
                    raise IntakeError(Code.PARSER_CRASH, "The reader's parent is gone") from error
            with trio.move_on_after(self.limits.wall + 5) as patience:  # the parent keeps the real deadline
                answer = await _converse(trio.socket.from_stdlib_socket(ours), request, self.limits.answer)
        if patience.cancelled_caught:
            raise IntakeError(Code.TIME_LIMIT, f"Reading took longer than {self.limits.wall} s")
        if len(answer) < STATUS.size:
            raise IntakeError(Code.PARSER_CRASH, "The reader's parent is gone")
        _raise_for(STATUS.unpack(answer[-STATUS.size :])[0], self.limits)
        return answer[: -STATUS.size]

    async def _parents_socket(self) -> socket.socket:
        async with self._starting:
            if self._parent is not None and self._parent[0].poll() is not None:
                await self.close()
            if self._parent is None:
                self._parent = await _start()
            return self._parent[1]


@asynccontextmanager
async def open_intake(*, limits: Limits = DEFAULT, cache: Cache | None = None) -> AsyncIterator[Intake]:
    """An intake that ends with the block, its processes too."""
    intake = Intake(limits=limits, cache=cache)
    try:
        yield intake
    finally:
        await intake.close()


async def read_part(
    source: bytes | str | os.PathLike[str], *, name: str = "", limits: Limits = DEFAULT, options: Options = NO_OPTIONS
) -> PartModel:
    """Measure one part with an intake of its own; whoever reads more than one file opens an intake.

    Raises:
        IntakeError: the file cannot be quoted; ``code`` says why.
        OSError: the path cannot be read, or no process can be started.
    """
    async with open_intake(limits=limits) as intake:
        reading = await intake.read(source, name=name, options=options)
    if reading.part is None:
        raise AssertionError("a reading without a part raises")
    return reading.part


async def _start() -> tuple[trio.Process, socket.socket]:
    """A warm parent and the socket that it takes orders from."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-B", "-m", "node.design.warm"]
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    try:
        with theirs:
            process = await trio.lowlevel.open_process(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
                env=environment,
            )  # fmt: skip
    except BaseException:
        ours.close()
        raise
    sign = b""
    try:
        with trio.move_on_after(WARMING), trio.socket.from_stdlib_socket(ours.dup()) as ready:
            sign = await ready.recv(1)
    finally:
        if sign != READY:
            ours.close()
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
    if sign != READY:
        raise IntakeError(Code.PARSER_CRASH, "The geometry kernel cannot be loaded")
    ours.settimeout(None)
    return process, ours


async def _converse(line: trio.socket.SocketType, request: bytes, most: int) -> bytes:
    """Send the request and take the answer; stops listening to a child that says more than it may."""
    answer = bytearray()

    async def listen() -> None:
        with contextlib.suppress(ConnectionResetError):  # the child died with the request half read
            while len(answer) <= most and (piece := await line.recv(1 << 16)):
                answer.extend(piece)

    async def speak() -> None:
        try:
            await trio.SocketStream(line).send_all(request)
            line.shutdown(socket.SHUT_WR)
        except (trio.BrokenResourceError, OSError):
            return  # the child died; its status tells why

    async with trio.open_nursery() as nursery:
        nursery.start_soon(speak)
        await listen()
        nursery.cancel_scope.cancel()
    if len(answer) > most:
        raise IntakeError(Code.PARSER_CRASH, "The reader says more than it may")
    return bytes(answer)


def _request(kind: Format, content: bytes, options: Options, limits: Limits) -> bytes:
    return wire.encode(
        Request(
            kind=kind, options=options, triangles=limits.triangles, unpacked=limits.unpacked, content=content
        )
    )  # fmt: skip


def _raise_for(status: int, limits: Limits) -> None:
    """Translate how the child ended; a status of 0 raises nothing.

    Raises:
        IntakeError: TIME_LIMIT, CPU_LIMIT, MEMORY_LIMIT or PARSER_CRASH.
    """
    if status == 0:
        return
    if status == OVERDUE:
        raise IntakeError(Code.TIME_LIMIT, f"Reading took longer than {limits.wall} s")
    if status == -signal.SIGXCPU:
        raise IntakeError(Code.CPU_LIMIT, "Reading the file needs more processor time than allowed")
    if status == -signal.SIGABRT:  # how C++ ends when an allocation fails where nothing catches
        raise IntakeError(Code.MEMORY_LIMIT, "Reading the file needs more memory than allowed")
    if status < 0:
        raise IntakeError(Code.PARSER_CRASH, f"The reader crashed on the file ({signal.Signals(-status).name})")
    raise IntakeError(Code.PARSER_CRASH, f"The reader ended with status {status}")


def _reading(answer: bytes, content: bytes) -> Reading:
    """Parse the child's answer, which is as little to be trusted as the file was."""
    try:
        reading = wire.decode(Reading, answer)
    except RejectError as error:
        raise IntakeError(Code.PARSER_CRASH, "The reader's answer makes no sense") from error
    refusal = reading.refusal
    if refusal is not None:
        if refusal.code is Code.UNITS:
            raise UnitQuestionError(refusal.detail, refusal.sizes)
        raise IntakeError(refusal.code, refusal.detail)
    if reading.part is None or reading.part.sha256 != hashlib.sha256(content).digest():
        raise IntakeError(Code.PARSER_CRASH, "The reader answered about another file")
    return reading
