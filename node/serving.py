"""The node as a process: one ``trio.run`` behind one socket, until a signal ends it; knows none of the node's parts."""

import logging
import os
import secrets
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import trio
from hypercorn.config import Config as ServerConfig
from hypercorn.trio import serve

from federation.errors import ListenError
from node.access.tokens import Tokens
from node.api.routes import build_api
from node.app import open_participant
from node.config import Home, NodeConfig, load_config
from node.errors import ConfigError
from node.identity import Passphrase, load_identity

if TYPE_CHECKING:
    from trio_typing import TaskStatus

log = logging.getLogger("guildmark")

STOP_SECONDS = 10
"""After being asked to stop; a library that spins or waits while closing must not keep the process alive."""

SWITCH_SECONDS = 0.0005
"""For which a thread that computes keeps the interpreter while the event loop, back from a system call, waits for it.
At Python's own five milliseconds, tool paths that are being made slow every message of an auction down."""

CLOSE_SECONDS = 1.0
"""For open event streams when the node stops."""


def run(folder: Path, passphrase: Passphrase | None = None) -> None:
    """Run the node in ``folder`` until SIGINT or SIGTERM.

    Raises:
        ConfigError: the configuration, identity, deployment or port cannot be used.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("libp2p", "httpx", "hypercorn.access", "multiaddr"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    sys.setswitchinterval(SWITCH_SECONDS)
    home = Home(path=folder)
    config = load_config(home.config)
    try:
        trio.run(_main, home, config, passphrase)
    except BaseExceptionGroup as group:
        raise _operators(group) or group from None


def _operators(group: BaseExceptionGroup[BaseException]) -> ConfigError | None:
    """The operator's own mistake among what ended the nurseries, if that is what it was."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            found = _operators(error)
            if found is not None:
                return found
        elif isinstance(error, ConfigError):
            return error
        elif isinstance(error, ListenError):
            return ConfigError("network.listen", str(error))
    return None


async def _main(home: Home, config: NodeConfig, passphrase: Passphrase | None) -> None:
    identity = load_identity(home.identity, secrets.token_bytes, passphrase)
    tokens = Tokens(home.tokens, _token(home.token))
    listener = _listen(config)
    async with trio.open_nursery() as nursery:
        stop = trio.Event()
        await nursery.start(_await_signal, stop)
        async with open_participant(home, config, identity) as participant:
            server = ServerConfig()
            server.bind = [f"fd://{listener.fileno()}"]
            server.graceful_timeout = CLOSE_SECONDS
            server.shutdown_timeout = CLOSE_SECONDS
            server.accesslog = None
            server.errorlog = None
            host, port = listener.getsockname()[:2]
            _write(home.url, f"http://{host}:{port}\n")
            log.info("%s listens on http://%s:%d", config.name, host, port)
            await serve(build_api(participant, tokens), server, shutdown_trigger=stop.wait)
        nursery.cancel_scope.cancel()


def _listen(config: NodeConfig) -> socket.socket:
    """The API's socket, bound before anything else starts, so that a busy port stops the start.

    Raises:
        ConfigError: the port is taken or the address is not ours.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.api.host, config.api.port))
    except OSError as error:
        raise ConfigError("api.port", f"cannot listen on {config.api.host}:{config.api.port}: {error}") from error
    listener.set_inheritable(True)
    return listener


def _token(path: Path) -> str:
    """The API's bearer token; made once, mode 0600."""
    if not path.exists():
        _write(path, secrets.token_urlsafe(32) + "\n")
    return path.read_text().strip()


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)


async def _await_signal(stop: trio.Event, task_status: "TaskStatus[None]" = trio.TASK_STATUS_IGNORED) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _signal in signals:
            log.info("stopping")
            signal.alarm(STOP_SECONDS)  # ends the process whatever hangs; its state is safe against that by design
            stop.set()
            return
