"""How a case is decided and by when; everything else is refused. Each quarter of its window is for one thing only.

The court contract is the second implementation: ``tests/vectors/case.json`` holds both to it, and random
histories are told to both. A case ends in the first of: offer meets demand, the inspector says what it measured, the
panel has voted, the window is over.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from protocol.case import CASE_EDGES, PANEL, PENALTY_PARTS, Case, CaseState, Juror, Matter
from protocol.errors import RefusedError, refuse
from protocol.ids import Address, Digest
from protocol.order import NO_DIGEST, WorkState
from protocol.params import WHOLE_BPS
from protocol.turn import Outcome, Turn
from protocol.units import NOTHING, BasisPoints, Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """Offer, as the customer, or ask for, as the provider, this share of the stake."""

    share: BasisPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Say what was measured; ``inspector`` is who signed it or says it."""

    inspector: Address
    round: int
    milestone: int
    conforms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summon:
    """Ask for a panel and advance its fee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Seat the panel that the block's hash draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Seal a vote."""

    seal: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVote:
    """Open a vote; ``seal`` is the digest of what is shown."""

    share: BasisPoints
    seal: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """End a case whose votes are open or whose window is over."""


CaseAction = Propose | Measure | Summon | Draw | Vote | OpenVote | Close


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What else the ledger knows when somebody moves in a case."""

    block: int
    """That is being made; block hashes are known for 256 blocks."""

    drawn: tuple[Address, ...]
    """Whom the hash of the case's block draws: a whole panel, or nobody when too few are eligible."""

    minimum_bond: Cents
    treasury: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """What a member loses from its bond, and to whom."""

    account: Address
    amount: Cents
    beneficiary: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcome(Outcome[Case]):
    """What a turn in a case leads to."""

    ruling: Cents | None = None
    """What the order pays the provider, once the case is decided."""

    slashed: tuple[Penalty, ...] = ()


def move(case: Case, action: CaseAction, turn: Turn, matter: Matter, bench: Bench) -> CaseOutcome:
    """What ``case`` becomes when ``action`` is done in it.

    Raises:
        RefusedError: it is not allowed.
    """
    refuse(matter.work.state is not WorkState.DISPUTED, "NotDisputed")
    moving = _Moving(case, action, turn, matter, bench)
    _RULES[type(action)](moving, action)
    edges = tuple(moving.edges)
    assert CASE_EDGES.issuperset(edges), edges  # noqa: S101  # the graph is the specification
    return CaseOutcome(
        state=moving.case,
        owed=tuple(moving.owed),
        taken=moving.taken,
        edges=edges,
        ruling=moving.ruling,
        slashed=tuple(moving.slashed),
    )


def verdict(shares: tuple[int, ...]) -> int:
    """The middle of three votes, the mean of two; ``shares`` from the least."""
    return shares[1] if len(shares) == PANEL else sum(shares) // 2


def _propose(moving: "_Moving", action: Propose) -> None:
    customer, _ = moving.require_party()
    refuse(action.share > WHOLE_BPS, "BadShare")
    asked, offered = WHOLE_BPS - moving.case.conceded, moving.case.offered
    if moving.turn.by == customer:
        moving.case = replace(moving.case, offered=action.share)
        meets, share = action.share >= asked, asked
    else:
        moving.case = replace(moving.case, conceded=BasisPoints(WHOLE_BPS - action.share))
        meets, share = action.share <= offered, int(offered)
    if meets:
        moving.decide(CaseState.SETTLED, moving.share_of(share))


def _measure(moving: "_Moving", action: Measure) -> None:
    work = moving.matter.work
    refuse((action.round, action.milestone) != (work.round, work.approved), "NotDisputed")
    refuse(moving.matter.inspector is None, "NoInspector")
    refuse(action.inspector != moving.matter.inspector, "BadSignature")
    moving.decide(CaseState.MEASURED, moving.matter.stake if action.conforms else NOTHING)


def _summon(moving: "_Moving", _action: Summon) -> None:
    moving.require_party()
    moving.require_before(1)
    refuse(moving.case.draw_block != 0, "AlreadySummoned")
    fee = moving.matter.terms.dispute_fee
    moving.enter(CaseState.SUMMONED, summoner=moving.turn.by, fee=fee, draw_block=moving.bench.block + 1)
    moving.taken = fee


def _draw(moving: "_Moving", _action: Draw) -> None:
    case, block = moving.case, moving.bench.block
    refuse(case.draw_block == 0, "NotSummoned")
    refuse(case.panel, "AlreadyDrawn")
    moving.require_before(2)
    refuse(block <= case.draw_block, "TooEarly")
    if block > case.draw_block + _KNOWN_HASHES:
        moving.enter(CaseState.SUMMONED, draw_block=block + 1)
        return
    refuse(not moving.bench.drawn, "NoPanel")
    moving.enter(CaseState.SEATED, panel=tuple(Juror(account=account) for account in moving.bench.drawn))


def _vote(moving: "_Moving", action: Vote) -> None:
    juror = moving.require_juror()
    moving.require_before(3)
    refuse(juror.seal != NO_DIGEST, "AlreadyVoted")
    moving.seat(juror, replace(juror, seal=action.seal))


def _open_vote(moving: "_Moving", action: OpenVote) -> None:
    juror = moving.require_juror()
    refuse(juror.opened, "AlreadyVoted")
    refuse(action.share > WHOLE_BPS, "BadShare")
    all_sealed = all(seat.seal != NO_DIGEST for seat in moving.case.panel)
    refuse(not all_sealed and moving.turn.at <= moving.matter.quarter(3), "TooEarly")
    moving.require_before(4)
    refuse(action.seal != juror.seal, "WrongOpening")
    moving.seat(juror, replace(juror, opened=True, share=action.share))


def _close(moving: "_Moving", _action: Close) -> None:
    shares = moving.case.shares
    refuse(len(shares) != PANEL and moving.turn.at <= moving.matter.quarter(4), "TooEarly")
    if len(shares) < PANEL - 1:
        moving.decide(CaseState.LAPSED, Cents(moving.matter.stake // 2))
        return
    share = verdict(shares)
    customer, provider = moving.matter.parties
    moving.decide(CaseState.JUDGED, moving.with_fee(share))
    if share == 0:
        penalty = Cents(moving.matter.stake // PENALTY_PARTS)
        moving.slashed.append(Penalty(account=provider, amount=penalty, beneficiary=customer))


@dataclass(slots=True)
class _Moving:
    """One action on its way: the case as it is so far, and what has been moved."""

    case: Case
    action: CaseAction
    turn: Turn
    matter: Matter
    bench: Bench
    owed: list[tuple[Address, Cents]] = field(default_factory=list)
    taken: Cents = NOTHING
    edges: list[str] = field(default_factory=list)
    ruling: Cents | None = None
    slashed: list[Penalty] = field(default_factory=list)

    def require_party(self) -> tuple[Address, Address]:
        refuse(self.turn.by not in self.matter.parties, "NotParty")
        return self.matter.parties

    def require_juror(self) -> Juror:
        refuse(not self.case.panel, "NotDrawn")
        juror = self.case.juror(self.turn.by)
        if juror is None:
            raise RefusedError("NotJuror")
        return juror

    def require_before(self, quarter: int) -> None:
        refuse(self.turn.at > self.matter.quarter(quarter), "TooLate")

    def note(self, what: str, before: str, after: str) -> None:
        self.edges.append(f"{what}: {before} -> {after} by {type(self.action).__name__}")

    def enter(self, state: CaseState, **changes: object) -> None:
        self.note("case", self.case.state.value, state.value)
        self.case = replace(self.case, state=state, **changes)  # type: ignore[arg-type]  # checked by replace

    def seat(self, before: Juror, after: Juror) -> None:
        if before.state != after.state:
            self.note("vote", before.state, after.state)
        self.case = replace(self.case, panel=tuple(after if juror == before else juror for juror in self.case.panel))

    def decide(self, state: CaseState, ruling: Cents) -> None:
        self.enter(state)
        self.ruling = ruling
        rest, part = self.case.fee, Cents(self.case.fee // PANEL)
        for juror in self.case.panel:
            if juror.opened:
                rest = Cents(rest - part)
                self._owe(juror.account, part)
            elif state in (CaseState.JUDGED, CaseState.LAPSED):
                penalty = Cents(self.bench.minimum_bond // PENALTY_PARTS)
                self.slashed.append(Penalty(account=juror.account, amount=penalty, beneficiary=self.bench.treasury))
        self._owe(self.case.summoner, rest)

    def with_fee(self, share: int) -> Cents:
        """The panel's share in cents, with what the loser owes the summoner of the fee."""
        customer, provider = self.matter.parties
        part, fee = self.share_of(share), self.case.fee
        if self.case.summoner == provider and share > WHOLE_BPS // 2:
            return Cents(min(self.matter.stake, part + fee))
        if self.case.summoner == customer and share < WHOLE_BPS // 2:
            return Cents(max(0, part - fee))
        return part

    def share_of(self, bps: int) -> Cents:
        return Cents(self.matter.stake * bps // WHOLE_BPS)

    def _owe(self, account: Address, amount: Cents) -> None:
        if amount:
            self.owed.append((account, amount))


_KNOWN_HASHES = 256
_RULES: dict[type[CaseAction], Callable[[_Moving, Any], None]] = {
    Propose: _propose,
    Measure: _measure,
    Summon: _summon,
    Draw: _draw,
    Vote: _vote,
    OpenVote: _open_vote,
    Close: _close,
}
"""Each takes the action that it stands at."""
