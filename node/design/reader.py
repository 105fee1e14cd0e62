"""The jailed child process: one STEP file on standard input, one ``Reading`` on standard output, then it ends.

Started by ``node.design.intake`` as ``python -m node.design.reader CPU_SECONDS MEMORY_BYTES``.
"""

import os
import sys
from collections.abc import Callable

from node.design import jail
from node.design.errors import Code, IntakeError
from node.design.gate import Limits
from node.design.part import PartModel
from node.design.reading import Reading, Refusal
from protocol import wire


def main() -> None:
    """Confine this process, read, measure, answer."""
    cpu, memory = (int(argument) for argument in sys.argv[1:3])
    jail.bound(Limits(cpu=cpu, memory=memory))
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the kernel prints to standard output
    step = sys.stdin.buffer.read()
    from node.design.measure import measure  # the kernel, under the limits

    jail.seal()
    reading = _verdict(measure, step)
    with os.fdopen(answers, "wb") as output:
        output.write(wire.encode(reading))


def _verdict(measure: Callable[[bytes], PartModel], step: bytes) -> Reading:
    try:
        return Reading(part=measure(step), refusal=None)
    except IntakeError as error:
        return _refusal(error.code, error.detail)
    except MemoryError:
        return _refusal(Code.MEMORY_LIMIT, "Reading the file needs more memory than allowed")
    except Exception as error:  # noqa: BLE001 - the gate that turns bytes into a verdict
        if type(error).__name__ == "Standard_OutOfMemory":
            return _refusal(Code.MEMORY_LIMIT, "Reading the file needs more memory than allowed")
        return _refusal(Code.PARSE_ERROR, f"The geometry kernel refused the file ({type(error).__name__})")


def _refusal(code: Code, detail: str) -> Reading:
    return Reading(part=None, refusal=Refusal(code=code, detail=detail))


if __name__ == "__main__":
    main()
