"""A witness's watch over one auction: what it saw and when; tells the result itself only when the customer will not.

It signs receipts for what it has noted, one commitment and one reveal for each bidder. The moment that it noted them is
its own clock's; a majority of witnesses decides, so no single clock does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from ledger.contracts import Contracts
from ledger.orders import Orders
from node.workflows.answered import CallHeard
from node.workflows.bonds import Bond, is_bonded, is_opened, noted, unopened
from node.workflows.events import Announce, BidBonded, BondEnded, Mined, OrderEnded, RollArrived, Submit, WakeAt, Woke
from node.workflows.runner import Effect, Workflow
from protocol.auction import Commitment, Reveal
from protocol.award import transcript_root
from protocol.ids import PeerId
from protocol.job import Call
from protocol.merkle import leaf_hash
from protocol.opening import open_bids
from protocol.params import SILENCE
from protocol.result import Result, decide
from protocol.roll import Roll
from protocol.signed import Signed
from protocol.topics import AWARD
from protocol.units import Cents, UnixSeconds
from protocol.wire import decode, encode

NAME = "watch"
"""Prefix of a watch's stream."""

TELL = 30
"""Seconds for which a witness repeats the result that the customer owes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentNoted:
    """A commitment came in time; the first of its provider."""

    commitment: Signed
    at: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealNoted:
    """A reveal came in time and opens the commitment that was noted."""

    reveal: Signed
    at: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultNoted:
    """The result was told, by the customer or by another witness."""

    result: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """State of one watch."""

    signed_call: Signed
    call: Call
    bond: Cents
    """What each bidder has staked on opening its bid."""

    bonds: tuple[Bond, ...] = ()
    commitments: tuple[CommitmentNoted, ...] = ()
    roll: Signed | None = None
    reveals: tuple[RevealNoted, ...] = ()
    result: Signed | None = None

    def commitment_of(self, provider: PeerId) -> CommitmentNoted | None:
        """What was noted of a bidder's commitment."""
        return next((one for one in self.commitments if one.commitment.author == provider), None)

    def reveal_of(self, provider: PeerId) -> RevealNoted | None:
        """What was noted of a bidder's reveal."""
        return next((one for one in self.reveals if one.reveal.author == provider), None)

    def counts(self, provider: PeerId) -> bool:
        """Whether a bidder's commitment counts: where bids are bonded, the ledger holds its bond."""
        if not self.bond:
            return True
        known = self.commitment_of(provider)
        if known is None:
            return False
        sealed = decode(Commitment, known.commitment.payload)
        return is_bonded(self.bonds, sealed.account, sealed.seal)

    def counts_open(self, provider: PeerId) -> bool:
        """Whether a bidder's reveal counts: where bids are bonded, it was shown to the ledger too."""
        if not self.bond:
            return True
        known = self.commitment_of(provider)
        return known is not None and is_opened(self.bonds, decode(Commitment, known.commitment.payload).account)


def stream_of(job: bytes) -> str:
    """The stream that a watch is logged under."""
    return f"{NAME}/{job.hex()}"


def workflow(contracts: Contracts) -> Workflow:
    """The workflow on the ledger that ``contracts`` names."""
    return Workflow(
        name=NAME,
        transition=partial(_transition, contracts.orders),
        events=(
            CallHeard,
            CommitmentNoted,
            RollArrived,
            RevealNoted,
            ResultNoted,
            BidBonded,
            BondEnded,
            OrderEnded,
            Mined,
            Woke,
        ),
    )


def _transition(orders: Orders, state: Watch | None, event: object) -> tuple[Watch, tuple[Effect, ...]]:
    """What the watch becomes by ``event``, and what is to be done."""
    if state is None:
        if not isinstance(event, CallHeard):
            raise AssertionError(f"a watch begins with CallHeard, not {type(event).__name__}")
        call = decode(Call, event.call.payload)
        silence = UnixSeconds(call.reveal_by + SILENCE + 1)
        return Watch(signed_call=event.call, call=call, bond=event.bond), (WakeAt(key="silence", at=silence),)
    match event:
        case BidBonded() | BondEnded():
            return replace(state, bonds=noted(state.bonds, event)), ()
        case OrderEnded():
            return replace(state, bonds=()), ()  # bonds of a cancelled order go back to their bidders
        case CommitmentNoted():
            return replace(state, commitments=(*state.commitments, event)), ()
        case RollArrived():
            return replace(state, roll=event.roll), ()
        case RevealNoted():
            return replace(state, reveals=(*state.reveals, event)), ()
        case ResultNoted():
            return replace(state, result=event.result), ()
        case Woke(what="silence"):
            return state, (*_told(state), *_forfeited(orders, state))
        case _:
            return state, ()


def owed(state: Watch) -> Result | None:
    """The result that the customer owes; None when it never closed the roll, or listed what was not seen here."""
    if state.roll is None:
        return None
    by_entry = {leaf_hash(one.commitment.payload): one.commitment for one in state.commitments}
    entries = decode(Roll, state.roll.payload).entries
    if not set(entries) <= set(by_entry):
        return None
    listed = [by_entry[entry] for entry in entries]
    sealed = {commitment.author for commitment in listed}
    shown = [
        one.reveal for one in state.reveals if one.reveal.author in sealed and state.counts_open(one.reveal.author)
    ]
    opened = open_bids(state.call, sealed, {signed.author: decode(Reveal, signed.payload) for signed in shown})
    transcript = transcript_root(
        encode(state.signed_call), [encode(signed) for signed in listed], [signed.payload for signed in shown]
    )
    return decide(state.call, opened.bids, transcript, opened.excluded)


def _forfeited(orders: Orders, state: Watch) -> Iterator[Submit]:
    """Give the customer the bonds of bids that nobody opened, which it should have done itself by now."""
    for bidder in unopened(state.bonds):
        yield Submit(key=f"forfeit/{bidder.hex()}", transactions=(orders.forfeit(state.call.job, bidder),))


def _told(state: Watch) -> tuple[Effect, ...]:
    result = owed(state) if state.result is None else None
    if result is None:
        return ()
    until = UnixSeconds(state.call.reveal_by + SILENCE + TELL)
    return (Announce(key="award", topic=AWARD, message=encode(result), until=until),)
