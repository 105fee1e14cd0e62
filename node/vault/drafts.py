"""Files that are there whole or not at all: what a crash or a full disk leaves half written never bears their name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from node.errors import UnavailableError

STRETCH: Final = 32 << 20
"""Bytes that a growing file takes from the disk at a time: such room costs the system a third less to fill."""

_SUFFIX: Final = ".draft"


class Draft:
    """A file while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        """Write into ``file``, which is empty."""
        self._file = file
        self._size = 0
        self._room = 0

    def write(self, chunk: bytes | memoryview) -> None:
        """Append ``chunk``.

        Raises:
            OSError: the disk has no room for it, or does not answer.
        """
        end = self._size + len(chunk)
        if self._size and end > self._room:  # a file of one chunk takes what it needs
            self._room = end + STRETCH
            with suppress(OSError):  # there may be room for the chunk, if not for all of that
                os.posix_fallocate(self._file.fileno(), self._size, self._room - self._size)
        self._file.write(chunk)
        self._size = end

    def finish(self) -> None:
        """Give back room that was not needed, and have all of it on the disk."""
        self._file.flush()
        self._file.truncate(self._size)
        os.fsync(self._file.fileno())


@contextmanager
def written(path: Path) -> Iterator[Draft]:
    """The file at ``path``, readable by its owner alone; on the disk, with its name, when the block ends.

    Raises:
        UnavailableError: the disk is full or does not answer; what bore the name before still does.
    """
    draft = path.with_name(path.name + _SUFFIX)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            growing = Draft(file)
            yield growing
            growing.finish()
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UnavailableError(f"the disk does not keep {path.name}: {error.strerror}") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def append_line(path: Path, line: bytes) -> None:
    """Add ``line`` to a log; it is on the disk when this returns, and a torn one before it does not spoil it.

    Raises:
        UnavailableError: the disk is full or does not answer.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(b"\n" + line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
    except OSError as error:
        raise UnavailableError(f"the disk does not keep {path.name}: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    """Have the names of the files in ``folder`` on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def clear_drafts(folder: Path) -> None:
    """Delete what a crash left half written."""
    for path in folder.glob(f"*{_SUFFIX}"):
        path.unlink()
