"""Who this node is: its four secrets in one private file, made once and never printed."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ledger.chain import account_of
from node.errors import ConfigError
from protocol.ids import Address, EncryptionKey, PeerId
from protocol.seal import encryption_key
from protocol.signed import public_key

_SECRETS = ("signing", "encryption", "ledger", "vault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Secrets of 32 bytes each; what others may know are the properties."""

    signing: bytes = field(repr=False)
    """Ed25519 seed: signs messages and records, and is the libp2p identity."""

    encryption: bytes = field(repr=False)
    """X25519 secret: opens packages."""

    ledger: bytes = field(repr=False)
    """secp256k1 secret: signs transactions."""

    vault: bytes = field(repr=False)
    """Key that the vault's masters are wrapped with."""

    @property
    def peer(self) -> PeerId:
        """Network identity."""
        return public_key(self.signing)

    @property
    def encryption_key(self) -> EncryptionKey:
        """Where packages for this node are sealed to."""
        return encryption_key(self.encryption)

    @property
    def account(self) -> Address:
        """Address on the ledger."""
        return account_of(self.ledger)


def load_identity(path: Path, random: Callable[[int], bytes]) -> Identity:
    """The identity in ``path``; made with ``random`` and stored with mode 0600 when there is none.

    Raises:
        ConfigError: the file is readable by others, or does not hold four secrets of 32 bytes.
    """
    if not path.exists():
        _store(path, {name: random(32).hex() for name in _SECRETS})
    if path.stat().st_mode & 0o077:
        raise ConfigError(str(path), "holds secrets but others may read it; run: chmod 600 on it")
    try:
        secrets = {name: bytes.fromhex(json.loads(path.read_text())[name]) for name in _SECRETS}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(str(path), f"is not an identity file: {error}") from error
    if any(len(secret) != 32 for secret in secrets.values()):
        raise ConfigError(str(path), "holds a secret that is not 32 bytes long")
    return Identity(**secrets)


def _store(path: Path, secrets: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(secrets, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
