"""Disputed milestones: how they are decided, and by whom, as the ledger holds it."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from eth_utils.crypto import keccak

from ledger.abi import encode
from ledger.bindings import disputes as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest, JobId
from protocol.units import BasisPoints, Cents

OUTCOMES = ("", "settled", "measured", "judged", "lapsed")
"""How a case ended, by its number on the ledger."""

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_INSPECTION = keccak(
    b"Inspection(bytes32 order,uint32 index,uint8 round,uint8 milestone,bytes32 evidence,bool conforms)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """An inspector's verdict on one milestone, as it signs it."""

    job: JobId
    index: int
    round: int
    """How often the assignment was re-awarded."""

    milestone: int
    """Counted from zero."""

    evidence: Digest
    """Of the measured results."""

    conforms: bool

    def values(self) -> tuple[bytes, int, int, int, bytes, bool]:
        """As the contract's struct."""
        return (self.job, self.index, self.round, self.milestone, self.evidence, self.conforms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Juror:
    """One seat of a panel."""

    account: Address
    opened: bool
    share: BasisPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One disputed milestone as it stands."""

    outcome: str
    """One of ``OUTCOMES``; empty while it is open."""

    offered: BasisPoints
    asked: BasisPoints
    summoner: Address
    fee: Cents
    draw_block: int
    """Zero before the summons."""

    panel: tuple[Juror, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A party said what share of the stake the provider should have."""

    job: JobId
    index: int
    by: Address
    share: BasisPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Summoned:
    """A party asked for a panel, which the hash of block ``draw_block`` will draw."""

    job: JobId
    index: int
    by: Address
    fee: Cents
    draw_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The auditors who have to vote."""

    job: JobId
    index: int
    panel: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteSealed:
    """A juror bound itself to a vote."""

    job: JobId
    index: int
    juror: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteOpened:
    """A juror opened its vote."""

    job: JobId
    index: int
    juror: Address
    share: BasisPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """An inspector's verdict decided."""

    job: JobId
    index: int
    inspector: Address
    evidence: Digest
    conforms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivocated:
    """An inspector had signed both verdicts on one milestone."""

    job: JobId
    index: int
    inspector: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A case has ended."""

    job: JobId
    index: int
    outcome: str
    """One of ``OUTCOMES``."""

    to_provider: Cents
    """Before the order's fee."""

    stake: Cents


DisputeEvent = Proposed | Summoned | Drawn | VoteSealed | VoteOpened | Measured | Equivocated | Decided


class Disputes:
    """The ``Disputes`` contract at one address."""

    def __init__(self, address: Address, *, chain_id: int) -> None:
        self.address = address
        self._chain_id = chain_id

    def propose(self, job: JobId, index: int, share: BasisPoints) -> Transaction:
        """Say what share of the stake the provider should have; zero or all of it gives in."""
        return self._to(abi.propose_call(job, index, share))

    def measure(self, inspection: Inspection, signature: bytes) -> Transaction:
        """Show the agreed inspector's verdict."""
        return self._to(abi.measure_call(inspection.values(), signature))

    def summon(self, job: JobId, index: int) -> Transaction:
        """Ask for a panel."""
        return self._to(abi.summon_call(job, index))

    def draw(self, job: JobId, index: int) -> Transaction:
        """Draw the panel that was asked for."""
        return self._to(abi.draw_call(job, index))

    def vote(self, job: JobId, index: int, seal: Digest) -> Transaction:
        """Bind the sender to a vote."""
        return self._to(abi.vote_call(job, index, seal))

    def open_vote(self, job: JobId, index: int, share: BasisPoints, salt: bytes) -> Transaction:
        """Open the sender's vote."""
        return self._to(abi.open_vote_call(job, index, share, salt))

    def close(self, job: JobId, index: int) -> Transaction:
        """End a case whose votes are open or whose window is over."""
        return self._to(abi.close_call(job, index))

    def convict(
        self, inspector: Address, one: Inspection, signature_of_one: bytes, other: Inspection, signature_of_other: bytes
    ) -> Transaction:
        """Prove that an inspector contradicted itself."""
        return self._to(abi.convict_call(inspector, one.values(), signature_of_one, other.values(), signature_of_other))

    def withdraw(self) -> Transaction:
        """Take the sender's credit."""
        return self._to(abi.withdraw_call())

    def credit(self, chain: Reads, account: Address) -> Cents:
        """What ``account`` can withdraw."""
        return Cents(abi.credit_result(chain.call(self.address, abi.credit_call(account))))

    def vote_seal(  # one argument for each thing that a vote is bound to
        self, job: JobId, index: int, juror: Address, share: BasisPoints, salt: bytes, *, round_: int, milestone: int
    ) -> Digest:
        """What a juror binds itself to a vote with; ``salt`` is 32 random bytes."""
        where = self._chain_id.to_bytes(32, "big") + self.address
        what = job + index.to_bytes(4, "big") + bytes((round_, milestone))
        said = juror + share.to_bytes(2, "big") + salt
        return Digest(sha256(b"guildmark/vote/1" + where + what + said).digest())

    def inspection_digest(self, inspection: Inspection) -> Digest:
        """What an inspector signs (EIP-712)."""
        domain = encode(
            ("bytes32", "bytes32", "bytes32", "uint256", "address"),
            (_DOMAIN, keccak(b"Guildmark Disputes"), keccak(b"1"), self._chain_id, self.address),
        )
        types = ("bytes32", "bytes32", "uint32", "uint8", "uint8", "bytes32", "bool")
        message = encode(types, (_INSPECTION, *inspection.values()))
        return Digest(keccak(b"\x19\x01" + keccak(domain) + keccak(message)))

    def case(self, chain: Reads, job: JobId, index: int, *, round_: int, milestone: int) -> Case:
        """The case of a milestone; nothing in it if nobody moved in it."""
        found = abi.case_of_result(chain.call(self.address, abi.case_of_call(job, index, round_, milestone)))
        return Case(
            outcome=OUTCOMES[found.outcome],
            offered=BasisPoints(found.offered_bps),
            asked=BasisPoints(10_000 - found.conceded_bps),
            summoner=Address(found.summoner),
            fee=Cents(found.fee),
            draw_block=found.draw_block,
            panel=tuple(
                Juror(account=Address(account), opened=opened, share=BasisPoints(share))
                for account, opened, share, _seal in found.panel
            ),
        )

    def decode(self, log: Log) -> DisputeEvent | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        if log.address != self.address:
            return None
        read = _EVENTS.get(log.topics[0])
        return None if read is None else read(log.topics, log.payload)

    def _to(self, payload: bytes) -> Transaction:
        return Transaction(to=self.address, payload=payload)


def _proposed(topics: tuple[bytes, ...], payload: bytes) -> Proposed:
    event = abi.proposed_event(topics, payload)
    return Proposed(job=JobId(event.order), index=event.index, by=Address(event.by), share=BasisPoints(event.share_bps))


def _summoned(topics: tuple[bytes, ...], payload: bytes) -> Summoned:
    event = abi.summoned_event(topics, payload)
    return Summoned(
        job=JobId(event.order),
        index=event.index,
        by=Address(event.by),
        fee=Cents(event.fee),
        draw_block=event.draw_block,
    )


def _drawn(topics: tuple[bytes, ...], payload: bytes) -> Drawn:
    event = abi.drawn_event(topics, payload)
    return Drawn(job=JobId(event.order), index=event.index, panel=tuple(Address(juror) for juror in event.panel))


def _vote_sealed(topics: tuple[bytes, ...], payload: bytes) -> VoteSealed:
    event = abi.vote_sealed_event(topics, payload)
    return VoteSealed(job=JobId(event.order), index=event.index, juror=Address(event.juror))


def _vote_opened(topics: tuple[bytes, ...], payload: bytes) -> VoteOpened:
    event = abi.vote_opened_event(topics, payload)
    return VoteOpened(
        job=JobId(event.order), index=event.index, juror=Address(event.juror), share=BasisPoints(event.share_bps)
    )


def _measured(topics: tuple[bytes, ...], payload: bytes) -> Measured:
    event = abi.measured_event(topics, payload)
    return Measured(
        job=JobId(event.order),
        index=event.index,
        inspector=Address(event.inspector),
        evidence=Digest(event.evidence),
        conforms=event.conforms,
    )


def _equivocated(topics: tuple[bytes, ...], payload: bytes) -> Equivocated:
    event = abi.equivocated_event(topics, payload)
    return Equivocated(job=JobId(event.order), index=event.index, inspector=Address(event.inspector))


def _decided(topics: tuple[bytes, ...], payload: bytes) -> Decided:
    event = abi.decided_event(topics, payload)
    return Decided(
        job=JobId(event.order),
        index=event.index,
        outcome=OUTCOMES[event.outcome],
        to_provider=Cents(event.to_provider),
        stake=Cents(event.stake),
    )


_EVENTS: dict[bytes, Callable[[tuple[bytes, ...], bytes], Any]] = {
    abi.PROPOSED_TOPIC: _proposed,
    abi.SUMMONED_TOPIC: _summoned,
    abi.DRAWN_TOPIC: _drawn,
    abi.VOTE_SEALED_TOPIC: _vote_sealed,
    abi.VOTE_OPENED_TOPIC: _vote_opened,
    abi.MEASURED_TOPIC: _measured,
    abi.EQUIVOCATED_TOPIC: _equivocated,
    abi.DECIDED_TOPIC: _decided,
}
