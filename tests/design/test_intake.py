import os
import random
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import trio

from node.design import intake
from node.design.errors import Code, IntakeError
from node.design.gate import Limits
from node.design.intake import read_part
from node.design.part import PartModel
from tests.design.samples import PARTS, ROOT, real

pytestmark = pytest.mark.slow

CLIP = (PARTS / "clip.step").read_bytes()


async def refusal(source: bytes | Path, limits: Limits | None = None, name: str = "") -> Code:
    with pytest.raises(IntakeError) as caught:
        await read_part(source, name=name, limits=limits or Limits())
    return caught.value.code


def children() -> list[int]:
    """Processes that this one started and that still run."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


async def test_a_path_and_its_bytes_give_the_same_part_every_time() -> None:
    first = await read_part(PARTS / "clip.step")
    assert await read_part(CLIP) == first


async def test_the_node_never_loads_the_kernel() -> None:
    script = (
        "import sys, trio; from node.design.intake import read_part; "
        f"part = trio.run(read_part, {str(PARTS / 'clip.step')!r}); "
        "from node.design import bid_view, estimate, packages, rates, routing; "
        "print(part.volume, [name for name in sys.modules if name.split('.')[0] == 'OCP'])"
    )
    done = await trio.run_process([sys.executable, "-c", script], cwd=ROOT, capture_stdout=True)
    assert done.stdout.decode().split(maxsplit=1) == ["2415", "[]\n"]


async def test_refusals_before_the_parser_reach_the_caller(tmp_path: Path) -> None:
    stl = tmp_path / "clip.step"
    stl.write_bytes(b"solid clip\nfacet normal 0 0 1\n")
    assert await refusal(stl) is Code.NOT_STEP
    assert await refusal(stl, Limits(size=10)) is Code.TOO_LARGE
    assert await refusal(CLIP[: len(CLIP) // 2]) is Code.TRUNCATED


async def test_a_file_without_geometry_has_no_solid() -> None:
    assert await refusal(CLIP.split(b"DATA;")[0] + b"DATA;\nENDSEC;\nEND-ISO-10303-21;\n") in (
        Code.NO_SOLID,
        Code.PARSE_ERROR,
    )


async def test_a_body_with_a_face_missing_is_not_closed() -> None:
    before, shell = CLIP.split(b"CLOSED_SHELL('',(", 1)
    faces, after = shell.split(b"))", 1)
    gone = before + b"CLOSED_SHELL('',(" + faces.split(b",", 1)[1] + b"))" + after
    assert await refusal(gone) is Code.NOT_CLOSED


async def test_a_part_in_the_wrong_unit_is_asked_about() -> None:
    metres = CLIP.replace(b"SI_UNIT(.MILLI.,.METRE.)", b"SI_UNIT($,.METRE.)")
    assert await refusal(metres) is Code.UNITS


async def test_a_reader_that_takes_too_long_is_stopped_and_gone() -> None:
    assert await refusal(CLIP, Limits(wall=0.2)) is Code.TIME_LIMIT
    assert children() == []


async def test_a_reader_that_burns_too_much_is_stopped_by_the_kernel() -> None:
    assert await refusal(CLIP, Limits(cpu=0)) is Code.CPU_LIMIT


async def test_a_reader_that_cannot_start_in_its_memory_is_a_typed_refusal() -> None:
    assert await refusal(CLIP, Limits(memory=300 << 20)) in (Code.MEMORY_LIMIT, Code.PARSER_CRASH)


async def test_a_reader_that_says_too_much_is_not_listened_to() -> None:
    assert await refusal(CLIP, Limits(answer=50)) is Code.PARSER_CRASH


async def test_a_killed_reader_is_a_typed_refusal() -> None:
    codes: list[Code] = []

    async def read() -> None:
        codes.append(await refusal(CLIP))

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            while not children():
                await trio.lowlevel.checkpoint()
            os.kill(children()[0], signal.SIGKILL)
    assert codes == [Code.PARSER_CRASH]


async def test_a_cancelled_reading_leaves_no_process() -> None:
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_part, CLIP)
            while not children():
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
    assert children() == []


async def jailed(attempt: str) -> bool:
    """Whether the attempt fails inside the jail as an operating system's refusal, and would work outside."""
    script = "import mmap, os, socket\nfrom node.design import jail\nfrom node.design.gate import Limits\n"
    attempt = f"try:\n    {attempt}\nexcept (OSError, MemoryError):\n    os._exit(7)\nos._exit(0)"
    closed = "jail.bound(Limits()); jail.seal()\n"
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


def mutant(step: bytes, seed: int) -> bytes:
    """A damaged copy: flipped bytes, lost and doubled lines, wrong references, huge numbers."""
    chance = random.Random(seed)
    lines = step.split(b"\n")
    body = range(8, len(lines) - 3)
    for _ in range(chance.choice([1, 3, 10, 40])):
        spot = chance.choice(body)
        kind = chance.randrange(5)
        if kind == 0 and lines[spot]:
            place = chance.randrange(len(lines[spot]))
            lines[spot] = lines[spot][:place] + bytes([chance.randrange(32, 127)]) + lines[spot][place + 1 :]
        elif kind == 1:
            lines[spot] = b""
        elif kind == 2:
            lines[spot] = lines[chance.choice(body)]
        elif kind == 3:
            lines[spot] = lines[spot].replace(b"#", b"#1", 1)
        else:
            lines[spot] = lines[spot].replace(b"0.", b"1e300", 1)
    return b"\n".join(lines)


async def test_damaged_files_end_in_a_typed_result_and_the_node_lives() -> None:
    results: list[PartModel | Code] = []
    limiter = trio.CapacityLimiter(2)
    sources = [(PARTS / f"{name}.step").read_bytes() for name in ("bracket", "shaft", "clip")]

    async def read(step: bytes) -> None:
        async with limiter:
            try:
                results.append(await read_part(step, limits=Limits(cpu=8)))
            except IntakeError as error:
                results.append(error.code)

    async with trio.open_nursery() as nursery:
        for seed in range(25):
            nursery.start_soon(read, mutant(sources[seed % 3], seed))
    assert len(results) == 25
    assert len(set(map(type, results))) == 2, "the mutants should be neither all harmless nor all fatal"
    assert children() == []
    assert (await read_part(CLIP)).volume == 2415


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("as1_assembly.stp", {Code.ASSEMBLY}),
        ("aagnet_partA.step", {Code.UNITS}),
        ("ap209_fea.stp", {Code.UNSUPPORTED_FORMAT, Code.NO_SOLID}),
    ],
)
async def test_real_files_that_are_no_single_part_are_refused(name: str, codes: set[Code]) -> None:
    assert await refusal(real(name)) in codes


def test_every_status_of_a_child_means_something() -> None:
    meanings = {-6: Code.MEMORY_LIMIT, -11: Code.PARSER_CRASH, -24: Code.CPU_LIMIT, 1: Code.PARSER_CRASH}
    for status, code in meanings.items():
        with pytest.raises(IntakeError) as caught:
            intake._raise_for(status)
        assert caught.value.code is code
    intake._raise_for(0)
