"""The trees are the specification: every function that changes something has one, and every leaf is a test."""

import json
import re
from pathlib import Path

import pytest

from ledger import bindings

HERE = Path(__file__).parent
TREES = sorted((HERE / "trees").glob("*.tree"))
STANDARD = {
    "Members": {"delegate", "delegateBySig", "withdraw"},
    "Disputes": {"withdraw"},
    "Passports": {"approve", "setApprovalForAll", "transferFrom", "safeTransferFrom"},
}
"""What the library specifies, and what the tree of ``Orders`` says for every escrow."""


def _changing(contract: str) -> set[str]:
    artefact = Path(bindings.__file__).parent / "artefacts" / f"{contract}.json"
    abi = json.loads(artefact.read_text())["abi"]
    functions = (entry for entry in abi if entry["type"] == "function")
    return {entry["name"] for entry in functions if entry["stateMutability"] not in ("view", "pure")}


@pytest.mark.parametrize("path", TREES, ids=[path.stem for path in TREES])
def test_every_function_that_changes_something_has_a_tree(path: Path) -> None:
    roots = set(re.findall(rf"^{path.stem}\.(\w+)$", path.read_text(), re.MULTILINE))
    assert _changing(path.stem) - STANDARD.get(path.stem, set()) <= roots


@pytest.mark.parametrize("path", TREES, ids=[path.stem for path in TREES])
def test_every_leaf_is_a_test(path: Path) -> None:
    tests = {
        name
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^def test_(\w+)", file.read_text(), re.MULTILINE)
    }
    leaves = {leaf.replace(" ", "_") for leaf in re.findall(r"── (.+)$", path.read_text(), re.MULTILINE)}
    assert leaves
    assert leaves <= tests
