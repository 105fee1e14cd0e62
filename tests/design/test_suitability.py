"""Which processes are offered for a shape, and what else follows from thickness, bends and wishes."""

from dataclasses import replace

import pytest

from node.design.errors import MissingThicknessError
from node.design.estimate import estimate
from node.design.findings import Severity, findings
from node.design.finish import Finish
from node.design.part import Access, Bend, Kind, PartModel, Profile
from node.design.rates import DEFAULT
from node.design.reach import ORDINARY
from node.design.routing import plan
from node.design.suitability import families, options
from protocol.ids import MaterialCode, ProcessCode
from protocol.params import BENDING, COATING, EXTRUSION, GRINDING, HEAT_TREATMENT, INSPECTION, LASER, MILLING, TURNING
from tests.design.samples import ALUMINIUM, C45, PLA, bore, box, model, round_model, um


def flat(thickness: float | None = 2.0) -> PartModel:
    height = 0.0 if thickness is None else thickness
    profile = Profile(thickness=None if thickness is None else um(thickness), cut=900, contours=5, smallest=um(6))  # type: ignore[arg-type]
    return model(envelope=box(200, 100, height), profile=profile, sheet=None, pockets=0, min_internal_radius=None)


def bent() -> PartModel:
    bends = (Bend(radius=um(3), angle=9000, length=um(100), count=2),)
    return model(envelope=box(200, 100, 60), sheet=um(1.5), bends=bends, min_wall=um(1.5), pockets=3)


def chain(part: PartModel, material: MaterialCode, **wishes: object) -> list[ProcessCode]:
    routing = plan(part, material=material, quantity=5, **({"tolerance": um(0.5)} | wishes))  # type: ignore[arg-type]
    assert routing.needs == ((), *((index,) for index in range(len(routing.operations) - 1)))
    assert estimate(routing, 5, DEFAULT).price.likely > 0
    return [operation.process for operation in routing.operations]


def test_a_block_is_milled_or_printed() -> None:
    assert families(model()) == ("milling", "additive")


def test_triangles_are_first_thought_of_as_printed_until_the_material_is_a_metal() -> None:
    mesh = model(kind=Kind.MESH)
    assert families(mesh) == ("additive", "milling")
    assert plan(mesh, material=ALUMINIUM, quantity=1, tolerance=um(0.5)).operations[0].process == MILLING


def test_a_long_round_part_is_turned_and_a_disc_may_be_milled() -> None:
    assert families(round_model()) == ("turning", "additive")
    disc = replace(round_model(), turned=replace(round_model().turned, length=um(20)))  # type: ignore[type-var]
    assert families(disc) == ("turning", "milling", "additive")


def test_a_thin_plate_is_cut_and_a_thick_one_may_be_milled() -> None:
    assert families(flat()) == ("laser", "additive")
    assert families(flat(10)) == ("laser", "milling", "additive")


def test_a_bent_sheet_is_bent_or_printed_and_not_milled() -> None:
    assert families(bent()) == ("sheet", "additive")
    assert chain(bent(), C45) == [LASER, BENDING, INSPECTION]


def test_a_cavity_that_no_tool_reaches_is_only_printed() -> None:
    hollow = model(access=Access(setups=5, principal=True, unreachable=70_000))  # type: ignore[arg-type]
    assert families(hollow) == ("additive",)
    blocked = next(o for o in options(hollow, material=None, quantity=1, tolerance=um(0.5)) if o.process == MILLING)
    assert "out of reach" in blocked.reasons[0]


def test_an_undercut_is_milled_at_a_price() -> None:
    grooved = model(access=Access(setups=5, principal=True, unreachable=40_000))  # type: ignore[arg-type]
    assert families(grooved) == ("milling", "additive")
    assert ("UNDERCUT", Severity.COST) in {(f.code, f.severity) for f in findings(grooved, MILLING, um(0.5))}


def test_several_bodies_are_printed_together() -> None:
    assert families(model(kind=Kind.MESH, solids=3)) == ("additive",)


def test_a_drawing_is_cut_once_its_thickness_is_known() -> None:
    assert families(replace(flat(), kind=Kind.PROFILE)) == ("laser",)
    assert chain(flat(), ALUMINIUM) == [LASER, INSPECTION]
    with pytest.raises(MissingThicknessError, match="--thickness"):
        plan(replace(flat(None), kind=Kind.PROFILE), material=ALUMINIUM, quantity=1, tolerance=um(0.5))


def test_the_sheet_for_a_flat_part_has_a_web_around_it() -> None:
    cutting = plan(flat(), material=ALUMINIUM, quantity=1, tolerance=um(0.5)).operations[0]
    assert cutting.envelope == box(210, 110, 2)
    assert cutting.features == 5


def test_a_hardened_part_of_narrow_tolerance_is_ground_and_wishes_are_followed() -> None:
    tight = {"tolerance": um(0.015), "finish": Finish(coat=True)}
    assert chain(round_model(), C45, **tight) == [TURNING, HEAT_TREATMENT, GRINDING, COATING, INSPECTION]
    routing = plan(round_model(), material=C45, quantity=5, tolerance=um(0.015))
    assert [operation.tolerance for operation in routing.operations[::2]] == [um(0.03), um(0.015)]


def test_a_large_series_asks_a_moulder() -> None:
    (first, *_) = options(model(), material=None, quantity=1, tolerance=um(0.5))
    assert first.process == MILLING
    printing = next(o for o in options(model(), material=None, quantity=500, tolerance=um(1)) if o.process == EXTRUSION)
    assert "moulder" in " ".join(printing.reasons)


def test_findings_follow_the_providers_reach() -> None:
    part = model(holes=(bore(2, 24, 1),))
    assert [f.code for f in findings(part, MILLING, um(0.1))] == ["DEEP_HOLE"]
    gun_drill = replace(ORDINARY[MILLING], depth_ratio=40)
    assert findings(part, MILLING, um(0.1), reach=gun_drill) == ()
    small = replace(ORDINARY[MILLING], envelope=box(50, 50, 50))
    (found,) = [f for f in findings(part, MILLING, um(0.1), reach=small) if f.severity is Severity.BLOCK]
    assert (found.code, found.measure, found.limit) == ("TOO_LARGE", 80_000, 50_000)


def test_every_finding_says_what_to_change() -> None:
    hard = model(holes=(bore(0.5, 20, 2),), min_wall=um(0.1), min_internal_radius=um(0.2), sharp_internal_edges=2)
    hard = replace(hard, open_edges=3, disagreement=6000, access=Access(setups=7, principal=False, unreachable=50_000))  # type: ignore[arg-type]
    for process in ORDINARY:
        for found in findings(hard, process, um(0.001)):
            assert found.remedy
            assert found.explanation


def test_a_print_takes_as_long_as_the_fitted_model_says() -> None:
    routing = plan(model(), material=PLA, quantity=1, tolerance=um(0.5))
    printing = estimate(routing, 1, DEFAULT).operations[0]
    part = model()
    overhung = part.build.support * part.build.height / 2_000_000
    passed = (4 * 25 + 25 + 2 * 14) / 0.2
    minutes = 0.432 * 101.25 + 0.248 * 90 + 0.633 * 110 + 0.0573 * 125 + 1.11 * overhung + 0.0263 * passed
    assert printing.seconds.likely == 600 + round(60 * minutes)
