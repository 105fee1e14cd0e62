"""This node among witnesses: it cosigns other logs' checkpoints if they only grew, and has its own log's cosigned."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256

import trio

from federation.errors import FederationError, RefusedError
from federation.network import Network
from node.errors import UnavailableError
from node.store.database import Database
from node.store.witnessed import Witnessed
from protocol.checkpoint import Checkpoint, cosign, read_cosignature, read_note, with_cosignatures
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, PeerId
from protocol.requests import Consistency, ConsistencyRequest
from protocol.signed import Signer
from protocol.topics import FETCH_CONSISTENCY, WITNESS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from protocol.witness import (
    Addition,
    SplitError,
    SplitView,
    StaleError,
    check_growth,
    judge_addition,
    read_addition,
    write_addition,
)

log = logging.getLogger("guildmark.witness")

WITNESSES = 4
"""Nodes asked to cosign one checkpoint; each more costs a request, and makes a split view dearer by one accomplice."""

PATIENCE = 5.0
"""Seconds for all of them together: a record's anchor does not wait for the absent."""

STALE = "stale"
"""Code of a refusal whose text is the size that the witness cosigned last (HTTP 409 in tlog-witness)."""

Registered = Callable[[PeerId], Awaitable[object]]
"""Returns when a peer is a provider; raises ``IgnoreError`` when it is none, ``UnavailableError`` when nobody knows."""

Prove = Callable[[int, int], Awaitable[tuple[Digest, ...]]]
"""Consistency proof of our log from an old to a new size."""


class Witness:
    """Both sides of the witness protocol; what it has seen of others' logs is in the node's database."""

    def __init__(
        self,
        *,
        network: Network,
        database: Database,
        signer: Signer,
        registered: Registered,
        wall: Callable[[], UnixSeconds],
    ) -> None:
        self._network = network
        self._database = database
        self._signer = signer
        self._registered = registered
        self._wall = wall
        self._seen: dict[PeerId, int] = {}

    async def serve(self) -> None:
        """Make the tables and answer logs that ask."""
        await self._database.write(Witnessed.create)
        self._network.serve(WITNESS, self._answer)

    async def meet(self, note: bytes) -> None:
        """Follow a log to a note that came from anywhere, or find out that it contradicts what the log showed before.

        Raises:
            RejectError: it is no note of a provider's log, or contradicts an earlier one; the evidence is kept then.
            UnavailableError: the ledger or the log does not answer, so that nothing is known.
        """
        checkpoint = read_note(note).checkpoint
        provider = checkpoint.provider
        latest = await self._database.write(lambda connection: Witnessed(connection).latest(provider))
        if latest is None:
            await self._registered(provider)
            await self._follow(provider, Addition(old=0, proof=(), note=note))
            return
        known = read_note(latest).checkpoint
        old, new = sorted((known.size, checkpoint.size))
        proof = await self._fetch_proof(provider, old, new) if 0 < old < new else ()
        try:
            check_growth(latest, note, proof)
            if checkpoint.size > known.size:
                await self._follow(provider, Addition(old=known.size, proof=proof, note=note))
        except SplitError as error:
            await self._accuse(provider, error.evidence)
            raise

    async def _follow(self, provider: PeerId, addition: Addition) -> None:
        """Remember a later checkpoint, unless the log was followed elsewhere meanwhile."""
        with suppress(StaleError):
            await self._database.write(lambda connection: _advance(connection, provider, addition))

    async def _fetch_proof(self, provider: PeerId, old: int, new: int) -> tuple[Digest, ...]:
        request = encode(ConsistencyRequest(old=old, new=new))
        try:
            return decode(
                Consistency, await self._network.request(provider, FETCH_CONSISTENCY, request, deadline=PATIENCE)
            ).proof
        except FederationError as error:
            raise UnavailableError(f"the log of {provider.hex()[:8]} does not prove that it grew: {error}") from error

    async def splits(self) -> list[SplitView]:
        """All evidence of logs that showed two histories."""
        return await self._database.write(lambda connection: Witnessed(connection).splits())

    async def cosigned(self, note: bytes, prove: Prove) -> bytes:
        """Our log's ``note`` with the cosignatures of those who can be asked now, in order of witness."""
        checkpoint = read_note(note).checkpoint
        lines: dict[PeerId, bytes] = {}

        async def ask(witness: PeerId) -> None:
            try:
                lines[witness] = await self._ask(witness, note, checkpoint, prove)
            except (FederationError, RejectError) as error:
                log.info("no cosignature from %s: %s", witness.hex()[:8], error)

        with trio.move_on_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                # By lot: a provider that looks for accomplices does not know long before whose turn it is.
                drawn = sorted(self._network.peers(), key=lambda peer: sha256(checkpoint.root + peer).digest())
                for witness in drawn[:WITNESSES]:
                    nursery.start_soon(ask, witness)
        return with_cosignatures(note, [lines[witness] for witness in sorted(lines)])

    async def _ask(self, witness: PeerId, note: bytes, checkpoint: Checkpoint, prove: Prove) -> bytes:
        old = min(self._seen.get(witness, 0), checkpoint.size)
        try:
            line = await self._add(witness, note, old, await prove(old, checkpoint.size))
        except RefusedError as error:
            if error.code != STALE or not error.text.isdecimal() or int(error.text) > checkpoint.size:
                raise
            old = int(error.text)
            line = await self._add(witness, note, old, await prove(old, checkpoint.size))
        if read_cosignature(line, checkpoint).witness != witness:
            raise RejectError("somebody else's cosignature")
        self._seen[witness] = checkpoint.size
        return line

    async def _add(self, witness: PeerId, note: bytes, old: int, proof: tuple[Digest, ...]) -> bytes:
        request = write_addition(Addition(old=old, proof=proof, note=note))
        return await self._network.request(witness, WITNESS, request, deadline=PATIENCE)

    async def _answer(self, _peer: PeerId, payload: bytes) -> bytes:
        addition = read_addition(payload)
        provider = read_note(addition.note).checkpoint.provider
        try:
            await self._registered(provider)
        except IgnoreError as error:
            raise RefusedError("unknown-log", str(error)) from error
        except UnavailableError as error:
            raise RefusedError("not-now", "the ledger cannot be asked") from error
        try:
            # One transaction: of two requests that extend one checkpoint differently, one comes second.
            checkpoint = await self._database.write(lambda connection: _advance(connection, provider, addition))
        except StaleError as error:
            raise RefusedError(STALE, str(error.size)) from error
        except SplitError as error:
            await self._accuse(provider, error.evidence)
            raise RefusedError("split-view", str(error)) from error
        return cosign(self._signer, checkpoint, self._wall())

    async def _accuse(self, provider: PeerId, evidence: SplitView) -> None:
        if await self._database.write(lambda connection: Witnessed(connection).accuse(provider, evidence)):
            log.error("the log of %s showed two histories; the evidence is kept", provider.hex()[:8])


def _advance(connection: sqlite3.Connection, provider: PeerId, addition: Addition) -> Checkpoint:
    witnessed = Witnessed(connection)
    checkpoint = judge_addition(addition, witnessed.latest(provider))
    witnessed.keep(provider, addition.note)
    return checkpoint
