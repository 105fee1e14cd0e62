"""Seeded damage to real files, and a long run of it: ``make fuzz-cad MUTANTS=500 ARGS="--seed 7"``.

The run passes when every mutant ends in a part or a typed refusal within twenty seconds, and a sound file still reads.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import trio

from node.design.cache import Cache
from node.design.errors import IntakeError
from node.design.formats import recognise
from node.design.gate import Limits
from node.design.intake import Intake, open_intake
from node.design.lengths import Unit
from node.design.reading import Options
from tests.design import drawn

ROOT = Path(__file__).parents[2]
SLOWEST = 20.0
LARGEST = 400_000
"""Bytes of the files that are damaged; larger ones only take longer."""

NUMBER, REFERENCE, TYPE = rb"-?\d+\.\d*(?:E[+-]?\d+)?", rb"(?<=[,(])#\d+", rb"=\s?[A-Z_0-9]+"
NUMBERS = (b"0.", b"1.E+300", b"-1.E-300", b"NAN", b"1.E+9", b"-7.")
TYPES = (b"=PLANE", b"=CIRCLE", b"=B_SPLINE_SURFACE", b"=EDGE_CURVE", b"=ADVANCED_FACE", b"=X")


def mutant(content: bytes, seed: int) -> bytes:
    """A damaged copy; the same seed gives the same damage."""
    chance = random.Random(seed)
    damages: list[Callable[[bytes, random.Random], bytes]] = [_flip, _delete, _double]
    if content.startswith(b"ISO-10303-21;"):
        damages += [_numbers, _references, _types]
    for _ in range(chance.choice([1, 1, 2])):
        content = chance.choice(damages)(content, chance) or content
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def _lines(content: bytes, chance: random.Random) -> tuple[list[bytes], int]:
    lines = content.split(b"\n")
    return lines, chance.randrange(len(lines) // 3, len(lines))


def _delete(content: bytes, chance: random.Random) -> bytes:
    lines, place = _lines(content, chance)
    del lines[place : place + chance.randint(1, 4)]
    return b"\n".join(lines)


def _double(content: bytes, chance: random.Random) -> bytes:
    lines, place = _lines(content, chance)
    lines.insert(place, chance.choice(lines))
    return b"\n".join(lines)


def _replace(pattern: bytes, fresh: Callable[[random.Random], bytes], content: bytes, chance: random.Random) -> bytes:
    places = list(re.finditer(pattern, content))
    damaged = bytearray(content)
    for place in sorted(chance.sample(places, min(len(places), chance.randint(1, 30))), key=lambda p: -p.start()):
        damaged[place.start() : place.end()] = fresh(chance)
    return bytes(damaged)


def _numbers(content: bytes, chance: random.Random) -> bytes:
    return _replace(NUMBER, lambda chance: chance.choice(NUMBERS), content, chance)


def _references(content: bytes, chance: random.Random) -> bytes:
    return _replace(REFERENCE, lambda chance: b"#%d" % chance.randint(1, 3000), content, chance)


def _types(content: bytes, chance: random.Random) -> bytes:
    return _replace(TYPE, lambda chance: chance.choice(TYPES), content, chance)


async def run(sources: list[bytes], count: int, first: int) -> Counter[str]:
    """Read ``count`` mutants, two at a time; what each ended in, and whatever should not be under ``FAULT``."""
    outcomes: Counter[str] = Counter()
    limiter = trio.CapacityLimiter(2)
    async with open_intake(limits=Limits(wall=SLOWEST - 2), cache=Cache(0)) as intake:
        await intake.warm()

        async def one(seed: int) -> None:
            async with limiter:
                outcomes[await _outcome(intake, mutant(sources[seed % len(sources)], seed))] += 1

        async with trio.open_nursery() as nursery:
            for seed in range(first, first + count):
                nursery.start_soon(one, seed)
        sound = await intake.read(drawn.stl(), options=Options(unit=Unit.MILLIMETRE))
        if sound.part is None or sound.part.volume != 1000:
            outcomes["FAULT: a sound file is no longer read"] += 1
    return outcomes


async def _outcome(intake: Intake, content: bytes) -> str:
    start = time.monotonic()
    try:
        reading = await intake.read(content, options=Options(unit=Unit.MILLIMETRE, preview=True))
        outcome = "part, flagged" if reading.part is not None and reading.part.suspect else "part"
    except IntakeError as error:
        outcome = error.code.value
    took = time.monotonic() - start
    return outcome if took <= SLOWEST else f"FAULT: {outcome} after {took:.0f} s"


def sources_in(folder: Path) -> list[bytes]:
    """Files to damage: those of the collection if it is there, the sample parts always."""
    paths = [*sorted((ROOT / "devnet" / "parts").glob("*.step")), *sorted(folder.glob("*.*"))]
    contents = [path.read_bytes() for path in paths if path.suffix in _SUFFIXES and path.stat().st_size <= LARGEST]
    return [*contents, drawn.stl(), drawn.obj(), drawn.threemf(), drawn.dxf(drawn.circle(0, 0, 9))]


_SUFFIXES = {".step", ".stp", ".stl", ".3mf", ".dxf"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cad-data", type=Path, default=ROOT.parent / "shared" / "data" / "cad")
    given = parser.parse_args()
    sources = sources_in(given.cad_data)
    kinds = Counter(recognise(content, name="") for content in sources)
    print("damaging", ", ".join(f"{count} {kind.value}" for kind, count in kinds.items()))
    start = time.monotonic()
    outcomes = trio.run(partial(run, sources, given.mutants, given.seed))
    for outcome, count in outcomes.most_common():
        print(f"{count:6} {outcome}")
    faults = sum(count for outcome, count in outcomes.items() if outcome.startswith("FAULT"))
    print(f"{given.mutants} mutants from seed {given.seed} in {time.monotonic() - start:.0f} s: {faults} faults")
    sys.exit(1 if any(outcome.startswith("FAULT") for outcome in outcomes) else 0)


if __name__ == "__main__":
    main()
