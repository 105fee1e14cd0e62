"""The network in memory: its faults come from its seed and from nothing else."""

import pytest
import trio
from trio.testing import MockClock

from federation.errors import DeadlineError, UnreachableError
from federation.network.memory import Faults, Hub
from protocol.ids import PeerId
from tests.network.worlds import TOPIC, accept_all, accept_hello

ANNA, BERT, CARL = (PeerId(name.ljust(32)) for name in (b"anna", b"bert", b"carl"))
SPEECHES = 50


async def listen_to_speeches(seed: int, faults: Faults) -> list[bytes]:
    """What Bert hears when Anna says fifty things, one every virtual second."""
    hub = Hub(seed, faults)
    async with (
        hub.join(ANNA) as anna,
        hub.join(BERT) as bert,
        hub.join(CARL),
        bert.subscribe(TOPIC, accept_hello, buffer=1000) as messages,
    ):
        for number in range(SPEECHES):
            await anna.publish(TOPIC, b"hello %02d" % number)
            await trio.sleep(1)
        await trio.sleep(faults.delay + 1)
        return [messages.receive_nowait().payload for _ in range(messages.statistics().current_buffer_used)]


async def test_without_faults_all_is_heard_once_and_in_order(autojump_clock: MockClock) -> None:
    heard = await listen_to_speeches(1, Faults())
    assert heard == [b"hello %02d" % number for number in range(SPEECHES)]


async def test_the_same_seed_is_the_same_fate(autojump_clock: MockClock) -> None:
    faults = Faults(drop=0.3, duplicate=0.3, garbage=0.5, delay=5.0)
    once = await listen_to_speeches(7, faults)
    assert once == await listen_to_speeches(7, faults)
    assert once != await listen_to_speeches(8, faults)


async def test_what_is_dropped_is_missing_and_what_is_duplicated_comes_twice(autojump_clock: MockClock) -> None:
    assert 10 < len(await listen_to_speeches(1, Faults(drop=0.5))) < 40
    assert 60 < len(await listen_to_speeches(1, Faults(duplicate=0.5))) < 90


async def test_delayed_messages_overtake_each_other(autojump_clock: MockClock) -> None:
    heard = await listen_to_speeches(1, Faults(delay=5.0))
    assert heard != sorted(heard)
    assert len(heard) == SPEECHES


async def test_a_strangers_garbage_reaches_the_judge_and_no_further(autojump_clock: MockClock) -> None:
    judged: list[bytes] = []

    def judge(author: PeerId, payload: bytes) -> None:
        judged.append(payload)
        accept_hello(author, payload)

    hub = Hub(1, Faults(garbage=1.0))
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert, bert.subscribe(TOPIC, judge, buffer=10) as messages:
        await anna.publish(TOPIC, b"hello")
        assert (await messages.receive()).author == ANNA
        await trio.sleep(1)
        assert len(judged) == 2
        assert messages.statistics().current_buffer_used == 0


async def test_a_partition_cuts_gossip_and_requests_until_it_heals(autojump_clock: MockClock) -> None:
    async def answer(asker: PeerId, payload: bytes) -> bytes:
        return payload

    hub = Hub(1)
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert, hub.join(CARL) as carl:
        bert.serve("/test/1", answer)
        async with bert.subscribe(TOPIC, accept_all, buffer=10) as messages:
            hub.partition([ANNA], [BERT, CARL])
            assert anna.peers() == ()
            assert bert.peers() == (CARL,)
            await anna.publish(TOPIC, b"lost")
            await carl.publish(TOPIC, b"near")
            with pytest.raises(UnreachableError):
                await anna.request(BERT, "/test/1", b"", deadline=1)
            hub.heal()
            await anna.publish(TOPIC, b"far")
            assert await anna.request(BERT, "/test/1", b"yes", deadline=1) == b"yes"
            assert [(await messages.receive()).payload for _ in range(2)] == [b"near", b"far"]


async def test_a_dropped_request_ends_at_its_deadline(autojump_clock: MockClock) -> None:
    hub = Hub(1, Faults(drop=1.0))
    async with hub.join(ANNA) as anna, hub.join(BERT):
        with pytest.raises(DeadlineError):
            await anna.request(BERT, "/test/1", b"", deadline=60)
        assert trio.current_time() >= 60


async def test_a_peer_is_one_node_at_a_time() -> None:
    hub = Hub(1)
    async with hub.join(ANNA):
        with pytest.raises(ValueError, match="joined already"):
            async with hub.join(ANNA):
                pass
