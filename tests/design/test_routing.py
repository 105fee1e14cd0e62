import pytest

from node.design.bid_view import bid_view
from node.design.characteristics import characteristics
from node.design.errors import NoRoutingError, UnknownMaterialError
from node.design.findings import Severity, findings
from node.design.finish import Finish
from node.design.routing import feasible, plan
from protocol.ids import MaterialCode, ProcessCode
from protocol.params import (
    BENDING,
    EXTRUSION,
    HEAT_TREATMENT,
    INSPECTION,
    LASER,
    MAX_HOLES,
    MAX_MEASUREMENTS,
    MILLING,
    POWDER_METAL,
    POWDER_POLYMER,
    TURNING,
    VAT,
)
from protocol.units import CubicMillimetres
from tests.design.samples import ALUMINIUM, C45, PLA, STAINLESS, bore, box, model, round_model, um


def chain(routing_material: MaterialCode, *, turned: bool = False, heat_treat: bool | None = None) -> list[ProcessCode]:
    part = round_model() if turned else model()
    routing = plan(
        part, material=routing_material, quantity=10, tolerance=um(0.5), finish=Finish(heat_treat=heat_treat)
    )
    assert [operation.index for operation in routing.operations] == list(range(len(routing.operations)))
    assert len(routing.reasons) == len(routing.operations)
    return [operation.process for operation in routing.operations]


def test_an_aluminium_part_is_milled_aged_and_measured() -> None:
    assert chain(ALUMINIUM) == [MILLING, HEAT_TREATMENT, INSPECTION]


def test_a_round_steel_part_is_turned_hardened_and_measured() -> None:
    assert chain(C45, turned=True) == [TURNING, HEAT_TREATMENT, INSPECTION]


def test_stainless_steel_is_heat_treated_only_when_asked() -> None:
    assert chain(STAINLESS) == [MILLING, INSPECTION]
    assert chain(STAINLESS, heat_treat=True) == [MILLING, HEAT_TREATMENT, INSPECTION]


def test_heat_treatment_can_be_declined() -> None:
    assert chain(ALUMINIUM, heat_treat=False) == [MILLING, INSPECTION]


def test_a_polymer_part_is_printed_and_nothing_else() -> None:
    assert chain(PLA) == [EXTRUSION]
    assert chain(PLA, turned=True) == [EXTRUSION]


def test_a_round_part_may_still_be_milled_when_the_customer_names_it() -> None:
    routing = plan(round_model(), material=C45, quantity=1, tolerance=um(0.1), process=MILLING)
    assert routing.operations[0].process == MILLING


def test_a_part_that_is_not_round_cannot_be_turned_and_is_told_why() -> None:
    with pytest.raises(NoRoutingError, match="not a body of revolution"):
        plan(model(), material=C45, quantity=1, tolerance=um(0.1), process=TURNING)


def test_a_process_that_shapes_nothing_cannot_be_chosen() -> None:
    with pytest.raises(NoRoutingError, match="not a process that shapes"):
        plan(model(), material=C45, quantity=1, tolerance=um(0.1), process=INSPECTION)


def test_a_polymer_cannot_be_hardened() -> None:
    with pytest.raises(NoRoutingError, match="no heat treatment"):
        plan(model(), material=PLA, quantity=1, tolerance=um(0.5), finish=Finish(heat_treat=True))


@pytest.mark.parametrize("quantity", [0, -1, 10_001])
def test_a_quantity_out_of_bounds_has_no_routing(quantity: int) -> None:
    with pytest.raises(NoRoutingError, match="quantity"):
        plan(model(), material=C45, quantity=quantity, tolerance=um(0.1))


def test_a_tolerance_out_of_reach_blocks_the_process() -> None:
    with pytest.raises(NoRoutingError, match="does not hold this tolerance"):
        plan(model(), material=PLA, quantity=1, tolerance=um(0.1))


def test_an_unknown_material_lists_the_known_ones() -> None:
    with pytest.raises(UnknownMaterialError, match="EN AW-6082"):
        plan(model(), material=MaterialCode("unobtainium"), quantity=1, tolerance=um(0.1))


def test_every_shaping_process_is_listed_with_a_reason() -> None:
    options = feasible(round_model(), material=C45, quantity=1, tolerance=um(0.1))
    assert [(option.process, option.feasible, option.offered) for option in options[:3]] == [
        (TURNING, True, True),
        (POWDER_METAL, True, True),
        (MILLING, True, False),
    ]
    assert {option.process for option in options[3:]} == {LASER, BENDING, EXTRUSION, VAT, POWDER_POLYMER}
    assert all(option.reasons for option in options)


def test_a_milled_part_removes_the_block_around_it_less_itself() -> None:
    milling, aging, measuring = plan(model(), material=ALUMINIUM, quantity=1, tolerance=um(0.1)).operations
    assert milling.envelope == box(82, 62, 27)
    assert milling.removed == 82 * 62 * 27 - 101_250
    assert milling.mass == round(82 * 62 * 27 * 2.7 / 1000)
    assert milling.features == 1 + 7 + 1
    assert (aging.removed, aging.features, aging.mass) == (0, 0, 273)
    assert measuring.envelope == box(80, 60, 25)
    assert measuring.features == 3 + 2 * 7 + 2


def test_a_turned_part_removes_the_bar_around_it_less_itself() -> None:
    turning = plan(round_model(), material=C45, quantity=1, tolerance=um(0.1)).operations[0]
    assert turning.envelope == box(124, 42, 42)
    assert turning.removed == pytest.approx(3.14159265 / 4 * 42**2 * 124 - 104_262, abs=1)


def test_a_printed_part_builds_up_its_own_volume() -> None:
    printing = plan(model(), material=PLA, quantity=1, tolerance=um(0.5)).operations[0]
    assert (printing.removed, printing.envelope) == (101_250, box(80, 60, 25))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"holes": (bore(2, 20.001, 1),)}, "DEEP_HOLE"),
        ({"holes": (bore(0.8, 2, 1),)}, "SMALL_HOLE"),
        ({"min_internal_radius": um(1.4)}, "SMALL_INTERNAL_RADIUS"),
        ({"sharp_internal_edges": 4}, "SHARP_INTERNAL_EDGE"),
        ({"min_wall": um(0.7)}, "THIN_WALL"),
        ({"sheet": um(2)}, "SHEET"),
        ({"disagreement": 5001}, "SUSPECT_VOLUME"),
    ],
)
def test_each_difficulty_is_found_and_explained(changes: dict[str, object], code: str) -> None:
    found = findings(model(**changes), MILLING, um(0.1))
    assert [finding.code for finding in found] == [code]
    assert found[0].explanation
    assert findings(model(), MILLING, um(0.1)) == ()


def test_a_hole_of_just_ten_diameters_is_not_deep() -> None:
    assert findings(model(holes=(bore(2, 20, 1),)), MILLING, um(0.1)) == ()


def test_a_blocking_finding_comes_first() -> None:
    found = findings(model(sheet=um(2), min_wall=um(0.5)), MILLING, um(0.001))
    assert [finding.severity for finding in found] == [Severity.BLOCK, Severity.COST, Severity.NOTE]


def test_the_mesh_volume_is_believed_when_the_two_disagree() -> None:
    part = model(mesh_volume=CubicMillimetres(90_000), disagreement=125_000)
    assert part.suspect
    assert part.volume == 90_000


def test_the_bid_view_shows_measures_and_the_largest_hole_groups_first() -> None:
    view = bid_view(model(), ALUMINIUM, um(0.1))
    assert (view.volume, view.mass, view.material, view.tolerance) == (101_250, 273, ALUMINIUM, 100)
    assert [(hole.diameter, hole.count) for hole in view.holes] == [(6600, 4), (5000, 2), (10000, 1)]


def test_the_bid_view_is_cut_to_the_largest_groups() -> None:
    holes = tuple(bore(1 + size / 100, 5, 1 + size % 3) for size in range(MAX_HOLES + 20))
    view = bid_view(model(holes=holes), ALUMINIUM, um(0.1))
    assert len(view.holes) == MAX_HOLES
    assert view.holes[0].count == 3


def test_characteristics_bound_every_hole_and_edge() -> None:
    rows = {row.name: row for row in characteristics(model(), um(0.101))}
    assert rows["length"].holds(um(80))
    assert (rows["length"].lower, rows["length"].upper) == (79_950, 80_051)
    assert rows["hole 1.2 depth"].nominal == 14_000
    assert "hole 2.1 depth" not in rows
    assert (rows["hole 2.4 position"].lower, rows["hole 2.4 position"].upper) == (0, 51)
    assert not rows["hole 3.1 diameter"].holds(um(10.06))


def test_characteristics_never_exceed_what_a_step_record_carries() -> None:
    assert len(characteristics(model(holes=(bore(1, 5, 400),)), um(0.1))) == MAX_MEASUREMENTS
