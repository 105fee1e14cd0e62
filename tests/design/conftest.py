"""One warm intake for all tests that only want to know what a file measures."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from node.design.intake import NO_OPTIONS, open_intake
from node.design.part import PartModel
from node.design.reading import Options, Reading


class Measuring:
    """Reads files from synchronous tests, through a trio loop in a thread of its own."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._serve,))

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._done = trio.Event()
        async with open_intake() as self._intake:
            self._ready.set()
            await self._done.wait()

    def __enter__(self) -> "Measuring":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        trio.from_thread.run_sync(self._done.set, trio_token=self._token)
        self._thread.join()

    def reading(self, source: bytes | Path, *, name: str = "", options: Options = NO_OPTIONS) -> Reading:
        async def read() -> Reading:
            return await self._intake.read(source, name=name, options=options)

        found: Reading = trio.from_thread.run(read, trio_token=self._token)
        return found

    def part(self, source: bytes | Path, *, name: str = "", options: Options = NO_OPTIONS) -> PartModel:
        part = self.reading(source, name=name, options=options).part
        assert part is not None
        return part


@pytest.fixture(scope="session")
def measuring() -> Iterator[Measuring]:
    with Measuring() as measuring:
        yield measuring
