"""Verifies one part from its bundle: every check holds, is contradicted, or cannot be made, and says why.

Needs no network. What it trusts: the contracts' addresses (a deployment) and the block hashes that ``trusted`` knows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from ledger import designs, members, orders, provenance
from ledger.bundle import Bundle
from ledger.contracts import Contracts
from ledger.proofs import ProofError, VerifiedLog, verify
from ledger.types import Log
from protocol import merkle
from protocol.auction import Commitment, Reveal, check_bid, seal_of
from protocol.award import transcript_root
from protocol.certificate import open_certificates
from protocol.checkpoint import read_note
from protocol.errors import ProtocolError, RejectError
from protocol.ids import Address, Digest, PeerId
from protocol.job import Call
from protocol.opening import open_bids
from protocol.params import PROCESSES
from protocol.production import check_logged
from protocol.record import OpenedRecord, open_record
from protocol.result import Result, decide
from protocol.seal import commitment_of
from protocol.signed import verify as verify_signature
from protocol.topics import AWARD, CALL, COMMITMENT, REVEAL
from protocol.wire import decode, encode

T = TypeVar("T")


class Outcome(Enum):
    """What a check says."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer in words."""

    what: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks of one part."""

    serial: str
    """Hex of the part's mark; empty when the file is too broken to tell."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Outcome:
        """The worst outcome: one contradiction outweighs all, one gap outweighs what holds."""
        outcomes = {check.outcome for check in self.checks}
        for outcome in (Outcome.CONTRADICTED, Outcome.NOT_CHECKABLE):
            if outcome in outcomes:
                return outcome
        return Outcome.HOLDS


Trusted = Callable[[int], bytes | None]
"""The hash of the block with a number, or None when this auditor does not know it."""


def audit(content: bytes, contracts: Contracts, trusted: Trusted) -> Report:
    """Verify the part in the bundle file ``content``."""
    try:
        bundle = decode(Bundle, content)
        facts = _Facts(bundle, contracts)
    except (ProtocolError, ProofError, ValueError) as error:
        broken = Check(what="bundle", outcome=Outcome.CONTRADICTED, text=f"the file is not what was exported: {error}")
        return Report(serial="", checks=(broken,))
    checks = [_check_blocks(facts, trusted)]
    for what, check in _CHECKS:
        checks.append(_run(what, check, facts))
    checks += [_run(_step_name(facts, number), _check_step(number), facts) for number in range(len(bundle.steps))]
    return Report(serial=facts.serial.hex(), checks=tuple(checks))


class _Facts:
    """The bundle opened: what is signed, and what the ledger said."""

    def __init__(self, bundle: Bundle, contracts: Contracts) -> None:
        self.bundle = bundle
        self.contracts = contracts
        self.call = decode(Call, verify_signature(bundle.call, CALL))
        self.result = decode(Result, verify_signature(bundle.result, AWARD))
        self.proven = tuple(verify(proof) for proof in bundle.logs)
        self.events = tuple(_decode(log, contracts) for log in self.proven)
        self.notes = tuple(read_note(note) for note in bundle.notes)
        certificates = open_certificates(bundle.certificates)
        self.opened = tuple(open_record(step.logged.record, certificates) for step in bundle.steps)
        self.records = tuple(record.facts for record in self.opened)

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """The ledger's events of one kind, in the order of the file."""
        return tuple(event for event in self.events if isinstance(event, kind))

    def account(self, peer: PeerId) -> Address:
        """The account that registered ``peer``.

        Raises:
            RejectError: the bundle proves none.
        """
        found = [event.account for event in self.all(members.Registered) if event.peer == peer]
        if not found:
            raise RejectError(f"no registration of peer {peer.hex()[:8]} is proven")
        return found[-1]

    def licence(self, operation: int) -> Digest:
        """The licence that ``operation`` was done under."""
        record = self.opened[operation]
        return self.contracts.designs.licence_id(
            owner=self.account(self.call.customer),
            commitment=self.call.design,
            package=self.bundle.packages[operation + 1],
            licensee=self.account(record.provider),
        )

    @property
    def serial(self) -> Digest:
        """The part's mark."""
        return self.contracts.designs.serial_id(self.licence(len(self.records) - 1), self.bundle.unit)


def _decode(log: VerifiedLog, contracts: Contracts) -> object:
    entry = Log(
        address=log.address,
        topics=log.topics,
        payload=log.payload,
        block=log.block_number,
        block_hash=log.block_hash,
        transaction=b"",
        index=0,
    )
    event = contracts.decode(entry)
    if event is None:
        raise RejectError(f"a log of 0x{log.address.hex()} is none of this federation's")
    return event


def _run(what: str, check: Callable[["_Facts"], str], facts: _Facts) -> Check:
    try:
        return Check(what=what, outcome=Outcome.HOLDS, text=check(facts))
    except (ProtocolError, LookupError) as error:
        return Check(what=what, outcome=Outcome.CONTRADICTED, text=str(error))


def _check_blocks(facts: _Facts, trusted: Trusted) -> Check:
    """Every proven event stands in a block that the auditor's chain has."""
    blocks = {(log.block_number, log.block_hash) for log in facts.proven}
    unknown = 0
    for number, found in sorted(blocks):
        known = trusted(number)
        if known is None:
            unknown += 1
        elif known != found:
            return Check(
                what="chain",
                outcome=Outcome.CONTRADICTED,
                text=f"block {number} is 0x{known.hex()[:12]} on the chain, 0x{found.hex()[:12]} in the bundle",
            )
    if unknown:
        text = f"{unknown} of {len(blocks)} blocks are not known here; give a checkpoint or ask a node"
        return Check(what="chain", outcome=Outcome.NOT_CHECKABLE, text=text)
    text = f"{len(facts.proven)} events proven into {len(blocks)} blocks of the chain"
    return Check(what="chain", outcome=Outcome.HOLDS, text=text)


def _check_order(facts: _Facts) -> str:
    call, order = facts.call, _one(facts.all(orders.Opened), "an opened order")
    _must(facts.bundle.version == 2, "the bundle has an unknown version")
    _must(call.chain == facts.contracts.chain_id, "the call is for another chain")
    _must(call.orders == facts.contracts.orders.address, "the call is for another order contract")
    _must(facts.bundle.call.author == call.customer, "the call is not signed by its customer")
    _must(order.job == call.job, "the order is another job's")
    _must(order.customer == facts.account(call.customer), "the order is not the customer's")
    _must(order.call == merkle.leaf_hash(facts.bundle.call.payload), "the call is not the one that was ordered")
    _must(order.design == call.design, "the order is for another design")
    _must(order.pack == call.rule_pack, "the order was opened under other rules")
    return f"order {call.job.hex()[:12]} of 0x{order.customer.hex()[:8]}, escrow {order.budget} cents"


def _check_design(facts: _Facts) -> str:
    call, bundle = facts.call, facts.bundle
    owner = facts.account(call.customer)
    opened = commitment_of(
        chain=call.chain, registry=facts.contracts.designs.address, owner=owner, root=bundle.root, nonce=bundle.nonce
    )
    _must(opened == call.design, "the design's root does not open its commitment")
    _must(merkle.root_of_hashes(bundle.packages) == bundle.root, "the packages are not those that were sealed")
    _must(len(bundle.packages) == len(call.operations) + 1, "there is not one package for each operation")
    sealed = _one(facts.all(designs.Sealed), "a sealed design")
    _must((sealed.owner, sealed.commitment) == (owner, call.design), "another design was sealed")
    order = _block_of(facts, orders.Opened)
    _must(_block_of(facts, designs.Sealed) <= order, "the design was sealed after the order")
    return f"commitment {call.design.hex()[:12]} sealed in block {_block_of(facts, designs.Sealed)}"


def _check_award(facts: _Facts) -> str:
    call, bundle, result = facts.call, facts.bundle, facts.result
    _must(bundle.result.author == call.customer, "the result is not signed by the customer")
    reveals = _opened_reveals(facts)
    transcript = transcript_root(
        encode(bundle.call), [encode(c) for c in bundle.commitments], [r.payload for r in bundle.reveals]
    )
    opened = open_bids(
        call, (c.author for c in bundle.commitments), {r.bid.provider: r for r in reveals}, result.declined
    )
    recomputed = decide(call, opened.bids, transcript, opened.excluded)
    _must(recomputed == result, "the award does not follow from the revealed bids")
    award = result.award
    if award is None:
        raise RejectError("the auction ended without award")
    awarded = _one(facts.all(orders.Awarded), "an award on the ledger")
    _must((awarded.job, awarded.transcript) == (call.job, transcript), "the ledger holds another transcript")
    assigned = sorted(facts.all(orders.Assigned), key=lambda event: event.index)
    _must([event.index for event in assigned] == list(range(len(award.assignments))), "assignments are missing")
    for event, assignment in zip(assigned, award.assignments, strict=True):
        _must(event.job == call.job, "an assignment is another job's")
        _must(
            event.provider == facts.account(assignment.provider), f"assignment {event.index} went to another provider"
        )
        _must(event.price == assignment.price, f"assignment {event.index} has another price")
    return f"recomputed from {len(reveals)} bids: {award.price} cents over {len(award.assignments)} assignments"


def _opened_reveals(facts: _Facts) -> tuple[Reveal, ...]:
    seals = {}
    for signed in facts.bundle.commitments:
        commitment = decode(Commitment, verify_signature(signed, COMMITMENT))
        _must(commitment.provider == signed.author, "a commitment is not signed by its provider")
        seals[signed.author] = commitment.seal
    reveals = []
    for signed in facts.bundle.reveals:
        reveal = decode(Reveal, verify_signature(signed, REVEAL))
        check_bid(reveal.bid, facts.call)
        _must(reveal.bid.provider == signed.author, "a reveal is not signed by its provider")
        _must(seals.get(signed.author) == seal_of(reveal.bid, reveal.salt), "a reveal opens no commitment")
        reveals.append(reveal)
    return tuple(reveals)


def _check_licences(facts: _Facts) -> str:
    licensed = {event.licence: event for event in facts.all(designs.Licensed)}
    for operation, record in enumerate(facts.opened):
        event = licensed.get(facts.licence(operation))
        if event is None:
            raise RejectError(f"operation {operation + 1} was done without a licence")
        _must(event.licensee == facts.account(record.provider), f"operation {operation + 1}'s licence is another's")
        _must(event.units == facts.call.quantity, f"operation {operation + 1} was licensed for another count")
        _must(facts.bundle.part <= event.units, f"part {facts.bundle.part} is beyond the licensed count")
    return f"{len(facts.records)} licences of {facts.call.quantity} units each"


def _check_serial(facts: _Facts) -> str:
    licence = facts.licence(len(facts.records) - 1)
    minted = [event for event in facts.all(designs.Recorded) if event.licence == licence]
    _must(any(event.first <= facts.bundle.unit <= event.last for event in minted), "the serial was never minted")
    _must(facts.bundle.unit <= facts.call.quantity, "the serial is beyond the licensed count")
    return f"unit {facts.bundle.unit} of licence {licence.hex()[:12]}"


def _check_quality(facts: _Facts) -> str:
    measured = [m for record in facts.records for m in record.measurements]
    failed = [m.name for m in measured if not m.conforms]
    _must(not failed, f"out of tolerance: {', '.join(failed)}")
    return (
        f"{len(measured)} characteristics measured, all within tolerance" if measured else "nothing was to be measured"
    )


def _check_step(number: int) -> Callable[[_Facts], str]:
    def check(facts: _Facts) -> str:
        step, record, call = facts.bundle.steps[number], facts.records[number], facts.call
        award = facts.result.award
        _must(award is not None and len(facts.records) == len(call.operations), "steps are missing")
        _must((record.job, record.operation, record.part) == (call.job, number, facts.bundle.part), "another step")
        assignment = award.assignments[step.assignment] if award is not None else None
        if assignment is None or not assignment.offer.first <= number <= assignment.offer.last:
            raise RejectError("the step belongs to another assignment")
        opened, log = facts.opened[number], facts.notes[step.assignment]
        _must(opened.provider == assignment.provider, "the step was done by somebody else than the winner")
        _must(record.program == facts.bundle.packages[number + 1], "the machine worked from another package")
        before = call.design if number == 0 else facts.opened[number - 1].digest
        _must(record.previous == before, "the step does not continue the part's chain")
        evidence = _evidence(facts, step.assignment, opened)
        covered = assignment.offer.last - assignment.offer.first + 1
        position = (number - assignment.offer.first) * call.quantity + facts.bundle.part - 1
        _must((step.index, step.size) == (position, covered * call.quantity), "the step stands elsewhere in its tree")
        merkle.verify(step.logged.record.envelope, step.index, step.size, step.proof, evidence)
        check_logged((step.logged,), log, opened.provider)
        witnesses = f"{len(log.cosignatures)} witnesses"
        return f"{record.machine}, signed for {opened.provider.hex()[:8]}, attested, logged ({witnesses}) and anchored"

    return check


def _evidence(facts: _Facts, assignment: int, record: OpenedRecord) -> Digest:
    """The root that the winner attested for ``assignment``, once the head of its log is anchored."""
    account = facts.account(record.provider)
    attested = [e for e in facts.all(orders.Attested) if (e.job, e.index) == (facts.call.job, assignment)]
    event = _one(attested, f"an attestation of assignment {assignment}")
    _must(event.provider == account, "somebody else attested it")
    head = facts.notes[assignment].checkpoint
    anchored = [(a.publisher, a.subject, a.root) for a in facts.all(provenance.Anchored)]
    _must((account, head.log, head.root) in anchored, "the head of its log was not anchored")
    return event.evidence


def _step_name(facts: _Facts, number: int) -> str:
    if number >= len(facts.call.operations):
        return f"step {number + 1}"
    return f"step {number + 1}: {PROCESSES.get(facts.call.operations[number].process, 'unknown process')}"


def _block_of(facts: _Facts, kind: type) -> int:
    return next(
        log.block_number for log, event in zip(facts.proven, facts.events, strict=True) if isinstance(event, kind)
    )


def _one(found: Sequence[T], what: str) -> T:
    if len(found) != 1:
        raise RejectError(f"the bundle proves {len(found)} times {what}, not once")
    return found[0]


def _must(claim: object, otherwise: str) -> None:
    if not claim:
        raise RejectError(otherwise)


_CHECKS: tuple[tuple[str, Callable[[_Facts], str]], ...] = (
    ("order", _check_order),
    ("design", _check_design),
    ("award", _check_award),
    ("licences", _check_licences),
    ("serial", _check_serial),
    ("quality", _check_quality),
)
