import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.design.box import frames, smallest
from node.design.mesh import Mesh
from node.design.tables import Vectors

CORNERS = np.array([(x, y, z) for x in (0, 4) for y in (0, 3) for z in (0, 2)], dtype=float)
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
TRIANGLES = np.array([triangle for a, b, c, d in SIDES for triangle in ((a, b, c), (a, c, d))])
BLOCK = Mesh.of(CORNERS, TRIANGLES)
coordinates = st.floats(-10, 10, allow_nan=False)
vectors = st.tuples(coordinates, coordinates, coordinates).map(np.array)


def rotation(axis: Vectors, angle: float) -> Vectors:
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: Vectors = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turn


def test_the_volume_of_a_block_is_the_product_of_its_edges() -> None:
    assert BLOCK.volume == pytest.approx(24)


def test_a_ray_from_inside_meets_the_face_it_looks_at() -> None:
    distances, normals = BLOCK.first_hits(np.array([[1.0, 1, 1]]), np.array([[1.0, 0, 0]]))
    assert distances[0] == pytest.approx(3)
    assert normals[0] == pytest.approx([1, 0, 0])


def test_a_ray_that_misses_goes_on_for_ever() -> None:
    distances, _ = BLOCK.first_hits(np.array([[9.0, 9, 9]]), np.array([[1.0, 0, 0]]))
    assert np.isinf(distances[0])


@given(start=vectors, way=vectors)
@settings(max_examples=100, deadline=None)
def test_rays_agree_with_solving_each_triangle_by_itself(start: Vectors, way: Vectors) -> None:
    if np.linalg.norm(way) < 1e-3:
        return
    way = way / np.linalg.norm(way)
    expected = np.inf
    for a, b, c in CORNERS[TRIANGLES]:
        system = np.column_stack([b - a, c - a, -way])
        if abs(np.linalg.det(system)) < 1e-9:
            continue
        first, second, distance = np.linalg.solve(system, start - a)
        if min(first, second, 1 - first - second) > 1e-6 and distance > 1e-6:
            expected = min(expected, distance)
        elif min(first, second, 1 - first - second) > -1e-6 and distance > -1e-6:
            return  # on an edge or a face the two may differ
    distances, _ = BLOCK.first_hits(start[None], way[None])
    assert distances[0] == pytest.approx(expected)


def test_samples_lie_on_the_surface_and_are_spread_by_area() -> None:
    points, normals, _ = BLOCK.samples(5200)
    assert (np.abs(points - np.clip(points, [0, 0, 0], [4, 3, 2])) < 1e-9).all()
    on_top = normals @ [0, 0, 1] > 0.99
    assert on_top.mean() == pytest.approx(12 / 52, abs=0.01)
    assert points[on_top].mean(axis=0) == pytest.approx([2, 1.5, 2], abs=0.05)


@given(axis=vectors, angle=st.floats(0, 3))
@settings(max_examples=30, deadline=None)
def test_a_turned_block_has_the_same_smallest_box_or_a_smaller_one_is_not_claimed(axis: Vectors, angle: float) -> None:
    if np.linalg.norm(axis) < 1e-3:
        return
    points = CORNERS @ rotation(axis, angle).T
    frame = smallest(points, frames(points, ()))
    assert np.prod(np.ptp(points @ frame.T, axis=0)) == pytest.approx(24)
