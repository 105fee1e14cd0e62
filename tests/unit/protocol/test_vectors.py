"""The vectors in ``tests/vectors`` say what peers accept and reject; here this implementation is held to them."""

import json
from pathlib import Path
from typing import Any

import pytest

from federation.gate import open_message
from protocol.case import CASE_EDGES
from protocol.errors import RejectError
from protocol.licensing import LICENSING_EDGES
from protocol.membership import MEMBER_EDGES
from protocol.order import EDGES as ORDER_EDGES
from protocol.wire import decode, encode
from tests.vectors import make_vectors
from tests.vectors.messages import Message, messages
from tests.vectors.texts import Text, texts

HERE = Path(make_vectors.__file__).parent


def read(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / f"{message.file}.json").read_text())
    return found


def opened(message: Message, vector: dict[str, Any]) -> object:
    wire = bytes.fromhex(vector["wire"])
    if "topic" not in vector:
        return decode(message.kind, wire)
    return open_message(message.kind, vector["topic"], wire)[0]


MESSAGES = pytest.mark.parametrize("message", messages(), ids=lambda message: message.file)


@MESSAGES
def test_every_accepted_form_decodes_to_its_fields_and_encodes_to_the_same_bytes(message: Message) -> None:
    accepted = [vector for vector in read(message) if "fields" in vector]
    assert accepted
    for vector in accepted:
        value = opened(message, vector)
        assert make_vectors.legible(value) == vector["fields"], vector["name"]
        if "topic" not in vector:
            assert encode(value).hex() == vector["wire"], vector["name"]


@MESSAGES
def test_every_rejected_form_is_the_senders_fault_for_the_reason_given(message: Message) -> None:
    for vector in read(message):
        if "reject" in vector:
            with pytest.raises(RejectError) as caught:
                opened(message, vector)
            assert vector["reject"] in str(caught.value), vector["name"]


@MESSAGES
def test_a_file_has_more_rejected_forms_than_accepted_and_no_name_twice(message: Message) -> None:
    found = read(message)
    rejected = [vector for vector in found if "reject" in vector]
    assert len(rejected) > len(found) - len(rejected)
    assert len({vector["name"] for vector in found}) == len(found)
    assert all(vector["reject"] for vector in rejected)
    assert all("topic" not in vector or vector["topic"] == message.topic for vector in found)


TEXTS = pytest.mark.parametrize("text", texts(), ids=lambda text: text.file)


def vectors_of(text: Text) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / f"{text.file}.json").read_text())
    return found


@TEXTS
def test_every_accepted_text_says_what_its_fields_say(text: Text) -> None:
    accepted = [vector for vector in vectors_of(text) if "fields" in vector]
    assert accepted
    for vector in accepted:
        assert make_vectors.legible(text.read(bytes.fromhex(vector["wire"]))) == vector["fields"], vector["name"]


@TEXTS
def test_every_rejected_text_is_its_senders_fault_for_the_reason_given(text: Text) -> None:
    rejected = [vector for vector in vectors_of(text) if "reject" in vector]
    assert len(rejected) > len(text.accepted)
    for vector in rejected:
        with pytest.raises(RejectError) as caught:
            text.read(bytes.fromhex(vector["wire"]))
        assert vector["reject"] in str(caught.value), vector["name"]


def test_no_vector_file_is_stale() -> None:
    assert make_vectors.main(["--check"]) == 0


STATES = pytest.mark.parametrize("name", make_vectors.STATES)
GRAPHS = {"case": CASE_EDGES, "licence": LICENSING_EDGES, "member": MEMBER_EDGES, "order": ORDER_EDGES}


@STATES
def test_the_situations_of_a_state_machine_take_all_of_its_edges(name: str) -> None:
    told = make_vectors.STATES[name]
    taken = {edge for situation in told.situations() for edge in situation.edges(told.tries(situation))}
    assert taken == GRAPHS[name]


@STATES
def test_more_is_refused_than_allowed_and_no_situation_has_the_name_of_another(name: str) -> None:
    found = json.loads((HERE / f"{name}.json").read_text())
    refused = [("refused" in attempt) for vector in found for attempt in vector["tries"]]
    assert sum(refused) > len(refused) / 2
    assert len({vector["name"] for vector in found}) == len(found)
