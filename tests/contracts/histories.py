"""Histories of a whole federation as hypothesis makes them up, and the proof at the end of each that no money is stuck.

People act with a reason, and of all that they may want, what was seen least is done next; now and then anybody tries
anything. Whatever is done is told to the contracts and to the protocol's state machines, which must agree.
"""

from collections import Counter
from contextlib import ExitStack
from random import Random
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from typing_extensions import override

from protocol import case_machine as case
from protocol import membership
from protocol import order_actions as act
from protocol.case import CASE_EDGES
from protocol.errors import RefusedError
from protocol.ids import Address
from protocol.licensing import LICENSING_EDGES
from protocol.membership import MEMBER_EDGES
from protocol.order import EDGES as ORDER_EDGES
from protocol.order import BidState, OrderState, WorkState
from protocol.params import UNBONDING
from protocol.units import Cents
from tests.contracts.book import MEMBERS, ORDERS
from tests.contracts.federation import BID_BOND, CUSTOMER, EVIDENCE, PATIENT, SHOP, STRANGER, TERM, TREASURY, Scene
from tests.contracts.pair import ESCROWS, OPENING, PEOPLE, SEAL, Pair
from tests.contracts.reasons import Reason, reasons, slashing

EDGES = ORDER_EDGES | CASE_EDGES | MEMBER_EDGES | LICENSING_EDGES
"""All there are; a run that missed one has shown nothing about it."""

RARELY = 0.05
"""How often half a year may pass, after which most orders are over."""

SEED = st.integers(0, 2**32)
NEVER = (float("inf"), 0)
LEADS = {
    "order: none -> open by Open": "bid: none",
    "order: open -> awarded by PostAward": "work: assigned",
    "work: none -> assigned by PostAward": "work: assigned",
    "work: attested -> approved by Approve": "order: awarded -> settled by Approve",
    "work: disputed -> ruled by Rule": "order: awarded -> settled by Rule",
    "work: attested -> disputed by Dispute": "case: waiting",
    "case: summoned -> seated by Draw": "vote: none",
    "vote: sealed -> opened by OpenVote": "case: seated -> judged",
    "design: none -> sealed by SealDesign": "licence: none",
}
"""Where one state machine sets another going: an edge, and how those begin that it makes possible."""


def _ahead() -> dict[str, dict[str, int]]:
    """For each edge all that can follow it, itself included, and how many steps later."""

    def following(edge: str) -> set[str]:
        what, _, _, after, _, _ = edge.split()
        starts = (f"{what} {after} ->", LEADS.get(edge, edge))
        return {later for later in EDGES if later.startswith(starts)}

    found = {edge: {edge: 0} for edge in EDGES}
    for ways in found.values():
        front, steps = set(ways), 0
        while front:
            steps += 1
            front = set().union(*map(following, front)) - ways.keys()
            ways.update(dict.fromkeys(front, steps))
    return found


AHEAD = _ahead()


class Histories(RuleBasedStateMachine):
    """Random histories; a test subclasses it with its populated scene."""

    scene: ClassVar[Scene]
    edges: ClassVar[Counter[str]]
    """How often each edge was taken, over all histories so far."""

    known: ClassVar[Counter[str]]
    """The same before this batch: what a history does next may not depend on the one before it, or none is replayed."""

    STEPS: ClassVar[int] = 120
    """Of one progress."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self._undo = ExitStack()
        self._undo.enter_context(self.scene.evm.undone())
        self.pair = Pair.of(self.scene, PATIENT)
        self.pair.book.edges = Counter(self.known)

    @rule(seed=SEED)
    def progress(self, seed: int) -> None:
        """Somebody does what was seen least of all that somebody wants."""
        luck = Random(seed)
        for _ in range(self.STEPS):
            self._steps += 1
            reason = self._rarest(luck)
            self.pair.wait(max(0, reason.at - self.pair.book.now))
            self.pair.tell(reason.by, reason.target, reason.action)
        self.pair.check_touched()

    @rule(seed=SEED)
    def disturb(self, seed: int) -> None:
        """What nobody has a good reason for: too early, too late, not entitled; and money is taken out meanwhile."""
        luck = Random(seed)
        for _ in range(3):
            self._insist(luck)
            self._meddle(luck)
        self.pair.withdraw(luck.choice(ESCROWS), luck.choice(PEOPLE))
        self.pair.check_touched()

    def _insist(self, luck: Random) -> None:
        """Somebody does something for a reason before its time, or instead of somebody else."""
        reason = luck.choice(list(reasons(self.pair, luck)))
        if luck.random() < 0.5:
            self.pair.wait(max(0, reason.at - self.pair.book.now + luck.choice((-1, 0))))
        self.pair.tell(luck.choice((reason.by, reason.by, luck.choice(PEOPLE))), reason.target, reason.action)

    def _meddle(self, luck: Random) -> None:
        """Anybody tries anything."""
        if not self.pair.book.orders:
            return
        job, index, who = luck.choice(list(self.pair.book.orders)), luck.randint(0, 2), luck.choice(PEOPLE)
        on_order = luck.choice(
            (
                act.SealBid(seal=SEAL),
                act.RevealBid(opening=luck.choice((OPENING, b"another"))),
                act.Forfeit(bidder=SHOP),
                act.ReturnBid(bidder=SHOP),
                act.Accept(index=index),
                act.Decline(index=index),
                act.Attest(index=index, evidence=EVIDENCE),
                act.Approve(index=index),
                act.Dispute(index=index, evidence=EVIDENCE),
                act.Rule(index=index, to_provider=Cents(luck.randint(0, 500))),
                act.Cancel(),
                act.Expire(),
            )
        )
        self.pair.tell(who, job, on_order)
        if index < len(self.pair.book.orders[job].works):
            self.pair.tell(luck.choice(PEOPLE), (job, index), luck.choice((case.Summon(), case.Draw(), case.Close())))
        self.pair.tell(who, None, slashing(self.pair, luck, luck.choice(PEOPLE)))

    @override
    def teardown(self) -> None:
        """From wherever we are, time and one party alone free every cent; which one it is takes turns."""
        with self._undo:
            self.edges.update(self.pair.book.edges - self.known)
            free(self.pair, "customer" if self._steps % 2 else "provider")

    def _rarest(self, luck: Random) -> Reason:
        """What leads to the edge that was taken least; what is refused comes last, and what waits long is rare."""
        book = self.pair.book
        if luck.random() < 2 * RARELY:
            self.pair.ask_for_bonds(luck.choice((0, BID_BOND)))
        now, block = book.now, book.block
        patience = UNBONDING if luck.random() < RARELY else 2 * TERM
        wanted = [reason for reason in reasons(self.pair, luck) if reason.at - now <= patience]
        luck.shuffle(wanted)
        ahead = {edge: min((book.edges[later], steps) for later, steps in AHEAD[edge].items()) for edge in EDGES}

        def rank(reason: Reason) -> tuple[tuple[float, int], int]:
            wait = max(0, reason.at - now)
            book.now, book.block = now + wait, block + wait
            try:
                edges = book.weigh(reason.by, reason.target, reason.action).edges
            except RefusedError:
                return NEVER, wait
            finally:
                book.now, book.block = now, block
            return min((ahead[edge] for edge in edges), default=NEVER), wait

        return min(wanted, key=rank)


def free(pair: Pair, alone: str) -> None:
    """Let only one party act, after all windows have passed; then everybody takes what is theirs."""
    book = pair.book
    pair.wait(10 * 365 * 24 * 3600)
    for job in list(book.orders):
        for index, work in enumerate(book.orders[job].works):
            caller = CUSTOMER if alone == "customer" else work.win.provider
            if work.state is WorkState.ATTESTED:
                assert pair.tell(caller, job, act.Approve(index=index)) == ""
            elif work.state is WorkState.DISPUTED:
                assert pair.tell(caller, (job, index), case.Close()) == ""
        order = book.orders[job]
        caller = CUSTOMER if alone == "customer" else SHOP
        if order.state is OrderState.OPEN or any(work.state.is_waiting for work in order.works):
            assert pair.tell(caller, job, act.Expire()) == ""
        for bid in order.bids:
            if bid.state is BidState.SEALED:
                called_off = order.state is OrderState.CANCELLED
                end = act.ReturnBid(bidder=bid.bidder) if called_off else act.Forfeit(bidder=bid.bidder)
                assert pair.tell(caller, job, end) == ""
    leave(pair)
    pair.check()
    assert book.locked(ORDERS) == 0
    collect(pair)


def leave(pair: Pair) -> None:
    """Every member takes its whole bond out, alone."""
    for person in PEOPLE:
        member = pair.book.members.get(person, membership.Member())
        if member.state == "registered":
            assert pair.tell(person, None, membership.Revoke()) == ""
        if member.bond:
            assert pair.tell(person, None, membership.Unbond(amount=member.bond)) == ""
    pair.wait(UNBONDING)
    for person in PEOPLE:
        if pair.book.members.get(person, membership.Member()).unbonding:
            assert pair.tell(person, None, membership.Release()) == ""


def collect(pair: Pair) -> None:
    """Everybody withdraws, the fund collects, and no escrow holds a cent."""
    scene, book = pair.scene, pair.book
    for escrow in ESCROWS:
        for person in PEOPLE:
            pair.withdraw(escrow, person)
        before = scene.balance(TREASURY)
        scene.evm.send(STRANGER, scene.contracts.treasury.collect(Address(escrow)))
        assert scene.balance(TREASURY) == before + book.credit.pop((escrow, TREASURY), 0)
        assert scene.balance(escrow) == 0
        assert book.locked(MEMBERS) == book.owed(escrow) == 0
