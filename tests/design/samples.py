"""The sample parts with what arithmetic says about them, and where the real ones lie when they are there."""

from pathlib import Path

import pytest

from node.design.formats import Format
from node.design.part import Access, Bore, Build, Kind, PartModel, PartsPerMillion, SquareMillimetres, Turned
from protocol.ids import Digest, MaterialCode
from protocol.job import Envelope
from protocol.units import CubicMillimetres, Micrometres

ROOT = Path(__file__).parents[2]
PARTS = ROOT / "devnet" / "parts"
REAL = ROOT.parent / "shared" / "data" / "cad"

ALUMINIUM = MaterialCode("EN AW-6082")
STAINLESS = MaterialCode("EN 1.4301")
C45 = MaterialCode("EN 1.0503")
PLA = MaterialCode("ISO 1043:PLA")


def real(name: str) -> Path:
    """A file of the shared collection; skips the test when the collection is not on this machine."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return path


def um(millimetres: float) -> Micrometres:
    return Micrometres(round(1000 * millimetres))


def box(length: float, width: float, height: float) -> Envelope:
    return Envelope(length=um(length), width=um(width), height=um(height))


def bore(diameter: float, depth: float, count: int, *, through: bool = True, steps: tuple[float, ...] = ()) -> Bore:
    sizes = tuple(um(step) for step in steps or (diameter,))
    return Bore(diameter=um(diameter), depth=um(depth), through=through, steps=sizes, count=count)


BRACKET_HOLES = (bore(5, 14, 2, through=False), bore(6.6, 25, 4), bore(10, 25, 1, steps=(10, 16)))


def model(**changes: object) -> PartModel:
    """The bracket as ``read_part`` sees it, with changes."""
    fields: dict[str, object] = {
        "sha256": Digest(bytes(32)),
        "engine": "test",
        "format": Format.STEP,
        "kind": Kind.SOLID,
        "unit": "millimetre",
        "header_stripped": True,
        "solids": 1,
        "faces": 26,
        "open_edges": 0,
        "brep_volume": CubicMillimetres(101_250),
        "mesh_volume": CubicMillimetres(101_263),
        "disagreement": PartsPerMillion(123),
        "area": SquareMillimetres(20_000),
        "envelope": box(80, 60, 25),
        "holes": BRACKET_HOLES,
        "turned": None,
        "min_wall": um(3),
        "sheet": None,
        "min_internal_radius": um(4),
        "sharp_internal_edges": 0,
        "pockets": 1,
        "features": (),
        "bends": (),
        "profile": None,
        "access": Access(setups=2, principal=True, unreachable=PartsPerMillion(0)),
        "build": Build(height=um(25), support=SquareMillimetres(100), horizontal=SquareMillimetres(9_000)),
        "freeform": PartsPerMillion(0),
    }
    return PartModel(**(fields | changes))  # type: ignore[arg-type]


def round_model() -> PartModel:
    return model(
        envelope=box(120, 40, 40),
        turned=Turned(diameter=um(40), length=um(120)),
        brep_volume=CubicMillimetres(104_262),
        mesh_volume=CubicMillimetres(104_100),
        holes=(bore(10, 20, 1, through=False),),
        pockets=2,
        min_internal_radius=None,
    )
