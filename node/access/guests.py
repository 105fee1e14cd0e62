"""Who may be invited to bid on a design that is not public, and why everybody else may not; nothing is gossiped before.

A customer decides from its own list of partners: what somebody says of itself clears nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Final

from node.config import PartnerConfig
from protocol.classification import Classification, is_open
from protocol.ids import PeerId
from protocol.job import BidView, Call, Envelope, Operation
from protocol.params import MAX_INVITED
from protocol.units import CubicMillimetres, Grams, Micrometres, UnixSeconds

COARSE: Final = 5_000
"""Micrometres that a restricted part's edges are rounded up to; a machine's table is chosen in centimetres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """What the customer knows of a provider from its own vetting."""

    peer: PeerId
    clearance: Classification
    jurisdiction: str
    """ISO 3166-1 alpha-2 code of the law that it stands under; empty when the customer does not know."""

    until: UnixSeconds | None = None
    """Wall time at which the vetting lapses."""


class Barrier(Enum):
    """Why somebody is not invited."""

    STRANGER = "stranger"
    """The customer has no entry for it."""

    LAPSED = "lapsed"
    """Its vetting is over."""

    CLEARANCE = "clearance"
    """It is cleared for less."""

    JURISDICTION = "jurisdiction"
    """It stands under another law than those that are allowed, or the customer does not know under which."""

    ROOM = "room"
    """As many as a call can invite are invited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """A provider that is not invited."""

    peer: PeerId
    barrier: Barrier
    clearance: int = 0
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guests:
    """Who may hear of a call, and who may not."""

    invited: tuple[PeerId, ...]
    barred: tuple[Barred, ...]


def partners_of(rows: Iterable[PartnerConfig]) -> tuple[Partner, ...]:
    """The list in the owner's words."""
    return tuple(
        Partner(
            peer=PeerId(bytes.fromhex(row.peer)),
            clearance=Classification[row.clearance.upper()],
            jurisdiction=row.jurisdiction,
            until=None
            if row.until is None
            else UnixSeconds(int((datetime.combine(row.until, time(), UTC) + timedelta(days=1)).timestamp())),
        )
        for row in rows
    )


def guests(
    classification: Classification,
    jurisdictions: Sequence[str],
    *,
    partners: Iterable[Partner],
    providers: Iterable[PeerId],
    now: UnixSeconds,
) -> Guests:
    """The partners that may hear of the call, and the reason for each other one and for each other provider.

    Args:
        providers: who is known to make parts; those without an entry are barred, and the customer sees it.
        now: wall time.
    """
    known = {partner.peer: partner for partner in partners}
    invited: list[PeerId] = []
    barred: list[Barred] = []
    for peer in sorted({*known, *providers}):
        partner = known.get(peer)
        barrier = _barrier(partner, classification, jurisdictions, now)
        if barrier is None and len(invited) == MAX_INVITED:
            barrier = Barrier.ROOM
        if barrier is None:
            invited.append(peer)
        elif partner is None:
            barred.append(Barred(peer=peer, barrier=barrier))
        else:
            told = {"clearance": int(partner.clearance), "jurisdiction": partner.jurisdiction}
            barred.append(Barred(peer=peer, barrier=barrier, **told))  # type: ignore[arg-type]
    return Guests(invited=tuple(invited), barred=tuple(barred))


def cleared(call: Call, partners: Iterable[Partner], now: UnixSeconds) -> frozenset[PeerId] | None:
    """Whom the customer has cleared for the job, guest or not; None when it is public, and everybody is."""
    filters = call.filters
    if is_open(call):
        return None
    asked = guests(
        Classification(filters.classification), filters.jurisdictions, partners=partners, providers=(), now=now
    )
    return frozenset(asked.invited)


def _barrier(
    partner: Partner | None, classification: Classification, jurisdictions: Sequence[str], now: UnixSeconds
) -> Barrier | None:
    if partner is None:
        return Barrier.STRANGER
    if partner.until is not None and partner.until <= now:
        return Barrier.LAPSED
    if partner.clearance < classification:
        return Barrier.CLEARANCE
    if jurisdictions and partner.jurisdiction not in jurisdictions:
        return Barrier.JURISDICTION
    return None


def explain(barred: Barred, classification: Classification, jurisdictions: Sequence[str]) -> str:
    """The reason in words, for the customer alone."""
    match barred.barrier:
        case Barrier.STRANGER:
            return "is no partner of yours ([[partners]] in node.toml)"
        case Barrier.LAPSED:
            return "was a partner; its vetting has lapsed"
        case Barrier.CLEARANCE:
            return f"is cleared for {word(Classification(barred.clearance))}, not {word(classification)}"
        case Barrier.JURISDICTION:
            law = f"stands under {barred.jurisdiction}" if barred.jurisdiction else "has no jurisdiction in your list"
            return f"{law}; allowed: {', '.join(jurisdictions)}"
        case Barrier.ROOM:
            return f"came after the {MAX_INVITED} that a call can invite"


def word(classification: Classification) -> str:
    """What people call a classification."""
    return classification.name.lower()


def least(part: BidView, operations: Sequence[Operation]) -> tuple[BidView, tuple[Operation, ...]]:
    """What a restricted call says: enough to choose a machine and to price by, no holes and no exact measure."""
    told = replace(
        part,
        envelope=_coarse(part.envelope),
        volume=CubicMillimetres(_two_digits(part.volume)),
        mass=Grams(_two_digits(part.mass)),
        holes=(),
    )
    rounded = (
        replace(
            operation,
            envelope=_coarse(operation.envelope),
            removed=CubicMillimetres(_two_digits(operation.removed)),
            mass=Grams(_two_digits(operation.mass)),
        )
        for operation in operations
    )
    return told, tuple(rounded)


def _coarse(box: Envelope) -> Envelope:
    """Edges rounded up, so that what fits still does."""
    return Envelope(
        length=Micrometres(-(-box.length // COARSE) * COARSE),
        width=Micrometres(-(-box.width // COARSE) * COARSE),
        height=Micrometres(-(-box.height // COARSE) * COARSE),
    )


def _two_digits(number: int) -> int:
    """Rounded up to two significant digits."""
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step
