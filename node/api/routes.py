"""The HTTP interface's routes: each parses, asks one workflow, and renders; the token is checked before any body."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from node.access.table import DeniedError
from node.access.tokens import Tokens
from node.api.disputes import dispute_routes
from node.api.governance import governance_routes
from node.api.network import network_routes
from node.api.permits import PUBLIC, Permit, access_routes, seen_jobs
from node.api.shop import shop_routes
from node.config import Clearance
from node.design.lengths import Unit
from node.errors import NodeError, RequestError, UnavailableError, UnknownError
from node.participant import Participant
from node.views import Document
from protocol.params import MAX_GRADE

MAX_UPLOAD = 25 * 1024 * 1024
"""Bytes of a CAD file; the intake's own limit, enforced while reading."""


class Wishes(BaseModel):
    """What the customer asks for beside the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(default="part.step", max_length=128)
    material: str = Field(default="EN AW-6082", max_length=64)
    quantity: int = Field(default=4, ge=1, le=10_000)
    tolerance: int = Field(default=100, ge=1, le=10_000)
    process: str | None = Field(default=None, max_length=64)
    unit: Unit | None = None
    """Of the file, where it does not say."""

    thickness: float | None = Field(default=None, ge=0.05, le=100)
    """Of a drawing's sheet, millimetres."""

    embodied: int | None = Field(default=None, ge=0, le=1_000_000)
    """Grams of CO2 per kilogram, for a material that has no figure."""

    heat_treat: bool | None = None
    """Left out: as is usual for the material."""

    coat: bool = False
    after: list[str] = Field(default=[], max_length=32)
    """Operations that do not wait for the one before them, such as ``3:1,2``."""

    due_days: float = 14.0
    budget: str | None = Field(default=None, max_length=32)
    hour: str = Field(default="1.00", max_length=32)
    co2_tonne: str = Field(default="100.00", max_length=32)
    grade: str = Field(default="0.00", max_length=32)
    kilometre: str = Field(default="0.00", max_length=32)
    worst_grade: int = Field(default=MAX_GRADE, ge=0, le=MAX_GRADE)
    within_km: int | None = Field(default=None, ge=0, le=100_000)
    classification: Clearance = "public"
    jurisdiction: list[str] = Field(default=[], max_length=64)
    late: float = Field(default=0.0, ge=0, le=100)
    """Per cent of an assignment's price that a day's lateness gives back."""

    premium: float = Field(default=0.0, ge=0, le=50)
    """Most that winners are paid above their bids together, per cent of these."""

    key: str | None = Field(default=None, max_length=128)


class Copy(BaseModel):
    """For whom a design is copied."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    recipient: str = Field(max_length=128)


def build_api(participant: Participant, tokens: Tokens) -> FastAPI:  # noqa: C901  # one function a route
    """The application for one node; every path but ``PUBLIC`` asks for a token, and the table whether it is enough."""
    permit = Depends(Permit(participant))
    api = FastAPI(title="Guildmark node", version="1", docs_url=None, redoc_url=None, dependencies=[permit])

    @api.middleware("http")
    async def authenticate(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path not in PUBLIC:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            subject = tokens.subject_of(token) if scheme == "Bearer" else None
            if subject is None:
                return problem(
                    401, "not-permitted", "this node asks for a token; its operator's is in the file api.token"
                )
            request.state.subject = subject
        return await call_next(request)

    @api.exception_handler(DeniedError)
    async def deny(_request: Request, error: DeniedError) -> Response:
        return problem(403, "not-permitted", str(error))

    @api.exception_handler(NodeError)
    async def refuse(_request: Request, error: NodeError) -> Response:
        match error:
            case RequestError():
                return problem(422, error.code, error.text)
            case UnknownError():
                return problem(404, "unknown", str(error))
            case UnavailableError():
                return problem(503, "unavailable", str(error))
        return problem(500, "failed", str(error))

    @api.get("/healthz")
    async def healthz() -> Document:
        return {"status": "ok", "name": participant.name}

    @api.get("/status")
    async def status() -> Document:
        return await participant.status()

    @api.get("/doctor")
    async def doctor() -> Document:
        return await participant.doctor()

    @api.get("/schedule")
    async def schedule() -> Document:
        return await participant.schedule()

    @api.post("/estimates")
    async def estimates(request: Request, wishes: Annotated[Wishes, Query()]) -> Document:
        return await participant.estimate(await _body(request), wishes)

    @api.post("/jobs", status_code=201)
    async def post(request: Request, wishes: Annotated[Wishes, Query()]) -> Document:
        return await participant.post(await _body(request), wishes)

    @api.get("/jobs")
    async def jobs(request: Request) -> Document:
        return {"jobs": seen_jobs(participant, request.state.subject)}

    @api.get("/jobs/{job}")
    async def job_of(job: str) -> Document:
        return participant.job(job)

    @api.post("/jobs/{job}/cancellation", status_code=201)
    async def cancel(job: str) -> Document:
        return await participant.cancel(job)

    @api.post("/jobs/{job}/again", status_code=201)
    async def again(job: str) -> Document:
        return await participant.again(job)

    @api.post("/jobs/{job}/improvement", status_code=201)
    async def improve(job: str, number: Annotated[int | None, Query(ge=1)] = None) -> Document:
        return await participant.improve(job, number)

    @api.get("/jobs/{job}/transcript")
    async def transcript(job: str) -> Response:
        return Response(participant.transcript(job), media_type="application/octet-stream")

    @api.get("/jobs/{job}/charge")
    async def charge(job: str) -> Response:
        return Response(participant.charge(job), media_type="application/octet-stream")

    @api.get("/jobs/{job}/events")
    async def events(job: str, after: int = 0) -> StreamingResponse:
        stream = participant.stream(job)
        return StreamingResponse(_sse(participant, stream, after), media_type="text/event-stream")

    @api.get("/releases")
    async def releases(job: str | None = None) -> Document:
        return await participant.releases(job)

    @api.post("/jobs/{job}/design")
    async def design(request: Request, job: str, copy: Copy) -> Response:
        by = request.state.subject.name
        content = await participant.export_design(job, copy.recipient, by)
        return Response(content, media_type="application/octet-stream")

    @api.delete("/jobs/{job}/licences")
    async def licences(request: Request, job: str) -> Document:
        return await participant.revoke_licences(job, request.state.subject.name)

    @api.post("/custody/{order}/packages/{package}")
    async def package(order: str, package: int) -> Response:
        content = await participant.open_package(order, package)
        return Response(content, media_type="application/octet-stream")

    @api.get("/parts/{serial}/bundle")
    async def bundle(serial: str, *, lot: bool = False) -> Response:
        return Response(await participant.bundle(serial, lot=lot), media_type="application/octet-stream")

    @api.get("/parts/{serial}/audit")
    async def audit(serial: str) -> Document:
        return await participant.audit(serial)

    api.include_router(governance_routes(participant))
    api.include_router(dispute_routes(participant))
    api.include_router(shop_routes(participant))
    api.include_router(network_routes(participant))
    api.include_router(access_routes(tokens))
    return api


def problem(status: int, code: str, text: str) -> JSONResponse:
    """An error as the command line expects it."""
    return JSONResponse({"code": code, "text": text}, status_code=status)


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_UPLOAD:
            raise RequestError(
                "too-large", f"the file has more than {MAX_UPLOAD // 2**20} MiB; send one part at a time"
            )
    return bytes(content)


async def _sse(participant: Participant, stream: str, after: int) -> AsyncIterator[bytes]:
    async for document in participant.events(stream, after):
        yield f"id: {document.get('id', '')}\ndata: {json.dumps(document)}\n\n".encode()
