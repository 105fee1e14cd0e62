"""One running federation for all tests of this folder; each test leaves it whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devnet.federation import Federation, running

FACTOR = 7200
"""Plant time runs at two hours a second here, so that a furnace takes seconds."""


@pytest.fixture(scope="package")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    root: Path = tmp_path_factory.mktemp("federation")
    with running(root, lambda _text: None, factor=FACTOR) as started:
        yield started
