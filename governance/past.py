"""An auction of the past, taken from a part's bundle; refuses one whose award does not follow from its bids.

Whether the bundle itself is the ledger's truth is the audit's business (``ledger.audit``); audit it first.
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


def past_auction(bundle: Bundle, pack_at: PackAt) -> PastAuction:
    """The auction that ``bundle`` is evidence of.

    Raises:
        RejectError: a signature, the order's proof or the award does not hold.
    """
    auction = recheck(bundle.auction)
    call = auction.call
    block = _order_block(bundle, call)
    pack = pack_at(call.rule_pack, block.header.number)
    bids, opened = auction.opened.bids, block.header.timestamp
    return PastAuction(call=call, opened=opened, bids=bids, transcript=auction.root, pack=pack)


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
