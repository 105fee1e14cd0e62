"""Nodes behind routers that let nobody in meet through a relay, and then directly: real NAT, in Linux namespaces."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from federation.network.libp2p import dial_address
from protocol.signed import public_key
from tests.network.nat import PUBLIC, available, lab
from tests.network.worlds import seed_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="network namespaces and iptables are not ours to use here"),
]
ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
PORT = 4001
PATIENCE = 90
"""Seconds; three vain tries take thirty, and a start on a busy machine ten."""

PROGRAM = """
import json, logging, sys, trio
from federation.errors import UnavailableError
from federation.network.libp2p import Libp2pConfig, open_libp2p
from federation.network.libp2p_relay import Quota

class Teller(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith("no direct way"):
            print("stays with the relay", flush=True)

logging.getLogger("guildmark.network").setLevel(logging.INFO)
logging.getLogger("guildmark.network").addHandler(Teller())

async def echo(asker, payload):
    return payload

async def main(name, listen, relays, relaying, whom, address):
    config = Libp2pConfig(seed=name.encode().ljust(32, b"."), listen=listen, relays=tuple(relays), punching=True,
                          relaying=Quota() if relaying else None)
    async with open_libp2p(config) as node:
        node.serve("/test/echo/1", echo)
        print("listens", flush=True)
        while relays and not node.circuits.reserved:
            await trio.sleep(0.1)
        print("reserved", flush=True)
        if whom:
            peer = type(node.peer)(bytes.fromhex(whom))
            for direct in (address[1], address[0]):
                await node.introduce(peer, (direct,))
                try:
                    await node.request(peer, "/test/echo/1", b"hello", deadline=6)
                    print("answered", direct.count("p2p-circuit"), flush=True)
                except UnavailableError:
                    print("unreachable", flush=True)
            while True:
                links = [link for link in node.links() if link.peer == peer]
                if links and not links[0].relayed:
                    break
                await trio.sleep(0.1)
            await node.request(peer, "/test/echo/1", b"hello", deadline=12)
            print("direct", links[0].addresses[0], flush=True)
        await trio.sleep_forever()

trio.run(main, *json.loads(sys.argv[1]))
"""


@contextmanager
def node(namespace: str, *arguments: object) -> Iterator[Iterator[str]]:
    """A node in a process in a namespace, and the lines that it says."""
    command = ["ip", "netns", "exec", namespace, "timeout", str(PATIENCE), sys.executable, "-c", PROGRAM]
    with subprocess.Popen([*command, json.dumps(arguments)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield map(str.strip, process.stdout)
        finally:
            process.terminate()


@contextmanager
def three(*, keeps_ports: bool) -> Iterator[tuple[Iterator[str], Iterator[str]]]:
    """What Anna, who has a place at the relay, and Carl, who looks for her, say from then on."""
    with lab(keeps_ports=keeps_ports) as there, ExitStack() as stack:
        relay = dial_address(public_key(BERT), there.relay_host, PORT)
        at = [f"/ip4/{host}/tcp/{PORT}" for host in (there.relay_host, there.anna_host, there.carl_host)]
        bert = stack.enter_context(node(there.relay, "bert", at[0], [], True, "", []))
        assert next(bert) == "listens"
        anna = stack.enter_context(node(there.anna, "anna", at[1], [relay], False, "", []))
        assert [next(anna), next(anna)] == ["listens", "reserved"]
        direct = dial_address(public_key(ANNA), there.anna_router, PORT)
        by_relay = f"{relay}/p2p-circuit/p2p/{direct.rpartition('/')[2]}"
        carl = stack.enter_context(
            node(there.carl, "carl", at[2], [], False, public_key(ANNA).hex(), [by_relay, direct])
        )
        assert [next(carl) for _ in range(4)] == ["listens", "reserved", "unreachable", "answered 1"]
        yield anna, carl


def test_two_nodes_behind_routers_that_keep_ports_meet_by_relay_and_then_directly() -> None:
    with three(keeps_ports=True) as (_, carl):
        assert next(carl) == f"direct {PUBLIC}.10:{PORT}"


def test_behind_routers_that_change_every_port_they_stay_with_the_relay() -> None:
    with three(keeps_ports=False) as (anna, _):
        assert next(anna) == "stays with the relay"
