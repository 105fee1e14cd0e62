"""A bundle taken apart: what is signed, what the ledger is proven to have said, and where to cite it from."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ledger import designs, members, order_events, provenance
from ledger.bundle import Bundle, Part, Step
from ledger.designs import Designs
from ledger.headers import Header
from ledger.layout import head_slot, licence_slot, member_slot, passport_slot
from ledger.members import Members
from ledger.orders import Orders
from ledger.proofs import ProvenBlock, verify
from ledger.provenance import Provenance
from protocol.award import Assignment
from protocol.blocks import BlockName, open_voucher
from protocol.certificate import open_certificates
from protocol.checkpoint import WITNESS, Note, read_note
from protocol.errors import RejectError
from protocol.ids import Address, Digest, PeerId
from protocol.job import Call
from protocol.record import OpenedRecord, Record, open_record
from protocol.replacement import replaced
from protocol.result import Result
from protocol.signed import verify as verify_signature
from protocol.topics import AWARD, CALL
from protocol.transcript import parts_of, transcript_of
from protocol.wire import decode

T = TypeVar("T")

_NOTE_HEAD = 4
"""Lines of a note before its signatures."""

EVENTS = (
    members.Registered,
    members.Revoked,
    designs.Sealed,
    designs.Licensed,
    designs.Recorded,
    order_events.Opened,
    order_events.Awarded,
    order_events.Assigned,
    order_events.Reawarded,
    order_events.Attested,
    provenance.Anchored,
)
"""What the ledger says of a part; a bundle proves nothing else."""


class Facts:
    """The bundle opened. Whether the proven blocks are the chain's is another question."""

    def __init__(self, bundle: Bundle) -> None:
        """Verify every proof and the signatures of call, result and vouchers.

        Raises:
            ProtocolError, LedgerError: something is not what it has to be.
        """
        self.bundle = bundle
        named = bundle.federation
        self.members, self.orders = Members(named.members), Orders(named.orders)
        self.designs, self.provenance = Designs(named.designs, chain_id=named.chain), Provenance(named.provenance)
        self.auction = transcript_of(parts_of(bundle.auction))
        self.call = decode(Call, verify_signature(self.auction.call, CALL))
        self.result = decode(Result, verify_signature(self.auction.result, AWARD))
        self._certificates = open_certificates(bundle.certificates)
        if list(bundle.certificates) != sorted(set(bundle.certificates)):
            raise RejectError("certificates are twice there or out of order")
        self.notes = tuple(_open_note(content) for content in bundle.notes)
        self._opened: dict[Record, OpenedRecord] = {}
        self.blocks = tuple(verify(proof) for proof in bundle.blocks)
        numbers = [block.header.number for block in self.blocks]
        if not numbers or numbers != sorted(set(numbers)):
            raise RejectError("blocks are missing, twice there or out of order")
        self._events = tuple((block, self._decode(block, at)) for block in self.blocks for at in range(len(block.logs)))
        self._accounts = {event.peer: event.account for event in self.all(members.Registered)}
        self.vouchers = {signed.author: open_voucher(signed) for signed in bundle.vouchers}
        if [signed.author for signed in bundle.vouchers] != sorted(self.vouchers):
            raise RejectError("vouchers are twice there or out of order")
        self._check_state()

    def _check_state(self) -> None:
        """No state is shown but what is asked for; else a wrong name would only look like a proof that is missing."""
        named = self.bundle.federation
        asked = {(named.designs, licence_slot(event.licence)) for event in self.all(designs.Licensed)}
        for account in self._accounts.values():
            asked |= {(named.provenance, head_slot(account)), (named.members, member_slot(account))}
        shown = set(self.latest.storage)
        try:
            asked |= {(named.passports, passport_slot(self.serial(part))) for part in self.bundle.parts}
        except RejectError:  # that a part has no serial is for its own check to say
            shown = {place for place in shown if place[0] != named.passports}
        if shown - asked or any(block.storage for block in self.blocks[:-1]):
            raise RejectError("it shows state that nothing asks for")

    def _decode(self, block: ProvenBlock, at: int) -> object:
        log = block.logs[at]
        for facade in (self.members, self.designs, self.orders, self.provenance):
            event = facade.decode(log) if log.topics else None
            if isinstance(event, EVENTS):
                return event
        raise RejectError(f"a log of 0x{log.address.hex()} is none that belongs in a bundle of this federation")

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """The ledger's events of one kind, in chain order."""
        return tuple(event for _, event in self._events if isinstance(event, kind))

    def one(self, kind: type[T], what: str, claim: Callable[[T], object] = lambda _: True) -> T:
        """The only event of a kind that fulfils ``claim``.

        Raises:
            RejectError: there is none, or more than one.
        """
        found = [event for event in self.all(kind) if claim(event)]
        if len(found) != 1:
            raise RejectError(f"the bundle proves {len(found)} times {what}, not once")
        return found[0]

    def block_of(self, event: object) -> ProvenBlock:
        """Where an event of this bundle stands."""
        return next(block for block, found in self._events if found is event)

    def number_of(self, event: object) -> int:
        """Number of the block that an event of this bundle stands in."""
        return self.block_of(event).header.number

    def cite(self, *events: object) -> tuple[str, ...]:
        """Events as evidence in words."""
        return tuple(f"{type(event).__name__} in {cite_block(self.block_of(event))}" for event in events)

    def vouching(self, block: ProvenBlock) -> frozenset[PeerId]:
        """Those who give their word that ``block`` is the chain's."""
        name = BlockName(number=block.header.number, hash=block.header.hash)
        chain = self.bundle.federation.chain
        return frozenset(a for a, said in self.vouchers.items() if said.chain == chain and name in said.blocks)

    def knows(self, peer: PeerId) -> bool:
        """Whether the bundle proves a registration of ``peer``."""
        return peer in self._accounts

    def account(self, peer: PeerId) -> Address:
        """The account that registered ``peer`` last.

        Raises:
            RejectError: the bundle proves none.
        """
        found = self._accounts.get(peer)
        if found is None:
            raise RejectError(f"no registration of peer {peer.hex()[:8]} is proven")
        return found

    @property
    def latest(self) -> ProvenBlock:
        """The last of the proven blocks; the state that the bundle shows is the one after it."""
        return self.blocks[-1]

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """Who made what: as awarded, and as replaced since.

        Raises:
            RejectError: nothing was awarded, or an assignment was replaced that there is not.
        """
        if self.result.award is None:
            raise RejectError("the auction ended without award")
        awarded = self.result.award.assignments
        if any(not 0 <= one.index < len(awarded) for one in self.bundle.replacements):
            raise RejectError("an assignment was replaced that was never awarded")
        return replaced(awarded, self.bundle.replacements)

    def assignment(self, operation: int) -> int:
        """Index of the assignment that ``operation`` belongs to.

        Raises:
            RejectError: it was awarded to nobody.
        """
        for index, assignment in enumerate(self.assignments):
            if assignment.offer.first <= operation <= assignment.offer.last:
                return index
        raise RejectError(f"operation {operation + 1} was awarded to nobody")

    def maker(self, operation: int) -> PeerId:
        """Who won ``operation``; raises like ``assignment``."""
        return self.assignments[self.assignment(operation)].provider

    def done(self, operation: int) -> Header:
        """The block in which the work on ``operation`` was attested; raises like ``assignment`` and ``attested``."""
        return self.block_of(self.attested(self.assignment(operation))).header

    def licence(self, operation: int) -> Digest:
        """The licence that the winner of ``operation`` needs.

        Raises:
            RejectError: the operation has no winner, no package, or its winner or customer is not registered.
        """
        packages = self.bundle.design.packages
        if operation + 1 >= len(packages):
            raise RejectError(f"operation {operation + 1} has no package")
        return self.designs.licence_id(
            owner=self.account(self.call.customer),
            commitment=self.call.design,
            package=packages[operation + 1],
            licensee=self.account(self.maker(operation)),
        )

    def licensed(self, operation: int) -> designs.Licensed:
        """The grant of the licence for ``operation``.

        Raises:
            RejectError: it is not proven.
        """
        licence = self.licence(operation)
        return self.one(designs.Licensed, f"a licence for operation {operation + 1}", lambda e: e.licence == licence)

    def attested(self, assignment: int) -> order_events.Attested:
        """The word on the ledger that an assignment is done.

        Raises:
            RejectError: it is not proven.
        """
        what = f"an attestation of assignment {assignment + 1}"
        return self.one(order_events.Attested, what, lambda e: (e.job, e.index) == (self.call.job, assignment))

    def record(self, step: Step) -> OpenedRecord:
        """What a step's record says, once it is signed by a certified machine.

        Raises:
            RejectError: it is not, or a disclosure is none of its.
        """
        record = step.logged.record
        if record not in self._opened:
            self._opened[record] = open_record(record, self._certificates)
        return self._opened[record]

    def note(self, assignment: int) -> Note:
        """The checkpoint of the log in which an assignment's records stand.

        Raises:
            RejectError: it is of another log than the winner's.
        """
        if len(self.notes) != len(self.assignments):
            raise RejectError("there is not one checkpoint for each assignment")
        note = self.notes[assignment]
        if note.checkpoint.provider != self.assignments[assignment].provider:
            raise RejectError(f"assignment {assignment + 1} has a checkpoint of another log")
        return note

    def earlier_notes(self) -> list[Note | None]:
        """For each checkpoint the next smaller one of the same log; of equal ones the one before counts as smaller."""
        order = sorted(range(len(self.notes)), key=lambda i: (self.notes[i].checkpoint.size, i))
        latest: dict[PeerId, Note] = {}
        found: list[Note | None] = [None] * len(order)
        for index in order:
            provider = self.notes[index].checkpoint.provider
            found[index] = latest.get(provider)
            latest[provider] = self.notes[index]
        return found

    def serial(self, part: Part) -> Digest:
        """The part's mark.

        Raises:
            RejectError: the routing's last operation has no licence, or a licence has no such unit.
        """
        if not 0 <= part.unit < 1 << 32:
            raise RejectError("a unit is out of bounds")
        return self.designs.serial_id(self.licence(len(self.call.operations) - 1), part.unit)


def _open_note(content: bytes) -> Note:
    """A checkpoint of which every line counts: its log's signature, then cosignatures by witness."""
    note = read_note(content)
    names = [line.split(" ")[1] for line in content.decode().split("\n")[_NOTE_HEAD:-1]]
    if names != [note.checkpoint.origin, *(WITNESS + cosigned.witness.hex() for cosigned in note.cosignatures)]:
        raise RejectError("a checkpoint has lines that say nothing, or in another order")
    return note


def cite_block(block: ProvenBlock) -> str:
    """A block by number and the beginning of its hash."""
    return f"block {block.header.number} 0x{block.header.hash.hex()[:12]}"


def must(claim: object, otherwise: str) -> None:
    """Go on only if ``claim`` is true.

    Raises:
        RejectError: it is not.
    """
    if not claim:
        raise RejectError(otherwise)


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence."""
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else "none"
