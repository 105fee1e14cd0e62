"""Between a customer and its makers when one of them does not deliver: what it says, who is asked, who was named."""

import logging
from functools import partial

import trio

from federation.errors import FederationError, RefusedError
from federation.network import Network
from node.errors import UnavailableError
from node.identity import Identity
from node.workflows import answered, posted
from node.workflows.answered import Answer
from node.workflows.asked import AskSubstitute, FetchReplacement, ReplacementArrived, SubstituteAnswered
from node.workflows.posted import Post
from node.workflows.replacing import transcript_of
from node.workflows.runner import Happened, Port, Runner
from node.workflows.setbacks import SetbackTold, TellSetback
from node.workflows.shop import Shop
from protocol.auction import Bid
from protocol.errors import ProtocolError, RejectError
from protocol.ids import Digest, PeerId
from protocol.improvement import bid_for_order
from protocol.merkle import leaf_hash
from protocol.replacement import Replacement, accept_replacement, after_replacements
from protocol.requests import ReplacementRequest, Setback, StandInRequest
from protocol.result import Reply
from protocol.signed import Signed, sign, verify
from protocol.topics import FETCH_REPLACEMENT, REPLACEMENT, REPLY, SETBACK, STAND_IN
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.substitutes")

TRIES = 3
PAUSE = 2.0
"""Seconds between them; whoever does not answer then is passed over."""

DEADLINE = 10.0

MAX_SETBACKS = 32
"""That one maker may tell of in one job; each is an event of the customer's log."""


class Substitutes:
    """Asks, answers and tells; what it learns goes into the workflows."""

    def __init__(self, *, network: Network, runner: Runner, identity: Identity, shop: Shop) -> None:
        self._network = network
        self._runner = runner
        self._identity = identity
        self._shop = shop

    @property
    def ports(self) -> dict[type, Port]:
        """How what workflows ask for is carried out."""
        return {
            AskSubstitute: Port(perform=self.ask),
            FetchReplacement: Port(perform=self.fetch),
            TellSetback: Port(perform=self.tell_setback),
        }

    def serve(self) -> None:
        """Answer customers that look for somebody to stand in, and parties that ask who does."""
        self._network.serve(STAND_IN, self._answer)
        self._network.serve(FETCH_REPLACEMENT, self._tell)
        self._network.serve(SETBACK, self._hear_setback)

    async def ask(self, stream: str, effect: AskSubstitute) -> Happened:
        """Whether a provider stands in; silence is a no."""
        digest = decode(Replacement, effect.message).digest
        post = self._runner.state(stream)
        assert isinstance(post, Post)  # noqa: S101  # only posts ask
        say = partial(sign, self._identity.signing, REPLACEMENT)
        earlier = tuple(say(encode(one)) for one in post.replacements)
        request = encode(StandInRequest(replacement=say(effect.message), earlier=earlier))
        accepted = False
        for attempt in range(TRIES):
            try:
                answer = await self._network.request(effect.provider, STAND_IN, request, deadline=DEADLINE)
                accepted = self._accepts(answer, effect.provider, digest)
                break
            except RefusedError as error:
                log.info("%s does not stand in: %s", effect.provider.hex()[:8], error)
                break
            except (FederationError, ProtocolError) as error:
                log.info("%s does not answer (%d): %s", effect.provider.hex()[:8], attempt + 1, error)
                await trio.sleep(PAUSE)
        event = SubstituteAnswered(replacement=digest, accepted=accepted)
        return Happened(key=f"substitute/{effect.key}", event=event)

    async def fetch(self, stream: str, effect: FetchReplacement) -> Happened:
        """Ask the customer who was named, until it tells what the ledger holds."""
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # only answers ask
        request = encode(ReplacementRequest(job=state.call.job, transcript=effect.transcript))
        try:
            told = await self._network.request(state.call.customer, FETCH_REPLACEMENT, request, deadline=DEADLINE)
            signed = decode(Signed, told)
            replacement = decode(Replacement, verify(signed, REPLACEMENT))
            if signed.author != state.call.customer or transcript_of(replacement) != effect.transcript:
                raise RejectError("the customer tells of another replacement than the ledger")
            if not 0 <= replacement.index < len(state.assignments):
                raise UnavailableError("the result of the auction is not known here yet")
        except FederationError as error:
            raise UnavailableError(f"who stands in: {error}") from error
        except ProtocolError as error:
            raise UnavailableError(f"who stands in: the customer's answer is not usable: {error}") from error
        return Happened(key=f"replacement/{effect.key}", event=ReplacementArrived(replacement=signed))

    async def tell_setback(self, stream: str, effect: TellSetback) -> None:
        """Tell the customer why its work is made elsewhere; the ledger tells what follows from it, heard or not."""
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # only answers tell
        for attempt in range(TRIES):
            try:
                await self._network.request(state.call.customer, SETBACK, effect.message, deadline=DEADLINE)
            except RefusedError as error:
                log.info("the customer does not take our word for a setback: %s", error)
                return
            except FederationError as error:
                log.info("the customer does not hear of a setback (%d): %s", attempt + 1, error)
                await trio.sleep(PAUSE)
            else:
                return

    @staticmethod
    def _accepts(answer: bytes, provider: PeerId, replacement: Digest) -> bool:
        signed = decode(Signed, answer)
        reply = decode(Reply, verify(signed, REPLY))
        if signed.author != provider or reply.result != replacement:
            raise RejectError("the answer is another's, or to another question")
        return reply.accepted

    async def _answer(self, _peer: PeerId, payload: bytes) -> bytes:
        request = decode(StandInRequest, payload)
        replacement = decode(Replacement, verify(request.replacement, REPLACEMENT))
        stream = answered.stream_of(replacement.job)
        state = self._runner.state(stream)
        if not isinstance(state, Answer) or state.bid is None or not state.assignments:
            raise RefusedError("unknown", "this node bid for no such job")
        known = [one.digest for one in state.replacements]
        if replacement.digest not in known:
            check_question(request, replacement, state, self._tendered(replacement) or state.bid)
        accepted = replacement.digest in known or await self._shop.stand_in(stream, request)
        reply = Reply(job=replacement.job, provider=self._identity.peer, result=replacement.digest, accepted=accepted)
        return encode(sign(self._identity.signing, REPLY, encode(reply)))

    async def _hear_setback(self, peer: PeerId, payload: bytes) -> bytes:
        setback = decode(Setback, payload)
        stream = posted.stream_of(setback.job)
        state = self._runner.state(stream)
        if not isinstance(state, Post):
            raise RefusedError("unknown", "no such job here")
        check_setback(setback, peer, state)
        key = f"setback/{setback.index}/{setback.tenure}/{setback.number}/{setback.remedy.value}"
        await self._runner.post(stream, key, SetbackTold(maker=peer, setback=setback))
        return b""

    def _tendered(self, replacement: Replacement) -> Bid | None:
        """Our bid in the tender that an improvement follows from; None for every other replacement."""
        told = replacement.improvement
        if told is None:
            return None
        state = self._runner.state(answered.stream_of(told.tender))
        if not isinstance(state, Answer) or state.bid is None:
            raise RefusedError("unknown", "this node bid in no such tender")
        return bid_for_order(state.bid, replacement.job, replacement.assignment.offer.first)

    async def _tell(self, peer: PeerId, payload: bytes) -> bytes:
        request = decode(ReplacementRequest, payload)
        state = self._runner.state(posted.stream_of(request.job))
        if not isinstance(state, Post):
            raise RefusedError("unknown", "no such job here")
        known = {leaf_hash(encode(one)): one for one in state.replacements}
        parties = {assignment.provider for assignment in state.awarded} | {one.failed for one in state.replacements}
        if peer not in parties or request.transcript not in known:
            raise RefusedError("not-yours", "who stands in is told to the makers of a job")
        return encode(sign(self._identity.signing, REPLACEMENT, encode(known[request.transcript])))


def check_question(request: StandInRequest, replacement: Replacement, state: Answer, bid: Bid) -> None:
    """Whether a customer may ask us, who bid ``bid``, for ``replacement`` after those that it says came before.

    Raises:
        RejectError: it may not, or what it tells of earlier ones is not its word or does not lead there.
    """
    customer, earlier = state.call.customer, request.earlier
    if state.result is None or state.result.award is None or any(one.author != customer for one in earlier):
        raise RejectError("there is no award yet, or an earlier replacement is not the customer's")
    told = (decode(Replacement, verify(one, REPLACEMENT)) for one in earlier)
    standing = after_replacements(state.call, state.result.award.assignments, told)
    signer = request.replacement.author
    accept_replacement(replacement, signer=signer, call=state.call, bid=bid, assignments=standing)


def check_setback(setback: Setback, maker: PeerId, state: Post) -> None:
    """Whether a maker may tell us of a setback: the assignment is or was its own, and it does not tell too often.

    Raises:
        RejectError: it may not.
    """
    told = [one for one in state.setbacks if one.maker == maker]
    rounds = {one.round: one.assignment.provider for one in state.replacements if one.index == setback.index}
    if state.result is not None and state.result.award is not None:
        first = state.result.award.assignments
        rounds |= {0: first[setback.index].provider} if 0 <= setback.index < len(first) else {}
    if rounds.get(setback.tenure) != maker:
        raise RejectError("the assignment was never its own")
    if len(told) >= MAX_SETBACKS:
        raise RejectError("it has told of more setbacks than anybody has to hear")
