"""A customer's job from posting to settlement: decides what follows from each event, and does nothing itself."""

from collections.abc import Iterator
from dataclasses import replace

from ledger.contracts import Contracts
from ledger.orders import Opening, Winner
from node.workflows.asked import SubstituteAnswered
from node.workflows.bonds import is_bonded, noted, unopened
from node.workflows.events import (
    SHARED_EVENTS,
    Announce,
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
from node.workflows.inspecting import inspector_of
from node.workflows.judging import check_records, verdicts
from node.workflows.posted import (
    NAME,
    CancelAsked,
    CommitmentArrived,
    DesignCopied,
    EntrustKeys,
    JobPosted,
    KeysEntrusted,
    LicencesRevoked,
    MakeAgain,
    ObjectionRaised,
    PackageReleased,
    Phase,
    Post,
    ReplyArrived,
    RevealArrived,
    Stage,
    with_assigned,
)
from node.workflows.replacing import Replacing
from node.workflows.runner import Effect, Workflow
from node.workflows.thread import licences
from protocol import merkle
from protocol.auction import Commitment
from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.job import Call
from protocol.result import Reply, decide
from protocol.topics import AWARD, CALL, ROLL
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

ANNOUNCE_RESULT = 10
"""Seconds for which the result is repeated; who was down longer asks for it. Winners have so long to answer, too."""

REVEAL_GRACE = 1
"""Seconds after the reveal deadline before the award, for reveals still on their way."""

BOND_GRACE = 2
"""Seconds more where bids are bonded, for what the ledger says of them comes by way of a block."""

UNDECIDED = (Phase.OPENING, Phase.BIDDING, Phase.REVEALING)
"""While nobody is asked to stand by its bid, the customer may take the job back."""


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
            DesignCopied,
            KeysEntrusted,
            LicencesRevoked,
            PackageReleased,
            *SHARED_EVENTS,
        ),
    )


class _Rule:
    """The transition, closed over the contracts that its transactions go to."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._replacing = Replacing(contracts)

    def transition(  # noqa: C901  # one case for each kind of event
        self, state: Post | None, event: object
    ) -> tuple[Post, tuple[Effect, ...]]:
        """What the job becomes by ``event``, and what is to be done."""
        if state is None:
            if not isinstance(event, JobPosted):
                raise AssertionError(f"a job begins with JobPosted, not {type(event).__name__}")
            return self._posted(event)
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
                return self._shown(replace(state, reveals=(*state.reveals, event)))
            case BidBonded() | BondEnded():
                return self._shown(replace(state, bonds=noted(state.bonds, event)))
            case ReplyArrived() if state.phase is Phase.AWARDING:
                return self._replied(state, event)
            case CancelAsked() if state.phase in UNDECIDED:
                return self._cancel(replace(state, problem="taken back by its customer"))
            case PackageReleased():
                return replace(state, released=(*state.released, event)), ()
            case LicencesRevoked():
                moves = tuple(map(self._contracts.designs.revoke, dict.fromkeys(licences(state, self._contracts))))
                return replace(state, revoked=event), (Submit(key="revoke", transactions=moves),) if moves else ()
            case DesignCopied():
                return replace(state, copied=(*state.copied, event)), ()
            case KeysEntrusted():
                return replace(state, custody=event), ()
            case UnitsRecorded():
                return replace(state, minted=(*state.minted, event)), ()
            case PassportIssued():
                return replace(state, passports=(*state.passports, event)), ()
            case OrderEnded():
                return self._ended(state, event)
            case _:
                return self._assignment(state, event)

    def _posted(self, event: JobPosted) -> tuple[Post, tuple[Effect, ...]]:
        call = decode(Call, event.call.payload)
        opening = Submit(
            key="open",
            transactions=(
                self._contracts.designs.seal(call.design),
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
        if not event.error:
            return state, ()
        state = replace(state, problem=f"the ledger refused to {event.effect.split('/')[0]}: {event.error}")
        if event.effect == "open":
            return replace(state, phase=Phase.CANCELLED), ()
        return state, ()

    def _opened(self, state: Post, event: OrderOpened) -> tuple[Post, tuple[Effect, ...]]:
        if state.call.commit_by - event.at < state.posted.min_commit:
            late = "the ledger took so long to open the order that no time was left to bid; post the job again"
            return self._cancel(replace(state, problem=late))
        return replace(state, phase=Phase.BIDDING), (
            Announce(key="call", topic=CALL, message=state.posted.call.payload, until=state.call.commit_by),
            WakeAt(key="commit", at=UnixSeconds(state.call.commit_by + REVEAL_GRACE)),
        )

    def _woke(self, state: Post, event: Woke) -> tuple[Post, tuple[Effect, ...]]:
        if event.what == "commit" and state.phase is Phase.BIDDING:
            return self._close_roll(state)
        if event.what == "reveal" and state.phase is Phase.REVEALING:
            return self._decide(state)
        if event.what == "forfeit" and state.phase not in (Phase.CANCELLING, Phase.CANCELLED):
            return state, tuple(self._forfeit(state))
        if event.what == f"accept/{len(state.declined)}" and self._is_open(state):
            assert state.result is not None  # noqa: S101  # there is one while winners are asked
            return self._decide(_without(state, state.result.winners - state.accepted))
        if event.what.split("/")[0] in ("unaccepted", "late", "reaward"):
            return self._replacing.heard(state, event)
        if event.what == "deadline" and not state.phase.terminal and state.phase is not Phase.CANCELLING:
            expire = Submit(key="expire", transactions=(self._contracts.orders.expire(state.call.job),))
            return replace(state, problem=state.problem or "the order's deadline passed before all was attested"), (
                expire,
            )
        return state, ()

    def _close_roll(self, state: Post) -> tuple[Post, tuple[Effect, ...]]:
        """Tell which commitments count; where bids are bonded, those whose bond the ledger holds."""
        wait = UnixSeconds(state.call.reveal_by + REVEAL_GRACE)
        effects: list[Effect] = []
        if state.posted.bond:
            kept = tuple(c for c in state.commitments if is_bonded(state.bonds, c.account, _seal(c)))
            state = replace(state, commitments=kept)
            wait = UnixSeconds(wait + BOND_GRACE)
            effects.append(WakeAt(key="forfeit", at=UnixSeconds(wait + BOND_GRACE)))
        close = Announce(key="roll", topic=ROLL, message=encode(state.roll), until=state.call.reveal_by)
        return replace(state, phase=Phase.REVEALING), (close, WakeAt(key="reveal", at=wait), *effects)

    def _shown(self, state: Post) -> tuple[Post, tuple[Effect, ...]]:
        """Nothing more can come once every seal of the roll is open."""
        if state.phase is Phase.REVEALING and 0 < len(state.shown) == len(state.commitments):
            return self._decide(state)
        return state, ()

    def _forfeit(self, state: Post) -> Iterator[Submit]:
        """Take the bonds of those who did not open their seal."""
        orders, job = self._contracts.orders, state.call.job
        for bidder in unopened(state.bonds):
            yield Submit(key=f"forfeit/{bidder.hex()}", transactions=(orders.forfeit(job, bidder), orders.withdraw()))

    def _decide(self, state: Post) -> tuple[Post, tuple[Effect, ...]]:
        """The result from the bids that count, and the winners asked whether they stand by theirs."""
        if state.result is None:
            state = replace(state, reveals=state.shown)
        opened, rounds = state.opened, len(state.declined)
        result = decide(state.call, opened.bids, state.transcript, opened.excluded)
        state = replace(state, result=result, phase=Phase.AWARDING)
        until = UnixSeconds(state.call.reveal_by + REVEAL_GRACE + ANNOUNCE_RESULT * (rounds + 1))
        tell = Announce(key=f"award/{rounds}", topic=AWARD, message=encode(result), until=until)
        if result.award is None:
            state, effects = self._cancel(state)
            return state, (tell, *effects)
        return state, (tell, WakeAt(key=f"accept/{rounds}", at=until))

    def _replied(self, state: Post, event: ReplyArrived) -> tuple[Post, tuple[Effect, ...]]:
        """All winners together make the award; one that declines makes another necessary."""
        reply = decode(Reply, event.reply.payload)
        if state.result is None or reply.result != state.result.digest or not self._is_open(state):
            return state, ()
        winners = state.result.winners
        state = replace(state, replies=(*state.replies, event.reply))
        if not reply.accepted:
            return self._decide(_without(state, frozenset({reply.provider})))
        if state.accepted >= winners:
            return state, (self._record_award(state),)
        return state, ()

    @staticmethod
    def _is_open(state: Post) -> bool:
        """Whether winners are being asked."""
        if state.phase is not Phase.AWARDING or state.result is None:
            return False
        return not state.accepted >= state.result.winners

    def _record_award(self, state: Post) -> Submit:
        """Open the commitment, award, and license each operation's package to its winner."""
        job, posted, result = state.call.job, state.posted, state.result
        assert result is not None  # noqa: S101  # decided just before
        assert result.award is not None  # noqa: S101
        winners = [self._winner(state, index) for index in range(len(state.awarded))]
        licences = [
            self._contracts.designs.license(
                state.call.design,
                package=merkle.leaf_hash(encode(posted.sealed.leaves[operation + 1])),
                licensee=state.account_of(a.provider),
                units=state.call.quantity,
                expiry=posted.deadline,
            )
            for a in result.award.assignments
            for operation in range(a.offer.first, a.offer.last + 1)
        ]
        return Submit(
            key="award",
            transactions=(
                self._contracts.designs.open(state.call.design, posted.sealed.root, posted.sealed.nonce),
                *licences,
                self._contracts.orders.award(job, result.award.transcript, winners),
            ),
        )

    @staticmethod
    def _winner(state: Post, index: int) -> Winner:
        assignment = state.awarded[index]
        inspector = inspector_of(state.call, state.awarded, index)
        return Winner(
            provider=state.account_of(assignment.provider),
            price=assignment.price,
            units=state.call.quantity,
            due=state.due_of(assignment),
            inspection=0 if inspector is None else inspector + 1,
        )

    def _cancel(self, state: Post) -> tuple[Post, tuple[Effect, ...]]:
        cancel = Submit(
            key="cancel",
            transactions=(self._contracts.orders.cancel(state.call.job), self._contracts.orders.withdraw()),
        )
        return replace(state, phase=Phase.CANCELLING), (cancel,)

    def _ended(self, state: Post, event: OrderEnded) -> tuple[Post, tuple[Effect, ...]]:
        if event.how == "cancelled":
            return replace(state, phase=Phase.CANCELLED), ()
        phase = Phase.SETTLED if event.how == "settled" else Phase.CANCELLED
        take = Submit(key="withdraw", transactions=(self._contracts.orders.withdraw(),))
        again = (MakeAgain(key="again"),) if state.assigned and state.missing else ()
        return replace(state, phase=phase), (take, *again)

    def _assignment(self, state: Post, event: object) -> tuple[Post, tuple[Effect, ...]]:
        match event:
            case OperationAssigned():
                state, effects = self._replacing.assigned(replace(state, phase=Phase.MAKING), event)
                return state, (EntrustKeys(key="entrust"), *effects)
            case OperationAccepted() | OperationDeclined() | OperationReawarded() | SubstituteAnswered():
                return self._replacing.heard(state, event)
            case OperationAttested():
                state = with_assigned(state, event.index, stage=Stage.ATTESTED, evidence=event.evidence)
                fetch = FetchRecords(key=f"records/{event.index}", index=event.index, account=event.provider)
                return state, (fetch, *self._disputes(state, event.index))
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


def _seal(arrived: CommitmentArrived) -> Digest:
    return decode(Commitment, arrived.commitment.payload).seal


def _objection(state: Post, index: int, reason: str) -> ObjectionRaised:
    evidence = state.assigned[index].evidence
    assert evidence is not None  # noqa: S101  # only attested assignments are judged
    return ObjectionRaised(index=index, reason=reason, evidence=evidence)


def _without(state: Post, away: frozenset[PeerId]) -> Post:
    """The auction without the bids of ``away``; acceptances of the result that fell with them are void."""
    declined = (*state.declined, *sorted(away))
    refusals = tuple(r for r in state.replies if r.author in declined and not decode(Reply, r.payload).accepted)
    return replace(state, declined=declined, replies=refusals)
