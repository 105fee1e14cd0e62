"""Making, inspecting, paying, repairing what was awarded; every order ends once, and then nothing of it is held."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from devnet.market.behaviour import Buyer, Mishap, Reason, Shop
from devnet.market.book import Book
from devnet.market.easing import eased
from devnet.market.improvement import Improvement
from devnet.market.repair import Remedy, Repaired, broken, delayed, rejected, vanished
from devnet.market.rush import rushed
from devnet.market.state import Claim, Market
from devnet.market.world import DAY, HOUR
from node.planner.schedule import Schedule
from protocol.award import Assignment
from protocol.ids import JobId, MachineId, PeerId
from protocol.job import Call
from protocol.units import UnixSeconds

REJECTED = 0.02
"""Share of operations that an inspection rejects."""

SCRAPPED = 0.25
"""Share of rejected parts that are of no use any more."""

BROKEN = 0.03
"""Chance that a machine fails, for every operation made; for a day at most."""

DELAYED = 0.02
"""Share of shipments that are late, by half a day at most."""

REVIEW = 2 * DAY
"""After so long a customer that says nothing has approved."""


def begin(market: Market, job: JobId) -> None:
    """Deliver packages to the makers of an order, or of its rest, and expect what they make."""
    root, _first = market.root(job)
    _deliver(market, root)
    assignments = market.book.orders[job].award.assignments
    for one in assignments:
        market.clock.at(one.finish, lambda one=one: _finish(market, job, one))  # type: ignore[misc]
        if market.shops[one.provider] is Shop.DESERTER and market.rng.random() < 0.3:
            market.clock.at(one.start + 60, lambda peer=one.provider: _desert(market, peer))  # type: ignore[misc]
    for one, other in pairwise(assignments):
        if one.site != other.site and market.rng.random() < DELAYED:
            market.clock.at(other.start, lambda other=other: _wait(market, job, other))  # type: ignore[misc]


def _deliver(market: Market, root: JobId) -> None:
    """Exactly the makers of an order hold its packages."""
    makers = {one.provider for job in market.parts(root) for one in market.book.orders[job].award.assignments}
    market.keys = {key for key in market.keys if key[0] != root} | {(root, peer) for peer in makers}


def _finish(market: Market, job: JobId, one: Assignment) -> None:
    """Operations are made, unless the plan has changed since; they pass inspection, or are made again."""
    root, first = market.root(job)
    order, now = market.book.orders.get(job), market.clock.now
    if root in market.ended or order is None or one not in order.award.assignments:
        return
    operations = range(first + one.offer.first, first + one.offer.last + 1)
    if operations[0] in market.made.get(root, ()):
        return
    if market.rng.random() < REJECTED:
        scrap = market.rng.random() < SCRAPPED
        repaired(market, Mishap.INSPECTION, rejected(market.book, job, one.offer.first, now=now, scrap=scrap))
        return
    market.made.setdefault(root, set()).update(operations)
    market.makers.update({(root, operation): one.provider for operation in operations})
    market.claims.setdefault(root, []).append(Claim(one.provider, one.price, operations))
    if market.buyers[market.calls[root].customer] is Buyer.VANISHED:
        market.meet(Buyer.VANISHED)
        market.repairs[Mishap.CUSTOMER, "approved by silence"] += 1
        market.clock.at(now + REVIEW, lambda: _settle(market, root))
    else:
        _settle(market, root)
    if market.rng.random() < BROKEN:
        _break(market)


def _settle(market: Market, root: JobId) -> None:
    """What is claimed is paid to who made it, once; the last payment ends the order."""
    claims = market.claims.pop(root, [])
    for claim in claims:
        for peer in market.book.providers:
            if market.shops[peer] is Shop.FRONT_RUNNER and peer != claim.provider:
                market.meet(Shop.FRONT_RUNNER)
                _pay(market, root, claim, peer)
        _pay(market, root, claim, claim.provider)
    if root not in market.ended and len(market.made[root]) == len(market.calls[root].operations):
        end(market, root, Reason.PAID)


def _pay(market: Market, root: JobId, claim: Claim, claimant: PeerId) -> None:
    """Escrow goes to the maker on the order's thread, whoever asks first."""
    if any(market.makers.get((root, operation)) != claimant for operation in claim.operations):
        market.refuse(root, claimant, Reason.NOT_ASSIGNED)
        return
    market.purse.release(root, claimant, claim.price)
    for operation in claim.operations:
        market.payments[root, operation] = market.payments.get((root, operation), 0) + 1
        market.payees[root, operation] = claimant


def _break(market: Market) -> None:
    """Some machine fails for a while."""
    machines = [(peer, name) for peer in market.book.providers for name in market.book.schedules[peer].rosters]
    peer, name = market.rng.choice(machines)
    until = UnixSeconds(market.clock.now + market.rng.randint(1, 24) * HOUR)
    done = broken(market.book, peer, MachineId(name), now=market.clock.now, until=until)
    repaired(market, Mishap.MACHINE, done)
    bettered(market, *eased(replace(done, book=market.book), rng=market.rng))


def _desert(market: Market, peer: PeerId) -> None:
    """A provider stops answering for good."""
    if peer in market.book.providers and len(market.book.providers) > 5:
        market.meet(Shop.DESERTER)
        repaired(market, Mishap.PROVIDER, vanished(market.book, peer, now=market.clock.now))


def _wait(market: Market, job: JobId, one: Assignment) -> None:
    """The parts for some operations should have arrived, and have not."""
    root, first = market.root(job)
    order, now = market.book.orders.get(job), market.clock.now
    ready = first + one.offer.first - 1 in market.made.get(root, ())
    if root not in market.ended and order is not None and one in order.award.assignments and ready:
        arrives = UnixSeconds(now + market.rng.randint(1, 12) * HOUR)
        done = delayed(market.book, job, one.offer.first, now=now, arrives=arrives)
        repaired(market, Mishap.SHIPMENT, done)


def rush(market: Market, call: Call) -> bool:
    """Whether others could make room for a rush order; then it is in the book, and they are paid."""
    found = rushed(market.book, call, now=market.clock.now)
    if found is None:
        return False
    for one in found.transfers:
        market.purse.pay(one.payer, one.payee, one.amount)
    repaired(market, Mishap.RUSH, found.repaired)
    begin(market, call.job)
    return True


def bettered(market: Market, book: Book, improvements: Sequence[Improvement]) -> None:
    """Take over a book after re-auctions; transfers are paid, and who gave work up gives its package back."""
    market.book = book
    for improvement in improvements:
        for transfer in improvement.transfers:
            market.purse.pay(transfer.payer, transfer.payee, transfer.amount)
        for rest, (job, first) in improvement.rests.items():
            root, offset = market.root(job)
            market.roots[rest] = (root, offset + first)
        for job in improvement.jobs:
            begin(market, job)


def repaired(market: Market, mishap: Mishap, done: Repaired) -> None:
    """Take over a repaired book: escrow, keys and thread follow, and orders whose rest nobody can make end."""
    market.book = done.book
    for job, remedy in done.remedies.items():
        market.repairs[mishap, remedy.value] += 1
        root, offset = market.root(job)
        if remedy is Remedy.NONE:
            end(market, root, Reason.NO_REPAIR)
            continue
        rest = done.successors[job]
        if remedy is Remedy.RESTARTED:
            _begin_again(market, root, rest)
        elif rest != job:
            first = min(operation for name, operation in done.touched if name == job)
            market.roots[rest] = (root, offset + first)
        begin(market, rest)


def _begin_again(market: Market, root: JobId, again: JobId) -> None:
    """An order whose parts are given up ends, and its customer's money goes on to the one in its place."""
    call = market.book.orders[again].call
    end(market, root, Reason.GIVEN_UP)
    market.calls[again] = call
    market.purse.lock(again, call.customer, call.budget)
    market.clock.at(call.due, lambda: end(market, again, Reason.EXPIRED))


def end(market: Market, root: JobId, reason: Reason) -> None:
    """The one end of an order: the rest of the escrow goes back, and nothing of it is held by anybody."""
    if root in market.ended:
        return
    market.ended[root] = reason
    if reason is not Reason.PAID:
        market.refuse(root, market.calls[root].customer, reason)
        _settle(market, root)
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
