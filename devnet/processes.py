"""Starts, watches and ends the operating-system processes of a devnet; ends only what it started itself."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 90.0
"""A node imports its server stack in seconds; on two loaded cores eight of them take longer."""

STOP_SECONDS = 15.0
"""After this a process that ignores SIGTERM is killed: state is safe against that by design."""


class StartError(Exception):
    """A process ended, or did not become ready in time; its last words are in the text."""


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    """Let a signal wait for the end of this: a process that is just starting is not yet known to whoever stops it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handler = signal.signal(number, lambda *_: came.append(number))
    try:
        yield
    finally:
        signal.signal(number, handler)
        if came:
            signal.raise_signal(number)


@dataclass(slots=True, kw_only=True)
class Process:
    """One process with its log file, restartable under the same arguments."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    ready: Callable[[], bool]
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return None if self._running is None or self._running.poll() is not None else self._running.pid

    def start(self) -> None:
        """Start it; does not wait."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log, _held_back(signal.SIGINT):
            self._running = subprocess.Popen(
                (sys.executable, *self.arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until it is ready.

        Raises:
            StartError: it ended, or was not ready within ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while not self.ready():
            if self.pid is None:
                raise StartError(f"{self.name} ended while starting:\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} is not ready after {seconds:.0f} s:\n{self._last_words()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it without warning (SIGKILL), as a power cut or the kernel would."""
        if self._running is not None and self.pid is not None:
            self._running.send_signal(signal.SIGKILL)
            self._running.wait()

    def ask_to_stop(self) -> None:
        """Send SIGTERM; does not wait."""
        if self._running is not None and self.pid is not None:
            self._running.terminate()

    def stop(self) -> None:
        """Ask it to end (SIGTERM); kill it when it does not."""
        if self._running is None or self.pid is None:
            return
        self._running.terminate()
        try:
            self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
