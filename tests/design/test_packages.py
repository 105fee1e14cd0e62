import hashlib

import pytest

from node.design import neutral
from node.design.formats import Format
from node.design.header import strip
from node.design.packages import InspectionList, Kind, Package, ProcessSheet, open_package, packages
from node.design.part import PartModel
from node.design.routing import Routing, plan
from protocol import wire
from protocol.errors import RejectError
from protocol.ids import Digest
from tests.design.samples import ALUMINIUM, PARTS, PLA, model, real, um


def names_nobody(step: bytes) -> bool:
    return neutral.names_nobody(step, Format.STEP)


BRACKET = (PARTS / "bracket.step").read_bytes()
TELLTALES = (b"Jane Doe", b"jdoe", b"Y:/Engineering", b"ACME", b"TOP-SECRET-7", b"2024", b"O''Hara", b"Green")


def signed(step: bytes) -> bytes:
    """The file as a talkative CAD program would have written it."""
    header = (
        b"FILE_NAME('Y:/Engineering/TOP-SECRET-7.step','2024-05-06T07:08:09',('Jane Doe'),('ACME'),"
        b"/* jdoe; (at home */ 'v18','ACME CAD','Jane O''Hara; boss');"
    )
    before, after = step.split(b"FILE_NAME(", 1)
    step = before + header + after.split(b";", 1)[1]
    extra = (
        b"#900001=PERSON('jdoe','Doe','Jane Doe',('O''Hara'),$,$);\n#900002=ORGANIZATION('ACME','ACME','');\n"
        b"#900003=CALENDAR_DATE(2024,6,5);\n#900004=LOCAL_TIME(7,8,9.,#900005);\n"
        b"#900006=DESCRIPTIVE_REPRESENTATION_ITEM('note','property of ACME'); /* jdoe was here */\n"
        b"#900007=PERSON('','Green','',$,$,$);\n"
    )
    step = step.replace(b"FILE_SCHEMA((", b"FILE_SCHEMA(('ACME',", 1)
    data, end = step.rsplit(b"ENDSEC;", 1)
    return data + extra + b"ENDSEC;" + end + b"/* ACME */\nSIGNATURE SECTION;jdoe;ENDSEC;\n"


def made(step: bytes) -> tuple[PartModel, Routing, list[Package]]:
    part = model(sha256=Digest(hashlib.sha256(step).digest()))
    routing = plan(part, material=ALUMINIUM, quantity=12, tolerance=um(0.1))
    return part, routing, [open_package(data) for data in packages(step, part, routing)]


def test_stripping_takes_every_name_path_and_date_out() -> None:
    talkative = signed(BRACKET)
    assert not names_nobody(talkative)
    stripped = strip(talkative)
    assert [word for word in TELLTALES if word in stripped] == []
    assert names_nobody(stripped)


def test_stripping_twice_changes_nothing() -> None:
    once = strip(signed(BRACKET))
    assert strip(once) == once


def test_our_own_samples_name_nobody() -> None:
    assert all(names_nobody(path.read_bytes()) for path in PARTS.glob("*.step"))


def test_stripping_keeps_schema_units_and_every_entity() -> None:
    stripped = strip(signed(BRACKET))
    assert b"FILE_SCHEMA(('AUTOMOTIVE_DESIGN" in stripped
    assert b"SI_UNIT(.MILLI.,.METRE.)" in stripped
    assert stripped.count(b"CARTESIAN_POINT") == BRACKET.count(b"CARTESIAN_POINT")


@pytest.mark.parametrize("name", ["e3d_tc_plate.step", "nist_ctc_01_ap242.stp", "cax_io1.stp"])
def test_real_headers_lose_their_origin(name: str) -> None:
    stripped = strip(real(name).read_bytes())
    assert names_nobody(stripped)
    assert b"Engineering" not in stripped
    assert b"NIST" not in stripped


def test_each_operation_gets_its_own_document() -> None:
    _, routing, opened = made(BRACKET)
    assert [package.kind for package in opened] == [Kind.MODEL, Kind.PROCESS_SHEET, Kind.INSPECTION_LIST]
    assert [package.operation for package in opened] == [operation.index for operation in routing.operations]


def test_the_mill_gets_the_model_without_names() -> None:
    _, _, opened = made(signed(BRACKET))
    assert opened[0].media_type == "model/step"
    assert names_nobody(opened[0].content)
    assert b"MANIFOLD_SOLID_BREP" in opened[0].content


def test_the_furnace_gets_no_geometry() -> None:
    _, _, opened = made(BRACKET)
    sheet = wire.decode(ProcessSheet, opened[1].content)
    assert (sheet.material, sheet.mass, sheet.count) == (ALUMINIUM, 273, 12)
    assert [step.action for step in sheet.steps] == ["solution anneal", "age to T6"]
    assert b"CARTESIAN_POINT" not in opened[1].content


def test_the_measuring_room_gets_characteristics_and_no_model() -> None:
    part, routing, opened = made(BRACKET)
    listing = wire.decode(InspectionList, opened[2].content)
    assert len(listing.characteristics) == routing.operations[2].features
    assert listing.envelope == part.envelope
    assert b"CARTESIAN_POINT" not in opened[2].content


def test_a_printed_part_has_one_package() -> None:
    part = model(sha256=Digest(hashlib.sha256(BRACKET).digest()))
    routing = plan(part, material=PLA, quantity=1, tolerance=um(0.5))
    assert [open_package(data).kind for data in packages(BRACKET, part, routing)] == [Kind.MODEL]


def test_the_same_order_gives_the_same_bytes() -> None:
    part, routing, _ = made(BRACKET)
    assert packages(BRACKET, part, routing) == packages(BRACKET, part, routing)


def test_packages_are_not_cut_from_another_file() -> None:
    part, routing, _ = made(BRACKET)
    with pytest.raises(AssertionError, match="belong together"):
        packages(BRACKET + b" ", part, routing)


def test_a_package_with_trailing_bytes_is_rejected() -> None:
    part, routing, _ = made(BRACKET)
    with pytest.raises(RejectError):
        open_package(packages(BRACKET, part, routing)[0] + b"\x00")
