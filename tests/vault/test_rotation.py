"""A vault under new keys holds what it held, whatever interrupts the change."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from node.errors import ConfigError
from node.identity import load_identity, lock_identity
from node.rotation import rotate, vault_of
from node.vault.vault import Vault
from protocol.ids import Digest, JobId
from protocol.stream import chunks_of, whole

JOB = JobId(b"j" * 32)
PASSPHRASE = b"correct horse battery staple"


def filled(folder: Path) -> Path:
    """The identity of a node whose vault holds a design of its own, a package of another's, and a key it asked with."""
    identity = load_identity(folder / "identity.json", os.urandom)
    vault = vault_of(identity, folder / "vault")
    vault.seal(JOB, [chunks_of(b"design"), chunks_of(b"package")])
    delivery = vault.deliver(1, JOB, 1, recipient=vault.ask(JOB, 0), parcel=Digest(bytes(32)))
    vault.receive(1, JOB, 0, delivery, vault.ciphertext(JOB, 1))
    vault.ask(JOB, 5)
    return folder / "identity.json"


def check(folder: Path, passphrase: Callable[[], bytes] | None = None) -> None:
    vault = vault_of(load_identity(folder / "identity.json", os.urandom, passphrase), folder / "vault")
    assert whole(vault.original(JOB)) == b"design"
    assert vault.package(JOB, 0) == b"package"


def test_everything_opens_under_the_new_key_and_nothing_under_the_old(tmp_path: Path) -> None:
    path = filled(tmp_path)
    before = load_identity(path, os.urandom)
    assert rotate(path, tmp_path / "vault", os.urandom, None) == 3
    after = load_identity(path, os.urandom)
    assert (after.signing, after.ledger, after.former_vault) == (before.signing, before.ledger, None)
    assert after.vault != before.vault
    assert after.encryption_key != before.encryption_key
    check(tmp_path)
    with pytest.raises(ConfigError, match="does not open"):
        Vault(tmp_path / "vault", before.vault).package(JOB, 0)


def test_a_locked_identity_stays_locked(tmp_path: Path) -> None:
    path = filled(tmp_path)
    lock_identity(path, os.urandom, None, PASSPHRASE)
    rotate(path, tmp_path / "vault", os.urandom, lambda: PASSPHRASE)
    with pytest.raises(ConfigError, match="is locked"):
        load_identity(path, os.urandom)
    check(tmp_path, lambda: PASSPHRASE)


@pytest.mark.parametrize("after", range(6))
def test_an_interruption_at_any_moment_loses_nothing(
    tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, renamed, left = filled(tmp_path), Path.rename, [after]

    def interrupted(self: Path, target: Path) -> Path:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return renamed(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        if after < 5:
            with pytest.raises(KeyboardInterrupt):
                rotate(path, tmp_path / "vault", os.urandom, None)
        else:
            rotate(path, tmp_path / "vault", os.urandom, None)
    check(tmp_path)
    rotate(path, tmp_path / "vault", os.urandom, None)
    check(tmp_path)
    assert load_identity(path, os.urandom).former_vault is None


def test_a_damaged_secret_stops_the_change_and_leaves_the_rest_open(tmp_path: Path) -> None:
    path = filled(tmp_path)
    broken = next((tmp_path / "vault").glob("*.release"))
    broken.write_bytes(bytes(80))
    with pytest.raises(ConfigError, match="does not open"):
        rotate(path, tmp_path / "vault", os.urandom, None)
    check(tmp_path)
    broken.unlink()
    assert rotate(path, tmp_path / "vault", os.urandom, None) == 2
    check(tmp_path)
