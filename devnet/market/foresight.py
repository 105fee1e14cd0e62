"""The planner that knows all calls from the beginning: what decentral markets lose for not knowing them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random

from devnet.market.baselines import Plans, score, solo, steps_of
from devnet.market.book import FIRST, Book, Exchange, Order, opened, promising, transcript
from devnet.market.improvement import group
from devnet.market.rests import thread
from devnet.market.world import World
from node.planner.schedule import prefix
from protocol.award import Assignment, Award, NoAward
from protocol.ids import JobId, PeerId
from protocol.transport import travel_time
from protocol.units import Cents, GramsCo2, UnixSeconds

Quotes = Mapping[JobId, tuple[Mapping[PeerId, int], ...]]
"""What shops asked for each operation when they were first asked."""


ASKED = 8
"""Shops asked for an operation; it has more patience than a market."""


def plans_of(book: Book) -> dict[JobId, list[Assignment]]:
    """Who makes what when under auctions, each order with its rests in one piece."""
    tasks = {task.key: task for schedule in book.schedules.values() for task in schedule.tasks}
    plans: dict[JobId, list[Assignment]] = {}
    for order in sorted(book.orders.values(), key=lambda order: len(thread(book, order))):
        plan = plans.setdefault([order, *thread(book, order)][-1].call.job, [])
        skipped = plan[-1].offer.last + 1 if plan else 0
        for one in order.award.assignments:
            offer = one.offer
            # Other work may have pushed it since, within the time that its parts would have waited afterwards.
            start = tasks[f"{prefix(order.call.job)}{offer.first}-{offer.last}"].start
            offer = replace(offer, first=offer.first + skipped, last=offer.last + skipped)
            plan.append(replace(one, offer=offer, start=start))
    return plans


def booked(world: World, plans: Plans, quotes: Quotes) -> Book:
    """A book that holds such plans, as if each had been awarded at once."""
    book, before = opened(world.providers), UnixSeconds(world.calls[0].earliest - 1)
    for call in world.calls:
        plan = plans[call.job]
        award = Award(
            job=call.job,
            transcript=transcript(call),
            assignments=tuple(plan),
            arrival=UnixSeconds(plan[-1].finish + travel_time(plan[-1].site, call.site)),
            price=Cents(sum(one.price for one in plan)),
            co2=GramsCo2(sum(one.offer.co2 for one in plan)),
            score=score(call, steps_of(plan)),
        )
        found = book.with_order(Order(call=call, award=award, quotes=quotes[call.job]), now=before)
        assert isinstance(found, Book), "a plan that was carried out can be held"  # noqa: S101
        book = found
    return book


def clairvoyant(world: World, plans: Iterable[Plans], *, tries: int, rng: Random) -> int:
    """The best cost known to a planner that has all calls from the beginning: releases and auctions again and again.

    Args:
        plans: where it may begin: what markets and dispatchers ended with.
        tries: re-auctions.
    """
    exchange = Exchange(now=UnixSeconds(min(call.earliest for call in world.calls) - 1))
    alone = solo(world)
    quotes = {job: order.quotes for job, order in alone.items()}
    ideal = {job: order.award.score for job, order in alone.items()}
    book = best = min((booked(world, plan, quotes) for plan in plans), key=lambda one: one.cost)
    for number in range(tries):
        chosen = group(book, list(book.orders.values()), ideal, rng)
        trial = book.without(*(order.call.job for order in chosen))
        for order in rng.sample(chosen, len(chosen)):
            rest = replace(FIRST, quotes=order.quotes, asked=promising(book, order, nearest=ASKED))
            after = exchange.clear(trial, order.call, rest)
            if isinstance(after, NoAward):
                break
            trial = after
        else:
            heat = best.cost * (tries - number) // (tries * 5_000)
            if trial.cost < book.cost + rng.random() * heat:
                book = trial
                best = min(best, book, key=lambda one: one.cost)
    return best.cost
