"""A voluntary re-auction: one assignment that has not begun is auctioned again, and changes hands only if all gain.

Its maker says for how much it would give the assignment up. A *tender* asks who else would make it, sealed as ever: a
call of its own, which follows from the order but for its times. The order as a whole must then score strictly better
after the compensation is paid, every other maker keeping its window; otherwise nothing has changed. Whoever has the
tender's transcript finds the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from protocol.auction import Bid, Offer
from protocol.award import MICRO, Assignment, Award, terms_of
from protocol.errors import RejectError
from protocol.flow import after, before
from protocol.ids import JobId, PeerId
from protocol.job import AS_BID, Call, Site
from protocol.replacement import Cause, Improvement, Replacement, check_place, salvaged
from protocol.scoring import weigh
from protocol.transport import travel_time
from protocol.units import Cents, UnixSeconds
from protocol.wire import encode


def tender_id(job: JobId, index: int, commit_by: UnixSeconds) -> JobId:
    """The identifier of the tender for assignment ``index`` of an order that takes bids until ``commit_by``."""
    return JobId(sha256(b"guildmark/tender/1" + job + encode((index, commit_by))).digest())


def tender_of(
    call: Call,
    assignments: Sequence[Assignment],
    index: int,
    *,
    compensation: Cents,
    times: Call,
) -> Call:
    """The call that asks who else would make assignment ``index``, for no more than it costs now with the compensation.

    Args:
        times: a call whose earliest start, deadlines, witnesses and rules it takes over.

    Raises:
        RejectError: there is no such assignment, or the compensation leaves nothing.
    """
    if not 0 <= index < len(assignments):
        raise RejectError("there is no such assignment")
    held, following = assignments[index], [assignments[at] for at in after(call, assignments, index)]
    if len(following) > 1:
        raise RejectError("its parts go to several makers, which no one tender can ask for")
    budget = Cents(held.price - compensation)
    if budget <= 0 or compensation <= 0:
        raise RejectError("the compensation is nothing, or leaves nothing")
    operations = call.operations[held.offer.first : held.offer.last + 1]
    return replace(
        call,
        job=tender_id(call.job, index, times.commit_by),
        operations=tuple(replace(one, index=number, after=None) for number, one in enumerate(operations)),
        site=following[0].site if following else call.site,
        budget=budget,
        earliest=times.earliest,
        due=following[0].start if following else call.due,
        premium=AS_BID,
        commit_by=times.commit_by,
        reveal_by=times.reveal_by,
        witnesses=times.witnesses,
        rule_pack=times.rule_pack,
        filters=replace(call.filters, distance=None),
    )


def as_of_order(offer: Offer, first: int) -> Offer:
    """An offer of a tender as one of the order, whose operations it covers from ``first`` on."""
    return replace(offer, first=offer.first + first, last=offer.last + first)


def bid_for_order(bid: Bid, job: JobId, first: int) -> Bid:
    """A bid for a tender as one for the order."""
    return replace(bid, job=job, offers=tuple(as_of_order(offer, first) for offer in bid.offers))


def found(call: Call, assignments: Sequence[Assignment], index: int, award: Award) -> Assignment:
    """Who makes assignment ``index`` by a tender's award, begun when the parts can be there.

    Raises:
        RejectError: nobody makes all of it, or the same provider would, or it stands too far from the customer, or its
            window is over before the parts can be there.
    """
    held = assignments[index]
    if len(award.assignments) != 1:
        raise RejectError("nobody makes all of it")
    (one,) = award.assignments
    if one.provider == held.provider:
        raise RejectError("nobody makes it better than its maker")
    limit = call.filters.distance
    if limit is not None and one.site.distance(call.site) > limit:
        raise RejectError("the new maker stands too far from the customer")
    start = max(one.start, *(_there(assignments[at], one.site) for at in before(call, assignments, index)), 0)
    if start > one.offer.closes:
        raise RejectError("the parts come after the window")
    return replace(one, offer=as_of_order(one.offer, held.offer.first), start=UnixSeconds(start))


def gain(call: Call, assignments: Sequence[Assignment], index: int, one: Assignment, compensation: Cents) -> int:
    """What the order is better by in micro-cents if ``one`` makes an assignment, premiums and compensation paid.

    Raises:
        RejectError: somebody else's window would not be kept, or what the call asks for.
    """
    changed = [*assignments[:index], one, *assignments[index + 1 :]]
    return _worth(call, assignments) - _worth(call, changed) - compensation * MICRO


def improvement(
    call: Call,
    assignments: Sequence[Assignment],
    index: int,
    *,
    round_: int,
    tender: Call,
    award: Award,
    compensation: Cents,
) -> Replacement:
    """What a tender's award changes.

    Raises:
        RejectError: nothing, since the order would not be strictly better.
    """
    one = found(call, assignments, index, award)
    if gain(call, assignments, index, one, compensation) <= 0:
        raise RejectError("with the compensation the order would not be better")
    fate, moving, again = salvaged(call, assignments, index, one, Cause.IMPROVED)
    return Replacement(
        job=call.job,
        index=index,
        round=round_,
        cause=Cause.IMPROVED,
        failed=assignments[index].provider,
        ready=tender.earliest,
        assignment=one,
        passed=(),
        salvage=fate,
        moving=moving,
        making_again=again,
        improvement=Improvement(compensation=compensation, tender=tender.job, transcript=award.transcript),
    )


def check_improvement(
    replacement: Replacement,
    *,
    call: Call,
    tender: Call,
    award: Award,
    assignments: Sequence[Assignment],
) -> None:
    """Whether an improvement follows from its tender, whose award has been verified.

    Raises:
        RejectError: it is another order's, no such assignment, the tender is not this assignment's, its award another,
            or the order is not strictly better.
    """
    check_place(replacement, call=call, assignments=assignments)
    index, told = replacement.index, replacement.improvement
    if told is None:
        raise RejectError("it names no tender")
    if tender != tender_of(call, assignments, index, compensation=told.compensation, times=tender):
        raise RejectError("the tender does not follow from the order")
    follows = improvement(
        call,
        assignments,
        index,
        round_=replacement.round,
        tender=tender,
        award=award,
        compensation=told.compensation,
    )
    if replacement != follows:
        raise RejectError("the improvement does not follow from its tender")


def accept_surrender(
    replacement: Replacement,
    *,
    signer: PeerId,
    provider: PeerId,
    call: Call,
    assignments: Sequence[Assignment],
    wanted: Cents,
) -> None:
    """Decide whether ``replacement`` asks ``provider`` to give up what it has, for what it wants.

    Raises:
        RejectError: not the customer's, another order's or maker's, no improvement, or for less.
    """
    if signer != call.customer:
        raise RejectError("the improvement is not the customer's")
    check_place(replacement, call=call, assignments=assignments)
    if replacement.improvement is None or replacement.failed != provider:
        raise RejectError("it asks nothing of this provider")
    offered = replacement.improvement.compensation
    if offered < wanted:
        raise RejectError(f"it offers {offered} cents, {wanted} are wanted")


def _worth(call: Call, assignments: Sequence[Assignment]) -> int:
    return weigh(terms_of(call), assignments).breakdown.total + sum(one.premium for one in assignments) * MICRO


def _there(one: Assignment, site: Site) -> UnixSeconds:
    return UnixSeconds(one.finish + travel_time(one.site, site))
