"""How the node is connected."""

import sys
from typing import Any

import click

from node.commands.shared import EXIT_NO, Group, State


@click.group(cls=Group)
def net() -> None:
    """See how the node is connected, and why not."""


@net.command()
@click.pass_obj
def peers(state: State) -> None:
    """List who is connected."""
    with state.client() as client:
        document = client.network("/peers")
        state.show(
            document, "\n".join(map(_row, document["peers"])) or "connected to nobody; try: guildmark net doctor"
        )


@net.command()
@click.pass_obj
def machines(state: State) -> None:
    """List every machine of the directory, with its free time in the next weeks."""
    with state.client() as client:
        document = client.network("/machines")
        state.show(document, "\n".join(map(_machine, document["machines"])) or "the directory is empty")


@net.command()
@click.argument("process")
@click.argument("material", default="")
@click.pass_obj
def find(state: State, process: str, material: str) -> None:
    """Look for providers of PROCESS, and of MATERIAL if given, beyond the machines that this node knows of."""
    with state.client() as client:
        document = client.network("/find", process=process, material=material)
        asked = f"nobody found; {document['asked_from']} members were there to ask"
        state.show(document, "\n".join(map(_provider, document["providers"])) or asked)


@net.command()
@click.argument("who")
@click.pass_obj
def ping(state: State, who: str) -> None:
    """Ask WHO for an echo: a name, a prefix of an identity, or an address (/ip4/.../tcp/.../p2p/...)."""
    with state.client() as client:
        document = client.network("/ping", who=who)
        state.show(document, f"{document['name']} answers in {document['milliseconds']} ms")


@net.command()
@click.pass_obj
def doctor(state: State) -> None:
    """Explain the node's connectivity, and what to do about it."""
    with state.client() as client:
        document = client.network("/doctor")
        lines = [f"{c['status']:5} {c['what']:10} {c['text']}" for c in document["checks"]]
        state.show(document, "\n".join(lines))
    sys.exit(EXIT_NO if any(check["status"] == "fail" for check in document["checks"]) else 0)


def _machine(machine: dict[str, Any]) -> str:
    told = machine["free_quarters"]
    free = "does not tell" if told is None else "".join(" .:|#"[quarters] for quarters in told)
    return f"{machine['provider']:12} {machine['machine']:18} {machine['process']:22} {free}"


def _provider(provider: dict[str, Any]) -> str:
    there = "connected" if provider["connected"] else "not reached"
    return f"{provider['name']:12} {provider['peer'][:8]}  {there:11} {', '.join(provider['machines'])}"


def _row(peer: dict[str, Any]) -> str:
    where = "by relay" if peer["relayed"] else next(iter(peer["addresses"]), "")
    standing = "member" if peer["member"] else "stranger"
    return (
        f"{peer['name']:12} {peer['peer'][:8]}  {where:21} {peer['direction']:10} {standing:8} in {peer['mesh']} meshes"
    )
