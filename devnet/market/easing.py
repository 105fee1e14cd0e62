"""After a repair: work in the way of those that it hit hardest makes room, where that is better for all of them."""

from collections.abc import Mapping
from random import Random

from devnet.market.book import Book, Order
from devnet.market.improvement import GROUP, Improvement, ahead, opens, reauctioned
from devnet.market.repair import Repaired
from protocol.ids import JobId
from protocol.units import UnixSeconds

ROUNDS = 8
"""Most re-auctions after a repair; the first one in vain is the last, for each takes some milliseconds."""


def eased(done: Repaired, *, rng: Random) -> tuple[Book, list[Improvement]]:
    """The book after the rests of hit orders were auctioned again together with what they wait for."""
    book, exchange, found = done.book, done.exchange, list[Improvement]()
    lost = {done.successors[job]: change for job, change in done.changes.items()}
    for _ in range(ROUNDS):
        chosen = _hurt(book, lost, exchange.now, rng)
        better = reauctioned(book, exchange, chosen, rng) if chosen else None
        if better is None:
            break
        book, improvement = better
        found.append(improvement)
        lost |= {rest: lost.get(job, 0) for rest, (job, _first) in improvement.rests.items()}
    return book, found


def _hurt(book: Book, lost: Mapping[JobId, int], now: UnixSeconds, rng: Random) -> list[Order]:
    """An order, the likelier the more it lost, and one or two that it waits for; none if nobody is in its way."""
    hit = [job for job in lost if _moves(book, job, now)]
    if not hit:
        return []
    first = rng.choices(hit, [max(1, lost[job]) for job in hit])[0]
    others = [job for job in ahead(book, book.orders[first]) if job != first and _moves(book, job, now)]
    chosen = rng.sample(others, min(len(others), rng.randint(1, GROUP - 1)))
    return [book.orders[job] for job in (first, *chosen)] if chosen else []


def _moves(book: Book, job: JobId, now: UnixSeconds) -> bool:
    order = book.orders.get(job)
    return order is not None and order.whole and opens(order, now)
