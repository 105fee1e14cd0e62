"""A node before the court: what its person says goes into its cases, and what cases ask of the outside is looked up."""

from hashlib import sha256
from typing import Any

from ledger.chain import sign_digest
from ledger.contracts import Contracts
from ledger.disputes import Inspection
from ledger.types import Reads, Transaction
from node.errors import RequestError, UnavailableError, UnknownError
from node.identity import Identity
from node.workflows import answered, disputed, posted
from node.workflows.answered import Answer, own_work
from node.workflows.assigned import ObjectionRaised, Stage
from node.workflows.disputed import (
    WHOLE,
    AwaitBlock,
    Ballot,
    BlockReached,
    Case,
    CaseOpened,
    CaseRead,
    Inspect,
    Inspected,
    PanelAsked,
    ReadCase,
    ShareOffered,
    VerdictShown,
    place_of,
    quarter,
    role_of,
)
from node.workflows.ledger_reads import LedgerReads
from node.workflows.posted import Post
from node.workflows.runner import Happened, Port, Runner
from node.workflows.words import Names, iso, money
from protocol.case import matter_of
from protocol.ids import Digest, JobId
from protocol.production import evidence_root
from protocol.units import BasisPoints

Document = dict[str, Any]

ADVICE = {
    "NotDisputed": "it is not disputed (any more); see: guildmark dispute show",
    "NotParty": "only the customer and the provider of the assignment bargain over it or ask for a panel",
    "AlreadySummoned": "a panel was asked for already",
    "TooLate": "the time for that is over; see the deadlines in: guildmark dispute show",
    "NotJuror": "this node is not on the panel",
    "AlreadyVoted": "this node has voted already",
    "NotDrawn": "the panel is not drawn yet",
    "NoInspector": "no inspector was agreed for this work, or another has its place since",
    "BadSignature": "the agreed inspector did not sign this",
    "ERC20InsufficientBalance": "the account does not hold the fee that the one who asks for a panel advances",
}
"""What a refusal of the court means for the one who asked."""


class Court:
    """One node's part in disputes; what is said twice counts once."""

    def __init__(self, *, reads: LedgerReads, identity: Identity, runner: Runner) -> None:
        self._reads = reads
        self._identity = identity
        self._runner = runner

    @property
    def ports(self) -> dict[type, Port]:
        """How what cases ask for is carried out."""
        return {
            ReadCase: Port(perform=self.read),
            Inspect: Port(perform=self.inspect),
            AwaitBlock: Port(perform=self.await_block),
        }

    # What a person says.

    async def object(self, job: str, number: int, reason: str, evidence: bytes | None, names: Names) -> Document:
        """Object to an assignment of a job of this node's: now, or as soon as its provider attests it.

        Args:
            evidence: SHA-256 of a file that shows it; the reason's own when there is none.
        """
        stream = self._stream(posted.NAME, job)
        state, index = self._runner.state(stream), number - 1
        assert isinstance(state, Post)  # noqa: S101  # the stream's workflow
        if not 0 <= index < len(state.assigned):
            raise UnknownError(f"the job has {len(state.assigned)} assignments, numbered from 1")
        if (stage := state.assigned[index].stage) not in (Stage.ASSIGNED, Stage.ATTESTED, Stage.VERIFIED):
            raise RequestError("too-late", f"assignment {number} is {stage.value}; only unpaid work is objected to")
        proof = Digest(evidence if evidence is not None else sha256(reason.encode()).digest())
        key = f"objection/{index}/{state.assigned[index].round}"
        await self._runner.post(stream, key, ObjectionRaised(index=index, reason=reason, evidence=proof))
        return self.show(job, number, names)

    async def offer(self, job: str, number: int | None, share: BasisPoints, names: Names) -> Document:
        """Say what share of the stake the provider should have."""
        stream, state = self._open_case(job, number)
        await self._allowed(self._reads.contracts.disputes.propose(state.job, state.index, share))
        await self._runner.post(stream, f"offer/{state.number}/{state.offers}/{share}", ShareOffered(share=share))
        return self._document(stream, names)

    async def accept(self, job: str, number: int | None, names: Names) -> Document:
        """Take what the other side offers, which ends the case."""
        _, state = self._open_case(job, number)
        role = self._role(state)
        return await self.offer(job, number, state.asked if role == "customer" else state.offered, names)

    async def ask_panel(self, job: str, number: int | None, names: Names) -> Document:
        """Ask for a panel of auditors; this node advances the fee."""
        stream, state = self._open_case(job, number)
        if state.summoner is not None:
            raise RequestError("refused", ADVICE["AlreadySummoned"])
        if self._role(state) not in ("customer", "provider"):
            raise RequestError("refused", ADVICE["NotParty"])
        assert state.matter is not None  # noqa: S101  # it has a role
        account, fee = self._identity.account, state.matter.fee
        held = await self._reads.ask(lambda chain: self._reads.contracts.token.balance(chain, account))
        if held < fee:
            raise RequestError("refused", f"{ADVICE['ERC20InsufficientBalance']}: {money(fee)}")
        if self._reads.wall() > quarter(state.matter, 1):
            raise RequestError("refused", ADVICE["TooLate"])
        await self._runner.post(stream, f"panel/{state.number}", PanelAsked())
        return self._document(stream, names)

    async def vote(self, job: str, number: int | None, share: BasisPoints, names: Names) -> Document:
        """Vote as a juror; nobody learns how before all have."""
        stream, state = self._open_case(job, number)
        if self._role(state) != "juror":
            raise RequestError("refused", ADVICE["NotJuror"])
        if state.ballot is not None:
            raise RequestError("refused", ADVICE["AlreadyVoted"])
        assert state.matter is not None  # noqa: S101  # it has a role
        if self._reads.wall() > quarter(state.matter, 3):
            raise RequestError("refused", ADVICE["TooLate"])
        await self._runner.post(stream, f"ballot/{state.number}", Ballot(share=share, salt=self._reads.random(32)))
        return self._document(stream, names)

    async def sign_verdict(self, job: str, number: int | None) -> Document:
        """What this node, the agreed inspector, measured, signed so that anybody can bring it before the court."""
        _, state = self._open_case(job, number)
        if self._role(state) != "inspector":
            raise RequestError("refused", "this node is not the agreed inspector")
        if state.inspected is None:
            raise UnavailableError("the inspection is not done yet")
        verdict = state.inspection()
        digest = self._reads.contracts.disputes.inspection_digest(verdict)
        return {
            "job": verdict.job.hex(),
            "number": verdict.index + 1,
            "round": verdict.round,
            "milestone": verdict.milestone,
            "evidence": verdict.evidence.hex(),
            "conforms": verdict.conforms,
            "signature": sign_digest(self._identity.ledger, digest).hex(),
        }

    async def relay(self, verdict: Inspection, signature: bytes, names: Names) -> Document:
        """Bring what an inspector signed before the court; whoever does it pays the ledger's gas and nothing else."""
        await self._allowed(self._reads.contracts.disputes.measure(verdict, signature))
        stream = disputed.stream_of(verdict.job, verdict.index)
        seen = sha256(signature).hexdigest()[:16]
        if self._runner.state(stream) is None:
            await self._runner.post(stream, f"verdict/{seen}/opened", CaseOpened(job=verdict.job, index=verdict.index))
        shown = VerdictShown(
            round=verdict.round,
            milestone=verdict.milestone,
            evidence=verdict.evidence,
            conforms=verdict.conforms,
            signature=signature,
        )
        await self._runner.post(stream, f"verdict/{seen}", shown)
        return self._document(stream, names)

    def cases(self, names: Names) -> Document:
        """Every case that this node has followed, latest last."""
        return {"cases": [self._document(stream, names) for stream in self._runner.streams(disputed.NAME)]}

    def show(self, job: str, number: int | None, names: Names) -> Document:
        """One case as it stands; of an objection that the ledger does not hold yet, what was said."""
        try:
            return self._document(self._find(job, number), names)
        except UnknownError:
            state = self._runner.state(self._stream(posted.NAME, job))
            if number is None or not isinstance(state, Post) or not 0 < number <= len(state.assigned):
                raise
            objection = state.assigned[number - 1].objection
            if objection is None:
                raise
            waiting = {"job": state.call.job.hex(), "number": number, "role": "customer", "stage": "waiting"}
            return waiting | {"text": "the objection is on its way to the ledger", "reason": objection.reason}

    # What cases ask for.

    async def read(self, stream: str, effect: ReadCase) -> Happened:
        """The case as the ledger holds it."""
        job, index = place_of(stream)
        matter = await self._reads.ask(lambda chain: read_case(chain, self._reads.contracts, job, index))
        if matter is None:
            raise UnavailableError("the ledger does not show the disputed order yet")
        return Happened(key=effect.key, event=matter)

    async def inspect(self, stream: str, effect: Inspect) -> Happened | None:
        """What this node measured of what the case is about; waits until it has."""
        job, index = place_of(stream)
        state, answer = self._runner.state(stream), self._runner.state(answered.stream_of(job))
        if not isinstance(answer, Answer) or not isinstance(state, Case) or state.decided:
            return None
        inspecting = await self._reads.ask(lambda chain: self._reads.contracts.orders.assignment(chain, job, index))
        own = inspecting.win.inspection - 1
        if own not in {closed.index for closed in answer.closed}:
            raise UnavailableError("the inspection is not done yet")
        work = own_work(answer, own)
        root = evidence_root([part.record for part in work])
        return Happened(key=effect.key, event=Inspected(evidence=root, conforms=all(p.conforms for p in work)))

    async def await_block(self, _stream: str, effect: AwaitBlock) -> Happened:
        """Return once the chain is that long."""
        if await self._reads.ask(lambda chain: chain.head().number) < effect.number:
            raise UnavailableError(f"block {effect.number} is not made yet")
        return Happened(key=f"block/{effect.key}", event=BlockReached(number=effect.number))

    # Within.

    def _open_case(self, job: str, number: int | None) -> tuple[str, Case]:
        stream = self._find(job, number)
        state = self._runner.state(stream)
        assert isinstance(state, Case)  # noqa: S101  # the stream's workflow
        if state.decided:
            raise RequestError("decided", f"the case is decided: {state.outcome}")
        if state.matter is None:
            raise UnavailableError("the case is still being read from the ledger; ask again in a moment")
        return stream, state

    def _find(self, job: str, number: int | None) -> str:
        wanted = "" if number is None else f"/{number - 1}"
        streams = self._runner.streams(disputed.NAME)
        found = [s for s in streams if s.split("/")[1].startswith(job.lower()) and s.endswith(wanted)]
        if len(found) != 1:
            which = "no case here is" if not found else f"{len(found)} cases here are"
            raise UnknownError(f"{which} about {job!r}; give more of the job, and the assignment's number")
        return found[0]

    def _stream(self, name: str, job: str) -> str:
        found = [s for s in self._runner.streams(name) if s.split("/")[1].startswith(job.lower())]
        if len(found) != 1:
            raise UnknownError(f"{len(found) or 'no'} jobs posted here begin with {job!r}; see: guildmark jobs")
        return found[0]

    async def _allowed(self, move: Transaction) -> None:
        """Refuse at once what the ledger would refuse."""
        refusal = await self._reads.refusal(self._identity.account, move)
        if refusal is not None:
            raise RequestError("refused", ADVICE.get(refusal.name, str(refusal)))

    def _role(self, state: Case) -> str:
        return "" if state.matter is None else role_of(state.matter, state.panel, self._identity.account)

    def _document(self, stream: str, names: Names) -> Document:
        state = self._runner.state(stream)
        assert isinstance(state, Case)  # noqa: S101  # the stream's workflow
        post = self._runner.state(posted.stream_of(state.job))
        objection = post.assigned[state.index].objection if isinstance(post, Post) else None
        said: Document = {
            "job": state.job.hex(),
            "number": state.index + 1,
            "role": self._role(state),
            "stage": _stage(state),
            "text": describe(state),
            "reason": None if objection is None else objection.reason,
            "offered_percent": state.offered / 100,
            "asked_percent": state.asked / 100,
            "panel": [
                {"juror": names(seat.juror), "sealed": seat.sealed, "percent": _percent(seat.share)}
                for seat in state.panel
            ],
            "own_vote_percent": None if state.ballot is None else _percent(state.ballot.share),
            "outcome": state.outcome or None,
            "to_provider_cents": state.to_provider if state.decided else None,
            "problem": state.problem,
        }
        if (matter := state.matter) is None:
            return said
        ends = ("panel_by", "draw_by", "vote_by", "end")
        return said | {
            "customer": names(matter.customer),
            "provider": names(matter.provider),
            "inspector": None if matter.inspector is None else names(matter.inspector),
            "stake_cents": matter.stake,
            "fee_cents": matter.fee,
            "evidence": matter.evidence.hex(),
            "deadlines": {end: iso(quarter(matter, n)) for n, end in enumerate(ends, start=1)},
        }


def read_case(chain: Reads, contracts: Contracts, job: JobId, index: int) -> CaseRead | None:
    """The disputed milestone of an assignment as the ledger holds it; None when there is no such order."""
    order = contracts.orders.order(chain, job)
    if order is None or order.work(index) is None:
        return None
    matter = matter_of(order, index)
    work, (customer, provider) = matter.work, matter.parties
    case = contracts.disputes.case(chain, job, index, round_=work.round, milestone=work.approved)
    return CaseRead(
        customer=customer,
        provider=provider,
        inspector=matter.inspector,
        round=work.round,
        milestone=work.approved,
        stake=matter.stake,
        fee=order.terms.dispute_fee,
        evidence=work.evidence,
        since=work.since,
        window=order.terms.dispute,
        panel=tuple(juror.account for juror in case.panel),
    )


def describe(state: Case) -> str:
    """How a case stands, in words."""
    if state.decided:
        return f"decided ({_OUTCOMES[state.outcome]}): {money(state.to_provider)} to the provider"
    if state.panel:
        sealed = sum(seat.sealed for seat in state.panel)
        opened = sum(seat.share is not None for seat in state.panel)
        return f"a panel decides: {sealed} of {len(state.panel)} votes are sealed, {opened} open"
    if state.summoner is not None:
        return "a panel is being drawn"
    if state.offers:
        return f"the customer offers {state.offered / 100:g} %, the provider asks for {state.asked / 100:g} %"
    return "open: offer a share, wait for the inspector, or ask for a panel"


def _stage(state: Case) -> str:
    if state.decided:
        return "decided"
    if state.panel:
        return "voting"
    return "open" if state.summoner is None else "summoned"


def _percent(share: BasisPoints | None) -> float | None:
    return None if share is None else share / 100


_OUTCOMES = {
    "settled": "the two agreed",
    "measured": "the inspector's measurement",
    "judged": "the panel's votes",
    "lapsed": "the time was over, half each",
}


def share_of(percent: float) -> BasisPoints:
    """A share from per cents that a person typed.

    Raises:
        RequestError: not between nothing and the whole.
    """
    if not 0 <= percent * 100 <= WHOLE:
        raise RequestError("bad-share", f"{percent:g} % is no share; give 0 to 100, the provider's part")
    return BasisPoints(round(percent * 100))
