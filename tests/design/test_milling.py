"""Programmes for mills: what they cut is the part, by a simulation that knows nothing of how they were made."""

from dataclasses import replace

import numpy as np
import pytest
import trio

from node.design.reading import Options
from node.design.shape import corners_of
from node.machine_code import gcode, interpret, mark, milling, nc
from node.machine_code.errors import NoCodeError
from node.machine_code.interpret import Run
from node.machine_code.slabs import SKIN
from protocol.job import Envelope
from protocol.profile import Mill, Tool
from protocol.units import Micrometres
from tests.design.conftest import Measuring
from tests.design.samples import PARTS
from tests.design.test_machine_code import CEDAR, JOB

MARK = mark.mark_of(b"secret", JOB, 0, CEDAR)
GRID = 0.5
"""Millimetres of the simulation's cells."""

ROOM = Envelope(length=Micrometres(400_000), width=Micrometres(300_000), height=Micrometres(250_000))


def tool(number: int, diameter: float, *, drill: bool = False) -> Tool:
    return Tool(
        number=number,
        drill=drill,
        diameter=Micrometres(round(1000 * diameter)),
        reach=Micrometres(50_000),
        rpm=8_000,
        feed=1_500,
        plunge=300,
        step=Micrometres(3_000),
    )


CUTTERS = (tool(1, 16), tool(4, 10), tool(5, 6))
DRILLS = (tool(10, 5, drill=True), tool(11, 6.6, drill=True), tool(12, 10, drill=True))
MILL = Mill(travel=ROOM, rpm=12_000, feed=6_000, tools=(*CUTTERS, *DRILLS))


@pytest.fixture(scope="module")
def bracket(measuring: Measuring) -> np.ndarray:
    found = measuring.reading(PARTS / "bracket.step", options=Options(shape=True)).shape
    assert found is not None
    return corners_of(found)


@pytest.fixture(scope="module")
def setups(bracket: np.ndarray) -> list[nc.Setup]:
    return milling.plan(bracket, MILL)


def tops(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the part's surface seen from above, minus infinity beside it."""
    found = np.full(x.shape, -np.inf)
    for a, b, c in corners:
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-9:
            continue
        u = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        v = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        inside = (u >= 0) & (v >= 0) & (u + v <= 1)
        found = np.where(inside, np.maximum(found, a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2])), found)
    return found


def cut(run: Run, x: np.ndarray, y: np.ndarray, top: float, mill: Mill) -> np.ndarray:
    """Height of what is left of the block after every move, straight from positions and radii."""
    radius = {tool.number: tool.diameter / 2000 for tool in mill.tools}
    tip = {tool.number: nc.TIP * tool.diameter / 1000 * tool.drill for tool in mill.tools}
    left = np.full(x.shape, top + SKIN)
    for start, end, number, cuts in zip(run.ends[:-1], run.ends[1:], run.tools[1:], run.cuts[1:], strict=True):
        if not cuts:
            continue
        way = end[:2] - start[:2]
        length = float(way @ way)
        along = ((x - start[0]) * way[0] + (y - start[1]) * way[1]) / length if length else np.zeros(x.shape)
        along = along.clip(0, 1)
        distance = np.hypot(x - start[0] - along * way[0], y - start[1] - along * way[1])
        # a drill's cone goes deeper than its hole is counted
        left = np.where(distance < radius[int(number)], np.minimum(left, end[2] + top + tip[int(number)]), left)
    return left


async def moves(program: bytes) -> Run:
    """By the independent interpreter where it is installed."""
    return await interpret.interpreted(program, MILL.tools) or nc.own(program)


def test_what_is_cut_from_above_is_the_part(bracket: np.ndarray, setups: list[nc.Setup]) -> None:
    size = np.ptp(bracket, axis=(0, 1))
    x, y = np.meshgrid(np.arange(0.25, size[0], GRID), np.arange(0.25, size[1], GRID))
    run = trio.run(moves, nc.written(setups[0]))
    left = cut(run, x, y, float(size[2]), MILL)
    turned = milling._best_way_up(bracket)
    wanted = tops(turned, x, y)
    through = np.isneginf(wanted)
    near_wall = np.abs(left - np.where(through, 0, wanted)) > 0.02
    assert (left[through] <= 0.02).mean() > 0.98  # holes go through
    assert near_wall[~through].mean() < 0.02  # cells on a wall are neither
    assert (left[~through] < wanted[~through] - 0.02).mean() < 0.001  # and nothing of the part is gone


def test_holes_from_a_side_are_drilled_as_deep_as_they_are(setups: list[nc.Setup]) -> None:
    holes = sorted((hole.place[0], hole.top - hole.bottom, hole.tool.number) for hole in setups[2].holes)
    assert [(round(depth, 2), number) for _, depth, number in holes] == [(14.0, 10), (14.0, 10)]
    assert len(setups) == 3


def test_the_marked_programmes_come_with_sheet_and_checks(bracket: np.ndarray) -> None:
    code = trio.run(milling.code, bracket, MILL, 4, MARK)
    assert [file.name for file in code.files] == ["setup-1.ngc", "setup-2.ngc", "setup-3.ngc"]
    assert all(mark.read_feeds(file.text).fits(MARK) for file in code.files)
    assert "82.0 x 62.0 x 27.0 mm" in code.setup[0]
    second = "reads them the same way" if interpret.interpreter() else "No rs274 here"
    assert any(second in line for line in code.checks)
    assert code.seconds > 600


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ((tool(1, 16), *DRILLS), "too tight for every end mill"),
        (tuple(replace(one, reach=Micrometres(10_000)) for one in (*CUTTERS, *DRILLS)), "too tight|no drill"),
    ],
)
def test_a_magazine_that_does_not_do_is_said(bracket: np.ndarray, tools: tuple[Tool, ...], says: str) -> None:
    with pytest.raises(NoCodeError, match=says):
        milling.plan(bracket, replace(MILL, tools=tools))


def test_a_part_that_is_not_level_slabs_gets_no_programme(measuring: Measuring) -> None:
    shape = measuring.reading(PARTS / "shaft.step", options=Options(shape=True)).shape
    assert shape is not None
    with pytest.raises(NoCodeError):
        milling.plan(corners_of(shape), MILL)


def changed(program: bytes, old: bytes, new: bytes) -> Run:
    assert old in program
    return nc.own(program.replace(old, new, 1))


def test_a_wrong_move_is_found_wherever_it_is(setups: list[nc.Setup]) -> None:
    setup = setups[0]
    program = nc.written(setup)
    nc.prove(setup, nc.own(program), MILL)
    deep = next(line for line in program.splitlines() if line.startswith(b"G1 Z-8."))
    for old, new, says in (
        (b"F1500\nG0 Z10.000\nG0 X", b"F1500\nG0 X", "rapid move goes sideways"),
        (b"G0 Z10.000\n", b"", "does not begin by going up"),
        (deep, deep.replace(b"G1 Z-8.", b"G1 Z-18."), "not planned|into the part"),
        (b"M2\n", b"G0 Z10\nG0 X500\nM2\n", "leaves the machine's travels"),
        (b"G1 X88.739", b"G1 Z-3 X88.739", "slopes"),
    ):
        with pytest.raises(NoCodeError, match=says):
            nc.prove(setup, changed(program, old, new), MILL)


def test_a_cut_into_the_part_is_found(setups: list[nc.Setup]) -> None:
    setup = setups[0]
    first = next(cut for cut in setup.cuts if not cut.kept.is_empty)
    inside = first.kept.representative_point().coords[0]
    wrong = replace(first, lines=(np.array([inside, (inside[0] + 5, inside[1])]),))
    spoiled = nc.Setup(side=setup.side, size=setup.size, cuts=[wrong], holes=[])
    with pytest.raises(NoCodeError, match="into the part"):
        nc.prove(spoiled, nc.own(nc.written(spoiled)), MILL)


def test_the_interpreters_calls_are_read_strictly() -> None:
    begin = "  1 N..... CHANGE_TOOL(1)\n  2 N..... START_SPINDLE_CLOCKWISE(0)\n"
    move = "  3 N..... STRAIGHT_FEED(1.0000, 2.0000, -1.0000, 0.0000, 0.0000, 0.0000)\n"
    end = "  4 N..... PROGRAM_END()\n"
    run = interpret.parse(begin + move + end, {1: 4})
    assert run.tools.tolist() == [4]
    assert run.ends.tolist() == [[1, 2, -1]]
    for told in (
        move + end,
        begin + move,
        begin + end,
        begin + "  3 N..... ARC_FEED(3.0, 2.0, 2.0, 2.0, -1, -1.0, 0, 0, 0)\n" + move + end,
        begin + "  3 N..... STOP_SPINDLE_TURNING(0)\n" + move + end,
    ):
        with pytest.raises(NoCodeError):
            interpret.parse(told, {1: 4})


@pytest.mark.skipif(interpret.interpreter() is None, reason="no rs274 is installed (make nc-interpreter)")
def test_the_interpreter_and_our_reader_see_the_same_moves(setups: list[nc.Setup]) -> None:
    for setup in setups:
        program = nc.written(setup)
        theirs, ours = trio.run(interpret.interpreted, program, MILL.tools), nc.own(program)
        assert theirs is not None
        assert np.allclose(theirs.ends[-len(ours.ends) :][1:], ours.ends[1:], atol=1e-3)
        assert theirs.cuts.sum() == ours.cuts.sum()
        assert set(theirs.tools.tolist()) >= set(ours.tools.tolist())


@pytest.mark.skipif(interpret.interpreter() is None, reason="no rs274 is installed (make nc-interpreter)")
def test_what_the_interpreter_does_not_take_is_refused() -> None:
    for program in (b"G21\nG1 X1\nM2\n", b"T99 M6\nM2\n", b"G21\nbogus\nM2\n"):
        with pytest.raises(NoCodeError):
            trio.run(interpret.interpreted, program, MILL.tools)


def test_commands_of_a_mill_are_counted_on_fingers() -> None:
    gcode.clean(b"G21 G17 G90 G94\nT1 M6\nG43 H1\nS1000 M3\nM2\n", gcode.MILLING)
    for line in (b"G10 L2 P1 X5", b"M98 P1", b"G92 X0", b"G28", b"G2 X1 Y1 I1", b"M62 P1"):
        with pytest.raises(NoCodeError):
            gcode.clean(line, gcode.MILLING)
