"""The standalone verifier as a module: it is a file of the documentation and belongs to no package."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.audit.cases import Given

PATH = Path(__file__).parents[2] / "docs" / "verifier" / "verify.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("standalone_verifier", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = load()


def report(content: bytes, given: Given) -> Any:
    """What the standalone verifier says."""
    federation = given.federation
    named = None
    if federation is not None:
        named = VERIFIER.M.Federation(*(getattr(federation, name) for name in VERIFIER.M.Federation._fields))
    trust = VERIFIER.Trust(named, dict(given.blocks), given.signers, given.quorum)
    return VERIFIER.verify(content, trust)
