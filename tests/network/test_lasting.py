"""Gossip that lasts: newcomers hear what was said before them, restarts repeat nothing, and replays come to nothing."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from federation.errors import SizeError
from federation.lasting import LIFETIME, LastingNetwork, open_lasting
from federation.network import MAX_GOSSIP, Message
from federation.network.memory import Faults, Hub
from protocol.bulletin import Bulletin
from protocol.errors import IgnoreError, RejectError
from protocol.ids import PeerId
from protocol.params import MAX_FETCH
from protocol.signed import public_key, sign
from protocol.summary import Bulletins, BulletinsRequest
from protocol.topics import BULLETIN, COMMITMENT, FETCH_BULLETINS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from tests.network.virtual import Disk, wall
from tests.network.worlds import accept_all, seed_of
from tests.unit.protocol.test_bulletin import commitment

ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))


@asynccontextmanager
async def node(hub: Hub, seed: bytes, **options: Any) -> AsyncIterator[LastingNetwork]:
    async with (
        hub.join(public_key(seed)) as inner,
        open_lasting(inner, seed=seed, wall=wall, dice=random.Random(1), **options) as network,
    ):
        yield network


async def hear(messages: trio.MemoryReceiveChannel[Message]) -> bytes:
    with trio.fail_after(60):
        return (await messages.receive()).payload


def job(number: int) -> bytes:
    return commitment(job=bytes([number]) * 32)


async def test_a_newcomer_hears_what_was_said_before_it_came(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with node(hub, ANNA) as anna:
        for number in range(5):
            await anna.publish(COMMITMENT, job(number))
        async with node(hub, BERT) as bert, bert.subscribe(COMMITMENT, accept_all, buffer=9) as messages:
            assert {await hear(messages) for _ in range(5)} == {job(number) for number in range(5)}
            assert trio.current_time() < 5


async def test_a_directory_of_hundreds_reaches_a_newcomer_within_seconds(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with node(hub, ANNA) as anna:
        for number in range(MAX_FETCH + 50):
            await anna.publish("later/1", b"%d" % number)
        async with node(hub, BERT) as bert:
            with trio.fail_after(5):
                while len(bert.board.ids(wall())) < MAX_FETCH + 50:
                    await trio.sleep(0.1)


async def test_what_came_too_early_for_its_listener_is_heard_again_until_it_expires(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with (
        node(hub, ANNA) as anna,
        node(hub, BERT) as bert,
        bert.subscribe(COMMITMENT, accept_all, buffer=9) as messages,
    ):
        await anna.publish(COMMITMENT, job(1), until=UnixSeconds(wall() + 20))
        heard = []
        with trio.move_on_after(50):
            while True:
                heard.append(await hear(messages))
                last = trio.current_time()
        assert 4 <= len(heard) <= 8
        assert last <= 21


async def test_said_again_is_said_once_and_renewed_in_time(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with node(hub, ANNA) as anna:
        for _ in range(3 * LIFETIME):
            await anna.publish(COMMITMENT, job(1))
            await trio.sleep(1)
        (held,) = anna.board.on(COMMITMENT)
        assert held.bulletin.expires >= wall() + LIFETIME // 2 - 1
        assert anna.board.admitted == pytest.approx(6, abs=1)


async def test_a_restart_keeps_what_was_heard_and_repeats_no_sequence(autojump_clock: MockClock) -> None:
    hub, disk = Hub(1), Disk()
    async with node(hub, ANNA, keeper=disk) as anna, node(hub, BERT) as bert:
        await anna.publish(COMMITMENT, job(1))
        await bert.publish(COMMITMENT, job(2))
        await trio.sleep(1)
        last = anna.board.last_sequence(anna.peer)
    async with node(hub, ANNA, keeper=disk) as anna:
        assert len(anna.board.on(COMMITMENT)) == 2
        await anna.publish(COMMITMENT, job(3))
        assert anna.board.last_sequence(anna.peer) > last
        assert not anna.board.evidence()


async def test_a_node_that_lost_its_disk_learns_its_own_bulletins_from_its_peers(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with node(hub, BERT) as bert:
        async with node(hub, ANNA, keeper=Disk()) as anna:
            await anna.publish(COMMITMENT, job(1), until=UnixSeconds(wall() + 3600))
            await trio.sleep(1)
        async with node(hub, ANNA, keeper=Disk()) as anna:
            await trio.sleep(5)
            assert anna.board.saying(anna.peer, COMMITMENT, job(1)) is not None
            await anna.publish(COMMITMENT, job(1), until=UnixSeconds(wall() + 3600))
            await anna.publish(COMMITMENT, job(2))
            await trio.sleep(5)
            assert len(bert.board.on(COMMITMENT)) == 2
            assert not bert.board.evidence()


async def test_a_replayed_bulletin_is_not_heard_again(autojump_clock: MockClock) -> None:
    hub = Hub(1, Faults(duplicate=1.0))
    async with node(hub, ANNA) as anna, node(hub, BERT) as bert:
        await anna.publish(COMMITMENT, job(1), until=UnixSeconds(wall() + 60))
        await trio.sleep(1)
        (wire,) = (encode(held.signed) for held in anna.board.on(COMMITMENT))
        hub.inject(wire, COMMITMENT)
        await trio.sleep(1)
        assert bert.board.admitted == 1
        autojump_clock.jump(61)
        await trio.sleep(0.1)
        hub.inject(wire, COMMITMENT)
        await trio.sleep(1)
        assert not bert.board.on(COMMITMENT) or bert.board.on(COMMITMENT)[0].bulletin.expires > wall()
        assert bert.board.admitted == 1


async def test_an_equivocator_is_known_everywhere_with_proof_and_is_heard_no_more(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with node(hub, ANNA) as anna, node(hub, BERT) as bert:
        mallory = seed_of("mallory")
        hub.partition([anna.peer], [bert.peer])
        for network, seal in ((anna, b"1"), (bert, b"2")):
            said = commitment(seal=seal * 32)
            bulletin = Bulletin(topic=COMMITMENT, sequence=1, expires=UnixSeconds(wall() + 60), message=said)
            network.take(sign(mallory, BULLETIN, encode(bulletin)))
        assert not anna.board.evidence()
        hub.heal()
        await trio.sleep(5)
        assert anna.board.evidence() == bert.board.evidence() != ()
        async with anna.subscribe(COMMITMENT, accept_all, buffer=9) as messages:
            await bert.publish(COMMITMENT, job(9))
            assert await hear(messages) == job(9)


async def test_what_a_listeners_judge_rejects_stays_on_the_board_and_is_not_heard(autojump_clock: MockClock) -> None:
    def judge(author: PeerId, payload: bytes) -> None:
        if payload == job(1):
            raise RejectError("not for us")

    hub = Hub(1)
    async with (
        node(hub, ANNA) as anna,
        node(hub, BERT) as bert,
        bert.subscribe(COMMITMENT, judge, buffer=9) as messages,
    ):
        await anna.publish(COMMITMENT, job(1))
        await anna.publish(COMMITMENT, job(2))
        assert await hear(messages) == job(2)
        await trio.sleep(1)
        assert len(bert.board.on(COMMITMENT)) == 2


async def test_what_its_listener_has_settled_is_not_heard_again_and_the_rest_is(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with (
        node(hub, ANNA) as anna,
        node(hub, BERT) as bert,
        bert.subscribe(COMMITMENT, accept_all, buffer=9) as messages,
    ):
        await anna.publish(COMMITMENT, job(1))
        await anna.publish(COMMITMENT, job(2))
        with trio.fail_after(60):
            first = {message.payload: message for message in (await messages.receive(), await messages.receive())}
            bert.settle(COMMITMENT, first[job(1)])
            bert.settle(COMMITMENT, first[job(1)])
            assert [(await messages.receive()).payload for _ in range(3)] == [job(2)] * 3
        assert len(bert.board.on(COMMITMENT)) == 2


async def test_a_message_too_large_for_a_bulletin_is_not_sent(autojump_clock: MockClock) -> None:
    async with node(Hub(1), ANNA) as anna:
        with pytest.raises(SizeError):
            await anna.publish("later/1", bytes(MAX_GOSSIP - 10))


async def test_gossip_that_is_no_bulletin_is_rejected(autojump_clock: MockClock) -> None:
    async with node(Hub(1), ANNA) as anna:
        for payload in (b"", b"\xff" * 40, encode(sign(BERT, COMMITMENT, b"no bulletin")), bytes(MAX_GOSSIP)):
            with pytest.raises(RejectError):
                anna.judge(public_key(BERT), payload)
        expired = Bulletin(topic=COMMITMENT, sequence=1, expires=wall(), message=job(1))
        with pytest.raises(IgnoreError):
            anna.judge(public_key(BERT), encode(sign(BERT, BULLETIN, encode(expired))))


async def test_a_peer_that_answers_comparisons_with_nonsense_is_survived(autojump_clock: MockClock) -> None:
    async def nonsense(asker: PeerId, payload: bytes) -> bytes:
        return b"\xc1" * 10

    hub = Hub(1)
    async with node(hub, ANNA) as anna, hub.join(public_key(CARL)) as carl:
        for protocol in ("/guildmark/compare/1", FETCH_BULLETINS):
            carl.serve(protocol, nonsense)
        async with node(hub, BERT) as bert:
            await bert.publish(COMMITMENT, job(1))
            await trio.sleep(30)
            assert anna.board.on(COMMITMENT) == bert.board.on(COMMITMENT) != ()


async def test_bulletins_that_do_not_fit_one_answer_come_in_several(autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with node(hub, ANNA) as anna:
        for number in range(150):
            await anna.publish("later/1", b"%3d" % number + bytes(20_000))
        ids = tuple(anna.board.ids(wall()))
        async with node(hub, BERT) as bert:
            reply = await bert.request(anna.peer, FETCH_BULLETINS, encode(BulletinsRequest(ids=ids)), deadline=5)
            assert 0 < len(decode(Bulletins, reply).bulletins) < 150
            await trio.sleep(10)
            assert list(bert.board.ids(wall())) == list(ids)
