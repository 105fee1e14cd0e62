"""Reads a customer's file: the gate in this process, the parser in a jailed child, a typed answer either way."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import trio

from node.design.errors import Code, IntakeError
from node.design.gate import Limits, inspect
from node.design.part import PartModel
from node.design.reading import Reading
from protocol import wire
from protocol.errors import RejectError

ROOT = Path(__file__).parents[2]
"""Where the packages lie; the child is started there so that it imports the same code."""

DEFAULT = Limits()


async def read_part(source: bytes | str | os.PathLike[str], *, name: str = "", limits: Limits = DEFAULT) -> PartModel:
    """Measure the part in a STEP file, a path or bytes; ``name`` is the file's name if only bytes are given.

    At most ``limits.wall`` seconds; the child is gone when this returns, raises or is cancelled.

    Raises:
        IntakeError: the file cannot be quoted; ``code`` says why.
        OSError: the path cannot be read, or no process can be started.
    """
    if isinstance(source, bytes):
        step = source
    else:
        path = trio.Path(os.fspath(source))
        name = name or path.name
        if (await path.stat()).st_size > limits.size:
            raise IntakeError(Code.TOO_LARGE, f"The file has more than {limits.size:,} bytes")
        step = await path.read_bytes()
    await trio.to_thread.run_sync(lambda: inspect(step, name=name, limits=limits))
    return _part(await _ask_reader(step, limits), step, limits)


async def _ask_reader(step: bytes, limits: Limits) -> bytes:
    """Run the child; its answer.

    Raises:
        IntakeError: TIME_LIMIT, or what the child's end means.
    """
    command = [sys.executable, "-B", "-m", "node.design.reader", str(limits.cpu), str(limits.memory)]
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    child = await trio.lowlevel.open_process(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment
    )
    try:
        with trio.move_on_after(limits.wall) as deadline:
            answer = await _converse(child, step, limits)
        if deadline.cancelled_caught:
            raise IntakeError(Code.TIME_LIMIT, f"Reading took longer than {limits.wall} s")
    finally:
        child.kill()
        with trio.CancelScope(shield=True):
            await child.wait()
    _raise_for(child.returncode)
    return answer


async def _converse(child: trio.Process, step: bytes, limits: Limits) -> bytes:
    """Send the file and take the answer; stops listening to a child that says more than it may."""
    stdin, stdout = child.stdin, child.stdout
    if stdin is None or stdout is None:
        raise AssertionError("the child was opened with pipes")
    answer = bytearray()
    async with stdin, stdout, trio.open_nursery() as nursery:
        nursery.start_soon(_feed, stdin, step)
        async for piece in stdout:
            answer += piece
            if len(answer) > limits.answer:
                break
        else:
            await child.wait()
        nursery.cancel_scope.cancel()
    return bytes(answer)


async def _feed(stdin: trio.abc.SendStream, step: bytes) -> None:
    try:
        await stdin.send_all(step)
    except trio.BrokenResourceError:
        return  # the child died; its status tells why
    await stdin.aclose()


def _raise_for(status: int | None) -> None:
    """Translate how the child ended; a status of 0 raises nothing.

    Raises:
        IntakeError: CPU_LIMIT, MEMORY_LIMIT or PARSER_CRASH.
    """
    if status == 0:
        return
    if status == -signal.SIGXCPU:
        raise IntakeError(Code.CPU_LIMIT, "Reading the file needs more processor time than allowed")
    if status == -signal.SIGABRT:  # how C++ ends when an allocation fails where nothing catches
        raise IntakeError(Code.MEMORY_LIMIT, "Reading the file needs more memory than allowed")
    if status is not None and status < 0:
        raise IntakeError(
            Code.PARSER_CRASH, f"The geometry kernel crashed on the file ({signal.Signals(-status).name})"
        )
    raise IntakeError(Code.PARSER_CRASH, f"The reader ended with status {status}")


def _part(answer: bytes, step: bytes, limits: Limits) -> PartModel:
    """Parse the child's answer, which is as little to be trusted as the file was."""
    try:
        reading = wire.decode(Reading, answer, limit=limits.answer)
    except RejectError as error:
        raise IntakeError(Code.PARSER_CRASH, "The reader's answer makes no sense") from error
    if reading.refusal is not None:
        raise IntakeError(reading.refusal.code, reading.refusal.detail)
    if reading.part is None or reading.part.sha256 != hashlib.sha256(step).digest():
        raise IntakeError(Code.PARSER_CRASH, "The reader answered about another file")
    return reading.part
