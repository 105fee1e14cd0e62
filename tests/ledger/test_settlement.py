"""A node's settlement on a chain that forks: what its jobs learned from blocks that are gone is taken back."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import trio

from devnet.deploy import PACK
from ledger.chain import Chain, account_of
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import Deployment
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer
from ledger.orders import Opening
from ledger.types import Transaction
from node.store.database import open_database
from node.workflows import posted
from node.workflows.events import OrderOpened
from node.workflows.ledger_reads import LedgerReads
from node.workflows.runner import Runner, Workflow
from node.workflows.settlement import Settlement
from protocol.ids import Digest, EncryptionKey, JobId, PeerId
from protocol.membership import CUSTOMER as CUSTOMER_ROLE
from protocol.units import Cents, UnixSeconds
from tests.ledger.conftest import CUSTOMER
from tests.ledger.places import CHAIN_ID, DEADLINE, Way, mine

pytestmark = pytest.mark.slow

JOB = JobId(b"j" * 32)
STREAM = posted.stream_of(JOB)
CONFIRMATIONS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    wishes: tuple[str, ...] = ()
    budget: int = 0


def transition(state: Job | None, event: object) -> tuple[Job, tuple[()]]:
    state = state or Job()
    match event:
        case Wished():
            return replace(state, wishes=(*state.wishes, event.name)), ()
        case OrderOpened():
            return replace(state, budget=event.budget), ()
    raise AssertionError(event)


@pytest.fixture
def branches(tmp_path: Path, deployed: tuple[Path, Deployment]) -> Iterator[tuple[Way, Chain, Chain, Contracts]]:
    """Two chains that share the deployment, and the way to them; it leads to the first."""
    for name in ("a", "b"):
        shutil.copy(deployed[0], tmp_path / name)

    def serve(name: str) -> EmbeddedServer:
        server = EmbeddedServer(EmbeddedConfig(database=tmp_path / name, chain_id=CHAIN_ID, block_seconds=0))
        server.start()
        return server

    with closing(serve("a")) as a, closing(serve("b")) as b, closing(Way(a.url)) as way:
        yield way, Chain(a.url, CHAIN_ID), Chain(b.url, CHAIN_ID), contracts_at(deployed[1])


def say(chain: Chain, *transactions: Transaction) -> None:
    """Have the customer's transactions in a block, and that block confirmed."""
    nonce = chain.nonce(account_of(CUSTOMER))
    for number, transaction in enumerate(transactions):
        chain.send(chain.sign(CUSTOMER, transaction, nonce=nonce + number, gas=1_000_000).raw)
    for _ in range(CONFIRMATIONS):
        mine(chain)


def opening(contracts: Contracts) -> tuple[Transaction, ...]:
    order = contracts.orders.open(
        JOB,
        Opening(
            budget=Cents(700),
            call=Digest(b"c" * 32),
            design=Digest(b"d" * 32),
            pack=PACK.digest,
            deadline=UnixSeconds(int(time.time()) + 86_400),
        ),
    )
    return contracts.token.approve(contracts.orders.address, Cents(700)), order


async def test_what_a_fork_takes_from_the_ledger_is_taken_back_and_comes_back_in_its_place(
    tmp_path: Path, branches: tuple[Way, Chain, Chain, Contracts]
) -> None:
    way, a, b, contracts = branches
    workflow = Workflow(name=posted.NAME, transition=transition, events=(Wished, OrderOpened))
    transactions = opening(contracts)
    async with open_database(tmp_path / "node.sqlite") as database, trio.open_nursery() as nursery:
        runner = Runner(database, (workflow,), lambda: 1_800_000_000)
        settlement = Settlement(
            database=database,
            chain=Chain(way.url, CHAIN_ID),
            contracts=contracts,
            signing_key=CUSTOMER,
            confirmations=CONFIRMATIONS,
        )

        async def until(job: Job) -> None:
            with trio.fail_after(DEADLINE):
                while runner.state(STREAM) != job:
                    await trio.sleep(0.01)

        def wall() -> UnixSeconds:
            return UnixSeconds(1_800_000_000)

        async def follow() -> None:
            await settlement.run(runner, every=0.01, wall=wall)

        async with runner.running():
            nursery.start_soon(follow)
            await runner.post(STREAM, "1", Wished(name="first"))
            await trio.to_thread.run_sync(say, a, *transactions)
            await until(Job(wishes=("first",), budget=700))
            await runner.post(STREAM, "2", Wished(name="second"))

            for _ in range(3):
                await trio.to_thread.run_sync(mine, b)
            way.upstream = b.url
            await until(Job(wishes=("first",)))
            assert len(await runner.undone()) == 1

            await trio.to_thread.run_sync(say, b, *transactions)
            await until(Job(wishes=("first", "second"), budget=700))
            assert await runner.undone() == ()
        nursery.cancel_scope.cancel()


async def test_a_registration_counts_as_soon_as_the_ledger_says_it_whoever_was_asked_about_before(
    tmp_path: Path, branches: tuple[Way, Chain, Chain, Contracts]
) -> None:
    _, chain, _, contracts = branches
    peer, now = PeerId(b"p" * 32), UnixSeconds(int(time.time()))
    register = contracts.members.register(
        roles=CUSTOMER_ROLE, peer=peer, encryption_key=EncryptionKey(b"k" * 32), expiry=UnixSeconds(now + 86_400)
    )
    reads = LedgerReads(chain, contracts, wall=lambda: now, random=bytes)
    async with open_database(tmp_path / "node.sqlite") as database, trio.open_nursery() as nursery:
        runner = Runner(database, (), lambda: now)
        settlement = Settlement(
            database=database,
            chain=chain,
            contracts=contracts,
            signing_key=CUSTOMER,
            members_changed=reads.members_changed,
        )
        nursery.start_soon(partial(settlement.run, runner, every=0.01, wall=lambda: now))
        assert await reads.registered(peer) is None
        await trio.to_thread.run_sync(say, chain, register)
        with trio.fail_after(DEADLINE):
            while await reads.registered(peer) != account_of(CUSTOMER):
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
