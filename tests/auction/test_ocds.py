"""Exports hold before the checker of those who publish the standard, once it is installed."""

from pathlib import Path

import pytest

from tests.auction.ocds import HELD, INSTALLED, errors_of, exported, judged, offline


@pytest.mark.skipif(not (INSTALLED / ".installed").exists(), reason="the checker is not installed; make ocds does that")
def test_the_checker_finds_an_error_only_where_there_is_one(tmp_path: Path) -> None:
    standards = dict(offline(tmp_path))
    package = exported(HELD["exclusions"])
    found = judged(package, standards["OCDS 1.1.5 with bids"], tmp_path)
    assert errors_of(found) == []
    assert [field["field"] for field in found["additional_fields"]] == ["statusDetails"]
    package["releases"][0]["bids"]["details"][0]["status"] = "lost"
    del package["releases"][0]["date"]
    broken = judged(package, standards["OCDS 1.1.5 with bids"], tmp_path)
    assert [error["field"] for error in errors_of(broken)] == ["releases", "status"]
