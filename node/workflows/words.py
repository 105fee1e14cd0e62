"""What happened, in words for people: one line per event, and nothing that a log must not hold."""

from collections.abc import Callable
from datetime import UTC, datetime

from node.workflows import answered, asked, assigned, posted, released, setbacks, tendered
from node.workflows.events import (
    BidBonded,
    BondEnded,
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
    UnitsRecorded,
)
from node.workflows.setbacks import SetbackTold
from protocol.award import MICRO, NoAward, NoAwardReason
from protocol.checkpoint import read_note
from protocol.params import PROCESSES
from protocol.replacement import Cause, Replacement, Salvage
from protocol.requests import Remedy, Trouble
from protocol.result import Reply
from protocol.units import Cents
from protocol.wire import decode

Names = Callable[[bytes], str]
"""What people call a peer (32 bytes) or an account (20 bytes)."""


_CAUSES = {
    Cause.DECLINED: "gave it back",
    Cause.UNANSWERED: "did not accept it in time",
    Cause.LATE: "did not deliver when it was due",
    Cause.IMPROVED: "gave it up, since the order is better so",
}

_BONDS = {
    "revealed": "given back: its bid is open on the ledger",
    "forfeited": "lost to the customer: its bid was never opened",
    "returned": "given back: the order was cancelled",
}


def money(cents: int) -> str:
    """An amount in the settlement currency."""
    return f"{cents // 100:,}.{cents % 100:02} GLD"


def describe(event: object, names: Names) -> str | None:  # noqa: C901  # one line per kind of event
    """One line about ``event``, or None when it means nothing to a person."""
    match event:
        case posted.JobPosted():
            return f"posted «{event.title}»; design sealed, order on its way to the ledger"
        case OrderOpened():
            return f"order opened on the ledger, {money(event.budget)} in escrow; calling for bids"
        case posted.CommitmentArrived():
            return f"sealed bid from {names(event.commitment.author)}"
        case posted.RevealArrived():
            return f"{names(event.reveal.author)} opened its bid"
        case posted.ReplyArrived():
            accepted = decode(Reply, event.reply.payload).accepted
            return (
                f"{names(event.reply.author)} {'stands by its bid' if accepted else 'declines; the award is made anew'}"
            )
        case BidBonded():
            return f"{names(event.bidder)} stakes its bond on opening its bid"
        case BondEnded():
            return f"bond of {names(event.bidder)} {_BONDS[event.how]}"
        case OperationAssigned():
            return f"assignment {event.index + 1} to {names(event.provider)} for {money(event.price)}, on the ledger"
        case assigned.ObjectionRaised():
            return f"objection to assignment {event.index + 1}: {event.reason}"
        case released.KeysEntrusted() if event.holders:
            who = ", ".join(map(names, event.holders))
            return f"keys entrusted to {who}; {event.threshold} of them together open one, in a dispute only"
        case released.KeysEntrusted():
            return f"keys entrusted to nobody: {event.note}"
        case released.LicencesRevoked():
            return f"licences revoked by {event.by}; what was released cannot be called back"
        case released.DesignCopied():
            return f"design copied by {event.by}, encrypted for {event.recipient}"
        case released.PackageTaken():
            return f"{names(event.peer)} begins to fetch package {event.package}, encrypted"
        case released.PackageReleased():
            return _released(event, names)
        case OperationAccepted():
            return f"{names(event.provider)} accepts assignment {event.index + 1}"
        case OperationDeclined():
            return f"{names(event.provider)} gives assignment {event.index + 1} back"
        case OperationReawarded():
            return f"assignment {event.index + 1} gets another provider"
        case OperationAttested():
            return f"{names(event.provider)} attests assignment {event.index + 1} (evidence {event.evidence.hex()[:8]})"
        case RecordsArrived():
            return f"{len(event.records)} signed step records of assignment {event.index + 1} received and checked"
        case UnitsRecorded():
            return f"serials {event.first} to {event.last} recorded under licence {event.licence.hex()[:8]}"
        case OperationApproved():
            return f"assignment {event.index + 1} paid: {money(event.paid)}, fee {money(event.fee)}"
        case OperationDisputed():
            return f"assignment {event.index + 1} disputed; its money stays locked"
        case OperationRefunded():
            return f"assignment {event.index + 1} refunded: {money(event.refunded)}"
        case PassportIssued():
            return f"passport issued to part {event.serial.hex()[:12]}"
        case OrderEnded():
            return f"order {event.how} on the ledger"
        case Mined() if event.error:
            return f"the ledger refused {event.effect}: {event.error}"
        case answered.CallHeard():
            return "heard a call for bids"
        case answered.BidComputed():
            return f"bid computed: {len(event.bid.offers)} windows reserved, sealed"
        case answered.BidDeclined():
            return "no bid: " + "; ".join(event.reasons)
        case asked.SubstituteAnswered():
            return "the provider that was asked " + ("stands in" if event.accepted else "does not stand in")
        case tendered.ImproveAsked():
            return f"assignment {event.index + 1} may change hands if that is better for all: its maker is asked"
        case tendered.SurrenderAnswered() if event.compensation is None:
            return event.why
        case tendered.SurrenderAnswered():
            return f"its maker gives it up for {money(event.compensation or 0)}; it is auctioned again"
        case tendered.TenderEnded() if event.award is None:
            return "nobody else offers it"
        case tendered.TenderEnded():
            return f"offered for {money(event.award.price if event.award else 0)} by somebody else"
        case tendered.SurrenderAgreed():
            return "the customer pays us for giving our assignment up"
        case asked.SubstituteTaken():
            return "the customer asked us to stand in; the machine's time is kept"
        case setbacks.WorkMoved():
            return f"assignment {event.index + 1} moved to {event.machine}: {event.reason}"
        case setbacks.SetbackTold():
            return explain_setback(event, names)
        case asked.GivenBack():
            return f"given back: {event.reason}"
        case posted.CancelAsked():
            return "the customer takes the job back"
        case answered.PackageArrived():
            kind = "machine code" if event.code else "package"
            return f"{kind} of operation {event.operation + 1} received and checked against the commitment"
        case answered.PartMade():
            return f"part {event.part}: operation {event.operation + 1} done on {event.machine}, step signed and logged"
        case answered.OperationMade():
            return f"operation {event.operation + 1} done"
        case answered.LogClosed():
            return f"{len(read_note(event.note).cosignatures)} nodes witness our log of records"
    return None


def _released(event: released.PackageReleased, names: Names) -> str:
    what, who = f"operation {event.operation + 1}", names(event.provider)
    if event.issued is None:
        return f"package of {what} released to {who}" + (f"; no machine code: {event.note}" if event.note else "")
    return (
        f"machine code for {what} made for {who}'s machine and released, SHA-256 {event.issued.files[0].hex()[:12]}, "
        f"exposure {event.issued.exposure} of 100"
    )


def explain_no_award(outcome: NoAward, operation: str) -> str:
    """Why nothing was awarded, with the number that decided."""
    match outcome.reason:
        case NoAwardReason.NO_OFFER:
            return f"no award: nobody offers {operation} for this part by the due date"
        case NoAwardReason.OVER_BUDGET:
            return f"no award: the cheapest combination costs {money(outcome.measure)}, above the budget"
        case NoAwardReason.TOO_LATE:
            return "no award: no combination of offers delivers by the due date"
        case NoAwardReason.OVER_CO2:
            return f"no award: the cleanest combination emits {outcome.measure:,} g of CO2, above the cap"
        case NoAwardReason.CLASHING:
            return "no award: every combination joins offers that exclude each other"
        case NoAwardReason.TOO_COMPLEX:
            return f"no award: the {outcome.measure} offers exclude each other in more ways than a node has to search"


def explain_replacement(one: Replacement, names: Names) -> str:
    """Who makes an assignment now, why, and what becomes of the parts."""
    head = f"assignment {one.index + 1}: {names(one.assignment.provider)} stands in for {names(one.failed)}"
    moving, again = money(one.moving // MICRO), money(one.making_again // MICRO)
    parts = {
        Salvage.NONE: "nothing was made before",
        Salvage.MOVED: f"the parts are brought on for {moving}, making them again would cost {again}",
        Salvage.RESTARTED: f"the parts are made again for {again}, bringing them on would cost {moving}",
    }
    paid = "" if one.improvement is None else f", for {money(one.improvement.compensation)}"
    return f"{head}, which {_CAUSES[one.cause]}{paid}; {parts[one.salvage]}"


def explain_setback(told: SetbackTold, names: Names) -> str:
    """What a maker said of its work that does not go on as was promised."""
    setback = told.setback
    why = "a machine is out of service" if setback.trouble is Trouble.MACHINE else "its owner gave it back"
    what = {
        Remedy.MOVED: "another machine of the shop makes it, within what was promised",
        Remedy.GIVEN_BACK: "the shop leaves it to another maker",
    }[setback.remedy]
    return f"assignment {setback.index + 1} at {names(told.maker)}: {why}; {what}"


def process_name(code: str) -> str:
    """What people call a process."""
    return next((label for known, label in PROCESSES.items() if known == code), code)


def cents(text: str) -> Cents:
    """An amount typed by a person, such as ``1250`` or ``1250.50``.

    Raises:
        ValueError: not an amount with at most two decimals.
    """
    whole, _, fraction = text.replace(",", "").partition(".")
    if not whole.isdigit() or not (fraction.isdigit() or not fraction) or len(fraction) > 2:
        raise ValueError(f"{text!r} is not an amount such as 1250.50")
    return Cents(int(whole) * 100 + int(fraction.ljust(2, "0") or 0))


def iso(seconds: int) -> str:
    """A moment as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
