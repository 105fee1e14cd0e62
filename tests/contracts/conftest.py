"""One deployment for the whole run; what a test does to it is undone."""

from collections.abc import Iterator

import pytest

from tests.contracts.federation import Scene, deploy


@pytest.fixture(scope="session")
def deployed() -> Scene:
    return deploy()


@pytest.fixture
def scene(deployed: Scene) -> Iterator[Scene]:
    with deployed.evm.undone():
        yield deployed
