"""Twenty nodes whose network is cut for up to a day while they talk, crash and come back: do all hold all in the end?

python -m tests.network.convergence --seeds 500    the long run; one line per seed that fails, and one in the end
"""

import argparse
import os
import random
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

import trio
from trio.testing import MockClock

from federation.lasting import LastingNetwork, open_lasting
from federation.network import Message
from federation.network.memory import Faults, Hub
from protocol.auction import Commitment
from protocol.capability import Card
from protocol.ids import Address, Digest, EncryptionKey, JobId, PeerId
from protocol.job import Site
from protocol.signed import public_key, sign
from protocol.topics import CARD, COMMITMENT
from protocol.units import Metres, UnixSeconds
from protocol.wire import encode
from tests.network.virtual import Disk, groups_of, simulate, wall
from tests.network.worlds import accept_all

NODES = 20
BOUND = 30.0
"""Virtual seconds after the cut is healed within which all nodes hold all bulletins."""

SPEECHES = 3
"""Bulletins of every node before the cut, during it, and after a night of it."""

CUTS = (80.0, 600.0, 3600.0, 86_400.0)
"""Seconds that the network is cut for; of the longest, most are slept through."""

FAULTS = Faults(drop=0.01, duplicate=0.05, garbage=0.05, forge=0.05, reset=0.01, stall=0.01, delay=0.3)
LIFETIME = 2 * 86_400


@dataclass(slots=True)
class Shop:
    """One node: what stays when it crashes, and its network while it runs."""

    seed: bytes
    peer: PeerId
    disk: Disk = field(default_factory=Disk)
    network: LastingNetwork | None = None
    crash: trio.CancelScope | None = None
    said: set[bytes] = field(default_factory=set)
    heard: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one seed went."""

    seconds: float
    """From healing until all nodes held all bulletins; infinite if they never did."""

    bulletins: int
    trace: str
    """Digest of every delivery with its time: two runs with the same digest went alike."""


class Federation:
    """The nodes of one run and what is done to them."""

    def __init__(self, seed: int, nodes: int, talk: float) -> None:
        self.dice = random.Random(seed)
        self.hub = Hub(seed, FAULTS)
        seeds = [sha256(b"shop %d" % number).digest() for number in range(nodes)]
        self.shops = [Shop(seed=one, peer=public_key(one)) for one in seeds]
        self._talk = talk
        self.trace = sha256()
        self._jobs = 0

    @asynccontextmanager
    async def running(self, shop: Shop) -> AsyncIterator[None]:
        """``shop``'s node inside the block."""
        async with (
            self.hub.join(shop.peer) as inner,
            open_lasting(
                inner, seed=shop.seed, wall=wall, dice=random.Random(self.dice.random()), keeper=shop.disk
            ) as network,
            network.subscribe(CARD, accept_all, buffer=100) as cards,
            network.subscribe(COMMITMENT, accept_all, buffer=100) as commitments,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(self._listen, shop, cards)
            nursery.start_soon(self._listen, shop, commitments)
            shop.network = network
            try:
                yield
            finally:
                shop.network = None
                nursery.cancel_scope.cancel()

    async def live(self, shop: Shop) -> None:
        """Run ``shop`` and start it again whenever it crashes."""
        while True:
            with trio.CancelScope() as shop.crash:
                async with self.running(shop):
                    await trio.sleep_forever()
            await trio.sleep(self.dice.uniform(0.1, 20))

    async def speak(self, crashes: float = 0.2) -> None:
        """Let every running node say something in the next ten seconds, and the part ``crashes`` of them crash."""
        async with trio.open_nursery() as nursery:
            for shop in self.shops:
                if self.dice.random() < self._talk:
                    nursery.start_soon(self._speak, shop)
                if self.dice.random() < crashes and shop.crash is not None:
                    shop.crash.cancel()

    def converged(self) -> bool:
        """Whether every node runs and holds all bulletins that all honest nodes said."""
        boards = [shop.network.board.ids(wall()) for shop in self.shops if shop.network is not None]
        if len(boards) < len(self.shops) or any(list(board) != list(boards[0]) for board in boards):
            return False
        return len(boards[0]) == self.expected()

    def expected(self) -> int:
        """One card of every node that showed one, and every commitment."""
        return sum(len(shop.said) for shop in self.shops)

    async def _speak(self, shop: Shop) -> None:
        for _ in range(SPEECHES):
            await trio.sleep(self.dice.uniform(0, 3))
            network = shop.network
            if network is None:
                continue
            topic, payload = self._commitment(shop) if self.dice.random() < 0.7 else self._card(shop)
            await network.publish(topic, payload, until=UnixSeconds(wall() + LIFETIME))
            shop.said.add(payload if topic == COMMITMENT else b"card")

    async def _listen(self, shop: Shop, messages: trio.MemoryReceiveChannel[Message]) -> None:
        async for message in messages:
            shop.heard.add(message.payload)
            self.trace.update(b"%.6f" % trio.current_time() + shop.peer + sha256(message.payload).digest())

    def _commitment(self, shop: Shop) -> tuple[str, bytes]:
        self._jobs += 1
        job = JobId(sha256(b"%d" % self._jobs).digest())
        seal, account = Digest(self.dice.randbytes(32)), Address(shop.peer[:20])
        message = Commitment(job=job, provider=shop.peer, account=account, seal=seal)
        return COMMITMENT, encode(sign(shop.seed, COMMITMENT, encode(message)))

    def _card(self, shop: Shop) -> tuple[str, bytes]:
        message = Card(
            provider=shop.peer,
            account=Address(shop.peer[:20]),
            name="a shop",
            encryption_key=EncryptionKey(shop.peer),
            addresses=(),
            site=Site(easting=Metres(0), northing=Metres(self.dice.randrange(100_000))),
            capabilities=(),
            issued=wall(),
            expires=UnixSeconds(wall() + 3600),
        )
        return CARD, encode(sign(shop.seed, CARD, encode(message)))


def run(seed: int, nodes: int = NODES, talk: float = 1.0) -> Outcome:
    """One history: talk, a cut with talk and crashes, healing; ``talk`` is each node's chance to join in each time."""

    async def main(clock: MockClock) -> Outcome:
        federation = Federation(seed, nodes, talk)
        dice = random.Random(seed)
        async with AsyncExitStack() as stack:
            nursery = await stack.enter_async_context(trio.open_nursery())
            for shop in federation.shops:
                nursery.start_soon(federation.live, shop)
            await trio.sleep(1)
            await federation.speak()
            federation.hub.partition(*groups_of(dice, [shop.peer for shop in federation.shops]))
            await federation.speak()
            clock.jump(max(0.0, dice.choice(CUTS) - 60))
            await federation.speak()
            await trio.sleep(25)
            federation.hub.heal()
            healed = trio.current_time()
            with trio.move_on_after(4 * BOUND) as patience:
                while not federation.converged():
                    await trio.sleep(0.25)
            seconds = float("inf") if patience.cancelled_caught else trio.current_time() - healed
            nursery.cancel_scope.cancel()
        return Outcome(seconds=seconds, bulletins=federation.expected(), trace=federation.trace.hexdigest())

    return simulate(seed, main)


def main() -> int:
    """The long run; exit code 1 when a seed misses the bound."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    slowest, missed = 0.0, 0
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    with ProcessPoolExecutor(arguments.processes) as pool:
        for seed, outcome in zip(seeds, pool.map(partial(run, nodes=arguments.nodes), seeds), strict=True):
            slowest = max(slowest, outcome.seconds)
            if outcome.seconds > BOUND:
                missed += 1
                print(f"seed {seed}: {outcome.seconds:.1f} s, {outcome.bulletins} bulletins", flush=True)
    print(f"{arguments.seeds} seeds, {arguments.nodes} nodes: {missed} missed {BOUND:g} s, slowest {slowest:.1f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
