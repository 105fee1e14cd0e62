"""The award rule, its verification and clearing, in CPU milliseconds; CP-SAT solves the same instances beside it.

make bench AREA=auction                    a minute or two
make bench AREA=auction ARGS="--peer 600"  give CP-SAT ten minutes for each instance instead of twenty seconds
make bench AREA=auction ARGS="--only verification"
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from statistics import median
from time import process_time

from protocol.award import Award, choose
from protocol.clearing import Contest, certify, check_clearing, clear, total
from protocol.ids import JobId
from protocol.recheck import recheck
from protocol.signed import verify
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, ROLL
from protocol.transcript import Transcript, write
from protocol.units import Cents
from tests.auction.markets import BEACON, Auction, Kind, auction
from tests.auction.sealed import held_without_places, large
from tests.auction.solver import Model

REPEATS = 7
AUCTIONS = 9
"""Distinct ones for a median."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--peer", type=float, default=20, help="wall seconds that CP-SAT has for each instance")
    tables = {"awards": awards, "verification": verification, "clearing": clearing}
    arguments.add_argument("--only", choices=tables, help="one table instead of all")
    chosen = arguments.parse_args()
    for name, table in tables.items():
        if chosen.only in (None, name):
            table(chosen.peer)
    return 0


def awards(limit: float) -> None:
    print(f"award: median of {AUCTIONS} auctions, windows of up to 10 h, 5 % bundles, 30 % price curves")
    print(f"  {'operations x offers':22} {'providers':>9} {'dp/1 ms':>9} {'bar':>5}   {'CP-SAT':>22}")
    for operations, offers, providers, bar in ((5, 40, 10, None), (5, 200, 40, 10), (8, 1000, 200, 150)):
        kind = Kind(operations=operations, offers=offers, providers=providers, bundles=0.05)
        asked = [auction(seed, kind) for seed in range(AUCTIONS)]
        spent = median(each_fastest([partial(choose, one.terms, one.bids, BEACON) for one in asked]))
        peer = "not run" if offers > 200 else solved(asked[0], limit)
        size = f"{operations} x {offers}"
        print(f"  {size:22} {providers:9} {spent * 1e3:9.1f} {bar or '':>5}   {peer:>22}")


def solved(asked: Auction, limit: float) -> str:
    began = process_time()
    try:
        Model(asked.terms, asked.bids).optimum(seconds=limit)
    except AssertionError:
        return f"no proof in {process_time() - began:.0f} s CPU"
    return f"{(process_time() - began) * 1e3:.0f} ms"


def verification(_: float) -> None:
    print(
        f"verify: median of {AUCTIONS} transcripts; signatures, seals, decoding, award; the places of losers left out"
    )
    print(f"  {'offers (providers)':22} {'kB':>9} {'ms':>9} {'bar':>5}   {'Ed25519 alone':>22}")
    for operations, offers, providers, bar in ((5, 200, 40, 10), (8, 1000, 200, 200)):
        kind = Kind(operations=operations, offers=offers, providers=providers, bundles=0)
        held = [held_without_places(*large(seed, kind)) for seed in range(AUCTIONS)]
        files = [write(transcript) for transcript in held]
        spent = median(each_fastest([partial(recheck, file, places=False) for file in files]))
        alone = median(each_fastest([partial(signatures, transcript) for transcript in held]))
        name, size = f"{operations * offers} ({providers})", median(map(len, files)) / 1000
        print(f"  {name:22} {size:9.0f} {spent * 1e3:9.1f} {bar:5}   {alone * 1e3:19.1f} ms")


def signatures(held: Transcript) -> None:
    """No other work than this must be done, however fast the rest is."""
    messages = [(CALL, held.call), (ROLL, held.roll), (AWARD, held.result)]
    messages += [(COMMITMENT, signed) for signed in held.commitments] + [(REPLY, signed) for signed in held.replies]
    for topic, signed in messages:
        verify(signed, topic)


def clearing(_: float) -> None:
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


def each_fastest(works: Sequence[Callable[[], object]]) -> list[float]:
    """CPU seconds of each one's fastest run; its runs lie apart, since a busy neighbour slows all within a second."""
    rounds = [[fastest(work, 1) for work in works] for _ in range(REPEATS)]
    return [min(runs) for runs in zip(*rounds, strict=True)]


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
