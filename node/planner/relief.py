"""A machine breaks: which of its work the shop's others take over within what was promised; decides, and asks nobody.

A promise is the offer's: its finish, its quality class, its CO2. Its price stands. What is promised to others does not
move beyond its own bounds, as for every new piece of work.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from node.planner.bidding import family_of, missing_tool
from node.planner.holding import Won, committed, timeline_of
from node.planner.machine import Machine
from node.planner.schedule import Schedule
from node.planner.timeline import Request
from node.planner.timing import co2, duration
from protocol.auction import Offer
from protocol.capability import covers
from protocol.ids import MachineId
from protocol.job import Call
from protocol.units import Seconds, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """Work that was promised on a machine which is out of service."""

    call: Call
    index: int
    """Of the assignment."""

    offer: Offer
    """What was promised."""

    start: UnixSeconds
    """Before this the parts are not here, plant time."""

    left: Mapping[int, int]
    """Parts that are not made yet, by operation."""

    bound: bool
    """Whether what is here of it serves no other machine, such as code made for this one."""

    @property
    def finish(self) -> UnixSeconds:
        """By then it was promised."""
        return UnixSeconds(self.start + self.offer.duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """Stranded work and the machine that makes it instead."""

    work: Stranded
    machine: MachineId
    start: UnixSeconds
    finish: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """What becomes of a broken machine's work."""

    schedule: Schedule
    """Without the machine, and with what others take over."""

    moved: tuple[TakenOver, ...]
    left: tuple[Stranded, ...]
    """What no other machine of the shop can keep the promise of."""


def relieved(schedule: Schedule, broken: MachineId, stranded: Iterable[Stranded], *, now: UnixSeconds) -> Relief:
    """What the other machines take over of ``broken``'s work: what is due first chooses first.

    Args:
        now: plant time.
    """
    schedule = schedule.without_machine(broken)
    moved: list[TakenOver] = []
    left: list[Stranded] = []
    for work in sorted(stranded, key=lambda one: (one.finish, one.call.job, one.index)):
        places = (_place(schedule, machine, work, now) for machine in schedule.machines if _able(machine, work))
        best = min((p for p in places if p is not None), key=lambda p: (p.finish, p.machine), default=None)
        if best is None:
            left.append(work)
        else:
            schedule = committed(schedule, work.call.job, _won(best), now=now, family=family_of(work.call))
            moved.append(best)
    return Relief(schedule=schedule, moved=tuple(moved), left=tuple(left))


def _able(machine: Machine, work: Stranded) -> bool:
    """Whether a machine makes it, and as well and as cleanly as was promised."""
    offer, call = work.offer, work.call
    operations = call.operations[offer.first : offer.last + 1]
    able = not work.bound and all(covers(machine.capability, one, call.part) for one in operations)
    clean = sum(co2(machine, one, call.quantity) for one in operations) <= offer.co2
    return able and clean and machine.grade <= offer.grade and missing_tool(machine, call) is None


def _place(schedule: Schedule, machine: Machine, work: Stranded, now: UnixSeconds) -> TakenOver | None:
    """The first place on a machine that keeps the promised finish; what is made already is not made again."""
    calendar, offer, call = machine.calendar, work.offer, work.call
    operations = call.operations[offer.first : offer.last + 1]
    length = sum(duration(machine, one, work.left[one.index]) for one in operations if work.left[one.index])
    by = min(work.finish, machine.approved_until or work.finish)
    ready = calendar.worked(max(now, work.start))
    request = Request(ready, calendar.worked(by) - length, length, family_of(call))
    timeline = timeline_of(schedule, schedule.roster(machine.name), call.job, now=now)
    found = next(timeline.places(request, now=calendar.worked(now), rate=machine.rates.hour), None)
    if found is None or found.start > request.last:
        return None
    start, finish = calendar.start(found.start), calendar.finish(found.start + length)
    return TakenOver(work=work, machine=machine.name, start=start, finish=finish)


def _won(taken: TakenOver) -> Won:
    return Won(offer=moved_offer(taken.work.offer, taken.machine, taken.start, taken.finish), start=taken.start)


def moved_offer(offer: Offer, machine: MachineId, start: UnixSeconds, finish: UnixSeconds) -> Offer:
    """The same promise as it stands in the plan after a machine has taken it over."""
    length = Seconds(finish - start)
    return replace(offer, machine=machine, opens=start, closes=start, duration=length, rises=())
