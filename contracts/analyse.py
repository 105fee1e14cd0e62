"""Runs Slither over the contracts; every finding is explained in ``findings.txt`` or the run fails, and so does a stale line.

A finding has no line number there: its check and what it is about. Findings about OpenZeppelin alone are left out.
``make slither`` installs Slither beside the environment, because its pins are older than ours.
"""

import inspect
import json
import os
import re
import sys
from pathlib import Path

from compiler import CACHE, Compiler, our_sources
from crytic_compile import CryticCompile
from crytic_compile.platform.solc_standard_json import SolcStandardJson
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector
from solc import executable

EXPLAINED = Path(__file__).with_name("findings.txt")
PROJECT = CACHE.parent / "slither-project"
WANTED = {
    "*": {
        "*": ["abi", "devdoc", "userdoc", "metadata", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers"],
        "": ["ast"],
    }
}


def found() -> set[tuple[str, str]]:
    """Check and subject of everything that Slither reports of our own sources."""
    request = Compiler().request(our_sources(), WANTED)
    for name, source in json.loads(request)["sources"].items():
        path = PROJECT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source["content"])
    input_file = PROJECT / "input.json"
    input_file.write_text(request)
    os.chdir(PROJECT)
    compiler = str(executable(PROJECT))
    compiled = CryticCompile(
        SolcStandardJson(str(input_file)), solc=compiler, solc_working_dir=str(PROJECT), solc_disable_warnings=True
    )
    slither = Slither(compiled)
    for _, kind in inspect.getmembers(all_detectors, inspect.isclass):
        if issubclass(kind, AbstractDetector):
            slither.register_detector(kind)
    results = [result for detector in slither.run_detectors() for result in detector]
    return {(result["check"], _subject(result)) for result in results if _is_ours(result)}


def explained() -> set[tuple[str, str]]:
    """What ``findings.txt`` gives a reason for: a line ``check: reason``, then its subjects, indented."""
    entries: set[tuple[str, str]] = set()
    check = ""
    for line in EXPLAINED.read_text().splitlines():
        if heading := re.fullmatch(r"([\w-]+): \S.*", line):
            check = heading[1]
        elif line.strip():
            assert check, f"{EXPLAINED.name}: {line!r} stands below no check"
            entries.add((check, line.strip()))
    return entries


def main() -> int:
    """Compare and tell."""
    reported, known = found(), explained()
    for check, subject in sorted(reported - known):
        print(f"slither: {check}: {subject} is neither fixed nor explained in contracts/{EXPLAINED.name}")
    for check, subject in sorted(known - reported):
        print(f"slither: {check}: {subject} is not found any more; take its line out of contracts/{EXPLAINED.name}")
    print(f"slither: {len(reported)} findings, {len(reported & known)} of them explained")
    return 0 if reported == known else 1


def _subject(result: dict[str, object]) -> str:
    """The first thing that the finding is about, with its contract."""
    elements = result["elements"]
    assert isinstance(elements, list)
    first = elements[0]
    parents = []
    parent = first.get("type_specific_fields", {}).get("parent")
    while parent and parent["type"] in ("contract", "function"):
        parents.insert(0, parent["name"])
        parent = parent.get("type_specific_fields", {}).get("parent")
    if first["type"] in ("node", "variable") and parents[1:]:
        return ".".join(parents)
    return ".".join([*parents, first["name"]]) if first["type"] != "pragma" else "all"


def _is_ours(result: dict[str, object]) -> bool:
    elements = result["elements"]
    assert isinstance(elements, list)
    return any(not element["source_mapping"]["filename_relative"].startswith("@openzeppelin/") for element in elements)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the engine's threads can keep the interpreter from ending
