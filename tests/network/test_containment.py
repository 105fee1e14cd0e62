"""What one bad peer can do to a node over libp2p: nothing that an honest peer notices."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import pytest
import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.identity.identify.pb import identify_pb2
from libp2p.identity.identify_push.identify_push import ID_PUSH as IDENTIFY_PUSH
from libp2p.network.exceptions import SwarmException
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11 as MESHSUB
from libp2p.pubsub.pb import rpc_pb2
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from multiaddr import Multiaddr

from federation.errors import ListenError, RefusedError, UnreachableError
from federation.network import MAX_RESPONSE, Network, libp2p_muxer
from federation.network.libp2p import Libp2pConfig, dial_address, open_libp2p
from federation.network.libp2p_admission import MAX_STRANGERS, MAX_STREAMS_PER_PEER
from federation.network.libp2p_identity import identifier
from federation.network.libp2p_muxer import QUIET_LOOKS
from federation.standing import Standing
from protocol.errors import RejectError
from protocol.ids import Address, PeerId
from protocol.signed import public_key
from tests.network.attacker import BUILT_IN, attack, garbage, gossip_frame, throw_garbage, varint_frame
from tests.network.fuzz import fuzz
from tests.network.worlds import (
    TOPIC,
    Libp2pWorld,
    Member,
    accept_all,
    accept_hello,
    circle,
    free_port,
    hear,
    meet,
    seed_of,
    until,
)

pytestmark = pytest.mark.slow

ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
ECHO = "/test/echo/1"
FRAMES = 20_000
"""Hostile frames in this run; ``make fuzz FRAMES=n`` sends as many as one has time for."""

SILENT = 300
"""Connections that say nothing: several times what one host secures at a time."""


async def echo(asker: PeerId, payload: bytes) -> bytes:
    return payload


async def test_hostile_frames_on_every_inbound_protocol_are_survived() -> None:
    verdict, good = await trio.to_thread.run_sync(fuzz, FRAMES, 1)
    assert good, verdict


@asynccontextmanager
async def victim_and_friend() -> AsyncIterator[tuple[Member, Member]]:
    """Two honest members; after the attack on the first, gossip and requests must still flow between them."""
    async with circle(Libp2pWorld(), ANNA, BERT, judge=accept_hello) as (victim, friend):
        victim[0].serve(ECHO, echo)
        yield victim, friend
        await friend[0].publish(TOPIC, b"hello again")
        assert (await hear(victim[1])).payload == b"hello again"
        assert await friend[0].request(victim[0].peer, ECHO, b"still there", deadline=10) == b"still there"


async def test_garbage_on_every_protocol_is_survived() -> None:
    async with victim_and_friend() as ((victim, _), _):
        assert await throw_garbage(victim.addresses[0], [ECHO]) >= len(BUILT_IN) * len(garbage())


async def test_gossip_that_is_not_protobuf_is_survived() -> None:
    async with victim_and_friend() as ((victim, _), _), attack(victim.addresses[0]) as attacker:
        frames = (varint_frame(b"\xff\xff\xff\xff garbage"), b"\x80" * 11, b"\xff\xff\xff\x7f", varint_frame(b"\n\x07"))
        assert await attacker.throw(MESHSUB, frames) == len(frames)


async def test_gossip_with_identities_and_keys_that_are_none_is_survived() -> None:
    def message(identity: bytes, **fields: Any) -> Any:
        return rpc_pb2.Message(data=b"hello", topicIDs=[TOPIC], from_id=identity, seqno=b"1" * 8, **fields)

    hashed = b"\x12\x20" + bytes(32)
    async with victim_and_friend() as ((victim, _), _), attack(victim.addresses[0]) as attacker:
        bad = (
            message(hashed, signature=b"s", key=b"\xff\xff\xff"),
            message(b"", signature=b"s"),
            message(b"\x00\x04\x08\x03\x12\x00", signature=b"s" * 64),
            message(b"\x00\x24\x08\x01\x12\x20" + b"\xff" * 32, signature=b"s" * 64),
            message(attacker.identity),
            message(attacker.identity, signature=b"s" * 64),
            rpc_pb2.Message(data=b"hello", topicIDs=[TOPIC, TOPIC], from_id=attacker.identity, signature=b"s"),
        )
        assert await attacker.throw(MESHSUB, [gossip_frame(one) for one in bad]) == len(bad)


async def test_nobody_speaks_in_anothers_name() -> None:
    async with victim_and_friend() as ((victim, to_victim), (friend, _)), attack(victim.addresses[0]) as attacker:
        forged = attacker.signed(TOPIC, b"hello, I am bert")
        forged.from_id = bytes.fromhex("002408011220") + friend.peer
        honest = attacker.signed(TOPIC, b"hello, I am a stranger")
        await attacker.throw(MESHSUB, [gossip_frame(forged), gossip_frame(honest)])
        heard = await hear(to_victim)
        assert heard.payload == b"hello, I am a stranger"
        assert heard.author == public_key(b"an attacker".ljust(32))


async def test_control_frames_out_of_bounds_are_survived() -> None:
    control = rpc_pb2.ControlMessage()
    control.graft.extend(rpc_pb2.ControlGraft(topicID=f"none {number}") for number in range(50))
    control.prune.append(rpc_pb2.ControlPrune(topicID=TOPIC, backoff=2**64 - 1, peers=[rpc_pb2.PeerInfo(peerID=b"?")]))
    control.ihave.append(rpc_pb2.ControlIHave(topicID=TOPIC, messageIDs=[b"%d" % number for number in range(5000)]))
    control.iwant.append(rpc_pb2.ControlIWant(messageIDs=[b"%d" % number for number in range(5000)]))
    topics = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid=f"topic {number}") for number in range(5000)]
    async with victim_and_friend() as ((victim, _), _), attack(victim.addresses[0]) as attacker:
        frames = (
            gossip_frame(control=control),
            gossip_frame(subscriptions=topics),
            gossip_frame(senderRecord=b"garbage"),
        )
        assert await attacker.throw(MESHSUB, frames) == len(frames)


async def test_a_flood_of_rejected_messages_is_read_slowly_and_drowns_nobody() -> None:
    judged = []

    def judge(author: PeerId, payload: bytes) -> None:
        if payload == b"spam":
            judged.append(author)
            raise RejectError("spam")

    async with (
        circle(Libp2pWorld(), ANNA, BERT, judge=judge) as ((victim, to_victim), (friend, _)),
        attack(victim.addresses[0]) as attacker,
        trio.open_nursery() as nursery,
    ):
        flood = [gossip_frame(*(attacker.signed(TOPIC, b"spam") for _ in range(50))) for _ in range(20)]
        nursery.start_soon(attacker.throw, MESHSUB, flood)
        for number in range(20):
            await friend.publish(TOPIC, b"hello %d" % number)
            with trio.fail_after(2):
                assert (await hear(to_victim)).payload == b"hello %d" % number
            await trio.sleep(0.1)  # the pace of an honest speaker
        assert 0 < len(judged) < 200
        nursery.cancel_scope.cancel()


async def test_gossip_flows_again_after_a_stream_broke() -> None:
    async with circle(Libp2pWorld(), ANNA, BERT) as (victim, friend):
        gossip: Any = friend[0]
        for stream in gossip.gossip.peers.values():
            await stream.reset()
        with trio.fail_after(5):
            await meet(victim, friend)


async def test_gossip_flows_again_after_one_of_two_connections_broke() -> None:
    async with circle(Libp2pWorld(), ANNA, BERT) as (victim, friend):
        node: Any = friend[0]
        swarm = node.host.get_network()
        for peer, (first,) in list(swarm.connections.items()):
            await swarm.dial_addr(swarm.peerstore.addrs(peer)[0], peer)
            assert len(swarm.connections[peer]) == 2
            await first.close()
        with trio.fail_after(5):
            await meet(victim, friend)


async def test_what_a_judge_rejects_is_not_passed_on() -> None:
    def strict(author: PeerId, payload: bytes) -> None:
        if payload == b"bad":
            raise RejectError("bad")

    world = Libp2pWorld()
    async with (
        circle(world, ANNA, BERT, judge=strict) as (_, (bert, _)),
        world.join(CARL, knows=[ANNA]) as carl,
        carl.subscribe(TOPIC, accept_all, buffer=100) as to_carl,
    ):
        with trio.fail_after(10):
            while (await _next_after(bert, to_carl)) != b"good":
                pass
        await bert.publish(TOPIC, b"bad")
        await bert.publish(TOPIC, b"end")
        while (last := (await hear(to_carl)).payload) != b"end":
            assert last == b"good"


async def _next_after(speaker: Network, messages: Any) -> bytes:
    """Say ``good`` and return what is heard within a moment, or nothing."""
    await speaker.publish(TOPIC, b"good")
    with trio.move_on_after(0.3):
        return (await hear(messages)).payload
    return b""


async def test_a_judge_and_an_answer_that_break_harm_nobody() -> None:
    def broken_judge(author: PeerId, payload: bytes) -> None:
        raise ZeroDivisionError

    async def broken_answer(asker: PeerId, payload: bytes) -> bytes:
        raise ZeroDivisionError

    async with victim_and_friend() as ((victim, _), (friend, _)):
        victim.serve("/test/broken/1", broken_answer)
        async with victim.subscribe("broken/1", broken_judge, buffer=1):
            await friend.publish("broken/1", b"hello")
            with pytest.raises(RefusedError):
                await friend.request(victim.peer, "/test/broken/1", b"", deadline=10)


async def test_bytes_that_are_no_handshake_are_survived() -> None:
    noise = b"\x13/multistream/1.0.0\n\x07/noise\n"
    openings = (
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        noise + os.urandom(300),
        noise + b"\xff\xff" + bytes(65535),
        b"\xff" * 99,
    )
    async with victim_and_friend() as ((victim, _), _), trio.open_nursery() as nursery:
        port = int(victim.addresses[0].split("/")[4])
        for _ in range(20):
            for opening in openings:
                nursery.start_soon(_open_and_leave, port, opening)


async def _open_and_leave(port: int, opening: bytes) -> None:
    try:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(opening)
            with trio.move_on_after(0.3):
                await stream.receive_some()
    except trio.BrokenResourceError:
        pass  # the victim hung up, which is its right


async def test_a_peer_that_speaks_in_the_clear_is_not_let_in() -> None:
    keys = create_new_key_pair(CARL)
    plain = new_host(key_pair=keys, sec_opt={PLAINTEXT_PROTOCOL_ID: InsecureTransport(keys)})
    async with victim_and_friend() as ((victim, _), _), plain.run(listen_addrs=[]):
        with pytest.raises(SwarmException):
            await plain.connect(info_from_p2p_addr(Multiaddr(victim.addresses[0])))
        await plain.close()


async def test_three_hundred_connections_later_there_is_room_for_more() -> None:
    async with victim_and_friend() as ((victim, _), _):
        for _ in range(30):
            async with trio.open_nursery() as nursery:
                for number in range(10):
                    nursery.start_soon(_connect_and_leave, victim.addresses[0], b"%d" % number)
        await until(lambda: len(victim.peers()) == 1)


async def test_silent_connections_keep_nobody_out() -> None:
    async with (
        victim_and_friend() as ((victim, _), _),
        AsyncExitStack() as stack,
    ):
        port = int(victim.addresses[0].split("/")[4])
        for number in range(SILENT):
            stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=f"127.0.0.{2 + number % 8}")
            await stack.enter_async_context(stream)
        with trio.fail_after(3):
            async with attack(victim.addresses[0], seed=b"a newcomer".ljust(32)):
                pass


async def test_strangers_take_only_the_strangers_places() -> None:
    members = {public_key(ANNA): Address(b"a" * 20), public_key(BERT): Address(b"b" * 20)}
    standing = Standing(trio.current_time, members.get)
    async with open_libp2p(Libp2pConfig(seed=ANNA, standing=standing)) as anna, AsyncExitStack() as stack:
        for number in range(MAX_STRANGERS):
            await stack.enter_async_context(attack(anna.addresses[0], seed=(b"%d" % number).ljust(32)))
        await until(lambda: len(anna.peers()) == MAX_STRANGERS)
        async with attack(anna.addresses[0], seed=b"one too many".ljust(32)):
            await trio.sleep(0.2)
            await until(lambda: len(anna.peers()) <= MAX_STRANGERS)
        async with open_libp2p(Libp2pConfig(seed=BERT, bootstrap=anna.addresses)):
            await until(lambda: public_key(BERT) in anna.peers())


async def test_who_is_barred_is_hung_up_on_and_not_let_in_again() -> None:
    async with victim_and_friend() as ((victim, _), _):
        rude = b"a rude peer".ljust(32)
        async with attack(victim.addresses[0], seed=rude) as attacker:
            forged = [attacker.signed(TOPIC, b"hello") for _ in range(10)]
            for message in forged:
                message.signature = bytes(64)
            await attacker.throw(MESHSUB, [gossip_frame(message) for message in forged])
            await until(lambda: public_key(rude) not in victim.peers())
        async with attack(victim.addresses[0], seed=rude):
            await until(lambda: public_key(rude) not in victim.peers())


async def test_an_address_that_a_peer_invents_is_not_dialled() -> None:
    async with victim_and_friend() as ((victim, _), _):
        with socket.create_server(("127.0.0.9", 0)) as trap:
            trap.setblocking(False)
            host, port = trap.getsockname()
            async with attack(victim.addresses[0]) as attacker:
                said = identify_pb2.Identify(
                    listen_addrs=[Multiaddr(f"/ip4/{host}/tcp/{port}").to_bytes()], public_key=attacker.public_key
                )
                assert await attacker.throw(IDENTIFY_PUSH, [varint_frame(said.SerializeToString())])
                await until(lambda: len(victim.peers()) == 2)
            await until(lambda: len(victim.peers()) == 1)
            node: Any = victim
            await node.host.get_network().auto_connector.maybe_connect()
            with pytest.raises(UnreachableError):
                await victim.request(public_key(b"an attacker".ljust(32)), ECHO, b"", deadline=5)
            with pytest.raises(BlockingIOError):
                trap.accept()


async def test_one_peer_has_only_so_many_streams() -> None:
    async def hang(asker: PeerId, payload: bytes) -> bytes:
        await trio.sleep_forever()
        raise AssertionError

    async with victim_and_friend() as ((victim, _), _), attack(victim.addresses[0]) as attacker:
        victim.serve("/test/hang/1", hang)
        opened = await attacker.hold("/test/hang/1", 2 * MAX_STREAMS_PER_PEER)
        assert opened <= MAX_STREAMS_PER_PEER


async def test_a_peer_that_does_not_read_its_answers_holds_up_nobody_else() -> None:
    async def fill(asker: PeerId, payload: bytes) -> bytes:
        return bytes(MAX_RESPONSE)

    async with victim_and_friend() as ((victim, _), (friend, _)), attack(victim.addresses[0]) as attacker:
        victim.serve("/test/fill/1", fill)
        await attacker.throw("/test/fill/1", [b"\x00\x00\x00\x01?"] * 8)
        for number in range(20):
            with trio.fail_after(2):
                answer = await friend.request(victim.peer, ECHO, b"%d" % number, deadline=5)
            assert answer == b"%d" % number


async def _connect_and_leave(address: str, name: bytes) -> None:
    async with attack(address, seed=name.ljust(32)):
        pass


@contextmanager
def elsewhere(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Bert as a process of its own, who dials Anna at ``port`` and listens to the topic."""
    program = f"""
import trio
from federation.network.libp2p import Libp2pConfig, open_libp2p
async def main():
    config = Libp2pConfig(seed={BERT!r}, bootstrap=({dial_address(public_key(ANNA), "127.0.0.1", port)!r},))
    async with open_libp2p(config) as bert, bert.subscribe({TOPIC!r}, lambda author, payload: None, buffer=1):
        await trio.sleep_forever()
trio.run(main)
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_a_frozen_peer_does_not_keep_us_from_closing() -> None:
    port = free_port()
    with elsewhere(port) as bert:
        async with (
            open_libp2p(Libp2pConfig(seed=ANNA, listen=f"/ip4/127.0.0.1/tcp/{port}")) as anna,
            anna.subscribe(TOPIC, accept_all, buffer=1),
        ):
            await until(lambda: anna.peers() == (public_key(BERT),))
            bert.send_signal(signal.SIGSTOP)
            for _ in range(300):
                await anna.publish(TOPIC, bytes(30_000))
            left = trio.current_time()
        assert trio.current_time() - left < 8


async def test_a_peer_that_is_silent_stays_and_one_that_hangs_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    with elsewhere(port) as bert:
        async with open_libp2p(Libp2pConfig(seed=ANNA, listen=f"/ip4/127.0.0.1/tcp/{port}")) as anna:
            monkeypatch.setattr(libp2p_muxer, "LOOK_SECONDS", 0.3)
            await until(lambda: anna.peers() == (public_key(BERT),))
            (connection,) = anna.host.get_network().get_connections(identifier(public_key(BERT)))
            await until(lambda: connection.muxed_conn._ping_id > 3 * QUIET_LOOKS)
            assert anna.peers() == (public_key(BERT),)
            bert.send_signal(signal.SIGSTOP)
            await until(lambda: anna.peers() == ())


async def test_a_node_does_not_start_where_it_cannot_listen() -> None:
    async with open_libp2p(Libp2pConfig(seed=ANNA)) as anna:
        taken = anna.addresses[0].rpartition("/p2p/")[0]
        for config in (
            Libp2pConfig(seed=BERT, listen=taken),
            Libp2pConfig(seed=BERT, listen="/ip4/203.0.113.1/tcp/0"),
            Libp2pConfig(seed=BERT, listen="nowhere"),
            Libp2pConfig(seed=BERT[:8]),
            Libp2pConfig(seed=BERT, bootstrap=("/ip4/127.0.0.1/tcp/1",)),
        ):
            with pytest.raises(ListenError):
                async with open_libp2p(config):
                    pass
