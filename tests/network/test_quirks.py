"""Why the library's own QUIC, relay service and lookup are not used: what each does that ours must not.

A new version of the library that fails here has mended something; decision 0031 is then to be thought over. Its stock
hosts leave sockets open, so they live in processes of their own.
"""

import subprocess
import sys

import pytest
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from multiaddr import Multiaddr

from benchmarks.network.quic import UNREAD

pytestmark = pytest.mark.slow

RESERVE = """
import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.peer.peerinfo import PeerInfo
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage
from libp2p.relay.circuit_v2.pb.circuit_pb2 import PeerId as Named
from libp2p.relay.circuit_v2.protocol import PROTOCOL_ID as HOP
from libp2p.relay.circuit_v2.protocol import CircuitV2Protocol
from libp2p.relay.circuit_v2.resources import RelayLimits
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr
from federation.network.libp2p_frames import Frames, varint_frame
from federation.network.libp2p_identity import identifier

async def main():
    listen = [Multiaddr("/ip4/127.0.0.1/tcp/0")]
    relay, peer = (new_host(key_pair=create_new_key_pair(bytes([n]) * 32)) for n in (1, 2))
    victim = identifier(b"v" * 32)
    async with relay.run(listen_addrs=listen), peer.run(listen_addrs=listen):
        limits = RelayLimits(duration=60, data=1000, max_circuit_conns=1, max_reservations=1)
        service = CircuitV2Protocol(relay, limits=limits, allow_hop=True)
        async with background_trio_service(service):
            await service.event_started.wait()
            await peer.connect(PeerInfo(relay.get_id(), relay.get_transport_addrs()))
            for fields in ({"peer": Named(id=victim.to_bytes())}, {}):
                stream = await peer.new_stream(relay.get_id(), [HOP])
                await stream.write(varint_frame(HopMessage(type=HopMessage.RESERVE, **fields).SerializeToString()))
                with trio.fail_after(10):
                    answer = HopMessage.FromString(await Frames(stream).read_varint_frame(4096))
            print(answer.status, flush=True)
            raise SystemExit

trio.run(main)
"""


def said(*arguments: str) -> str:
    """What a Python process says first."""
    ended = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)
    return ended.stdout.partition("\n")[0]


def test_quic_drops_what_a_slow_reader_has_not_read() -> None:
    """Out of the middle of a stream, and neither end is told; over TCP the writer waits."""
    command = ("-m", "benchmarks.network.quic", "--paused", "--only")
    assert int(said(*command, "tcp")) == UNREAD
    assert int(said(*command, "quic")) < UNREAD


def test_the_relay_service_reserves_in_anothers_name() -> None:
    """A message may name anybody, who then has a place; so one peer fills them all, and the next is refused (201)."""
    assert said("-c", RESERVE) == "201"


async def test_a_lookup_ends_at_the_first_record_at_home() -> None:
    """Anybody may bring a record, so one false record here hides every provider elsewhere."""
    host = new_host(key_pair=create_new_key_pair(b"\x01" * 32))
    dht = KadDHT(host, DHTMode.SERVER)
    key, liar = b"\x12\x20" + bytes(32), ID(b"\x12\x20" + b"l" * 32)
    dht.provider_store.add_provider(key, PeerInfo(liar, [Multiaddr("/ip4/127.0.0.1/tcp/1")]))
    found = await dht.provider_store.find_providers(key, count=20)
    assert [one.peer_id for one in found] == [liar]
