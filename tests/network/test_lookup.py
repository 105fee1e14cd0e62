"""Providers are found beyond the board, whoever comes, goes or lies; the virtual network first, then libp2p."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import trio
from trio.testing import MockClock

from federation.directory import Directory
from federation.errors import RefusedError
from federation.lasting import open_lasting
from federation.lookup import ASKED_BURST, Lookup
from federation.lookup_shelf import Shelf
from federation.lookup_table import MAX_MISSES, MAX_OF_NETWORK, Table
from federation.network.libp2p import Libp2pConfig, open_libp2p
from federation.network.memory import Faults, Hub
from node.workflows.look_further import Search
from protocol.capability import Card
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, PeerId
from protocol.lookup import KeepRequest, Nearest, NearestRequest, Whereabouts, key_of, keys_of, nearest, place_of
from protocol.params import LOOKUP_CARDS, LOOKUP_WIDTH, MAX_CARDS_OF_KEY, MILLING, TURNING
from protocol.signed import Signed, public_key, sign
from protocol.topics import CALL, CARD, KEEP_CARD, LOOK_UP, WHEREABOUTS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from tests.network.lookups import STEEL, card_of, crowd, name_of, run
from tests.network.virtual import EPOCH, simulate, wall
from tests.network.worlds import seed_of
from tests.unit.protocol import examples as calls

NOW = UnixSeconds(EPOCH)
ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
KEY = key_of(MILLING, STEEL)


def whereabouts(seed: bytes, *addresses: str, issued: int = NOW, seconds: int = 600) -> tuple[Signed, Whereabouts]:
    said = Whereabouts(addresses=addresses, issued=UnixSeconds(issued), expires=UnixSeconds(issued + seconds))
    return sign(seed, WHEREABOUTS, encode(said)), said


def signed_card(seed: bytes, **changes: object) -> tuple[Signed, Card]:
    card = replace(card_of(public_key(seed), STEEL, issued=NOW), **changes)  # type: ignore[arg-type]
    return sign(seed, CARD, encode(card)), card


def test_every_provider_is_found_among_two_hundred_nodes_that_come_and_go() -> None:
    outcome = run(0)
    assert outcome.found == outcome.wanted > 0


def test_a_seed_replays_bit_for_bit_in_another_process_with_another_hash_seed() -> None:
    program = "from tests.network.lookups import run; print(run(3, 24).trace)"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert run(3, 24).trace == there.stdout.strip()


async def liar(payload: bytes, seed: bytes, friends: list[bytes]) -> bytes:
    """Says that nobody but its friends is near, and nothing lies there."""
    request = decode(NearestRequest, payload)
    near = nearest(request.key, [public_key(friend) for friend in friends])[:LOOKUP_WIDTH]
    by_peer = {public_key(friend): friend for friend in friends}
    said = [whereabouts(by_peer[peer], "/memory/x", issued=wall())[0] for peer in near]
    await trio.lowlevel.checkpoint()
    return encode(Nearest(answerer=whereabouts(seed, "/memory/x", issued=wall())[0], members=tuple(said), cards=()))


def found_despite(liars: int, members: Callable[[PeerId], bool]) -> int:
    """How many of two providers are found among two dozen honest nodes and ``liars`` near the key."""

    async def main(_clock: MockClock) -> int:
        async with crowd(1, 24, Faults(delay=0.1), members) as there:
            false = sorted((name_of(10_000 + n) for n in range(20 * liars)), key=lambda s: nearest_first(public_key(s)))
            false = false[:liars]
            for seed in false:
                node = await there.add(seed)
                node._network.serve(LOOK_UP, lambda _peer, payload, seed=seed: liar(payload, seed, false))
                node._network.serve(KEEP_CARD, swallow)
            await trio.sleep(10)
            honest = [peer for peer in there.alive if there.seeds[peer] not in false]
            for provider in honest[:2]:
                await there.alive[provider].provide(card_of(provider, STEEL))
            cards = await there.alive[honest[-1]].find(KEY)
            return len({card.provider for card in cards} & set(honest[:2]))

    return simulate(1, main)


def nearest_first(peer: PeerId) -> int:
    return int.from_bytes(place_of(peer), "big") ^ int.from_bytes(KEY, "big")


async def swallow(_peer: PeerId, _payload: bytes) -> bytes:
    await trio.lowlevel.checkpoint()
    return b""


def test_strangers_that_surround_a_key_have_no_place_and_hide_nobody() -> None:
    honest = {public_key(name_of(number)) for number in range(24)}
    assert found_despite(2 * LOOKUP_WIDTH + 8, honest.__contains__) == 2


def test_members_that_lie_near_a_key_hide_nobody_while_they_are_fewer_than_keep_a_card() -> None:
    assert found_despite(LOOKUP_WIDTH - 4, lambda _peer: True) == 2


async def ask(key: Digest, by: bytes, **changes: object) -> NearestRequest:
    await trio.lowlevel.checkpoint()
    request = NearestRequest(key=key, cards=True, asker=whereabouts(by, "/memory/x", issued=wall())[0])
    return replace(request, **changes)  # type: ignore[arg-type]


def test_where_everybody_has_a_place_a_card_goes_to_each_member_once_whatever_its_keys() -> None:
    brought: Counter[PeerId] = Counter()

    async def main(_clock: MockClock) -> None:
        async with crowd(1, 24, Faults(delay=0.1), lambda _peer: True) as there:
            await trio.sleep(10)
            provider, *others = there.alive
            for peer in others:
                there.alive[peer]._network.serve(KEEP_CARD, partial(counted, there.alive[peer]))
            card = card_of(provider, STEEL)
            assert await there.alive[provider].provide(card) == len(keys_of(card)) * LOOKUP_WIDTH
            for key in keys_of(card):
                assert [found.provider for found in await there.alive[others[0]].find(key)] == [provider]
        assert set(brought.values()) == {1}

    async def counted(node: Lookup, asker: PeerId, payload: bytes) -> bytes:
        brought[node._network.peer] += 1
        return await node._keep(asker, payload)

    simulate(1, main)


def test_what_no_honest_peer_asks_or_brings_is_refused() -> None:
    hub = Hub(0)

    async def refusals(_clock: MockClock) -> None:
        async with hub.join(public_key(ANNA)) as anna, hub.join(public_key(BERT)) as bert:
            only_anna = public_key(ANNA).__eq__
            node = Lookup(anna, seed=ANNA, wall=wall, member=only_anna, dice=random.Random(1))

            async def refused(protocol: str, message: object) -> str:
                with pytest.raises(RefusedError) as refusal:
                    await bert.request(anna.peer, protocol, encode(message), deadline=5)
                return refusal.value.code

            old = whereabouts(BERT, "/memory/x", issued=wall() - 700)[0]
            strange = whereabouts(CARL, "/memory/x", issued=wall())[0]
            assert await refused(LOOK_UP, await ask(Digest(b"short"), BERT)) == "rejected"
            assert await refused(LOOK_UP, await ask(KEY, BERT, asker=strange)) == "rejected"
            card = signed_card(BERT)[0]
            assert await refused(KEEP_CARD, KeepRequest(keys=(KEY,), card=card)) == "stranger"
            assert await refused(KEEP_CARD, KeepRequest(keys=(KEY,), card=signed_card(CARL)[0])) == "rejected"
            await bert.request(anna.peer, LOOK_UP, encode(await ask(KEY, BERT, asker=old)), deadline=5)
            node._member = lambda _peer: True
            assert await refused(LOOK_UP, await ask(KEY, BERT, asker=old)) == "ignored"
            assert await refused(KEEP_CARD, KeepRequest(keys=(key_of(MILLING),), card=replace(card, payload=b""))) == (
                "rejected"
            )
            assert await refused(KEEP_CARD, KeepRequest(keys=(Digest(bytes(32)),), card=card)) == "rejected"
            twice_named = KeepRequest(keys=(KEY, KEY), card=card)
            assert await refused(KEEP_CARD, twice_named) == "rejected"
            assert await refused(KEEP_CARD, replace(twice_named, keys=())) == "rejected"
            codes = set()
            for _ in range(int(ASKED_BURST) + 1):
                try:
                    await bert.request(anna.peer, LOOK_UP, encode(await ask(KEY, BERT)), deadline=5)
                except RefusedError as error:
                    codes.add(error.code)
            assert codes == {"busy"}
            assert len(node.shelf) == 0

    simulate(1, refusals)


def test_a_card_lies_only_under_the_keys_that_it_justifies() -> None:
    signed, card = signed_card(ANNA)
    assert set(keys_of(card)) == {key_of(MILLING), key_of(TURNING), KEY, key_of(TURNING, STEEL)}
    shelf = Shelf()
    shelf.keep(keys_of(card), signed, card, NOW)
    with pytest.raises(RejectError):
        shelf.keep((*keys_of(card), Digest(bytes(32))), signed, card, NOW)
    assert len(shelf) == 4


def test_a_card_is_replaced_by_a_later_one_and_forgotten_when_it_expires() -> None:
    shelf = Shelf()
    first, later = signed_card(ANNA), signed_card(ANNA, issued=UnixSeconds(NOW + 1))
    shelf.keep((KEY,), *later, NOW)
    with pytest.raises(IgnoreError):
        shelf.keep((KEY,), *first, NOW)
    assert shelf.under(KEY, NOW) == (later[0],)
    assert shelf.under(KEY, later[1].expires) == ()
    assert len(shelf) == 0


def test_a_full_key_keeps_who_is_there_and_answers_in_bounds() -> None:
    shelf = Shelf()
    cards = [signed_card(name_of(number)) for number in range(MAX_CARDS_OF_KEY + 1)]
    for signed, card in cards[:-1]:
        shelf.keep((KEY,), signed, card, NOW)
    with pytest.raises(IgnoreError):
        shelf.keep((KEY,), *cards[-1], NOW)
    shelf.keep((KEY,), *cards[0], NOW)
    assert len(shelf) == MAX_CARDS_OF_KEY
    assert len(shelf.under(KEY, NOW)) == LOOKUP_CARDS


def test_a_bucket_keeps_its_elders_until_they_do_not_answer() -> None:
    table = Table(public_key(ANNA))
    far = [seed for seed in map(name_of, range(200)) if (place_of(public_key(seed))[0] ^ place_of(table_us())[0]) >> 7]
    for seed in far:
        table.note(*whereabouts(seed, "/memory/x"))
    elders = {public_key(seed) for seed in far[:LOOKUP_WIDTH]}
    assert {contact.peer for contact in table} == elders
    eldest = public_key(far[0])
    for _ in range(MAX_MISSES - 1):
        table.miss(eldest)
    table.note(*whereabouts(far[0], "/memory/x"))
    table.miss(eldest)
    assert table.get(eldest)
    table.miss(eldest)
    assert {contact.peer for contact in table} == elders - {eldest} | {public_key(far[-1])}


def table_us() -> PeerId:
    return public_key(ANNA)


def test_one_network_fills_no_bucket_and_older_whereabouts_replace_none() -> None:
    table = Table(public_key(ANNA))
    for number in range(100):
        table.note(*whereabouts(name_of(number), f"/ip4/8.8.8.{number}/tcp/1/p2p/x"))
    assert 0 < len(table) < 10 * MAX_OF_NETWORK
    home = Table(public_key(ANNA))
    for number in range(100):
        home.note(*whereabouts(name_of(number), f"/ip4/192.168.8.{number}/tcp/1/p2p/x"))
    assert len(home) > 3 * LOOKUP_WIDTH
    later, earlier = whereabouts(BERT, "/memory/b", issued=NOW + 9), whereabouts(BERT, "/memory/a")
    home.note(*later)
    home.note(*earlier)
    known = home.get(public_key(BERT))
    assert known is None or known.whereabouts == later[1]


def test_we_have_no_place_in_our_own_table() -> None:
    table = Table(public_key(ANNA))
    table.note(*whereabouts(ANNA, "/memory/a"))
    assert len(table) == 0


@pytest.mark.slow
async def test_over_libp2p_who_knows_one_member_finds_a_provider_that_only_that_one_knows() -> None:
    async with (
        open_libp2p(Libp2pConfig(seed=BERT)) as bert,
        open_libp2p(Libp2pConfig(seed=ANNA, bootstrap=bert.addresses)) as anna,
        open_libp2p(Libp2pConfig(seed=CARL, bootstrap=bert.addresses)) as carl,
        trio.open_nursery() as nursery,
    ):
        nodes = [
            Lookup(network, seed=seed, wall=wall, member=lambda _peer: True, dice=random.Random(1))
            for network, seed in ((anna, ANNA), (bert, BERT), (carl, CARL))
        ]
        for node in nodes:
            nursery.start_soon(node.run)
        with trio.fail_after(15):
            while len(nodes[2].table) == 0 or len(nodes[1].table) < 2:
                await trio.sleep(0.05)
            assert await nodes[2].provide(replace(card_of(carl.peer, STEEL), addresses=carl.addresses)) > 0
            (card,) = await nodes[0].find(KEY)
            assert card.provider == carl.peer
            assert card.account == Address(carl.peer[:20])
            await anna.introduce(card.provider, card.addresses)
            await anna.request(card.provider, LOOK_UP, encode(await ask(KEY, ANNA)), deadline=5)
        nursery.cancel_scope.cancel()


@pytest.mark.slow
async def test_a_call_whose_providers_are_not_on_the_board_reaches_one_that_was_looked_up() -> None:
    """Bert takes part in lookups only: neither gossip nor a board leads from Anna to Carl."""
    part = calls.part()
    made_by_carl = replace(card_of(public_key(CARL), part.material, issued=NOW), addresses=())
    async with (
        open_libp2p(Libp2pConfig(seed=BERT)) as bert,
        open_libp2p(Libp2pConfig(seed=ANNA, bootstrap=bert.addresses)) as anna_wire,
        open_libp2p(Libp2pConfig(seed=CARL, bootstrap=bert.addresses)) as carl_wire,
        open_lasting(anna_wire, seed=ANNA, wall=lambda: NOW, dice=random.Random(1)) as anna,
        open_lasting(carl_wire, seed=CARL, wall=lambda: NOW, dice=random.Random(1)) as carl,
        trio.open_nursery() as nursery,
    ):
        lookups = [
            Lookup(network, seed=seed, wall=lambda: NOW, member=lambda _peer: True, dice=random.Random(1))
            for network, seed in ((anna, ANNA), (bert, BERT), (carl, CARL))
        ]
        for lookup in lookups:
            nursery.start_soon(lookup.run)
        with trio.fail_after(15):
            while len(lookups[2].table) == 0 or len(lookups[0].table) == 0:
                await trio.sleep(0.05)
            await lookups[2].provide(replace(made_by_carl, addresses=carl.addresses))
            directory = Directory()
            nursery.start_soon(Search(lookups[0], anna, directory).for_our_calls)
            call = calls.call(customer=anna.peer, operations=(calls.operation(0),), commit_by=UnixSeconds(NOW + 60))
            await anna.publish(CALL, encode(sign(ANNA, CALL, encode(call))))
            while not carl.board.on(CALL):
                await trio.sleep(0.05)
        assert [card.provider for card in directory.cards(NOW)] == [carl.peer]
        nursery.cancel_scope.cancel()
