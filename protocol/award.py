"""The award rule ``dp/1``: a pure, total function from a call and its revealed bids to winners, in integers only.

An award is the way through the routing with the lowest score among those that keep the due date, the budget and the
CO2 cap. The score is in micro-cents: price, plus what the customer's weights say of the hours until the parts arrive,
of the CO2 of making and moving them, of the makers' quality class and of the way between them. The search is exact
(``protocol.composition``, ``protocol.selection``); ties go to the lower rank, a hash over all commitments and reveals
that nobody could know when bidding. There is no solver in it: whoever runs it anywhere finds the same makers.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from protocol.auction import Bid, Offer
from protocol.composition import ComplexityError, Plan
from protocol.entry import Allow, Entry, ranked
from protocol.ids import Digest, JobId, MachineId, PeerId
from protocol.job import OPEN, Call, Filters, Site, Weights
from protocol.merkle import root
from protocol.payment import AsBid, premiums, room
from protocol.routing import Fork, predecessors, shape
from protocol.selection import ClashError, Exclusive, lowest, settle
from protocol.space import MICRO_CENT, RANK_BITS, Caps, Space, Window
from protocol.transport import Moves
from protocol.units import NOTHING, Cents, GramsCo2, UnixSeconds

MICRO: Final = 1_000_000
"""Micro-cents in a cent."""

HOUR: Final = MICRO_CENT >> RANK_BITS
"""Seconds in an hour, and units of cost in a micro-cent, so that seconds weigh exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an award depends on besides the bids; ``terms_of`` reads it from a call."""

    job: JobId
    after: tuple[tuple[int, ...], ...]
    """Per operation, those right before it; see ``protocol.routing``."""

    site: Site
    """Where the finished parts go."""

    origin: Site | None = None
    """Where unfinished parts wait; None when the first maker brings the material."""

    earliest: UnixSeconds
    due: UnixSeconds
    budget: Cents
    weights: Weights
    filters: Filters = OPEN
    co2_cap: GramsCo2 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One winner: who makes which operations, from when, for how much."""

    provider: PeerId
    site: Site
    offer: Offer
    start: UnixSeconds
    """Plant time; the parts are there by then, and the machine is reserved from here."""

    premium: Cents = NOTHING
    """What its provider is paid above its bids; on the first of its assignments. See ``protocol.payment``."""

    @property
    def finish(self) -> UnixSeconds:
        """When the parts are ready to leave, plant time."""
        return UnixSeconds(self.start + self.offer.duration)

    @property
    def asked(self) -> Cents:
        """What the offer costs at this start; what the score counts."""
        return self.offer.price_at(self.start)

    @property
    def price(self) -> Cents:
        """What is paid for it."""
        return Cents(self.asked + self.premium)


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """The outcome of an auction that found makers; told in a ``Result``."""

    job: JobId
    transcript: Digest
    """RFC 9162 root over call, commitments and reveals; see ``transcript_root``."""

    assignments: tuple[Assignment, ...]
    """By first operation; together they cover every operation once."""

    arrival: UnixSeconds
    """When the finished parts reach the customer, plant time."""

    price: Cents
    """Sum of what is paid."""

    co2: GramsCo2
    """Of making and moving."""

    score: int
    """Micro-cents, rounded down; lower is better. Of what was bid, without premiums."""

    @property
    def asked(self) -> Cents:
        """Sum of what was bid."""
        return Cents(sum(a.asked for a in self.assignments))


class NoAwardReason(Enum):
    """Why an auction ended without makers."""

    NO_OFFER = "no-offer"
    """Some operation has no offer at all."""

    TOO_LATE = "too-late"
    """Every combination arrives after the due date, or its windows do not join."""

    OVER_BUDGET = "over-budget"
    """The cheapest combination in time, within the CO2 cap if that can be kept, costs more than the budget."""

    OVER_CO2 = "over-co2"
    """The cleanest combination in time emits more than the cap."""

    CLASHING = "clashing"
    """Every combination joins offers that exclude each other."""

    TOO_COMPLEX = "too-complex"
    """The bids ask for a larger search than any node has to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAward:
    """The outcome of an auction that found no makers, with the number that decided."""

    job: JobId
    reason: NoAwardReason
    measure: int
    """Operation without offer; or the earliest finish offered for the last one (plant time); or the lowest price; or
    the lowest CO2; or how many offers there are."""


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


def terms_of(call: Call) -> Terms:
    """The terms that a call sets."""
    return Terms(
        job=call.job,
        after=predecessors(call.operations),
        site=call.site,
        earliest=call.earliest,
        due=call.due,
        budget=call.budget,
        weights=call.weights,
        filters=call.filters,
        co2_cap=call.co2_cap,
    )


def transcript_root(call: bytes, commitments: Iterable[bytes], reveals: Iterable[bytes]) -> Digest:
    """RFC 9162 root over the signed call, the signed commitments and the reveals, each group sorted.

    Reveals go in without their signatures: a seal fixes the reveal, but its author could sign it in many ways until
    the ranks please.
    """
    return root([call, *sorted(commitments), *sorted(reveals)])


def award(call: Call, bids: Sequence[Bid], transcript: Digest) -> Award | NoAward:
    """The outcome that every node computes from the same call and the same revealed bids.

    The order of ``bids`` does not matter. Only bids that ``check_bid`` passes may be given, one per provider.
    """
    return paid(call, bids, choose(terms_of(call), bids, transcript))


def follows(told: Award | NoAward, call: Call, bids: Sequence[Bid], transcript: Digest) -> bool:
    """Whether ``told`` is the outcome of ``award``.

    Faster than an award, since plans that score worse than what was told need not be looked at.
    """
    most = told.score if isinstance(told, Award) else None
    return told == paid(call, bids, choose(terms_of(call), bids, transcript, most=most))


def paid(call: Call, bids: Sequence[Bid], outcome: Award | NoAward) -> Award | NoAward:
    """``outcome`` with the premiums that ``call`` offers, if they are paid."""
    if isinstance(outcome, NoAward):
        return outcome
    found = premiums_of(call, bids, outcome)
    if isinstance(found, AsBid):
        return outcome
    assignments = tuple(replace(a, premium=found.pop(a.provider, NOTHING)) for a in outcome.assignments)
    return replace(outcome, assignments=assignments, price=Cents(sum(a.price for a in assignments)))


def premiums_of(call: Call, bids: Sequence[Bid], outcome: Award) -> dict[PeerId, Cents] | AsBid:
    """What each winner of ``outcome`` is paid above its bids, or why nothing."""
    asked, worth = outcome.asked, dict[PeerId, Cents | None]()
    offered = room(call.premium, asked) * MICRO
    for winner in {a.provider for a in outcome.assignments} if call.premium else ():
        others = [bid for bid in bids if bid.provider != winner]
        other = choose(terms_of(call), others, outcome.transcript, most=outcome.score + offered)
        dearer = other.score - outcome.score if isinstance(other, Award) else None
        worth[winner] = None if dearer is None or dearer > offered else Cents(dearer // MICRO)
    return premiums(worth, asked=asked, premium=call.premium, budget=call.budget)


def choose(
    terms: Terms, bids: Sequence[Bid], transcript: Digest, allow: Allow | None = None, *, most: int | None = None
) -> Award | NoAward:
    """``award`` on plain terms, from the offers that ``allow`` lets through.

    Args:
        most: a score that some plan is known to reach; if none does, the outcome means nothing.
    """
    field = Field(terms, bids, transcript, allow)
    for operation in range(len(terms.after)):
        if not any(window.first <= operation <= window.last for window in field.windows):
            return NoAward(job=terms.job, reason=NoAwardReason.NO_OFFER, measure=operation)
    try:
        plan = settle(field.space, field.windows, field.caps, field.exclusive, field.ranked, most)
        return field.no_award() if plan is None else field.award(plan)
    except (ComplexityError, ClashError):
        return NoAward(job=terms.job, reason=NoAwardReason.TOO_COMPLEX, measure=len(field.windows))


def standings(call: Call, bids: Sequence[Bid], outcome: Award) -> tuple[Standing, ...]:
    """Every bidder's standing against ``outcome``, in order of provider."""
    return tuple(standing(call, bids, outcome, provider) for provider in sorted({bid.provider for bid in bids}))


def standing(call: Call, bids: Sequence[Bid], outcome: Award, provider: PeerId) -> Standing:
    """One bidder's standing against ``outcome``."""
    won = tuple(
        index for a in outcome.assignments if a.provider == provider for index in range(a.offer.first, a.offer.last + 1)
    )
    if won:
        return Standing(provider=provider, won=won, score_gap=0, price_gap=Cents(0))
    best = best_with(terms_of(call), bids, outcome.transcript, provider)
    return Standing(
        provider=provider,
        won=(),
        score_gap=None if best is None else best.score - outcome.score,
        price_gap=None if best is None else Cents(best.asked - outcome.asked),
    )


def best_with(terms: Terms, bids: Sequence[Bid], transcript: Digest, provider: PeerId) -> Award | None:
    """The best plan in which ``provider`` makes something."""
    plans = []
    for bid in bids:
        for operation in {o.first for o in bid.offers if bid.provider == provider}:
            # Plans that give it this operation: nobody else's offer may cover it.
            outcome = choose(terms, bids, transcript, _keeps(provider, operation))
            plans += [outcome] if isinstance(outcome, Award) else []
    return min(plans, key=lambda plan: plan.score, default=None)


def _keeps(provider: PeerId, operation: int) -> Allow:
    return lambda owner, offer: owner == provider or not offer.first <= operation <= offer.last


def passes(terms: Terms, bid: Bid) -> bool:
    """Whether the customer lets this bidder make its parts at all."""
    filters = terms.filters
    return (
        (not filters.invited or bid.provider in filters.invited)
        and (not filters.jurisdictions or bid.jurisdiction in filters.jurisdictions)
        and bid.clearance >= filters.classification
        and (filters.distance is None or bid.site.distance(terms.site) <= filters.distance)
    )


class Field:
    """Call and bids as the search sees them, and its plans as awards."""

    def __init__(self, terms: Terms, bids: Sequence[Bid], transcript: Digest, allow: Allow | None = None) -> None:
        self._terms = terms
        self._transcript = transcript
        cent, gram = MICRO * MICRO_CENT, terms.weights.co2_tonne * MICRO_CENT  # a cent a tonne is a micro-cent a gram
        self._entry = Entry(
            cent=cent,
            gram=gram,
            grade=terms.weights.grade * cent,
            worst=terms.filters.grade,
            allow=allow,
        )
        self._bids: list[Bid] = []
        self._bases = [0]
        self._sites: dict[Site, int] = {}
        self.windows: list[Window] = []
        clashes: set[frozenset[int]] = set()
        for bid in sorted(bids, key=lambda bid: bid.provider):
            if passes(terms, bid):
                clashes |= self._enter(bid)
        series = shape(terms.after)
        self.caps = Caps(budget=terms.budget, co2=terms.co2_cap)
        self.exclusive = Exclusive(
            clashes=frozenset(clashes),
            machines=self._machines() if any(isinstance(element, Fork) for element in series) else None,
        )
        self.space = Space(
            series=series,
            length=len(terms.after),
            earliest=terms.earliest,
            due=terms.due,
            rate=(terms.weights.hour * MICRO) << RANK_BITS,
            cent=cent,
            origin=None if terms.origin is None else self._site(terms.origin),
            home=self._site(terms.site),
            move=Moves(list(self._sites), gram=gram, metre=terms.weights.kilometre * (cent // 1000)),
        )

    def award(self, plan: Plan) -> Award:
        """``plan`` as an award."""
        steps = [(*self._offer(number), UnixSeconds(start)) for number, start in plan.steps]
        assignments = [
            Assignment(provider=bid.provider, site=bid.site, offer=offer, start=start) for bid, offer, start in steps
        ]
        return Award(
            job=self._terms.job,
            transcript=self._transcript,
            assignments=tuple(sorted(assignments, key=lambda a: a.offer.first)),
            arrival=UnixSeconds(plan.arrival),
            price=Cents(plan.price),
            co2=GramsCo2(plan.co2),
            score=plan.cost // MICRO_CENT,
        )

    def no_award(self) -> NoAward:
        """Why no plan was found, by the first reason that holds."""
        job, terms = self._terms.job, self._terms
        price = lowest(self.space, self.windows, price=True)
        if price is None:
            finishes = [w.opens + w.duration for w in self.windows if w.last == self.space.length - 1]
            return NoAward(job=job, reason=NoAwardReason.TOO_LATE, measure=min(finishes))
        if terms.co2_cap is not None:
            clean = lowest(self.space, self.windows, price=False)
            if clean is not None and clean > terms.co2_cap:
                return NoAward(job=job, reason=NoAwardReason.OVER_CO2, measure=clean)
            price = lowest(self.space, self.windows, price=True, cap=terms.co2_cap) or price
        if price > terms.budget:
            return NoAward(job=job, reason=NoAwardReason.OVER_BUDGET, measure=price)
        return NoAward(job=job, reason=NoAwardReason.CLASHING, measure=len(self.windows))

    def place_of(self, number: int) -> tuple[PeerId, MachineId]:
        """The machine that a window is on."""
        bid, offer = self._offer(number)
        return bid.provider, offer.machine

    def ranked(self, windows: Iterable[Window]) -> list[Window]:
        """``windows`` with the ranks that this auction's transcript gives them."""
        return ranked(windows, self._bids, self._bases, self._transcript)

    def _offer(self, number: int) -> tuple[Bid, Offer]:
        """What a window was made of."""
        index = bisect_right(self._bases, number) - 1
        return self._bids[index], self._bids[index].offers[number - self._bases[index]]

    def _enter(self, bid: Bid) -> set[frozenset[int]]:
        """Take up a bid's offers; returns its clashes by the windows' numbers."""
        base = self._bases[-1]
        self.windows += self._entry.windows(bid, self._site(bid.site), base)
        self._bids.append(bid)
        self._bases.append(base + len(bid.offers))
        return {frozenset((base + a, base + b)) for a, b in bid.clashes}

    def _site(self, site: Site) -> int:
        return self._sites.setdefault(site, len(self._sites))

    def _machines(self) -> dict[int, int]:
        """Machine of each window, as numbers."""
        known: dict[tuple[bytes, str], int] = {}
        return {
            base + place: known.setdefault((bid.provider, offer.machine), len(known))
            for base, bid in zip(self._bases, self._bids, strict=False)
            for place, offer in enumerate(bid.offers)
        }
