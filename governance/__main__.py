"""``python -m governance``: says what a proposal changes and replays it on past auctions; sends nothing.

Exit codes: 0 it can be adopted, 1 the ledger cannot tell, 2 wrong use, 3 it is refused.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from governance.bounds import amount
from governance.in_force import pack_at
from governance.past import past_auction
from governance.proposals import changes, check_proposal, parse_proposal
from governance.replay import Consequence, Totals, replay, total
from ledger.bundle import Bundle
from ledger.chain import Chain
from ledger.deployment import Deployment
from ledger.errors import LedgerError
from ledger.rules import Rules
from ledger.types import Reads
from protocol.errors import ProtocolError
from protocol.rules import RulePack
from protocol.wire import decode

EXIT_FAILED, EXIT_NO = 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Check and replay one proposal; see the module."""
    parser = argparse.ArgumentParser(prog="python -m governance", description="Check a proposal and replay it.")
    parser.add_argument("proposal", type=Path, help="TOML: reason, and the values to change")
    parser.add_argument("bundles", type=Path, nargs="*", help="part bundles whose auctions are replayed")
    parser.add_argument("--ledger", required=True, help="URL of the ledger's JSON-RPC")
    parser.add_argument("--deployment", type=Path, required=True, help="the federation's deployment.json")
    given = parser.parse_args(arguments)
    try:
        text, deployment = given.proposal.read_text(), Deployment.from_json(given.deployment.read_text())
        files = [path.read_bytes() for path in given.bundles]
    except (OSError, ValueError, KeyError) as error:
        parser.error(f"a file cannot be used: {error}")
    chain = Chain(given.ledger, deployment.chain_id)
    try:
        chain.verify()
        for line in report(text, [decode(Bundle, content) for content in files], chain, Rules(deployment.rules)):
            print(line)  # the command's own voice
    except ProtocolError as error:
        print(f"refused: {error}", file=sys.stderr)
        return EXIT_NO
    except LedgerError as error:
        print(f"ledger: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def report(text: str, bundles: Sequence[Bundle], chain: Reads, rules: Rules) -> Iterator[str]:
    """What the proposal in ``text`` would change, in lines for people.

    Raises:
        ProtocolError: it cannot be adopted, or a bundle does not hold.
        LedgerError: the ledger cannot tell.
    """
    current = rules.pack(chain)
    proposal = parse_proposal(text, current)
    check_proposal(current, proposal)
    yield f"in force  {_name(current)}"
    yield f"proposed  {_name(proposal.pack)}: {proposal.reason}"
    yield from (f"  {change.text}" for change in changes(current, proposal.pack))
    consequences: list[Consequence] = []
    for bundle in bundles:
        auction = past_auction(bundle, lambda digest, block: pack_at(chain, rules, digest=digest, block=block))
        if any(known.job == auction.call.job for known in consequences):
            continue  # two parts of one job tell of one auction
        consequences.append(replay(auction, proposal.pack))
        yield f"job {auction.call.job.hex()[:12]}  {describe(consequences[-1])}"
    if consequences:
        yield describe_all(total(consequences))


def describe(consequence: Consequence) -> str:
    """One past auction in words."""
    if consequence.refusal is not None:
        return f"would be refused as it was posted: {consequence.refusal}"
    before, after = consequence.before, consequence.after
    if before is None or after is None:
        return "no award, then as now"
    winners = "same winners"
    if consequence.changed:
        moved = ", ".join(str(operation + 1) for operation in consequence.moved)
        gap = amount(consequence.score_gap // 1_000_000)
        winners = f"other makers for operation {moved}" if moved else "other offers of the same makers"
        winners += f"; the former ones would score {gap} worse"
    price = _move("price", before.award.price, after.award.price)
    fee = _move("fee", before.fee, after.fee)
    carbon = f"CO2 {before.co2:,} g -> {after.co2:,} g"
    return f"{winners}\n  {price}, {fee}, {carbon}, arrival {consequence.delay / 3600:+.1f} h"


def describe_all(totals: Totals) -> str:
    """All past auctions in words."""
    before, after = totals.before, totals.after
    changed = f"changed {totals.changed}, to other makers {totals.moved}"
    counts = f"auctions {totals.auctions}, refused {totals.refused}, {changed}"
    price, fee = _move("prices", before.price, after.price), _move("fees", before.fee, after.fee)
    return f"{counts}\n  {price}, {fee}, CO2 {before.co2:,} g -> {after.co2:,} g"


def _move(what: str, before: int, after: int) -> str:
    return f"{what} {amount(before)} -> {amount(after)}"


def _name(pack: RulePack) -> str:
    return f"version {pack.version} ({pack.digest.hex()[:12]})"


if __name__ == "__main__":
    sys.exit(main())
