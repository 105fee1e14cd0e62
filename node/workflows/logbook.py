"""A provider's logbook: what its machines sign, in one log that only grows, under heads that others witness.

Everything that a record depends on is settled in one transaction: the event, the entry in the log and the head of the
machine's chain. Heads are closed one after the other, each with the number of entries since the one before, so that the
counts that are anchored add up to the log.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import trio

from node.clock import Clock
from node.store.database import Database
from node.store.record_log import RecordLog
from node.workflows.answered import CloseLog, LogClosed, PartMade
from node.workflows.runner import Happened, Runner, mark_done
from node.workflows.witness import Witness
from protocol.certificate import Certificate, certify, open_certificate
from protocol.checkpoint import read_note, sign_checkpoint
from protocol.errors import RejectError
from protocol.facts import StepFacts, conforming
from protocol.ids import Digest, MachineId, MachineKey, PeerId
from protocol.params import CERTIFICATE_LIFETIME
from protocol.record import LoggedRecord, Record, make_record
from protocol.signed import Signer
from protocol.units import UnixSeconds
from protocol.wire import encode

BACKDATED = CERTIFICATE_LIFETIME // 2
"""Plant seconds by which a certificate begins before it is made: it covers runs that ended while the node was down."""

RENEWED = CERTIFICATE_LIFETIME // 4
"""Plant seconds before its end at which a certificate is followed by the next."""

Say = Callable[[Digest], StepFacts]
"""What a machine has to say about one part, given its record before."""


class Logbook:
    """One provider's; ``open`` before anything else."""

    def __init__(
        self,
        *,
        provider: Signer,
        machines: Mapping[MachineId, Signer],
        database: Database,
        runner: Runner,
        random: Callable[[int], bytes],
        witness: Witness,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._machines = machines
        self._database = database
        self._runner = runner
        self._random = random
        self._witness = witness
        self._clock = clock
        self._writing = trio.Lock()  # an entry's number and its machine's head are known before it is written
        self._closing = trio.Lock()  # anchors reach the ledger in the order in which the log grew

    async def open(self) -> None:
        """Make the log where there is none, and certify every machine."""
        await self._database.write(RecordLog.create)
        for machine in self._machines:
            await self._database.write(partial(self._certified, machine, self._clock.now()))

    async def certificates(self, digests: Collection[Digest]) -> tuple[bytes, ...]:
        """Certificates of our machines, in order of digest."""

        def read(connection: sqlite3.Connection) -> tuple[bytes, ...]:
            return tuple(RecordLog(connection).certificate(digest) for digest in sorted(digests))

        return await self._database.write(read)

    async def record(self, stream: str, machine: MachineId, says: Sequence[Say]) -> None:
        """Sign, log and post what ``machine`` did in one run: one ``PartMade`` for each part, all or none."""
        async with self._writing:
            certificate, head = await self._database.write(partial(self._certified, machine, self._clock.now()))
            size = await self._database.write(lambda connection: RecordLog(connection).size)
            made: list[PartMade] = []
            for entry, say in enumerate(says, start=size):
                made.append(self._made(entry, say(head), certificate))
                head = made[-1].record.digest

            events = [(stream, f"part/{part.operation}/{part.part}", part) for part in made]

            def append(connection: sqlite3.Connection) -> None:
                if _stands(connection, *events[0]):
                    RecordLog(connection).advance(machine, [part.record.envelope for part in made])

            await self._runner.post_all(events, within=append)

    async def close(self, stream: str, effect: CloseLog) -> Happened | None:
        """Have the log's head witnessed, and say what is to be anchored."""
        async with self._closing:
            said = (entry.event for entry in await self._runner.history(stream))
            if any(isinstance(event, LogClosed) and event.index == effect.index for event in said):
                return None
            size, root, before = await self._database.write(_head)
            note = await self._witness.cosigned(sign_checkpoint(self._provider, size, root), self.prove_growth)
            event = LogClosed(index=effect.index, note=note, grown=size - before)

            def keep(connection: sqlite3.Connection) -> None:
                if _stands(connection, stream, effect.key, event):
                    RecordLog(connection).close(size, note)
                mark_done(connection, stream, CloseLog, effect.key)

            # Posted inside the lock and with the checkpoint: what counts as anchored has its anchor in the outbox.
            await self._runner.post(stream, effect.key, event, within=keep)
            return Happened(key=effect.key, event=event)

    async def prove(self, made: Sequence[PartMade], note: bytes) -> tuple[LoggedRecord, ...]:
        """Our records with their places in the log under ``note``."""
        size = read_note(note).checkpoint.size

        def proofs(connection: sqlite3.Connection) -> list[tuple[Digest, ...]]:
            log = RecordLog(connection)
            return [log.prove(part.entry, size) for part in made]

        found = await self._database.write(proofs)
        return tuple(
            LoggedRecord(record=part.record, index=part.entry, proof=proof)
            for part, proof in zip(made, found, strict=True)
        )

    async def prove_growth(self, old: int, new: int) -> tuple[Digest, ...]:
        """RFC 9162 proof that our log only grew from ``old`` to ``new`` entries.

        Raises:
            RejectError: it never had so many, or would have shrunk.
        """

        def prove(connection: sqlite3.Connection) -> tuple[Digest, ...]:
            log = RecordLog(connection)
            if not 0 <= old <= new <= log.size:
                raise RejectError(f"the log did not grow from {old} to {new} entries")
            return log.prove_consistency(old, new)

        return await self._database.write(prove)

    async def note(self) -> bytes | None:
        """Our log's latest checkpoint."""
        return await self._database.write(lambda connection: RecordLog(connection).note())

    def _certified(self, machine: MachineId, now: UnixSeconds, connection: sqlite3.Connection) -> tuple[Digest, Digest]:
        """A machine's certificate, renewed well before its end, and the head of the machine's chain."""
        log = RecordLog(connection)
        key = MachineKey(self._machines[machine].key)
        known = log.machine(machine)
        if known is not None:
            current = open_certificate(log.certificate(known[0]))
            if current.key == key and current.covers(UnixSeconds(now + RENEWED)):
                return known
        begins = UnixSeconds(max(0, now - BACKDATED))
        certificate = Certificate(
            provider=PeerId(self._provider.key),
            machine=machine,
            key=key,
            begins=begins,
            ends=UnixSeconds(begins + CERTIFICATE_LIFETIME),
        )
        return log.certify(machine, certify(self._provider, certificate))

    def _made(self, entry: int, facts: StepFacts, certificate: Digest) -> PartMade:
        record: Record = make_record(
            self._machines[facts.machine],
            facts,
            provider=PeerId(self._provider.key),
            certificate=certificate,
            secret=self._random(32),
        )
        return PartMade(
            operation=facts.operation,
            part=facts.part,
            machine=facts.machine,
            finished=facts.finished,
            conforms=conforming(facts),
            certificate=certificate,
            entry=entry,
            record=record,
        )


def _stands(connection: sqlite3.Connection, stream: str, key: str, event: object) -> bool:
    """Whether it is ``event`` that counts under ``key``, and not what was said under it before a fork of the ledger.

    A fork takes the state back but not the log: work that is done and said already is done again and not said again.
    """
    row = connection.execute("SELECT payload FROM event WHERE stream = ? AND key = ?", (stream, key)).fetchone()
    return row is not None and bytes(row[0]) == encode(event)


def _head(connection: sqlite3.Connection) -> tuple[int, Digest, int]:
    """Entries and root now, and entries under the checkpoint before."""
    log = RecordLog(connection)
    size = log.size
    return size, log.root(size), log.closed
