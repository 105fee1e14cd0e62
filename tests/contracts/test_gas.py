"""What every step costs is what was committed, and within the bars."""

import json

import pytest

from tests.contracts.gas import SNAPSHOT, broken, measure


@pytest.mark.slow
def test_no_step_costs_more_than_its_bar_or_other_than_the_snapshot() -> None:
    assert broken(measure(), json.loads(SNAPSHOT.read_text())) == []
