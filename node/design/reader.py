"""The jailed child: one request on its line, one ``Reading`` back, then it ends. Forked by ``node.design.warm``."""

import os
import signal
import socket
from typing import NoReturn

from node.design import jail
from node.design.errors import Code, IntakeError, UnitQuestionError
from node.design.gate import Limits
from node.design.lengths import Size
from node.design.measure import measure
from node.design.reading import Reading, Refusal, Request
from protocol import wire


def serve(line: socket.socket, limits: Limits) -> NoReturn:
    """Confine this process, read, measure, answer; never returns into the parent's code."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        jail.bound(limits)
        jail.seal()
        line.settimeout(None)
        with line.makefile("rb") as incoming:
            request = incoming.read()
        line.sendall(wire.encode(_verdict(request)))
        status = 0
    finally:
        os._exit(status)


def _verdict(request: bytes) -> Reading:
    try:
        return measure(wire.decode(Request, request))
    except UnitQuestionError as error:
        return _refusal(error.code, error.detail, error.sizes)
    except IntakeError as error:
        return _refusal(error.code, error.detail)
    except MemoryError:
        return _refusal(Code.MEMORY_LIMIT, "Reading the file needs more memory than allowed")
    except Exception as error:  # noqa: BLE001 - the gate that turns bytes into a verdict
        if type(error).__name__ == "Standard_OutOfMemory":
            return _refusal(Code.MEMORY_LIMIT, "Reading the file needs more memory than allowed")
        return _refusal(Code.PARSE_ERROR, f"The geometry kernel refused the file ({type(error).__name__})")


def _refusal(code: Code, detail: str, sizes: tuple[Size, ...] = ()) -> Reading:
    return Reading(part=None, preview=None, shape=None, refusal=Refusal(code=code, detail=detail, sizes=sizes))
