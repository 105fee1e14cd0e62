"""The digital thread: who may say what about a part, and that nothing in its chain can be swapped or dropped."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import merkle
from protocol.errors import RejectError
from protocol.ids import Digest, JobId, MachineId, PeerId
from protocol.params import MAX_MEASUREMENTS, MAX_TEXT
from protocol.production import (
    RECORD_TOPIC,
    StepRecord,
    check_operation,
    conforming,
    evidence_root,
    job_id,
    open_record,
)
from protocol.signed import Signed, sign
from protocol.topics import COMMITMENT
from protocol.units import UnixSeconds, WattHours
from protocol.wire import encode
from tests.unit.protocol.examples import START, peer, seed
from tests.vectors.messages import measurement

JOB = JobId(b"j" * 32)
DESIGN = Digest(b"d" * 32)
MILL = peer("mill")


def record(part: int = 1, operation: int = 0, provider: str = "mill", previous: Digest = DESIGN) -> StepRecord:
    return StepRecord(
        job=JOB,
        part=part,
        operation=operation,
        provider=peer(provider),
        machine=MachineId("m"),
        program=Digest(b"p" * 32),
        started=UnixSeconds(START),
        finished=UnixSeconds(START + 60),
        energy=WattHours(10),
        observations=Digest(b"o" * 32),
        measurements=(),
        previous=previous,
    )


def signed(step: StepRecord, by: str = "mill") -> Signed:
    return sign(seed(by), RECORD_TOPIC, encode(step))


def check(records: Sequence[Signed], parts: int = 2) -> tuple[StepRecord, ...]:
    return check_operation(records, job=JOB, operation=0, provider=MILL, previous=[DESIGN] * parts)


def test_a_record_opens_for_anybody() -> None:
    assert open_record(signed(record())) == record()


def test_a_record_that_another_provider_signed_is_rejected() -> None:
    with pytest.raises(RejectError, match="not signed by its provider"):
        open_record(signed(record(), by="oven"))


def test_a_record_signed_as_another_message_is_rejected() -> None:
    with pytest.raises(RejectError, match="does not hold under record/1"):
        open_record(sign(seed("mill"), COMMITMENT, encode(record())))


def test_a_signed_payload_that_is_no_record_is_rejected() -> None:
    with pytest.raises(RejectError, match="StepRecord"):
        open_record(sign(seed("mill"), RECORD_TOPIC, b"\x90"))


def test_one_record_per_part_in_order_of_part_is_accepted() -> None:
    assert check((signed(record(1)), signed(record(2)))) == (record(1), record(2))


def test_an_operation_that_takes_no_time_and_no_energy_is_accepted() -> None:
    instant = replace(record(), finished=UnixSeconds(START), energy=WattHours(0))
    assert check((signed(instant),), parts=1) == (instant,)


def test_a_record_at_every_limit_is_accepted() -> None:
    every = (measurement("n", 0, 0, 0, 0),) * MAX_MEASUREMENTS
    full = replace(record(), machine=MachineId("m" * MAX_TEXT), measurements=every)
    assert check((signed(full),), parts=1) == (full,)


CONTRADICTIONS: dict[str, tuple[Callable[[StepRecord], StepRecord], str]] = {
    "another job": (lambda r: replace(r, job=JobId(b"k" * 32)), "about something else"),
    "another operation": (lambda r: replace(r, operation=1), "about something else"),
    "another part": (lambda r: replace(r, part=3), "about something else"),
    "a part counted from 0": (lambda r: replace(r, part=0), "about something else"),
    "a broken chain": (lambda r: replace(r, previous=Digest(b"x" * 32)), "does not continue its part's chain"),
    "time running backwards": (lambda r: replace(r, finished=UnixSeconds(START - 1)), "ends before it begins"),
    "energy given back": (lambda r: replace(r, energy=WattHours(-1)), "ends before it begins"),
    "a machine's name too long": (lambda r: replace(r, machine=MachineId("m" * (MAX_TEXT + 1))), "too large"),
    "too many measurements": (
        lambda r: replace(r, measurements=(measurement("n", 0, 0, 0, 0),) * (MAX_MEASUREMENTS + 1)),
        "too large",
    ),
}


@pytest.mark.parametrize(("change", "reason"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
@pytest.mark.parametrize("position", [0, 1], ids=["in the first", "in the last"])
def test_a_record_that_contradicts_its_place_is_rejected(
    change: Callable[[StepRecord], StepRecord], reason: str, position: int
) -> None:
    steps = [record(1), record(2)]
    steps[position] = change(steps[position])
    with pytest.raises(RejectError, match=reason):
        check([signed(step) for step in steps])


@pytest.mark.parametrize("numbers", [(), (1,), (1, 2, 3)], ids=["none", "too few", "too many"])
def test_a_wrong_number_of_records_is_rejected(numbers: tuple[int, ...]) -> None:
    with pytest.raises(RejectError, match=f"has {len(numbers)} records for 2 parts"):
        check([signed(record(number)) for number in numbers])


def test_parts_in_the_wrong_order_are_rejected() -> None:
    with pytest.raises(RejectError, match="record 1 of operation 0 is about something else"):
        check((signed(record(2)), signed(record(1))))


def test_one_part_told_twice_is_rejected() -> None:
    with pytest.raises(RejectError, match="record 2 of operation 0 is about something else"):
        check((signed(record(1)), signed(record(1))))


def test_the_records_of_a_provider_that_did_not_win_are_rejected() -> None:
    foreign = record(1, provider="oven")
    with pytest.raises(RejectError, match="about something else"):
        check((signed(foreign, by="oven"), signed(record(2))))


def test_a_record_in_the_winners_name_that_it_did_not_sign_is_rejected() -> None:
    with pytest.raises(RejectError, match="not signed by its provider"):
        check((signed(record(1), by="oven"), signed(record(2))))


def test_a_record_conforms_when_every_value_lies_within_its_limits_both_included() -> None:
    at_the_limits = (measurement("low", 10, 8, 12, 8), measurement("high", 10, 8, 12, 12))
    assert conforming(replace(record(), measurements=at_the_limits))
    assert conforming(record())
    for value in (7, 13):
        beyond = (*at_the_limits, measurement("bore", 10, 8, 12, value))
        assert not conforming(replace(record(), measurements=beyond))


def test_the_same_key_of_the_same_customer_is_the_same_job() -> None:
    assert job_id(b"a" * 20, "k") == job_id(b"a" * 20, "k")
    assert len({job_id(b"a" * 20, "k"), job_id(b"a" * 20, "l"), job_id(b"b" * 20, "k")}) == 3


def thread(parts: int, makers: Sequence[str]) -> list[list[Signed]]:
    """Records of every operation, each continuing its part's chain."""
    made: list[list[Signed]] = []
    heads = [DESIGN] * parts
    for operation, maker in enumerate(makers):
        steps = [record(part, operation, maker, heads[part - 1]) for part in range(1, parts + 1)]
        made.append([signed(step, by=maker) for step in steps])
        heads = [step.digest for step in made[-1]]
    return made


def follow(made: Sequence[Sequence[Signed]], makers: Sequence[str], parts: int) -> None:
    """Check every operation against the heads that the one before it left."""
    heads = [DESIGN] * parts
    for operation, (records, maker) in enumerate(zip(made, makers, strict=True)):
        winner: PeerId = peer(maker)
        check_operation(records, job=JOB, operation=operation, provider=winner, previous=heads)
        heads = [step.digest for step in records]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.lists(st.sampled_from(["mill", "oven"]), min_size=2, max_size=4), st.data())
def test_a_thread_holds_as_it_was_told_and_breaks_wherever_a_record_is_told_anew(
    parts: int, makers: list[str], data: st.DataObject
) -> None:
    made = thread(parts, makers)
    follow(made, makers, parts)
    operation = data.draw(st.integers(0, len(makers) - 2))
    part = data.draw(st.integers(0, parts - 1))
    retold = replace(open_record(made[operation][part]), energy=WattHours(9))
    made[operation][part] = signed(retold, by=makers[operation])
    with pytest.raises(RejectError, match=f"record {part + 1} of operation {operation + 1} does not continue"):
        follow(made, makers, parts)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 5), st.data())
def test_the_evidence_of_an_operation_proves_every_record_at_its_part(parts: int, data: st.DataObject) -> None:
    (records,) = thread(parts, ["mill"])
    entries = [encode(step) for step in records]
    part = data.draw(st.integers(0, parts - 1))
    merkle.verify(entries[part], part, parts, merkle.prove(entries, part), evidence_root(records))
    assert evidence_root(records) != evidence_root(records[::-1])
