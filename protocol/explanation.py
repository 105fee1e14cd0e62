"""Why the first is first, why everybody else is not, and what other weights would have changed; all in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocol.auction import Bid
from protocol.award import MICRO, Assignment, Award, NoAward, Terms, best_with, choose
from protocol.entry import Allow
from protocol.ids import Digest, PeerId
from protocol.job import Weights
from protocol.scoring import Breakdown, Weighed, weigh
from protocol.units import Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The award beside the best plan that gives up at least one of its offers."""

    first: Weighed
    second: Weighed | None
    """None when nothing else is possible."""

    instead: tuple[Assignment, ...] = ()
    """The second plan."""

    @property
    def lead(self) -> Breakdown | None:
        """By how much the first is ahead, term by term, in micro-cents; a negative term speaks for the second."""
        if self.second is None:
            return None
        a, b = self.first.breakdown, self.second.breakdown
        return Breakdown(
            price=b.price - a.price,
            time=b.time - a.time,
            co2=b.co2 - a.co2,
            grade=b.grade - a.grade,
            distance=b.distance - a.distance,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why a bidder has won nothing."""

    provider: PeerId
    best: Weighed | None
    """Its best plan; None when it fits into none."""

    gap: Breakdown | None
    """By how much that plan is worse than the award, term by term, in micro-cents."""

    discount: Cents | None
    """By how much its price there would have had to be lower to win."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What the same bids lead to under other weights."""

    weights: Weights
    outcome: Award | NoAward


def margin(terms: Terms, bids: Sequence[Bid], award: Award) -> Margin:
    """Why the award is first."""
    first = weigh(terms, award.assignments)
    others = [
        other
        for a in award.assignments
        if isinstance(other := choose(terms, bids, award.transcript, _all_but(a)), Award)
    ]
    if not others:
        return Margin(first=first, second=None)
    second = min(others, key=lambda other: other.score)
    return Margin(first=first, second=weigh(terms, second.assignments), instead=second.assignments)


def loss(terms: Terms, bids: Sequence[Bid], award: Award, provider: PeerId) -> Loss:
    """Why ``provider``, one of the bidders, is not among the winners."""
    best = best_with(terms, bids, award.transcript, provider)
    if best is None:
        return Loss(provider=provider, best=None, gap=None, discount=None)
    beside = Margin(first=weigh(terms, award.assignments), second=weigh(terms, best.assignments))
    return Loss(
        provider=provider,
        best=beside.second,
        gap=beside.lead,
        discount=Cents((best.score - award.score) // MICRO + 1),
    )


def what_if(terms: Terms, bids: Sequence[Bid], transcript: Digest, weights: Sequence[Weights]) -> tuple[Variant, ...]:
    """The outcome under each of ``weights``."""
    return tuple(
        Variant(weights=each, outcome=choose(replace(terms, weights=each), bids, transcript)) for each in weights
    )


def without_provider(terms: Terms, bids: Sequence[Bid], award: Award, provider: PeerId) -> Cents | None:
    """How much dearer in score the best plan without ``provider`` is; None when there is none: it is a monopolist.

    Its price plus this is what VCG would pay it, whatever the call offers; see ``protocol.payment``.
    """
    outcome = choose(terms, [bid for bid in bids if bid.provider != provider], award.transcript)
    return Cents((outcome.score - award.score) // MICRO) if isinstance(outcome, Award) else None


def _all_but(assignment: Assignment) -> Allow:
    return lambda owner, offer: owner != assignment.provider or offer != assignment.offer
