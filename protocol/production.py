"""The digital thread: which records make up an operation, what each must continue, and what their provider attests."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from protocol import merkle
from protocol.checkpoint import Note
from protocol.errors import RejectError
from protocol.facts import StepFacts
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call
from protocol.record import LoggedRecord, OpenedRecord, Record

NEXT_SHOP: Final = ("job", "part", "operation", "finished")
"""Fields that the provider of the following operation is shown: enough to go on, and nothing of how it was made."""


def evidence_root(records: Sequence[Record]) -> Digest:
    """What a provider attests for an assignment: RFC 9162 root over its records, by operation, then by part."""
    return merkle.root_of_hashes([record.digest for record in records])


def check_logged(records: Sequence[LoggedRecord], note: Note, provider: PeerId) -> None:
    """Whether every record stands in its provider's log where it is said to.

    Raises:
        RejectError: the note is about another log, or an inclusion proof does not hold.
    """
    checkpoint = note.checkpoint
    if checkpoint.provider != provider:
        raise RejectError("the records come with a checkpoint of another log")
    for logged in records:
        merkle.verify(logged.record.envelope, logged.index, checkpoint.size, logged.proof, checkpoint.root)


def continued(before: Sequence[Digest]) -> Digest:
    """What a part's record continues: RFC 9162 root over the records before it, in order of operation.

    Of a single one that is its digest; where parts join, it names them all.
    """
    return merkle.root_of_hashes(before)


def continuing(call: Call, before: Sequence[Sequence[Digest]]) -> tuple[Digest, ...]:
    """Per part, what its record continues.

    Args:
        before: for each operation right before, its records' digests by part; where there is none, the design begins.
    """
    if not before:
        return (call.design,) * call.quantity
    return tuple(continued(digests) for digests in zip(*before, strict=True))


def check_operation(
    records: Sequence[OpenedRecord], *, job: JobId, operation: int, provider: PeerId, previous: Sequence[Digest]
) -> tuple[StepFacts, ...]:
    """What the records of one operation say, once they are one per part and each continues its part's chain.

    Args:
        previous: per part the digest that its record must continue.

    Raises:
        RejectError: wrong number, job, operation, provider or part; a broken chain; time running backwards; or a field
            that is not shown.
    """
    if len(records) != len(previous):
        raise RejectError(f"operation {operation} has {len(records)} records for {len(previous)} parts")
    told = tuple(record.facts for record in records)
    for number, (record, facts, before) in enumerate(zip(records, told, previous, strict=True), start=1):
        if (facts.job, facts.operation, record.provider, facts.part) != (job, operation, provider, number):
            raise RejectError(f"record {number} of operation {operation} is about something else")
        if facts.previous != before:
            raise RejectError(f"record {number} of operation {operation} does not continue its part's chain")
        if facts.finished < facts.started or facts.energy < 0:
            raise RejectError(f"record {number} of operation {operation} ends before it begins")
    return told


def job_id(customer: bytes, key: str) -> JobId:
    """The job that ``customer`` (ledger address) posts under its own idempotency ``key``: the same twice is one."""
    return JobId(sha256(b"guildmark/job/1" + customer + key.encode()).digest())
