"""Three ``@ethereumjs/client`` processes that keep one chain, and the consensus between them: taking turns.

Each executes and checks every block by itself; what a consensus client does (who proposes, when, and whether all agree)
is done here over the Engine API (https://github.com/ethereum/execution-apis, ``engine_*V3``). One that does not find a
block valid stops the chain.
"""

import base64
import hashlib
import hmac
import json
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import override

from ledger.chain import account_of
from ledger.errors import UnavailableError
from tests.ledger.ledgers import KEYS, NODE, NPM, Dialect, Place
from tests.ledger.places import CHAIN_ID, DEADLINE, until

CLIENT = NPM / "node_modules/@ethereumjs/client/dist/esm/bin/cli.js"
VALIDATORS = 3

START_SECONDS = 180.0
"""Three large JavaScript programs on a loaded machine."""

_FORKS = (
    *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul"),
    *("berlin", "london", "mergeNetsplit"),
)
_NONE = "0x" + bytes(32).hex()
_GENESIS_TIME = 1_700_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One client's private port."""

    url: str
    secret: bytes

    def ask(self, method: str, *parameters: Any) -> Any:
        claims = b".".join((_base64(b'{"alg":"HS256","typ":"JWT"}'), _base64(b'{"iat":%d}' % time.time())))
        token = claims + b"." + _base64(hmac.new(self.secret, claims, hashlib.sha256).digest())
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        bearer = {"Authorization": f"Bearer {token.decode()}"}
        answer = httpx.post(self.url, json=call, headers=bearer, timeout=DEADLINE).json()
        assert "error" not in answer, answer
        return answer["result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators(Place):
    """The network; transactions are given to the first of them."""

    others: tuple[str, ...]
    engines: tuple[Engine, ...]

    @override
    def mine(self) -> None:
        """A block of every validator; the first one's holds what it was given, for they do not gossip."""
        for engine in self.engines:
            self._block(engine)
        assert {self._head(url)["hash"] for url in (self.url, *self.others)} == {self._head(self.url)["hash"]}

    def _block(self, proposer: Engine) -> None:
        head = self._head(self.url)
        attributes = {
            "timestamp": hex(max(int(head["timestamp"], 16) + 1, int(time.time()))),
            "prevRandao": "0x" + secrets.token_bytes(32).hex(),
            "suggestedFeeRecipient": "0x" + bytes(20).hex(),
            "withdrawals": [],
            "parentBeaconBlockRoot": _NONE,
        }
        asked = proposer.ask("engine_forkchoiceUpdatedV3", _choice(head["hash"]), attributes)
        payload = proposer.ask("engine_getPayloadV3", asked["payloadId"])["executionPayload"]
        for engine in self.engines:
            assert engine.ask("engine_newPayloadV3", payload, [], _NONE)["status"] == "VALID"
        for engine in self.engines:
            chosen = engine.ask("engine_forkchoiceUpdatedV3", _choice(payload["blockHash"]), None)
            assert chosen["payloadStatus"]["status"] == "VALID"

    @staticmethod
    def _head(url: str) -> dict[str, Any]:
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]}
        head: dict[str, Any] = httpx.post(url, json=call, timeout=DEADLINE).json()["result"]
        return head


@contextmanager
def validating(folder: Path) -> Iterator[Place]:
    """The network as processes of their own, until the block ends."""
    secret = secrets.token_bytes(32)
    (folder / "jwt").write_text("0x" + secret.hex())
    (folder / "genesis.json").write_text(json.dumps(_genesis()))
    ports = [_ports(3) for _ in range(VALIDATORS)]
    with ExitStack() as stack:
        processes = [stack.enter_context(_client(folder, number, ports[number])) for number in range(VALIDATORS)]
        engines = tuple(Engine(url=f"http://127.0.0.1:{engine}", secret=secret) for _, engine, _ in ports)
        first, *others = (f"http://127.0.0.1:{rpc}" for rpc, _, _ in ports)
        network = Validators(
            name="ethereumjs",
            url=first,
            dialect=Dialect(),
            pid=processes[0].pid,
            others=tuple(others),
            engines=engines,
        )
        for process, url in zip(processes, (first, *others), strict=True):
            place = Place(name="ethereumjs", url=url, dialect=Dialect(), pid=process.pid)
            until(partial(_answers, place, process), "the clients answer", seconds=START_SECONDS)
        yield network


@contextmanager
def _client(folder: Path, number: int, ports: list[int]) -> Iterator[subprocess.Popen[bytes]]:
    rpc, engine, peer = ports
    options = {
        "gethGenesis": folder / "genesis.json",
        "dataDir": folder / f"validator-{number}",
        "rpcAddr": "127.0.0.1",
        "rpcPort": rpc,
        "rpcEngineAddr": "127.0.0.1",
        "rpcEnginePort": engine,
        "jwtSecret": folder / "jwt",
        "port": peer,
        "extIP": "127.0.0.1",
        "discDns": "false",
        "discV4": "false",
        "isSingleNode": "true",
    }
    named = [f"--{name}={value}" for name, value in options.items()]
    with (folder / f"validator-{number}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(NODE), str(CLIENT), *named, "--rpc", "--rpcEngine"], stdout=log, stderr=log, cwd=folder
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(DEADLINE)


def _answers(place: Place, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "a client ended; see its log"
    try:
        place.chain.verify()
    except UnavailableError:
        return False
    return True


def _genesis() -> dict[str, Any]:
    blobs = {"target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477}
    return {
        "config": {
            "chainId": CHAIN_ID,
            **{f"{fork}Block": 0 for fork in _FORKS},
            "terminalTotalDifficulty": 0,
            "terminalTotalDifficultyPassed": True,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "blobSchedule": {"cancun": blobs},
        },
        "nonce": "0x0",
        "timestamp": hex(_GENESIS_TIME),
        "extraData": "0x",
        "gasLimit": hex(60_000_000),
        "difficulty": "0x0",
        "mixHash": _NONE,
        "coinbase": "0x" + bytes(20).hex(),
        "alloc": {account_of(key).hex(): {"balance": hex(10**24)} for key in KEYS},
        "number": "0x0",
        "gasUsed": "0x0",
        "parentHash": _NONE,
        "baseFeePerGas": "0x7",
    }


def _choice(head: str) -> dict[str, str]:
    return {"headBlockHash": head, "safeBlockHash": _NONE, "finalizedBlockHash": _NONE}


def _ports(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
