"""Re-verify an auction, ask why it ended as it did, or export it; from one file, without a node or a solver."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from node.commands.shared import EXIT_NO, Command, Group, State

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group(cls=Group)
def auction() -> None:
    """Auctions as files: save one, verify it offline, explain it, export it."""


@auction.command(cls=Command)
@click.argument("job")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def save(state: State, job: str, file: Path) -> None:
    """Write the transcript of JOB, one that this node posted, to FILE."""
    with state.client() as client:
        content = client.transcript(job)
    file.write_bytes(content)
    state.show({"file": str(file), "bytes": len(content)}, f"{file}: {len(content):,} bytes")


@auction.command(cls=Command)
@FILE
@click.pass_obj
def verify(state: State, file: Path) -> None:
    """Recompute the award in FILE; says which part does not hold, and exits with 3, if one does not."""
    from node.auctions import verified_document
    from protocol.recheck import recheck
    from protocol.transcript import FlawError

    try:
        document = verified_document(recheck(file.read_bytes()))
    except FlawError as flaw:
        flawed = {"verdict": "contradicted", "part": flaw.part, "offset": flaw.offset, "why": flaw.why}
        state.show(flawed, f"NO   {flaw}")
        sys.exit(EXIT_NO)
    state.show(document, _verified_text(document))


@auction.command(cls=Command)
@FILE
@click.pass_obj
def explain(state: State, file: Path) -> None:
    """Why the first is first in FILE, and why every other bidder is not, in numbers."""
    from node.auctions import explained_document
    from protocol.recheck import recheck

    document = explained_document(recheck(file.read_bytes()))
    state.show(document, _explained_text(document))


@auction.command(cls=Command, name="what-if")
@FILE
@click.option("--hour", multiple=True, help="What if an hour were worth this much? May be given several times.")
@click.option("--co2-tonne", multiple=True, help="What if a tonne of CO2 cost this much?")
@click.option("--grade", multiple=True, help="What if a better quality class were worth this much, an operation?")
@click.option("--kilometre", multiple=True, help="What if a kilometre less between makers were worth this much?")
@click.pass_obj
def what_if(state: State, /, file: Path, **weights: tuple[str, ...]) -> None:
    """Who would have made it if the customer of FILE had weighed otherwise; the same bids, the same rule."""
    from node.auctions import varied_document, weights_of
    from node.errors import RequestError
    from protocol.recheck import recheck

    found = recheck(file.read_bytes(), places=False)
    try:
        changes = weights_of(found.call, weights)
    except ValueError as error:
        raise RequestError("bad-amount", str(error)) from error
    document = varied_document(found, changes)
    lines = [f"with {row['weights']}: {row['outcome']}" for row in document["variants"]]
    state.show(document, "\n".join(lines))


@auction.command(cls=Command)
@FILE
@click.pass_obj
def export(_state: State, file: Path) -> None:
    """Print FILE as a release package of the Open Contracting Data Standard 1.1.5."""
    from node.standards.ocds import release_package
    from protocol.recheck import recheck

    click.echo(json.dumps(release_package(recheck(file.read_bytes())), indent=2))


@auction.command(cls=Command)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def meter(state: State, files: tuple[Path, ...]) -> None:
    """The price of decentralisation, each award by itself and each day (UTC) together.

    Reads FILES, or everything that this node has had made. One award is the best of what was offered to it; a day's
    awards, made one after the other, are set beside the best joint clearing known and a bound that none beats.
    """
    from node.auctions import metered_document
    from protocol.recheck import recheck

    contents = [file.read_bytes() for file in files] or _own_transcripts(state)
    document = metered_document([recheck(content, places=False) for content in contents])
    state.show(document, "\n".join(row["text"] for row in document["days"]) or "no award yet")


def _own_transcripts(state: State) -> list[bytes]:
    """What this node's own auctions ended with; those still open have none, and tenders are part of their orders."""
    from node.errors import RequestError

    found = []
    with state.client() as client:
        for job in client.jobs()["jobs"]:
            if job["role"] == "customer" and not job["tender_for"]:
                with suppress(RequestError):
                    found.append(client.transcript(job["job"]))
    return found


def _verified_text(document: dict[str, Any]) -> str:
    lines = [
        f"auction {document['job'][:12]}: holds",
        f"  told by    {document['told_by']}",
        f"  sealed     {document['sealed']} bids, {document['opened']} count, {len(document['excluded'])} do not",
        *(f"    {row['provider'][:12]}  {row['text']}" for row in document["excluded"]),
        f"  root       {document['root']}",
        f"  rule       {document['rule']}",
    ]
    if document["no_award"] is not None:
        return "\n".join([*lines, f"  {document['no_award']['text']}"])
    lines += [
        f"  winner     {row['provider'][:12]}  operations {row['operations']} on {row['machine']}  {row['price']}"
        f"{'' if row['accepted'] else '  (has not accepted)'}"
        for row in document["winners"]
    ]
    return "\n".join(lines)


def _explained_text(document: dict[str, Any]) -> str:
    excluded = [f"{row['provider'][:12]}  {row['text']}" for row in document["excluded"]]
    if document["award"] is None:
        return "\n".join([document["no_award"]["text"], *excluded])
    lines = [f"the award costs {document['award']['price']} and arrives {document['award']['arrival']}"]
    lines.append(document["payment"])
    if document["second"] is None:
        lines.append("nothing else was possible")
    else:
        second = document["second"]
        makers = ", ".join(maker[:12] for maker in second["makers"])
        lines.append(f"the next best plan, by {makers}, scores {second['lead']} worse: {second['terms']}")
    for row in document["losers"]:
        if row["gap"] is None:
            lines.append(f"{row['provider'][:12]}  fits into no plan")
        else:
            lines.append(f"{row['provider'][:12]}  {row['gap']} worse ({row['terms']}); {row['discount']} off wins")
    return "\n".join([*lines, *excluded])
