"""A machine's own key: a file that only the node reads, until the controller or its gateway holds one itself."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from node.errors import ConfigError
from protocol.ids import MachineId
from protocol.params import HASH_BYTES
from protocol.signed import Signer, signer_of


def machine_signer(path: Path, random: Callable[[int], bytes]) -> Signer:
    """The signer whose Ed25519 seed is in ``path``; made and stored with mode 0600 when there is none.

    Raises:
        ConfigError: the file is readable by others, or does not hold a seed of 32 bytes.
    """
    if not path.exists():
        _store(path, random(HASH_BYTES))
    if path.stat().st_mode & 0o077:
        raise ConfigError(str(path), "holds a machine's key but others may read it; run: chmod 600 on it")
    try:
        seed = bytes.fromhex(path.read_text().strip())
    except ValueError as error:
        raise ConfigError(str(path), "is not a machine's key") from error
    if len(seed) != HASH_BYTES:
        raise ConfigError(str(path), "holds a key that is not 32 bytes long")
    return signer_of(seed)


def machine_signers(folder: Path, names: Iterable[str], random: Callable[[int], bytes]) -> dict[MachineId, Signer]:
    """The signers of a shop's machines, whose keys lie in ``folder``.

    Raises:
        ConfigError: as ``machine_signer``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {MachineId(name): machine_signer(folder / f"{name}.key", random) for name in names}


def _store(path: Path, seed: bytes) -> None:
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(seed.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
