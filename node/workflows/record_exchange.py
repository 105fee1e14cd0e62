"""Step records between nodes: fetched page by page, checked on arrival, and shown only as far as the asker needs."""

from collections.abc import Iterable

from federation.errors import FederationError, RefusedError
from federation.network import Network
from node.access.table import Action, Role
from node.errors import UnavailableError
from node.workflows import answered
from node.workflows.answered import Answer, own_work
from node.workflows.events import FetchRecords, RecordsArrived
from node.workflows.ledger_reads import LedgerReads
from node.workflows.logbook import Logbook
from node.workflows.posted import Post
from node.workflows.runner import Happened, Runner
from node.workflows.ties import check, records_tie, state_of
from node.workflows.witness import Witness
from protocol.certificate import open_certificates
from protocol.checkpoint import read_note
from protocol.errors import ProtocolError, RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.params import MAX_RECORDS, MAX_RECORDS_REPLY
from protocol.production import NEXT_SHOP, check_logged, evidence_root
from protocol.record import FIELDS, LoggedRecord, open_record, show
from protocol.requests import Consistency, ConsistencyRequest, Records, RecordsRequest
from protocol.topics import FETCH_CONSISTENCY, FETCH_RECORDS
from protocol.wire import decode, encode

DEADLINE = 20.0
"""Seconds that a provider has for one page of records."""


class RecordExchange:
    """Asks for records and hands ours out; what it learns of others' logs goes to the witness."""

    def __init__(
        self, *, network: Network, runner: Runner, reads: LedgerReads, logbook: Logbook, witness: Witness
    ) -> None:
        self._network = network
        self._runner = runner
        self._reads = reads
        self._logbook = logbook
        self._witness = witness

    def serve(self) -> None:
        """Answer the parties of our jobs, and whoever wants to know that our log only grew."""
        self._network.serve(FETCH_RECORDS, self._answer)
        self._network.serve(FETCH_CONSISTENCY, self._answer_consistency)

    async def fetch(self, stream: str, effect: FetchRecords) -> Happened | None:
        """Ask a provider for its records; a provider checks them here, a customer in its workflow."""
        state = self._runner.state(stream)
        assert isinstance(state, Answer | Post)  # noqa: S101  # the only workflows that fetch records
        if state.phase.terminal:
            return None
        peer = await self._reads.peer_of(effect.account)
        try:
            event = await self._collect(peer, state.call.job, effect.index)
            await self._witness.meet(event.note)
            if isinstance(state, Answer):
                check_arrival(state, event, await self._reads.evidence(state.call.job, effect.index))
        except FederationError as error:
            raise UnavailableError(f"records at {peer.hex()[:8]}: {error}") from error
        except ProtocolError as error:
            raise UnavailableError(f"the provider's records are not usable: {error}") from error
        return Happened(key=effect.key, event=event)

    async def _answer_consistency(self, _peer: PeerId, payload: bytes) -> bytes:
        request = decode(ConsistencyRequest, payload)
        return encode(Consistency(proof=await self._logbook.prove_growth(request.old, request.new)))

    async def _collect(self, peer: PeerId, job: JobId, index: int) -> RecordsArrived:
        found: list[LoggedRecord] = []
        while True:
            request = RecordsRequest(job=job, index=index, first=len(found))
            reply = await self._network.request(peer, FETCH_RECORDS, encode(request), deadline=DEADLINE)
            page = decode(Records, reply)
            found += page.records
            if len(found) >= page.total:
                return RecordsArrived(index=index, certificates=page.certificates, note=page.note, records=tuple(found))
            if not page.records:
                raise RejectError("the provider sends no more records than it says there are")

    async def _answer(self, peer: PeerId, payload: bytes) -> bytes:
        request = decode(RecordsRequest, payload)
        state = self._runner.state(answered.stream_of(request.job))
        closed = () if not isinstance(state, Answer) else tuple(c for c in state.closed if c.index == request.index)
        if not isinstance(state, Answer) or not closed:
            raise RefusedError("unknown", "no records of that here")
        subject = await self._reads.subject(peer, Role.CUSTOMER, Role.PROVIDER)
        check(subject, Action.SEE_RECORDS, state=state_of(state), tie=records_tie(state, peer))
        names = FIELDS if peer == state.call.customer else NEXT_SHOP
        work = own_work(state, request.index)
        first = max(0, request.first)
        logged = await self._logbook.prove(work[first : first + MAX_RECORDS], closed[0].note)
        return encode(
            Records(
                total=len(work),
                certificates=await self._logbook.certificates({part.certificate for part in work}),
                note=closed[0].note,
                records=fitting(
                    LoggedRecord(record=show(place.record, names), index=place.index, proof=place.proof)
                    for place in logged
                ),
            )
        )


def fitting(records: Iterable[LoggedRecord]) -> tuple[LoggedRecord, ...]:
    """As many of ``records`` as one answer carries, from the first on, which always fits."""
    page, size = list[LoggedRecord](), 0
    for record in records:
        size += len(encode(record))
        if page and size > MAX_RECORDS_REPLY:
            break
        page.append(record)
    return tuple(page)


def check_arrival(state: Answer, event: RecordsArrived, evidence: Digest) -> None:
    """Whether another provider's records are what it attested and logged, one per part, by its machines.

    Raises:
        RejectError: they are not.
    """
    if evidence_root([logged.record for logged in event.records]) != evidence:
        raise RejectError("records are not those that were attested")
    assignment = state.assignments[event.index]
    check_logged(event.records, read_note(event.note), assignment.provider)
    covered = range(assignment.offer.first, assignment.offer.last + 1)
    places = [(operation, part) for operation in covered for part in range(1, state.call.quantity + 1)]
    certificates = open_certificates(event.certificates)
    opened = [open_record(logged.record, certificates) for logged in event.records]
    found = [(record.value("operation"), record.value("part")) for record in opened]
    if found != places or any(record.value("job") != state.call.job for record in opened):
        raise RejectError("records are not one for each part of each operation")
    if any(record.provider != assignment.provider for record in opened):
        raise RejectError("a record is not by the provider of its operation")
