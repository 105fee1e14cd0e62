"""What is known of a part after reading it: integers with units, the same for the same file every time."""

from dataclasses import dataclass
from typing import NewType

from protocol.ids import Digest
from protocol.job import Envelope
from protocol.units import CubicMillimetres, Micrometres

SquareMillimetres = NewType("SquareMillimetres", int)
PartsPerMillion = NewType("PartsPerMillion", int)

MAX_DISAGREEMENT = PartsPerMillion(5000)
"""Above this the two volumes contradict each other and the part is flagged: OCCT calls shapes valid whose boundary
integral is 3.5 % off (seen on NIST CTC-02), while sound parts stay below 0.1 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bore:
    """Round holes of one kind: coaxial full cylinders without material between them."""

    diameter: Micrometres
    """Of the narrowest cylinder."""

    depth: Micrometres
    """Over all steps and countersinks, without a drill's tip."""

    through: bool
    steps: tuple[Micrometres, ...]
    """All diameters, ascending; one for a plain hole."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """The cylinder around a body of revolution."""

    diameter: Micrometres
    length: Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class PartModel:
    """One solid, measured. It has more than eight fields because it is the record of one reading, not a concept."""

    sha256: Digest
    """Of the file as it came in."""

    engine: str
    """What measured it; another version may measure differently."""

    unit: str
    """Length unit that the file declares; all measures here are already converted."""

    header_stripped: bool
    """Whether the file names nobody: no author, path or product name."""

    solids: int
    faces: int
    brep_volume: CubicMillimetres
    """Integrated over the exact surfaces."""

    mesh_volume: CubicMillimetres
    """Of the triangulation."""

    disagreement: PartsPerMillion
    """Between the two volumes, relative to the mesh."""

    area: SquareMillimetres
    envelope: Envelope
    """Smallest box found around the part in any orientation."""

    holes: tuple[Bore, ...]
    """Ordered by diameter, depth and steps."""

    turned: Turned | None
    """Present when the part is a body of revolution, apart from small cuts."""

    min_wall: Micrometres | None
    """Thinnest material between two nearly parallel faces, sampled; None when no sample found any."""

    sheet: Micrometres | None
    """Thickness, when it is constant over four fifths of the surface."""

    min_internal_radius: Micrometres | None
    """Smallest concave corner that is not a hole."""

    sharp_internal_edges: int
    """Concave edges that no end mill can leave."""

    pockets: int
    """Groups of faces that hang together by concave edges, holes apart: pockets, slots and steps."""

    @property
    def volume(self) -> CubicMillimetres:
        """The exact volume where the two agree, else the mesh's, which was the better one on every known case."""
        return self.mesh_volume if self.suspect else self.brep_volume

    @property
    def suspect(self) -> bool:
        """Whether the two volumes contradict each other, so that the figures need a person's look."""
        return self.disagreement > MAX_DISAGREEMENT

    @property
    def is_revolution(self) -> bool:
        """Whether a lathe makes the bulk of it."""
        return self.turned is not None

    @property
    def hole_count(self) -> int:
        """All holes of all kinds."""
        return sum(bore.count for bore in self.holes)
