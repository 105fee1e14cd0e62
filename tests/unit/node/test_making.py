"""Work on real controllers: a machine that stops in a programme is out, and another goes on where it stood."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import trio

from federation.network.memory import Hub
from ledger.chain import Chain
from node.clock import PlantClock
from node.config import Home
from node.design.exposure import Exposure
from node.design.packages import MEDIA_TYPES, Kind, Package
from node.identity import Identity
from node.machines.errors import UnknownProgramError
from node.machines.gateway import Gateway
from node.machines.simulated import open_simulated
from node.machines.trace import Controller
from node.planner.schedule import idle
from node.store.database import open_database
from node.vault.vault import Vault
from node.workflows import answer_job, plan
from node.workflows.answered import MakeParts, OperationMade, PackageArrived, PartMade, stream_of
from node.workflows.events import Submit
from node.workflows.ledger_reads import LedgerReads
from node.workflows.logbook import Logbook
from node.workflows.outages import Outages
from node.workflows.owner import Owner
from node.workflows.plan import Plan
from node.workflows.runner import Port, Runner
from node.workflows.setbacks import TellSetback
from node.workflows.shop import Shop
from node.workflows.told import Supplies
from node.workflows.witness import Witness
from protocol.classification import Classification
from protocol.ids import Digest
from protocol.params import MILLING
from protocol.requests import Remedy, Setback
from protocol.seal import PackageLeaf
from protocol.signed import signer_of
from protocol.stream import chunks_of
from protocol.units import Micrometres
from protocol.wire import decode, encode
from tests.planner.shop import HERE, a_machine, at
from tests.unit.node.test_logbook import ACCOUNT, CONTRACTS, known, nobody
from tests.unit.node.test_outages import FIRST, QUIET, SECOND, Here, a_job, won
from tests.unit.protocol.examples import peer, seed

WALL, FACTOR = 1_000, 60
IDENTITY = Identity(signing=seed("mill"), encryption=b"e" * 32, ledger=b"l" * 32, vault=b"v" * 32)
SHEET = Package(
    kind=Kind.PROCESS_SHEET,
    operation=0,
    media_type=MEDIA_TYPES[Kind.PROCESS_SHEET],
    content=b"mill it",
    notes=(),
    exposure=Exposure(score=0, reason="a test's"),
)


class Workshop(Here):
    """A shop with two mills that really run."""

    gateways: dict[str, Gateway]
    vault: Vault


@asynccontextmanager
async def workshop(folder: Path) -> AsyncIterator[Workshop]:
    machines = (a_machine(), a_machine("mill-2"))
    clock = PlantClock(wall=lambda: WALL, epoch_wall=WALL, epoch_plant=at(-2), factor=FACTOR)
    async with (
        AsyncExitStack() as stack,
        Hub(0).join(peer("mill")) as network,
        open_database(folder / "node.sqlite") as database,
    ):
        runner = Runner(database, (answer_job.workflow(CONTRACTS, ACCOUNT), plan.WORKFLOW), lambda: WALL)
        planned = Plan(idle(machines), runner=runner, clock=clock, wall=clock.wall)
        here = Workshop(runner=runner, plan=planned, outages=Outages(plan=planned, runner=runner, clock=clock))
        here.vault = Vault(folder / "vault", b"v" * 32)
        here.gateways = {}
        for machine in machines:
            controller = Controller(machine=machine.name, process=MILLING, watts=4_000, seed=machine.name.encode())
            opened = open_simulated(controller, folder / f"{machine.name}.sqlite", clock)
            here.gateways[machine.name] = await stack.enter_async_context(opened)
        signer, salts = signer_of(seed("mill")), count()
        witness = Witness(network=network, database=database, signer=signer, registered=known, wall=clock.wall)
        logbook = Logbook(
            provider=signer,
            machines={machine.name: signer_of(seed(machine.name)) for machine in machines},
            database=database,
            runner=runner,
            random=lambda length: next(salts).to_bytes(length, "big"),
            witness=witness,
            clock=clock,
        )
        shop = Shop(
            site=HERE,
            jurisdiction="DE",
            clearance=Classification.PUBLIC,
            machines=machines,
            plan=planned,
            gateways=dict(here.gateways),  # type: ignore[arg-type]
            deviations={machine.name: Micrometres(0) for machine in machines},
            supplies=Supplies(stock=(), tools={machine.name: () for machine in machines}),
            logbook=logbook,
            identity=IDENTITY,
            vault=here.vault,
            clock=clock,
            reads=LedgerReads(Chain("http://127.0.0.1:9", 7117), CONTRACTS, wall=clock.wall, random=bytes),
            runner=runner,
            owner=Owner(Home(path=folder), machines, runner),
        )
        here.outages = shop.outages
        runner.bind(
            {
                **{kind: Port(perform=nobody) for kind in QUIET},
                MakeParts: Port(perform=shop.make_parts),
                TellSetback: Port(perform=None, hook=lambda _c, _s, e: here.told.append(decode(Setback, e.message))),  # type: ignore[attr-defined]
                Submit: Port(perform=None, hook=lambda _c, _s, effect: here.submitted.append(effect.key)),
            }
        )
        await witness.serve()
        await logbook.open()
        async with runner.running():
            yield here


def deliver(here: Workshop, folder: Path) -> PackageLeaf:
    """Put the package of the first operation into the shop's vault; its leaf."""
    job, customer = a_job().job, Vault(folder / "customer", b"c" * 32)
    design = customer.seal(job, [chunks_of(b"design"), chunks_of(encode(SHEET))])
    delivery = customer.deliver(7117, job, 1, recipient=here.vault.ask(job, 0), parcel=Digest(b"p" * 32))
    here.vault.receive(7117, job, 0, delivery, customer.ciphertext(job, 1))
    return design.leaves[1]


async def stop_second_part(here: Workshop) -> None:
    """What an operator's hand on the emergency stop does, in the middle of the second part."""
    key = f"{a_job().job.hex()}/0/2/0"
    while True:
        try:
            await here.gateways[FIRST].abort(key)
        except UnknownProgramError:
            await trio.sleep(1)
        else:
            return


async def test_a_machine_that_stops_in_a_programme_is_out_and_another_makes_the_other_parts(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    autojump_clock.autojump_threshold = 0.01
    async with workshop(tmp_path) as here, here.runner.watch() as news:
        await won(here, a_job(), slack=6)
        leaf = deliver(here, tmp_path)
        await here.post(a_job(), "package", PackageArrived(operation=0, leaf=leaf, code=False))
        made: list[tuple[int, str]] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_second_part, here)
            async for entry in news:
                if isinstance(entry.event, PartMade):
                    made.append((entry.event.part, entry.event.machine))
                if isinstance(entry.event, OperationMade):
                    break
        assert made == [(1, FIRST), *((part, SECOND) for part in (2, 3, 4, 5))]
        assert here.outages.reason(FIRST) == f"{FIRST} stopped in the middle of a programme"
        assert [told.remedy for told in here.told] == [Remedy.MOVED]
        records = [part.record.digest for part in here.answer(a_job()).made]
        assert len(set(records)) == 5
        assert stream_of(a_job().job) in here.runner.streams("answer")
