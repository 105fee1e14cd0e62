"""The standalone verifier judges a transcript file as ``protocol.recheck`` does."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.award import Award, award
from protocol.errors import RejectError
from protocol.recheck import recheck
from protocol.result import Result, decide
from protocol.routing import joined, predecessors
from protocol.signed import sign
from protocol.topics import CALL as TOPIC
from protocol.transcript import FlawError, Transcript, write
from protocol.units import BasisPoints, Cents, GramsCo2
from protocol.wire import decode, encode
from tests.auction.markets import BEACON, PLAIN
from tests.auction.routings import forked
from tests.auction.sealed import (
    CUSTOMER_SEED,
    WITNESS_SEEDS,
    WITNESSES,
    bidders,
    held,
    hostile,
    large,
    small_call,
)
from tests.auction.test_transcripts import FILE, FLAWS, GOOD
from tests.audit.verifier import PATH, VERIFIER
from tests.unit.protocol.examples import operation

CALL = small_call()
MILL, OVEN, RIVAL = bidders()
HOSTILE = hostile()


def tight() -> Transcript:
    """An auction whose best plan alone would cost, and emit, more than its customer takes."""
    asked, some = large(4, PLAIN)
    free = award(asked, [one.bid for one in some], BEACON)
    assert isinstance(free, Award)
    capped = replace(asked, budget=Cents(free.price * 97 // 100), co2_cap=GramsCo2(free.co2 * 95 // 100))
    return held(capped, some)


SOUND = {
    "bids that ask for an endless search": held(CALL, [HOSTILE]),
    "the truth": held(CALL, bidders()),
    "told by a witness": held(CALL, bidders(), teller=WITNESS_SEEDS[WITNESSES[1]]),
    "a silent bidder": held(CALL, bidders(), silent=[OVEN]),
    "a winner that declined": held(CALL, bidders(), declined=[OVEN]),
    "premiums above the bids": held(small_call(premium=BasisPoints(5_000)), bidders()),
    "premiums that somebody indispensable would have": held(small_call(premium=BasisPoints(5_000)), bidders()[:2]),
    "five bidders": held(*large(3, PLAIN)),
    "caps that cut the best plan off": tight(),
}


def verdict(content: bytes) -> str:
    return str(VERIFIER.verify_auction(content)["verdict"])


@pytest.mark.parametrize("name", SOUND)
def test_what_holds_holds_in_both(name: str) -> None:
    content = write(SOUND[name])
    recheck(content)
    assert verdict(content) == "holds"


def test_an_award_of_a_routing_that_forks_and_joins_anyhow_holds_in_both() -> None:
    verdicts = set()
    for seed in range(5 * int(os.environ.get("AUCTIONS", "4"))):
        asked, some = large(seed, forked(seed))
        try:
            joined(predecessors(asked.operations))
        except RejectError:
            continue  # a part is one
        transcript = held(asked, some)
        recheck(write(transcript))
        found = verdict(write(transcript))
        assert found == ("holds" if decode(Result, transcript.result.payload).award else "not checkable"), seed
        verdicts.add(found)
    assert "holds" in verdicts


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(((), (), (0,), (0, 1)), id="no forks and joins"),
        pytest.param(((), (0,), (0, 1)), id="said twice"),
        pytest.param(((), (0,), (0,)), id="two ends"),
        pytest.param(((), (0,), (1, 1)), id="named twice"),
        pytest.param(((), (2,), (0,)), id="after a later one"),
    ],
)
def test_a_routing_that_is_none_is_wrong_in_both(after: tuple[tuple[int, ...], ...]) -> None:
    operations = tuple(replace(operation(index), after=before) for index, before in enumerate(after))
    wrong = sign(CUSTOMER_SEED, TOPIC, encode(replace(CALL, operations=operations)))
    content = write(replace(GOOD, call=wrong))
    with pytest.raises(FlawError, match=r"routing|operation"):
        recheck(content)
    (check,) = VERIFIER.verify_auction(content)["checks"]
    assert check["outcome"] == "contradicted"
    assert re.search(r"routing|operation|predecessors|order", check["text"])


@pytest.mark.parametrize("transcript", [row[1] for row in FLAWS], ids=[row[0] for row in FLAWS])
def test_what_is_wrong_is_wrong_in_both(transcript: Transcript) -> None:
    assert verdict(write(transcript)) == "contradicted"


def test_a_changed_byte_is_caught_by_both() -> None:
    for position in range(0, len(FILE), 11):
        bad = FILE[:position] + bytes([FILE[position] ^ 1]) + FILE[position + 1 :]
        assert verdict(bad) == "contradicted"
        with pytest.raises(FlawError):
            recheck(bad)


def test_an_award_where_the_search_has_to_give_up_is_wrong_in_both() -> None:
    plain = replace(HOSTILE, bid=replace(HOSTILE.bid, clashes=()))
    told = decide(CALL, (plain.bid,), held(CALL, [HOSTILE]).root)
    assert told.award is not None
    lied = write(held(CALL, [HOSTILE], result=told))
    with pytest.raises(FlawError, match="does not follow"):
        recheck(lied)
    assert verdict(lied) == "contradicted"


def test_an_auction_that_is_called_too_complex_and_is_not_is_seen_by_those_who_search() -> None:
    told = decide(CALL, (HOSTILE.bid,), GOOD.root)
    lied = write(held(CALL, bidders(), result=told))
    with pytest.raises(FlawError, match="does not follow"):
        recheck(lied)
    assert verdict(lied) == "not checkable"


def test_why_nobody_was_awarded_is_not_for_the_standalone_verifier() -> None:
    assert verdict(write(held(CALL, ()))) == "not checkable"


def test_the_program_takes_a_transcript_as_it_takes_a_bundle(tmp_path: Path) -> None:
    file = tmp_path / "job.transcript"
    file.write_bytes(FILE)
    done = subprocess.run([sys.executable, "-I", str(PATH), str(file), "--json"], capture_output=True, check=False)
    assert json.loads(done.stdout)["verdict"] == "holds"
    assert done.returncode == 0
