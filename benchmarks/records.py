"""Step records signed and logged, read back and proven, beside securesystemslib (DSSE) and pymerkle (RFC 9162).

CPU time of one core, the median of several rounds in one run; both sides write to SQLite files on the same disk. A
record of ours has fifteen salted fields and an EPCIS hash beside what the peer's has: one signed Statement.
"""

import argparse
import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import process_time

import pymerkle
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from node.store.database import connect
from node.store.record_log import RecordLog
from protocol import merkle
from protocol.certificate import Certificate, certificate_digest, certify, open_certificates
from protocol.dsse import IN_TOTO
from protocol.facts import Lot, StepFacts
from protocol.ids import Digest, JobId, MachineId, MachineKey, MaterialCode, PeerId
from protocol.record import PREDICATE, Record, make_record, open_record
from protocol.signed import Signer, signer_of
from protocol.statement import TYPE
from protocol.units import UnixSeconds, WattHours

START = 1_800_000_000
PEER = 5
"""Proofs asked of the peer's tree; in memory it rebuilds half of itself for each."""

LOT = 50
"""Records in one transaction: a furnace charge, or what group commit gathers while the disk is busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; ``bar`` is in the unit, and better is more, or less where ``less`` says so."""

    what: str
    unit: str
    ours: float
    peer: float
    bar: float | None = None
    less: bool = False

    @property
    def reached(self) -> bool:
        return self.bar is None or (self.ours <= self.bar if self.less else self.ours >= self.bar)

    def __str__(self) -> str:
        wanted = "" if self.bar is None else f"{'<' if self.less else '>='} {self.bar:,g}"
        verdict = "" if self.bar is None else "reached" if self.reached else "MISSED"
        return f"{self.what:44} {self.unit:10} {self.ours:12,.3f} {self.peer:12,.3f}   {wanted:10} {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2_000, help="signed and logged in each round")
    parser.add_argument("--entries", type=int, default=100_000, help="in the log that proofs are taken from")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    provider, machine = signer_of(b"p" * 32), signer_of(b"m" * 32)
    (one,) = _made(provider, machine, certify(provider, _certificate(provider, machine)), 1)[1][:1]
    print(f"one record: envelope {len(one.envelope):,} bytes, disclosures {sum(map(len, one.disclosures)):,} bytes")
    rows = [*records(given.records, given.rounds), *proofs(given.entries, given.rounds)]
    print(f"{'':44} {'':10} {'Guildmark':>12} {'peer':>12}   bar")
    print("\n".join(map(str, rows)))
    return 0 if all(row.reached for row in rows) else 1


def records(count: int, rounds: int) -> Iterator[Row]:
    provider, machine = signer_of(b"p" * 32), signer_of(b"m" * 32)
    certificate = certify(provider, _certificate(provider, machine))
    made = [_made(provider, machine, certificate, count) for _ in range(rounds)]
    theirs = CryptoSigner.generate_ed25519()
    signed = [_signed(theirs, count) for _ in range(rounds)]
    yield Row(
        what="records signed and logged, of one core",
        unit="1/s",
        ours=median(count / spent for spent, _ in made),
        peer=median(count / spent for spent, _ in signed),
        bar=3_000,
    )
    certificates, envelopes, key = open_certificates((certificate,)), signed[0][1], theirs.public_key
    yield Row(
        what="records read and checked, all fields shown",
        unit="1/s",
        ours=median(count / spent(lambda: [open_record(r, certificates) for r in made[0][1]]) for _ in range(rounds)),
        peer=median(count / spent(lambda: _verified(envelopes, key)) for _ in range(rounds)),
    )


def proofs(entries: int, rounds: int) -> Iterator[Row]:
    contents = [b"entry %d" % number for number in range(entries)]
    rng = random.Random(7)  # noqa: S311  # the same entries every time
    chosen = [rng.randrange(entries) for _ in range(200)]
    with _file() as connection:
        log = RecordLog(connection)
        connection.execute("BEGIN")
        log.append(contents)
        connection.execute("COMMIT")
        root = log.root(entries)
        theirs = pymerkle.InmemoryTree(algorithm="sha256")
        theirs.append_entries(contents)
        assert theirs.get_root() == root

        def ours_included() -> None:
            for index in chosen:
                merkle.verify(contents[index], index, entries, log.prove(index, entries), root)

        def theirs_included() -> None:
            for index in chosen[:PEER]:
                pymerkle.verify_inclusion(theirs.get_leaf(index + 1), root, theirs.prove_inclusion(index + 1))

        def ours_grown() -> None:
            for old in chosen:
                merkle.verify_consistency(old, log.root(old), entries, root, log.prove_consistency(old, entries))

        def theirs_grown() -> None:
            for old in chosen[:PEER]:
                pymerkle.verify_consistency(theirs.get_root(old + 1), root, theirs.prove_consistency(old + 1))

        yield Row(
            what=f"inclusion among {entries:,}: proof and check",
            unit="ms",
            ours=median(1e3 * spent(ours_included) / len(chosen) for _ in range(rounds)),
            peer=1e3 * spent(theirs_included) / PEER,
            bar=0.2,
            less=True,
        )
        yield Row(
            what=f"consistency with {entries:,}: proof and check",
            unit="ms",
            ours=median(1e3 * spent(ours_grown) / len(chosen) for _ in range(rounds)),
            peer=1e3 * spent(theirs_grown) / PEER,
            less=True,
        )


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = process_time()
    work()
    return process_time() - began


def _made(provider: Signer, machine: Signer, certificate: bytes, count: int) -> tuple[float, list[Record]]:
    """Seconds for ``count`` records in the log, each continuing its machine's chain, and the records."""
    named, made = certificate_digest(certificate), list[Record]()
    rng = random.Random(3)  # noqa: S311  # salts of a benchmark
    with _file() as connection:
        log = RecordLog(connection)
        _, head = log.certify(MachineId("mill"), certificate)
        began = process_time()
        for first in range(0, count, LOT):
            lot = []
            for part in range(first, first + LOT):
                said = replace(_FACTS, part=part + 1, machine_previous=head)
                record = make_record(
                    machine, said, provider=PeerId(provider.key), certificate=named, secret=rng.randbytes(32)
                )
                head = record.digest
                lot.append(record)
            connection.execute("BEGIN IMMEDIATE")
            log.advance(MachineId("mill"), [record.envelope for record in lot])
            connection.execute("COMMIT")
            made += lot
        return process_time() - began, made


def _signed(signer: CryptoSigner, count: int) -> tuple[float, list[bytes]]:
    """The same by the peers: a Statement with the fields in clear, an entry in a tree."""
    with tempfile.TemporaryDirectory() as folder, pymerkle.SqliteTree(str(Path(folder) / "tree.sqlite")) as tree:
        signed = []
        began = process_time()
        for first in range(0, count, LOT):
            lot = []
            for part in range(first, first + LOT):
                envelope = Envelope(payload=_statement(part), payload_type=IN_TOTO, signatures={})
                envelope.sign(signer)
                lot.append(json.dumps(envelope.to_dict()).encode())
            tree.append_entries(lot)
            signed += lot
        return process_time() - began, signed


def _verified(envelopes: list[bytes], key: SSlibKey) -> None:
    for content in envelopes:
        Envelope.from_dict(json.loads(content)).verify([key], 1)


@contextmanager
def _file() -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder, closing(connect(Path(folder) / "log.sqlite")) as connection:
        RecordLog.create(connection)
        yield connection


def _certificate(provider: Signer, machine: Signer) -> Certificate:
    return Certificate(
        provider=PeerId(provider.key),
        machine=MachineId("mill"),
        key=MachineKey(machine.key),
        begins=UnixSeconds(START - 60),
        ends=UnixSeconds(START + 86_400),
    )


def _statement(part: int) -> bytes:
    fields = {"part": part, "started": START, "finished": START + 600, "energy": 1500, "program": "70" * 32}
    subject = {"name": "part", "digest": {"sha256": "00" * 32}}
    statement = {"_type": TYPE, "subject": [subject], "predicateType": PREDICATE, "predicate": fields}
    return json.dumps(statement, sort_keys=True).encode()


_FACTS = StepFacts(
    job=JobId(b"j" * 32),
    part=1,
    operation=0,
    machine=MachineId("mill"),
    program=Digest(b"p" * 32),
    inputs=(Lot(material=MaterialCode("EN AW-6082"), number="AL-26-0411"),),
    tools=("T01", "T04", "T11"),
    started=UnixSeconds(START),
    finished=UnixSeconds(START + 600),
    energy=WattHours(1500),
    observations=Digest(b"o" * 32),
    measurements=(),
    previous=Digest(b"d" * 32),
    machine_previous=Digest(b"h" * 32),
)

if __name__ == "__main__":
    raise SystemExit(main())
