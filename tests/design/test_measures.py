import sys
from math import pi
from pathlib import Path

import pytest
import trio

from node.design.header import strip
from node.design.intake import read_part
from node.design.part import PartModel, Turned
from tests.design.samples import BRACKET_HOLES, PARTS, ROOT, bore, box, real, um

pytestmark = pytest.mark.slow


def geometry(part: PartModel) -> tuple[object, ...]:
    """What must not depend on the part's position or on the file's wording."""
    return (
        part.brep_volume, part.envelope, part.holes, part.turned, part.sheet, part.min_internal_radius,
        part.sharp_internal_edges, part.pockets, part.faces, part.area,
    )  # fmt: skip


async def test_the_bracket_measures_what_arithmetic_says() -> None:
    part = await read_part(PARTS / "bracket.step")
    pocket = 12 * (40 * 25 - (4 - pi) * 4**2)
    drilled = 4 * pi * 3.3**2 * 25 + pi * 8**2 * 8 + pi * 5**2 * 17 + 2 * pi * 2.5**2 * 14
    assert part.brep_volume == round(80 * 60 * 25 - pocket - drilled)
    assert part.envelope == box(80, 60, 25)
    assert part.holes == BRACKET_HOLES
    assert (part.pockets, part.min_internal_radius, part.sharp_internal_edges) == (1, um(4), 0)
    assert part.turned is None
    assert um(2.95) <= (part.min_wall or 0) <= um(3.1)
    assert part.disagreement < 500
    assert part.header_stripped


async def test_the_shaft_is_turned() -> None:
    part = await read_part(PARTS / "shaft.step")
    assert part.brep_volume == round(pi * (12.5**2 * 30 + 20**2 * 50 + 15**2 * 40 - 5**2 * 20))
    assert part.turned == Turned(diameter=um(40), length=um(120))
    assert part.envelope == box(120, 40, 40)
    assert part.holes == (bore(10, 20, 1, through=False),)


async def test_the_clip_is_thin_and_not_round() -> None:
    part = await read_part(PARTS / "clip.step")
    assert part.brep_volume == round(30 * 20 * 15 - 25 * 17.5 * 15 - pi * 1.7**2 * 2.5)
    assert part.envelope == box(30, 20, 15)
    assert part.holes == (bore(3.4, 2.5, 1),)
    assert (part.turned, part.min_wall) == (None, um(2.5))


@pytest.mark.parametrize("name", ["bracket", "shaft", "clip"])
async def test_a_turned_and_moved_part_is_the_same_part(name: str, tmp_path: Path) -> None:
    source = PARTS / f"{name}.step"
    turned = tmp_path / "turned.step"
    script = ROOT / "tests" / "design" / "turn.py"
    await trio.run_process([sys.executable, str(script), str(source), str(turned), "37"], env={"PYTHONPATH": str(ROOT)})
    assert turned.read_bytes() != source.read_bytes()
    assert geometry(await read_part(turned)) == geometry(await read_part(source))


async def test_the_samples_are_made_the_same_again(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from devnet.parts.make_parts import PARTS, step\n"
        "for name, make in PARTS.items(): Path(sys.argv[1], name + '.step').write_bytes(step(make()))"
    )
    await trio.run_process([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT)
    for path in PARTS.glob("*.step"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
        assert path.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("name", "volume"),
    [("nist_ctc_01_ap242.stp", 14_643_073), ("nist_ctc_02_ap203.stp", 47_101_909), ("nist_ctc_03_ap203.stp", 331_885)],
)
async def test_nist_volumes_agree_with_another_kernel(name: str, volume: int) -> None:
    part = await read_part(real(name))
    assert part.volume == pytest.approx(volume, rel=1e-3)
    assert not part.suspect


async def test_nist_hole_diameters_are_those_of_its_annotations() -> None:
    part = await read_part(real("nist_ctc_01_ap242.stp"))
    assert [(hole.diameter, hole.count, hole.through) for hole in part.holes] == [
        (um(20), 2, False),
        (um(25), 4, True),
        (um(35), 4, True),
    ]


async def test_the_tool_plate_has_its_nine_holes() -> None:
    part = await read_part(real("e3d_tc_plate.step"))
    assert part.holes == (bore(3.2, 4, 6), bore(4, 6, 3, steps=(4, 8)))


async def test_the_flange_is_turned_with_a_bore_and_a_bolt_circle() -> None:
    part = await read_part(real("cax_io1.stp"))
    assert part.turned == Turned(diameter=um(88), length=um(31))
    assert part.holes == (bore(7, 6, 6), bore(36, 31, 1))


async def test_the_printed_sheet_has_its_constant_thickness() -> None:
    part = await read_part(real("prusa_steel_sheet.stp"))
    assert part.sheet == um(1.4)


async def test_a_known_block_has_a_blind_hole_half_way() -> None:
    part = await read_part(real("dw_blind-hole.step"))
    assert (part.envelope, part.holes) == (box(60, 40, 12), (bore(10, 6, 1, through=False),))


async def test_renumbered_entities_change_nothing() -> None:
    first = await read_part(real("dw_topology-a.step"))
    assert geometry(await read_part(real("dw_topology-b.step"))) == geometry(first)


@pytest.mark.parametrize("name", ["e3d_tc_plate.step", "prusa_z_top.stp", "nist_ctc_03_ap242.stp"])
async def test_a_stripped_file_is_the_same_part(name: str) -> None:
    step = real(name).read_bytes()
    before, after = await read_part(step), await read_part(strip(step))
    assert geometry(after) == geometry(before)
    assert (before.header_stripped, after.header_stripped) == (False, True)


async def test_a_stripped_sample_with_an_author_still_loads_with_equal_volume() -> None:
    step = (PARTS / "bracket.step").read_bytes()
    authored = step.replace(b"(''),(''),'','',''", b"('Jane Doe'),('ACME'),'v1','CAD','Jane Doe'", 1)
    authored = authored.replace(b"PRODUCT('',''", b"PRODUCT('secret bracket','for ACME'", 1)
    assert b"ACME" in authored
    before, after = await read_part(authored), await read_part(strip(authored))
    assert geometry(after) == geometry(before)
    assert (before.header_stripped, after.header_stripped) == (False, True)
