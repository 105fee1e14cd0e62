"""Auctions that are not public: sound ones, and such as no customer may hold."""

from dataclasses import replace
from typing import Any

from protocol.classification import Classification
from protocol.job import Call, Filters
from protocol.transcript import Transcript
from tests.auction.sealed import WITNESSES, Bidder, bidders, held, small_call

MILL, OVEN, RIVAL = bidders()
GUESTS = tuple(sorted({*(one.bid.provider for one in bidders()), *WITNESSES}))
WITHOUT_THE_RIVAL = tuple(peer for peer in GUESTS if peer != RIVAL.bid.provider)


def closed(classification: int = Classification.RESTRICTED, **filters: Any) -> Call:
    """A call for guests under one law."""
    asked = small_call(filters=Filters(**{"jurisdictions": ("DE",), "invited": GUESTS, **filters}))
    blank = replace(asked, part=replace(asked.part, holes=()))
    return replace(blank, filters=replace(blank.filters, classification=int(classification)))


def cleared(level: int = Classification.RESTRICTED, jurisdiction: str = "DE") -> tuple[Bidder, ...]:
    """The bidders, each with a clearance and a law."""
    declared = {"clearance": int(level), "jurisdiction": jurisdiction}
    return tuple(replace(one, bid=replace(one.bid, **declared)) for one in bidders())  # type: ignore[arg-type]


SOUND: dict[str, Transcript] = {
    "for partners": held(closed(Classification.PARTNERS, jurisdictions=()), cleared()),
    "confidential": held(closed(Classification.CONFIDENTIAL), cleared()),
    "restricted": held(closed(), cleared()),
    "a bid of somebody who was not invited": held(closed(invited=WITHOUT_THE_RIVAL), cleared()),
    "a bid from under another law": held(closed(), (*cleared()[:2], cleared(jurisdiction="FR")[2])),
    "a bid without the clearance": held(closed(), (*cleared()[:2], cleared(Classification.CONFIDENTIAL)[2])),
}

HOLES = small_call().part.holes
FLAWED: dict[str, Call] = {
    "a public call with guests": closed(Classification.PUBLIC),
    "a restricted call without guests": closed(invited=()),
    "a restricted call for any law": closed(jurisdictions=()),
    "a restricted call with holes": replace(closed(), part=replace(closed().part, holes=HOLES)),
    "guests out of order": closed(invited=GUESTS[::-1]),
    "a guest twice": closed(invited=(GUESTS[0], *GUESTS)),
    "the customer as guest": closed(invited=tuple(sorted((*GUESTS, small_call().customer)))),
    "witnesses who are no guests": closed(invited=tuple(p for p in GUESTS if p not in WITNESSES)),
    "a classification beyond all": replace(closed(), filters=replace(closed().filters, classification=4)),
}
