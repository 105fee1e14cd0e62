"""A provider's shop: prices calls from its plan, runs its machines, and signs what they made."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
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
from node.planner.bidding import answer
from node.planner.errors import CapacityError
from node.planner.machine import Machine
from node.planner.schedule import Schedule
from node.planner.timing import cycle, lots
from node.vault.vault import Vault
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
    covers_operation,
    held,
    in_force,
)
from node.workflows.asked import SubstituteTaken
from node.workflows.equipment import equipped, process_of
from node.workflows.ledger_reads import LedgerReads
from node.workflows.logbook import Logbook
from node.workflows.outages import Outages
from node.workflows.owner import Owner
from node.workflows.plan import Plan, settled
from node.workflows.runner import Happened, Runner
from node.workflows.standing_in import taken
from node.workflows.told import Supplies, Told, characteristics_of, facts_of, supplies_of
from protocol import merkle
from protocol.auction import Bid
from protocol.award import Assignment
from protocol.capability import Capability
from protocol.classification import Classification
from protocol.ids import MachineId
from protocol.job import Site
from protocol.requests import StandInRequest
from protocol.units import (
    Metres,
    Micrometres,
    UnixSeconds,
)

log = logging.getLogger("guildmark.shop")

STAND_IN_SECONDS = 120
"""Wall seconds for which time is kept for a customer that asked us to stand in, until the ledger names us."""

HOUR = 3600


class Shop:
    """One provider's machines and the work on them; see ``open_shop``."""

    def __init__(
        self,
        *,
        site: Site,
        jurisdiction: str,
        clearance: Classification,
        machines: Sequence[Machine],
        plan: Plan,
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
        self._machines = {machine.name: machine for machine in machines}
        self._plan = plan
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
        self.outages = Outages(plan=plan, runner=runner, clock=clock)

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the shop's card says of its machines."""
        return tuple(machine.capability for machine in self._machines.values())

    async def compute_bid(self, stream: str, _effect: ComputeBid) -> Happened:
        """Price a call and reserve what is offered; calls are priced one after the other."""
        async with self._plan.asked:
            state = self._answer(stream)
            now, schedule = self._clock.now(), (await self._plan.current()).with_machines(self.owner.machines)
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
        async with self._plan.asked:
            state, now = self._answer(stream), self._clock.now()
            assert state.result is not None  # noqa: S101  # a result is what there is to confirm
            try:
                settled(await self._plan.current(), state, now)
            except CapacityError as error:
                log.warning("%s: declined: %s", stream, error)
                return Happened(key=effect.key, event=Confirmed(result=state.result.digest, accepted=False))
            return Happened(key=effect.key, event=Confirmed(result=state.result.digest, accepted=True))

    async def stand_in(self, stream: str, request: StandInRequest) -> bool:
        """Whether the machine has the time that a customer asks for; it is kept from then on."""
        async with self._plan.asked:
            state, now, wall = self._answer(stream), self._clock.now(), self._reads.wall()
            if self.owner.policy.paused:
                return False
            until = UnixSeconds(wall + STAND_IN_SECONDS)
            event = SubstituteTaken(replacement=request.replacement, until=until, earlier=request.earlier)
            try:
                settled(await self._plan.current(), taken(state, event), now)
            except CapacityError as error:
                log.info("%s: cannot stand in: %s", stream, error)
                return False
            # Posted inside the lock: the next call must be priced on a schedule that holds this time.
            return await self._runner.post(stream, f"stand-in/{request.replacement.digest.hex()}", event)

    async def make_parts(self, stream: str, effect: MakeParts) -> Happened | None:
        """Run one operation part by part, as long as it is ours; what is already recorded is not run again."""
        state = self._answer(stream)
        operation = state.call.operations[effect.operation]
        package = self._vault.package(state.call.job, effect.operation)
        one = self._in_force(stream, effect.operation)
        machine = self._machines[(one or effect).offer.machine]
        begin = effect.not_before if one is None else max(effect.not_before, one.start)
        await self._clock.sleep_until(UnixSeconds(begin + machine.pace.setup))
        for lot in lots(machine.pace, operation, state.call.quantity):
            now = self._in_force(stream, effect.operation)
            if now is None:
                log.info("%s: operation %d is made by somebody else now", stream, effect.operation + 1)
                return None
            if now != one or self.outages.reason(machine.name) is not None:
                raise UnavailableError(f"{machine.name} does not make it now")
            done = self._recorded(stream, effect.operation)
            parts = [part for part in lot if part not in done]
            if parts:
                making = replace(effect, offer=now.offer)
                program = self._program(state, making, machine, parts, package)
                run = await self._run(machine.name, program)
                told = Told(
                    state=state, effect=making, run=run, load=len(parts), package=package, supplies=self._supplies
                )
                says = [partial(facts_of, told, part) for part in parts]
                await self._logbook.record(stream, machine.name, says)
        return Happened(key=f"made/{effect.operation}", event=OperationMade(operation=effect.operation))

    async def forget(self, stream: str, _effect: Forget) -> None:
        """Delete the packages of a job that is over."""
        self._vault.forget(self._answer(stream).call.job)

    async def schedule(self) -> Schedule:
        """What the machines hold now."""
        return await self._plan.current()

    async def _run(self, name: MachineId, program: Program) -> Run:
        gateway = self._gateways[name]
        await gateway.load(program)
        await gateway.start(program.key)
        run = run_of([seen async for seen in gateway.observe(program.key)])
        if run.execution is not Execution.PROGRAM_COMPLETED:
            # A stopped programme never goes on: the machine waits for its owner, and its work is made elsewhere.
            await self.outages.stop(name, f"{name} stopped in the middle of a programme")
            raise UnavailableError(f"{name} stopped in the middle of {program.key}")
        return run

    def _program(
        self, state: Answer, effect: MakeParts, machine: Machine, parts: Sequence[int], package: bytes
    ) -> Program:
        operation = state.call.operations[effect.operation]
        return Program(
            key=f"{state.call.job.hex()}/{effect.operation}/{parts[0]}/{self.outages.times(machine.name)}",
            digest=merkle.leaf_hash(package),
            parts=tuple(parts),
            duration=cycle(machine.pace, operation),
            characteristics=tuple(ToMeasure(name=c.name, nominal=c.nominal) for c in characteristics_of(package)),
            deviation=self._deviations[effect.offer.machine],
        )

    def _in_force(self, stream: str, operation: int) -> Assignment | None:
        """Who of ours makes an operation, and when, as planned now; None when it is not ours any more."""
        state = self._answer(stream)
        ours = (index for index in held(state) if index in state.won and covers_operation(state, index, operation))
        return next((in_force(state, index) for index in ours), None)

    def _recorded(self, stream: str, operation: int) -> set[int]:
        state = self._answer(stream)
        return {part.part for part in state.made if part.operation == operation}

    def _answer(self, stream: str) -> Answer:
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # the shop's effects belong to answers
        return state


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
        plan = Plan(schedule, runner=runner, clock=clock, wall=reads.wall)
        owner = Owner(home, schedule.machines, runner)
        shop = Shop(
            site=site,
            jurisdiction=config.jurisdiction,
            clearance=Classification[config.clearance.upper()],
            machines=schedule.machines,
            plan=plan,
            gateways=gateways,
            deviations={MachineId(row.name): Micrometres(row.deviation_um) for row in config.machines},
            supplies=supplies_of(config),
            logbook=logbook,
            identity=identity,
            vault=vault,
            clock=clock,
            reads=reads,
            runner=runner,
            owner=owner,
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(plan.keep)
            nursery.start_soon(plan.tidy, lambda: owner.policy.patience)
            yield shop
            nursery.cancel_scope.cancel()


def site_of(easting_km: float, northing_km: float) -> Site:
    """A place on the federation's grid."""
    return Site(easting=Metres(round(easting_km * 1000)), northing=Metres(round(northing_km * 1000)))
