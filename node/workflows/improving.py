"""How an order gets better though nobody has failed it: decides whom to ask and when to stop; nothing binds at first.

The present maker names its price, a tender finds a better maker, this keeps its time, and only then is the compensation
put at the old maker's disposal, which takes it and gives the assignment up. Whatever fails before, nothing has changed.
"""

from dataclasses import replace

from ledger.contracts import Contracts
from node.workflows.asked import Asking, AskSubstitute, SubstituteAnswered
from node.workflows.assigned import Stage
from node.workflows.events import Mined, OperationDeclined, Submit, WakeAt, Woke
from node.workflows.posted import Phase, Post, operations_of
from node.workflows.runner import Effect
from node.workflows.tendered import (
    AskPrice,
    AskToGiveUp,
    ImproveAsked,
    OpenTender,
    SurrenderAnswered,
    TenderEnded,
    Trial,
)
from protocol.errors import RejectError
from protocol.improvement import improvement
from protocol.replacement import Cause
from protocol.units import NOTHING
from protocol.wire import encode

Step = tuple[Post, tuple[Effect, ...]]


class Improving:
    """The rules, closed over the contracts."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def heard(
        self, state: Post, event: ImproveAsked | SurrenderAnswered | TenderEnded | SubstituteAnswered | Mined | Woke
    ) -> Step:
        """What follows for the trial that is under way, or begins."""
        match event, state.trial:
            case ImproveAsked(), None if improvable(state, event.index):
                return self._begin(state, Trial(index=event.index, until=event.until))
            case SurrenderAnswered(), Trial() as trial if event.trial == trial.name:
                return self._priced(state, trial, event)
            case TenderEnded(), Trial() as trial if event.trial == trial.name:
                return self._tendered(state, trial, event)
            case SubstituteAnswered(), Trial() as trial:
                return self._kept(state, trial, accepted=event.accepted)
            case Mined(), Trial() as trial if event.effect == f"compensate/{trial.name}":
                return self._payable(state, trial, event.error)
            case Woke(), Trial() as trial if event.what == f"improve/{trial.name}":
                return self._over(state, trial, "it took too long")
        return state, ()

    def given_up(self, state: Post, event: OperationDeclined) -> Post:
        """The state after the maker that is compensated gave up: the better one is named as any stand-in is."""
        trial = state.trial
        if trial is None or trial.index != event.index:
            return state
        state = replace(state, trial=None)
        if trial.asked is None or not trial.willing:
            return state
        asking = Asking(
            index=trial.index, cause=Cause.IMPROVED, ready=trial.asked.ready, asked=trial.asked, agreed=True
        )
        return replace(state, asking=(*state.asking, asking))

    @staticmethod
    def _begin(state: Post, trial: Trial) -> Step:
        ask = AskPrice(key=trial.name, provider=state.awarded[trial.index].provider, index=trial.index)
        return replace(state, trial=trial), (ask, WakeAt(key=f"improve/{trial.name}", at=trial.until))

    def _priced(self, state: Post, trial: Trial, event: SurrenderAnswered) -> Step:
        if event.compensation is None:
            return self._over(state, trial, event.why or "its maker keeps it")
        state = replace(state, trial=replace(trial, compensation=event.compensation))
        call = OpenTender(key=trial.name, index=trial.index, until=trial.until, compensation=event.compensation)
        return state, (call,)

    def _tendered(self, state: Post, trial: Trial, event: TenderEnded) -> Step:
        """Whether the order as a whole is better with whom the tender found."""
        if event.tender is None or event.award is None or trial.compensation is None:
            return self._over(state, trial, event.why or "nobody else offers it")
        if not improvable(state, trial.index):
            return self._over(state, trial, "it has begun meanwhile")
        try:
            asked = improvement(
                state.call,
                state.awarded,
                trial.index,
                round_=state.assigned[trial.index].round + 1,
                tender=event.tender,
                award=event.award,
                compensation=trial.compensation,
            )
        except RejectError as error:
            return self._over(state, trial, str(error))
        if asked.assignment.provider not in {one.commitment.author for one in state.commitments}:
            return self._over(state, trial, "the better maker took no part in the order's own auction")
        state = replace(state, trial=replace(trial, asked=asked))
        ask = AskSubstitute(key=f"improve/{trial.name}", provider=asked.assignment.provider, message=encode(asked))
        return state, (ask,)

    def _kept(self, state: Post, trial: Trial, *, accepted: bool) -> Step:
        """The better maker keeps the time, or does not; if so, the old one may take its compensation."""
        if trial.asked is None or trial.compensation is None or trial.willing:
            return state, ()
        if not accepted:
            return self._over(state, trial, "the better maker has no time for it any more")
        spender = state.assigned[trial.index].provider
        move = self._contracts.token.approve(spender, trial.compensation)
        state = replace(state, trial=replace(trial, willing=True))
        return state, (Submit(key=f"compensate/{trial.name}", transactions=(move,)),)

    def _payable(self, state: Post, trial: Trial, error: str) -> Step:
        assert trial.asked is not None  # noqa: S101  # nothing is compensated before
        if error:
            return self._over(replace(state, trial=None), replace(trial, willing=False), f"the ledger refused: {error}")
        ask = AskToGiveUp(key=trial.name, provider=trial.asked.failed, message=encode(trial.asked))
        return state, (ask,)

    def _over(self, state: Post, trial: Trial, why: str) -> Step:
        """Nothing has changed; what the old maker could still take is taken back."""
        state = replace(state, trial=None, tried=(*state.tried, f"assignment {trial.index + 1} stays: {why}"))
        if not trial.willing:
            return state, ()
        move = self._contracts.token.approve(state.assigned[trial.index].provider, NOTHING)
        return state, (Submit(key=f"keep/{trial.name}", transactions=(move,)),)


def improvable(state: Post, index: int) -> bool:
    """Whether an assignment may still change hands for the better: accepted, and nothing of it has left the node."""
    if state.phase is not Phase.MAKING or not 0 <= index < len(state.assigned) or not state.posted.due:
        return False
    assigned = state.assigned[index]
    if assigned.stage is not Stage.ASSIGNED or not assigned.accepted or assigned.objection is not None:
        return False
    return state.asking_for(index) is None and not {r.operation for r in state.released} & {
        *operations_of(state, index)
    }


def critical(state: Post) -> int | None:
    """The assignment with most to gain by: the dearest of those that may still change hands."""
    some = [index for index in range(len(state.assigned)) if improvable(state, index)]
    return max(some, key=lambda index: (state.assigned[index].price, -index), default=None)
