"""The smallest box around a set of points over a few natural frames; it does not depend on how the part is turned."""

import math

import numpy as np

from node.design.tables import Face, Vectors

MAIN_NORMALS = 8
"""Planar directions tried, those with the largest area first; more never found a smaller box on the sample files."""


def frames(points: Vectors, faces: tuple[Face, ...]) -> list[Vectors]:
    """Orthonormal frames (rows) worth trying: the principal axes, and the best turn about every main direction."""
    _, _, principal = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return [principal, *(_best_turn(points, direction) for direction in main_directions(faces))]


def smallest(points: Vectors, candidates: list[Vectors]) -> Vectors:
    """The frame whose box around ``points`` (n, 3) has the least volume; the first of equals."""

    def volume(frame: Vectors) -> float:
        return float(np.prod(np.ptp(points @ frame.T, axis=0)))

    best = candidates[0]
    for frame in candidates[1:]:
        if volume(frame) < volume(best) * (1 - 1e-9):
            best = frame
    return best


def main_directions(faces: tuple[Face, ...]) -> list[Vectors]:
    """Normals of the largest planes and axes of the largest cylinders, opposite ones as one, largest area first."""
    found: list[tuple[float, Vectors]] = []
    for face in sorted(faces, key=lambda face: -face.area):
        direction = face.normal if face.kind == "plane" else face.axis
        if face.kind not in ("plane", "cylinder") or not direction.any():
            continue
        for place, (area, known) in enumerate(found):
            if abs(abs(float(direction.dot(known))) - 1) < 1e-6:
                found[place] = (area + face.area, known)
                break
        else:
            found.append((face.area, direction))
    found.sort(key=lambda entry: -entry[0])
    return [direction for _, direction in found[:MAIN_NORMALS]]


def across(direction: Vectors) -> tuple[Vectors, Vectors]:
    """Two unit vectors that make a right-handed frame with the unit vector ``direction``."""
    helper = np.eye(3)[int(np.abs(direction).argmin())]
    first = np.cross(direction, helper)
    first /= np.linalg.norm(first)
    return first, np.cross(direction, first)


def _best_turn(points: Vectors, direction: Vectors) -> Vectors:
    """The frame about ``direction`` with the smallest rectangle around the outline (Freeman, Shapira 1975)."""
    x, y = across(direction)
    outline = _hull(points @ np.array([x, y]).T)
    best, frame = math.inf, np.array([x, y, direction])
    for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        side = end - start
        length = float(np.linalg.norm(side))
        if length < 1e-9:
            continue
        turn = np.array([[side[0], side[1]], [-side[1], side[0]]]) / length
        area = float(np.prod(np.ptp(outline @ turn.T, axis=0)))
        if area < best * (1 - 1e-9):
            best, frame = area, np.vstack([turn @ np.array([x, y]), direction])
    return frame


def _hull(points: Vectors) -> Vectors:
    """Convex outline of points in the plane, (k, 2), counter-clockwise (Andrew 1979)."""
    angles = np.arange(16) * math.pi / 8
    fan = np.array([np.cos(angles), np.sin(angles)])
    corners = points[(points @ fan).argmax(axis=0)]
    sides = np.roll(corners, -1, axis=0) - corners
    x, y = np.ascontiguousarray(points.T)
    outside = np.zeros(len(points), dtype=np.bool_)
    for (across, up), (start, height) in zip(sides, corners, strict=True):
        outside |= across * (y - height) - up * (x - start) < -1e-9
    outer = points[outside]  # what lies inside the sixteen-gon is no corner of the outline
    ordered = np.unique(np.vstack([outer, corners]), axis=0)
    return np.array(_chain(ordered)[:-1] + _chain(ordered[::-1])[:-1])


def _chain(ordered: Vectors) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for x, y in ordered.tolist():
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2], chain[-1]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain
