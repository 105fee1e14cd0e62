import io
import zipfile

import pytest

from node.design.errors import ADVICE, Code, IntakeError
from node.design.formats import Format
from node.design.gate import Limits, inspect
from tests.design.samples import PARTS, real

GOOD = (PARTS / "clip.step").read_bytes()
STL = b"solid clip\nfacet normal 0 0 1\nouter loop\n"


def refusal(data: bytes, *, name: str = "part.step", limits: Limits | None = None) -> Code:
    with pytest.raises(IntakeError) as caught:
        inspect(data, name=name, limits=limits or Limits())
    assert ADVICE[caught.value.code] in str(caught.value)
    return caught.value.code


def wrapped(body: bytes) -> bytes:
    return b"ISO-10303-21;HEADER;FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));ENDSEC;DATA;" + body + b"ENDSEC;END-ISO-10303-21;"


def test_a_sound_file_passes() -> None:
    inspect(GOOD, name="clip.step", limits=Limits())


@pytest.mark.parametrize("data", [b"", b" \r\n\t"])
def test_an_empty_file_is_said_to_be_empty(data: bytes) -> None:
    assert refusal(data) is Code.EMPTY


def test_a_file_above_the_size_limit_is_too_large() -> None:
    assert refusal(GOOD, limits=Limits(size=len(GOOD) - 1)) is Code.TOO_LARGE


def test_a_file_cut_in_half_is_truncated() -> None:
    assert refusal(GOOD[: len(GOOD) // 2]) is Code.TRUNCATED


def test_an_stl_named_step_is_no_step() -> None:
    assert refusal(STL, name="clip.STEP") is Code.MISNAMED


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (STL, Format.STL),
        (bytes(80) + (2).to_bytes(4, "little") + bytes(100), Format.STL),
        (b"solid but binary".ljust(80) + (1).to_bytes(4, "little") + bytes(50), Format.STL),
        (b"  0\r\nSECTION\r\n  2\r\nENTITIES\r\n0\r\nEOF\r\n", Format.DXF),
        (b"999\nmade by hand\n0\nSECTION\n0\nEOF\n", Format.DXF),
        (b"# made by hand\nmtllib a.mtl\nv 0 0 0\n", Format.OBJ),
        (GOOD, Format.STEP),
    ],
)
def test_every_format_is_known_by_its_content(data: bytes, kind: Format) -> None:
    assert inspect(data, name="", limits=Limits()) is kind


def archive(entries: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as content:
        for name, data in entries.items():
            content.writestr(name, data)
    return packed.getvalue()


def test_an_archive_with_a_model_is_3mf() -> None:
    assert inspect(archive({"3D/3dmodel.model": b"<model/>"}), name="a.3MF", limits=Limits()) is Format.THREEMF


def test_an_archive_without_a_model_is_not_read() -> None:
    assert refusal(archive({"word/document.xml": b"<w/>"}), name="") is Code.UNSUPPORTED_FORMAT


def test_an_archive_that_blows_up_is_refused_unopened() -> None:
    assert refusal(archive({"3D/3dmodel.model": bytes(3_000_000)}), name="a.3mf") is Code.ARCHIVE


def test_an_archive_of_many_files_is_refused() -> None:
    many = {f"{number}.model": b"x" for number in range(1001)}
    assert refusal(archive(many), name="a.3mf") is Code.ARCHIVE


def test_an_archive_cut_off_is_truncated() -> None:
    assert refusal(archive({"3D/3dmodel.model": b"<model/>"})[:-30], name="a.3mf") is Code.TRUNCATED


def test_a_drawing_cut_off_is_truncated() -> None:
    assert refusal(b"0\nSECTION\n2\nENTITIES\n0\nLINE\n", name="a.dxf") is Code.TRUNCATED


def test_a_binary_drawing_is_told_what_this_node_reads() -> None:
    assert refusal(b"AutoCAD Binary DXF\r\n\x1a\x00", name="") is Code.UNSUPPORTED_FORMAT
    assert "This node reads STEP" in ADVICE[Code.UNSUPPORTED_FORMAT]


def test_bytes_of_no_known_format_are_unknown() -> None:
    assert refusal(b"\x7fELF" + bytes(100), name="") is Code.UNKNOWN_FORMAT


def test_a_building_model_is_step_text_under_an_unsupported_schema() -> None:
    assert refusal(wrapped(b"").replace(b"AUTOMOTIVE_DESIGN", b"IFC4")) is Code.UNSUPPORTED_FORMAT


def test_nested_brackets_are_refused_before_the_parser_overflows() -> None:
    bomb = wrapped(b"#1=A(" + b"(" * 200_000 + b")" * 200_000 + b");")
    assert refusal(bomb) is Code.TOO_DEEP


def test_nesting_up_to_the_limit_passes_and_one_deeper_does_not() -> None:
    for depth, deep in ((64, False), (65, True)):
        data = wrapped(b"#1=A" + b"(" * depth + b")" * depth + b";")
        if deep:
            assert refusal(data) is Code.TOO_DEEP
        else:
            inspect(data, name="", limits=Limits())


def test_brackets_in_strings_and_comments_do_not_count() -> None:
    inspect(wrapped(b"/* (((( */#1=A('((('')((',1);"), name="", limits=Limits())


def test_brackets_that_do_not_match_are_a_parse_error() -> None:
    assert refusal(wrapped(b"#1=A(1;")) is Code.PARSE_ERROR


def test_too_many_entities_are_refused() -> None:
    assert refusal(wrapped(b"#1=A(1);" * 11), limits=Limits(entities=10)) is Code.TOO_MANY_ENTITIES


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("prusa_knob.stl", Format.STL),
        ("voron0_clip.stl", Format.STL),
        ("3mf_box.3mf", Format.THREEMF),
        ("cq_gear.dxf", Format.DXF),
    ],
)
def test_real_files_of_other_formats_are_recognised(name: str, kind: Format) -> None:
    assert inspect(real(name).read_bytes(), name=name, limits=Limits()) is kind
