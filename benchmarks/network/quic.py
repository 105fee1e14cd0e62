"""QUIC beside TCP in the library as it is: two stock hosts in one process on loopback, echoes, a transfer, idleness.

make bench AREA=network.quic
"""

import argparse
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.custom_types import TProtocol
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

ECHO = TProtocol("/bench/echo/1")
SLEEPY = TProtocol("/bench/sleepy/1")
ECHOES = 200
SIZE = 1024
TRANSFER = 8 * 1024 * 1024
PIECE = 64 * 1024
IDLE_SECONDS = 3
UNREAD = 3 * 1024 * 1024
"""More than the library keeps of a QUIC stream that is not read (2 MiB), and less than it lets be sent."""

QUIET_SECONDS = 4
"""Without a byte until there will be none."""

PARALLEL = 50
JUNK = 2000
ADDRESSES = {"tcp": "/ip4/127.0.0.1/tcp/0", "quic": "/ip4/127.0.0.1/udp/0/quic-v1"}
DEADLINE = 60


@asynccontextmanager
async def pair(kind: str) -> AsyncIterator[tuple[Any, Any, Multiaddr]]:
    """Two connected hosts, the first of which echoes."""
    hosts = [
        new_host(key_pair=create_new_key_pair(bytes([n]) * 32), enable_quic=kind == "quic", listen_addrs=[at])
        for n, at in ((1, Multiaddr(ADDRESSES[kind])), (2, Multiaddr(ADDRESSES[kind])))
    ]

    async def echo(stream: Any) -> None:
        with contextlib.suppress(Exception):  # of a handler that raises, the library's host dies
            while content := await stream.read(PIECE):
                await stream.write(content)

    listen = [Multiaddr(ADDRESSES[kind])]
    async with hosts[0].run(listen_addrs=listen), hosts[1].run(listen_addrs=listen):
        hosts[0].set_stream_handler(ECHO, echo)
        address = hosts[0].get_addrs()[0]
        await hosts[1].connect(info_from_p2p_addr(address))
        yield hosts[0], hosts[1], address
        for host in hosts:
            with trio.move_on_after(3):
                await host.close()


async def read_all(stream: Any, size: int) -> None:
    while size > 0:
        size -= len(await stream.read(min(size, PIECE)))


class Meter:
    """Measures one pair of hosts."""

    def __init__(self, kind: str, server: Any, client: Any, address: Multiaddr) -> None:
        self.found: dict[str, float | str] = {}
        self._kind = kind
        self._peer = server.get_id()
        self._client = client
        self._port = int(str(address).split("/")[4])

    async def run(self) -> None:
        await self._echoes()
        await self._idle()
        await self._parallel()
        if self._kind == "quic":
            await self._junk()
        with trio.move_on_after(10) as scope:
            await self._fresh()
        self.found["answers at the end"] = "no" if scope.cancelled_caught else "yes"

    async def _one(self, stream: Any) -> None:
        await stream.write(bytes(SIZE))
        await read_all(stream, SIZE)

    async def _fresh(self) -> None:
        stream = await self._client.new_stream(self._peer, [ECHO])
        await self._one(stream)
        await stream.close()

    async def _echoes(self) -> None:
        stream = await self._client.new_stream(self._peer, [ECHO])
        await self._one(stream)
        started, used = time.perf_counter(), time.process_time()
        for _ in range(ECHOES):
            await self._one(stream)
        self.found["echo, ms"] = 1000 * (time.perf_counter() - started) / ECHOES
        self.found["echo, ms of processor"] = 1000 * (time.process_time() - used) / ECHOES
        used = time.process_time()
        for _ in range(ECHOES // 4):
            await self._fresh()
        self.found["echo on a new stream, ms of processor"] = 1000 * (time.process_time() - used) / (ECHOES // 4)
        used = time.process_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_all, stream, TRANSFER)
            for _ in range(TRANSFER // PIECE):
                await stream.write(bytes(PIECE))
        carried = 2 * TRANSFER / 2**20
        self.found["MiB there and back per second of processor"] = carried / (time.process_time() - used)

    async def _idle(self) -> None:
        used = time.process_time()
        await trio.sleep(IDLE_SECONDS)
        self.found["idle, % of a core"] = 100 * (time.process_time() - used) / IDLE_SECONDS

    async def _parallel(self) -> None:
        done = 0

        async def one() -> None:
            nonlocal done
            try:
                with trio.fail_after(20):
                    await self._fresh()
                done += 1
            except Exception as error:  # noqa: BLE001  # whatever it is, it is not an echo
                self.found.setdefault("first failure", repr(error)[:80])

        async with trio.open_nursery() as nursery:
            for _ in range(PARALLEL):
                nursery.start_soon(one)
        self.found[f"of {PARALLEL} streams at once, answered"] = str(done)

    async def _junk(self) -> None:
        dice = random.Random(1)  # noqa: S311  # no secret
        used = time.process_time()
        with socket.socket(type=socket.SOCK_DGRAM) as junk:
            for _ in range(JUNK):
                header = bytes([0xC0 | dice.randrange(64)]) + b"\0\0\0\1"
                junk.sendto(header + dice.randbytes(1195), ("127.0.0.1", self._port))
                await trio.sleep(0)
        await trio.sleep(1)
        self.found[f"seconds of processor for {JUNK} malformed packets"] = time.process_time() - used


async def paused(kind: str) -> int:
    """Bytes of ``UNREAD`` that arrive at a reader which begins to read when all was sent, or no more is taken."""
    sent, read_on = trio.Event(), trio.Event()
    arrived = 0

    async def sleepy(stream: Any) -> None:
        nonlocal arrived
        with trio.move_on_after(QUIET_SECONDS):
            await sent.wait()
        while arrived < UNREAD:
            with trio.move_on_after(QUIET_SECONDS) as scope:
                arrived += len(await stream.read(PIECE))
            if scope.cancelled_caught:
                break
        read_on.set()
        await trio.sleep_forever()

    async def write(stream: Any) -> None:
        for _ in range(UNREAD // PIECE):
            await stream.write(bytes(PIECE))
        sent.set()

    async with pair(kind) as (server, client, _), trio.open_nursery() as nursery:
        server.set_stream_handler(SLEEPY, sleepy)
        nursery.start_soon(write, await client.new_stream(server.get_id(), [SLEEPY]))
        await read_on.wait()
        nursery.cancel_scope.cancel()
    return arrived


async def measure(kind: str) -> dict[str, float | str]:
    async with pair(kind) as (server, client, address):
        meter = Meter(kind, server, client, address)
        await meter.run()
    meter.found[f"of {UNREAD >> 10} KiB to a reader that pauses, arrived"] = f"{await paused(kind) >> 10} KiB"
    return meter.found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(ADDRESSES))
    parser.add_argument("--paused", action="store_true", help="print what arrives at a reader that pauses")
    arguments = parser.parse_args()
    if arguments.only:
        warnings.simplefilter("ignore")
        print(json.dumps(trio.run(paused if arguments.paused else measure, arguments.only)))
        return 0
    columns = {}
    for kind in ADDRESSES:
        command = [sys.executable, "-m", "benchmarks.network.quic", "--only", kind]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False, env=os.environ)
        lines = ended.stdout.splitlines()
        columns[kind] = json.loads(lines[-1]) if lines and not ended.returncode else {"ended": ended.stderr[-300:]}
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    print("| | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for row in rows:
        cells = (column.get(row, "-") for column in columns.values())
        print(
            f"| {row} | " + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
