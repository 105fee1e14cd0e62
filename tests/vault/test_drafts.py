"""Full disks, damaged files and sudden ends: what the vault says it has, it has, and half files never count."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from node.access.tokens import Tokens
from node.errors import ConfigError, UnavailableError, UnknownError
from node.identity import load_identity, lock_identity
from node.vault.drafts import STRETCH, written
from node.vault.vault import Given, Vault
from protocol.ids import Digest, JobId, PeerId
from protocol.params import CHUNK_BYTES, SEALING_CHUNK_BYTES
from protocol.signed import sign
from protocol.stream import SEALED_CHUNK_BYTES, chunks_of, whole
from protocol.topics import FETCH_SHARE
from protocol.units import UnixSeconds
from tests.vault.disk import largest_file

JOB, OTHER_JOB = JobId(b"j" * 32), JobId(b"o" * 32)
LARGE = bytes(5 * SEALING_CHUNK_BYTES)


def names(vault: Vault) -> set[str]:
    return {path.name for path in vault._folder.iterdir()}


@pytest.fixture
def owner(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "owner", b"o" * 32)
    vault.seal(JOB, [chunks_of(b"design"), chunks_of(LARGE)])
    return vault


@pytest.fixture
def winner(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "winner", b"w" * 32)


def test_chunks_lie_on_whole_pages_and_fill_those_of_a_transfer() -> None:
    assert SEALED_CHUNK_BYTES % 4096 == 0
    assert CHUNK_BYTES % SEALED_CHUNK_BYTES == 0


def test_a_file_has_the_size_of_what_was_written_and_takes_no_more_room(tmp_path: Path) -> None:
    for count in (0, 1, 2, 40):
        with written(tmp_path / "file") as file:
            for _ in range(count):
                file.write(bytes(range(256)) * 4096)
        found = (tmp_path / "file").stat()
        assert found.st_size == count << 20
        assert found.st_blocks * 512 < found.st_size + STRETCH // 8
        assert (tmp_path / "file").read_bytes() == bytes(range(256)) * 4096 * count


def test_sealing_on_a_full_disk_leaves_what_was_sealed_before(owner: Vault) -> None:
    before = names(owner)
    with largest_file(3 << 20), pytest.raises(UnavailableError, match=os.strerror(errno.EFBIG)):
        owner.seal(OTHER_JOB, [chunks_of(b"design"), chunks_of(LARGE)])
    assert not [name for name in names(owner) if name.endswith(".draft")]
    assert f"{OTHER_JOB.hex()}.design" not in names(owner)
    assert before <= names(owner)
    with pytest.raises(UnknownError):
        owner.design(OTHER_JOB)
    owner.seal(OTHER_JOB, [chunks_of(b"design"), chunks_of(LARGE)])
    assert whole(owner.original(OTHER_JOB)) == whole(owner.original(JOB)) == b"design"


def test_a_disk_with_room_for_the_file_and_not_for_a_stretch_is_not_full(tmp_path: Path) -> None:
    vault = Vault(tmp_path, b"o" * 32)
    with largest_file(len(LARGE) + (1 << 20)):
        vault.seal(JOB, [chunks_of(b"design"), chunks_of(LARGE)])
    assert sum(map(len, vault.ciphertext(JOB, 1))) == len(LARGE) + 5 * 16


def test_receiving_on_a_full_disk_can_be_done_again(owner: Vault, winner: Vault) -> None:
    delivery = owner.deliver(1, JOB, 1, recipient=winner.ask(JOB, 0), parcel=Digest(bytes(32)))
    with largest_file(3 << 20), pytest.raises(UnavailableError, match=os.strerror(errno.EFBIG)):
        winner.receive(1, JOB, 0, delivery, owner.ciphertext(JOB, 1))
    assert names(winner) == {f"{JOB.hex()}.0.release"}
    winner.receive(1, JOB, 0, delivery, owner.ciphertext(JOB, 1))
    assert winner.package(JOB, 0) == LARGE


KILLED = """
import os, signal, sys
from pathlib import Path
from node.vault.vault import Given, Vault
from protocol.ids import JobId

def content():
    for _ in range(3):
        yield bytes(2**20 - 16)
    os.kill(os.getpid(), signal.SIGKILL)
    yield b""

Vault(Path(sys.argv[1]), b"o" * 32).seal(JobId(b"o" * 32), [content()])
"""


def test_what_a_killed_node_left_half_written_is_gone_when_it_starts_again(owner: Vault) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(owner._folder)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [name for name in names(owner) if name.endswith(".draft")]
    again = Vault(owner._folder, b"o" * 32)
    assert not [name for name in names(again) if name.endswith(".draft")]
    assert whole(again.original(JOB)) == b"design"
    with pytest.raises(UnknownError):
        again.design(OTHER_JOB)


def given_to(name: bytes) -> Given:
    request = sign(b"s" * 32, FETCH_SHARE, name)
    return Given(
        customer=PeerId(b"c" * 32), job=JOB, package=1, to=PeerId(name * 32), at=UnixSeconds(7), request=request
    )


def test_a_share_whose_giving_cannot_be_logged_is_not_given_and_the_log_goes_on(owner: Vault) -> None:
    first, second, third = (given_to(name) for name in (b"a", b"b", b"c"))
    owner.note_given(first)
    size = (owner._folder / "given.log").stat().st_size
    with largest_file(size + 100), pytest.raises(UnavailableError, match=r"does not keep given\.log"):
        owner.note_given(second)
    assert (owner._folder / "given.log").stat().st_size == size + 100, "a torn line stays behind"
    assert owner.given() == (first,)
    owner.note_given(third)
    assert owner.given() == (first, third)


@pytest.mark.parametrize("locked", [True, False])
def test_an_identity_that_was_cut_off_is_refused_and_a_new_one_never_takes_its_place(
    tmp_path: Path, locked: bool
) -> None:
    path = tmp_path / "identity.json"
    before = load_identity(path, os.urandom)
    if locked:
        lock_identity(path, os.urandom, None, b"a long sentence")
    text = path.read_bytes()
    with largest_file(len(text) // 2), pytest.raises(UnavailableError, match="does not keep identity"):
        lock_identity(path, os.urandom, lambda: b"a long sentence", b"another")
    assert path.read_bytes() == text
    assert load_identity(path, os.urandom, lambda: b"a long sentence") == before
    for size in range(0, len(text) - 1, 37):
        path.write_bytes(text[:size])
        with pytest.raises(ConfigError):
            load_identity(path, os.urandom, lambda: b"a long sentence")
        assert path.read_bytes() == text[:size]


def test_a_token_that_cannot_be_written_down_is_not_given(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json", "the operator's")
    tokens.grant("Ada", "customer")
    with largest_file(20), pytest.raises(UnavailableError):
        tokens.grant("Bob", "auditor")
    assert [grant.name for grant in tokens.grants] == ["Ada"]
    assert Tokens(tmp_path / "tokens.json", "the operator's").grants == tokens.grants
