"""A part as level slabs with upright walls, seen from above and from below: what 2.5-D milling can make of it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from node.design.tables import Vectors
from node.machine_code.errors import NoCodeError
from node.machine_code.sections import polygons, section

SKIN = 1.0
"""Millimetres of stock on every side: half of what the routing's block is larger than the part."""

NEAR = 0.02
"""Levels closer than this are one."""

LEAST = 1e-3
"""Share of the part's footprint that a level face must have to begin a slab."""

SLOPE = 2e-3
"""Share of a slab's area by which its walls may lean."""

SLIVER = 0.02
"""Millimetres; what is narrower is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slab:
    """Between two neighbouring levels, millimetres above the part's bottom."""

    low: float
    high: float
    above: BaseGeometry
    """What a tool from above must leave: the part here and all of it above."""

    below: BaseGeometry
    """What a tool from below must leave."""

    @property
    def height(self) -> float:
        """Millimetres."""
        return self.high - self.low


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """A part in its stock."""

    size: Vectors
    """Of the part."""

    volume: float
    slabs: tuple[Slab, ...]
    """From the bottom up."""

    @property
    def stock(self) -> Polygon:
        """The block from above; its corner lies one skin outside the part's."""
        return box(-SKIN, -SKIN, self.size[0] + SKIN, self.size[1] + SKIN)

    @property
    def hidden(self) -> float:
        """Volume to be removed that no tool from above reaches."""
        return sum(float(slab.above.area) * slab.height for slab in self.slabs) - self.volume


def block(corners: Vectors, grip: float) -> Block:
    """Slabs of the part, with a level at ``grip``; ``corners`` (m, 3, 3) from the origin up.

    Raises:
        NoCodeError: walls that are neither level nor upright.
    """
    levels = _levels(corners, grip)
    samples = [
        [section(corners, low + share * (high - low)) for share in (0.05, 0.5, 0.95)] for low, high in pairwise(levels)
    ]
    above = _shadows([row[::-1] for row in samples[::-1]])[::-1]
    below = _shadows(samples)
    return Block(
        size=np.ptp(corners, axis=(0, 1)),
        volume=float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))) / 6,
        slabs=tuple(
            Slab(low=low, high=high, above=top, below=bottom)
            for low, high, top, bottom in zip(levels[:-1], levels[1:], above, below, strict=True)
        ),
    )


def clear(whole: BaseGeometry, kept: BaseGeometry) -> BaseGeometry:
    """``whole`` without ``kept`` and without slivers."""
    return whole.difference(kept).buffer(-SLIVER).buffer(SLIVER)


def round_parts(shape: BaseGeometry) -> list[tuple[Polygon, Vectors, float]]:
    """The parts of a shape that are full circles, with centre and diameter."""
    found = []
    for part in polygons(shape):
        points = np.array(part.exterior.coords)[:-1]
        low, high = points.min(axis=0), points.max(axis=0)
        radii = np.linalg.norm(points - (low + high) / 2, axis=1)
        if not part.interiors and len(points) >= 12 and float(np.ptp(radii)) < 0.02 * float(radii.mean()) + SLIVER:
            found.append((part, (low + high) / 2, float(2 * np.median(radii))))
    return found


def _levels(corners: Vectors, grip: float) -> list[float]:
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    flat = np.ptp(corners[:, :, 2], axis=1) < 1e-3
    heights, weights = corners[flat, 0, 2], areas[flat] / 2
    size = np.ptp(corners, axis=(0, 1))
    places, number = np.unique(np.round(heights / NEAR), return_inverse=True)
    large = np.bincount(number.reshape(-1), weights=weights) > LEAST * size[0] * size[1]
    found = sorted({0.0, float(size[2]), grip, *(float(place) * NEAR for place in places[large])})
    kept = [found[0]]
    kept += [level for level in found[1:] if level - kept[-1] > 2 * NEAR]
    kept[-1] = float(size[2])
    return kept


def _shadows(samples: list[list[BaseGeometry]]) -> list[BaseGeometry]:
    """What stands over each slab, in the order of the tool's way; a slab's first sample is the one it meets first."""
    shadow: BaseGeometry = Polygon()
    found = []
    for row in samples:
        met = shapely.union_all([shadow, row[0]])
        shadow = shapely.union_all([shadow, *row])
        if float(shadow.area) - float(met.area) > SLOPE * float(shadow.area):
            raise NoCodeError("the part has walls that are neither level nor upright")
        found.append(shadow)
    return found
