"""The award rule ``dp/1``: a pure, total function from a call and its revealed bids to winners, in integers only.

An award is the path through the routing with the lowest score among those that keep the due date and the budget. The
score is in micro-cents: price, plus the customer's value of the hours until the parts arrive, plus the carbon price of
making and moving them. It is computed by a dynamic programme over the operations whose labels keep score and price, so
the budget is exact; ties go to the lower rank, a hash over all commitments that nobody could know when bidding.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from protocol.auction import Bid, Offer, Reveal
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call, Site
from protocol.merkle import root
from protocol.params import TRANSPORT_CO2_KM, TRANSPORT_HANDLING, TRANSPORT_KM_HOUR
from protocol.units import Cents, GramsCo2, Seconds, UnixSeconds
from protocol.wire import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One winner: who makes which operations, when, for how much."""

    provider: PeerId
    site: Site
    offer: Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """The outcome of an auction that found makers; told in a ``Result``."""

    job: JobId
    transcript: Digest
    """RFC 9162 root over call, commitments and reveals; see ``transcript_root``."""

    assignments: tuple[Assignment, ...]
    """In routing order; together they cover every operation once."""

    arrival: UnixSeconds
    """When the finished parts reach the customer, plant time."""

    price: Cents
    """Sum of the winning prices."""

    score: int
    """Micro-cents; lower is better."""


class NoAwardReason(Enum):
    """Why an auction ended without makers."""

    NO_OFFER = "no-offer"
    """Some operation has no offer at all."""

    TOO_LATE = "too-late"
    """Every combination arrives after the due date, or its windows do not join."""

    OVER_BUDGET = "over-budget"
    """The cheapest combination in time costs more than the budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAward:
    """The outcome of an auction that found no makers, with the number that decided."""

    job: JobId
    reason: NoAwardReason
    measure: int
    """Operation without offer; or the earliest finish offered for the last one (plant time); or the lowest price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one bidder fared, in numbers: its best combination against the winning one."""

    provider: PeerId
    won: tuple[int, ...]
    """Operations won; empty for a loser."""

    score_gap: int | None
    """Micro-cents by which the best combination with this provider is worse; None when it fits into none."""

    price_gap: Cents | None
    """By how much that combination is dearer (negative: cheaper)."""


def travel_time(a: Site, b: Site) -> Seconds:
    """Time to move parts from ``a`` to ``b``, handling included; none within one site."""
    metres = a.distance(b)
    return Seconds(0) if metres == 0 else Seconds(TRANSPORT_HANDLING + metres * 3600 // (TRANSPORT_KM_HOUR * 1000))


def travel_co2(a: Site, b: Site) -> GramsCo2:
    """Grams of CO2 equivalent for moving the parts of one job from ``a`` to ``b``."""
    return GramsCo2(a.distance(b) * TRANSPORT_CO2_KM // 1000)


def transcript_root(call: bytes, commitments: Iterable[bytes], reveals: Iterable[bytes]) -> Digest:
    """RFC 9162 root over the signed call, the signed commitments and the signed reveals, each group sorted."""
    return root([call, *sorted(commitments), *sorted(reveals)])


class _Label(NamedTuple):
    """A partial path; compared by score, then ranks, so that the order is total."""

    score: int
    ranks: tuple[bytes, ...]
    price: int
    path: tuple[Assignment, ...]
    used: bool


def award(call: Call, bids: Sequence[Bid], transcript: Digest) -> Award | NoAward:
    """The outcome that every node computes from the same call and the same revealed bids.

    The order of ``bids`` does not matter. Only bids that ``check_bid`` passes may be given.
    """
    candidates = _candidates(bids)
    for operation in call.operations:
        if not any(a.offer.first <= operation.index <= a.offer.last for a in candidates):
            return NoAward(job=call.job, reason=NoAwardReason.NO_OFFER, measure=operation.index)
    best = _search(call, candidates, transcript)
    if best is not None:
        return Award(
            job=call.job,
            transcript=transcript,
            assignments=best.path,
            arrival=_arrival(call, best.path),
            price=Cents(best.price),
            score=best.score,
        )
    return _no_award(call, candidates, transcript)


def standings(call: Call, bids: Sequence[Bid], outcome: Award) -> tuple[Standing, ...]:
    """Every bidder's standing against ``outcome``, in order of provider."""
    candidates = _candidates(bids)
    result = []
    for provider in sorted({bid.provider for bid in bids}):
        won = tuple(
            index
            for a in outcome.assignments
            if a.provider == provider
            for index in range(a.offer.first, a.offer.last + 1)
        )
        best = _search(call, candidates, outcome.transcript, through=provider)
        result.append(
            Standing(
                provider=provider,
                won=won,
                score_gap=None if best is None else best.score - outcome.score,
                price_gap=None if best is None else Cents(best.price - outcome.price),
            )
        )
    return tuple(result)


def opened_bids(reveals: Iterable[Reveal]) -> tuple[Bid, ...]:
    """The bids of the reveals, one per provider, in order of provider."""
    return tuple(sorted({r.bid.provider: r.bid for r in reveals}.values(), key=lambda bid: bid.provider))


def _candidates(bids: Sequence[Bid]) -> list[Assignment]:
    return [Assignment(provider=bid.provider, site=bid.site, offer=offer) for bid in bids for offer in bid.offers]


def _search(
    call: Call,
    candidates: Sequence[Assignment],
    transcript: Digest,
    *,
    through: PeerId | None = None,
    budget: int | None = None,
) -> _Label | None:
    """Best complete path, or the best that uses ``through``; ``budget`` overrides the call's."""
    limit = call.budget if budget is None else budget
    last = len(call.operations) - 1
    labels: dict[int, list[tuple[Assignment, list[_Label]]]] = {}
    complete: list[_Label] = []
    for candidate in sorted(candidates, key=lambda a: (a.offer.first, a.offer.last)):
        rank = _rank(candidate, transcript)
        reached = [
            _Label(
                label.score + step,
                (*label.ranks, rank),
                label.price + candidate.offer.price,
                (*label.path, candidate),
                label.used or candidate.provider == through,
            )
            for label, step in _arrivals(call, candidate, labels)
            if label.price + candidate.offer.price <= limit
        ]
        kept = _undominated(reached)
        labels.setdefault(candidate.offer.last, []).append((candidate, kept))
        if candidate.offer.last == last:
            complete += [done for label in kept if (done := _delivered(call, label)) is not None]
    return min((label for label in complete if through is None or label.used), key=_order, default=None)


def _arrivals(
    call: Call, candidate: Assignment, labels: dict[int, list[tuple[Assignment, list[_Label]]]]
) -> Iterable[tuple[_Label, int]]:
    """Partial paths whose parts reach ``candidate`` in time, each with the score that taking it adds."""
    own = candidate.offer.price * 1_000_000 + _carbon(call, candidate.offer.co2)
    if candidate.offer.first == 0:
        if candidate.offer.ready_by >= call.earliest:
            yield _Label(score=0, ranks=(), price=0, path=(), used=False), own
        return
    for before, reached in labels.get(candidate.offer.first - 1, ()):
        if before.offer.finish_by + travel_time(before.site, candidate.site) <= candidate.offer.ready_by:
            step = own + _carbon(call, travel_co2(before.site, candidate.site))
            for label in reached:
                yield label, step


def _delivered(call: Call, label: _Label) -> _Label | None:
    arrival = _arrival(call, label.path)
    if arrival > call.due:
        return None
    hours = (arrival - call.earliest) * call.weights.hour * 1_000_000 // 3600
    return label._replace(score=label.score + hours + _carbon(call, travel_co2(label.path[-1].site, call.site)))


def _arrival(call: Call, path: Sequence[Assignment]) -> UnixSeconds:
    return UnixSeconds(path[-1].offer.finish_by + travel_time(path[-1].site, call.site))


def _carbon(call: Call, grams: int) -> int:
    """Micro-cents that ``grams`` of CO2 equivalent weigh: a tonne is a million grams."""
    return grams * call.weights.co2_tonne


def _undominated(labels: Iterable[_Label]) -> list[_Label]:
    """Labels that no other beats in score and price, among those alike in ``used``."""
    kept: list[_Label] = []
    for label in sorted(labels, key=_order):
        if not any(other.price <= label.price and other.used >= label.used for other in kept):
            kept.append(label)
    return kept


def _order(label: _Label) -> tuple[int, int, tuple[bytes, ...]]:
    return label.score, label.price, label.ranks


def _rank(candidate: Assignment, transcript: Digest) -> bytes:
    return sha256(b"guildmark/rank/1" + transcript + encode(candidate)).digest()


def _no_award(call: Call, candidates: Sequence[Assignment], transcript: Digest) -> NoAward:
    dear = _search(call, candidates, transcript, budget=1 << 62)
    if dear is not None:
        cheapest = _cheapest(call, candidates, transcript)
        return NoAward(job=call.job, reason=NoAwardReason.OVER_BUDGET, measure=cheapest)
    finishes = [a.offer.finish_by for a in candidates if a.offer.last == len(call.operations) - 1]
    return NoAward(job=call.job, reason=NoAwardReason.TOO_LATE, measure=min(finishes))


def _cheapest(call: Call, candidates: Sequence[Assignment], transcript: Digest) -> int:
    """Lowest price of any combination in time: the smallest budget under which the search succeeds."""
    low = int(call.budget)
    high = sum(int(a.offer.price) for a in candidates)
    while high - low > 1:
        middle = (low + high) // 2
        if _search(call, candidates, transcript, budget=middle) is None:
            low = middle
        else:
            high = middle
    return high


def joined(assignments: Sequence[Assignment]) -> bool:
    """Whether the assignments cover consecutive operations from 0 without gap or overlap."""
    return assignments[0].offer.first == 0 and all(a.offer.last + 1 == b.offer.first for a, b in pairwise(assignments))
