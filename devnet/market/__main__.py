"""``python -m devnet.market --seeds N``: plays N markets; the last line says how many, and how many violations.

Markets of several seeds are played side by side, one process for each core.
"""

import argparse
import os
import sys
from collections import Counter
from multiprocessing import get_context
from time import monotonic

from devnet.market.behaviour import Buyer, Shop
from devnet.market.simulation import kind_of, play

STACKED = 100
"""Markets that a process plays before another takes its place, so that none grows."""


def main() -> None:
    """Play, tell how the orders ended, and fail if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed; a run that was cut goes on from there")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    columns: dict[str, Counter[str]] = {what: Counter() for what in ("orders", "refusals", "cheats", "repairs")}
    violations, began = 0, monotonic()
    seeds = sorted(range(given.first, given.first + given.seeds), key=lambda seed: (-kind_of(seed).jobs, seed))
    with get_context("spawn").Pool(given.processes, maxtasksperchild=STACKED) as pool:
        for count, played in enumerate(pool.imap_unordered(play, seeds), start=1):
            columns["orders"] += played.ended
            columns["refusals"] += played.refusals
            columns["cheats"] += played.cheats
            columns["repairs"] += played.repairs
            violations += len(played.violations)
            for line in played.violations:
                print(f"seed {played.seed}: {line}", flush=True)
            if count % 100 == 0:
                print(f"{count:,} seeds after {monotonic() - began:,.0f} s, {violations} violations", flush=True)
    for what, counts in columns.items():
        print(f"\n{what}")
        for name, number in counts.most_common():
            print(f"{number:12,}  {name}")
    never = sorted({one.value for one in (*Shop, *Buyer)} - {Shop.HONEST.value} - columns["cheats"].keys())
    print(f"\ncheats that nobody tried: {', '.join(never) or 'none'}")
    print(f"{given.seeds} seeds, {violations} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
