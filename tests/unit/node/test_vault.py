"""What lies in the vault opens for its owner, whole or not at all, and nothing lies there in clear."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.errors import ConfigError, UnavailableError, UnknownError
from node.vault.vault import Vault
from protocol.errors import RejectError
from protocol.ids import Digest, JobId
from protocol.stream import chunks_of, whole

CHAIN, JOB, OTHER_JOB = 7, JobId(b"j" * 32), JobId(b"o" * 32)
PARCEL = Digest(b"c" * 32)
DESIGN, PACKAGE = b"a bracket with a secret hole" * 90_000, b"how to mill it" * 90_000


@pytest.fixture
def owner(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "owner", b"o" * 32)
    vault.seal(JOB, [chunks_of(DESIGN), chunks_of(PACKAGE)])
    return vault


@pytest.fixture
def winner(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "winner", b"w" * 32)


def hand_over(owner: Vault, winner: Vault) -> None:
    delivery = owner.deliver(CHAIN, JOB, 1, recipient=winner.ask(JOB, 0), parcel=PARCEL)
    winner.receive(CHAIN, JOB, 0, delivery, owner.ciphertext(JOB, 1))


def files(vault: Vault) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(vault._folder.iterdir())}


def test_a_package_travels_from_vault_to_vault(owner: Vault, winner: Vault) -> None:
    hand_over(owner, winner)
    assert winner.package(JOB, 0) == PACKAGE
    assert whole(owner.original(JOB)) == DESIGN


def test_nothing_lies_there_in_clear(owner: Vault, winner: Vault) -> None:
    hand_over(owner, winner)
    for content in (*files(owner).values(), *files(winner).values()):
        assert b"secret" not in content
        assert b"mill it" not in content


def test_files_are_their_owner_s_alone(owner: Vault, winner: Vault) -> None:
    hand_over(owner, winner)
    modes = {path.stat().st_mode & 0o777 for vault in (owner, winner) for path in vault._folder.iterdir()}
    assert modes == {0o600}


def test_a_release_key_is_made_once_and_forgotten_with_its_package(owner: Vault, winner: Vault) -> None:
    assert winner.ask(JOB, 0) == winner.ask(JOB, 0) != winner.ask(OTHER_JOB, 0)
    hand_over(owner, winner)
    assert f"{JOB.hex()}.0.release" not in files(winner)
    delivery = owner.deliver(CHAIN, JOB, 1, recipient=winner.ask(OTHER_JOB, 0), parcel=PARCEL)
    with pytest.raises(UnknownError):
        winner.receive(CHAIN, JOB, 0, delivery, owner.ciphertext(JOB, 1))


def test_a_package_for_another_key_leaves_nothing_behind(owner: Vault, winner: Vault, tmp_path: Path) -> None:
    thief = Vault(tmp_path / "thief", b"t" * 32)
    delivery = owner.deliver(CHAIN, JOB, 1, recipient=winner.ask(JOB, 0), parcel=PARCEL)
    thief.ask(JOB, 0)
    before = files(thief)
    with pytest.raises(RejectError):
        thief.receive(CHAIN, JOB, 0, delivery, owner.ciphertext(JOB, 1))
    with pytest.raises(RejectError):
        winner.receive(CHAIN + 1, JOB, 0, delivery, owner.ciphertext(JOB, 1))
    assert files(thief) == before
    with pytest.raises(UnknownError):
        thief.package(JOB, 0)


def test_a_ciphertext_that_does_not_match_leaves_nothing_behind(owner: Vault, winner: Vault) -> None:
    delivery = owner.deliver(CHAIN, JOB, 1, recipient=winner.ask(JOB, 0), parcel=PARCEL)
    before, chunks = files(winner), [bytes(chunk) for chunk in owner.ciphertext(JOB, 1)]
    for broken in (chunks[:-1], [], [*chunks, chunks[-1]], list(map(bytes, owner.ciphertext(JOB, 0)))):
        with pytest.raises(RejectError):
            winner.receive(CHAIN, JOB, 0, delivery, broken)
    assert files(winner) == before


def test_a_job_that_closes_takes_its_packages_with_it(owner: Vault, winner: Vault) -> None:
    hand_over(owner, winner)
    winner.ask(JOB, 1)
    winner.ask(OTHER_JOB, 0)
    winner.forget(JOB)
    assert list(files(winner)) == [f"{OTHER_JOB.hex()}.0.release"]


def test_another_key_opens_nothing(owner: Vault, winner: Vault) -> None:
    hand_over(owner, winner)
    winner.ask(OTHER_JOB, 0)
    wrong = Vault(winner._folder, b"x" * 32)
    with pytest.raises(ConfigError, match="does not open"):
        wrong.package(JOB, 0)
    with pytest.raises(ConfigError, match="does not open"):
        wrong.ask(OTHER_JOB, 0)


def test_a_changed_file_is_noticed(owner: Vault) -> None:
    path = owner._folder / f"{JOB.hex()}.0.sealed"
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    with pytest.raises(RejectError):
        list(owner.original(JOB))


def test_sealing_again_takes_fresh_keys(owner: Vault) -> None:
    """A changed file under the same key would betray both; the vault cannot know whether it was changed."""
    before = files(owner)[f"{JOB.hex()}.0.sealed"]
    owner.seal(JOB, [chunks_of(DESIGN)])
    assert files(owner)[f"{JOB.hex()}.0.sealed"] != before


def test_what_is_not_there_is_said_by_name(owner: Vault) -> None:
    with pytest.raises(UnknownError, match=r"holds no 6f6f.*\.design"):
        owner.design(OTHER_JOB)


def test_a_disk_that_fills_up_leaves_no_half_file(owner: Vault) -> None:
    before = files(owner)

    def content() -> Iterator[bytes]:
        yield bytes(2**20)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(UnavailableError, match="No space left"):
        owner.seal(OTHER_JOB, [content()])
    assert files(owner).keys() - before.keys() == {f"{OTHER_JOB.hex()}.master"}
