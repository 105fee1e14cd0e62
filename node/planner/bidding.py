"""Answers a call with a menu of windows at marginal cost; never offers time that other work holds or cannot leave.

Every window is computed as if it alone were to win. Windows of one job may share time, for its operations follow each
other; two that would make other work move to the same place are told as a clash.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from node.planner.holding import clashing, hold_of, making_room, timeline_of
from node.planner.machine import Family, Machine
from node.planner.menu import Bench, Found, improved, openings
from node.planner.policy import Policy
from node.planner.pricing import Basis, basis, curve, placed, up
from node.planner.schedule import Schedule
from node.planner.shifts import Stretch
from node.planner.timeline import Move, Place, Request, Timeline
from node.planner.timing import brisk_duration, co2, duration
from protocol.auction import Offer
from protocol.capability import covers, shortfall
from protocol.ids import MachineId
from protocol.job import Call, Operation, Site
from protocol.params import MAX_CLASHES, MAX_OFFERS, PROCESSES, TRANSPORT_HANDLING
from protocol.routing import predecessors
from protocol.transport import travel_time
from protocol.units import BasisPoints, Cents, GramsCo2, Seconds, UnixSeconds

MENU = 10
"""Most windows for one operation on one machine; more add little to what an award can join."""

BUNDLE = 4
"""Most operations in one bundle; longer ones hold a machine for days and rarely win."""

NEVER = UnixSeconds(1 << 40)
"""A hold that is only tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider can say to a call."""

    offers: tuple[Offer, ...]
    """In order of operation, machine and time; at most ``MAX_OFFERS``."""

    clashes: tuple[tuple[int, int], ...]
    """Pairs of offers, by index, that cannot both win."""

    bases: tuple[Basis, ...]
    """Why each offer costs what it costs; stays with the owner."""

    refusals: tuple[str, ...]
    """One sentence for every operation without an offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """Consecutive operations that one machine may take in one go."""

    machine: Machine
    operations: tuple[Operation, ...]
    margin: BasisPoints
    length: Seconds
    """Worked, all together."""

    basis: Basis
    """Wherever they go."""

    co2: GramsCo2

    @property
    def span(self) -> tuple[int, int]:
        return self.operations[0].index, self.operations[-1].index


class _Offered(NamedTuple):
    """An offer, why it costs what it costs, and who must move for it."""

    offer: Offer
    basis: Basis
    moves: tuple[Move, ...]


def _order(one: _Offered) -> tuple[int, int, str, int, int]:
    offer = one.offer
    return offer.first, offer.last, offer.machine, offer.opens, offer.price


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """Between these plant times work can be useful to the call."""

    ready: UnixSeconds
    finish: UnixSeconds


def family_of(call: Call) -> Family:
    """What a machine is set up for when it makes the call's part: its material."""
    return Family(call.part.material)


def answer(schedule: Schedule, call: Call, *, site: Site, now: UnixSeconds, policy: Policy | None = None) -> Answer:
    """The offers of the machines at ``site`` for the operations of ``call``, singly and in bundles.

    Pure and deterministic; some milliseconds, or some tenths of a second if the policy has patience.

    Args:
        schedule: without expired holds.
        now: plant time.
    """
    desk = _Desk(schedule, call, site=site, now=now, policy=policy or Policy())
    return desk.answer()


class _Desk:
    """One call while it is answered."""

    def __init__(self, schedule: Schedule, call: Call, *, site: Site, now: UnixSeconds, policy: Policy) -> None:
        self._schedule = schedule
        self._call = call
        self._site = site
        self._now = now
        self._policy = policy
        self._family = family_of(call)
        self._after = predecessors(call.operations)
        self._timelines: dict[MachineId, Timeline] = {}
        self._offers: list[_Offered] = []

    def answer(self) -> Answer:
        machines = self._schedule.machines
        able = [self._able(machines, operation) for operation in self._call.operations]
        bounds = self._all_bounds(able)
        share = max(1, MAX_OFFERS * 3 // 4 // len(able))
        refusals = [
            self._refusal(machines, operation)
            for operation, jobs in zip(self._call.operations, able, strict=True)
            if not self._offer([job for job in jobs if len(job.operations) == 1], bounds, share)
        ]
        bundles: dict[tuple[int, int], list[_Job]] = {}
        for job in (job for jobs in able for job in jobs if len(job.operations) > 1):
            bundles.setdefault(job.span, []).append(job)
        for jobs in bundles.values():
            self._offer(jobs, bounds, max(1, (MAX_OFFERS - len(self._offers)) // len(bundles)))
        self._offers.sort(key=_order)
        clashes = list(self._clashes())
        while len(clashes) > MAX_CLASHES:
            worst, _times = Counter(index for pair in clashes for index in pair).most_common(1)[0]
            del self._offers[worst]
            clashes = list(self._clashes())
        return Answer(
            offers=tuple(one.offer for one in self._offers),
            clashes=tuple(clashes),
            bases=tuple(one.basis for one in self._offers),
            refusals=tuple(refusals),
        )

    def _clashes(self) -> Iterator[tuple[int, int]]:
        """Only a window that moves work can clash, and only with one for another operation."""
        moving = {index for index, one in enumerate(self._offers) if one.moves}
        if not moving:
            return
        holds = [
            hold_of(one.offer, self._call.job, one.moves, until=NEVER, family=self._family) for one in self._offers
        ]
        pairs = {(min(a, b), max(a, b)) for a in moving for b in range(len(holds)) if a != b}
        yield from (pair for pair in sorted(pairs) if clashing(self._schedule, holds[pair[0]], holds[pair[1]]))

    def _able(self, machines: Sequence[Machine], operation: Operation) -> list[_Job]:
        """The machines that may take ``operation``, alone or with those after it."""
        jobs, quantity = [], self._call.quantity
        for machine in machines:
            taken: list[Operation] = []
            length, grams = 0, 0
            for following in self._call.operations[operation.index : operation.index + BUNDLE]:
                if following.process != machine.capability.process:
                    break
                margin = self._margin(machine, following)
                if margin is None or (taken and self._after[following.index] != (taken[-1].index,)):
                    break
                taken.append(following)
                length += duration(machine, following, quantity)
                grams += co2(machine, following, quantity)
                jobs.append(
                    _Job(
                        machine=machine,
                        operations=tuple(taken),
                        margin=margin,
                        length=Seconds(length),
                        basis=basis(machine, taken, quantity, margin=margin),
                        co2=GramsCo2(grams),
                    )
                )
        return jobs

    def _margin(self, machine: Machine, operation: Operation) -> BasisPoints | None:
        if not covers(machine.capability, operation, self._call.part) or missing_tool(machine, self._call) is not None:
            return None
        terms = self._policy.terms(machine, self._call, operation)
        return None if isinstance(terms, str) else terms

    def _offer(self, jobs: Sequence[_Job], bounds: Sequence[_Bounds], share: int) -> bool:
        """Offer up to ``share`` windows for what ``jobs`` have in common, each only if it can be held."""
        if not jobs:
            return False
        most, before, seen = min(MAX_OFFERS, len(self._offers) + share), len(self._offers), set[tuple[str, int]]()
        for job, bench, place in self._places(jobs, bounds, share):
            row, calendar = self._row(job, place), job.machine.calendar
            # A place is windows of plant time, cut where closed hours change how long the work takes.
            for stretch in calendar.stretches(place.start, place.latest, bench.request.length):
                if len(self._offers) == most:
                    return True
                begins = (job.machine.name, stretch.opens)
                if begins in seen:
                    continue
                offer = self._window(job, row, stretch)
                moves = self._moves(offer, job.machine, bench, place)
                if moves is not None:
                    seen.add(begins)
                    self._offers.append(_Offered(offer, row, moves))
        return len(self._offers) > before

    def _moves(self, offer: Offer, machine: Machine, bench: Bench, place: Place) -> tuple[Move, ...] | None:
        """Who must move for an offer, None when they cannot; time in a gap is free as it is."""
        if place.moves or place.start == place.latest:
            return making_room(machine, offer, bench.timeline, now=self._now, family=self._family)
        return ()

    def _places(
        self, jobs: Sequence[_Job], bounds: Sequence[_Bounds], share: int
    ) -> Iterator[tuple[_Job, Bench, Place]]:
        """Where ``jobs`` may go: what CP-SAT finds, then each machine's first place, its second, and so on."""
        most = max(1, min(MENU, -(-share // max(1, len(jobs)))))
        benches = [self._bench(job, bounds) for job in jobs]
        menus = [
            openings(bench, self._targets(job, bench, most), most=most, span=self._policy.span)
            for job, bench in zip(jobs, benches, strict=True)
        ]
        found = [Found(index, place) for index, menu in enumerate(menus) for place in menu]
        costs = [job.basis.cost for job in jobs]
        better = list(improved(benches, found, costs, (self._call.weights.hour,))) if self._policy.patience else []
        rates = [bench.rate for bench in benches]
        kept = [one for one in found if not any(one.beaten_by(other, rates[one.bench]) for other in better)]
        for index, place in (*better, *_in_turns(kept)):
            yield jobs[index], benches[index], place

    def _row(self, job: _Job, place: Place) -> Basis:
        """Why work costs what it costs at a place."""
        return placed(
            job.basis,
            job.machine,
            margin=job.margin,
            changeover=Seconds(place.changeover),
            displaced=Cents(up(place.delay, 3600)),
        )

    def _window(self, job: _Job, row: Basis, stretch: Stretch) -> Offer:
        price, (first, last) = row.price, job.span
        return Offer(
            first=first,
            last=last,
            machine=job.machine.name,
            opens=stretch.opens,
            closes=stretch.closes,
            duration=stretch.duration,
            price=price,
            co2=job.co2,
            grade=job.machine.grade,
            rises=curve(stretch.opens, stretch.closes, price, self._policy.waiting),
        )

    def _bench(self, job: _Job, bounds: Sequence[_Bounds]) -> Bench:
        machine, calendar = job.machine, job.machine.calendar
        length = job.length
        ready, finish = bounds[job.span[0]].ready, bounds[job.span[1]].finish
        if machine.approved_until is not None:
            finish = min(finish, machine.approved_until)
        request = Request(calendar.worked(ready), calendar.worked(finish) - length, length, self._family)
        return Bench(
            timeline=self._timeline(machine.name),
            request=request,
            rate=machine.rates.hour,
            now=calendar.worked(self._now),
        )

    def _timeline(self, name: MachineId) -> Timeline:
        if name not in self._timelines:
            roster = self._schedule.roster(name)
            self._timelines[name] = timeline_of(self._schedule, roster, self._call.job, now=self._now)
        return self._timelines[name]

    def _targets(self, job: _Job, bench: Bench, most: int) -> Iterator[int]:
        """Where to look for a place: where our own upstream windows end, and denser towards the first start."""
        low, high = bench.request.ready, bench.request.last
        joints = sorted(
            {at for end in self._upstream(job.operations[0]) if low <= (at := job.machine.calendar.worked(end)) <= high}
        )
        chosen = {joints[index * len(joints) // most] for index in range(most)} if joints else set()
        yield from sorted(chosen | {low + (high - low) * index**3 // most**3 for index in range(most)})

    def _upstream(self, operation: Operation) -> list[UnixSeconds]:
        """When our own windows for what comes before an operation end, at the earliest."""
        before = self._after[operation.index]
        offers = (one.offer for one in self._offers if one.offer.last in before)
        return [UnixSeconds(offer.opens + offer.duration) for offer in offers]

    def _all_bounds(self, able: Sequence[Sequence[_Job]]) -> list[_Bounds]:
        """Per operation: after the quickest way through all before it, before the quickest through all after it."""
        call = self._call
        quick = [
            min(job.length for job in jobs if len(job.operations) == 1)
            if jobs
            else brisk_duration(operation, call.quantity) + TRANSPORT_HANDLING
            for operation, jobs in zip(call.operations, able, strict=True)
        ]
        heads, tails = critical_times(self._after, quick)
        return [
            _Bounds(
                ready=UnixSeconds(max(call.earliest + head, self._now + max(head, self._lead(index)))),
                finish=UnixSeconds(call.due - tail - (travel_time(self._site, call.site) if tail == 0 else 0)),
            )
            for index, (head, tail) in enumerate(zip(heads, tails, strict=True))
        ]

    def _lead(self, index: int) -> Seconds:
        """How long an operation waits for raw material; only those that begin a routing take any."""
        if self._after[index]:
            return Seconds(0)
        grams = self._call.operations[index].mass * self._call.quantity
        return self._schedule.premises.lead(self._call.part.material, grams)

    def _refusal(self, machines: Sequence[Machine], operation: Operation) -> str:
        what = f"operation {operation.index} ({PROCESSES[operation.process]})"
        same = [machine for machine in machines if machine.capability.process == operation.process]
        if not same:
            return f"{what}: no machine for it"
        return f"{what}: {'; '.join(f'{machine.name} {self._reason(machine, operation)}' for machine in same)}"

    def _reason(self, machine: Machine, operation: Operation) -> str:
        terms = self._policy.terms(machine, self._call, operation)
        return (
            shortfall(machine.capability, operation, self._call.part)
            or missing_tool(machine, self._call)
            or (terms if isinstance(terms, str) else "has no capacity before the due date")
        )


def _in_turns(found: Sequence[Found]) -> list[Found]:
    """Each bench's first place, then each one's second, and so on."""
    places: dict[int, list[Found]] = {}
    for one in found:
        places.setdefault(one.bench, []).append(one)
    return [one for turn in zip_longest(*places.values()) for one in turn if one is not None]


def critical_times(after: Sequence[Sequence[int]], lengths: Sequence[int]) -> tuple[list[int], list[int]]:
    """The longest way through a routing before each operation, and after it."""
    heads, tails = [0] * len(lengths), [0] * len(lengths)
    for index, before in enumerate(after):
        for one in before:
            heads[index] = max(heads[index], heads[one] + lengths[one])
    for index, before in reversed(list(enumerate(after))):
        for one in before:
            tails[one] = max(tails[one], tails[index] + lengths[index])
    return heads, tails


def missing_tool(machine: Machine, call: Call) -> str | None:
    """Which hole no tool on hand makes; only machines whose owner lists tools are asked."""
    for hole in call.part.holes if machine.tools else ():
        if not any(tool.makes(hole) for tool in machine.tools):
            return f"has no tool for a hole of {hole.diameter} um, {hole.depth} um deep"
    return None
