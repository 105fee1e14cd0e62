"""Proposals, rule packs and pauses against the real contracts, told from the beginning again and again."""

import pytest

from tests.contracts import stories
from tests.contracts.federation import Scene

ENOUGH = 20
"""How often each edge must have been taken."""


@pytest.mark.slow
def test_proposals_packs_and_pauses_take_every_edge_and_no_other(deployed: Scene) -> None:
    edges = stories.run(deployed, ENOUGH)
    assert all(edges[edge] >= ENOUGH for edge in stories.EDGES)
