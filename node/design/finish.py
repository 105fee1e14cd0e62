"""What the customer asks for after shaping; nobody asks for grinding or measuring, they follow from the tolerance."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Wishes that no drawing says."""

    heat_treat: bool | None = None
    """None: as is usual for the material."""

    coat: bool = False


AS_USUAL = Finish()
"""Whatever the material and the tolerance bring with them."""
