"""What the ledger's tests run: an embedded chain in this process or in one of its own, and a way to it that fails."""

import json
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from eth_utils.crypto import keccak
from typing_extensions import override

from ledger.chain import Chain, Receipt, account_of
from ledger.embedded.database import ChainDatabase
from ledger.embedded.evm import Evm
from ledger.embedded.methods import Methods
from ledger.embedded.node import EmbeddedNode
from ledger.types import Creation, Transaction
from protocol.ids import Address
from tests.ledger import probe

CHAIN_ID = 7117
GAS = 300_000
SERVE = (sys.executable, "-m", "node", "ledger", "serve")
DEADLINE = 30.0
"""Seconds that anything may take on a loaded machine."""


def a_key(number: int) -> bytes:
    return keccak(b"key %d" % number)


def until(claim: Callable[[], object], what: str, *, seconds: float = DEADLINE) -> None:
    """Wait until ``claim`` holds."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not claim():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        pause.wait(0.01)


class Direct:
    """An embedded chain without sockets: its methods called as JSON-RPC would."""

    def __init__(
        self, path: Path, *, chain_id: int = CHAIN_ID, free_gas: bool = True, fund: tuple[bytes, ...] = ()
    ) -> None:
        self.database = ChainDatabase(path)
        balances = dict.fromkeys(fund, 10**20)
        self.node = EmbeddedNode(self.database, Evm(self.database, chain_id, balances=balances, free_gas=free_gas))
        self.methods = Methods(self.node)
        self.signer = Chain("http://127.0.0.1:1", chain_id)

    def answer(self, method: str, *parameters: Any) -> Any:
        return self.methods.answer({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)})

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self.answer(method, *parameters)
        assert "error" not in answer, answer
        return answer["result"]

    def fail(self, method: str, *parameters: Any) -> Any:
        return self.answer(method, *parameters)["error"]

    def nonce(self, key: bytes) -> int:
        return int(self.ask("eth_getTransactionCount", "0x" + account_of(key).hex(), "pending"), 16)

    def send(self, key: bytes, transaction: Transaction | Creation, *, nonce: int | None = None, gas: int = GAS) -> str:
        number = self.nonce(key) if nonce is None else nonce
        signed = self.signer.sign(key, transaction, nonce=number, gas=gas)
        return str(self.ask("eth_sendRawTransaction", "0x" + signed.raw.hex()))

    def mine(self) -> int:
        return int(self.ask("evm_mine"), 16)

    def probe(self, key: bytes) -> Address:
        created = self.send(key, probe.creation())
        self.mine()
        return Address(bytes.fromhex(self.ask("eth_getTransactionReceipt", created)["contractAddress"][2:]))

    def raw_block(self, number: int) -> dict[str, Any] | None:
        """The prover's port."""
        block: dict[str, Any] | None = self.ask("eth_getBlockByNumber", hex(number), False)
        return block

    def raw_receipts(self, number: int) -> list[dict[str, Any]]:
        """The prover's port."""
        return list(self.ask("eth_getBlockReceipts", hex(number)))

    def raw_proof(self, account: Address, slots: Sequence[bytes], number: int) -> dict[str, Any]:
        """The prover's port."""
        names = ["0x" + slot.hex() for slot in slots]
        return dict(self.ask("eth_getProof", "0x" + account.hex(), names, hex(number)))

    def close(self) -> None:
        self.database.close()


@dataclass
class EmbeddedProcess:
    """``guildmark ledger serve`` on a port of its own, which it keeps when it is started again."""

    database: Path
    block_seconds: float = 0.0
    chain_id: int = CHAIN_ID
    port: int = 0
    _running: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        given = {"port": self.port, "chain-id": self.chain_id, "block-seconds": self.block_seconds}
        options = [f"--{name}={value}" for name, value in given.items()]
        self._running = subprocess.Popen([*SERVE, str(self.database), *options], stdout=subprocess.PIPE, text=True)
        assert self._running.stdout is not None
        readable, _, _ = select.select([self._running.stdout], [], [], DEADLINE)
        assert readable, "the chain does not become ready"
        line = self._running.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:"), line
        self.port = int(line.rsplit(":", 1)[1])

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it politely; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._running is None:
            return 0
        self._running.send_signal(how)
        code = self._running.wait(DEADLINE)
        assert self._running.stdout is not None
        self._running.stdout.close()
        self._running = None
        return code


class Way:
    """A real HTTP proxy before a chain that loses answers and changes its mind about which chain it leads to."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.lose: set[str] = set()
        """Methods that reach the chain and whose answers do not come back."""

        self.replace: dict[str, Any] = {}
        """Whole answers by method, sent in place of the chain's."""

        self.then: dict[str, Callable[[], None]] = {}
        """What happens once the chain has answered a method."""

        self.seen: Counter[str] = Counter()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _relay(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def _relay(way: Way) -> type[BaseHTTPRequestHandler]:
    class Relay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            method = json.loads(body)["method"]
            way.seen[method] += 1
            if method in way.replace:
                answer = json.dumps({"jsonrpc": "2.0", "id": json.loads(body)["id"], **way.replace[method]}).encode()
            else:
                answer = httpx.post(way.upstream, content=body, timeout=10).content
            way.then.get(method, lambda: None)()
            if method in way.lose:
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, *_arguments: Any) -> None:
            pass

    return Relay


def mine(chain: Chain) -> int:
    """Make a block on an embedded chain, from the outside."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []}
    return int(httpx.post(chain.url, json=call, timeout=10).json()["result"], 16)


def deploy(chain: Chain, key: bytes) -> Address:
    """A probe on ``chain``."""
    signed = chain.sign(key, probe.creation(), nonce=chain.nonce(account_of(key)), gas=GAS)
    chain.send(signed.raw)
    mine(chain)
    receipt = chain.receipt(signed.hash)
    assert receipt is not None
    assert receipt.contract is not None
    return receipt.contract


def receipt_of(chain: Chain, transaction: bytes) -> Receipt:
    found = chain.receipt(transaction)
    assert found is not None
    return found
