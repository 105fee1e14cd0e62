"""What bidders learn of a part; anything that is not in the view stays in the node."""

from node.design import materials
from node.design.part import PartModel
from protocol.ids import MaterialCode
from protocol.job import BidView, Hole
from protocol.params import MAX_HOLES
from protocol.units import Micrometres


def bid_view(part: PartModel, material: MaterialCode, tolerance: Micrometres) -> BidView:
    """The measures to price by; ``tolerance`` is the tightest full width asked for.

    Raises:
        UnknownMaterialError: the material is not in the table.
    """
    groups = sorted(part.holes, key=lambda bore: (-bore.count, bore.diameter, bore.depth, bore.steps))
    return BidView(
        envelope=part.envelope,
        volume=part.volume,
        mass=materials.find(material).mass(part.volume),
        material=material,
        holes=tuple(
            Hole(diameter=bore.diameter, depth=bore.depth, through=bore.through, count=bore.count)
            for bore in groups[:MAX_HOLES]
        ),
        tolerance=tolerance,
    )
