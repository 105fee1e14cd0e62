"""The rows of a price, by hand."""

from dataclasses import replace

import pytest

from node.planner.pricing import basis, placed
from node.planner.timing import duration
from protocol.units import NO_TIME, NOTHING, BasisPoints, Cents, Seconds
from tests.planner.shop import a_machine, an_operation


def test_a_price_is_time_setup_electricity_changeover_displaced_work_rework_and_margin() -> None:
    machine, operation = replace(a_machine(), rework=BasisPoints(200)), an_operation()
    assert duration(machine, operation, 1) == 3_150
    row = placed(
        basis(machine, [operation], 1, margin=BasisPoints(1_000)),
        machine,
        margin=BasisPoints(1_000),
        changeover=Seconds(1_800),
        displaced=Cents(900),
    )
    assert row.time == 3_150 * 6_000 // 3600
    assert row.setup == 2_000
    assert row.electricity == 34  # 1.667 kWh at 20 cents, rounded up
    assert row.changeover == 3_000
    assert row.rework == -(-(5_250 + 34) * 2 // 100)
    assert row.cost == 5_250 + 2_000 + 34 + 3_000 + 900 + 106
    assert row.price == row.cost + row.margin == row.cost + -(-row.cost // 10)


def test_a_price_at_no_particular_place_is_the_price_at_a_plain_one() -> None:
    machine = a_machine()
    row = basis(machine, [an_operation()], 3, margin=BasisPoints(700))
    assert placed(row, machine, margin=BasisPoints(700), changeover=NO_TIME, displaced=NOTHING) == row


def test_work_that_saves_a_changeover_is_cheaper_and_never_free() -> None:
    machine = a_machine()
    row, margin = basis(machine, [an_operation()], 1, margin=BasisPoints(0)), BasisPoints(0)
    saved = placed(row, machine, margin=margin, changeover=Seconds(-1_800), displaced=NOTHING)
    assert saved.changeover == -3_000
    assert saved.price == row.price - 3_000
    assert placed(row, machine, margin=margin, changeover=NO_TIME, displaced=Cents(-100_000)).price == 1


@pytest.mark.parametrize("margin", [-500, 0, 1_200])
def test_the_margin_may_be_given_away(margin: int) -> None:
    row = basis(a_machine(), [an_operation()], 3, margin=BasisPoints(margin))
    assert (row.price > row.cost, row.price < row.cost) == (margin > 0, margin < 0)


def test_a_bundle_is_set_up_once() -> None:
    machine, operation = a_machine(), an_operation()
    row = basis(machine, [operation], 3, margin=BasisPoints(0))
    assert basis(machine, [operation, operation], 3, margin=BasisPoints(0)).cost == 2 * row.cost - row.setup
