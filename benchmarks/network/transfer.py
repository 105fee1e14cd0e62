"""One large file between two processes over loopback: speed, processor time, memory, and a cut in the middle.

python -m benchmarks.network.transfer --mib 1024
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import trio

from federation.network.libp2p import Libp2pConfig, dial_address, open_libp2p
from federation.transfer import fetch_content, outline_of, serve_contents
from protocol.content import content_digest
from protocol.ids import Digest, PeerId
from protocol.signed import public_key

SERVER, CLIENT = b"s" * 32, b"c" * 32
PORT = 46_117


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFile:
    """A library of one file for everybody."""

    path: Path

    async def find(self, _peer: PeerId, _content: Digest) -> Path | None:
        await trio.lowlevel.checkpoint()
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How one transfer went."""

    mib: int
    seconds: float
    cpu_seconds: float
    grown_mib: float
    """By how much the receiver's peak memory rose over what it needed before."""

    cuts: int


async def _serve(path: Path, port: int) -> None:
    async with open_libp2p(Libp2pConfig(seed=SERVER, listen=f"/ip4/127.0.0.1/tcp/{port}")) as network:
        serve_contents(network, OneFile(path=path))
        print("ready", flush=True)
        await trio.sleep_forever()


async def _fetch(content: Digest, target: Path, port: int) -> None:
    source = dial_address(public_key(SERVER), "127.0.0.1", port)
    async with open_libp2p(Libp2pConfig(seed=CLIENT, bootstrap=(source,))) as network:
        await fetch_content(network, [public_key(SERVER)], content, target, deadline=600)


def measure(mib: int, folder: Path, *, cut: bool) -> Measured:
    """Transfer ``mib`` MiB; with ``cut`` the server is killed when half of it has come, and started again."""
    path, target = folder / "source", folder / f"target{cut:d}"
    if not path.exists():
        _write(path, mib)
    content = content_digest(outline_of(path))
    target.with_name(target.name + ".part").unlink(missing_ok=True)
    port = PORT + cut
    server = _start_server(path, port)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    cuts = 0

    async def watch() -> None:
        nonlocal server, cuts
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cut_when_half) if cut else None
            await _fetch(content, target, port)
            nursery.cancel_scope.cancel()

    async def _cut_when_half() -> None:
        nonlocal server, cuts
        part = target.with_name(target.name + ".part")
        while not part.exists() or part.stat().st_blocks * 512 < mib * 2**19:
            await trio.sleep(0.05)
        server.kill()
        server.wait()
        cuts += 1
        server = _start_server(path, port)

    trio.run(watch)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    server.kill()
    _, _, usage = _wait(server)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + usage
    assert content_digest(outline_of(target)) == content
    target.unlink()
    grown = (after.ru_maxrss - before.ru_maxrss) / 1024
    return Measured(mib=mib, seconds=seconds, cpu_seconds=cpu, grown_mib=grown, cuts=cuts)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=1024)
    arguments = parser.parse_args()
    print("transfer         MiB    s     MiB/s  CPU s (both)  MiB per CPU s and side  receiver grew MiB  cuts")
    with tempfile.TemporaryDirectory() as folder:
        for name, cut in (("undisturbed", False), ("server killed", True)):
            m = measure(arguments.mib, Path(folder), cut=cut)
            rate = 2 * m.mib / m.cpu_seconds
            print(
                f"{name:14} {m.mib:5} {m.seconds:6.1f} {m.mib / m.seconds:7.1f} {m.cpu_seconds:10.1f} {rate:16.1f}"
                f" {m.grown_mib:23.1f} {m.cuts:13}"
            )
    return 0


def _start_server(path: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.network.transfer", "--serve", str(path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server


def _wait(server: subprocess.Popen[str]) -> tuple[int, int, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 0, 0, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _write(path: Path, mib: int) -> None:
    block = bytes(range(256)) * 4096
    with path.open("wb") as file:
        for number in range(mib):
            file.write(number.to_bytes(8, "big") + block[8:])


if __name__ == "__main__":
    if "--serve" in sys.argv:
        trio.run(_serve, Path(sys.argv[sys.argv.index("--serve") + 1]), int(sys.argv[sys.argv.index("--port") + 1]))
    sys.exit(main())
