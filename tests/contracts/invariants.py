"""Random histories of orders against the reference, in batches, until every edge was taken often enough.

``python -m tests.contracts.invariants 1000`` is the long run; it prints how often each edge was taken, and fails on the
first history that keeps a cent, loses one, or differs from the reference.
"""

import sys
from collections import Counter
from itertools import count

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.federation import Scene, deploy
from tests.contracts.histories import EDGES, Histories

BATCH = 15
"""Histories between two looks at the edges."""

STEPS = 25


def run(scene: Scene, enough: int, most_batches: int | None = None) -> Counter[str]:
    """How often each edge was taken, once each was taken ``enough`` times or ``most_batches`` are over.

    Hypothesis draws from constants of whatever modules are loaded, so no fixed number of histories is sure to reach
    everything.
    """
    edges: Counter[str] = Counter()
    for batch in count() if most_batches is None else range(most_batches):
        histories = type("HistoriesHere", (Histories,), {"scene": scene, "edges": edges})
        run_state_machine_as_test(
            seed(batch)(histories),
            settings=settings(max_examples=BATCH, stateful_step_count=STEPS, deadline=None, database=None),
        )
        if all(edges[edge] >= enough for edge in EDGES):
            break
    return edges


def main() -> int:
    """Run and print."""
    enough = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    edges = run(deploy(), enough)
    for edge in sorted(EDGES):
        print(f"{edge:<32} {edges[edge]:>8,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
