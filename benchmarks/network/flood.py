"""One node under a flood, six hundred silent connections and slow readers: how long do honest peers wait?

python -m benchmarks.network.flood --seconds 20
"""

import argparse
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack, suppress

import trio
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11 as MESHSUB

from benchmarks.network.gossip_node import HEADER, MAGIC
from federation.network.libp2p import Libp2pConfig, open_libp2p
from federation.network.libp2p_identity import parse_address
from tests.network.attacker import attack, gossip_frame
from tests.network.worlds import accept_all

TOPIC = "hello/1"
SILENT = 600
SLOW = 20
PACE = 0.1


async def measure(address: str, seconds: float) -> tuple[list[float], list[float], int]:  # noqa: C901  # one scene
    """Milliseconds of honest deliveries by way of the victim, of honest dials, and how many were lost."""
    port = int(address.split("/")[4])
    victim, _ = parse_address(address)
    delays: list[float] = []
    dials: list[float] = []
    note = delays.append
    said = 0
    async with AsyncExitStack() as stack:
        speaker = await stack.enter_async_context(open_libp2p(Libp2pConfig(seed=b"s" * 32, bootstrap=(address,))))
        hearer = await stack.enter_async_context(open_libp2p(Libp2pConfig(seed=b"h" * 32, bootstrap=(address,))))
        await stack.enter_async_context(speaker.subscribe(TOPIC, accept_all, buffer=10_000))
        messages = await stack.enter_async_context(hearer.subscribe(TOPIC, accept_all, buffer=10_000))
        while victim not in speaker.peers() or victim not in hearer.peers():
            await trio.sleep(0.05)
        await trio.sleep(2)
        async with trio.open_nursery() as nursery:

            async def listen() -> None:
                async for message in messages:
                    if message.author == speaker.peer:
                        note((time.time() - HEADER.unpack_from(message.payload)[1]) * 1000)

            async def flood(number: int) -> None:
                while True:
                    with suppress(Exception):
                        async with attack(address, seed=(b"flood %d" % number).ljust(32)) as attacker:
                            frames = [gossip_frame(attacker.signed(TOPIC, b"x" * 900)) for _ in range(500)]
                            while True:
                                await attacker.pour(MESHSUB, frames, reset=True)

            async def dial() -> None:
                number = 0
                while True:
                    started = trio.current_time()
                    async with attack(address, seed=(b"dial %d" % number).ljust(32)):
                        dials.append((trio.current_time() - started) * 1000)
                    number += 1
                    await trio.sleep(1)

            async def read_slowly(number: int) -> None:
                with suppress(Exception):
                    async with attack(address, seed=(b"slow %d" % number).ljust(32)) as attacker:
                        await attacker.subscribe_and_read_nothing(TOPIC)

            for number in range(SLOW):
                nursery.start_soon(read_slowly, number)
            nursery.start_soon(listen)
            for number in range(SILENT):
                with suppress(OSError):
                    source = f"127.0.1.{1 + number % 200}"
                    silent = await trio.open_tcp_stream("127.0.0.1", port, local_address=source)
                    await stack.enter_async_context(silent)
            nursery.start_soon(flood, 1)
            nursery.start_soon(dial)
            until = trio.current_time() + seconds
            while trio.current_time() < until:
                await speaker.publish(TOPIC, HEADER.pack(MAGIC, time.time(), said, 0) + bytes(1000))
                said += 1
                await trio.sleep(PACE)
            await trio.sleep(3)
            nursery.cancel_scope.cancel()
    return delays, dials, said - len(delays)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "benchmarks.network.gossip_node", "victim"]
    victim = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert victim.stdout is not None
        address = victim.stdout.readline().split('"')[7]
        delays, dials, lost = trio.run(measure, address, arguments.seconds)
    finally:
        victim.kill()
        victim.communicate()
    p99 = sorted(delays)[int(len(delays) * 0.99)]
    print(f"a flooding peer, {SILENT} silent connections, {SLOW} neighbours that do not read, {arguments.seconds:g} s")
    print(f"honest deliveries {len(delays)}, lost {lost}, p50 {statistics.median(delays):.0f} ms, p99 {p99:.0f} ms")
    print(f"honest dials {len(dials)}, p50 {statistics.median(dials):.0f} ms, longest {max(dials):.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
