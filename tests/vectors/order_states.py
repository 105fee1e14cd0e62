"""How an order gets into every state and to every edge of its windows, and what anybody may try there.

One vector a line: ``steps`` lead from nothing to ``state``; each of ``tries`` is then done alone, and leads to
``becomes`` and ``owed``, or is ``refused`` under that name. Times are Unix seconds; the rules in force and the members
that are providers stand in ``setting``. Another implementation passes when it says the same: the order contract is held
to this file too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from protocol.errors import RefusedError
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

EPOCH = 1_810_000_000
"""When every story begins."""

LATE = BasisPoints(2500)
OPENING = b"a bid and its salt"
SEAL = Digest(sha256(OPENING).digest())
HALF = TERM // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action at its time."""

    by: Address
    at: UnixSeconds
    action: OrderAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a story has led."""

    name: str
    bonded: bool
    steps: tuple[Step, ...]
    now: UnixSeconds

    @property
    def setting(self) -> Setting:
        """What holds around the order."""
        return Setting(
            pack=BONDED if self.bonded else PACK,
            paused_until=UnixSeconds(0),
            providers=frozenset({SHOP, OTHER_SHOP}),
            court=COURT,
            treasury=TREASURY,
        )

    @property
    def order(self) -> Order | None:
        """The order as the steps leave it."""
        order: Order | None = None
        for step in self.steps:
            order = transition(order, step.action, Turn(by=step.by, at=step.at), self.setting).state
        return order

    def attempt(self, by: Address, action: OrderAction) -> Outcome[Order] | str:
        """What comes of one more action, or why it is refused."""
        try:
            return transition(self.order, action, Turn(by=by, at=self.now), self.setting)
        except RefusedError as refused:
            return refused.reason


class Story:
    """A story that can be told on."""

    def __init__(self, *, bonded: bool = False, steps: tuple[Step, ...] = (), now: int = EPOCH) -> None:
        self.bonded, self.steps, self.now = bonded, steps, now

    def then(self, by: Address, action: OrderAction) -> "Story":
        step = Step(by=by, at=UnixSeconds(self.now), action=action)
        return Story(bonded=self.bonded, steps=(*self.steps, step), now=self.now)

    def after(self, seconds: int) -> "Story":
        return Story(bonded=self.bonded, steps=self.steps, now=self.now + seconds)

    def situation(self, name: str) -> Situation:
        return Situation(name=name, bonded=self.bonded, steps=self.steps, now=UnixSeconds(self.now))


def opening(*, bonded: bool, now: int = EPOCH) -> Open:
    """An order of ten, open for a term."""
    return Open(
        budget=Cents(1000),
        deadline=UnixSeconds(now + TERM),
        late=LATE,
        reveal_by=UnixSeconds(now + HALF if bonded else 0),
        call=word("call"),
        design=word("design"),
        pack=(BONDED if bonded else PACK).digest,
    )


def _win(provider: Address, price: int, due: int, milestones: int = 1) -> Win:
    return Win(provider=provider, price=Cents(price), due=UnixSeconds(due), milestones=milestones)


def situations() -> Iterator[Situation]:
    """Every one of them."""
    accept, attest, approve = Accept(index=0), Attest(index=0, evidence=EVIDENCE), Approve(index=0)
    dispute, expire, cancel = Dispute(index=0, evidence=EVIDENCE), Expire(), Cancel()

    def rule(cents: int) -> Rule:
        return Rule(index=0, to_provider=Cents(cents))

    opened = Story().then(CUSTOMER, opening(bonded=False))
    due = EPOCH + HALF
    wins = (_win(SHOP, 301, due, 2), _win(OTHER_SHOP, 400, due))
    awarded = opened.then(CUSTOMER, PostAward(transcript=TRANSCRIPT, wins=wins))
    started = awarded.then(SHOP, accept)
    attested = started.then(SHOP, attest)
    halfway = attested.then(CUSTOMER, approve)
    last = halfway.then(SHOP, attest)
    disputed = last.then(CUSTOMER, dispute)
    first_disputed = attested.then(CUSTOMER, dispute)
    calling = Story(bonded=True).then(CUSTOMER, opening(bonded=True))
    bid = calling.then(SHOP, SealBid(seal=SEAL))
    declined = awarded.then(SHOP, Decline(index=0))
    other = _win(OTHER_SHOP, 200, EPOCH + TERM - 1)
    stories = {
        "nothing": Story(),
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
        "settled": awarded.after(TERM).then(STRANGER, expire),
    }
    for name, story in stories.items():
        yield story.situation(name)


def tries(situation: Situation) -> Iterator[tuple[Address, OrderAction]]:
    """Every action by everybody."""
    now = situation.now
    soon = _win(OTHER_SHOP, 10, now + 1)
    by_index: list[Callable[[int], OrderAction]] = [
        lambda index: Accept(index=index),
        lambda index: Decline(index=index),
        lambda index: Attest(index=index, evidence=EVIDENCE),
        lambda index: Approve(index=index),
        lambda index: Dispute(index=index, evidence=EVIDENCE),
    ]
    replacements = (soon, _win(OTHER_SHOP, 999, now + 1, 8), _win(SHOP, 5, now), replace(soon, inspection=1))
    actions: list[OrderAction] = [
        opening(bonded=situation.bonded, now=now),
        PostAward(transcript=TRANSCRIPT, wins=(soon,)),
        SealBid(seal=SEAL),
        RevealBid(opening=OPENING),
        RevealBid(opening=b"another bid"),
        Forfeit(bidder=SHOP),
        ReturnBid(bidder=SHOP),
        Cancel(),
        Expire(),
        *(make(index) for make in by_index for index in (0, 1, 2)),
        *(Reaward(index=0, transcript=TRANSCRIPT, win=win) for win in replacements),
    ]
    for action in actions:
        for by in (CUSTOMER, SHOP, STRANGER):
            if not isinstance(action, Open) or by == CUSTOMER:
                yield by, action
    for cents in (0, 150, 151, 152):
        for by in (STRANGER, COURT):
            yield by, Rule(index=0, to_provider=Cents(cents))


def vectors(legible: Callable[[object], Any]) -> list[dict[str, Any]]:
    """One for each situation."""

    def told(by: Address, at: int, action: OrderAction) -> dict[str, Any]:
        return {"by": by.hex(), "at": at, "do": type(action).__name__, **legible(action)}

    found = []
    for situation in situations():
        attempts = []
        for by, action in tries(situation):
            outcome = situation.attempt(by, action)
            attempt = told(by, situation.now, action)
            if isinstance(outcome, str):
                attempts.append({**attempt, "refused": outcome})
            else:
                owed = [[account.hex(), amount] for account, amount in outcome.owed]
                attempts.append({**attempt, "becomes": legible(outcome.state), "taken": outcome.taken, "owed": owed})
        setting = {
            "pack": legible(situation.setting.pack),
            "providers": [SHOP.hex(), OTHER_SHOP.hex()],
            "court": COURT.hex(),
            "treasury": TREASURY.hex(),
        }
        found.append(
            {
                "name": situation.name,
                "setting": setting,
                "steps": [told(step.by, step.at, step.action) for step in situation.steps],
                "state": legible(situation.order),
                "tries": attempts,
            }
        )
    return found
