"""Lookups among many nodes in virtual time while they come, go, and lose packets; a seed is a history.

make lookups SEEDS=20
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
from trio.testing import MockClock

from federation.lookup import Lookup
from federation.network import Network
from federation.network.memory import Faults, Hub
from protocol.capability import Capability, Card
from protocol.ids import Address, EncryptionKey, MachineId, MaterialCode, PeerId
from protocol.job import Envelope, Site
from protocol.lookup import key_of
from protocol.params import CARD_LIFETIME, MILLING, TURNING
from protocol.signed import public_key
from protocol.units import Grams, Metres, Micrometres, UnixSeconds
from tests.network.virtual import simulate, wall

NODES = 200
PROVIDERS = 10
SEEKERS = 10
ACQUAINTED = 3
"""Whom a node is connected with when it starts; it is told of nobody else."""

FAULTS = Faults(drop=0.02, reset=0.01, delay=0.2)
WARM_SECONDS = 15
"""For everybody to look at its own surroundings."""

LEAVING = 0.3
"""Part of the nodes that vanish between the announcement and the search; as many come."""

STEEL, BRASS = MaterialCode("EN 1.0503"), MaterialCode("EN CW614N")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one history."""

    wanted: int
    """Searches times providers that should have been found."""

    found: int
    requests: int
    """Asked by all nodes together."""

    trace: str
    """Hash of who was asked what when, in order."""

    processor_seconds: float


class Acquainted:
    """A hub's network that knows a few peers to begin with, and counts what it asks."""

    def __init__(
        self, inner: Network, peers: tuple[PeerId, ...], asked: Callable[[PeerId, PeerId, bytes], None]
    ) -> None:
        self._inner = inner
        self._peers = peers
        self._asked = asked

    def peers(self) -> tuple[PeerId, ...]:
        return self._peers

    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        self._asked(self._inner.peer, peer, payload)
        return await self._inner.request(peer, protocol, payload, deadline=deadline)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class Crowd:
    """Nodes on a hub that look up, and how they come and go."""

    def __init__(self, seed: int, nursery: trio.Nursery, faults: Faults, members: Callable[[PeerId], bool]) -> None:
        self.dice = random.Random(seed)
        self.hub = Hub(seed, faults)
        self.alive: dict[PeerId, Lookup] = {}
        self.requests = 0
        self.seeds: dict[PeerId, bytes] = {}
        self._members = members
        self._nursery = nursery
        self._scopes: dict[PeerId, trio.CancelScope] = {}
        self._trace = hashlib.sha256()

    @property
    def trace(self) -> str:
        return self._trace.hexdigest()

    async def add(self, seed: bytes) -> Lookup:
        """Start a node that is acquainted with a few of those who are there."""
        peer = public_key(seed)
        known = tuple(self.dice.sample(sorted(self.alive), min(ACQUAINTED, len(self.alive))))
        self.seeds[peer] = seed
        lookup: Lookup = await self._nursery.start(self._live, seed, known)
        self.alive[peer] = lookup
        return lookup

    def remove(self, peer: PeerId) -> None:
        """Let a node vanish without a word."""
        self._scopes.pop(peer).cancel()
        del self.alive[peer]

    def _asked(self, asker: PeerId, peer: PeerId, payload: bytes) -> None:
        self.requests += 1
        self._trace.update(b"%f" % trio.current_time() + asker + peer + payload)

    async def _live(
        self, seed: bytes, known: tuple[PeerId, ...], task_status: trio.TaskStatus[Lookup] = trio.TASK_STATUS_IGNORED
    ) -> None:
        with trio.CancelScope() as scope:
            self._scopes[public_key(seed)] = scope
            async with self.hub.join(public_key(seed)) as inner:
                network = Acquainted(inner, known, self._asked)
                dice = random.Random(self.dice.random())
                lookup = Lookup(network, seed=seed, wall=wall, member=self._members, dice=dice)  # type: ignore[arg-type]
                task_status.started(lookup)
                await lookup.run()


@asynccontextmanager
async def crowd(
    seed: int, count: int, faults: Faults = FAULTS, members: Callable[[PeerId], bool] = lambda _: True
) -> AsyncIterator[Crowd]:
    """``count`` nodes that have had time to get to know each other."""
    async with trio.open_nursery() as nursery:
        there = Crowd(seed, nursery, faults, members)
        for number in range(count):
            await there.add(name_of(number))
            await trio.sleep(there.dice.uniform(0, 0.2))
        await trio.sleep(WARM_SECONDS)
        yield there
        nursery.cancel_scope.cancel()


def name_of(number: int) -> bytes:
    """The seed of the node with this number."""
    return b"node %d" % number + bytes(32 - len(b"node %d" % number))


def card_of(provider: PeerId, *materials: MaterialCode, issued: UnixSeconds | None = None) -> Card:
    """A card that lies under two keys a material, and one a process."""
    now = wall() if issued is None else issued
    return Card(
        provider=provider,
        account=Address(provider[:20]),
        name=provider.hex()[:8],
        encryption_key=EncryptionKey(bytes(32)),
        addresses=(),
        site=Site(easting=Metres(0), northing=Metres(0)),
        capabilities=tuple(
            Capability(
                machine=MachineId(f"machine {number}"),
                process=process,
                materials=materials,
                envelope=Envelope(length=Micrometres(1), width=Micrometres(1), height=Micrometres(1)),
                tolerance=Micrometres(1),
                max_mass=Grams(1),
            )
            for number, process in enumerate((MILLING, TURNING))
        ),
        issued=now,
        expires=UnixSeconds(now + CARD_LIFETIME),
    )


def run(seed: int, nodes: int = NODES) -> Outcome:
    """One history: get to know each other, announce, lose and win a third of the nodes, search."""

    async def main(_clock: MockClock) -> Outcome:
        async with crowd(seed, nodes) as there:
            providers = sorted(there.alive)[:: max(1, nodes // PROVIDERS)][:PROVIDERS]
            async with trio.open_nursery() as nursery:
                for peer in providers:
                    nursery.start_soon(there.alive[peer].provide, card_of(peer, STEEL))
            others = [peer for peer in there.alive if peer not in providers]
            for number, peer in enumerate(there.dice.sample(others, int(nodes * LEAVING))):
                there.remove(peer)
                await there.add(name_of(nodes + number))
                await trio.sleep(there.dice.uniform(0, 0.3))
            found = 0
            seekers = there.dice.sample([peer for peer in there.alive if peer not in providers], SEEKERS)
            for seeker in seekers:
                cards = await there.alive[seeker].find(key_of(MILLING, STEEL))
                found += len({card.provider for card in cards} & set(providers))
            return Outcome(
                wanted=SEEKERS * len(providers),
                found=found,
                requests=there.requests,
                trace=there.trace,
                processor_seconds=time.process_time() - started,
            )

    started = time.process_time()
    return simulate(seed, main)


def main() -> int:
    """Run many histories and say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=NODES)
    arguments = parser.parse_args()
    wanted = found = 0
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        outcome = run(seed, arguments.nodes)
        wanted, found = wanted + outcome.wanted, found + outcome.found
        print(
            f"seed {seed}: {outcome.found} of {outcome.wanted} found, {outcome.requests} requests, "
            f"{outcome.processor_seconds:.1f} s of processor time",
            flush=True,
        )
    print(f"{arguments.seeds} seeds, {arguments.nodes} nodes: {found} of {wanted} found")
    return 0 if found == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
