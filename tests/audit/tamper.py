"""Changes one byte of a sound bundle, anywhere, again and again; both verifiers must accept none of the results.

    python -m tests.audit.tamper --count 10000 [--seed 4711]

The last line says how many were accepted; the exit code is 1 if any was.
"""

import argparse
import random
import sys
from collections import Counter
from dataclasses import dataclass, field

from ledger.audit import audit
from protocol.wire import encode
from tests.audit import verifier
from tests.audit.cases import true


@dataclass
class Tally:
    """Verdicts by verifier, and which tampers were accepted by any."""

    ours: Counter[str] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)
    accepted: list[tuple[int, int]] = field(default_factory=list)
    """Position and new value of the byte."""


def tamper(count: int, seed: int) -> Tally:
    """Try ``count`` single-byte changes, drawn from ``seed``."""
    draw, tally = random.Random(seed), Tally()
    bundle, given = true(operations=2)
    content = encode(bundle)
    for _ in range(count):
        at = draw.randrange(len(content))
        value = draw.choice([byte for byte in range(256) if byte != content[at]])
        broken = content[:at] + bytes([value]) + content[at + 1 :]
        own, other = audit(broken, given.trust).verdict.value, verifier.report(broken, given)["verdict"]
        tally.ours[own] += 1
        tally.theirs[other] += 1
        if "holds" in (own, other) or own != other:
            tally.accepted.append((at, value))
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=4711)
    given = parser.parse_args()
    tally = tamper(given.count, given.seed)
    for who, verdicts in (("guildmark audit", tally.ours), ("standalone verifier", tally.theirs)):
        print(f"{who:20}", ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    for at, value in tally.accepted:
        print(f"byte {at} changed to {value}: accepted, or judged differently")
    print(f"{given.count} single-byte changes, {len(tally.accepted)} accepted by either or judged differently")
    return 1 if tally.accepted else 0


if __name__ == "__main__":
    sys.exit(main())
