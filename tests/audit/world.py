"""A job from call to settlement with all its evidence, made from a seed; every person's key is in the test's hand.

``Plan`` says what happened, the truth by default. A forger who controls a key or the chain is a plan with a change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from ledger.bundle import FORMAT, Bundle, Design, Federation, Part, Step
from ledger.designs import Designs
from ledger.layout import head_slot, licence_slot, member_slot, passport_slot
from ledger.proofs import prove
from ledger.verdict import Trust
from protocol import merkle
from protocol.auction import Bid, Reveal
from protocol.award import Assignment
from protocol.blocks import BlockName, Voucher, vouch
from protocol.certificate import Certificate, certificate_digest, certify
from protocol.checkpoint import Checkpoint, cosign, sign_checkpoint, with_cosignatures
from protocol.facts import Lot, Measurement, StepFacts
from protocol.ids import Address, Digest, MachineId, MachineKey, PeerId
from protocol.improvement import found, tender_of
from protocol.job import Call
from protocol.membership import CUSTOMER as CUSTOMER_ROLE
from protocol.membership import PROVIDER
from protocol.opening import open_bids
from protocol.params import INSPECTION, MILLING
from protocol.production import continued
from protocol.record import LoggedRecord, Record, make_record
from protocol.replacement import Cause, Improvement, Replacement, replaced, salvaged, substitutes
from protocol.result import Result
from protocol.routing import predecessors
from protocol.seal import commitment_of, tree_size
from protocol.signed import Signed, public_key, signer_of
from protocol.transcript import Transcript, write
from protocol.units import Cents, Micrometres, UnixSeconds, WattHours
from protocol.wire import decode, encode
from tests.auction.sealed import Bidder, held
from tests.audit.paper import Paper, Said
from tests.unit.governance.examples import FEDERATION, PACK
from tests.unit.protocol.examples import CUSTOMER, START, bid, call, offer, operation, peer, seed

SHOPS = ("mill", "lathe")
GRINDER = "grinder"
COMPENSATION = Cents(100)
"""For which the last operation's maker gives it up."""

WITNESS = "witness"
LATER = START + 10**7
"""When registrations and licences end, wall time."""


Facts = Callable[[StepFacts], StepFacts]
Prover = Callable[[int], tuple[Digest, ...]]


def account(name: str) -> Address:
    """The ledger account of a person."""
    return Address(sha256(b"account" + name.encode()).digest()[:20])


def digest(*parts: object) -> Digest:
    return Digest(sha256(repr(parts).encode()).digest())


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What happens in a job; the defaults are the truth."""

    operations: int = 3
    dear: int = 5_000
    """What both shops ask at least for the first operation at too high a price."""

    quantity: int = 2
    parts: tuple[int, ...] = (1,)
    federation: Federation = FEDERATION
    call_changes: dict[str, Any] = field(default_factory=dict)
    tell: Facts = lambda facts: facts
    """What a machine says instead of what it did."""

    signing_machine: str = ""
    """Whose machine's key signs the records; the winner's by default."""

    certificate_ends: int = START + 10**6
    """Plant time."""

    licence_expiry: int = LATER
    licence_units: int | None = None
    licence_state: dict[str, Any] = field(default_factory=dict)
    minted: tuple[int, int] | None = None
    """First and last unit; all that were ordered by default."""

    recorded: bool = True
    """Units are recorded under the licences."""

    unit_of: Callable[[int], int] = lambda number: number
    membership_expiry: int = LATER
    provider_roles: int = PROVIDER
    left: bool = False
    """The providers ended their membership before the work was attested."""

    renewed: bool = False
    """The providers renewed their registration after the work was attested."""

    hidden_epochs: int = 0
    """Registrations and exits of the providers that the bundle leaves out."""

    anchored_size: int | None = None
    forged_root: bool = False
    """The checkpoint in the bundle is not the one that was anchored."""

    witnesses: tuple[str, ...] = (WITNESS, "stranger")
    """Who cosigns the logs; the stranger is no member."""

    rewritten: bool = False
    """The first entry of every log is another one at its last checkpoint."""

    grown: bool = True
    """Providers show that their logs only grew."""

    replaced: bool = False
    """The last maker gave its assignment back, and the grinder stood in."""

    improved: bool = False
    """The last operation was auctioned again, and the grinder took it over from its maker."""

    fresh_price: int = 600
    """Cents for which the grinder does, in the tender."""

    tender_shown: bool = True
    tender_changes: dict[str, Any] = field(default_factory=dict)
    replacement_changes: dict[str, Any] = field(default_factory=dict)
    named_changes: dict[str, Any] = field(default_factory=dict)
    """Of what the ledger says of the replacement."""

    passport: bool = True
    passport_head: Digest | None = None
    """What the passports point at instead of their parts' last records."""

    topics: int = 4
    """Of the last event; it needs three."""

    show_state: bool = True
    salt: bytes = b""
    """Makes another chain: blocks with the same events under other hashes."""


class World:
    """The evidence of one plan."""

    def __init__(self, plan: Plan | None = None, **changes: Any) -> None:
        self.plan = plan or Plan(**changes)
        named = self.plan.federation
        addresses = {name: getattr(named, name) for name in ("members", "designs", "provenance", "orders", "passports")}
        self.paper = Paper(addresses=addresses, start=START - 1_000)
        self._designs = Designs(named.designs, chain_id=named.chain)

    @property
    def shops(self) -> tuple[str, ...]:
        """Who bids; the grinder only where it is needed."""
        return (*SHOPS, GRINDER) if self.plan.replaced or self.plan.improved else SHOPS

    @cached_property
    def design(self) -> Design:
        packages = tuple(digest("package", index) for index in range(tree_size(self.plan.operations + 1)))
        return Design(root=merkle.root_of_hashes(packages), nonce=b"n" * 32, packages=packages)

    @cached_property
    def call(self) -> Call:
        last = self.plan.operations - 1
        named = self.plan.federation
        commitment = commitment_of(
            chain=named.chain,
            registry=named.designs,
            owner=account("customer"),
            root=self.design.root,
            nonce=self.design.nonce,
        )
        terms: dict[str, Any] = {
            "chain": named.chain,
            "orders": named.orders,
            "rule_pack": PACK.digest,
            "design": commitment,
            "operations": tuple(operation(i, INSPECTION if i == last else MILLING) for i in range(last + 1)),
            "quantity": self.plan.quantity,
            "due": UnixSeconds(START + 10_000 * 3600),
        }
        return call(**{**terms, **self.plan.call_changes})

    @cached_property
    def auction(self) -> Transcript:
        bids = (self._bid(name) for name in self.shops)
        shops = zip(self.shops, bids, strict=True)
        return held(self.call, [Bidder(seed=seed(name), bid=one, salt=digest("salt", name)) for name, one in shops])

    @cached_property
    def result(self) -> Result:
        return decode(Result, self.auction.result.payload)

    @property
    def awarded(self) -> tuple[Assignment, ...]:
        assert self.result.award is not None
        return self.result.award.assignments

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """As replaced."""
        return replaced(self.awarded, self.replacements)

    @cached_property
    def replacements(self) -> tuple[Replacement, ...]:
        if self.plan.improved:
            return (replace(self._improvement(), **self.plan.replacement_changes),)
        if not self.plan.replaced:
            return ()
        index, ready = len(self.awarded) - 1, self.awarded[-1].start
        reveals = {r.bid.provider: r for r in (decode(Reveal, raw) for raw in self.auction.reveals)}
        bids = open_bids(self.call, (c.author for c in self.auction.commitments), reveals).bids
        cause = Cause.DECLINED
        one = substitutes(self.call, bids, self.awarded, index, cause=cause, ready=ready, without=())[0]
        fate, moving, again = salvaged(self.call, self.awarded, index, one, cause)
        told = Replacement(
            job=self.call.job,
            index=index,
            round=1,
            cause=cause,
            failed=self.awarded[index].provider,
            ready=ready,
            assignment=one,
            passed=(),
            salvage=fate,
            moving=moving,
            making_again=again,
        )
        return (replace(told, **self.plan.replacement_changes),)

    @cached_property
    def tender(self) -> Transcript:
        """For the last operation; the grinder is the only one that bids."""
        index = len(self.awarded) - 1
        start = self.awarded[index].start
        times = replace(self.call, earliest=start)
        tender = tender_of(self.call, self.awarded, index, compensation=COMPENSATION, times=times)
        tender = replace(tender, **self.plan.tender_changes)
        hour = (start - START) // 3600
        one = bid(GRINDER, offer(0, hour, hour + 2, self.plan.fresh_price))
        bidding = Bidder(seed=seed(GRINDER), bid=replace(one, job=tender.job), salt=digest("salt", "tender"))
        return held(tender, [bidding])

    def _improvement(self) -> Replacement:
        index, tender = len(self.awarded) - 1, decode(Call, self.tender.call.payload)
        award = decode(Result, self.tender.result.payload).award
        assert award is not None
        one = found(self.call, self.awarded, index, award)
        fate, moving, again = salvaged(self.call, self.awarded, index, one, Cause.IMPROVED)
        return Replacement(
            job=self.call.job,
            index=index,
            round=1,
            cause=Cause.IMPROVED,
            failed=self.awarded[index].provider,
            ready=tender.earliest,
            assignment=one,
            passed=(),
            salvage=fate,
            moving=moving,
            making_again=again,
            improvement=Improvement(compensation=COMPENSATION, tender=tender.job, transcript=award.transcript),
        )

    def _bid(self, name: str) -> Bid:
        """The mill makes the first half of the operations, the lathe the rest; both ask too much for the first."""
        half = (self.plan.operations + 1) // 2
        mine = range(half) if name == "mill" else range(half, self.plan.operations)
        dear = offer(0, 0, 2, self.plan.dear + len(mine))
        if name == GRINDER:
            return bid(name, *(offer(i, 4 * i + 3, 4 * i + 6, 2_000 + i) for i in mine))
        return bid(name, *(offer(i, 4 * i, 4 * i + 2, 1_000 + i) for i in mine), dear)

    # What the machines say.

    @cached_property
    def certificates(self) -> dict[str, bytes]:
        """Of each shop's machine."""
        return {name: self._certificate(name) for name in self.shops}

    def _certificate(self, name: str) -> bytes:
        certificate = Certificate(
            provider=peer(name),
            machine=MachineId("m"),
            key=MachineKey(public_key(seed(f"machine of {name}"))),
            begins=UnixSeconds(START - 60),
            ends=UnixSeconds(self.plan.certificate_ends),
        )
        return certify(signer_of(seed(name)), certificate)

    @cached_property
    def records(self) -> list[list[Record]]:
        """By operation, then by part."""
        made: list[list[Record]] = []
        heads: dict[str, Digest] = {}
        for index in range(self.plan.operations):
            before = [made[one] for one in predecessors(self.call.operations)[index]]
            row = []
            for number in range(1, self.plan.quantity + 1):
                digests = [records[number - 1].digest for records in before]
                previous = continued(digests) if digests else self.call.design
                name = self._maker(index)
                record = self._record(index, number, previous, heads.get(name))
                heads[name] = record.digest
                row.append(record)
            made.append(row)
        return made

    def _maker(self, index: int) -> str:
        (provider,) = [a.provider for a in self.assignments if a.offer.first <= index <= a.offer.last]
        return next(name for name in self.shops if peer(name) == provider)

    def _record(self, index: int, number: int, previous: Digest, machine_previous: Digest | None) -> Record:
        name = self._maker(index)
        named = certificate_digest(self.certificates[name])
        begun = START + 3600 * index + 60 * (number % 60)
        facts = StepFacts(
            job=self.call.job,
            part=number,
            operation=index,
            machine=MachineId("m"),
            program=self.design.packages[index + 1],
            inputs=(Lot(material=self.call.part.material, number="L 7/2"),) if index == 0 else (),
            tools=("T7",),
            started=UnixSeconds(begun),
            finished=UnixSeconds(begun + 50),
            energy=WattHours(120),
            observations=digest("observations", index, number),
            measurements=_measured() if index == self.plan.operations - 1 else (),
            previous=previous,
            machine_previous=machine_previous or named,
        )
        return make_record(
            signer_of(seed(f"machine of {self.plan.signing_machine or name}")),
            self.plan.tell(facts),
            provider=peer(name),
            certificate=named,
            secret=digest("secret", index, number),
        )

    @cached_property
    def log(self) -> dict[str, list[Digest]]:
        """Leaf hashes of each shop's log: its certificate, then its records."""
        logs = {name: [certificate_digest(self.certificates[name])] for name in self.shops}
        for index, row in enumerate(self.records):
            logs[self._maker(index)] += [record.digest for record in row]
        return logs

    @cached_property
    def _logs(self) -> tuple[list[Digest], ...]:
        """For each assignment the entries of its log once its records are in."""
        sizes, found = dict.fromkeys(self.shops, 1), []
        for assignment in self.assignments:
            name = self._maker(assignment.offer.first)
            sizes[name] += self.plan.quantity * (assignment.offer.last - assignment.offer.first + 1)
            first = digest("another entry") if self.plan.rewritten and sizes[name] == len(self.log[name]) else None
            leaves = self.log[name][: sizes[name]]
            found.append([first or leaves[0], *leaves[1:]])
        return tuple(found)

    @cached_property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """For each assignment the head of its log."""
        return tuple(
            Checkpoint(provider=assignment.provider, size=len(leaves), root=merkle.root_of_hashes(leaves))
            for assignment, leaves in zip(self.assignments, self._logs, strict=True)
        )

    @cached_property
    def notes(self) -> tuple[bytes, ...]:
        notes = []
        for checkpoint in self.checkpoints:
            name = next(name for name in self.shops if peer(name) == checkpoint.provider)
            root = digest("another root") if self.plan.forged_root else checkpoint.root
            shown = replace(checkpoint, root=root)
            note = sign_checkpoint(signer_of(seed(name)), shown.size, shown.root)
            witnesses = sorted(self.plan.witnesses, key=peer)
            at = UnixSeconds(START + 5)
            notes.append(with_cosignatures(note, [cosign(signer_of(seed(w)), shown, at) for w in witnesses]))
        return tuple(notes)

    @cached_property
    def consistency(self) -> tuple[tuple[Digest, ...], ...]:
        sizes: dict[PeerId, int] = {}
        proofs = []
        for leaves, checkpoint in zip(self._logs, self.checkpoints, strict=True):
            ranges = merkle.consistency_ranges(sizes.get(checkpoint.provider, 0), checkpoint.size)
            hashes = tuple(merkle.root_of_hashes(leaves[first:last]) for first, last in ranges)
            proofs.append(hashes if self.plan.grown else ())
            sizes[checkpoint.provider] = checkpoint.size
        return tuple(proofs)

    @cached_property
    def _evidence(self) -> list[list[Digest]]:
        """Leaf hashes of each assignment's records."""
        return [
            [record.digest for row in self.records[a.offer.first : a.offer.last + 1] for record in row]
            for a in self.assignments
        ]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        in_evidence = [merkle.prover(leaves) for leaves in self._evidence]
        in_log = [merkle.prover(leaves) for leaves in self._logs]
        return tuple(self._part(number, in_evidence, in_log) for number in self.plan.parts)

    def _assigned(self) -> list[tuple[Assignment, Checkpoint]]:
        return list(zip(self.assignments, self.checkpoints, strict=True))

    def _part(self, number: int, in_evidence: list[Prover], in_log: list[Prover]) -> Part:
        steps = []
        for index, (assignment, checkpoint) in enumerate(self._assigned()):
            first = assignment.offer.first
            count = len(self._evidence[index])
            for operation_ in range(first, assignment.offer.last + 1):
                at = (operation_ - first) * self.plan.quantity + number - 1
                entry = checkpoint.size - count + at
                record = self.records[operation_][number - 1]
                logged = LoggedRecord(record=record, index=entry, proof=in_log[index](entry))
                proof = in_evidence[index](at)
                steps.append(Step(logged=logged, assignment=index, index=at, size=count, proof=proof))
        return Part(number=number, unit=self.plan.unit_of(number), steps=tuple(steps))

    # What the ledger says.

    def _licence(self, index: int) -> Digest:
        return self._designs.licence_id(
            owner=account("customer"),
            commitment=self.call.design,
            package=self.design.packages[index + 1],
            licensee=account(self._maker(index)),
        )

    @cached_property
    def bundle(self) -> Bundle:
        """The evidence as its customer exports it."""
        self._write_ledger()
        last = max(log.block for log in self.paper.logs)
        storage = [(self.plan.federation.designs, licence_slot(self._licence(i))) for i in range(self.plan.operations)]
        storage += [(self.plan.federation.provenance, head_slot(account(name))) for name in self.shops]
        storage += [(self.plan.federation.members, member_slot(account(name))) for name in self.shops]
        if self.plan.passport:
            serials = {self._serial(self.plan.unit_of(number)) for number in self.plan.parts}
            storage += [(self.plan.federation.passports, passport_slot(serial)) for serial in sorted(serials)]
        numbers = sorted({log.block for log in self.paper.logs})
        blocks = tuple(
            prove(
                self.paper,
                number,
                logs=[log for log in self.paper.logs if log.block == number],
                storage=storage if number == last and self.plan.show_state else (),
            )
            for number in numbers
        )
        return Bundle(
            format=FORMAT,
            federation=self.plan.federation,
            rules=PACK,
            design=self.design,
            auction=write(self.auction),
            replacements=self.replacements,
            tenders=(write(self.tender),) if self.plan.improved and self.plan.tender_shown else (),
            certificates=tuple(sorted(self.certificates.values())),
            notes=self.notes,
            consistency=self.consistency,
            parts=self.parts,
            blocks=blocks,
            vouchers=self._vouchers(numbers),
        )

    def _vouchers(self, numbers: list[int]) -> tuple[Signed, ...]:
        blocks = tuple(BlockName(number=number, hash=self.paper.hash(number)) for number in numbers)
        word = Voucher(chain=self.plan.federation.chain, blocks=blocks)
        return tuple(vouch(seed(name), word) for name in sorted(self.shops, key=peer))

    def _write_ledger(self) -> None:
        plan, paper, job = self.plan, self.paper, self.call.job
        paper.block(
            self._registered("customer", CUSTOMER, CUSTOMER_ROLE),
            self._registered(WITNESS, peer(WITNESS), PROVIDER),
            *(self._registered(name, peer(name), plan.provider_roles) for name in self.shops),
            salt=plan.salt,
        )
        paper.block(Said("designs", "Sealed", {"owner": account("customer"), "commitment": self.call.design}))
        paper.block(
            Said(
                "orders",
                "Opened",
                {
                    "id": job,
                    "customer": account("customer"),
                    "budget": self.call.budget,
                    "call": merkle.leaf_hash(self.auction.call.payload),
                    "design": self.call.design,
                    "packHash": self.call.rule_pack,
                    "deadline": LATER,
                },
            )
        )
        assert self.result.award is not None
        transcript, total = self.result.award.transcript, self.result.award.price
        paper.block(
            Said("orders", "Awarded", {"id": job, "transcript": transcript, "total": total}),
            *(self._assigned_event(index, a) for index, a in enumerate(self.awarded)),
        )
        for one in self.replacements:
            named = {"id": job, "index": one.index, "transcript": merkle.leaf_hash(encode(one))}
            paper.block(
                Said("orders", "Reawarded", named | self.plan.named_changes),
                self._assigned_event(one.index, one.assignment),
            )
        paper.block(*(self._licensed(index) for index in range(plan.operations)))
        if plan.left:
            paper.block(
                *(
                    Said("members", "Revoked", {"account": account(name), "peer": peer(name), "epoch": 2})
                    for name in self.shops
                )
            )
        for index in range(len(self.assignments)):
            paper.block(*self._done(index))
        self._keep_state()
        paper.block(*self._done_again())

    def _done_again(self) -> tuple[Said, ...]:
        """What happens after the work, at least an event that nobody needs, so that the last block holds the state."""
        renewals = [self._registered(name, peer(name), PROVIDER, epoch=2) for name in self.shops if self.plan.renewed]
        said = self._registered("passer-by", peer("passer-by"), CUSTOMER_ROLE)
        return (*renewals, replace(said, topics=self.plan.topics))

    def _registered(self, name: str, who: PeerId, roles: int, epoch: int = 1) -> Said:
        arguments = {
            "account": account(name),
            "peer": who,
            "encryptionKey": b"e" * 32,
            "roles": roles,
            "epoch": epoch,
            "expiry": self.plan.membership_expiry,
        }
        return Said("members", "Registered", arguments)

    def _assigned_event(self, index: int, assignment: Assignment) -> Said:
        arguments = {
            "id": self.call.job,
            "index": index,
            "provider": account(next(name for name in self.shops if peer(name) == assignment.provider)),
            "price": price_of(assignment),
            "units": self.plan.quantity,
            "due": 0,
            "milestones": 1,
            "inspection": 0,
        }
        return Said("orders", "Assigned", arguments)

    def _licensed(self, index: int) -> Said:
        arguments = {
            "licence": self._licence(index),
            "owner": account("customer"),
            "licensee": account(self._maker(index)),
            "commitment": self.call.design,
            "package": self.design.packages[index + 1],
            "maxUnits": self.plan.licence_units or self.plan.quantity,
            "expiry": self.plan.licence_expiry,
        }
        return Said("designs", "Licensed", arguments)

    def _done(self, index: int) -> list[Said]:
        assignment, checkpoint = self._assigned()[index]
        name = self._maker(assignment.offer.first)
        root, count = merkle.root_of_hashes(self._evidence[index]), len(self._evidence[index])
        anchored = {
            "publisher": account(name),
            "root": checkpoint.root,
            "count": count,
        }
        said = [Said("provenance", "Anchored", anchored)]
        for made in range(assignment.offer.first, assignment.offer.last + 1) if self.plan.recorded else ():
            first, last = self.plan.minted or (1, self.plan.quantity)
            arguments = {"licence": self._licence(made), "first": first, "last": last, "evidence": root}
            said.append(Said("designs", "Recorded", arguments))
        attested = {"id": self.call.job, "index": index, "provider": account(name), "evidence": root}
        return [*said, Said("orders", "Attested", attested)]

    def _serial(self, unit: int) -> Digest:
        return self._designs.serial_id(self._licence(self.plan.operations - 1), unit)

    def _keep_state(self) -> None:
        named = self.plan.federation
        for number in self.plan.parts:
            slot = passport_slot(self._serial(self.plan.unit_of(number)))
            head = self.plan.passport_head or self.records[-1][number - 1].digest
            self.paper.storage[named.passports, slot] = int.from_bytes(head, "big")
        units = self.plan.licence_units or self.plan.quantity
        for index in range(self.plan.operations):
            state = {"owner": account("customer"), "units": units, "made": self.plan.quantity, "revoked": False}
            state |= self.plan.licence_state
            counts = state["units"] | state["made"] << 32 | int(state["revoked"]) << 64
            word = counts << 160 | int.from_bytes(state["owner"], "big")
            self.paper.storage[named.designs, licence_slot(self._licence(index))] = word
        for name in self.shops:
            size = len(self.log[name]) if self.plan.anchored_size is None else self.plan.anchored_size
            head = int.from_bytes(digest("head", name)[:24], "big")
            self.paper.storage[named.provenance, head_slot(account(name))] = head << 64 | size
            epoch = 1 + self.plan.left + self.plan.renewed + self.plan.hidden_epochs
            self.paper.storage[named.members, member_slot(account(name))] = epoch << 8 | PROVIDER

    def trust(self, **changes: Any) -> Trust:
        """An auditor that follows this very chain."""
        given: dict[str, Any] = {"federation": FEDERATION, "block_hash": self.paper.hash, "names": ("the paper chain",)}
        return Trust(**{**given, **changes})


def price_of(assignment: Assignment) -> Cents:
    return assignment.price


def _measured() -> tuple[Measurement, ...]:
    return (
        Measurement(
            name="bore ⌀6",
            nominal=Micrometres(6_000),
            lower=Micrometres(5_990),
            upper=Micrometres(6_010),
            value=Micrometres(6_003),
        ),
    )
