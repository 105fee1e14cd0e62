"""How an order gets into every state and to every edge of its windows, and what anybody may try there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from protocol.ids import Address, Digest
from protocol.order import Order, Win
from protocol.order_actions import (
    Accept,
    Approve,
    Attest,
    Cancel,
    Decline,
    Dispute,
    Expire,
    Forfeit,
    Open,
    OrderAction,
    PostAward,
    Reaward,
    ReturnBid,
    RevealBid,
    Rule,
    SealBid,
)
from protocol.order_machine import Setting, transition
from protocol.rules import RulePack
from protocol.turn import Outcome, Turn
from protocol.units import BasisPoints, Cents, UnixSeconds
from tests.contracts.federation import (
    BONDED,
    COURT,
    CUSTOMER,
    EVIDENCE,
    OTHER_SHOP,
    PACK,
    REVIEW,
    SHOP,
    STRANGER,
    TERM,
    TRANSCRIPT,
    TREASURY,
    word,
)
from tests.vectors.situations import EPOCH, Situation, named

LATE = BasisPoints(2500)
OPENING = b"a bid and its salt"
SEAL = Digest(sha256(OPENING).digest())
HALF = TERM // 2


@dataclass(frozen=True, slots=True)
class OrderMachine:
    """The order's, under one rule pack."""

    pack: RulePack = PACK
    start: None = None

    def turn(self, state: Order | None, action: OrderAction, turn: Turn) -> Outcome[Order]:
        around = Setting(
            pack=self.pack,
            paused_until=UnixSeconds(0),
            providers=frozenset({SHOP, OTHER_SHOP}),
            court=COURT,
            treasury=TREASURY,
        )
        return transition(state, action, turn, around)

    def setting(self) -> dict[str, object]:
        return {"pack": self.pack, "providers": (SHOP, OTHER_SHOP), "court": COURT, "treasury": TREASURY}

    def moment(self, state: Order | None, action: OrderAction, at: UnixSeconds) -> dict[str, object]:
        return {}


OrderSituation = Situation[Order | None, OrderAction]


def opening(pack: RulePack, now: int = EPOCH) -> Open:
    """An order of ten, open for a term."""
    return Open(
        budget=Cents(1000),
        deadline=UnixSeconds(now + TERM),
        late=LATE,
        reveal_by=UnixSeconds(now + HALF if pack.bid_bond else 0),
        call=word("call"),
        design=word("design"),
        pack=pack.digest,
    )


def win(provider: Address, price: int, due: int, milestones: int = 1) -> Win:
    return Win(provider=provider, price=Cents(price), due=UnixSeconds(due), milestones=milestones)


def situations() -> Iterator[OrderSituation]:
    """Every one of them."""
    accept, attest, approve = Accept(index=0), Attest(index=0, evidence=EVIDENCE), Approve(index=0)
    dispute, expire, cancel = Dispute(index=0, evidence=EVIDENCE), Expire(), Cancel()

    def rule(cents: int) -> Rule:
        return Rule(index=0, to_provider=Cents(cents))

    nothing: OrderSituation = Situation(machine=OrderMachine())
    opened = nothing.then(CUSTOMER, opening(PACK))
    due = EPOCH + HALF
    wins = (win(SHOP, 301, due, 2), win(OTHER_SHOP, 400, due))
    awarded = opened.then(CUSTOMER, PostAward(transcript=TRANSCRIPT, wins=wins))
    started = awarded.then(SHOP, accept)
    attested = started.then(SHOP, attest)
    halfway = attested.then(CUSTOMER, approve)
    last = halfway.then(SHOP, attest)
    disputed = last.then(CUSTOMER, dispute)
    first_disputed = attested.then(CUSTOMER, dispute)
    calling = replace(nothing, machine=OrderMachine(BONDED)).then(CUSTOMER, opening(BONDED))
    bid = calling.then(SHOP, SealBid(seal=SEAL))
    declined = awarded.then(SHOP, Decline(index=0))
    other = win(OTHER_SHOP, 200, EPOCH + TERM - 1)
    alone = opened.then(CUSTOMER, PostAward(transcript=TRANSCRIPT, wins=wins[1:]))
    alone_attested = alone.then(OTHER_SHOP, accept).then(OTHER_SHOP, attest)
    stories = {
        "nothing": nothing,
        "open": opened,
        "open, deadline reached": opened.after(TERM),
        "open for bonded bids": calling,
        "bid": bid,
        "bid, last second to reveal": bid.after(HALF),
        "bid, too late to reveal": bid.after(HALF + 1),
        "bid, order cancelled": bid.then(CUSTOMER, cancel),
        "bid, order expired": bid.after(TERM).then(STRANGER, expire),
        "bid revealed": bid.then(SHOP, RevealBid(opening=OPENING)),
        "bid forfeited": bid.after(HALF + 1).then(STRANGER, Forfeit(bidder=SHOP)),
        "bid returned": bid.then(CUSTOMER, cancel).then(STRANGER, ReturnBid(bidder=SHOP)),
        "cancelled": opened.then(CUSTOMER, cancel),
        "assigned": awarded,
        "assigned, last second to accept": awarded.after(REVIEW),
        "assigned, not accepted in time": awarded.after(REVIEW + 1),
        "assigned, last second": awarded.after(TERM - 1),
        "assigned, deadline reached": awarded.after(TERM),
        "declined": declined,
        "declined, deadline reached": declined.after(TERM),
        "replaced": declined.then(CUSTOMER, Reaward(index=0, transcript=TRANSCRIPT, win=other)),
        "accepted": started,
        "accepted, last second of the due time": started.after(HALF),
        "accepted, late": started.after(HALF + 1),
        "accepted, deadline reached": started.after(TERM),
        "attested": attested,
        "attested late": started.after(HALF + 1).then(SHOP, attest),
        "attested, last second of review": attested.after(REVIEW),
        "attested, review over": attested.after(REVIEW + 1),
        "attested, deadline reached": attested.after(TERM),
        "halfway": halfway,
        "halfway, attested": last,
        "disputed": disputed,
        "first milestone disputed": first_disputed,
        "approved": last.then(CUSTOMER, approve),
        "ruled": disputed.then(COURT, rule(0)),
        "ruled the provider's": disputed.then(COURT, rule(151)),
        "first milestone ruled the provider's": first_disputed.then(COURT, rule(150)),
        "the only one attested": alone_attested,
        "the only one disputed": alone_attested.then(CUSTOMER, dispute),
        "settled": awarded.after(TERM).then(STRANGER, expire),
    }
    yield from named(stories)


def tries(situation: OrderSituation) -> Iterator[tuple[Address, OrderAction]]:
    """Every action by everybody."""
    now, pack = situation.now, situation.machine.pack
    soon = win(OTHER_SHOP, 10, now + 1)
    by_index: list[Callable[[int], OrderAction]] = [
        lambda index: Accept(index=index),
        lambda index: Decline(index=index),
        lambda index: Attest(index=index, evidence=EVIDENCE),
        lambda index: Approve(index=index),
        lambda index: Dispute(index=index, evidence=EVIDENCE),
    ]
    replacements = (soon, win(OTHER_SHOP, 999, now + 1, 8), win(SHOP, 5, now), replace(soon, inspection=1))
    actions: list[OrderAction] = [
        opening(pack, now),
        PostAward(transcript=TRANSCRIPT, wins=(soon,)),
        SealBid(seal=SEAL),
        RevealBid(opening=OPENING),
        RevealBid(opening=b"another bid"),
        Forfeit(bidder=SHOP),
        ReturnBid(bidder=SHOP),
        Cancel(),
        Expire(),
        *(make(index) for make in by_index for index in (0, 1, 2)),
        *(Reaward(index=0, transcript=TRANSCRIPT, win=other) for other in replacements),
    ]
    for action in actions:
        for by in (CUSTOMER, SHOP, STRANGER):
            if not isinstance(action, Open) or by == CUSTOMER:
                yield by, action
    for cents in (0, 150, 151, 152):
        for by in (STRANGER, COURT):
            yield by, Rule(index=0, to_provider=Cents(cents))
