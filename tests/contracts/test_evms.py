"""What is shown on revm holds on py-evm, which the embedded chain runs on."""

from collections import Counter

import pytest

from tests.contracts.federation import PATIENT, deploy
from tests.contracts.histories import Histories
from tests.contracts.pair import populate
from tests.contracts.pyevm import PyEvm

SEED = 7


@pytest.mark.slow
def test_a_history_is_the_same_on_the_embedded_chain_s_evm() -> None:
    scene = deploy(PyEvm())
    populate(scene)
    scene.adopt(PATIENT)
    edges: Counter[str] = Counter()
    history = type("HistoryHere", (Histories,), {"scene": scene, "edges": edges, "known": Counter()})()
    history.progress(SEED)
    history.teardown()
    assert edges.total() > Histories.STEPS
