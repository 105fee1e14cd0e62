"""Hostile frames on every inbound protocol of a running node, while an honest peer keeps talking to it.

    python -m tests.network.fuzz --frames 1000000

From the bottom up: bytes on the socket in place of a handshake, bytes that do not decrypt, Yamux frames, gossip frames,
and requests. Most frames are well formed and hold nonsense, so that they reach the code behind the parser; the others
are bytes that were flipped, cut, repeated or made up. The last line is the verdict; exit code 1 if the node ended, kept
a task, grew by more than 50 MiB, or missed an honest message. A gossip frame counts when the node has read it.
"""

import argparse
import json
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio
from libp2p.host.ping import ID as PING
from libp2p.identity.identify.identify import ID as IDENTIFY
from libp2p.identity.identify.pb import identify_pb2
from libp2p.identity.identify_push.identify_push import ID_PUSH as IDENTIFY_PUSH
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11 as MESHSUB
from libp2p.pubsub.pb import rpc_pb2
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, StopMessage
from libp2p.relay.circuit_v2.pb.circuit_pb2 import PeerId as Named
from libp2p.relay.circuit_v2.pb.dcutr_pb2 import HolePunch

from federation.credit import Credit
from federation.lasting import LastingNetwork, open_lasting
from federation.lookup import Lookup
from federation.network.libp2p import Libp2pConfig, dial_address, open_libp2p
from federation.network.libp2p_circuit import HOP, STOP
from federation.network.libp2p_punch import DCUTR
from federation.network.libp2p_relay import Quota
from federation.standing import Standing, everybody
from federation.transfer import serve_contents
from protocol.content import ChunkRequest, OutlineRequest
from protocol.ids import Digest, PeerId
from protocol.lookup import KeepRequest, NearestRequest
from protocol.params import MAX_FETCH, MAX_LOOKUP_KEYS
from protocol.signed import Signed, public_key
from protocol.summary import BulletinsRequest, Summary, question
from protocol.topics import (
    COMMITMENT,
    COMPARE_BULLETINS,
    FETCH_BULLETINS,
    FETCH_CHUNK,
    FETCH_OUTLINE,
    KEEP_CARD,
    LOOK_UP,
)
from protocol.units import UnixSeconds
from protocol.wire import encode
from tests.network.attacker import Attacker, attack, gossip_frame, varint_frame
from tests.network.worlds import accept_all, free_port, seed_of
from tests.unit.protocol.test_bulletin import commitment

VICTIM, HONEST = seed_of("victim"), seed_of("honest")
HEALTH = "/test/health/1"
ATTACKERS = 6
"""Hostile peers at a time; each returns under a new identity."""

FRAMES_PER_STREAM = 300
STREAMS_PER_PEER = 12
REQUESTS_AT_ONCE = 10
MOST_GROWTH = 50 * 2**20
SPOILT = 0.005
"""Part of the frames that are spoilt as bytes, after which a stream is over."""

MUXER, SESSION, SOCKET = "yamux", "noise", "tcp"
"""What lies below the streams' protocols."""

SURPLUS = 1.1
"""Times the frames asked for that are sent: behind a spoilt one on its stream, none is read."""

REQUESTS = (COMPARE_BULLETINS, FETCH_BULLETINS, FETCH_OUTLINE, FETCH_CHUNK, LOOK_UP, KEEP_CARD, HEALTH)
WAYS = (HOP, STOP, DCUTR)


def wall() -> UnixSeconds:
    """Wall time."""
    return UnixSeconds(int(time.time()))


async def victim(port: int) -> None:
    """The node under attack: gossip with its board, and every request protocol of the federation."""
    standing = Standing(trio.current_time, everybody, barred_above=float("inf"))  # or it would soon hear no frame
    listen = f"/ip4/127.0.0.1/tcp/{port}"
    config = Libp2pConfig(seed=VICTIM, listen=listen, standing=standing, relaying=Quota(), punching=True)
    heard, taken = set(), 0

    async def health(_asker: PeerId, _payload: bytes) -> bytes:
        tasks = trio.lowlevel.current_statistics().tasks_living
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        memory = pages * resource.getpagesize()
        return json.dumps({"tasks": tasks, "memory": memory, "heard": len(heard), "taken": taken}).encode()

    async with (
        open_libp2p(config) as inner,
        open_lasting(inner, seed=VICTIM, wall=wall, dice=random.Random(1)) as network,
        network.subscribe(COMMITMENT, accept_all, buffer=1000) as messages,
    ):
        inner.gossip._credit = Credit(1e9, 1e9)  # or it would read 25 wrong messages of a neighbour a second
        take = inner.gossip._take

        async def count(neighbour: ID, frame: bytes) -> None:
            nonlocal taken
            taken += 1
            await take(neighbour, frame)

        inner.gossip._take = count
        network.serve(HEALTH, health)
        serve_contents(network, Empty())
        Lookup(network, seed=VICTIM, wall=wall, member=lambda _peer: True, dice=random.Random(1))
        print("ready", flush=True)
        async for message in messages:
            if message.author == public_key(HONEST):
                heard.add(message.payload)


class Empty:
    """A library of nothing."""

    async def find(self, _peer: PeerId, _content: Digest) -> Path | None:
        await trio.lowlevel.checkpoint()
        return None


class Fuzzer:
    """Makes frames and counts those that it could send."""

    def __init__(self, seed: int, frames: int) -> None:
        self._dice = random.Random(seed)
        self._frames = frames
        self.sent: Counter[str] = Counter()

    async def run(self, address: str) -> None:
        """Attack with one identity after the other until all frames are sent."""
        while self.sent.total() < self._frames:
            with suppress(Exception):  # being hung up on is the victim's right
                await self._below(address)
                async with attack(address, seed=self._dice.randbytes(32)) as attacker:
                    for _ in range(STREAMS_PER_PEER):
                        if self.sent.total() < self._frames:
                            await self._streams(attacker)
                    self._count(MUXER, await attacker.mux([self._muxer() for _ in range(REQUESTS_AT_ONCE)]))
                    self._count(SESSION, await attacker.speak_in_the_clear(self._bytes(3000)))

    def _count(self, protocol: str, frames: int) -> None:
        self.sent[protocol] += frames

    async def _streams(self, attacker: Attacker) -> None:
        protocol = self._dice.choice((MESHSUB,) * 6 + (IDENTIFY_PUSH, IDENTIFY, PING, *WAYS, *REQUESTS))
        if protocol == MESHSUB:
            await self._pour(attacker, protocol, self._gossip, FRAMES_PER_STREAM)
            return
        make = {
            IDENTIFY_PUSH: self._identify,
            IDENTIFY: self._noise,
            PING: self._noise,
            HOP: self._way,
            STOP: self._way,
            DCUTR: self._way,
        }.get(protocol, self._request)
        async with trio.open_nursery() as nursery:
            for _ in range(REQUESTS_AT_ONCE):
                nursery.start_soon(self._pour, attacker, protocol, make, 1)

    async def _pour(self, attacker: Attacker, protocol: str, make: Callable[[Attacker], bytes], several: int) -> None:
        frames, spoilt = list[bytes](), False
        while len(frames) < several and not spoilt:
            spoilt = self._dice.random() < SPOILT
            frame = make(attacker)
            frames.append(self._spoil(frame) if spoilt else frame)
        self._count(protocol, await attacker.pour(protocol, frames, reset=self._dice.random() < 0.3))

    async def _below(self, address: str) -> None:
        """In place of a handshake: noise, or the beginning of one and then noise."""
        start = self._dice.choice((b"", b"\x13/multistream/1.0.0\n", b"\x13/multistream/1.0.0\n\x07/noise\n"))
        async with await trio.open_tcp_stream("127.0.0.1", int(address.split("/")[4])) as socket:
            await socket.send_all(start + self._bytes(500))
            self._count(SOCKET, 1)

    def _muxer(self) -> bytes:
        """A Yamux frame of any kind, flags and stream, mostly of the right version and length."""
        body = self._bytes(200)
        kind = self._dice.choice((0, 0, 0, 1, 1, 2, self._dice.randrange(256)))
        version = 0 if self._dice.random() < 0.95 else self._dice.randrange(256)
        length = len(body) if kind == 0 else self._dice.choice((0, 1, 2**32 - 1))
        if self._dice.random() < 0.05:
            length = self._dice.randrange(2**32)
        number = self._dice.choice((0, 1, 2, 3, 1001, self._dice.randrange(2**32)))
        header = struct.pack("!BBHII", version, kind, self._dice.randrange(16), number, length)
        return header + (body if kind == 0 else b"")

    def _gossip(self, attacker: Attacker) -> bytes:
        """A gossip frame that parses; what it holds is nonsense, forged, or out of bounds."""
        return self._dice.choice((self._message, self._message, self._control, self._subscription))(attacker)

    def _message(self, attacker: Attacker) -> bytes:
        payload = self._dice.choice((commitment(), self._bytes(200), encode(question([])), b""))
        message = attacker.signed(self._dice.choice((COMMITMENT, COMMITMENT, "?", "\x00" * 300)), payload)
        field = self._dice.choice(("from_id", "seqno", "data", "topicIDs", "signature", "key", "none"))
        if field == "topicIDs":
            message.topicIDs.extend(["a", "b"] * self._dice.randrange(3))
        elif field != "none":
            setattr(message, field, self._bytes(80))
        return gossip_frame(*[message] * self._dice.choice((1, 1, 1, 3)))

    def _control(self, _attacker: Attacker) -> bytes:
        ids = [self._bytes(40) for _ in range(self._dice.randrange(30))]
        topic = self._dice.choice((COMMITMENT, "?", ""))
        control = rpc_pb2.ControlMessage()
        for kind in self._dice.sample(("graft", "prune", "ihave", "iwant", "idontwant"), 2):
            if kind == "graft":
                control.graft.extend(rpc_pb2.ControlGraft(topicID=topic) for _ in ids)
            elif kind == "prune":
                px = [rpc_pb2.PeerInfo(peerID=one, signedPeerRecord=one) for one in ids]
                control.prune.append(rpc_pb2.ControlPrune(topicID=topic, peers=px, backoff=2**64 - 1))
            elif kind == "ihave":
                control.ihave.append(rpc_pb2.ControlIHave(topicID=topic, messageIDs=ids))
            elif kind == "iwant":
                control.iwant.append(rpc_pb2.ControlIWant(messageIDs=ids))
            else:
                control.idontwant.append(rpc_pb2.ControlIDontWant(messageIDs=ids))
        return gossip_frame(control=control, senderRecord=self._bytes(100))

    def _subscription(self, _attacker: Attacker) -> bytes:
        names = ("", COMMITMENT, "t" * 1000, *(f"{self._dice.random()}" for _ in range(20)))
        every = [rpc_pb2.RPC.SubOpts(subscribe=self._dice.random() < 0.7, topicid=name) for name in names]
        return gossip_frame(subscriptions=every)

    def _identify(self, attacker: Attacker) -> bytes:
        said = identify_pb2.Identify(
            protocol_version=self._bytes(20).hex(),
            public_key=self._dice.choice((attacker.identity, self._bytes(60))),
            listen_addrs=[self._bytes(30) for _ in range(self._dice.randrange(50))],
            observed_addr=self._bytes(20),
            protocols=["/x" * self._dice.randrange(100)] * self._dice.randrange(50),
            signedPeerRecord=self._bytes(200),
        )
        return varint_frame(said.SerializeToString())

    def _way(self, attacker: Attacker) -> bytes:
        """A message of a relay or of hole punching; the types are numbers that each of the three protocols knows."""
        named = Named(id=self._dice.choice((attacker.identity, self._bytes(60))), addrs=[self._bytes(30)])
        hop = HopMessage(type=self._dice.choice((0, 1, 2)), peer=named, senderRecord=self._bytes(100))
        stop = StopMessage(type=self._dice.choice((0, 1)), peer=named)
        punch = HolePunch(type=self._dice.choice((100, 300)), ObsAddrs=[self._bytes(30) for _ in range(20)])
        return varint_frame(self._dice.choice((hop, stop, punch)).SerializeToString())

    def _request(self, attacker: Attacker) -> bytes:
        said = Signed(author=PeerId(attacker.identity[-32:]), payload=self._bytes(200), signature=self._bytes(64))
        key = Digest(self._dice.choice((bytes(32), self._bytes(40))))
        summary = Summary(ranges=tuple(question([], self._bytes(32), self._bytes(32)) for _ in range(3)))
        wrong: tuple[Any, ...] = (
            summary,
            BulletinsRequest(ids=(Digest(self._bytes(32)),) * self._dice.choice((1, MAX_FETCH + 1))),
            OutlineRequest(content=Digest(self._bytes(32))),
            ChunkRequest(content=Digest(self._bytes(32)), index=self._dice.choice((-1, 0, 2**63))),
            NearestRequest(key=key, cards=True, asker=said),
            KeepRequest(keys=(key,) * self._dice.choice((1, MAX_LOOKUP_KEYS + 1)), card=said),
        )
        payload = self._spoil(encode(self._dice.choice(wrong)))
        return len(payload).to_bytes(4, "big") + payload

    def _noise(self, _attacker: Attacker) -> bytes:
        return self._bytes(500)

    def _spoil(self, frame: bytes) -> bytes:
        """``frame`` with some bytes flipped, lost, doubled or added."""
        spoilt = bytearray(frame)
        for _ in range(self._dice.choice((1, 1, 2, 8))):
            at = self._dice.randrange(len(spoilt) + 1)
            match self._dice.randrange(5):
                case 0:
                    spoilt.insert(at, self._dice.randrange(256))
                case 1 if at < len(spoilt):
                    spoilt[at] ^= 1 << self._dice.randrange(8)
                case 2:
                    del spoilt[at:]
                case 3:
                    spoilt[at:at] = spoilt[at : at + 40]
                case _:
                    spoilt += self._bytes(40)
        return bytes(spoilt)

    def _bytes(self, most: int) -> bytes:
        return self._dice.randbytes(self._dice.randrange(most + 1))


async def attack_while_talking(fuzzer: Fuzzer, port: int) -> tuple[dict[str, int], dict[str, int], int]:
    """Health before and after, and how many honest messages were said."""
    address = dial_address(public_key(VICTIM), "127.0.0.1", port)
    said = 0
    async with (
        open_libp2p(Libp2pConfig(seed=HONEST, bootstrap=(address,))) as inner,
        open_lasting(inner, seed=HONEST, wall=wall, dice=random.Random(2)) as honest,
    ):
        before = await _health(honest)
        done = trio.Event()

        async def talk() -> None:
            nonlocal said
            while not done.is_set():
                await honest.publish(COMMITMENT, commitment(job=said.to_bytes(32, "big")))
                said += 1
                await trio.sleep(0.25)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(talk)
            async with trio.open_nursery() as attackers:
                for _ in range(ATTACKERS):
                    attackers.start_soon(fuzzer.run, address)
            done.set()
        after = await _health(honest)
        with trio.move_on_after(30):
            while after["heard"] < said or after["tasks"] > before["tasks"] + 5:
                await trio.sleep(0.5)
                after = await _health(honest)
        return before, after, said


async def _health(honest: LastingNetwork) -> dict[str, int]:
    found: dict[str, int] = json.loads(await honest.request(public_key(VICTIM), HEALTH, b"", deadline=20))
    return found


def fuzz(frames: int, seed: int) -> tuple[str, bool]:
    """What was sent, the verdict in one line, and whether it is a good one."""
    port = free_port()
    program = [sys.executable, "-m", "tests.network.fuzz", "--victim", str(port)]
    with tempfile.TemporaryFile("w+") as talk:
        process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=talk, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            fuzzer = Fuzzer(seed, int(frames * SURPLUS))
            before, after, said = trio.run(attack_while_talking, fuzzer, port)
            exits = int(process.poll() is not None)
        finally:
            process.kill()
            process.communicate()
    grown, kept = after["memory"] - before["memory"], max(0, after["tasks"] - before["tasks"] - 5)
    read = fuzzer.sent.total() - fuzzer.sent[MESHSUB] + after["taken"] - before["taken"]
    good = not exits and not kept and grown < MOST_GROWTH and after["heard"] == said and read >= frames
    sent = ", ".join(f"{protocol} {number:,}" for protocol, number in sorted(fuzzer.sent.items()))
    return (
        f"sent: {sent}\n{read:,} frames, {exits} exits, {kept} stuck tasks, memory {grown / 2**20:+.1f} MiB, "
        f"honest delivery {100 * after['heard'] / said:g} % of {said}"
    ), good


def main() -> int:
    """Run as the command says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--victim", type=int, metavar="PORT")
    arguments = parser.parse_args()
    if arguments.victim is not None:
        trio.run(victim, arguments.victim)
    verdict, good = fuzz(arguments.frames, arguments.seed)
    print(verdict)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
