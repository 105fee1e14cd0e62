"""What a person sees of an auction's file."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from node.cli import cli
from node.errors import RequestError
from protocol.ids import JobId
from protocol.job import Filters, Site
from protocol.transcript import Transcript, write
from protocol.units import Metres, UnixSeconds
from tests.auction.sealed import bidder, bidders, held, small_call
from tests.unit.protocol.examples import offer

MILL, OVEN, RIVAL = bidders()
GOOD = held(small_call(), bidders())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "auction.transcript"
    path.write_bytes(write(GOOD))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["auction", *map(str, arguments)], catch_exceptions=False)


def test_a_good_file_holds_and_names_its_winners(file: Path) -> None:
    shown = run("verify", file)
    assert shown.exit_code == 0
    assert "holds" in shown.output
    assert MILL.bid.provider.hex()[:12] in shown.output
    document = json.loads(run("verify", file, "--json").output)
    assert [w["operations"] for w in document["winners"]] == [[0], [1]]
    assert document["sealed"] == document["opened"] == 3


def test_a_changed_byte_is_named_and_the_answer_is_no(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[700] ^= 1
    file.write_bytes(content)
    shown = run("verify", file)
    assert shown.exit_code == 3
    assert shown.output.startswith("NO ")
    assert json.loads(run("verify", file, "--json").output)["verdict"] == "contradicted"


def test_verifying_and_explaining_load_no_solver(file: Path) -> None:
    program = (
        "import sys; from node.cli import cli; cli(sys.argv[1:], standalone_mode=False);"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('ortools', 'urllib3', 'libp2p', 'OCP')]"
    )
    for command in ("verify", "explain", "what-if", "meter", "export"):
        subprocess.run([sys.executable, "-c", program, "auction", command, file], check=True, capture_output=True)


def test_every_loser_is_told_in_numbers_why(file: Path) -> None:
    shown = run("explain", file)
    assert shown.exit_code == 0
    assert RIVAL.bid.provider.hex()[:12] in shown.output
    assert "off wins" in shown.output
    document = json.loads(run("explain", file, "--json").output)
    assert document["losers"][0]["discount"].endswith("GLD")


@pytest.mark.parametrize(
    ("filters", "bid", "why"),
    [
        (Filters(jurisdictions=("CH", "DE")), {"jurisdiction": "FR"}, "stands under another law than CH, DE"),
        (Filters(distance=Metres(5_000)), {"site": Site(easting=Metres(7_000), northing=Metres(0))}, "km away"),
        (Filters(grade=0), {"offers": (replace(offer(0, 1, 5, 1_00), grade=2),)}, "offers quality class 2 at best"),
    ],
)
def test_a_bid_that_does_not_count_is_told_why_and_so_is_its_customer(
    tmp_path: Path, filters: Filters, bid: dict[str, Any], why: str
) -> None:
    file = tmp_path / "barred.transcript"
    barred = bidder("mill", offer(0, 1, 5, 1_00), **bid)
    file.write_bytes(write(held(small_call(filters=filters), (barred,))))
    for command in ("verify", "explain"):
        shown = run(command, file).output
        assert f"{barred.bid.provider.hex()[:12]}  " in shown
        assert why in shown
        assert "no award: nobody offers" in shown


def test_other_weights_lead_to_other_makers_in_the_same_bids(tmp_path: Path) -> None:
    quick = bidder("quick", offer(0, 1, 2, 80_00), offer(1, 3, 5, 90_00))
    cheap = bidder("cheap", offer(0, 1, 2, 50_00), offer(1, 20, 22, 40_00))
    file = tmp_path / "haste.transcript"
    file.write_bytes(write(held(small_call(), (quick, cheap))))
    shown = run("what-if", file, "--hour", "1000", "--co2-tonne", "5000", "--grade", "1", "--kilometre", "0.01")
    assert shown.exit_code == 0
    as_asked, hasty, clean, graded, near = shown.output.splitlines()
    assert cheap.bid.provider.hex()[:12] in as_asked
    assert quick.bid.provider.hex()[:12] not in as_asked
    assert quick.bid.provider.hex()[:12] in hasty
    assert "a tonne at 5,000.00" in clean
    assert "a class at 1.00" in graded
    assert "a kilometre at 0.01" in near
    with pytest.raises(RequestError, match="soon"):
        run("what-if", file, "--hour", "soon")


def test_the_price_of_decentralisation_is_told_by_award_and_by_day(tmp_path: Path) -> None:
    day = 24 * 3600
    first = small_call()
    later = replace(
        first,
        job=JobId(b"l" * 32),
        commit_by=UnixSeconds(first.commit_by + day),
        reveal_by=UnixSeconds(first.reveal_by + day),
    )
    files = []
    for number, asked in enumerate((first, later, replace(first, job=JobId(b"m" * 32)))):
        some = tuple(replace(one, bid=replace(one.bid, job=asked.job)) for one in bidders())
        files.append(tmp_path / f"{number}.transcript")
        files[-1].write_bytes(write(held(asked, some)))
    document = json.loads(run("meter", *files, "--json").output)
    assert [row["auctions"] for row in document["days"]] == [2, 1]
    assert [row["made_micro_cents"] - row["bound_micro_cents"] for row in document["awards"]] == [0, 0, 0]
    together = document["days"][0]
    assert together["bound_micro_cents"] <= together["best_known_micro_cents"] <= together["made_micro_cents"]
    assert [line[12:22] for line in run("meter", *files).output.splitlines()] == ["2 auctions", "1 auction:"]


def package(transcript: Transcript, path: Path) -> Any:
    path.write_bytes(write(transcript))
    return json.loads(run("export", path).output)


EXCLUDED = held(small_call(), bidders(), silent=[RIVAL], declined=[OVEN])
BARRED = held(small_call(filters=Filters(jurisdictions=("DE",))), (bidder("mill", offer(0, 1, 5, 1_00)),))


@pytest.mark.parametrize("transcript", [GOOD, EXCLUDED, BARRED], ids=["award", "exclusions", "no award"])
def test_an_export_keeps_the_rules_of_ocds(transcript: Transcript, tmp_path: Path) -> None:
    """The rules that release and package schema 1.1.5 set for what is exported here."""
    exported = package(transcript, tmp_path / "x.transcript")
    assert {"uri", "publishedDate", "releases", "publisher", "version"} <= set(exported)
    (release,) = exported["releases"]
    assert {"ocid", "id", "date", "tag", "initiationType"} <= set(release)
    assert release["initiationType"] == "tender"
    assert set(release["tag"]) <= {"planning", "tender", "award", "contract", "implementation"}
    assert release["tender"]["status"] in {"complete", "unsuccessful"}
    known = {party["id"] for party in release["parties"]}
    assert len(known) == len(release["parties"])
    for reference in references(release):
        assert reference["id"] in known
    for award in release.get("awards", ()):
        assert award["status"] in {"pending", "active", "cancelled", "unsuccessful"}
        assert award["value"]["amount"] > 0
    for bid in release["bids"]["details"]:
        assert bid["status"] in {"invited", "pending", "valid", "disqualified", "withdrawn"}
    for moment in moments(exported):
        assert datetime.fromisoformat(moment).tzinfo is not None
    assert "None" not in json.dumps(exported)
    assert "null" not in json.dumps(exported)


def references(release: Any) -> list[Any]:
    tender = release["tender"]
    some = [release["buyer"], tender["procuringEntity"], *tender["tenderers"]]
    some += [who for award in release.get("awards", ()) for who in award["suppliers"]]
    return some + [who for bid in release["bids"]["details"] for who in bid["tenderers"]]


def moments(value: Any, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [moment for key, inner in value.items() for moment in moments(inner, key)]
    if isinstance(value, list):
        return [moment for inner in value for moment in moments(inner, name)]
    return [value] if name.lower().endswith("date") else []
