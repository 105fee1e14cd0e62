"""All nodes come to hold all bulletins, whatever the network did meanwhile; a seed is a history, bit for bit."""

import os
import subprocess
import sys

import pytest

from tests.network.convergence import BOUND, NODES, run

SEEDS = 20
TALK = 0.1
"""Each node's chance to speak in each of the three rounds; the long run (``make converge``) lets all speak."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_all_nodes_hold_all_bulletins_half_a_minute_after_the_cut_is_healed(seed: int) -> None:
    outcome = run(seed, NODES, TALK)
    assert outcome.bulletins > 0
    assert outcome.seconds <= BOUND


def test_a_seed_replays_bit_for_bit_in_another_process_with_another_hash_seed() -> None:
    program = "from tests.network.convergence import run; print(run(3, 6).trace)"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    here = run(3, 6)
    assert here.trace == there.stdout.strip()
    assert here.trace != run(4, 6).trace
