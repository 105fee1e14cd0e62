"""The digital thread: signed step records, one chain per part, one tree per operation, and who may say what."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from protocol import merkle
from protocol.errors import RejectError
from protocol.facts import Measurement
from protocol.ids import Digest, JobId, MachineId, PeerId
from protocol.params import MAX_MEASUREMENTS, MAX_TEXT
from protocol.signed import Signed, verify
from protocol.units import UnixSeconds, WattHours
from protocol.wire import decode, encode

RECORD_TOPIC = "record/1"
"""Domain under which step records are signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What one machine did to one part; signed by the provider (domain ``record/1``)."""

    job: JobId
    part: int
    """Number of the part in the job, from 1."""

    operation: int
    provider: PeerId
    machine: MachineId
    program: Digest
    """RFC 9162 leaf hash of the package that the machine worked from; it stands in the licence as well."""

    started: UnixSeconds
    """Plant time."""

    finished: UnixSeconds
    """Plant time."""

    energy: WattHours
    observations: Digest
    """RFC 9162 root over the controller's observations."""

    measurements: tuple[Measurement, ...]
    """Empty unless the operation measures."""

    previous: Digest
    """Digest of this part's record before; for the first operation the design's commitment."""


def conforming(record: StepRecord) -> bool:
    """Whether every measurement of ``record`` is within its limits."""
    return all(measurement.conforms for measurement in record.measurements)


def open_record(signed: Signed) -> StepRecord:
    """The record in ``signed``.

    Raises:
        RejectError: the signature does not hold, or the provider did not sign it.
    """
    record = decode(StepRecord, verify(signed, RECORD_TOPIC))
    if record.provider != signed.author:
        raise RejectError("record is not signed by its provider")
    return record


def evidence_root(records: Sequence[Signed]) -> Digest:
    """What a provider attests and anchors for one operation: RFC 9162 root over its records in order of part."""
    return merkle.root([encode(record) for record in records])


def check_operation(
    records: Sequence[Signed], *, job: JobId, operation: int, provider: PeerId, previous: Sequence[Digest]
) -> tuple[StepRecord, ...]:
    """The records of one operation, once they are one per part and each continues its part's chain.

    Args:
        previous: per part the digest that its record must continue.

    Raises:
        RejectError: wrong number, job, operation, provider or part; a broken chain; time running backwards; or texts
            and measurements out of bounds.
    """
    if len(records) != len(previous):
        raise RejectError(f"operation {operation} has {len(records)} records for {len(previous)} parts")
    opened = tuple(open_record(signed) for signed in records)
    for number, (record, before) in enumerate(zip(opened, previous, strict=True), start=1):
        if (record.job, record.operation, record.provider, record.part) != (job, operation, provider, number):
            raise RejectError(f"record {number} of operation {operation} is about something else")
        if record.previous != before:
            raise RejectError(f"record {number} of operation {operation} does not continue its part's chain")
        if record.finished < record.started or record.energy < 0:
            raise RejectError(f"record {number} of operation {operation} ends before it begins")
        if len(record.measurements) > MAX_MEASUREMENTS or len(record.machine) > MAX_TEXT:
            raise RejectError(f"record {number} of operation {operation} is too large")
    return opened


def job_id(customer: bytes, key: str) -> JobId:
    """The job that ``customer`` (ledger address) posts under its own idempotency ``key``: the same twice is one."""
    return JobId(sha256(b"guildmark/job/1" + customer + key.encode()).digest())
