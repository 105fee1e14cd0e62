"""What limits a shop besides its machines' time: power, material, tools and approvals."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from node.planner.bidding import Answer, answer
from node.planner.holding import Won, reserve, settle
from node.planner.machine import Approval, Stock, Tool
from node.planner.premises import Draw, Premises, crowded
from node.planner.schedule import Schedule
from protocol.job import Call, Hole
from protocol.units import Micrometres, Seconds, UnixSeconds
from tests.planner.shop import ALLOY, HERE, HOUR, a_call, a_machine, a_schedule, at, work

NOW = at(-1)


def answered(schedule: Schedule, call: Call) -> Answer:
    return answer(schedule, call, site=HERE, now=NOW)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(1, 5)), max_size=6), st.integers(0, 9))
def test_time_is_crowded_exactly_where_more_is_drawn_than_there_is_room(
    rows: list[tuple[int, int, int]], room: int
) -> None:
    draws = [Draw(UnixSeconds(start), UnixSeconds(start + length), watts) for start, length, watts in rows]
    spans = crowded(draws, room)
    for second in range(30):
        drawn = sum(draw.watts for draw in draws if draw.start <= second < draw.finish)
        assert any(start <= second < finish for start, finish in spans) == (drawn > room)


def test_no_work_starts_while_other_machines_take_the_power() -> None:
    machines = [a_machine("mill-1"), a_machine("mill-2")]
    busy = work(0, 6, machine="mill-2")
    call = a_call()
    free = answered(a_schedule(busy, machines=machines), call)
    assert min(offer.opens for offer in free.offers if offer.machine == "mill-1") == at(0)
    capped = answered(a_schedule(busy, machines=machines, premises=Premises(watts=9_000)), call)
    assert min(offer.opens for offer in capped.offers) == at(6)


def test_windows_for_two_operations_never_need_more_power_than_there_is() -> None:
    machines = [a_machine("mill-1"), a_machine("mill-2")]
    schedule = a_schedule(machines=machines, premises=Premises(watts=9_000))
    one, two = a_call(job=1), a_call(job=2)
    offers = answered(schedule, one).offers
    held = reserve(schedule, offers, one.job, until=UnixSeconds(50), now=NOW)
    rival = answered(held, two).offers
    assert rival
    settled = settle(held, one.job, [Won(offer=offers[0], start=offers[0].closes)], now=NOW)
    settled = settle(settled, two.job, [Won(offer=rival[0], start=rival[0].opens)], now=NOW)
    first, second = sorted(settled.tasks, key=lambda task: task.start)
    assert first.finish <= second.start


def test_work_waits_for_material_that_is_not_on_the_shelf() -> None:
    stock = (Stock(material=ALLOY, grams=1_000, lead=Seconds(48 * HOUR)),)
    short = answered(a_schedule(premises=Premises(stock=stock)), a_call(quantity=5))
    assert min(offer.opens for offer in short.offers) == NOW + 48 * HOUR
    enough = answered(a_schedule(premises=Premises(stock=stock)), a_call(quantity=1))
    assert min(offer.opens for offer in enough.offers) == at(0)


def test_a_hole_without_a_tool_is_refused_with_its_measures() -> None:
    call = a_call()
    hole = Hole(diameter=Micrometres(3_000), depth=Micrometres(30_000), through=True, count=2)
    call = replace(call, part=replace(call.part, holes=(hole,)))
    tool = Tool(diameter=Micrometres(3_000), reach=Micrometres(20_000))
    short = answered(a_schedule(machines=[replace(a_machine(), tools=(tool,))]), call)
    assert short.refusals == ("operation 0 (milling): mill-1 has no tool for a hole of 3000 um, 30000 um deep",)
    thin = replace(tool, diameter=Micrometres(2_500), reach=Micrometres(30_000))
    assert answered(a_schedule(machines=[replace(a_machine(), tools=(tool, thin))]), call).offers


def test_nothing_is_promised_beyond_a_approval() -> None:
    machine = replace(a_machine(), approvals=(Approval(name="ISO 10360-2", until=at(20)),))
    offers = answered(a_schedule(machines=[machine]), a_call()).offers
    assert offers
    assert all(offer.closes + offer.duration <= at(20) for offer in offers)
