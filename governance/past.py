"""An auction of the past, taken from its transcript or a part's bundle; refuses one that does not follow from its bids.

Whether a bundle itself is the ledger's truth is the audit's business (``ledger.audit``); audit it first. A transcript
alone does not say when its order was opened: that the one who has it asks the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.bundle import Bundle
from ledger.order_events import Opened
from ledger.orders import Orders
from ledger.proofs import ProvenBlock, verify
from ledger.tries import ProofError
from protocol.auction import Bid
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.job import Call
from protocol.recheck import recheck
from protocol.rules import RulePack
from protocol.units import UnixSeconds

PackAt = Callable[[Digest, int], RulePack]
"""The pack with a digest that was in force in a block; see ``governance.in_force``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAuction:
    """Everything that an award follows from, and the rules that it was made under."""

    call: Call
    opened: UnixSeconds
    """Wall time of the block that opened the order; providers hear the call from then on."""

    bids: tuple[Bid, ...]
    transcript: Digest
    pack: RulePack
    """In force when the order was opened; its digest stands in the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A transcript file, and where the ledger opened its order."""

    transcript: bytes
    block: int
    opened: UnixSeconds


def past_auction(evidence: Bundle | Dated, pack_at: PackAt) -> PastAuction:
    """The auction that a bundle or a transcript is evidence of.

    Raises:
        RejectError: a signature, the order's proof or the award does not hold.
    """
    if isinstance(evidence, Dated):
        auction, number, opened = recheck(evidence.transcript), evidence.block, evidence.opened
    else:
        auction = recheck(evidence.auction)
        header = _order_block(evidence, auction.call).header
        number, opened = header.number, header.timestamp
    call = auction.call
    pack = pack_at(call.rule_pack, number)
    return PastAuction(call=call, opened=opened, bids=auction.opened.bids, transcript=auction.root, pack=pack)


def _order_block(bundle: Bundle, call: Call) -> ProvenBlock:
    """The proven block in which the ledger opened the call's order."""
    orders = Orders(call.orders)
    try:
        blocks = [verify(proof) for proof in bundle.blocks]
    except ProofError as error:
        raise RejectError(str(error)) from error
    for block in blocks:
        for event in map(orders.decode, block.logs):
            if isinstance(event, Opened) and event.job == call.job:
                return block
    raise RejectError("the bundle does not prove that the order was opened")
