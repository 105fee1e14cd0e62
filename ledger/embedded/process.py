"""One embedded chain as a process: prints one line when it answers, ends on SIGTERM, refuses a file that is in use."""

import gc
import os
import signal
import sqlite3
import sys
import threading

from ledger.embedded.errors import DatabaseMismatchError
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer

_STOP = {signal.SIGTERM, signal.SIGINT}

_COLLECT = (50_000, 20, 100)
"""Allocations between searches for cycles, and how seldom the older ones are looked through. The EVM makes thousands
of objects a transaction, hardly any in cycles: with Python's own thresholds a fifth of the time goes into searching."""


def serve(config: EmbeddedConfig) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. A crash in any of its threads ends the process with code 1."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    crashed = threading.Event()

    def crash(arguments: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(arguments)
        crashed.set()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = crash
    try:
        server = EmbeddedServer(config)
    except (DatabaseMismatchError, sqlite3.Error, OSError) as error:
        print(f"cannot serve {config.database}: {error}", file=sys.stderr)
        return 2
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    server.start()
    print(f"ready {server.url}", flush=True)  # the starting process waits for this line
    signal.sigwait(_STOP)
    server.close()
    return int(crashed.is_set())
