"""What markets promise: books, improvements, repairs and the yardsticks beside them."""

from dataclasses import replace
from itertools import pairwise
from random import Random

from devnet.market.baselines import RULES, contract_net, cost_of, dispatch, ideals, score, solo, steps_of
from devnet.market.book import Book, Exchange, opened
from devnet.market.breakdown import busiest, right_shifted
from devnet.market.foresight import booked, clairvoyant, plans_of
from devnet.market.improvement import improved, reauctioned
from devnet.market.repair import broken, rejected
from devnet.market.rests import released, tail_score
from devnet.market.world import DAY, Kind, World, world
from protocol.award import NoAward
from protocol.ids import JobId
from protocol.transport import travel_time
from protocol.units import UnixSeconds

KIND = Kind(providers=5, jobs=8, load=1.2, plane=200)


def a_world(seed: int = 1) -> World:
    return world(seed, KIND)


def traded(place: World) -> Book:
    book = opened(place.providers)
    for call in place.calls:
        after = Exchange(now=call.earliest).clear(book, call)
        assert isinstance(after, Book)
        book = after
    return book


def test_the_same_seed_makes_the_same_world() -> None:
    assert a_world() == a_world() != a_world(2)


def test_an_awards_score_is_what_its_steps_cost() -> None:
    for order in traded(a_world()).orders.values():
        assert score(order.call, steps_of(order.award.assignments)) == order.award.score


def test_releasing_everything_leaves_empty_shops() -> None:
    place = a_world()
    book = traded(place)
    assert book.without(*book.orders).schedules == opened(place.providers).schedules


def test_nobody_does_better_than_alone_in_the_federation() -> None:
    place = a_world()
    ideal, book = ideals(place), traded(place)
    assert all(order.award.score >= ideal[job] for job, order in book.orders.items())


def test_rounds_only_ever_lower_what_all_pay_together() -> None:
    place = a_world()
    book = traded(place)
    exchange = Exchange(now=UnixSeconds(place.calls[0].earliest - 1))
    better, found = improved(book, exchange, ideals(place), rounds=20, rng=Random(1))
    assert found
    assert better.cost < book.cost
    assert better.cost + sum(one.gain for one in found) <= book.cost
    assert better.orders.keys() == book.orders.keys()


def test_who_loses_by_a_re_auction_is_paid_by_who_gains() -> None:
    place = a_world()
    book = traded(place)
    exchange = Exchange(now=UnixSeconds(place.calls[0].earliest - 1))
    rng = Random(3)
    compensated = False
    for _ in range(80):
        released = rng.sample(list(book.orders.values()), 3)
        after = reauctioned(book, exchange, released, rng)
        if after is None:
            continue
        trial, improvement = after
        for order in released:
            job, customer = order.call.job, order.call.customer
            change = trial.orders[job].award.score - book.orders[job].award.score
            paid = sum(t.amount for t in improvement.transfers if t.payer == customer)
            received = sum(t.amount for t in improvement.transfers if t.payee == customer)
            assert change + 1_000_000 * (paid - received) <= 0
            compensated |= received > 0
    assert compensated


def test_a_broken_machine_touches_only_what_follows_on_it() -> None:
    book = traded(a_world())
    now = max(order.call.earliest for order in book.orders.values())
    peer, machine = busiest(book, now)
    until = UnixSeconds(now + 2 * DAY)
    repaired = broken(book, peer, machine, now=now, until=until)
    assert repaired.touched
    touched = {job for job, _operation in repaired.touched}
    for job, order in book.orders.items():
        if job not in touched:
            assert repaired.book.orders[job] == order
    for task in repaired.book.schedules[peer].on(machine):
        assert task.finish <= now or task.start >= until or task.start <= now
    assert repaired.cost <= right_shifted(book, peer, machine, now=now, until=until) or repaired.unplaced


def test_what_an_inspection_rejects_is_made_again_and_all_after_it() -> None:
    book = traded(a_world())
    job, order = next(iter(book.orders.items()))
    first = order.award.assignments[1]
    repaired = rejected(book, job, first.offer.first, now=first.finish)
    given = released(book, order, first.offer.first, now=first.finish)
    call = given.call
    assert given.rest.origin == first.site, "what is to be done again is where it was done"
    assert [operation.process for operation in call.operations] == [
        operation.process for operation in order.call.operations[first.offer.first :]
    ]
    rest = repaired.book.orders[call.job]
    assert rest.starts >= first.finish
    assert rest.award.score > tail_score(order, first.offer.first) or repaired.cost >= book.cost
    assert repaired.successors == {job: call.job}


def test_an_order_that_is_repaired_twice_is_still_made_once() -> None:
    """Its first rest goes back to the shops when something before that must be made again."""
    book = traded(a_world())
    job, order = max(book.orders.items(), key=lambda item: len(item[1].award.assignments))
    last, second = order.award.assignments[-1], order.award.assignments[1]
    now = order.call.earliest
    once = rejected(book, job, last.offer.first, now=now)
    rest = next(other for other in once.book.orders.values() if other.follows == job)
    assert not once.book.orders[job].whole
    assert rest.whole
    assert once.cost == once.book.cost
    twice = rejected(once.book, job, second.offer.first, now=UnixSeconds(now + 1))
    assert rest.call.job not in twice.book.orders
    (again,) = (other for other in twice.book.orders.values() if other.follows == job)
    assert len(again.call.operations) == len(order.call.operations) - second.offer.first
    assert again.whole
    keys = [task.key for schedule in twice.book.schedules.values() for task in schedule.tasks]
    assert not any(key.startswith(rest.call.job.hex()) for key in keys)
    assert twice.cost == twice.book.cost


def test_what_is_left_of_a_cut_order_is_not_auctioned_again() -> None:
    book = traded(a_world())
    job, order = max(book.orders.items(), key=lambda item: len(item[1].award.assignments))
    now = UnixSeconds(order.call.earliest - 1)
    cut = rejected(book, job, order.award.assignments[1].offer.first, now=now).book
    after, _ = improved(cut, Exchange(now=now), {}, rounds=30, rng=Random(1))
    assert after.orders[job] == cut.orders[job]


def test_a_tail_and_what_is_before_it_cost_what_the_whole_costs() -> None:
    order = next(iter(traded(a_world()).orders.values()))
    assert tail_score(order, 0) == order.award.score


def test_an_order_that_nobody_can_make_leaves_the_book_as_it_was() -> None:
    place = a_world()
    book = opened(place.providers)
    hurried = replace(place.calls[0], due=UnixSeconds(place.calls[0].earliest + 60))
    assert isinstance(Exchange(now=hurried.earliest).clear(book, hurried), NoAward)


def test_the_yardsticks_never_beat_the_lower_bound_and_foresight_never_loses() -> None:
    place = a_world()
    bound, book = sum(ideals(place).values()), traded(place)
    plans = [plans_of(book), *(dispatch(place, rule) for rule in RULES)]
    known = clairvoyant(place, plans, tries=30, rng=Random(1))
    assert bound <= known <= min(cost_of(place, plan) for plan in plans) <= book.cost
    assert all(contract_net(place, haste=haste) >= bound for haste in (0, 100))


def test_what_a_shop_said_is_asked_again_only_when_its_schedule_changed() -> None:
    place = a_world()
    book, call = opened(place.providers), place.calls[0]
    exchange = Exchange(now=call.earliest)
    peer = next(peer for peer in book.providers if exchange.bid(book, call, peer) is not None)
    assert exchange.bid(book, call, peer) is exchange.bid(book, call, peer)
    assert exchange.bid(book, replace(call, job=JobId(bytes(32))), peer) is not exchange.bid(book, call, peer)


def test_rests_join_into_plans_that_can_be_carried_out_and_cost_what_the_book_says() -> None:
    place = a_world()
    book, rng = opened(place.providers), Random(1)
    for call in place.calls:
        exchange = Exchange(now=call.earliest)
        after = exchange.clear(book, call)
        assert isinstance(after, Book)
        book, _ = improved(after, exchange, {}, rounds=15, rng=rng)
    assert any(order.follows is not None for order in book.orders.values()), "some orders were cut while they were made"
    plans = plans_of(book)
    assert abs(cost_of(place, plans) - book.cost) < 100 * len(book.orders), "micro-cents that were rounded off"
    for call in place.calls:
        steps = plans[call.job]
        covered = [index for one in steps for index in range(one.offer.first, one.offer.last + 1)]
        assert covered == list(range(len(call.operations)))
        for one, other in pairwise(steps):
            assert other.start >= one.finish + travel_time(one.site, other.site)
    quotes = {job: order.quotes for job, order in solo(place).items()}
    assert booked(place, plans, quotes).orders.keys() == plans.keys()
