"""``guildmark-devnet``: the demonstration, or a federation that is left running; Ctrl-C stops all of it."""

import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

import click

from devnet.demo import print_summary, run
from devnet.federation import NODES, auditors, running
from devnet.processes import StartError
from node.client import DEVNET
from node.errors import NodeError
from node.faults import report

SAMPLE = Path(__file__).parent / "parts" / "bracket.step"


@click.group()
def cli() -> None:
    """Run a whole federation on this machine."""


@cli.command()
@click.option("--file", "part", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=SAMPLE)
@click.option("--material", default="EN AW-6082", show_default=True)
@click.option("--quantity", default=4, type=click.IntRange(1, 1000), show_default=True)
@click.option("--tolerance", default=100, show_default=True, help="Micrometres, full width.")
@click.option("--due-days", default=14.0, show_default=True)
@click.option("--budget", default=None)
@click.option("--hour", default="1.00", show_default=True, help="What one hour earlier is worth.")
@click.option("--co2-tonne", default="100.00", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the federation's folder here.")
def demo(part: Path, *, as_json: bool, keep: Path | None, **wishes: Any) -> None:
    """Make a part, end to end, and verify it."""
    root = keep or Path(tempfile.mkdtemp(prefix="guildmark-"))
    try:
        summary = run(root, part, wishes)
    finally:
        if keep is None:
            shutil.rmtree(root, ignore_errors=True)
    print_summary(summary, as_json=as_json)
    sys.exit(0 if summary["ok"] else 1)


@cli.command()
@click.option("--folder", type=click.Path(path_type=Path), default=DEVNET, show_default=True)
@click.option(
    "--auditors",
    "count",
    type=click.IntRange(1, 9),
    default=1,
    show_default=True,
    help="Three sit as a panel over a dispute, and keep designs' keys.",
)
def up(folder: Path, count: int) -> None:
    """Leave a federation running until Ctrl-C; what it has done is still there at the next start."""
    nodes = (*NODES, *auditors(count)[1:])
    with running(folder, lambda text: click.echo(text, err=True), nodes=nodes) as federation:
        click.echo(f"ledger    {federation.ledger_url}")
        for name in federation.nodes:
            with federation.client(name) as client:
                click.echo(
                    f"{name:9} {federation.layout.node(name).url.read_text().strip()}  peers {client.status()['peers']}"
                )
        click.echo("try: .venv/bin/guildmark post devnet/parts/bracket.step --watch      (Ctrl-C stops the federation)")
        signal.pause()


def main() -> None:
    """Entry point: SIGTERM ends it as Ctrl-C does; every process that was started is stopped."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, _interrupt)
    try:
        cli.main(standalone_mode=False)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("stopped; nothing is left running", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except StartError as error:
        click.echo(f"guildmark-devnet: {error}", err=True)
        sys.exit(1)
    except NodeError as error:
        sys.exit(report(error))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
