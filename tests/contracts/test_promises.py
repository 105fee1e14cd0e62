"""The page that lists what the contracts promise names tests that exist, for every number."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "explanation" / "contracts.md"
LAST = {"R": 6, "O": 13, "D": 7, "P": 5, "G": 9}
ELSEWHERE = {"P4"}
"""The records' to keep, not the contracts'."""


def test_every_promise_has_a_number_and_is_shown_by_tests_that_exist() -> None:
    sources = [*HERE.glob("test_*.py"), *HERE.glob("forge/*.sol")]
    shown = set(re.findall(r"(?:def|function) (\w+)", "\n".join(path.read_text() for path in sources)))
    rows = dict(re.findall(r"^\| ([A-Z]\d+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE))
    assert rows.keys() == {f"{kind}{n}" for kind, last in LAST.items() for n in range(1, last + 1)} - ELSEWHERE
    for number, row in rows.items():
        named = set(re.findall(r"`(\w+)`", row))
        assert named, number
        assert named <= shown, number
