"""An auction as a release package of the Open Contracting Data Standard 1.1.5; refuses nothing, for it is verified.

Identifiers are peers' keys: who they belong to is for whoever publishes the release. Amounts are in the settlement
token, which OCDS has no code for; ``XXX`` is ISO 4217's code for that. What the standard has no field for (clashes, the
roll's root, the ranks) stays in the transcript, which the release names by its root.
"""

from typing import Any

from node.workflows.words import iso
from protocol.award import Assignment
from protocol.opening import ExclusionReason
from protocol.params import PROCESSES
from protocol.recheck import Verified
from protocol.units import UnixSeconds

Document = dict[str, Any]

PREFIX = "ocds-guildmark"
SCHEME = "guildmark"
CURRENCY = "XXX"
TOKENS_PER_CENT = 100

UNSUCCESSFUL = {
    ExclusionReason.UNREVEALED: "withdrawn",
    ExclusionReason.DECLINED: "withdrawn",
}
"""OCDS bid status of an exclusion; every other one is ``disqualified``."""


def release_package(found: Verified) -> Document:
    """One package with one release: tender, bids and award."""
    job = found.call.job.hex()
    told = iso(found.call.reveal_by)
    return {
        "uri": f"urn:guildmark:transcript:{found.root.hex()}",
        "version": "1.1",
        "extensions": [
            "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/extension.json"
        ],
        "publishedDate": told,
        "publisher": {"name": "Guildmark", "scheme": SCHEME, "uid": found.told_by.hex()},
        "releases": [
            {
                "ocid": f"{PREFIX}-{job}",
                "id": found.root.hex(),
                "date": told,
                "tag": ["tender", "award"] if found.result.award else ["tender"],
                "initiationType": "tender",
                "language": "en",
                "parties": _parties(found),
                "buyer": _reference(found.call.customer),
                "tender": _tender(found),
                **_told(bids=_told(details=_bids(found)), awards=_awards(found)),
            }
        ],
    }


def _told(**fields: Any) -> Document:
    """Fields that have something in them; the standard asks to leave out the others."""
    return {name: value for name, value in fields.items() if value}


def _parties(found: Verified) -> list[Document]:
    winners = found.result.winners
    rows = [(found.call.customer, ["buyer", "procuringEntity"])]
    bidders = [*(bid.provider for bid in found.opened.bids), *(e.provider for e in found.opened.excluded)]
    rows += [(who, ["tenderer", "supplier"] if who in winners else ["tenderer"]) for who in sorted(bidders)]
    return [
        {
            "id": _party(who),
            "name": who.hex()[:16],
            "identifier": {"scheme": SCHEME, "id": who.hex()},
            "roles": roles,
        }
        for who, roles in rows
    ]


def _tender(found: Verified) -> Document:
    call = found.call
    awarded = found.result.award is not None
    bidders = [*(bid.provider for bid in found.opened.bids), *(e.provider for e in found.opened.excluded)]
    return {
        "id": call.job.hex(),
        "title": f"{call.quantity} x {call.part.material}",
        "status": "complete" if awarded else "unsuccessful",
        "procuringEntity": _reference(call.customer),
        "value": _amount(call.budget),
        "procurementMethod": "selective" if call.filters.invited else "open",
        "procurementMethodDetails": "sealed bids, award rule dp/1, pay as bid",
        "mainProcurementCategory": "services",
        "awardCriteria": "ratedCriteria",
        "awardCriteriaDetails": (
            f"lowest score: price, plus {call.weights.hour} cents an hour, {call.weights.co2_tonne} a tonne of CO2, "
            f"{call.weights.grade} a quality class and {call.weights.kilometre} a kilometre"
        ),
        "submissionMethod": ["electronicAuction"],
        "tenderPeriod": {"endDate": iso(call.commit_by)},
        "awardPeriod": {"startDate": iso(call.commit_by), "endDate": iso(call.reveal_by)},
        "contractPeriod": {"startDate": iso(call.earliest), "endDate": iso(call.due)},
        "items": [
            {
                "id": str(operation.index),
                "description": PROCESSES[operation.process],
                "classification": {"scheme": SCHEME, "id": operation.process},
                "quantity": call.quantity,
            }
            for operation in call.operations
        ],
        "numberOfTenderers": len(bidders),
        **_told(tenderers=[_reference(who) for who in sorted(bidders)]),
    }


def _bids(found: Verified) -> list[Document]:
    counted = [
        {
            "id": bid.provider.hex(),
            "date": iso(found.call.reveal_by),
            "status": "valid",
            "tenderers": [_reference(bid.provider)],
            "value": _amount(min(offer.price for offer in bid.offers)),
        }
        for bid in found.opened.bids
    ]
    excluded = [
        {
            "id": e.provider.hex(),
            "date": iso(found.call.reveal_by),
            "status": UNSUCCESSFUL.get(e.reason, "disqualified"),
            "statusDetails": e.reason.value,
            "tenderers": [_reference(e.provider)],
        }
        for e in found.opened.excluded
    ]
    return sorted(counted + excluded, key=lambda bid: str(bid["id"]))


def _awards(found: Verified) -> list[Document]:
    award = found.result.award
    if award is None:
        return []
    return [_award(found, number, a) for number, a in enumerate(award.assignments)]


def _award(found: Verified, number: int, assignment: Assignment) -> Document:
    operations = range(assignment.offer.first, assignment.offer.last + 1)
    return {
        "id": f"{found.call.job.hex()}-{number}",
        "title": " + ".join(PROCESSES[found.call.operations[index].process] for index in operations),
        "status": "active" if found.accepted >= found.result.winners else "pending",
        "date": iso(found.call.reveal_by),
        "value": _amount(assignment.price),
        "suppliers": [_reference(assignment.provider)],
        "items": [{"id": str(index), "quantity": found.call.quantity} for index in operations],
        "contractPeriod": {"startDate": iso(assignment.start), "endDate": iso(UnixSeconds(assignment.finish))},
    }


def _amount(cents: int) -> Document:
    # A JSON number; cents are exact in a double far beyond any budget.
    return {"amount": cents / TOKENS_PER_CENT, "currency": CURRENCY}


def _reference(who: bytes) -> Document:
    return {"id": _party(who), "name": who.hex()[:16]}


def _party(who: bytes) -> str:
    return f"{SCHEME}-{who.hex()}"
