"""What one node costs as the federation grows: bytes, processor time and memory, and the exponent that fits them.

    python -m benchmarks.network.scale --nodes 25 50 100 200 --real 10 25 50 --plot docs/pictures/scale.svg

Every node shows a card and says two things in a minute of virtual time. The virtual network hands all a message once,
as an ideal mesh does; a real mesh of eight neighbours brings it about three times. Real nodes share one process, each
with four connections over loopback; their bytes are counted above TCP.
"""

import argparse
import gc
import random
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import trio
from trio.testing import MockClock

from benchmarks.network.plot import Line, draw, fit
from federation.network.libp2p import Libp2pConfig, Libp2pNetwork, open_libp2p
from federation.network.libp2p_session import Session
from tests.network.convergence import Federation
from tests.network.virtual import simulate
from tests.network.worlds import accept_all

TALK_SECONDS = 60.0
TOPIC = "hello/1"
MESSAGES = 40
FAR = 10_000
"""Nodes that the fits are extended to; what would have to change until then is in docs/explanation/network.md."""

UNITS = {"kib": "KiB sent or received", "cpu_ms": "CPU ms", "mib": "MiB of memory"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one node, at one size of the federation."""

    nodes: int
    kib: float
    cpu_ms: float
    mib: float
    delivered: float


def virtual(nodes: int) -> Cost:
    """Nodes in the virtual network, without faults but those of the delay."""

    async def main(_clock: MockClock) -> Cost:
        federation = Federation(1, nodes, 1.0)
        federation.hub.faults = type(federation.hub.faults)(delay=0.3)
        before, memory = time.process_time(), _memory()
        async with AsyncExitStack() as stack:
            for shop in federation.shops:
                await stack.enter_async_context(federation.running(shop))
            await federation.speak(crashes=0)
            await trio.sleep(TALK_SECONDS)
            full = federation.converged()
            grown = _memory() - memory
        cpu = time.process_time() - before
        kib = federation.hub.carried / 1024 / nodes
        return Cost(nodes=nodes, kib=kib, cpu_ms=1000 * cpu / nodes, mib=grown / 2**20 / nodes, delivered=100.0 * full)

    return simulate(1, main)


async def real(nodes: int) -> Cost:
    """Nodes over sockets, each connected with four, and forty messages among them."""
    heard = 0
    memory = _memory()
    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(trio.open_nursery())
        networks: list[Libp2pNetwork] = []

        async def listen(network: Libp2pNetwork) -> None:
            nonlocal heard
            async with network.subscribe(TOPIC, accept_all, buffer=1000) as messages:
                async for _ in messages:
                    heard += 1

        for number in range(nodes):
            seed = b"%d" % number
            networks.append(await stack.enter_async_context(open_libp2p(Libp2pConfig(seed=seed.ljust(32)))))
            nursery.start_soon(listen, networks[-1])
        for number, network in enumerate(networks):
            for step in (1, 2):
                await network.reach_at(networks[(number + step) % nodes].addresses[0])
        await trio.sleep(5)
        before, _Traffic.carried = time.process_time(), 0
        dice = random.Random(1)  # noqa: S311  # a scene
        for number in range(MESSAGES):
            await dice.choice(networks).publish(TOPIC, b"%d" % number + bytes(1000))
            await trio.sleep(0.25)
        with trio.move_on_after(10):
            while heard < MESSAGES * (nodes - 1):
                await trio.sleep(0.1)
        cpu, grown = time.process_time() - before, _memory() - memory
        nursery.cancel_scope.cancel()
    return Cost(
        nodes=nodes,
        kib=_Traffic.carried / 1024 / nodes,
        cpu_ms=1000 * cpu / nodes,
        mib=grown / 2**20 / nodes,
        delivered=100 * heard / MESSAGES / (nodes - 1),
    )


class _Traffic:
    """Bytes that all sessions of this process have sent."""

    carried = 0
    send = Session.write

    @staticmethod
    async def write(session: Session, data: bytes) -> None:
        _Traffic.carried += len(data)
        await _Traffic.send(session, data)


def table(kind: str, measured: Iterable[Cost]) -> dict[str, Line]:
    """Print the costs as they come, and what fits them."""
    print(f"{kind:8} nodes  KiB per node  CPU ms per node  MiB per node  delivered %", flush=True)
    costs = []
    for c in measured:
        print(f"{c.nodes:14}  {c.kib:12.1f}  {c.cpu_ms:15.1f}  {c.mib:12.2f}  {c.delivered:11.1f}", flush=True)
        costs.append(c)
    if len(costs) < 2:  # a line needs two points
        return {}
    lines = {name: fit(kind, [(c.nodes, getattr(c, name)) for c in costs]) for name in UNITS}
    print("exponent        {:12.2f}  {:15.2f}  {:12.2f}".format(*(line.exponent for line in lines.values())))
    print(f"at {FAR:11,}  {{:12.0f}}  {{:15.0f}}  {{:12.1f}}".format(*(line.at(FAR) for line in lines.values())))
    return lines


def main() -> int:
    """Print both tables, and draw them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, nargs="*", default=[25, 50, 100, 200])
    parser.add_argument("--real", type=int, nargs="*", default=[10, 25, 50])
    parser.add_argument("--plot", type=Path, help="an SVG to draw the fits into")
    arguments = parser.parse_args()
    Session.write = _Traffic.write
    with ProcessPoolExecutor(1, max_tasks_per_child=1, mp_context=get_context("spawn")) as apart:
        found = [
            table("virtual", apart.map(virtual, arguments.nodes)) if arguments.nodes else {},
            table("real", (trio.run(real, nodes) for nodes in arguments.real)) if arguments.real else {},
        ]
    if arguments.plot is not None:
        panels = [(unit, [lines[name] for lines in found if lines]) for name, unit in UNITS.items()]
        arguments.plot.write_text(draw(panels, "benchmarks/network/scale.py"))
    return 0


def _memory() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    sys.exit(main())
