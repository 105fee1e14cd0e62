"""What makes an omitted bid provable: the roll that closes an auction, and witnesses' receipts of what came in time.

The customer runs the auction, so its word about what arrived is worth nothing by itself. A call names witnesses; each
bidder shows them its commitment, and later its reveal, and keeps their receipts. The roll, published before anybody
reveals, lists every commitment that counts. Whoever was left out proves it with a majority's receipts; a minority whose
clocks or intentions are wrong proves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call
from protocol.merkle import leaf_hash, root_of_hashes
from protocol.params import HASH_BYTES, MAX_BIDDERS, MAX_CLOCK_SKEW
from protocol.signed import Signed, verify
from protocol.topics import RECEIPT
from protocol.units import UnixSeconds
from protocol.wire import decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """The commitments that count, told by the customer after the commit deadline (gossip topic ``roll/1``).

    A bidder that does not find its own in it reveals nothing.
    """

    job: JobId
    entries: tuple[Digest, ...]
    """RFC 9162 leaf hash of every commitment, ascending; signatures left out."""

    @property
    def root(self) -> Digest:
        """RFC 9162 root over the commitments."""
        return root_of_hashes(self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A witness saw a commitment or a reveal (signed under ``receipt/1``)."""

    job: JobId
    seen: Digest
    """RFC 9162 leaf hash of the message, its signature left out."""

    at: UnixSeconds
    """Wall time of the witness."""


def accept_roll(roll: Roll, *, signer: PeerId, call: Call | None, now: UnixSeconds) -> None:
    """Decide whether ``roll`` closes the auction of ``call``.

    Raises:
        IgnoreError: unknown job, before the commit deadline, or after the last moment to reveal.
        RejectError: not signed by the customer, another job's, too long, or entries malformed or out of order.
    """
    if call is None:
        raise IgnoreError("unknown job")
    if call.customer != signer or roll.job != call.job:
        raise RejectError("roll is not signed by the customer, or is another job's")
    if len(roll.entries) > MAX_BIDDERS or any(len(entry) != HASH_BYTES for entry in roll.entries):
        raise RejectError("roll is too long, or an entry is no hash")
    if list(roll.entries) != sorted(set(roll.entries)):
        raise RejectError("roll is not in order")
    if now + MAX_CLOCK_SKEW < call.commit_by or now > call.reveal_by:
        raise IgnoreError("roll is outside its window")


def quorum(call: Call) -> int:
    """How many of the call's witnesses decide: more than half."""
    return len(call.witnesses) // 2 + 1


def witnessed(call: Call, message: bytes, receipts: Iterable[Signed], *, by: UnixSeconds) -> bool:
    """Whether a majority of the call's witnesses saw ``message`` by then; receipts that say nothing count nothing."""
    seen = leaf_hash(message)
    return len({r.author for r in receipts if _says(call, r, seen, by)}) >= quorum(call)


def _says(call: Call, signed: Signed, seen: Digest, by: UnixSeconds) -> bool:
    if signed.author not in call.witnesses:
        return False
    try:
        receipt = decode(Receipt, verify(signed, RECEIPT))
    except RejectError:
        return False
    return receipt.job == call.job and receipt.seen == seen and receipt.at <= by
