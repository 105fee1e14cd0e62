"""Where gossip and requests meet the workflows: what peers say becomes events, what workflows announce goes out."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from federation.directory import Directory
from federation.errors import FederationError, RefusedError
from federation.gate import judge, open_message
from federation.lasting import LastingNetwork
from node.access.table import Action, Role, Subject
from node.errors import UnavailableError
from node.identity import Identity
from node.workflows import answered, posted, watch_auction
from node.workflows.answered import (
    Answer,
    CallHeard,
    FetchResult,
    GatherReceipts,
    ReceiptsArrived,
    ResultArrived,
)
from node.workflows.events import Announce, RollArrived
from node.workflows.ledger_reads import LedgerReads
from node.workflows.posted import (
    CommitmentArrived,
    Phase,
    Post,
    ReplyArrived,
    RevealArrived,
)
from node.workflows.runner import Happened, Runner
from node.workflows.telling import TOLD, Hear, Telling
from node.workflows.testify import AuctionWitness
from node.workflows.ties import check, guest_tie, state_of
from node.workflows.watch_auction import Watch
from node.workflows.witness import Witness
from protocol import merkle
from protocol.auction import Commitment, Reveal, accept_call, accept_commitment, accept_reveal
from protocol.capability import Card, accept_card
from protocol.capacity import Capacity, accept_capacity
from protocol.classification import is_open, listeners
from protocol.errors import ProtocolError, RejectError
from protocol.ids import JobId, PeerId
from protocol.job import Call
from protocol.membership import PROVIDER
from protocol.requests import ResultRequest, WitnessRequest
from protocol.result import Reply, Result, accept_reply, accept_result
from protocol.roll import Roll, accept_roll, witnessed
from protocol.rules import check_call
from protocol.signed import Signed, sign, verify
from protocol.topics import (
    AWARD,
    CALL,
    CAPACITY,
    CARD,
    COMMITMENT,
    FETCH_RESULT,
    LOG_HEAD,
    REPLY,
    REVEAL,
    ROLL,
    TESTIFY,
)
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from protocol.witness import LogHead, accept_head

if TYPE_CHECKING:
    from trio_typing import TaskStatus

log = logging.getLogger("guildmark.exchange")

LAST_WORDS = 30
"""Seconds for which an announcement stands at least, even if its time was over when it was made."""

ANSWER_DEADLINE = 10.0
"""Seconds that a peer has to answer a request."""

BUFFER = 512
"""Gossip messages waiting for one topic's listener."""


class Exchange:
    """One node's conversations. Owns no state of its own but the directory of cards."""

    def __init__(
        self,
        *,
        network: LastingNetwork,
        runner: Runner,
        identity: Identity,
        reads: LedgerReads,
        witness: Witness,
    ) -> None:
        self.directory = Directory()
        self._telling = Telling(network=network, identity=identity, wall=reads.wall)
        self._network = network
        self._runner = runner
        self._identity = identity
        self._reads = reads
        self._witness = AuctionWitness(runner=runner, identity=identity, wall=reads.wall)
        self._logs = witness
        self._provider = False
        self.wall: Callable[[], UnixSeconds] = reads.wall

    async def listen(self, nursery: trio.Nursery, *, provider: bool) -> None:
        """Subscribe to every topic and answer every request; returns when all subscriptions stand."""
        self._provider = provider
        topics: list[tuple[str, type, Hear]] = [
            (CARD, Card, self._on_card),
            (CAPACITY, Capacity, self._on_capacity),
            (COMMITMENT, Commitment, self._on_commitment),
            (REVEAL, Reveal, self._on_reveal),
            (REPLY, Reply, self._on_reply),
            (LOG_HEAD, LogHead, self._on_head),
        ]
        if provider:
            topics += [(CALL, Call, self._on_call), (ROLL, Roll, self._on_roll), (AWARD, Result, self._on_result)]
        for topic, kind, hear in topics:
            await nursery.start(self._listen_to, topic, kind, hear)
        self._telling.serve({topic: hear for topic, _kind, hear in topics if topic in TOLD})
        self._network.serve(TESTIFY, self._answer_witness)
        self._network.serve(FETCH_RESULT, self._answer_result)

    async def say(self, topic: str, message: bytes, until: UnixSeconds) -> None:
        """Sign one message and put it on everybody's board until ``until``, wall time."""
        await self._network.publish(topic, encode(sign(self._identity.signing, topic, message)), until=until)

    # What workflows ask for.

    async def announce(self, stream: str, effect: Announce) -> None:
        """Say it to everybody who may hear it; newcomers and those who were away hear it until its time is over."""
        until = max(effect.until, UnixSeconds(self.wall() + LAST_WORDS))
        told = listeners(self._call(stream), effect.topic, self._identity.peer)
        if told is not None:
            await self._telling.tell(told, effect, until)
            return
        try:
            await self.say(effect.topic, effect.message, until)
        except FederationError as error:
            log.warning("could not publish on %s: %s", effect.topic, error)

    async def gather_receipts(self, stream: str, effect: GatherReceipts) -> Happened | None:
        """Show the call's witnesses what we said; without a majority it is tried again while there is time."""
        call, found = self._answer(stream).call, list[Signed]()
        request = WitnessRequest(topic=effect.topic, message=sign(self._identity.signing, effect.topic, effect.message))

        async def ask(witness: PeerId) -> None:
            try:
                reply = await self._request(witness, TESTIFY, encode(request))
                receipt = decode(Signed, reply)
            except (UnavailableError, ProtocolError) as error:
                log.info("no receipt from %s: %s", witness.hex()[:8], error)
                return
            if receipt.author == witness:
                found.append(receipt)

        async with trio.open_nursery() as nursery:
            for witness in call.witnesses:
                if witness != self._identity.peer:
                    nursery.start_soon(ask, witness)
        found.sort(key=lambda receipt: receipt.author)
        if not witnessed(call, effect.message, found, by=effect.until) and self.wall() < effect.until:
            raise UnavailableError("too few witnesses have signed yet")
        return Happened(key=effect.key, event=ReceiptsArrived(topic=effect.topic, receipts=tuple(found)))

    async def fetch_result(self, stream: str, _effect: FetchResult) -> Happened | None:
        """Ask the customer for the result, unless gossip brought it."""
        state = self._answer(stream)
        if state.result is not None or state.phase.terminal:
            return None
        reply = await self._request(state.call.customer, FETCH_RESULT, encode(ResultRequest(job=state.call.job)))
        signed = self._checked_result(decode(Signed, reply), state)
        key = f"result/{decode(Result, signed.payload).digest.hex()}"
        return Happened(key=key, event=ResultArrived(result=signed))

    # What peers say.

    async def _listen_to(
        self,
        topic: str,
        kind: type,
        hear: Hear,
        task_status: "TaskStatus[None]" = trio.TASK_STATUS_IGNORED,
    ) -> None:
        async with self._network.subscribe(topic, judge(kind, topic), buffer=BUFFER) as messages:
            task_status.started()
            async for message in messages:
                try:
                    if await hear(message.payload):
                        self._network.settle(topic, message)
                except ProtocolError as error:
                    log.debug("%s: %s", topic, error)
                except UnavailableError as error:
                    log.info("%s: %s", topic, error)

    async def _on_card(self, payload: bytes) -> bool:
        card, signed = open_message(Card, CARD, payload)
        accept_card(card, signer=signed.author, now=self.wall())
        if self.directory.learn(card):
            await self._network.introduce(card.provider, card.addresses)
        return True

    async def _on_capacity(self, payload: bytes) -> bool:
        capacity, signed = open_message(Capacity, CAPACITY, payload)
        accept_capacity(capacity, signer=signed.author)
        self.directory.learn_capacity(capacity)
        return True

    async def _on_head(self, payload: bytes) -> bool:
        head, signed = open_message(LogHead, LOG_HEAD, payload)
        accept_head(head, signer=signed.author)
        await self._logs.meet(head.note)
        return True

    async def _on_call(self, payload: bytes) -> bool:
        call, signed = open_message(Call, CALL, payload)
        stream = answered.stream_of(call.job)
        if self._runner.state(stream) is not None:
            return True
        accept_call(call, signer=signed.author, now=self.wall())
        if not is_open(call) and self._identity.peer not in call.filters.invited:
            raise RejectError("the call is for others")
        check_call(call, await self._reads.rules(), opened=self.wall() - 2)
        order = await self._reads.order(call.job)
        customer = await self._reads.account_of(call.customer)
        if order is None or order.terms.customer != customer or order.terms.call != merkle.leaf_hash(signed.payload):
            raise RejectError("the call does not match its order on the ledger")
        await self._network.introduce(call.customer, call.addresses)
        heard = CallHeard(
            call=signed,
            customer=customer,
            deadline=order.terms.deadline,
            review=order.terms.review,
            bond=order.terms.bid_bond,
            late=order.terms.late,
        )
        if self._identity.peer in call.witnesses:
            await self._runner.post(watch_auction.stream_of(call.job), "call", heard)
        await self._runner.post(stream, "call", heard)
        return True

    async def _on_commitment(self, payload: bytes) -> bool:
        commitment, signed = open_message(Commitment, COMMITMENT, payload)
        settled = self._knows(commitment.job)
        await self._witness.commitment(commitment, signed)
        state = self._post(commitment.job)
        if state is None or state.phase is not Phase.BIDDING:
            return settled if state is None else state.phase is not Phase.OPENING
        if any(c.commitment.author == signed.author for c in state.commitments):
            return True
        accept_commitment(commitment, signer=signed.author, calls={state.call.job: state.call}, now=self.wall())
        account = await self._reads.account_of(signed.author, role=PROVIDER)
        if account != commitment.account:
            raise RejectError("somebody else registered this peer on the ledger")
        event = CommitmentArrived(commitment=signed, account=account)
        await self._runner.post(posted.stream_of(commitment.job), f"commitment/{signed.author.hex()}", event)
        return True

    async def _on_reveal(self, payload: bytes) -> bool:
        reveal, signed = open_message(Reveal, REVEAL, payload)
        settled = self._knows(reveal.bid.job)
        await self._witness.reveal(reveal, signed)
        state = self._post(reveal.bid.job)
        if state is None or state.phase is not Phase.REVEALING:
            return settled if state is None else state.phase not in (Phase.OPENING, Phase.BIDDING)
        seals = {decode(Commitment, c.commitment.payload).seal for c in state.commitments}
        accept_reveal(reveal, signer=signed.author, calls={state.call.job: state.call}, seals=seals, now=self.wall())
        event = RevealArrived(reveal=signed, bid=signed.payload)
        await self._runner.post(posted.stream_of(reveal.bid.job), f"reveal/{signed.author.hex()}", event)
        return True

    async def _on_roll(self, payload: bytes) -> bool:
        roll, signed = open_message(Roll, ROLL, payload)
        await self._witness.roll(roll, signed)
        stream = answered.stream_of(roll.job)
        state = self._runner.state(stream)
        if not isinstance(state, Answer) or state.bid is None:
            return isinstance(state, Answer) and state.phase.terminal
        if state.roll is None:
            accept_roll(roll, signer=signed.author, call=state.call, now=self.wall())
            await self._runner.post(stream, "roll", RollArrived(roll=signed))
        return True

    async def _on_result(self, payload: bytes) -> bool:
        result, signed = open_message(Result, AWARD, payload)
        await self._witness.result(result, signed)
        stream = answered.stream_of(result.job)
        state = self._runner.state(stream)
        if not isinstance(state, Answer) or state.bid is None:
            return isinstance(state, Answer) and state.phase.terminal
        event = ResultArrived(result=self._checked_result(signed, state))
        await self._runner.post(stream, f"result/{result.digest.hex()}", event)
        return True

    async def _on_reply(self, payload: bytes) -> bool:
        reply, signed = open_message(Reply, REPLY, payload)
        state = self._post(reply.job)
        if state is None or state.phase is not Phase.AWARDING:
            return state is None or state.phase not in (Phase.OPENING, Phase.BIDDING, Phase.REVEALING)
        accept_reply(reply, signer=signed.author, result=state.result)
        key = f"reply/{reply.result.hex()}/{signed.author.hex()}"
        await self._runner.post(posted.stream_of(reply.job), key, ReplyArrived(reply=signed))
        return True

    # What peers ask for.

    async def _answer_witness(self, peer: PeerId, payload: bytes) -> bytes:
        return encode(await self._witness.sign(peer, decode(WitnessRequest, payload)))

    async def _answer_result(self, peer: PeerId, payload: bytes) -> bytes:
        state = self._post(decode(ResultRequest, payload).job)
        if state is None or state.result is None:
            raise RefusedError("not-yet", "no result yet")
        somebody = Subject(name=peer.hex()[:8], roles=frozenset({Role.STRANGER}))
        check(somebody, Action.HEAR_RESULT, state=state_of(state), tie=guest_tie(state.call, peer))
        return encode(sign(self._identity.signing, AWARD, encode(state.result)))

    def _checked_result(self, signed: Signed, state: Answer) -> Signed:
        result = decode(Result, verify(signed, AWARD))
        accept_result(result, signer=signed.author, call=state.call, now=self.wall())
        return signed

    async def _request(self, peer: PeerId, protocol: str, payload: bytes) -> bytes:
        try:
            return await self._network.request(peer, protocol, payload, deadline=ANSWER_DEADLINE)
        except FederationError as error:
            raise UnavailableError(f"{protocol} at {peer.hex()[:8]}: {error}") from error

    def _knows(self, job: JobId) -> bool:
        """Whether we know if we are a witness of the job's auction: only providers are, and the call tells them."""
        return not self._provider or self._runner.state(answered.stream_of(job)) is not None

    def _call(self, stream: str) -> Call:
        state = self._runner.state(stream)
        assert isinstance(state, Post | Answer | Watch)  # noqa: S101  # every stream is about a call
        return state.call

    def _answer(self, stream: str) -> Answer:
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # only answers ask for results and packages
        return state

    def _post(self, job: JobId) -> Post | None:
        state = self._runner.state(posted.stream_of(job))
        return state if isinstance(state, Post) else None
