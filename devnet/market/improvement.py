"""Voluntary re-auctions: a few orders are released and auctioned again; kept only if all of them together get better.

Nobody is worse off: who gains pays who loses, and a shop that gives work up is paid the margin it would have made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from devnet.market.book import Book, Exchange, Order
from devnet.market.rests import cut, haste, open_from, released
from protocol.award import HOUR, MICRO, Assignment
from protocol.ids import JobId, PeerId
from protocol.transport import travel_time
from protocol.units import BasisPoints, Cents, UnixSeconds

Steps = Sequence[Assignment]

GROUP = 3
"""Most orders released at once; larger groups find little more and make bids wait longer."""

TARGETED = 0.6
"""Share of rounds that look for who is in the way; the others find what nobody waits for yet."""

HURRIED = 0.5
"""Share of rounds that place the most valuable work first; the others place it in any order."""

NEARER = 4
"""Shops asked for an operation in a round; another round finds more than two more shops."""

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
    """Under the names that they have now."""

    rests: Mapping[JobId, tuple[JobId, int]]
    """Names under which the rest of orders that have begun goes on: whose rest it is, and from which operation on."""

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
    """The book after up to ``rounds`` re-auctions of what has not begun of some orders.

    Args:
        ideal: what each order would cost alone in the federation, which tells who suffers most.
    """
    found: list[Improvement] = []
    for _ in range(rounds):
        open_orders = [order for order in book.orders.values() if order.whole and opens(order, exchange.now)]
        if len(open_orders) < 2:
            break
        better = reauctioned(book, exchange, group(book, open_orders, ideal, rng), rng)
        if better is not None:
            book, improvement = better
            found.append(improvement)
    return book, found


def opens(order: Order, now: UnixSeconds) -> bool:
    """Whether something of an order has not begun."""
    return open_from(order, now) is not None


def reauctioned(
    book: Book, exchange: Exchange, orders: Sequence[Order], rng: Random
) -> tuple[Book, Improvement] | None:
    """The book after auctioning some orders again, or None if that is no gain after paying who loses.

    What of them has begun stays as it is.
    """
    firsts = [open_from(order, exchange.now) for order in orders]
    given = [
        released(book, order, first, now=exchange.now, nearest=NEARER)
        for order, first in zip(orders, firsts, strict=True)
        if first is not None
    ]
    trial = book
    for one in given:
        trial = cut(trial, one)
    most = sum(one.cost for one in given)
    order = rng.sample(given, len(given))
    if rng.random() < HURRIED:
        order.sort(key=haste, reverse=True)
    for one in order:
        most -= one.rest.sunk
        after = exchange.clear(trial, one.call, one.rest, most=most) if most > 0 else None
        if not isinstance(after, Book):
            return None
        trial = after
        most -= trial.orders[one.call.job].award.score
    changes = {one.call.job: trial.orders[one.call.job].award.score + one.rest.sunk - one.cost for one in given}
    lost = margins_lost(book, ((one.steps, trial.orders[one.call.job].award.assignments) for one in given))
    gain = -sum(changes.values()) - MICRO * (sum(lost.values()) + 2 * len(given))
    if gain <= 0:
        return None
    improvement = Improvement(
        jobs=tuple(one.call.job for one in given),
        rests={one.call.job: (one.order.call.job, one.first) for one in given if one.first},
        gain=gain,
        transfers=_transfers(trial, changes, lost),
    )
    return trial, improvement


def margins_lost(book: Book, changes: Iterable[tuple[Steps, Steps]]) -> dict[PeerId, Cents]:
    """What shops would have earned on what is given up, less what they earn on it now; gains are not asked back."""
    totals: dict[PeerId, int] = {}
    for old, new in changes:
        for sign, steps in ((1, old), (-1, new)):
            for step in steps:
                points = book.providers[step.provider].schedule.machine(step.offer.machine).rates.margin
                totals[step.provider] = totals.get(step.provider, 0) + sign * _margin(step.price, points)
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


def group(book: Book, orders: Sequence[Order], ideal: Mapping[JobId, int], rng: Random) -> list[Order]:
    """An order that suffers, and one or two in its way: they hold a machine that it waits for, or meet it on one."""

    def suffering(order: Order) -> int:
        return order.award.score - ideal[order.call.job] if order.call.job in ideal else waiting(order)

    first = max(rng.sample(list(orders), min(3, len(orders))), key=suffering)
    known = {order.call.job: order for order in orders if order is not first}
    meeting = [known[job] for job in ahead(book, first) if job in known] if rng.random() < TARGETED else []
    if not meeting:
        near = sorted(known.values(), key=lambda order: abs(order.starts - first.starts))[:NEAR]
        machines = _machines(first)
        meeting = [order for order in near if machines & _machines(order)] or near
    return [first, *rng.sample(meeting, min(len(meeting), rng.randint(1, GROUP - 1)))]


def waiting(order: Order) -> int:
    """What the time that its parts wait before machines costs an order, in micro-cents."""
    return sum(start - ready for _one, ready, start in _waits(order)) * order.call.weights.hour * MICRO // HOUR


def ahead(book: Book, order: Order) -> list[JobId]:
    """Whose work an order waits for, each once."""
    found: dict[JobId, None] = {}
    for one, ready, start in _waits(order):
        for task in book.schedules[one.provider].on(one.offer.machine) if start > ready else ():
            if task.start < start and ready < task.finish:
                found[JobId(bytes.fromhex(task.key.partition("/")[0]))] = None
    return list(found)


def _waits(order: Order) -> list[tuple[Assignment, int, int]]:
    """Each operation, when its parts could be with its maker, and when it begins."""
    rows, stop, ready = [], order.origin, int(order.call.earliest)
    for one in order.award.assignments:
        there = ready + (0 if stop is None else travel_time(stop, one.site))
        rows.append((one, there, int(one.start)))
        stop, ready = one.site, one.finish
    return rows


def _machines(order: Order) -> set[tuple[bytes, str]]:
    return {(one.provider, one.offer.machine) for one in order.award.assignments}
