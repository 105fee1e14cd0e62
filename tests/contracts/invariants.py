"""Random histories against the protocol's state machines, until every edge was taken often enough.

``python -m tests.contracts.invariants 1000`` is the long run, in one process for each core; it prints how often each
edge was taken, and fails on the first history that keeps a cent, loses one, or differs from the reference.
"""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context

from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts import stories
from tests.contracts.federation import PATIENT, Scene, deploy
from tests.contracts.histories import EDGES, Histories
from tests.contracts.pair import populate

BATCH = 2
"""Histories between two looks at the edges."""

STEPS = 6


def run(scene: Scene, enough: int, *, first: int = 0, most_batches: int | None = None) -> Counter[str]:
    """How often each edge was taken, once each was taken ``enough`` times or ``most_batches`` are over."""
    edges: Counter[str] = Counter()
    with scene.evm.undone():
        populate(scene)
        scene.adopt(PATIENT)
        for batch in count() if most_batches is None else range(most_batches):
            histories = type("HistoriesHere", (Histories,), {"scene": scene, "edges": edges, "known": Counter(edges)})
            run_state_machine_as_test(
                seed(first + batch)(histories),
                settings=settings(
                    max_examples=BATCH, stateful_step_count=STEPS, deadline=None, database=None, phases=[Phase.generate]
                ),
            )
            if all(edges[edge] >= enough for edge in EDGES):
                break
    return edges


def share(number: int, enough: int) -> Counter[str]:
    """One process's part of the long run; its histories are no other's."""
    scene = deploy()
    return run(scene, enough, first=number * 1_000_000) + stories.run(scene, enough, first=number * 1_000_000)


def main() -> int:
    """Run and print."""
    enough = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    parts = os.cpu_count() or 1
    with ProcessPoolExecutor(parts, mp_context=get_context("spawn")) as pool:
        edges = sum(pool.map(share, range(parts), [-(-enough // parts)] * parts), Counter[str]())
    every = EDGES | stories.EDGES
    for edge in sorted(every):
        print(f"{edge:<48} {edges[edge]:>8,}")
    least = min(edges[edge] for edge in every)
    print(f"{len(every)} edges, each taken {least:,} times or more, {edges.total():,} in all")
    return 0 if least >= enough else 1


if __name__ == "__main__":
    sys.exit(main())
