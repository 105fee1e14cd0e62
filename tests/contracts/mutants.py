"""Plants faults in the contracts, one at a time, and asks the tests to find them.

``python -m tests.contracts.mutants 120`` plants that many, spread evenly over all that can be planted (all of them with
0), prints what survived, and ends with ``killed K of N``; it fails below ``ENOUGH``. A fault is one changed operator,
bound or constant, one missing check or effect, or one swapped role. One that the compiler refuses, or that leaves the
bytecode as it was, is none.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger import deployment

ENOUGH = 0.95
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

TARGETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Orders.sol": ("Orders", ("test_orders.py", "test_bid_bonds.py", "test_deployment.py", "test_order_states.py")),
    "Disputes.sol": ("Disputes", ("test_disputes.py", "test_case_states.py")),
    "Members.sol": ("Members", ("test_members.py", "test_voting_power.py", "test_member_states.py")),
    "Escrow.sol": ("Orders", ("test_deployment.py", "test_orders.py")),
    "Designs.sol": ("Designs", ("test_designs.py", "test_licence_states.py")),
    "Provenance.sol": ("Provenance", ("test_provenance.py",)),
    "libraries/MerkleTree.sol": ("Provenance", ("test_provenance.py",)),
    "Passports.sol": ("Passports", ("test_passports.py",)),
    "Rules.sol": ("Rules", ("test_rules.py",)),
    "Treasury.sol": ("Treasury", ("test_treasury.py",)),
}
"""Per source, the contract that it becomes part of, and the tests that answer for it."""

SWAPS = (
    (r" <= ", " < "),
    (r" >= ", " > "),
    (r" < ", " <= "),
    (r" > ", " >= "),
    (r" == ", " != "),
    (r" != ", " == "),
    (r" && ", " || "),
    (r" \|\| ", " && "),
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r" \+= ", " -= "),
    (r" -= ", " += "),
    (r"order\.customer\b", "treasury"),
    (r"work\.provider\b", "order.customer"),
    (r"matter\.customer\b", "matter.provider"),
    (r"matter\.provider\b", "matter.customer"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
)
"""Operators, bounds and roles."""

CHECK = re.compile(r"^\s+if \(.*\) revert .*;$")
EFFECT = re.compile(r"^\s+(emit |delete |_\w+\(|\w+(\.\w+|\[.*?\])+ [-+]?= |\w+\.slash\(|\w+ [-+]= ).*;$")
CONSTANT = re.compile(r"(constant \w+ = )(\d[\d_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One planted fault."""

    source: str
    line: int
    """Counted from 1."""

    before: str
    after: str
    """The whole line; empty when it is missing."""

    def text(self) -> str:
        """The source with the fault."""
        lines = (ROOT / "contracts" / "src" / self.source).read_text().splitlines(keepends=True)
        lines[self.line - 1] = self.after + "\n"
        return "".join(lines)

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.before.strip()}  ->  {self.after.strip() or '(nothing)'}"


def faults(source: str) -> Iterator[Mutant]:
    """Every fault that can be planted into one source."""
    for number, line in enumerate((ROOT / "contracts" / "src" / source).read_text().splitlines(), start=1):
        if line.lstrip().startswith(("//", "///", "import", "pragma", "function", "error", "event")):
            continue
        changed = [""] if CHECK.match(line) or EFFECT.match(line) else []
        changed += [
            line[: found.start()] + replacement + line[found.end() :]
            for pattern, replacement in SWAPS
            for found in re.finditer(pattern, line)
        ]
        changed += [CONSTANT.sub(lambda m: f"{m[1]}{int(m[2].replace('_', '')) + 1}", line)] * bool(
            CONSTANT.search(line)
        )
        for after in changed:
            yield Mutant(source=source, line=number, before=line, after=after)


def planted(count: int) -> list[Mutant]:
    """``count`` faults, spread evenly; all of them with 0."""
    every = [mutant for source in TARGETS for mutant in faults(source)]
    if not 0 < count < len(every):
        return every
    return [every[number * len(every) // count] for number in range(count)]


def compiled(mutants: list[Mutant]) -> dict[int, str]:
    """Creation code of each that compiles to something else, by its place in ``mutants``; in a process of its own,
    for the compiler's threads do not survive the forks that follow."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "codes.json"
        child = os.fork()
        if child == 0:
            answer.write_text(json.dumps(_compile_all(mutants)))
            os._exit(0)
        os.waitpid(child, 0)
        return {int(number): code for number, code in json.loads(answer.read_text()).items()}


def _compile_all(mutants: list[Mutant]) -> dict[int, str]:
    sys.path.insert(0, str(ROOT / "contracts"))
    from compiler import CompileError, Compiler  # type: ignore[import-not-found]  # a folder of scripts

    compiler = Compiler()
    codes: dict[int, str] = {}
    for number, mutant in enumerate(mutants):
        contract = TARGETS[mutant.source][0]
        main = (ROOT / "contracts" / "src" / f"{contract}.sol").read_text()
        sources = {f"{contract}.sol": main, mutant.source: mutant.text()}
        try:
            wanted = {f"{contract}.sol": {contract: ["evm.bytecode.object"]}}
            output: dict[str, Any] = compiler.compile(compiler.request(sources, wanted))
        except CompileError:
            continue
        code = output[f"{contract}.sol"][contract]["evm"]["bytecode"]["object"]
        if code != deployment.bytecode(contract).hex():
            codes[number] = code
    return codes


class Trial:
    """A pytest session that has collected its tests once, and runs them in a fork for each fault."""

    def __init__(self, mutants: list[Mutant], codes: dict[int, str]) -> None:
        self._mutants = mutants
        self._codes = codes
        self.survivors: list[Mutant] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once."""
        for number, code in self._codes.items():
            mutant = self._mutants[number]
            contract, files = TARGETS[mutant.source]
            items = [item for name in files for item in session.items if item.path.name == name]
            child = os.fork()
            if child == 0:
                deployment._artefact = _instead(contract, bytes.fromhex(code), deployment._artefact)  # whoever asks
                os._exit(_found(session, items))
            _, status = os.waitpid(child, 0)
            if os.waitstatus_to_exitcode(status) == 0:
                self.survivors.append(mutant)
                print(f"survived: {mutant}", flush=True)
        return True


def _found(session: pytest.Session, items: list[pytest.Item]) -> int:
    """1 as soon as a test fails; nothing is said about it."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def _instead(contract: str, code: bytes, otherwise: Callable[[str, str], bytes]) -> Callable[[str, str], bytes]:
    return lambda name, field: code if (name, field) == (contract, "bytecode") else otherwise(name, field)


def main() -> int:
    """Plant, test, report."""
    mutants = planted(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    codes = compiled(mutants)
    trial = Trial(mutants, codes)
    files = sorted({str(HERE / name) for number in codes for name in TARGETS[mutants[number].source][1]})
    arguments = ["-s", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:terminal", *files]
    if pytest.main(arguments, plugins=[trial]) != pytest.ExitCode.OK:
        return 2
    killed = len(codes) - len(trial.survivors)
    print(f"killed {killed} of {len(codes)}")
    return 0 if killed >= ENOUGH * len(codes) else 1


if __name__ == "__main__":
    sys.exit(main())
