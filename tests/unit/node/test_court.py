"""What people may say before the court, and what they are told when they may not; the ledger is the real contracts."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
import trio

from ledger.chain import Chain
from ledger.disputes import Decided
from ledger.types import Transaction
from node.api.disputes import Verdict
from node.errors import RequestError, UnavailableError, UnknownError
from node.identity import Identity
from node.store.database import open_database
from node.workflows import disputed, settle_dispute
from node.workflows.court import Court, read_case, share_of
from node.workflows.disputed import AwaitBlock, Case, CaseOpened, CaseRead, Inspect, Inspected, ReadCase
from node.workflows.events import Submit, WakeAt
from node.workflows.ledger_reads import LedgerReads
from node.workflows.runner import Happened, Port, Runner
from protocol.ids import Address
from protocol.membership import PROVIDER
from protocol.units import BasisPoints, UnixSeconds
from tests.contracts.evm import Evm
from tests.contracts.federation import (
    CUSTOMER,
    DISPUTE,
    DISPUTE_FEE,
    EVIDENCE,
    JOB,
    OTHER_SHOP,
    SHOP,
    TRANSCRIPT,
    Scene,
    join,
)

IDENTITY = Identity(signing=b"s" * 32, encryption=b"e" * 32, ledger=b"l" * 32, vault=b"v" * 32)
OTHER = replace(IDENTITY, ledger=b"o" * 32)
STREAM = disputed.stream_of(JOB, 0)
PREFIX = JOB.hex()[:8]
WHOLE = BasisPoints(10_000)


@dataclass
class Endpoint:
    """The chain as a node asks it."""

    evm: Evm

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        return self.evm.call(to, payload, block=block, sender=sender)

    def estimate(self, account: Address, transaction: Transaction) -> int:
        with self.evm.undone():
            self.evm.send(account, transaction)
        return 1


@dataclass
class Node:
    """A court on a disputed milestone of 100.00."""

    court: Court
    runner: Runner
    scene: Scene
    sent: list[Transaction]

    @property
    def case(self) -> Case:
        return cast("Case", self.runner.state(STREAM))

    async def read(self, **changes: Any) -> None:
        """Have the node read the case, with ``changes``."""
        matter = read_case(self.scene.evm, self.scene.contracts, JOB, 0)
        assert matter is not None
        await self.runner.post(STREAM, "opened", CaseOpened(job=JOB, index=0))
        await self.runner.post(STREAM, "read", replace(matter, **changes))


def dispute(scene: Scene, inspector: Address) -> None:
    """The customer objects to a milestone of 100.00 that ``inspector`` measures."""
    scene.open(budget=10_010)
    works = [scene.winner(SHOP, 10_000, inspection=2), scene.winner(inspector, 10)]
    scene.send(CUSTOMER, scene.contracts.orders.award(JOB, TRANSCRIPT, works))
    scene.accept(0, 1)
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))


@pytest.fixture
def open_node(scene: Scene, tmp_path: Path) -> Callable[[Identity], Any]:
    """Starts a node of its own for an identity; what it sends is kept, and is not mined."""

    @asynccontextmanager
    async def running(identity: Identity) -> AsyncIterator[Node]:
        sent: list[Transaction] = []

        async def never(_stream: str, _effect: object) -> Happened | None:
            await trio.sleep_forever()
            return None

        async def keep(stream: str, effect: Submit) -> Happened | None:
            sent.extend(effect.transactions)
            return await never(stream, effect)

        async with open_database(tmp_path / f"{identity.account.hex()}.sqlite") as database:
            workflow = settle_dispute.workflow(scene.contracts, identity.account)
            runner = Runner(database, (workflow,), lambda: scene.evm.now)
            runner.bind({kind: Port(perform=never) for kind in (WakeAt, ReadCase, Inspect, AwaitBlock)})
            runner.bind({Submit: Port(perform=keep)})
            reads = LedgerReads(
                cast("Chain", Endpoint(scene.evm)),
                scene.contracts,
                wall=lambda: UnixSeconds(scene.evm.now),
                random=lambda count: b"r" * count,
            )
            async with runner.running():
                court = Court(reads=reads, identity=identity, runner=runner)
                yield Node(court=court, runner=runner, scene=scene, sent=sent)

    return running


@pytest.fixture
def start(scene: Scene, open_node: Callable[[Identity], Any]) -> Callable[[], Any]:
    dispute(scene, OTHER_SHOP)
    return lambda: open_node(IDENTITY)


def names(who: bytes) -> str:
    return who.hex()[:4]


@asynccontextmanager
async def refused(reason: str) -> AsyncIterator[None]:
    with pytest.raises((RequestError, UnknownError, UnavailableError), match=reason):
        yield


async def test_who_is_no_party_neither_bargains_nor_asks_for_a_panel_nor_votes(start: Any) -> None:
    async with start() as node:
        await node.read()
        async with refused("only the customer and the provider"):
            await node.court.offer(PREFIX, None, BasisPoints(1), names)
        async with refused("only the customer and the provider"):
            await node.court.ask_panel(PREFIX, 1, names)
        async with refused("not on the panel"):
            await node.court.vote(PREFIX, None, WHOLE, names)
        assert node.case.ballot is None


async def test_a_panel_is_asked_for_once_in_time_and_by_one_who_has_the_fee(start: Any) -> None:
    async with start() as node:
        await node.read(provider=IDENTITY.account)
        async with refused("does not hold the fee"):
            await node.court.ask_panel(PREFIX, 1, names)
        node.scene.evm.send(CUSTOMER, node.scene.contracts.token.transfer(IDENTITY.account, DISPUTE_FEE))
        document = await node.court.ask_panel(PREFIX, 1, names)
        assert (document["role"], document["fee_cents"], document["stage"]) == ("provider", DISPUTE_FEE, "open")
        node.scene.evm.wait_until(node.scene.evm.now + DISPUTE // 4 + 1)
        async with refused("the time for that is over"):
            await node.court.ask_panel(PREFIX, 1, names)


async def test_a_juror_votes_once_and_not_after_the_third_quarter(start: Any) -> None:
    async with start() as node:
        await node.read(panel=(IDENTITY.account, SHOP, CUSTOMER))
        document = await node.court.vote(PREFIX, None, BasisPoints(2_500), names)
        assert (document["role"], document["own_vote_percent"]) == ("juror", 25)
        assert node.case.ballot is not None
        assert node.case.ballot.salt == b"r" * 32
        async with refused("has voted already"):
            await node.court.vote(PREFIX, None, WHOLE, names)


async def test_a_late_juror_is_told_so(start: Any) -> None:
    async with start() as node:
        await node.read(panel=(IDENTITY.account, SHOP, CUSTOMER))
        node.scene.evm.wait_until(node.scene.evm.now + DISPUTE)
        async with refused("the time for that is over"):
            await node.court.vote(PREFIX, None, WHOLE, names)


async def test_a_case_that_is_not_read_yet_waits_and_one_that_is_not_there_is_unknown(start: Any) -> None:
    async with start() as node:
        await node.runner.post(STREAM, "opened", CaseOpened(job=JOB, index=0))
        async with refused("still being read"):
            await node.court.accept(PREFIX, None, names)
        for job, number in (("ffff", None), (PREFIX, 2)):
            async with refused("no case here"):
                await node.court.offer(job, number, WHOLE, names)
        async with refused("no jobs posted here"):
            await node.court.object(PREFIX, 1, "scratched", None, names)
        assert [case["text"] for case in node.court.cases(names)["cases"]] == [
            "open: offer a share, wait for the inspector, or ask for a panel"
        ]


@pytest.mark.parametrize("percent", [-0.01, 100.01, float("inf"), float("nan")])
def test_a_share_is_a_part_of_the_whole(percent: float) -> None:
    with pytest.raises(RequestError):
        share_of(percent)
    assert (share_of(0), share_of(12.34), share_of(100)) == (0, 1_234, WHOLE)


async def test_a_stranger_reads_a_case_and_does_nothing(start: Any) -> None:
    async with start() as node:
        await node.read()
        assert isinstance(node.case.matter, CaseRead)
        (document,) = node.court.cases(names)["cases"]
        assert document["role"] == ""
        assert document["deadlines"]["end"] > document["deadlines"]["panel_by"]


@asynccontextmanager
async def inspected(scene: Scene, open_node: Any, *, conforms: bool) -> AsyncIterator[Node]:
    """The agreed inspector's node, which has measured."""
    join(scene, IDENTITY.account, PROVIDER)
    dispute(scene, IDENTITY.account)
    async with open_node(IDENTITY) as node:
        await node.read()
        async with refused("not done yet"):
            await node.court.sign_verdict(PREFIX, None)
        await node.runner.post(STREAM, "inspected", Inspected(evidence=EVIDENCE, conforms=conforms))
        yield node


@pytest.mark.parametrize(("conforms", "paid"), [(True, 10_000), (False, 0)])
async def test_what_the_inspector_signed_decides_whoever_brings_it(
    scene: Scene, open_node: Any, conforms: bool, paid: int
) -> None:
    async with inspected(scene, open_node, conforms=conforms) as node:
        verdict = Verdict(**await node.court.sign_verdict(PREFIX, None))
    async with open_node(OTHER) as stranger:
        document = await stranger.court.relay(verdict.inspection(), bytes.fromhex(verdict.signature), names)
        assert (document["number"], document["role"], document["outcome"]) == (1, "", None)
        with trio.fail_after(5):
            while not stranger.sent:
                await trio.lowlevel.checkpoint()
        (move,) = stranger.sent
        again = await stranger.court.relay(verdict.inspection(), bytes.fromhex(verdict.signature), names)
        assert again == document
        assert stranger.sent == [move]
    decided = [event for event in scene.send(OTHER.account, move) if isinstance(event, Decided)]
    assert [(event.outcome, event.to_provider) for event in decided] == [("measured", paid)]


async def test_a_verdict_that_was_changed_or_comes_too_late_is_not_brought(scene: Scene, open_node: Any) -> None:
    async with inspected(scene, open_node, conforms=False) as node:
        verdict = Verdict(**await node.court.sign_verdict(PREFIX, 1))
    said, signature = verdict.inspection(), bytes.fromhex(verdict.signature)
    async with open_node(OTHER) as stranger:
        for forged in (replace(said, conforms=True), replace(said, evidence=TRANSCRIPT)):
            async with refused("did not sign"):
                await stranger.court.relay(forged, signature, names)
        async with refused("did not sign"):
            await stranger.court.relay(said, signature[:-1], names)
        async with refused("not disputed"):
            await stranger.court.relay(replace(said, milestone=1), signature, names)
        scene.send(SHOP, scene.contracts.disputes.propose(JOB, 0, BasisPoints(0)))
        async with refused("not disputed"):
            await stranger.court.relay(said, signature, names)
        assert stranger.runner.streams(disputed.NAME) == ()


async def test_nobody_but_the_agreed_inspector_signs(start: Any) -> None:
    async with start() as node:
        await node.read()
        async with refused("not the agreed inspector"):
            await node.court.sign_verdict(PREFIX, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"job": "ab"},
        {"number": 0},
        {"round": 256},
        {"milestone": -1},
        {"evidence": ""},
        {"signature": "f"},
        {"more": 1},
    ],
)
def test_a_file_that_is_no_verdict_is_refused_at_the_border(wrong: dict[str, Any]) -> None:
    good = {"job": JOB.hex(), "number": 1, "round": 0, "milestone": 0, "evidence": EVIDENCE.hex(), "conforms": True}
    good["signature"] = "00" * 65
    assert Verdict(**good).inspection().job == JOB
    with pytest.raises(ValueError, match="validation error"):
        Verdict(**(good | wrong))
