"""What the auction is measured against: greedy contract nets, central dispatching, and a planner that knows the future.

All work on the same shops and calls with the same travel times and the same weights; ``score`` is the award's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from devnet.market.book import Exchange, Order, opened
from devnet.market.world import World
from node.planner.bidding import family_of
from node.planner.machine import Machine
from node.planner.pricing import basis
from node.planner.schedule import Lane, Task
from node.planner.timeline import Request
from node.planner.timing import co2, duration
from protocol.auction import Offer
from protocol.award import MICRO, Assignment, NoAward
from protocol.capability import covers
from protocol.ids import JobId, MachineId, PeerId
from protocol.job import Call, Site
from protocol.transport import travel_co2, travel_time
from protocol.units import Cents, GramsCo2, Seconds, UnixSeconds

Plans = Mapping[JobId, Sequence[Assignment]]
"""Who makes what of each call, and when."""

RULES = ("first come", "shortest", "heaviest per hour", "least work left", "most work left")


class Step(NamedTuple):
    """One operation as it was made."""

    site: Site
    finish: UnixSeconds
    price: Cents
    co2: int


@dataclass(frozen=True, slots=True)
class Bench:
    """A machine, whose it is and where it stands."""

    peer: PeerId
    site: Site
    machine: Machine

    def price(self, call: Call, index: int) -> Cents:
        """Marginal cost of an operation."""
        operations = call.operations[index : index + 1]
        return basis(self.machine, operations, call.quantity, margin=self.machine.rates.margin).price

    def grams(self, call: Call, index: int) -> int:
        """Its CO2."""
        return co2(self.machine, call.operations[index], call.quantity)

    def time(self, call: Call, index: int) -> int:
        """Its duration."""
        return duration(self.machine, call.operations[index], call.quantity)

    def assignment(self, call: Call, index: int, finish: UnixSeconds) -> Assignment:
        """An operation as it was made."""
        length = Seconds(self.time(call, index))
        start = UnixSeconds(finish - length)
        offer = Offer(
            first=index,
            last=index,
            machine=self.machine.name,
            opens=start,
            closes=start,
            duration=length,
            price=self.price(call, index),
            co2=GramsCo2(self.grams(call, index)),
        )
        return Assignment(provider=self.peer, site=self.site, offer=offer, start=start)


def score(call: Call, steps: Sequence[Step]) -> int:
    """Micro-cents by the award's own rule."""
    total = sum(step.price * MICRO + step.co2 * call.weights.co2_tonne for step in steps)
    stops = [*(step.site for step in steps), call.site]
    total += sum(_way(call, one, other) for one, other in pairwise(stops))
    arrival = steps[-1].finish + travel_time(steps[-1].site, call.site)
    return total + (arrival - call.earliest) * call.weights.hour * MICRO // 3600


def _way(call: Call, one: Site, other: Site) -> int:
    metres = one.distance(other)
    return travel_co2(one, other) * call.weights.co2_tonne + metres * call.weights.kilometre * MICRO // 1000


def benches(world: World) -> list[Bench]:
    """All machines of a world."""
    return [Bench(one.peer, one.site, machine) for one in world.providers for machine in one.schedule.machines]


def contract_net(world: World, *, haste: int, price: int = 1) -> int:
    """Each operation announced by itself and given to the best bid for it; no bid knows what comes after.

    Args:
        haste: per cent of the customer's value of an hour that counts.
        price: whether money counts; without it the first to finish wins.
    """
    lanes = {(bench.peer, bench.machine.name): Lane(machine=bench.machine) for bench in benches(world)}
    total = 0
    for call in world.calls:
        steps: list[Step] = []
        for index in range(len(call.operations)):
            best = min(
                _quotes(world, lanes, call, index, steps), key=lambda quote: _worth(call, quote, haste, price, steps)
            )
            bench, start, finish = best
            key = (bench.peer, bench.machine.name)
            lanes[key] = _with(lanes[key], call, index, start, finish)
            steps.append(Step(bench.site, finish, bench.price(call, index), bench.grams(call, index)))
        total += score(call, steps)
    return total


Quote = tuple[Bench, UnixSeconds, UnixSeconds]


def _quotes(
    world: World, lanes: dict[tuple[PeerId, MachineId], Lane], call: Call, index: int, steps: Sequence[Step]
) -> list[Quote]:
    operation = call.operations[index]
    quotes = []
    for bench in benches(world):
        if not covers(bench.machine.capability, operation, call.part):
            continue
        lane, calendar = lanes[bench.peer, bench.machine.name], bench.machine.calendar
        ready = call.earliest if not steps else steps[-1].finish + travel_time(steps[-1].site, bench.site)
        length = bench.time(call, index)
        request = Request(calendar.worked(UnixSeconds(ready)), 1 << 50, length, family_of(call))
        place = lane.timeline.gap(request, now=calendar.worked(call.earliest))
        if place is not None:
            quotes.append((bench, calendar.start(place.start), calendar.finish(place.start + length)))
    return quotes


def _worth(call: Call, quote: Quote, haste: int, price: int, steps: Sequence[Step]) -> int:
    bench, _start, finish = quote
    index = len(steps)
    money = bench.price(call, index) * MICRO + bench.grams(call, index) * call.weights.co2_tonne
    if steps:
        money += _way(call, steps[-1].site, bench.site)
    if not price:
        return finish
    return money + (finish - call.earliest) * call.weights.hour * haste * MICRO // 360_000


def _with(lane: Lane, call: Call, index: int, start: UnixSeconds, finish: UnixSeconds) -> Lane:
    task = Task(
        key=f"{call.job.hex()}/{index}",
        machine=lane.machine.name,
        earliest=start,
        due=finish,
        start=start,
        finish=finish,
        weight=Cents(0),
    )
    kept = (one for one in lane.tasks if one.finish > call.earliest)
    return replace(lane, tasks=tuple(sorted((*kept, task), key=lambda one: one.start)))


@dataclass(slots=True)
class _Queue:
    bench: Bench
    waiting: list[tuple[int, int, int]]
    """Arrival, call, operation."""

    work: int = 0
    busy_until: int = 0


def cost_of(world: World, plans: Plans) -> int:
    """What all calls cost together under such plans, in micro-cents."""
    return sum(score(call, steps_of(plans[call.job])) for call in world.calls)


def dispatch(world: World, rule: str, *, haste: int = 30) -> dict[JobId, list[Assignment]]:
    """Central dispatching with late binding: a machine takes its next operation only when it is free.

    An operation goes to the machine with the best estimate, queue included, when its parts leave the one before.
    """
    queues = [_Queue(bench, []) for bench in benches(world)]
    plans: dict[JobId, list[Assignment]] = {call.job: [] for call in world.calls}
    made: list[list[Step]] = [[] for _ in world.calls]
    events: list[tuple[int, int, int, int, int]] = []
    for number, call in enumerate(world.calls):
        heappush(events, (call.earliest, 0, number, -1, -1))
    key = _keys(world)[rule]
    while events:
        at, kind, number, chosen, _spare = heappop(events)
        call, steps = world.calls[number], made[number]
        if kind == 1:
            queue = queues[chosen]
            queue.waiting.append((at, number, len(steps)))
            _start(world, queue, at, events, chosen, key)
            continue
        if kind == 2:
            queue = queues[chosen]
            plans[call.job].append(queue.bench.assignment(call, len(steps), UnixSeconds(at)))
            steps += steps_of(plans[call.job][-1:])
            _start(world, queue, at, events, chosen, key)
        if len(steps) == len(call.operations):
            continue
        index = len(steps)
        best = None
        for position, queue in enumerate(queues):
            if not covers(queue.bench.machine.capability, call.operations[index], call.part):
                continue
            way = travel_time(steps[-1].site, queue.bench.site) if steps else 0
            time = queue.bench.time(call, index)
            finish = max(at + way, max(queue.busy_until, at) + queue.work) + time
            quote = (queue.bench, UnixSeconds(at), UnixSeconds(finish))
            worth = _worth(call, quote, haste, 1, steps)
            if best is None or worth < best[0]:
                best = (worth, position, at + way, time)
        assert best is not None, "a world has every process"  # noqa: S101
        queues[best[1]].work += best[3]
        heappush(events, (best[2], 1, number, best[1], 0))
    return plans


def _start(
    world: World, queue: _Queue, at: int, events: list[tuple[int, int, int, int, int]], position: int, key: "_Key"
) -> None:
    if queue.busy_until > at or not queue.waiting:
        return
    chosen = min(queue.waiting, key=key)
    queue.waiting.remove(chosen)
    _arrival, number, index = chosen
    time = queue.bench.time(world.calls[number], index)
    queue.work -= time
    queue.busy_until = at + time
    heappush(events, (at + time, 2, number, position, 0))


_Key = Callable[[tuple[int, int, int]], tuple[float, int]]


def _keys(world: World) -> dict[str, _Key]:
    every = benches(world)
    work = [
        [
            min(b.time(call, i) for b in every if covers(b.machine.capability, o, call.part))
            for i, o in enumerate(call.operations)
        ]
        for call in world.calls
    ]
    return {
        "first come": lambda one: (one[0], one[1]),
        "shortest": lambda one: (work[one[1]][one[2]], one[1]),
        "heaviest per hour": lambda one: (-world.calls[one[1]].weights.hour / work[one[1]][one[2]], one[1]),
        "least work left": lambda one: (sum(work[one[1]][one[2] :]), one[1]),
        "most work left": lambda one: (-sum(work[one[1]][one[2] :]), one[1]),
    }


def ideals(world: World) -> dict[JobId, int]:
    """What each call would cost if it had the whole federation to itself: together a lower bound for everybody."""
    return {job: order.award.score for job, order in solo(world).items()}


def solo(world: World) -> dict[JobId, Order]:
    """Every call's order if it had the whole federation to itself."""
    empty = opened(world.providers)
    found = ((call.job, Exchange(now=call.earliest).auction(empty, call)) for call in world.calls)
    return {job: order for job, order in found if not isinstance(order, NoAward)}


def steps_of(assignments: Sequence[Assignment]) -> list[Step]:
    """Assignments as they count."""
    return [Step(one.site, one.finish, one.price, one.offer.co2) for one in assignments]
