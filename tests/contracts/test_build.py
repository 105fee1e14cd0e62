"""The committed artefacts and bindings are those of the committed sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("npm") is None and "CI" not in os.environ, reason="npm, which fetches the compiler, is not installed"
)
def test_nothing_that_is_generated_is_stale() -> None:
    build = [sys.executable, str(ROOT / "contracts" / "build.py"), "--check"]
    checked = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
