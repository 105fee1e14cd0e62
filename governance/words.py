"""What a replay came to, in words."""

from governance.bounds import amount
from governance.replay import Consequence, Totals


def describe_one(consequence: Consequence) -> str:
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
