"""The routes of disputes; each parses, asks ``Court``, and renders."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ledger.disputes import Inspection
from node.participant import Participant
from node.views import Document
from node.workflows.court import share_of
from protocol.ids import Digest, JobId

MAX_REASON = 2000


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    job: str = Field(max_length=64)
    """Its first characters will do."""

    number: int | None = Field(default=None, ge=1)
    """Of the assignment; needed where a job has several cases."""


class Objection(_Asked):
    """An assignment that is not to be paid, and why."""

    number: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=MAX_REASON)
    evidence: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 of the file that shows it."""


class Share(_Asked):
    """What part of the stake the provider should have, in per cent."""

    percent: float


class Verdict(_Asked):
    """What an inspector measured, and its signature."""

    job: str = Field(pattern="^[0-9a-f]{64}$")
    number: int = Field(ge=1, lt=2**32)
    round: int = Field(ge=0, lt=256)
    milestone: int = Field(ge=0, lt=256)
    evidence: str = Field(pattern="^[0-9a-f]{64}$")
    conforms: bool
    signature: str = Field(pattern="^([0-9a-f]{2}){1,2048}$")
    """65 bytes of an account, or what a company's wallet contract takes."""

    def inspection(self) -> Inspection:
        """As the court takes it."""
        return Inspection(
            job=JobId(bytes.fromhex(self.job)),
            index=self.number - 1,
            round=self.round,
            milestone=self.milestone,
            evidence=Digest(bytes.fromhex(self.evidence)),
            conforms=self.conforms,
        )


def dispute_routes(participant: Participant) -> APIRouter:
    """Everything below ``/disputes``."""
    api = APIRouter(prefix="/disputes")
    court, names = participant.court, participant.name_of

    @api.get("")
    async def cases() -> Document:
        return court.cases(names)

    @api.get("/{job}")
    async def show(job: str, number: int | None = None) -> Document:
        return court.show(job, number, names)

    @api.post("/objections", status_code=201)
    async def objection(asked: Objection) -> Document:
        evidence = None if asked.evidence is None else bytes.fromhex(asked.evidence)
        return await court.object(asked.job, asked.number, asked.reason, evidence, names)

    @api.post("/offers", status_code=201)
    async def offer(asked: Share) -> Document:
        return await court.offer(asked.job, asked.number, share_of(asked.percent), names)

    @api.post("/acceptances", status_code=201)
    async def accept(asked: _Asked) -> Document:
        return await court.accept(asked.job, asked.number, names)

    @api.post("/panels", status_code=201)
    async def panel(asked: _Asked) -> Document:
        return await court.ask_panel(asked.job, asked.number, names)

    @api.post("/verdicts", status_code=201)
    async def verdict(asked: _Asked) -> Document:
        return await court.sign_verdict(asked.job, asked.number)

    @api.post("/measurements", status_code=201)
    async def measurement(asked: Verdict) -> Document:
        return await court.relay(asked.inspection(), bytes.fromhex(asked.signature), names)

    @api.post("/votes", status_code=201)
    async def vote(asked: Share) -> Document:
        return await court.vote(asked.job, asked.number, share_of(asked.percent), names)

    return api
