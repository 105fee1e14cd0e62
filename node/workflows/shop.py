"""A provider's shop: prices calls from its schedule, runs its machines, and signs what they made.

The schedule is never stored: it is the fold of the answers' log over the shop's other work, each step at the plant time
at which it happened, so that a restart gives the same schedule to the second.
"""

import logging
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import trio

from node.clock import PlantClock
from node.config import Home, ShopConfig
from node.errors import UnavailableError
from node.identity import Identity
from node.machines.gateway import Characteristic as ToMeasure
from node.machines.gateway import Execution, Gateway, Program
from node.machines.run import Run, run_of
from node.machines.simulated import open_simulated
from node.machines.trace import Controller
from node.planner.bidding import answer, family_of
from node.planner.errors import CapacityError
from node.planner.holding import Won, release, reserve, settle
from node.planner.machine import Machine
from node.planner.schedule import Schedule
from node.planner.timing import cycle, lots
from node.vault.vault import Vault
from node.workflows import answered
from node.workflows.answered import (
    Answer,
    BidComputed,
    BidDeclined,
    ComputeBid,
    Confirm,
    Confirmed,
    Forget,
    MakeParts,
    OperationMade,
    ResultArrived,
)
from node.workflows.equipment import equipped, process_of
from node.workflows.ledger_reads import LedgerReads
from node.workflows.logbook import Logbook
from node.workflows.owner import Owner
from node.workflows.runner import Entry, Happened, Runner
from node.workflows.told import Supplies, Told, characteristics_of, facts_of, supplies_of
from protocol import merkle
from protocol.auction import Bid
from protocol.capability import Capability
from protocol.classification import Classification
from protocol.ids import MachineId
from protocol.job import Site
from protocol.units import (
    Metres,
    Micrometres,
    UnixSeconds,
)

log = logging.getLogger("guildmark.shop")

HOLD_AFTER_REVEAL = 60
"""Wall seconds after the reveal deadline until offered windows free themselves, should no result ever come."""

HOUR = 3600


class Shop:
    """One provider's machines and the work on them; see ``open_shop``."""

    def __init__(
        self,
        *,
        site: Site,
        jurisdiction: str,
        clearance: Classification,
        schedule: Schedule,
        gateways: dict[MachineId, Gateway],
        deviations: dict[MachineId, Micrometres],
        supplies: Supplies,
        logbook: Logbook,
        identity: Identity,
        vault: Vault,
        clock: PlantClock,
        reads: LedgerReads,
        runner: Runner,
        owner: Owner,
    ) -> None:
        # More than eight parts: a shop is where planner, machines and vault meet.
        self._site = site
        self._jurisdiction = jurisdiction
        self._clearance = clearance
        self._schedule = schedule
        self._seen = 0
        self._gateways = gateways
        self._deviations = deviations
        self._supplies = supplies
        self._logbook = logbook
        self._identity = identity
        self._vault = vault
        self._clock = clock
        self._reads = reads
        self._runner = runner
        self.owner = owner
        self._pricing = trio.Lock()

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the shop's card says of its machines."""
        return tuple(machine.capability for machine in self._schedule.machines)

    async def compute_bid(self, stream: str, _effect: ComputeBid) -> Happened:
        """Price a call and reserve what is offered; calls are priced one after the other."""
        async with self._pricing:
            state = self._answer(stream)
            now, wall = self._clock.now(), self._reads.wall()
            schedule = (await self._current()).without_expired(wall)
            price = partial(answer, schedule, state.call, site=self._site, now=now, policy=self.owner.policy)
            try:
                found = await trio.to_thread.run_sync(price)
            except (ArithmeticError, ValueError, RuntimeError, CapacityError) as error:
                # A stranger's call must not end the node, whatever the solver makes of it.
                log.exception("%s: the planner cannot price the call", stream)
                return Happened(key="bid", event=BidDeclined(reasons=(f"the planner failed: {error}",)))
            if not found.offers:
                reasons = found.refusals or ("no machine for any operation",)
                return Happened(key="bid", event=BidDeclined(reasons=reasons))
            bid = Bid(
                job=state.call.job,
                provider=self._identity.peer,
                site=self._site,
                offers=found.offers,
                clashes=found.clashes,
                jurisdiction=self._jurisdiction,
                clearance=self._clearance,
            )
            event = BidComputed(bid=bid, salt=self._reads.random(32), refusals=found.refusals, bases=found.bases)
            # Posted inside the lock: the next call must be priced on a schedule that holds these windows.
            await self._runner.post(stream, "bid", event)
            return Happened(key="bid", event=event)

    async def confirm(self, stream: str, effect: Confirm) -> Happened:
        """Whether the schedule can keep what the latest result awards us; the time is held from then on."""
        async with self._pricing:
            state, now = self._answer(stream), self._clock.now()
            assert state.result is not None  # noqa: S101  # a result is what there is to confirm
            try:
                _settled(await self.schedule(), state, now)
            except CapacityError as error:
                log.warning("%s: declined: %s", stream, error)
                return Happened(key=effect.key, event=Confirmed(result=state.result.digest, accepted=False))
            return Happened(key=effect.key, event=Confirmed(result=state.result.digest, accepted=True))

    async def make_parts(self, stream: str, effect: MakeParts) -> Happened:
        """Run one operation part by part; what is already recorded is not run again."""
        state = self._answer(stream)
        operation = state.call.operations[effect.operation]
        machine = self._schedule.machine(effect.offer.machine)
        package = self._vault.package(state.call.job, effect.operation)
        await self._clock.sleep_until(UnixSeconds(effect.not_before + machine.pace.setup))
        for parts in lots(machine.pace, operation, state.call.quantity):
            done = self._recorded(stream, effect.operation)
            if not done.issuperset(parts):
                program = self._program(state, effect, machine, parts, package)
                run = await self._run(effect.offer.machine, program)
                told = Told(
                    state=state, effect=effect, run=run, load=len(parts), package=package, supplies=self._supplies
                )
                says = [partial(facts_of, told, part) for part in parts]
                await self._logbook.record(stream, effect.offer.machine, says)
        return Happened(key=f"made/{effect.operation}", event=OperationMade(operation=effect.operation))

    async def forget(self, stream: str, _effect: Forget) -> None:
        """Delete the packages of a job that is over."""
        self._vault.forget(self._answer(stream).call.job)

    async def schedule(self) -> Schedule:
        """What the machines hold now."""
        return (await self._current()).without_expired(self._reads.wall())

    async def expire(self) -> None:
        """End holds when their time is over, whether anybody looks or not; runs as long as the shop."""
        async with self._runner.watch() as entries:
            while True:
                await self._current()
                self._schedule = self._schedule.without_expired(self._reads.wall())
                at = self._schedule.next_expiry
                with trio.move_on_after(math.inf if at is None else max(1, at - self._reads.wall())):
                    await entries.receive()

    async def _current(self) -> Schedule:
        """Fold what has happened since the last look."""
        for entry in await self._runner.journal(answered.NAME, after=self._seen):
            if entry.id <= self._seen:  # another task folded it while this one was waiting
                continue
            self._seen = entry.id
            try:
                self._schedule = self._advanced(entry)
            except CapacityError as error:
                log.warning("%s: the schedule cannot hold what was promised: %s", entry.stream, error)
        return self._schedule

    def _advanced(self, entry: Entry) -> Schedule:
        state, now = self._answer(entry.stream), self._clock.at_wall(UnixSeconds(entry.at))
        job = state.call.job
        match entry.event:
            case BidComputed():
                until = UnixSeconds(state.call.reveal_by + HOLD_AFTER_REVEAL)
                offers = entry.event.bid.offers
                return reserve(self._schedule, offers, job, until=until, now=now, family=family_of(state.call))
            case ResultArrived() if state.won_assignments:
                return _settled(self._schedule, state, now)
            case _ if state.phase.terminal:
                return release(self._schedule, job)
        return self._schedule

    async def _run(self, name: MachineId, program: Program) -> Run:
        gateway = self._gateways[name]
        await gateway.load(program)
        await gateway.start(program.key)
        run = run_of([seen async for seen in gateway.observe(program.key)])
        if run.execution is not Execution.PROGRAM_COMPLETED:
            raise UnavailableError(f"{name} stopped in the middle of {program.key}")
        return run

    def _program(
        self, state: Answer, effect: MakeParts, machine: Machine, parts: Sequence[int], package: bytes
    ) -> Program:
        operation = state.call.operations[effect.operation]
        return Program(
            key=f"{state.call.job.hex()}/{effect.operation}/{parts[0]}",
            digest=merkle.leaf_hash(package),
            parts=tuple(parts),
            duration=cycle(machine.pace, operation),
            characteristics=tuple(ToMeasure(name=c.name, nominal=c.nominal) for c in characteristics_of(package)),
            deviation=self._deviations[effect.offer.machine],
        )

    def _recorded(self, stream: str, operation: int) -> set[int]:
        state = self._answer(stream)
        return {part.part for part in state.made if part.operation == operation}

    def _answer(self, stream: str) -> Answer:
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # the shop's effects belong to answers
        return state


def _settled(schedule: Schedule, state: Answer, now: UnixSeconds) -> Schedule:
    """``schedule`` with what the latest result awards us, and nothing else of the job."""
    won = (Won(offer=one.offer, start=one.start) for one in state.won_assignments)
    return settle(schedule, state.call.job, won, now=now, family=family_of(state.call))


@asynccontextmanager
async def open_shop(
    config: ShopConfig,
    site: Site,
    home: Home,
    *,
    identity: Identity,
    vault: Vault,
    clock: PlantClock,
    reads: LedgerReads,
    runner: Runner,
    logbook: Logbook,
    epoch: UnixSeconds,
) -> AsyncIterator[Shop]:
    """The shop that ``config`` describes, machines connected; its other work counts from ``epoch`` (plant time)."""
    home.machines.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        gateways: dict[MachineId, Gateway] = {}
        for row in config.machines:
            controller = Controller(
                machine=MachineId(row.name), process=process_of(row), watts=row.power_watts, seed=row.name.encode()
            )
            journal = home.machines / f"{row.name}.sqlite"
            gateways[controller.machine] = await stack.enter_async_context(open_simulated(controller, journal, clock))
        schedule = equipped(config, epoch)
        shop = Shop(
            site=site,
            jurisdiction=config.jurisdiction,
            clearance=Classification[config.clearance.upper()],
            schedule=schedule,
            gateways=gateways,
            deviations={MachineId(row.name): Micrometres(row.deviation_um) for row in config.machines},
            supplies=supplies_of(config),
            logbook=logbook,
            identity=identity,
            vault=vault,
            clock=clock,
            reads=reads,
            runner=runner,
            owner=Owner(home.rules, schedule.machines, runner),
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(shop.expire)
            yield shop
            nursery.cancel_scope.cancel()


def site_of(easting_km: float, northing_km: float) -> Site:
    """A place on the federation's grid."""
    return Site(easting=Metres(round(easting_km * 1000)), northing=Metres(round(northing_km * 1000)))
