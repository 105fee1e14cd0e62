"""Many auctions cleared together, with a certificate of how far from the best the outcome can be.

Jobs of one batch compete for machines. They are awarded one after the other in an order that the beacon draws, each
around the time that those before it took; nobody gains by being early. A certificate is a toll, in cents, for being on
a machine at a moment. Whatever the tolls, the best plans of all jobs for themselves, tolls included, less all tolls
once, cost no more than the best clearing: a bound that anybody recomputes without a solver (Lagrangian relaxation).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise

from protocol.auction import Bid, Offer
from protocol.award import HOUR, MICRO, Assignment, Award, Field, NoAward, Terms, choose
from protocol.composition import Search
from protocol.errors import RejectError
from protocol.ids import Digest, MachineId, PeerId
from protocol.scoring import weigh
from protocol.space import RANK_BITS, Window
from protocol.units import Cents, UnixSeconds

Place = tuple[PeerId, MachineId]

PACE = 0.4
"""Share of the way to the target that the first step takes."""

SLOWER = 0.9
"""What a step that did not help leaves of the pace."""

ROUNDS = 40
"""Steps of the search for tolls; the bound hardly moves after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One job of a batch and the bids for it."""

    terms: Terms
    bids: tuple[Bid, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What it costs extra to be on a machine at a moment."""

    provider: PeerId
    machine: MachineId
    at: UnixSeconds
    price: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class GapProof:
    """Proof that no clearing of the batch scores less than ``bound``."""

    tolls: tuple[Toll, ...]
    bound: int
    """Micro-cents; a job without makers counts with its budget."""


def clear(contests: Sequence[Contest], beacon: Digest) -> tuple[Award | NoAward, ...]:
    """The outcome of every contest, in the order given."""
    outcomes: dict[int, Award | NoAward] = {}
    busy: dict[Place, list[tuple[int, int]]] = {}
    drawn = sorted(
        range(len(contests)), key=lambda i: sha256(b"guildmark/batch/1" + beacon + contests[i].terms.job).digest()
    )
    for index in drawn:
        contest = contests[index]
        outcome = choose(contest.terms, [_around(bid, busy) for bid in contest.bids], beacon)
        if isinstance(outcome, Award):
            outcome = replace(outcome, assignments=tuple(_original(a, contest) for a in outcome.assignments))
            for a in outcome.assignments:
                busy.setdefault((a.provider, a.offer.machine), []).append((a.start, a.finish))
        outcomes[index] = outcome
    return tuple(outcomes[index] for index in range(len(contests)))


def total(contests: Sequence[Contest], outcomes: Sequence[Award | NoAward]) -> int:
    """Score of a clearing in micro-cents; a job without makers counts with its budget."""
    return sum(
        outcome.score if isinstance(outcome, Award) else contest.terms.budget * MICRO
        for contest, outcome in zip(contests, outcomes, strict=True)
    )


def certify(contests: Sequence[Contest], target: int, *, rounds: int = ROUNDS) -> GapProof:
    """Tolls that prove a high bound, found by subgradient steps towards ``target``, the score of some clearing."""
    market = _Market(contests)
    tolls: dict[tuple[Place, int], int] = {}
    best, kept, pace = market.bound(tolls)[0], dict(tolls), PACE
    for _ in range(rounds):
        bound, use = market.bound(tolls)
        if bound >= best:
            best, kept = bound, dict(tolls)
        else:
            pace *= SLOWER
        slopes = {at: used - 1 for at, used in use.items() if used > 1} | {at: use.get(at, 0) - 1 for at in tolls}
        norm = sum(slope * slope for slope in slopes.values())
        if norm == 0 or best >= target:
            break
        step = pace * (target - bound) / MICRO / norm
        moved = {at: tolls.get(at, 0) + round(step * slope) for at, slope in slopes.items()}
        tolls = {at: toll for at, toll in moved.items() if toll > 0}
    told = [
        Toll(provider=place[0], machine=place[1], at=UnixSeconds(at), price=Cents(toll))
        for (place, at), toll in sorted(kept.items())
    ]
    return GapProof(tolls=tuple(told), bound=best)


def check_clearing(contests: Sequence[Contest], outcomes: Sequence[Award | NoAward], certificate: GapProof) -> int:
    """By how many micro-cents the clearing may at most be worse than the best one.

    Raises:
        RejectError: a plan breaks its terms or takes an offer that nobody made, two jobs are on one machine at once,
            a toll is negative or there twice, or the bound does not follow from the tolls.
    """
    spans: dict[Place, list[tuple[int, int]]] = {}
    for contest, outcome in zip(contests, outcomes, strict=True):
        if isinstance(outcome, Award):
            _check_award(contest, outcome)
            for a in outcome.assignments:
                spans.setdefault((a.provider, a.offer.machine), []).append((a.start, a.finish))
    if any(one[1] > two[0] for some in spans.values() for one, two in pairwise(sorted(some))):
        raise RejectError("two jobs are on one machine at once")
    tolls = {((t.provider, t.machine), int(t.at)): int(t.price) for t in certificate.tolls}
    if len(tolls) < len(certificate.tolls) or any(toll < 0 for toll in tolls.values()):
        raise RejectError("a toll is negative, or there twice")
    if _Market(contests).bound(tolls)[0] != certificate.bound:
        raise RejectError("the bound does not follow from the tolls")
    return total(contests, outcomes) - certificate.bound


def _check_award(contest: Contest, award: Award) -> None:
    offered = {(bid.provider, bid.site, offer) for bid in contest.bids for offer in bid.offers}
    if any((a.provider, a.site, a.offer) not in offered for a in award.assignments):
        raise RejectError("a plan takes an offer that nobody made")
    if abs(weigh(contest.terms, award.assignments).breakdown.total - award.score) > 1:
        raise RejectError("an award tells another score than its plan has")


class _Market:
    """All contests as windows, for bounds under many tolls."""

    def __init__(self, contests: Sequence[Contest]) -> None:
        self._lots = contests
        self._fields = [
            Field(replace(contest.terms, co2_cap=None), contest.bids, Digest(bytes(32)))  # ranks do not matter here
            for contest in contests
        ]
        self._moments: dict[Place, list[int]] = {}
        for field in self._fields:
            for window in field.windows:
                self._moments.setdefault(field.place_of(window.number), []).append(window.opens)
        self._moments = {place: sorted(set(moments)) for place, moments in self._moments.items()}

    def bound(self, tolls: Mapping[tuple[Place, int], int]) -> tuple[int, dict[tuple[Place, int], int]]:
        """The bound in micro-cents, and how many jobs would be at each moment of each machine."""
        use: dict[tuple[Place, int], int] = {}
        sums = self._sums(tolls)
        bound = -MICRO * sum(tolls.values())
        for contest, field in zip(self._lots, self._fields, strict=True):
            windows = [self._tolled(w, sums.get(field.place_of(w.number))) for w in field.windows]
            plan = Search(field.space, windows).best()
            most = contest.terms.budget * MICRO
            score = most if plan is None else min(most, (plan.cost >> RANK_BITS) // HOUR)
            bound += score
            if plan is None or score == most:
                continue
            by_number = {window.number: window for window in field.windows}
            for number, start in plan.steps:
                place, end = field.place_of(number), start + by_number[number].duration
                moments = self._moments[place]
                for at in moments[bisect_left(moments, start) : bisect_left(moments, end)]:
                    use[place, at] = use.get((place, at), 0) + 1
        return bound, use

    @staticmethod
    def _sums(tolls: Mapping[tuple[Place, int], int]) -> dict[Place, tuple[list[int], list[int]]]:
        """Per machine: the moments with a toll, and the tolls' sums up to each."""
        found: dict[Place, tuple[list[int], list[int]]] = {}
        for (place, at), toll in sorted(tolls.items()):
            moments, sums = found.setdefault(place, ([], [0]))
            moments.append(at)
            sums.append(sums[-1] + toll)
        return found

    @staticmethod
    def _tolled(window: Window, sums: tuple[list[int], list[int]] | None) -> Window:
        """``window`` with the least toll that any of its starts pays."""
        if sums is None:
            return window
        moments, up_to = sums
        first, last = bisect_left(moments, window.opens), bisect_left(moments, window.closes)
        starts = [window.opens, *(moment + 1 for moment in moments[first:last])]
        least = min(
            up_to[bisect_left(moments, start + window.duration)] - up_to[bisect_left(moments, start)]
            for start in starts
        )
        return window._replace(cost=window.cost + (least * MICRO * HOUR << RANK_BITS)) if least else window


def _around(bid: Bid, busy: Mapping[Place, Sequence[tuple[int, int]]]) -> Bid:
    """``bid`` without the starts that would meet what its machines have taken on in this batch.

    Only the first free stretch of a window stays, so that an offer remains one offer.
    """
    offers = []
    for offer in bid.offers:
        opens, closes = offer.opens, offer.closes
        for start, end in sorted(busy.get((bid.provider, offer.machine), ())):
            if opens < end and start < opens + offer.duration:
                opens = UnixSeconds(end)
            elif start >= opens + offer.duration:
                closes = min(closes, UnixSeconds(start - offer.duration))
                break
        if opens > closes:
            closes = opens = UnixSeconds(-1)
        offers.append(offer if (opens, closes) == (offer.opens, offer.closes) else _cut(offer, opens, closes))
    return replace(bid, offers=tuple(offers))


def _cut(offer: Offer, opens: UnixSeconds, closes: UnixSeconds) -> Offer:
    rises = tuple(rise for rise in offer.rises if opens < rise.start <= closes)
    return replace(offer, opens=opens, closes=closes, price=offer.price_at(opens), rises=rises)


def _original(assignment: Assignment, contest: Contest) -> Assignment:
    """``assignment`` with the offer as its bidder made it."""
    (bid,) = (bid for bid in contest.bids if bid.provider == assignment.provider)
    cut = assignment.offer
    offer = next(
        o
        for o in bid.offers
        if (o.first, o.last, o.machine, o.duration, o.co2, o.grade)
        == (cut.first, cut.last, cut.machine, cut.duration, cut.co2, cut.grade)
        and o.opens <= assignment.start <= o.closes
        and o.price_at(assignment.start) == assignment.asked
    )
    return replace(assignment, offer=offer)
