"""Verifies a bundle file without a node: what it is checked against is given by the auditor, and nothing is asked
of the network unless an endpoint is named."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger.audit import audit
from ledger.bundle import federation_of
from ledger.chain import Chain
from ledger.contracts import contracts_at
from ledger.deployment import Deployment
from ledger.layout import LicenceWord
from ledger.verdict import Report, Trust
from node.client import find_home
from node.config import Home, load_config
from node.errors import ConfigError, RequestError
from protocol.ids import Digest, PeerId
from protocol.params import HASH_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """What an auditor says it trusts, as given on the command line."""

    node: str = ""
    """A node's folder: its deployment, and the blocks that it has seen."""

    deployment: Path | None = None
    """The federation's contracts, in place of the node's."""

    checkpoints: Sequence[str] = ()
    """``NUMBER:0xHASH`` each."""

    signers: Sequence[str] = ()
    """Nodes whose word about blocks counts; 64 hexadecimal digits each."""

    quorum: int = 1
    rpc: str = ""
    """An endpoint of the live chain."""


def audit_file(path: Path, roots: Roots) -> Report:
    """Verify a bundle file.

    Raises:
        RequestError: a checkpoint, signer or quorum that is none.
        ConfigError: the deployment's file is none.
        LedgerError: the endpoint that was named does not answer, or serves another chain.
    """
    return audit(path.read_bytes(), trust_of(roots))


def trust_of(roots: Roots) -> Trust:
    """What follows from ``roots``; raises like ``audit_file``."""
    home = find_home(roots.node) if roots.node else None
    source = roots.deployment or (load_config(Home(path=home).config).ledger.deployment if home else None)
    deployment = None if source is None else _deployment(source)
    signers = frozenset(PeerId(_hex(text, "signer")) for text in roots.signers)
    if not 1 <= roots.quorum <= max(1, len(signers)):
        raise RequestError("bad-quorum", f"{roots.quorum} of {len(signers)} signers cannot be asked for")
    known = dict(_checkpoint(text) for text in roots.checkpoints)
    names = [f"the deployment in {source}"] if source else []
    names += [f"block {number} is 0x{block_hash.hex()} (given)" for number, block_hash in known.items()]
    lookups: list[Callable[[int], bytes | None]] = [known.get]
    if home is not None:
        names.append(f"the blocks that the node in {home} has seen")
        lookups.append(_SeenBlocks(Home(path=home).database).hash)
    if not roots.rpc:
        return Trust(
            federation=None if deployment is None else federation_of(deployment),
            block_hash=_first(lookups),
            signers=signers,
            quorum=roots.quorum,
            names=tuple(names),
        )
    if deployment is None:
        raise ConfigError("--rpc", "needs --deployment or a node's folder: which contracts to ask")
    chain = Chain(roots.rpc, deployment.chain_id)
    chain.verify()
    live = trust_in(chain, deployment, f"the chain at {roots.rpc}")
    return Trust(
        federation=federation_of(deployment),
        block_hash=_first([*lookups, live.block_hash]),
        signers=signers,
        quorum=roots.quorum,
        names=(*names, *live.names),
        licence=live.licence,
    )


def trust_in(chain: Chain, deployment: Deployment, name: str) -> Trust:
    """Trust in whatever ``chain`` says, at any moment."""
    contracts = contracts_at(deployment)

    def licence(which: Digest) -> LicenceWord:
        return contracts.designs.standing(chain, which)

    def block_hash(number: int) -> bytes | None:
        block = chain.block(number)
        return None if block is None else block.hash

    return Trust(federation=federation_of(deployment), block_hash=block_hash, names=(name,), licence=licence)


class _SeenBlocks:
    """The block hashes that a node's follower has seen, read from its database even while it runs."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._known: Mapping[int, bytes] | None = None

    def hash(self, number: int) -> bytes | None:
        """Hash of the block with ``number``, or None when this node never saw it."""
        if self._known is None:
            self._known = self._read()
        return self._known.get(number)

    def _read(self) -> Mapping[int, bytes]:
        if not self._database.exists():
            return {}
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            return {number: bytes(found) for number, found in connection.execute("SELECT * FROM seen_block")}


def _first(lookups: Sequence[Callable[[int], bytes | None]]) -> Callable[[int], bytes | None]:
    return lambda number: next((found for lookup in lookups if (found := lookup(number)) is not None), None)


def _deployment(path: Path) -> Deployment:
    try:
        return Deployment.from_json(path.read_text())
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError("--deployment", f"{path} names no federation's contracts: {error}") from error


def _checkpoint(text: str) -> tuple[int, bytes]:
    number, _, block_hash = text.partition(":")
    if not number.isdecimal():
        raise RequestError("bad-checkpoint", f"{text!r} is not a checkpoint such as 4171:0x5f…")
    return int(number), _hex(block_hash.removeprefix("0x"), "checkpoint")


def _hex(text: str, what: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != HASH_BYTES:
        raise RequestError(f"bad-{what}", f"{text!r} is no {what}: 64 hexadecimal digits are needed")
    return found
