"""How a bid is sealed, bonded and opened: decides what a bidder says and stakes, and how it has its bond back."""

from dataclasses import replace

from ledger.contracts import Contracts
from node.identity import Identity
from node.workflows.answered import Answer, BidComputed, GatherReceipts, Phase
from node.workflows.bonds import REFUSED, REVEALED, STAKED
from node.workflows.events import Announce, BidBonded, BondEnded, Mined, OrderEnded, RollArrived, Submit, WakeAt, Woke
from node.workflows.runner import Effect
from protocol import merkle
from protocol.auction import Commitment, Reveal, opening_of, seal_of
from protocol.charge import Charge, Wrong
from protocol.ids import Address
from protocol.roll import Roll
from protocol.signed import sign
from protocol.topics import COMMITMENT, REVEAL
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

BOND, OPEN_BID, RETURN_BOND = "bond", "open-bid", "return-bond"
"""Keys of what is sent about our bond."""

RESULT_GRACE = 2
"""Seconds after the reveal deadline before the customer is asked for the result that gossip may have brought."""


class Sealing:
    """The rules, closed over the contracts and our own account."""

    def __init__(self, contracts: Contracts, account: Address) -> None:
        self._contracts = contracts
        self._account = account

    def computed(self, state: Answer, event: BidComputed) -> tuple[Answer, tuple[Effect, ...]]:
        """Say the seal; where the order asks for a bond, stake it first, for without it the seal does not count."""
        state = replace(
            state,
            phase=Phase.COMMITTED,
            bid=event.bid,
            salt=event.salt,
            reasons=event.refusals,
            bases=event.bases,
        )
        result = WakeAt(key="result", at=UnixSeconds(state.call.reveal_by + RESULT_GRACE))
        if not state.bond:
            return state, (*self._commit(state), result)
        token, orders = self._contracts.token, self._contracts.orders
        seal = self._commitment(state).seal
        stake = (token.approve(orders.address, state.bond), orders.bid(state.call.job, seal))
        # A customer that never closes its roll must not keep the bonds: at half time they are opened all the same.
        half = UnixSeconds((state.call.commit_by + state.call.reveal_by) // 2)
        return state, (Submit(key=BOND, transactions=stake), WakeAt(key="open", at=half), result)

    def rolled(self, state: Answer, event: RollArrived) -> tuple[Answer, tuple[Effect, ...]]:
        """Our bid is opened only when the roll has it; before that nobody learns anything of it."""
        state = replace(state, roll=event.roll)
        entry = merkle.leaf_hash(encode(self._commitment(state)))
        bonded = (self._open(state),) if state.bond else ()
        if entry not in decode(Roll, event.roll.payload).entries:
            proof = f"{sum(len(r.receipts) for r in state.receipts)} of {len(state.call.witnesses)} witnesses saw it"
            return replace(state, phase=Phase.LOST, problem=f"the customer left our sealed bid out; {proof}"), bonded
        state = replace(state, phase=Phase.REVEALED)
        if state.bond and state.staked != REVEALED:
            return state, bonded
        return state, self._show(state)

    def bonding(self, state: Answer, event: object) -> tuple[Answer, tuple[Effect, ...]]:
        """A bond comes back whatever becomes of the auction: its seal is opened, or the order was cancelled."""
        match event:
            case BidBonded() if event.bidder == self._account:
                state = replace(state, staked=STAKED)
                return state, self._commit(state) if state.phase is Phase.COMMITTED else ()
            case BondEnded() if event.bidder == self._account:
                state = replace(state, staked=event.how)
                show = event.how == REVEALED and state.phase is Phase.REVEALED
                return state, self._show(state) if show else ()
            case Woke(what="open") if state.staked in ("", STAKED):
                return state, (self._open(state),)
            case OrderEnded(how="cancelled") if state.staked == STAKED:
                orders = self._contracts.orders
                back = (orders.return_bid(state.call.job, self._account), orders.withdraw())
                return state, (Submit(key=RETURN_BOND, transactions=back),)
            case _:
                return state, ()

    def _commit(self, state: Answer) -> tuple[Effect, ...]:
        said = encode(self._commitment(state))
        return (
            Announce(key="commitment", topic=COMMITMENT, message=said, until=state.call.commit_by),
            *_receipts(state, COMMITMENT, said, state.call.commit_by),
        )

    def _show(self, state: Answer) -> tuple[Effect, ...]:
        assert state.bid is not None  # noqa: S101  # only a bid is opened
        said = encode(Reveal(bid=state.bid, salt=state.salt))
        return (
            Announce(key="reveal", topic=REVEAL, message=said, until=state.call.reveal_by),
            *_receipts(state, REVEAL, said, state.call.reveal_by),
        )

    def _open(self, state: Answer) -> Submit:
        """Show the ledger what our seal is made of, and take the bond back."""
        orders = self._contracts.orders
        opening = opening_of(encode(state.bid), state.salt)
        return Submit(key=OPEN_BID, transactions=(orders.reveal(state.call.job, opening), orders.withdraw()))

    def _commitment(self, state: Answer) -> Commitment:
        assert state.bid is not None  # noqa: S101  # only a bid is committed to
        seal = seal_of(state.bid, state.salt)
        return Commitment(job=state.bid.job, provider=state.bid.provider, account=self._account, seal=seal)


def charge_of_omission(state: Answer, identity: Identity) -> Charge:
    """What shows that the customer's roll lacks the seal that witnesses saw."""
    assert state.bid is not None  # noqa: S101  # asked by who sealed a bid
    assert state.roll is not None  # noqa: S101
    sealed = Commitment(
        job=state.bid.job,
        provider=state.bid.provider,
        account=identity.account,
        seal=seal_of(state.bid, state.salt),
    )
    said = sign(identity.signing, COMMITMENT, encode(sealed))
    receipts = tuple(receipt for seen in state.receipts if seen.topic == COMMITMENT for receipt in seen.receipts)
    return Charge(wrong=Wrong.OMITTED, messages=(state.signed_call, state.roll, said), receipts=receipts)


def mined(state: Answer, event: Mined) -> Answer:
    """The answer after a transaction; without its bond it is lost, and a bond that is back excuses the second way."""
    state = replace(state, gas=state.gas + event.gas)
    if not event.error or (event.effect in (OPEN_BID, RETURN_BOND) and state.staked not in ("", STAKED)):
        return state
    state = replace(state, problem=f"the ledger refused to {event.effect}: {event.error}")
    if event.effect != BOND:
        return state
    return replace(state, staked=REFUSED, phase=Phase.LOST)


def _receipts(state: Answer, topic: str, message: bytes, until: UnixSeconds) -> tuple[GatherReceipts, ...]:
    if not state.call.witnesses:
        return ()
    return (GatherReceipts(key=f"receipts/{topic}", topic=topic, message=message, until=until),)
