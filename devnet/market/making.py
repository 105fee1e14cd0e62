"""Making, inspecting, paying, repairing what was awarded; every order ends once, and then nothing of it is held."""

from collections.abc import Callable

from devnet.market.behaviour import Reason, Shop
from devnet.market.repair import Repaired, broken, rejected, rest_of, vanished
from devnet.market.state import Market
from devnet.market.world import HOUR
from node.planner.schedule import Schedule
from protocol.award import Assignment
from protocol.ids import JobId, MachineId, PeerId
from protocol.units import UnixSeconds

REJECTED = 0.02
"""Share of operations that an inspection rejects."""

BROKEN = 0.03
"""Chance that a machine fails, for every operation made; for a day at most."""


def begin(market: Market, job: JobId) -> None:
    """Deliver packages to the makers of an order, or of its rest, and expect what they make."""
    root, _first = market.root(job)
    _deliver(market, root)
    for one in market.book.orders[job].award.assignments:
        market.clock.at(one.finish, lambda one=one: _finish(market, job, one))  # type: ignore[misc]
        if market.shops[one.provider] is Shop.DESERTER and market.rng.random() < 0.3:
            market.clock.at(one.start + 60, lambda peer=one.provider: _desert(market, peer))  # type: ignore[misc]


def _deliver(market: Market, root: JobId) -> None:
    """Exactly the makers of an order hold its packages."""
    makers = {one.provider for job in market.parts(root) for one in market.book.orders[job].award.assignments}
    market.keys = {key for key in market.keys if key[0] != root} | {(root, peer) for peer in makers}


def _finish(market: Market, job: JobId, one: Assignment) -> None:
    """Operations are made, unless the plan has changed since; they pass inspection and are paid, or are made again."""
    root, first = market.root(job)
    order = market.book.orders.get(job)
    if root in market.ended or order is None or one not in order.award.assignments:
        return
    operations = range(first + one.offer.first, first + one.offer.last + 1)
    if operations[0] in market.made.get(root, ()):
        return
    if market.rng.random() < REJECTED:
        _repair(market, lambda: rejected(market.book, job, one.offer.first, now=market.clock.now))
        return
    market.made.setdefault(root, set()).update(operations)
    market.purse.release(root, one.provider, one.price)
    for operation in operations:
        market.payments[root, operation] = market.payments.get((root, operation), 0) + 1
    if len(market.made[root]) == len(market.calls[root].operations):
        end(market, root, Reason.PAID)
    elif market.rng.random() < BROKEN:
        _break(market)


def _break(market: Market) -> None:
    """Some machine fails for a while."""
    machines = [(peer, name) for peer in market.book.providers for name in market.book.schedules[peer].rosters]
    peer, name = market.rng.choice(machines)
    until = UnixSeconds(market.clock.now + market.rng.randint(1, 24) * HOUR)
    _repair(market, lambda: broken(market.book, peer, MachineId(name), now=market.clock.now, until=until))


def _desert(market: Market, peer: PeerId) -> None:
    """A provider stops answering for good."""
    if peer in market.book.providers and len(market.book.providers) > 5:
        _repair(market, lambda: vanished(market.book, peer, now=market.clock.now))


def _repair(market: Market, repair: Callable[[], Repaired]) -> None:
    """Take over a repaired book; orders whose rest nobody can make end."""
    before = market.book
    done = repair()
    market.book = done.book
    firsts = {job: min(operation for name, operation in done.touched if name == job) for job, _ in done.touched}
    for job, first in firsts.items():
        root, offset = market.root(job)
        rest = rest_of(before.orders[job], first, market.clock.now)[0].job
        if job in done.unplaced:
            end(market, root, Reason.NO_REPAIR)
        else:
            market.roots[rest] = (root, offset + first)
            begin(market, rest)


def end(market: Market, root: JobId, reason: Reason) -> None:
    """The one end of an order: the rest of the escrow goes back, and nothing of it is held by anybody."""
    if root in market.ended:
        return
    market.ended[root] = reason
    if reason is not Reason.PAID:
        market.refuse(root, market.calls[root].customer, reason)
    for job in market.parts(root):
        market.book = market.book.without(job)
    schedules = {peer: _without(schedule, root, market) for peer, schedule in market.book.schedules.items()}
    for peer, schedule in schedules.items():
        market.book = market.book.with_schedule(peer, schedule)
    market.keys = {key for key in market.keys if key[0] != root}
    market.purse.close(root, market.calls[root].customer)


def _without(schedule: Schedule, root: JobId, market: Market) -> Schedule:
    """What a shop holds after an order's end; work that is over is forgotten too."""
    return schedule.without_job(root).without_past(market.clock.now)
