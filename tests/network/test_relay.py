"""Who cannot be dialled is reached by way of a relay; nobody is reached or burdened who did not ask for it."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import trio
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, StopMessage
from libp2p.relay.circuit_v2.pb.circuit_pb2 import PeerId as Named
from libp2p.relay.circuit_v2.pb.dcutr_pb2 import HolePunch
from multiaddr import Multiaddr

from federation.errors import UnreachableError
from federation.network.libp2p import Libp2pConfig, Libp2pNetwork, open_libp2p
from federation.network.libp2p_circuit import HOP, MESSAGE_BYTES, STOP, Status
from federation.network.libp2p_frames import Frames, varint_frame
from federation.network.libp2p_identity import identifier, parse_address, relay_of
from federation.network.libp2p_punch import DCUTR
from federation.network.libp2p_punch import _hear as hear_punch
from federation.network.libp2p_relay import Quota
from federation.standing import Standing, Strike, everybody
from protocol.ids import Address, PeerId
from protocol.signed import public_key
from tests.network.worlds import TOPIC, accept_all, hear, meet, seed_of, until

pytestmark = pytest.mark.slow
ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
"""Anna cannot be dialled, Bert relays, Carl wants to reach Anna."""

ECHO = "/test/echo/1"


async def echo(asker: PeerId, payload: bytes) -> bytes:
    return asker + payload


def all_but(*strangers: bytes) -> Standing:
    """A registry of everybody but ``strangers``."""

    def account_of(peer: PeerId) -> Address | None:
        return None if peer in map(public_key, strangers) else everybody(peer)

    return Standing(trio.current_time, account_of)


@asynccontextmanager
async def three(
    standing: Standing | None = None, quota: Quota | None = None
) -> AsyncIterator[tuple[Libp2pNetwork, Libp2pNetwork, Libp2pNetwork]]:
    """Anna, whose only address in Carl's book is by way of Bert; Bert; and Carl."""
    async with (
        open_libp2p(Libp2pConfig(seed=BERT, relaying=quota or Quota(), standing=standing)) as bert,
        open_libp2p(Libp2pConfig(seed=ANNA, relays=bert.addresses)) as anna,
        open_libp2p(Libp2pConfig(seed=CARL)) as carl,
    ):
        anna.serve(ECHO, echo)
        await until(lambda: bert.peers() == (anna.peer,))
        yield anna, bert, carl


async def reserved(anna: Libp2pNetwork, carl: Libp2pNetwork) -> None:
    """Wait for Anna's place, and tell Carl of it."""
    await until(lambda: len(anna.circuits.addresses) == 1)
    await carl.introduce(anna.peer, anna.circuits.addresses)


async def test_requests_and_gossip_go_by_way_of_a_relay() -> None:
    async with three() as (anna, bert, carl):
        await reserved(anna, carl)
        assert await carl.request(anna.peer, ECHO, b"hello", deadline=10) == carl.peer + b"hello"
        large = bytes(300_000)
        assert await carl.request(anna.peer, ECHO, large, deadline=10) == carl.peer + large
        (link,) = (link for link in carl.links() if link.peer == anna.peer)
        assert link.relayed
        assert link.addresses == ()
        assert bert.relaying().circuits == 1
        async with AsyncExitStack() as stack:
            members = [
                (node, await stack.enter_async_context(node.subscribe(TOPIC, accept_all, buffer=100)))
                for node in (anna, carl)
            ]
            await meet(*members)
            await anna.publish(TOPIC, b"by way of bert, who does not listen")
            assert (await hear(members[1][1])).author == anna.peer


async def test_an_address_by_way_of_a_relay_is_read_and_written() -> None:
    async with three() as (anna, bert, carl):
        await reserved(anna, carl)
        (address,) = anna.circuits.addresses
        assert address in anna.addresses
        peer, where = parse_address(address)
        assert peer == anna.peer
        assert relay_of(where) == parse_address(bert.addresses[0])
        for wrong in ("/p2p-circuit/p2p/x", f"{bert.addresses[0]}/p2p-circuit/p2p/x", f"{address}/p2p-circuit/p2p/x"):
            with pytest.raises(ValueError, match="not a"):
                parse_address(wrong)


async def test_the_place_is_made_anew_when_the_relay_has_been_away() -> None:
    async with open_libp2p(Libp2pConfig(seed=BERT, relaying=Quota())) as bert:
        where = bert.addresses
    listen = where[0].rpartition("/p2p/")[0]
    async with open_libp2p(Libp2pConfig(seed=ANNA, relays=where)) as anna:
        for _ in range(2):
            async with open_libp2p(Libp2pConfig(seed=BERT, relaying=Quota(), listen=listen)) as bert:
                await until(lambda bert=bert: bert.relaying().places == (anna.peer,) and len(anna.addresses) == 2)
            await until(lambda: len(anna.addresses) == 1)


async def test_without_a_place_nobody_is_reached_through_a_relay() -> None:
    async with three() as (anna, bert, carl):
        for whom in (carl.peer, public_key(seed_of("nobody"))):
            assert await hop(anna, bert, HopMessage.CONNECT, whom) == Status.NO_RESERVATION
        assert bert.relaying().circuits == 0


async def hop(asker: Libp2pNetwork, relay: Libp2pNetwork, kind: Any, whom: PeerId | None = None) -> int:
    """The relay's answer to one message."""
    await asker.reach_at(relay.addresses[0])
    named = {} if whom is None else {"peer": Named(id=identifier(whom).to_bytes())}
    message = HopMessage(type=kind, **named)
    return await say(asker, relay, varint_frame(message.SerializeToString()))


async def say(asker: Libp2pNetwork, relay: Libp2pNetwork, *pieces: bytes) -> int:
    stream = await asker.host.new_stream(identifier(relay.peer), [HOP])
    try:
        for piece in pieces:
            await stream.write(piece)
        with trio.fail_after(10):
            status: int = HopMessage.FromString(await Frames(stream).read_varint_frame(MESSAGE_BYTES)).status
            return status
    finally:
        await stream.reset()


async def test_strangers_and_the_barred_have_no_place_and_open_no_circuit() -> None:
    standing = all_but(CARL)
    async with three(standing) as (anna, bert, carl):
        await until(lambda: bert.relaying().places == (anna.peer,))
        assert await hop(carl, bert, HopMessage.RESERVE) == Status.DENIED
        assert await hop(carl, bert, HopMessage.CONNECT, anna.peer) == Status.DENIED
        for _ in range(9):
            standing.strike(anna.peer, Strike.MALFORMED)
        assert bert.relaying().places == (anna.peer,)


async def test_nobody_reserves_in_anothers_name() -> None:
    """The library's service takes the name in the message for the asker's."""
    async with three() as (anna, bert, carl):
        assert await hop(carl, bert, HopMessage.RESERVE, public_key(seed_of("dora"))) == Status.OK
        await until(lambda: set(bert.relaying().places or ()) == {anna.peer, carl.peer})


async def test_a_circuit_that_nobody_asked_for_is_refused() -> None:
    """Carl, who is no relay of Anna's, claims to connect somebody with her."""
    async with three() as (anna, _, carl):
        await carl.reach_at(anna.addresses[0])
        stream = await carl.host.new_stream(identifier(anna.peer), [STOP])
        message = StopMessage(type=StopMessage.CONNECT, peer=Named(id=identifier(public_key(BERT)).to_bytes()))
        await stream.write(varint_frame(message.SerializeToString()))
        with trio.fail_after(10):
            answer = StopMessage.FromString(await Frames(stream).read_varint_frame(MESSAGE_BYTES))
        assert answer.status == Status.DENIED


async def test_garbage_on_the_relays_protocols_costs_a_stream() -> None:
    async with three() as (anna, bert, carl):
        await reserved(anna, carl)
        await carl.reach_at(bert.addresses[0])
        for pieces in (
            (b"\xff" * 11,),
            (b"\x05\xff\xff\xff\xff\xff",),
            (varint_frame(bytes(MESSAGE_BYTES + 1)),),
            (b"\x00",),
        ):
            for protocol, peer in ((HOP, bert), (STOP, bert)):
                stream = await carl.host.new_stream(identifier(peer.peer), [protocol])
                for piece in pieces:
                    await stream.write(piece)
                await stream.close()
        assert await carl.request(anna.peer, ECHO, b"still", deadline=10) == carl.peer + b"still"


async def test_one_member_opens_a_bounded_number_of_circuits() -> None:
    async with three(quota=Quota(circuits_from=1)) as (anna, bert, carl):
        await reserved(anna, carl)
        assert await carl.request(anna.peer, ECHO, b"", deadline=10) == carl.peer
        assert await hop(carl, bert, HopMessage.CONNECT, anna.peer) == Status.LIMIT_EXCEEDED


async def test_a_circuit_ends_when_its_bytes_are_spent() -> None:
    async with three(quota=Quota(bytes=100_000)) as (anna, bert, carl):
        await reserved(anna, carl)
        with pytest.raises(UnreachableError):
            await carl.request(anna.peer, ECHO, bytes(200_000), deadline=10)
        await until(lambda: bert.relaying().circuits == 0 and anna.peer not in carl.peers())


async def test_a_relay_that_stops_takes_its_circuits_with_it_and_no_node() -> None:
    async def relay(task_status: trio.TaskStatus[tuple[str, ...]]) -> None:
        with trio.CancelScope() as scope:
            scopes.append(scope)
            async with open_libp2p(Libp2pConfig(seed=BERT, relaying=Quota())) as bert:
                task_status.started(bert.addresses)
                await trio.sleep_forever()

    scopes: list[trio.CancelScope] = []
    async with trio.open_nursery() as nursery:
        relays = await nursery.start(relay)
        async with (
            open_libp2p(Libp2pConfig(seed=ANNA, relays=relays)) as anna,
            open_libp2p(Libp2pConfig(seed=CARL)) as carl,
        ):
            anna.serve(ECHO, echo)
            await reserved(anna, carl)
            assert await carl.request(anna.peer, ECHO, b"", deadline=10) == carl.peer
            scopes[0].cancel()
            await until(lambda: anna.peers() == carl.peers() == ())
            with pytest.raises(UnreachableError):
                await carl.request(anna.peer, ECHO, b"", deadline=10)


@asynccontextmanager
async def punching() -> AsyncIterator[tuple[Libp2pNetwork, Libp2pNetwork, Libp2pNetwork]]:
    """Anna and Carl, who are connected by way of Bert and look for a direct way."""
    async with (
        open_libp2p(Libp2pConfig(seed=BERT, relaying=Quota())) as bert,
        open_libp2p(Libp2pConfig(seed=ANNA, relays=bert.addresses, punching=True)) as anna,
        open_libp2p(Libp2pConfig(seed=CARL, punching=True)) as carl,
    ):
        anna.serve(ECHO, echo)
        await reserved(anna, carl)
        assert await carl.request(anna.peer, ECHO, b"", deadline=10) == carl.peer
        yield anna, bert, carl


def direct(one: Libp2pNetwork, other: Libp2pNetwork) -> bool:
    """Whether both have a direct connection with each other."""
    links = [link for node in (one, other) for link in node.links() if link.peer in (one.peer, other.peer)]
    return len(links) == 2 and not any(link.relayed for link in links)


async def meet_directly(one: Libp2pNetwork, other: Libp2pNetwork) -> None:
    """Wait for a direct connection; three tries on a busy machine take half a minute, one takes a second."""
    with trio.fail_after(45):
        while not direct(one, other):
            await trio.sleep(0.05)


async def test_where_there_is_a_direct_way_it_takes_the_relays_place() -> None:
    async with punching() as (anna, bert, carl):
        await meet_directly(anna, carl)
        assert await carl.request(anna.peer, ECHO, b"", deadline=10) == carl.peer
        await until(lambda: bert.relaying().circuits == 0)
        assert await carl.request(anna.peer, ECHO, b"", deadline=10) == carl.peer


async def test_nobody_is_asked_to_dial_over_a_direct_connection_or_by_garbage() -> None:
    async with punching() as (anna, _, carl):
        await meet_directly(anna, carl)
        early = HolePunch(type=HolePunch.SYNC).SerializeToString()
        for garbage in (b"\xff" * 11, varint_frame(b"\xff" * 9), varint_frame(early)):
            answer = b""
            with contextlib.suppress(Exception), trio.fail_after(10):  # the library's types are many
                stream = await carl.host.new_stream(identifier(anna.peer), [DCUTR])
                await stream.write(garbage)
                answer = await stream.read(1)
            assert answer == b""
        assert await carl.request(anna.peer, ECHO, b"still", deadline=10) == carl.peer + b"still"


async def test_of_the_addresses_to_dial_few_are_taken_and_only_such_as_can_be_dialled() -> None:
    class Stream:
        def __init__(self, content: bytes) -> None:
            self._content = [content, b""]

        async def read(self, _most: int) -> bytes:
            await trio.lowlevel.checkpoint()
            return self._content.pop(0)

    async def told(kind: Any, *addresses: str) -> list[str]:
        binary = [Multiaddr(address).to_bytes() for address in addresses]
        message = HolePunch(type=kind, ObsAddrs=[*binary, b"\xff"])
        found = await hear_punch(Frames(Stream(varint_frame(message.SerializeToString()))), HolePunch.CONNECT)
        return [str(address) for address in found]

    good = [f"/ip4/203.0.113.{number}/tcp/4001" for number in range(5)]
    assert await told(HolePunch.CONNECT, *good) == good[:2]
    assert await told(HolePunch.CONNECT, "/ip4/224.0.0.1/tcp/1", good[0]) == good[:1]
    assert await told(HolePunch.CONNECT, "/ip4/0.0.0.0/tcp/1", "/ip4/1.2.3.4/udp/1") == []
    with pytest.raises(ValueError, match="due"):
        await told(HolePunch.SYNC, good[0])
