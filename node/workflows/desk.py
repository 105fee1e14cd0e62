"""The customer's desk: turns a CAD file and wishes into a posted job, or into a clear reason why not."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

import trio

from federation.directory import Directory
from node.access.guests import Guests, Partner, explain, guests, least, word
from node.clock import PlantClock
from node.config import AuctionConfig
from node.design.bid_view import bid_view
from node.design.errors import DesignError, IntakeError
from node.design.estimate import Estimate, estimate
from node.design.intake import Intake
from node.design.market import Candidate
from node.design.packages import packages
from node.design.part import PartModel
from node.design.rates import DEFAULT as DEFAULT_RATES
from node.design.routing import Routing, plan
from node.errors import RequestError
from node.identity import Identity
from node.vault.vault import Vault
from node.workflows import posted
from node.workflows.branching import branched, branches_of
from node.workflows.deadlines import deadlines
from node.workflows.ledger_reads import LedgerReads
from node.workflows.market import candidates, lead, market
from node.workflows.posted import JobPosted, MakeAgain, Post
from node.workflows.runner import Port, Runner
from node.workflows.wish import Wish
from node.workflows.words import iso, money
from protocol.capability import Card
from protocol.classification import Classification
from protocol.errors import RejectError
from protocol.ids import JobId, PeerId
from protocol.job import BidView, Call, Filters, Site, Weights
from protocol.production import job_id
from protocol.rules import RulePack, check_call
from protocol.seal import commitment_of
from protocol.signed import sign
from protocol.stream import chunks_of
from protocol.topics import CALL
from protocol.units import Cents, Seconds, UnixSeconds
from protocol.wire import encode

log = logging.getLogger("guildmark.desk")

BUDGET_FACTOR = 2
"""Escrow ceiling where the customer names none, in high estimates: shops differ, and what is not needed comes back."""

READERS = 1
"""CAD files read at a time: each child may use up to 3 GiB."""

WITNESSES = 3
"""Named in a call: a majority of two survives one that is down, lies, or has a wrong clock."""

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A part understood: how it would be made, and what that would take."""

    part: PartModel
    routing: Routing
    estimate: Estimate
    candidates: tuple[Candidate, ...]
    """Machines that are known for its operations, and what stands against each."""


class Desk:
    """Reads designs, estimates, and posts jobs for one customer."""

    def __init__(
        self,
        *,
        runner: Runner,
        vault: Vault,
        identity: Identity,
        reads: LedgerReads,
        clock: PlantClock,
        auction: AuctionConfig,
        directory: Directory,
        partners: tuple[Partner, ...],
        intake: Intake,
    ) -> None:
        # Three more than seven parts: the desk is where a design meets the market.
        self._runner = runner
        self._vault = vault
        self._identity = identity
        self._reads = reads
        self._clock = clock
        self._auction = auction
        self._directory = directory
        self._partners = partners
        self._intake = intake
        self._reading = trio.CapacityLimiter(READERS)

    async def quote(self, content: bytes, wish: Wish) -> Quote:
        """What making the part would take.

        Raises:
            RequestError: the file, the material or the wishes cannot be worked with; the text says what to change.
        """
        try:
            async with self._reading:
                part = (await self._intake.read(content, name=wish.title, options=wish.reading)).part
            if part is None:
                raise AssertionError("a reading without a part raises")
            routing = plan(
                part,
                material=wish.material,
                quantity=wish.quantity,
                tolerance=wish.tolerance,
                process=wish.process,
                finish=wish.finish,
            )
            routing = replace(routing, operations=branched(routing.operations, wish.branches))
            view = bid_view(part, routing.material, wish.tolerance)
            known = candidates(self._directory, routing, view, now=self._clock.now(), wall=self._reads.wall())
            taken = self._estimate(routing, view, wish)
            return Quote(part=part, routing=routing, estimate=taken, candidates=known)
        except IntakeError as error:
            raise RequestError(error.code.value, str(error)) from error
        except DesignError as error:
            raise RequestError("not-makeable", str(error)) from error

    def _estimate(self, routing: Routing, view: BidView, wish: Wish) -> Estimate:
        """Price by what the network asks and what was paid before, time by when its machines are free."""
        now, wall = self._clock.now(), self._reads.wall()
        states = (self._runner.state(stream) for stream in self._runner.streams(posted.NAME))
        posts = [state for state in states if isinstance(state, Post)]
        known = market(self._directory, routing.operations, view, posts, now=now, wall=wall)
        taken = estimate(routing, wish.quantity, DEFAULT_RATES, embodied=wish.embodied, market=known)
        when = lead(self._directory, routing.operations, view, taken, now=now, wall=wall)
        return replace(taken, lead=when)

    async def post(
        self, content: bytes, wish: Wish, *, site: Site, addresses: tuple[str, ...], again: JobId | None = None
    ) -> JobId:
        """Post a job and return its id; the same key returns the same job and posts nothing.

        Raises:
            RequestError: as ``quote``, or a due date in the past, or a budget above the rule pack's limit.
        """
        job = job_id(self._identity.account, wish.key)
        if self._runner.state(posted.stream_of(job)) is not None:
            return job
        if wish.due_days <= 0:
            raise RequestError("due-in-the-past", "the due date is in the past; ask for one that is ahead (--due-days)")
        rules = await self._rules()
        quote = await self.quote(content, wish)
        budget = wish.budget or Cents(quote.estimate.price.high * BUDGET_FACTOR)
        if budget > rules.max_budget:
            raise RequestError("over-limit", f"the rules allow {money(rules.max_budget)} of escrow; split the job")
        await self._check_funds(budget)
        asked = self._guests(wish)
        documents = (content, *packages(content, quote.part, quote.routing))
        design = await trio.to_thread.run_sync(self._vault.seal, job, [chunks_of(document) for document in documents])
        contracts = self._reads.contracts
        commitment = commitment_of(
            chain=contracts.chain_id,
            registry=contracts.designs.address,
            owner=self._identity.account,
            root=design.root,
            nonce=design.nonce,
        )
        now, wall = self._clock.now(), self._reads.wall()
        doors = deadlines(wall, self._auction, rules)
        due = UnixSeconds(now + round(wish.due_days * DAY))
        part = bid_view(quote.part, quote.routing.material, wish.tolerance)
        operations = quote.routing.operations
        if wish.classification is Classification.RESTRICTED:
            part, operations = least(part, operations)
        cards = self._directory.cards(wall)
        call = Call(
            chain=contracts.chain_id,
            orders=contracts.orders.address,
            job=job,
            customer=self._identity.peer,
            encryption_key=self._identity.encryption_key,
            addresses=addresses,
            rule_pack=rules.digest,
            design=commitment,
            part=part,
            operations=operations,
            quantity=wish.quantity,
            site=site,
            budget=budget,
            weights=_bounded(wish.weights, rules),
            earliest=self._clock.at_wall(UnixSeconds(doors.reveal_by + self._auction.opening)),
            due=due,
            commit_by=doors.commit_by,
            reveal_by=doors.reveal_by,
            witnesses=chosen_witnesses(
                job,
                (card for card in cards if not asked.invited or card.provider in asked.invited),
                customer=self._identity.peer,
            ),
            filters=Filters(
                jurisdictions=wish.jurisdictions,
                classification=int(wish.classification),
                invited=asked.invited,
                grade=wish.worst_grade,
                distance=wish.within,
            ),
            premium=wish.premium,
        )
        try:
            check_call(call, rules, opened=wall)
        except RejectError as error:
            raise RequestError("against-the-rules", f"no node would answer: {error}") from error
        if call.earliest >= due:
            raise RequestError("due-too-soon", "the auction alone takes longer than the time until the due date")
        event = JobPosted(
            title=wish.title,
            owner=self._identity.account,
            call=sign(self._identity.signing, CALL, encode(call)),
            reading=wish.reading,
            expected=tuple(row.card for row in quote.estimate.operations),
            sealed=design,
            deadline=UnixSeconds(self._clock.wall_at(due) + self._auction.grace),
            bond=rules.bid_bond,
            review=rules.review,
            late=wish.late,
            due=UnixSeconds(self._clock.wall_at(due)),
            factor=self._clock.factor,
            slack=Seconds(self._auction.slack),
            min_commit=rules.min_commit,
            notes=tuple(quote.routing.reasons),
            barred=asked.barred,
            process=wish.process,
            finish=wish.finish,
            embodied=wish.embodied,
            again=again,
        )
        await self._runner.post(posted.stream_of(job), "posted", event)
        return job

    @property
    def ports(self) -> dict[type, Port]:
        """How what jobs ask for is carried out."""
        return {MakeAgain: Port(perform=self._make_again)}

    async def again(self, stream: str) -> JobId:
        """Order the missing parts of a job that is over anew, from the sealed design; asked twice it is one job.

        What was made out of tolerance is no beginning: the parts start again from the material.

        Raises:
            RequestError: the job goes on, or nothing is missing; or as ``post``.
        """
        state = self._runner.state(stream)
        if not isinstance(state, Post) or not state.phase.terminal or not state.missing:
            raise RequestError("nothing-missing", "only a job posted here that is over and lacks parts is made again")
        call, said = state.call, state.posted
        left = (call.due - self._clock.now()) / DAY
        wish = Wish(
            title=said.title,
            material=call.part.material,
            quantity=state.missing,
            tolerance=call.part.tolerance,
            process=said.process,
            reading=said.reading,
            finish=said.finish,
            branches=branches_of(call.operations),
            embodied=said.embodied,
            due_days=left if left > 0 else (call.due - call.earliest) / DAY,
            budget=None,
            weights=call.weights,
            classification=Classification(call.filters.classification),
            jurisdictions=call.filters.jurisdictions,
            worst_grade=call.filters.grade,
            within=call.filters.distance,
            late=said.late,
            premium=call.premium,
            key=f"again/{call.job.hex()}",
        )
        content = await trio.to_thread.run_sync(lambda: b"".join(bytes(c) for c in self._vault.original(call.job)))
        return await self.post(content, wish, site=call.site, addresses=call.addresses, again=call.job)

    async def _make_again(self, stream: str, _effect: MakeAgain) -> None:
        """Order the missing parts, where that is the customer's policy."""
        if not self._auction.again:
            return
        try:
            job = await self.again(stream)
        except RequestError as error:
            log.warning("%s: the missing parts are not ordered anew: %s", stream, error)
        else:
            log.info("%s: the missing parts are ordered anew as %s", stream, job.hex())

    def _guests(self, wish: Wish) -> Guests:
        """Who may hear of the job; decided before anything of it leaves the node.

        Raises:
            RequestError: nobody may.
        """
        if wish.classification is Classification.PUBLIC:
            return Guests(invited=(), barred=())
        if wish.classification is Classification.RESTRICTED and not wish.jurisdictions:
            raise RequestError("no-jurisdiction", "a restricted design names who may make it: --jurisdiction DE")
        wall = self._reads.wall()
        cards = {card.provider: card.name for card in self._directory.cards(wall) if card.capabilities}
        found = guests(wish.classification, wish.jurisdictions, partners=self._partners, providers=cards, now=wall)
        if not found.invited:
            reasons = "; ".join(
                f"{cards.get(one.peer, one.peer.hex()[:8])} {explain(one, wish.classification, wish.jurisdictions)}"
                for one in found.barred
            )
            text = f"nobody may be invited to a {word(wish.classification)} job: {reasons or 'you have no partners'}"
            raise RequestError("nobody-invited", text)
        return found

    async def _rules(self) -> RulePack:
        """The pack in force, unless new orders are paused."""
        paused = await self._reads.ask(self._reads.contracts.rules.paused_until)
        if self._reads.wall() < paused:
            raise RequestError("paused", f"the members have paused new orders until {iso(paused)}; post it again then")
        return await self._reads.rules()

    async def _check_funds(self, budget: Cents) -> None:
        account = self._identity.account
        balance = await self._reads.ask(lambda chain: self._reads.contracts.token.balance(chain, account))
        if balance < budget:
            raise RequestError(
                "insufficient-funds",
                f"the escrow needs {money(budget)} but the account holds {money(balance)}; fund it or lower --budget",
            )


def chosen_witnesses(job: JobId, cards: Iterable[Card], *, customer: PeerId) -> tuple[PeerId, ...]:
    """Up to ``WITNESSES`` providers, drawn by the job's identifier, which was fixed before anybody could bid."""
    known = [card.provider for card in cards if card.capabilities and card.provider != customer]
    drawn = sorted(known, key=lambda peer: sha256(b"guildmark/witness/1" + job + peer).digest())
    return tuple(sorted(drawn[:WITNESSES]))


def _bounded(weights: Weights, rules: RulePack) -> Weights:
    return replace(weights, co2_tonne=Cents(max(weights.co2_tonne, rules.carbon)))
