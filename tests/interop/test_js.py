"""js-libp2p dials us and is dialled: ping, identify, and gossip both ways; needs ``make test-interop``."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from federation.network import Network
from federation.network.libp2p import Libp2pConfig, open_libp2p
from protocol.ids import PeerId
from tests.interop.js import TOPIC, installed, js_command
from tests.network.worlds import accept_all, seed_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="js-libp2p is not installed; run make test-interop"),
]


class Js:
    """A js-libp2p node in a process of its own."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._buffer = b""
        self.address = ""

    async def ask(self, command: str, **values: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        await self._process.stdin.send_all(json.dumps({"command": command, **values}).encode() + b"\n")
        return await self.read(command)

    async def read(self, event: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        with trio.fail_after(20):
            while True:
                line, found, rest = self._buffer.partition(b"\n")
                if not found:
                    self._buffer += await self._process.stdout.receive_some()
                    continue
                self._buffer = rest
                said: dict[str, Any] = json.loads(line)
                assert said["event"] != "failed", said["text"]
                if said["event"] == event:
                    return said


@asynccontextmanager
async def both() -> AsyncIterator[tuple[Network, Js, trio.MemoryReceiveChannel[Any]]]:
    async with (
        open_libp2p(Libp2pConfig(seed=seed_of("python"))) as ours,
        ours.subscribe(TOPIC, accept_all, buffer=100) as messages,
        trio.open_nursery() as nursery,
    ):
        process = await nursery.start(
            lambda task_status: trio.run_process(
                js_command(TOPIC), stdin=subprocess.PIPE, stdout=subprocess.PIPE, task_status=task_status
            )
        )
        js = Js(process)
        js.address = (await js.read("ready"))["address"]
        yield ours, js, messages
        nursery.cancel_scope.cancel()


async def talk(ours: Any, js: Js, messages: trio.MemoryReceiveChannel[Any]) -> None:
    """Gossip both ways over a connection that stands."""
    with trio.fail_after(20):
        while (await js.ask("mesh"))["size"] == 0 or not ours.gossip.router.mesh[TOPIC]:
            await trio.sleep(0.1)
    await js.ask("publish", hex=b"from javascript".hex())
    with trio.fail_after(10):
        message = await messages.receive()
    assert message.payload == b"from javascript"
    await ours.publish(TOPIC, b"from python")
    said = await js.read("message")
    assert bytes.fromhex(said["hex"]) == b"from python"


async def test_javascript_dials_us() -> None:
    async with both() as (ours, js, messages):
        address = ours.addresses[0]
        await js.ask("connect", address=address)
        assert (await js.ask("ping", address=address))["milliseconds"] >= 0
        known = await js.ask("identify", address=address)
        assert known["peer"] == address.rpartition("/")[2]
        assert "/meshsub/1.1.0" in known["protocols"]
        await talk(ours, js, messages)


async def test_we_dial_javascript() -> None:
    async with both() as (ours, js, messages):
        node: Any = ours
        peer: PeerId = await node.reach_at(js.address)
        assert ours.peers() == (peer,)
        assert await node.ping(peer) >= 0
        await talk(ours, js, messages)
        with trio.fail_after(10):
            while "/ipfs/ping/1.0.0" not in node.protocols(peer):
                await trio.sleep(0.1)
