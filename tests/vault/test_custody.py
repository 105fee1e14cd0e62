"""Keys in custody on the real contracts: entrusted by a customer's node, opened by jurors alone, every share logged."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio

from federation.directory import Directory
from federation.errors import RefusedError
from federation.network import Network
from federation.network.memory import Hub
from node.design.reading import Options
from node.errors import RequestError, UnavailableError
from node.identity import Identity
from node.vault.vault import Vault
from node.workflows.custody import Custody
from node.workflows.holders import Auditor as Candidate
from node.workflows.holders import drawn, threshold_of
from node.workflows.ledger_reads import LedgerReads
from node.workflows.parcels import Parcels
from node.workflows.posted import JobPosted, Post
from node.workflows.released import EntrustKeys, KeysEntrusted, LicencesRevoked
from protocol import merkle
from protocol.capability import Card
from protocol.errors import RejectError
from protocol.escrow import Entrusted, Escrow, ShareRequest, entrust
from protocol.ids import Address, Digest, EncryptionKey, JobId, PeerId
from protocol.membership import AUDITOR
from protocol.membership import CUSTOMER as CUSTOMER_ROLE
from protocol.params import MAX_HOLDERS, MIN_HOLDERS
from protocol.release import SEED_BYTES, public_half
from protocol.seal import commitment_of
from protocol.signed import sign
from protocol.stream import chunks_of
from protocol.topics import CALL, ENTRUST, ESCROW, FETCH_SHARE
from protocol.units import Cents, UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import small_call
from tests.contracts.conftest import deployed, scene
from tests.contracts.federation import CUSTOMER, EVIDENCE, JOB, SHOP, YEAR, Scene, address, join
from tests.unit.protocol.examples import CUSTOMER_SEED, HOME, peer, seed
from tests.vault.closed import closed

__all__ = ["deployed", "scene"]

T = TypeVar("T")
ACCOUNTS = tuple(address(0xB000 + number) for number in range(4))
EFFECT = EntrustKeys(key="entrust")
DESIGN, FIRST, SECOND, THIRD = b"the design", b"how to mill it" * 700_000, b"how to measure it", b"how to coat it"
"""The first is longer than any answer; the third is nobody's yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node's part in custody."""

    account: Address
    identity: Identity
    vault: Vault
    network: Network
    custody: Custody
    taken: list[tuple[JobId, int, PeerId]]
    """Which packages its node let go, encrypted."""


@dataclass(slots=True)
class World:
    """A customer, four auditors and a shop that has no node, on the real contracts."""

    scene: Scene
    reads: LedgerReads
    customer: Node
    auditors: tuple[Node, ...]
    directory: Directory

    def dispute(self) -> tuple[Node, ...]:
        """Let the customer object; the panel that the ledger draws, and who is not on it, last."""
        contracts, evm = self.scene.contracts, self.scene.evm
        self.scene.send(SHOP, contracts.orders.attest(JOB, 0, EVIDENCE))
        self.scene.send(CUSTOMER, contracts.orders.dispute(JOB, 0, EVIDENCE))
        self.scene.send(CUSTOMER, contracts.disputes.summon(JOB, 0))
        evm.wait_until(evm.now + 2)
        self.scene.send(SHOP, contracts.disputes.draw(JOB, 0))
        case = contracts.disputes.case(evm, JOB, 0, round_=0, milestone=0)
        panel = {seat.account for seat in case.panel}
        return tuple(sorted(self.auditors, key=lambda node: node.account not in panel))


class OneByOne(LedgerReads):
    """Reads of a chain within this process, which answers one thread at a time."""

    def __init__(self, *chain: Any, **settings: Any) -> None:
        super().__init__(*chain, **settings)
        self._turn = trio.Lock()

    async def ask(self, question: Callable[[Any], T]) -> T:
        async with self._turn:
            return await super().ask(question)


def identity_of(name: str, signing: bytes | None = None) -> Identity:
    return Identity(
        signing=signing or seed(name),
        encryption=seed(f"{name}'s encryption"),
        ledger=seed(f"{name}'s ledger"),
        vault=seed(f"{name}'s vault"),
    )


@asynccontextmanager
async def a_world(scene: Scene, folder: Path, call_of: object = small_call) -> AsyncIterator[World]:
    contracts, evm, directory = scene.contracts, scene.evm, Directory()
    reads = OneByOne(evm, contracts, wall=lambda: UnixSeconds(evm.now), random=os.urandom)
    vault = Vault(folder / "customer", seed("customer's vault"))
    design = vault.seal(JOB, [chunks_of(content) for content in (DESIGN, FIRST, SECOND, THIRD)])
    commitment = commitment_of(
        chain=contracts.chain_id,
        registry=contracts.designs.address,
        owner=CUSTOMER,
        root=design.root,
        nonce=design.nonce,
    )
    asked = replace(call_of(), job=JOB, chain=contracts.chain_id, design=commitment)  # type: ignore[operator]
    posted = JobPosted(
        title="part",
        owner=CUSTOMER,
        call=sign(CUSTOMER_SEED, CALL, encode(asked)),
        sealed=design,
        reading=Options(),
        deadline=UnixSeconds(evm.now + 1000),
        min_commit=1,
        expected=(),
        notes=(),
    )
    scene.send(CUSTOMER, contracts.designs.seal(commitment))
    for number in (1, 2):
        package = Digest(merkle.leaf_hash(encode(design.leaves[number])))
        until = UnixSeconds(evm.now + 10_000)
        scene.send(
            CUSTOMER, contracts.designs.license(commitment, package=package, licensee=SHOP, units=1, expiry=until)
        )
    scene.open(budget=1000, design=commitment)
    scene.award(900)
    scene.accept(0)
    scene.evm.send(CUSTOMER, contracts.token.approve(contracts.disputes.address, Cents(10_000)))
    hub = Hub(seed=1)
    async with AsyncExitStack() as stack:
        nodes = []
        for name, account, role in (
            ("customer", CUSTOMER, CUSTOMER_ROLE),
            *((f"auditor {n}", account, AUDITOR) for n, account in enumerate(ACCOUNTS)),
        ):
            identity = identity_of(name, CUSTOMER_SEED if name == "customer" else None)
            if role == AUDITOR:
                join(scene, account, role)
            scene.evm.send(account, enrolment(identity, role, scene))
            network = await stack.enter_async_context(hub.join(identity.peer))
            own = vault if name == "customer" else Vault(folder / name, identity.vault)
            taken: list[tuple[JobId, int, PeerId]] = []
            (parcels := Parcels(network)).serve()
            custody = Custody(
                network=network,
                post_of=lambda _stream: Post(posted=posted, call=asked),
                identity=identity,
                vault=own,
                reads=reads,
                directory=directory,
                partners=(),
                parcels=parcels,
                taken=partial(note, taken),
            )
            custody.serve()
            directory.learn(card_of(identity, account, name, evm.now))
            nodes.append(
                Node(account=account, identity=identity, vault=own, network=network, custody=custody, taken=taken)
            )
        yield World(scene=scene, reads=reads, customer=nodes[0], auditors=tuple(nodes[1:]), directory=directory)


async def note(taken: list[tuple[JobId, int, PeerId]], job: JobId, package: int, peer: PeerId) -> None:
    taken.append((job, package, peer))


def enrolment(identity: Identity, role: int, scene: Scene):  # type: ignore[no-untyped-def]
    return scene.contracts.members.register(
        roles=role,
        peer=identity.peer,
        encryption_key=identity.encryption_key,
        expiry=UnixSeconds(scene.evm.now + YEAR),
    )


def card_of(identity: Identity, account: Address, name: str, now: int) -> Card:
    return Card(
        provider=identity.peer,
        account=account,
        name=name,
        encryption_key=EncryptionKey(b"not the one that is registered!!"),
        addresses=(),
        site=HOME,
        capabilities=(),
        issued=UnixSeconds(now),
        expires=UnixSeconds(now + 100_000),
    )


async def test_keys_are_entrusted_and_open_for_a_juror_in_a_dispute_and_nobody_else(
    scene: Scene, tmp_path: Path
) -> None:
    async with a_world(scene, tmp_path) as world:
        happened = await world.customer.custody.entrust("post/job", EFFECT)
        assert isinstance(happened.event, KeysEntrusted)
        assert set(happened.event.holders) == {node.identity.peer for node in world.auditors}
        assert happened.event.threshold == 3
        for node in world.auditors:
            assert node.vault.share(JOB, 0) is None, "the design file is shared with nobody"
            with pytest.raises(UnavailableError, match="no quorum"):
                await node.custody.recover(JOB, 1)
        assert not any(node.vault.given() for node in world.auditors)

        *jurors, away = world.dispute()
        for package, content in ((1, FIRST), (2, SECOND)):
            assert await jurors[0].custody.recover(JOB, package) == content
        with pytest.raises(UnavailableError, match="no quorum"):
            await away.custody.recover(JOB, 1)
        given = [one for node in world.auditors for one in node.vault.given()]
        assert {(one.to, one.job) for one in given} == {(jurors[0].identity.peer, JOB)}
        assert sorted({one.package for one in given}) == [1, 2]
        assert jurors[0].vault.given() == ()
        assert world.customer.taken == [(JOB, package, jurors[0].identity.peer) for package in (1, 2)]
        assert not list(jurors[0].vault._folder.glob("*.evidence*")), "what was opened is not kept"


async def test_what_nobody_was_licensed_to_make_opens_for_no_juror(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path) as world:
        await world.customer.custody.entrust("post/job", EFFECT)
        juror, holder, *_ = world.dispute()
        with pytest.raises(UnavailableError, match="no quorum"):
            await juror.custody.recover(JOB, 3)
        assert holder.vault.share(JOB, 3) is not None
        assert holder.vault.given() == ()


async def test_the_customer_learns_from_the_holders_whom_they_opened_its_keys_to(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path) as world:
        await world.customer.custody.entrust("post/job", EFFECT)
        juror, *others, away = world.dispute()
        for _ in range(2):
            await juror.custody.recover(JOB, 2)
        holders = {node.identity.peer: node for node in world.auditors}
        found = await world.customer.custody.unsealings([*holders, peer("nobody")], UnixSeconds(0))
        assert found.pop(peer("nobody")) is None
        told = [(holder, one) for holder, unsealings in found.items() for one in unsealings or ()]
        assert {holder for holder, _ in told} <= {node.identity.peer for node in (*others, away)}
        assert len(told) == 2, "two shares beside the juror's own, each told once however often it was asked for"
        assert {(one.job, one.package, one.request.author) for _, one in told} == {(JOB, 2, juror.identity.peer)}
        later = await world.customer.custody.unsealings(holders, UnixSeconds(scene.evm.now + 1))
        assert not any(later.values())
        strangers = await away.custody.unsealings(holders, UnixSeconds(0))
        assert not any(strangers.values()), "to others it says nothing of them"


async def test_a_holder_that_gives_a_false_share_is_passed_over(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world(scene, tmp_path) as world:
        await world.customer.custody.entrust("post/job", EFFECT)
        *jurors, away = world.dispute()
        held = away.vault.share(JOB, 2)
        assert held is not None
        away.vault.keep_share(JOB, 2, replace(held, share=bytes(len(held.share))), UnixSeconds(0))
        with caplog.at_level("INFO", "guildmark.custody"):
            assert await jurors[0].custody.recover(JOB, 2) == SECOND
            assert await jurors[0].custody._ask_share(JOB, 2, away.identity.peer) is None
        assert f"no share from {away.identity.peer.hex()[:8]}: share" in caplog.text
        assert "is not the one that was signed" in caplog.text


async def test_a_job_whose_licences_were_revoked_entrusts_nothing(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path) as world:
        revoked = LicencesRevoked(by="Ada", at=UnixSeconds(scene.evm.now))
        post = world.customer.custody._post_of("post/job")
        world.customer.custody._post_of = lambda _stream: replace(post, revoked=revoked)
        happened = await world.customer.custody.entrust("post/job", EFFECT)
        assert happened.event.holders == ()
        assert "revoked" in happened.event.note
        assert all(node.vault.share(JOB, 1) is None for node in world.auditors)


async def test_entrusting_again_makes_the_same_shares(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path) as world:
        await world.customer.custody.entrust("post/job", EFFECT)
        before = [node.vault.share(JOB, 1) for node in world.auditors]
        await world.customer.custody.entrust("post/job", EFFECT)
        assert [node.vault.share(JOB, 1) for node in world.auditors] == before
        assert len({held.share for held in before if held is not None}) == len(before)


async def test_an_auditor_that_is_expired_or_revoked_holds_nothing_and_opens_nothing(
    scene: Scene, tmp_path: Path
) -> None:
    async with a_world(scene, tmp_path) as world:
        scene.send(world.auditors[0].account, scene.contracts.members.revoke())
        happened = await world.customer.custody.entrust("post/job", EFFECT)
        assert len(happened.event.holders) == 3
        assert world.auditors[0].vault.share(JOB, 1) is None
        scene.send(world.auditors[1].account, scene.contracts.members.revoke())
        world.reads.members_changed()  # as settlement says when it hears it from the ledger
        again = await world.customer.custody.entrust("post/job", EFFECT)
        assert again.event.holders == ()
        assert "fewer than 3 auditors" in again.event.note


async def test_a_job_that_is_not_public_is_entrusted_to_cleared_auditors_only(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path, closed) as world:
        happened = await world.customer.custody.entrust("post/job", EFFECT)
        assert happened.event.holders == ()
        assert all(node.vault.share(JOB, 1) is None for node in world.auditors)


async def test_shares_that_are_not_of_the_order_s_design_are_not_kept(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path) as world:
        await world.customer.custody.entrust("post/job", EFFECT)
        holder = world.auditors[0]
        held = holder.vault.share(JOB, 1)
        assert held is not None
        escrow = decode(Escrow, held.statement.payload)
        number = escrow.holders.index(holder.identity.peer) + 1
        for change in ({"nonce": b"n" * 32}, {"job": b"x" * 32}, {"chain": 99}, {"threshold": 1}):
            forged = replace(escrow, **change)
            sealed = entrust(forged, number, held.share, holder.identity.encryption_key)
            await refuses(world.customer, holder, forged, sealed)
        await refuses(world.auditors[1], holder, escrow, entrust(escrow, number, held.share, key_of(holder)))
        await refuses(world.customer, holder, escrow, entrust(escrow, number, b"f" * 32, key_of(holder)))
        assert holder.vault.share(JOB, 1) == held


async def refuses(sender: Node, holder: Node, escrow: Escrow, sealed: bytes) -> None:
    statement = sign(sender.identity.signing, ESCROW, encode(escrow))
    payload = encode(Entrusted(statement=statement, sealed=sealed))
    with pytest.raises((RefusedError, RejectError)):
        await sender.network.request(holder.identity.peer, ENTRUST, payload, deadline=5)


def key_of(node: Node) -> EncryptionKey:
    return node.identity.encryption_key


async def test_a_juror_s_request_is_of_no_use_to_somebody_else(scene: Scene, tmp_path: Path) -> None:
    async with a_world(scene, tmp_path) as world:
        await world.customer.custody.entrust("post/job", EFFECT)
        juror, holder, *_ = world.dispute()
        asked = ShareRequest(job=JOB, package=1, key=public_half(b"s" * SEED_BYTES))
        request = encode(sign(juror.identity.signing, FETCH_SHARE, encode(asked)))
        with pytest.raises(RefusedError):
            await world.customer.network.request(holder.identity.peer, FETCH_SHARE, request, deadline=5)
        own = encode(sign(world.customer.identity.signing, FETCH_SHARE, encode(asked)))
        with pytest.raises(RefusedError, match="may not"):
            await world.customer.network.request(holder.identity.peer, FETCH_SHARE, own, deadline=5)
        assert holder.vault.given() == ()


async def test_a_customer_that_shared_another_key_is_convicted_by_its_own_statement(
    scene: Scene, tmp_path: Path
) -> None:
    async with a_world(scene, tmp_path) as world:
        honest = world.customer.vault.content_key
        world.customer.vault.content_key = lambda job, index: honest(job, 4 - index)  # type: ignore[method-assign]
        await world.customer.custody.entrust("post/job", EFFECT)
        juror, *_ = world.dispute()
        with pytest.raises(RequestError, match="do not give the sealed key"):
            await juror.custody.recover(JOB, 1)


def test_holders_are_drawn_by_the_job_and_not_chosen() -> None:
    some = [Candidate(peer=peer(f"auditor {n}"), key=EncryptionKey(b"k" * 32)) for n in range(MAX_HOLDERS + 3)]
    chosen = drawn(JOB, some)
    assert len(chosen) == MAX_HOLDERS
    assert drawn(JOB, reversed(some)) == chosen
    assert drawn(JOB, some[: MIN_HOLDERS - 1]) == ()
    assert [threshold_of(count) for count in (3, 4, 5, 6, 7)] == [2, 3, 3, 4, 4]


def test_a_share_whose_time_is_over_goes(tmp_path: Path) -> None:
    vault = Vault(tmp_path, b"v" * 32)
    statement = sign(CUSTOMER_SEED, ESCROW, b"statement")
    from node.vault.vault import HeldShare

    old = HeldShare(statement=statement, share=b"s" * 32, until=UnixSeconds(100))
    vault.keep_share(JOB, 1, old, UnixSeconds(50))
    vault.keep_share(JOB, 2, replace(old, until=UnixSeconds(300)), UnixSeconds(90))
    assert vault.share(JOB, 1) == old
    vault.keep_share(JOB, 3, replace(old, until=UnixSeconds(300)), UnixSeconds(101))
    assert vault.share(JOB, 1) is None
    assert vault.share(JOB, 2) is not None
