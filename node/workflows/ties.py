"""Where a job stands, and how people and peers belong to it, in the words of the table."""

from federation.errors import RefusedError
from node.access.table import Action, DeniedError, Role, State, Subject, Tie, authorize
from node.workflows import answered, posted
from node.workflows.answered import Answer
from node.workflows.assigned import Stage
from node.workflows.posted import Post, operations_of
from protocol.classification import is_open
from protocol.ids import PeerId
from protocol.job import Call

_ENDED = (posted.Phase.SETTLED, posted.Phase.CANCELLING, posted.Phase.CANCELLED)


def state_of(job: Post | Answer) -> State:
    """Where the job stands as a whole."""
    if isinstance(job, Answer):
        if job.phase.terminal:
            return State.ENDED
        return State.MAKING if job.phase is answered.Phase.WON else State.OPEN
    if job.phase in _ENDED:
        return State.ENDED
    if job.phase is not posted.Phase.MAKING:
        return State.OPEN
    return State.DISPUTED if any(one.stage is Stage.DISPUTED for one in job.assigned) else State.MAKING


def state_at(job: Post, operation: int) -> State:
    """Where the work on ``operation`` stands; a dispute over other work does not stop it."""
    state, index = state_of(job), winner_index(job, operation)
    if state is not State.DISPUTED or index is None:
        return state
    return State.DISPUTED if job.assigned[index].stage is Stage.DISPUTED else State.MAKING


def winner_index(job: Post, operation: int) -> int | None:
    """The assignment that covers ``operation``, if there is one."""
    return next((i for i, _ in enumerate(job.awarded) if operation in operations_of(job, i)), None)


def person_tie(job: Post | Answer, role: Role) -> Tie:
    """A customer's jobs are those that the node posted, a provider's those that it answers; an operator's are all."""
    whose = Role.CUSTOMER if isinstance(job, Post) else Role.PROVIDER
    return Tie.OWN if role in (whose, Role.OPERATOR) else Tie.OTHER


def guest_tie(call: Call, peer: PeerId) -> Tie:
    """Whether ``peer`` may hear of the job."""
    return Tie.GUEST if is_open(call) or peer in (call.customer, *call.filters.invited) else Tie.OTHER


def winner_tie(job: Post, operation: int, peer: PeerId) -> Tie:
    """Whether ``peer`` won ``operation``."""
    index = winner_index(job, operation)
    return Tie.PARTY if index is not None and job.awarded[index].provider == peer else Tie.OTHER


def records_tie(job: Answer, peer: PeerId) -> Tie:
    """Whether ``peer`` is the customer of a job that this node answers, or another of its makers."""
    if peer == job.call.customer:
        return Tie.OWN
    return Tie.PARTY if peer in {one.provider for one in job.assignments} else Tie.OTHER


def check(subject: Subject, action: Action, *, state: State, tie: Tie) -> None:
    """Ask the table about a peer that asks on a stream.

    Raises:
        RefusedError: the table does not allow it.
    """
    try:
        authorize(subject, action, state=state, tie=tie)
    except DeniedError as error:
        raise RefusedError("not-yours", str(error)) from error
