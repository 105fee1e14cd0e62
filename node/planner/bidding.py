"""Answers a call with a menu of windows at marginal cost; never offers time that other work holds or cannot leave.

A later operation's parts arrive when some upstream window ends, which a bidder cannot know, so every operation gets
several windows, dense near the earliest possible start and sparse towards the due date. All windows of a menu may be
reserved together: the movable work always keeps a place beside them, whichever are won.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from node.planner.line import Line, line
from node.planner.machine import Machine
from node.planner.schedule import Schedule
from node.planner.solver import Span, Work, place
from node.planner.timing import brisk_duration, co2, duration, price
from protocol.auction import Offer
from protocol.capability import covers, shortfall
from protocol.job import Call, Operation, Site
from protocol.params import MAX_OFFERS, PROCESSES, TRANSPORT_HANDLING
from protocol.transport import travel_time
from protocol.units import Cents, Seconds, UnixSeconds

MENU = 10
"""Most windows for one operation on one machine; more add little to what an award can join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider can say to a call."""

    offers: tuple[Offer, ...]
    """In order of operation, machine and time; at most ``MAX_OFFERS``."""

    refusals: tuple[str, ...]
    """One sentence for every operation without an offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """Between these plant times an operation can be useful to the call."""

    ready: UnixSeconds
    finish: UnixSeconds


def answer(schedule: Schedule, call: Call, *, site: Site, now: UnixSeconds) -> Answer:
    """The offers of the machines at ``site`` for every operation of ``call`` that one of them covers.

    Pure and deterministic; up to a second of computing.

    Args:
        schedule: without expired slots.
        now: plant time.
    """
    machines = sorted(schedule.machines, key=lambda machine: machine.name)
    able = [_able(machines, operation, call) for operation in call.operations]
    most = min(MENU, max(1, MAX_OFFERS // max(1, sum(map(len, able)))))
    benches = {m.name: _Bench(m, line(schedule, m.name, now=now)) for m in machines if any(m in some for some in able)}
    offers: list[Offer] = []
    refusals: list[str] = []
    for operation, chosen in zip(call.operations, able, strict=True):
        bounds = _bounds(call, able, operation.index, site=site, now=now)
        upstream = [UnixSeconds(offer.opens + offer.duration) for offer in offers if offer.last == operation.index - 1]
        menus = [offer for m in chosen for offer in benches[m.name].menu(call, operation, bounds, upstream, most)]
        offers += menus[: MAX_OFFERS - len(offers)]
        if not menus:
            refusals.append(_refusal(machines, call, operation))
    return Answer(offers=tuple(offers), refusals=tuple(refusals))


class _Bench:
    """One machine while it answers one call; counts every window it offers as held, for all may be reserved."""

    def __init__(self, machine: Machine, timeline: Line) -> None:
        self._machine = machine
        self._line = timeline
        self._held = list(timeline.standing)
        self._aside = place(self._held, timeline.movable)
        """Where the movable work goes if everything offered is held."""
        self._delay = 0 if self._aside is None else self._aside.delay
        """What the movable work costs without the call."""

    def menu(
        self, call: Call, operation: Operation, bounds: _Bounds, upstream: Sequence[UnixSeconds], most: int
    ) -> Iterator[Offer]:
        """Up to ``most`` windows for the whole quantity, the earlier first."""
        calendar = self._line.calendar
        length = duration(self._machine, operation, call.quantity)
        low, high = calendar.worked(bounds.ready), calendar.worked(bounds.finish) - length
        if low > high or self._aside is None:
            return
        joints = [joint for at in upstream if low <= (joint := calendar.worked(at)) <= high]
        for earliest, beyond in pairwise([*_targets(low, high, joints, most), high + 1]):
            latest = beyond - 1 + length
            window = self._window(
                Work(key="", earliest=earliest, due=latest, length=length, weight=call.weights.hour, hint=earliest)
            )
            if window is not None:
                start, displaced = window
                opens = calendar.start(start)
                yield Offer(
                    first=operation.index,
                    last=operation.index,
                    machine=self._machine.name,
                    opens=opens,
                    closes=opens,
                    duration=Seconds(calendar.finish(start + length) - opens),
                    price=price(self._machine, operation, call.quantity, displaced=displaced),
                    co2=co2(self._machine, operation, call.quantity),
                )

    def _window(self, request: Work) -> tuple[int, Cents] | None:
        """Where ``request`` goes best and what it displaces; None when other work leaves no room for it."""
        placement = place(self._line.standing, (*self._line.movable, request))
        if placement is None:
            return None
        start = placement.starts[request.key]
        if not self._hold(Span(start, start + request.length)):
            return None
        delay = placement.delay - request.weight * (start - request.earliest) - self._delay
        return start, Cents(max(0, -(-delay // 3600)))

    def _hold(self, span: Span) -> bool:
        """Count ``span`` as held, unless the movable work would have no place left then."""
        aside = self._aside
        if aside is None or any(_in_the_way(work, aside.starts[work.key], span) for work in self._line.movable):
            aside = place((*self._held, span), self._line.movable)
        if aside is None:
            return False
        self._held.append(span)
        self._aside = aside
        return True


def _in_the_way(work: Work, start: int, span: Span) -> bool:
    return start < span.finish and span.start < start + work.length


def _targets(low: int, high: int, joints: Sequence[int], most: int) -> list[int]:
    """Where windows begin to look for a place: where our own upstream windows end, else denser towards ``low``."""
    ends = sorted(set(joints))
    joined = {ends[index * len(ends) // most] for index in range(most)} if ends else set()
    rest = most - len(joined)
    return sorted(joined | {low + (high - low) * index**2 // rest**2 for index in range(rest)})


def _able(machines: Sequence[Machine], operation: Operation, call: Call) -> list[Machine]:
    return [machine for machine in machines if covers(machine.capability, operation, call.part)]


def _bounds(call: Call, able: Sequence[Sequence[Machine]], index: int, *, site: Site, now: UnixSeconds) -> _Bounds:
    """After the quickest way through all operations before, before the quickest through all after."""
    quick = [
        min(
            (duration(machine, operation, call.quantity) for machine in machines),
            default=brisk_duration(operation, call.quantity) + TRANSPORT_HANDLING,
        )
        for operation, machines in zip(call.operations, able, strict=True)
    ]
    home = travel_time(site, call.site) if index == len(quick) - 1 else 0
    return _Bounds(
        ready=UnixSeconds(max(call.earliest, now) + sum(quick[:index])),
        finish=UnixSeconds(call.due - sum(quick[index + 1 :]) - home),
    )


def _refusal(machines: Sequence[Machine], call: Call, operation: Operation) -> str:
    what = f"operation {operation.index} ({PROCESSES[operation.process]})"
    same = [machine for machine in machines if machine.capability.process == operation.process]
    if not same:
        return f"{what}: no machine for it"
    reasons = [
        f"{machine.name} {shortfall(machine.capability, operation, call.part) or 'has no capacity before the due date'}"
        for machine in same
    ]
    return f"{what}: {'; '.join(reasons)}"
