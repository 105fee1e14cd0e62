"""The routes of the members' assembly; each parses, asks ``Assembly``, and renders."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from governance.bounds import MAX_REASON
from node.participant import Participant
from node.views import Document

MAX_TEXT = 32 * 1024
"""Characters of a proposal; the longest that can be adopted is well below."""

MAX_FILES = 100
MAX_FILE = 4 * 1024 * 1024
"""Characters of one of them in base64."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Proposed(_Asked):
    """A proposal to file."""

    text: str = Field(max_length=MAX_TEXT)


class Previewed(_Asked):
    """A proposal to try, or the number of one that is filed, on past auctions: bundles or transcripts in base64."""

    text: str = Field(max_length=MAX_TEXT)
    files: list[Annotated[str, Field(max_length=MAX_FILE)]] = Field(default=[], max_length=MAX_FILES)


class Vote(_Asked):
    """A vote to cast."""

    choice: Literal["for", "against", "abstain"]
    reason: str = Field(default="", max_length=MAX_REASON)


def governance_routes(participant: Participant) -> APIRouter:
    """Everything below ``/governance``."""
    api = APIRouter(prefix="/governance")
    assembly, names = participant.assembly, participant.name_of

    @api.get("")
    async def overview() -> Document:
        return await assembly.overview(names)

    @api.post("/preview")
    async def preview(asked: Previewed) -> Document:
        return await assembly.preview(asked.text, asked.files)

    @api.post("/pause")
    async def pause() -> Document:
        return await assembly.call_pause(names)

    @api.post("/proposals", status_code=201)
    async def propose(asked: Proposed) -> Document:
        return await assembly.propose(asked.text, names)

    @api.get("/proposals/{proposal}")
    async def show(proposal: str) -> Document:
        return await assembly.show(proposal, names)

    @api.post("/proposals/{proposal}/vote")
    async def vote(proposal: str, asked: Vote) -> Document:
        return await assembly.vote(proposal, asked.choice, asked.reason, names)

    @api.post("/proposals/{proposal}/queue")
    async def queue(proposal: str) -> Document:
        return await assembly.queue(proposal, names)

    @api.post("/proposals/{proposal}/execute")
    async def execute(proposal: str) -> Document:
        return await assembly.execute(proposal, names)

    @api.post("/proposals/{proposal}/cancel")
    async def cancel(proposal: str) -> Document:
        return await assembly.cancel(proposal, names)

    return api
