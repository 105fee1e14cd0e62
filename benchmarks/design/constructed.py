"""Solids made by chance from a seed: plausible parts of which there are as many as one likes."""

import random
from collections.abc import Callable

from OCP.TopoDS import TopoDS_Shape

from devnet.parts.make_parts import box, cut, cylinder, fuse, rounded, step


def constructed(seed: int) -> bytes:
    """A plausible printed part: plates with holes, boxes with pockets, tubes, angles, posts, lids."""
    chance = random.Random(seed)  # noqa: S311
    draw: list[Callable[[random.Random], TopoDS_Shape]] = [_plate, _tub, _tube, _angle, _post, _bridge]
    return step(draw[seed % len(draw)](chance))


def _plate(chance: random.Random) -> TopoDS_Shape:
    length, width, height = chance.uniform(20, 90), chance.uniform(15, 60), chance.uniform(2, 10)
    part = rounded(box((0, 0, 0), (length, width, height)), min(width, length) / chance.uniform(3, 9))
    for _ in range(chance.randint(1, 6)):
        place = (chance.uniform(0.2, 0.8) * length, chance.uniform(0.2, 0.8) * width, -1)
        part = cut(part, cylinder(place, chance.uniform(1.5, 5), height + 2))
    return part


def _tub(chance: random.Random) -> TopoDS_Shape:
    length, width, height = chance.uniform(20, 70), chance.uniform(20, 50), chance.uniform(8, 40)
    wall = chance.uniform(1.2, 5)
    inner = box((wall, wall, wall), (length - 2 * wall, width - 2 * wall, height))
    return cut(box((0, 0, 0), (length, width, height)), inner)


def _tube(chance: random.Random) -> TopoDS_Shape:
    radius, height = chance.uniform(6, 25), chance.uniform(5, 60)
    part = fuse(cylinder((0, 0, 0), radius, height), cylinder((0, 0, 0), radius + chance.uniform(2, 10), 4))
    return cut(part, cylinder((0, 0, -1), radius - chance.uniform(1.2, radius - 2), height + 2))


def _angle(chance: random.Random) -> TopoDS_Shape:
    length, width, height = chance.uniform(20, 60), chance.uniform(15, 40), chance.uniform(15, 50)
    wall = chance.uniform(3, 8)
    part = fuse(box((0, 0, 0), (length, width, wall)), box((0, 0, 0), (wall, width, height)))
    part = cut(part, cylinder((length / 2, width / 2, -1), chance.uniform(2, 5), 20))
    return cut(part, cylinder((-1, width / 2, height / 2), chance.uniform(2, 4), 20, along=(1, 0, 0)))


def _post(chance: random.Random) -> TopoDS_Shape:
    part = box((0, 0, 0), (chance.uniform(15, 40), chance.uniform(15, 40), chance.uniform(10, 45)))
    for _ in range(chance.randint(0, 3)):
        part = cut(part, cylinder((chance.uniform(4, 12), chance.uniform(4, 12), -1), chance.uniform(1.5, 4), 60))
    return part


def _bridge(chance: random.Random) -> TopoDS_Shape:
    length, width, height = chance.uniform(30, 70), chance.uniform(10, 30), chance.uniform(12, 35)
    wall = chance.uniform(3, 7)
    part = cut(
        box((0, 0, 0), (length, width, height)), box((wall, wall, -1), (length - 2 * wall, 99, height - wall + 1))
    )
    return cut(part, cylinder((length / 2, width / 2, 0), chance.uniform(2, 4), 99))
