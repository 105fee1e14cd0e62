"""Rush orders: work that has not begun makes room, and everybody who waits is paid; else nobody is disturbed."""

from collections.abc import Iterator
from dataclasses import dataclass

from devnet.market.book import Book, Exchange, Order
from devnet.market.improvement import Transfer, margins_lost
from devnet.market.repair import Remedy, Repaired, Trouble, reauctioned
from devnet.market.rests import open_from
from protocol.award import MICRO
from protocol.ids import JobId
from protocol.job import Call
from protocol.units import Cents, UnixSeconds

DISPLACED = 3
"""Most orders that make room for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rushed:
    """A book with a rush order in it."""

    repaired: Repaired
    transfers: tuple[Transfer, ...]
    """What the rush order's customer pays those that wait, and shops that lose work."""


def rushed(book: Book, call: Call, *, now: UnixSeconds) -> Rushed | None:
    """The book after few orders made room for ``call``; None if its budget does not pay for that, or it helps not."""
    exchange = Exchange(now=now)
    for displaced in _groups(book, call, now):
        suffixes = {order.call.job: first for order in displaced if (first := open_from(order, now)) is not None}
        done = reauctioned(book, Trouble(now=now, suffixes=suffixes, urgent=call), exchange)
        if call.job not in done.book.orders or {Remedy.NONE, Remedy.RESTARTED} & set(done.remedies.values()):
            continue
        transfers = tuple(_owed(book, done, call, suffixes))
        if done.book.orders[call.job].award.price + sum(one.amount for one in transfers) <= call.budget:
            return Rushed(repaired=done, transfers=transfers)
    return None


def _owed(book: Book, done: Repaired, call: Call, suffixes: dict[JobId, int]) -> Iterator[Transfer]:
    """Customers that wait are paid what that costs them, and shops the margin that they lose."""
    for job, change in done.changes.items():
        if change > 0:
            yield Transfer(payer=call.customer, payee=book.orders[job].call.customer, amount=Cents(-(-change // MICRO)))
    steps = [
        (
            [one for one in book.orders[job].award.assignments if one.offer.first >= first],
            done.book.orders[done.successors[job]].award.assignments,
        )
        for job, first in suffixes.items()
        if job in done.successors
    ]
    for peer, amount in margins_lost(book, steps).items():
        yield Transfer(payer=call.customer, payee=peer, amount=amount)


def _groups(book: Book, call: Call, now: UnixSeconds) -> Iterator[list[Order]]:
    """Orders that could make room: those that hold most of the time that the call could use, one and more at once."""
    wanted = {operation.process for operation in call.operations}

    def held(order: Order) -> int:
        return sum(
            one.offer.duration
            for one in order.award.assignments
            if one.provider in book.providers
            and now < one.start < call.due
            and book.schedules[one.provider].machine(one.offer.machine).capability.process in wanted
        )

    able = [
        order for order in book.orders.values() if order.whole and open_from(order, now) is not None and held(order)
    ]
    best = sorted(able, key=lambda order: (-held(order), order.call.job))[:DISPLACED]
    yield from ([order] for order in best)
    yield from (best[:count] for count in range(2, len(best) + 1))
