"""Bid menus on full shops: CPU time, and how much dearer they are than ten times the solver's effort finds.

Shops of 10 to 1,000 committed operations on 3 to 30 machines with nights, weekends, weekly maintenance, six set-up
families and promises of different slack; a query asks half of the machines for one more operation.
"""

import argparse
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import mean
from time import process_time

from node.planner import menu
from node.planner.bidding import MENU
from node.planner.machine import Changeover, Changeovers, Family, Machine, Pace, Power, Rates
from node.planner.menu import Bench, Found, improved, openings
from node.planner.polish import polished
from node.planner.schedule import Schedule, Task, idle
from node.planner.shifts import Calendar, Closure, Shift
from node.planner.solver import EFFORT
from node.planner.timeline import Request
from protocol.capability import Capability
from protocol.ids import MachineId, MaterialCode
from protocol.job import Envelope
from protocol.params import MAX_OFFERS, MILLING
from protocol.units import BasisPoints, Cents, CubicMillimetres, Grams, Micrometres, Seconds, UnixSeconds

DAY, HOUR = 24 * 3600, 3600
EPOCH = UnixSeconds(1_800_000_000 - (1_800_000_000 - 4 * DAY) % (7 * DAY))
"""A Monday."""

SIZES = ((10, 3), (50, 5), (200, 10), (1000, 10), (1000, 30))
FAMILIES = [Family(f"family {number}") for number in range(6)]
SPAN = 8 * HOUR
HASTES = (120, 600, 3000)
"""Cents that a customer may give for an hour."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=100)
    given = parser.parse_args()
    print("CPU ms per menu. Excess: price + haste x finish above the best of the row, % of the work's own cost,")
    print(f"for hastes of {', '.join(str(haste // 100) for haste in HASTES)} an hour. 10x: ten times the effort.")
    columns = (("fast", 9), ("improved", 12), ("10x", 8))
    heads = (f"{name + ' p50':>{width}} {'p99':>6} {'excess':>17}" for name, width in columns)
    print(f"{'operations':>10} {'machines':>8} | " + " | ".join(heads))
    for operations, machines in SIZES:
        print(row(operations, machines, given.queries), flush=True)


def row(operations: int, machines: int, queries: int) -> str:
    rng = random.Random(42)  # noqa: S311  # the same shop every time
    schedule = polished(shop(operations, machines, rng), now=EPOCH)
    last = max(task.start for task in schedule.tasks)
    times: dict[str, list[float]] = {"fast": [], "improved": [], "10x": []}
    excess: dict[str, list[list[float]]] = {name: [[] for _ in HASTES] for name in times}
    for _ in range(queries):
        ready = UnixSeconds(rng.randint(EPOCH + 6 * HOUR, EPOCH + int((last - EPOCH) * 0.6)))
        benches, costs, found = asked(schedule, ready, rng, times["fast"])
        results = {"fast": found, "improved": list(found), "10x": list(found)}
        for name, effort, neighbours in (("improved", EFFORT, menu.NEIGHBOURS), ("10x", 10 * EFFORT, 12)):
            fresh = [replace(bench, orders={}) for bench in benches]
            began = process_time()
            results[name] += improved(fresh, found, costs, HASTES, effort=effort, neighbours=neighbours)
            times[name].append(1000 * (process_time() - began) + times["fast"][-1])
        for number, haste in enumerate(HASTES):
            scores = {name: score(places, benches, costs, haste) for name, places in results.items()}
            best, own = min(scores.values()), min(costs) * HOUR
            for name, value in scores.items():
                excess[name][number].append(100 * (value - best) / own)
    cells = [
        f"{quantile(times[name], 0.5):{width}.1f} {quantile(times[name], 0.99):6.1f} "
        + "/".join(f"{mean(values):5.1f}" for values in excess[name])
        for name, width in (("fast", 9), ("improved", 12), ("10x", 8))
    ]
    return f"{operations:10} {machines:8} | " + " | ".join(cells)


def asked(
    schedule: Schedule, ready: UnixSeconds, rng: random.Random, times: list[float]
) -> tuple[list[Bench], list[int], list[Found]]:
    """Benches, what the work costs on each, and the fast menu."""
    chosen = [machine for machine in schedule.machines if rng.random() < 0.5] or list(schedule.machines[:1])
    family, base = rng.choice(FAMILIES), rng.choice((60, 120, 180, 240, 360))
    lengths = [60 * max(15, int(base * rng.uniform(0.8, 1.3))) for _ in chosen]
    began = process_time()
    benches = []
    for machine, length in zip(chosen, lengths, strict=True):
        first = machine.calendar.worked(ready)
        request = Request(first, first + 30 * DAY, length, family)
        timeline = schedule.roster(machine.name).lane.timeline
        now = machine.calendar.worked(EPOCH)
        benches.append(Bench(timeline=timeline, request=request, rate=machine.rates.hour, now=now))
    most = min(MENU, -(-MAX_OFFERS * 3 // 4 // len(benches)))
    found = [
        Found(index, place)
        for index, bench in enumerate(benches)
        for place in openings(bench, targets(bench.request, most), most=most, span=SPAN)
    ]
    times.append(1000 * (process_time() - began))
    costs = [machine.rates.hour * length // HOUR for machine, length in zip(chosen, lengths, strict=True)]
    return benches, costs, found


def targets(request: Request, most: int) -> Iterable[int]:
    return (request.ready + (request.last - request.ready) * index**3 // most**3 for index in range(most))


def score(found: Sequence[Found], benches: Sequence[Bench], costs: Sequence[int], haste: int) -> int:
    return min(
        costs[one.bench] * HOUR
        + one.place.cost(benches[one.bench].rate)
        + haste * (one.place.start + benches[one.bench].request.length)
        for one in found
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def shop(operations: int, machines: int, rng: random.Random) -> Schedule:
    """Machines filled to about 80 %, in no particular order of families."""
    schedule = idle(machine(number, rng) for number in range(machines))
    names = [one.name for one in schedule.machines]
    free = dict.fromkeys(names, 0)
    last = dict.fromkeys(names, FAMILIES[0])
    tasks = []
    for number in range(operations):
        name = min(names, key=lambda one: free[one])
        one = schedule.machine(name)
        family = rng.choice(FAMILIES)
        length = 60 * rng.choice((45, 60, 90, 120, 180, 240, 300, 420))
        if rng.random() < 0.3:
            free[name] += 60 * rng.randint(60, 600)
        start = one.calendar.worked(EPOCH) + free[name] + one.changeovers.between(last[name], family)
        begins, ends = one.calendar.start(start), one.calendar.finish(start + length)
        wanted = ends + 60 * rng.choice((0, 120, 480, 1440, 2880, 4320))
        tasks.append(
            Task(
                key=f"task {number}",
                machine=name,
                earliest=UnixSeconds(max(EPOCH, begins - rng.randint(0, DAY))),
                due=UnixSeconds(wanted + 2 * DAY),
                start=begins,
                finish=ends,
                weight=Cents(60 * rng.choice((20, 50, 100))),
                wanted=UnixSeconds(wanted),
                family=family,
            )
        )
        free[name] = start + length - one.calendar.worked(EPOCH)
        last[name] = family
    return schedule.with_tasks(tasks)


def machine(number: int, rng: random.Random) -> Machine:
    closures = tuple(
        Closure(begins=UnixSeconds(at), ends=UnixSeconds(at + 4 * HOUR))
        for week in range(16)
        for at in (EPOCH + (7 * week + number % 5) * DAY + 10 * HOUR,)
    )
    shifts = tuple(
        Shift(opens=Seconds(day * DAY + 6 * HOUR), closes=Seconds(day * DAY + 22 * HOUR)) for day in range(5)
    )
    pairs = [(before, after) for before in FAMILIES for after in FAMILIES if before != after]
    return Machine(
        capability=Capability(
            machine=MachineId(f"machine {number:02}"),
            process=MILLING,
            materials=(MaterialCode("EN AW-6082"),),
            envelope=Envelope(length=Micrometres(1), width=Micrometres(1), height=Micrometres(1)),
            tolerance=Micrometres(20),
            max_mass=Grams(1),
        ),
        pace=Pace(setup=Seconds(0), volume=CubicMillimetres(1)),
        rates=Rates(hour=Cents(60 * rng.randint(60, 180)), margin=BasisPoints(0)),
        power=Power(watts=0),
        calendar=Calendar(shifts=shifts, closures=closures),
        changeovers=Changeovers(
            exceptions=tuple(
                Changeover(before=before, after=after, time=Seconds(60 * rng.choice((15, 30, 45))))
                for before, after in pairs
            )
        ),
    )


if __name__ == "__main__":
    main()
