"""How a job goes on when one of its makers does not: decides whom to ask next, and what the ledger is told."""

from dataclasses import replace

from ledger.contracts import Contracts
from ledger.orders import Winner
from node.workflows.asked import Asking, AskSubstitute, SubstituteAnswered
from node.workflows.assigned import Assigned, Stage
from node.workflows.events import (
    Mined,
    OperationAccepted,
    OperationAssigned,
    OperationDeclined,
    OperationReawarded,
    Submit,
    WakeAt,
    Woke,
)
from node.workflows.inspecting import inspector_of
from node.workflows.posted import Post, with_assigned
from node.workflows.runner import Effect
from protocol import merkle
from protocol.flow import after, before
from protocol.ids import Digest
from protocol.replacement import Cause, Replacement, Salvage, salvaged, substitutes
from protocol.transport import travel_time
from protocol.units import Cents, UnixSeconds
from protocol.wire import encode

AFTER = 2
"""Seconds after a deadline of the contract until a node acts on it: the next block may be made a moment later."""

LEAD = 30
"""Wall seconds that a new maker has between being asked and beginning: to look, to agree, and to be named."""

TOO_EARLY, DELIVERED = "TooEarly", "WrongAssignmentState"
"""What the contract says when its clock is behind ours, and when the old maker has attested after all."""

Step = tuple[Post, tuple[Effect, ...]]


class Replacing:
    """The rules, closed over the contracts."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def assigned(self, state: Post, event: OperationAssigned) -> Step:
        """An assignment has a provider, who has until the end of the review window to accept it."""
        added = Assigned(provider=event.provider, price=event.price, since=event.at)
        if event.index < len(state.assigned):
            before = state.assigned[event.index]
            state = with_assigned(
                state,
                event.index,
                provider=event.provider,
                price=event.price,
                since=event.at,
                stage=Stage.ASSIGNED,
                accepted=False,
                objection=None,
                round=before.round + 1,
            )
            added = state.assigned[event.index]
        else:
            state = replace(state, assigned=(*state.assigned, added))
        until = UnixSeconds(event.at + state.posted.review + AFTER)
        return state, (WakeAt(key=f"unaccepted/{event.index}/{added.round}", at=until),) if state.posted.review else ()

    def heard(
        self,
        state: Post,
        event: OperationAccepted | OperationDeclined | OperationReawarded | SubstituteAnswered | Mined | Woke,
    ) -> Step:
        """What follows when a provider accepts, gives back, stays silent, or answers."""
        match event:
            case OperationAccepted():
                state = with_assigned(state, event.index, accepted=True)
                return state, (self._look(state, event.index),) if state.posted.due else ()
            case OperationDeclined() if self._is_agreed(state, event.index):
                return state, self._reaward(state, event.index)
            case OperationDeclined():
                return self._begin(state, event.index, Cause.DECLINED, event.at)
            case OperationReawarded():
                return self._reawarded(state, event)
            case SubstituteAnswered():
                return self._answered(state, event)
            case Mined():
                return self._refused(state, event)
            case Woke():
                return self._overdue(state, event)

    def handed_on(self, state: Post, index: int) -> tuple[WakeAt, ...]:
        """Once an assignment is done, the time of the makers behind it begins to count, if it did not already."""
        following = after(state.call, state.awarded, index) if state.awarded and state.posted.due else ()
        accepted = (at for at in following if at < len(state.assigned) and state.assigned[at].accepted)
        return tuple(self._look(state, at) for at in accepted)

    @staticmethod
    def _look(state: Post, index: int) -> WakeAt:
        """Look whether an assignment is late when it is due, or when its maker could fairly have done it."""
        at = fair_due(state, index) or state.due_of(state.awarded[index])
        return WakeAt(key=_late_key(state, index), at=UnixSeconds(at + AFTER))

    def _overdue(self, state: Post, event: Woke) -> Step:
        what, index, round_, *_ = event.what.split("/")
        number = int(index)
        assigned = state.assigned[number]
        if what == "reaward":
            return state, self._reaward(state, number)
        if assigned.round != int(round_) or assigned.stage is not Stage.ASSIGNED or state.phase.terminal:
            return state, ()
        if what == "unaccepted" and not assigned.accepted:
            return self._begin(state, number, Cause.UNANSWERED, UnixSeconds(assigned.since + state.posted.review))
        if what == "late" and assigned.accepted:
            fair = fair_due(state, number)
            if fair is None or _late_key(state, number) != event.what:
                return state, () if fair is None else (self._look(state, number),)
            return self._begin(state, number, Cause.LATE, fair)
        return state, ()

    def _begin(self, state: Post, index: int, cause: Cause, at: UnixSeconds) -> Step:
        if state.asking_for(index) is not None:
            return state, ()
        ready = state.plant_at(UnixSeconds(at + LEAD))
        for ahead in before(state.call, state.awarded, index):
            if state.assigned[ahead].stage is Stage.ASSIGNED:
                ready = max(ready, state.awarded[ahead].finish)
        asking = Asking(index=index, cause=cause, ready=ready)
        return self._ask(replace(state, asking=(*state.asking, asking)), asking)

    def _ask(self, state: Post, asking: Asking) -> Step:
        """Ask the best of those who are left whether it makes the assignment."""
        index, awarded = asking.index, state.awarded
        ranked = substitutes(
            state.call,
            state.opened.bids,
            awarded,
            index,
            cause=asking.cause,
            ready=asking.ready,
            without=(*asking.passed, *state.makers_before(index)),
        )
        if not ranked:
            return self._give_up(state, index, "nobody else offered to make it within the budget")
        one = ranked[0]
        fate, moving, again = salvaged(state.call, awarded, index, one, asking.cause)
        if fate is Salvage.RESTARTED:
            why = f"making the parts again costs {again // 1_000_000} cents, bringing them on {moving // 1_000_000}"
            return self._give_up(state, index, f"{why}; order them anew")
        asked = Replacement(
            job=state.call.job,
            index=index,
            round=state.assigned[index].round + 1,
            cause=asking.cause,
            failed=awarded[index].provider,
            ready=asking.ready,
            assignment=one,
            passed=tuple(sorted(asking.passed)),
            salvage=fate,
            moving=moving,
            making_again=again,
        )
        state = _with_asking(state, replace(asking, asked=asked))
        key = f"{index}/{asked.round}/{len(asking.passed)}"
        return state, (AskSubstitute(key=key, provider=one.provider, message=encode(asked)),)

    def _answered(self, state: Post, event: SubstituteAnswered) -> Step:
        asking = next((a for a in state.asking if a.asked is not None and a.asked.digest == event.replacement), None)
        if asking is None or asking.asked is None:
            return state, ()
        if not event.accepted:
            passed = (*asking.passed, asking.asked.assignment.provider)
            return self._ask(state, replace(asking, passed=passed, asked=None))
        state = _with_asking(state, replace(asking, agreed=True))
        return state, self._reaward(state, asking.index)

    @staticmethod
    def _is_agreed(state: Post, index: int) -> bool:
        asking = state.asking_for(index)
        return asking is not None and asking.agreed

    def _reaward(self, state: Post, index: int) -> tuple[Submit, ...]:
        asking = state.asking_for(index)
        if asking is None or asking.asked is None or not asking.agreed:
            return ()
        one, before = asking.asked.assignment, state.assigned[index]
        inspector = inspector_of(state.call, state.awarded, index)
        winner = Winner(
            provider=state.account_of(one.provider),
            price=one.price,
            units=state.call.quantity,
            due=state.due_of(one),
            inspection=0 if inspector is None else inspector + 1,
        )
        orders, token = self._contracts.orders, self._contracts.token
        added = Cents(max(0, one.price - before.price))
        moves = [token.approve(orders.address, added)] if added else []
        moves.append(orders.reaward(state.call.job, index, transcript_of(asking.asked), winner))
        return (Submit(key=f"reaward/{index}/{asking.asked.round}/{asking.tries}", transactions=tuple(moves)),)

    def _refused(self, state: Post, event: Mined) -> Step:
        """The old provider may have attested after all; or the ledger's clock is behind ours."""
        index = int(event.effect.split("/")[1])
        asking = state.asking_for(index)
        if not event.error or asking is None or asking.asked is None:
            return state, ()
        if event.error == DELIVERED:
            return replace(state, asking=tuple(a for a in state.asking if a.index != index)), ()
        if event.error != TOO_EARLY:
            return self._give_up(state, index, f"the ledger refused the replacement: {event.error}")
        state = _with_asking(state, replace(asking, tries=asking.tries + 1))
        at = UnixSeconds(state.wall_of(asking.asked.ready) + AFTER * (asking.tries + 1))
        return state, (WakeAt(key=f"reaward/{index}/{asking.asked.round}/{asking.tries + 1}", at=at),)

    def _reawarded(self, state: Post, event: OperationReawarded) -> Step:
        """The ledger holds it: the packages are licensed to the new maker, and no longer to the old one."""
        asking = state.asking_for(event.index)
        if asking is None or asking.asked is None or transcript_of(asking.asked) != event.transcript:
            return state, ()
        asked, old = asking.asked, state.assigned[event.index].provider
        designs, sealed = self._contracts.designs, state.posted.sealed
        asking_ = tuple(a for a in state.asking if a.index != event.index)
        state = replace(state, asking=asking_, replacements=(*state.replacements, asked))
        if state.revoked is not None:
            return state, ()  # the old licences are revoked, and there are to be no new ones
        moves = []
        for operation in range(asked.assignment.offer.first, asked.assignment.offer.last + 1):
            package = Digest(merkle.leaf_hash(encode(sealed.leaves[operation + 1])))
            licence = designs.licence_id(
                owner=state.posted.owner, commitment=state.call.design, package=package, licensee=old
            )
            moves.append(designs.revoke(licence))
            moves.append(
                designs.license(
                    state.call.design,
                    package=package,
                    licensee=state.account_of(asked.assignment.provider),
                    units=state.call.quantity,
                    expiry=state.posted.deadline,
                )
            )
        return state, (Submit(key=f"relicense/{event.index}/{asked.round}", transactions=tuple(moves)),)

    @staticmethod
    def _give_up(state: Post, index: int, why: str) -> Step:
        asking = tuple(a for a in state.asking if a.index != index)
        return replace(state, asking=asking, problem=f"assignment {index + 1} has no maker: {why}"), ()


def fair_due(state: Post, index: int) -> UnixSeconds | None:
    """When an assignment is late by its maker's own doing, wall time; None while its maker waits for the one before."""
    one, due = state.awarded[index], state.due_of(state.awarded[index])
    ahead = before(state.call, state.awarded, index)
    if not ahead:
        return due
    if any(state.assigned[at].stage is Stage.ASSIGNED for at in ahead):
        return None
    came = max(
        state.plant_at(state.assigned[at].attested) + travel_time(state.awarded[at].site, one.site) for at in ahead
    )
    could = state.wall_of(UnixSeconds(came + one.offer.duration)) + state.posted.slack
    return UnixSeconds(min(state.posted.deadline - 1, max(due, could)))


def _late_key(state: Post, index: int) -> str:
    return f"late/{index}/{state.assigned[index].round}/{fair_due(state, index) or 0}"


def transcript_of(replacement: Replacement) -> Digest:
    """What the ledger holds of a replacement."""
    return Digest(merkle.leaf_hash(encode(replacement)))


def _with_asking(state: Post, asking: Asking) -> Post:
    return replace(state, asking=tuple(asking if a.index == asking.index else a for a in state.asking))
