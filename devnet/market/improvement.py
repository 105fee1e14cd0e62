"""Voluntary re-auctions: a few orders are released and auctioned again; kept only if all of them together get better.

Nobody is worse off: who gains pays who loses, and a shop that gives work up is paid the margin it would have made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from devnet.market.book import Book, Exchange, Order, again
from protocol.award import MICRO, NoAward
from protocol.ids import JobId, PeerId
from protocol.units import BasisPoints, Cents

GROUP = 3
"""Most orders released at once; larger groups find little more and make bids wait longer."""

NEAR = 12
"""Orders looked at for company, by when they begin: only those that meet on a machine can help each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What one side pays another so that nobody is worse off."""

    payer: bytes
    payee: bytes
    amount: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A group of orders that got better together."""

    jobs: tuple[JobId, ...]
    gain: int
    """Micro-cents that remain when everybody is paid, less two cents an order for rounding."""

    transfers: tuple[Transfer, ...]


def improved(
    book: Book,
    exchange: Exchange,
    ideal: Mapping[JobId, int],
    *,
    rounds: int,
    rng: Random,
) -> tuple[Book, list[Improvement]]:
    """The book after up to ``rounds`` re-auctions of orders that have not begun.

    Args:
        ideal: what each order would cost alone in the federation, which tells who suffers most.
    """
    found: list[Improvement] = []
    for _ in range(rounds):
        open_orders = [order for order in book.orders.values() if order.whole and order.starts > exchange.now]
        if len(open_orders) < 2:
            break
        better = reauctioned(book, exchange, group(open_orders, ideal, rng), rng)
        if better is not None:
            book, improvement = better
            found.append(improvement)
    return book, found


def reauctioned(
    book: Book, exchange: Exchange, released: Sequence[Order], rng: Random
) -> tuple[Book, Improvement] | None:
    """The book after auctioning some orders again, or None if that is no gain after paying who loses."""
    jobs = [order.call.job for order in released]
    trial = book.without(*jobs)
    for order in rng.sample(list(released), len(released)):
        after = exchange.clear(trial, order.call, again(book, order))
        if isinstance(after, NoAward):
            return None
        trial = after
    changes = {job: trial.orders[job].award.score - book.orders[job].award.score for job in jobs}
    lost = margins_lost(book, trial, jobs)
    gain = -sum(changes.values()) - MICRO * (sum(lost.values()) + 2 * len(jobs))
    if gain <= 0:
        return None
    return trial, Improvement(jobs=tuple(jobs), gain=gain, transfers=_transfers(trial, changes, lost))


def margins_lost(before: Book, after: Book, jobs: Sequence[JobId]) -> dict[PeerId, Cents]:
    """What shops would have earned on the group, less what they earn on it now; gains are not asked back."""
    totals: dict[PeerId, int] = {}
    for sign, book in ((1, before), (-1, after)):
        for job in jobs:
            for one in book.orders[job].award.assignments:
                points = book.providers[one.provider].schedule.machine(one.offer.machine).rates.margin
                totals[one.provider] = totals.get(one.provider, 0) + sign * _margin(one.price, points)
    return {peer: Cents(total) for peer, total in totals.items() if total > 0}


def _margin(price: Cents, points: BasisPoints) -> int:
    """The part of a price that is margin."""
    return price * points // (10_000 + points)


def _transfers(book: Book, changes: Mapping[JobId, int], lost: Mapping[PeerId, Cents]) -> tuple[Transfer, ...]:
    """Losers are made whole by the customers that gain, in order of job; amounts in cents, rounded for the loser."""
    owed: list[tuple[bytes, int]] = [
        (book.orders[job].call.customer, -(-change // MICRO)) for job, change in changes.items() if change > 0
    ]
    owed += lost.items()
    purses = {book.orders[job].call.customer: -change // MICRO for job, change in sorted(changes.items()) if change < 0}
    transfers = []
    for payee, amount in owed:
        open_amount = amount
        for payer, purse in purses.items():
            part = min(open_amount, purse)
            if part > 0:
                transfers.append(Transfer(payer=payer, payee=payee, amount=Cents(part)))
                purses[payer] -= part
                open_amount -= part
    return tuple(transfers)


def group(orders: Sequence[Order], ideal: Mapping[JobId, int], rng: Random) -> list[Order]:
    """An order that suffers, and one or two that begin about when it does and meet it on a machine."""

    def suffering(order: Order) -> int:
        return order.award.score - ideal.get(order.call.job, 0)

    first = max(rng.sample(list(orders), min(3, len(orders))), key=suffering)
    near = sorted(
        (order for order in orders if order is not first), key=lambda order: abs(order.starts - first.starts)
    )[:NEAR]
    machines = _machines(first)
    meeting = [order for order in near if machines & _machines(order)] or near
    return [first, *rng.sample(meeting, min(len(meeting), rng.randint(1, GROUP - 1)))]


def _machines(order: Order) -> set[tuple[bytes, str]]:
    return {(one.provider, one.offer.machine) for one in order.award.assignments}
