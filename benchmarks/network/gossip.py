"""Gossip beside js-libp2p: the same messages, mesh and machine, one process a node, one system after the other.

    python -m benchmarks.network.gossip --nodes 5 20 --rates 10 50 100 500 --highest

A rate below the one asked for is what the publishers could do. ``--highest`` raises the rate by halves until a message
is lost or a publisher falls behind. Our nodes pass on at most 100 messages a second of one author for long, by design.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.interop.js import TOPIC, js_command

SIZE = 1024
SETTLE_SECONDS = 5.0
"""For meshes to form, which no node of either system tells about; not part of any figure."""

SYSTEMS = ("guildmark", "js-libp2p")
FIRST_RATE, KEPT_UP = 100, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    system: str
    nodes: int
    rate: int
    delivered: float
    twice: int
    p50: float
    p99: float
    cpu_ms: float
    rss_mib: float


class Node:
    """One process and its pipe."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address: str = self.read("ready")["address"]

    def ask(self, command: str, **values: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **values}) + "\n")
        self._process.stdin.flush()

    def read(self, event: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found: dict[str, Any] = json.loads(line)
            if found["event"] == event:
                return found
            if found["event"] == "failed":
                raise RuntimeError(found["text"])
        raise RuntimeError("the node ended")

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def mesh(system: str, count: int) -> Iterator[list[Node]]:
    """Nodes of which each is connected with the next two on a circle, so with four."""
    nodes: list[Node] = []
    try:
        for number in range(count):
            ours = [sys.executable, "-m", "benchmarks.network.gossip_node", f"node {number}"]
            nodes.append(Node(js_command(TOPIC) if system == "js-libp2p" else ours))
        for number, node in enumerate(nodes):
            for step in (1, 2):
                node.ask("connect", address=nodes[(number + step) % count].address)
                node.read("connect")
        time.sleep(SETTLE_SECONDS)
        yield nodes
    finally:
        for node in nodes:
            node.stop()


def measure(system: str, nodes: list[Node], rate: int, seconds: float, drain: float) -> Row:
    """Let all nodes publish in turn, ``rate`` messages a second together."""
    start = time.time() + 1
    for number, node in enumerate(nodes):
        share = rate / len(nodes)
        node.ask("run", start=start, seconds=seconds, rate=share, source=number, size=SIZE, drain=drain)
    results = [node.read("run") for node in nodes]
    sent = sum(r["sent"] for r in results)
    due = sent * (len(nodes) - 1)
    heard = sum(r["heard"] for r in results)
    delays = sorted(d for r in results for d in r["delays"])
    return Row(
        system=system,
        nodes=len(nodes),
        rate=round(sent / seconds),
        delivered=100 * heard / due,
        twice=sum(r["twice"] for r in results),
        p50=statistics.median(delays),
        p99=delays[int(len(delays) * 0.99)],
        cpu_ms=1000 * sum(r["cpu"] for r in results) / heard,
        rss_mib=max(r["rss"] for r in results) / 2**20,
    )


def highest(system: str, count: int, seconds: float, drain: float) -> int:
    """Messages a second of all nodes together, of which none is lost and which the publishers keep up with."""
    best, rate = 0, FIRST_RATE
    while True:
        with mesh(system, count) as nodes:
            row = measure(system, nodes, rate, seconds, drain)
        if row.delivered < 100 or row.rate < KEPT_UP * rate:
            return best
        best, rate = row.rate, round(rate * 1.5)


def main() -> int:
    """Print the table, ours and theirs line by line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, nargs="+", default=[5])
    parser.add_argument("--rates", type=int, nargs="+", default=[10, 50, 100])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--drain", type=float, default=3)
    parser.add_argument("--highest", action="store_true", help="look for the highest rate without a loss as well")
    arguments = parser.parse_args()
    print(f"gossip, {SIZE} byte messages, four neighbours each, one process a node")
    print("nodes  msg/s  system      delivered %  twice  p50 ms  p99 ms  CPU ms per delivery  memory MiB")
    for count in arguments.nodes:
        for rate in arguments.rates:
            for system in SYSTEMS:
                with mesh(system, count) as nodes:
                    row = measure(system, nodes, rate, arguments.seconds, arguments.drain)
                print(
                    f"{row.nodes:5}  {row.rate:5}  {row.system:10}  {row.delivered:11.2f}  {row.twice:5}"
                    f"  {row.p50:6.1f}  {row.p99:6.0f}  {row.cpu_ms:19.2f}  {row.rss_mib:10.0f}",
                    flush=True,
                )
        for system in SYSTEMS if arguments.highest else ():
            rate = highest(system, count, arguments.seconds, arguments.drain)
            print(f"{count:5}  {rate:5}  {system:10}  the highest rate without a loss", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
