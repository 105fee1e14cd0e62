"""A provider's answer to a call: bid, win or lose, make, attest, be paid, and hold nothing afterwards."""

from collections.abc import Iterator
from dataclasses import replace

from ledger.contracts import Contracts
from ledger.types import Transaction
from node.workflows.answered import (
    NAME,
    Answer,
    BidComputed,
    BidDeclined,
    CallHeard,
    CloseLog,
    ComputeBid,
    Confirm,
    Confirmed,
    FetchPackage,
    FetchResult,
    Forget,
    LogClosed,
    MakeParts,
    OperationMade,
    PackageArrived,
    PartMade,
    Phase,
    ReceiptsArrived,
    ResultArrived,
    covers_operation,
    finished,
    heads,
    in_force,
    own_work,
    tenure,
)
from node.workflows.asked import GivenBack, ReplacementArrived, SubstituteTaken
from node.workflows.events import (
    SHARED_EVENTS,
    Announce,
    Mined,
    OperationApproved,
    OperationAssigned,
    OperationAttested,
    OperationDisputed,
    OperationRefunded,
    OrderEnded,
    RecordsArrived,
    RollArrived,
    Submit,
    WakeAt,
    Woke,
)
from node.workflows.runner import Effect, Workflow
from node.workflows.seal_bid import Sealing, mined
from node.workflows.setbacks import WorkMoved
from node.workflows.standing_in import StandingIn
from node.workflows.tendered import SurrenderAgreed
from protocol import merkle
from protocol.checkpoint import read_note
from protocol.flow import before
from protocol.ids import Address, Digest
from protocol.job import Call
from protocol.params import ACCEPT_WINDOW
from protocol.production import evidence_root
from protocol.result import Reply, Result
from protocol.topics import REPLY
from protocol.transport import travel_time
from protocol.units import Cents, UnixSeconds
from protocol.wire import decode, encode

MAX_PASSPORTS = 64
"""In one job; each is a transaction of its own, and a larger series goes by its serials."""


def workflow(contracts: Contracts, account: Address) -> Workflow:
    """The workflow of the provider with ledger address ``account``."""
    return Workflow(
        name=NAME,
        transition=_Rule(contracts, account).transition,
        events=(
            CallHeard,
            BidComputed,
            BidDeclined,
            ReceiptsArrived,
            ResultArrived,
            Confirmed,
            SubstituteTaken,
            ReplacementArrived,
            GivenBack,
            SurrenderAgreed,
            WorkMoved,
            PackageArrived,
            PartMade,
            OperationMade,
            LogClosed,
            *SHARED_EVENTS,
        ),
    )


class _Rule:
    """The transition, closed over the contracts and our own account."""

    def __init__(self, contracts: Contracts, account: Address) -> None:
        self._contracts = contracts
        self._account = account
        self._sealing = Sealing(contracts, account)
        self._standing_in = StandingIn(contracts, account)

    def transition(self, state: Answer | None, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        """What the answer becomes by ``event``, and what is to be done."""
        if state is None:
            if not isinstance(event, CallHeard):
                raise AssertionError(f"an answer begins with CallHeard, not {type(event).__name__}")
            call = decode(Call, event.call.payload)
            state = Answer(
                signed_call=event.call,
                call=call,
                customer=event.customer,
                review=event.review,
                bond=event.bond,
                late=event.late,
            )
            return state, (ComputeBid(key="bid"), WakeAt(key="deadline", at=UnixSeconds(event.deadline + 1)))
        if isinstance(event, Mined):
            return self._standing_in.heard(mined(state, event), event)
        if isinstance(event, LogClosed):
            return self._closed(state, event)
        state, effects = self._sealing.bonding(state, event)
        state, standing = self._standing_in.heard(state, event)
        effects += standing
        if state.phase.terminal:
            return state, effects
        state, further = self._going_on(state, event)
        return state, (*effects, *further)

    def _going_on(self, state: Answer, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        match event:
            case BidComputed() | BidDeclined() | RollArrived() | Woke():
                return self._bidding(state, event)
            case ReceiptsArrived() | ResultArrived() | Confirmed():
                return self._told(state, event)
            case OperationApproved() | OperationRefunded() | OrderEnded():
                return self._paying(state, event)
            case _:
                return self._making(state, event)

    def _bidding(self, state: Answer, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        match event:
            case BidComputed():
                return self._sealing.computed(state, event)
            case BidDeclined():
                return replace(state, phase=Phase.DECLINED, reasons=event.reasons), ()
            case RollArrived() if state.phase is Phase.COMMITTED:
                return self._sealing.rolled(state, event)
            case Woke(what="result") if state.phase is Phase.COMMITTED:
                return replace(state, phase=Phase.LOST, problem="the customer never closed the auction"), ()
            case Woke(what="result") if state.result is None:
                return state, (FetchResult(key="result"),)
            case Woke(what="deadline"):
                return self._expired(state)
            case Woke() if event.what.startswith("review/"):
                index = int(event.what.split("/")[1])
                approve = self._contracts.orders.approve(state.call.job, index)
                return state, () if index in (*state.ended, *state.disputed) else (
                    Submit(key=f"approve/{index}", transactions=(approve,)),
                )
            case _:
                return state, ()

    def _told(self, state: Answer, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        match event:
            case ReceiptsArrived():
                return replace(state, receipts=(*state.receipts, event)), ()
            case ResultArrived():
                return self._result(state, event)
            case Confirmed():
                return self._confirmed(state, event)
            case _:
                return state, ()

    def _result(self, state: Answer, event: ResultArrived) -> tuple[Answer, tuple[Effect, ...]]:
        """Only the latest result counts; who has won nothing in it waits, for a winner may decline."""
        result = decode(Result, event.result.payload)
        if state.result is not None and (state.awarded or len(result.declined) <= len(state.result.declined)):
            return state, ()
        state = replace(state, result=result)
        if result.award is None or (state.awarded and not state.won_assignments):
            return replace(state, phase=Phase.LOST), ()
        if state.awarded:
            state, further = self._continue(state)
            return state, (*self._standing_in.catch_up(state), *further)
        if not state.won_assignments:
            return state, ()
        return state, (Confirm(key=f"confirm/{result.digest.hex()}"),)

    def _confirmed(self, state: Answer, event: Confirmed) -> tuple[Answer, tuple[Effect, ...]]:
        if state.result is None or state.bid is None or state.result.digest != event.result:
            return state, ()
        reply = Reply(job=state.call.job, provider=state.bid.provider, result=event.result, accepted=event.accepted)
        say = Announce(
            key=f"reply/{event.result.hex()}",
            topic=REPLY,
            message=encode(reply),
            until=UnixSeconds(state.call.reveal_by + ACCEPT_WINDOW * (len(state.result.declined) + 1)),
        )
        if event.accepted:
            return state, (say,)
        return replace(state, phase=Phase.LOST, problem="another job took the time that we had offered"), (say,)

    def _expired(self, state: Answer) -> tuple[Answer, tuple[Effect, ...]]:
        """After the deadline nothing that is not attested is held; what is attested still has its way to be paid."""
        if state.closed:
            return state, ()
        expire = Submit(key="expire", transactions=(self._contracts.orders.expire(state.call.job),))
        released = replace(state, phase=Phase.RELEASED, problem=state.problem or "the order's deadline passed")
        return released, (Forget(key="forget"), *((expire,) if state.won else ()))

    def _making(self, state: Answer, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        match event:
            case OperationAssigned() if event.provider == self._account:
                return self._assigned(replace(state, awarded=True), event.index)
            case OperationAssigned():
                lost = state.result is not None and not state.won_assignments
                return replace(state, awarded=True, phase=Phase.LOST if lost else state.phase), ()
            case PackageArrived():
                return self._continue(replace(state, packages=(*state.packages, event)))
            case OperationAttested() if event.index not in state.won:
                return state, self._standing_in.catch_up(state)
            case OperationAttested():
                return state, (WakeAt(key=f"review/{event.index}", at=UnixSeconds(event.at + state.review + 1)),)
            case OperationDisputed() if event.index in state.won:
                return replace(state, disputed=(*state.disputed, event.index)), ()
            case RecordsArrived():
                return self._continue(replace(state, arrived=(*state.arrived, event)))
            case PartMade():
                return replace(state, made=(*state.made, event)), ()
            case OperationMade():
                return self._made(state, event)
            case _:
                return state, ()

    def _assigned(self, state: Answer, index: int) -> tuple[Answer, tuple[Effect, ...]]:
        """Take on what the ledger gives us, unless we gave it back before it was ours."""
        if index in state.lost:
            return self._standing_in.declined(state, index)
        state = replace(state, phase=Phase.WON, won=tuple(sorted({*state.won, index})))
        accept = self._contracts.orders.accept(state.call.job, index)
        state, further = self._continue(state)
        taken = Submit(key=f"accept/{index}/{tenure(state, index)}", transactions=(accept,))
        return state, (taken, *self._standing_in.catch_up(state), *further)

    def _continue(self, state: Answer) -> tuple[Answer, tuple[Effect, ...]]:
        """Fetch what is missing, and start every operation that has all it needs."""
        if not state.assignments:
            return state, ()
        effects: list[Effect] = []
        have = {package.operation for package in state.packages}
        for index in state.won:
            offer = state.assignments[index].offer
            for operation in range(offer.first, offer.last + 1):
                previous = heads(state, operation)
                if previous is None:
                    continue  # a package is released just in time, once the work before it is done
                if operation not in have:
                    effects.append(FetchPackage(key=f"package/{operation}", operation=operation))
                elif operation not in state.making:
                    state = replace(state, making=(*state.making, operation))
                    effects.append(self._make(state, index, operation, previous))
        return state, tuple(effects)

    def _make(self, state: Answer, index: int, operation: int, previous: tuple[Digest, ...]) -> MakeParts:
        one = in_force(state, index)
        offer, here, arrival = one.offer, one.site, one.start
        for at in before(state.call, state.assignments, index) if operation == offer.first else ():
            way = travel_time(state.assignments[at].site, here)
            arrival = max(arrival, UnixSeconds(finished(state, state.assignments[at].offer.last) + way))
        return MakeParts(
            key=f"make/{operation}", operation=operation, offer=offer, not_before=arrival, previous=previous
        )

    def _made(self, state: Answer, event: OperationMade) -> tuple[Answer, tuple[Effect, ...]]:
        index = next(i for i in state.won if covers_operation(state, i, event.operation))
        offer = state.assignments[index].offer
        state, further = self._continue(state)  # the next operation may be ours too
        if event.operation != offer.last:
            return state, further
        return state, (*further, CloseLog(key=f"close/{index}", index=index))

    def _closed(self, state: Answer, event: LogClosed) -> tuple[Answer, tuple[Effect, ...]]:
        """Anchor what the log has grown by, whatever became of the job; count the units and attest the assignment."""
        index, checkpoint = event.index, read_note(event.note).checkpoint
        transactions: list[Transaction] = []
        if event.grown:
            transactions.append(self._contracts.provenance.anchor(checkpoint.root, event.grown))
        if not state.phase.terminal:
            root = evidence_root([part.record for part in own_work(state, index)])
            transactions += self._recordings(state, index, root)
            transactions.append(self._contracts.orders.attest(state.call.job, index, root))
            transactions += self._passports(state, index)
            state = replace(state, closed=(*state.closed, event))
        return state, (Submit(key=f"attest/{index}", transactions=tuple(transactions)),) if transactions else ()

    def _recordings(self, state: Answer, index: int, root: Digest) -> tuple[Transaction, ...]:
        """Count the made units against each operation's licence; only conforming parts get serials."""
        offer = state.assignments[index].offer
        recordings: list[Transaction] = []
        for operation in range(offer.first, offer.last + 1):
            units = sum(1 for part in state.made if part.operation == operation and part.conforms)
            if units:
                recordings.append(self._contracts.designs.record(self._licence(state, operation), units, root))
        return tuple(recordings)

    def _passports(self, state: Answer, index: int) -> Iterator[Transaction]:
        """Issue the finished parts' passports, if theirs was the routing's last operation and they are not too many."""
        last = len(state.call.operations) - 1
        made = [part for part in own_work(state, index) if part.operation == last and part.conforms]
        if len(made) > MAX_PASSPORTS:
            return
        for unit, part in enumerate(made, start=1):
            licence = self._licence(state, last)
            yield self._contracts.passports.issue(licence, unit, part.record.digest)

    def _licence(self, state: Answer, operation: int) -> Digest:
        leaf = next(package.leaf for package in state.packages if package.operation == operation)
        return self._contracts.designs.licence_id(
            owner=state.customer,
            commitment=state.call.design,
            package=merkle.leaf_hash(encode(leaf)),
            licensee=self._account,
        )

    def _paying(self, state: Answer, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        match event:
            case OperationApproved() | OperationRefunded() if event.index in state.won:
                state = replace(state, ended=(*state.ended, event.index), paid=Cents(state.paid + event.paid))
                if set(state.ended) < set(state.won):
                    return state, ()
                take = Submit(key="withdraw", transactions=(self._contracts.orders.withdraw(),))
                return replace(state, phase=Phase.PAID), (take, Forget(key="forget"))
            case OrderEnded():
                return replace(state, phase=Phase.RELEASED), (Forget(key="forget"),)
            case _:
                return state, ()
