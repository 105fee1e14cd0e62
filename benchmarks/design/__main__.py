"""All rows as one table; a row that cannot be measured here says why."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import trio

from benchmarks.design import printing
from benchmarks.design.files import METAL, NIST_VOLUMES, PLASTIC, Known, annotated_diameters, collection
from node.design import materials
from node.design.cache import Cache
from node.design.errors import IntakeError
from node.design.intake import Intake, open_intake
from node.design.part import PartModel
from node.design.reading import Options, Reading
from node.design.suitability import FAMILIES, families, options
from protocol.ids import MaterialCode
from protocol.units import Micrometres
from tests.design.blueprints import Blueprint, Hole, agreeing, blueprint
from tests.design.renumber import renumbered

DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "cad"
TURN = Path(__file__).parents[2] / "tests" / "design" / "turn.py"
TOLERANCE = Micrometres(500)
MUTANTS = 60
DRAWN = 90
"""Parts drawn by chance, with what their drawings say, for the rows on holes, processes, and turned parts."""

TURNED_DRAWN = 27
"""Drawn parts among those that are turned about, so that there are more than forty."""

TURNED_LARGEST = 700_000
"""Bytes of the STEP files that are turned about; the larger ones would take most of the time and say no more."""

Row = tuple[str, str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cad-data", type=Path, default=DEFAULT, help="folder with manifest.json")
    parser.add_argument("--repeat", type=int, default=2, help="best of so many readings")
    parser.add_argument("--drawn", type=int, default=DRAWN, help="parts drawn by chance")
    parser.add_argument("--no-turns", action="store_true", help="leave out the rows on turned parts")
    given = parser.parse_args()
    if not (given.cad_data / "manifest.json").exists():
        print(f"skipped: no manifest.json in {given.cad_data}; name the folder with --cad-data")
        return
    files = collection(given.cad_data)
    rows = trio.run(partial(measure, files, given.repeat, given.drawn, turns=not given.no_turns))
    print(f"{'what':44} {'measured':34} {'bar':28} peer or note")
    for what, measured, bar, note in rows:
        print(f"{what:44} {measured:34} {bar:28} {note}")


async def measure(files: list[Known], repeat: int, drawn: int, *, turns: bool) -> list[Row]:
    rows: list[Row] = []
    async with open_intake(cache=Cache(0)) as intake:
        await intake.warm()
        rows += [await overhead(intake)]
        readings: dict[Path, Reading] = {}
        refused: dict[Path, IntakeError] = {}
        spent: dict[Path, float] = {}
        for known in files:
            wish = Options(unit=known.options.unit, thickness=known.options.thickness, preview=True)
            for _ in range(repeat):
                before = child_cpu()
                try:
                    readings[known.path] = await intake.read(known.path, options=wish)
                except IntakeError as error:
                    refused[known.path] = error
                used = child_cpu() - before
                spent[known.path] = min(used, spent.get(known.path, used))
        parts = {path: reading.part for path, reading in readings.items() if reading.part is not None}
        rows += latency(parts, spent)
        rows += volumes(parts)
        rows += holes(parts)
        rows += processes(files, parts, refused)
        rows += previews(readings)
        drawings = [blueprint(seed) for seed in range(drawn)]
        read = [part for drawing in drawings if (part := (await intake.read(drawing.step)).part) is not None]
        rows += on_paper(drawings, read)
        if turns:
            asked = {
                known.path for known in files if known.options.unit is not None
            }  # turning writes what the file says
            solids = {path: part for path, part in parts.items() if path not in asked}
            rows += await told_differently(intake, solids, dict(zip(drawings[:TURNED_DRAWN], read, strict=False)))
        rows.append(await printing.row(intake, files))
    rows.append(await damaged())
    rows.append(("sealing, receiving, key release, tampering", "", "", "make bench AREA=vault; make tamper-seal"))
    return rows


async def damaged() -> Row:
    """Mutants of real files, in a run of their own; ``make fuzz-cad MUTANTS=500`` is the long one."""
    command = [sys.executable, "-m", "tests.design.mutants", "--mutants", str(MUTANTS)]
    root = Path(__file__).parents[2]
    done = await trio.run_process(command, cwd=root, check=False, capture_stdout=True)
    said = done.stdout.decode().splitlines()
    return ("damaged files, each answered within 20 s", said[-1] if said else "no answer", "0 faults", "")


def child_cpu() -> float:
    """Processor seconds of all readers that have ended, from the warm parent's accounts."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for task in Path("/proc/self/task").glob("*/children"):
        for pid in task.read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[13]) + int(fields[14])) / ticks
    return total


async def overhead(intake: Intake) -> Row:
    """From order to refusal of a file with nothing in it: fork, jail, answer."""
    nothing = b"ISO-10303-21;HEADER;FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));ENDSEC;DATA;ENDSEC;END-ISO-10303-21;"
    walls = []
    for _ in range(30):
        start = time.perf_counter()
        try:
            await intake.read(nothing)
        except IntakeError:
            walls.append(time.perf_counter() - start)
    start = time.perf_counter()
    command = [sys.executable, "-c", "import node.design.rehearsal"]
    await trio.run_process(command, cwd=Path(__file__).parents[2])
    fresh = time.perf_counter() - start
    measured = f"p50 {1000 * np.median(walls):.0f} ms, max {1000 * max(walls):.0f} ms"
    return ("jail, wall per file", measured, "<= 30 ms", f"a fresh process: {1000 * fresh:.0f} ms")


def latency(parts: dict[Path, PartModel], spent: dict[Path, float]) -> Iterator[Row]:
    small = [spent[path] for path, part in parts.items() if part.faces <= 1000]
    p50, p95, worst = np.percentile(small, [50, 95, 100])
    peer = "earlier prototype: 0.42 / 1.77 / 2.96"
    yield ("CPU up to 1,000 faces, with previews", f"p50 {p50:.2f} p95 {p95:.2f} max {worst:.2f} s", "0.5 / 2 s", peer)
    large = [spent[path] for path in parts if path.stat().st_size <= 5_000_000]
    yield ("CPU of every file up to 5 MB", f"max {max(large):.2f} s of {len(large)} files", "<= 6 s", "")


def volumes(parts: dict[Path, PartModel]) -> Iterator[Row]:
    errors, flagged, total = [], 0, 0
    for path, part in parts.items():
        expected = next((v for key, v in NIST_VOLUMES.items() if f"ctc_{key}" in path.name), None)
        if expected is not None:
            total += 1
            flagged += part.suspect
            if not part.suspect:
                errors.append(abs(part.volume / expected - 1))
    if total:
        note = f"{flagged} of {total} flagged as open or disagreeing"
        yield ("volume of closed NIST solids", f"max off by {100 * max(errors, default=0):.3f} %", "<= 0.1 %", note)


def holes(parts: dict[Path, PartModel]) -> Iterator[Row]:
    hit = total = 0
    for path, part in parts.items():
        if path.suffix.lower() not in (".stp", ".step"):
            continue
        wanted = annotated_diameters(path.read_bytes())
        found = [step / 1000 for bore in part.holes for step in bore.steps]
        total += len(wanted)
        hit += max(  # an annotation may be in inches where the shape is in millimetres
            sum(any(abs(unit * diameter - other) < 0.05 for other in found) for diameter in wanted)
            for unit in (1.0, 25.4)
        )
    if total:
        yield ("annotated hole diameters recognised", f"{hit} of {total}", ">= 98 %", "semantic PMI, AP242")


def processes(files: list[Known], parts: dict[Path, PartModel], refused: dict[Path, IntakeError]) -> Iterator[Row]:
    inside = top = total = size = 0
    missed = []
    for known in files:
        part = parts.get(known.path)
        if not known.processes or part is None:
            continue
        total += 1
        offered = families(part, tolerance=TOLERANCE)
        size += len(offered)
        good = not known.processes.isdisjoint(offered)
        inside += good
        row = materials.find(MaterialCode(known.material))
        first = options(part, material=row, quantity=10, tolerance=TOLERANCE)[0]
        best = first.feasible and FAMILIES[first.process] in known.processes
        top += best
        if not (good and best):
            missed.append(known.path.name)
    yield (
        "true process in the offered set",
        f"{inside} of {total}, mean size {size / total:.2f}",
        ">= 95 %, <= 2.5",
        "",
    )
    yield ("top process, material and number given", f"{top} of {total}", ">= 90 %", ", ".join(missed))
    unread = [
        f"{known.path.name} ({refused[known.path].code.value})"
        for known in files
        if known.processes and known.path in refused
    ]
    turned_away = [known.path for known in files if not known.processes and known.path in refused]
    negative = sum(not known.processes for known in files)
    yield ("sound files refused", str(len(unread)), "0", ", ".join(unread))
    yield (
        "damaged or foreign files refused",
        f"{len(turned_away)} of {negative}",
        "",
        "the rest is flagged or printable",
    )


def on_paper(drawings: list[Blueprint], parts: list[PartModel]) -> Iterator[Row]:
    """Drawn parts against their drawings: what no rule was tuned by."""
    agreed = drawn = found = inside = size = top = bent = 0
    for drawing, part in zip(drawings, parts, strict=True):
        wanted = Counter(drawing.holes)
        bores = Counter[Hole]()
        for bore in part.holes:
            bores[bore.diameter, bore.depth, bore.through] += bore.count
        agreed += agreeing(wanted, bores)
        drawn, found = drawn + wanted.total(), found + bores.total()
        offered = families(part, tolerance=TOLERANCE)
        inside, size = inside + (not drawing.families.isdisjoint(offered)), size + len(offered)
        material = materials.find(MaterialCode(PLASTIC if drawing.families == {"additive"} else METAL))
        best = options(part, material=material, quantity=10, tolerance=TOLERANCE)[0]
        top += best.feasible and FAMILIES[best.process] in drawing.families
        bent += sum(bend.count for bend in part.bends) == drawing.bends
    note = f"of {len(parts)} parts drawn by chance; diameter, end and depth within 0.1 mm"
    shares = f"{100 * agreed / max(1, found):.1f} % / {100 * agreed / max(1, drawn):.1f} % of {drawn}"
    yield ("drawn holes, precision / recall", shares, ">= 98 %", note)
    yield ("drawn parts, bends", f"{bent} of {len(parts)}", "", "none where nothing is bent")
    measured = f"{inside} of {len(parts)}, mean size {size / max(1, len(parts)):.2f}"
    yield ("drawn parts, true process in the offered set", measured, ">= 95 %, <= 2.5", "")
    yield ("drawn parts, top process", f"{top} of {len(parts)}", ">= 90 %", "material and number given")


def previews(readings: dict[Path, Reading]) -> Iterator[Row]:
    sizes = [len(reading.preview.glb) for reading in readings.values() if reading.preview]
    yield ("GLB size", f"p50 {np.median(sizes) / 1e3:.0f} kB max {max(sizes) / 1e6:.2f} MB", "<= 1.5 MB", "")


async def told_differently(
    intake: Intake, parts: dict[Path, PartModel], drawn: dict[Blueprint, PartModel]
) -> list[Row]:
    """Single solids, real and drawn: turned about an odd axis and moved, then with other numbers and another order."""
    with tempfile.TemporaryDirectory(prefix="guildmark-turned-") as folder:
        solids = {
            path: part
            for path, part in parts.items()
            if path.suffix.lower() in (".stp", ".step") and path.stat().st_size <= TURNED_LARGEST
        }
        for drawing, part in drawn.items():
            path = Path(folder) / f"{drawing.name}.step"
            path.write_bytes(drawing.step)
            solids[path] = part
        turned = {path: await _turned(path, Path(folder) / "turned.step") for path in solids}
        rows = await _compared(intake, "turned", solids, turned)
        others = {path: renumbered(path.read_bytes(), 7) for path in solids}
        return rows + await _compared(intake, "renumbered", solids, others)


async def _turned(path: Path, target: Path) -> bytes:
    command = [sys.executable, str(TURN), str(path), str(target), "71"]
    root = {"PYTHONPATH": str(TURN.parents[2])}
    await trio.run_process(command, stderr=subprocess.DEVNULL, env=root)
    return target.read_bytes()


async def _compared(intake: Intake, how: str, solids: dict[Path, PartModel], others: dict[Path, bytes]) -> list[Row]:
    odd: dict[str, list[str]] = {name: [] for name in EQUAL}
    for path, part in solids.items():
        try:
            again = (await intake.read(others[path])).part
        except IntakeError:
            again = None
        for name, equal in EQUAL.items():
            if again is None or not equal(part, again):
                odd[name].append(path.name)
    bars = {"holes": ">= 95 %", "set-ups": ">= 93 %", "process": ">= 97 %"}
    total = len(solids)
    return [
        (f"{how} parts, same {name}", f"{total - len(unlike)} of {total}", bars.get(name, ""), ", ".join(unlike))
        for name, unlike in odd.items()
    ]


EQUAL: dict[str, Callable[[PartModel, PartModel], bool]] = {
    "holes": lambda a, b: a.holes == b.holes,
    "set-ups": lambda a, b: a.access.setups == b.access.setups,
    "process": lambda a, b: families(a, tolerance=TOLERANCE)[:1] == families(b, tolerance=TOLERANCE)[:1],
    "box": lambda a, b: abs(a.envelope.length / b.envelope.length - 1) < 0.01,
    "volume": lambda a, b: abs(a.volume / b.volume - 1) < 1e-3,
}


if __name__ == "__main__":
    main()
