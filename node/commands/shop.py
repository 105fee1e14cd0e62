"""How the node and its machines stand."""

import sys

import click

from node.commands.shared import EXIT_NO, Command, State


@click.command(cls=Command)
@click.pass_obj
def schedule(state: State) -> None:
    """Show what the node's machines hold, for the next three days of plant time."""
    with state.client() as client:
        document = client.schedule()
        state.show(document, document["gantt"])


@click.command(cls=Command)
@click.pass_obj
def doctor(state: State) -> None:
    """Say what is wrong with the node, and what to do about it."""
    with state.client() as client:
        document = client.doctor()
        lines = [f"{c['status']:5} {c['what']:10} {c['text']}" for c in document["checks"]]
        state.show(document, "\n".join(lines))
    sys.exit(EXIT_NO if any(check["status"] == "fail" for check in document["checks"]) else 0)
