"""The standalone verifier judges a transcript file as ``protocol.recheck`` does."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.award import Award, award
from protocol.recheck import recheck
from protocol.result import decide
from protocol.transcript import FlawError, Transcript, write
from protocol.units import BasisPoints, Cents, GramsCo2
from tests.auction.markets import BEACON, PLAIN
from tests.auction.sealed import WITNESS_SEEDS, WITNESSES, bidders, held, hostile, large, small_call
from tests.auction.test_transcripts import FILE, FLAWS, GOOD
from tests.audit.verifier import PATH, VERIFIER

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
