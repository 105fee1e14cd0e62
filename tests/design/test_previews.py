"""Pictures, the report page, and that neither carries anything from outside."""

import json
import re
import struct
import subprocess
import zlib

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from node.design import neutral
from node.design.columns import Columns
from node.design.formats import Format, recognise
from node.design.inspection import Wishes, answer, document
from node.design.lengths import Unit
from node.design.measure import measure
from node.design.mesh import Mesh
from node.design.part import PartModel
from node.design.preview import LARGEST, glb
from node.design.reading import Options, Preview, Request
from node.design.report import page
from node.design.viewer import SCRIPT
from tests.design import drawn
from tests.design.conftest import Measuring
from tests.design.samples import ALUMINIUM, PARTS, ROOT, um
from tests.design.test_formats import MM, SHEET

PREVIEW = Options(preview=True)


@pytest.fixture(scope="module")
def bracket(measuring: Measuring) -> tuple[PartModel, Preview]:
    reading = measuring.reading(PARTS / "bracket.step", options=PREVIEW)
    assert reading.part is not None
    assert reading.preview is not None
    return reading.part, reading.preview


def opened(glb: bytes) -> tuple[dict[str, object], bytes]:
    magic, version, total, length, kind = struct.unpack_from("<4sIII4s", glb)
    assert (magic, version, total, kind) == (b"glTF", 2, len(glb), b"JSON")
    size, kind = struct.unpack_from("<I4s", glb, 20 + length)
    assert kind == b"BIN\0"
    assert 28 + length + size == len(glb)
    return json.loads(glb[20 : 20 + length]), glb[28 + length :]


def test_the_model_holds_sound_corners_and_unit_normals_in_metres(bracket: tuple[PartModel, Preview]) -> None:
    scene, binary = opened(bracket[1].glb)
    views = scene["bufferViews"]
    arrays = [np.frombuffer(binary, "<f4", v["byteLength"] // 4, v["byteOffset"]) for v in views[:2]]  # type: ignore[index]
    kind = {5123: "<u2", 5125: "<u4"}[scene["accessors"][2]["componentType"]]  # type: ignore[index]
    count = scene["accessors"][2]["count"]  # type: ignore[index]
    indices = np.frombuffer(binary, kind, count, views[2]["byteOffset"])  # type: ignore[index]
    points, normals = (array.reshape(-1, 3) for array in arrays)
    assert np.ptp(points, axis=0) == pytest.approx([0.08, 0.025, 0.06], abs=1e-6)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-5)
    assert indices.max() == len(points) - 1
    a, b, c = (points[indices[corner::3]] for corner in range(3))
    facing = np.cross(b - a, c - a)
    assert (np.linalg.norm(facing, axis=1) > 0).all()
    assert np.einsum("ij,ij->", a, facing) / 6 == pytest.approx(101_250e-9, rel=1e-2)


GLTF = ROOT / "tests" / "design" / "gltf"


@pytest.mark.parametrize("content", [drawn.stl(), drawn.globe(40), drawn.dxf(drawn.circle(0, 0, 20))])
def test_the_khronos_validator_finds_nothing(content: bytes) -> None:
    if not (GLTF / "node_modules").exists():
        pytest.skip("the validator is not installed; make gltf-validator does that")
    options = Options(unit=Unit.MILLIMETRE, preview=True)
    kind = recognise(content, name="")
    preview = measure(Request(kind=kind, options=options, triangles=200_000, unpacked=0, content=content)).preview
    assert preview is not None
    command = ["node", str(GLTF / "validate.cjs")]
    done = subprocess.run(command, input=preview.glb, capture_output=True, check=True)
    assert json.loads(done.stdout)["messages"] == []


def test_a_large_model_is_made_small_enough_for_a_page() -> None:
    turns = np.linspace(0, 2 * np.pi, 300)
    rings, around = np.meshgrid(np.linspace(0.01, 3.13, 200), turns, indexing="ij")
    ball = 50 * np.stack([np.sin(rings) * np.cos(around), np.sin(rings) * np.sin(around), np.cos(rings)], axis=-1)
    a, b, c, d = ball[:-1, :-1], ball[1:, :-1], ball[1:, 1:], ball[:-1, 1:]
    corners = np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3)
    mesh = Mesh.of(corners, np.arange(len(corners)).reshape(-1, 3))
    scene, binary = opened(glb(mesh))
    assert 500_000 < len(binary) < LARGEST
    points = np.frombuffer(binary, "<f4", scene["bufferViews"][0]["byteLength"] // 4).reshape(-1, 3)  # type: ignore[index]
    assert np.linalg.norm(points, axis=1).mean() == pytest.approx(0.05, rel=1e-3)


def test_the_picture_shows_the_part_on_white(bracket: tuple[PartModel, Preview]) -> None:
    png = bracket[1].png
    width, height = struct.unpack_from(">II", png, 16)
    place, raw = 8, b""
    while place < len(png):
        size, kind = struct.unpack_from(">I4s", png, place)
        body = png[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", png, place + 8 + size)[0] == zlib.crc32(kind + body)
        raw += body if kind == b"IDAT" else b""
        place += 12 + size
    image = (
        np.frombuffer(zlib.decompress(raw), np.uint8).reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)
    )
    drawn_share = float((image < 255).any(axis=2).mean())
    assert 0.25 < drawn_share < 0.9
    assert (image[0] == 255).all()


def test_a_drawing_is_shown_as_a_plate() -> None:
    content = drawn.dxf(drawn.circle(0, 0, 20), drawn.circle(0, 0, 5))
    options = Options(thickness=um(2), preview=True)
    request = Request(kind=Format.DXF, options=options, triangles=0, unpacked=0, content=content)
    preview = measure(request).preview
    assert preview is not None
    scene, _ = opened(preview.glb)
    assert scene["accessors"][0]["max"][1] == pytest.approx(0.001)  # type: ignore[index]


def test_the_page_needs_nothing_else_and_escapes_names(bracket: tuple[PartModel, Preview]) -> None:
    wishes = Wishes(material=ALUMINIUM, quantity=10, tolerance=um(0.1))
    html = page(document(answer(bracket[0], wishes), wishes), bracket[1], title="<script>alert(1)</script>.step")
    assert "<script>alert" not in html
    for words in (
        "milling",
        "closed pocket",
        "Overhangs",
        "kWh",
        "scrap",
        "round hole",
        "At, mm",
        "length 40, width 25, depth 12, radius 4",
        "32, 30, 19",
        "Why",
        "kg CO2 per kg",
        "GLD",
    ):
        assert words in html
    assert 'id="model"' in html
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!data:)[^\"' )]", html) == []
    assert "http" not in html
    assert "prefers-color-scheme:dark" in html
    assert "@media print" in html


def test_the_viewers_script_is_javascript() -> None:
    script = f"new Function({json.dumps(SCRIPT)}); 'sound'"
    assert MiniRacer().eval(script) == "sound"


SECRETS = (b"Jane", b"secret", b"SECRET", b"passwd", b"thumbnail")


@pytest.mark.parametrize(
    ("content", "kind", "options"),
    [
        (drawn.stl(head=b"Jane Doe"), Format.STL, MM),
        (drawn.text_stl(), Format.STL, MM),
        (drawn.obj(), Format.OBJ, MM),
        (drawn.threemf(), Format.THREEMF, MM),
        (drawn.dxf(drawn.circle(0, 0, 20)), Format.DXF, SHEET),
    ],
)
def test_what_leaves_keeps_the_shape_and_names_nobody(content: bytes, kind: Format, options: Options) -> None:
    bare = neutral.neutral(content, kind)
    assert neutral.neutral(bare, kind) == bare
    assert not neutral.names_nobody(content, kind)
    assert neutral.names_nobody(bare, kind)
    assert [word for word in SECRETS if word in bare] == []

    def volume(data: bytes) -> int:
        request = Request(kind=kind, options=options, triangles=100, unpacked=100_000, content=data)
        part = measure(request).part
        assert part is not None
        return part.volume

    assert volume(bare) == volume(content)


def test_parallel_rays_agree_with_the_tree() -> None:
    corners = np.array(drawn.CUBE)
    shift = np.array([30.0, 4, 4])
    points = np.vstack([corners, corners * [0.02, 1, 1] + shift])
    mesh = Mesh.of(points, np.vstack([drawn.SIDES, np.array(drawn.SIDES) + 8]))
    starts, normals, _ = mesh.samples(500)
    starts = starts + 1e-4 * normals
    for way in np.array([[1.0, 0, 0], [0, -1, 0], [0.36, 0.48, 0.8], [-0.6, 0.8, 0]]):
        across = np.linalg.svd(way[None])[2][1:]
        found, _ = Columns.of(mesh, across).first_hits(starts, way)
        expected, _ = mesh.first_hits(starts, np.tile(way, (500, 1)))
        assert found == pytest.approx(expected)
