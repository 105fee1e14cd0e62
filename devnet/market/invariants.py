"""What must hold in every market, whoever cheats and whatever fails; each broken sentence is one line."""

from collections.abc import Iterator
from itertools import pairwise

from devnet.market.behaviour import Reason
from devnet.market.state import Market
from node.planner.schedule import prefix
from protocol.ids import JobId


def broken_now(market: Market) -> Iterator[str]:
    """After each event: money is neither made nor lost, and every refusal says why."""
    if market.purse.total != market.purse.created:
        yield f"money: {market.purse.total - market.purse.created:+} cents"
    if any(amount < 0 for amount in (*market.purse.escrow.values(), *market.purse.bonds.values())):
        yield "an escrow or bond is negative"
    if market.refusals and not isinstance(market.refusals[-1][2], Reason):
        yield "a refusal without a reason"


def broken_at_end(market: Market) -> Iterator[str]:
    """After the last event: every order has ended, once, and nothing of any of them is left anywhere."""
    for job in market.calls.keys() - market.ended.keys():
        yield f"order {job.hex()[:8]} never ended"
    yield from _left_over(market)
    for (job, operation), times in market.payments.items():
        if times != 1:
            yield f"operation {operation} of {job.hex()[:8]} was paid {times} times"
    for key, payee in market.payees.items():
        if market.makers.get(key) != payee:
            yield f"operation {key[1]} of {key[0].hex()[:8]} was paid to somebody who did not make it"
    for job, reason in market.ended.items():
        paid = {operation for root, operation in market.payments if root == job}
        if reason is Reason.PAID and len(paid) != len(market.calls[job].operations):
            yield f"order {job.hex()[:8]} was paid in part"


def broken_by_end(market: Market, job: JobId) -> Iterator[str]:
    """After an order's terminal event: no window, task, bond, package or escrow of it is held."""
    begins = {job, *(rest for rest, (root, _first) in market.roots.items() if root == job)}
    for schedule in market.book.schedules.values():
        if any(hold.job in begins for hold in schedule.holds):
            yield f"a window of {job.hex()[:8]} is still held"
        prefixes = tuple(prefix(name) for name in begins)
        if any(task.key.startswith(prefixes) for task in schedule.tasks):
            yield f"machine time of {job.hex()[:8]} is still held"
    if any(name == job for name, _peer in market.purse.bonds):
        yield f"a bond of {job.hex()[:8]} is still held"
    if any(name == job for name, _peer in market.keys):
        yield f"a package of {job.hex()[:8]} is still held"
    if job in market.purse.escrow:
        yield f"escrow of {job.hex()[:8]} is still held"


def overlapping(market: Market) -> Iterator[str]:
    """No machine has two tasks at once, and no operation two makers."""
    for schedule in market.book.schedules.values():
        for roster in schedule.rosters.values():
            if any(other.start < one.finish for one, other in pairwise(roster.tasks)):
                yield f"{roster.machine.name} makes two things at once"
    makers: set[tuple[bytes, int]] = set()
    for job, order in market.book.orders.items():
        root, first = market.root(job)
        for one in order.award.assignments:
            for operation in range(first + one.offer.first, first + one.offer.last + 1):
                if (root, operation) in makers:
                    yield f"operation {operation} of {root.hex()[:8]} has two makers"
                makers.add((root, operation))


def _left_over(market: Market) -> Iterator[str]:
    kinds = {
        "holds": sum(len(schedule.holds) for schedule in market.book.schedules.values()),
        "tasks": sum(len(schedule.tasks) for schedule in market.book.schedules.values()),
        "bonds": len(market.purse.bonds),
        "escrows": len(market.purse.escrow),
        "packages": len(market.keys),
        "auctions": len(market.auctions),
    }
    yield from (f"{count} {what} left at the end" for what, count in kinds.items() if count)
