"""What a provider offers, and what it keeps."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.planner.bidding import MENU, Answer, answer
from node.planner.errors import CapacityError
from node.planner.holding import Won, release, reserve, settle
from node.planner.machine import Machine
from node.planner.policy import Policy
from node.planner.pricing import basis, placed
from node.planner.schedule import Schedule, Task, idle, prefix
from node.planner.shifts import Calendar, Shift
from node.planner.timing import duration
from protocol import params
from protocol.auction import Bid, Offer, check_bid
from protocol.award import Award, award
from protocol.ids import Digest, MachineId, PeerId
from protocol.job import Call, Site, Weights
from protocol.params import MAX_OFFERS
from protocol.units import Cents, Metres, Seconds, UnixSeconds
from tests.planner.shop import ALLOY, HERE, HOUR, a_call, a_machine, a_schedule, an_operation, at, work

MILL = MachineId("mill-1")
NOW = at(-1)
UNTIL = UnixSeconds(500)


def answered(schedule: Schedule, call: Call, policy: Policy | None = None) -> Answer:
    return answer(schedule, call, site=HERE, now=NOW, policy=policy)


def ends(offer: Offer) -> UnixSeconds:
    return UnixSeconds(offer.opens + offer.duration)


def over(offer: Offer) -> UnixSeconds:
    """When the last start's work is done."""
    return UnixSeconds(offer.closes + offer.duration)


def cost(machine: Machine, call: Call, *, displaced: int = 0, changeover: int = 0) -> Cents:
    margin = machine.rates.margin
    row = basis(machine, call.operations[:1], call.quantity, margin=margin)
    return placed(row, machine, margin=margin, displaced=Cents(displaced), changeover=Seconds(changeover)).price


def chosen(found: Answer, picks: list[int]) -> list[Won]:
    """Windows of consecutive operations that join and do not clash, as an award may pick them, begun early."""
    won: list[Won] = []
    taken: list[int] = []
    for operation, pick in enumerate(picks):
        ready = won[-1].start + won[-1].offer.duration if won else at(0)
        fitting = [
            index
            for index, offer in enumerate(found.offers)
            if offer.first == offer.last == operation
            and offer.closes >= ready
            and not any((one, index) in found.clashes for one in taken)
        ]
        if fitting:
            taken.append(fitting[pick % len(fitting)])
            offer = found.offers[taken[-1]]
            won.append(Won(offer=offer, start=max(offer.opens, UnixSeconds(ready))))
    return won


def test_an_idle_machine_offers_its_whole_menu_from_the_first_moment() -> None:
    call = a_call(due=240)
    offers = answered(a_schedule(), call).offers
    assert len(offers) > MENU / 2
    assert offers[0].opens == call.earliest
    length = duration(a_machine(), call.operations[0], call.quantity)
    assert all(offer.duration == length for offer in offers)
    assert {offer.price for offer in offers} == {cost(a_machine(), call)}


def test_windows_lie_denser_at_the_beginning() -> None:
    offers = answered(a_schedule(), a_call(due=400)).offers
    gaps = [later.opens - earlier.opens for earlier, later in pairwise(offers)]
    assert gaps == sorted(gaps)


def test_no_offer_overlaps_work_that_cannot_move() -> None:
    schedule = a_schedule(work(0, 5), work(7, 10), work(30, 20))
    offers = answered(schedule, a_call()).offers
    assert offers
    assert all(schedule.free(MILL, offer.opens, over(offer)) for offer in offers)


def test_started_work_is_not_moved() -> None:
    schedule = a_schedule(work(0, 6, due=60))
    offers = answer(schedule, a_call(hour=10_000), site=HERE, now=at(2)).offers
    assert min(offer.opens for offer in offers) >= at(6)


def test_moving_other_work_costs_what_it_delays() -> None:
    schedule = a_schedule(work(0, 6, due=60, weight=1_000))
    call = a_call(hour=10_000)
    found = answered(schedule, call)
    length = duration(a_machine(), call.operations[0], 5)
    delayed = -(-length * 1_000 // 3600)
    assert found.offers[0].opens == at(0)
    assert found.offers[0].price == cost(a_machine(), call, displaced=delayed)
    assert found.bases[0].displaced == delayed
    assert found.offers[-1].price == cost(a_machine(), call) < found.offers[0].price


def test_changing_over_costs_machine_time_and_keeping_the_family_saves_it() -> None:
    machine = a_machine(changeover=HOUR)
    call = a_call()
    other = a_schedule(work(0, 6, family="EN 1.7225"), machines=[machine])
    same = a_schedule(work(0, 6, family=ALLOY), machines=[machine])
    assert answered(other, call).offers[0].price == cost(machine, call, changeover=HOUR)
    assert answered(other, call).offers[0].opens == at(7)
    assert answered(same, call).offers[0].price == cost(machine, call)
    assert answered(same, call).offers[0].opens == at(6)


def test_an_order_that_pushing_cannot_reach_is_found_and_can_be_held() -> None:
    schedule = a_schedule(work(0, 6, due=60, weight=100, key="may jump"), work(6, 3, key="fixed"))
    call = a_call(due=90, hour=2_000)
    assert answered(schedule, call, Policy(patience=False)).offers[0].opens == at(9)
    offers = answered(schedule, call).offers
    assert offers[0].opens == at(0)
    held = reserve(schedule, offers, call.job, until=UNTIL, now=NOW)
    settled = settle(held, call.job, [Won(offer=offers[0], start=at(0))], now=NOW)
    assert {task.key: task.start for task in settled.tasks if task.key == "may jump"} == {"may jump": at(9)}


def test_a_patient_customer_moves_nobody() -> None:
    schedule = a_schedule(work(0, 6, due=60, weight=1_000))
    offers = answered(schedule, a_call(hour=10, due=240)).offers
    assert len({offer.price for offer in offers if offer.opens >= at(6)}) == 1


def test_a_window_that_would_leave_other_work_no_place_is_not_offered() -> None:
    tight = a_schedule(work(0, 6, due=8, weight=0))
    offers = answered(tight, a_call(hour=10_000)).offers
    assert min(offer.opens for offer in offers) >= at(6)


def test_every_offer_is_done_before_the_due_date_and_its_transport() -> None:
    far = Site(easting=Metres(60_000), northing=Metres(0))
    for offer in answered(a_schedule(), a_call(site=far)).offers:
        assert over(offer) + 2 * HOUR <= at(72)


def test_a_call_that_is_due_too_soon_is_refused_with_the_reason() -> None:
    found = answered(a_schedule(), a_call(due=1))
    assert found.offers == ()
    assert found.refusals == ("operation 0 (milling): mill-1 has no capacity before the due date",)


def test_an_operation_beyond_the_machine_is_refused_with_the_failing_measure() -> None:
    found = answered(a_schedule(), a_call([an_operation(tolerance=10)]))
    assert found.refusals == ("operation 0 (milling): mill-1 holds 20 um, not 10 um",)


def test_an_operation_without_machine_is_refused_and_the_others_offered() -> None:
    found = answered(a_schedule(), a_call([an_operation(0), an_operation(1, params.HEAT_TREATMENT)]))
    assert {offer.first for offer in found.offers} == {0}
    assert found.refusals == ("operation 1 (heat treatment): no machine for it",)


def test_a_full_machine_says_so() -> None:
    found = answered(a_schedule(work(0, 72)), a_call())
    assert found.refusals == ("operation 0 (milling): mill-1 has no capacity before the due date",)


def test_work_is_offered_in_open_hours_only() -> None:
    mornings = Calendar(
        shifts=tuple(Shift(opens=Seconds((24 * d + 6) * HOUR), closes=Seconds((24 * d + 12) * HOUR)) for d in range(7))
    )
    offers = answered(a_schedule(machines=[a_machine(calendar=mornings)]), a_call(due=240)).offers
    assert offers
    assert all(mornings.open_at(offer.opens, ends(offer)) for offer in offers)
    assert all(mornings.open_at(offer.closes, over(offer)) for offer in offers)


def test_a_later_operation_begins_where_our_earlier_one_ends() -> None:
    machines = [a_machine("mill-1"), a_machine("cmm-1", params.INSPECTION)]
    call = a_call([an_operation(0), an_operation(1, params.INSPECTION)], hour=100)
    offers = answered(a_schedule(machines=machines), call).offers
    first = min(ends(offer) for offer in offers if offer.first == 0)
    assert min(offer.opens for offer in offers if offer.first == 1) == first


def test_operations_that_one_machine_may_take_in_one_go_are_offered_as_a_bundle_too() -> None:
    call = a_call([an_operation(0), an_operation(1), an_operation(2, params.INSPECTION)])
    offers = answered(a_schedule(), call).offers
    assert {(offer.first, offer.last) for offer in offers} == {(0, 0), (0, 1), (1, 1)}
    bundle = next(offer for offer in offers if offer.last > offer.first)
    singles = [next(o for o in offers if (o.first, o.last) == (n, n)) for n in (0, 1)]
    assert bundle.duration == sum(offer.duration for offer in singles)
    assert bundle.price < sum(offer.price for offer in singles)


def test_a_menu_never_exceeds_what_a_bid_may_hold() -> None:
    machines = [a_machine(f"mill-{n}") for n in range(5)]
    offers = answered(a_schedule(machines=machines), a_call([an_operation(n) for n in range(16)], due=900)).offers
    assert len(offers) <= MAX_OFFERS
    assert len({offer.first for offer in offers}) >= 12


def test_the_same_question_has_the_same_answer() -> None:
    schedule = a_schedule(*(work(3 * n, 2, due=3 * n + 20, weight=100 * n) for n in range(12)))
    assert len({answered(schedule, a_call(hour=500)) for _ in range(3)}) == 1


def test_a_held_window_is_not_offered_to_another_call() -> None:
    first, second = a_call(job=1), a_call(job=2)
    held = reserve(a_schedule(), answered(a_schedule(), first).offers, first.job, until=UNTIL, now=NOW)
    offers = answered(held, second).offers
    assert offers
    assert all(held.free(MILL, offer.opens, over(offer)) for offer in offers)


def test_the_place_that_work_would_move_to_is_held_too() -> None:
    schedule = a_schedule(work(0, 6, due=9, weight=0))
    call = a_call(hour=10_000)
    held = reserve(schedule, answered(schedule, call).offers[:1], call.job, until=UNTIL, now=NOW)
    assert held.holds[0].moves
    first = min(offer.opens for offer in answered(held, a_call(job=2, hour=10_000)).offers)
    assert first == held.holds[0].finish + 6 * HOUR


def test_settling_keeps_what_was_won_for_good_and_frees_the_rest() -> None:
    call = a_call(due=240)
    offers = answered(a_schedule(), call).offers
    held = reserve(a_schedule(), offers, call.job, until=UNTIL, now=NOW)
    won = [Won(offer=offers[3], start=UnixSeconds(offers[3].opens + 60))]
    settled = settle(held, call.job, won, now=NOW)
    assert [(task.start, task.finish) for task in settled.tasks] == [(won[0].start, ends(offers[3]) + 60)]
    assert not settled.holds
    assert settle(settled, call.job, won, now=NOW) == settled


def test_what_was_won_may_move_as_far_as_the_award_leaves_room() -> None:
    call = a_call()
    offer = answered(a_schedule(), call).offers[0]
    won = Won(offer=offer, start=offer.opens, latest=at(12))
    settled = settle(a_schedule(), call.job, [won], now=NOW)
    assert min(o.opens for o in answered(settled, a_call(job=2, hour=10_000)).offers) == at(0)


def test_settling_after_the_hold_ended_still_works_while_the_time_is_free() -> None:
    call = a_call()
    offers = answered(a_schedule(), call).offers
    held = reserve(a_schedule(), offers, call.job, until=UNTIL, now=NOW)
    assert held.next_expiry == UNTIL
    settled = settle(held.without_expired(UNTIL), call.job, [Won(offer=offers[0], start=offers[0].opens)], now=NOW)
    assert len(settled.tasks) == 1


def test_settling_after_the_hold_ended_and_the_time_went_elsewhere_is_refused() -> None:
    call = a_call()
    offers = answered(a_schedule(), call).offers
    with pytest.raises(CapacityError):
        settle(a_schedule(work(0, 20)), call.job, [Won(offer=offers[0], start=offers[0].opens)], now=NOW)


def test_losing_leaves_no_trace() -> None:
    schedule = a_schedule(work(0, 6, due=60, weight=1_000, key="own"))
    call = a_call(hour=10_000)
    held = reserve(schedule, answered(schedule, call).offers, call.job, until=UNTIL, now=NOW)
    assert held.holds[0].moves
    assert held.tasks == schedule.tasks
    assert release(held, call.job) == schedule


@st.composite
def shops(draw: st.DrawFn) -> tuple[Task, ...]:
    tasks, clock = [], 0
    for n in range(draw(st.integers(0, 5))):
        clock += draw(st.integers(0, 6))
        hours = draw(st.integers(1, 6))
        slack = draw(st.sampled_from([0, 2, 12, 40]))
        tasks.append(work(clock, hours, due=clock + hours + slack, weight=draw(st.integers(0, 2_000)), key=f"own {n}"))
        clock += hours
    return tuple(tasks)


@given(
    shops(),
    st.integers(0, 5_000),
    st.integers(1, 3),
    st.lists(st.integers(0, 9), min_size=4, max_size=4),
    st.booleans(),
)
@settings(deadline=None, max_examples=12)
def test_whatever_is_won_all_work_fits_and_nothing_tentative_remains(
    tasks: tuple[Task, ...], hour: int, operations: int, picks: list[int], both: bool
) -> None:
    schedule = a_schedule(*tasks)
    one = a_call([an_operation(n) for n in range(operations)], hour=hour, job=1)
    two = a_call([an_operation(0)], hour=hour, job=2)
    found = answered(schedule, one)
    held = reserve(schedule, found.offers, one.job, until=UNTIL, now=NOW)
    rival = answered(held, two)
    held = reserve(held, rival.offers, two.job, until=UNTIL, now=NOW)

    won = chosen(found, picks[:operations])
    settled = settle(held, one.job, won, now=NOW)
    settled = settle(settled, two.job, chosen(rival, picks[3:]) if both else (), now=NOW)

    kept = {(task.start, task.finish) for task in settled.tasks if task.key.startswith(prefix(one.job))}
    assert kept == {(w.start, w.start + w.offer.duration) for w in won}
    assert not settled.holds
    assert {task.key for task in tasks} <= {task.key for task in settled.tasks}
    assert settled == idle(settled.machines).with_tasks(settled.tasks)
    assert not [task for task in release(settled, one.job).tasks if task.key.startswith(prefix(one.job))]


@given(shops(), st.integers(0, 5_000))
@settings(deadline=None, max_examples=12)
def test_every_window_of_a_menu_can_win_at_any_start(tasks: tuple[Task, ...], hour: int) -> None:
    schedule, call = a_schedule(*tasks), a_call(hour=hour)
    offers = answered(schedule, call).offers
    held = reserve(schedule, offers, call.job, until=UNTIL, now=NOW)
    for offer in offers:
        for start in {offer.opens, offer.closes}:
            settled = settle(held, call.job, [Won(offer=offer, start=start)], now=NOW)
            assert len(settled.tasks) == len(tasks) + 1


def test_the_menus_of_three_shops_join_to_an_award_with_little_waiting() -> None:
    trades = (params.MILLING, params.HEAT_TREATMENT, params.INSPECTION)
    call = a_call([an_operation(n, trade) for n, trade in enumerate(trades)], due=36, hour=500, quantity=12)
    bids = []
    for number, trade in enumerate(trades):
        site = Site(easting=Metres(number * 60_000), northing=Metres(0))
        found = answer(a_schedule(machines=[a_machine(f"m-{number}", trade)]), call, site=site, now=NOW)
        bids.append(Bid(job=call.job, provider=PeerId(bytes([number]) * 32), site=site, offers=found.offers))
    outcome = award(call, bids, Digest(bytes(32)))
    assert isinstance(outcome, Award)
    bare = sum(a.offer.duration for a in outcome.assignments) + 2 * 2 * HOUR
    assert outcome.arrival - call.earliest - bare < 6 * HOUR


def test_a_held_machine_still_answers_further_calls_with_time_to_spare() -> None:
    schedule = a_schedule()
    for job in range(1, 5):
        call = a_call(due=14 * 24, job=job, quantity=20)
        found = answered(schedule, call)
        assert found.offers
        schedule = reserve(schedule, found.offers, call.job, until=UNTIL, now=NOW)


def test_a_window_survives_the_release_of_work_that_would_have_moved_for_it() -> None:
    other = a_call(job=3)
    offer = answered(a_schedule(), other).offers[0]
    won = Won(offer=offer, start=offer.opens, latest=at(20))
    busy = settle(a_schedule(), other.job, [won], now=NOW)
    call = a_call(hour=10_000)
    offers = answered(busy, call).offers
    held = reserve(busy, offers, call.job, until=UNTIL, now=NOW)
    assert held.holds[0].moves
    freed = release(held, other.job)
    assert answered(freed, a_call(job=2)).offers
    assert len(settle(freed, call.job, [Won(offer=offers[0], start=offers[0].opens)], now=NOW).tasks) == 1


@given(shops(), st.integers(0, 5_000), st.integers(1, 5))
@settings(deadline=None, max_examples=12)
def test_a_menu_is_always_one_that_the_federation_accepts(tasks: tuple[Task, ...], hour: int, operations: int) -> None:
    call = a_call([an_operation(n) for n in range(operations)], hour=hour, due=120)
    found = answered(a_schedule(*tasks), call)
    if found.offers:
        bid = Bid(job=call.job, provider=PeerId(bytes(32)), site=HERE, offers=found.offers, clashes=found.clashes)
        check_bid(bid, call)
    assert len(found.bases) == len(found.offers)


def test_windows_that_push_the_same_work_are_told_as_a_clash() -> None:
    schedule = a_schedule(work(0, 3, due=40), work(3, 3, due=40))
    call = a_call([an_operation(0), an_operation(1)], hour=10_000)
    found = answered(schedule, call)
    assert found.clashes
    for one, other in found.clashes:
        first, second = found.offers[one], found.offers[other]
        assert first.last < second.first


def test_kept_time_gets_dearer_with_the_start_when_the_owner_says_what_waiting_costs() -> None:
    call, waiting = a_call(), Cents(600)
    plain = answered(a_schedule(), call, Policy(patience=False)).offers
    risen = answered(a_schedule(), call, Policy(patience=False, waiting=waiting)).offers
    assert [offer.price for offer in plain] == [offer.price for offer in risen]
    check_bid(Bid(job=call.job, provider=PeerId(bytes(32)), site=HERE, offers=risen), call)
    for offer in risen:
        kept = offer.closes - offer.opens
        assert offer.price_at(offer.opens) == offer.price
        assert offer.price_at(offer.closes) == offer.price + kept * waiting // 3600
        for rise in offer.rises:
            assert rise.price - offer.price <= (rise.start - offer.opens) * waiting // 3600


def test_an_offer_tells_the_quality_class_of_its_machine_and_where_its_shop_stands() -> None:
    """The award weighs class and way: of two equal shops the finer wins, then the nearer."""
    fine, coarse = a_machine(), replace(a_machine(), grade=2)
    call = replace(a_call(), weights=Weights(hour=Cents(0), co2_tonne=Cents(0), grade=Cents(500), kilometre=Cents(10)))
    far = Site(easting=Metres(300_000), northing=Metres(0))
    shops = ((b"f" * 32, fine, far), (b"n" * 32, coarse, HERE), (b"b" * 32, coarse, far))
    bids = [
        Bid(job=call.job, provider=PeerId(name), site=site, offers=answered(idle((machine,)), call).offers)
        for name, machine, site in shops
    ]
    assert {offer.grade for bid in bids for offer in bid.offers} == {0, 2}
    winners = []
    while bids:
        outcome = award(call, bids, Digest(bytes(32)))
        assert isinstance(outcome, Award)
        winners.append(outcome.assignments[0].provider)
        bids = [bid for bid in bids if bid.provider != winners[-1]]
    assert [name[:1] for name in winners] == [b"n", b"f", b"b"]
