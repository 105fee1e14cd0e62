"""What a customer makes of the records of finished work: whether they hold, and who is to be paid for what they say."""

from node.workflows.assigned import Stage
from node.workflows.events import RecordsArrived
from node.workflows.posted import Post, heads, operations_of
from protocol.certificate import open_certificates
from protocol.checkpoint import read_note
from protocol.errors import RejectError
from protocol.facts import StepFacts, conforming
from protocol.params import INSPECTION
from protocol.production import check_logged, check_operation, evidence_root
from protocol.record import open_record
from protocol.routing import downstream, predecessors


def check_records(state: Post, event: RecordsArrived) -> tuple[StepFacts, ...]:
    """What the records of one assignment say, once they are attested, logged and continue every part's chain.

    Raises:
        RejectError: they are not.
    """
    if evidence_root([logged.record for logged in event.records]) != state.assigned[event.index].evidence:
        raise RejectError("records are not those that were attested")
    if not state.awarded:
        raise RejectError("nothing was awarded")
    provider = state.awarded[event.index].provider
    check_logged(event.records, read_note(event.note), provider)
    certificates = open_certificates(event.certificates)
    opened = [open_record(logged.record, certificates) for logged in event.records]
    quantity, previous = state.call.quantity, heads(state, event.index)
    told: list[StepFacts] = []
    for step, operation in enumerate(operations_of(state, event.index)):
        part_records = opened[step * quantity : (step + 1) * quantity]
        told += check_operation(
            part_records,
            job=state.call.job,
            operation=operation,
            provider=provider,
            previous=previous,
        )
        previous = tuple(record.digest for record in part_records)
    return tuple(told)


def verdicts(state: Post) -> tuple[tuple[int, bool], ...]:
    """Which verified assignments can be decided now, and whether they are to be paid.

    A maker waits for the inspection that follows it in the routing, if there is one; an inspector is paid for
    inspecting, whatever it finds.
    """
    inspections = [o.index for o in state.call.operations if o.process == INSPECTION]
    after = predecessors(state.call.operations)
    decided = []
    for index, assigned in enumerate(state.assigned):
        if assigned.stage is not Stage.VERIFIED or assigned.objection is not None:
            continue
        behind = downstream(after, operations_of(state, index)[-1])
        following = [o for o in inspections if o in behind]
        if not following:
            decided.append((index, True))
            continue
        measured = _facts_of(state, following[0])
        if measured:
            decided.append((index, all(conforming(facts) for facts in measured)))
    return tuple(decided)


def _facts_of(state: Post, operation: int) -> tuple[StepFacts, ...]:
    return tuple(facts for assigned in state.assigned for facts in assigned.facts if facts.operation == operation)
