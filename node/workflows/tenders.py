"""Between a customer and its makers when an assignment is auctioned again: prices asked, tenders posted, words kept."""

import logging
from dataclasses import replace

from federation.directory import Directory
from federation.errors import FederationError, RefusedError
from federation.network import Network
from node.clock import PlantClock
from node.config import AuctionConfig
from node.errors import RequestError, UnavailableError
from node.identity import Identity
from node.workflows import answered, posted
from node.workflows.answered import Answer, covers_operation
from node.workflows.deadlines import deadlines
from node.workflows.desk import chosen_witnesses
from node.workflows.improving import critical, improvable
from node.workflows.ledger_reads import LedgerReads
from node.workflows.owner import Owner
from node.workflows.posted import JobPosted, Post
from node.workflows.runner import Happened, Port, Runner
from node.workflows.tendered import (
    AskPrice,
    AskToGiveUp,
    Improve,
    ImproveAsked,
    OpenTender,
    SurrenderAgreed,
    SurrenderAnswered,
    TellOrder,
    TenderEnded,
    TenderFor,
)
from protocol.errors import ProtocolError, RejectError
from protocol.flow import before
from protocol.ids import JobId, PeerId
from protocol.improvement import accept_surrender, tender_of
from protocol.job import Call
from protocol.params import ACCEPT_WINDOW, WHOLE_BPS
from protocol.replacement import Replacement
from protocol.requests import SurrenderPrice, SurrenderRequest
from protocol.rules import check_call
from protocol.signed import Signed, sign, verify
from protocol.topics import ASK_SURRENDER, CALL, GIVE_UP, REPLACEMENT
from protocol.units import BasisPoints, Cents, UnixSeconds
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.tenders")

DEADLINE = 10.0
"""Seconds that a maker has to name its price, or to say that it gives up."""

NAMING = 60
"""Seconds after a tender's end until its winner has to be named, or nothing has changed."""

UNTIL_BEGUN = 30
"""Seconds between a tender's end and the beginning of the work at the earliest."""


class Tenders:
    """Asks, posts, answers and tells; what it learns goes into the workflows."""

    def __init__(
        self,
        *,
        network: Network,
        runner: Runner,
        identity: Identity,
        reads: LedgerReads,
        clock: PlantClock,
        auction: AuctionConfig,
        directory: Directory,
        owner: Owner,
    ) -> None:
        self._network = network
        self._runner = runner
        self._identity = identity
        self._reads = reads
        self._clock = clock
        self._auction = auction
        self._directory = directory
        self._owner = owner

    @property
    def ports(self) -> dict[type, Port]:
        """How what workflows ask for is carried out."""
        return {
            Improve: Port(perform=self._improve),
            AskPrice: Port(perform=self._ask_price),
            OpenTender: Port(perform=self._open),
            TellOrder: Port(perform=self._tell),
            AskToGiveUp: Port(perform=self._ask_to_give_up),
        }

    def serve(self) -> None:
        """Answer customers that ask what our work may be had for."""
        self._network.serve(ASK_SURRENDER, self._name_price)
        self._network.serve(GIVE_UP, self._give_up)

    async def improve(self, stream: str, index: int | None) -> None:
        """Look for somebody better for an assignment, the dearest that may change hands when none is named.

        Raises:
            RequestError: the job has none that may, or an attempt is under way.
        """
        state = self._runner.state(stream)
        if not isinstance(state, Post) or state.trial is not None:
            raise RequestError("not-improvable", "only a job posted here, and one assignment after the other")
        chosen = critical(state) if index is None else index
        if chosen is None or not improvable(state, chosen):
            text = "only an assignment that is accepted, and of which nothing has left this node, may change hands"
            raise RequestError("not-improvable", text)
        doors = deadlines(self._reads.wall(), self._auction, await self._reads.rules())
        until = UnixSeconds(doors.reveal_by + ACCEPT_WINDOW + NAMING)
        await self._runner.post(stream, f"improve/{chosen}/{until}", ImproveAsked(index=chosen, until=until))

    # What workflows ask for.

    async def _improve(self, stream: str, _effect: Improve) -> None:
        if not self._auction.improve:
            return
        try:
            await self.improve(stream, None)
        except RequestError as error:
            log.info("%s: nothing is auctioned again: %s", stream, error)

    async def _ask_price(self, stream: str, effect: AskPrice) -> Happened:
        request = encode(SurrenderRequest(job=self._post(stream).call.job, index=effect.index))
        compensation, why = None, ""
        try:
            answer = await self._network.request(effect.provider, ASK_SURRENDER, request, deadline=DEADLINE)
            compensation = decode(SurrenderPrice, answer).compensation
        except (FederationError, ProtocolError) as error:
            why = f"its maker keeps it: {error}"
        event = SurrenderAnswered(trial=effect.key, compensation=compensation, why=why)
        return Happened(key=f"price/{effect.key}", event=event)

    async def _open(self, stream: str, effect: OpenTender) -> Happened | None:
        """Post the tender; that it cannot be posted is how it ends."""
        state = self._post(stream)
        try:
            event = await self._posted(state, effect)
        except (RejectError, RequestError) as error:
            return Happened(key=f"tender/{effect.key}", event=TenderEnded(trial=effect.key, why=str(error)))
        tender = decode(Call, event.call.payload)
        await self._runner.post(posted.stream_of(tender.job), "posted", event)
        return None

    async def _posted(self, state: Post, effect: OpenTender) -> JobPosted:
        rules, wall, call, index = await self._reads.rules(), self._reads.wall(), state.call, effect.index
        held = state.awarded[index]
        doors = deadlines(wall, self._auction, rules)
        ready = self._clock.at_wall(UnixSeconds(doors.reveal_by + UNTIL_BEGUN))
        ahead = [state.awarded[at].finish for at in before(call, state.awarded, index)]
        cards = (card for card in self._directory.cards(wall) if card.provider != held.provider)
        invited = call.filters.invited
        times = replace(
            call,
            earliest=max(ready, call.earliest, *ahead),
            commit_by=doors.commit_by,
            reveal_by=doors.reveal_by,
            rule_pack=rules.digest,
            witnesses=chosen_witnesses(
                call.job, (card for card in cards if not invited or card.provider in invited), customer=call.customer
            ),
        )
        tender = tender_of(call, state.awarded, index, compensation=effect.compensation, times=times)
        if tender.earliest >= tender.due:
            raise RequestError("too-late", "there is no time left to find somebody else")
        check_call(tender, rules, opened=wall)
        said = state.posted
        return JobPosted(
            title=f"{said.title}, assignment {index + 1} again",
            owner=said.owner,
            call=sign(self._identity.signing, CALL, encode(tender)),
            reading=said.reading,
            sealed=said.sealed,
            deadline=said.deadline,
            min_commit=rules.min_commit,
            expected=said.expected[held.offer.first : held.offer.last + 1],
            notes=(),
            bond=rules.bid_bond,
            review=rules.review,
            late=said.late,
            due=said.due,
            factor=said.factor,
            slack=said.slack,
            tender=TenderFor(job=call.job, index=index, until=effect.until),
        )

    async def _tell(self, stream: str, _effect: TellOrder) -> None:
        """What a tender found, told to the order that it is for."""
        state = self._post(stream)
        assert state.posted.tender is not None  # noqa: S101  # no other job tells an order
        told, trial = state.posted.tender, state.posted.tender.trial
        award = None if state.result is None else state.result.award
        stands = award is not None and state.result is not None and state.accepted >= state.result.winners
        event = TenderEnded(trial=trial, tender=state.call, award=award if stands else None, why=state.problem)
        await self._runner.post(posted.stream_of(told.job), f"tender/{trial}", event)

    async def _ask_to_give_up(self, stream: str, effect: AskToGiveUp) -> None:
        """Told until the maker has heard it or the trial is over; whether it gives up is seen on the ledger."""
        if self._post(stream).trial is None:
            return
        request = encode(sign(self._identity.signing, REPLACEMENT, effect.message))
        try:
            await self._network.request(effect.provider, GIVE_UP, request, deadline=DEADLINE)
        except RefusedError as error:
            log.info("%s does not give up: %s", effect.provider.hex()[:8], error)
        except FederationError as error:
            raise UnavailableError(f"{effect.provider.hex()[:8]}: {error}") from error

    # What peers ask for.

    async def _name_price(self, peer: PeerId, payload: bytes) -> bytes:
        request = decode(SurrenderRequest, payload)
        if peer != self._answer(request.job).call.customer:
            raise RefusedError("not-yours", "what a shop earns is told to nobody, and its price to the customer alone")
        return encode(SurrenderPrice(compensation=self._wanted(request.job, request.index)))

    async def _give_up(self, _peer: PeerId, payload: bytes) -> bytes:
        signed = decode(Signed, payload)
        replacement = decode(Replacement, verify(signed, REPLACEMENT))
        state = self._answer(replacement.job)
        accept_surrender(
            replacement,
            signer=signed.author,
            provider=self._identity.peer,
            call=state.call,
            assignments=state.assignments,
            wanted=self._wanted(replacement.job, replacement.index),
        )
        key = f"surrender/{replacement.digest.hex()}"
        await self._runner.post(answered.stream_of(replacement.job), key, SurrenderAgreed(replacement=signed))
        return b""

    def _wanted(self, job: JobId, index: int) -> Cents:
        share = self._owner.policy.surrender
        price = None if share is None else surrender_price(self._answer(job), index, share)
        if price is None:
            raise RefusedError("kept", "it is not ours, has begun, or is not given up")
        return price

    def _answer(self, job: JobId) -> Answer:
        state = self._runner.state(answered.stream_of(job))
        if not isinstance(state, Answer):
            raise RefusedError("unknown", "this node bid for no such job")
        return state

    def _post(self, stream: str) -> Post:
        state = self._runner.state(stream)
        assert isinstance(state, Post)  # noqa: S101  # only posts have tenders
        return state


def has_begun(state: Answer, index: int) -> bool:
    """Whether anything of assignment ``index`` is here, on a machine, or made."""
    here = {*state.making, *(package.operation for package in state.packages)}
    return any(covers_operation(state, index, operation) for operation in here)


def surrender_price(state: Answer, index: int, share: BasisPoints) -> Cents | None:
    """For how much assignment ``index`` is given up: ``share`` of its margin; None when it cannot be."""
    if state.bid is None or index not in state.won or has_begun(state, index):
        return None
    offer = state.assignments[index].offer
    if offer not in state.bid.offers:
        return None
    basis = state.bases[state.bid.offers.index(offer)]
    waited = state.assignments[index].price - offer.price
    return Cents(max(1, -(-(basis.margin + waited) * share // WHOLE_BPS)))
