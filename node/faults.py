"""What the command line says when something fails, and the exit code that says whose fault it is."""

import sys

from node.errors import ConfigError, RequestError, UnknownError


class NodeUnreachableError(Exception):
    """No node answers there. Start it, or name another one with ``--node``."""


class NotPermittedError(Exception):
    """The node refuses this caller. Use its own token (in the node's folder)."""


class FailedError(Exception):
    """The node could not do it, for a reason of its own."""


_CODES: tuple[tuple[type[Exception], int], ...] = (
    (RequestError, 2),
    (ConfigError, 2),
    (UnknownError, 2),
    (NotPermittedError, 4),
    (NodeUnreachableError, 6),
    (FailedError, 1),
    (OSError, 1),
)


def report(error: Exception) -> int:
    """Print ``error`` on standard error as one sentence and return the exit code; unknown errors are raised again."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            print(f"guildmark: {error}", file=sys.stderr)  # the command line's own voice
            return code
    raise error
