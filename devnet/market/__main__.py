"""``python -m devnet.market --seeds N``: plays N markets; the last line says how many, and how many violations."""

import argparse
import sys
from collections import Counter

from devnet.market.simulation import kind_of, play


def main() -> None:
    """Play, tell how the orders ended, and fail if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    given = parser.parse_args()
    ended: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    violations = 0
    for seed in range(given.first, given.first + given.seeds):
        played = play(seed, kind_of(seed))
        ended += played.ended
        refusals += played.refusals
        violations += len(played.violations)
        for line in played.violations:
            print(f"seed {seed}: {line}")
    for what, counts in (("orders", ended), ("refusals", refusals)):
        print(f"{what}: " + ", ".join(f"{count:,} {name}" for name, count in counts.most_common()))
    print(f"{given.seeds} seeds, {violations} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
