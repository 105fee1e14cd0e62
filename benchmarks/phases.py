"""From a call to its final award among real local nodes, one process each, with phases of one second.

The clock starts when the customer's node has its order on the ledger and calls for bids; it stops when the last winner
has said that it stands by its bid. An order is given a second to get onto the ledger; what it does not need of it
lengthens the first phase, for the deadlines stand in what was sealed there, and one that needs more is taken back. The
next job is posted when the first winner has its package; plant time runs as it does in a shop.
Twenty nodes want some four gigabytes and a few minutes; on two cores the shops' planners share what there is, and a bid
that is not sealed within its second is not in.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from devnet.deploy import PACK
from devnet.federation import Federation, Phases, running
from node.client import Client
from protocol.units import Seconds

PART = Path(__file__).resolve().parents[1] / "devnet" / "parts" / "bracket.step"
SHOPS = ("aster", "birch", "cedar", "drake")
BAR = 4.0
MOST = 60.0
"""Seconds after which a job without award counts as failed."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=20)
    given = parser.parse_args()
    shops = tuple(
        SHOPS[n % len(SHOPS)] + (f"-{n // len(SHOPS) + 1}" if n >= len(SHOPS) else "") for n in range(given.nodes - 1)
    )
    phases = Phases(opening=1, commit=1, reveal=1, pack=replace(PACK, min_commit=Seconds(1), min_reveal=Seconds(1)))
    with (
        tempfile.TemporaryDirectory(prefix="guildmark-") as folder,
        running(Path(folder), note, nodes=("customer", *shops), factor=1, phases=phases) as federation,
    ):
        rows = [measured(federation, number) for number in range(given.jobs)]
    spent = sorted(seconds for seconds, _ in rows if seconds is not None)
    bids = [count for _, count in rows]
    print(f"call to final award, {given.nodes} nodes, {given.jobs} jobs, phases of 1 s: seconds")
    print(f"  {'awarded':>8} {'p50':>6} {'p90':>6} {'p99':>6} {'bar':>5} {'bids a job':>11}")
    at = [spent[min(len(spent) - 1, int(share * len(spent)))] if spent else float("nan") for share in (0.5, 0.9, 0.99)]
    print(f"  {len(spent):8} {at[0]:6.2f} {at[1]:6.2f} {at[2]:6.2f} {BAR:5.1f} {sum(bids) / len(bids):11.1f}")
    return 0


def measured(federation: Federation, number: int) -> tuple[float | None, int]:
    """Seconds from the call to the last winner's word, and how many bids were opened; None when nobody was awarded."""
    with federation.client("customer") as client:
        job = str(client.post(PART.name, PART.read_bytes(), {"key": f"job {number}", "quantity": 1})["job"])
        return followed(client, job)


def followed(client: Client, job: str) -> tuple[float | None, int]:
    called, final, awarded, bids = 0.0, None, None, 0
    for event in client.events(job):
        now = time.monotonic()
        match event["kind"]:
            case "OrderOpened":
                called = now
            case "RevealArrived":
                bids += 1
            case "ReplyArrived":
                final = now - called
            case "OperationAssigned":
                awarded = final
            case "PackageTaken" | "OrderEnded":
                break
        if called and now - called > MOST:
            break
    return awarded, bids


def note(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
