"""A customer's job from posting to settlement: decides what follows from each event, and does nothing itself."""

from dataclasses import replace

from ledger.contracts import Contracts
from ledger.orders import Opening
from node.workflows.asked import SubstituteAnswered
from node.workflows.assigned import ObjectionRaised, Stage
from node.workflows.awarding import Awarding
from node.workflows.bonds import noted
from node.workflows.events import (
    SHARED_EVENTS,
    BidBonded,
    BondEnded,
    FetchRecords,
    Mined,
    OperationAccepted,
    OperationApproved,
    OperationAssigned,
    OperationAttested,
    OperationDeclined,
    OperationDisputed,
    OperationReawarded,
    OperationRefunded,
    OrderEnded,
    OrderOpened,
    PassportIssued,
    RecordsArrived,
    Submit,
    UnitsRecorded,
    WakeAt,
    Woke,
)
from node.workflows.improving import Improving
from node.workflows.judging import check_records, verdicts
from node.workflows.posted import (
    NAME,
    CancelAsked,
    CommitmentArrived,
    JobPosted,
    MakeAgain,
    Phase,
    Post,
    ReplyArrived,
    RevealArrived,
    with_assigned,
)
from node.workflows.released import (
    DesignCopied,
    EntrustKeys,
    KeysEntrusted,
    LicencesRevoked,
    PackageReleased,
    PackageTaken,
)
from node.workflows.replacing import Replacing
from node.workflows.runner import Effect, Workflow
from node.workflows.setbacks import SetbackTold
from node.workflows.tendered import Improve, ImproveAsked, SurrenderAnswered, TellOrder, TenderEnded
from node.workflows.thread import licences
from protocol import merkle
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.job import Call
from protocol.units import UnixSeconds
from protocol.wire import decode

UNDECIDED = (Phase.OPENING, Phase.BIDDING, Phase.REVEALING)
"""While nobody is asked to stand by its bid, the customer may take the job back."""

OVER = (Phase.CANCELLING, Phase.CANCELLED)
"""Where a tender ends, whether it found somebody or not."""


def workflow(contracts: Contracts) -> Workflow:
    """The workflow on the ledger that ``contracts`` names."""
    return Workflow(
        name=NAME,
        transition=_Rule(contracts).transition,
        events=(
            JobPosted,
            CommitmentArrived,
            RevealArrived,
            ReplyArrived,
            ObjectionRaised,
            CancelAsked,
            SubstituteAnswered,
            ImproveAsked,
            SurrenderAnswered,
            TenderEnded,
            DesignCopied,
            KeysEntrusted,
            LicencesRevoked,
            PackageReleased,
            PackageTaken,
            SetbackTold,
            *SHARED_EVENTS,
        ),
    )


class _Rule:
    """The transition, closed over the contracts that its transactions go to."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._awarding = Awarding(contracts)
        self._replacing = Replacing(contracts)
        self._improving = Improving(contracts)

    def transition(self, state: Post | None, event: object) -> tuple[Post, tuple[Effect, ...]]:
        """What the job becomes by ``event``, and what is to be done."""
        if state is None:
            if not isinstance(event, JobPosted):
                raise AssertionError(f"a job begins with JobPosted, not {type(event).__name__}")
            return self._posted(event)
        after, effects = self._going_on(state, event)
        if after.posted.tender is not None and after.phase in OVER and state.phase not in OVER:
            return after, (TellOrder(key="tell"), *effects)
        return after, effects

    def _going_on(  # noqa: C901  # one case for each kind of event
        self, state: Post, event: object
    ) -> tuple[Post, tuple[Effect, ...]]:
        match event:
            case Mined():
                return self._mined(state, event)
            case OrderOpened() if state.phase is Phase.OPENING:
                return self._opened(state, event)
            case Woke():
                return self._woke(state, event)
            case CommitmentArrived() if state.phase is Phase.BIDDING:
                return replace(state, commitments=(*state.commitments, event)), ()
            case RevealArrived() if state.phase is Phase.REVEALING:
                return self._awarding.shown(replace(state, reveals=(*state.reveals, event)))
            case BidBonded() | BondEnded():
                return self._awarding.shown(replace(state, bonds=noted(state.bonds, event)))
            case ReplyArrived() if state.phase is Phase.AWARDING:
                return self._awarding.replied(state, event)
            case CancelAsked() if state.phase in UNDECIDED:
                return self._awarding.cancel(replace(state, problem="taken back by its customer"))
            case PackageReleased():
                return replace(state, released=(*state.released, event)), ()
            case PackageTaken():
                return replace(state, taken=(*state.taken, event)), ()
            case LicencesRevoked():
                moves = tuple(map(self._contracts.designs.revoke, dict.fromkeys(licences(state, self._contracts))))
                return replace(state, revoked=event), (Submit(key="revoke", transactions=moves),) if moves else ()
            case DesignCopied():
                return replace(state, copied=(*state.copied, event)), ()
            case SetbackTold():
                return replace(state, setbacks=(*state.setbacks, event)), ()
            case KeysEntrusted():
                return replace(state, custody=event), ()
            case UnitsRecorded():
                return replace(state, minted=(*state.minted, event)), ()
            case PassportIssued():
                return replace(state, passports=(*state.passports, event)), ()
            case OrderEnded():
                return self._ended(state, event)
            case ImproveAsked() | SurrenderAnswered() | TenderEnded():
                return self._improving.heard(state, event)
            case _:
                return self._assignment(state, event)

    def _posted(self, event: JobPosted) -> tuple[Post, tuple[Effect, ...]]:
        call = decode(Call, event.call.payload)
        opening = Submit(
            key="open",
            transactions=(
                *(() if event.tender else (self._contracts.designs.seal(call.design),)),
                self._contracts.token.approve(call.orders, call.budget),
                self._contracts.orders.open(
                    call.job,
                    Opening(
                        budget=call.budget,
                        call=Digest(merkle.leaf_hash(event.call.payload)),
                        design=call.design,
                        pack=call.rule_pack,
                        deadline=event.deadline,
                        late=event.late,
                        reveal_by=call.reveal_by,
                    ),
                ),
            ),
        )
        return Post(posted=event, call=call), (opening, WakeAt(key="deadline", at=UnixSeconds(event.deadline + 1)))

    def _mined(self, state: Post, event: Mined) -> tuple[Post, tuple[Effect, ...]]:
        state = replace(state, gas=state.gas + event.gas)
        if event.effect.startswith("reaward/"):
            return self._replacing.heard(state, event)
        if event.effect.startswith("compensate/"):
            return self._improving.heard(state, event)
        if not event.error:
            return state, ()
        state = replace(state, problem=f"the ledger refused to {event.effect.split('/')[0]}: {event.error}")
        if event.effect == "open":
            return replace(state, phase=Phase.CANCELLED), ()
        return state, ()

    def _opened(self, state: Post, event: OrderOpened) -> tuple[Post, tuple[Effect, ...]]:
        if state.call.commit_by - event.at < state.posted.min_commit:
            late = "the ledger took so long to open the order that no time was left to bid; post the job again"
            return self._awarding.cancel(replace(state, problem=late))
        return self._awarding.call(state)

    def _woke(self, state: Post, event: Woke) -> tuple[Post, tuple[Effect, ...]]:
        if event.what == "commit" and state.phase is Phase.BIDDING:
            return self._awarding.close_roll(state)
        if event.what == "reveal" and state.phase is Phase.REVEALING:
            return self._awarding.decide(state)
        if event.what == "forfeit" and state.phase not in (Phase.CANCELLING, Phase.CANCELLED):
            return state, tuple(self._awarding.forfeit(state))
        if event.what == f"accept/{len(state.declined)}":
            return self._awarding.unanswered(state)
        if event.what.split("/")[0] in ("unaccepted", "late", "reaward"):
            return self._replacing.heard(state, event)
        if event.what.startswith("improve/"):
            return self._improving.heard(state, event)
        if event.what == "deadline" and not state.phase.terminal and state.phase is not Phase.CANCELLING:
            expire = Submit(key="expire", transactions=(self._contracts.orders.expire(state.call.job),))
            return replace(state, problem=state.problem or "the order's deadline passed before all was attested"), (
                expire,
            )
        return state, ()

    def _ended(self, state: Post, event: OrderEnded) -> tuple[Post, tuple[Effect, ...]]:
        if event.how == "cancelled":
            return replace(state, phase=Phase.CANCELLED), ()
        phase = Phase.SETTLED if event.how == "settled" else Phase.CANCELLED
        take = Submit(key="withdraw", transactions=(self._contracts.orders.withdraw(),))
        again = (MakeAgain(key="again"),) if state.assigned and state.missing else ()
        return replace(state, phase=phase), (take, *again)

    def _assignment(self, state: Post, event: object) -> tuple[Post, tuple[Effect, ...]]:
        match event:
            case OperationAttested():
                state = with_assigned(
                    state, event.index, stage=Stage.ATTESTED, evidence=event.evidence, attested=event.at
                )
                fetch = FetchRecords(key=f"records/{event.index}", index=event.index, account=event.provider)
                return state, (
                    fetch,
                    *self._disputes(state, event.index),
                    *self._replacing.handed_on(state, event.index),
                )
            case ObjectionRaised():
                return self._object(state, event)
            case RecordsArrived():
                return self._judge(state, event)
            case OperationApproved():
                return with_assigned(
                    state, event.index, stage=Stage.APPROVED, paid=event.paid, fee=event.fee, damages=event.damages
                ), ()
            case OperationRefunded():
                return with_assigned(
                    state,
                    event.index,
                    stage=Stage.REFUNDED,
                    refunded=event.refunded,
                    paid=event.paid,
                    fee=event.fee,
                ), ()
            case OperationDisputed():
                return with_assigned(state, event.index, stage=Stage.DISPUTED), ()
            case _:
                return self._makers(state, event)

    def _makers(self, state: Post, event: object) -> tuple[Post, tuple[Effect, ...]]:
        """Who makes what may change until it is made."""
        match event:
            case OperationAssigned():
                state, effects = self._replacing.assigned(replace(state, phase=Phase.MAKING), event)
                return state, (EntrustKeys(key="entrust"), *effects)
            case OperationAccepted():
                state, effects = self._replacing.heard(state, event)
                everybody = all(assigned.accepted for assigned in state.assigned)
                return state, (*effects, *((Improve(key="improve"),) if everybody else ()))
            case OperationDeclined():
                return self._replacing.heard(self._improving.given_up(state, event), event)
            case SubstituteAnswered() if state.trial is not None and state.trial.asks(event.replacement):
                return self._improving.heard(state, event)
            case OperationReawarded() | SubstituteAnswered():
                return self._replacing.heard(state, event)
            case _:
                return state, ()

    def _judge(self, state: Post, event: RecordsArrived) -> tuple[Post, tuple[Effect, ...]]:
        """Verified records release what they may; false ones, or parts out of tolerance, open a dispute."""
        try:
            facts = check_records(state, event)
        except RejectError as error:
            state = replace(state, problem=f"assignment {event.index + 1}: {error}")
            return self._object(state, _objection(state, event.index, str(error)))
        state = with_assigned(state, event.index, arrived=event, facts=facts)
        if state.assigned[event.index].stage is Stage.ATTESTED:
            state = with_assigned(state, event.index, stage=Stage.VERIFIED)
        effects: list[Effect] = []
        for index, verdict in verdicts(state):
            if verdict:
                move = self._contracts.orders.approve(state.call.job, index)
                effects.append(Submit(key=f"approve/{index}", transactions=(move,)))
                continue
            state, further = self._object(state, _objection(state, index, "measured parts are out of tolerance"))
            effects += further
            state = replace(state, problem="measured parts are out of tolerance; their makers' pay is disputed")
        return state, tuple(effects)

    def _object(self, state: Post, event: ObjectionRaised) -> tuple[Post, tuple[Effect, ...]]:
        """Dispute what is attested now, or remember to as soon as it is."""
        assigned = state.assigned[event.index]
        if assigned.objection is not None or assigned.stage not in (Stage.ASSIGNED, Stage.ATTESTED, Stage.VERIFIED):
            return state, ()
        state = with_assigned(state, event.index, objection=event)
        return state, () if assigned.stage is Stage.ASSIGNED else self._disputes(state, event.index)

    def _disputes(self, state: Post, index: int) -> tuple[Submit, ...]:
        """The objection to an attested assignment, if there is one."""
        objection = state.assigned[index].objection
        if objection is None:
            return ()
        move = self._contracts.orders.dispute(state.call.job, index, objection.evidence)
        return (Submit(key=f"dispute/{index}", transactions=(move,)),)


def _objection(state: Post, index: int, reason: str) -> ObjectionRaised:
    evidence = state.assigned[index].evidence
    assert evidence is not None  # noqa: S101  # only attested assignments are judged
    return ObjectionRaised(index=index, reason=reason, evidence=evidence)
