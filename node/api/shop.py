"""The routes of the shop's owner: rules in force, other rules tried on past calls, and why a price was so."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from node.errors import RequestError
from node.participant import Participant
from node.views import Document
from node.workflows.answered import Answer
from node.workflows.owner import Owner, Tried, parsed_rules
from node.workflows.words import iso
from protocol.ids import MachineId

MAX_REASON = 2000
MAX_RULES = 32 * 1024
"""Characters of a rules file; a hundred rules fit."""


class Rules(BaseModel):
    """Rules to try or to put in force, in TOML."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str = Field(max_length=MAX_RULES)


class GiveBack(BaseModel):
    """What the shop will not make after all."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    job: str = Field(max_length=64)
    number: int | None = Field(default=None, ge=1)
    """Of the assignment; all that are not done when it is left out."""

    reason: str = Field(min_length=1, max_length=MAX_REASON)


class Outage(BaseModel):
    """Which machine is out of service, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    machine: str = Field(max_length=64)
    reason: str = Field(min_length=1, max_length=MAX_REASON)


class Back(BaseModel):
    """Which machine is back in service."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    machine: str = Field(max_length=64)


class Paced(BaseModel):
    """Which machine's pace is meant; all when it is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    machine: str | None = Field(default=None, max_length=64)

    @property
    def named(self) -> MachineId | None:
        """The machine as the shop knows it."""
        return None if self.machine is None else MachineId(self.machine)


def shop_routes(participant: Participant) -> APIRouter:  # noqa: C901  # one function a route
    """Everything below ``/shop``."""
    api, owner = APIRouter(prefix="/shop"), participant.owner

    @api.get("/rules")
    async def rules() -> Document:
        return owner.rules.model_dump()

    @api.post("/rules/preview")
    async def preview(body: Rules) -> Document:
        return {"jobs": [_tried(row, participant) for row in owner.preview(parsed_rules(body.text))]}

    @api.put("/rules")
    async def put(body: Rules) -> Document:
        owner.put(parsed_rules(body.text))
        return owner.rules.model_dump()

    @api.post("/pause")
    async def pause() -> Document:
        owner.put(owner.rules.model_copy(update={"paused": True}))
        return owner.rules.model_dump()

    @api.post("/resume")
    async def resume() -> Document:
        owner.put(owner.rules.model_copy(update={"paused": False}))
        return owner.rules.model_dump()

    @api.post("/returns", status_code=201)
    async def give_back(body: GiveBack) -> Document:
        return await participant.give_back(body.job, body.number, body.reason)

    @api.post("/machines/out")
    async def stop(body: Outage) -> Document:
        await participant.outages.stop(MachineId(body.machine), body.reason)
        return await participant.schedule()

    @api.post("/machines/back")
    async def back(body: Back) -> Document:
        await participant.outages.restore(MachineId(body.machine))
        return await participant.schedule()

    @api.get("/calibration")
    async def calibration() -> Document:
        return _calibration(owner)

    @api.post("/calibration")
    async def adopt(body: Paced) -> Document:
        owner.adopt(body.named)
        return _calibration(owner)

    @api.post("/calibration/restored")
    async def restore(body: Paced) -> Document:
        owner.restore(body.named)
        return _calibration(owner)

    @api.get("/package/{job}/{operation}")
    async def package(job: str, operation: int) -> Response:
        return Response(await participant.package(job, operation), media_type="application/octet-stream")

    @api.get("/why/{job}")
    async def why(job: str) -> Document:
        state = participant.answer(job)
        if state.bid is None:
            reasons = "; ".join(state.reasons) or "it is still being priced"
            raise RequestError("no-bid", f"the shop made no bid for {state.call.job.hex()[:12]}: {reasons}")
        return _why(state)

    return api


def _calibration(owner: Owner) -> Document:
    return {
        "machines": [{**asdict(row), "advice": row.advice} for row in owner.calibration()],
        "adopted": owner.paces.model_dump()["machines"],
    }


def _tried(row: Tried, participant: Participant) -> Document:
    call = row.answer.call
    return {
        "job": call.job.hex(),
        "customer": participant.name_of(call.customer),
        "material": call.part.material,
        "before_cents": row.before,
        "after_cents": row.after,
        "refusal": row.refusal,
        "verdict": row.verdict,
    }


def _why(state: Answer) -> Document:
    assert state.bid is not None  # noqa: S101  # asked for bids only
    rows = zip(state.bid.offers, state.bases, strict=True)
    return {
        "job": state.call.job.hex(),
        "offers": [
            {
                "operations": [offer.first, offer.last],
                "machine": offer.machine,
                "opens": iso(offer.opens),
                "closes": iso(offer.closes),
                "price_cents": offer.price,
                "rows_cents": {name: value for name, value in asdict(row).items() if name != "pace"},
                "pace": None if row.pace is None else asdict(row.pace),
            }
            for offer, row in rows
        ],
    }
