"""Packages and bundles on their way: to whom they were promised alone, and on from where a cut or a crash left off."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from federation.network import Network
from federation.network.memory import Hub
from federation.transfer import outline_of
from node.errors import UnavailableError
from node.vault.vault import Vault
from node.workflows.parcels import Parcels
from protocol.content import content_digest
from protocol.ids import Digest, JobId, PeerId
from protocol.params import CHUNK_BYTES
from protocol.signed import public_key
from protocol.stream import chunks_of
from protocol.topics import FETCH_CHUNK
from tests.network.worlds import seed_of

ANNA, BERT, CARL = (public_key(seed_of(name)) for name in ("anna", "bert", "carl"))
CHAIN, JOB = 7, JobId(b"j" * 32)
PACKAGE = random.Random(1).randbytes(3 * CHUNK_BYTES)
CHUNKS = 4
"""Of its ciphertext, which is a little longer."""


class Counted(Network):
    """A network that counts the chunks it is asked for, and can fall silent from one on."""

    def __init__(self, inner: Network, *, breaks_at: int | None = None) -> None:
        self.chunks = 0
        self.silent = trio.Event()
        self._inner = inner
        self._breaks_at = breaks_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        if protocol == FETCH_CHUNK:
            if self.chunks == self._breaks_at:
                self.silent.set()
                await trio.sleep_forever()
            self.chunks += 1
        return await self._inner.request(peer, protocol, payload, deadline=deadline)


@asynccontextmanager
async def fetching(cut: Counted, content: Digest, path: Path) -> AsyncIterator[Parcels]:
    """A transfer that has come as far as it will; it is broken off in the end."""
    parcels = Parcels(cut)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: parcels.fetch(ANNA, content, path, what="a package"))
        with trio.fail_after(20):
            await cut.silent.wait()
            while parcels.fetching()[0].received < cut.chunks * CHUNK_BYTES:
                await trio.sleep(0.01)
        yield parcels
        nursery.cancel_scope.cancel()


@pytest.fixture
def owner(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "owner", b"o" * 32)
    vault.seal(JOB, [chunks_of(b"the design"), chunks_of(PACKAGE)])
    return vault


@pytest.fixture
def winner(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "winner", b"w" * 32)


async def test_a_package_goes_on_where_a_crash_of_both_nodes_left_it(owner: Vault, winner: Vault) -> None:
    """What a first run leaves on disk is all that a second one has: nothing else survives a kill."""
    arrival = winner.arrival(JOB, 0)
    hub = Hub(1)
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert:
        (parcels := Parcels(anna)).serve()
        content = await parcels.promise(owner.parcel(JOB, 1), BERT)
        async with fetching(Counted(bert, breaks_at=2), content, arrival):
            assert not arrival.exists()
    hub = Hub(2)
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert:
        (parcels := Parcels(anna)).serve()
        assert await parcels.promise(owner.parcel(JOB, 1), BERT) == content
        again = Counted(bert)
        await Parcels(again).fetch(ANNA, content, arrival, what="a package")
        assert again.chunks == CHUNKS - 2
    delivery = owner.deliver(CHAIN, JOB, 1, recipient=winner.ask(JOB, 0), parcel=content)
    winner.receive_arrived(CHAIN, JOB, 0, delivery)
    assert winner.package(JOB, 0) == PACKAGE
    assert not list(arrival.parent.glob("*.arrival*"))


async def test_a_package_that_came_whole_before_a_crash_is_not_fetched_again(owner: Vault, winner: Vault) -> None:
    arrival = winner.arrival(JOB, 0)
    arrival.write_bytes(owner.parcel(JOB, 1).read_bytes())
    hub = Hub(1)
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert:
        (parcels := Parcels(anna)).serve()
        counted = Counted(bert)
        content = await parcels.promise(owner.parcel(JOB, 1), BERT)
        await Parcels(counted).fetch(ANNA, content, arrival, what="a package")
        assert counted.chunks == 0
    assert arrival.read_bytes() == owner.parcel(JOB, 1).read_bytes()


async def test_nobody_fetches_what_another_was_promised(owner: Vault, tmp_path: Path) -> None:
    hub = Hub(1)
    async with hub.join(ANNA) as anna, hub.join(CARL) as carl:
        (parcels := Parcels(anna)).serve()
        content = await parcels.promise(owner.parcel(JOB, 1), BERT)
        for name in (content, Digest(b"?" * 32)):
            with pytest.raises(UnavailableError, match="no such content here for you"):
                await Parcels(carl).fetch(ANNA, name, tmp_path / "stolen", what="a package")
    assert not list(tmp_path.glob("stolen*"))


async def test_who_begins_to_fetch_is_noted_once_and_before_it_gets_anything(owner: Vault, tmp_path: Path) -> None:
    noted: list[str] = []

    async def note() -> None:
        await trio.lowlevel.checkpoint()
        noted.append("nothing yet" if not list(tmp_path.glob("target*")) else "too late")

    hub = Hub(1)
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert, hub.join(CARL) as carl:
        (parcels := Parcels(anna)).serve()
        content = await parcels.promise(owner.parcel(JOB, 1), BERT, note)
        with pytest.raises(UnavailableError):
            await Parcels(carl).fetch(ANNA, content, tmp_path / "stolen", what="a package")
        assert noted == []
        await Parcels(bert).fetch(ANNA, content, tmp_path / "target", what="a package")
    assert noted == ["nothing yet"]


async def test_progress_is_shown_while_it_comes(owner: Vault, tmp_path: Path) -> None:
    hub = Hub(1)
    async with hub.join(ANNA) as anna, hub.join(BERT) as bert:
        (parcels := Parcels(anna)).serve()
        content = await parcels.promise(owner.parcel(JOB, 1), BERT)
        async with fetching(Counted(bert, breaks_at=2), content, tmp_path / "target") as parcels:
            (progress,) = parcels.fetching()
            assert progress.what == "a package"
            assert progress.size == owner.parcel(JOB, 1).stat().st_size
            assert progress.received == 2 * CHUNK_BYTES
        assert parcels.fetching() == ()


def test_a_promise_names_what_lies_on_disk(owner: Vault) -> None:
    path = owner.parcel(JOB, 1)
    before = content_digest(outline_of(path))
    path.write_bytes(path.read_bytes()[:-1])
    assert content_digest(outline_of(path)) != before
