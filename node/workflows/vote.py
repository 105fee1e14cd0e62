"""How members decide about the rules: proposals read from the ledger, votes and their execution sent to it."""

import base64
import binascii
from collections.abc import Iterator
from functools import partial
from typing import Any

from governance.bounds import PARAMETERS
from governance.in_force import pack_at
from governance.lifecycle import describe_standing, next_step
from governance.past import Dated
from governance.preview import Preview, preview
from governance.proposals import (
    Proposal,
    actions_of,
    check_proposal,
    describe,
    parse_proposal,
    read_filed,
    write_proposal,
)
from governance.words import describe_one
from ledger.bundle import Bundle, open_bundle
from ledger.chain import Chain
from ledger.contracts import Contracts
from ledger.governor import Choice, Filed, Standing
from ledger.outbox import Reverted
from ledger.types import Transaction
from node.errors import RequestError, UnknownError
from node.identity import Identity
from node.workflows import posted
from node.workflows.export_part import WINDOW
from node.workflows.ledger_reads import LedgerReads
from node.workflows.posted import Post
from node.workflows.runner import Runner
from node.workflows.settlement import Settlement
from node.workflows.words import Names, iso
from protocol.errors import ProtocolError, RejectError
from protocol.job import Call
from protocol.rules import RulePack
from protocol.signed import sign
from protocol.transcript import MAGIC, parts_of, transcript_of, write
from protocol.wire import decode

Document = dict[str, Any]

MIN_PREFIX = 4
"""Digits of a proposal's number that a person must give at least."""

ADVICE = {
    "GovernorInsufficientProposerVotes": "this node's bond is below what a proposer needs; bond more, or ask a member "
    "who has it",
    "GovernorAlreadyCastVote": "this node has voted on it already",
    "GovernorUnexpectedProposalState": "the proposal is not at that step; see: guildmark gov show",
    "GovernorUnableToCancel": "only its proposer takes a proposal back, and only before the vote begins",
    "TimelockUnexpectedOperationState": "it has not waited long enough; see: guildmark gov show",
    "UnderNotice": "another pack is announced and not yet in force; execute this one afterwards",
    "WrongVersion": "another pack was adopted since; file the proposal again for the next version",
    "Insufficient": "the treasury holds less than is to be shared out",
    "NoVotes": "this node had no votes when the call for a pause began",
    "AlreadyJoined": "this node has joined this call for a pause already",
    "Resting": "there was a pause lately, and not again so soon",
}
"""What a refusal of the contracts means for the one who asked."""


class Assembly:
    """One member's part in governance. Everything is on the ledger; nothing of it is kept here."""

    def __init__(self, *, reads: LedgerReads, settlement: Settlement, identity: Identity, runner: Runner) -> None:
        self._reads = reads
        self._settlement = settlement
        self._identity = identity
        self._runner = runner

    async def overview(self, names: Names) -> Document:
        """The rules in force and under notice, the treasury, and every proposal, latest first."""

        def ask(chain: Chain) -> Document:
            contracts, now = self._contracts, chain.head().timestamp
            pack, (latest, effective) = contracts.rules.pack(chain), contracts.rules.latest(chain)
            paused = contracts.rules.paused_until(chain)
            return {
                "version": pack.version,
                "digest": pack.digest.hex(),
                "rules": rules_document(pack),
                "announced": None
                if latest == pack
                else {"version": latest.version, "effective": iso(effective), "rules": rules_document(latest)},
                "paused_until": iso(paused) if paused > now else None,
                "treasury_cents": contracts.treasury.fund(chain),
                "votes": contracts.governor.power(chain, self._identity.account),
                "threshold": contracts.governor.threshold(chain),
                "proposals": [
                    self._document(chain, filed, latest, names) for filed in reversed(_filings(chain, contracts))
                ],
            }

        return await self._reads.ask(ask)

    async def show(self, prefix: str, names: Names) -> Document:
        """One proposal as it stands."""
        filed = await self._find(prefix)
        return await self._reads.ask(
            lambda chain: self._document(chain, filed, self._contracts.rules.latest(chain)[0], names)
        )

    async def propose(self, text: str, names: Names) -> Document:
        """File the proposal in ``text``."""
        current, proposal = await self._parse(text)
        contracts = self._contracts
        description = write_proposal(proposal)
        actions = actions_of(proposal, contracts.rules, contracts.treasury)
        await self._send("propose", contracts.governor.propose(actions, description))
        filed = next(f for f in await self._filings() if f.description == description and f.actions == actions)
        return await self._reads.ask(lambda chain: self._document(chain, filed, current, names))

    async def preview(self, text: str, files: list[str]) -> Document:
        """What the proposal in ``text`` (or the one filed under that number) would change, and would have changed.

        The auctions replayed are those in ``files`` (base64), bundles or transcripts, or, when there are none, every
        auction of this node's own jobs.
        """
        current, proposal = await self._parse(text) if "=" in text else await self._filed_proposal(text)
        contents = [_decoded(one) for one in files] or list(self._own_transcripts())
        contracts = self._contracts

        def ask(chain: Chain) -> Preview:
            past = (_evidence(chain, contracts, content) for content in contents)
            return preview(
                current,
                proposal,
                past,
                lambda digest, block: pack_at(chain, contracts.rules, digest=digest, block=block),
            )

        try:
            return preview_document(await self._reads.ask(ask))
        except ProtocolError as error:
            raise RequestError("not-evidence", f"an auction cannot be replayed: {error}") from error

    async def vote(self, prefix: str, choice: str, reason: str, names: Names) -> Document:
        """Cast this node's vote: ``for``, ``against`` or ``abstain``."""
        choices = {"for": Choice.FOR, "against": Choice.AGAINST, "abstain": Choice.ABSTAIN}
        filed = await self._find(prefix)
        if choice == "for":
            await self._readable(filed)
        await self._send("vote", self._contracts.governor.vote(filed.id, choices[choice], reason))
        return await self.show(prefix, names)

    async def queue(self, prefix: str, names: Names) -> Document:
        """Put a proposal that succeeded into the timelock."""
        await self._send("queue", self._contracts.governor.queue(await self._find(prefix)))
        return await self.show(prefix, names)

    async def execute(self, prefix: str, names: Names) -> Document:
        """Carry out a proposal that has waited; the treasury collects its fees first, so that shares find them."""
        filed = await self._find(prefix)
        contracts = self._contracts
        if any(action.to == contracts.treasury.address for action in filed.actions):
            await self._send("collect", contracts.treasury.collect(contracts.orders.address))
        await self._send("execute", contracts.governor.execute(filed))
        return await self.show(prefix, names)

    async def cancel(self, prefix: str, names: Names) -> Document:
        """Take back a proposal of this node's."""
        await self._send("cancel", self._contracts.governor.cancel(await self._find(prefix)))
        return await self.show(prefix, names)

    async def call_pause(self, names: Names) -> Document:
        """Call for a pause of new orders, or join such a call."""
        await self._send("pause", self._contracts.rules.call_pause())
        return await self.overview(names)

    @property
    def _contracts(self) -> Contracts:
        return self._reads.contracts

    async def _parse(self, text: str) -> tuple[RulePack, Proposal]:
        current, _ = await self._reads.ask(self._contracts.rules.latest)
        try:
            proposal = parse_proposal(text, current)
            check_proposal(current, proposal)
        except ProtocolError as error:
            raise RequestError("not-adoptable", f"{error}") from error
        return current, proposal

    async def _filed_proposal(self, prefix: str) -> tuple[RulePack, Proposal]:
        current, _ = await self._reads.ask(self._contracts.rules.latest)
        return current, await self._readable(await self._find(prefix))

    async def _readable(self, filed: Filed) -> Proposal:
        current, _ = await self._reads.ask(self._contracts.rules.latest)
        try:
            return read_filed(filed, current, self._contracts.rules, self._contracts.treasury)
        except ProtocolError as error:
            raise RequestError("not-as-it-says", f"{error}") from error

    def _own_transcripts(self) -> Iterator[bytes]:
        """Of every job of this node whose auction is over and whose order the ledger holds."""
        for stream in self._runner.streams(posted.NAME):
            state = self._runner.state(stream)
            if isinstance(state, Post) and state.result is not None:
                yield write(posted.transcript_of(state, partial(sign, self._identity.signing)))

    async def _find(self, prefix: str) -> Filed:
        if len(prefix) < MIN_PREFIX:
            raise RequestError("prefix-too-short", f"give at least {MIN_PREFIX} digits of the proposal")
        found = [filed for filed in await self._filings() if number_of(filed).startswith(prefix.lower())]
        if len(found) != 1:
            raise UnknownError(f"{len(found) or 'no'} proposals begin with {prefix!r}; see: guildmark gov show")
        return found[0]

    async def _filings(self) -> tuple[Filed, ...]:
        return await self._reads.ask(lambda chain: _filings(chain, self._contracts))

    async def _send(self, what: str, transaction: Transaction) -> None:
        """Send one transaction and wait until it is final; what would be refused is not sent."""
        refused = await self._reads.refusal(self._identity.account, transaction)
        if refused is not None:
            raise RequestError("refused", ADVICE.get(refused.name, str(refused)))
        outcome = await self._settlement.send(f"{what}/{self._reads.random(8).hex()}", transaction)
        if isinstance(outcome, Reverted):
            raise RequestError("refused", ADVICE.get(outcome.name, f"the ledger refused it: {outcome.reason}"))

    def _document(self, chain: Chain, filed: Filed, current: RulePack, names: Names) -> Document:
        contracts, account, now = self._contracts, self._identity.account, chain.head().timestamp
        standing = contracts.governor.standing(chain, filed)
        try:
            proposal = read_filed(filed, current, contracts.rules, contracts.treasury)
            reason, lines, problem = proposal.reason, list(describe(current, proposal)), ""
        except ProtocolError as error:
            reason, lines, problem = "", [], str(error)
        step = next_step(standing)
        power = contracts.governor.power(chain, account, filed.start if filed.start < now else None)
        return {
            "proposal": number_of(filed),
            "proposer": names(filed.proposer),
            "stage": standing.stage.name.lower(),
            "text": describe_standing(standing, now),
            "reason": reason,
            "changes": lines,
            "problem": problem,
            "next": None if step is None else {"action": step.action, "due": iso(step.due)},
            "votes": _votes(standing),
            "own": {"votes": power, "voted": contracts.governor.has_voted(chain, filed.id, account)},
        }


def number_of(filed: Filed) -> str:
    """A proposal's number as people write it: 64 hexadecimal digits."""
    return f"{filed.id:064x}"


def preview_document(tried: Preview) -> Document:
    """A preview, each past auction with its job and in words."""
    return {
        "reason": tried.reason,
        "changes": list(tried.changes),
        "auctions": [{"job": one.job.hex(), "text": describe_one(one)} for one in tried.consequences],
        "total": tried.total,
    }


def rules_document(pack: RulePack) -> Document:
    """A pack's values by parameter, as people write them."""
    return {parameter.words: parameter.show(parameter.of(pack)) for parameter in PARAMETERS}


def _votes(standing: Standing) -> Document:
    return {
        "for": standing.favour,
        "against": standing.against,
        "abstain": standing.abstain,
        "quorum": standing.quorum,
        "start": iso(standing.start),
        "end": iso(standing.end),
        "eta": iso(standing.eta) if standing.eta else None,
    }


def _filings(chain: Chain, contracts: Contracts) -> tuple[Filed, ...]:
    """Every proposal that was filed, oldest first."""
    found: list[Filed] = []
    head = chain.head().number
    for first in range(contracts.block, head + 1, WINDOW):
        logs = chain.logs(
            first, min(first + WINDOW - 1, head), [contracts.governor.address], [[contracts.governor.filings()]]
        )
        found += [event for log in logs if isinstance(event := contracts.governor.decode(log), Filed)]
    return tuple(found)


def _evidence(chain: Chain, contracts: Contracts, content: bytes) -> Bundle | Dated:
    """A bundle, or a transcript with the block that opened its order.

    Raises:
        RejectError: it is neither, or the ledger never opened the order.
    """
    if not content.startswith(MAGIC):
        return open_bundle(content)
    call = decode(Call, transcript_of(parts_of(content)).call.payload)
    head = chain.head().number
    topics = [[topic] for topic in contracts.orders.opening_of(call.job)]
    for first in range(contracts.block, head + 1, WINDOW):
        for log in chain.logs(first, min(first + WINDOW - 1, head), [contracts.orders.address], topics):
            block = chain.block(log.block)
            if block is not None:
                return Dated(transcript=content, block=log.block, opened=block.timestamp)
    raise RejectError("the ledger never opened its order")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise RequestError("not-evidence", "files are sent in base64") from error
