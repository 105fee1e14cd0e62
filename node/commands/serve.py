"""Run a node."""

from pathlib import Path

import click

from node.commands.shared import Command


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def serve(folder: Path) -> None:
    """Run the node whose configuration is FOLDER/node.toml until it is interrupted."""
    from node.app import run

    run(folder)
