"""What people are shown of a verified auction: plain documents; nothing is decided here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from node.workflows.words import cents, explain_no_award, iso, money, process_name
from protocol.award import Award, NoAward, premiums_of, terms_of
from protocol.clearing import Contest
from protocol.explanation import Loss, loss, margin, what_if
from protocol.ids import PeerId
from protocol.job import Call, Weights
from protocol.meter import price_of_decentralisation
from protocol.opening import Exclusion, ExclusionReason
from protocol.payment import AsBid
from protocol.recheck import Verified
from protocol.scoring import Breakdown
from protocol.units import Cents

Document = dict[str, Any]

RULE = "dp/1"
MICRO = 1_000_000


def verified_document(found: Verified) -> Document:
    """What a transcript says, once it holds."""
    result = found.result
    return {
        "verdict": "holds",
        "job": found.call.job.hex(),
        "rule": RULE,
        "root": found.root.hex(),
        "told_by": "customer" if found.told_by == found.call.customer else f"witness {found.told_by.hex()}",
        "sealed": len(found.opened.bids) + len(found.opened.excluded),
        "opened": len(found.opened.bids),
        "excluded": [
            {
                "provider": e.provider.hex(),
                "reason": e.reason.value,
                "measure": e.measure,
                "text": _why_excluded(found.call, e),
            }
            for e in found.opened.excluded
        ],
        "no_award": None
        if result.no_award is None
        else {
            "reason": result.no_award.reason.value,
            "measure": result.no_award.measure,
            "text": _why_nobody(found.call, result.no_award),
        },
        "winners": []
        if result.award is None
        else [
            {
                "provider": a.provider.hex(),
                "operations": list(range(a.offer.first, a.offer.last + 1)),
                "machine": a.offer.machine,
                "start": iso(a.start),
                "finish": iso(a.finish),
                "price": money(a.price),
                "price_cents": a.price,
                "premium_cents": a.premium,
                "co2_g": a.offer.co2,
                "accepted": a.provider in found.accepted,
            }
            for a in result.award.assignments
        ],
    }


def explained_document(found: Verified) -> Document:
    """Why the award is what it is, and why nobody else is in it."""
    award, bids, terms = found.result.award, found.opened.bids, terms_of(found.call)
    verified = verified_document(found)
    unused = {"no_award": verified["no_award"], "excluded": verified["excluded"]}
    if award is None:
        return {"award": None, "payment": None, "second": None, "losers": [], **unused}
    beside = margin(terms, bids, award)
    losers = [bid.provider for bid in bids if bid.provider not in found.result.winners]
    return {
        "award": {
            "price": money(award.price),
            "arrival": iso(award.arrival),
            "co2_g": award.co2,
            "terms_cents": _cents(beside.first.breakdown),
        },
        "payment": _payment(found.call, premiums_of(found.call, bids, award)),
        "second": None
        if beside.lead is None
        else {
            "makers": [provider.hex() for provider in dict.fromkeys(a.provider for a in beside.instead)],
            "lead": money(beside.lead.total // MICRO),
            "terms": _told(beside.lead),
        },
        "losers": [_loser(loss(terms, bids, award, provider)) for provider in losers],
        **unused,
    }


def varied_document(found: Verified, variants: tuple[Weights, ...]) -> Document:
    """What the call's own weights and ``variants`` of them lead to."""
    call = found.call
    rows = what_if(terms_of(call), found.opened.bids, found.root, (call.weights, *variants))
    return {"variants": [{"weights": _weights(one.weights), "outcome": _outcome(call, one.outcome)} for one in rows]}


def weights_of(call: Call, changes: Mapping[str, Sequence[str]]) -> tuple[Weights, ...]:
    """The call's weights with one of them changed, for each amount given for it.

    Raises:
        ValueError: not an amount.
    """
    return tuple(replace(call.weights, **{name: cents(text)}) for name, texts in changes.items() for text in texts)


def metered_document(found: Sequence[Verified]) -> Document:
    """The price of decentralisation of each award and of each day's awards together, by when they closed."""
    days: dict[str, list[Verified]] = {}
    for one in sorted(found, key=lambda one: (one.call.reveal_by, one.call.job)):
        days.setdefault(iso(one.call.reveal_by)[:10], []).append(one)
    return {
        "awards": [{"job": one.call.job.hex(), **_gap([one])} for one in found],
        "days": [{"day": day, **(gap := _gap(some)), "text": f"{day}: {gap['text']}"} for day, some in days.items()],
    }


def _gap(found: Sequence[Verified]) -> Document:
    """The price of several auctions together."""
    lots = [Contest(terms=terms_of(one.call), bids=one.opened.bids) for one in found]
    outcomes = [outcome for one in found if (outcome := one.result.award or one.result.no_award) is not None]
    price = price_of_decentralisation(lots, outcomes)
    proof = "which is the best there is" if price.exact else f"and at most {price.most_ppm / 10_000:.2f} % above any"
    many = "1 auction" if len(lots) == 1 else f"{len(lots)} auctions"
    return {
        "auctions": len(lots),
        "made_micro_cents": price.made,
        "best_known_micro_cents": price.best_known,
        "bound_micro_cents": price.bound,
        "known_ppm": price.known_ppm,
        "most_ppm": price.most_ppm,
        "text": f"{many}: {price.known_ppm / 10_000:.2f} % above the best known joint clearing, {proof}",
    }


WHY_AS_BID = {
    AsBid.NO_PREMIUM: "the call offers no premium",
    AsBid.TOO_DEAR: "the premiums would be above what the call offers, or somebody could not be done without",
    AsBid.OVER_BUDGET: "the premiums would be above the budget",
}


def _payment(call: Call, found: Mapping[PeerId, Cents] | AsBid) -> str:
    if isinstance(found, AsBid):
        return f"paid as bid: {WHY_AS_BID[found]}"
    offered = f"of at most {call.premium / 100:g} % of the bids"
    told = (f"{provider.hex()[:12]} {money(cents)}" for provider, cents in sorted(found.items()))
    return f"paid what each is worth above its bids, {offered}: {', '.join(told)}"


def _loser(told: Loss) -> Document:
    gap, discount = told.gap, told.discount
    return {
        "provider": told.provider.hex(),
        "gap": None if gap is None else money(gap.total // MICRO),
        "terms": None if gap is None else _told(gap),
        "discount": None if discount is None else money(discount),
    }


def _cents(breakdown: Breakdown) -> dict[str, int]:
    return {name: micro // MICRO for name, micro in asdict(breakdown).items()}


def _told(gap: Breakdown) -> str:
    """The terms that differ, the weightiest first."""
    rows = sorted(asdict(gap).items(), key=lambda row: -abs(row[1]))
    told = [f"{name} {'+' if micro > 0 else '-'}{money(abs(micro) // MICRO)}" for name, micro in rows if micro]
    return ", ".join(told) or "a tie that the beacon decided"


def _weights(weights: Weights) -> str:
    told = f"an hour at {money(weights.hour)} and a tonne at {money(weights.co2_tonne)}"
    if weights.grade:
        told += f", a class at {money(weights.grade)}"
    return f"{told}, a kilometre at {money(weights.kilometre)}" if weights.kilometre else told


def _why_excluded(call: Call, one: Exclusion) -> str:
    """Why a sealed bid does not count, with the number that decided beside the one that the call asks for."""
    filters = call.filters
    match one.reason:
        case ExclusionReason.UNREVEALED:
            return "never opened its bid"
        case ExclusionReason.UNINVITED:
            return "was not invited"
        case ExclusionReason.JURISDICTION:
            return f"stands under another law than {', '.join(filters.jurisdictions)}"
        case ExclusionReason.CLEARANCE:
            return f"is cleared for classification {one.measure}, and the design has {filters.classification}"
        case ExclusionReason.DISTANCE:
            return f"is {one.measure / 1000:,.0f} km away, and the call takes {(filters.distance or 0) / 1000:,.0f} km"
        case ExclusionReason.GRADE:
            return f"offers quality class {one.measure} at best, and the call takes {filters.grade}"
        case ExclusionReason.DECLINED:
            return "had won and declined, or did not answer in time"


def _why_nobody(call: Call, outcome: NoAward) -> str:
    operation = call.operations[min(outcome.measure, len(call.operations) - 1)]
    return explain_no_award(outcome, process_name(operation.process))


def _outcome(call: Call, outcome: Award | NoAward) -> str:
    if isinstance(outcome, NoAward):
        return _why_nobody(call, outcome)
    who = ", ".join(dict.fromkeys(a.provider.hex()[:12] for a in outcome.assignments))
    return f"{who} for {money(outcome.price)}, arriving {iso(outcome.arrival)}, {outcome.co2:,} g of CO2"
