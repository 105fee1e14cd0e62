"""What changes after the award: only what follows is planned again, and the reason of every choice is known."""

from dataclasses import replace
from random import Random

from devnet.market.book import Book, Exchange, Order, opened
from devnet.market.breakdown import busiest
from devnet.market.easing import eased
from devnet.market.repair import Remedy, Repaired, broken, delayed, rejected, vanished
from devnet.market.rests import cut, open_from, parts_of, released, task_of
from devnet.market.rush import rushed
from devnet.market.world import DAY, HOUR, Kind, World, world
from protocol.award import NoAward
from protocol.ids import JobId
from protocol.units import Cents, UnixSeconds

KIND = Kind(providers=8, jobs=10, load=1.0, plane=800)


def a_world(seed: int = 1, *, kilometre: int = 12, hour: int = 500, kind: Kind = KIND) -> World:
    place = world(seed, kind)
    calls = [
        replace(call, weights=replace(call.weights, kilometre=Cents(kilometre), hour=Cents(hour)))
        for call in place.calls
    ]
    return replace(place, calls=tuple(calls))


def traded(place: World) -> Book:
    book = opened(place.providers)
    for call in place.calls:
        after = Exchange(now=call.earliest).clear(book, call)
        assert isinstance(after, Book)
        book = after
    return book


def moving(book: Book) -> Order:
    """An order whose first parts go on to a shop that they have not seen."""
    return next(
        order
        for order in book.orders.values()
        if len({one.site for one in order.award.assignments[:2]}) == 2
        and order.award.assignments[1].provider not in {one.provider for one in order.award.assignments[2:]}
    )


def without_second(book: Book, order: Order) -> Remedy:
    """What becomes of an order whose second maker vanishes when the first has finished."""
    first, second = order.award.assignments[:2]
    done = vanished(book, second.provider, now=first.finish)
    return done.remedies[order.call.job]


def test_parts_are_brought_to_their_new_maker_where_ways_cost_nothing() -> None:
    book = traded(a_world(kilometre=0, hour=1))
    assert without_second(book, moving(book)) in {Remedy.MOVED, Remedy.REPLANNED}


def test_parts_are_given_up_where_bringing_them_costs_more_than_making_them_again() -> None:
    cheap = a_world()
    book = traded(cheap)
    order = moving(book)
    far = replace(order.call, weights=replace(order.call.weights, kilometre=Cents(100_000)))
    book = replace(book, orders={**book.orders, far.job: replace(order, call=far)})
    job, now = far.job, order.award.assignments[0].finish
    done = vanished(book, order.award.assignments[1].provider, now=now)
    assert done.remedies[job] in {Remedy.RESTARTED, Remedy.MOVED}
    again = done.book.orders[done.successors[job]]
    if done.remedies[job] is Remedy.MOVED:
        assert again.award.assignments[0].site == order.award.assignments[0].site, "they need not be brought anywhere"
    else:
        assert again.origin is None
        assert again.call.operations == far.operations
        assert again.starts >= now


def test_scrap_is_begun_again_from_the_first_operation() -> None:
    book = traded(a_world())
    order = max(book.orders.values(), key=lambda order: len(order.award.assignments))
    job, second = order.call.job, order.award.assignments[1]
    done = rejected(book, job, second.offer.first, now=second.finish, scrap=True)
    assert done.remedies == {job: Remedy.RESTARTED}
    assert done.book.orders[done.successors[job]].call.operations == order.call.operations
    assert done.book.orders[job].award.assignments == order.award.assignments[:1]


def test_a_late_shipment_moves_only_what_waits_for_it() -> None:
    book = traded(a_world())
    order = moving(book)
    job, second = order.call.job, order.award.assignments[1]
    arrives = UnixSeconds(second.start + 5 * HOUR)
    done = delayed(book, job, second.offer.first, now=second.start, arrives=arrives)
    rest = done.book.orders[done.successors[job]]
    assert rest.origin == second.site, "the parts are on their way there"
    assert rest.starts >= arrives
    assert {name for name, _operation in done.touched} == {job}
    for other, untouched in book.orders.items():
        assert other == job or done.book.orders[other] == untouched


def test_makers_plan_anew_by_themselves_where_that_costs_next_to_nothing() -> None:
    book = traded(a_world())
    found = set()
    for job, order in book.orders.items():
        for one in order.award.assignments[1:]:
            soon = UnixSeconds(one.start + 60)
            found |= set(delayed(book, job, one.offer.first, now=one.start, arrives=soon).remedies.values())
    assert Remedy.REPLANNED in found
    assert Remedy.MOVED in found, "a machine that has no minute to spare is left to others"


def test_what_has_left_for_its_maker_is_not_released() -> None:
    order = moving(traded(a_world()))
    first, second = order.award.assignments[:2]
    assert open_from(order, UnixSeconds(order.starts - 1)) == 0
    assert open_from(order, first.start) == second.offer.first
    assert open_from(order, UnixSeconds(second.start - 1)) != second.offer.first
    assert open_from(order, order.award.arrival) is None


def test_a_rest_and_what_is_made_cost_what_the_order_cost() -> None:
    """Nothing is forgotten when parts wait: auctioning a rest again where it was costs the same as before."""
    book = traded(a_world())
    order = moving(book)
    first, second = order.award.assignments[:2]
    given = released(book, order, second.offer.first, now=first.start)
    assert given.rest.origin == first.site == parts_of(order, second.offer.first, first.start).site
    assert given.call.earliest == first.finish
    assert given.rest.sunk == 0


def test_what_is_made_before_a_rest_cannot_be_pushed_past_it_any_more() -> None:
    book = traded(a_world())
    order = moving(book)
    first, second = order.award.assignments[:2]
    given = released(book, order, second.offer.first, now=first.start)
    task = task_of(cut(book, given), order, first)
    assert task is not None
    assert task.due == task.finish <= given.call.earliest


def a_rush(place: World, book: Book, now: UnixSeconds) -> tuple[JobId, Book, Book] | None:
    """The shortest time in which the last call can be made only if others make room."""
    late = place.calls[-1]
    for hours in range(8, 150, 4):
        call = replace(late, due=UnixSeconds(now + hours * HOUR), earliest=now)
        if isinstance(Exchange(now=now).clear(book, call), NoAward):
            found = rushed(book, call, now=now)
            if found is not None:
                assert found.repaired.book.orders[call.job].award.arrival <= call.due
                for job, change in found.repaired.changes.items():
                    paid = sum(one.amount for one in found.transfers if one.payee == book.orders[job].call.customer)
                    assert paid * 1_000_000 >= change
                return call.job, book, found.repaired.book
    return None


def test_a_rush_order_pays_whoever_makes_room_for_it() -> None:
    tried = 0
    for seed in range(1, 8):
        place = a_world(seed)
        book = traded(replace(place, calls=place.calls[:-1]))
        found = a_rush(place, book, UnixSeconds(place.calls[-2].earliest))
        tried += found is not None
        if found is not None:
            job, before, after = found
            roots = {order.follows or name for name, order in after.orders.items()}
            assert roots == before.orders.keys() | {job}
            break
    assert tried


def a_breakdown(seed: int) -> Repaired:
    """A crowded market whose busiest machine fails when the last call has come."""
    place = a_world(seed, kind=replace(KIND, jobs=30, load=2.0))
    book, now = traded(place), place.calls[-1].earliest
    return broken(book, *busiest(book, now), now=now, until=UnixSeconds(now + 2 * DAY))


def test_after_a_breakdown_work_in_the_way_makes_room_only_where_that_is_better_for_all_together() -> None:
    gained = 0
    for seed in range(1, 4):
        done = a_breakdown(seed)
        book, improvements = eased(done, rng=Random(seed))
        assert done.book.cost - book.cost >= sum(one.gain for one in improvements)
        assert all(one.gain > 0 for one in improvements)
        hit = {done.successors[job] for job in done.changes}
        for one in improvements:
            assert hit & {*one.jobs, *(job for job, _first in one.rests.values())}, "each round is for one that was hit"
            hit |= set(one.jobs)
        gained += len(improvements)
    assert gained


def test_a_breakdown_of_an_idle_machine_moves_nobody() -> None:
    place = a_world()
    book = opened(place.providers)
    (peer, machine), now = busiest(book, place.calls[0].earliest), place.calls[0].earliest
    done = broken(book, peer, machine, now=now, until=UnixSeconds(now + DAY))
    assert eased(done, rng=Random(1)) == (done.book, [])
