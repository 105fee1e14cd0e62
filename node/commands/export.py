"""Write a part's evidence into one file."""

from pathlib import Path

import click

from node.commands.shared import Command, State


@click.command(cls=Command)
@click.argument("part")
@click.option("--lot", is_flag=True, help="All parts of the part's job at once.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: SERIAL.bundle.")
@click.pass_obj
def export(state: State, part: str, *, lot: bool, output: Path | None) -> None:
    """Write the evidence of PART (a serial) into one file that anybody can verify offline."""
    with state.client() as client:
        content = client.bundle(part, lot=lot)
    path = output or Path(f"{part[:12]}.bundle")
    path.write_bytes(content)
    state.show({"file": str(path), "bytes": len(content)}, f"{path}: {len(content):,} bytes")
