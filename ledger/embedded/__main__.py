"""``python -m ledger.embedded``: one embedded chain as a process; prints one line when it answers, ends on SIGTERM."""

import argparse
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from ledger.embedded.errors import DatabaseMismatchError
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer

_STOP = {signal.SIGTERM, signal.SIGINT}


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
    server.start()
    print(f"ready {server.url}", flush=True)  # the starting process waits for this line
    signal.sigwait(_STOP)
    server.close()
    return int(crashed.is_set())


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m ledger.embedded", description=__doc__)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--chain-id", type=int, default=7117)
    parser.add_argument("--block-seconds", type=float, default=0.5, help="0 makes blocks on evm_mine only")
    parser.add_argument("--fund", action="append", default=[], help="account that holds ether at genesis, 0x…")
    parser.add_argument("--gas-price", action="store_true", help="let gas cost ether, as on a public chain (EIP-1559)")
    given = parser.parse_args()
    return serve(
        EmbeddedConfig(
            database=given.database,
            port=given.port,
            chain_id=given.chain_id,
            block_seconds=given.block_seconds,
            fund=tuple(bytes.fromhex(account.removeprefix("0x")) for account in given.fund),
            free_gas=not given.gas_price,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
