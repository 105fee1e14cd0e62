"""Files between nodes: whole or not at all, on from where a cut left off, and never another's bytes."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from federation.errors import RefusedError, UnavailableError
from federation.network import Network
from federation.network.memory import Faults, Hub
from federation.transfer import fetch_content, outline_of, serve_contents
from protocol.content import (
    ChunkRequest,
    Outline,
    OutlineRequest,
    check_chunk,
    check_outline,
    content_digest,
)
from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.params import CHUNK_BYTES, MAX_CHUNKS
from protocol.signed import public_key
from protocol.topics import FETCH_CHUNK, FETCH_OUTLINE
from protocol.wire import decode, encode
from tests.network.worlds import Libp2pWorld, MemoryWorld, World, seed_of
from tests.vault.disk import largest_file

ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
WHOLE = random.Random(1).randbytes(3 * CHUNK_BYTES + 17)


@pytest.fixture(params=["memory", pytest.param("libp2p", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> World:
    worlds: dict[str, type[MemoryWorld] | type[Libp2pWorld]] = {"memory": MemoryWorld, "libp2p": Libp2pWorld}
    return worlds[request.param]()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(WHOLE)
    return path


class Shelf:
    """A library of files for everybody but ``barred``, which counts what is asked of it."""

    def __init__(self, *paths: Path, barred: tuple[PeerId, ...] = ()) -> None:
        self.files = {content_digest(outline_of(path)): path for path in paths}
        self.barred = barred
        self.asked = 0

    async def find(self, peer: PeerId, content: Digest) -> Path | None:
        await trio.lowlevel.checkpoint()
        self.asked += 1
        return None if peer in self.barred else self.files.get(content)


@asynccontextmanager
async def two(world: World) -> AsyncIterator[tuple[Network, Network]]:
    async with world.join(ANNA) as anna, world.join(BERT, knows=[ANNA]) as bert:
        yield anna, bert


async def test_a_file_arrives_whole(world: World, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    async with two(world) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source))
        (content,) = shelf.files
        await fetch_content(bert, [anna.peer], content, target, deadline=30)
    assert target.read_bytes() == WHOLE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1])
async def test_a_file_of_any_size_arrives(size: int, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(WHOLE[:size])
    async with two(MemoryWorld()) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source))
        await fetch_content(bert, [anna.peer], next(iter(shelf.files)), target, deadline=30)
    assert target.read_bytes() == WHOLE[:size]


async def test_what_came_before_a_cut_is_not_fetched_again(world: World, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "target.part").write_bytes(WHOLE[: 2 * CHUNK_BYTES] + b"torn")
    async with two(world) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source))
        await fetch_content(bert, [anna.peer], next(iter(shelf.files)), target, deadline=30)
    assert target.read_bytes() == WHOLE
    assert shelf.asked == 3  # the outline and two chunks


@pytest.mark.parametrize("kept", [0, len(WHOLE)])
async def test_a_full_disk_is_said_and_what_came_before_is_kept(kept: int, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "target.part").write_bytes(bytes(kept))
    async with two(MemoryWorld()) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source))
        (content,) = shelf.files
        with largest_file(CHUNK_BYTES + 1), pytest.raises(UnavailableError, match="cannot be kept"):
            await fetch_content(bert, [anna.peer], content, target, deadline=30)
        assert not target.exists()
        await fetch_content(bert, [anna.peer], content, target, deadline=30)
    assert target.read_bytes() == WHOLE


async def test_a_transfer_survives_its_source_restarting(source: Path, tmp_path: Path) -> None:
    world, target = Libp2pWorld(), tmp_path / "target"
    shelf = Shelf(source)
    (content,) = shelf.files
    first, again = trio.Event(), trio.Event()

    async def once(peer: PeerId, payload: bytes) -> bytes:
        first.set()
        await again.wait()
        raise AssertionError

    async with world.join(BERT) as bert, trio.open_nursery() as nursery:
        async with world.join(ANNA, knows=[BERT]) as anna:
            serve_contents(anna, shelf)
            anna.serve(FETCH_CHUNK, once)
            while anna.peer not in bert.peers():
                await trio.sleep(0.01)
            nursery.start_soon(_fetch, bert, anna.peer, content, target)
            await first.wait()
        async with world.join(ANNA, knows=[BERT]) as anna:
            serve_contents(anna, shelf)
            with trio.fail_after(20):
                while not target.exists():
                    await trio.sleep(0.01)
    assert target.read_bytes() == WHOLE


async def _fetch(network: Network, peer: PeerId, content: Digest, target: Path) -> None:
    await fetch_content(network, [peer], content, target, deadline=30)


async def test_loss_resets_and_stalls_only_cost_time(source: Path, tmp_path: Path, autojump_clock: MockClock) -> None:
    autojump_clock.autojump_threshold = 0.05  # threads write the file meanwhile
    hub = Hub(3, Faults(drop=0.1, reset=0.2, stall=0.05, delay=0.5))
    async with hub.join(public_key(ANNA)) as anna, hub.join(public_key(BERT)) as bert:
        serve_contents(anna, shelf := Shelf(source))
        await fetch_content(bert, [anna.peer], next(iter(shelf.files)), tmp_path / "target", deadline=600)
    assert (tmp_path / "target").read_bytes() == WHOLE


async def test_a_source_that_lies_is_left_for_one_that_does_not(source: Path, tmp_path: Path) -> None:
    async def lie(peer: PeerId, payload: bytes) -> bytes:
        index = decode(ChunkRequest, payload).index
        return bytes(len(WHOLE[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]))

    world = MemoryWorld()
    async with two(world) as (anna, bert), world.join(CARL) as carl:
        serve_contents(anna, shelf := Shelf(source))
        serve_contents(carl, shelf)
        carl.serve(FETCH_CHUNK, lie)
        content = next(iter(shelf.files))
        await fetch_content(bert, [carl.peer, anna.peer], content, tmp_path / "target", deadline=30)
        assert (tmp_path / "target").read_bytes() == WHOLE
        with pytest.raises(RejectError, match="not what its outline promises"):
            await fetch_content(bert, [carl.peer], content, tmp_path / "other", deadline=30)
        assert not (tmp_path / "other").exists()


async def test_who_may_not_have_a_content_learns_no_more_than_who_asks_for_none(source: Path, tmp_path: Path) -> None:
    async with two(MemoryWorld()) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source, barred=(bert.peer,)))
        for content in (*shelf.files, Digest(bytes(32))):
            with pytest.raises(RefusedError) as refusal:
                await fetch_content(bert, [anna.peer], content, tmp_path / "target", deadline=5)
            assert (refusal.value.code, refusal.value.text) == ("unknown", "no such content here for you")


async def test_a_file_that_was_changed_after_it_was_laid_out_is_not_handed_out(source: Path, tmp_path: Path) -> None:
    async with two(MemoryWorld()) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source))
        source.write_bytes(b"something else")
        with pytest.raises(RefusedError, match="changed"):
            await fetch_content(bert, [anna.peer], next(iter(shelf.files)), tmp_path / "target", deadline=5)


async def test_a_transfer_without_a_source_ends_at_its_deadline(tmp_path: Path, autojump_clock: MockClock) -> None:
    hub = Hub(1)
    async with hub.join(public_key(BERT)) as bert:
        with pytest.raises(UnavailableError, match="what came of it is kept"):
            await fetch_content(bert, [public_key(ANNA)], Digest(bytes(32)), tmp_path / "target", deadline=60)


@pytest.mark.parametrize("index", [-1, 4, 2**63])
async def test_a_chunk_that_there_is_not_is_rejected(index: int, source: Path) -> None:
    async with two(MemoryWorld()) as (anna, bert):
        serve_contents(anna, shelf := Shelf(source))
        request = encode(ChunkRequest(content=next(iter(shelf.files)), index=index))
        with pytest.raises(RefusedError, match="rejected"):
            await bert.request(anna.peer, FETCH_CHUNK, request, deadline=5)
        with pytest.raises(RefusedError, match="rejected"):
            await bert.request(anna.peer, FETCH_OUTLINE, b"\xff" * 50, deadline=5)
        reply = await bert.request(
            anna.peer, FETCH_OUTLINE, encode(OutlineRequest(content=next(iter(shelf.files)))), deadline=5
        )
        assert decode(Outline, reply) == outline_of(source)


def test_an_outline_that_does_not_add_up_is_rejected(source: Path) -> None:
    outline = outline_of(source)
    content = content_digest(outline)
    check_outline(outline, content)
    wrong = (
        replace(outline, size=-1),
        replace(outline, size=MAX_CHUNKS * CHUNK_BYTES + 1),
        replace(outline, size=outline.size + CHUNK_BYTES),
        replace(outline, chunks=outline.chunks[:-1]),
        replace(outline, chunks=(*outline.chunks[:-1], Digest(b"short"))),
        replace(outline, size=outline.size - 1),
        replace(outline, chunks=(*outline.chunks[:-1], Digest(bytes(32)))),
    )
    for one in wrong:
        with pytest.raises(RejectError):
            check_outline(one, content)
    for chunk in (b"", WHOLE[CHUNK_BYTES : 2 * CHUNK_BYTES], WHOLE[: CHUNK_BYTES - 1]):
        with pytest.raises(RejectError):
            check_chunk(outline, 0, chunk)
