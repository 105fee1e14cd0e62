"""From a finished part to its evidence, and from evidence to a verdict: the customer exports, the auditor verifies."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from federation.errors import FederationError, RefusedError
from federation.network import Network
from ledger import designs, members, orders, provenance
from ledger.audit import Outcome, Report, audit
from ledger.bundle import Bundle, Step
from ledger.chain import Chain
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import Deployment
from ledger.proofs import LogProof, prove
from ledger.types import Log
from node.client import find_home
from node.config import Home, load_config
from node.errors import ConfigError, RequestError, UnavailableError, UnknownError
from node.identity import Identity
from node.workflows import posted
from node.workflows.events import RecordsArrived
from node.workflows.exchange import ANSWER_DEADLINE
from node.workflows.ledger_reads import LedgerReads
from node.workflows.posted import Post, operations_of
from node.workflows.runner import Runner
from node.workflows.thread import licence_of, part_serials
from protocol import merkle
from protocol.checkpoint import read_note
from protocol.errors import IgnoreError
from protocol.ids import Address, Digest, PeerId
from protocol.params import HASH_BYTES
from protocol.requests import BundleRequest
from protocol.signed import sign
from protocol.topics import AWARD, FETCH_BUNDLE
from protocol.wire import decode, encode

Document = dict[str, Any]

WINDOW = 5_000
"""Blocks searched for a job's events at once; providers of RPC commonly limit a query to more."""


class Auditor:
    """Exports the bundles of this node's own jobs, and verifies any part of the federation."""

    def __init__(self, *, runner: Runner, network: Network, reads: LedgerReads, identity: Identity) -> None:
        self._runner = runner
        self._network = network
        self._reads = reads
        self._identity = identity

    def serve(self) -> None:
        """Answer auditors' requests for bundles."""
        self._network.serve(FETCH_BUNDLE, self._answer)

    async def bundle(self, serial: str) -> bytes:
        """The evidence of the part with ``serial``: exported when the job is ours, else asked of its customer."""
        mark = _parse(serial)
        found = self._own(mark)
        if found is not None:
            state, part, unit = found
            return await self._reads.ask(lambda chain: self._export(chain, state, part, unit))
        customer = await self._customer_of(mark)
        try:
            request = encode(BundleRequest(serial=mark))
            return await self._network.request(customer, FETCH_BUNDLE, request, deadline=ANSWER_DEADLINE * 3)
        except FederationError as error:
            raise UnavailableError(f"the part's customer does not hand out its bundle: {error}") from error

    async def audit(self, serial: str) -> Document:
        """Verify the part with ``serial`` against this node's chain."""
        content = await self.bundle(serial)
        return await self._reads.ask(
            lambda chain: document_of(audit(content, self._reads.contracts, lambda number: _hash(chain, number)))
        )

    def _own(self, mark: Digest) -> tuple[Post, int, int] | None:
        for stream in self._runner.streams(posted.NAME):
            state = self._runner.state(stream)
            assert isinstance(state, Post)  # noqa: S101  # the stream's workflow
            for unit, (part, serial) in enumerate(part_serials(state, self._reads.contracts), start=1):
                if serial == mark:
                    return state, part, unit
        return None

    async def _customer_of(self, mark: Digest) -> PeerId:
        """Whose design the serial was minted for: licence, owner, peer, all from the ledger."""
        contracts = self._reads.contracts

        def owner(chain: Chain) -> Address | None:
            events = [contracts.decode(log) for log in _logs(chain, contracts)]
            licensed = {event.licence: event.owner for event in events if isinstance(event, designs.Licensed)}
            for event in (event for event in events if isinstance(event, designs.Recorded)):
                units = range(event.first, event.last + 1)
                if any(contracts.designs.serial_id(event.licence, unit) == mark for unit in units):
                    return licensed.get(event.licence)
            return None

        account = await self._reads.ask(owner)
        if account is None:
            raise UnknownError(f"no part with serial {mark.hex()[:12]} was ever recorded on this ledger")
        return await self._reads.peer_of(account)

    async def _answer(self, peer: PeerId, payload: bytes) -> bytes:
        found = self._own(decode(BundleRequest, payload).serial)
        if found is None:
            raise RefusedError("unknown", "no such part here")
        try:
            await self._reads.account_of(peer, role=members.AUDITOR)
        except IgnoreError as error:
            raise RefusedError("not-yours", "bundles go to registered auditors") from error
        state, part, unit = found
        return await self._reads.ask(lambda chain: self._export(chain, state, part, unit))

    def _export(self, chain: Chain, state: Post, part: int, unit: int) -> bytes:
        contracts, posted = self._reads.contracts, state.posted
        assert state.result is not None  # noqa: S101  # a job with parts has a result
        bundle = Bundle(
            version=2,
            part=part,
            unit=unit,
            call=posted.call,
            root=posted.root,
            nonce=posted.nonce,
            packages=tuple(merkle.leaf_hash(encode(leaf)) for leaf in posted.leaves),
            commitments=tuple(c.commitment for c in state.commitments),
            reveals=tuple(r.reveal for r in state.reveals),
            result=sign(self._identity.signing, AWARD, encode(state.result)),
            certificates=_certificates(state),
            notes=tuple(arrived.note for arrived in _arrived(state)),
            steps=_steps(state, part),
            logs=_proofs(chain, contracts, state),
        )
        return encode(bundle)


def audit_file(path: Path, node: str, checkpoint: str | None) -> Document:
    """Verify a bundle file without network: contracts and known blocks come from a node's folder or a checkpoint.

    Raises:
        ConfigError: ``node`` names no folder to take the federation's contracts from.
        RequestError: a checkpoint that is not ``NUMBER:0xHASH``.
    """
    home = find_home(node)
    if home is None:
        raise ConfigError("--node", "an offline audit needs a node's folder for the federation's contract addresses")
    config = load_config(Home(path=home).config)
    contracts = contracts_at(Deployment.from_json(config.ledger.deployment.read_text()))
    known = _parse_checkpoint(checkpoint)
    blocks = _Blocks(Home(path=home).database)
    return document_of(audit(path.read_bytes(), contracts, lambda number: known.get(number) or blocks.hash(number)))


def document_of(report: Report) -> Document:
    """A report as the command line and the HTTP interface show it."""
    counts = {outcome: sum(check.outcome is outcome for check in report.checks) for outcome in Outcome}
    summary = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    return {
        "serial": report.serial,
        "verdict": report.verdict.value,
        "summary": summary,
        "checks": [{"what": c.what, "outcome": c.outcome.value, "text": c.text} for c in report.checks],
    }


class _Blocks:
    """The block hashes that this node's follower has seen, read from its database even while it runs."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def hash(self, number: int) -> bytes | None:
        """Hash of the block with ``number``, or None when this node never saw it."""
        if not self._database.exists():
            return None
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT hash FROM seen_block WHERE number = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])


def _arrived(state: Post) -> tuple[RecordsArrived, ...]:
    """The verified records of each assignment, as far as they are there."""
    return tuple(assigned.arrived for assigned in state.assigned if assigned.arrived is not None)


def _certificates(state: Post) -> tuple[bytes, ...]:
    found = {certificate for arrived in _arrived(state) for certificate in arrived.certificates}
    return tuple(sorted(found))


def _steps(state: Post, part: int) -> tuple[Step, ...]:
    """The part's records in routing order, each with its place in its assignment's evidence tree."""
    steps = []
    for index, arrived in enumerate(_arrived(state)):
        leaves = [logged.record.envelope for logged in arrived.records]
        for offset, _operation in enumerate(operations_of(state, index)):
            position = offset * state.call.quantity + part - 1
            steps.append(
                Step(
                    logged=arrived.records[position],
                    assignment=index,
                    index=position,
                    size=len(leaves),
                    proof=merkle.prove(leaves, position),
                )
            )
    return tuple(steps)


def _proofs(chain: Chain, contracts: Contracts, state: Post) -> tuple[LogProof, ...]:
    """Every ledger event that the part's evidence rests on, proven into its block."""
    accounts = {state.posted.owner, *(assigned.provider for assigned in state.assigned)}
    job, design = state.call.job, state.call.design
    licences = {licence_of(state, contracts, operation.index) for operation in state.call.operations}
    last = licence_of(state, contracts, len(state.call.operations) - 1)

    heads = {read_note(arrived.note).checkpoint.root for arrived in _arrived(state)}

    def wanted(event: object) -> bool:
        match event:
            case members.Registered():
                return event.account in accounts
            case designs.Sealed():
                return event.commitment == design
            case designs.Licensed():
                return event.licence in licences
            case designs.Recorded():
                return event.licence == last
            case orders.Opened() | orders.Awarded() | orders.Assigned() | orders.Attested():
                return event.job == job
            case provenance.Anchored():
                return event.root in heads
        return False

    logs = [log for log in _logs(chain, contracts) if wanted(contracts.decode(log))]
    return tuple(prove(chain, log) for log in logs)


def _logs(chain: Chain, contracts: Contracts) -> Iterator[Log]:
    head = chain.head().number
    for first in range(contracts.block, head + 1, WINDOW):
        yield from chain.logs(first, min(head, first + WINDOW - 1), contracts.addresses)


def _hash(chain: Chain, number: int) -> bytes | None:
    block = chain.block(number)
    return None if block is None else block.hash


def _parse(serial: str) -> Digest:
    try:
        mark = bytes.fromhex(serial)
    except ValueError:
        mark = b""
    if len(mark) != HASH_BYTES:
        raise RequestError("bad-serial", f"{serial!r} is neither a bundle file nor a serial of 64 hexadecimal digits")
    return Digest(mark)


def _parse_checkpoint(text: str | None) -> dict[int, bytes]:
    if text is None:
        return {}
    number, _, block_hash = text.partition(":")
    try:
        return {int(number): bytes.fromhex(block_hash.removeprefix("0x"))}
    except ValueError as error:
        raise RequestError("bad-checkpoint", f"{text!r} is not a checkpoint such as 4171:0x5f…") from error
