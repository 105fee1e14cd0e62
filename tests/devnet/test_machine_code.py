"""A winner gets a program for its printer, can put it on the machine, and is named by it should it leak."""

import pytest

from devnet.federation import Federation
from node.design.packages import Kind, open_package
from node.machine_code import slicing, trace
from node.machine_code.handout import handout
from node.machine_code.mark import Mark
from tests.devnet.jobs import PARTS, finish, post, wait_for

pytestmark = pytest.mark.slow


def test_the_winner_gets_code_for_its_printer_and_a_leak_leads_to_it(federation: Federation) -> None:
    clip = (PARTS / "clip.step").read_bytes()
    job = post(federation, clip, material="ISO 1043:PLA", quantity=12, tolerance=500)
    wait_for(federation, "cedar", job, "PackageArrived")
    with federation.client("cedar") as shop:
        package = open_package(shop.package(job, 0))
    with federation.client("customer") as client:
        (release,) = client.releases(job)["releases"]
    assert release["to"] == "cedar"
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
        figures = shop.shop("GET", "/calibration")["machines"]
    assert sum(row["programmes"] for row in figures if row["machine"].startswith("cedar-fdm")) >= 5
