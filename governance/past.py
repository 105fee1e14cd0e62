"""An auction of the past, taken from a part's bundle; refuses one whose award does not follow from its bids.

Whether the bundle itself is the ledger's truth is the audit's business (``ledger.audit``); audit it first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ledger.bundle import Bundle
from ledger.order_events import Opened
from ledger.orders import Orders
from ledger.proofs import ProvenBlock, verify
from ledger.tries import ProofError
from protocol.auction import Bid, Reveal, check_bid
from protocol.award import transcript_root
from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.job import Call
from protocol.opening import open_bids
from protocol.result import Result, decide
from protocol.rules import RulePack
from protocol.signed import Signed
from protocol.signed import verify as verify_signature
from protocol.topics import AWARD, CALL, REVEAL
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

T = TypeVar("T")

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
    call = _open(Call, bundle.auction.call, CALL)
    result = _open(Result, bundle.auction.result, AWARD)
    reveals = (_reveal(signed, call) for signed in bundle.auction.reveals)
    sealed = (signed.author for signed in bundle.auction.commitments)
    opened = open_bids(call, sealed, {r.bid.provider: r for r in reveals}, result.declined)
    _by(call.customer, bundle.auction.call, bundle.auction.result)
    transcript = transcript_root(
        encode(bundle.auction.call),
        [encode(c) for c in bundle.auction.commitments],
        [r.payload for r in bundle.auction.reveals],
    )
    if decide(call, opened.bids, transcript, opened.excluded) != result:
        raise RejectError("the award does not follow from the revealed bids")
    block = _order_block(bundle, call)
    pack = pack_at(call.rule_pack, block.header.number)
    return PastAuction(call=call, opened=block.header.timestamp, bids=opened.bids, transcript=transcript, pack=pack)


def _open(kind: type[T], signed: Signed, topic: str) -> T:
    return decode(kind, verify_signature(signed, topic))


def _reveal(signed: Signed, call: Call) -> Reveal:
    reveal = _open(Reveal, signed, REVEAL)
    _by(reveal.bid.provider, signed)
    check_bid(reveal.bid, call)
    return reveal


def _by(author: PeerId, *messages: Signed) -> None:
    if any(signed.author != author for signed in messages):
        raise RejectError("a message is not signed by the one whose word it is")


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
