"""The ``guildmark`` command: parses, asks one node, renders; the server stack is imported only by ``serve``.

Standard output is data, standard error is talk. Exit codes: 0 done, 1 failed, 2 wrong use, 3 the answer is no,
4 not permitted, 5 cannot be decided, 6 node unreachable, 130 interrupted.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from node.client import Client

EXIT_NO = 3
EXIT_UNDECIDED = 5
NODE_HELP = "A node's folder, its API address, or its name in a running devnet."


class _State:
    """What every command needs to know."""

    def __init__(self) -> None:
        self.node = "customer"
        self.as_json = False

    def client(self) -> "Client":
        from node.client import connect

        return connect(self.node)

    def show(self, document: Any, text: str) -> None:
        """One JSON document or the text for people, on standard output."""
        click.echo(json.dumps(document, indent=2, ensure_ascii=False) if self.as_json else text)


def _share(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a given option in the state; the command itself does not see it."""
    if value and parameter.name is not None:
        setattr(context.ensure_object(_State), parameter.name, value)


class _Command(click.Command):
    """A command that takes the shared options too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.params += _shared()


def _shared() -> list[click.Parameter]:
    """``--node`` and ``--json`` mean the same before and after the command's name."""
    shown = "Print one JSON document."
    return [
        click.Option(["--node"], help=NODE_HELP, callback=_share, expose_value=False, envvar="GUILDMARK_NODE"),
        click.Option(["--json", "as_json"], is_flag=True, help=shown, callback=_share, expose_value=False),
    ]


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, params=_shared())
@click.version_option(package_name="guildmark")
@click.pass_context
def cli(context: click.Context) -> None:
    """Post jobs, watch them being made, and verify any part of the federation.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 the answer is no, 4 not permitted, 5 cannot be decided,
    6 node unreachable, 130 interrupted.
    """
    context.ensure_object(_State)


cli.command_class = _Command


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def serve(folder: Path) -> None:
    """Run the node whose configuration is FOLDER/node.toml until it is interrupted."""
    from node.app import run

    run(folder)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--material", default="EN AW-6082", show_default=True, help="Designation under its standard.")
@click.option("--quantity", default=4, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--tolerance", default=100, show_default=True, type=click.IntRange(1), help="Full width in micrometres.")
@click.option("--process", default=None, help="Force a process, such as 'milling'. Default: the best feasible one.")
@click.option("--due-days", default=14.0, show_default=True, type=float, help="Days from now (plant time).")
@click.option("--budget", default=None, help="Escrow ceiling, such as 1250.50. Default: twice the high estimate.")
@click.option("--hour", default="1.00", show_default=True, help="What one hour earlier is worth to you.")
@click.option("--co2-tonne", default="100.00", show_default=True, help="What a tonne of CO2 less is worth to you.")
@click.option("--key", default=None, help="Idempotency key: the same key posts the same job once.")
@click.option("--estimate", "estimate_only", is_flag=True, help="Only say what it would take; post nothing.")
@click.option("--watch/--no-watch", default=False, help="Follow the job until it ends.")
@click.pass_obj
def post(state: _State, /, file: Path, *, estimate_only: bool, watch: bool, **wishes: Any) -> None:
    """Post a job to make the part in FILE (STEP)."""
    with state.client() as client:
        content = file.read_bytes()
        if estimate_only:
            document = client.estimate(file.name, content, wishes)
            state.show(document, _estimate_text(document))
            return
        document = client.post(file.name, content, wishes)
        if not watch:
            state.show(document, f"{document['job']}\n\nFollow it:  guildmark watch {document['job'][:12]}")
            return
        _follow(state, client, document["job"])


@cli.command()
@click.pass_obj
def jobs(state: _State) -> None:
    """List the node's jobs: those it posted and those it answers."""
    with state.client() as client:
        document = client.jobs()
        lines = [f"{j['job'][:12]}  {j['role']:8}  {j['phase']:11}  {j['title']}" for j in document["jobs"]]
        state.show(document, "\n".join(lines) or "no jobs")


@cli.command()
@click.argument("job")
@click.pass_obj
def watch(state: _State, job: str) -> None:
    """Follow JOB (an unambiguous prefix will do) until it ends, then show how it stands."""
    with state.client() as client:
        _follow(state, client, job)


@cli.command()
@click.argument("part")
@click.option("--checkpoint", default=None, help="Trusted block hash for an offline bundle: NUMBER:0xHASH.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Also write the part's bundle here.")
@click.pass_obj
def audit(state: _State, part: str, checkpoint: str | None, save: Path | None) -> None:
    """Verify PART: a serial (asks the node), or a bundle file (offline)."""
    from node.workflows.audit_part import audit_file

    if Path(part).is_file():
        document = audit_file(Path(part), state.node, checkpoint)
    else:
        with state.client() as client:
            document = client.audit(part)
            if save is not None:
                save.write_bytes(client.bundle(part))
    state.show(document, _audit_text(document))
    sys.exit({"holds": 0, "contradicted": EXIT_NO, "not checkable": EXIT_UNDECIDED}[document["verdict"]])


@cli.command()
@click.pass_obj
def schedule(state: _State) -> None:
    """Show what the node's machines hold, for the next three days of plant time."""
    with state.client() as client:
        document = client.schedule()
        state.show(document, document["gantt"])


@cli.command()
@click.pass_obj
def doctor(state: _State) -> None:
    """Say what is wrong with the node, and what to do about it."""
    with state.client() as client:
        document = client.doctor()
        lines = [f"{c['status']:5} {c['what']:10} {c['text']}" for c in document["checks"]]
        state.show(document, "\n".join(lines))
    sys.exit(EXIT_NO if any(check["status"] == "fail" for check in document["checks"]) else 0)


def _follow(state: _State, client: "Client", job: str) -> None:
    for event in client.events(job):
        if event.get("text"):
            click.echo(f"{event['at']}  {event['text']}", err=True)
    document = client.job(job)
    state.show(document, _job_text(document))
    sys.exit(EXIT_NO if document["phase"] == "cancelled" else 0)


def _estimate_text(document: dict[str, Any]) -> str:
    head = f"{document['part']}\n"
    rows = [f"  {o['number']}. {o['process']:22} {o['basis']}" for o in document["operations"]]
    foot = [f"price {document['price']}", f"time  {document['time']}", f"CO2   {document['co2']}"]
    return "\n".join([head, *rows, "", *foot, *(f"note: {note}" for note in document["notes"])])


def _job_text(document: dict[str, Any]) -> str:
    lines = [f"job {document['job'][:12]}  {document['title']}: {document['phase']}"]
    lines += [
        f"  {a['operation']:22} {a['provider']:12} {a['price']:>14}  {a['stage']}" for a in document["assignments"]
    ]
    lines += [f"  part {part['number']}  serial {part['serial']}" for part in document["parts"]]
    if document["reason"]:
        lines.append(document["reason"])
    return "\n".join(lines)


def _audit_text(document: dict[str, Any]) -> str:
    mark = {"holds": "ok", "contradicted": "NO", "not checkable": "??"}
    lines = [f"Part {document['serial']}"]
    lines += [f"  {mark[check['outcome']]}   {check['what']:28} {check['text']}" for check in document["checks"]]
    return "\n".join([*lines, "", f"{document['verdict']}: {document['summary']}"])


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
