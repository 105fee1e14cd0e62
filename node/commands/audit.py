"""Verify a part."""

import sys
from pathlib import Path

import click

from node.commands.shared import EXIT_NO, EXIT_UNDECIDED, Command, State


@click.command(cls=Command)
@click.argument("part")
@click.option("--checkpoint", "checkpoints", multiple=True, help="A trusted block, NUMBER:0xHASH. Repeatable.")
@click.option("--signer", "signers", multiple=True, help="A node whose word about blocks counts, in hex. Repeatable.")
@click.option("--quorum", default=1, show_default=True, type=click.IntRange(1), help="Signers needed for one block.")
@click.option("--rpc", default="", help="Also check a bundle against the live chain behind this JSON-RPC endpoint.")
@click.option(
    "--deployment",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The federation's contracts that you trust. Default: the node's.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write a report to print.")
@click.pass_obj
def audit(state: State, /, part: str, html: Path | None, **roots: object) -> None:
    """Verify PART: a serial (asks the node), or a bundle file (offline, with what the node or the options know)."""
    from node.report import document_of, html_of, text_of

    if Path(part).is_file():
        from node.workflows.audit_file import Roots, audit_file

        document = document_of(audit_file(Path(part), Roots(node=state.node, **roots)))  # type: ignore[arg-type]
    else:
        with state.client() as client:
            document = client.audit(part)
    if html is not None:
        html.write_text(html_of(document), encoding="utf-8")
    state.show(document, text_of(document))
    sys.exit({"holds": 0, "contradicted": EXIT_NO, "not checkable": EXIT_UNDECIDED}[document["verdict"]])
