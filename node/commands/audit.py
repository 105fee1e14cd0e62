"""Verify a part."""

import sys
from pathlib import Path
from typing import Any

import click

from node.commands.shared import EXIT_NO, EXIT_UNDECIDED, Command, State


@click.command(cls=Command)
@click.argument("part")
@click.option("--checkpoint", default=None, help="Trusted block hash for an offline bundle: NUMBER:0xHASH.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Also write the part's bundle here.")
@click.pass_obj
def audit(state: State, part: str, checkpoint: str | None, save: Path | None) -> None:
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


def _audit_text(document: dict[str, Any]) -> str:
    mark = {"holds": "ok", "contradicted": "NO", "not checkable": "??"}
    lines = [f"Part {document['serial']}"]
    lines += [f"  {mark[check['outcome']]}   {check['what']:28} {check['text']}" for check in document["checks"]]
    return "\n".join([*lines, "", f"{document['verdict']}: {document['summary']}"])
