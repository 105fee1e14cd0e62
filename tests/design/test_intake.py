import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trio

from node.design import intake
from node.design.cache import Cache
from node.design.errors import Code, IntakeError, UnitQuestionError
from node.design.gate import Limits
from node.design.intake import open_intake, read_part
from node.design.lengths import Size, Unit
from node.design.reading import Options
from node.design.warm import OVERDUE
from tests.design import mutants
from tests.design.conftest import Measuring
from tests.design.drawn import globe
from tests.design.samples import PARTS, ROOT, box, real, um

pytestmark = pytest.mark.slow

CLIP = (PARTS / "clip.step").read_bytes()
MUCH = globe(250)
BIG = (PARTS / "bracket.step").read_bytes()


async def refusal(source: bytes | Path, limits: Limits | None = None, name: str = "") -> Code:
    with pytest.raises(IntakeError) as caught:
        await read_part(source, name=name, limits=limits or Limits())
    return caught.value.code


def refused(measuring: Measuring, source: bytes | Path) -> Code:
    with pytest.raises(IntakeError) as caught:
        measuring.part(source)
    return caught.value.code


def children(process: int | str) -> list[int]:
    """Processes that one started and that still run."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


@pytest.fixture
def started() -> Callable[[], list[int]]:
    """Lists the processes that the test has started and that still run."""
    before = children("self")
    return lambda: [pid for pid in children("self") if pid not in before]


async def until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(20):
        while not condition():
            await trio.lowlevel.checkpoint()


async def test_a_path_and_its_bytes_give_the_same_part_every_time() -> None:
    async with open_intake(cache=Cache(0)) as intake:
        first = await intake.read(PARTS / "clip.step", options=Options(preview=True))
        assert await intake.read(CLIP, options=Options(preview=True)) == first
        assert await intake.read(CLIP) == replace(first, preview=None)


async def test_the_node_never_loads_the_kernel() -> None:
    script = (
        "import sys, trio; from node.design.intake import read_part; "
        f"part = trio.run(read_part, {str(PARTS / 'clip.step')!r}); "
        "from node.design import bid_view, estimate, packages, rates, routing; "
        "print(part.volume, [name for name in sys.modules if name.split('.')[0] in ('OCP', 'shapely')])"
    )
    done = await trio.run_process([sys.executable, "-c", script], cwd=ROOT, capture_stdout=True)
    assert done.stdout.decode().split(maxsplit=1) == ["2415", "[]\n"]


async def test_refusals_before_the_parser_start_no_process(started: Callable[[], list[int]], tmp_path: Path) -> None:
    stl = tmp_path / "clip.step"
    stl.write_bytes(b"solid clip\nfacet normal 0 0 1\n")
    assert await refusal(stl) is Code.MISNAMED
    assert await refusal(stl, Limits(mesh_size=10)) is Code.TOO_LARGE
    assert await refusal(CLIP[: len(CLIP) // 2]) is Code.TRUNCATED
    async with open_intake() as intake:
        with pytest.raises(IntakeError):
            await intake.read(b"nothing")
        assert started() == []


async def test_limits_end_a_reader_with_a_typed_refusal(started: Callable[[], list[int]]) -> None:
    cases = [
        (Limits(wall=0.1), {Code.TIME_LIMIT}),
        (Limits(cpu=1), {Code.CPU_LIMIT}),
        (Limits(memory=300 << 20), {Code.MEMORY_LIMIT, Code.PARSER_CRASH}),
        (Limits(answer=50), {Code.PARSER_CRASH}),
    ]
    async with open_intake() as intake:
        for intake.limits, codes in cases:
            with pytest.raises(IntakeError) as caught:
                await intake.read(MUCH, options=Options(unit=Unit.MILLIMETRE))
            assert caught.value.code in codes
        intake.limits = Limits()
        assert (await intake.read(CLIP)).part is not None
        (warm,) = started()
        await until(lambda: children(warm) == [])


async def test_a_killed_reader_is_a_typed_refusal_and_the_next_file_is_read(started: Callable[[], list[int]]) -> None:
    async with open_intake() as intake:
        await intake.warm()
        (warm,) = started()
        codes: list[Code] = []

        async def read() -> None:
            with pytest.raises(IntakeError) as caught:
                await intake.read(BIG, options=Options(preview=True))
            codes.append(caught.value.code)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await until(lambda: children(warm) != [])
            os.kill(children(warm)[0], signal.SIGKILL)
        assert codes == [Code.PARSER_CRASH]
        assert (await intake.read(CLIP)).part is not None


async def test_a_cancelled_reading_leaves_no_reader(started: Callable[[], list[int]]) -> None:
    async with open_intake() as intake:
        await intake.warm()
        (warm,) = started()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(intake.read, BIG)
            await until(lambda: children(warm) != [])
            nursery.cancel_scope.cancel()
        await until(lambda: children(warm) == [])
    assert started() == []


async def test_a_dead_parent_is_started_anew(started: Callable[[], list[int]]) -> None:
    async with open_intake(cache=Cache(0)) as intake:
        first = await intake.read(CLIP)
        (warm,) = started()
        os.kill(warm, signal.SIGKILL)
        with trio.fail_after(30):
            while True:
                try:
                    assert await intake.read(CLIP) == first
                    break
                except IntakeError as error:  # the order went to the dying one
                    assert error.code is Code.PARSER_CRASH  # noqa: PT017
        assert started() != [warm]


async def test_what_was_read_is_not_read_again(started: Callable[[], list[int]]) -> None:
    cache = Cache()
    async with open_intake(cache=cache) as intake:
        first = await intake.read(CLIP)
    async with open_intake(cache=cache) as intake:
        assert await intake.read(CLIP) == first
        assert started() == []


def test_the_cache_forgets_the_oldest_first() -> None:
    cache = Cache(10)
    cache.put(b"a", bytes(4))
    cache.put(b"b", bytes(4))
    assert cache.get(b"a") is not None
    cache.put(b"c", bytes(4))
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c")] == [True, False, True]
    cache.put(b"d", bytes(11))
    assert cache.get(b"d") is None


def test_a_file_without_geometry_has_no_solid(measuring: Measuring) -> None:
    empty = CLIP.split(b"DATA;")[0] + b"DATA;\nENDSEC;\nEND-ISO-10303-21;\n"
    assert refused(measuring, empty) in (Code.NO_SOLID, Code.PARSE_ERROR)


def test_a_shape_that_refers_to_itself_has_no_solid(measuring: Measuring) -> None:
    loop = b"""#1=PRODUCT_DEFINITION_SHAPE('','',#1);
#2=SHAPE_DEFINITION_REPRESENTATION(#1,#3);
#3=SHAPE_REPRESENTATION('',(#3,#2,#1),#3);
"""
    content = CLIP.split(b"DATA;")[0] + b"DATA;\n" + loop + b"ENDSEC;\nEND-ISO-10303-21;\n"
    assert refused(measuring, content) in (Code.NO_SOLID, Code.PARSER_CRASH)


def test_a_body_with_a_face_missing_is_not_closed(measuring: Measuring) -> None:
    before, shell = CLIP.split(b"CLOSED_SHELL('',(", 1)
    faces, after = shell.split(b"))", 1)
    gone = before + b"CLOSED_SHELL('',(" + faces.split(b",", 1)[1] + b"))" + after
    assert refused(measuring, gone) is Code.NOT_CLOSED


def test_a_part_of_unlikely_size_is_asked_about_and_the_answer_is_taken(measuring: Measuring) -> None:
    metres = CLIP.replace(b"SI_UNIT(.MILLI.,.METRE.)", b"SI_UNIT($,.METRE.)")
    with pytest.raises(UnitQuestionError, match="--unit") as caught:
        measuring.part(metres)
    assert Size(unit=Unit.MILLIMETRE, longest=um(30)) in caught.value.sizes
    assert measuring.part(metres, options=Options(unit=Unit.MILLIMETRE)).envelope == box(30, 20, 15)


async def jailed(attempt: str) -> bool:
    """Whether the attempt fails inside the jail as an operating system's refusal, and would work outside."""
    script = "import mmap, os, socket\nfrom node.design import jail\nfrom node.design.gate import Limits\n"
    attempt = f"try:\n    {attempt}\nexcept (OSError, MemoryError):\n    os._exit(7)\nos._exit(0)"
    closed = "jail.leave_network(); jail.bound(Limits()); jail.seal()\n"
    run = partial(trio.run_process, cwd=ROOT, check=False, stderr=subprocess.DEVNULL)
    outside = await run([sys.executable, "-c", script + attempt])
    inside = await run([sys.executable, "-c", script + closed + attempt])
    return (outside.returncode, inside.returncode) == (0, 7)


async def test_the_jail_writes_no_file(tmp_path: Path) -> None:
    probe = str(tmp_path / "probe")
    assert await jailed(f"os.write(os.open({probe!r}, os.O_CREAT | os.O_WRONLY), b'x')")


async def test_the_jail_starts_no_process() -> None:
    assert await jailed("os.fork() or os._exit(0)")


async def test_the_jail_has_bounded_memory() -> None:
    assert await jailed("mmap.mmap(-1, 4 << 30)")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can leave the network and its own rights")
async def test_the_jail_of_root_reaches_no_network_and_has_no_rights() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    assert await jailed(f"socket.socket().connect(('127.0.0.1', {port}))")
    assert await jailed("os.setuid(0)")
    await listeners[0].aclose()


async def test_damaged_files_end_in_a_typed_result_and_the_node_lives() -> None:
    sources = [(PARTS / f"{name}.step").read_bytes() for name in ("bracket", "shaft", "clip")]
    outcomes = await mutants.run(sources, count=20, first=0)
    assert [outcome for outcome in outcomes if outcome.startswith("FAULT")] == []
    assert outcomes.total() == 20
    assert 0 < outcomes["part"] < 20, "the mutants should be neither all harmless nor all fatal"


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("as1_assembly.stp", {Code.ASSEMBLY}),
        ("aagnet_partA.step", {Code.UNITS}),
        ("ap209_fea.stp", {Code.UNSUPPORTED_FORMAT, Code.NO_SOLID}),
        ("3mf_mustfail_dtd.3mf", {Code.PARSE_ERROR}),
        ("prusa_knob.stl", {Code.UNITS}),
        ("cq_gear.dxf", {Code.UNITS}),
    ],
)
def test_real_files_that_are_no_single_part_are_refused(measuring: Measuring, name: str, codes: set[Code]) -> None:
    assert refused(measuring, real(name)) in codes


def test_every_status_of_a_child_means_something() -> None:
    meanings = {
        OVERDUE: Code.TIME_LIMIT,
        -6: Code.MEMORY_LIMIT,
        -11: Code.PARSER_CRASH,
        -24: Code.CPU_LIMIT,
        1: Code.PARSER_CRASH,
    }
    for status, code in meanings.items():
        with pytest.raises(IntakeError) as caught:
            intake._raise_for(status, Limits())
        assert caught.value.code is code
    intake._raise_for(0, Limits())
