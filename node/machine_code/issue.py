"""Machine code for one winner's machine, or why there is none: the one place that knows which maker does what."""

import trio

from node.design.reading import Shape
from node.design.shape import corners_of
from node.machine_code import milling, nesting, slicing
from node.machine_code.errors import NoCodeError
from node.machine_code.mark import Mark
from node.machine_code.program import MachineCode
from protocol.profile import Profile


async def code_for(shape: Shape | None, profile: Profile, *, quantity: int, density: int, mark: Mark) -> MachineCode:
    """Programs for ``quantity`` parts on the machine of ``profile``, which has been checked; ``density`` in kg/m3.

    Raises:
        NoCodeError: there is none for this part on this machine or this node; the text says why.
    """
    if shape is None:
        raise NoCodeError("the part has more triangles than machine code is made from")
    try:
        corners = corners_of(shape)
    except ValueError as error:
        raise NoCodeError(str(error)) from error
    if profile.printer is not None:
        return await slicing.code(corners, profile.printer, density, quantity, mark)
    if profile.cutter is not None:
        cutter = profile.cutter
        return await trio.to_thread.run_sync(nesting.code, corners, cutter, quantity, density, mark)
    if profile.mill is not None:
        return await milling.code(corners, profile.mill, quantity, mark)
    raise NoCodeError("the profile names no machine")
