"""Who may do what at a node: give tokens to people, take them back, show the table."""

from pathlib import Path

import click

from node.commands.shared import Group, State

_NEW = click.Path(path_type=Path, dir_okay=False)


@click.group(cls=Group)
def access() -> None:
    """Let others work with the node: a token for each, with one role."""


@access.command()
@click.argument("name")
@click.argument("role", type=click.Choice(["customer", "provider", "auditor"]))
@click.argument("file", type=_NEW)
@click.pass_obj
def give(state: State, name: str, role: str, file: Path) -> None:
    """Make a token for NAME with ROLE and write it into FILE, readable by you alone; it is kept nowhere else."""
    import os

    with state.client() as client:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            document = client.access("POST", "/tokens", {"name": name, "role": role})
            target.write(document.pop("token") + "\n")
        state.show({**document, "file": str(file)}, f"written: {file}; use it with: guildmark --token-file {file}")


@access.command()
@click.argument("name")
@click.pass_obj
def take(state: State, name: str) -> None:
    """End the token of NAME at once."""
    with state.client() as client:
        state.show(client.access("DELETE", f"/tokens/{name}"), f"{name} has no token any more")


@access.command(name="list")
@click.pass_obj
def list_tokens(state: State) -> None:
    """Show who has a token, and for which role."""
    with state.client() as client:
        document = client.access("GET", "/tokens")
        rows = [f"{row['role']:9} {row['name']}" for row in document["tokens"]]
        state.show(document, "\n".join(rows) or "nobody but the operator")


@access.command()
@click.pass_obj
def table(state: State) -> None:
    """Show what each role may do; whatever it does not name is refused."""
    from node.access.table import RULES

    rows = [
        {
            "action": rule.action.value,
            "roles": sorted(role.value for role in rule.roles),
            "states": sorted(one.value for one in rule.states),
            "ties": sorted(tie.value for tie in rule.ties),
            "why": rule.why,
        }
        for rule in RULES
    ]
    lines = [f"{', '.join(row['roles']):40} {row['action']} ({', '.join(row['ties'])})" for row in rows]
    state.show({"rules": rows}, "\n".join(lines))
