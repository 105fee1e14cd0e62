"""What a programme does, according to LinuxCNC's interpreter: a second opinion that shares no code with its maker."""

import re
import shutil
from dataclasses import dataclass

import numpy as np

from node.design.tables import Vectors
from node.machine_code import cell
from node.machine_code.errors import NoCodeError
from protocol.profile import Tool

_CALL = re.compile(r"^\s*\d+ \S+\s+([A-Z_0-9]+)\((.*)\)\s*$")
REFUSED = {"ARC_FEED", "SET_G92_OFFSET", "RIGID_TAP", "STRAIGHT_PROBE"}
"""What no programme of ours makes the machine do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """Moves in order; all arrays have one row per move."""

    ends: Vectors
    """(n, 3)."""

    cuts: "np.typing.NDArray[np.bool_]"
    tools: "np.typing.NDArray[np.int64]"
    """Number of the tool in the spindle."""


def interpreter() -> str | None:
    """``rs274``, where it is installed (``make nc-interpreter``)."""
    return shutil.which("rs274")


async def interpreted(program: bytes, tools: tuple[Tool, ...]) -> Run | None:
    """What the interpreter says ``program`` does, or None where it is not installed.

    Raises:
        NoCodeError: it does not take the programme.
    """
    command = interpreter()
    if command is None:
        return None
    table = "".join(f"T{tool.number} P{n} D{tool.diameter / 1000:g} Z0\n" for n, tool in enumerate(tools, start=1))
    files = {"tools.tbl": table.encode(), "program.ngc": program}
    told = await cell.run([command, "-g", "-t", "tools.tbl", "program.ngc"], files, cell.SAID)
    return parse(told.decode("ascii", "replace"), {n: tool.number for n, tool in enumerate(tools, start=1)})


def parse(told: str, pockets: dict[int, int]) -> Run:
    """Read canonical machine calls; ``pockets`` gives tools' numbers by their places.

    Raises:
        NoCodeError: it never ends, or asks for what we never write.
    """
    ends: list[list[float]] = []
    cuts: list[bool] = []
    numbers: list[int] = []
    tool, ended, spins = 0, False, False
    for line in told.splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        name, arguments = found[1], found[2]
        if name in ("STRAIGHT_FEED", "STRAIGHT_TRAVERSE"):
            ends.append([float(value) for value in arguments.split(",")[:3]])
            cuts.append(name == "STRAIGHT_FEED")
            numbers.append(tool)
            if cuts[-1] and not (spins and tool):
                raise NoCodeError("the programme cuts with a spindle that stands still")
        elif name == "CHANGE_TOOL":
            tool, spins = pockets.get(int(arguments), int(arguments)), False
        elif name in ("START_SPINDLE_CLOCKWISE", "STOP_SPINDLE_TURNING"):
            spins = name.startswith("START")
        elif name == "PROGRAM_END":
            ended = True
        elif name in REFUSED and any(float(value) for value in arguments.split(",")):
            raise NoCodeError(f"the interpreter understands {name}, which is not meant")
    if not ended or not ends:
        raise NoCodeError("the interpreter does not come to the programme's end")
    return Run(ends=np.array(ends), cuts=np.array(cuts), tools=np.array(numbers))
