"""A transcript is one file that holds or says where it does not."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from protocol.award import Award
from protocol.job import Filters
from protocol.opening import ExclusionReason
from protocol.recheck import recheck
from protocol.result import decide
from protocol.signed import Signed, sign
from protocol.topics import AWARD, REPLY
from protocol.transcript import CHECKSUM, HEAD, MAGIC, FlawError, Transcript, parts_of, transcript_of, write
from protocol.units import Cents
from protocol.wire import encode
from tests.auction.markets import Kind
from tests.auction.sealed import (
    WITNESS_SEEDS,
    WITNESSES,
    bidder,
    bidders,
    held,
    held_without_places,
    large,
    roll_of,
    small_call,
)
from tests.unit.protocol.examples import CUSTOMER, CUSTOMER_SEED, offer, seed

CALL = small_call()
MILL, OVEN, RIVAL = bidders()
GOOD = held(CALL, bidders())
FILE = write(GOOD)


def test_a_file_opens_to_what_was_written_and_holds() -> None:
    assert transcript_of(parts_of(FILE)) == GOOD
    found = recheck(FILE)
    assert found.told_by == CUSTOMER
    assert isinstance(found.result.award, Award)
    assert found.accepted == found.result.winners == {MILL.bid.provider, OVEN.bid.provider}
    assert found.root == found.result.award.transcript
    assert write(transcript_of(parts_of(FILE))) == FILE


def test_any_changed_byte_is_caught_and_located() -> None:
    """Every byte of the file, changed in its lowest bit and in all bits."""
    starts = [part.offset for part in parts_of(FILE)]
    for position in range(len(FILE)):
        begins = max((start for start in starts if start <= position), default=0)
        for change in (0x01, 0xFF):
            bad = FILE[:position] + bytes([FILE[position] ^ change]) + FILE[position + 1 :]
            with pytest.raises(FlawError) as caught:
                recheck(bad, places=False)
            assert caught.value.offset == begins, (position, change)


def test_a_change_with_its_checksum_is_caught_in_its_part() -> None:
    """A forger repairs the checksum; signatures, seals and recomputation still name the part, or what depends on it."""
    for number, part in enumerate(parts_of(FILE)):
        for position in range(0, len(part.content), 7):
            assert blamed(reframed(FILE, number, position, 0x10)).split()[0] in {part.kind.name.lower(), "roll", "call"}


def test_changes_all_over_a_large_file_are_caught_and_located() -> None:
    """Forty bidders and a thousand offers; every part is changed somewhere, with and without its checksum."""
    file = write(held_without_places(*large(5, Kind(operations=5, offers=200, providers=40, bundles=0.1))))
    draw = Random(7)
    parts = parts_of(file)
    assert len(parts) > 80
    for number, part in enumerate(parts):
        begins = part.offset + HEAD + CHECKSUM
        position = draw.randrange(part.offset, begins + len(part.content))
        bad = file[:position] + bytes([file[position] ^ 1 << draw.randrange(8)]) + file[position + 1 :]
        with pytest.raises(FlawError) as caught:
            recheck(bad, places=False)
        assert caught.value.offset == part.offset
        forged = reframed(file, number, draw.randrange(len(part.content)), 1 << draw.randrange(8))
        assert blamed(forged).split()[0] in {part.kind.name.lower(), "roll", "call"}


def blamed(file: bytes) -> str:
    """The part that a file is refused for."""
    with pytest.raises(FlawError) as caught:
        recheck(file, places=False)
    return caught.value.part


def reframed(file: bytes, number: int, position: int, change: int) -> bytes:
    """``file`` with one byte of a part changed and all checksums right."""
    from protocol.transcript import _frame

    frames = []
    for index, part in enumerate(parts_of(file)):
        content = bytearray(part.content)
        if index == number:
            content[position] ^= change
        frames.append(_frame(part.kind, bytes(content)))
    return MAGIC + b"".join(frames)


@pytest.mark.parametrize("cut", [0, 1, len(MAGIC), len(MAGIC) + HEAD, len(MAGIC) + HEAD + CHECKSUM, len(FILE) - 1])
def test_a_cut_file_is_refused(cut: int) -> None:
    with pytest.raises(FlawError):
        recheck(FILE[:cut])


def test_a_file_with_something_after_it_is_refused() -> None:
    with pytest.raises(FlawError):
        recheck(FILE + b"\0")
    with pytest.raises(FlawError):
        recheck(FILE + FILE[len(MAGIC) :])


def spoilt(**changes: object) -> Transcript:
    return replace(GOOD, **changes)  # type: ignore[arg-type]


STRANGER = bidder("stranger", offer(0, 1, 2, 1_00))
OTHER_JOB = bidder("mill", offer(0, 1, 2, 1_00), job=b"k" * 32)
CHEAPER = replace(OVEN, bid=replace(OVEN.bid, offers=(replace(OVEN.bid.offers[0], price=Cents(1)),)))
WRONG = decide(CALL, (RIVAL.bid,), GOOD.root)
FLAWS: list[tuple[str, Transcript, str, str]] = [
    ("call", spoilt(call=sign(seed("mill"), "call/1", GOOD.call.payload)), "call", "not signed by its customer"),
    ("an omitted commitment", spoilt(commitments=GOOD.commitments[1:]), "roll", "not exactly the 2"),
    ("a slipped in commitment", spoilt(commitments=(*GOOD.commitments, STRANGER.commitment)), "roll", "not exactly"),
    ("another job's bid", spoilt(commitments=(*GOOD.commitments, OTHER_JOB.commitment)), "commitment", "another job"),
    ("a roll by a bidder", spoilt(roll=roll_of(CALL, GOOD.commitments, seed("mill"))), "roll", "by the customer"),
    ("a changed bid", spoilt(reveals=(*GOOD.reveals[:-1], CHEAPER.reveal.payload)), "reveal 3", "opens no commitment"),
    ("a left out reveal", spoilt(reveals=GOOD.reveals[1:]), "result", "other bids are excluded"),
    ("the wrong winner", held(CALL, bidders(), result=WRONG), "result", "does not follow"),
    ("a stranger tells", held(CALL, bidders(), teller=seed("mill")), "result", "neither by the customer"),
    ("an invented refusal", spoilt(replies=(RIVAL.reply(WRONG, accepted=False),)), "reply 1", "neither accepts"),
    ("a borrowed reply", spoilt(replies=(replace(GOOD.replies[0], author=CUSTOMER),)), "reply 1", "signature"),
]


@pytest.mark.parametrize(("transcript", "part", "why"), [row[1:] for row in FLAWS], ids=[row[0] for row in FLAWS])
def test_a_wrong_transcript_names_what_is_wrong(transcript: Transcript, part: str, why: str) -> None:
    with pytest.raises(FlawError, match=why) as caught:
        recheck(write(transcript))
    assert caught.value.part.startswith(part)


def told(**changes: object) -> Signed:
    """The good result with something else in it, signed by the customer."""
    result = recheck(FILE).result
    return sign(CUSTOMER_SEED, AWARD, encode(replace(result, **changes)))  # type: ignore[arg-type]


def test_a_standing_that_does_not_follow_is_caught_when_places_are_checked() -> None:
    places = recheck(FILE).result.standings
    lied = tuple(replace(s, price_gap=Cents(1)) if s.provider == RIVAL.bid.provider else s for s in places)
    file = write(spoilt(result=told(standings=lied), replies=()))
    assert recheck(file, places=False).accepted == frozenset()
    with pytest.raises(FlawError, match="standing does not follow"):
        recheck(file)
    with pytest.raises(FlawError, match="not those of the bidders"):
        recheck(write(spoilt(result=told(standings=places[1:]), replies=())), places=False)


def test_a_moved_start_is_another_award() -> None:
    award = recheck(FILE).result.award
    assert award is not None
    moved = (replace(award.assignments[0], start=award.assignments[0].start - 1), *award.assignments[1:])
    file = write(spoilt(result=told(award=replace(award, assignments=moved)), replies=()))
    with pytest.raises(FlawError, match="does not follow"):
        recheck(file)


def test_a_witness_may_tell_what_a_silent_customer_owes() -> None:
    transcript = held(CALL, bidders(), teller=WITNESS_SEEDS[WITNESSES[1]])
    found = recheck(write(transcript))
    assert found.told_by == WITNESSES[1]
    assert found.result == recheck(FILE).result


def test_a_bid_that_was_never_opened_is_excluded_and_the_award_goes_on() -> None:
    found = recheck(write(held(CALL, bidders(), silent=[OVEN])))
    assert [(e.provider, e.reason) for e in found.opened.excluded] == [(OVEN.bid.provider, ExclusionReason.UNREVEALED)]
    assert found.result.winners <= {MILL.bid.provider, RIVAL.bid.provider}


def test_a_winner_that_declines_is_excluded_and_its_refusal_stands_in_the_file() -> None:
    transcript = held(CALL, bidders(), declined=[OVEN])
    found = recheck(write(transcript))
    assert found.result.declined == (OVEN.bid.provider,)
    assert OVEN.bid.provider not in found.result.winners
    assert len(transcript.replies) == 1 + len(found.result.winners)


WITHOUT_THE_MILL = tuple(sorted((OVEN.bid.provider, RIVAL.bid.provider, *WITNESSES)))
GUESTS = tuple(sorted((MILL.bid.provider, *WITHOUT_THE_MILL)))
FILTERED = [
    (Filters(jurisdictions=("CH", "DE")), {"jurisdiction": "FR"}, ExclusionReason.JURISDICTION, 0),
    (Filters(jurisdictions=("DE",)), {}, ExclusionReason.JURISDICTION, 0),
    (Filters(classification=2, invited=GUESTS), {"clearance": 1}, ExclusionReason.CLEARANCE, 1),
    (Filters(classification=2, invited=WITHOUT_THE_MILL), {"clearance": 2}, ExclusionReason.UNINVITED, 0),
]


@pytest.mark.parametrize(("filters", "bid", "reason", "measure"), FILTERED)
def test_a_filtered_bid_is_excluded_with_its_reason(
    filters: Filters, bid: dict[str, object], reason: ExclusionReason, measure: int
) -> None:
    asked = small_call(filters=filters)
    fine = {"jurisdiction": "DE", "clearance": 2}
    some = tuple(replace(b, bid=replace(b.bid, **fine)) for b in bidders())
    barred = replace(some[0], bid=replace(some[0].bid, **{"jurisdiction": "", "clearance": 0, **bid}))
    found = recheck(write(held(asked, (barred, *some[1:]))))
    (exclusion,) = found.opened.excluded
    assert (exclusion.provider, exclusion.reason, exclusion.measure) == (barred.bid.provider, reason, measure)
    assert barred.bid.provider not in found.result.winners


def test_an_auction_without_bids_has_a_transcript_too() -> None:
    found = recheck(write(held(CALL, ())))
    assert found.result.award is None
    assert found.opened.bids == ()


def test_verifying_imports_no_solver_and_no_network(tmp_path: Path) -> None:
    program = (
        "import sys; from protocol.recheck import recheck; recheck(open(sys.argv[1], 'rb').read());"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('ortools', 'trio', 'socket', 'urllib3', 'numpy')))"
    )
    path = tmp_path / "held.transcript"
    path.write_bytes(FILE)
    done = subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_reply_under_another_topic_is_no_reply() -> None:
    award = recheck(FILE).result
    forged = sign(seed("mill"), "award/1", MILL.reply(award).payload)
    with pytest.raises(FlawError, match=f"does not hold under {REPLY}"):
        recheck(write(spoilt(replies=(forged,))))


def test_ranks_depend_on_reveals_and_not_on_how_they_are_signed() -> None:
    again = replace(GOOD, reveals=tuple(reversed(GOOD.reveals)))
    assert again.root == GOOD.root != replace(GOOD, reveals=GOOD.reveals[1:]).root
