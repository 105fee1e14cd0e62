"""Which bids of a closed auction count, and for every other the reason in numbers; pure, and the same for everybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from protocol.auction import Bid, Reveal
from protocol.ids import PeerId
from protocol.job import Call


class ExclusionReason(Enum):
    """Why a sealed bid does not count."""

    UNREVEALED = "unrevealed"
    """Its provider did not open it in time; what opens to a malformed bid opens nothing."""

    UNINVITED = "uninvited"
    """The call is not public, and does not name its provider."""

    JURISDICTION = "jurisdiction"
    """Its site stands under a law that the call does not name."""

    CLEARANCE = "clearance"
    """Its provider is not cleared for a design of this classification; the number is its clearance."""

    DISTANCE = "distance"
    """Its site is too far from the customer; the number is the way in metres."""

    GRADE = "grade"
    """All its offers are of a worse quality class than the call takes; the number is their best."""

    DECLINED = "declined"
    """It had won, and its provider declined, or did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A sealed bid that does not count."""

    provider: PeerId
    reason: ExclusionReason
    measure: int = 0
    """The number that decided, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A closed auction."""

    bids: tuple[Bid, ...]
    """Those that count, in order of provider."""

    excluded: tuple[Exclusion, ...]
    """All others, in order of provider."""


def open_bids(
    call: Call, sealed: Iterable[PeerId], reveals: Mapping[PeerId, Reveal], declined: Iterable[PeerId] = ()
) -> Opened:
    """The bids that count; ``reveals`` have been accepted against the seals already.

    Args:
        sealed: whose commitments stand in the roll.
        declined: winners of this auction that do not stand by their bid.
    """
    bids: list[Bid] = []
    excluded: list[Exclusion] = []
    away = frozenset(declined)
    for provider in sorted(set(sealed)):
        reveal = reveals.get(provider)
        if reveal is None:
            excluded.append(Exclusion(provider=provider, reason=ExclusionReason.UNREVEALED))
        elif provider in away:
            excluded.append(Exclusion(provider=provider, reason=ExclusionReason.DECLINED))
        elif (exclusion := exclusion_of(call, reveal.bid)) is not None:
            excluded.append(exclusion)
        else:
            bids.append(reveal.bid)
    return Opened(bids=tuple(bids), excluded=tuple(excluded))


def exclusion_of(call: Call, bid: Bid) -> Exclusion | None:
    """Why ``bid`` does not count under ``call``, or None when it does."""
    filters = call.filters
    reason, measure = None, 0
    if filters.invited and bid.provider not in filters.invited:
        reason = ExclusionReason.UNINVITED
    elif filters.jurisdictions and bid.jurisdiction not in filters.jurisdictions:
        reason = ExclusionReason.JURISDICTION
    elif bid.clearance < filters.classification:
        reason, measure = ExclusionReason.CLEARANCE, bid.clearance
    elif filters.distance is not None and bid.site.distance(call.site) > filters.distance:
        reason, measure = ExclusionReason.DISTANCE, bid.site.distance(call.site)
    elif all(offer.grade > filters.grade for offer in bid.offers):
        reason, measure = ExclusionReason.GRADE, min(offer.grade for offer in bid.offers)
    return None if reason is None else Exclusion(provider=bid.provider, reason=reason, measure=measure)
