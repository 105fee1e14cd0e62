"""A winner gets a program for its printer, can put it on the machine, and is named by it should it leak."""

from pathlib import Path

import pytest

from devnet.federation import Federation
from node.design.dxf import read_dxf
from node.design.outline import outline
from node.design.packages import Kind, open_package
from node.machine_code import slicing, trace
from node.machine_code.handout import handout
from node.machine_code.mark import Mark
from tests.design import drawn
from tests.devnet.jobs import PARTS, Document, finish, post, say, wait_for

pytestmark = pytest.mark.slow


def test_the_winner_gets_code_for_its_printer_and_a_leak_leads_to_it(federation: Federation) -> None:
    clip = (PARTS / "clip.step").read_bytes()
    job = post(federation, clip, material="ISO 1043:PLA", quantity=12, tolerance=500)
    wait_for(federation, "cedar", job, "PackageArrived")
    with federation.client("cedar") as shop:
        package = open_package(shop.package(job, 0))
    with federation.client("customer") as client:
        rows = client.releases(job)["releases"]
    release, *fetched = sorted(rows, key=lambda row: "encrypted" in row["what"])
    assert release["to"] == "cedar"
    assert {row["to"] for row in fetched} <= {"cedar"}
    if slicing.slicer() is None:  # a node without one hands over the model and says why
        assert (package.kind, release["code"]) == (Kind.MODEL, None)
        assert "make slicer" in release["note"]
    else:
        assert package.kind is Kind.MACHINE_CODE
        (leaked,) = handout(package).files.values()
        assert release["code"]["exposure"] == package.exposure.score
        found = trace.read(leaked[len(leaked) // 2 :].split(b"\n", 1)[1])
        assert trace.matches(found, [Mark(release["code"]["mark"])])
        assert clip[:40] not in leaked
    assert finish(federation, job)["phase"] == "settled"
    with federation.client("cedar") as shop:
        (row, *_) = (r for r in shop.shop("GET", "/calibration")["machines"] if r["machine"].startswith("cedar-fdm"))
        assert row["programmes"] >= 5
    pace = {"percent": row["likely"], "programmes": row["programmes"]}
    assert say(federation, "cedar", "shop", "calibration", "--adopt", row["machine"])["adopted"] == {
        row["machine"]: pace
    }
    again = post(federation, clip, material="ISO 1043:PLA", quantity=1, tolerance=500)
    wait_for(federation, "cedar", again, "BidComputed")
    with federation.client("cedar") as shop:
        offers = shop.shop("GET", f"/why/{again}")["offers"]
    assert {o["machine"]: o["pace"] for o in offers}[row["machine"]] == pace
    assert say(federation, "cedar", "shop", "calibration", "--restore")["adopted"] == {}
    with federation.client("customer") as client:
        client.cancel(again)


def test_a_laser_gets_its_sheet_nested_and_the_parts_are_coated_afterwards(
    federation: Federation, tmp_path: Path
) -> None:
    corners = ((0, 0, 0), (60, 0, 0), (60, 40, 0), (0, 40, 0))
    plate = drawn.dxf(drawn.polyline(*corners), drawn.circle(15, 20, 4), drawn.circle(45, 20, 4))
    wishes: Document = {"material": "EN AW-6082", "tolerance": 500, "thickness": 3, "quantity": 6, "coat": True}
    drawing = tmp_path / "plate.dxf"
    drawing.write_bytes(plate)
    words = ("--material", "EN AW-6082", "--thickness", "3", "--quantity", "6", "--coat", "--market")
    known = say(federation, "customer", "inspect", str(drawing), *words)
    laser, *others = known["estimate"]["operations"]
    assert [other["name"] for other in others] == ["coating", "coordinate measuring"]
    assert "one machine is advertised at 103.55" in laser["basis"]
    assert known["estimate"]["lead_seconds"]["likely"] > 0
    assert [(m["provider"], m["misfit"]) for m in known["machines"] if m["operation"] == 0] == [("birch", "")]
    with federation.client("customer") as client:
        job = str(client.post("plate.dxf", plate, wishes)["job"])
    wait_for(federation, "birch", job, "PackageArrived")
    with federation.client("birch") as shop:
        package = open_package(shop.package(job, 0))
    assert package.kind is Kind.MACHINE_CODE
    (nest,) = handout(package).files.values()
    assert len(outline(read_dxf(nest), 1.0).shapes) == 6
    document = finish(federation, job)
    assert document["phase"] == "settled"
    assert [(a["operation"], a["provider"]) for a in document["assignments"]][:2] == [
        ("laser cutting", "birch"),
        ("coating", "drake"),
    ]
