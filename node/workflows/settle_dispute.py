"""A disputed milestone, until it is decided: decides what a party, an inspector or a juror has to do next, and when.

What needs a person's judgement (an offer, a panel, a vote) waits for it; everything else, and every deadline, does not.
"""

from dataclasses import replace

from ledger.contracts import Contracts
from ledger.disputes import Decided, Drawn, Inspection, Proposed, Summoned, VoteOpened, VoteSealed
from ledger.types import Transaction
from node.workflows.disputed import (
    NAME,
    AwaitBlock,
    Ballot,
    BlockReached,
    Case,
    CaseOpened,
    CaseRead,
    Inspect,
    Inspected,
    PanelAsked,
    ReadCase,
    Seat,
    ShareOffered,
    VerdictShown,
    quarter,
    role_of,
    with_vote,
)
from node.workflows.events import Mined, Submit, WakeAt, Woke
from node.workflows.runner import Effect, Workflow
from protocol.ids import Address
from protocol.units import UnixSeconds

AFTER = 2
"""Seconds after a deadline of the contract until a node acts on it: the next block may be made a moment later."""

PATIENCE = 8
"""Seconds that others wait for the one whose turn it is before they do it themselves."""

TOO_EARLY, TOO_LATE = "TooEarly", "TooLate"
"""The contract's words for a deadline that has not passed on the ledger yet, and for one that has."""

SPARE_BLOCKS = 6
"""Blocks that the other party gives the summoner to draw the panel."""

LAST_DRAW = 15
"""Seconds before the end of the time for it at which a panel that could not be drawn is drawn once more."""


def workflow(contracts: Contracts, account: Address) -> Workflow:
    """The workflow of the node with ledger address ``account``."""
    return Workflow(
        name=NAME,
        transition=_Rule(contracts, account).transition,
        events=(
            CaseOpened,
            CaseRead,
            ShareOffered,
            PanelAsked,
            Ballot,
            Inspected,
            VerdictShown,
            BlockReached,
            Proposed,
            Summoned,
            Drawn,
            VoteSealed,
            VoteOpened,
            Decided,
            Mined,
            Woke,
        ),
    )


class _Rule:
    """The transition, closed over the contracts and our own account."""

    def __init__(self, contracts: Contracts, account: Address) -> None:
        self._contracts = contracts
        self._court = contracts.disputes
        self._account = account

    def transition(self, state: Case | None, event: object) -> tuple[Case, tuple[Effect, ...]]:
        """What the case becomes by ``event``, and what is to be done."""
        if isinstance(event, CaseOpened):
            if state is not None and not state.decided:
                return state, ()  # drawn into a case that this node follows already
            number = 1 if state is None else state.number + 1
            return Case(job=event.job, index=event.index, number=number), (ReadCase(key=f"read/{number}"),)
        if state is None:
            raise AssertionError(f"a case begins with CaseOpened, not {type(event).__name__}")
        if isinstance(event, Mined):
            return self._mined(replace(state, gas=state.gas + event.gas), event)
        if isinstance(event, Decided):
            return self._decided(state, event)
        return (state, ()) if state.decided else self._going_on(state, event)

    def _going_on(self, state: Case, event: object) -> tuple[Case, tuple[Effect, ...]]:
        match event:
            case CaseRead():
                return self._read(state, event)
            case ShareOffered() | PanelAsked() | Inspected() | VerdictShown():
                return self._party(state, event)
            case Proposed() | Summoned() | Drawn():
                return self._moved(state, event)
            case BlockReached() | Woke():
                return self._due(state, event)
            case Ballot() | VoteSealed() | VoteOpened():
                return self._voting(state, event)
            case _:
                return state, ()

    def _mined(self, state: Case, event: Mined) -> tuple[Case, tuple[Effect, ...]]:
        """Whoever was too early tries again; whoever came second has nothing to complain of."""
        step = event.effect.split("/", 1)[0]
        if not event.error or state.decided or (step == "draw" and state.panel):
            return state, ()
        matter = state.matter
        if event.error == TOO_EARLY and step in ("open", "close") and matter is not None:
            state = replace(state, early=state.early + 1)
            again = UnixSeconds(quarter(matter, 3 if step == "open" else 4) + (state.early + 1) * AFTER)
            return state, (WakeAt(key=f"{step}/{state.number}/{state.early}", at=again),)
        if event.error != TOO_LATE and step == "draw" and matter is not None:
            return self._draw_again(replace(state, problem=f"no panel could be drawn yet: {event.error}"), matter)
        return replace(state, problem=f"the ledger refused to {step}: {event.error}"), ()

    @staticmethod
    def _draw_again(state: Case, matter: CaseRead) -> tuple[Case, tuple[Effect, ...]]:
        """Auditors may join, and after 256 blocks the lot is cast anew: twice as long is waited after each refusal."""
        state = replace(state, draws=state.draws + 1)
        number = state.draw_block + 1 + 2**state.draws
        later = AwaitBlock(key=f"{state.number}/{state.draw_block}/{state.draws}", number=number)
        last = WakeAt(key=f"draw/{state.number}", at=UnixSeconds(quarter(matter, 2) - LAST_DRAW))
        return state, (later, last)

    def _read(self, state: Case, event: CaseRead) -> tuple[Case, tuple[Effect, ...]]:
        panel = state.panel or tuple(Seat(juror=juror) for juror in event.panel)
        state = replace(state, matter=event, panel=panel)
        match role_of(event, panel, self._account):
            case "":
                return state, ()
            case "inspector":
                return state, (Inspect(key=f"inspect/{state.number}"),)
            case role:
                first = role == "customer"
                close = UnixSeconds(quarter(event, 4) + AFTER + (0 if first else PATIENCE))
                return state, (WakeAt(key=f"close/{state.number}", at=close), *self._to_open(state))

    def _party(
        self, state: Case, event: ShareOffered | PanelAsked | Inspected | VerdictShown
    ) -> tuple[Case, tuple[Effect, ...]]:
        match event:
            case ShareOffered():
                move = self._court.propose(state.job, state.index, event.share)
                return state, (self._submit(state, f"offer/{state.offers}/{event.share}", move),)
            case PanelAsked():
                assert state.matter is not None  # noqa: S101  # a person asks after having seen it
                fee = self._contracts.token.approve(self._court.address, state.matter.fee)
                return state, (self._submit(state, "summon", fee, self._court.summon(state.job, state.index)),)
            case Inspected():
                state = replace(state, inspected=event)
                return state, (self._submit(state, "measure", self._court.measure(state.inspection(), b"")),)
            case VerdictShown():
                shown = Inspection(
                    job=state.job,
                    index=state.index,
                    round=event.round,
                    milestone=event.milestone,
                    evidence=event.evidence,
                    conforms=event.conforms,
                )
                what = f"relay/{event.signature[:8].hex()}"
                return state, (self._submit(state, what, self._court.measure(shown, event.signature)),)

    def _moved(self, state: Case, event: Proposed | Summoned | Drawn) -> tuple[Case, tuple[Effect, ...]]:
        match event:
            case Proposed():
                state = replace(state, offers=state.offers + 1)
                if state.matter is not None and event.by == state.matter.customer:
                    return replace(state, offered=event.share), ()
                return replace(state, asked=event.share), ()
            case Summoned():
                state = replace(state, summoner=event.by, draw_block=event.draw_block)
                late = 0 if event.by == self._account else SPARE_BLOCKS
                draw = AwaitBlock(key=f"{state.number}/{event.draw_block}", number=event.draw_block + 1 + late)
                return state, (draw,) if self._is_party(state) else ()
            case Drawn():
                state = replace(state, panel=tuple(Seat(juror=juror) for juror in event.panel), problem="")
                return state, () if state.matter is None else self._to_open(state)

    def _due(self, state: Case, event: BlockReached | Woke) -> tuple[Case, tuple[Effect, ...]]:
        match event:
            case BlockReached() if not state.panel:
                return state, (self._draw(state),)
            case Woke():
                step, number, *_ = event.what.split("/")
                if int(number) != state.number:
                    return state, ()
                if step == "draw":
                    return state, () if state.panel else (self._draw(state),)
                return state, (self._close(state),) if step == "close" else self._opening(state)
            case _:
                return state, ()

    def _voting(self, state: Case, event: Ballot | VoteSealed | VoteOpened) -> tuple[Case, tuple[Effect, ...]]:
        match event:
            case Ballot():
                matter = state.matter
                if state.ballot is not None or matter is None:
                    return state, ()  # a vote is bound once
                state = replace(state, ballot=event)
                seal = self._court.vote_seal(
                    state.job,
                    state.index,
                    self._account,
                    event.share,
                    event.salt,
                    round_=matter.round,
                    milestone=matter.milestone,
                )
                return state, (self._submit(state, "vote", self._court.vote(state.job, state.index, seal)),)
            case VoteSealed():
                state = replace(state, panel=with_vote(state.panel, event))
                return state, self._opening(state) if state.everybody_sealed else ()
            case VoteOpened():
                state = replace(state, panel=with_vote(state.panel, event))
                last = state.everybody_opened and event.juror == self._account
                return state, (self._close(state),) if last else ()

    def _to_open(self, state: Case) -> tuple[Effect, ...]:
        """A juror opens its vote in the last quarter if the others never seal theirs, and closes if nobody does."""
        assert state.matter is not None  # noqa: S101  # called once it is read
        if self._account not in {seat.juror for seat in state.panel}:
            return ()
        open_at = UnixSeconds(quarter(state.matter, 3) + AFTER)
        close_at = UnixSeconds(quarter(state.matter, 4) + AFTER + PATIENCE)
        return (
            WakeAt(key=f"open/{state.number}", at=open_at),
            WakeAt(key=f"close/{state.number}", at=close_at),
        )

    def _opening(self, state: Case) -> tuple[Effect, ...]:
        if state.ballot is None:
            return ()
        move = self._court.open_vote(state.job, state.index, state.ballot.share, state.ballot.salt)
        return (self._submit(state, "open", move, again=state.early),)

    def _decided(self, state: Case, event: Decided) -> tuple[Case, tuple[Effect, ...]]:
        """Fees and what is left of them are taken by those who earned or advanced them."""
        state = replace(state, outcome=event.outcome, to_provider=event.to_provider)
        earned = any(seat.juror == self._account and seat.share is not None for seat in state.panel)
        if not earned and state.summoner != self._account:
            return state, ()
        return state, (self._submit(state, "withdraw", self._court.withdraw()),)

    def _is_party(self, state: Case) -> bool:
        return state.matter is not None and self._account in (state.matter.customer, state.matter.provider)

    def _draw(self, state: Case) -> Submit:
        draw = self._court.draw(state.job, state.index)
        return self._submit(state, f"draw/{state.draw_block}", draw, again=state.draws)

    def _close(self, state: Case) -> Submit:
        return self._submit(state, "close", self._court.close(state.job, state.index), again=state.early)

    @staticmethod
    def _submit(state: Case, what: str, *moves: Transaction, again: int = 0) -> Submit:
        return Submit(key=f"{what}/{state.number}/{again}", transactions=moves)
