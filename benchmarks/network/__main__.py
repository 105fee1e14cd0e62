"""All of the network's benchmarks in small; alone each takes options: ``python -m benchmarks.network.NAME --help``."""

import subprocess
import sys

from tests.interop.js import installed

SMALL: dict[str, list[str]] = {
    "gossip": ["--nodes", "5", "20", "--rates", "10", "50", "100", "500", "--seconds", "6"],
    "transfer": ["--mib", "256"],
    "flood": ["--seconds", "10"],
    "restart": ["--rounds", "10"],
    "scale": ["--nodes", "25", "50", "100", "200", "--real", "10", "25", "50"],
}


def main() -> int:
    """Run one after the other; exit code 1 if any fails."""
    failed = 0
    for name, options in SMALL.items():
        if name == "gossip" and not installed():
            print("gossip is measured beside js-libp2p: run make test-interop first", file=sys.stderr)
            continue
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.network.{name}", *options], check=False).returncode
        print(flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
