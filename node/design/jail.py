"""What a reader gives up before it parses: it starts no process, reaches no network, opens and writes no file.

A foreign program that works on a customer's shape gives up the same, but for one folder of its own. Linux only in its
second half; elsewhere the resource limits of POSIX remain.
"""

import ctypes
import os
import resource
import signal
import struct
import sys

from node.design.gate import Limits

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWIPC = 0x0800_0000
_CLONE_NEWNET = 0x4000_0000
NOBODY = 65_534
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_FILES = (1 << 13) - 1
"""Every right over files and folders that the first version knows (linux/landlock.h)."""

_RULESET_BYTES = 8
_LANDLOCK_BENEATH = 1
_RUN, _WRITE, _READ, _LIST = 1, 2, 4, 8
_PROGRAMS = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/proc")
"""What a foreign program may read: itself, its libraries, and what the C library asks for."""

THREADS = 64
"""Of a foreign program."""

_libc = ctypes.CDLL(None, use_errno=True)


def leave_network() -> None:
    """Give up network and shared memory for this process and all it forks; only root can, others keep what they have.

    Raises:
        OSError: root could not; nothing must be parsed then.
    """
    if sys.platform == "linux" and os.getuid() == 0 and _libc.unshare(_CLONE_NEWNET | _CLONE_NEWIPC) != 0:
        raise OSError(ctypes.get_errno(), "cannot leave the network")


def bound(limits: Limits, *, written: int = 0) -> None:
    """Limit processor time, memory, files (``written`` bytes each) and core dumps."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, limits.cpu, limits.cpu + 1)  # SIGXCPU at the first, SIGKILL at the second
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_FSIZE, written)
    _lower(resource.RLIMIT_NOFILE, 64)


def seal(folder: str | None = None) -> None:
    """Give up privileges for good; call when every module is loaded, for no file can be opened afterwards.

    With a ``folder`` this process may use that one, read the system's programs, and become one of them.

    Raises:
        OSError: root could not give up its rights; nothing must be parsed then.
    """
    if sys.platform == "linux":
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if folder is None:  # a foreign program is started by a thread, whose end it would take for its parent's
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after setuid, which clears it
        _forbid_files(() if folder is None else _rules(folder))
    _lower(resource.RLIMIT_NPROC, 0 if folder is None else THREADS)


def _rules(folder: str) -> tuple[tuple[str, int], ...]:
    readable = (path for path in _PROGRAMS if os.path.exists(path))
    return ((folder, _LANDLOCK_FILES), *((path, _RUN | _READ | _LIST) for path in readable))


def _forbid_files(allowed: tuple[tuple[str, int], ...]) -> None:
    """Landlock: no path but those allowed opens. Kernels before 5.13 do not know it; the user id still protects."""
    rights = ctypes.c_uint64(_LANDLOCK_FILES)
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(rights), _RULESET_BYTES, 0)
    if ruleset >= 0:
        for path, access in allowed:
            place = os.open(path, os.O_PATH)
            held = access if os.path.isdir(path) else access & (_RUN | _WRITE | _READ)
            rule = struct.pack("=Qi", held, place)
            _libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_BENEATH, rule, 0)
            os.close(place)
        _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _lower(what: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, never above the one that already holds."""
    _, ceiling = resource.getrlimit(what)
    wanted = soft if hard is None else hard
    top = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(what, (min(soft, top), top))
