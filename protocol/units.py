"""Integer quantities; the name is the unit, and nothing that is signed, stored or compared holds a float."""

from typing import NewType

Micrometres = NewType("Micrometres", int)
CubicMillimetres = NewType("CubicMillimetres", int)
Grams = NewType("Grams", int)
Seconds = NewType("Seconds", int)
NO_TIME = Seconds(0)
UnixSeconds = NewType("UnixSeconds", int)
"""Seconds since 1970-01-01T00:00:00Z."""

Cents = NewType("Cents", int)
"""Hundredths of the settlement currency; one unit of the settlement token."""

NOTHING = Cents(0)

WattHours = NewType("WattHours", int)
GramsCo2 = NewType("GramsCo2", int)
"""Grams of CO2 equivalent (ISO 14067)."""

BasisPoints = NewType("BasisPoints", int)
"""Hundredths of one per cent."""

Metres = NewType("Metres", int)
