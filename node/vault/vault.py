"""The owner's vault: keeps sealed designs and hands out one package at a time; never writes a design in clear."""

import os
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from node.errors import ConfigError, UnknownError
from protocol.ids import EncryptionKey, JobId
from protocol.seal import PackageDelivery, SealedDesign, deliver, expand, seal_design
from protocol.wire import decode, encode


class Vault:
    """A folder of sealed designs and received packages, wrapped with one 32-byte key."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def seal(self, job: JobId, contents: tuple[bytes, ...]) -> SealedDesign:
        """Seal ``contents`` for ``job`` under a master of its own; the same contents give the same bytes."""
        design = seal_design(self._master(job), contents)
        self._write(f"{job.hex()}.design", encode(design))
        return design

    def design(self, job: JobId) -> SealedDesign:
        """The sealed design of ``job``.

        Raises:
            UnknownError: nothing is sealed under it here.
        """
        return decode(SealedDesign, self._read(f"{job.hex()}.design"))

    def deliver(self, job: JobId, index: int, *, recipient: EncryptionKey, ephemeral: bytes) -> PackageDelivery:
        """Package ``index`` of the design of ``job``, its key sealed to ``recipient``."""
        return deliver(self._master(job), self.design(job), index, recipient=recipient, ephemeral=ephemeral)

    def keep(self, job: JobId, index: int, content: bytes) -> None:
        """Store a received package, encrypted under this vault's key."""
        nonce = expand(self._key, f"nonce/{job.hex()}", index)[: SecretBox.NONCE_SIZE]
        self._write(f"{job.hex()}.{index}.package", bytes(SecretBox(self._package_key(job)).encrypt(content, nonce)))

    def package(self, job: JobId, index: int) -> bytes:
        """A received package in clear.

        Raises:
            UnknownError: it has not been received, or was deleted when the job closed.
            ConfigError: the file was changed, or another key wrote it.
        """
        stored = self._read(f"{job.hex()}.{index}.package")
        try:
            return bytes(SecretBox(self._package_key(job)).decrypt(stored))
        except CryptoError as error:
            raise ConfigError("vault", f"package {index} of {job.hex()[:8]} does not open: {error}") from error

    def forget(self, job: JobId) -> None:
        """Delete every received package of ``job``: a licence that is used up leaves no design behind."""
        for path in self._folder.glob(f"{job.hex()}.*.package"):
            path.unlink()

    def _master(self, job: JobId) -> bytes:
        return expand(self._key, f"master/{job.hex()}")

    def _package_key(self, job: JobId) -> bytes:
        return expand(self._key, f"package/{job.hex()}")

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError as error:
            raise UnknownError(f"the vault holds no {name}") from error

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f"{name}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / name)
