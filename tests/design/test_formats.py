"""What the small readers make of sound, odd and hostile files."""

from math import pi

import pytest

from node.design.errors import Code, IntakeError, UnitQuestionError
from node.design.formats import Format
from node.design.lengths import Unit
from node.design.measure import measure
from node.design.part import Kind, PartModel
from node.design.reading import Options, Request
from protocol.units import Micrometres
from tests.design import drawn
from tests.design.samples import bore, box, um

MM = Options(unit=Unit.MILLIMETRE)
SHEET = Options(thickness=Micrometres(2000))


def read(content: bytes, kind: Format, options: Options = MM, *, triangles: int = 10_000) -> PartModel:
    request = Request(kind=kind, options=options, triangles=triangles, unpacked=1_000_000, content=content)
    part = measure(request).part
    assert part is not None
    return part


def refusal(content: bytes, kind: Format, options: Options = MM, *, triangles: int = 10_000) -> Code:
    with pytest.raises(IntakeError) as caught:
        read(content, kind, options, triangles=triangles)
    return caught.value.code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (drawn.stl(), Format.STL),
        (drawn.stl(sides=[side[::-1] for side in drawn.SIDES]), Format.STL),
        (drawn.text_stl(), Format.STL),
        (drawn.obj(), Format.OBJ),
        (drawn.threemf(), Format.THREEMF),
    ],
)
def test_a_cube_is_a_cube_in_every_format(content: bytes, kind: Format) -> None:
    part = read(content, kind)
    assert (part.kind, part.volume, part.area, part.envelope) == (Kind.MESH, 1000, 600, box(10, 10, 10))
    assert (part.solids, part.faces, part.open_edges, part.disagreement) == (1, 6, 0, 0)


@pytest.mark.parametrize("content", [drawn.stl(), drawn.obj()])
def test_triangles_without_a_unit_are_asked_about(content: bytes) -> None:
    kind = Format.STL if content == drawn.stl() else Format.OBJ
    with pytest.raises(UnitQuestionError) as caught:
        read(content, kind, Options())
    sizes = {size.unit: size.longest for size in caught.value.sizes}
    assert sizes[Unit.MILLIMETRE] == um(10)
    assert sizes[Unit.INCH] == um(254)
    assert Unit.METRE not in sizes
    assert read(content, kind, Options(unit=Unit.INCH)).envelope == box(254, 254, 254)


def test_3mf_says_its_unit_and_an_unlikely_one_is_asked_about() -> None:
    assert read(drawn.threemf(drawn.model(unit="centimeter")), Format.THREEMF, Options()).envelope == box(100, 100, 100)
    assert refusal(drawn.threemf(drawn.model(unit="meter")), Format.THREEMF, Options()) is Code.UNITS


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_corners_that_are_no_numbers_are_a_parse_error(value: float) -> None:
    corners = [(value, *corner[1:]) if corner[0] else corner for corner in drawn.CUBE]
    assert refusal(drawn.stl(corners), Format.STL) is Code.PARSE_ERROR


def test_triangles_without_area_are_no_solid() -> None:
    assert refusal(drawn.stl([(0.0, 0.0, 0.0)] * 8), Format.STL) is Code.NO_SOLID


def test_a_missing_side_is_not_closed() -> None:
    assert refusal(drawn.stl(sides=drawn.SIDES[2:]), Format.STL) is Code.NOT_CLOSED


def test_more_triangles_than_allowed_are_too_many() -> None:
    for content, kind in ((drawn.stl(), Format.STL), (drawn.obj(), Format.OBJ), (drawn.threemf(), Format.THREEMF)):
        assert refusal(content, kind, triangles=11) is Code.TOO_MANY_ENTITIES


@pytest.mark.parametrize("face", [b"f 1 2 999999999", b"f 1 2 -99", b"f a b c", b"f 0 1 2"])
def test_an_obj_face_of_corners_that_do_not_exist_is_a_parse_error(face: bytes) -> None:
    assert refusal(drawn.obj() + b"\n" + face, Format.OBJ) is Code.PARSE_ERROR


def test_a_text_stl_that_breaks_off_is_a_parse_error() -> None:
    assert refusal(drawn.text_stl().rsplit(b"vertex", 1)[0], Format.STL) is Code.PARSE_ERROR


def test_a_text_stl_with_one_endless_facet_is_a_parse_error() -> None:
    endless = b"solid x\nfacet normal 0 0 1\nouter loop\n" + b"vertex 1 2 3\n" * 200_000
    assert refusal(endless + b"endloop\nendfacet\nendsolid", Format.STL) is Code.PARSE_ERROR


def test_components_are_placed_where_they_belong() -> None:
    part = read(drawn.assembly(2), Format.THREEMF)
    assert (part.solids, part.volume, part.envelope) == (4, 4000, box(70, 10, 10))


def test_a_mirrored_component_keeps_its_inside_inside() -> None:
    mirrored = drawn.BODY.replace('<item objectid="1"/>', '<item objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/>')
    assert read(drawn.threemf(drawn.model(mirrored)), Format.THREEMF).volume == 1000


def test_production_parts_in_other_files_are_followed() -> None:
    space = 'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06" requiredextensions="p"'
    body = '<resources/><build><item objectid="1" p:path="/3D/other.model"/></build>'
    assert read(drawn.threemf(drawn.model(body, attributes=space), other=drawn.model()), Format.THREEMF).volume == 1000


LOL = "<!DOCTYPE m [" + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 9)) + "]>"
XXE = '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (drawn.threemf(drawn.model(before=LOL)), Code.PARSE_ERROR),
        (drawn.threemf(drawn.model(before=XXE)), Code.PARSE_ERROR),
        (drawn.threemf(b"<model"), Code.PARSE_ERROR),
        (drawn.threemf(drawn.model(unit="parsec")), Code.PARSE_ERROR),
        (drawn.threemf(drawn.model("<resources/><build/>")), Code.NO_SOLID),
        (drawn.threemf(drawn.model('<build><item objectid="7"/></build>')), Code.PARSE_ERROR),
        (drawn.threemf(drawn.model(drawn.BODY.replace('v1="0"', 'v1="99"'))), Code.PARSE_ERROR),
        (drawn.threemf(drawn.model(drawn.BODY.replace('x="10.0"', 'x="ten"'))), Code.PARSE_ERROR),
        (drawn.threemf(drawn.model(attributes='requiredextensions="b"')), Code.UNSUPPORTED_EXTENSION),
        (
            drawn.threemf(drawn.model(drawn.BODY.replace("</mesh>", '<b:beamlattice xmlns:b="x"/></mesh>'))),
            Code.UNSUPPORTED_EXTENSION,
        ),
        (drawn.assembly(24), Code.TOO_DEEP),
        (drawn.assembly(12), Code.TOO_MANY_ENTITIES),
        (drawn.assembly(3, cycle=True), Code.TOO_DEEP),
        (drawn.threemf(drawn.model() + b" " * 1_100_000), Code.ARCHIVE),
        (drawn.threemf()[:-60], Code.PARSE_ERROR),
    ],
)
def test_hostile_3mf_ends_in_a_typed_refusal(content: bytes, code: Code) -> None:
    assert refusal(content, Format.THREEMF) is code


def test_round_holes_are_found_in_a_mesh() -> None:
    part = read(drawn.globe(24), Format.OBJ)
    assert part.holes == ()
    assert part.volume == pytest.approx(4 / 3 * pi * 50**3, rel=0.03)


PLATE = [
    drawn.line((0, 0), (60, 0)),
    drawn.line((60, 40), (60, 0)),
    drawn.line((60, 40), (0, 40)),
    drawn.line((0, 40.01), (0, 0)),
]


def test_a_drawing_becomes_a_plate_with_holes() -> None:
    part = read(drawn.dxf(*PLATE, drawn.circle(10, 10, 3), drawn.circle(50, 30, 3)), Format.DXF, SHEET)
    assert (part.kind, part.envelope, part.holes) == (Kind.PROFILE, box(60, 40, 2), (bore(6, 2, 2),))
    assert part.volume == pytest.approx(2 * (2400 - 18 * pi), abs=2)
    profile = part.profile
    assert profile is not None
    assert (profile.contours, profile.smallest) == (3, pytest.approx(6000, abs=5))
    assert profile.cut == round(200 + 12 * pi)


def test_a_drawing_without_a_unit_is_asked_about() -> None:
    assert refusal(drawn.dxf(*PLATE, unit=None), Format.DXF, SHEET) is Code.UNITS
    assert refusal(drawn.dxf(*PLATE, unit=0), Format.DXF, SHEET) is Code.UNITS
    assert read(drawn.dxf(drawn.circle(0, 0, 1), unit=1), Format.DXF, SHEET).envelope.width == pytest.approx(
        50_800, abs=9
    )


def test_bulges_are_arcs() -> None:
    pill = drawn.polyline((0, 0, 0), (40, 0, 1), (40, 20, 0), (0, 20, 1))
    part = read(drawn.dxf(pill), Format.DXF, SHEET)
    assert part.envelope.length == pytest.approx(60_000, abs=5)
    assert part.volume == pytest.approx(2 * (800 + 100 * pi), rel=1e-3)


def test_islands_in_holes_are_parts_of_their_own() -> None:
    rings = [drawn.circle(0, 0, radius) for radius in (50, 40, 20, 10)]
    part = read(drawn.dxf(*rings), Format.DXF, SHEET)
    assert part.solids == 2
    assert part.volume == pytest.approx(2 * pi * (2500 - 1600 + 400 - 100), rel=1e-3)


def test_blocks_are_placed_and_mirrored() -> None:
    block = f"0 BLOCK 2 HOLES 10 0 20 0 {drawn.circle(5, 5, 2)} 0 ENDBLK"
    inserts = ["0 INSERT 2 HOLES 10 0 20 0 70 2 44 20", "0 INSERT 2 HOLES 10 60 20 20 41 -1"]
    part = read(drawn.dxf(*PLATE, *inserts, blocks=block), Format.DXF, SHEET)
    assert [(hole.diameter, hole.count) for hole in part.holes] == [(um(4), 3)]
    assert {(f.place.x, f.place.y) for f in part.features} == {(5000, 5000), (25000, 5000), (55000, 25000)}


def test_a_spline_is_followed() -> None:
    control = [(0, 0), (0, 26.6667), (20, 26.6667), (20, 0)]  # a cubic with a known area: 3/10 of 20 x 26.67 x 2
    points = " ".join(f"10 {x} 20 {y}" for x, y in control)
    knots = " ".join(f"40 {value}" for value in (0, 0, 0, 0, 1, 1, 1, 1))
    spline = f"0 SPLINE 70 0 71 3 72 8 73 4 {knots} {points}"
    part = read(drawn.dxf(spline, drawn.line((20, 0), (0, 0))), Format.DXF, SHEET)
    assert part.volume == pytest.approx(2 * 20 * 26.6667 * 0.6, rel=2e-3)


def nested(levels: int) -> str:
    blocks = f"0 BLOCK 2 B0 {drawn.circle(0, 0, 1)} 0 ENDBLK "
    for level in range(1, levels + 1):
        blocks += f"0 BLOCK 2 B{level} " + f"0 INSERT 2 B{level - 1} 10 {3**level} 20 0 " * 12 + "0 ENDBLK "
    return blocks


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (drawn.dxf(), Code.NO_SOLID),
        (drawn.dxf(*PLATE[:3]), Code.NOT_CLOSED),
        (drawn.dxf(*PLATE[:3], drawn.line((0, 40.5), (0, 0))), Code.NOT_CLOSED),
        (drawn.dxf(*PLATE, drawn.line((30, 0), (80, 0))), Code.NOT_CLOSED),
        (drawn.dxf(drawn.circle(0, 0, 1e9)), Code.PARSE_ERROR),
        (drawn.dxf(drawn.circle(0, 0, 9), "0 ARC 10 0 20 0 40 1E12 50 0 51 360"), Code.PARSE_ERROR),
        (drawn.dxf("0 LINE 10 NAN 20 0 11 1 21 1"), Code.PARSE_ERROR),
        (drawn.dxf("0 LINE 10 ten 20 0 11 1 21 1"), Code.PARSE_ERROR),
        (drawn.dxf("0 SPLINE 71 3 40 0 40 1 10 0 20 0 10 1 20 1"), Code.PARSE_ERROR),
        (drawn.dxf("0 INSERT 2 A 10 0 20 0", blocks="0 BLOCK 2 A 0 INSERT 2 A 10 1 20 0 0 ENDBLK"), Code.TOO_DEEP),
        (drawn.dxf("0 INSERT 2 B7 10 0 20 0", blocks=nested(7)), Code.TOO_MANY_ENTITIES),
        (
            drawn.dxf("0 INSERT 2 B0 10 0 20 0 70 30000 71 30000 44 1 45 1", blocks=nested(0)),
            Code.TOO_MANY_ENTITIES,
        ),
        (b"0\nSECTION\n2\nENTITIES\nzero\nLINE\n0\nEOF\n", Code.PARSE_ERROR),
    ],
)
def test_hostile_drawings_end_in_a_typed_refusal(content: bytes, code: Code) -> None:
    assert refusal(content, Format.DXF, SHEET) is code


def test_text_and_dimensions_do_not_count() -> None:
    words = "0 TEXT 10 5 20 5 40 3 1 JaneDoe"
    assert read(drawn.dxf(*PLATE, words), Format.DXF, SHEET).envelope == box(60, 40, 2)
