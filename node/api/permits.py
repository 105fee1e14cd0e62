"""The one place where a request is allowed or refused: its token says who, its route what, and the table whether."""

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from node.access.routes import LISTS, action_of
from node.access.table import Action, Role, State, Subject, Tie, authorize, permits
from node.access.tokens import Tokens
from node.errors import RequestError, UnknownError
from node.participant import Participant
from node.views import Document
from node.workflows.ties import person_tie, state_of

PUBLIC: Final = ("/healthz", "/openapi.json")
"""Paths that ask for no token."""


class Asked(BaseModel):
    """A token to give."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1, max_length=64, pattern="^[A-Za-z0-9 ._-]+$")
    role: str = Field(max_length=16)


class Permit:
    """Asks the table before a route runs; a dependency of every route."""

    def __init__(self, participant: Participant) -> None:
        self._participant = participant

    async def __call__(self, request: Request) -> None:
        """Pass, or refuse.

        Raises:
            DeniedError: the table does not allow it.
        """
        if request.url.path in PUBLIC:
            return
        subject: Subject = request.state.subject
        path = request.scope["route"].path
        action = action_of(request.method, path)
        prefix = request.path_params.get("job") or request.query_params.get("job")
        if f"{request.method} {path}" in LISTS:
            authorize(subject, action, state=State.OPEN, tie=Tie.OWN)  # and each row is asked for on its own
            return
        if prefix is None or "/disputes" in path:
            authorize(subject, action, state=State.NONE, tie=Tie.OWN)
            return
        try:
            job = self._participant.state(self._participant.stream(prefix))
        except (RequestError, UnknownError):
            known = next((s for s in State if permits(subject, action, state=s, tie=Tie.OWN)), State.NONE)
            authorize(subject, action, state=known, tie=Tie.OWN)  # and the route says itself what is wrong
            return
        tie = Tie.OWN if any(person_tie(job, role) is Tie.OWN for role in subject.roles) else Tie.OTHER
        authorize(subject, action, state=state_of(job), tie=tie)


def seen_jobs(participant: Participant, subject: Subject) -> list[Document]:
    """The jobs that the subject may see, oldest first."""

    def may(role: Role, stream: str) -> bool:
        job = participant.state(stream)
        alone = Subject(name=subject.name, roles=frozenset({role}))
        return permits(alone, Action.SEE_JOB, state=state_of(job), tie=person_tie(job, role))

    return participant.jobs(lambda stream: any(may(role, stream) for role in subject.roles))


def access_routes(tokens: Tokens) -> APIRouter:
    """Everything below ``/access``."""
    routes = APIRouter(prefix="/access")

    @routes.get("/tokens")
    async def tokens_given() -> Document:
        return {"tokens": [{"name": grant.name, "role": grant.role.value} for grant in tokens.grants]}

    @routes.post("/tokens", status_code=201)
    async def give(asked: Asked) -> Document:
        return {"name": asked.name, "role": asked.role, "token": tokens.grant(asked.name, asked.role)}

    @routes.delete("/tokens/{name}")
    async def take(name: str) -> Document:
        tokens.revoke(name)
        return {"revoked": name}

    return routes
