"""Writes the cases as files for other implementations: ``NAME.bundle`` and ``NAME.json`` each.

    python -m tests.audit.make_vectors FOLDER       write bundles, what is trusted, and what has to come out
    python -m tests.audit.make_vectors --expect     take today's outcomes as those that have to come out

The JSON holds the arguments of ``docs/verifier/verify.py`` (``deployment``, ``checkpoints``, ``signers``, ``quorum``),
the verdict, and every check that does not hold; those of a part begin with its number.
"""

import json
import sys
from pathlib import Path
from typing import Any

from ledger.audit import audit
from ledger.verdict import Report
from tests.audit.cases import Case, Given, cases

EXPECTED = Path(__file__).parent / "expected.json"


def main(arguments: list[str]) -> int:
    if arguments == ["--expect"]:
        found = {case.name: failing(outcomes(audit(case.content, case.given.trust))) for case in cases()}
        EXPECTED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return 0
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases():
        name = case.name.replace(" ", "-").replace("'", "")
        (folder / f"{name}.bundle").write_bytes(case.content)
        (folder / f"{name}.json").write_text(json.dumps(described(case), indent=1) + "\n")
    return 0


def described(case: Case) -> dict[str, Any]:
    report = audit(case.content, case.given.trust)
    return {**trusted(case.given), "verdict": report.verdict.value, "not holding": failing(outcomes(report))}


def trusted(given: Given) -> dict[str, Any]:
    named = given.federation
    contracts = ("members", "designs", "provenance", "orders", "passports")
    return {
        "deployment": None
        if named is None
        else {"chain_id": named.chain, **{name: "0x" + getattr(named, name).hex() for name in contracts}},
        "checkpoints": [f"{number}:0x{found.hex()}" for number, found in sorted(given.blocks.items())],
        "signers": [signer.hex() for signer in given.signers],
        "quorum": given.quorum,
    }


def outcomes(report: Report) -> dict[str, str]:
    """Outcome of every check by name; those of parts begin with the part's number."""
    found = {check.what: check.outcome.value for check in report.checks}
    for part in report.parts:
        found |= {f"{part.number}/{check.what}": check.outcome.value for check in part.checks}
    return found


def failing(found: dict[str, str]) -> dict[str, str]:
    return {what: outcome for what, outcome in found.items() if outcome != "holds"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
