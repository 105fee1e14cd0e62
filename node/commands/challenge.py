"""Prove that somebody did wrong in an auction, and judge such a proof offline."""

import sys
from pathlib import Path

import click

from node.commands.shared import EXIT_NO, Group, State

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(cls=Group)
def challenge() -> None:
    """Charges as files: a sealed bid that a customer left out, two words where one is meant."""


@challenge.command()
@click.argument("job")
@click.argument("file", type=_FILE)
@click.pass_obj
def save(state: State, job: str, file: Path) -> None:
    """Write the proof that JOB's customer left this node's sealed bid out to FILE."""
    with state.client() as client:
        content = client.charge(job)
    file.write_bytes(content)
    state.show({"file": str(file), "bytes": len(content)}, f"{file}: {len(content):,} bytes; anybody can judge it")


@challenge.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def judge(state: State, file: Path) -> None:
    """Say whom the charge in FILE convicts, without a node; exits with 3 if it proves nothing."""
    from protocol.charge import judge as judged
    from protocol.errors import ProtocolError

    try:
        guilty = judged(file.read_bytes()).hex()
    except ProtocolError as error:
        state.show({"guilty": None, "why": str(error)}, f"NO   it proves nothing: {error}")
        sys.exit(EXIT_NO)
    state.show({"guilty": guilty, "why": ""}, f"ok   it convicts {guilty}")
