"""Witnesses: they cosign what only grows, remember it over restarts, and turn a second history into evidence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.errors import RefusedError
from federation.network import Network
from federation.network.memory import Hub
from node.errors import UnavailableError
from node.store.database import open_database
from node.workflows.witness import STALE, WITNESSES, Witness
from protocol import merkle
from protocol.checkpoint import Cosignature, read_note, sign_checkpoint
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, PeerId
from protocol.requests import Consistency, ConsistencyRequest
from protocol.signed import signer_of
from protocol.topics import FETCH_CONSISTENCY, WITNESS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from protocol.witness import Addition, SplitError, check_split, write_addition
from tests.unit.protocol.examples import START, peer, seed

MILL = peer("mill")
ENTRIES = [b"entry %d" % number for number in range(20)]
FORGED = [b"forged", *ENTRIES[1:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node that is asked and asks."""

    network: Network
    witness: Witness


async def registered(provider: PeerId) -> object:
    """A ledger on which the mill is the only provider, and which cannot be asked about the oven."""
    if provider == peer("oven"):
        raise UnavailableError("ledger: connection refused")
    if provider != MILL:
        raise IgnoreError("not registered")
    return None


@asynccontextmanager
async def node(hub: Hub, name: str, folder: Path) -> AsyncIterator[Node]:
    """A node in ``hub``; entering again with the same folder is a restart."""
    async with hub.join(peer(name)) as network, open_database(folder / f"{name}.sqlite") as database:
        witness = Witness(
            network=network,
            database=database,
            signer=signer_of(seed(name)),
            registered=registered,
            wall=lambda: UnixSeconds(START),
        )
        await witness.serve()
        yield Node(network=network, witness=witness)


def note(size: int, entries: list[bytes] = ENTRIES, by: str = "mill") -> bytes:
    return sign_checkpoint(signer_of(seed(by)), size, merkle.root(entries[:size]))


def proof(old: int, new: int, entries: list[bytes] = ENTRIES) -> tuple[Digest, ...]:
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    return tuple(merkle.root_of_hashes(hashes[first:last]) for first, last in merkle.consistency_ranges(old, new))


async def prove(old: int, new: int) -> tuple[Digest, ...]:
    return proof(old, new)


async def ask(mill: Node, witness: str, old: int, new: int, entries: list[bytes] = ENTRIES) -> bytes:
    """The bare request, as somebody sends it who does not use our client."""
    addition = Addition(old=old, proof=proof(min(old, new), new, entries), note=note(new, entries))
    return await mill.network.request(peer(witness), WITNESS, write_addition(addition), deadline=5)


async def test_every_node_that_can_be_asked_cosigns_a_log_that_grows(tmp_path: Path) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path), node(hub, "ash", tmp_path):
        for size in (3, 8, 8, 20):
            found = read_note(await mill.witness.cosigned(note(size), prove))
            assert found.checkpoint.size == size
            both = sorted((peer("oak"), peer("ash")))
            assert found.cosignatures == tuple(Cosignature(witness=w, at=UnixSeconds(START)) for w in both)


async def test_no_more_witnesses_are_asked_than_a_checkpoint_needs(tmp_path: Path) -> None:
    hub = Hub(0)
    names = [f"tree {number}" for number in range(WITNESSES + 2)]
    async with node(hub, "mill", tmp_path) as mill:
        nodes = [node(hub, name, tmp_path) for name in names]
        for each in nodes:
            await each.__aenter__()
        found = read_note(await mill.witness.cosigned(note(3), prove))
        for each in reversed(nodes):
            await each.__aexit__(None, None, None)
    assert len(found.cosignatures) == WITNESSES


async def test_a_log_that_nobody_can_witness_still_has_its_checkpoint(tmp_path: Path) -> None:
    async with node(Hub(0), "mill", tmp_path) as mill:
        assert await mill.witness.cosigned(note(3), prove) == note(3)


async def test_a_log_that_forgot_what_its_witness_cosigned_is_told_and_goes_on(tmp_path: Path) -> None:
    hub = Hub(0)
    async with node(hub, "oak", tmp_path):
        async with node(hub, "mill", tmp_path) as mill:
            await mill.witness.cosigned(note(7), prove)
        async with node(hub, "mill", tmp_path) as restarted:
            with pytest.raises(RefusedError) as caught:
                await ask(restarted, "oak", 0, 12)
            assert (caught.value.code, caught.value.text) == (STALE, "7")
            assert len(read_note(await restarted.witness.cosigned(note(12), prove)).cosignatures) == 1


async def test_a_witness_remembers_over_its_own_restart(tmp_path: Path) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill:
        async with node(hub, "oak", tmp_path):
            await ask(mill, "oak", 0, 12)
        async with node(hub, "oak", tmp_path):
            with pytest.raises(RefusedError, match="stale: 12"):
                await ask(mill, "oak", 0, 7)
            with pytest.raises(RefusedError, match="rejected"):
                await ask(mill, "oak", 12, 7)


@pytest.mark.parametrize("size", [12, 20], ids=["of the same size", "of a later size"])
async def test_a_second_history_is_refused_and_leaves_evidence_for_good(tmp_path: Path, size: int) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill:
        async with node(hub, "oak", tmp_path) as oak:
            await ask(mill, "oak", 0, 12)
            for _ in range(2):
                with pytest.raises(RefusedError, match="split-view"):
                    await ask(mill, "oak", 12, size, FORGED)
            assert [check_split(evidence) for evidence in await oak.witness.splits()] == [MILL]
        async with node(hub, "oak", tmp_path) as restarted:
            assert len(await restarted.witness.splits()) == 1
            assert await ask(mill, "oak", 12, 20)


async def test_a_later_tree_without_a_proof_is_refused_but_proves_nothing(tmp_path: Path) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path) as oak:
        await ask(mill, "oak", 0, 12)
        bare = write_addition(Addition(old=12, proof=(), note=note(20, FORGED)))
        with pytest.raises(RefusedError, match="rejected"):
            await mill.network.request(peer("oak"), WITNESS, bare, deadline=5)
        assert await oak.witness.splits() == []


async def test_two_customers_who_were_shown_two_histories_find_out_when_their_notes_meet(tmp_path: Path) -> None:
    """The mill has one history cosigned by oak, and hands a customer records under another one."""
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path) as oak:
        await ask(mill, "oak", 0, 12)
        await oak.witness.meet(note(12))
        with pytest.raises(SplitError) as caught:
            await oak.witness.meet(note(12, FORGED))
        assert check_split(caught.value.evidence) == MILL
        assert await oak.witness.splits() == [caught.value.evidence]


@pytest.mark.parametrize(
    ("by", "code"), [("stranger", "unknown-log"), ("oven", "not-now")], ids=["unregistered", "ledger unreachable"]
)
async def test_only_registered_providers_logs_are_cosigned(tmp_path: Path, by: str, code: str) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path):
        request = write_addition(Addition(old=0, proof=(), note=note(3, by=by)))
        with pytest.raises(RefusedError) as caught:
            await mill.network.request(peer("oak"), WITNESS, request, deadline=5)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "request_",
    [b"", b"old 0\n\n", b"old 0\n\n" + note(3)[:-1], b"old 0\n\n" + note(3).replace(b"\n3\n", b"\n4\n"), b"\xff" * 99],
    ids=["nothing", "no note", "a note cut short", "another size", "noise"],
)
async def test_what_is_no_request_is_rejected(tmp_path: Path, request_: bytes) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path):
        with pytest.raises(RefusedError, match="rejected"):
            await mill.network.request(peer("oak"), WITNESS, request_, deadline=5)


async def test_a_witness_that_answers_with_something_else_is_left_out(tmp_path: Path) -> None:
    hub = Hub(0)
    answers = [b"", b"nonsense\n", note(3), None]

    async def answer(_peer: PeerId, _request: bytes) -> bytes:
        found = answers.pop(0)
        if found is None:
            raise RejectError("not today")
        return found

    async with node(hub, "mill", tmp_path) as mill, hub.join(peer("liar")) as liar:
        liar.serve(WITNESS, answer)
        while answers:
            assert read_note(await mill.witness.cosigned(note(3), prove)).cosignatures == ()


def serve_growth(mill: Node, entries: list[bytes]) -> None:
    """The mill's answer to whoever wants its growth proven."""

    async def answer(_peer: PeerId, request: bytes) -> bytes:
        asked = decode(ConsistencyRequest, request)
        return encode(Consistency(proof=proof(asked.old, asked.new, entries)))

    mill.network.serve(FETCH_CONSISTENCY, answer)


async def test_a_node_follows_a_log_by_the_notes_that_it_meets(tmp_path: Path) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path) as oak:
        serve_growth(mill, ENTRIES)
        for size in (7, 12, 8, 12, 20):
            await oak.witness.meet(note(size))
        with pytest.raises(RefusedError, match="stale: 20"):
            await ask(mill, "oak", 0, 20)


@pytest.mark.parametrize(("seen", "met"), [(7, 12), (12, 7)], ids=["a later note", "an earlier note"])
async def test_notes_of_different_size_contradict_each_other_through_the_logs_own_proof(
    tmp_path: Path, seen: int, met: int
) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path) as oak:
        serve_growth(mill, FORGED if met > seen else ENTRIES)
        await oak.witness.meet(note(seen))
        with pytest.raises(SplitError):
            await oak.witness.meet(note(met, FORGED))
        assert [check_split(evidence) for evidence in await oak.witness.splits()] == [MILL]


@pytest.mark.parametrize(("seen", "met"), [(8, 12), (12, 8)], ids=["a later note", "an earlier note"])
async def test_from_a_power_of_two_the_contradiction_is_refused_though_it_leaves_no_evidence(
    tmp_path: Path, seen: int, met: int
) -> None:
    hub = Hub(0)
    async with node(hub, "mill", tmp_path) as mill, node(hub, "oak", tmp_path) as oak:
        serve_growth(mill, FORGED if met > seen else ENTRIES)
        await oak.witness.meet(note(seen))
        with pytest.raises(RejectError, match="does not begin with the old one"):
            await oak.witness.meet(note(met, FORGED))


async def test_a_log_that_does_not_answer_is_not_followed_blindly(tmp_path: Path) -> None:
    hub = Hub(0)
    async with node(hub, "oak", tmp_path) as oak:
        async with node(hub, "mill", tmp_path):
            await oak.witness.meet(note(7))
        with pytest.raises(UnavailableError, match="does not prove that it grew"):
            await oak.witness.meet(note(12))
        assert await oak.witness.splits() == []


async def test_a_note_of_somebody_who_is_no_provider_is_not_remembered(tmp_path: Path) -> None:
    async with node(Hub(0), "oak", tmp_path) as oak:
        with pytest.raises(IgnoreError):
            await oak.witness.meet(note(7, by="stranger"))
