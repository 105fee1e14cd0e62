import subprocess
import sys
from math import pi
from pathlib import Path

import pytest

from node.design.header import strip
from node.design.part import FeatureKind, PartModel, Turned
from tests.design.conftest import Measuring
from tests.design.renumber import renumbered
from tests.design.samples import BRACKET_HOLES, PARTS, ROOT, bore, box, real, um

pytestmark = pytest.mark.slow


def geometry(part: PartModel) -> tuple[object, ...]:
    """What must not depend on the part's position or on the file's wording."""
    return (
        part.brep_volume, part.envelope, part.holes, part.turned, part.sheet, part.min_internal_radius,
        part.sharp_internal_edges, part.pockets, part.faces, part.area,
    )  # fmt: skip


def test_the_bracket_measures_what_arithmetic_says(measuring: Measuring) -> None:
    part = measuring.part(PARTS / "bracket.step")
    pocket = 12 * (40 * 25 - (4 - pi) * 4**2)
    drilled = 4 * pi * 3.3**2 * 25 + pi * 8**2 * 8 + pi * 5**2 * 17 + 2 * pi * 2.5**2 * 14
    assert part.brep_volume == round(80 * 60 * 25 - pocket - drilled)
    assert part.envelope == box(80, 60, 25)
    assert part.holes == BRACKET_HOLES
    assert (part.pockets, part.min_internal_radius, part.sharp_internal_edges) == (1, um(4), 0)
    (pocket_found,) = (feature for feature in part.features if feature.kind is FeatureKind.CLOSED_POCKET)
    assert (pocket_found.length, pocket_found.width, pocket_found.depth) == (um(40), um(25), um(12))
    assert part.turned is None
    assert um(2.95) <= (part.min_wall or 0) <= um(3.1)
    assert part.disagreement < 500
    assert part.header_stripped


def test_the_shaft_is_turned(measuring: Measuring) -> None:
    part = measuring.part(PARTS / "shaft.step")
    assert part.brep_volume == round(pi * (12.5**2 * 30 + 20**2 * 50 + 15**2 * 40 - 5**2 * 20))
    assert part.turned == Turned(diameter=um(40), length=um(120))
    assert part.envelope == box(120, 40, 40)
    assert part.holes == (bore(10, 20, 1, through=False),)


def test_the_clip_is_thin_and_not_round(measuring: Measuring) -> None:
    part = measuring.part(PARTS / "clip.step")
    assert part.brep_volume == round(30 * 20 * 15 - 25 * 17.5 * 15 - pi * 1.7**2 * 2.5)
    assert part.envelope == box(30, 20, 15)
    assert part.holes == (bore(3.4, 2.5, 1),)
    assert (part.turned, part.min_wall) == (None, um(2.5))


@pytest.mark.parametrize("name", ["bracket", "shaft", "clip"])
def test_a_turned_and_moved_part_is_the_same_part(measuring: Measuring, name: str, tmp_path: Path) -> None:
    source = PARTS / f"{name}.step"
    turned = tmp_path / "turned.step"
    script = ROOT / "tests" / "design" / "turn.py"
    subprocess.run(
        [sys.executable, str(script), str(source), str(turned), "37"], env={"PYTHONPATH": str(ROOT)}, check=True
    )
    assert turned.read_bytes() != source.read_bytes()
    assert geometry(measuring.part(turned)) == geometry(measuring.part(source))


@pytest.mark.parametrize("name", ["bracket", "shaft", "clip"])
def test_a_part_with_other_numbers_and_another_order_is_the_same_part(measuring: Measuring, name: str) -> None:
    step = (PARTS / f"{name}.step").read_bytes()
    other = renumbered(step, 3)
    assert other != step
    assert geometry(measuring.part(other)) == geometry(measuring.part(step))


def test_the_samples_are_made_the_same_again(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from devnet.parts.make_parts import PARTS, step\n"
        "for name, make in PARTS.items(): Path(sys.argv[1], name + '.step').write_bytes(step(make()))"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=True)
    for path in PARTS.glob("*.step"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
        assert path.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("name", "volume"),
    [("nist_ctc_01_ap242.stp", 14_643_073), ("nist_ctc_02_ap203.stp", 47_101_909), ("nist_ctc_03_ap203.stp", 331_885)],
)
def test_nist_volumes_agree_with_another_kernel(measuring: Measuring, name: str, volume: int) -> None:
    part = measuring.part(real(name))
    assert part.volume == pytest.approx(volume, rel=1e-3)
    assert not part.suspect


def test_nist_hole_diameters_are_those_of_its_annotations(measuring: Measuring) -> None:
    part = measuring.part(real("nist_ctc_01_ap242.stp"))
    assert [(hole.diameter, hole.count, hole.through) for hole in part.holes] == [
        (um(20), 2, False),
        (um(25), 4, True),
        (um(35), 4, True),
    ]


def test_the_tool_plate_has_its_nine_holes(measuring: Measuring) -> None:
    part = measuring.part(real("e3d_tc_plate.step"))
    assert part.holes == (bore(3.2, 4, 6), bore(4, 6, 3, steps=(4, 8)))


def test_the_flange_is_turned_with_a_bore_and_a_bolt_circle(measuring: Measuring) -> None:
    part = measuring.part(real("cax_io1.stp"))
    assert part.turned == Turned(diameter=um(88), length=um(31))
    assert part.holes == (bore(7, 6, 6), bore(36, 31, 1))


def test_the_printed_sheet_has_its_constant_thickness(measuring: Measuring) -> None:
    part = measuring.part(real("prusa_steel_sheet.stp"))
    assert part.sheet == um(1.4)


def test_a_known_block_has_a_blind_hole_half_way(measuring: Measuring) -> None:
    part = measuring.part(real("dw_blind-hole.step"))
    assert (part.envelope, part.holes) == (box(60, 40, 12), (bore(10, 6, 1, through=False),))


def test_renumbered_entities_change_nothing(measuring: Measuring) -> None:
    first = measuring.part(real("dw_topology-a.step"))
    assert geometry(measuring.part(real("dw_topology-b.step"))) == geometry(first)


@pytest.mark.parametrize("name", ["e3d_tc_plate.step", "prusa_z_top.stp", "nist_ctc_03_ap242.stp"])
def test_a_stripped_file_is_the_same_part(measuring: Measuring, name: str) -> None:
    step = real(name).read_bytes()
    before, after = measuring.part(step), measuring.part(strip(step))
    assert geometry(after) == geometry(before)
    assert (before.header_stripped, after.header_stripped) == (False, True)


def test_a_stripped_sample_with_an_author_still_loads_with_equal_volume(measuring: Measuring) -> None:
    step = (PARTS / "bracket.step").read_bytes()
    authored = step.replace(b"(''),(''),'','',''", b"('Jane Doe'),('ACME'),'v1','CAD','Jane Doe'", 1)
    authored = authored.replace(b"PRODUCT('',''", b"PRODUCT('secret bracket','for ACME'", 1)
    assert b"ACME" in authored
    before, after = measuring.part(authored), measuring.part(strip(authored))
    assert geometry(after) == geometry(before)
    assert (before.header_stripped, after.header_stripped) == (False, True)
