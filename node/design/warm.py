"""The warm parent: loads the kernel once, then forks one jailed child per file; it never looks at a file itself.

Started by ``node.design.intake`` as ``python -m node.design.warm`` with a socket as standard input. Every order is one
``ORDER`` with a socket attached, the *line*. The child reads the request from the line until its end and writes the
answer to it; when the child is gone, the parent adds its status and hangs up. Whoever hangs up first at the other end
has the child killed.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from node.design import jail
from node.design.gate import Limits

ORDER = struct.Struct("!IQd")
"""Processor seconds, bytes of memory, seconds on the wall."""

STATUS = struct.Struct("!i")
"""How a child ended: 0, a status, the negative of a signal, or ``OVERDUE``."""

OVERDUE = -1000

READY = b"."
"""Sent once, when the first order can be taken."""


@dataclass(slots=True)
class _Child:
    pid: int
    line: socket.socket
    deadline: float
    overdue: bool = False


def main() -> None:
    """Load, confine, then serve until the other end hangs up."""
    orders = socket.socket(fileno=os.dup(0))
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)  # the kernel prints to standard output
    from node.design.reader import serve
    from node.design.rehearsal import rehearse

    rehearse()
    jail.leave_network()
    gc.collect()
    gc.freeze()
    orders.sendall(READY)
    _Parent(orders, serve).run()


class _Parent:
    """One loop over orders, lines and ended children; no thread, so that forking is safe."""

    def __init__(self, orders: socket.socket, serve: Callable[[socket.socket, Limits], None]) -> None:
        self._orders = orders
        self._serve = serve
        self._children: dict[int, _Child] = {}
        self._poll = select.poll()
        self._ended, waking = os.pipe()
        os.set_blocking(self._ended, False)
        os.set_blocking(waking, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        self._poll.register(self._orders, select.POLLIN)
        self._poll.register(self._ended, select.POLLIN)
        while True:
            for descriptor, _ in self._poll.poll(self._patience()):
                if descriptor == self._orders.fileno():
                    if not self._take():
                        return
                elif descriptor == self._ended:
                    os.read(self._ended, 4096)
                elif descriptor in self._children:
                    os.kill(self._children[descriptor].pid, signal.SIGKILL)  # nobody listens any more
                    self._poll.unregister(descriptor)
            self._expire()
            self._reap()

    def _patience(self) -> float | None:
        """Milliseconds until the next deadline."""
        deadlines = [child.deadline for child in self._children.values() if not child.overdue]
        return max(0.0, 1000 * (min(deadlines) - time.monotonic())) + 1 if deadlines else None

    def _take(self) -> bool:
        """Fork for one order; False when there will be no more."""
        order, descriptors, _, _ = socket.recv_fds(self._orders, ORDER.size, 1)
        if len(order) < ORDER.size or not descriptors:
            return False
        line = socket.socket(fileno=descriptors[0])
        cpu, memory, wall = ORDER.unpack(order)
        pid = os.fork()
        if pid == 0:
            for child in self._children.values():
                child.line.close()
            self._orders.close()
            self._serve(line, Limits(cpu=cpu, memory=memory))
        self._children[line.fileno()] = _Child(pid, line, time.monotonic() + wall)
        self._poll.register(line, 0)  # only that the other end is gone
        return True

    def _expire(self) -> None:
        for child in self._children.values():
            if not child.overdue and time.monotonic() >= child.deadline:
                child.overdue = True
                os.kill(child.pid, signal.SIGKILL)

    def _reap(self) -> None:
        for descriptor, child in list(self._children.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if not pid:
                continue
            del self._children[descriptor]
            with contextlib.suppress(KeyError):  # it had hung up before
                self._poll.unregister(descriptor)
            self._report(child, OVERDUE if child.overdue else os.waitstatus_to_exitcode(status))

    def _report(self, child: _Child, status: int) -> None:
        child.line.settimeout(0)
        with contextlib.suppress(OSError):  # nobody listens, or the child filled the line and died
            child.line.sendall(STATUS.pack(status))
        child.line.close()


if __name__ == "__main__":
    main()
