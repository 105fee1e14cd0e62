"""One of our nodes, commanded like ``tests/interop/node.mjs``: a JSON command a line in, a JSON event a line out."""

import json
import math
import resource
import struct
import sys
import time
from typing import Any

import trio

from federation.network import Message, Network
from federation.network.libp2p import Libp2pConfig, open_libp2p
from protocol.ids import PeerId

TOPIC = "hello/1"
HEADER = struct.Struct(">IdII")
MAGIC = 0x474D524B


class Meter:
    """What one node heard."""

    def __init__(self) -> None:
        self.heard: set[tuple[int, int]] = set()
        self.delays: list[float] = []
        self.twice = 0

    def note(self, message: Message) -> None:
        magic, at, number, source = HEADER.unpack_from(message.payload)
        assert magic == MAGIC
        if (number, source) in self.heard:
            self.twice += 1
            return
        self.heard.add((number, source))
        self.delays.append((time.time() - at) * 1000)


async def run(network: Network, meter: Meter, command: dict[str, Any]) -> dict[str, Any]:
    """Publish at a rate from a moment on, and say what was heard meanwhile."""
    meter.__init__()  # type: ignore[misc]
    start, rate, source = command["start"], command["rate"], command["source"]
    await trio.sleep(start - time.time())
    before = time.process_time()
    sent = 0
    while sent < round(command["seconds"] * rate) and time.time() < start + command["seconds"] + 1:
        await trio.sleep(max(0.0, start + (sent + source / 100) / rate - time.time()))
        body = HEADER.pack(MAGIC, time.time(), sent, source).ljust(command["size"], b"\0")
        await network.publish(TOPIC, body)
        sent += 1
    await trio.sleep(max(0.0, start + command["seconds"] + command["drain"] - time.time()))
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    cpu = time.process_time() - before
    return {
        "sent": sent,
        "heard": len(meter.heard),
        "twice": meter.twice,
        "cpu": cpu,
        "rss": rss,
        "delays": meter.delays,
    }


async def main(seed: bytes) -> None:
    """Serve commands until the input ends."""
    meter = Meter()
    async with (
        open_libp2p(Libp2pConfig(seed=seed)) as network,
        network.subscribe(TOPIC, _accept, buffer=100_000) as messages,
        trio.open_nursery() as nursery,
    ):

        async def listen() -> None:
            async for message in messages:
                meter.note(message)

        nursery.start_soon(listen)
        say({"event": "ready", "address": network.addresses[0]})
        while True:
            line = await trio.to_thread.run_sync(sys.stdin.readline)
            if not line:
                break
            command = json.loads(line)
            if command["command"] == "run":
                nursery.start_soon(_answer_run, network, meter, command)
            else:
                say({"event": command["command"], **await _answer(network, command)})
        nursery.cancel_scope.cancel()


async def _answer_run(network: Network, meter: Meter, command: dict[str, Any]) -> None:
    say({"event": "run", **await run(network, meter, command)})


async def _answer(network: Any, command: dict[str, Any]) -> dict[str, Any]:
    match command["command"]:
        case "connect":
            address = command["address"]
            peer = await network.reach_at(address)
            return {"peer": peer.hex()}
        case "mesh":
            return {"size": len(network.gossip.router.mesh.get(TOPIC, ()))}
    return {}


def _accept(_author: PeerId, payload: bytes) -> None:
    assert len(payload) >= HEADER.size
    assert math.isfinite(HEADER.unpack_from(payload)[1])


def say(event: dict[str, Any]) -> None:
    """One event on standard output."""
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    trio.run(main, sys.argv[1].encode().ljust(32, b"."))
