"""Flexible job shops whose machines belong to different owners: how far re-auctions end from the best known span.

The instances are the public sets mk (Brandimarte) and dpp (Dauzère-Pérès and Paulli); every final schedule is checked.
"""

import argparse
import json
import os
import random
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import mean
from time import process_time

from devnet.market.critical import Floor, announce, orders, reauction
from devnet.market.dispatching import RULES, dispatched

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fjsp"
BARRED, BARS = 10_000, ("1.50", "3.00")
STEPS = (0, 10, 100, 1_000, 10_000, 100_000)
PUBLISHED = (
    ("graph network + reinforcement learning (HGNN-DRL, Song et al.)", "23.5 to 31.6", "10.3 to 10.5"),
    ("end-to-end multi-PPO (Lei et al.)", "20.0", "15.6"),
    ("best rule of that study (FIFO + earliest end)", "41.9", "17.9"),
)
"""Mean gaps, computed from the raw results that the authors of a comparison published; mk there is 12 instances."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--sets", default="mk,dpp")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    bounds = json.loads((given.data / "bounds.json").read_text())["bounds"]
    sets = given.sets.split(",")
    gaps: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in sets}
    print(f"{'instance':9} {'bounds':>11} {'span':>6} {'gap %':>6} {'rounds':>7} {'bids':>9} {'CPU s':>6}")
    with ProcessPoolExecutor(given.processes) as pool:
        for name in sets:
            paths = sorted(given.data.glob(f"{name}*.txt"))
            asked = [(path, *bounds[path.stem], given.rounds) for path in paths]
            for line, found in pool.map(auctioned, *zip(*asked, strict=True)):
                print(line, flush=True)
                for method, value in found.items():
                    gaps[name][method].append(value)
    print(f"\n{'mean % above the best known span':62} " + " ".join(f"{name:>13}" for name in sets))
    for method in gaps[sets[0]]:
        print(f"{method:62} " + " ".join(f"{mean(gaps[name][method]):13.2f}" for name in sets))
    if sets == ["mk", "dpp"]:
        print(f"{f'bars, after {BARRED:,} re-auctions':62} " + " ".join(f"{bar:>13}" for bar in BARS))
        for method, *figures in PUBLISHED:
            print(f"{method:62} " + " ".join(f"{figure:>13}" for figure in figures))


def auctioned(path: Path, low: int, high: int, rounds: int) -> tuple[str, dict[str, float]]:
    """One instance's line, and every method's gap in per cent."""
    floor = read(path)
    found = {f"dispatching, {rule}": gap(dispatched(floor, rule), high) for rule in RULES}
    starts = [announce(floor, order).span for order in orders(floor)]
    found["each operation auctioned once, job by job"] = gap(starts[0], high)
    trace: dict[int, int] = {0: min(starts)}
    began = process_time()
    outcome = reauction(floor, rounds, random.Random(1), bound=low, watch=trace.__setitem__)  # noqa: S311
    spent = process_time() - began
    check(floor, outcome.sequences, outcome.span)
    for step in [*(step for step in STEPS if step < rounds), rounds]:
        found[f"re-auctions of critical operations, {step:,}"] = gap(trace.get(step, outcome.span), high)
    line = (
        f"{path.stem:9} {low:5}-{high:5} {outcome.span:6} {gap(outcome.span, high):6.2f} "
        f"{outcome.rounds:7,} {outcome.bids:9,} {spent:6.1f}"
    )
    return line, found


def gap(span: int, best: int) -> float:
    return 100 * (span / best - 1)


def read(path: Path) -> Floor:
    """The standard text form: per job its operations, per operation its machines (from 0) and times."""
    lines = [[int(float(word)) for word in line.split()] for line in path.read_text().splitlines() if line.strip()]
    jobs = []
    for row in lines[1 : 1 + lines[0][0]]:
        words = iter(row)
        operations = [{next(words): next(words) for _ in range(next(words))} for _ in range(next(words))]
        jobs.append(tuple(operations))
    return Floor(machines=lines[0][1], jobs=tuple(jobs))


def check(floor: Floor, sequences: list[list[int]], span: int) -> None:
    """Play the sequences through, event by event, with none of the code under test."""
    times = floor.operations
    starts = {}
    first = 0
    job_of, last = {}, {}
    for number, job in enumerate(floor.jobs):
        for operation in range(first, first + len(job)):
            job_of[operation] = number
        last[number] = first
        first += len(job)
    free, ready = [0] * floor.machines, [0] * len(floor.jobs)
    queues = [list(sequence) for sequence in sequences]
    while any(queues):
        machine = next(m for m, queue in enumerate(queues) if queue and queue[0] == last[job_of[queue[0]]])
        operation = queues[machine].pop(0)
        job = job_of[operation]
        starts[operation] = max(free[machine], ready[job])
        free[machine] = ready[job] = starts[operation] + times[operation][machine]
        last[job] += 1
    assert len(starts) == first
    assert max(ready) == span


if __name__ == "__main__":
    main()
