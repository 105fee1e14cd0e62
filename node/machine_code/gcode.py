"""Reads G-code word by word: strips what names anybody, refuses commands that no part needs, follows where it goes."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from node.design.tables import Vectors
from node.machine_code.errors import NoCodeError

Line = list[tuple[str, str]]
"""Words of one line: letter and number as written."""

_COMMENT = re.compile(r"\([^)]*\)|;.*")
_WORD = re.compile(r"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))")


def _commands(text: str) -> frozenset[str]:
    return frozenset(text.split())


MILLING = _commands("G0 G1 G17 G21 G40 G43 G49 G54 G80 G81 G90 G94 M2 M3 M5 M6 M8 M9")
PRINTING = _commands("G0 G1 G4 G21 G28 G90 G92 M73 M82 M84 M104 M106 M107 M109 M140 M190 M201 M203 M204 M205")
"""What a program may say; anything else (storing settings, running macros, other coordinate systems) is refused."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """Where a program goes, move by move."""

    ends: Vectors
    """Where each move ends, (n, 3)."""

    works: "np.typing.NDArray[np.bool_]"
    """Which of them cut or extrude."""

    def box(self, *, working: bool) -> Vectors:
        """Lowest and highest corner, (2, 3), of the moves that work or of all."""
        ends = self.ends
        if working:  # a working move begins where the one before it ended
            ends = np.vstack([ends[self.works], ends[:-1][self.works[1:]]])
        if not len(ends):
            raise NoCodeError("the program does nothing")
        return np.array([ends.min(axis=0), ends.max(axis=0)])


def lines(program: bytes) -> Iterator[Line]:
    """The words of every line that has any.

    Raises:
        NoCodeError: not ASCII, or something that is no word.
    """
    try:
        text = program.decode("ascii")
    except UnicodeDecodeError as error:
        raise NoCodeError("the program is not plain ASCII") from error
    for raw in text.splitlines():
        bare = _COMMENT.sub("", raw).upper().strip()
        if not bare or bare == "%":
            continue
        words = _WORD.findall(bare)
        if "".join(letter + number for letter, number in words) != bare.replace(" ", ""):
            raise NoCodeError("the program holds what is no word of G-code")
        yield words


def clean(program: bytes, allowed: frozenset[str]) -> bytes:
    """The same moves without comments, names and thumbnails.

    Raises:
        NoCodeError: a command that is not ``allowed``.
    """
    kept = []
    for words in lines(program):
        for letter, number in words:
            if letter in "GM" and f"{letter}{float(number):g}" not in allowed:
                raise NoCodeError(f"the program says {letter}{number}, which no part needs")
        kept.append(" ".join(letter + number for letter, number in words))
    return "\n".join([*kept, ""]).encode()


def path(program: bytes, *, extrudes: bool) -> Path:
    """Follow absolute moves in millimetres; work is extrusion, or else whatever is not rapid."""
    place = [0.0, 0.0, 0.0]
    extruded, rapid = 0.0, True
    ends: list[tuple[float, ...]] = []
    works: list[bool] = []
    for words in lines(program):
        command = next((f"{letter}{float(number):g}" for letter, number in words if letter in "GM"), "")
        values = {letter: float(number) for letter, number in words}
        if command in ("G0", "G1"):
            rapid = command == "G0"
        elif command == "G92":
            extruded = values.get("E", extruded)
            continue
        elif command not in ("", "G81"):
            continue
        if command == "G81":  # a drilling cycle: down from R to Z and up again
            ends += [(values["X"], values["Y"], values["R"]), (values["X"], values["Y"], values["Z"])]
            works += [False, True]
            place = [values["X"], values["Y"], values["R"]]
        else:
            place = [values.get(axis, old) for axis, old in zip("XYZ", place, strict=True)]
        if not all(math.isfinite(value) for value in place):
            raise NoCodeError("the program moves to where there is no place")
        pushed = values.get("E", extruded) > extruded + 1e-9 and bool({"X", "Y"} & values.keys())
        extruded = values.get("E", extruded)
        ends.append(tuple(place))
        works.append(pushed if extrudes else not rapid and command != "G81")
    return Path(ends=np.array(ends).reshape(-1, 3), works=np.array(works, dtype=np.bool_))
