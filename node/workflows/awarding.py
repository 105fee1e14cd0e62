"""How a customer's auction ends: which bids count, who wins, and what the ledger is told; it asks nobody itself."""

from collections.abc import Iterator
from dataclasses import replace

from ledger.contracts import Contracts
from ledger.orders import Winner
from node.workflows.bonds import is_bonded, unopened
from node.workflows.events import Announce, Submit, WakeAt
from node.workflows.inspecting import inspector_of
from node.workflows.posted import CommitmentArrived, Phase, Post, ReplyArrived
from node.workflows.runner import Effect
from protocol import merkle
from protocol.auction import Commitment
from protocol.ids import Digest, PeerId
from protocol.result import Reply, decide
from protocol.topics import AWARD, CALL, ROLL
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

ANNOUNCE_RESULT = 10
"""Seconds for which the result is repeated; who was down longer asks for it. Winners have so long to answer, too."""

REVEAL_GRACE = 1
"""Seconds after the reveal deadline before the award, for reveals still on their way."""

BOND_GRACE = 2
"""Seconds more where bids are bonded, for what the ledger says of them comes by way of a block."""

Step = tuple[Post, tuple[Effect, ...]]


class Awarding:
    """The rules, closed over the contracts."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    @staticmethod
    def call(state: Post) -> Step:
        """Ask for bids, and look at those that have come when the time is over."""
        return replace(state, phase=Phase.BIDDING), (
            Announce(key="call", topic=CALL, message=state.posted.call.payload, until=state.call.commit_by),
            WakeAt(key="commit", at=UnixSeconds(state.call.commit_by + REVEAL_GRACE)),
        )

    def close_roll(self, state: Post) -> Step:
        """Tell which commitments count; where bids are bonded, those whose bond the ledger holds."""
        wait = UnixSeconds(state.call.reveal_by + REVEAL_GRACE)
        effects: list[Effect] = []
        if state.posted.bond:
            kept = tuple(c for c in state.commitments if is_bonded(state.bonds, c.account, _seal(c)))
            state = replace(state, commitments=kept)
            wait = UnixSeconds(wait + BOND_GRACE)
            effects.append(WakeAt(key="forfeit", at=UnixSeconds(wait + BOND_GRACE)))
        close = Announce(key="roll", topic=ROLL, message=encode(state.roll), until=state.call.reveal_by)
        return replace(state, phase=Phase.REVEALING), (close, WakeAt(key="reveal", at=wait), *effects)

    def shown(self, state: Post) -> Step:
        """Nothing more can come once every seal of the roll is open."""
        if state.phase is Phase.REVEALING and 0 < len(state.shown) == len(state.commitments):
            return self.decide(state)
        return state, ()

    def forfeit(self, state: Post) -> Iterator[Submit]:
        """Take the bonds of those who did not open their seal."""
        orders, job = self._contracts.orders, state.call.job
        for bidder in unopened(state.bonds):
            yield Submit(key=f"forfeit/{bidder.hex()}", transactions=(orders.forfeit(job, bidder), orders.withdraw()))

    def decide(self, state: Post) -> Step:
        """The result from the bids that count, and the winners asked whether they stand by theirs."""
        if state.result is None:
            state = replace(state, reveals=state.shown)
        opened, rounds = state.opened, len(state.declined)
        result = decide(state.call, opened.bids, state.transcript, opened.excluded)
        state = replace(state, result=result, phase=Phase.AWARDING)
        until = UnixSeconds(state.call.reveal_by + REVEAL_GRACE + ANNOUNCE_RESULT * (rounds + 1))
        tell = Announce(key=f"award/{rounds}", topic=AWARD, message=encode(result), until=until)
        if result.award is None:
            state, effects = self.cancel(state)
            return state, (tell, *effects)
        return state, (tell, WakeAt(key=f"accept/{rounds}", at=until))

    def replied(self, state: Post, event: ReplyArrived) -> Step:
        """All winners together make the award; one that declines makes another necessary."""
        reply = decode(Reply, event.reply.payload)
        if state.result is None or reply.result != state.result.digest or not _is_open(state):
            return state, ()
        winners = state.result.winners
        state = replace(state, replies=(*state.replies, event.reply))
        if not reply.accepted:
            return self.decide(_without(state, frozenset({reply.provider})))
        if state.accepted >= winners:
            return self.cancel(state) if state.posted.tender else (state, (self._record_award(state),))
        return state, ()

    def unanswered(self, state: Post) -> Step:
        """Winners that say nothing in time are out, as if they had declined."""
        if state.result is None or not _is_open(state):
            return state, ()
        return self.decide(_without(state, state.result.winners - state.accepted))

    def _record_award(self, state: Post) -> Submit:
        """Open the commitment, award, and license each operation's package to its winner."""
        job, posted, result = state.call.job, state.posted, state.result
        assert result is not None  # noqa: S101  # decided just before
        assert result.award is not None  # noqa: S101
        winners = [self._winner(state, index) for index in range(len(state.awarded))]
        licences = [
            self._contracts.designs.license(
                state.call.design,
                package=merkle.leaf_hash(encode(posted.sealed.leaves[operation + 1])),
                licensee=state.account_of(a.provider),
                units=state.call.quantity,
                expiry=posted.deadline,
            )
            for a in result.award.assignments
            for operation in range(a.offer.first, a.offer.last + 1)
        ]
        return Submit(
            key="award",
            transactions=(
                self._contracts.designs.open(state.call.design, posted.sealed.root, posted.sealed.nonce),
                *licences,
                self._contracts.orders.award(job, result.award.transcript, winners),
            ),
        )

    @staticmethod
    def _winner(state: Post, index: int) -> Winner:
        assignment = state.awarded[index]
        inspector = inspector_of(state.call, state.awarded, index)
        return Winner(
            provider=state.account_of(assignment.provider),
            price=assignment.price,
            units=state.call.quantity,
            due=state.due_of(assignment),
            inspection=0 if inspector is None else inspector + 1,
        )

    def cancel(self, state: Post) -> Step:
        """Take the order back, and its escrow with it."""
        cancel = Submit(
            key="cancel",
            transactions=(self._contracts.orders.cancel(state.call.job), self._contracts.orders.withdraw()),
        )
        return replace(state, phase=Phase.CANCELLING), (cancel,)


def _is_open(state: Post) -> bool:
    """Whether winners are being asked."""
    if state.phase is not Phase.AWARDING or state.result is None:
        return False
    return not state.accepted >= state.result.winners


def _seal(arrived: CommitmentArrived) -> Digest:
    return decode(Commitment, arrived.commitment.payload).seal


def _without(state: Post, away: frozenset[PeerId]) -> Post:
    """The auction without the bids of ``away``; acceptances of the result that fell with them are void."""
    declined = (*state.declined, *sorted(away))
    refusals = tuple(r for r in state.replies if r.author in declined and not decode(Reply, r.payload).accepted)
    return replace(state, declined=declined, replies=refusals)
