"""What the HTTP interface shows: plain documents built from states; nothing is decided here."""

from typing import Any

from ledger.contracts import Contracts
from node.access.guests import explain, word
from node.vault.vault import Given
from node.workflows.answered import Answer, held
from node.workflows.assigned import Assigned
from node.workflows.posted import Post, operations_of
from node.workflows.released import Issued
from node.workflows.runner import Entry
from node.workflows.setbacks import SetbackTold
from node.workflows.thread import licence_for, part_serials
from node.workflows.words import (
    Names,
    describe,
    explain_no_award,
    explain_replacement,
    explain_setback,
    iso,
    money,
    process_name,
)
from protocol.auction import Offer
from protocol.award import MICRO, Assignment, Standing
from protocol.classification import Classification
from protocol.escrow import Unsealing
from protocol.ids import PeerId
from protocol.job import Call
from protocol.replacement import Replacement

Document = dict[str, Any]


def job_summary(state: Post | Answer) -> Document:
    """One line of the job list."""
    return {
        "job": state.call.job.hex(),
        "role": "customer" if isinstance(state, Post) else "provider",
        "phase": state.phase.value,
        "title": state.posted.title
        if isinstance(state, Post)
        else f"{state.call.quantity} x {state.call.part.material}",
        "tender_for": state.posted.tender.job.hex() if isinstance(state, Post) and state.posted.tender else None,
    }


def job_document(state: Post, contracts: Contracts, names: Names) -> Document:
    """A posted job as its customer sees it; amounts in cents beside their text."""
    call = state.call
    return {
        **job_summary(state),
        "terminal": state.phase.terminal,
        "reason": _reason(state),
        "part": {
            "envelope_um": [call.part.envelope.length, call.part.envelope.width, call.part.envelope.height],
            "volume_mm3": call.part.volume,
            "mass_g": call.part.mass,
            "material": call.part.material,
            "holes": [
                {"diameter_um": h.diameter, "depth_um": h.depth, "through": h.through, "count": h.count}
                for h in call.part.holes
            ],
        },
        "quantity": call.quantity,
        "operations": [process_name(operation.process) for operation in call.operations],
        "notes": list(state.posted.notes),
        "budget": call.budget,
        "design": call.design.hex(),
        "rule_pack": call.rule_pack.hex(),
        "transcript": state.transcript.hex(),
        "arrival": None if state.result is None or state.result.award is None else iso(state.result.award.arrival),
        "assignments": [_assignment(state, index, names) for index in range(len(state.assigned))],
        "bidders": _bidders(state, names),
        "again": None if state.posted.again is None else state.posted.again.hex(),
        "missing": state.missing if state.phase.terminal and state.assigned else 0,
        "replacements": [_replacement(one, names) for one in state.replacements],
        "setbacks": [_setback(one, names) for one in state.setbacks],
        "improving": None if state.trial is None else state.trial.index + 1,
        "tried": list(state.tried),
        "bonds": [{"bidder": names(b.bidder), "cents": state.posted.bond, "stands": b.stands} for b in state.bonds],
        "classification": word(Classification(call.filters.classification)),
        "invited": [names(peer) for peer in call.filters.invited],
        "not_invited": _barred(state, names),
        "released": [{"operation": r.operation, "to": names(r.provider), "at": iso(r.at)} for r in state.released],
        "parts": _parts(state, contracts),
        "money": _money(state),
        "gas": state.gas,
    }


def release_rows(state: Post, contracts: Contracts, names: Names) -> list[Document]:
    """Everything that left the vault of the job's design: packages, copies, and who holds shares of its keys."""
    processes = [process_name(operation.process) for operation in state.call.operations]
    job = {"job": state.call.job.hex(), "title": state.posted.title, "design": state.call.design.hex()}
    winners = {released.provider for released in state.released}
    rows: list[Document] = []
    for released in state.released:
        licensee = state.account_of(released.provider)
        licence = licence_for(state, contracts, released.operation, licensee).hex()
        rows.append(
            {
                **job,
                "what": f"package {released.operation + 1}, {processes[released.operation]}",
                "to": names(released.provider),
                "at": iso(released.at),
                "under": _under(licence, released.issued),
                "award": state.transcript.hex(),
                "licence": licence,
                "request": released.request.digest.hex(),
                "code": _code(released.issued),
                "note": released.note,
            }
        )
    rows += [
        {
            **job,
            "what": "the design file",
            "to": copied.recipient,
            "at": iso(copied.at),
            "under": f"copied by {copied.by}",
        }
        for copied in state.copied
    ]
    rows += [
        {
            **job,
            "what": f"package {taken.package}, encrypted",
            "to": names(taken.peer),
            "at": iso(taken.at),
            "under": "the key above" if taken.peer in winners else "a dispute on the ledger",
        }
        for taken in state.taken
    ]
    if (custody := state.custody) is not None:
        quorum = f"{custody.threshold} of {len(custody.holders)} together open one, in a dispute only"
        held = {**job, "what": "a share of every key", "at": iso(custody.at), "under": quorum}
        rows += [{**held, "to": names(holder)} for holder in custody.holders]
    return rows


def unsealing_row(unsealing: Unsealing, holder: PeerId, names: Names) -> Document:
    """A share of a key of ours that its holder says it gave to a juror."""
    return {
        "job": unsealing.job.hex(),
        "what": f"share of package {unsealing.package}, of {names(holder)}",
        "to": names(unsealing.request.author),
        "at": iso(unsealing.at),
        "under": "a dispute on the ledger",
        "request": unsealing.request.digest.hex(),
    }


def given_row(given: Given, names: Names) -> Document:
    """A share that this node gave to a juror."""
    return {
        "job": given.job.hex(),
        "what": f"our share of package {given.package}",
        "to": names(given.to),
        "at": iso(given.at),
        "under": "a dispute on the ledger",
        "request": given.request.digest.hex(),
    }


def _under(licence: str, issued: Issued | None) -> str:
    code = "" if issued is None else f", code {issued.files[0].hex()[:12]}, exposure {issued.exposure}"
    return f"licence {licence[:12]}{code}"


def _code(issued: Issued | None) -> Document | None:
    if issued is None:
        return None
    return {
        "files": [digest.hex() for digest in issued.files],
        "mark": issued.mark,
        "exposure": issued.exposure,
        "reason": issued.reason,
    }


def answer_document(state: Answer, names: Names) -> Document:
    """An answered call as its provider sees it."""
    return {
        **job_summary(state),
        "terminal": state.phase.terminal,
        "reason": state.problem or "; ".join(state.reasons) or _place(state),
        "customer": names(state.call.customer),
        "operations": [process_name(operation.process) for operation in state.call.operations],
        "offers": [] if state.bid is None else [_offer(offer) for offer in state.bid.offers],
        "won": [_won(assignment) for assignment in held(state).values()],
        "steps": len(state.made),
        "assignments": [],
        "parts": [],
        "bond": {"cents": state.bond, "stands": state.staked} if state.bond else None,
        "paid": state.paid,
        "gas": state.gas,
    }


def event_document(entry: Entry, names: Names) -> Document:
    """One event of a job's log; ``text`` is null when it means nothing to a person."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "kind": type(entry.event).__name__,
        "text": describe(entry.event, names),
    }


def _barred(state: Post, names: Names) -> list[Document]:
    filters = state.call.filters
    classification = Classification(filters.classification)
    return [
        {
            "provider": names(one.peer),
            "barrier": one.barrier.value,
            "reason": explain(one, classification, filters.jurisdictions),
        }
        for one in state.posted.barred
    ]


def _reason(state: Post) -> str:
    if state.problem:
        return state.problem
    if state.result is not None and state.result.no_award is not None:
        outcome = state.result.no_award
        operations = state.call.operations
        process = process_name(operations[min(outcome.measure, len(operations) - 1)].process)
        return explain_no_award(outcome, process)
    return ""


def _assignment(state: Post, index: int, names: Names) -> Document:
    assigned = state.assigned[index]
    operations = [process_name(state.call.operations[o].process) for o in operations_of(state, index)]
    won = state.awarded[index] if state.awarded else None
    return {
        "index": index,
        "operation": " + ".join(operations),
        "provider": names(assigned.provider),
        "machine": _machine(assigned, won),
        "ready_by": None if won is None else iso(won.start),
        "finish_by": None if won is None else iso(won.finish),
        "price": money(assigned.price),
        "price_cents": assigned.price,
        "paid_cents": assigned.paid,
        "fee_cents": assigned.fee,
        "damages_cents": assigned.damages,
        "refunded_cents": assigned.refunded,
        "stage": assigned.stage.value,
        "evidence": None if assigned.evidence is None else assigned.evidence.hex(),
        "steps": len(assigned.facts),
    }


def _machine(assigned: Assigned, won: Assignment | None) -> str:
    """The one that made it, by its records, or the one that it was promised on."""
    return assigned.facts[-1].machine if assigned.facts else "" if won is None else won.offer.machine


def _bidders(state: Post, names: Names) -> list[Document]:
    if state.result is None:
        return [{"provider": names(c.commitment.author), "outcome": "sealed"} for c in state.commitments]
    return [{"provider": names(s.provider), **standing(s, state.call)} for s in state.result.standings]


def standing(place: Standing, call: Call) -> Document:
    """A bidder's place in words and numbers."""
    if place.won:
        won = ", ".join(process_name(call.operations[operation].process) for operation in place.won)
        text = f"won {won}"
    elif place.score_gap is None:
        text = "lost: its windows and prices fit into no combination within due date and budget"
    else:
        dearer = place.price_gap or 0
        text = (
            f"lost by {place.score_gap / 100_000_000:,.2f} GLD of score; the best combination with it costs "
            f"{money(abs(dearer))} {'more' if dearer >= 0 else 'less'}"
        )
    return {
        "won": list(place.won),
        "score_gap_microcents": place.score_gap,
        "price_gap_cents": place.price_gap,
        "outcome": text,
    }


def _replacement(one: Replacement, names: Names) -> Document:
    return {
        "number": one.index + 1,
        "cause": one.cause.value,
        "from": names(one.failed),
        "to": names(one.assignment.provider),
        "passed": [names(peer) for peer in one.passed],
        "parts": one.salvage.value,
        "moving_cents": one.moving // MICRO,
        "making_again_cents": one.making_again // MICRO,
        "compensation_cents": None if one.improvement is None else one.improvement.compensation,
        "tender": None if one.improvement is None else one.improvement.tender.hex(),
        "text": explain_replacement(one, names),
    }


def _setback(told: SetbackTold, names: Names) -> Document:
    return {
        "number": told.setback.index + 1,
        "maker": names(told.maker),
        "trouble": told.setback.trouble.value,
        "remedy": told.setback.remedy.value,
        "text": explain_setback(told, names),
    }


def _parts(state: Post, contracts: Contracts) -> list[Document]:
    with_passport = {issued.serial for issued in state.passports}
    return [
        {"number": part, "serial": serial.hex(), "passport": serial in with_passport}
        for part, serial in part_serials(state, contracts)
    ]


def _money(state: Post) -> Document:
    paid = sum(a.paid for a in state.assigned)
    fees = sum(a.fee for a in state.assigned)
    escrow = state.call.budget
    return {
        "escrowed": escrow,
        "paid": paid,
        "fees": fees,
        "returned": escrow - paid - fees if state.phase.terminal else None,
    }


def _offer(offer: Offer) -> Document:
    return {
        "operations": [offer.first, offer.last],
        "machine": offer.machine,
        "opens": iso(offer.opens),
        "closes": iso(offer.closes),
        "duration_s": offer.duration,
        "price_cents": offer.price,
        "co2_g": offer.co2,
    }


def _won(assignment: Assignment) -> Document:
    return {
        "operations": [assignment.offer.first, assignment.offer.last],
        "machine": assignment.offer.machine,
        "ready_by": iso(assignment.start),
        "finish_by": iso(assignment.finish),
        "price_cents": assignment.price,
        "co2_g": assignment.offer.co2,
    }


def _place(state: Answer) -> str:
    return "" if state.standing is None else str(standing(state.standing, state.call)["outcome"])
