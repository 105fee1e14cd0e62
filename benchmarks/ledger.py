"""The embedded chain beside anvil and hardhat: anchors a second, logs by topic on a long chain, memory as it grows.

Each ledger is a process of its own, asked over HTTP, one after the other in one run. Processor time is the ledger's
own, user and system. The peers are measured where ``make test-ledgers`` has installed them.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from devnet.deploy import MEMBERSHIP, PACK, TERMS
from ledger.chain import Chain, account_of
from ledger.deployment import plan
from ledger.provenance import Provenance
from protocol.ids import Digest
from tests.ledger.ledgers import KEYS, KINDS, Place, running
from tests.ledger.places import CHAIN_ID, until

CONNECTIONS = 4
FEES = (100 * 10**9, 0)
ANCHOR_GAS = 90_000
QUERIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Anchors as fast as the ledger takes them."""

    wall: float
    """Anchors mined a second."""

    cpu: float
    """Milliseconds of processor an anchor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """A chain with one anchor a block."""

    blocks: int
    query_wall: float
    """Milliseconds, median, until the logs of one topic are there."""

    query_cpu: float
    rss: float
    """MiB resident."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench AREA=ledger ARGS=…", description=__doc__)
    parser.add_argument("--anchors", type=int, default=2_000, help="in one run at full speed")
    parser.add_argument("--runs", type=int, default=3, help="runs at full speed, of which the median is shown")
    parser.add_argument("--blocks", type=int, nargs="+", default=[5_000, 10_000, 20_000], help="heights to measure at")
    parser.add_argument("--ledgers", nargs="+", default=[name for name, kind in KINDS.items() if kind.installed])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    for name in given.ledgers:
        with tempfile.TemporaryDirectory() as folder, running(name, Path(folder), seconds=1) as place:
            busy = [full_speed(place, KEYS[4 * run : 4 * run + 4], given.anchors) for run in range(given.runs)]
        with tempfile.TemporaryDirectory() as folder, running(name, Path(folder)) as place:
            grown = []
            for one in growing(place, given.blocks):
                grown.append(one)
                print(f"{name}: {one}", file=sys.stderr, flush=True)  # a long run shows that it lives
        found[name] = (busy, grown)
    print(as_json(found) if given.json else table(found))


def full_speed(place: Place, keys: Sequence[bytes], anchors: int) -> Busy:
    """``anchors`` from several accounts over several connections, one call each, with a block every second."""
    provenance = deployed(place, keys[0])
    chain = place.chain
    shares = [list(signed(chain, provenance, key, anchors // len(keys))) for key in keys]
    began, before = time.perf_counter(), processor(place)
    threads = [threading.Thread(target=send_all, args=(place, share)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = [share[-1][0] for share in shares]
    until(lambda: all(chain.receipt(one) is not None for one in last), "every anchor is mined")
    wall, cpu = time.perf_counter() - began, processor(place) - before
    count = sum(map(len, shares))
    return Busy(wall=count / wall, cpu=1000 * cpu / count)


def growing(place: Place, heights: Sequence[int]) -> Iterator[Long]:
    """The same chain at rising heights, one anchor in each of its blocks."""
    key = KEYS[0]
    provenance = deployed(place, key)
    chain = place.chain
    first = chain.head().number
    for height in heights:
        missing = height - (chain.head().number - first)
        with requests.Session() as session:
            for _, raw in signed(chain, provenance, key, missing):
                post(session, place, call("eth_sendRawTransaction", "0x" + raw.hex()))
                post(session, place, call("evm_mine"))
            topic = "0x" + root(height // 2).hex()
            query = call(
                "eth_getLogs",
                {"fromBlock": "0x0", "address": "0x" + provenance.address.hex(), "topics": [None, None, topic]},
            )
            assert len(post(session, place, query)["result"]) == 1
            walls, before = [], processor(place)
            for _ in range(QUERIES):
                began = time.perf_counter()
                post(session, place, query)
                walls.append(time.perf_counter() - began)
            cpu = 1000 * (processor(place) - before) / QUERIES
        yield Long(blocks=height, query_wall=1000 * statistics.median(walls), query_cpu=cpu, rss=resident(place))


def deployed(place: Place, key: bytes) -> Provenance:
    """The contract, made by ``key``'s first transactions; every account that anchors is funded."""
    account, chain = account_of(key), place.chain
    for one in KEYS:
        place.fund(account_of(one))
    nonce = chain.nonce(account)
    planned = plan(account, nonce, pack=PACK, membership=MEMBERSHIP, terms=TERMS)
    made = [
        chain.sign(key, creation, nonce=nonce + number, gas=6_000_000, fees=FEES)
        for number, creation in enumerate(planned.creations)
    ]
    for one in made:
        chain.send(one.raw)

    def mined() -> bool:
        if chain.receipt(made[-1].hash) is None:
            place.mine()
        return chain.receipt(made[-1].hash) is not None

    until(mined, "the contracts stand")
    return Provenance(planned.deployment(CHAIN_ID, 0).provenance)


def root(number: int) -> Digest:
    return Digest(number.to_bytes(32, "big"))


def signed(chain: Chain, provenance: Provenance, key: bytes, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Hash and bytes of the account's next anchors, each of a root of its own."""
    nonce = chain.nonce(account_of(key))
    for number in range(nonce, nonce + count):
        anchor = provenance.anchor(root(number + 1), 1_000)
        one = chain.sign(key, anchor, nonce=number, gas=ANCHOR_GAS, fees=FEES)
        yield one.hash, one.raw


def send_all(place: Place, share: Sequence[tuple[bytes, bytes]]) -> None:
    with requests.Session() as session:
        for _, raw in share:
            post(session, place, call("eth_sendRawTransaction", "0x" + raw.hex()))


def call(method: str, *parameters: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}


def post(session: requests.Session, place: Place, body: Any) -> Any:
    answer = session.post(place.url, json=body, timeout=120).json()
    for one in answer if isinstance(answer, list) else [answer]:
        assert "error" not in one, one
    return answer


def processor(place: Place) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{place.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(place: Place) -> float:
    line = next(row for row in Path(f"/proc/{place.pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def as_json(found: dict[str, Any]) -> str:
    rows = {
        name: {
            "anchors_per_second": [one.wall for one in busy],
            "cpu_ms_per_anchor": [one.cpu for one in busy],
            "growing": [
                {"blocks": g.blocks, "query_ms": g.query_wall, "query_cpu_ms": g.query_cpu, "rss_mib": g.rss}
                for g in grown
            ],
        }
        for name, (busy, grown) in found.items()
    }
    return json.dumps(rows, indent=2)


def table(found: dict[str, Any]) -> str:
    lines = [f"{'anchors, 1 s blocks':28} {'mined/s':>10} {'CPU ms each':>12} {'per core, /s':>13}"]
    for name, (busy, _) in found.items():
        cpu = statistics.median(one.cpu for one in busy)
        wall = statistics.median(one.wall for one in busy)
        lines.append(f"{name:28} {wall:10.0f} {cpu:12.2f} {1000 / cpu:13.0f}")
    lines.append(f"\n{'one anchor a block':28} {'blocks':>10} {'logs, ms':>12} {'CPU ms':>13} {'RSS MiB':>9}")
    lines += [
        f"{name:28} {one.blocks:10,} {one.query_wall:12.2f} {one.query_cpu:13.2f} {one.rss:9.0f}"
        for name, (_, grown) in found.items()
        for one in grown
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
