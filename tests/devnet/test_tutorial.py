"""The tutorial's own commands, run in its order against a running federation."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from devnet.federation import Federation

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "make-your-first-part.md"
BLOCK = re.compile(
    r"<!-- run(?P<serial> with a serial)? -->\n```console\n\.venv/bin/guildmark (?P<arguments>[^\n]+)\n```"
)


def test_every_command_of_the_tutorial_works_in_its_order(federation: Federation, tmp_path: Path) -> None:
    (tmp_path / "devnet").symlink_to(ROOT / "devnet")
    (tmp_path / ".guildmark").mkdir()
    (tmp_path / ".guildmark" / "devnet").symlink_to(federation.layout.root)
    serial = ""
    blocks = list(BLOCK.finditer(PAGE.read_text()))
    assert len(blocks) == 8
    for block in blocks:
        arguments = shlex.split(block["arguments"].replace("SERIAL", serial))
        done = subprocess.run(
            (sys.executable, "-m", "node", *arguments),
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        found = re.search(r"serial ([0-9a-f]{64})", done.stdout)
        serial = found[1] if found else serial
    bundle = tmp_path / "my-part.bundle"
    content = bytearray(bundle.read_bytes())
    content[len(content) // 3] ^= 4
    bundle.write_bytes(bytes(content))
    done = subprocess.run(
        (sys.executable, "-m", "node", "--node", "auditor", "audit", "my-part.bundle"),
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
