"""The award rule, its verification and clearing, in CPU milliseconds; CP-SAT solves the same instances beside it.

make bench AREA=auction                    a minute or two
make bench AREA=auction ARGS="--peer 600"  give CP-SAT ten minutes for each instance instead of twenty seconds
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from statistics import median
from time import process_time

from protocol.award import Award, choose
from protocol.clearing import Contest, certify, check_clearing, clear, total
from protocol.ids import JobId
from protocol.recheck import recheck
from protocol.transcript import write
from protocol.units import Cents
from tests.auction.markets import BEACON, Kind, auction
from tests.auction.sealed import held_without_places, large
from tests.auction.solver import Model

REPEATS = 5


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--peer", type=float, default=20, help="wall seconds that CP-SAT has for each instance")
    chosen = arguments.parse_args()
    awards(chosen.peer)
    verification()
    clearing()
    return 0


def awards(limit: float) -> None:
    print("award: median of 4 auctions, windows of up to 10 h, 5 % bundles, 30 % price curves")
    print(f"  {'operations x offers':22} {'providers':>9} {'dp/1 ms':>9} {'bar':>5}   {'CP-SAT':>22}")
    for operations, offers, providers, bar in ((5, 40, 10, None), (5, 200, 40, 10), (8, 1000, 200, 150)):
        kind = Kind(operations=operations, offers=offers, providers=providers, bundles=0.05)
        spent = []
        for seed in range(4):
            asked = auction(seed, kind)
            spent.append(fastest(partial(choose, asked.terms, asked.bids, BEACON)))
        peer = "not run" if offers > 200 else solved(auction(0, kind), limit)
        size = f"{operations} x {offers}"
        print(f"  {size:22} {providers:9} {median(spent) * 1e3:9.1f} {bar or '':>5}   {peer:>22}")


def solved(asked: object, limit: float) -> str:
    began = process_time()
    try:
        Model(asked.terms, asked.bids).optimum(seconds=limit)  # type: ignore[attr-defined]
    except AssertionError:
        return f"no proof in {process_time() - began:.0f} s CPU"
    return f"{(process_time() - began) * 1e3:.0f} ms"


def verification() -> None:
    print("verify one transcript: signatures, seals, decoding, award; the places of losers left out")
    print(f"  {'offers (providers)':22} {'kB':>9} {'ms':>9} {'bar':>5}")
    for operations, offers, providers, bar in ((5, 200, 40, 10), (8, 1000, 200, 200)):
        kind = Kind(operations=operations, offers=offers, providers=providers, bundles=0)
        spent, size = [], 0
        for seed in range(3):
            file = write(held_without_places(*large(seed, kind)))
            size = len(file)
            spent.append(fastest(partial(recheck, file, places=False)))
        name = f"{operations * offers} ({providers})"
        print(f"  {name:22} {size / 1000:9.0f} {median(spent) * 1e3:9.1f} {bar:5}")


def clearing() -> None:
    print("clear: jobs of 4 operations, 10 of 200 providers bid; every transcript verified, cryptography included")
    print(f"  {'offers a job':22} {'jobs/s':>9} {'bar':>5} {'us an offer':>12}")
    for offers in (5, 10, 20):
        kind = Kind(operations=4, offers=offers, providers=10, bundles=0)
        files = [write(held_without_places(*large(seed, kind))) for seed in range(20)]
        spent = fastest(lambda some=files: [recheck(file, places=False) for file in some])  # type: ignore[misc]
        rate = len(files) / spent
        print(f"  {offers * 4:<22} {rate:9.0f} {200 if offers == 5 else '':>5} {1e6 / rate / (offers * 4):12.0f}")
    print("batches with a certificate: machines are wanted by several jobs")
    print(f"  {'jobs':22} {'placed':>9} {'clear ms':>9} {'certify ms':>11} {'check ms':>9} {'proved gap':>11}")
    for jobs, providers in ((10, 20), (40, 60)):
        lots = batch(jobs, Kind(operations=4, offers=20, providers=providers, machines=2, bundles=0, width=0))
        outcomes = clear(lots, BEACON)
        score = total(lots, outcomes)
        certificate = certify(lots, score)
        times = [
            fastest(partial(clear, lots, BEACON), 1),
            fastest(partial(certify, lots, score), 1),
            fastest(partial(check_clearing, lots, outcomes, certificate), 1),
        ]
        placed = sum(isinstance(outcome, Award) for outcome in outcomes)
        share = check_clearing(lots, outcomes, certificate) / certificate.bound
        columns = " ".join(f"{time * 1e3:{width}.0f}" for time, width in zip(times, (9, 11, 9), strict=True))
        print(f"  {jobs:<22} {placed:9} {columns} {share * 100:9.2f} %")


def batch(jobs: int, kind: Kind) -> list[Contest]:
    """Jobs with different windows and prices for the same machines."""
    lots = []
    for number in range(jobs):
        job = JobId(sha256(bytes([number])).digest())
        asked = auction(number, kind, budget=Cents(500_000), job=job)
        lots.append(Contest(terms=asked.terms, bids=asked.bids))
    return lots


def fastest(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """CPU seconds of the fastest run; the machine's other work does not count."""
    spent = []
    for _ in range(repeats):
        began = process_time()
        work()
        spent.append(process_time() - began)
    return min(spent)


if __name__ == "__main__":
    sys.exit(main())
