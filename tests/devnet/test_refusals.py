"""What cannot be made, or not at that price or time, ends in a reason, and nothing stays reserved or in escrow."""

import re
from typing import Any

import pytest

from devnet.federation import Federation
from node.errors import RequestError
from tests.design import drawn
from tests.devnet.jobs import PARTS, assert_nothing_held, finish, post, settled_balance

pytestmark = pytest.mark.slow

BRACKET = (PARTS / "bracket.step").read_bytes()
TENFOLD = BRACKET.replace(b"SI_UNIT(.MILLI.,.METRE.)", b"SI_UNIT(.CENTI.,.METRE.)")
STL = b"solid knob\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\n"


@pytest.mark.parametrize(
    ("content", "wishes", "says"),
    [
        (BRACKET[: len(BRACKET) // 2], {}, "no end mark"),
        (STL, {}, "holds STL"),
        (BRACKET, {"material": "Unobtainium"}, "no material 'Unobtainium'"),
        (BRACKET, {"due_days": -1.0}, "due date is in the past"),
        (BRACKET, {"budget": "999999999"}, "the rules allow"),
        (BRACKET, {"hour": "1000.01"}, "no node would answer: an hour is weighed at 100001, more than 100000"),
        (BRACKET, {"process": "welding"}, "no process 'welding'"),
        (BRACKET, {"material": "ISO 1043:PETG", "process": "milling"}, "filament is not worked by this process"),
    ],
    ids=[
        "cut in half",
        "STL named .step",
        "unknown material",
        "due in the past",
        "over the limit",
        "an hour too dear",
        "unknown process",
        "nobody works it",
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_with_its_reason(
    federation: Federation, content: bytes, wishes: dict[str, Any], says: str
) -> None:
    before = settled_balance(federation)
    with federation.client("customer") as client:
        jobs = client.jobs()["jobs"]
        with pytest.raises(RequestError, match=re.escape(says)):
            client.post("part.step", content, wishes)
        assert client.jobs()["jobs"] == jobs
    assert settled_balance(federation) == before


def test_what_a_file_does_not_say_is_asked_for_and_taken_from_the_customer(federation: Federation) -> None:
    wishes = {"material": "ISO 1043:PA12", "unit": "mm", "tolerance": 500}
    with federation.client("customer") as client:
        with pytest.raises(RequestError, match="does not say its unit"):
            client.estimate("box.stl", drawn.stl(), {})
        with pytest.raises(RequestError, match="no open CO2 figure"):
            client.estimate("box.stl", drawn.stl(), wishes)
        found = client.estimate("box.stl", drawn.stl(), wishes | {"embodied": 8000})
        assert found["part"]["volume_mm3"] == 1000
        assert "8 kg CO2 per kg (the customer's figure)" in " ".join(found["estimate"]["basis"])
        plate = drawn.dxf(drawn.circle(0, 0, 9))
        with pytest.raises(RequestError, match="how thick the sheet is"):
            client.estimate("disc.dxf", plate, {"unit": "mm"})
        assert client.estimate("disc.dxf", plate, {"unit": "mm", "thickness": 3})["estimate"]["operations"]


def test_an_empty_file_is_refused_with_its_reason(federation: Federation) -> None:
    with federation.client("customer") as client, pytest.raises(RequestError, match="empty"):
        client.post("part.step", b"", {})


@pytest.mark.parametrize(
    ("content", "wishes", "says"),
    [
        (BRACKET, {"budget": "50.00"}, "the cheapest combination costs"),
        (BRACKET, {"due_days": 1.4}, "by the due date"),
        (TENFOLD, {"budget": "20000.00"}, "nobody offers milling"),
    ],
    ids=["budget below every bid", "due before anybody can", "larger than every envelope"],
)
def test_an_auction_without_makers_is_explained_and_undone(
    federation: Federation, content: bytes, wishes: dict[str, Any], says: str
) -> None:
    before = settled_balance(federation)
    job = post(federation, content, **wishes)
    document = finish(federation, job)
    assert document["phase"] == "cancelled"
    assert says in document["reason"]
    assert settled_balance(federation) == before
    assert_nothing_held(federation, job)


def test_the_same_request_twice_is_one_order(federation: Federation) -> None:
    first = post(federation, budget="50.00", key="purchase order 4711")
    assert post(federation, budget="50.00", key="purchase order 4711") == first
    finish(federation, first)
