"""Chains that are stopped by the test that started them: bare ones, and one with the federation's contracts."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from devnet.deploy import deploy
from ledger.chain import Chain, account_of
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import Deployment
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer
from protocol.units import Cents
from tests.ledger.places import CHAIN_ID, Direct, EmbeddedProcess

STEWARD = b"s" * 32
CUSTOMER = b"c" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    server: EmbeddedServer
    chain: Chain
    contracts: Contracts


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Deployment]:
    """A chain's file with the contracts on it; every test gets a copy, for a deployment takes seconds."""
    path = tmp_path_factory.mktemp("deployed") / "ledger.sqlite"
    server = EmbeddedServer(EmbeddedConfig(database=path, block_seconds=0.05))
    server.start()
    with closing(server):
        deployment = deploy(server.url, CHAIN_ID, key=STEWARD, fund={account_of(CUSTOMER): Cents(1_000_000)})
    return path, deployment


@pytest.fixture
def ledger(tmp_path: Path, deployed: tuple[Path, Deployment]) -> Iterator[Ledger]:
    shutil.copy(deployed[0], tmp_path / "ledger.sqlite")
    server = EmbeddedServer(EmbeddedConfig(database=tmp_path / "ledger.sqlite", block_seconds=0))
    server.start()
    with closing(server):
        yield Ledger(server=server, chain=Chain(server.url, CHAIN_ID), contracts=contracts_at(deployed[1]))


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[Direct]:
    with closing(Direct(tmp_path / "chain.sqlite")) as chain:
        yield chain


@pytest.fixture
def served(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(EmbeddedConfig(database=tmp_path / "chain.sqlite", chain_id=CHAIN_ID, block_seconds=0))
    server.start()
    with closing(server):
        yield server


@pytest.fixture
def chain(served: EmbeddedServer) -> Chain:
    return Chain(served.url, CHAIN_ID)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[EmbeddedProcess]:
    embedded = EmbeddedProcess(tmp_path / "chain.sqlite")
    try:
        yield embedded
    finally:
        embedded.kill()
