"""What a reader gives up before it parses: it starts no process, reaches no network, opens and writes no file.

Linux only in its second half; elsewhere the resource limits of POSIX remain.
"""

import ctypes
import os
import resource
import signal
import sys

from node.design.gate import Limits

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWIPC = 0x0800_0000
_CLONE_NEWNET = 0x4000_0000
_NOBODY = 65_534
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_FILES = (1 << 13) - 1
"""Every right over files and folders that the first version knows (linux/landlock.h)."""

_RULESET_BYTES = 8

_libc = ctypes.CDLL(None, use_errno=True)


def leave_network() -> None:
    """Give up network and shared memory for this process and all it forks; only root can, others keep what they have.

    Raises:
        OSError: root could not; nothing must be parsed then.
    """
    if sys.platform == "linux" and os.getuid() == 0 and _libc.unshare(_CLONE_NEWNET | _CLONE_NEWIPC) != 0:
        raise OSError(ctypes.get_errno(), "cannot leave the network")


def bound(limits: Limits) -> None:
    """Limit processor time, memory, files and core dumps."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, limits.cpu, limits.cpu + 1)  # SIGXCPU at the first, SIGKILL at the second
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, 64)


def seal() -> None:
    """Give up privileges for good; call when every module is loaded, for no file can be opened afterwards.

    Raises:
        OSError: root could not give up its rights; nothing must be parsed then.
    """
    if sys.platform == "linux":
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after setuid, which clears it
        _forbid_files()
    _lower(resource.RLIMIT_NPROC, 0)


def _forbid_files() -> None:
    """Landlock with no rule: no path can be opened. Kernels before 5.13 do not know it; the user id still protects."""
    rights = ctypes.c_uint64(_LANDLOCK_FILES)
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(rights), _RULESET_BYTES, 0)
    if ruleset >= 0:
        _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _lower(what: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, never above the one that already holds."""
    _, ceiling = resource.getrlimit(what)
    wanted = soft if hard is None else hard
    top = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(what, (min(soft, top), top))
