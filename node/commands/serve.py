"""Run a node."""

from pathlib import Path

import click

from node.commands.shared import Command, passphrase_from


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Opens a locked identity. Default: the credential guildmark.passphrase of the service manager, or a question.",
)
def serve(folder: Path, passphrase_file: Path | None) -> None:
    """Run the node whose configuration is FOLDER/node.toml until it is interrupted."""
    from node.serving import run

    run(folder, lambda: passphrase_from(passphrase_file))
