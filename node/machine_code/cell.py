"""Runs a foreign program on a customer's shape: a fresh folder, no network, no other file, bounded in all it takes.

Started again by itself as ``python -m node.machine_code.cell``, which confines itself and then becomes the program.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

from node.design import jail
from node.design.gate import Limits
from node.machine_code.errors import NoCodeError

ROOT = Path(__file__).parents[2]
SAID = "said.txt"
"""Where the program's standard output goes, so that it is bounded like every other file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one run may take."""

    cpu: int = 120
    """Processor seconds; the slowest of 63 real parts took 30 to slice."""

    wall: float = 180
    memory: int = 4 << 30
    written: int = 128 << 20
    """Bytes of each file; 51 million were seen for one print."""


DEFAULT = Bounds()


async def run(command: Sequence[str], files: Mapping[str, bytes], take: str, *, bounds: Bounds = DEFAULT) -> bytes:
    """Run ``command`` in a folder with ``files`` and return what it leaves there as ``take``.

    Raises:
        NoCodeError: it failed, took too much, or left nothing.
    """
    folder = Path(tempfile.mkdtemp(prefix="guildmark-cell-"))
    try:
        await trio.to_thread.run_sync(_lay_out, folder, files)
        status = await _become([*_wrapped(folder, bounds), *command], folder, bounds.wall)
        if status != 0:
            raise NoCodeError(f"{Path(command[0]).name} ended with {_words(status)}")
        return await trio.to_thread.run_sync(_taken, folder / take, Path(command[0]).name, bounds.written)
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(shutil.rmtree, folder, True)  # noqa: FBT003


def _wrapped(folder: Path, bounds: Bounds) -> list[str]:
    mine = [sys.executable, "-B", "-m", "node.machine_code.cell"]
    return [*mine, str(folder), str(bounds.cpu), str(bounds.memory), str(bounds.written)]


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    """The folder belongs to whom the program will be."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / SAID).touch()
    if os.getuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, jail.NOBODY, jail.NOBODY)


async def _become(command: list[str], folder: Path, wall: float) -> int:
    """How the program ended; its whole group is killed when time is up or this is cancelled."""
    with (folder / SAID).open("wb") as said:
        process = await trio.lowlevel.open_process(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL, cwd=ROOT,
            env={"HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            start_new_session=True,
        )  # fmt: skip
    try:
        with trio.move_on_after(wall):
            return await process.wait()
        raise NoCodeError(f"the program took longer than {wall:.0f} s")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            with trio.CancelScope(shield=True):
                await process.wait()


def _taken(path: Path, program: str, most: int) -> bytes:
    if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size < most:
        raise NoCodeError(f"{program} left no {path.name}, or too much of it")
    return path.read_bytes()


def _words(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def main(folder: str, cpu: str, memory: str, written: str, *command: str) -> None:
    """Confine this process and become the program."""
    os.chdir(folder)
    jail.leave_network()
    jail.bound(Limits(cpu=int(cpu), memory=int(memory)), written=int(written))
    jail.seal(folder)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is ignored is inherited
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606  # a path found by us, in a jail


if __name__ == "__main__":
    main(*sys.argv[1:])
