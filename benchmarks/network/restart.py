"""A node with a full board that is killed again and again: how long until it listens, remembers and is connected?

python -m benchmarks.network.restart --rounds 200
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trio

from federation.lasting import open_lasting
from federation.network.libp2p import Libp2pConfig, open_libp2p
from node.store.bulletins import BulletinStore
from node.store.database import open_database
from node.store.peers import StoredPeers
from protocol.topics import COMMITMENT
from protocol.units import UnixSeconds
from tests.network.worlds import free_port
from tests.unit.protocol.test_bulletin import commitment

FETCHING_SECONDS = 5.0
"""What the node has, at its first start, to fetch the board from its friend; later it is killed at any moment."""

BULLETINS = 1000


def wall() -> UnixSeconds:
    """Wall time."""
    return UnixSeconds(int(time.time()))


async def node(path: Path, seed: bytes, port: int, bootstrap: tuple[str, ...], *, fill: bool) -> None:
    """Run a node on ``path`` and say when it stands."""
    async with open_database(path) as database:
        listen = f"/ip4/127.0.0.1/tcp/{port}"
        config = Libp2pConfig(seed=seed, listen=listen, bootstrap=bootstrap, book=StoredPeers(database))
        keeper = BulletinStore(database)
        async with (
            open_libp2p(config) as inner,
            open_lasting(inner, seed=seed, wall=wall, dice=random.Random(1), keeper=keeper) as network,  # noqa: S311
        ):
            for number in range(BULLETINS if fill else 0):
                said = commitment(job=number.to_bytes(32, "big"))
                await network.publish(COMMITMENT, said, until=UnixSeconds(wall() + 86_400))
            while bootstrap and not inner.peers():
                await trio.sleep(0.01)
            print(json.dumps({"address": inner.addresses[0], "held": len(network.board.ids(wall()))}), flush=True)
            await trio.sleep_forever()


def start(path: Path, *words: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    """A process that stands; ``words`` are its seed, port, bootstrap address, and whether it fills its board."""
    command = [sys.executable, "-m", "benchmarks.network.restart", "--node", str(path), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--node", nargs=5)
    arguments = parser.parse_args()
    if arguments.node:
        path, seed, port, bootstrap, fill = arguments.node
        known = (bootstrap,) if bootstrap else ()
        trio.run(lambda: node(Path(path), seed.encode().ljust(32), int(port), known, fill=fill == "fill"))
    dice = random.Random(1)  # noqa: S311  # a scene
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        friend, said = start(Path(folder) / "friend.sqlite", "friend", str(free_port()), "", "fill")
        port, address = str(free_port()), str(said["address"])
        try:
            for number in range(arguments.rounds + 1):
                started = time.perf_counter()
                process, stands = start(Path(folder) / "node.sqlite", "node", port, address, "empty")
                if number:
                    seconds.append(time.perf_counter() - started)
                    assert stands["held"] == BULLETINS
                time.sleep(dice.uniform(0, 0.3) if number else FETCHING_SECONDS)
                process.kill()
                process.communicate()
        finally:
            friend.kill()
            friend.communicate()
    print(f"{arguments.rounds} rounds of kill -9, {BULLETINS} bulletins on the board, all there each time")
    median, longest = statistics.median(seconds), max(seconds)
    print(f"until it listens, remembers and is connected: median {median:.1f} s, longest {longest:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
