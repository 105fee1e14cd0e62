"""JSON-RPC over HTTP on loopback: refuses foreign hosts, web pages, large bodies and anything that is not JSON."""

import json
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from typing_extensions import override

from ledger.embedded.database import ChainDatabase
from ledger.embedded.errors import INVALID, PARSE, RpcError
from ledger.embedded.evm import Evm
from ledger.embedded.methods import Methods, failure
from ledger.embedded.node import EmbeddedNode

MAX_BODY = 4 * 1024 * 1024
"""Bytes of one request; the largest honest one deploys a contract."""

IDLE_CONNECTION_SECONDS = 60
"""After which a silent connection is closed, and its thread with it."""

STACK_BYTES = 64 * 1024 * 1024
"""Of each thread, of which only the used part is real: py-evm raises Python's recursion limit tenfold, and nested JSON
or contracts that call each other must meet that limit before the end of the stack."""

FUNDS = 10**24
"""Wei at genesis for each funded account."""

_LOCAL = ("127.0.0.1", "localhost")
"""Names that a request may call us by: a page that rebinds its own name to loopback is turned away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedConfig:
    """What one embedded chain is told."""

    database: Path

    port: int = 0
    """0 takes a free one."""

    chain_id: int = 7117

    block_seconds: float = 0.1
    """Seconds that a transaction waits for others to share its block; 0 makes blocks on ``evm_mine`` only."""

    fund: tuple[bytes, ...] = ()
    """Accounts that hold ether at genesis; with free gas nobody needs any."""

    free_gas: bool = True
    """The base fee is zero for ever; decided at genesis."""


class EmbeddedServer:
    """A listening node and its block maker; ``close`` ends both."""

    def __init__(self, config: EmbeddedConfig) -> None:
        """Open the chain and bind the port.

        Raises:
            DatabaseMismatchError: the database holds another chain.
            sqlite3.Error: another process has the database, or it is none.
            OSError: the port is taken.
        """
        self._database = ChainDatabase(config.database)
        balances = dict.fromkeys(config.fund, FUNDS)
        evm = Evm(self._database, config.chain_id, balances=balances, free_gas=config.free_gas)
        self.node = EmbeddedNode(self._database, evm)
        self._stop = threading.Event()
        self._http = _Server(("127.0.0.1", config.port), _caller_of(Methods(self.node)))
        self._threads = [threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})]
        if config.block_seconds:
            make = {"seconds": config.block_seconds}
            self._threads.append(threading.Thread(target=self.node.run, args=(self._stop,), kwargs=make))

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        """Serve and make blocks, in threads; a first block brings ledger time up to date before anybody reads it."""
        threading.stack_size(STACK_BYTES)
        if len(self._threads) > 1:
            self.node.mine()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop both threads; a block that is being made is finished."""
        self._stop.set()
        self._http.shutdown()
        for thread in self._threads:
            thread.join()
        self._http.server_close()
        with self.node.lock:
            self._database.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about callers that hang up; anything else is our fault and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _caller_of(methods: Methods) -> type[BaseHTTPRequestHandler]:
    class Caller(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = IDLE_CONNECTION_SECONDS

        def do_POST(self) -> None:  # the library's name
            length = self.headers.get("Content-Length", "")
            if self.headers.get("Host", "").rsplit(":", 1)[0] not in _LOCAL or "Origin" in self.headers:
                self._refuse(403, "this chain answers local programs only")
            elif not (length.isascii() and length.isdigit()):
                self._refuse(411, "a request names its length")
            elif int(length) > MAX_BODY:
                self._refuse(413, f"a request has at most {MAX_BODY} bytes")
            else:
                self._reply(_answer(methods, self.rfile.read(int(length))))

        def _refuse(self, status: int, reason: str) -> None:
            self.close_connection = True
            self.send_error(status, reason)

        def _reply(self, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_arguments: Any) -> None:
            """Say nothing for every request."""

    return Caller


def _answer(methods: Methods, body: bytes) -> Any:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return failure(None, RpcError(PARSE, "parse error"))
    if not isinstance(document, dict | list):
        return failure(None, RpcError(INVALID, "not a call"))
    return methods.answer(document)
