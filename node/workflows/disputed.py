"""One disputed milestone as a node follows it: its events and effects, its state, and what can be read from it."""

from dataclasses import dataclass, replace

from ledger.disputes import Inspection, VoteOpened, VoteSealed
from protocol.ids import Address, Digest, JobId
from protocol.units import NOTHING, BasisPoints, Cents, Seconds, UnixSeconds

NAME = "case"
"""Prefix of a case's stream."""

NONE, WHOLE = BasisPoints(0), BasisPoints(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """The ledger holds an objection to a milestone of ``index``, or drew this node into the panel over one."""

    job: JobId
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRead:
    """What the ledger says of the milestone, its parties and its terms."""

    customer: Address
    provider: Address
    inspector: Address | None
    """Whose measurement decides; None where nobody was agreed, or another has its place since."""

    round: int
    milestone: int
    """Counted from zero."""

    stake: Cents
    fee: Cents
    """What the one who asks for a panel advances."""

    evidence: Digest
    """What was attested."""

    since: UnixSeconds
    window: Seconds
    panel: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOffered:
    """This node's person says what share of the stake the provider should have."""

    share: BasisPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAsked:
    """This node's person asks for a panel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """This node's person, a juror, has decided; ``salt`` hides it until all have."""

    share: BasisPoints
    salt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What this node, the agreed inspector, measured."""

    evidence: Digest
    conforms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictShown:
    """This node's person has what the agreed inspector measured and signed, and brings it before the court."""

    round: int
    milestone: int
    evidence: Digest
    conforms: bool
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockReached:
    """The chain has a block of that number."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCase:
    """Read the case from the ledger."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """Look up what this node measured of the milestone, once it has."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitBlock:
    """Wait until the chain has a block of that number."""

    key: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One juror's place in the panel."""

    juror: Address
    sealed: bool = False
    share: BasisPoints | None = None
    """Its vote, once open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """State of one assignment's latest case."""

    job: JobId
    index: int
    number: int
    """Of this assignment's cases at this node, from 1."""

    matter: CaseRead | None = None
    offered: BasisPoints = NONE
    """The provider's share that the customer would grant."""

    asked: BasisPoints = WHOLE
    """The provider's share that it would be content with."""

    offers: int = 0
    """Made by either side."""

    summoner: Address | None = None
    draw_block: int = 0
    draws: int = 0
    """How often the ledger refused to draw the panel."""

    panel: tuple[Seat, ...] = ()
    ballot: Ballot | None = None
    inspected: Inspected | None = None
    outcome: str = ""
    """See ``ledger.disputes.OUTCOMES``; empty while it is open."""

    to_provider: Cents = NOTHING
    early: int = 0
    """How often the ledger's clock was found to be behind ours."""

    gas: int = 0
    problem: str = ""

    @property
    def decided(self) -> bool:
        """Whether it is over."""
        return self.outcome != ""

    @property
    def everybody_sealed(self) -> bool:
        """Whether every juror is bound to a vote."""
        return bool(self.panel) and all(seat.sealed for seat in self.panel)

    @property
    def everybody_opened(self) -> bool:
        """Whether every vote is known."""
        return bool(self.panel) and all(seat.share is not None for seat in self.panel)

    def inspection(self) -> Inspection:
        """The inspector's verdict, as the court takes it."""
        assert self.matter is not None  # noqa: S101  # who inspected has read the matter
        assert self.inspected is not None  # noqa: S101
        return Inspection(
            job=self.job,
            index=self.index,
            round=self.matter.round,
            milestone=self.matter.milestone,
            evidence=self.inspected.evidence,
            conforms=self.inspected.conforms,
        )


def stream_of(job: bytes, index: int) -> str:
    """The stream that the cases of an assignment are logged under."""
    return f"{NAME}/{job.hex()}/{index}"


def place_of(stream: str) -> tuple[JobId, int]:
    """Job and assignment of a stream."""
    _, job, index = stream.split("/")
    return JobId(bytes.fromhex(job)), int(index)


def quarter(matter: CaseRead, number: int) -> UnixSeconds:
    """Last second of a quarter of the window: 1 to summon, 2 to draw, 3 to seal, 4 to open."""
    return UnixSeconds(matter.since + matter.window * number // 4)


def role_of(matter: CaseRead, panel: tuple[Seat, ...], account: Address) -> str:
    """What ``account`` has to do with the case; empty when nothing."""
    roles = {matter.customer: "customer", matter.provider: "provider"}
    if matter.inspector is not None:
        roles.setdefault(matter.inspector, "inspector")
    jurors = dict.fromkeys((seat.juror for seat in panel), "juror")
    return {**jurors, **roles}.get(account, "")


def with_vote(panel: tuple[Seat, ...], event: VoteSealed | VoteOpened) -> tuple[Seat, ...]:
    """The panel after a juror sealed or opened its vote."""
    changed = {"sealed": True} | ({"share": event.share} if isinstance(event, VoteOpened) else {})
    return tuple(replace(seat, **changed) if seat.juror == event.juror else seat for seat in panel)  # type: ignore[arg-type]  # names are checked by replace
