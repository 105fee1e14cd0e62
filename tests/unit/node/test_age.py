"""A copy for safe keeping opens with age alone."""

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from node.errors import RequestError
from node.vault.age import to_age


def test_the_recipient_opens_the_copy() -> None:
    key = pyrage.x25519.Identity.generate()
    copy = to_age(b"a bracket", str(key.to_public()))
    assert copy.startswith(b"age-encryption.org/v1\n")
    assert pyrage.decrypt(copy, [key]) == b"a bracket"


@pytest.mark.skipif(shutil.which("age") is None, reason="age is not here: make age")
def test_the_age_that_people_have_opens_the_copy(tmp_path: Path) -> None:
    subprocess.run(["age-keygen", "-o", tmp_path / "key"], check=True, capture_output=True)
    found = subprocess.run(["age-keygen", "-y", tmp_path / "key"], check=True, capture_output=True, text=True)
    design = bytes(range(256)) * 1000
    (tmp_path / "copy.age").write_bytes(to_age(design, found.stdout.strip()))
    opened = subprocess.run(
        ["age", "-d", "-i", tmp_path / "key", tmp_path / "copy.age"], check=True, capture_output=True
    )
    assert opened.stdout == design


@pytest.mark.parametrize("recipient", ["", "age1", "ssh-ed25519 AAAA", "age1" + "q" * 58])
def test_what_is_no_recipient_is_refused_with_what_to_do(recipient: str) -> None:
    with pytest.raises(RequestError, match="age-keygen"):
        to_age(b"a bracket", recipient)
