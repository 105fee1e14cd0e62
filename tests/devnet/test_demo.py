"""The demonstration as a stranger runs it: one command, one summary, nothing left running."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.devnet.jobs import PARTS, until

pytestmark = pytest.mark.slow


def demo(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-m", "devnet", "demo", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_of(root: Path) -> list[str]:
    """Command lines of running processes that work in ``root``."""
    lines = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, UnicodeDecodeError):
            continue
        if str(root) in line and "devnet demo" not in line:
            lines.append(line)
    return lines


def test_a_printed_part_is_made_and_the_money_balances_to_the_cent(tmp_path: Path) -> None:
    part = str(PARTS / "clip.step")
    wishes = ("--material", "ISO 1043:PLA", "--tolerance", "400", "--quantity", "3")
    running = demo("--file", part, *wishes, "--json", "--keep", str(tmp_path / "federation"))
    output, story = running.communicate(timeout=240)
    assert running.returncode == 0, story
    summary = json.loads(output)
    assert summary["ok"]
    assert len(summary["parts"]) == 3
    assert [a["operation"] for a in summary["assignments"]] == ["material extrusion"]
    money = summary["money"]
    assert sum(money["changes_cents"].values()) == 0
    assert money["locked_cents"] == 0
    assert money["escrowed"] == money["paid"] + money["fees"] + money["returned"]
    assert summary["audit"]["flipped"] == "contradicted"
    assert "sealed bid from cedar" in story
    assert processes_of(tmp_path) == []


def test_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    running = demo("--keep", str(tmp_path / "federation"))
    try:
        until(lambda: len(processes_of(tmp_path)) >= 7, "ledger and nodes run")
        running.send_signal(signal.SIGINT)
        _, story = running.communicate(timeout=60)
        assert running.returncode == 130, story
        assert "nothing is left running" in story
        assert processes_of(tmp_path) == []
    finally:
        running.kill()
        running.communicate()
