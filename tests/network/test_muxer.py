"""The pieces of a connection that are ours: Yamux frames that nobody may send, neighbours that do not read, batches."""

import struct
from typing import Any

import pytest
import trio
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.rpc_queue import RpcQueue

from federation.network.libp2p import Libp2pConfig, open_libp2p
from federation.network.libp2p_frames import Frames
from federation.network.libp2p_identity import identifier
from federation.network.libp2p_muxer import CreditMuxer
from federation.network.libp2p_outbox import AT_ONCE, REMEMBERED, Holders, gathered, outgoing
from federation.network.libp2p_session import Session
from protocol.params import GOSSIP_AUTHOR_BURST
from protocol.signed import public_key
from tests.network.attacker import attack
from tests.network.worlds import accept_all, seed_of, until

ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
DATA, CREDIT, PING, GOODBYE = range(4)
SYN, ACK, FIN, RST = 1, 2, 4, 8
TOPIC = "hello/1"


def yamux(kind: int, flags: int, stream: int, length: int, *, version: int = 0) -> bytes:
    return struct.pack("!BBHII", version, kind, flags, stream, length)


@pytest.mark.slow
async def test_the_library_asks_its_options_for_no_yamux_and_gets_ours_all_the_same() -> None:
    async with (
        open_libp2p(Libp2pConfig(seed=ANNA)) as anna,
        open_libp2p(Libp2pConfig(seed=BERT, bootstrap=anna.addresses)) as bert,
    ):
        await until(lambda: bert.peers() == (anna.peer,))
        for one, other in ((anna, bert), (bert, anna)):
            (connection,) = one.host.get_network().get_connections(identifier(other.peer))
            assert isinstance(connection.muxed_conn, CreditMuxer)
            assert isinstance(connection.muxed_conn.secured_conn, Session)


@pytest.mark.slow
@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(yamux(DATA, 0, 1, 2**32 - 1), id="of four gigabytes"),
        pytest.param(yamux(DATA, SYN, 3001, 256 * 1024 + 1), id="beyond its credit"),
        pytest.param(yamux(CREDIT, SYN, 4710, 0), id="that opens a stream of ours"),
        pytest.param(yamux(CREDIT, SYN, 0, 0), id="that opens the session's stream"),
        pytest.param(yamux(7, 0, 1, 0), id="of no type"),
        pytest.param(yamux(DATA, 0, 1, 0, version=1), id="of another version"),
    ],
)
async def test_a_peer_that_breaks_yamux_loses_its_connection_and_nobody_else_does(frame: bytes) -> None:
    rude = b"a rude peer".ljust(32)
    async with (
        open_libp2p(Libp2pConfig(seed=ANNA)) as anna,
        open_libp2p(Libp2pConfig(seed=BERT, bootstrap=anna.addresses)) as bert,
    ):
        await until(lambda: bert.peers() == (anna.peer,))
        async with attack(anna.addresses[0], seed=rude) as attacker:
            await until(lambda: public_key(rude) in anna.peers())
            assert await attacker.mux([frame]) == 1
            await until(lambda: public_key(rude) not in anna.peers())
        assert anna.peers() == (bert.peer,)
        assert await bert.ping(anna.peer) < 5


@pytest.mark.slow
async def test_frames_for_streams_that_do_not_exist_are_passed_over() -> None:
    frames = [yamux(kind, flags, 4711, 0) for kind in (DATA, CREDIT) for flags in (0, ACK, FIN, RST, FIN | RST)]
    frames += [yamux(DATA, 0, 4711, 3) + b"abc", yamux(PING, SYN, 0, 7)]
    rude = b"a rude peer".ljust(32)
    async with open_libp2p(Libp2pConfig(seed=ANNA)) as anna, attack(anna.addresses[0], seed=rude) as attacker:
        assert (
            await attacker.mux([*frames, yamux(DATA, 0, 4711, 3) + b"abc", yamux(PING, SYN, 0, 7)]) == len(frames) + 2
        )
        assert await attacker.throw("/ipfs/ping/1.0.0", [b"x" * 32]) == 1
        assert public_key(rude) in anna.peers()


@pytest.mark.slow
async def test_bytes_that_do_not_decrypt_end_their_connection_alone() -> None:
    rude = b"a rude peer".ljust(32)
    async with open_libp2p(Libp2pConfig(seed=ANNA)) as anna, attack(anna.addresses[0], seed=rude) as attacker:
        await until(lambda: public_key(rude) in anna.peers())
        assert await attacker.speak_in_the_clear(b"\x00\x20" + bytes(32)) == 1
        await until(lambda: public_key(rude) not in anna.peers())


@pytest.mark.slow
async def test_a_neighbour_that_reads_nothing_delays_nobody() -> None:
    """More is said than its stream's window and its queue hold together."""
    said = [b"%d" % number + bytes(1000) for number in range(int(GOSSIP_AUTHOR_BURST))]
    async with (
        open_libp2p(Libp2pConfig(seed=ANNA)) as anna,
        open_libp2p(Libp2pConfig(seed=BERT, bootstrap=anna.addresses)) as bert,
        anna.subscribe(TOPIC, accept_all, buffer=10),
        bert.subscribe(TOPIC, accept_all, buffer=2000) as messages,
        attack(anna.addresses[0]) as attacker,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(attacker.subscribe_and_read_nothing, TOPIC)
        mesh: Any = anna.gossip.router.mesh
        await until(lambda: len(mesh.get(TOPIC, ())) == 2)
        for number, payload in enumerate(said):
            await anna.publish(TOPIC, payload)
            if number % 200 == 0:
                await until(lambda: messages.statistics().current_buffer_used > number - 200)  # noqa: B023  # at once
        await until(lambda: messages.statistics().current_buffer_used == len(said))
        nursery.cancel_scope.cancel()


def message(number: int, size: int = 10) -> Any:
    return rpc_pb2.Message(data=bytes(size), seqno=b"%d" % number)


async def test_what_waits_goes_in_one_batch_and_in_order() -> None:
    queue = RpcQueue(100, 2**20)
    for number in range(3):
        queue.push(outgoing(b"%d" % number, message(number)))
    queue.push(rpc_pb2.RPC(subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid=TOPIC)]))
    read = await rpcs(gathered(await queue.pop(), queue, lambda key: key == b"1"))
    assert [one.publish[0].seqno for one in read[:-1]] == [b"0", b"2"]
    assert read[-1].subscriptions[0].topicid == TOPIC
    assert len(queue) == 0


async def test_a_batch_ends_when_it_is_large_enough() -> None:
    queue = RpcQueue(100, 2**20)
    for number in range(10):
        queue.push(outgoing(b"%d" % number, message(number, AT_ONCE // 3)))
    assert len(await rpcs(gathered(await queue.pop(), queue, lambda _key: False))) == 3
    assert len(queue) == 7


def test_who_brought_a_message_is_known_while_it_is_new() -> None:
    holders = Holders()
    holders.note(b"a", "mill")
    holders.note(b"a", "oven")
    assert holders.has(b"a", "mill")
    assert holders.has(b"a", "oven")
    assert not holders.has(b"a", "saw")
    for number in range(REMEMBERED):
        holders.note(b"%d" % number, "mill")
    assert not holders.has(b"a", "mill")


class _Wire:
    """A stream that holds some bytes and ends."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self, most: int) -> bytes:
        await trio.lowlevel.checkpoint()
        taken, self._content = self._content[:most], self._content[most:]
        return taken


async def rpcs(frames: bytes) -> list[Any]:
    """What a neighbour reads of ``frames``."""
    read, wire = [], _Wire(frames)
    source = Frames(wire)
    while wire._content or source._buffer:
        rpc = rpc_pb2.RPC()
        rpc.ParseFromString(await source.read_varint_frame(2**20))
        read.append(rpc)
    return read
