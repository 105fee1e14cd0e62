"""Winners of tie-rich auctions as one digest, and every Python on this machine that can compute it.

``python -m tests.auction.ties COUNT`` prints the digest; it needs nothing that is compiled for one version of Python.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from protocol.award import choose
from protocol.wire import encode
from tests.auction.markets import BEACON, Kind, auction

TIE_RICH = Kind(grain=120, coarse=10_000, plane=0, curves=0, offers=10)
PROBE = "import sys; print('.'.join(map(str, sys.version_info[:2])) if sys.version_info >= (3, 11) else '')"
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3.15")


def tie_rich(count: int) -> str:
    """Digest over the winners of many auctions whose prices and times hardly differ."""
    told = sha256()
    for seed in range(count):
        asked = auction(seed, TIE_RICH)
        told.update(encode(choose(asked.terms, asked.bids, BEACON)))
    return told.hexdigest()


def pythons() -> dict[str, str]:
    """Version to program, of every supported Python that runs here."""
    found: dict[str, str] = {}
    for program in (sys.executable, *_candidates()):
        probed = subprocess.run([program, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False)
        version = probed.stdout.strip()
        if probed.returncode == 0 and version:
            found.setdefault(version, program)
    return found


def _candidates() -> Iterator[str]:
    """What the path names, and what is installed beside the Python that runs this."""
    yield from (program for name in NAMES if (program := shutil.which(name)) is not None)
    yield from map(str, sorted(Path(sys.base_prefix).parent.glob("*/bin/python3")))


if __name__ == "__main__":
    print(tie_rich(int(sys.argv[1])))
