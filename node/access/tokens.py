"""Whose token is whose: the node's own is its operator's, others are given to people with one role; none is kept.

The file holds the SHA-256 of each token, which is enough for 256 random bits.
"""

import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from node.access.table import Role, Subject
from node.errors import ConfigError, RequestError
from node.vault.drafts import written

TOKEN_BYTES: Final = 32
MAX_TOKENS: Final = 256

ROLES: Final = {role.value: role for role in (Role.CUSTOMER, Role.PROVIDER, Role.AUDITOR)}
"""Those that a token can be given for; the operator's is the file ``api.token``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One token that was given."""

    name: str
    role: Role
    digest: str
    """SHA-256 of the token, hexadecimal."""


class Tokens:
    """The tokens that a node accepts; the file is read once and written whole."""

    def __init__(self, path: Path, operator: str, random: Callable[[int], bytes] = os.urandom) -> None:
        """Take the grants in ``path``, if there is such a file, beside the token of the node's ``operator``.

        Raises:
            ConfigError: the file is none of ours.
        """
        self._path = path
        self._operator = _digest(operator)
        self._random = random
        self._grants = _load(path)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What was given, by name."""
        return tuple(self._grants[name] for name in sorted(self._grants))

    def subject_of(self, token: str) -> Subject | None:
        """Who shows ``token``; None when nobody was given it. Takes as long for every wrong one."""
        shown = _digest(token)
        found = None
        for grant in self._grants.values():
            if hmac.compare_digest(shown, grant.digest):
                found = Subject(name=grant.name, roles=frozenset({grant.role}))
        if hmac.compare_digest(shown, self._operator):
            found = Subject(name="operator", roles=frozenset({Role.OPERATOR}))
        return found

    def grant(self, name: str, role: str) -> str:
        """A new token for ``name``; it is shown this once.

        Raises:
            RequestError: the name has one already, there is no such role, or there are too many.
        """
        if role not in ROLES:
            raise RequestError("unknown-role", f"there is no role {role!r} for a token; known: {', '.join(ROLES)}")
        if name in self._grants or name == "operator":
            raise RequestError("name-taken", f"{name!r} has a token; revoke it first")
        if len(self._grants) >= MAX_TOKENS:
            raise RequestError("too-many-tokens", f"there are {MAX_TOKENS} tokens; revoke some that nobody uses")
        token = self._random(TOKEN_BYTES).hex()
        self._store({**self._grants, name: Grant(name=name, role=ROLES[role], digest=_digest(token))})
        return token

    def revoke(self, name: str) -> None:
        """End the token of ``name`` at once.

        Raises:
            RequestError: it has none.
        """
        if name not in self._grants:
            raise RequestError("unknown-token", f"nobody named {name!r} has a token")
        self._store({other: grant for other, grant in self._grants.items() if other != name})

    def _store(self, grants: dict[str, Grant]) -> None:
        rows = {name: {"role": grant.role.value, "sha256": grant.digest} for name, grant in grants.items()}
        with written(self._path) as file:
            file.write(json.dumps(rows, indent=2).encode())
        self._grants = grants


def _load(path: Path) -> dict[str, Grant]:
    if not path.exists():
        return {}
    try:
        rows = json.loads(path.read_text())
        return {
            name: Grant(name=name, role=ROLES[row["role"]], digest=bytes.fromhex(row["sha256"]).hex())
            for name, row in rows.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(str(path), f"is no list of tokens: {error}") from error


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
