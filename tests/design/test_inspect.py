"""``guildmark inspect`` as a person and as a program sees it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.design import drawn
from tests.design.samples import PARTS, ROOT

pytestmark = pytest.mark.slow


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "node", "inspect", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def told(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = run(*arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_a_part_is_explained_to_people_and_written_to_a_page(tmp_path: Path) -> None:
    html = tmp_path / "report.html"
    done = run(PARTS / "bracket.step", "--material", "EN AW-6082", "--quantity", "10", "--html", html)
    assert done.returncode == 0, done.stderr
    for words in ("80 x 60 x 25 mm", "* milling", "closed_pocket", "price", "CO2e", "coordinate measuring"):
        assert words in done.stdout
    assert html.read_text().startswith("<!doctype html>")


def test_a_file_without_a_unit_is_a_question_with_its_own_exit_code(tmp_path: Path) -> None:
    cube = tmp_path / "cube.stl"
    cube.write_bytes(drawn.stl())
    code, document = told(cube)
    assert (code, document["status"], document["code"]) == (5, "question", "UNITS")
    assert {"unit": "mm", "longest_mm": 10.0} in document["units"]
    code, document = told(cube, "--unit", "mm")
    assert (code, document["part"]["volume_mm3"], document["families"]) == (0, 1000, ["additive", "milling"])
    assert "--material" in document["question"]


def test_a_refused_file_answers_no(tmp_path: Path) -> None:
    broken = tmp_path / "broken.step"
    broken.write_bytes(b"not a model")
    code, document = told(broken)
    assert (code, document["status"], document["code"]) == (3, "refused", "MISNAMED")


def test_an_unknown_material_asks() -> None:
    code, document = told(PARTS / "clip.step", "--material", "unobtainium")
    assert code == 0
    assert document["estimate"] is None
    assert "EN AW-6082" in document["question"]
