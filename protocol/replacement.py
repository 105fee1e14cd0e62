"""Another maker in the place of one that will not deliver: found among the bids that were opened, and checkable.

Nobody is asked anew for a price: the rule ranks the offers of the auction for the same operations by what the call
weighs, begun as soon as the parts can be there. Whoever has the auction's transcript can rank them again. Where another
maker is only better, and not needed, ``protocol.improvement`` is the rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from protocol.auction import Bid
from protocol.award import HOUR, MICRO, Assignment
from protocol.errors import RejectError
from protocol.flow import after, before, upstream
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call, Site
from protocol.params import MAX_BIDDERS
from protocol.transport import co2_of, time_of
from protocol.units import Cents, Seconds, UnixSeconds
from protocol.wire import encode


class Cause(Enum):
    """Why an assignment is given to somebody else."""

    DECLINED = "declined"
    """Its provider gave it back."""

    UNANSWERED = "unanswered"
    """Its provider did not accept it in time."""

    LATE = "late"
    """Its provider has not delivered when it was due."""

    IMPROVED = "improved"
    """It was auctioned again before it began, and its provider gave it up for a compensation."""


class Salvage(Enum):
    """What becomes of the parts as they stand."""

    NONE = "none"
    """Nothing was made before this assignment."""

    MOVED = "moved"
    """They are brought to the new maker: that costs less than making them again."""

    RESTARTED = "restarted"
    """They are given up: making them again costs less than bringing them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What an assignment is given up for, and the auction that found its new maker."""

    compensation: Cents
    """That the customer pays the old maker beside the order, before it gives the assignment up."""

    tender: JobId
    """The auction's own identifier."""

    transcript: Digest
    """Root over everything that its award follows from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A customer gives an assignment to another maker (domain ``replacement/1``); its leaf hash stands in the order."""

    job: JobId
    index: int
    """Of the assignment, from 0."""

    round: int
    """Which replacement of this assignment it is, from 1."""

    cause: Cause
    failed: PeerId
    """Who does not make it after all."""

    ready: UnixSeconds
    """From when on the parts can be fetched where they are, plant time."""

    assignment: Assignment
    """Who makes it now, under an offer of the auction, from when."""

    passed: tuple[PeerId, ...]
    """Who would have been better and did not take it, or did not answer; ascending."""

    salvage: Salvage
    moving: int
    """What bringing the parts there costs, in micro-cents of the call's weights."""

    making_again: int
    """What making them again would cost, in micro-cents."""

    improvement: Improvement | None = None
    """None unless that is the cause."""

    @property
    def digest(self) -> Digest:
        """SHA-256 of the wire form; what the new maker answers to."""
        return Digest(sha256(encode(self)).digest())


def replaced(assignments: Sequence[Assignment], replacements: Iterable[Replacement]) -> tuple[Assignment, ...]:
    """The assignments after the replacements, in the order in which they were made."""
    found = list(assignments)
    for replacement in replacements:
        found[replacement.index] = replacement.assignment
    return tuple(found)


def substitutes(
    call: Call,
    bids: Iterable[Bid],
    assignments: Sequence[Assignment],
    index: int,
    *,
    cause: Cause,
    ready: UnixSeconds,
    without: Iterable[PeerId],
) -> tuple[Assignment, ...]:
    """Who could make assignment ``index`` instead, best first; nobody in ``without``, and nothing above the budget."""
    failed, away = assignments[index].offer, {assignments[index].provider, *without}
    room = call.budget - sum(one.price for at, one in enumerate(assignments) if at != index)
    origins = whereabouts(call, assignments, index, cause)
    found: list[tuple[int, PeerId, int, Assignment]] = []
    for bid in bids:
        for number, offer in enumerate(bid.offers if bid.provider not in away else ()):
            if (offer.first, offer.last) != (failed.first, failed.last):
                continue
            way = max((time_of(origin.distance(bid.site)) for origin in origins), default=Seconds(0))
            start = UnixSeconds(max(ready + way, offer.opens))
            one = Assignment(provider=bid.provider, site=bid.site, offer=offer, start=start)
            if one.price <= room:
                found.append((_cost(call, assignments, index, one, origins, ready), bid.provider, number, one))
    return tuple(one for _, _, _, one in sorted(found, key=lambda row: row[:3]))


def whereabouts(call: Call, assignments: Sequence[Assignment], index: int, cause: Cause) -> tuple[Site, ...]:
    """Where the parts are: still with the makers before, or already with the one that is late; none before a first."""
    feeding = before(call, assignments, index)
    if feeding and cause is Cause.LATE:
        return (assignments[index].site,)
    return tuple(assignments[at].site for at in feeding)


def salvaged(
    call: Call, assignments: Sequence[Assignment], index: int, one: Assignment, cause: Cause
) -> tuple[Salvage, int, int]:
    """What becomes of the parts if ``one`` goes on, and in micro-cents what moving and making them again costs."""
    origins = whereabouts(call, assignments, index, cause)
    if not origins:
        return Salvage.NONE, 0, 0
    made = [assignments[at] for at in upstream(call, assignments, index)]
    moving = sum(_way(call, origin, one.site) for origin in origins)
    again = sum(a.price * MICRO + a.offer.co2 * call.weights.co2_tonne + _hours(call, a.offer.duration) for a in made)
    return (Salvage.MOVED if moving <= again else Salvage.RESTARTED), moving, again


def check_replacement(
    replacement: Replacement,
    *,
    call: Call,
    bids: Iterable[Bid],
    assignments: Sequence[Assignment],
    earlier: Iterable[PeerId] = (),
) -> None:
    """Whether a replacement follows from the auction's bids; when the parts were ready is the customer's word.

    Args:
        assignments: as they stood before it.
        earlier: who had the assignment before.

    Raises:
        RejectError: another job's, no such assignment, not the best of those who were left, or the parts' fate was
            decided otherwise than by cost.
    """
    index, one = replacement.index, replacement.assignment
    check_place(replacement, call=call, assignments=assignments)
    if replacement.improvement is not None or replacement.cause is Cause.IMPROVED:
        raise RejectError("an improvement follows from its tender, not from the order's auction")
    if len(replacement.passed) > MAX_BIDDERS or list(replacement.passed) != sorted(set(replacement.passed)):
        raise RejectError("those passed over are not in order")
    ranked = substitutes(
        call,
        bids,
        assignments,
        index,
        cause=replacement.cause,
        ready=replacement.ready,
        without=(*replacement.passed, *earlier),
    )
    if not ranked or ranked[0] != one:
        raise RejectError("the new maker is not the best of those who were left")
    fate = salvaged(call, assignments, index, one, replacement.cause)
    if fate != (replacement.salvage, replacement.moving, replacement.making_again):
        raise RejectError("what becomes of the parts does not follow from the costs")
    if replacement.salvage is Salvage.RESTARTED:
        raise RejectError("parts that are given up are ordered anew, not made further")


def check_place(replacement: Replacement, *, call: Call, assignments: Sequence[Assignment]) -> None:
    """Whether a replacement is about an assignment of the call's order, as it stands.

    Raises:
        RejectError: another job's, no such assignment, or another provider's.
    """
    if replacement.job != call.job or not 0 <= replacement.index < len(assignments):
        raise RejectError("the replacement is about another job, or about no assignment of it")
    if replacement.failed != assignments[replacement.index].provider:
        raise RejectError("the replaced provider did not have the assignment")


def after_replacements(
    call: Call, assignments: Sequence[Assignment], replacements: Iterable[Replacement]
) -> tuple[Assignment, ...]:
    """The assignments after ``replacements`` in turn, each of which replaces whoever then has the assignment.

    Raises:
        RejectError: one of them is of another job, of no assignment of it, or of another provider's.
    """
    found = tuple(assignments)
    for one in replacements:
        check_place(one, call=call, assignments=found)
        found = replaced(found, (one,))
    return found


def accept_replacement(
    replacement: Replacement, *, signer: PeerId, call: Call, bid: Bid, assignments: Sequence[Assignment]
) -> None:
    """Decide whether ``replacement`` asks this node, which bid ``bid``, to stand in.

    Raises:
        RejectError: not signed by the customer, about another job or no assignment of it, or not under an offer that
            this node made for just these operations.
    """
    index, one = replacement.index, replacement.assignment
    if signer != call.customer or replacement.job != call.job or not 0 <= index < len(assignments):
        raise RejectError("the replacement is not the customer's, or about no assignment of this job")
    if replacement.failed != assignments[index].provider or replacement.round < 1:
        raise RejectError("the replaced provider does not have the assignment")
    held = assignments[index].offer
    if (one.provider, one.site) != (bid.provider, bid.site) or one.offer not in bid.offers:
        raise RejectError("the replacement takes an offer that this node did not make")
    if (one.offer.first, one.offer.last) != (held.first, held.last) or one.start < one.offer.opens:
        raise RejectError("the replacement is for other operations, or begins before its window")
    if one.premium:
        raise RejectError("whoever stands in is paid as bid")


def _cost(
    call: Call,
    assignments: Sequence[Assignment],
    index: int,
    one: Assignment,
    origins: Sequence[Site],
    ready: UnixSeconds,
) -> int:
    """What of the call's score depends on who makes assignment ``index``, in micro-cents."""
    following = [assignments[at].site for at in after(call, assignments, index)] or [call.site]
    weights = call.weights
    cost = one.price * MICRO + one.offer.co2 * weights.co2_tonne + _hours(call, Seconds(one.finish - ready))
    cost += one.offer.grade * (one.offer.last - one.offer.first + 1) * weights.grade * MICRO
    cost += sum(_way(call, one.site, site) for site in following)
    # The way to the maker is in its start already; what is left of it is its CO2 and its length.
    return cost + sum(_length(call, origin, one.site) for origin in origins)


def _way(call: Call, a: Site, b: Site) -> int:
    return _hours(call, time_of(a.distance(b))) + _length(call, a, b)


def _length(call: Call, a: Site, b: Site) -> int:
    way = a.distance(b)
    return co2_of(way) * call.weights.co2_tonne + way * call.weights.kilometre * (MICRO // 1000)


def _hours(call: Call, seconds: Seconds) -> int:
    return seconds * call.weights.hour * MICRO // HOUR
