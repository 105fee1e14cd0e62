"""Re-verify an auction, ask why it ended as it did, or export it; from one file, without a node or a solver."""

import json
import sys
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
@click.option("--hour", multiple=True, help="What if an hour were worth this much? May be given several times.")
@click.option("--co2-tonne", multiple=True, help="What if a tonne of CO2 cost this much?")
@click.pass_obj
def explain(state: State, file: Path, hour: tuple[str, ...], co2_tonne: tuple[str, ...]) -> None:
    """Why the first is first in FILE, why every other bidder is not, and what other weights would have changed."""
    from node.auctions import explained_document, weights_of
    from protocol.recheck import recheck

    found = recheck(file.read_bytes())
    document = explained_document(found, weights_of(found.call, hour, co2_tonne))
    state.show(document, _explained_text(document))


@auction.command(cls=Command)
@FILE
@click.pass_obj
def export(_state: State, file: Path) -> None:
    """Print FILE as a release package of the Open Contracting Data Standard 1.1.5."""
    from node.standards.ocds import release_package
    from protocol.recheck import recheck

    click.echo(json.dumps(release_package(recheck(file.read_bytes())), indent=2))


@auction.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def gap(state: State, files: tuple[Path, ...]) -> None:
    """What the awards in FILES, a day's say, cost beside the best that one planner could have done."""
    from node.auctions import gap_document
    from protocol.recheck import recheck

    document = gap_document([recheck(file.read_bytes(), places=False) for file in files])
    state.show(document, document["text"])


def _verified_text(document: dict[str, Any]) -> str:
    lines = [
        f"auction {document['job'][:12]}: holds",
        f"  told by    {document['told_by']}",
        f"  sealed     {document['sealed']} bids, {document['opened']} count, {len(document['excluded'])} do not",
        *(f"    {row['provider'][:12]}  {row['reason']}" for row in document["excluded"]),
        f"  root       {document['root']}",
        f"  rule       {document['rule']}",
    ]
    if document["no_award"] is not None:
        return "\n".join([*lines, f"  no award: {document['no_award']['reason']} ({document['no_award']['measure']})"])
    lines += [
        f"  winner     {row['provider'][:12]}  operations {row['operations']} on {row['machine']}  {row['price']}"
        f"{'' if row['accepted'] else '  (has not accepted)'}"
        for row in document["winners"]
    ]
    return "\n".join(lines)


def _explained_text(document: dict[str, Any]) -> str:
    if document["award"] is None:
        return "no award, so there is nothing to explain"
    lines = [f"the award costs {document['award']['price']} and arrives {document['award']['arrival']}"]
    if document["second"] is None:
        lines.append("nothing else was possible")
    else:
        lines.append(f"the next best plan scores {document['second']['lead']} worse: {document['second']['terms']}")
    for row in document["losers"]:
        if row["gap"] is None:
            lines.append(f"{row['provider'][:12]}  fits into no plan")
        else:
            lines.append(f"{row['provider'][:12]}  {row['gap']} worse ({row['terms']}); {row['discount']} off wins")
    lines += [f"with {row['weights']}: {row['outcome']}" for row in document["variants"]]
    return "\n".join(lines)
