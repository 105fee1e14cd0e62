"""How a provider stands in for another, or is stood in for: decides what it keeps, fetches and gives back."""

from dataclasses import replace

from ledger.contracts import Contracts
from node.workflows.answered import Answer, Forget, Phase, held, tenure
from node.workflows.asked import STAND_IN, FetchReplacement, GivenBack, ReplacementArrived, SubstituteTaken
from node.workflows.events import (
    FetchRecords,
    Mined,
    OperationAssigned,
    OperationAttested,
    OperationDeclined,
    OperationReawarded,
    Submit,
    WakeAt,
    Woke,
)
from node.workflows.runner import Effect
from node.workflows.setbacks import TellSetback, WorkMoved
from node.workflows.tendered import SurrenderAgreed
from protocol import merkle
from protocol.flow import before
from protocol.ids import Address
from protocol.replacement import Replacement
from protocol.requests import Remedy, Setback, Trouble
from protocol.signed import Signed
from protocol.wire import decode, encode

Step = tuple[Answer, tuple[Effect, ...]]


class StandingIn:
    """The rules, closed over the contracts and our own account."""

    def __init__(self, contracts: Contracts, account: Address) -> None:
        self._contracts = contracts
        self._account = account

    def heard(self, state: Answer, event: object) -> Step:
        """What counts whether the auction was won or lost."""
        match event:
            case OperationAttested():
                return replace(state, attested=(*state.attested, event)), ()
            case SubstituteTaken():
                return self._taken(state, event)
            case Woke() if event.what.startswith(STAND_IN):
                return self._left_waiting(state, event.what.removeprefix(STAND_IN))
            case OperationReawarded() if state.won or state.closed:
                known = any(merkle.leaf_hash(encode(one)) == event.transcript for one in state.replacements)
                fetch = FetchReplacement(key=event.transcript.hex(), transcript=event.transcript)
                return state, () if known else (fetch,)
            case ReplacementArrived():
                told = replacement_in(event.replacement)
                return replace(state, replacements=(*state.replacements, told)), ()
            case _:
                return self._leaving(state, event)

    def _leaving(self, state: Answer, event: object) -> Step:
        match event:
            case GivenBack():
                return self._give_back(state, event)
            case WorkMoved():
                return self._moved(state, event)
            case SurrenderAgreed():
                return self._compensated(state, replacement_in(event.replacement))
            case Mined() if event.effect.startswith("surrender/") and not event.error:
                return state, (self._decline(state, int(event.effect.split("/")[1])),)
            case OperationDeclined() if event.provider == self._account:
                return self._without(state, event.index, state.problem)
            case OperationAssigned() if event.index in state.won and event.provider != self._account:
                return self._without(state, event.index, f"assignment {event.index + 1} was given to another provider")
            case _:
                return state, ()

    @staticmethod
    def catch_up(state: Answer) -> tuple[Effect, ...]:
        """The records of all work before ours that is attested, whether before the assignment was ours or since."""
        won = state.won if state.assignments else ()
        wanted = {at for index in won for at in before(state.call, state.assignments, index)} - set(won)
        said = {one.index: one for one in state.attested if one.index in wanted}
        return tuple(
            FetchRecords(key=f"records/{index}", index=index, account=one.provider) for index, one in said.items()
        )

    @staticmethod
    def _taken(state: Answer, event: SubstituteTaken) -> Step:
        """The time is kept for the customer to have us named; until then nothing is begun."""
        state = replace(taken(state, event), phase=Phase.REVEALED, problem="")
        return state, (WakeAt(key=f"{STAND_IN}{replacement_in(event.replacement).digest.hex()}", at=event.until),)

    def _left_waiting(self, state: Answer, asked: str) -> Step:
        told = next((one for one in state.replacements if one.digest.hex() == asked), None)
        if told is None or told.index in state.won or state.phase.terminal:
            return state, ()
        kept = tuple(one for one in state.replacements if one != told)
        problem = "the customer asked us to stand in and never had us named"
        state = replace(state, replacements=kept, problem=problem)
        if not state.won:
            return replace(state, phase=Phase.LOST), ()
        return replace(state, phase=Phase.PAID if set(state.won) <= set(state.ended) else Phase.WON), ()

    def _without(self, state: Answer, index: int, problem: str) -> Step:
        """An assignment is ours no more; what is left may be paid already."""
        won = tuple(other for other in state.won if other != index)
        lost = state.lost if index in state.lost else (*state.lost, index)
        state = replace(state, won=won, lost=lost, problem=problem)
        if not won:
            return replace(state, phase=Phase.RELEASED), (Forget(key="forget"),)
        if not set(won) <= set(state.ended):
            return state, ()
        take = Submit(key="withdraw", transactions=(self._contracts.orders.withdraw(),))
        return replace(state, phase=Phase.PAID), (take, Forget(key="forget"))

    def _give_back(self, state: Answer, event: GivenBack) -> Step:
        """Give back what is not done; the customer asks somebody else. What is not ours yet is declined once it is."""
        done = {closed.index for closed in state.closed}
        given = [index for index in event.indexes if index in held(state) and index not in done]
        effects: list[Effect] = [self._decline(state, index) for index in given if index in state.won]
        effects += [_telling(state, index, event.cause, Remedy.GIVEN_BACK) for index in given]
        return replace(state, lost=(*state.lost, *given), problem=f"given back: {event.reason}"), tuple(effects)

    def declined(self, state: Answer, index: int) -> Step:
        """The ledger names us for what was given back before: it is declined."""
        decline = self._decline(state, index)
        if held(state):
            return state, (decline,)
        return replace(state, phase=Phase.RELEASED), (decline, Forget(key="forget"))

    @staticmethod
    def _moved(state: Answer, event: WorkMoved) -> Step:
        if event.index not in held(state):
            return state, ()
        tell = _telling(state, event.index, Trouble.MACHINE, Remedy.MOVED)
        return replace(state, moved=(*state.moved, event)), (tell,)

    def _compensated(self, state: Answer, told: Replacement) -> Step:
        """Take what the customer pays for the assignment; it is given up only once the ledger holds that."""
        assert told.improvement is not None  # noqa: S101  # checked when it was agreed to
        if told.index not in state.won:
            return state, ()
        amount = told.improvement.compensation
        take = self._contracts.token.transfer_from(state.customer, self._account, amount)
        state = replace(state, problem=f"given up for a compensation of {amount} cents")
        return state, (Submit(key=f"surrender/{told.index}/{told.round}", transactions=(take,)),)

    def _decline(self, state: Answer, index: int) -> Submit:
        move = self._contracts.orders.decline(state.call.job, index)
        return Submit(key=f"decline/{index}/{tenure(state, index)}", transactions=(move,))


def _telling(state: Answer, index: int, trouble: Trouble, remedy: Remedy) -> TellSetback:
    round_ = tenure(state, index)
    number = sum((move.index, move.tenure) == (index, round_) for move in state.moved)
    told = Setback(job=state.call.job, index=index, tenure=round_, trouble=trouble, remedy=remedy, number=number)
    return TellSetback(key=f"{index}/{round_}/{number}/{remedy.value}", message=encode(told))


def taken(state: Answer, event: SubstituteTaken) -> Answer:
    """What we know of the order once we stand in: what was told in the places of the same replacements."""
    told = tuple(map(replacement_in, (*event.earlier, event.replacement)))
    places = {(one.index, one.round) for one in told}
    others = (one for one in state.replacements if (one.index, one.round) not in places)
    lost = tuple(index for index in state.lost if index != told[-1].index)
    return replace(state, replacements=(*others, *told), lost=lost)


def replacement_in(signed: Signed) -> Replacement:
    """What a customer's message says; it was verified when it came."""
    return decode(Replacement, signed.payload)
