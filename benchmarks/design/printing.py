"""The print-time model against the slicer: fitted to constructed parts, judged on real ones that it never saw.

``python -m benchmarks.design.printing --fit`` makes and slices the constructed parts and prints the coefficients.
"""

import argparse
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import trio

from benchmarks.design.files import Known, collection
from devnet.parts.make_parts import box, cut, cylinder, fuse, rounded, step
from node.design.errors import IntakeError
from node.design.intake import Intake, open_intake
from node.design.part import PartModel
from node.design.reading import Options
from node.design.shape import corners_of
from node.design.shop_time import PRINT, PRINTER, print_terms
from node.machine_code import slicing
from node.machine_code.errors import NoCodeError

DENSITY = 1240
PARTS = 40
MOST = 6 * 60
"""Minutes by the model; longer prints are few, keep the slicer busy for minutes, and are left out."""

FAITHFUL = 1_000_000
"""Bytes of the files that are sliced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One part and what the slicer says of it."""

    name: str
    part: PartModel
    seconds: int

    @property
    def error(self) -> float:
        """Of the model, relative."""
        return abs(60 * float(np.dot(PRINT, print_terms(self.part))) / self.seconds - 1)


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


def constructed(seed: int) -> bytes:
    """A plausible printed part: plates with holes, boxes with pockets, tubes, angles, posts, lids."""
    chance = random.Random(seed)  # noqa: S311
    draw: list[Callable[[random.Random], object]] = [_plate, _tub, _tube, _angle, _post, _bridge]
    return step(draw[seed % len(draw)](chance))


def _plate(chance: random.Random) -> object:
    length, width, height = chance.uniform(20, 90), chance.uniform(15, 60), chance.uniform(2, 10)
    part = rounded(box((0, 0, 0), (length, width, height)), min(width, length) / chance.uniform(3, 9))
    for _ in range(chance.randint(1, 6)):
        place = (chance.uniform(0.2, 0.8) * length, chance.uniform(0.2, 0.8) * width, -1)
        part = cut(part, cylinder(place, chance.uniform(1.5, 5), height + 2))
    return part


def _tub(chance: random.Random) -> object:
    length, width, height = chance.uniform(20, 70), chance.uniform(20, 50), chance.uniform(8, 40)
    wall = chance.uniform(1.2, 5)
    inner = box((wall, wall, wall), (length - 2 * wall, width - 2 * wall, height))
    return cut(box((0, 0, 0), (length, width, height)), inner)


def _tube(chance: random.Random) -> object:
    radius, height = chance.uniform(6, 25), chance.uniform(5, 60)
    part = fuse(cylinder((0, 0, 0), radius, height), cylinder((0, 0, 0), radius + chance.uniform(2, 10), 4))
    return cut(part, cylinder((0, 0, -1), radius - chance.uniform(1.2, radius - 2), height + 2))


def _angle(chance: random.Random) -> object:
    length, width, height = chance.uniform(20, 60), chance.uniform(15, 40), chance.uniform(15, 50)
    wall = chance.uniform(3, 8)
    part = fuse(box((0, 0, 0), (length, width, wall)), box((0, 0, 0), (wall, width, height)))
    part = cut(part, cylinder((length / 2, width / 2, -1), chance.uniform(2, 5), 20))
    return cut(part, cylinder((-1, width / 2, height / 2), chance.uniform(2, 4), 20, along=(1, 0, 0)))


def _post(chance: random.Random) -> object:
    part = box((0, 0, 0), (chance.uniform(15, 40), chance.uniform(15, 40), chance.uniform(10, 45)))
    for _ in range(chance.randint(0, 3)):
        part = cut(part, cylinder((chance.uniform(4, 12), chance.uniform(4, 12), -1), chance.uniform(1.5, 4), 60))
    return part


def _bridge(chance: random.Random) -> object:
    length, width, height = chance.uniform(30, 70), chance.uniform(10, 30), chance.uniform(12, 35)
    wall = chance.uniform(3, 7)
    part = cut(
        box((0, 0, 0), (length, width, height)), box((wall, wall, -1), (length - 2 * wall, 99, height - wall + 1))
    )
    return cut(part, cylinder((length / 2, width / 2, 0), chance.uniform(2, 4), 99))


async def made(intake: Intake, count: int) -> list[Print]:
    """Constructed parts, sliced."""
    found = [await sliced(intake, f"constructed {seed}", constructed(seed), Options()) for seed in range(count)]
    return [one for one in found if one is not None]


def fitted(prints: list[Print]) -> tuple[float, ...]:
    """Coefficients, none negative, by reweighted least squares on relative errors: outliers pull little."""
    terms = np.array([print_terms(one.part) for one in prints])
    minutes = np.array([one.seconds / 60 for one in prints])
    kept = list(range(terms.shape[1]))
    while True:
        weights = 1 / minutes
        for _ in range(60):
            found = np.linalg.lstsq(terms[:, kept] * weights[:, None], minutes * weights, rcond=None)[0]
            weights = 1 / minutes / np.sqrt(np.maximum(np.abs(terms[:, kept] @ found / minutes - 1), 0.03))
        if (found >= 0).all():
            break
        kept.pop(int(found.argmin()))
    whole = np.zeros(terms.shape[1])
    whole[kept] = found
    return tuple(float(value) for value in whole)


async def row(intake: Intake, files: list[Known]) -> tuple[str, str, str, str]:
    """The row of the bench."""
    bar = "median 15 %, p90 35 %"
    if slicing.slicer() is None:
        return ("print time against the slicer", "not measured", bar, "no slicer is installed here (make slicer)")
    prints = await real(intake, files)
    errors = [one.error for one in prints]
    ratio = np.array([one.seconds / one.part.volume for one in prints])
    plain = np.abs(np.median(ratio) / ratio - 1)
    peer = f"by volume alone: {100 * np.median(plain):.0f} / {100 * np.percentile(plain, 90):.0f} %"
    measured = f"median {100 * np.median(errors):.1f} p90 {100 * np.percentile(errors, 90):.1f} % of {len(prints)}"
    return ("print time against the slicer, parts never fitted", measured, bar, peer)


async def _main(files: list[Known], count: int, *, fit: bool) -> None:
    async with open_intake() as intake:
        if fit:
            prints = await made(intake, count)
            rounded_off = ", ".join(f"{value:.3g}" for value in fitted(prints))
            print(f"PRINT = ({rounded_off})  # of {len(prints)} constructed parts")
        for one in sorted(await real(intake, files), key=lambda one: -one.error):
            print(f"{100 * one.error:6.1f} %  {one.seconds:7} s  {one.name}")
        print(*await row(intake, files), sep="  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--parts", type=int, default=PARTS)
    parser.add_argument("--cad-data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "cad")
    given = parser.parse_args()
    trio.run(partial(_main, collection(given.cad_data), given.parts, fit=given.fit))
