"""One assignment as its customer sees it: where it stands, what arrived of it, and what it was paid."""

from dataclasses import dataclass
from enum import Enum

from node.workflows.events import LONG_AGO, RecordsArrived
from protocol.facts import StepFacts
from protocol.ids import Address, Digest
from protocol.units import NOTHING, Cents, UnixSeconds


class Stage(Enum):
    """Where one assignment stands."""

    ASSIGNED = "assigned"
    ATTESTED = "attested"
    VERIFIED = "verified"
    APPROVED = "approved"
    DISPUTED = "disputed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRaised:
    """The customer will not pay assignment ``index``: disputed now, or as soon as it is attested."""

    index: int
    reason: str
    """The customer's own words; the ledger holds ``evidence`` only."""

    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """One assignment as the customer sees it."""

    provider: Address
    price: Cents
    since: UnixSeconds = LONG_AGO
    """When this node learned that it is the provider's, wall time."""

    accepted: bool = False
    stage: Stage = Stage.ASSIGNED
    evidence: Digest | None = None
    attested: UnixSeconds = LONG_AGO
    """When this node learned that it is done, wall time."""

    arrived: RecordsArrived | None = None
    """Its verified records."""

    facts: tuple[StepFacts, ...] = ()
    """What they say, by operation, then by part."""

    round: int = 0
    """How often it was re-awarded."""

    objection: ObjectionRaised | None = None
    """Of the present round."""

    paid: Cents = NOTHING
    fee: Cents = NOTHING
    damages: Cents = NOTHING
    """What of it came back for lateness."""

    refunded: Cents = NOTHING
