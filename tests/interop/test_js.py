"""js-libp2p dials us and is dialled: ping, identify, and gossip both ways; needs ``make test-interop``."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from federation.network import Network
from federation.network.libp2p import Libp2pConfig, dial_address, open_libp2p
from federation.network.libp2p_relay import Quota
from federation.network.mdns import Lan
from protocol.ids import PeerId
from tests.interop.js import TOPIC, installed, js_command
from tests.network.nat import available, namespace
from tests.network.worlds import accept_all, seed_of, until

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
async def javascript(*options: str) -> AsyncIterator[Js]:
    """A js-libp2p node."""
    async with trio.open_nursery() as nursery:
        process = await nursery.start(
            lambda task_status: trio.run_process(
                js_command(TOPIC, *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, task_status=task_status
            )
        )
        js = Js(process)
        js.address = (await js.read("ready"))["address"]
        yield js
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def both() -> AsyncIterator[tuple[Network, Js, trio.MemoryReceiveChannel[Any]]]:
    async with (
        open_libp2p(Libp2pConfig(seed=seed_of("python"))) as ours,
        ours.subscribe(TOPIC, accept_all, buffer=100) as messages,
        javascript() as js,
    ):
        yield ours, js, messages


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


async def test_javascript_reaches_us_through_a_relay_of_ours() -> None:
    async with (
        open_libp2p(Libp2pConfig(seed=seed_of("relay"), relaying=Quota())) as relay,
        open_libp2p(Libp2pConfig(seed=seed_of("python"), relays=relay.addresses)) as ours,
        javascript() as js,
    ):
        await until(lambda: len(ours.circuits.addresses) == 1)
        (address,) = ours.circuits.addresses
        await js.ask("connect", address=address)
        assert (await js.ask("ping", address=address))["milliseconds"] >= 0
        assert relay.relaying().circuits == 1


async def test_we_reach_javascript_through_a_relay_of_ours() -> None:
    async with (
        open_libp2p(Libp2pConfig(seed=seed_of("relay"), relaying=Quota())) as relay,
        open_libp2p(Libp2pConfig(seed=seed_of("python"))) as ours,
        javascript() as js,
    ):
        (address,) = (await js.ask("reserve", address=relay.addresses[0]))["addresses"]
        peer = await ours.reach_at(address)
        assert await ours.ping(peer) >= 0
        assert relay.relaying().circuits == 1


async def test_we_are_reached_through_a_javascript_relay() -> None:
    async with (
        javascript() as js,
        open_libp2p(Libp2pConfig(seed=seed_of("hidden"), relays=(js.address,))) as hidden,
        open_libp2p(Libp2pConfig(seed=seed_of("python"))) as ours,
    ):
        await until(lambda: len(hidden.circuits.addresses) == 1)
        peer = await ours.reach_at(hidden.circuits.addresses[0])
        assert peer == hidden.peer
        assert await ours.ping(peer) >= 0


async def find_each_other() -> None:
    """A node of each kind on one LAN, which is this machine's loopback; ends when each has heard of the other."""
    lans = (Lan(interface="127.0.0.1"),)
    async with open_libp2p(Libp2pConfig(seed=seed_of("python"), lans=lans)) as ours, javascript("nearby") as js:
        known = await js.read("found")
        assert known["peer"] == ours.addresses[0].rpartition("/")[2]
        await until(lambda: len(ours.nearby()) == 1)
        (peer,) = ours.nearby()
        assert dial_address(peer, "127.0.0.1", 1).rpartition("/")[2] == js.address.rpartition("/")[2]
        await until(lambda: ours.peers() == (peer,))
        print("found each other")  # it runs in a process of its own


@pytest.mark.skipif(not available(), reason="a LAN of our own needs network namespaces")
def test_javascript_and_we_find_each_other_by_multicast_dns() -> None:
    program = "import trio; from tests.interop.test_js import find_each_other; trio.run(find_each_other)"
    with namespace(f"{os.getpid()}-lan") as there:
        command = ["ip", "netns", "exec", there, sys.executable, "-c", program]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert said.stdout == "found each other\n", said.stderr
