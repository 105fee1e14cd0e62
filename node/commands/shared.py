"""What all commands share: the options that mean the same everywhere, and the exit codes."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from node.client import Client

EXIT_NO = 3
EXIT_UNDECIDED = 5
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
WHOSE_HELP = "File with the token to show. Default: the operator's, in the node's folder."
NODE_HELP = "A node's folder, its API address, or its name in a running devnet."


class State:
    """What every command needs to know."""

    def __init__(self) -> None:
        self.node = "customer"
        self.as_json = False
        self.token_file: Path | None = None

    def client(self) -> "Client":
        """A client of the node that was asked for."""
        from node.client import connect

        return connect(self.node, self.token_file)

    def show(self, document: Any, text: str) -> None:
        """One JSON document or the text for people, on standard output."""
        click.echo(json.dumps(document, indent=2, ensure_ascii=False) if self.as_json else text)


def _share(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a given option in the state; the command itself does not see it."""
    if value and parameter.name is not None:
        setattr(context.ensure_object(State), parameter.name, value)


def shared_options() -> list[click.Parameter]:
    """``--node`` and ``--json`` mean the same before and after the command's name."""
    shown = "Print one JSON document."
    return [
        click.Option(["--node"], help=NODE_HELP, callback=_share, expose_value=False, envvar="GUILDMARK_NODE"),
        click.Option(
            ["--token-file"],
            help=WHOSE_HELP,
            callback=_share,
            expose_value=False,
            type=_FILE,
            envvar="GUILDMARK_TOKEN_FILE",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help=shown, callback=_share, expose_value=False),
    ]


class Command(click.Command):
    """A command that takes the shared options too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.params += shared_options()


class Group(click.Group):
    """A group of such commands, such as ``guildmark net``."""

    command_class = Command


def passphrase_from(file: Path | None) -> bytes:
    """The passphrase in ``file``, else the one that systemd passes as a credential, else a question.

    Never an argument or a variable of the environment: others can read those.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if file is None and folder is not None and (Path(folder) / "guildmark.passphrase").is_file():
        file = Path(folder) / "guildmark.passphrase"
    if file is not None:
        return file.read_bytes().rstrip(b"\r\n")
    return str(click.prompt("Passphrase of the identity", hide_input=True, err=True)).encode()
