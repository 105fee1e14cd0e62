"""The routes that look into the node's connections."""

from fastapi import APIRouter

from node.participant import Participant
from node.views import Document


def network_routes(participant: Participant) -> APIRouter:
    """Routes under ``/network``."""
    routes = APIRouter(prefix="/network")

    @routes.get("/peers")
    async def peers() -> Document:
        return participant.connections.peers()

    @routes.get("/machines")
    async def machines() -> Document:
        return participant.connections.machines()

    @routes.get("/find")
    async def find(process: str, material: str = "") -> Document:
        return await participant.connections.find(process, material)

    @routes.get("/ping")
    async def ping(who: str) -> Document:
        return await participant.connections.ping(who)

    @routes.get("/doctor")
    async def doctor() -> Document:
        return await participant.connections.doctor()

    return routes
