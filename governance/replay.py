"""What past auctions would have come to under another rule pack; pure, and exact as far as a replay can be.

Bids are taken as they were revealed, although other rules may have drawn other bids. Of a pack, the fee, the carbon
price, the highest escrow and the auction's windows are replayed; review and dispute windows begin after the award.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from governance.past import PastAuction
from protocol.auction import Offer
from protocol.award import Award, NoAward, award
from protocol.errors import RejectError
from protocol.ids import JobId, PeerId
from protocol.job import Call
from protocol.rules import RulePack, check_call
from protocol.units import BasisPoints, Cents, GramsCo2, Seconds

WHOLE = 10_000
"""Basis points of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """An award in figures."""

    award: Award
    fee: Cents
    """To the treasury, once every assignment is paid in full."""

    co2: GramsCo2
    """Of making the parts and of moving them to the customer."""

    @property
    def makers(self) -> tuple[PeerId, ...]:
        """Who makes each operation, in routing order."""
        return tuple(a.provider for a in self.award.assignments for _ in range(a.offer.first, a.offer.last + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One past auction as it was and as it would have been."""

    job: JobId
    refusal: str | None
    """Why nodes would have refused the call as it was posted; None when they would have taken it."""

    carbon_raised: Cents
    """By how much the pack raises the price of a tonne that the call weighed with."""

    before: Figures | None
    """None when there was no award."""

    after: Figures | None
    """None when there would have been no award."""

    @property
    def moved(self) -> tuple[int, ...]:
        """Operations that would have gone to another provider."""
        if self.before is None or self.after is None:
            return ()
        pairs = zip(self.before.makers, self.after.makers, strict=True)
        return tuple(operation for operation, (was, would_be) in enumerate(pairs) if was != would_be)

    @property
    def changed(self) -> bool:
        """Whether other offers would have won, of other makers or of the same."""
        if self.before is None or self.after is None:
            return False
        return _taken(self.before.award) != _taken(self.after.award)

    @property
    def score_gap(self) -> int:
        """Micro-cents by which the award as it was is worse under the pack's carbon price; never negative.

        A score is price and time plus grams times the price of a tonne, so it moves with that price exactly.
        """
        if self.before is None or self.after is None:
            return 0
        return self.before.award.score + self.carbon_raised * self.before.co2 - self.after.award.score

    @property
    def delay(self) -> Seconds:
        """By how much the parts would have arrived later (negative: earlier), plant time."""
        if self.before is None or self.after is None:
            return Seconds(0)
        return Seconds(self.after.award.arrival - self.before.award.arrival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Figures of several awards together."""

    price: Cents
    fee: Cents
    co2: GramsCo2


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Many past auctions together; the sums are over those that have an award on both sides, so that they compare."""

    auctions: int
    refused: int
    """Whose call nodes would have refused."""

    changed: int
    """Where other offers would have won."""

    moved: int
    """Of those, with an operation that would have gone to another provider."""

    before: Sum
    after: Sum


def _taken(outcome: Award) -> list[tuple[PeerId, Offer]]:
    return [(assignment.provider, assignment.offer) for assignment in outcome.assignments]


def under(call: Call, pack: RulePack) -> Call:
    """``call`` as its customer would have posted it under ``pack``: under its hash, carbon weighed at least as it asks.

    Nodes raise the weight and lower the premium by themselves; budget and deadlines are the customer's own, and stay.
    """
    weights = replace(call.weights, co2_tonne=Cents(max(call.weights.co2_tonne, pack.carbon)))
    return replace(call, rule_pack=pack.digest, weights=weights, premium=min(call.premium, pack.premium))


def replay(auction: PastAuction, pack: RulePack) -> Consequence:
    """What ``auction`` would have come to under ``pack``. Ties are broken as they were then."""
    call = under(auction.call, pack)
    refusal = _refusal(call, pack, auction)
    return Consequence(
        job=call.job,
        refusal=refusal,
        carbon_raised=Cents(call.weights.co2_tonne - auction.call.weights.co2_tonne),
        before=_figures(auction.call, auction, auction.pack.fee),
        after=_figures(call, auction, pack.fee) if refusal is None else None,
    )


def total(consequences: Iterable[Consequence]) -> Totals:
    """The consequences together."""
    every = tuple(consequences)
    pairs = [(c.before, c.after) for c in every if c.before is not None and c.after is not None]
    return Totals(
        auctions=len(every),
        refused=sum(c.refusal is not None for c in every),
        changed=sum(c.changed for c in every),
        moved=sum(bool(c.moved) for c in every),
        before=_sum(before for before, _ in pairs),
        after=_sum(after for _, after in pairs),
    )


def _refusal(call: Call, pack: RulePack, auction: PastAuction) -> str | None:
    try:
        check_call(call, pack, opened=auction.opened)
    except RejectError as error:
        return str(error)
    return None


def _figures(call: Call, auction: PastAuction, fee: BasisPoints) -> Figures | None:
    outcome = award(call, auction.bids, auction.transcript)
    if isinstance(outcome, NoAward):
        return None
    return Figures(
        award=outcome,
        # Each assignment is paid by itself, and the contract rounds each fee down.
        fee=Cents(sum(assignment.price * fee // WHOLE for assignment in outcome.assignments)),
        co2=outcome.co2,
    )


def _sum(figures: Iterable[Figures]) -> Sum:
    every = tuple(figures)
    return Sum(
        price=Cents(sum(f.award.price for f in every)),
        fee=Cents(sum(f.fee for f in every)),
        co2=GramsCo2(sum(f.co2 for f in every)),
    )
