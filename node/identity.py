"""Who this node is: its four secrets in one private file, locked or not, made once and never printed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.chain import account_of
from node.errors import ConfigError
from node.vault.drafts import written
from node.vault.keybag import is_keybag, lock, unlock
from protocol.ids import Address, EncryptionKey, PeerId
from protocol.signed import public_key

Passphrase = Callable[[], bytes]

_FORMER = "former_vault"
_SECRETS = ("signing", "encryption", "ledger", "vault")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Secrets of 32 bytes each; what others may know are the properties, which take a while to compute."""

    signing: bytes = field(repr=False)
    """Ed25519 seed: signs messages and records, and is the libp2p identity."""

    encryption: bytes = field(repr=False)
    """X25519 secret: opens packages."""

    ledger: bytes = field(repr=False)
    """secp256k1 secret: signs transactions."""

    vault: bytes = field(repr=False)
    """Key that the vault's masters are wrapped with."""

    former_vault: bytes | None = field(default=None, repr=False)
    """The one before, while a rotation is under way; see ``node.rotation``."""

    @cached_property
    def peer(self) -> PeerId:
        """Network identity."""
        return public_key(self.signing)

    @cached_property
    def encryption_key(self) -> EncryptionKey:
        """Where packages for this node are sealed to."""
        return EncryptionKey(X25519PrivateKey.from_private_bytes(self.encryption).public_key().public_bytes_raw())

    @cached_property
    def account(self) -> Address:
        """Address on the ledger."""
        return account_of(self.ledger)


def load_identity(path: Path, random: Callable[[int], bytes], passphrase: Passphrase | None = None) -> Identity:
    """The identity in ``path``; made with ``random`` and stored with mode 0600 when there is none.

    ``passphrase`` is asked for when the file is locked, and only then.

    Raises:
        ConfigError: the file is readable by others, locked under another passphrase, or does not hold four secrets of
            32 bytes.
    """
    if not path.exists():
        _store(path, json.dumps({name: random(32).hex() for name in _SECRETS}))
    text = _read(path)
    if is_keybag(text):
        if passphrase is None:
            raise ConfigError(str(path), "is locked; give its passphrase with --passphrase-file")
        text = unlock(text, passphrase()).decode()
    try:
        document = json.loads(text)
        names = (*_SECRETS, *((_FORMER,) if _FORMER in document else ()))
        secrets = {name: bytes.fromhex(document[name]) for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(str(path), f"is not an identity file: {error}") from error
    if any(len(secret) != 32 for secret in secrets.values()):
        raise ConfigError(str(path), "holds a secret that is not 32 bytes long")
    return Identity(**secrets)


def store_identity(path: Path, identity: Identity, random: Callable[[int], bytes], passphrase: bytes | None) -> None:
    """Replace the file, whole or not at all; in clear when ``passphrase`` is None."""
    former = {} if identity.former_vault is None else {_FORMER: identity.former_vault.hex()}
    text = json.dumps({**{name: getattr(identity, name).hex() for name in _SECRETS}, **former})
    _store(path, text if passphrase is None else lock(text.encode(), passphrase, random))


def is_locked(path: Path) -> bool:
    """Whether the identity in ``path`` is under a passphrase."""
    return path.exists() and is_keybag(path.read_text())


def lock_identity(path: Path, random: Callable[[int], bytes], old: Passphrase | None, new: bytes | None) -> None:
    """Put the identity in ``path`` under ``new``, or in clear when that is None; ``old`` opens it if it is locked.

    Raises:
        ConfigError: as ``load_identity``; the file stays as it was.
    """
    identity = load_identity(path, random, old)
    store_identity(path, identity, random, new)


def _read(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise ConfigError(str(path), "holds secrets but others may read it; run: chmod 600 on it")
    return path.read_text()


def _store(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as file:
        file.write(text.encode())
