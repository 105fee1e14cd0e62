"""Where gossip and bidders' requests meet the watch over an auction; signs only what it has noted itself."""

from collections.abc import Callable

from federation.errors import RefusedError
from node.identity import Identity
from node.workflows import watch_auction
from node.workflows.events import RollArrived
from node.workflows.runner import Runner
from node.workflows.watch_auction import CommitmentNoted, ResultNoted, RevealNoted, Watch
from protocol.auction import Commitment, Reveal, accept_commitment, accept_reveal
from protocol.errors import IgnoreError, ProtocolError
from protocol.ids import JobId, PeerId
from protocol.merkle import leaf_hash
from protocol.requests import WitnessRequest
from protocol.result import Result, accept_result
from protocol.roll import Receipt, Roll, accept_roll
from protocol.signed import Signed, sign, verify
from protocol.topics import COMMITMENT, RECEIPT, REVEAL
from protocol.units import UnixSeconds
from protocol.wire import decode, encode


class AuctionWitness:
    """One node as a witness of others' auctions; what it says nothing about, it was not asked to watch."""

    def __init__(self, *, runner: Runner, identity: Identity, wall: Callable[[], UnixSeconds]) -> None:
        self._runner = runner
        self._identity = identity
        self._wall = wall

    async def commitment(self, commitment: Commitment, signed: Signed) -> None:
        """Note a commitment, the first of its provider, if it is in time."""
        state = self._watch(commitment.job)
        if state is None or state.commitment_of(signed.author) is not None:
            return
        now = self._wall()
        accept_commitment(commitment, signer=signed.author, calls={state.call.job: state.call}, now=now)
        event = CommitmentNoted(commitment=signed, at=now)
        await self._note(commitment.job, f"commitment/{signed.author.hex()}", event)

    async def roll(self, roll: Roll, signed: Signed) -> None:
        """Note the customer's roll; the first one binds it."""
        state = self._watch(roll.job)
        if state is None or state.roll is not None:
            return
        accept_roll(roll, signer=signed.author, call=state.call, now=self._wall())
        await self._note(roll.job, "roll", RollArrived(roll=signed))

    async def reveal(self, reveal: Reveal, signed: Signed) -> None:
        """Note a reveal that opens the commitment noted before."""
        state = self._watch(reveal.bid.job)
        if state is None or state.reveal_of(signed.author) is not None:
            return
        noted, now = state.commitment_of(signed.author), self._wall()
        seals = frozenset() if noted is None else frozenset({decode(Commitment, noted.commitment.payload).seal})
        accept_reveal(reveal, signer=signed.author, calls={state.call.job: state.call}, seals=seals, now=now)
        await self._note(reveal.bid.job, f"reveal/{signed.author.hex()}", RevealNoted(reveal=signed, at=now))

    async def result(self, result: Result, signed: Signed) -> None:
        """Note that the result was told, so that this node need not."""
        state = self._watch(result.job)
        if state is not None and state.result is None:
            accept_result(result, signer=signed.author, call=state.call, now=self._wall())
            await self._note(result.job, "result", ResultNoted(result=signed))

    async def sign(self, peer: PeerId, request: WitnessRequest) -> Signed:
        """A receipt for what ``peer`` shows.

        Raises:
            RefusedError: this node does not watch that auction, or the message is late, not the peer's, or another
                than the one noted first.
        """
        if request.message.author != peer or request.topic not in (COMMITMENT, REVEAL):
            raise RefusedError("not-yours", "a receipt is for your own commitment or reveal")
        try:
            payload = verify(request.message, request.topic)
            if request.topic == COMMITMENT:
                commitment = decode(Commitment, payload)
                job = commitment.job
                await self.commitment(commitment, request.message)
            else:
                reveal = decode(Reveal, payload)
                job = reveal.bid.job
                await self.reveal(reveal, request.message)
        except IgnoreError as error:
            raise RefusedError("not-now", str(error)) from error
        except ProtocolError as error:
            raise RefusedError("malformed", str(error)) from error
        return sign(self._identity.signing, RECEIPT, encode(self._receipt(job, peer, request)))

    def _receipt(self, job: JobId, peer: PeerId, request: WitnessRequest) -> Receipt:
        state = self._watch(job)
        if state is None:
            raise RefusedError("not-a-witness", "this node does not watch that auction")
        if request.topic == COMMITMENT:
            first = state.commitment_of(peer)
            noted = None if first is None else (first.commitment, first.at)
        else:
            opened = state.reveal_of(peer)
            noted = None if opened is None else (opened.reveal, opened.at)
        if noted is None or noted[0].payload != request.message.payload:
            raise RefusedError("another", "another message of yours was noted first")
        if not (state.counts(peer) if request.topic == COMMITMENT else state.counts_open(peer)):
            raise RefusedError("not-bonded", "the ledger does not show it here yet; ask again once it is final")
        return Receipt(job=job, seen=leaf_hash(request.message.payload), at=noted[1])

    async def _note(self, job: JobId, key: str, event: object) -> None:
        await self._runner.post(watch_auction.stream_of(job), key, event)

    def _watch(self, job: JobId) -> Watch | None:
        state = self._runner.state(watch_auction.stream_of(job))
        return state if isinstance(state, Watch) else None
