"""Object to work, bargain over it, have it judged."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from node.commands.shared import Group, State

_NUMBER = click.argument("number", type=click.IntRange(1), required=False)
_PERCENT = click.argument("percent", type=click.FloatRange(0, 100))


@click.group(cls=Group)
def dispute() -> None:
    """Settle what customer and provider see differently; every deadline is kept by the nodes themselves."""


@dispute.command()
@click.argument("job", required=False)
@_NUMBER
@click.pass_obj
def show(state: State, job: str | None, number: int | None) -> None:
    """Show all cases of the node, or the one about JOB (a prefix will do), assignment NUMBER."""
    with state.client() as client:
        if job is None:
            document = client.disputes("GET", "")
            lines = [f"{c['job'][:12]} {c['number']:2}  {c['role']:9}  {c['text']}" for c in document["cases"]]
            state.show(document, "\n".join(lines) or "no disputes")
            return
        where = "" if number is None else f"?number={number}"
        document = client.disputes("GET", f"/{job}{where}")
        state.show(document, _text(document))


@dispute.command(name="open")
@click.argument("job")
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why, in a sentence; it stays on this node.")
@click.option("--evidence", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="A file that shows it.")
@click.pass_obj
def open_(state: State, job: str, number: int, reason: str, evidence: Path | None) -> None:
    """Refuse to pay assignment NUMBER of JOB: now, or as soon as its provider attests it.

    The ledger holds the evidence's SHA-256 (without a file the reason's); keep the file, and show it to the jurors.
    """
    digest = None if evidence is None else sha256(evidence.read_bytes()).hexdigest()
    _say(state, "/objections", job, number, reason=reason, evidence=digest)


@dispute.command()
@click.argument("job")
@_PERCENT
@_NUMBER
@click.pass_obj
def offer(state: State, job: str, percent: float, number: int | None) -> None:
    """Say that the provider should have PERCENT of what is at stake; where both sides meet, the case ends."""
    _say(state, "/offers", job, number, percent=percent)


@dispute.command()
@click.argument("job")
@_NUMBER
@click.pass_obj
def accept(state: State, job: str, number: int | None) -> None:
    """Take what the other side offers."""
    _say(state, "/acceptances", job, number)


@dispute.command()
@click.argument("job")
@_NUMBER
@click.pass_obj
def rule(state: State, job: str, number: int | None) -> None:
    """Ask for a panel of three auditors; you advance its fee, its loser bears it."""
    _say(state, "/panels", job, number)


@dispute.command()
@click.argument("job")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_NUMBER
@click.pass_obj
def sign(state: State, job: str, file: Path, number: int | None) -> None:
    """Write what this node, the agreed inspector, measured into FILE, signed: anybody can bring it before the court."""
    with state.client() as client:
        verdict = client.disputes("POST", "/verdicts", {"job": job, "number": number})
    file.write_text(json.dumps(verdict, indent=1) + "\n")
    says = "within" if verdict["conforms"] else "out of"
    state.show({"file": str(file), **verdict}, f"written: {file} ({says} tolerance); anybody shows it")


@dispute.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def relay(state: State, file: Path) -> None:
    """Bring the verdict in FILE, which the agreed inspector signed, before the court; it decides the case at once."""
    try:
        verdict = json.loads(file.read_text())
    except ValueError as error:
        raise click.UsageError(f"{file} holds no verdict: {error}") from error
    if not isinstance(verdict, dict):
        raise click.UsageError(f"{file} holds no verdict")
    with state.client() as client:
        document = client.disputes("POST", "/measurements", verdict)
        state.show(document, _text(document))


@dispute.command()
@click.argument("job")
@_PERCENT
@_NUMBER
@click.pass_obj
def vote(state: State, job: str, percent: float, number: int | None) -> None:
    """Vote, as a juror, that the provider should have PERCENT; the node opens the vote when all are sealed."""
    _say(state, "/votes", job, number, percent=percent)


def _say(state: State, path: str, job: str, number: int | None, **said: Any) -> None:
    with state.client() as client:
        document = client.disputes("POST", path, {"job": job, "number": number, **said})
        state.show(document, _text(document))


def _text(document: dict[str, Any]) -> str:
    lines = [f"Assignment {document['number']} of job {document['job'][:12]}: {document['text']}"]
    if document["reason"]:
        lines.append(f"  objection  {document['reason']}")
    if "customer" in document:
        inspector = document["inspector"] or "nobody"
        lines.append(f"  parties    {document['customer']} against {document['provider']}, inspected by {inspector}")
        lines.append(
            f"  at stake   {document['stake_cents'] / 100:,.2f}, a panel costs {document['fee_cents'] / 100:,.2f}"
        )
        lines += [f"  {what.replace('_', ' '):10} {when}" for what, when in document["deadlines"].items()]
    for seat in document.get("panel", []):
        vote_ = "open: " + format(seat["percent"], "g") + " %" if seat["percent"] is not None else "sealed"
        lines.append(f"  juror      {seat['juror']}: {vote_ if seat['sealed'] else 'has not voted'}")
    if document.get("problem"):
        lines.append(f"  {document['problem']}")
    return "\n".join(lines)
