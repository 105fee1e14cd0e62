"""The digital thread: who may say what about a part, what of it is shown, and that nothing can be swapped."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import disclosure, dsse, epcis, merkle
from protocol.canonical import dump, plain
from protocol.certificate import certificate_digest, open_certificates
from protocol.checkpoint import read_note, sign_checkpoint
from protocol.errors import RejectError
from protocol.facts import StepFacts, conforming
from protocol.ids import Digest, JobId, MachineId
from protocol.params import MAX_INPUTS, MAX_MEASUREMENTS, MAX_TEXT
from protocol.production import NEXT_SHOP, check_logged, check_operation, evidence_root, job_id
from protocol.record import (
    FIELDS,
    LoggedRecord,
    OpenedRecord,
    Record,
    WithheldError,
    make_record,
    open_record,
    show,
)
from protocol.signed import signer_of
from protocol.units import UnixSeconds, WattHours
from protocol.wire import decode, encode
from tests.unit.protocol.examples import START, peer, seed
from tests.unit.protocol.steps import (
    DESIGN,
    JOB,
    MACHINE,
    certificate,
    certified,
    facts,
    measurement,
    opened,
    record,
    with_everything,
)

MILL = peer("mill")


def check(records: Sequence[OpenedRecord], parts: int = 2) -> tuple[StepFacts, ...]:
    return check_operation(records, job=JOB, operation=0, provider=MILL, previous=[DESIGN] * parts)


def told(said: StepFacts, by: str = "mill") -> OpenedRecord:
    return opened(record(said, by), by, said.machine)


def test_a_record_says_to_its_customer_what_the_machine_said() -> None:
    found = told(with_everything())
    assert found.facts == with_everything()
    assert (found.provider, found.key) == (MILL, certificate().key)
    assert found.value("event") == epcis.event_hash(with_everything(), MILL)


def test_the_next_shop_sees_enough_to_go_on_and_nothing_more() -> None:
    full = record(with_everything())
    shown = show(full, NEXT_SHOP)
    assert shown.digest == full.digest
    found = opened(shown)
    assert found.shown == {"job": JOB, "part": 1, "operation": 0, "finished": START + 60}
    with pytest.raises(WithheldError) as caught:
        found.value("measurements")
    assert caught.value.field == "measurements"
    with pytest.raises(WithheldError):
        _ = found.facts


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(FIELDS)))
def test_any_choice_of_fields_opens_to_exactly_these_and_leaks_no_other(names: set[str]) -> None:
    full = record(with_everything())
    shown = show(full, names)
    assert opened(shown).shown.keys() == names
    hidden = {text for text in full.disclosures if text not in shown.disclosures}
    assert len(hidden) == len(FIELDS) - len(names)
    assert not any(text.encode() in shown.envelope for text in hidden)


def test_two_records_of_the_same_facts_have_no_digest_in_common() -> None:
    one, two = record(facts()), record(replace(facts(), tools=()))
    assert set(one.disclosures).isdisjoint(two.disclosures)
    assert one.digest != two.digest


def test_a_record_without_its_certificate_says_nothing() -> None:
    with pytest.raises(RejectError, match="a certificate that is not here"):
        open_record(record(facts()), {})


def test_a_step_that_ends_with_the_certificate_is_the_machines() -> None:
    last = replace(facts(), finished=certificate().ends)
    assert told(last).facts == last
    first = replace(facts(), finished=certificate().begins)
    assert told(first).facts == first


LIMITS: dict[str, tuple[StepFacts, str]] = {
    "measurements": (
        replace(facts(), measurements=(measurement("n", 0, 0, 0, 0),) * (MAX_MEASUREMENTS + 1)),
        "too many measurements",
    ),
    "tools": (replace(facts(), tools=("t",) * (MAX_INPUTS + 1)), "too many tools"),
    "inputs": (replace(facts(), inputs=with_everything().inputs * MAX_INPUTS), "too many inputs"),
    "a tool's name": (replace(facts(), tools=("t" * (MAX_TEXT + 1),)), "too long"),
}


@pytest.mark.parametrize(("said", "reason"), LIMITS.values(), ids=LIMITS.keys())
def test_a_record_beyond_a_limit_is_rejected(said: StepFacts, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        told(said)


def test_a_record_at_every_limit_is_accepted() -> None:
    full = replace(
        facts(),
        measurements=tuple(measurement(f"n{n}", 0, 0, 0, n) for n in range(MAX_MEASUREMENTS)),
        tools=("t" * MAX_TEXT,) * MAX_INPUTS,
    )
    assert told(full).facts == full


def test_one_record_per_part_in_order_of_part_is_accepted() -> None:
    assert check((told(facts(1)), told(facts(2)))) == (facts(1), facts(2))


def test_an_operation_that_takes_no_time_and_no_energy_is_accepted() -> None:
    instant = replace(facts(), finished=UnixSeconds(START), energy=WattHours(0))
    assert check((told(instant),), parts=1) == (instant,)


CONTRADICTIONS: dict[str, tuple[Callable[[StepFacts], StepFacts], str]] = {
    "another job": (lambda f: replace(f, job=JobId(b"k" * 32)), "about something else"),
    "another operation": (lambda f: replace(f, operation=1), "about something else"),
    "another part": (lambda f: replace(f, part=3), "about something else"),
    "a part counted from 0": (lambda f: replace(f, part=0), "about something else"),
    "a broken chain": (lambda f: replace(f, previous=Digest(b"x" * 32)), "does not continue its part's chain"),
    "time running backwards": (lambda f: replace(f, finished=UnixSeconds(START - 1)), "ends before it begins"),
    "energy given back": (lambda f: replace(f, energy=WattHours(-1)), "ends before it begins"),
}


@pytest.mark.parametrize(("change", "reason"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
@pytest.mark.parametrize("position", [0, 1], ids=["in the first", "in the last"])
def test_a_record_that_contradicts_its_place_is_rejected(
    change: Callable[[StepFacts], StepFacts], reason: str, position: int
) -> None:
    steps = [facts(1), facts(2)]
    steps[position] = change(steps[position])
    with pytest.raises(RejectError, match=reason):
        check([told(step) for step in steps])


@pytest.mark.parametrize("numbers", [(), (1,), (1, 2, 3)], ids=["none", "too few", "too many"])
def test_a_wrong_number_of_records_is_rejected(numbers: tuple[int, ...]) -> None:
    with pytest.raises(RejectError, match=f"has {len(numbers)} records for 2 parts"):
        check([told(facts(number)) for number in numbers])


def test_parts_in_the_wrong_order_are_rejected() -> None:
    with pytest.raises(RejectError, match="record 1 of operation 0 is about something else"):
        check((told(facts(2)), told(facts(1))))


def test_one_part_told_twice_is_rejected() -> None:
    with pytest.raises(RejectError, match="record 2 of operation 0 is about something else"):
        check((told(facts(1)), told(facts(1))))


def test_the_records_of_a_provider_that_did_not_win_are_rejected() -> None:
    with pytest.raises(RejectError, match="about something else"):
        check((told(facts(1), by="oven"), told(facts(2))))


def test_records_that_withhold_a_field_do_not_make_up_an_operation() -> None:
    hiding = opened(show(record(facts(1)), [name for name in FIELDS if name != "energy"]))
    with pytest.raises(WithheldError, match="energy is not shown"):
        check((hiding, told(facts(2))))


def test_facts_conform_when_every_value_lies_within_its_limits_both_included() -> None:
    at_the_limits = (measurement("low", 10, 8, 12, 8), measurement("high", 10, 8, 12, 12))
    assert conforming(replace(facts(), measurements=at_the_limits))
    assert conforming(facts())
    for value in (7, 13):
        beyond = (*at_the_limits, measurement("bore", 10, 8, 12, value))
        assert not conforming(replace(facts(), measurements=beyond))


def test_an_event_hash_of_another_step_is_rejected() -> None:
    """Only a machine's own lie can bring that about: it signs a hash that its facts do not give."""
    (lie,) = disclosure.disclosures(b"s" * 32, {"event": epcis.event_hash(facts(part=2), MILL)})
    honest = record(facts())
    statement = json.loads(dsse.read(honest.envelope).payload)
    statement["predicate"]["fields"]["event"] = disclosure.digest(lie)
    lying = Record(
        envelope=dsse.sign(signer_of(seed(f"mill {MACHINE}")), dump(statement)),
        disclosures=(*show(honest, set(FIELDS) - {"event"}).disclosures, lie),
    )
    with pytest.raises(RejectError, match="event hash is another step's"):
        opened(lying)


def test_every_field_of_a_step_changes_its_record() -> None:
    values = plain(with_everything())
    assert isinstance(values, dict)
    assert set(values) | {"event"} == set(FIELDS)


def test_the_same_key_of_the_same_customer_is_the_same_job() -> None:
    assert job_id(b"a" * 20, "k") == job_id(b"a" * 20, "k")
    assert len({job_id(b"a" * 20, "k"), job_id(b"a" * 20, "l"), job_id(b"b" * 20, "k")}) == 3


def thread(parts: int, makers: Sequence[str]) -> list[list[Record]]:
    """Records of every operation, each continuing its part's chain."""
    made: list[list[Record]] = []
    heads = [DESIGN] * parts
    for operation, maker in enumerate(makers):
        made.append([record(facts(part, operation, heads[part - 1]), maker) for part in range(1, parts + 1)])
        heads = [step.digest for step in made[-1]]
    return made


CERTIFICATES = open_certificates(tuple(certified(maker) for maker in ("mill", "oven")))


def follow(made: Sequence[Sequence[Record]], makers: Sequence[str], parts: int) -> None:
    """Check every operation against the heads that the one before it left."""
    heads = [DESIGN] * parts
    for operation, (records, maker) in enumerate(zip(made, makers, strict=True)):
        shown = [open_record(step, CERTIFICATES) for step in records]
        check_operation(shown, job=JOB, operation=operation, provider=peer(maker), previous=heads)
        heads = [step.digest for step in records]


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.lists(st.sampled_from(["mill", "oven"]), min_size=2, max_size=4), st.data())
def test_a_thread_holds_as_it_was_told_and_breaks_wherever_a_record_is_told_anew(
    parts: int, makers: list[str], data: st.DataObject
) -> None:
    made = thread(parts, makers)
    follow(made, makers, parts)
    operation = data.draw(st.integers(0, len(makers) - 2))
    part = data.draw(st.integers(0, parts - 1))
    before = open_record(made[operation][part], CERTIFICATES).facts
    made[operation][part] = record(replace(before, energy=WattHours(9)), makers[operation])
    with pytest.raises(RejectError, match=f"record {part + 1} of operation {operation + 1} does not continue"):
        follow(made, makers, parts)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 5), st.data())
def test_the_evidence_of_an_operation_proves_every_record_at_its_part(parts: int, data: st.DataObject) -> None:
    (records,) = thread(parts, ["mill"])
    entries = [step.envelope for step in records]
    part = data.draw(st.integers(0, parts - 1))
    merkle.verify(entries[part], part, parts, merkle.prove(entries, part), evidence_root(records))
    assert evidence_root(records) != evidence_root(records[::-1])


def test_records_are_where_their_providers_log_says_and_nowhere_else() -> None:
    entries = [certified(), record(facts(1)).envelope, record(facts(2)).envelope]
    note = read_note(sign_checkpoint(signer_of(seed("mill")), 3, merkle.root(entries)))
    places = [LoggedRecord(record=record(facts(n)), index=n, proof=merkle.prove(entries, n)) for n in (1, 2)]
    check_logged(places, note, MILL)
    with pytest.raises(RejectError, match="another log"):
        check_logged(places, note, peer("oven"))
    with pytest.raises(RejectError, match="not in the tree"):
        check_logged([replace(places[0], record=places[1].record)], note, MILL)
    with pytest.raises(RejectError, match="too long"):
        check_logged([replace(places[0], index=2)], note, MILL)
    with pytest.raises(RejectError, match="does not exist"):
        check_logged([replace(places[0], index=3)], note, MILL)


def test_a_machine_of_another_name_is_not_the_certificates() -> None:
    lying = make_record(
        signer_of(seed(f"mill {MACHINE}")),
        replace(facts(), machine=MachineId("another")),
        provider=MILL,
        certificate=certificate_digest(certified()),
        secret=b"s" * 32,
    )
    with pytest.raises(RejectError, match="names another machine"):
        opened(lying)


GOOD = record(with_everything())


@settings(max_examples=200, deadline=None)
@given(st.integers(0), st.integers(1, 255))
def test_no_record_survives_a_changed_byte(where: int, flip: int) -> None:
    content = bytearray(encode(GOOD))
    content[where % len(content)] ^= flip
    with pytest.raises(RejectError):
        opened(decode(Record, bytes(content)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0), st.integers(1, 255))
def test_no_certificate_survives_a_changed_byte(where: int, flip: int) -> None:
    content = bytearray(certified())
    content[where % len(content)] ^= flip
    with pytest.raises(RejectError):
        open_certificates((bytes(content),))
