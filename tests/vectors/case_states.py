"""How a dispute gets into every state and to the end of every quarter of its window, and what anybody may try there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from protocol.case import PANEL, Case, Matter, matter_of
from protocol.case_machine import (
    Bench,
    CaseAction,
    CaseOutcome,
    Close,
    Draw,
    Measure,
    OpenVote,
    Propose,
    Summon,
    Vote,
    move,
)
from protocol.ids import Address, Digest, JobId
from protocol.order import Win
from protocol.order_actions import Accept, Attest, Decline, Dispute, PostAward, Reaward, Rule
from protocol.rules import RulePack
from protocol.turn import Turn
from protocol.units import BasisPoints, Cents, UnixSeconds
from tests.contracts.calls import SALT
from tests.contracts.draw import draw
from tests.contracts.evm import block_at
from tests.contracts.federation import (
    BOND,
    CONTRACTS,
    COURT,
    CUSTOMER,
    EVIDENCE,
    JOB,
    OTHER_SHOP,
    PATIENT,
    SHOP,
    STRANGER,
    TERM,
    TRANSCRIPT,
    TREASURY,
)
from tests.contracts.pair import JURORS
from tests.vectors.order_states import OrderMachine, OrderSituation, opening, win
from tests.vectors.situations import EPOCH, Situation, named

STAKE = 901
QUARTER = PATIENT.dispute // 4
KNOWN = 256
"""Blocks for which the ledger knows a block's hash."""

SHARES = (0, 2500, 7500, 10_000)


@dataclass(frozen=True)
class CaseMachine:
    """That of the case over the first assignment of an order; ``order`` is the story up to the dispute."""

    order: OrderSituation
    auditors: tuple[Address, ...] = JURORS
    pack: RulePack = PATIENT
    start: ClassVar[Case] = Case()

    @cached_property
    def matter(self) -> Matter:
        assert self.order.state is not None
        return matter_of(self.order.state, 0)

    def turn(self, state: Case, action: CaseAction, turn: Turn) -> CaseOutcome:
        drawn = self.drawn(state) if isinstance(action, Draw) else ()
        bench = Bench(block=block_at(turn.at), drawn=drawn, minimum_bond=Cents(BOND), treasury=TREASURY)
        return move(state, action, turn, self.matter, bench)

    def setting(self) -> dict[str, object]:
        return {"matter": self.matter, "minimum_bond": BOND, "treasury": TREASURY, "salt": SALT}

    def moment(self, state: Case, action: CaseAction, at: UnixSeconds) -> dict[str, object]:
        drawn = {"drawn": self.drawn(state)} if isinstance(action, Draw) else {}
        return {"block": block_at(at), **drawn}

    def drawn(self, state: Case) -> tuple[Address, ...]:
        return draw(self.auditors, state.draw_block, self.key, lambda who: who not in self.matter.parties)

    @property
    def key(self) -> tuple[bytes, int, int, int]:
        return (JOB, 0, self.matter.work.round, self.matter.work.approved)

    def seal(self, juror: Address, share: int) -> Digest:
        """What ``juror`` binds itself to ``share`` with."""
        job, index, round_, milestone = self.key
        return CONTRACTS.disputes.vote_seal(
            JobId(job), index, juror, BasisPoints(share), SALT, round_=round_, milestone=milestone
        )


CaseSituation = Situation[Case, CaseAction]


def orders() -> dict[str, OrderSituation]:
    """Stories of orders, up to where a case begins or cannot."""
    due = EPOCH + TERM // 2
    work = replace(win(SHOP, 2 * STAKE, due, 2), inspection=2)
    inspecting = win(OTHER_SHOP, 100, due)
    nothing: OrderSituation = Situation(machine=OrderMachine(PATIENT))
    opened = nothing.then(CUSTOMER, replace(opening(PATIENT), budget=Cents(3000)))

    def attested(*wins: Win) -> OrderSituation:
        awarded = opened.then(CUSTOMER, PostAward(transcript=TRANSCRIPT, wins=wins))
        return awarded.then(SHOP, Accept(index=0)).then(SHOP, Attest(index=0, evidence=EVIDENCE))

    objection = Dispute(index=0, evidence=EVIDENCE)
    agreed = attested(work, inspecting)
    disputed = agreed.then(CUSTOMER, objection)
    other = Reaward(index=1, transcript=TRANSCRIPT, win=win(SHOP, 100, due))
    exchanged = agreed.then(OTHER_SHOP, Decline(index=1)).then(CUSTOMER, other)
    return {
        "attested": agreed,
        "disputed": disputed,
        "nobody inspects": attested(win(SHOP, STAKE, due)).then(CUSTOMER, objection),
        "inspector exchanged": exchanged.then(CUSTOMER, objection),
        "ruled": disputed.then(COURT, Rule(index=0, to_provider=Cents(0))),
    }


def begun(order: OrderSituation, auditors: tuple[Address, ...] = JURORS) -> CaseSituation:
    """The case over ``order``, in which nobody has moved."""
    return Situation(machine=CaseMachine(order, auditors), now=order.now)


def situations() -> Iterator[CaseSituation]:
    """Every one of them."""
    stories = {name: begun(order) for name, order in orders().items()}
    disputed = stories["disputed"]
    summoned = disputed.then(SHOP, Summon())
    seated = summoned.after(2).then(STRANGER, Draw())
    by_customer = disputed.then(CUSTOMER, Summon()).after(2).then(STRANGER, Draw())
    forgotten = summoned.after(KNOWN + 2)
    stories |= {
        "last second to summon": disputed.after(QUARTER),
        "too late to summon": disputed.after(QUARTER + 1),
        "last second of the window": disputed.after(4 * QUARTER),
        "window over": disputed.after(4 * QUARTER + 1),
        "offered": disputed.then(CUSTOMER, propose(2500)),
        "asked": disputed.then(SHOP, propose(7500)),
        "offered and asked": disputed.then(CUSTOMER, propose(2500)).then(SHOP, propose(7500)),
        "summoned": summoned,
        "summoned, block being made": summoned.after(1),
        "summoned, block made": summoned.after(2),
        "summoned, too few auditors": begun(disputed.machine.order, JURORS[:2]).then(SHOP, Summon()).after(2),
        "summoned, hash still known": summoned.after(KNOWN + 1),
        "summoned, hash forgotten": forgotten,
        "summoned anew": forgotten.then(STRANGER, Draw()).after(2),
        "last second to draw": summoned.after(2 * QUARTER - KNOWN).then(STRANGER, Draw()).after(KNOWN),
        "too late to draw": summoned.after(2 * QUARTER + 1),
        "summoned, window over": summoned.after(4 * QUARTER + 1),
        "seated": seated,
        "last second to seal": seated.after(3 * QUARTER - 2),
        "too late to seal": seated.after(3 * QUARTER - 1),
        "seated, window over": seated.after(4 * QUARTER),
        "two sealed": sealed(seated, 2500, 7500),
        "two sealed, sealing over": sealed(seated, 2500, 7500).after(3 * QUARTER - 1),
        "all sealed": sealed(seated, 2500, 7500, 0),
        "all sealed, last second to open": sealed(seated, 2500, 7500, 0).after(4 * QUARTER - 2),
        "all sealed, window over": sealed(seated, 2500, 7500, 0).after(4 * QUARTER - 1),
        "two open": opened(seated, 2500, 7500),
        "one open, window over": opened(seated, 2500).after(4 * QUARTER),
        "two open, window over": opened(seated, 2500, 7500).after(4 * QUARTER),
        "all open": opened(seated, 7500, 2500, 7500),
        "all open for nothing": opened(seated, 0, 10_000, 0),
        "all open, the customer asked": opened(by_customer, 2500, 0, 2500),
        "all open for the customer, that asked": opened(by_customer, 0, 2500, 0),
        "all open for the provider, that asked": opened(seated, 10_000, 2500, 10_000),
    }
    yield from named(stories)


def propose(share: int) -> Propose:
    return Propose(share=BasisPoints(share))


def sealed(case: CaseSituation, *shares: int) -> CaseSituation:
    """The first jurors seal these."""
    for juror, share in zip(case.state.panel, shares, strict=False):
        case = case.then(juror.account, Vote(seal=case.machine.seal(juror.account, share)))
    return case


def opened(case: CaseSituation, *shares: int) -> CaseSituation:
    """The first jurors seal and open these; the others seal that the provider should have all."""
    votes = (*shares, *(10_000,) * (PANEL - len(shares)))
    case = sealed(case, *votes)
    for juror, share in zip(case.state.panel, shares, strict=False):
        seal = case.machine.seal(juror.account, share)
        case = case.then(juror.account, OpenVote(share=BasisPoints(share), seal=seal))
    return case


def tries(case: CaseSituation) -> Iterator[tuple[Address, CaseAction]]:
    """Every action by everybody whom it may concern."""
    for by in (CUSTOMER, SHOP, STRANGER):
        yield from ((by, propose(share)) for share in (*SHARES, 10_001))
        yield by, Summon()
    for by, inspector in ((OTHER_SHOP, OTHER_SHOP), (STRANGER, OTHER_SHOP), (SHOP, SHOP), (STRANGER, STRANGER)):
        for conforms in (True, False):
            yield by, Measure(inspector=inspector, round=0, milestone=0, conforms=conforms)
    yield OTHER_SHOP, Measure(inspector=OTHER_SHOP, round=1, milestone=0, conforms=True)
    yield OTHER_SHOP, Measure(inspector=OTHER_SHOP, round=0, milestone=1, conforms=True)
    for by in (CUSTOMER, STRANGER):
        yield by, Draw()
        yield by, Close()
    jurors = [juror.account for juror in case.state.panel] or list(JURORS[:PANEL])
    for by in (*jurors, STRANGER):
        yield by, Vote(seal=case.machine.seal(by, 2500))
        for share in (*SHARES, 10_001):
            yield by, OpenVote(share=BasisPoints(share), seal=case.machine.seal(by, share))
