"""CPU time of audits, beside the standalone verifier's and beside the bare cost of the signatures that both check.

Bundles are made on a paper chain (``tests.audit.world``) before any clock runs.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from ledger.audit import audit
from protocol.signed import public_key, signer_of, verify_bytes
from protocol.wire import encode
from tests.audit import verifier
from tests.audit.cases import Given, true

STEPS = 20
LOT = 1_000
LOT_STEPS = 3
IMPORTS = {
    "guildmark audit": "import ledger.audit",
    "standalone": f"import runpy; runpy.run_path({str(verifier.PATH)!r}, run_name='verifier')",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--parts", type=int, default=LOT)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [part_row(given.rounds), lot_row(given.parts), start_row()]
    if given.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'':40} {'guildmark audit':>16} {'standalone':>12} {'signatures only':>16}  bar")
    for row in rows:
        floor = "-" if row["floor"] is None else f"{row['floor']:,.1f}"
        print(f"{row['what']:40} {row['ours']:>16,.1f} {row['standalone']:>12,.1f} {floor:>16}  {row['bar']}")


def part_row(rounds: int) -> dict[str, Any]:
    bundle, given = true(operations=STEPS)
    content = encode(bundle)
    return {
        "what": f"{STEPS}-step part, {len(content):,} bytes, ms",
        "ours": 1e3 * median(rounds, lambda: ours(content, given)),
        "standalone": 1e3 * median(rounds, lambda: standalone(content, given)),
        "floor": 1e3 * median(rounds, lambda: signatures(STEPS + 20)),
        "bar": "< 100 ms",
    }


def lot_row(parts: int) -> dict[str, Any]:
    bundle, given = true(operations=LOT_STEPS, quantity=parts, parts=tuple(range(1, parts + 1)))
    content = encode(bundle)
    return {
        "what": f"lot of {parts:,} parts of {LOT_STEPS} steps, parts/s",
        "ours": parts / median(1, lambda: ours(content, given)),
        "standalone": parts / median(1, lambda: standalone(content, given)),
        "floor": parts / median(1, lambda: signatures(parts * LOT_STEPS)),
        "bar": ">= 200 parts/s",
    }


def start_row() -> dict[str, Any]:
    cpu = {name: child_cpu(program) - child_cpu("pass") for name, program in IMPORTS.items()}
    return {
        "what": "imports, ms",
        "ours": 1e3 * cpu["guildmark audit"],
        "standalone": 1e3 * cpu["standalone"],
        "floor": None,
        "bar": "-",
    }


def ours(content: bytes, given: Given) -> None:
    assert audit(content, given.trust).verdict.value == "holds"


def standalone(content: bytes, given: Given) -> None:
    verifier.VERIFIER.keccak.cache_clear()
    assert verifier.report(content, given)["verdict"] == "holds"


def signatures(count: int) -> None:
    """Check ``count`` Ed25519 signatures of 2 kB, about a record each."""
    seed, message = b"s" * 32, b"m" * 2_000
    key = public_key(seed)
    signature = signer_of(seed).sign(message)
    for _ in range(count):
        verify_bytes(key, message, signature, "never")


def median(rounds: int, work: Callable[[], None]) -> float:
    """CPU seconds of this process."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def child_cpu(program: str) -> float:
    timed = f"import time; {program}; print(time.process_time())"
    return float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
