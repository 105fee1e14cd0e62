"""``python -m devnet.market --seeds N``: plays N markets; the last line says how many, and how many violations.

Markets of several seeds are played side by side, one process for each core.
"""

import argparse
import os
import sys
from collections import Counter
from multiprocessing import get_context
from time import monotonic

from devnet.market.simulation import kind_of, play

STACKED = 20
"""Markets that a process plays before another takes its place, so that none grows."""


def main() -> None:
    """Play, tell how the orders ended, and fail if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed; a run that was cut goes on from there")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    ended: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    violations, began = 0, monotonic()
    seeds = sorted(range(given.first, given.first + given.seeds), key=lambda seed: (-kind_of(seed).jobs, seed))
    with get_context("spawn").Pool(given.processes, maxtasksperchild=STACKED) as pool:
        for count, played in enumerate(pool.imap_unordered(play, seeds), start=1):
            ended += played.ended
            refusals += played.refusals
            violations += len(played.violations)
            for line in played.violations:
                print(f"seed {played.seed}: {line}", flush=True)
            if count % 100 == 0:
                print(f"{count:,} seeds after {monotonic() - began:,.0f} s, {violations} violations", flush=True)
    for what, counts in (("orders", ended), ("refusals", refusals)):
        print(f"{what}: " + ", ".join(f"{number:,} {name}" for name, number in counts.most_common()))
    print(f"{given.seeds} seeds, {violations} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
