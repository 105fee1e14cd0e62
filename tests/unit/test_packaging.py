"""Our import names are generic on purpose; prove that nobody else ships them, and that asking for help costs little."""

import importlib
import resource
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("protocol", "federation", "ledger", "governance", "node", "devnet")
HELP = "import sys\nfrom node.cli import cli\ncli.main(['--help'], standalone_mode=False)\nprint(*sys.modules)"
SERVER_STACK = ("trio", "libp2p", "urllib3", "fastapi", "hypercorn", "ortools", "OCP", "httpx", "eth")


@pytest.mark.parametrize("name", PACKAGES)
def test_an_import_name_is_ours_alone(name: str) -> None:
    owners = {
        distribution.metadata["Name"]
        for distribution in distributions()
        for file in distribution.files or ()
        if file.parts[0] in (name, f"{name}.py")
    }
    assert owners <= {"guildmark"}
    assert Path(importlib.import_module(name).__file__ or "").is_relative_to(ROOT)


def test_the_distribution_stays_at_home() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert '"Private :: Do Not Upload"' in text
    assert 'license = "Apache-2.0"' in text


def test_the_lock_holds_hashes_and_no_host_names() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    pinned = [line for line in lock.splitlines() if "==" in line and not line.startswith(" ")]
    assert len(pinned) > 100
    assert lock.count("--hash=sha256:") >= len(pinned)


def cpu_of(code: str) -> tuple[float, str]:
    """Seconds of CPU that a fresh interpreter spends on ``code``, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


def test_help_loads_no_server_stack_and_costs_little_beside_a_bare_interpreter() -> None:
    """A bare interpreter takes about 0.02 s here; fifteen times that is below 0.4 s, the server stack is a hundred."""
    bare, _ = cpu_of("pass")
    asked, output = cpu_of(HELP)
    assert not set(SERVER_STACK) & set(output.splitlines()[-1].split())
    assert asked < 15 * bare
