"""Post jobs and follow them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.commands.inspect import text as explained
from node.commands.shared import EXIT_NO, Command, State

if TYPE_CHECKING:
    from node.client import Client


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--material", default="EN AW-6082", show_default=True, help="Designation under its standard.")
@click.option("--quantity", default=4, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--tolerance", default=100, show_default=True, type=click.IntRange(1), help="Full width in micrometres.")
@click.option("--process", default=None, help="Force a process, such as 'milling'. Default: the best feasible one.")
@click.option("--unit", default=None, type=click.Choice(["um", "mm", "cm", "m", "in", "ft"]), help="The file's unit.")
@click.option("--thickness", default=None, type=click.FloatRange(0.05, 100), help="Of a drawing's sheet, millimetres.")
@click.option("--embodied", default=None, type=click.IntRange(0), help="Grams of CO2 per kilogram of the material.")
@click.option("--heat-treat/--no-heat-treat", default=None, help="Default: as is usual for the material.")
@click.option("--coat", is_flag=True, help="Ask for a coating.")
@click.option("--after", multiple=True, help="What an operation waits for: 3:1,2, or 2: for nothing. Repeatable.")
@click.option("--due-days", default=14.0, show_default=True, type=float, help="Days from now (plant time).")
@click.option("--budget", default=None, help="Escrow ceiling, such as 1250.50. Default: twice the high estimate.")
@click.option("--hour", default="1.00", show_default=True, help="What one hour earlier is worth to you.")
@click.option("--co2-tonne", default="100.00", show_default=True, help="What a tonne of CO2 less is worth to you.")
@click.option("--grade", default="0.00", show_default=True, help="What a better quality class is worth, an operation.")
@click.option("--kilometre", default="0.00", show_default=True, help="What a kilometre less between makers is worth.")
@click.option("--worst-grade", default=9, show_default=True, type=click.IntRange(0, 9), help="Quality class at least.")
@click.option("--within-km", default=None, type=click.IntRange(0, 100_000), help="Farthest that a maker may stand.")
@click.option(
    "--classification",
    default="public",
    show_default=True,
    type=click.Choice(["public", "partners", "confidential", "restricted"]),
    help="Who may hear of it: everybody, or the partners in node.toml that are cleared for it.",
)
@click.option("--jurisdiction", multiple=True, help="Country whose law its makers must stand under, such as DE.")
@click.option("--late", default=0.0, show_default=True, type=click.FloatRange(0, 100), help="Agreed damages, % a day.")
@click.option("--premium", default=0.0, show_default=True, type=click.FloatRange(0, 50), help="Above bids, % (VCG).")
@click.option("--key", default=None, help="Idempotency key: the same key posts the same job once.")
@click.option("--estimate", "estimate_only", is_flag=True, help="Only say what it would take; post nothing.")
@click.option("--watch/--no-watch", default=False, help="Follow the job until it ends.")
@click.pass_obj
def post(state: State, /, file: Path, *, estimate_only: bool, watch: bool, **wishes: Any) -> None:
    """Post a job to make the part in FILE (STEP, STL, 3MF, OBJ or DXF)."""
    with state.client() as client:
        content = file.read_bytes()
        if estimate_only:
            document = client.estimate(file.name, content, wishes)
            state.show(document, explained(document))
            return
        document = client.post(file.name, content, wishes)
        if not watch:
            state.show(document, f"{document['job']}\n\nFollow it:  guildmark watch {document['job'][:12]}")
            return
        _follow(state, client, document["job"])


@click.command(cls=Command)
@click.pass_obj
def jobs(state: State) -> None:
    """List the node's jobs: those it posted and those it answers."""
    with state.client() as client:
        document = client.jobs()
        lines = [f"{j['job'][:12]}  {j['role']:8}  {j['phase']:11}  {j['title']}" for j in document["jobs"]]
        state.show(document, "\n".join(lines) or "no jobs")


@click.command(cls=Command)
@click.argument("job")
@click.pass_obj
def watch(state: State, job: str) -> None:
    """Follow JOB (an unambiguous prefix will do) until it ends, then show how it stands."""
    with state.client() as client:
        _follow(state, client, job)


@click.command(cls=Command)
@click.argument("job")
@click.pass_obj
def cancel(state: State, job: str) -> None:
    """Take JOB back before its auction is decided; its escrow comes back."""
    with state.client() as client:
        document = client.cancel(job)
        state.show(document, _job_text(document))


@click.command(cls=Command)
@click.argument("job")
@click.pass_obj
def again(state: State, job: str) -> None:
    """Order anew the parts that JOB, which is over, did not bring about; asked twice it is one order."""
    with state.client() as client:
        document = client.again(job)
        state.show(document, f"{document['job']}\n\nFollow it:  guildmark watch {document['job'][:12]}")


@click.command(cls=Command)
@click.argument("job")
@click.argument("number", required=False, type=click.IntRange(1))
@click.option("--watch/--no-watch", default=False, help="Follow the job until it ends.")
@click.pass_obj
def improve(state: State, job: str, number: int | None, *, watch: bool) -> None:
    """Auction assignment NUMBER of JOB again, or the dearest that has not begun; kept only if the order gets better."""
    with state.client() as client:
        document = client.improve(job, number)
        if not watch:
            state.show(document, f"auctioned again\n\nFollow it:  guildmark watch {document['job'][:12]}")
            return
        _follow(state, client, document["job"])


def _follow(state: State, client: "Client", job: str) -> None:
    for event in client.events(job):
        if event.get("text"):
            click.echo(f"{event['at']}  {event['text']}", err=True)
    document = client.job(job)
    state.show(document, _job_text(document))
    sys.exit(EXIT_NO if document["phase"] == "cancelled" else 0)


def _job_text(document: dict[str, Any]) -> str:
    lines = [f"job {document['job'][:12]}  {document['title']}: {document['phase']}"]
    lines += [
        f"  {a['operation']:22} {a['provider']:12} {a['price']:>14}  {a['stage']}" for a in document["assignments"]
    ]
    lines += [f"  {b['provider']} was not invited: {b['reason']}" for b in document["not_invited"]]
    lines += [f"  part {part['number']}  serial {part['serial']}" for part in document["parts"]]
    lines += [f"  {told['text']}" for told in document.get("setbacks", [])]
    lines += [f"  {replaced['text']}" for replaced in document.get("replacements", [])]
    lines += [f"  {tried}" for tried in document.get("tried", [])]
    if document["reason"]:
        lines.append(document["reason"])
    return "\n".join(lines)
