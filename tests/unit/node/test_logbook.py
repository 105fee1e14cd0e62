"""The logbook: event, entry and machine's chain settle together, and anchored counts add up to the log."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from federation.network.memory import Hub
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import Deployment
from node.store.database import Database, open_database
from node.store.record_log import RecordLog
from node.workflows import answer_job
from node.workflows.answered import (
    Answer,
    BidComputed,
    CallHeard,
    CloseLog,
    ComputeBid,
    Confirm,
    FetchPackage,
    FetchResult,
    Forget,
    GatherReceipts,
    LogClosed,
    MakeParts,
    OperationMade,
    PackageArrived,
    ResultArrived,
    own_work,
    stream_of,
)
from node.workflows.events import Announce, FetchRecords, OperationAssigned, Submit, WakeAt
from node.workflows.logbook import Logbook
from node.workflows.runner import Happened, Port, Runner
from node.workflows.witness import Witness
from protocol import merkle
from protocol.certificate import open_certificate, open_certificates
from protocol.checkpoint import read_note
from protocol.errors import RejectError
from protocol.facts import StepFacts
from protocol.ids import Address, Digest, JobId, MachineId, PeerId
from protocol.params import CERTIFICATE_LIFETIME
from protocol.production import check_logged, evidence_root
from protocol.record import open_record
from protocol.result import decide
from protocol.seal import PackageLeaf
from protocol.signed import sign, signer_of
from protocol.topics import AWARD, CALL
from protocol.units import Cents, Seconds, UnixSeconds
from protocol.wire import encode
from tests.unit.protocol.examples import CUSTOMER_SEED, START, bid, call, offer, operation, peer, seed
from tests.unit.protocol.steps import facts

MILL, LATHE = MachineId("m"), MachineId("lathe")
ACCOUNT = Address(b"a" * 20)
NAMES = [each.name for each in fields(Deployment) if each.name not in ("chain_id", "block")]
CONTRACTS: Contracts = contracts_at(
    Deployment(chain_id=7117, block=0, **{name: Address(bytes([n]) * 20) for n, name in enumerate(NAMES, start=1)})
)
PARTS = 4


@dataclass(slots=True, kw_only=True)
class Hands:
    """A clock that a test sets; it never sleeps."""

    at: int = START

    def now(self) -> UnixSeconds:
        return UnixSeconds(self.at)

    async def sleep_until(self, at: UnixSeconds) -> None:
        self.at = max(self.at, at)


@dataclass(slots=True, kw_only=True)
class Shop:
    """A provider's node as far as its logbook needs one."""

    database: Database
    runner: Runner
    logbook: Logbook
    clock: Hands
    submitted: list[Submit] = field(default_factory=list)

    @property
    def reports(self) -> list[Submit]:
        """What was submitted but the acceptance of the award."""
        return [submit for submit in self.submitted if not submit.key.startswith("accept/")]

    async def read(self) -> RecordLog:
        """The log, with a connection of its own."""
        return await self.database.write(RecordLog)

    def answer(self, job: JobId) -> Answer:
        state = self.runner.state(stream_of(job))
        assert isinstance(state, Answer)
        return state


async def nobody(_stream: str, _effect: object) -> Happened | None:
    return None


async def known(_provider: PeerId) -> object:
    return None


@asynccontextmanager
async def shop(
    folder: Path, hub: Hub | None = None, machines: Sequence[MachineId] = (MILL, LATHE)
) -> AsyncIterator[Shop]:
    """A shop in ``folder``; entering again is a restart. Nobody witnesses it unless others are in ``hub``."""
    salts = count()
    async with (
        (hub or Hub(0)).join(peer("mill")) as network,
        open_database(folder / "node.sqlite") as database,
    ):
        runner = Runner(database, (answer_job.workflow(CONTRACTS, ACCOUNT),), lambda: START)
        signer, clock = signer_of(seed("mill")), Hands()
        witness = Witness(
            network=network, database=database, signer=signer, registered=known, wall=lambda: UnixSeconds(START)
        )
        logbook = Logbook(
            provider=signer,
            machines={machine: signer_of(seed(machine)) for machine in machines},
            database=database,
            runner=runner,
            random=lambda length: next(salts).to_bytes(length, "big"),
            witness=witness,
            clock=clock,
        )
        here = Shop(database=database, runner=runner, logbook=logbook, clock=clock)
        quiet = (
            ComputeBid,
            Confirm,
            GatherReceipts,
            FetchResult,
            FetchPackage,
            FetchRecords,
            MakeParts,
            Announce,
            WakeAt,
            Forget,
        )
        runner.bind(
            {
                **{kind: Port(perform=nobody) for kind in quiet},
                CloseLog: Port(perform=logbook.close),
                Submit: Port(perform=None, hook=lambda _c, _s, effect: here.submitted.append(effect)),  # type: ignore[arg-type]
            }
        )
        await witness.serve()
        await logbook.open()
        async with runner.running():
            yield here


async def won(here: Shop, job: JobId) -> str:
    """Bring an answer to the point at which its parts are made: one operation, four parts."""
    asked = replace(call(operations=(operation(0),)), job=job)
    offered = replace(bid("mill", offer(0, 1, 5, 90_00)), job=job)
    stream = stream_of(job)
    leaf = PackageLeaf(index=1, salt=b"", ciphertext=Digest(b""), chunks=1, key=Digest(b""))
    heard = CallHeard(
        call=sign(CUSTOMER_SEED, CALL, encode(asked)),
        customer=Address(b"c" * 20),
        deadline=UnixSeconds(START + 999_999),
        review=Seconds(60),
    )
    result = sign(CUSTOMER_SEED, AWARD, encode(decide(asked, (offered,), Digest(b"t" * 32))))
    for key, event in (
        ("call", heard),
        ("bid", BidComputed(bid=offered, salt=b"", refusals=(), bases=())),
        ("result", ResultArrived(result=result)),
        ("assigned", OperationAssigned(index=0, provider=ACCOUNT, price=Cents(90_00))),
        ("package", PackageArrived(operation=0, leaf=leaf, code=False)),
    ):
        await here.runner.post(stream, key, event)
    return stream


def say(job: JobId, machine: MachineId, part: int, before: Digest) -> StepFacts:
    return replace(facts(part), job=job, machine=machine, machine_previous=before)


async def make(here: Shop, job: JobId, parts: Sequence[int], machine: MachineId = MILL) -> None:
    await here.logbook.record(stream_of(job), machine, [partial(say, job, machine, part) for part in parts])


async def closed(here: Shop, job: JobId) -> LogClosed:
    """Let the workflow close the log, and wait until it has."""
    async with here.runner.watch() as news:
        await here.runner.post(stream_of(job), "made/0", OperationMade(operation=0))
        async for entry in news:
            if isinstance(entry.event, LogClosed) and entry.stream == stream_of(job):
                return entry.event
    raise AssertionError


FIRST, SECOND = JobId(b"j" * 32), JobId(b"k" * 32)


async def test_what_a_machine_did_is_an_event_an_entry_and_a_link_of_its_chain(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await won(here, FIRST)
        await make(here, FIRST, [1, 2])
        await make(here, FIRST, [3], LATHE)
        await make(here, FIRST, [4])
        work = own_work(here.answer(FIRST), 0)
        assert [part.part for part in work] == [1, 2, 3, 4]
        log = await here.read()
        assert log.contents()[2:] == [part.record.envelope for part in work]
        assert [part.entry for part in work] == [2, 3, 4, 5]
        certificates = open_certificates(await here.logbook.certificates({part.certificate for part in work}))
        opened = [open_record(part.record, certificates).facts for part in work]
        mills = [work[0].certificate, work[0].record.digest, work[2].certificate, work[1].record.digest]
        assert [said.machine_previous for said in opened] == mills


async def test_a_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await won(here, FIRST)
        await make(here, FIRST, [1])
    async with shop(tmp_path) as here:
        await make(here, FIRST, [2])
        one, two = here.answer(FIRST).made
        certificates = open_certificates(await here.logbook.certificates({two.certificate}))
        assert open_record(two.record, certificates).value("machine_previous") == one.record.digest
        assert (await here.read()).size == two.entry + 1 == 4


async def test_a_closed_log_is_anchored_once_and_the_counts_add_up_to_its_size(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        grown = []
        for job in (FIRST, SECOND):
            await won(here, job)
            await make(here, job, range(1, PARTS + 1))
            event = await closed(here, job)
            checkpoint = read_note(event.note).checkpoint
            grown.append(event.grown)
            assert checkpoint.size == sum(grown) == (await here.read()).size
            anchor = CONTRACTS.provenance.anchor(checkpoint.root, event.grown)
            work = own_work(here.answer(job), 0)
            attest = CONTRACTS.orders.attest(job, 0, evidence_root([part.record for part in work]))
            assert here.submitted[-1].transactions[0] == anchor
            assert [t for t in here.submitted[-1].transactions if t.to == attest.to] == [attest]
        assert grown == [2 + PARTS, PARTS]
        assert len(here.reports) == 2


async def test_a_head_that_another_job_anchored_is_not_anchored_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for job in (FIRST, SECOND):
            await won(here, job)
            await make(here, job, range(1, PARTS + 1))
        first, second = await closed(here, FIRST), await closed(here, SECOND)
        assert (first.grown, second.grown) == (2 + 2 * PARTS, 0)
        assert read_note(first.note).checkpoint == read_note(second.note).checkpoint
        anchors = [t for s in here.submitted for t in s.transactions if t.to == CONTRACTS.provenance.address]
        assert len(anchors) == 1


async def test_closing_again_after_a_restart_changes_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await won(here, FIRST)
        await make(here, FIRST, range(1, PARTS + 1))
        await closed(here, FIRST)
    async with shop(tmp_path) as here:
        effect = CloseLog(key="close/0", index=0)
        assert await here.logbook.close(stream_of(FIRST), effect) is None
        assert here.submitted == []
        assert (await here.read()).closed == 2 + PARTS


async def test_a_fork_of_the_ledger_adds_nothing_to_the_log(tmp_path: Path) -> None:
    """The award is gone for a while: the workflow starts over, and what it does again is said already."""
    async with shop(tmp_path) as here:
        stream = await won(here, FIRST)
        await make(here, FIRST, range(1, PARTS + 1))
        note = (await closed(here, FIRST)).note
        made, entries = here.answer(FIRST).made, (await here.read()).contents()
        await here.runner.undo(lambda _connection: [(stream, "assigned")])
        assert here.answer(FIRST).made == ()
        await make(here, FIRST, range(1, PARTS + 1))
        assert await here.logbook.close(stream, CloseLog(key="close/0", index=0)) is None
        await here.runner.post(stream, "assigned", OperationAssigned(index=0, provider=ACCOUNT, price=Cents(90_00)))
        assert here.answer(FIRST).made == made
        assert (await here.read()).contents() == entries
        assert await here.logbook.note() == note
        assert len(here.reports) == 1


async def test_records_prove_their_place_under_the_checkpoint_that_closed_them(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await won(here, FIRST)
        await make(here, FIRST, range(1, PARTS + 1))
        note = (await closed(here, FIRST)).note
        await won(here, SECOND)
        await make(here, SECOND, [1])
        logged = await here.logbook.prove(own_work(here.answer(FIRST), 0), note)
        check_logged(logged, read_note(note), peer("mill"))
        later = (await here.read()).size
        size = read_note(note).checkpoint.size
        proof = await here.logbook.prove_growth(size, later)
        root = (await here.read()).root(later)
        merkle.verify_consistency(size, read_note(note).checkpoint.root, later, root, proof)
        assert await here.logbook.note() == note


@pytest.mark.parametrize(("old", "new"), [(-1, 2), (2, 1), (0, 99)])
async def test_growth_that_never_was_is_not_proven(tmp_path: Path, old: int, new: int) -> None:
    async with shop(tmp_path) as here:
        with pytest.raises(RejectError, match="did not grow"):
            await here.logbook.prove_growth(old, new)


async def test_a_certificate_is_renewed_before_its_end_and_the_old_one_still_opens(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path, machines=(MILL,)) as here:
        await won(here, FIRST)
        await make(here, FIRST, [1])
        here.clock.at += CERTIFICATE_LIFETIME // 4 + 1
        await make(here, FIRST, [2])
        one, two = here.answer(FIRST).made
        assert one.certificate != two.certificate
        envelopes = await here.logbook.certificates({one.certificate, two.certificate})
        assert {open_certificate(envelope).key for envelope in envelopes} == {signer_of(seed(MILL)).key}
        certificates = open_certificates(envelopes)
        assert open_record(two.record, certificates).value("machine_previous") == one.record.digest


async def test_other_nodes_witness_the_log(tmp_path: Path) -> None:
    hub = Hub(0)
    async with hub.join(peer("oak")) as network, open_database(tmp_path / "oak.sqlite") as database:
        oak = Witness(
            network=network,
            database=database,
            signer=signer_of(seed("oak")),
            registered=known,
            wall=lambda: UnixSeconds(START),
        )
        await oak.serve()
        async with shop(tmp_path, hub) as here:
            await won(here, FIRST)
            await make(here, FIRST, range(1, PARTS + 1))
            note = read_note((await closed(here, FIRST)).note)
            assert [cosignature.witness for cosignature in note.cosignatures] == [peer("oak")]
