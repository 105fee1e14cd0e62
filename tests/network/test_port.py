"""What every network does alike: one suite for the network in memory and for libp2p."""

import pytest
import trio

from federation.errors import DeadlineError, RefusedError, SizeError, UnreachableError
from federation.network import MAX_GOSSIP, MAX_REQUEST, MAX_RESPONSE
from protocol.errors import IgnoreError, RejectError
from protocol.ids import PeerId
from protocol.signed import public_key
from tests.network.worlds import (
    PATIENCE,
    TOPIC,
    Libp2pWorld,
    MemoryWorld,
    World,
    accept_all,
    circle,
    hear,
    meet,
    seed_of,
    until,
)

ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
ECHO = "/test/echo/1"


@pytest.fixture(params=["memory", pytest.param("libp2p", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> World:
    worlds: dict[str, type[MemoryWorld] | type[Libp2pWorld]] = {"memory": MemoryWorld, "libp2p": Libp2pWorld}
    return worlds[request.param]()


async def echo(asker: PeerId, payload: bytes) -> bytes:
    return asker + payload


async def test_gossip_reaches_all_but_its_author(world: World) -> None:
    async with circle(world, ANNA, BERT, CARL) as ((anna, to_anna), (bert, to_bert), (_, to_carl)):
        await anna.publish(TOPIC, b"from anna")
        assert (await hear(to_bert)).payload == b"from anna"
        assert (await hear(to_carl)).payload == b"from anna"
        await bert.publish(TOPIC, b"from bert")
        assert (await hear(to_anna)).payload == b"from bert"
        assert (await hear(to_carl)).payload == b"from bert"


async def test_a_message_names_its_author_and_not_its_bearer(world: World) -> None:
    async with circle(world, ANNA, BERT, CARL) as (_, (bert, _), (_, to_carl)):
        await bert.publish(TOPIC, b"by way of anna")
        assert (await hear(to_carl)).author == public_key(BERT) == bert.peer


async def test_only_what_the_judge_accepts_is_delivered(world: World) -> None:
    def judge(author: PeerId, payload: bytes) -> None:
        if payload == b"bad":
            raise RejectError("bad")
        if payload == b"late":
            raise IgnoreError("late")
        if payload == b"odd":
            raise KeyError("a mistake in the judge")

    async with circle(world, ANNA, BERT, judge=judge) as ((_, to_anna), (bert, _)):
        for payload in (b"bad", b"late", b"odd", b"good", b"bad", b"better"):
            await bert.publish(TOPIC, payload)
        assert (await hear(to_anna)).payload == b"good"
        assert (await hear(to_anna)).payload == b"better"


async def test_the_same_payload_published_twice_is_two_messages(world: World) -> None:
    async with circle(world, ANNA, BERT) as ((anna, _), (_, to_bert)):
        for payload in (b"again", b"again", b"end"):
            await anna.publish(TOPIC, payload)
        assert [(await hear(to_bert)).payload for _ in range(3)] == [b"again", b"again", b"end"]


async def test_a_message_of_the_largest_size_arrives_and_a_larger_one_is_not_sent(world: World) -> None:
    async with circle(world, ANNA, BERT) as ((anna, _), (_, to_bert)):
        with pytest.raises(SizeError):
            await anna.publish(TOPIC, bytes(MAX_GOSSIP + 1))
        await anna.publish(TOPIC, bytes(MAX_GOSSIP))
        assert len((await hear(to_bert)).payload) == MAX_GOSSIP


async def test_a_second_subscription_to_a_topic_is_a_mistake(world: World) -> None:
    async with world.join(ANNA) as anna, anna.subscribe(TOPIC, accept_all, buffer=1):
        with pytest.raises(ValueError, match="already"):
            async with anna.subscribe(TOPIC, accept_all, buffer=1):
                pass


async def test_a_slow_listener_costs_its_own_messages_and_nobody_elses(world: World) -> None:
    async with (
        circle(world, ANNA, BERT) as ((anna, _), (bert, to_bert)),
        world.join(CARL) as carl,
        carl.subscribe(TOPIC, accept_all, buffer=1),
    ):
        await until(lambda: carl.peer in anna.peers())
        published = 0
        with trio.fail_after(PATIENCE):
            while carl.dropped == 0:
                await anna.publish(TOPIC, b"%d" % published)
                assert (await hear(to_bert)).payload == b"%d" % published
                published += 1
        carl.serve(ECHO, echo)
        assert await anna.request(carl.peer, ECHO, b"", deadline=10) == anna.peer
        assert bert.dropped == 0


async def test_a_request_is_answered_to_whom_asked_it(world: World) -> None:
    async with world.join(ANNA) as anna, world.join(BERT) as bert:
        anna.serve(ECHO, echo)
        assert await bert.request(anna.peer, ECHO, b"", deadline=10) == bert.peer
        largest = bytes(MAX_REQUEST)
        assert await bert.request(anna.peer, ECHO, largest, deadline=10) == bert.peer + largest


async def test_the_largest_answer_arrives_and_a_larger_one_is_a_refusal(world: World) -> None:
    async def fill(asker: PeerId, payload: bytes) -> bytes:
        return bytes(int(payload))

    async with world.join(ANNA) as anna, world.join(BERT) as bert:
        anna.serve(ECHO, fill)
        answer = await bert.request(anna.peer, ECHO, b"%d" % MAX_RESPONSE, deadline=30)
        assert len(answer) == MAX_RESPONSE
        with pytest.raises(RefusedError) as refusal:
            await bert.request(anna.peer, ECHO, b"%d" % (MAX_RESPONSE + 1), deadline=30)
        assert refusal.value.code == "oversize"
        with pytest.raises(SizeError):
            await bert.request(anna.peer, ECHO, bytes(MAX_REQUEST + 1), deadline=10)


async def test_a_refusal_comes_with_its_code_and_text(world: World) -> None:
    async def refuse(asker: PeerId, payload: bytes) -> bytes:
        raise {
            b"rude": RejectError("no honest peer asks that"),
            b"late": IgnoreError("too late"),
            b"closed": RefusedError("closed", "come back tomorrow"),
            b"broken": ZeroDivisionError("an internal detail"),
        }[payload]

    async with world.join(ANNA) as anna, world.join(BERT) as bert:
        anna.serve(ECHO, refuse)
        for question, code, text in (
            (b"rude", "rejected", "no honest peer asks that"),
            (b"late", "ignored", "too late"),
            (b"closed", "closed", "come back tomorrow"),
            (b"broken", "failed", "ZeroDivisionError"),
        ):
            with pytest.raises(RefusedError) as refusal:
                await bert.request(anna.peer, ECHO, question, deadline=10)
            assert (refusal.value.code, refusal.value.text) == (code, text)
        with pytest.raises(RefusedError) as refusal:
            await bert.request(anna.peer, "/test/nothing/1", b"", deadline=10)
        assert refusal.value.code == "unsupported"


async def test_a_peer_that_nobody_knows_is_unreachable(world: World) -> None:
    async with world.join(ANNA) as anna:
        for stranger in (public_key(CARL), anna.peer):
            with pytest.raises(UnreachableError):
                await anna.request(stranger, ECHO, b"", deadline=5)


async def test_a_peer_that_left_is_unreachable(world: World) -> None:
    async with world.join(ANNA) as anna:
        async with world.join(BERT) as bert:
            anna.serve(ECHO, echo)
            assert await bert.request(anna.peer, ECHO, b"", deadline=10) == bert.peer
            await until(lambda: anna.peers() == (bert.peer,))
        await until(lambda: anna.peers() == ())
        with pytest.raises(UnreachableError):
            await anna.request(public_key(BERT), ECHO, b"", deadline=10)


async def test_an_answer_that_does_not_come_ends_at_the_deadline(world: World) -> None:
    async def hang(asker: PeerId, payload: bytes) -> bytes:
        await trio.sleep_forever()
        raise AssertionError

    async with world.join(ANNA) as anna, world.join(BERT) as bert:
        anna.serve(ECHO, hang)
        anna.serve("/test/prompt/1", echo)
        await until(lambda: anna.peer in bert.peers())
        with pytest.raises(DeadlineError), trio.fail_after(5):
            await bert.request(anna.peer, ECHO, b"", deadline=0.3)
        assert await bert.request(anna.peer, "/test/prompt/1", b"", deadline=10) == bert.peer


async def test_many_requests_of_one_peer_take_turns(world: World) -> None:
    async with world.join(ANNA) as anna, world.join(BERT) as bert:
        anna.serve(ECHO, echo)
        answers = set()

        async def ask(question: bytes) -> None:
            answers.add(await bert.request(anna.peer, ECHO, question, deadline=PATIENCE))

        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(ask, b"%d" % number)
        assert answers == {bert.peer + b"%d" % number for number in range(20)}


async def test_who_is_introduced_can_be_asked(world: World) -> None:
    async with (
        world.join(ANNA),
        world.join(BERT, knows=[ANNA]) as bert,
        world.join(CARL, knows=[ANNA]) as carl,
    ):
        carl.serve(ECHO, echo)
        await bert.introduce(carl.peer, ("nonsense", "/ip4/127.0.0.1/tcp/1", *carl.addresses))
        assert await bert.request(carl.peer, ECHO, b"", deadline=10) == bert.peer


async def test_after_a_restart_gossip_and_requests_flow_again(world: World) -> None:
    async with world.join(ANNA) as anna, anna.subscribe(TOPIC, accept_all, buffer=1000) as to_anna:
        anna.serve(ECHO, echo)
        for _ in range(2):
            async with world.join(BERT) as bert, bert.subscribe(TOPIC, accept_all, buffer=1000) as to_bert:
                bert.serve(ECHO, echo)
                with trio.fail_after(5):
                    await meet((anna, to_anna), (bert, to_bert))
                assert await anna.request(bert.peer, ECHO, b"", deadline=5) == anna.peer
                assert await bert.request(anna.peer, ECHO, b"", deadline=5) == bert.peer


async def test_leaving_in_mid_conversation_takes_no_longer_than_a_few_seconds(world: World) -> None:
    async def hang(asker: PeerId, payload: bytes) -> bytes:
        await trio.sleep_forever()
        raise AssertionError

    async def ask() -> None:
        with pytest.raises(UnreachableError):
            await bert.request(public_key(ANNA), ECHO, b"", deadline=30)

    async with world.join(BERT) as bert, trio.open_nursery() as nursery:
        with trio.fail_after(20):
            async with world.join(ANNA) as anna:
                anna.serve(ECHO, hang)
                await bert.introduce(anna.peer, anna.addresses)
                nursery.start_soon(ask)
                await until(lambda: bert.peers() == (anna.peer,))
                for _ in range(50):
                    await anna.publish(TOPIC, bytes(1000))
                left = trio.current_time()
            assert trio.current_time() - left < 6
