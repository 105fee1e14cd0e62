"""The print-time model against the slicer: each part is judged by a model that was fitted to all the others.

``python -m benchmarks.design.printing`` prints every part, and the coefficients that all of them together give; with
``--drawn 45`` it also judges the model in force, which real parts gave, by parts drawn by chance.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trio

from benchmarks.design.files import Known, collection
from node.design.errors import IntakeError
from node.design.intake import Intake, open_intake
from node.design.part import PartModel
from node.design.reading import Options
from node.design.shape import corners_of
from node.design.shop_time import PRINT, PRINTER, print_terms
from node.machine_code import slicing
from node.machine_code.errors import NoCodeError
from tests.design.blueprints import blueprint

DENSITY = 1240
MOST = 6 * 60
"""Minutes by the model; longer prints are few, keep the slicer busy for minutes, and are left out."""

FAMILIES = ("dw_topology", "mfcad", "trimesh_featuretype")

FAITHFUL = 1_000_000
"""Bytes of the files that are sliced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One part and what the slicer says of it."""

    name: str
    part: PartModel
    seconds: int

    @property
    def family(self) -> str:
        """Files of one part, or of one generator, have one; they are left out together."""
        stem = self.name.partition(".")[0]
        return next((known for known in FAMILIES if stem.startswith(known)), stem)


async def sliced(intake: Intake, name: str, source: bytes | Path, options: Options) -> Print | None:
    """None where the part is not printable or the printer too small."""
    wish = Options(unit=options.unit, thickness=options.thickness, shape=True)
    try:
        reading = await intake.read(source, options=wish)
        if reading.part is None or reading.shape is None or reading.part.suspect:
            return None
        corners = corners_of(reading.shape)
        size = np.ptp(corners, axis=(0, 1)) * 1000
        bed = PRINTER.bed
        if np.dot(PRINT, print_terms(reading.part)) > MOST:
            return None
        if (size + 16_000 > [bed.length, bed.width, bed.height + 16_000]).any() or size.max() < 10_000:
            return None
        found = await slicing.sliced(corners, PRINTER, DENSITY)
    except (IntakeError, NoCodeError):
        return None
    return Print(name=name, part=reading.part, seconds=found.seconds)


async def real(intake: Intake, files: Iterable[Known]) -> list[Print]:
    """The collection's printable files, equal ones once."""
    prints: dict[tuple[int, int], Print] = {}
    for known in files:
        if known.path.suffix.lower() == ".dxf" or known.path.stat().st_size > FAITHFUL or not known.processes:
            continue
        found = await sliced(intake, known.path.name, known.path, known.options)
        if found is not None:
            prints.setdefault((found.part.volume, found.part.area), found)
    return list(prints.values())


def fitted(prints: list[Print]) -> tuple[float, ...]:
    """Coefficients, none negative, with the least squares of relative errors."""
    minutes = np.array([one.seconds / 60 for one in prints])
    shares = np.array([print_terms(one.part) for one in prints]) / minutes[:, None]
    kept = list(range(shares.shape[1]))
    while (found := np.linalg.lstsq(shares[:, kept], np.ones(len(minutes)), rcond=None)[0]).min() < 0:
        kept.pop(int(found.argmin()))
    whole = np.zeros(shares.shape[1])
    whole[kept] = found
    return tuple(float(value) for value in whole)


def errors(prints: list[Print]) -> dict[str, float]:
    """Relative, of a model that has not seen the part, by its name."""
    found = {}
    for one in prints:
        others = [other for other in prints if other.family != one.family]
        minutes = float(np.dot(fitted(others), print_terms(one.part)))
        found[one.name] = abs(60 * minutes / one.seconds - 1)
    return found


async def row(intake: Intake, files: list[Known]) -> tuple[str, str, str, str]:
    """The row of the bench."""
    bar = "median 15 %, p90 35 %"
    if slicing.slicer() is None:
        return ("print time against the slicer", "not measured", bar, "no slicer is installed here (make slicer)")
    return judged(await real(intake, files), bar)


def judged(prints: list[Print], bar: str) -> tuple[str, str, str, str]:
    """Median and ninth decile, beside the best that volume alone does."""
    found = list(errors(prints).values())
    ratio = np.array([one.seconds / one.part.volume for one in prints])
    plain = np.abs(np.median(ratio) / ratio - 1)
    peer = f"by volume alone: {100 * np.median(plain):.0f} / {100 * np.percentile(plain, 90):.0f} %"
    measured = f"median {100 * np.median(found):.1f} p90 {100 * np.percentile(found, 90):.1f} % of {len(prints)}"
    return ("print time against the slicer, unseen parts", measured, bar, peer)


async def drawn(intake: Intake, count: int) -> list[Print]:
    """Drawn parts that are printable."""
    prints = [await sliced(intake, one.name, one.step, Options()) for one in map(blueprint, range(count))]
    return [one for one in prints if one is not None]


async def _main(files: list[Known], count: int) -> None:
    async with open_intake() as intake:
        prints, others = await real(intake, files), await drawn(intake, count)
    found = errors(prints)
    for one in sorted(prints, key=lambda one: -found[one.name]):
        print(f"{100 * found[one.name]:6.1f} %  {one.seconds:7} s  {one.name}")
    print(f"PRINT = ({', '.join(f'{value:.3g}' for value in fitted(prints))})  # of all {len(prints)}")
    print(*judged(prints, ""), sep="  ")
    if others:
        off = [abs(60 * float(np.dot(PRINT, print_terms(one.part))) / one.seconds - 1) for one in others]
        print(
            f"drawn by chance: median {100 * np.median(off):.1f} p90 {100 * np.percentile(off, 90):.1f} % of {len(off)}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cad-data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "cad")
    parser.add_argument("--drawn", type=int, default=0, help="parts drawn by chance to judge the model by")
    given = parser.parse_args()
    trio.run(_main, collection(given.cad_data), given.drawn)
