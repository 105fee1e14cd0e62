"""Machines out of service: what was promised on them moves to others or is given back, in one step of the log."""

import logging
from collections.abc import Iterable, Iterator
from functools import partial

import trio

from node.clock import PlantClock
from node.errors import RequestError
from node.planner.relief import Relief, Stranded, relieved
from node.workflows import answered
from node.workflows.answered import Answer, held, own_work, tenure
from node.workflows.asked import GivenBack
from node.workflows.plan import STREAM, MachineRestored, MachineStopped, Plan
from node.workflows.runner import Event, Runner
from node.workflows.setbacks import WorkMoved
from protocol.ids import MachineId
from protocol.requests import Trouble

log = logging.getLogger("guildmark.outages")


class Outages:
    """One shop's."""

    def __init__(self, *, plan: Plan, runner: Runner, clock: PlantClock) -> None:
        self._plan = plan
        self._runner = runner
        self._clock = clock

    @property
    def standing(self) -> tuple[MachineStopped, ...]:
        """Those that are out of service."""
        return self._plan.order.outages

    def reason(self, machine: MachineId) -> str | None:
        """Why a machine is out of service; None when it is not."""
        outage = self._plan.order.outage(machine)
        return None if outage is None else outage.reason

    def times(self, machine: MachineId) -> int:
        """How often a machine has come back; its programmes are other ones from then on."""
        return self._plan.order.ended.count(machine)

    async def stop(self, machine: MachineId, reason: str) -> bool:
        """Take a machine out of service, and find another place for its work or give it back; False if it is out.

        Raises:
            RequestError: there is no such machine.
        """
        async with self._plan.asked:
            schedule, now = await self._plan.current(), self._clock.now()
            if self.reason(machine) is not None:
                return False
            if machine not in schedule.rosters:
                raise RequestError("no-such-machine", f"this shop has no {machine}; see: guildmark shop schedule")
            states = (self._runner.state(stream) for stream in self._runner.streams(answered.NAME))
            work = list(stranded((state for state in states if isinstance(state, Answer)), machine))
            relief = await trio.to_thread.run_sync(partial(relieved, schedule, machine, work, now=now))
            stopped = MachineStopped(machine=machine, since=now, reason=reason)
            # One step: a node that is killed now has done all of it, or nothing.
            first = (STREAM, f"stopped/{machine}/{self.times(machine)}", stopped)
            await self._runner.post_all([first, *self._follows(relief, reason)])
        log.warning("%s is out of service: %s", machine, reason)
        log.warning("%d assignments moved, %d given back", len(relief.moved), len(relief.left))
        return True

    async def restore(self, machine: MachineId) -> None:
        """Take a machine back into service; what has moved or was given back stays where it is.

        Raises:
            RequestError: it is in service.
        """
        async with self._plan.asked:
            if self.reason(machine) is None:
                raise RequestError("in-service", f"{machine} is in service; see: guildmark shop schedule")
            key = f"restored/{machine}/{self.times(machine)}"
            await self._runner.post(STREAM, key, MachineRestored(machine=machine))

    async def give_back(self, stream: str, number: int | None, reason: str) -> None:
        """Give back what is won of a job and not done: assignment ``number``, counted from 1, or all.

        Raises:
            RequestError: there is nothing of that to give back.
        """
        state = self._runner.state(stream)
        mine = () if not isinstance(state, Answer) else tuple(i for i in returnable(state) if number in (None, i + 1))
        if not isinstance(state, Answer) or not mine:
            raise RequestError("nothing-to-give-back", "the shop has no such assignment of this job, or it is done")
        await self._runner.post(stream, give_back_key(state, mine), GivenBack(indexes=mine, reason=reason))

    def _follows(self, relief: Relief, reason: str) -> Iterator[tuple[str, str, Event]]:
        for one in relief.moved:
            stream, state = self._answer(one.work)
            round_, index = tenure(state, one.work.index), one.work.index
            moved = WorkMoved(
                index=index, tenure=round_, machine=one.machine, start=one.start, finish=one.finish, reason=reason
            )
            yield stream, f"moved/{index}.{round_}/{len(state.moved)}", moved
        for work in relief.left:
            stream, state = self._answer(work)
            back = GivenBack(indexes=(work.index,), reason=reason, cause=Trouble.MACHINE)
            yield stream, give_back_key(state, (work.index,)), back

    def _answer(self, work: Stranded) -> tuple[str, Answer]:
        stream = answered.stream_of(work.call.job)
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # it was one when it was stranded
        return stream, state


def stranded(states: Iterable[Answer], machine: MachineId) -> Iterator[Stranded]:
    """What ``machine`` was to make, and has not made to the end."""
    for state in states:
        for index, now in held(state).items() if not state.phase.terminal else ():
            if now.offer.machine != machine:
                continue
            made = own_work(state, index)
            covered = range(now.offer.first, now.offer.last + 1)
            left = {one: state.call.quantity - sum(part.operation == one for part in made) for one in covered}
            if any(left.values()):
                one = state.assignments[index]
                code = any(package.code for package in state.packages if left.get(package.operation))
                yield Stranded(call=state.call, index=index, offer=one.offer, start=one.start, left=left, bound=code)


def returnable(state: Answer) -> Iterator[int]:
    """What is ours on the ledger, and neither done nor given back."""
    done = {closed.index for closed in state.closed}
    yield from (index for index in state.won if index in held(state) and index not in done)


def give_back_key(state: Answer, indexes: Iterable[int]) -> str:
    """Under which giving assignments back counts once, as long as they are ours."""
    return f"give-back/{','.join(f'{index}.{tenure(state, index)}' for index in indexes)}"
