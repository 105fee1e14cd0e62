"""Whose a leaked program is: its mark, read from whatever is left of it, beside the marks that were issued."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from node.design.errors import IntakeError
from node.design.formats import Format, recognise
from node.machine_code import gcode, mark, nesting
from node.machine_code.errors import NoCodeError
from node.machine_code.mark import Found, Mark

ENOUGH = 10
"""Bits from which on a match means something: a stranger's mark fits once in a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One recipient whom the program points to."""

    number: int
    """Of the issue, in the order given."""

    chance: float
    """Of a program of somebody else's to look like this."""


def read(content: bytes) -> Found:
    """The mark of a program in G-code or of a nest in DXF.

    Raises:
        NoCodeError: it is neither.
    """
    try:
        kind = recognise(content, name="")
    except IntakeError:
        kind = None
    if kind is Format.DXF:
        try:
            return nesting.read_mark(content)
        except IntakeError as error:
            raise NoCodeError(f"the drawing cannot be read: {error.detail}") from error
    if kind is not None:
        raise NoCodeError(f"the file is {kind.value}, a model and no program; models carry no mark")
    found = mark.read_feeds(content)
    followed = gcode.path(content, extrudes=True)
    if not followed.works.any():
        return found
    return replace(found, angle=mark.read_angle(followed.ends, followed.works))


def matches(found: Found, marks: Iterable[Mark]) -> tuple[Match, ...]:
    """The issues that ``found`` points to; none when too little of the mark is left."""
    return tuple(
        Match(number=number, chance=2.0**-found.bits)
        for number, issued in enumerate(marks)
        if found.bits >= ENOUGH and found.fits(issued)
    )
