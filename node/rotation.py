"""New keys for an old vault: what lies in it is wrapped anew, and an interruption at any moment loses nothing.

The identity first holds both vault keys; then every secret is wrapped under the new one; then the old one goes. A vault
that is opened in between reads with either.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from node.identity import Identity, load_identity, store_identity
from node.vault.vault import Vault


def rotate(
    identity_file: Path, folder: Path, random: Callable[[int], bytes], passphrase: Callable[[], bytes] | None
) -> int:
    """Give the node a new vault key and a new encryption key; how many secrets were wrapped anew.

    An interrupted rotation is brought to its end, with the keys that it began with. The new encryption key is
    registered on the ledger when the node starts next.

    Raises:
        ConfigError: as ``load_identity``; or a secret in the vault opens under neither key.
    """
    asked: list[bytes] = []

    def ask() -> bytes:
        asked.append(b"" if passphrase is None else passphrase())
        return asked[-1]

    identity = load_identity(identity_file, random, None if passphrase is None else ask)
    kept = asked[-1] if asked else None
    if identity.former_vault is None:
        identity = replace(identity, former_vault=identity.vault, vault=random(32), encryption=random(32))
        store_identity(identity_file, identity, random, kept)
    count = vault_of(identity, folder).wrap_anew()
    store_identity(identity_file, replace(identity, former_vault=None), random, kept)
    return count


def vault_of(identity: Identity, folder: Path) -> Vault:
    """The vault of a node."""
    return Vault(folder, identity.vault, former=identity.former_vault)
