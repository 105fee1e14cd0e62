"""Machine code: what is in a program and what is not, whose it is, and that foreign programs stay in their cell."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
import shapely
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from node.design import exposure
from node.design import shape as shapes
from node.design.lengths import Unit
from node.design.packages import Kind, Package
from node.design.reading import Options, Shape
from node.machine_code import cell, gcode, mark, nesting, slicing, trace
from node.machine_code.errors import NoCodeError
from node.machine_code.handout import handout
from node.machine_code.issue import code_for
from node.machine_code.mark import Mark
from node.machine_code.program import MEDIA_TYPE, MachineCode, ProgramFile
from protocol import wire
from protocol.errors import RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Envelope
from protocol.params import EXTRUSION, LASER, MILLING
from protocol.profile import Cutter, Mill, Printer, Profile, Tool, check_profile
from protocol.units import Grams, Micrometres, Seconds
from tests.design import drawn
from tests.design.conftest import Measuring
from tests.design.samples import PARTS

ROOM = Envelope(length=Micrometres(250_000), width=Micrometres(210_000), height=Micrometres(200_000))
PRINTER = Printer(
    bed=ROOM,
    nozzle=Micrometres(400),
    layer=Micrometres(200),
    filament=Micrometres(1_750),
    hot=215,
    warm=60,
    walls=2,
    infill=15,
    speed=45,
)
CUTTER = Cutter(length=Micrometres(300_000), width=Micrometres(200_000), gap=Micrometres(3_000))
TOOL = Tool(
    number=1, drill=False, diameter=Micrometres(10_000), reach=Micrometres(30_000), rpm=8_000, feed=1_500, plunge=300,
    step=Micrometres(2_000),
)  # fmt: skip
MILL = Mill(travel=ROOM, rpm=12_000, feed=6_000, tools=(TOOL,))
JOB, CEDAR, BIRCH = JobId(b"j" * 32), PeerId(b"c" * 32), PeerId(b"b" * 32)
MARK = mark.mark_of(b"secret", JOB, 0, CEDAR)

needs_slicer = pytest.mark.skipif(slicing.slicer() is None, reason="no slicer is installed (make slicer)")


def square_spiral(turns: int = 200) -> bytes:
    """A program that goes round and says its feed at every corner."""
    lines = ["; Jane Doe's bracket", "G28", "G1 Z0.2 F600"]
    for turn in range(turns):
        x, y = turn % 2 * 50 + turn / 10, turn // 2 % 2 * 40 + turn / 7
        lines.append(f"G1 X{x:.3f} Y{y:.3f} E{turn + 1} F{1200 + turn} ; (secret)")
    return "\n".join(lines).encode()


def test_comments_and_names_are_not_in_a_cleaned_program() -> None:
    clean = gcode.clean(square_spiral(), gcode.PRINTING)
    assert not any(word in clean for word in (b"Jane", b"secret", b";", b"("))
    before, after = gcode.path(square_spiral(), extrudes=True), gcode.path(clean, extrudes=True)
    assert np.array_equal(before.ends, after.ends)


@pytest.mark.parametrize(
    "line",
    ["M500", "M98 P1", "G10 L2 P1 X5", "#1=5", "o100 call", "G1 X[1+2]", "M104 S215\N{NO-BREAK SPACE}", "G1 X1 $h"],
)
def test_what_no_part_needs_is_refused(line: str) -> None:
    with pytest.raises(NoCodeError):
        gcode.clean(f"G28\n{line}\n".encode(), gcode.PRINTING)


def test_a_program_names_its_recipient_and_nobody_else() -> None:
    marked = mark.embed(gcode.clean(square_spiral(), gcode.PRINTING), MARK)
    found = mark.read_feeds(marked)
    assert found.bits == mark.BITS
    assert found.fits(MARK)
    assert not found.fits(mark.mark_of(b"secret", JOB, 0, BIRCH))
    assert not found.fits(mark.mark_of(b"secret", JOB, 1, CEDAR))


def test_part_of_a_leaked_program_in_another_order_is_enough() -> None:
    marked = mark.embed(gcode.clean(square_spiral(), gcode.PRINTING), MARK).splitlines()
    found = mark.read_feeds(b"\n".join(reversed(marked[40:140])))
    assert found.bits > 24
    assert found.fits(MARK)


def test_a_program_that_nobody_marked_names_nobody() -> None:
    assert not mark.read_feeds(square_spiral()).fits(MARK)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_every_mark_is_read_from_placements(value: int, count: int) -> None:
    found = mark.read_shifts(mark.shifts_of(Mark(value), count))
    assert found.fits(Mark(value))
    assert found.bits == min(32, 8 * count)


def test_a_leaked_program_leads_to_its_recipient() -> None:
    marks = [mark.mark_of(b"secret", JOB, number, peer) for number in range(20) for peer in (CEDAR, BIRCH)]
    leaked = mark.embed(gcode.clean(square_spiral(), gcode.PRINTING), marks[7])
    assert [
        match.number for match in trace.matches(trace.read(leaked[len(leaked) // 3 :].split(b"\n", 1)[1]), marks)
    ] == [7]
    assert trace.matches(trace.read(square_spiral()), marks) == ()
    parts = tuple(affinity.translate(shapely.box(0, 0, 5, 5), nesting.CELL * 15 * n, 0) for n in range(5))
    assert [m.number for m in trace.matches(trace.read(nesting.dxf(nesting._marked(parts, marks[3]))), marks)] == [3]
    for content in (drawn.stl(), b"\xff\xfe", b"hello world", drawn.dxf()):
        with pytest.raises(NoCodeError):
            trace.read(content)


def test_feeds_change_by_one_at_most() -> None:
    before = [float(n) for words in gcode.lines(square_spiral()) for letter, n in words if letter == "F"]
    after = [
        float(n) for words in gcode.lines(mark.embed(square_spiral(), MARK)) for letter, n in words if letter == "F"
    ]
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 1


def plate(measuring: Measuring, content: bytes, thickness: int = 3_000) -> np.ndarray:
    options = Options(unit=Unit.MILLIMETRE, thickness=Micrometres(thickness), shape=True)
    found = measuring.reading(content, options=options).shape
    assert found is not None
    return shapes.corners_of(found)


RING = drawn.dxf(drawn.circle(0, 0, 20), drawn.circle(0, 0, 9))


def test_a_nest_keeps_its_distances_and_names_its_recipient(
    measuring: Measuring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nesting, "SEARCH", 1)
    code = nesting.code(plate(measuring, RING), CUTTER, 40, 2700, MARK)
    assert sum(int(line.split(" ")[-2]) * int(line.split(" ")[2]) for line in code.setup[1:-1]) == 40
    for file in code.files:
        assert nesting.read_mark(file.text).fits(MARK)
        assert b"SECRET" not in file.text
        assert b"999" not in file.text.split()
    assert not nesting.read_mark(code.files[0].text).fits(mark.mark_of(b"secret", JOB, 0, BIRCH))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (drawn.dxf(drawn.circle(0, 0, 120)), "wider than a sheet|does not fit"),
        (drawn.dxf(drawn.circle(0, 0, 9), drawn.circle(50, 0, 9)), "2 pieces"),
    ],
)
def test_what_cannot_be_nested_is_said(measuring: Measuring, content: bytes, says: str) -> None:
    with pytest.raises(NoCodeError, match=says):
        nesting.code(plate(measuring, content), CUTTER, 4, 2700, MARK)


def test_a_contour_outside_or_too_near_is_noticed() -> None:
    part = shapely.box(0, 0, 20, 20)
    room = np.array([100.0, 100.0])
    near = (affinity.translate(part, 10, 10), affinity.translate(part, 31, 10))
    with pytest.raises(NoCodeError, match="too close"):
        nesting._check(near, nesting.dxf(near), room, 3.0)
    outside = (affinity.translate(part, 79, 10),)
    with pytest.raises(NoCodeError, match="leaves the sheet"):
        nesting._check(outside, nesting.dxf(outside), room, 3.0)
    with pytest.raises(NoCodeError, match="read back"):
        nesting._check(near[:1], nesting.dxf((affinity.scale(near[0], 1.1),)), room, 3.0)


@needs_slicer
def test_a_printed_part_gets_code_that_stays_in_the_room_and_names_its_recipient(measuring: Measuring) -> None:
    corners = shape_of(measuring)
    code = trio.run(slicing.code, corners, PRINTER, 1240, 3, MARK)
    text = code.files[0].text
    assert b";" not in text
    followed = gcode.path(text, extrudes=True)
    assert (followed.box(working=False)[1] <= [250, 210, 200.2]).all()
    found = replace(mark.read_feeds(text), angle=mark.read_angle(followed.ends, followed.works))
    assert found.bits > 30
    assert found.fits(MARK)
    assert not found.fits(mark.mark_of(b"secret", JOB, 0, BIRCH))
    alone = mark.Found(value=0, known=0, angle=found.angle)
    assert alone.fits(MARK)  # the fill angle alone survives a rewriting of all feeds
    assert code.seconds > 600
    assert 3 <= code.consumed <= 30


@needs_slicer
def test_a_slicer_that_fails_is_said(measuring: Measuring) -> None:
    speck = shape_of(measuring) / 1000
    with pytest.raises(NoCodeError):
        trio.run(slicing.code, speck, PRINTER, 1240, 1, MARK)


def test_a_part_that_is_larger_than_the_printer_is_refused_before_slicing(measuring: Measuring) -> None:
    small = replace(PRINTER, bed=Envelope(length=ROOM.length, width=Micrometres(30_000), height=ROOM.height))
    with pytest.raises(NoCodeError, match="larger than the printer"):
        trio.run(slicing.code, shape_of(measuring), small, 1240, 1, MARK)


def test_a_program_that_leaves_the_room_is_refused() -> None:
    room, size = np.array([50.0, 50.0, 50.0]), np.array([20.0, 20.0, 0.2])
    inside = b"G1 Z0.2 F600\nG1 X5 Y5 F600\nG1 X25 Y5 E1\nG1 X25 Y25 E2\n"
    slicing._checked(inside, size, room, PRINTER)
    for outside in (b"G1 X51 Y5 F900\n", b"G1 X-1\n", b"G0 Z51\n"):
        with pytest.raises(NoCodeError, match="leaves the printer's room"):
            slicing._checked(inside + outside, size, room, PRINTER)
    with pytest.raises(NoCodeError, match="prints"):
        slicing._checked(inside, 2 * size, room, PRINTER)


def test_a_node_without_a_slicer_says_so(measuring: Measuring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoCodeError, match="make slicer"):
        trio.run(slicing.code, shape_of(measuring), PRINTER, 1240, 1, MARK)


def test_a_shape_that_makes_no_sense_is_refused() -> None:
    for triangles in (b"", b"x" * 35, np.full(9, np.nan, dtype="<f4").tobytes()):
        with pytest.raises(NoCodeError):
            trio.run(lambda content=triangles: _code(Shape(triangles=content)))
    with pytest.raises(NoCodeError, match="more triangles"):
        trio.run(_code, None)


async def _code(shape: Shape | None) -> object:
    return await code_for(shape, Profile(cutter=CUTTER), quantity=1, density=2700, mark=MARK)


def shape_of(measuring: Measuring) -> np.ndarray:
    found = measuring.reading(PARTS / "clip.step", options=Options(shape=True)).shape
    assert found is not None
    return shapes.corners_of(found)


@pytest.mark.parametrize(
    "command",
    [
        ["/bin/cat", "/etc/passwd"],
        ["/bin/cat", str(PARTS / "clip.step")],
        ["/bin/sh", "-c", "echo secret > /tmp/guildmark-outside && cat /tmp/guildmark-outside"],
        ["/bin/sh", "-c", "exec 3<>/dev/tcp/127.0.0.1/80 && echo connected"],
        ["/bin/ls", "/tmp"],
    ],
    ids=["a system file", "a design", "a file elsewhere", "the network", "another folder"],
)
def test_a_foreign_program_gets_at_nothing_but_its_folder(command: list[str]) -> None:
    with pytest.raises(NoCodeError):
        trio.run(cell.run, command, {}, cell.SAID)


def test_a_foreign_program_is_bounded_in_all_it_takes() -> None:
    tight = cell.Bounds(cpu=1, wall=20, memory=1 << 30, written=10_000)
    run = lambda script: trio.run(lambda: cell.run(["/bin/sh", "-c", script], {}, cell.SAID, bounds=tight))  # noqa: E731
    assert run("cat /proc/self/comm; pwd").startswith(b"cat\n")
    for script in ("while :; do :; done", "yes", "exit 3", "true", "ln -sf /etc/hostname said.txt"):
        with pytest.raises(NoCodeError):
            run(script)


def test_a_foreign_program_outlives_the_thread_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trio._core._thread_cache.IDLE_TIMEOUT", 1.5)
    said = trio.run(cell.run, ["/bin/sh", "-c", "sleep 3; echo done"], {}, cell.SAID)
    assert said == b"done\n"


def test_a_foreign_program_ends_with_its_time() -> None:
    async def run() -> None:
        with trio.fail_after(30):
            await cell.run(["/bin/sleep", "100"], {}, cell.SAID, bounds=cell.Bounds(wall=0.5))

    with pytest.raises(NoCodeError, match="longer"):
        trio.run(run)


def test_a_program_that_does_not_unpack_to_what_it_says_is_rejected() -> None:
    good = ProgramFile.of("part.gcode", b"G28\n" * 1000)
    assert good.text == b"G28\n" * 1000
    bomb = zlib.compress(bytes(10_000_000))
    for bad in (
        replace(good, size=3_999),
        replace(good, size=4_001),
        replace(good, size=1 << 40),
        replace(good, sha256=Digest(bytes(32))),
        replace(good, packed=b"no zlib"),
        replace(good, packed=bomb),
    ):
        with pytest.raises(RejectError):
            _ = bad.text


def test_a_package_becomes_files_that_stay_in_their_folder() -> None:
    files = (ProgramFile.of("setup-1.ngc", b"G21\n"), ProgramFile.of("../../etc/passwd", b"M2\n"))
    code = MachineCode(files=files, setup=("Hold it.",), checks=("Checked.",), seconds=Seconds(1), consumed=Grams(0))
    package = Package(
        kind=Kind.MACHINE_CODE,
        operation=0,
        media_type=MEDIA_TYPE,
        content=wire.encode(code),
        notes=(),
        exposure=exposure.of_code(MILLING),
    )
    found = handout(package)
    assert found.files == {"1-setup-1.ngc": b"G21\n", "2-....etcpasswd": b"M2\n"}
    assert found.lines[:2] == ("Hold it.", "Checked.")
    assert "exposure 75 of 100" in found.lines[-1]
    model = replace(package, kind=Kind.MODEL, media_type="model/step", content=b"ISO", notes=("2 x M6x1",))
    assert handout(model).files == {"model.step": b"ISO"}
    assert handout(model).lines[0] == "2 x M6x1"
    with pytest.raises(RejectError):
        handout(replace(package, content=b"no code"))


def test_a_profile_is_of_one_machine_of_the_process() -> None:
    check_profile(Profile(printer=PRINTER), EXTRUSION)
    check_profile(Profile(cutter=CUTTER), LASER)
    check_profile(Profile(mill=MILL), MILLING)
    for profile, process in (
        (Profile(), EXTRUSION),
        (Profile(printer=PRINTER), LASER),
        (Profile(printer=PRINTER, cutter=CUTTER), EXTRUSION),
        (Profile(printer=replace(PRINTER, hot=5_000)), EXTRUSION),
        (Profile(printer=replace(PRINTER, layer=Micrometres(500))), EXTRUSION),
        (Profile(printer=replace(PRINTER, bed=replace(ROOM, height=Micrometres(0)))), EXTRUSION),
        (Profile(cutter=replace(CUTTER, gap=Micrometres(0))), LASER),
        (Profile(mill=replace(MILL, tools=())), MILLING),
        (Profile(mill=replace(MILL, tools=(TOOL, TOOL))), MILLING),
        (Profile(mill=replace(MILL, tools=(replace(TOOL, rpm=20_000),))), MILLING),
        (Profile(mill=replace(MILL, tools=(replace(TOOL, step=Micrometres(0)),))), MILLING),
    ):
        with pytest.raises(RejectError):
            check_profile(profile, process)
