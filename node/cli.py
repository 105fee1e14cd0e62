"""The ``guildmark`` command: parses, asks one node, renders; the server stack is imported only by ``serve``.

Standard output is data, standard error is talk. Exit codes: 0 done, 1 failed, 2 wrong use, 3 the answer is no,
4 not permitted, 5 cannot be decided, 6 node unreachable, 130 interrupted.
"""

import sys
from importlib import import_module
from typing import ClassVar

import click
from typing_extensions import override

from node.commands.shared import State, shared_options


class _Commands(click.Group):
    """Finds each command in its module, imported only when it is asked for."""

    homes: ClassVar[dict[str, str]] = {
        "serve": "serve",
        "inspect": "inspect",
        "post": "jobs",
        "jobs": "jobs",
        "watch": "jobs",
        "cancel": "jobs",
        "again": "jobs",
        "improve": "jobs",
        "audit": "audit",
        "vault": "vault",
        "access": "access",
        "gov": "gov",
        "dispute": "dispute",
        "export": "export",
        "shop": "shop",
        "doctor": "shop",
        "ledger": "ledger",
        "auction": "auction",
        "challenge": "challenge",
        "net": "net",
    }
    """Which module of ``node.commands`` holds the command or group of that name."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.homes)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.homes:
            return None
        command: click.Command = getattr(import_module(f"node.commands.{self.homes[cmd_name]}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, params=shared_options())
@click.version_option(package_name="guildmark")
@click.pass_context
def cli(context: click.Context) -> None:
    """Post jobs, watch them being made, and verify any part of the federation.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 the answer is no, 4 not permitted, 5 cannot be decided,
    6 node unreachable, 130 interrupted.
    """
    context.ensure_object(State)


def main() -> None:
    """Entry point; turns our own errors into one line and the exit code that says whose fault it is."""
    from node.faults import report

    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted; what was posted stays posted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001  # the outermost edge: a person gets a sentence, not a traceback
        sys.exit(report(error))
