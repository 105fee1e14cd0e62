"""A federation in one folder: one ledger process and one process a node, all on loopback, all restartable.

The folder keeps everything (ports, keys, chain), so that a federation that was killed comes back as it was.
"""

import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx

from devnet.deploy import PACK, deploy
from devnet.processes import Process, StartError
from federation.network.libp2p import dial_address
from node.client import Client
from node.config import Home
from node.identity import Identity, load_identity
from protocol.rules import RulePack
from protocol.units import Cents

NODES = ("customer", "auditor", "aster", "birch", "cedar", "drake")
"""The devnet's participants; what each is stands in ``devnet/nodes``."""

CHAIN_ID = 7117
FUNDS = Cents(5_000_000)
"""What the customer starts with: 50,000.00 in the settlement currency."""

STAKE = Cents(100_000)
"""What everybody else starts with; half of it is the bond of a provider or auditor."""

FACTOR = 3600
"""Plant time runs this much faster: an hour on a machine takes a second."""

VETTED = {
    "aster": ("restricted", "DE"),
    "birch": ("partners", "DE"),
    "cedar": ("restricted", "FR"),
    "drake": ("restricted", "DE"),
}
"""What the customer knows of the shops: clearance and jurisdiction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """How long the customer's auctions take; seconds."""

    opening: int = 3
    """Until the order stands on the ledger."""

    commit: int = 4
    reveal: int = 6
    pack: RulePack = PACK
    """The rules must let them be so short."""


Say = Callable[[str], None]


def auditors(count: int) -> tuple[str, ...]:
    """The names of so many; three can sit as a panel, and keep designs' keys."""
    return ("auditor", *(f"auditor-{number}" for number in range(2, count + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is found where in the federation's folder."""

    root: Path

    @property
    def deployment(self) -> Path:
        """The contracts' addresses, which every node reads."""
        return self.root / "deployment.json"

    @property
    def ports(self) -> Path:
        """Which process listens where."""
        return self.root / "ports.json"

    @property
    def steward(self) -> Path:
        """The key that deployed the contracts; it holds no power over them."""
        return self.root / "steward.json"

    def node(self, name: str) -> Home:
        """One node's folder."""
        return Home(path=self.root / "nodes" / name)


class Federation:
    """Starts, restarts and stops the processes of one folder."""

    def __init__(
        self, root: Path, *, nodes: tuple[str, ...] = NODES, factor: int = FACTOR, phases: Phases | None = None
    ) -> None:
        """A federation of ``nodes``; one called ``birch-2`` is a second shop like ``birch``."""
        self._phases = phases or Phases()
        self.layout = Layout(root=root)
        self.nodes = nodes
        self._factor = factor
        self._ports = self._assign_ports()
        self.ledger = self._ledger_process()
        self.processes = {name: self._node_process(name) for name in nodes}

    @property
    def ledger_url(self) -> str:
        """Where the ledger's JSON-RPC answers."""
        return f"http://127.0.0.1:{self._ports['ledger']}"

    def start(self, say: Say) -> None:
        """Start everything and wait until it answers and all nodes know each other.

        Raises:
            StartError: a process ended or did not become ready.
        """
        say("starting the ledger")
        self.ledger.start()
        self.ledger.wait_ready()
        if not self.layout.deployment.exists():
            say("deploying the contracts")
            self._deploy()
        for name in self.nodes:
            self._write_config(name)
            self.processes[name].start()
        say(f"starting {len(self.nodes)} nodes: {', '.join(self.nodes)}")
        for process in self.processes.values():
            process.wait_ready()
        self._wait_until_met()
        say("all nodes are registered on the ledger and know each other's machines")

    def restart(self, name: str) -> None:
        """Start a node again that was killed, on its old address."""
        self.layout.node(name).url.unlink(missing_ok=True)
        self.processes[name].start()
        self.processes[name].wait_ready()

    def stop(self) -> None:
        """Stop the nodes, then the ledger; state stays in the folder."""
        for process in self.processes.values():
            process.ask_to_stop()
        for process in self.processes.values():
            process.stop()
        self.ledger.stop()

    def client(self, name: str) -> Client:
        """The operator's client of one node."""
        home = self.layout.node(name)
        return Client(home.url.read_text().strip(), home.token.read_text().strip())

    def identity(self, name: str) -> Identity:
        """A node's keys."""
        return load_identity(self.layout.node(name).identity, secrets.token_bytes)

    def _assign_ports(self) -> dict[str, int]:
        """Ports that are free now, remembered so that a restarted process is found where it was."""
        path = self.layout.ports
        if path.exists():
            remembered: dict[str, int] = json.loads(path.read_text())
            if strangers := set(self.nodes) - remembered.keys():
                raise StartError(f"{self.layout.root} holds a federation without {', '.join(sorted(strangers))}")
            return remembered
        sockets = {name: socket.socket() for name in ("ledger", *self.nodes)}
        for listener in sockets.values():
            listener.bind(("127.0.0.1", 0))
        ports = {name: listener.getsockname()[1] for name, listener in sockets.items()}
        for listener in sockets.values():
            listener.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(ports))
        return ports

    def _ledger_process(self) -> Process:
        root = self.layout.root
        arguments = ("-m", "node", "ledger", "serve", str(root / "ledger.sqlite"), "--chain-id", str(CHAIN_ID))
        port = ("--port", str(self._ports["ledger"]))
        return Process(
            name="ledger", arguments=(*arguments, *port), log=root / "logs" / "ledger.log", ready=self._ledger_answers
        )

    def _ledger_answers(self) -> bool:
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        try:
            return httpx.post(self.ledger_url, json=request, timeout=2.0).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _node_process(self, name: str) -> Process:
        home = self.layout.node(name)

        def answers() -> bool:
            if not home.url.exists() or not home.token.exists():
                return False
            with self.client(name) as client:
                return client.healthy()

        log = self.layout.root / "logs" / f"{name}.log"
        return Process(name=name, arguments=("-m", "node", "serve", str(home.path)), log=log, ready=answers)

    def _deploy(self) -> None:
        steward = load_identity(self.layout.steward, secrets.token_bytes)
        fund = {self.identity(name).account: FUNDS if name == "customer" else STAKE for name in self.nodes}
        deployment = deploy(self.ledger_url, CHAIN_ID, key=steward.ledger, fund=fund, pack=self._phases.pack)
        draft = self.layout.deployment.with_suffix(".draft")
        draft.write_text(deployment.to_json())
        draft.rename(self.layout.deployment)

    def _write_config(self, name: str) -> None:
        home = self.layout.node(name)
        home.url.unlink(missing_ok=True)
        if home.config.exists():
            return
        others = [dial_address(self.identity(o).peer, "127.0.0.1", self._ports[o]) for o in self.nodes if o != name]
        home.path.mkdir(parents=True, exist_ok=True)
        like = name.partition("-")[0]
        own = (files("devnet") / "nodes" / f"{like}.toml").read_text().replace(f'name = "{like}"', f'name = "{name}"')
        home.config.write_text(f"{own}\n{self._surroundings(name, others)}")

    def _partners(self) -> Iterator[str]:
        """The customer's list of those it has vetted."""
        for name, (clearance, jurisdiction) in VETTED.items():
            if name in self.nodes:
                yield "[[partners]]"
                yield f'peer = "{self.identity(name).peer.hex()}"  # {name}'
                yield f'clearance = "{clearance}"'
                yield f'jurisdiction = "{jurisdiction}"'
                yield ""

    def _surroundings(self, name: str, others: list[str]) -> str:
        """The part of a node's configuration that depends on this federation."""
        epoch = int(self.layout.deployment.stat().st_mtime)
        return "\n".join(
            (
                "[network]",
                f'listen = "/ip4/127.0.0.1/tcp/{self._ports[name]}"',
                f"bootstrap = {json.dumps(others)}",
                "",
                "[ledger]",
                f'url = "{self.ledger_url}"',
                f"deployment = {json.dumps(str(self.layout.deployment.resolve()))}",
                "",
                "[auction]",
                f"opening = {self._phases.opening}",
                f"commit = {self._phases.commit}",
                f"reveal = {self._phases.reveal}",
                "grace = 600",
                "slack = 300",
                "",
                "[plant]",
                f"epoch_wall = {epoch}",
                f"epoch_plant = {epoch}",
                f"factor = {self._factor}",
                "",
                *(self._partners() if name == "customer" else ()),
            )
        )

    def _wait_until_met(self) -> None:
        deadline = time.monotonic() + 60
        for name in self.nodes:
            with self.client(name) as client:
                while not self._has_met(client):
                    if time.monotonic() > deadline:
                        raise StartError(f"{name} does not know all other nodes after a minute; see its log")
                    time.sleep(0.1)

    def _has_met(self, client: Client) -> bool:
        status = client.status()
        checks = {check["what"]: check["status"] for check in client.doctor()["checks"]}
        return len(status["cards"]) == len(self.nodes) and checks.get("membership") == "ok"


@contextmanager
def running(
    root: Path, say: Say, *, nodes: tuple[str, ...] = NODES, factor: int = FACTOR, phases: Phases | None = None
) -> Iterator[Federation]:
    """A federation that runs inside the block and is stopped after it, whatever happens."""
    federation = Federation(root, nodes=nodes, factor=factor, phases=phases)
    try:
        federation.start(say)
        yield federation
    finally:
        federation.stop()
