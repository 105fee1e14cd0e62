"""What the reader gives up before it parses: it starts no process, reaches no network and writes no file.

Linux only in its second half; elsewhere the resource limits of POSIX remain.
"""

import ctypes
import os
import resource
import signal
import sys

from node.design.gate import Limits

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWIPC = 0x0800_0000
_CLONE_NEWNET = 0x4000_0000
_NOBODY = 65_534


def bound(limits: Limits) -> None:
    """Limit processor time, memory, files and core dumps; call first, before anything is read or imported."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, limits.cpu, limits.cpu + 1)  # SIGXCPU at the first, SIGKILL at the second
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, 64)


def seal() -> None:
    """Give up privileges for good; call after the last import, for the files of the interpreter may be out of reach.

    Raises:
        OSError: root could not give up the network or its rights; nothing must be parsed then.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if os.getuid() == 0:
            if libc.unshare(_CLONE_NEWNET | _CLONE_NEWIPC) != 0:
                raise OSError(ctypes.get_errno(), "cannot leave the network")
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after setuid, which clears it
    _lower(resource.RLIMIT_NPROC, 0)


def _lower(what: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, never above the one that already holds."""
    _, ceiling = resource.getrlimit(what)
    wanted = soft if hard is None else hard
    top = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(what, (min(soft, top), top))
