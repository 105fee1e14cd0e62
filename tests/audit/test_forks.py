"""A part whose routing forks and joins: both programs check its steps and its award."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.audit import audit
from protocol.facts import StepFacts
from protocol.ids import Digest
from protocol.params import INSPECTION, MILLING
from protocol.production import continued
from protocol.wire import encode
from tests.audit import verifier
from tests.audit.cases import Given, true
from tests.audit.make_vectors import failing, outcomes
from tests.audit.test_cases import theirs
from tests.audit.world import Plan, World
from tests.unit.protocol.examples import operation

FORKED = (
    operation(0, MILLING),
    replace(operation(1, MILLING), after=()),
    replace(operation(2, INSPECTION), after=(0, 1)),
)


def found(content: bytes, given: Given) -> tuple[dict[str, str], dict[str, str]]:
    """What does not hold, for each of the two."""
    ours, others = outcomes(audit(content, given.trust)), theirs(verifier.report(content, given))
    assert ours.keys() == others.keys()
    return failing(ours), failing(others)


def forked(**changes: Any) -> tuple[bytes, Given]:
    bundle, given = true(call_changes={"operations": FORKED}, **changes)
    return encode(bundle), given


def test_a_part_that_was_joined_holds_for_both() -> None:
    assert found(*forked()) == ({}, {})


@pytest.mark.parametrize("which", ["one of the two", "in the wrong order", "the design"])
def test_a_join_that_does_not_continue_all_its_parts_is_contradicted_by_both(which: str) -> None:
    made = World(Plan(call_changes={"operations": FORKED})).records
    first, second = made[0][0].digest, made[1][0].digest
    wrong = {"one of the two": first, "in the wrong order": continued([second, first]), "the design": Digest(b"d" * 32)}

    def tell(facts: StepFacts) -> StepFacts:
        return replace(facts, previous=wrong[which]) if facts.operation == 2 else facts

    ours, others = found(*forked(tell=tell))
    contradicted = [what for what, outcome in ours.items() if outcome == "contradicted"]
    assert any("step 3" in what for what in contradicted)
    assert contradicted == [what for what, outcome in others.items() if outcome == "contradicted"]
