"""Secrets at rest under a passphrase: Argon2id (RFC 9106) makes the key, AES-256-GCM keeps the content.

The file says how its key is made, so that the cost can rise without a second format.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from node.errors import ConfigError

VERSION = 1
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32
_MOST_MEMORY, _MOST_ITERATIONS, _MOST_LANES = 4 * 1024 * 1024, 64, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess of the passphrase costs."""

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 4


def is_keybag(text: str) -> bool:
    """Whether ``text`` is a locked file."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and "keybag" in document


def lock(content: bytes, passphrase: bytes, random: Callable[[int], bytes], cost: Cost | None = None) -> str:
    """``content`` under ``passphrase``, as the text of a file."""
    cost, salt, nonce = cost or Cost(), random(_SALT_BYTES), random(_NONCE_BYTES)
    header = {"keybag": VERSION, "kdf": "argon2id", **asdict(cost), "salt": salt.hex(), "nonce": nonce.hex()}
    sealed = AESGCM(_key(passphrase, salt, cost)).encrypt(nonce, content, _associated(header))
    return json.dumps({**header, "ciphertext": sealed.hex()}, indent=2) + "\n"


def unlock(text: str, passphrase: bytes) -> bytes:
    """What ``lock`` was given.

    Raises:
        ConfigError: another passphrase, or a file that was changed or is none of ours.
    """
    try:
        header = json.loads(text)
        sealed = bytes.fromhex(header.pop("ciphertext"))
        cost = Cost(**{name: header[name] for name in ("memory_kib", "iterations", "lanes")})
        salt, nonce = bytes.fromhex(header["salt"]), bytes.fromhex(header["nonce"])
        _check(header, cost)
        return AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, sealed, _associated(header))
    except InvalidTag as error:
        raise ConfigError("passphrase", "does not open the identity; is it the one that it was locked with?") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError("identity", f"is not a keybag of this program: {error}") from error


def _check(header: dict[str, object], cost: Cost) -> None:
    """A file that was planted must not eat the machine."""
    limits = ((cost.memory_kib, _MOST_MEMORY), (cost.iterations, _MOST_ITERATIONS), (cost.lanes, _MOST_LANES))
    bounded = all(type(value) is int and 0 < value <= most for value, most in limits)
    if header.get("keybag") != VERSION or not bounded:
        raise ValueError("unknown version or cost")


def _key(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    kdf = Argon2id(
        salt=salt, length=_KEY_BYTES, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return kdf.derive(passphrase)


def _associated(header: dict[str, object]) -> bytes:
    return json.dumps(header, sort_keys=True).encode()
