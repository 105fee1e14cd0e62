from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.design import materials
from node.design.errors import MissingFactorError
from node.design.estimate import Estimate, Range, estimate
from node.design.finish import Finish
from node.design.machine_time import Pace, furnace_seconds, machining_seconds
from node.design.materials import MATERIALS
from node.design.rates import DEFAULT
from node.design.routing import Routing, plan
from protocol.ids import MaterialCode
from protocol.units import CubicMillimetres, Grams, GramsCo2, Seconds
from tests.design.samples import C45, PLA, model, round_model, um

ROUTINGS = [
    plan(part, material=material, quantity=1, tolerance=um(0.5))
    for part in (model(), round_model())
    for material in MATERIALS
]
OWN = GramsCo2(2_000)
routings = st.sampled_from(ROUTINGS)
quantities = st.integers(1, 10_000)


def values(result: Estimate) -> list[int]:
    ranges: list[Range[int]] = [result.price, result.seconds, result.co2]  # type: ignore[list-item]
    return [value for row in ranges for value in (row.low, row.likely, row.high)]


def not_less(more: Estimate, less: Estimate) -> bool:
    return all(a >= b for a, b in zip(values(more), values(less), strict=True))


@given(routing=routings, quantity=quantities, more=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_more_parts_never_cost_less(routing: Routing, quantity: int, more: int) -> None:
    assert not_less(
        estimate(routing, quantity + more, DEFAULT, embodied=OWN), estimate(routing, quantity, DEFAULT, embodied=OWN)
    )


@given(routing=routings, quantity=quantities, more=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_more_volume_to_work_never_costs_less(routing: Routing, quantity: int, more: int) -> None:
    first = routing.operations[0]
    heavier = replace(first, removed=CubicMillimetres(first.removed + more), mass=Grams(first.mass + more // 100))
    larger = replace(routing, operations=(heavier, *routing.operations[1:]))
    assert not_less(
        estimate(larger, quantity, DEFAULT, embodied=OWN), estimate(routing, quantity, DEFAULT, embodied=OWN)
    )


@given(routing=routings, quantity=quantities)
@settings(max_examples=60, deadline=None)
def test_a_range_is_in_order_and_sums_its_operations(routing: Routing, quantity: int) -> None:
    result = estimate(routing, quantity, DEFAULT, embodied=OWN)
    for row in (result.price, result.co2, result.seconds, result.energy):
        assert 0 < row.low <= row.likely <= row.high
    assert result.price.likely == sum(row.price.likely for row in result.operations)
    assert result.co2.high == sum(row.co2.high for row in result.operations)


def test_a_material_without_an_open_co2_figure_asks_for_one() -> None:
    routing = plan(model(), material=MaterialCode("ISO 1043:PA12"), quantity=1, tolerance=um(0.5))
    with pytest.raises(MissingFactorError, match="--embodied"):
        estimate(routing, 1, DEFAULT)
    assert "2 kg CO2 per kg (the customer's figure)" in " ".join(estimate(routing, 1, DEFAULT, embodied=OWN).basis)


SOURCED = [code for code, row in MATERIALS.items() if row.embodied is not None]


@pytest.mark.parametrize("material", SOURCED)
def test_every_known_material_has_rates_and_its_source_is_named(material: MaterialCode) -> None:
    routing = plan(model(), material=material, quantity=1, tolerance=um(0.5))
    basis = " ".join(estimate(routing, 1, DEFAULT, embodied=OWN).basis)
    assert MATERIALS[material].embodied_source in basis
    assert DEFAULT.grid_source in basis


def test_the_price_of_a_milled_part_follows_from_the_rate_card() -> None:
    routing = plan(model(), material=C45, quantity=4, tolerance=um(0.5), finish=Finish(heat_treat=False))
    milling = estimate(routing, 4, DEFAULT, embodied=OWN).operations[0]
    each = 120 + -(-60 * 36_018 // 12_000) + 9 * 45
    seconds = 4 * each + 3600
    assert milling.seconds.likely == seconds
    assert milling.price.likely == -(-seconds * 8000 // 3600) + -(-4 * routing.operations[0].mass * 200 // 1000)
    assert f"4 x {each} s" in milling.basis
    assert milling.energy.likely == -(-seconds * 4_000 // 3600)


def test_stock_is_bought_and_what_is_not_the_part_is_scrap() -> None:
    routing = plan(model(), material=C45, quantity=4, tolerance=um(0.5))
    found = estimate(routing, 4, DEFAULT, embodied=OWN)
    assert found.stock == 4 * routing.operations[0].mass
    assert found.scrap == found.stock - 4 * materials.find(C45).mass(model().volume) > 0
    printed = plan(model(), material=PLA, quantity=4, tolerance=um(0.5))
    assert estimate(printed, 4, DEFAULT, embodied=OWN).scrap == 0


def test_machine_time_adds_loading_volume_and_features_and_rounds_up() -> None:
    operation = replace(ROUTINGS[0].operations[0], removed=CubicMillimetres(1001), features=3)
    pace = Pace(volume=1000, feature=Seconds(10), load=Seconds(5), source="test")
    assert machining_seconds(operation, pace) == 5 + 61 + 30
    assert machining_seconds(operation, replace(pace, volume=0)) == 35


def test_a_furnace_is_paid_by_the_charge() -> None:
    def charges(mass: int, quantity: int) -> int:
        return furnace_seconds(Grams(mass), quantity, cycle=Seconds(100), capacity=Grams(1000)) // 100

    assert [charges(1, 1), charges(100, 10), charges(100, 11)] == [1, 1, 2]
