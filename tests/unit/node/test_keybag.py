"""A locked identity opens with its passphrase alone, and the file says how."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from node.cli import cli
from node.errors import ConfigError
from node.identity import load_identity, lock_identity
from node.vault.keybag import Cost, is_keybag, lock, unlock

CHEAP = Cost(memory_kib=64, iterations=1, lanes=1)
BAG = lock(b"secrets", b"correct horse", os.urandom, CHEAP)


def test_the_passphrase_opens_it() -> None:
    assert unlock(BAG, b"correct horse") == b"secrets"
    assert is_keybag(BAG)
    assert not is_keybag('{"signing": ""}')
    assert not is_keybag("not json")


def test_another_passphrase_does_not() -> None:
    with pytest.raises(ConfigError, match="does not open the identity"):
        unlock(BAG, b"battery staple")


@settings(deadline=None)
@given(st.sampled_from(sorted(json.loads(BAG))), st.data())
def test_a_changed_file_does_not_open(name: str, data: st.DataObject) -> None:
    document = json.loads(BAG)
    value = document[name]
    texts = st.sampled_from([f"{value}00", "", "zz", None, 7])
    others = st.integers(-1, 200) if isinstance(value, int) else texts
    document[name] = data.draw(others.filter(lambda other: other != value))
    with pytest.raises(ConfigError):
        unlock(json.dumps(document), b"correct horse")


def test_a_planted_file_cannot_ask_for_all_memory() -> None:
    document = {**json.loads(BAG), "memory_kib": 2**40}
    with pytest.raises(ConfigError, match="unknown version or cost"):
        unlock(json.dumps(document), b"correct horse")


def test_an_identity_is_locked_changed_and_unlocked(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    identity = load_identity(path, os.urandom)
    lock_identity(path, os.urandom, None, b"one")
    assert identity.signing.hex() not in path.read_text()
    with pytest.raises(ConfigError, match="is locked"):
        load_identity(path, os.urandom)
    with pytest.raises(ConfigError, match="does not open"):
        lock_identity(path, os.urandom, lambda: b"wrong", b"two")
    lock_identity(path, os.urandom, lambda: b"one", b"two")
    assert load_identity(path, os.urandom, lambda: b"two") == identity
    lock_identity(path, os.urandom, lambda: b"two", None)
    assert load_identity(path, os.urandom) == identity
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_commands_lock_and_unlock(tmp_path: Path) -> None:
    identity = load_identity(tmp_path / "identity.json", os.urandom)
    phrase = tmp_path / "phrase"
    phrase.write_text("a long sentence\n")
    locked = CliRunner().invoke(cli, ["vault", "lock", str(tmp_path), "--new-passphrase-file", str(phrase)])
    assert locked.exit_code == 0, locked.output
    assert load_identity(tmp_path / "identity.json", os.urandom, lambda: b"a long sentence") == identity
    wrong = CliRunner().invoke(cli, ["vault", "unlock", str(tmp_path)], input="a short one\n")
    assert isinstance(wrong.exception, ConfigError)
    unlocked = CliRunner().invoke(cli, ["vault", "unlock", str(tmp_path), "--passphrase-file", str(phrase)])
    assert unlocked.exit_code == 0
    assert load_identity(tmp_path / "identity.json", os.urandom) == identity
