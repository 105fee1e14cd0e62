"""The owner's vault: keeps sealed designs and hands out one package at a time; never writes a design in clear."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import RawIOBase
from itertools import count
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.errors import ConfigError, UnavailableError, UnknownError
from node.vault.drafts import Draft, append_line, clear_drafts, written
from protocol import stream
from protocol.errors import RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.release import SEED_BYTES, ReleaseContext, public_half
from protocol.seal import (
    DESIGN_PACKAGE,
    Chunks,
    PackageDelivery,
    PackageLeaf,
    SealedDesign,
    accept,
    deliver,
    deliver_code,
    expand,
    open_content,
    seal_code,
    seal_design,
    seal_package,
)
from protocol.signed import Signed
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

_NONCE_BYTES, _MASTER_BYTES = 12, 32
_SECRETS = (".master", ".release", ".key", ".share")
"""Files that are wrapped under the vault's key; all others are ciphertexts and public halves."""


_GIVEN = "given.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What opens a received package, and what it must then be."""

    leaf: PackageLeaf
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShare:
    """A share of a package's key that a customer entrusted to this node."""

    statement: Signed
    """The customer's ``Escrow``."""

    share: bytes
    until: UnixSeconds
    """Wall time after which no dispute can need it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A share that left this node."""

    customer: PeerId
    """Who entrusted it."""

    job: JobId
    package: int
    to: PeerId
    """A juror of the job's case."""

    at: UnixSeconds
    request: Signed
    """The juror's own: it cannot deny having asked."""


class Vault:
    """A folder of sealed designs and received packages, under one 32-byte key."""

    def __init__(
        self, folder: Path, key: bytes, random: Callable[[int], bytes] = os.urandom, *, former: bytes | None = None
    ) -> None:
        """Open ``folder`` under ``key``; what is wrapped under ``former`` still is read."""
        self._folder = folder
        self._key = key
        self._wrap = AESGCM(expand(key, "wrap"))
        self._former = None if former is None else AESGCM(expand(former, "wrap"))
        self._random = random
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        clear_drafts(folder)

    # Designs of our own.

    def seal(self, job: JobId, contents: Iterable[Chunks]) -> SealedDesign:
        """Seal ``contents``, the design file first, for ``job`` under a fresh master; memory does not grow with them.

        Raises:
            UnavailableError: the disk is full; what was sealed for ``job`` before may then not open any more.
        """
        master = self._random(_MASTER_BYTES)
        self._keep_secret(f"{job.hex()}.master", master)
        leaves = []
        for index, content in enumerate(contents):
            with written(self._folder / f"{job.hex()}.{index}.sealed") as file:
                leaves.append(seal_package(master, index, content, file.write))
        design = seal_design(master, leaves)
        with written(self._folder / f"{job.hex()}.design") as file:
            file.write(encode(design))
        return design

    def design(self, job: JobId) -> SealedDesign:
        """The sealed design of ``job``.

        Raises:
            UnknownError: nothing is sealed under it here.
        """
        return decode(SealedDesign, self._read(f"{job.hex()}.design"))

    def original(self, job: JobId) -> Iterator[memoryview]:
        """The design file of ``job`` in clear, for its owner, in chunks that are good until the next is asked for.

        Raises:
            UnknownError: nothing is sealed under it here.
            RejectError: what is stored is not what was sealed.
        """
        leaf = self.design(job).leaves[DESIGN_PACKAGE]
        key = expand(self._secret(f"{job.hex()}.master"), "key", DESIGN_PACKAGE)
        return open_content(key, leaf, self.ciphertext(job, DESIGN_PACKAGE))

    def ciphertext(self, job: JobId, index: int) -> Iterator[memoryview]:
        """The encrypted chunks of package ``index`` of the design of ``job``.

        Raises:
            UnknownError: nothing is sealed under it here.
        """
        return self._chunks(f"{job.hex()}.{index}.sealed")

    def parcel(self, job: JobId, index: int, code: bytes | None = None) -> Path:
        """Where what is handed over of package ``index`` lies encrypted: as it was sealed, or ``code`` in its place.

        Raises:
            UnavailableError: the disk is full or does not answer.
        """
        if code is None:
            return self._folder / f"{job.hex()}.{index}.sealed"
        made = seal_code(self._secret(f"{job.hex()}.master"), index, code)
        path = self._folder / f"{job.hex()}.{index}.{made.leaf.ciphertext.hex()[:16]}.code"
        if not path.exists():
            with written(path) as file:
                file.write(made.ciphertext)
        return path

    def deliver(
        self, chain: int, job: JobId, index: int, *, recipient: bytes, parcel: Digest, code: bytes | None = None
    ) -> PackageDelivery:
        """Package ``index`` of the design of ``job``, or ``code`` in its place, its key released to ``recipient``.

        Args:
            parcel: what the ciphertext is fetched under.

        Raises:
            RejectError: ``recipient`` is no release key.
        """
        design = self.design(job)
        context = ReleaseContext(chain=chain, job=job, root=design.root, index=index)
        master = self._secret(f"{job.hex()}.master")
        if code is not None:
            made = seal_code(master, index, code)
            return deliver_code(design, made, parcel=parcel, context=context, recipient=recipient)
        return deliver(master, design, parcel, context=context, recipient=recipient)

    # Packages of others.

    def ask(self, job: JobId, operation: int) -> bytes:
        """Public half of the release key for one package; made once, and forgotten when the package has come."""
        name = f"{job.hex()}.{operation}.release"
        if not (self._folder / name).exists():
            self._keep_secret(name, self._random(SEED_BYTES))
        return public_half(self._secret(name))

    def receive(self, chain: int, job: JobId, operation: int, delivery: PackageDelivery, ciphertext: Chunks) -> None:
        """Open the package of ``operation``, check it, and keep it encrypted; its key is kept under this vault's.

        Args:
            ciphertext: the encrypted chunks; each is on disk before the next is asked for.

        Raises:
            RejectError: it is not what was sealed, or not for the release key that was asked with; nothing is kept.
            UnavailableError: the disk is full or does not answer; nothing is kept, and it can be received again.
        """
        context = ReleaseContext(chain=chain, job=job, root=delivery.root, index=operation + 1)
        name = f"{job.hex()}.{operation}"
        key = accept(delivery, context, seed=self._secret(f"{name}.release"))
        with written(self._folder / f"{name}.package") as file:
            for _ in open_content(key, delivery.content, _copied(ciphertext, file)):
                pass  # nothing of it is kept in clear; that it opens is what is asked
        self._keep_secret(f"{name}.key", encode(_Kept(leaf=delivery.content, key=key)))
        (self._folder / f"{name}.release").unlink()

    def arrival(self, job: JobId, operation: int) -> Path:
        """Where the ciphertext of ``operation`` is gathered while it comes."""
        return self._folder / f"{job.hex()}.{operation}.arrival"

    def receive_arrived(self, chain: int, job: JobId, operation: int, delivery: PackageDelivery) -> None:
        """``receive`` what has gathered, which is not kept twice.

        Raises:
            RejectError, UnavailableError: as ``receive``; what arrived is kept if only the disk was to blame.
        """
        arrival = self.arrival(job, operation)
        try:
            self.receive(chain, job, operation, delivery, self._chunks(arrival.name))
        except RejectError:
            arrival.unlink(missing_ok=True)
            raise
        arrival.unlink()

    def package(self, job: JobId, operation: int) -> bytes:
        """A received package in clear.

        Raises:
            UnknownError: it has not been received, or was deleted when the job closed.
            ConfigError: a file was changed, or belongs to another node.
        """
        name = f"{job.hex()}.{operation}"
        kept = decode(_Kept, self._secret(f"{name}.key"))
        chunks = self._chunks(f"{name}.package")
        try:
            return stream.whole(open_content(kept.key, kept.leaf, chunks))
        except RejectError as error:
            raise ConfigError("vault", f"package {operation} of {job.hex()[:8]} does not open: {error}") from error

    def forget(self, job: JobId) -> None:
        """Delete every received package of ``job``: a licence that is used up leaves no design behind."""
        for kind in ("key", "package", "release", "arrival", "arrival.part"):
            for path in self._folder.glob(f"{job.hex()}.*.{kind}"):
                path.unlink()

    # Keys in custody.

    def content_key(self, job: JobId, index: int) -> bytes:
        """The key of package ``index`` of our own design of ``job``."""
        return expand(self._secret(f"{job.hex()}.master"), "key", index)

    def sealed(self, job: JobId, index: int) -> Path:
        """Where the ciphertext of a package lies, sealed here or received from its customer.

        Raises:
            UnknownError: neither.
        """
        for name in (f"{job.hex()}.{index}.sealed", f"{job.hex()}.{index - 1}.package"):
            if (self._folder / name).exists():
                return self._folder / name
        raise UnknownError(f"the vault holds no package {index} of {job.hex()[:8]}")

    def evidence(self, job: JobId, index: int) -> Path:
        """Where a juror gathers the ciphertext of a package whose work is disputed."""
        return self._folder / f"{job.hex()}.{index}.evidence"

    def open_evidence(self, job: JobId, key: bytes, leaf: PackageLeaf) -> bytes:
        """What has gathered, in clear; it is not kept.

        Raises:
            RejectError: it is not what was sealed under ``key``.
        """
        path = self.evidence(job, leaf.index)
        try:
            return stream.whole(open_content(key, leaf, self._chunks(path.name)))
        finally:
            path.unlink(missing_ok=True)

    def keep_share(self, job: JobId, package: int, held: HeldShare, now: UnixSeconds) -> None:
        """Keep a share that a customer entrusted; those whose time is over go."""
        for path in self._folder.glob("*.share"):
            if decode(HeldShare, self._secret(path.name)).until < now:
                path.unlink()
        self._keep_secret(f"{job.hex()}.{package}.share", encode(held))

    def share(self, job: JobId, package: int) -> HeldShare | None:
        """The share of a package's key that is held here, if any is."""
        try:
            return decode(HeldShare, self._secret(f"{job.hex()}.{package}.share"))
        except UnknownError:
            return None

    def note_given(self, given: Given) -> None:
        """Log that a share is about to be given away; it is on disk when this returns.

        Raises:
            UnavailableError: it is not, and the share must stay.
        """
        append_line(self._folder / _GIVEN, encode(given).hex().encode())

    def given(self) -> tuple[Given, ...]:
        """Every share that was given away from here, oldest first; one whose line is torn was not given."""
        try:
            lines = (self._folder / _GIVEN).read_text().split()
        except FileNotFoundError:
            return ()
        found = []
        for line in lines:
            with suppress(ValueError, RejectError):
                found.append(decode(Given, bytes.fromhex(line)))
        return tuple(found)

    def _keep_secret(self, name: str, secret: bytes) -> None:
        nonce = self._random(_NONCE_BYTES)
        with written(self._folder / name) as file:
            file.write(nonce + self._wrap.encrypt(nonce, secret, name.encode()))

    def _secret(self, name: str) -> bytes:
        stored = self._read(name)
        for wrap in (self._wrap, self._former):
            with suppress(InvalidTag, ValueError):
                if wrap is not None:
                    return wrap.decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], name.encode())
        raise ConfigError("vault", f"{name} does not open: it was changed, or belongs to another node")

    def wrap_anew(self) -> int:
        """Wrap every secret under the present key; how many there are.

        Raises:
            ConfigError: one opens under neither key; those before it are done, and the others as they were.
        """
        names = sorted(path.name for path in self._folder.iterdir() if path.suffix in _SECRETS)
        for name in names:
            self._keep_secret(name, self._secret(name))
        return len(names)

    def _read(self, name: str) -> bytes:
        return stream.whole(self._chunks(name))

    def _chunks(self, name: str) -> Iterator[memoryview]:
        """What the file holds, in the chunks of a ciphertext, at least one."""
        try:
            with (self._folder / name).open("rb", buffering=0) as file:
                yield from read_chunks(file, stream.SEALED_CHUNK_BYTES)
        except FileNotFoundError as error:
            raise UnknownError(f"the vault holds no {name}") from error
        except OSError as error:
            raise UnavailableError(f"the disk does not show {name}: {error.strerror}") from error


def read_chunks(file: RawIOBase, size: int) -> Iterator[memoryview]:
    """All of ``file`` in chunks of ``size``, at least one; each stays good until the second after it is asked for."""
    rooms = tuple(memoryview(bytearray(size)) for _ in range(2))
    for number in count():
        room = rooms[number % 2]
        found = file.readinto(room) or 0
        if found or not number:
            yield room[:found]
        if not found:
            return


def _copied(chunks: Chunks, file: Draft) -> Iterator[bytes | memoryview]:
    for chunk in chunks:
        file.write(chunk)
        yield chunk
