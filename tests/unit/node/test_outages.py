"""A shop's machine breaks: its work moves or is given back in one step of the log, and the customer is told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from node.clock import PlantClock
from node.errors import RequestError
from node.planner.bidding import answer
from node.planner.machine import Machine
from node.planner.schedule import idle
from node.store.database import open_database
from node.workflows import answer_job, plan
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
    MakeParts,
    PackageArrived,
    Phase,
    ResultArrived,
    held,
    stream_of,
)
from node.workflows.asked import GivenBack
from node.workflows.events import Announce, FetchRecords, OperationAssigned, OperationDeclined, Submit, WakeAt
from node.workflows.outages import Outages
from node.workflows.plan import Plan
from node.workflows.runner import Port, Runner
from node.workflows.setbacks import TellSetback
from protocol.auction import Bid
from protocol.ids import Digest, JobId, MachineId
from protocol.job import Call
from protocol.requests import Remedy, Setback, Trouble
from protocol.result import decide
from protocol.seal import PackageLeaf
from protocol.signed import sign
from protocol.topics import AWARD, CALL
from protocol.units import Cents, Seconds, UnixSeconds
from protocol.wire import decode, encode
from tests.planner.shop import HERE, HOUR, a_call, a_machine, at
from tests.unit.node.test_logbook import ACCOUNT, CONTRACTS, nobody
from tests.unit.protocol.examples import CUSTOMER_SEED, peer

FIRST, SECOND = MachineId("mill-1"), MachineId("mill-2")
LONG_AGO = 1_000
WHY = "the spindle is loose"
QUIET = (
    ComputeBid,
    Confirm,
    GatherReceipts,
    FetchResult,
    FetchPackage,
    FetchRecords,
    Announce,
    WakeAt,
    Forget,
    CloseLog,
)
"""What is asked of others than the machines; here nobody does it."""


@dataclass(kw_only=True)
class Here:
    runner: Runner
    plan: Plan
    outages: Outages
    submitted: list[str] = field(default_factory=list)
    told: list[Setback] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        state = self.runner.state(stream_of(call.job))
        assert isinstance(state, Answer)
        return state

    async def post(self, call: Call, key: str, event: Any) -> None:
        await self.runner.post(stream_of(call.job), key, event)

    async def places(self) -> list[tuple[MachineId, UnixSeconds]]:
        return [(task.machine, task.start) for task in (await self.plan.current()).tasks]


@asynccontextmanager
async def shop(folder: Path, *machines: Machine) -> AsyncIterator[Here]:
    """A shop in ``folder`` before its first work begins; entering again is a restart."""
    clock = PlantClock(wall=lambda: LONG_AGO, epoch_wall=LONG_AGO, epoch_plant=at(-2))
    async with open_database(folder / "node.sqlite") as database:
        runner = Runner(database, (answer_job.workflow(CONTRACTS, ACCOUNT), plan.WORKFLOW), lambda: LONG_AGO)
        planned = Plan(idle(machines), runner=runner, clock=clock, wall=lambda: UnixSeconds(LONG_AGO))
        here = Here(runner=runner, plan=planned, outages=Outages(plan=planned, runner=runner, clock=clock))

        runner.bind(
            {
                **{kind: Port(perform=nobody) for kind in (*QUIET, MakeParts)},
                TellSetback: Port(perform=None, hook=lambda _c, _s, e: here.told.append(decode(Setback, e.message))),  # type: ignore[attr-defined]
                Submit: Port(perform=None, hook=lambda _c, _s, effect: here.submitted.append(effect.key)),
            }
        )
        async with runner.running():
            yield here


async def won(here: Here, call: Call, *, assigned: bool = True, slack: int = 0) -> None:
    """The shop wins ``call`` on its first machine, with ``slack`` hours more than it takes."""
    call = replace(call, customer=peer("customer"))
    offers = [o for o in answer(await here.plan.current(), call, site=HERE, now=at(-1)).offers if o.machine == FIRST]
    offer = replace(offers[0], duration=Seconds(offers[0].duration + slack * HOUR))
    bid = Bid(job=call.job, provider=peer("mill"), site=HERE, offers=(offer,), clashes=())
    heard = CallHeard(
        call=sign(CUSTOMER_SEED, CALL, encode(call)),
        customer=ACCOUNT,
        deadline=UnixSeconds(LONG_AGO + 999_999),
        review=Seconds(60),
    )
    result = sign(CUSTOMER_SEED, AWARD, encode(decide(call, (bid,), Digest(b"t" * 32))))
    events: Sequence[tuple[str, Any]] = (
        ("call", heard),
        ("bid", BidComputed(bid=bid, salt=b"", refusals=(), bases=())),
        ("result", ResultArrived(result=result)),
    )
    for key, event in events:
        await here.post(call, key, event)
    if assigned:
        await here.post(call, "assigned", OperationAssigned(index=0, provider=ACCOUNT, price=Cents(1)))


def a_job(number: int = 1) -> Call:
    return a_call(job=number)


async def test_work_moves_within_the_shop_and_stands_there_after_a_restart(tmp_path: Path) -> None:
    mills = (a_machine(), a_machine("mill-2"))
    async with shop(tmp_path, *mills) as here:
        await won(here, a_job())
        ((machine, start),) = await here.places()
        assert machine == FIRST
        assert await here.outages.stop(FIRST, WHY)
        assert await here.places() == [(SECOND, start)]
        (told,) = here.told
        assert (told.trouble, told.remedy, told.index) == (Trouble.MACHINE, Remedy.MOVED, 0)
        assert here.submitted == ["accept/0/0"]
        assert held(here.answer(a_job()))[0].offer.machine == SECOND
        assert here.answer(a_job()).won_assignments[0].offer.machine == FIRST  # as it was promised
    async with shop(tmp_path, *mills) as here:
        assert await here.places() == [(SECOND, start)]
        assert here.outages.reason(FIRST) == WHY


async def test_what_no_other_machine_can_make_is_given_back_and_leaves_the_plan(tmp_path: Path) -> None:
    async with shop(tmp_path, a_machine()) as here:
        await won(here, a_job())
        await here.outages.stop(FIRST, WHY)
        assert await here.places() == []
        assert here.submitted == ["accept/0/0", "decline/0/0"]
        assert [(t.trouble, t.remedy) for t in here.told] == [(Trouble.MACHINE, Remedy.GIVEN_BACK)]
        assert here.answer(a_job()).problem == f"given back: {WHY}"
        declined = OperationDeclined(index=0, provider=ACCOUNT, at=UnixSeconds(LONG_AGO))
        await here.post(a_job(), "declined", declined)
        assert here.answer(a_job()).phase is Phase.RELEASED


async def test_an_award_that_reaches_the_ledger_after_the_machine_broke_is_declined_not_accepted(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path, a_machine()) as here:
        await won(here, a_job(), assigned=False)
        await here.outages.stop(FIRST, WHY)
        assert here.submitted == []
        await here.post(a_job(), "assigned", OperationAssigned(index=0, provider=ACCOUNT, price=Cents(1)))
        assert here.submitted == ["decline/0/0"]
        assert here.answer(a_job()).phase is Phase.RELEASED


async def test_a_machine_that_is_out_is_offered_to_nobody_until_it_is_back_and_then_holds_nothing(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path, a_machine(), a_machine("mill-2")) as here:
        await won(here, a_job())
        await here.outages.stop(FIRST, WHY)
        offers = answer(await here.plan.current(), a_job(2), site=HERE, now=at(-1)).offers
        assert {offer.machine for offer in offers} == {SECOND}
        await here.outages.restore(FIRST)
        offers = answer(await here.plan.current(), a_job(2), site=HERE, now=at(-1)).offers
        assert {offer.machine for offer in offers} == {FIRST, SECOND}
        assert [machine for machine, _start in await here.places()] == [SECOND]
        assert (here.outages.reason(FIRST), here.outages.times(FIRST)) == (None, 1)


async def test_work_moves_on_when_the_machine_that_took_it_over_breaks_too(tmp_path: Path) -> None:
    async with shop(tmp_path, a_machine(), a_machine("mill-2"), a_machine("mill-3")) as here:
        await won(here, a_job())
        for name in (FIRST, SECOND):
            await here.outages.stop(name, WHY)
        assert [machine for machine, _start in await here.places()] == ["mill-3"]
        await here.outages.stop(MachineId("mill-3"), WHY)
        assert await here.places() == []
        assert [told.remedy for told in here.told] == [Remedy.MOVED, Remedy.MOVED, Remedy.GIVEN_BACK]
        assert [told.number for told in here.told] == [0, 1, 2]


async def test_code_that_was_made_for_one_machine_is_run_on_no_other(tmp_path: Path) -> None:
    async with shop(tmp_path, a_machine(), a_machine("mill-2")) as here:
        await won(here, a_job())
        leaf = PackageLeaf(index=1, salt=b"", ciphertext=Digest(b""), chunks=1, key=Digest(b""))
        state = here.answer(a_job())
        assert state.making == ()
        await here.post(a_job(), "package", PackageArrived(operation=0, leaf=leaf, code=True))
        await here.outages.stop(FIRST, WHY)
        assert [told.remedy for told in here.told] == [Remedy.GIVEN_BACK]


async def test_a_machine_breaks_once_and_only_what_is_out_comes_back(tmp_path: Path) -> None:
    async with shop(tmp_path, a_machine()) as here:
        with pytest.raises(RequestError, match="has no mill-9"):
            await here.outages.stop(MachineId("mill-9"), WHY)
        with pytest.raises(RequestError, match="is in service"):
            await here.outages.restore(FIRST)
        assert await here.outages.stop(FIRST, WHY)
        assert not await here.outages.stop(FIRST, "again")
        await here.outages.restore(FIRST)
        assert await here.outages.stop(FIRST, "again")
        assert here.outages.reason(FIRST) == "again"


async def test_the_owner_gives_back_what_is_won_and_not_done_once(tmp_path: Path) -> None:
    async with shop(tmp_path, a_machine()) as here:
        await won(here, a_job())
        stream = stream_of(JobId(a_job().job))
        with pytest.raises(RequestError, match="no such assignment"):
            await here.outages.give_back(stream, 2, WHY)
        await here.outages.give_back(stream, None, WHY)
        assert [(t.trouble, t.remedy) for t in here.told] == [(Trouble.OWNER, Remedy.GIVEN_BACK)]
        with pytest.raises(RequestError, match="no such assignment"):
            await here.outages.give_back(stream, 1, WHY)
        events = [entry.event for entry in await here.runner.history(stream)]
        assert sum(isinstance(event, GivenBack) for event in events) == 1
