"""What a package still tells whoever holds it: deterrence and traceability are promised for it, never secrecy."""

from dataclasses import dataclass

from protocol.ids import ProcessCode
from protocol.params import EXTRUSION, LASER, MILLING


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How much of a design a package gives away, and why."""

    score: int
    """0 nothing, 100 the design file itself: 70 for the shape, 10 for tolerances, 10 for the material and its
    treatment, 5 for the quantity, 5 for names."""

    reason: str


MODEL = Exposure(
    score=90,
    reason="The exact surfaces, with whatever tolerances the file carries, and material and quantity by the licence; "
    "names, paths and dates are taken out.",
)
PROCESS_SHEET = Exposure(
    score=20, reason="Material, treatment, mass, outer size and quantity; of the shape nothing but its box."
)
INSPECTION_LIST = Exposure(
    score=35, reason="Every measured size with its limits, outer size and quantity; not where the features lie."
)

_CODE: dict[ProcessCode, Exposure] = {
    EXTRUSION: Exposure(
        score=70,
        reason="The layers give the shape back to about a layer's height and a line's width, as well as material "
        "temperatures; exact surfaces, tolerances and names are not in them.",
    ),
    LASER: Exposure(
        score=80,
        reason="The contours are the part: nothing of its outline is hidden; tolerances, layers and names are.",
    ),
    MILLING: Exposure(
        score=75,
        reason="Finishing passes give the surfaces back once the tool's radius is taken off; tolerances and names are "
        "not in them.",
    ),
}


def of_code(process: ProcessCode) -> Exposure:
    """What machine code for ``process`` tells."""
    return _CODE[process]
