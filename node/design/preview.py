"""Pictures of a part without a graphics card: a glTF binary to turn about, and a PNG to show first."""

import json
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from node.design.mesh import Mesh
from node.design.rays import runs
from node.design.reading import Preview
from node.design.tables import Indices, Vectors

WIDTH, HEIGHT = 480, 360
VIEW = np.array([1.0, -1.2, 0.8])
"""From where the part is seen."""

LIGHT = np.array([0.3, -0.6, 0.75])
COLOUR = np.array([150.0, 175.0, 205.0])
CREASE = 0.5
"""Sum of the differences between two normals from which on a line is drawn between them."""

FINEST = 1e-5
"""Millimetres that corners of one face are brought together on."""

COARSER = 2e-4
"""The same as a share of the diagonal, doubled until the model is small enough; at the first step nobody sees it."""

LARGEST = 1_500_000
"""Bytes of a model: what a page may wait for."""

MARGIN = 1.06
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963
_FLOAT, _SHORT, _LONG = 5126, 5123, 5125


def draw(mesh: Mesh) -> Preview:
    """Both pictures; the same mesh gives the same bytes."""
    return Preview(glb=glb(mesh), png=png(mesh))


def glb(mesh: Mesh) -> bytes:
    """glTF 2.0 in metres, y up, centred; corners are shared within a face, so that faces are smooth and edges sharp.

    What is larger than a page may wait for has its corners brought together on a coarser grid.
    """
    corners = np.stack([mesh.a, mesh.a + mesh.u, mesh.a + mesh.v], axis=1).reshape(-1, 3)
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    owners, grid = np.repeat(mesh.owners, 3), FINEST
    packed = _gathered(mesh, owners, corners - middle, grid)
    while len(packed) > LARGEST:
        grid = max(2 * grid, COARSER * float(np.linalg.norm(np.ptp(corners, axis=0))))
        packed = _gathered(mesh, owners, corners - middle, grid)
    return packed


def _gathered(mesh: Mesh, owners: Indices, corners: Vectors, grid: float) -> bytes:
    """The model with corners on ``grid``; triangles that lose a corner are left out."""
    steps = np.rint(corners / grid).astype(np.int64)
    first, indices = _distinct(np.column_stack([owners, steps]))
    points = steps[first] * grid
    indices = indices.reshape(-1, 3)
    proper = (indices != np.roll(indices, 1, axis=1)).all(axis=1)
    indices = indices[proper]
    normals = np.zeros((len(points), 3))
    for corner in range(3):
        np.add.at(normals, indices[:, corner], mesh.normal[proper])
    lengths = np.linalg.norm(normals, axis=1)
    normals = np.where(lengths[:, None] > 0, normals / np.where(lengths > 0, lengths, 1)[:, None], [0.0, 0.0, 1.0])
    return _pack(_upright(points / 1000), _upright(normals), indices.reshape(-1))


def _distinct(rows: Indices) -> tuple[Indices, Indices]:
    """Where each distinct row stands first, in the rows' order, and which of them every row is; columns are sorted
    one by one, which takes a quarter of what numpy's comparison of whole rows takes."""
    order = np.lexsort(rows.T[::-1])
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (np.diff(rows[order], axis=0) != 0).any(axis=1)
    number = np.empty(len(rows), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return order[fresh], number


def png(mesh: Mesh) -> bytes:
    """The part on white, drawn by scan lines with a depth buffer."""
    back = VIEW / np.linalg.norm(VIEW)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    axes = np.array([right, np.cross(back, right), back])
    seen = mesh.units @ back > 0
    corners = np.stack([mesh.a, mesh.a + mesh.u, mesh.a + mesh.v], axis=1)[seen] @ axes.T
    low, high = corners[:, :, :2].min(axis=(0, 1)), corners[:, :, :2].max(axis=(0, 1))
    scale = min(WIDTH / (MARGIN * float(high[0] - low[0])), HEIGHT / (MARGIN * float(high[1] - low[1])))
    corners[:, :, :2] = (corners[:, :, :2] - (low + high) / 2) * scale * [1, -1] + [WIDTH / 2, HEIGHT / 2]
    pixels, triangles = _raster(corners)
    normals = np.zeros((HEIGHT * WIDTH, 3))
    normals[pixels] = mesh.units[seen][triangles]
    image = np.full((HEIGHT * WIDTH, 3), 255.0)
    light = LIGHT / np.linalg.norm(LIGHT)
    shade = 0.28 + 0.5 * np.clip(normals[pixels] @ light, 0, 1) + 0.22 * np.clip(normals[pixels] @ back, 0, 1)
    image[pixels] = COLOUR * shade[:, None]
    grid = normals.reshape(HEIGHT, WIDTH, 3)
    lines = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    lines[1:] |= np.abs(np.diff(grid, axis=0)).sum(axis=2) > CREASE
    lines[:, 1:] |= np.abs(np.diff(grid, axis=1)).sum(axis=2) > CREASE
    image[lines.reshape(-1)] *= 0.45
    return _encode(image.reshape(HEIGHT, WIDTH, 3).clip(0, 255).astype(np.uint8))


def _raster(corners: Vectors) -> tuple[Indices, Indices]:
    """Covered pixels and the nearest triangle on each; ``corners`` (m, 3, 3) in pixels, third coordinate to the eye."""
    top = np.ceil(corners[:, :, 1].min(axis=1) - 0.5).clip(0, HEIGHT).astype(np.int64)
    bottom = np.floor(corners[:, :, 1].max(axis=1) - 0.5).clip(-1, HEIGHT - 1).astype(np.int64)
    triangles, rows = runs(top, bottom)
    left, right = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        a, b = corners[triangles, start], corners[triangles, end]
        rise = b[:, 1] - a[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (rows + 0.5 - a[:, 1]) / rise
        x = a[:, 0] + share * (b[:, 0] - a[:, 0])
        crossed = (rise != 0) & (share >= 0) & (share <= 1)
        left, right = np.where(crossed, np.minimum(left, x), left), np.where(crossed, np.maximum(right, x), right)
    valid = np.isfinite(left)
    triangles, rows, left, right = triangles[valid], rows[valid], left[valid], right[valid]
    first = np.ceil(left - 0.5).clip(0, WIDTH).astype(np.int64)
    last = np.floor(right - 0.5).clip(-1, WIDTH - 1).astype(np.int64)
    spans, columns = runs(first, last)
    triangles, rows = triangles[spans], rows[spans]
    plane = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    steep = np.where(np.abs(plane[:, 2]) > 1e-12, plane[:, 2], np.inf)
    offset_x, offset_y = columns + 0.5 - corners[triangles, 0, 0], rows + 0.5 - corners[triangles, 0, 1]
    depth = (
        corners[triangles, 0, 2] - (plane[triangles, 0] * offset_x + plane[triangles, 1] * offset_y) / steep[triangles]
    )
    order = np.lexsort((-triangles, depth))  # the nearest is written last
    nearest = np.full(HEIGHT * WIDTH, -1)
    nearest[(rows * WIDTH + columns)[order]] = triangles[order]
    pixels = np.flatnonzero(nearest >= 0)
    return pixels, nearest[pixels]


def _upright(vectors: Vectors) -> NDArray[np.float32]:
    """From z up to glTF's y up."""
    return np.ascontiguousarray(vectors[:, [0, 2, 1]] * [1, 1, -1], dtype=np.float32)


def _pack(points: NDArray[np.float32], normals: NDArray[np.float32], indices: Indices) -> bytes:
    short = len(points) < 1 << 16
    triangles = indices.astype("<u2" if short else "<u4").tobytes()
    parts = [points.tobytes(), normals.tobytes(), triangles + bytes(-len(triangles) % 4)]
    offsets = [0, len(parts[0]), len(parts[0]) + len(parts[1])]
    targets = [_ARRAY_BUFFER, _ARRAY_BUFFER, _ELEMENT_BUFFER]
    document = {
        "asset": {"version": "2.0", "generator": "guildmark"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2, "material": 0}]}],
        "materials": [
            {
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*np.round((COLOUR / 255) ** 2.2, 3).tolist(), 1.0],
                    "metallicFactor": 0.3,
                    "roughnessFactor": 0.6,
                }
            }
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": _FLOAT,
                "count": len(points),
                "type": "VEC3",
                "min": points.min(axis=0).tolist(),
                "max": points.max(axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": _FLOAT, "count": len(normals), "type": "VEC3"},
            {"bufferView": 2, "componentType": _SHORT if short else _LONG, "count": len(indices), "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": offset, "byteLength": len(part), "target": target}
            for part, offset, target in zip(parts, offsets, targets, strict=True)
        ],
        "buffers": [{"byteLength": sum(map(len, parts))}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary = b"".join(parts)
    total = 12 + 8 + len(text) + 8 + len(binary)
    header = struct.pack("<4sII", b"glTF", 2, total)
    return header + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary


def _encode(image: NDArray[np.uint8]) -> bytes:
    """PNG, 8-bit RGB, no filter."""
    height, width, _ = image.shape
    rows = np.hstack([np.zeros((height, 1), dtype=np.uint8), image.reshape(height, width * 3)])
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
