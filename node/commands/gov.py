"""Decide about the rules: propose, try on past auctions, vote, carry out."""

import base64
import sys
from pathlib import Path
from typing import Any

import click

from node.commands.shared import EXIT_NO, Group, State

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group(cls=Group)
def gov() -> None:
    """Decide about the federation's rules: propose, replay, vote, queue, execute."""


@gov.command()
@click.argument("proposal", required=False)
@click.pass_obj
def show(state: State, proposal: str | None) -> None:
    """Show the rules in force and all proposals, or one PROPOSAL (a prefix of its number will do)."""
    with state.client() as client:
        if proposal is None:
            document = client.governance("GET", "")
            state.show(document, _overview_text(document))
        else:
            document = client.governance("GET", f"/proposals/{proposal}")
            state.show(document, _proposal_text(document))


@gov.command()
@click.argument("file", type=_FILE)
@click.pass_obj
def propose(state: State, file: Path) -> None:
    """File the proposal in FILE (TOML); members then vote on it."""
    with state.client() as client:
        document = client.governance("POST", "/proposals", {"text": file.read_text()})
        state.show(document, _proposal_text(document))


@gov.command()
@click.argument("proposal")
@click.argument("files", nargs=-1, type=_FILE)
@click.pass_obj
def replay(state: State, proposal: str, files: tuple[Path, ...]) -> None:
    """Say what PROPOSAL (a file, or a filed one's number) would have changed in past auctions; sends nothing.

    The auctions are those in FILES (bundles, or transcripts), or, when none are given, those of the node's own jobs.
    """
    text = Path(proposal).read_text() if Path(proposal).is_file() else proposal
    contents = [base64.b64encode(file.read_bytes()).decode() for file in files]
    with state.client() as client:
        document = client.governance("POST", "/preview", {"text": text, "files": contents})
        state.show(document, preview_text(document))


@gov.command()
@click.argument("proposal")
@click.argument("choice", type=click.Choice(["for", "against", "abstain"]))
@click.option("--reason", default="", help="Why, for the others to read.")
@click.pass_obj
def vote(state: State, proposal: str, choice: str, reason: str) -> None:
    """Cast the node's vote on PROPOSAL."""
    with state.client() as client:
        document = client.governance("POST", f"/proposals/{proposal}/vote", {"choice": choice, "reason": reason})
        state.show(document, _proposal_text(document))


@gov.command()
@click.argument("proposal")
@click.pass_obj
def queue(state: State, proposal: str) -> None:
    """Put PROPOSAL, which succeeded, into the timelock; any member may."""
    _step(state, proposal, "queue")


@gov.command()
@click.argument("proposal")
@click.pass_obj
def execute(state: State, proposal: str) -> None:
    """Carry out PROPOSAL once it has waited; any member may."""
    _step(state, proposal, "execute")


@gov.command()
@click.argument("proposal")
@click.pass_obj
def cancel(state: State, proposal: str) -> None:
    """Take back the node's own PROPOSAL before its vote begins."""
    _step(state, proposal, "cancel")


@gov.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def pause(state: State, *, yes: bool) -> None:
    """Call for a pause of all new orders, or join such a call; a fifth of the votes brings it about for a week."""
    if not yes and not click.confirm("Call for a pause of all new orders? This cannot be taken back", err=True):
        sys.exit(EXIT_NO)
    with state.client() as client:
        document = client.governance("POST", "/pause")
        state.show(document, _overview_text(document))


def _step(state: State, proposal: str, action: str) -> None:
    with state.client() as client:
        document = client.governance("POST", f"/proposals/{proposal}/{action}")
        state.show(document, _proposal_text(document))


def _overview_text(document: dict[str, Any]) -> str:
    lines = [f"Rules, version {document['version']} ({document['digest'][:12]})"]
    lines += [f"  {words:32} {value}" for words, value in document["rules"].items()]
    if (announced := document["announced"]) is not None:
        lines += ["", f"Version {announced['version']} is announced and in force from {announced['effective']}"]
        lines += [
            f"  {words:32} {value}" for words, value in announced["rules"].items() if document["rules"][words] != value
        ]
    if document["paused_until"]:
        lines += ["", f"New orders are paused until {document['paused_until']}"]
    own = f"this node has {document['votes'] / 100:,.2f} votes (a proposer needs {document['threshold'] / 100:,.2f})"
    lines += ["", f"Treasury {document['treasury_cents'] / 100:,.2f}; {own}", ""]
    rows = [f"{p['proposal'][:12]}  {p['stage']:9}  {p['text']}" for p in document["proposals"]]
    return "\n".join([*lines, *(rows or ["no proposals"])])


def _proposal_text(document: dict[str, Any]) -> str:
    lines = [f"Proposal {document['proposal'][:12]} by {document['proposer']}: {document['text']}"]
    if document["problem"]:
        lines.append(f"  WARNING: {document['problem']}")
    lines += [f"  {change}" for change in document["changes"]]
    lines += [f"  reason: {line}" for line in document["reason"].splitlines()[:1]]
    lines += [f"          {line}" for line in document["reason"].splitlines()[1:]]
    own = document["own"]
    lines.append(f"  this node: {own['votes'] / 100:,.2f} votes, {'cast' if own['voted'] else 'not cast'}")
    if document["next"] is not None:
        lines.append(f"  next: guildmark gov {document['next']['action']} {document['proposal'][:12]}")
    return "\n".join(lines)


def preview_text(document: dict[str, Any]) -> str:
    """A preview as people read it."""
    lines = [document["reason"], *(f"  {change}" for change in document["changes"])]
    lines += [f"job {auction['job'][:12]}  {auction['text']}" for auction in document["auctions"]]
    return "\n".join([*lines, document["total"]])
