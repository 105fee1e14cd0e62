"""What the contracts say, as events of a job's workflow."""

from ledger import designs, order_events
from ledger.contracts import Contracts
from ledger.types import Log
from node.workflows.disputed import CaseOpened
from node.workflows.events import (
    BidBonded,
    BondEnded,
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
    UnitsRecorded,
)
from protocol.ids import JobId
from protocol.units import NOTHING, UnixSeconds


def translate(log: Log, contracts: Contracts, now: UnixSeconds) -> tuple[JobId, object] | None:  # noqa: C901  # one case for each kind
    """The job and event that an order's ``log`` is about, or None; ``now`` is wall time."""
    match contracts.orders.decode(log):
        case order_events.Opened() as said:
            return said.job, OrderOpened(budget=said.budget, at=now)
        case order_events.BidSealed() as said:
            return said.job, BidBonded(bidder=said.bidder, seal=said.seal)
        case order_events.BidEnded() as said:
            return said.job, BondEnded(bidder=said.bidder, how=said.how)
        case order_events.Assigned() as said:
            return said.job, OperationAssigned(index=said.index, provider=said.provider, price=said.price, at=now)
        case order_events.Accepted() as said:
            return said.job, OperationAccepted(index=said.index, provider=said.provider)
        case order_events.Declined() as said:
            return said.job, OperationDeclined(index=said.index, provider=said.provider, at=now)
        case order_events.Reawarded() as said:
            return said.job, OperationReawarded(index=said.index, transcript=said.transcript)
        case order_events.Attested() as said:
            event = OperationAttested(index=said.index, provider=said.provider, evidence=said.evidence, at=now)
            return said.job, event
        case order_events.Approved() as said:
            paid = OperationApproved(index=said.index, paid=said.paid, fee=said.fee, damages=said.damages)
            return said.job, paid
        case order_events.Disputed() as said:
            return said.job, OperationDisputed(index=said.index, evidence=said.evidence, at=now)
        case order_events.Refunded() as said:
            nothing = OperationRefunded(index=said.index, refunded=said.refunded, paid=NOTHING, fee=NOTHING)
            return said.job, nothing
        case order_events.Ruled(ends=True) as said:
            ruled = OperationRefunded(index=said.index, refunded=said.refunded, paid=said.paid, fee=said.fee)
            return said.job, ruled
        case order_events.Ended() as said:
            return said.job, OrderEnded(how=said.how)
    return None


def moved(log: Log, contracts: Contracts) -> tuple[JobId, int, object] | None:
    """Job, assignment and event of a case that ``log`` is about, or None."""
    match contracts.orders.decode(log):
        case order_events.Disputed() as said:
            return said.job, said.index, CaseOpened(job=said.job, index=said.index)
    event = contracts.disputes.decode(log)
    return None if event is None else (event.job, event.index, event)


def units(log: Log, contracts: Contracts) -> UnitsRecorded | PassportIssued | None:
    """The serials that ``log`` mints, or the passport that it issues, or None."""
    match contracts.designs.decode(log):
        case designs.Recorded() as said:
            return UnitsRecorded(licence=said.licence, first=said.first, last=said.last)
    issued = contracts.passports.decode(log)
    return None if issued is None else PassportIssued(licence=issued.licence, serial=issued.serial, head=issued.head)
