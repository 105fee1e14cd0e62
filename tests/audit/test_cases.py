"""Two programs that share no code give the same outcome of every check, and the one that has to come out."""

import ast
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import audit
from ledger.bundle import Bundle, Design, Federation, Part, Step
from ledger.facts import EVENTS
from ledger.proofs import BlockProof, LogPlaces, Slots
from ledger.verdict import Outcome
from protocol.params import PROCESSES
from tests.audit import verifier
from tests.audit.cases import Case, cases
from tests.audit.make_vectors import EXPECTED as PATH
from tests.audit.make_vectors import failing, outcomes, trusted
from tests.audit.tamper import tamper

CASES = cases()
EXPECTED = json.loads(PATH.read_text())


def theirs(report: Any) -> dict[str, str]:
    found = {check["what"]: check["outcome"] for check in report["checks"]}
    for part in report["parts"]:
        found |= {f"{part['number']}/{check['what']}": check["outcome"] for check in part["checks"]}
    return found


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_both_verifiers_say_what_has_to_come_out(case: Case) -> None:
    report = audit(case.content, case.given.trust)
    other = verifier.report(case.content, case.given)
    assert outcomes(report) == theirs(other)
    assert failing(outcomes(report)) == EXPECTED[case.name]
    assert report.verdict.value == other["verdict"]
    assert [part.serial for part in report.parts] == [part["serial"] for part in other["parts"]]


def test_nothing_is_expected_of_a_case_that_is_gone() -> None:
    assert set(EXPECTED) == {case.name for case in CASES}


def test_what_is_tampered_with_never_holds() -> None:
    sound = {name for name, failing_ in EXPECTED.items() if not failing_}
    assert sound == {
        "the truth",
        "a lot of three",
        "two parts of a lot",
        "one operation",
        "seven operations",
        "a bid that lost",
        "a better maker",
        "a better maker of the second of two operations",
        "a maker that stood in",
        "premiums as the rules allow",
        "a passport that is none",
        "two signers vouch",
        "no vouchers",
        "registrations that were renewed after the work",
        "acceptances withheld",
        "a licence that was revoked after the work",
        "nobody witnesses the logs",
        "a consistency proof withheld",
        "what nobody needs withheld",
    }


def test_a_changed_byte_is_never_accepted_and_both_verifiers_say_why_alike() -> None:
    tally = tamper(150, seed=20260)
    assert tally.accepted == []
    assert sum(tally.ours.values()) == sum(tally.theirs.values()) == 150


@pytest.mark.parametrize("name", ["the truth", "two signers vouch", "a reorganised anchor", "an unknown block"])
def test_the_standalone_verifier_is_a_program_of_its_own(name: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == name)
    (tmp_path / "part.bundle").write_bytes(case.content)
    given = trusted(case.given)
    (tmp_path / "deployment.json").write_text(json.dumps(given["deployment"]))
    arguments = [f"--checkpoint={text}" for text in given["checkpoints"]]
    arguments += [f"--signer={text}" for text in given["signers"]]
    command = (sys.executable, "-I", str(verifier.PATH), "part.bundle", "--deployment", "deployment.json", *arguments)
    done = subprocess.run(
        (*command, f"--quorum={given['quorum']}", "--json"), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    verdict = json.loads(done.stdout)["verdict"]
    assert verdict == audit(case.content, case.given.trust).verdict.value
    assert done.returncode == {"holds": 0, "contradicted": 3, "not checkable": 5}[verdict]


def test_the_standalone_verifier_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    tree = ast.parse(verifier.PATH.read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"cryptography"}


def test_both_verifiers_know_the_same_processes_in_the_same_order() -> None:
    assert list(verifier.VERIFIER.PROCESSES.items()) == list(PROCESSES.items())


def test_the_reference_lists_every_field_of_a_bundle_in_its_order() -> None:
    page = (verifier.PATH.parents[1] / "reference" / "bundle.md").read_text()
    for kind in (Bundle, Federation, Design, Part, Step, BlockProof, LogPlaces, Slots):
        table = page.split(f"| `{kind.__name__}` | | |")[1].split("\n\n")[0]
        named = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
        assert named == [field.name for field in fields(kind)], kind.__name__
    for said in EVENTS:
        assert f".{said.__name__}(" in page


def test_every_check_is_contradicted_by_some_case() -> None:
    contradicted = {
        what.split("/")[-1] for case in EXPECTED.values() for what, o in case.items() if o == "contradicted"
    }
    names = {what.split("/")[-1] for what in outcomes(audit(CASES[0].content, CASES[0].given.trust))}
    assert names - contradicted == {"deployment"}
    assert any(Outcome.NOT_CHECKABLE.value in case.values() for case in EXPECTED.values())
