"""When a call for bids is acceptable: its own form, and the rule pack in force."""

from collections.abc import Callable
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.auction import accept_call
from protocol.errors import IgnoreError, RejectError
from protocol.ids import JobId, PeerId, ProcessCode
from protocol.job import Call, Filters, Hole, Site, Weights
from protocol.params import (
    EXTRUSION,
    HEAT_TREATMENT,
    INSPECTION,
    MAX_CLOCK_SKEW,
    MAX_GRADE,
    MAX_GRID,
    MAX_HOLES,
    MAX_HORIZON,
    MAX_INVITED,
    MAX_KM_WEIGHT,
    MAX_OPERATIONS,
    MAX_PREMIUM,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_WEIGHT,
    MAX_WITNESSES,
    MILLING,
    PROCESSES,
    TURNING,
)
from protocol.rules import RulePack, check_call, mask_of, processes_in
from protocol.units import BasisPoints, Cents, CubicMillimetres, GramsCo2, Metres, Micrometres, Seconds, UnixSeconds
from tests.unit.protocol.examples import CUSTOMER, START, call, operation, part, peer

NOW = UnixSeconds(START - 60)
HOLE = Hole(diameter=Micrometres(1), depth=Micrometres(1), through=False, count=1)
PACK = RulePack(
    version=1,
    fee=BasisPoints(100),
    min_commit=Seconds(40),
    min_reveal=Seconds(10),
    review=Seconds(600),
    dispute=Seconds(6000),
    max_budget=Cents(1_000_000),
    carbon=Cents(10_000),
    max_hour=Cents(100_000),
    bid_bond=Cents(0),
    dispute_fee=Cents(0),
    notice=Seconds(0),
    processes=mask_of({MILLING, TURNING, HEAT_TREATMENT, INSPECTION}),
    premium=BasisPoints(0),
)


def ruled(**changes: object) -> Call:
    return call(**{"rule_pack": PACK.digest, **changes})


def test_a_well_formed_call_is_accepted() -> None:
    accept_call(call(), signer=CUSTOMER, now=NOW)


def test_a_call_at_every_limit_is_accepted() -> None:
    accept_call(
        call(
            operations=tuple(operation(index) for index in range(MAX_OPERATIONS)),
            quantity=MAX_QUANTITY,
            budget=Cents(1),
            weights=Weights(hour=Cents(0), co2_tonne=Cents(0)),
            part=replace(part(), holes=(HOLE,) * MAX_HOLES),
        ),
        signer=CUSTOMER,
        now=NOW,
    )


def test_a_call_for_one_part_is_accepted() -> None:
    accept_call(call(quantity=1, operations=(operation(0),)), signer=CUSTOMER, now=NOW)


def test_a_call_that_its_customer_did_not_sign_is_rejected() -> None:
    with pytest.raises(RejectError, match="not signed by its customer"):
        accept_call(call(), signer=peer("mill"), now=NOW)


MALFORMED: list[tuple[str, Call, str]] = [
    ("no operation", call(operations=()), "0 operations"),
    ("too many operations", call(operations=tuple(map(operation, range(MAX_OPERATIONS + 1)))), "33 operations"),
    ("a routing that begins at 1", call(operations=(operation(1),)), "not numbered in order"),
    ("a routing with a gap", call(operations=(operation(0), operation(2))), "not numbered in order"),
    ("a routing with an operation twice", call(operations=(operation(0), operation(0))), "not numbered in order"),
    ("an unknown process", call(operations=(operation(0, ProcessCode("magic")),)), "unknown process"),
    ("no part", call(quantity=0), "out of bounds"),
    ("too many parts", call(quantity=MAX_QUANTITY + 1), "out of bounds"),
    ("no budget", call(budget=Cents(0)), "out of bounds"),
    ("a negative budget", call(budget=Cents(-1)), "out of bounds"),
    ("too many holes", call(part=replace(part(), holes=(HOLE,) * (MAX_HOLES + 1))), "out of bounds"),
    (
        "a negative worth of an hour",
        call(weights=Weights(hour=Cents(-1), co2_tonne=Cents(0))),
        "weight is out of bounds",
    ),
    (
        "a negative price of carbon",
        call(weights=Weights(hour=Cents(0), co2_tonne=Cents(-1))),
        "weight is out of bounds",
    ),
    ("a short identifier", call(job=JobId(b"j" * 31)), "malformed"),
    ("a reveal deadline at the commit deadline", call(reveal_by=call().commit_by), "malformed"),
    ("a due date at the earliest start", call(due=call().earliest), "malformed"),
]


@pytest.mark.parametrize(("malformed", "reason"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_call_is_rejected(malformed: Call, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        accept_call(malformed, signer=CUSTOMER, now=NOW)


def test_a_call_whose_commit_deadline_has_passed_is_ignored_not_rejected() -> None:
    last = UnixSeconds(call().commit_by + MAX_CLOCK_SKEW)
    accept_call(call(), signer=CUSTOMER, now=last)
    with pytest.raises(IgnoreError, match="over"):
        accept_call(call(), signer=CUSTOMER, now=UnixSeconds(last + 1))


def test_a_malformed_call_is_rejected_even_when_it_is_over() -> None:
    with pytest.raises(RejectError):
        accept_call(call(quantity=0), signer=CUSTOMER, now=call().due)


def test_a_call_that_keeps_exactly_to_the_rules_passes() -> None:
    check_call(ruled(), PACK, opened=call().commit_by - PACK.min_commit)


AGAINST_THE_RULES: list[tuple[str, Callable[[], Call], int, str]] = [
    ("another pack", call, 40, "under rule pack"),
    ("a commit window too short", ruled, 39, "39 s for commitments, less than 40 s"),
    ("a reveal window too short", lambda: ruled(reveal_by=call().commit_by + 9), 40, "too little time to reveal"),
    ("a budget too high", lambda: ruled(budget=Cents(1_000_001)), 40, "budget 1000001 is above 1000000"),
    (
        "carbon priced too low",
        lambda: ruled(weights=Weights(hour=Cents(0), co2_tonne=Cents(9_999))),
        40,
        "9999, less than 10000",
    ),
    ("a premium above the members'", lambda: ruled(premium=BasisPoints(1)), 40, "premium"),
    (
        "an hour priced too high",
        lambda: ruled(weights=Weights(hour=Cents(100_001), co2_tonne=Cents(10_000))),
        40,
        "100001, more than 100000",
    ),
    (
        "a process that is not allowed",
        lambda: ruled(operations=(operation(0), operation(1, EXTRUSION))),
        40,
        "MEX is not a process that the rules allow",
    ),
]


@pytest.mark.parametrize(
    ("make", "window", "reason"), [row[1:] for row in AGAINST_THE_RULES], ids=[row[0] for row in AGAINST_THE_RULES]
)
def test_a_call_against_the_rules_is_rejected(make: Callable[[], Call], window: int, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        check_call(make(), PACK, opened=call().commit_by - window)


def test_the_digest_of_a_rule_pack_is_that_of_its_values_as_ledger_words() -> None:
    words = (1, 100, 40, 10, 600, 6000, 1_000_000, 10_000, 100_000, 0, 0, 0, 0b11011, 0)
    packed = bytes.fromhex("".join(f"{word:064x}" for word in words))
    assert len(packed) == 14 * 32
    assert PACK.digest == sha256(packed).digest()
    assert PACK.digest.hex() == "2b04304850422c13f440bfb5afb07444574ac4f725724c0891d9e0d6426bbcbd"


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([field.name for field in fields(RulePack)]), st.integers(1, 2**64))
def test_a_change_of_any_rule_changes_the_digest(name: str, by: int) -> None:
    changed = replace(PACK, **{name: getattr(PACK, name) + by})
    assert changed.digest != PACK.digest
    with pytest.raises(RejectError):
        check_call(ruled(), changed, opened=call().commit_by - PACK.min_commit)


def test_two_rules_swapped_do_not_hash_alike() -> None:
    swapped = replace(PACK, min_commit=PACK.min_reveal, min_reveal=PACK.min_commit)
    assert swapped.digest != PACK.digest


@pytest.mark.parametrize(
    "change",
    [
        {"weights": Weights(hour=Cents(MAX_WEIGHT + 1), co2_tonne=Cents(0))},
        {"weights": Weights(hour=Cents(0), co2_tonne=Cents(2**63))},
        {"due": UnixSeconds(START + MAX_HORIZON + 1)},
        {"part": replace(part(), volume=CubicMillimetres(-1))},
        {"operations": (replace(operation(0), removed=CubicMillimetres(2**63)),)},
        {"operations": (replace(operation(0), features=-1),)},
    ],
)
def test_numbers_that_no_planner_could_compute_with_are_rejected(change: dict[str, object]) -> None:
    with pytest.raises(RejectError):
        accept_call(call(**change), signer=CUSTOMER, now=UnixSeconds(START - 30))


def test_a_mask_stands_for_processes_in_the_order_of_the_tree() -> None:
    assert processes_in(0) == ()
    assert processes_in(mask_of(PROCESSES)) == tuple(PROCESSES)
    assert mask_of([MILLING]) == 1
    assert processes_in(mask_of([INSPECTION, MILLING])) == (MILLING, INSPECTION)


def test_a_process_that_is_not_in_the_tree_has_no_bit() -> None:
    with pytest.raises(RejectError, match="magic is not in the process tree"):
        mask_of([ProcessCode("magic"), MILLING])


PEERS = tuple(sorted(peer(f"witness {number}") for number in range(MAX_WITNESSES + 1)))
FREE = Weights(hour=Cents(0), co2_tonne=Cents(0))
CROWD = tuple(sorted(peer(f"guest {number}") for number in range(MAX_INVITED + 1)))
BLANK = replace(part(), holes=())
MALFORMED_AUCTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("too many witnesses", {"witnesses": PEERS}, "too many witnesses"),
    ("a witness that is no peer", {"witnesses": (PeerId(b"short"),)}, "no peer"),
    ("a witness twice", {"witnesses": PEERS[:1] * 2}, "not in order"),
    ("witnesses out of order", {"witnesses": PEERS[1::-1]}, "not in order"),
    ("the customer as witness", {"witnesses": (CUSTOMER,)}, "the customer is one"),
    ("jurisdictions out of order", {"filters": Filters(jurisdictions=("DE", "CH"))}, "ISO 3166-1"),
    ("a jurisdiction in lower case", {"filters": Filters(jurisdictions=("de",))}, "ISO 3166-1"),
    ("a negative classification", {"filters": Filters(classification=-1)}, "no classification -1"),
    ("a classification that does not exist", {"filters": Filters(classification=4)}, "no classification 4"),
    ("a public call with guests", {"filters": Filters(invited=PEERS[:1])}, "invites nobody by name"),
    ("a call for partners without any", {"filters": Filters(classification=1)}, "invites nobody by name"),
    ("too many guests", {"filters": Filters(classification=1, invited=CROWD)}, "invites too many"),
    ("a guest that is no peer", {"filters": Filters(classification=1, invited=(PeerId(b"short"),))}, "is no peer"),
    ("a guest twice", {"filters": Filters(classification=1, invited=PEERS[:1] * 2)}, "not in order"),
    ("guests out of order", {"filters": Filters(classification=1, invited=PEERS[1::-1])}, "not in order"),
    ("the customer as guest", {"filters": Filters(classification=1, invited=(CUSTOMER,))}, "the customer is one"),
    (
        "a witness that is no guest",
        {"filters": Filters(classification=2, invited=PEERS[:1]), "witnesses": PEERS[:2]},
        "not invited",
    ),
    (
        "a restricted call for any law",
        {"filters": Filters(classification=3, invited=PEERS[:1]), "part": BLANK},
        "no jurisdiction",
    ),
    (
        "a restricted call with holes",
        {"filters": Filters(classification=3, invited=PEERS[:1], jurisdictions=("DE",))},
        "tells of holes",
    ),
    ("a grade that does not exist", {"filters": Filters(grade=MAX_GRADE + 1)}, "grade"),
    ("a negative distance", {"filters": Filters(distance=Metres(-1))}, "distance"),
    ("a negative premium", {"premium": BasisPoints(-1)}, "premium"),
    ("a premium beyond any", {"premium": BasisPoints(MAX_PREMIUM + 1)}, "premium"),
    ("a negative cap", {"co2_cap": GramsCo2(-1)}, "cap"),
    ("a budget beyond any", {"budget": Cents(MAX_PRICE + 1)}, "out of bounds"),
    ("a site off the grid", {"site": Site(easting=Metres(0), northing=Metres(MAX_GRID + 1))}, "out of bounds"),
    ("a kilometre too dear", {"weights": replace(FREE, kilometre=Cents(MAX_KM_WEIGHT + 1))}, "out of bounds"),
    ("a grade too dear", {"weights": replace(FREE, grade=Cents(MAX_WEIGHT + 1))}, "out of bounds"),
    ("a negative grade", {"weights": replace(FREE, grade=Cents(-1))}, "out of bounds"),
    ("two ends", {"operations": (operation(0), operation(1), replace(operation(2), after=(0,)))}, "meet, but in 2"),
    (
        "an order said twice",
        {"operations": (operation(0), operation(1), replace(operation(2), after=(0, 1)))},
        "follows",
    ),
    ("an operation after itself", {"operations": (replace(operation(0), after=(0,)),)}, "does not come after"),
]


@pytest.mark.parametrize(
    ("changes", "reason"), [row[1:] for row in MALFORMED_AUCTIONS], ids=[row[0] for row in MALFORMED_AUCTIONS]
)
def test_a_call_for_an_auction_that_cannot_be_held_is_rejected(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        accept_call(call(**changes), signer=CUSTOMER, now=NOW)


def test_witnesses_filters_and_a_cap_are_well_formed() -> None:
    guests = PEERS[:MAX_WITNESSES]
    filters = Filters(jurisdictions=("CH", "DE"), classification=3, grade=0, distance=Metres(0), invited=guests)
    asked = call(witnesses=guests, filters=filters, co2_cap=GramsCo2(0), part=BLANK)
    accept_call(asked, signer=CUSTOMER, now=NOW)
    chained = tuple(replace(operation(index), after=(index - 1,) if index else ()) for index in range(3))
    accept_call(call(operations=chained), signer=CUSTOMER, now=NOW)
