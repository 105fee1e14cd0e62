"""What is known of a part after reading it: integers with units, the same for the same file every time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from node.design.formats import Format
from protocol.ids import Digest
from protocol.job import Envelope
from protocol.units import CubicMillimetres, Micrometres

Millimetres = NewType("Millimetres", int)
SquareMillimetres = NewType("SquareMillimetres", int)
PartsPerMillion = NewType("PartsPerMillion", int)

MAX_FEATURES = 500
"""Features listed one by one; the tables of holes and bends count the rest too."""

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
class Thread:
    """Threads of one kind, as the file's annotations call for them."""

    designation: str
    """As written: ``M6x1-6H`` (ISO 965-1), ``1/4-20 UNC`` (ASME B1.1)."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """The cylinder around a body of revolution."""

    diameter: Micrometres
    length: Micrometres


class Kind(StrEnum):
    """How the file describes the part."""

    SOLID = "solid"
    """Exact surfaces."""

    MESH = "mesh"
    """Triangles."""

    PROFILE = "profile"
    """Closed curves in a plane."""


class FeatureKind(StrEnum):
    """What is made on a part, by its name in ISO 14649-10; bends by that of DIN 8586."""

    ROUND_HOLE = "round_hole"
    CLOSED_POCKET = "closed_pocket"
    OPEN_POCKET = "open_pocket"
    SLOT = "slot"
    STEP = "step"
    BOSS = "boss"
    EDGE_ROUND = "edge_round"
    """A rounded edge, inside (fillet) or outside."""

    BEND = "bend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the part, in the file's own frame."""

    x: Micrometres
    y: Micrometres
    z: Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature where it is; sizes that do not apply are 0."""

    kind: FeatureKind
    length: Micrometres
    """The longer side of a pocket, slot, step or bend."""

    width: Micrometres
    """The shorter side; the diameter of a hole or boss."""

    depth: Micrometres
    """Along the tool: the depth of a hole or pocket, the height of a boss."""

    radius: Micrometres
    """Smallest concave radius in a pocket; of a rounded edge or the inside of a bend."""

    through: bool
    """Whether a hole or pocket comes out on the other side."""

    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """Bends of one kind in a sheet."""

    radius: Micrometres
    """Inside."""

    angle: int
    """Between the outside normals, in hundredths of a degree."""

    length: Micrometres
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a beam or jet cuts out of a plate."""

    thickness: Micrometres | None
    """None for a drawing until the customer says it."""

    cut: Millimetres
    """Length of all contours."""

    contours: int
    """Pierces: outer contours and cut-outs."""

    smallest: Micrometres | None
    """Diameter of the circle with the smallest cut-out's area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """From where straight tools reach the surface; sampled."""

    setups: int
    """Directions that together reach all that can be reached."""

    principal: bool
    """Whether these directions stand square to each other, so that three axes will do."""

    unreachable: PartsPerMillion
    """Share of the surface that no tried direction reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The part on a build plate, in the orientation that needs the least support."""

    height: Micrometres
    support: SquareMillimetres
    """Surface that hangs over by more than 45 degrees, what lies on the plate left out."""

    horizontal: SquareMillimetres
    """Surface within 18 degrees of level; more material is laid there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartModel:
    """One solid, measured. It has more than eight fields because it is the record of one reading, not a concept."""

    sha256: Digest
    """Of the file as it came in."""

    engine: str
    """What measured it; another version may measure differently."""

    format: Format
    kind: Kind
    unit: str
    """Length unit of the file, as declared or as the customer said; all measures here are already converted."""

    header_stripped: bool
    """Whether the file names nobody: no author, path or product name."""

    solids: int
    """Bodies; more than one only in a mesh, where they are printed together."""

    faces: int
    open_edges: int
    """Edges with a surface on one side only; 0 when the part is closed."""

    brep_volume: CubicMillimetres
    """Integrated over the exact surfaces; for a mesh from slices, for a profile area by thickness."""

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

    features: tuple[Feature, ...]
    """Every feature with its place, at most ``MAX_FEATURES``, ordered by kind and place."""

    bends: tuple[Bend, ...]
    """Of a sheet, ordered by radius, angle and length."""

    profile: Profile | None
    """Present when the part is flat: one outline times a thickness."""

    access: Access
    build: Build
    freeform: PartsPerMillion
    """Share of the surface that is neither flat nor round."""

    threads: tuple[Thread, ...] = ()
    """Ordered by designation; empty where nobody annotated any."""

    @property
    def volume(self) -> CubicMillimetres:
        """The exact volume where the two agree, else the mesh's, which was the better one on every known case."""
        return self.mesh_volume if self.suspect else self.brep_volume

    @property
    def suspect(self) -> bool:
        """Whether the part has gaps or its two volumes contradict each other, so that a person must look at it."""
        return self.disagreement > MAX_DISAGREEMENT or self.open_edges > 0

    @property
    def hole_count(self) -> int:
        """All holes of all kinds."""
        return sum(bore.count for bore in self.holes)
