"""What a process can do before it costs extra or fails: figures of an ordinary shop, or a provider's own."""

from dataclasses import dataclass, replace

from protocol.capability import Capability
from protocol.ids import ProcessCode
from protocol.job import Envelope
from protocol.params import BENDING, EXTRUSION, LASER, MILLING, POWDER_METAL, POWDER_POLYMER, TURNING, VAT
from protocol.units import Micrometres

_NOTHING = Micrometres(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One provider's limits in one process; a length of 0 sets no limit."""

    tightest: Micrometres
    """Full width of tolerance below which the process does not get."""

    usual: Micrometres
    """Full width that costs nothing extra."""

    wall: Micrometres
    """Thinnest wall that stands."""

    hole: Micrometres
    """Smallest diameter."""

    depth_ratio: int = 0
    """Depth over diameter of a hole without a special drill."""

    radius: Micrometres = _NOTHING
    """Smallest inner radius without extra time."""

    thickest: Micrometres = _NOTHING
    """Plate that is cut or bent."""

    envelope: Envelope | None = None
    """Largest part; None when the capability card says it."""


def _um(millimetres: float) -> Micrometres:
    return Micrometres(round(1000 * millimetres))


ORDINARY: dict[ProcessCode, Reach] = {
    MILLING: Reach(tightest=_um(0.01), usual=_um(0.05), wall=_um(0.8), hole=_um(1.0), depth_ratio=10, radius=_um(1.5)),
    TURNING: Reach(tightest=_um(0.006), usual=_um(0.03), wall=_um(1.0), hole=_um(1.0), depth_ratio=10, radius=_um(0.2)),
    LASER: Reach(tightest=_um(0.1), usual=_um(0.2), wall=_um(0.3), hole=_um(0.5), thickest=_um(25)),
    BENDING: Reach(tightest=_um(0.2), usual=_um(0.5), wall=_um(0.3), hole=_um(0.5), thickest=_um(6.4)),
    EXTRUSION: Reach(tightest=_um(0.2), usual=_um(1.0), wall=_um(0.8), hole=_um(2.0)),
    VAT: Reach(tightest=_um(0.1), usual=_um(0.3), wall=_um(0.5), hole=_um(0.7)),
    POWDER_POLYMER: Reach(tightest=_um(0.2), usual=_um(0.6), wall=_um(0.7), hole=_um(1.5)),
    POWDER_METAL: Reach(tightest=_um(0.1), usual=_um(0.3), wall=_um(0.5), hole=_um(1.0)),
}
"""Drills deeper than ten diameters are gun drills; metal walls below the limit chatter; a printed wall needs two lines
of a 0.4 mm nozzle; IT 6 for the small sizes of turning (ISO 286-1); usual widths are what print shops promise: half a
millimetre by extrusion, 0.3 by sintering, 0.15 by resin, either way."""


def reach_of(capability: Capability) -> Reach:
    """One provider's limits: what its card says, and an ordinary shop's figures for what no card tells."""
    house = ORDINARY[capability.process]
    usual = Micrometres(max(house.usual, capability.tolerance))
    return replace(house, tightest=capability.tolerance, usual=usual, envelope=capability.envelope)
