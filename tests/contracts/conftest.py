"""One deployment for the whole run; what a test does to it is undone."""

from collections.abc import Iterator

import pytest

from tests.contracts.federation import Scene, deploy
from tests.contracts.pair import populate


@pytest.fixture(scope="session")
def deployed() -> Scene:
    return deploy()


@pytest.fixture
def scene(deployed: Scene) -> Iterator[Scene]:
    with deployed.evm.undone():
        yield deployed


@pytest.fixture(scope="module")
def peopled(deployed: Scene) -> Iterator[Scene]:
    """With auditors, and everybody has money."""
    with deployed.evm.undone():
        populate(deployed)
        yield deployed
