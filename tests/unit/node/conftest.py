"""The contracts, for workflows that are played on them; what a test does to them is undone."""

from tests.contracts.conftest import deployed, scene

__all__ = ["deployed", "scene"]
