"""The vault: who has seen a design, a copy for safe keeping, and a passphrase on the node's secrets."""

import os
import sys
from hashlib import sha256
from pathlib import Path

import click

from node.commands.shared import EXIT_NO, Group, State, passphrase_from

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group(cls=Group)
def vault() -> None:
    """Keep designs safe: see who has what, make copies, lock the node's secrets."""


@vault.command()
@click.argument("job", required=False)
@click.pass_obj
def log(state: State, job: str | None) -> None:
    """Show who has seen what of the node's designs (of one JOB): releases, transfers, copies, keys held and opened."""
    with state.client() as client:
        document = client.releases(job)
        lines = [
            f"{row['at']}  {row['job'][:12]}  {row['what']:24} to {row['to']:12} {row['under']}"
            for row in (*document["releases"], *document["given"])
        ]
        lines += [f"{name} holds shares and does not answer: what it gave is not shown" for name in document["silent"]]
        state.show(document, "\n".join(lines) or "nothing left the vault")


@vault.command()
@click.argument("job")
@click.pass_obj
def revoke(state: State, job: str) -> None:
    """End every licence of JOB: no package is released any more, and the ledger mints no serial for what is made."""
    with state.client() as client:
        document = client.revoke_licences(job)
        state.show(document, "revoked; what the log shows was released and cannot be called back: guildmark vault log")


@vault.command(name="open")
@click.argument("job")
@click.argument("package", type=click.IntRange(1))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def open_package(state: State, job: str, package: int, file: Path) -> None:
    """As a juror of a case over JOB, open PACKAGE with the shares of a quorum of auditors, and write it into FILE."""
    with state.client() as client:
        content = client.open_package(job, package)
    file.write_bytes(content)
    state.show(
        {"file": str(file), "bytes": len(content)}, f"written: {file}; every holder has logged that it gave a share"
    )


@vault.command()
@click.argument("file", type=_FILE)
@click.pass_obj
def trace(state: State, /, file: Path) -> None:
    """Say to whom the program in FILE (G-code, or a nest in DXF) was issued, even if it was changed or cut."""
    from node.machine_code import trace as traces
    from node.machine_code.errors import NoCodeError
    from node.machine_code.mark import Mark

    with state.client() as client:
        issued = [row for row in client.releases(None)["releases"] if row["code"]]
    content = file.read_bytes()
    exact = sha256(content).hexdigest()
    rows = [{"release": row, "chance": 0.0} for row in issued if exact in row["code"]["files"]]
    bits = 0
    try:
        found = traces.read(content)
        bits = found.bits
        if not rows:
            pointed = traces.matches(found, [Mark(row["code"]["mark"]) for row in issued])
            rows = [{"release": issued[match.number], "chance": match.chance} for match in pointed]
    except NoCodeError as error:
        if not rows:
            raise click.UsageError(str(error)) from error
    lines = [
        f"{row['release']['job'][:12]}  {row['release']['what']}, issued to {row['release']['to']} at "
        f"{row['release']['at']}; " + (f"chance {row['chance']:.0e}" if row["chance"] else "the very file")
        for row in rows
    ]
    none = f"{bits} bits of a mark can be read; they fit nothing that this node issued"
    state.show({"bits": bits, "matches": rows}, "\n".join(lines) or none)
    if not rows:
        sys.exit(EXIT_NO)


@vault.command()
@click.argument("job")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--recipient", required=True, help="An age public key (age1...); its owner alone opens the copy.")
@click.pass_obj
def export(state: State, job: str, file: Path, recipient: str) -> None:
    """Write the design of JOB into FILE, encrypted with age: anybody with the key opens it without this program."""
    with state.client() as client:
        content = client.export_design(job, recipient)
    file.write_bytes(content)
    text = f"written: {file}; open it with: age --decrypt -i KEY {file}"
    state.show({"file": str(file), "bytes": len(content)}, text)


@vault.command()
@click.argument("folder", type=_FOLDER)
@click.option("--passphrase-file", type=_FILE, help="The passphrase that the identity is locked with now, if it is.")
@click.option("--new-passphrase-file", type=_FILE, help="The new one. Default: a question.")
def lock(folder: Path, passphrase_file: Path | None, new_passphrase_file: Path | None) -> None:
    """Lock the secrets of the node in FOLDER under a passphrase, or change it; the node must not run."""
    from node.config import Home
    from node.identity import lock_identity

    if new_passphrase_file is not None:
        new = passphrase_from(new_passphrase_file)
    else:
        new = click.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True).encode()
    if not new:
        raise click.UsageError("the new passphrase is empty")
    lock_identity(Home(path=folder).identity, os.urandom, lambda: passphrase_from(passphrase_file), new)
    click.echo("locked: serve now asks for the passphrase", err=True)


@vault.command()
@click.argument("folder", type=_FOLDER)
@click.option("--passphrase-file", type=_FILE, help="The passphrase that the identity is locked with, if it is.")
def rotate(folder: Path, passphrase_file: Path | None) -> None:
    """Give the node in FOLDER a new vault key and a new encryption key; the node must not run."""
    from node import rotation
    from node.config import Home
    from node.identity import is_locked

    home = Home(path=folder)
    ask = (lambda: passphrase_from(passphrase_file)) if is_locked(home.identity) else None
    count = rotation.rotate(home.identity, home.vault, os.urandom, ask)
    click.echo(f"{count} secrets wrapped anew; the new encryption key is registered when the node starts", err=True)


@vault.command()
@click.argument("folder", type=_FOLDER)
@click.option("--passphrase-file", type=_FILE, help="The passphrase. Default: a question.")
def unlock(folder: Path, passphrase_file: Path | None) -> None:
    """Take the passphrase off the secrets of the node in FOLDER."""
    from node.config import Home
    from node.identity import lock_identity

    lock_identity(Home(path=folder).identity, os.urandom, lambda: passphrase_from(passphrase_file), None)
    click.echo("unlocked: the file alone is now enough", err=True)
