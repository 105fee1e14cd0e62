"""Parts that nobody has looked at before are read as they were drawn; ``make bench AREA=design`` draws more of them."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.design.part import FeatureKind, PartModel
from node.design.suitability import families
from tests.design.conftest import Measuring
from tests.design.samples import ROOT

pytestmark = pytest.mark.slow

COUNT = 9
"""One of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A part beside its drawing."""

    name: str
    part: PartModel
    holes: list[list[int]]
    families: set[str]
    bends: int
    features: list[str] | None


@pytest.fixture(scope="module")
def parts(measuring: Measuring, tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    folder: Path = tmp_path_factory.mktemp("blueprints")
    command = [sys.executable, "-m", "tests.design.blueprints", str(folder), str(COUNT)]
    subprocess.run(command, cwd=ROOT, check=True)
    read = []
    for path in sorted(folder.glob("*.step")):
        said = json.loads(path.with_suffix(".json").read_text())
        read.append(
            Read(
                name=path.stem,
                part=measuring.part(path),
                holes=said["holes"],
                families=set(said["families"]),
                bends=said["bends"],
                features=said["features"],
            )
        )
    assert len(read) == COUNT
    return read


def test_every_drawn_hole_is_found_and_no_other_with_its_depth(parts: list[Read]) -> None:
    for one in parts:
        drawn = Counter((diameter, through) for diameter, _, through in one.holes)
        found = Counter({(bore.diameter, bore.through): 0 for bore in one.part.holes})
        for bore in one.part.holes:
            found[bore.diameter, bore.through] += bore.count
        assert found == drawn, one.name
        depths = sorted(bore.depth for bore in one.part.holes for _ in range(bore.count))
        assert depths == pytest.approx(sorted(depth for _, depth, _ in one.holes), abs=100), one.name


def test_the_set_holds_a_right_process_and_stays_small(parts: list[Read]) -> None:
    offered = {one.name: families(one.part) for one in parts}
    assert not [one.name for one in parts if one.families.isdisjoint(offered[one.name])]
    assert sum(map(len, offered.values())) <= 2.5 * len(parts)


def test_bends_are_counted_where_a_sheet_is_bent_and_nowhere_else(parts: list[Read]) -> None:
    assert {one.name: sum(bend.count for bend in one.part.bends) for one in parts} == {p.name: p.bends for p in parts}
    assert {bool(one.part.bends) for one in parts if "sheet" in one.families} == {True}


def test_pockets_slots_steps_and_bosses_have_their_names(parts: list[Read]) -> None:
    others = {FeatureKind.ROUND_HOLE, FeatureKind.EDGE_ROUND, FeatureKind.BEND}
    for one in (one for one in parts if one.features is not None):
        assert sorted(f.kind for f in one.part.features if f.kind not in others) == one.features, one.name


def test_the_two_volumes_of_sound_parts_agree(parts: list[Read]) -> None:
    assert not [one.name for one in parts if one.part.suspect]
