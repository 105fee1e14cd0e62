"""One participant's services behind its HTTP interface: finds the state, asks the workflow, returns the document."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import trio

from federation.directory import Directory
from federation.network import Network
from ledger.contracts import Contracts
from node.clock import PlantClock
from node.config import NodeConfig
from node.connections import Connections
from node.design import inspection
from node.errors import RequestError, UnknownError
from node.health import Health
from node.identity import Identity
from node.planner.gantt import gantt, svg
from node.planner.schedule import Hold, Task, prefix
from node.vault.age import to_age
from node.vault.vault import Vault
from node.views import (
    Document,
    answer_document,
    event_document,
    given_row,
    job_document,
    job_summary,
    release_rows,
    unsealing_row,
)
from node.workflows import posted
from node.workflows.answered import Answer
from node.workflows.audit_part import Auditor
from node.workflows.court import Court
from node.workflows.custody import Custody
from node.workflows.desk import Desk
from node.workflows.ledger_reads import LedgerReads
from node.workflows.parcels import Parcels
from node.workflows.post_job import UNDECIDED
from node.workflows.posted import CancelAsked, Post
from node.workflows.released import DesignCopied, LicencesRevoked
from node.workflows.runner import Entry, Runner
from node.workflows.seal_bid import charge_of_omission
from node.workflows.settlement import Settlement
from node.workflows.shop import Shop, site_of
from node.workflows.tenders import Tenders
from node.workflows.vote import Assembly
from node.workflows.wish import wish_of
from node.workflows.words import iso
from protocol.charge import judge
from protocol.errors import RejectError
from protocol.ids import JobId
from protocol.params import HASH_BYTES
from protocol.signed import sign
from protocol.stream import whole
from protocol.transcript import write
from protocol.units import UnixSeconds
from protocol.wire import encode

KEEP_ALIVE = 15.0
"""Seconds of silence after which an event stream says that it is alive."""

MIN_PREFIX = 4
"""Characters of a job id that a person must give at least."""


class Participant:
    """Everything that the operator can ask of the running node."""

    def __init__(
        self,
        *,
        config: NodeConfig,
        identity: Identity,
        runner: Runner,
        network: Network,
        directory: Directory,
        reads: LedgerReads,
        settlement: Settlement,
        desk: Desk,
        tenders: Tenders,
        shop: Shop,
        auditor: Auditor,
        health: Health,
        vault: Vault,
        custody: Custody,
        assembly: Assembly,
        court: Court,
        parcels: Parcels,
        connections: Connections,
        clock: PlantClock,
    ) -> None:
        # More than eight parts: this is the seam between the outside and all of the node's inside.
        self.name = config.name
        self.connections = connections
        self._config = config
        self._identity = identity
        self._runner = runner
        self._network = network
        self._directory = directory
        self._reads = reads
        self._settlement = settlement
        self._desk = desk
        self._tenders = tenders
        self._shop = shop
        self._auditor = auditor
        self._health = health
        self._vault = vault
        self._custody = custody
        self.assembly = assembly
        self.court = court
        self._parcels = parcels
        self.owner, self.outages = shop.owner, shop.outages
        self._clock = clock

    @property
    def contracts(self) -> Contracts:
        """The federation's contracts."""
        return self._reads.contracts

    async def status(self) -> Document:
        """Who the node is and how it stands."""
        account = self._identity.account
        balance = await self._reads.ask(lambda chain: self.contracts.token.balance(chain, account))
        return {
            "name": self.name,
            "roles": list(self._config.roles),
            "peer": self._identity.peer.hex(),
            "account": "0x" + account.hex(),
            "addresses": list(self._network.addresses),
            "peers": len(self._network.peers()),
            "cards": [
                {"name": c.name, "machines": [m.machine for m in c.capabilities], "expires": iso(c.expires)}
                for c in self._directory.cards(self._reads.wall())
            ],
            "plant_time": iso(self._clock.now()),
            "balance_cents": balance,
            "gas": await self._settlement.gas_spent(),
            "jobs": len(self.jobs()),
            "transfers": [
                {"what": one.what, "received": one.received, "size": one.size} for one in self._parcels.fetching()
            ],
        }

    async def doctor(self) -> Document:
        """What the node finds wrong with itself, and what to do about it."""
        return {"checks": await self._health.checks(self.name_of)}

    async def schedule(self) -> Document:
        """What the machines hold; windows of bids say until when."""
        held, now = await self._shop.schedule(), self._clock.now()
        tasks = [_row(one.key, one) | {"tentative_until": None} for one in held.tasks]
        holds = [_row(prefix(one.job), one) | {"tentative_until": iso(one.until)} for one in held.holds]
        out = [{"machine": o.machine, "since": iso(o.since), "reason": o.reason} for o in self.outages.standing]
        notes = (f"{row['machine']} is out of service: {row['reason']}" for row in out)
        drawn = "\n".join([gantt(held, now=now), *notes])
        return {"tasks": [*tasks, *holds], "out": out, "gantt": drawn, "svg": svg(held, now=now)}

    async def estimate(self, content: bytes, wishes: Any) -> Document:
        """All that the desk knows of the file, priced by what the network says; posts nothing."""
        wish = wish_of(wishes, content, self._reads.random(16))
        quote = await self._desk.quote(content, wish)
        asked = inspection.Wishes(
            material=wish.material,
            quantity=wish.quantity,
            tolerance=wish.tolerance,
            process=wish.process,
            embodied=wish.embodied,
            finish=wish.finish,
        )
        found = inspection.Answer(
            part=quote.part,
            options=quote.routing.options,
            routing=quote.routing,
            estimate=quote.estimate,
            candidates=quote.candidates,
            question=None,
        )
        return inspection.document(found, asked)

    async def post(self, content: bytes, wishes: Any) -> Document:
        """Post a job."""
        if "customer" not in self._config.roles:
            raise RequestError("not-a-customer", f"{self.name} is no customer; post from a node with that role")
        wish, site = wish_of(wishes, content, self._reads.random(16)), site_of(*self._config.site_km)
        job = await self._desk.post(content, wish, site=site, addresses=self._network.addresses)
        return self.job(job.hex())

    async def cancel(self, prefix: str) -> Document:
        """Take back a job of this node's that nobody is awarded yet.

        Raises:
            RequestError: it is another's, or decided.
        """
        stream = self.stream(prefix)
        state = self.state(stream)
        if not isinstance(state, Post) or state.phase not in UNDECIDED:
            raise RequestError("not-cancellable", "only a job posted here whose auction is not decided is taken back")
        await self._runner.post(stream, "cancel", CancelAsked())
        return self.job(prefix)

    async def again(self, prefix: str) -> Document:
        """Order anew what a job of this node's did not bring about."""
        job = await self._desk.again(self.stream(prefix))
        return self.job(job.hex())

    async def improve(self, prefix: str, number: int | None) -> Document:
        """Auction assignment ``number`` of a job of this node's again, or the dearest that may still change hands."""
        await self._tenders.improve(self.stream(prefix), None if number is None else number - 1)
        return self.job(prefix)

    async def give_back(self, prefix: str, number: int | None, reason: str) -> Document:
        """Give back what the shop won of a job and has not done: assignment ``number``, or all."""
        await self.outages.give_back(self.stream(prefix), number, reason)
        return self.job(prefix)

    def jobs(self, chosen: Callable[[str], bool] = lambda _stream: True) -> list[Document]:
        """The jobs whose stream is chosen, posted and answered, oldest first."""
        streams = (*self._runner.streams(posted.NAME), *self._runner.streams("answer"))
        return [job_summary(self.state(stream)) for stream in streams if chosen(stream)]

    def job(self, prefix: str) -> Document:
        """One job as it stands."""
        state = self.state(self.stream(prefix))
        if isinstance(state, Post):
            return job_document(state, self.contracts, self.name_of)
        return answer_document(state, self.name_of)

    def transcript(self, prefix: str) -> bytes:
        """The auction of a posted job, as one file.

        Raises:
            RequestError: the job was not posted here, or its auction is not over.
        """
        state = self.state(self.stream(prefix))
        if not isinstance(state, Post) or state.result is None:
            raise RequestError("no-transcript", "only a job posted here whose auction is over has a transcript")
        return write(posted.transcript_of(state, partial(sign, self._identity.signing)))

    def charge(self, prefix: str) -> bytes:
        """The proof that the customer left our sealed bid out of its roll, as one file.

        Raises:
            RequestError: it did not, or too few witnesses saw the bid in time.
        """
        state = self.answer(prefix)
        if state.bid is None or state.roll is None:
            raise RequestError("nothing-to-prove", "this node sealed no bid for it, or the auction was never closed")
        content = encode(charge_of_omission(state, self._identity))
        try:
            judge(content)
        except RejectError as error:
            raise RequestError("nothing-to-prove", f"it cannot be proven: {error}") from error
        return content

    def answer(self, prefix: str) -> Answer:
        """The shop's answer to the call that begins with ``prefix``.

        Raises:
            RequestError: this node posted the job, or never answered it.
        """
        state = self.state(self.stream(prefix))
        if not isinstance(state, Answer):
            raise RequestError("not-answered", f"this node posted {prefix}; ask a provider's node, with --node")
        return state

    async def package(self, prefix: str, operation: int) -> bytes:
        """A package that the shop has received and not yet deleted.

        Raises:
            UnknownError: it has not come, or the job is over.
        """
        job = self.answer(prefix).call.job
        return await trio.to_thread.run_sync(self._vault.package, job, operation)

    def stream(self, prefix: str) -> str:
        """The one stream whose job begins with ``prefix``.

        Raises:
            UnknownError: none or several do.
        """
        if len(prefix) < MIN_PREFIX:
            raise RequestError("prefix-too-short", f"give at least {MIN_PREFIX} characters of the job")
        every = (*self._runner.streams(posted.NAME), *self._runner.streams("answer"))
        found = [stream for stream in every if stream.split("/", 1)[1].startswith(prefix.lower())]
        if len(found) != 1:
            raise UnknownError(f"{len(found) or 'no'} jobs here begin with {prefix!r}; see: guildmark jobs")
        return found[0]

    async def releases(self, prefix: str | None) -> Document:
        """Who has seen what of this node's designs; of one job when ``prefix`` is given. Holders of keys are asked."""
        streams = self._runner.streams(posted.NAME) if prefix is None else (self.stream(prefix),)
        states = [state for stream in streams if isinstance(state := self.state(stream), Post)]
        rows = [row for state in states for row in release_rows(state, self.contracts, self.name_of)]
        entrusted = [state.custody for state in states if state.custody is not None and state.custody.holders]
        holders = {holder for custody in entrusted for holder in custody.holders}
        since = min((custody.at for custody in entrusted), default=UnixSeconds(0))
        answers = await self._custody.unsealings(holders, since)
        jobs = {state.call.job for state in states}
        rows += [
            unsealing_row(unsealing, holder, self.name_of)
            for holder, unsealings in answers.items()
            for unsealing in unsealings or ()
            if unsealing.job in jobs
        ]
        given = [given_row(one, self.name_of) for one in self._vault.given()] if prefix is None else []
        return {
            "releases": sorted(rows, key=lambda row: str(row["at"])),
            "given": given,
            "silent": sorted(self.name_of(holder) for holder, unsealings in answers.items() if unsealings is None),
        }

    async def open_package(self, job: str, package: int) -> bytes:
        """The content of a package whose work is disputed, for a juror; see ``Custody.recover``."""
        try:
            whole_id = bytes.fromhex(job)
        except ValueError:
            whole_id = b""
        if len(whole_id) != HASH_BYTES or package < 1:
            raise RequestError("bad-job", "give the job's 64 hexadecimal digits and the package's number, from 1")
        return await self._custody.recover(JobId(whole_id), package)

    async def revoke_licences(self, prefix: str, by: str) -> Document:
        """End every licence of a job of this node's; what was released cannot be called back."""
        stream = self.stream(prefix)
        if not isinstance(self.state(stream), Post):
            raise RequestError("not-ours", "the licences are another customer's; only it revokes them")
        await self._runner.post(stream, "revoked", LicencesRevoked(by=by, at=self._reads.wall()))
        return await self.releases(prefix)

    async def export_design(self, prefix: str, recipient: str, by: str) -> bytes:
        """The design of a job of this node's, encrypted for an age recipient; logged before it is handed out."""
        state = self.state(self.stream(prefix))
        if not isinstance(state, Post):
            raise RequestError("not-ours", "the design is another customer's; only its owner has it")

        def copy() -> bytes:
            return to_age(whole(self._vault.original(state.call.job)), recipient)

        content: bytes = await trio.to_thread.run_sync(copy)
        event = DesignCopied(recipient=recipient, by=by, at=self._reads.wall())
        await self._runner.post(posted.stream_of(state.call.job), f"copied/{self._reads.random(16).hex()}", event)
        return content

    async def events(self, stream: str, after: int) -> AsyncIterator[Document]:
        """The job's events after entry ``after``, then those to come, until the job ends."""
        async with self._runner.watch() as news:
            seen = after
            for old in await self._runner.history(stream, after=after):
                seen = old.id
                yield event_document(old, self.name_of)
            while not self.state(stream).phase.terminal:
                entry: Entry | None = None
                with trio.move_on_after(KEEP_ALIVE):
                    entry = await news.receive()
                if entry is None:
                    yield {"id": seen, "text": None, "kind": "KeepAlive"}
                elif entry.stream == stream and entry.id > seen:
                    seen = entry.id
                    yield event_document(entry, self.name_of)
            for last in await self._runner.history(stream, after=seen):
                yield event_document(last, self.name_of)
        yield {"end": True}

    async def bundle(self, serial: str, *, lot: bool) -> bytes:
        """A part's evidence as one file, or that of all parts of its job."""
        return await self._auditor.bundle(serial, lot=lot)

    async def audit(self, serial: str) -> Document:
        """Verify a part against this node's own view of the chain."""
        return await self._auditor.audit(serial)

    def name_of(self, who: bytes) -> str:
        """What people call a peer (32 bytes) or an account (20 bytes), from its card."""
        if who in (self._identity.peer, self._identity.account):
            return self.name
        card = self._directory.find_any(who)
        return card.name if card is not None else who.hex()[:8]

    def state(self, stream: str) -> Post | Answer:
        """The job of a stream that ``stream`` named."""
        state = self._runner.state(stream)
        assert isinstance(state, Post | Answer)  # noqa: S101  # no other workflow has streams
        return state


def _row(key: str, one: Task | Hold) -> Document:
    return {"key": key, "machine": one.machine, "start": iso(one.start), "finish": iso(one.finish)}
