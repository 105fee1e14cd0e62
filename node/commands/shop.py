"""How the node and its machines stand, and what the owner wants of them."""

import sys
from pathlib import Path
from typing import Any

import click

from node.commands.shared import EXIT_NO, Command, Group, State

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group(cls=Group)
def shop() -> None:
    """See and steer a provider's shop: schedule, prices, rules."""


@shop.command()
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Also draw it into this file.")
@click.pass_obj
def schedule(state: State, svg: Path | None) -> None:
    """Show what the machines hold, for the next three days of plant time."""
    with state.client() as client:
        document = client.schedule()
        if svg is not None:
            svg.write_text(document["svg"])
        _show_plan(state, document)


@shop.command()
@click.argument("job")
@click.pass_obj
def why(state: State, job: str) -> None:
    """Show why the shop's offers for JOB cost what they cost."""
    with state.client() as client:
        document = client.shop("GET", f"/why/{job}")
        alike: dict[str, int] = {}
        for text in map(_offer_text, document["offers"]):
            alike[text] = alike.get(text, 0) + 1
        state.show(document, "\n\n".join(f"{count} x {text}" for text, count in alike.items()))


@shop.command()
@click.argument("file", type=_FILE, required=False)
@click.option("--apply", "put", is_flag=True, help="Put the rules in FILE in force.")
@click.pass_obj
def rules(state: State, file: Path | None, *, put: bool) -> None:
    """Show the owner's rules; or try those in FILE (TOML) on the last jobs, and with --apply put them in force."""
    with state.client() as client:
        if file is None:
            document = client.shop("GET", "/rules")
            state.show(document, _rules_text(document))
            return
        body = {"text": file.read_text()}
        document = client.shop("POST", "/rules/preview", body)
        if put:
            document["rules"] = client.shop("PUT", "/rules", body)
        foot = "In force from the next call on." if put else "Nothing changed; --apply puts them in force."
        lines = [_tried_text(row) for row in document["jobs"]] or ["no bids yet to try them on"]
        state.show(document, "\n".join([*lines, foot]))


@shop.command(name="give-back")
@click.argument("job")
@click.argument("number", type=click.IntRange(1), required=False)
@click.option("--reason", required=True, help="Why, in a sentence; it stays on this node.")
@click.pass_obj
def give_back(state: State, job: str, number: int | None, reason: str) -> None:
    """Give back what the shop won of JOB and has not done: assignment NUMBER, or all; another bidder is asked."""
    with state.client() as client:
        document = client.shop("POST", "/returns", {"job": job, "number": number, "reason": reason})
        state.show(document, f"job {document['job'][:12]}: {document['reason']}")


@shop.command()
@click.argument("machine")
@click.option("--reason", required=True, help="Why, in a sentence; it stays on this node.")
@click.pass_obj
def out(state: State, machine: str, reason: str) -> None:
    """Take MACHINE out of service: its work moves to others that keep what was promised, or is given back."""
    with state.client() as client:
        document = client.shop("POST", "/machines/out", {"machine": machine, "reason": reason})
        _show_plan(state, document)


@shop.command()
@click.argument("machine")
@click.pass_obj
def back(state: State, machine: str) -> None:
    """Take MACHINE back into service; work that has moved or was given back stays where it is."""
    with state.client() as client:
        document = client.shop("POST", "/machines/back", {"machine": machine})
        _show_plan(state, document)


@shop.command()
@click.argument("machine", required=False)
@click.option("--adopt", is_flag=True, help="Price from the next call on with the times that were really taken.")
@click.option("--restore", is_flag=True, help="Go back to the configured pace.")
@click.pass_obj
def calibration(state: State, machine: str | None, *, adopt: bool, restore: bool) -> None:
    """Show how long the machines really took beside the plan; adopt that for MACHINE, or for all, or undo it."""
    if adopt and restore:
        raise click.UsageError("--adopt and --restore are opposites")
    with state.client() as client:
        if adopt or restore:
            path = "/calibration" if adopt else "/calibration/restored"
            document = client.shop("POST", path, {"machine": machine})
        else:
            document = client.shop("GET", "/calibration")
        state.show(document, _calibration_text(document))


@shop.command()
@click.argument("job")
@click.argument("number", type=click.IntRange(1))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def package(state: State, job: str, number: int, folder: Path) -> None:
    """Write what the shop got for operation NUMBER of JOB into FOLDER, with its set-up sheet; it goes with the job."""
    from node.design.packages import open_package
    from node.machine_code.handout import handout

    with state.client() as client:
        found = handout(open_package(client.package(job, number - 1)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in found.files.items():
        (folder / name).write_bytes(content)
    (folder / "set-up.txt").write_text("\n".join([*found.lines, ""]), encoding="utf-8")
    document = {"folder": str(folder), "files": [*found.files, "set-up.txt"], "lines": list(found.lines)}
    state.show(document, "\n".join([*found.lines, "", *(str(folder / name) for name in document["files"])]))


@shop.command()
@click.pass_obj
def pause(state: State) -> None:
    """Offer nothing more until resumed; what was promised is kept."""
    with state.client() as client:
        document = client.shop("POST", "/pause")
        state.show(document, "The shop is paused: it answers no further call.")


@shop.command()
@click.pass_obj
def resume(state: State) -> None:
    """Answer calls again."""
    with state.client() as client:
        document = client.shop("POST", "/resume")
        state.show(document, "The shop answers calls.")


@click.command(cls=Command)
@click.pass_obj
def doctor(state: State) -> None:
    """Say what is wrong with the node, and what to do about it."""
    with state.client() as client:
        document = client.doctor()
        lines = [f"{c['status']:5} {c['what']:10} {c['text']}" for c in document["checks"]]
        state.show(document, "\n".join(lines))
    sys.exit(EXIT_NO if any(check["status"] == "fail" for check in document["checks"]) else 0)


def _show_plan(state: State, document: dict[str, Any]) -> None:
    """The Gantt chart; as JSON without its drawing."""
    state.show({key: value for key, value in document.items() if key != "svg"}, document["gantt"])


def _offer_text(offer: dict[str, Any]) -> str:
    first, last = offer["operations"]
    what = f"operation {first + 1}" if first == last else f"operations {first + 1} to {last + 1}"
    rows = [f"  {name:12} {cents / 100:12,.2f}" for name, cents in offer["rows_cents"].items() if cents]
    if offer["pace"] is not None:
        rows.append(
            "  times are {percent} % of the configured ones, as {programmes} programmes took".format(**offer["pace"])
        )
    return "\n".join([f"{what} on {offer['machine']}: {offer['price_cents'] / 100:,.2f}", *rows])


def _calibration_text(document: dict[str, Any]) -> str:
    lines = [
        f"{row['machine']:16} {row['programmes']:5} programmes, {row['likely']} % of the plan "
        f"({row['low']} to {row['high']}): {row['advice']}"
        for row in document["machines"]
    ]
    lines += [
        f"{name:16} priced at {row['percent']} % of the configured time, learnt from {row['programmes']} programmes"
        for name, row in document["adopted"].items()
    ]
    return "\n".join(lines) or "too few programmes are done yet"


def _rules_text(document: dict[str, Any]) -> str:
    lines = ["paused" if document["paused"] else "answering calls"]
    for rule in document["rules"]:
        about = [f"{key} {rule[key]}" for key in ("customer", "material", "process") if rule[key] is not None]
        what = "refuse" if rule["margin_percent"] is None else f"margin {rule['margin_percent']:g} %"
        lines.append(f"  {rule['name']:24} {', '.join(about) or 'everything':40} {what}")
    return "\n".join(lines)


def _tried_text(row: dict[str, Any]) -> str:
    after = "refused" if row["after_cents"] is None else f"{row['after_cents'] / 100:,.2f}"
    return (
        f"{row['job'][:12]}  {row['customer']:12} {row['material']:12} "
        f"{row['before_cents'] / 100:12,.2f} -> {after:>12}  {row['verdict']}"
    )
