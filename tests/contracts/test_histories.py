"""Random histories of a whole federation: every edge of every state machine, and every cent."""

import pytest

from tests.contracts.federation import Scene
from tests.contracts.histories import EDGES
from tests.contracts.invariants import run

ENOUGH = 20
"""How often each edge must have been taken."""

MOST_BATCHES = 40


@pytest.mark.slow
def test_random_histories_keep_every_cent_and_reach_every_edge(deployed: Scene) -> None:
    edges = run(deployed, ENOUGH, most_batches=MOST_BATCHES)
    assert all(edges[edge] >= ENOUGH for edge in EDGES), {edge: edges[edge] for edge in sorted(EDGES)}
