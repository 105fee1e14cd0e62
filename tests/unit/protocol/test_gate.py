"""The gate turns any bytes into a typed message with its author, or into a rejection; never into another error."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.gate import judge, open_message
from protocol.auction import Commitment
from protocol.errors import RejectError
from protocol.params import MAX_MESSAGE_BYTES
from protocol.signed import sign
from protocol.topics import COMMITMENT
from protocol.wire import decode, encode
from tests.unit.protocol.examples import peer
from tests.vectors.messages import SIGNER, Message, messages

SIGNED = tuple(message for message in messages() if message.topic is not None)
TOPICS = pytest.mark.parametrize("message", SIGNED, ids=lambda message: message.file)


def passes(message: Message, payload: bytes) -> bool:
    assert message.topic is not None
    kind: type[object] = message.kind
    try:
        value, signed = open_message(kind, message.topic, payload)
    except RejectError:
        return False
    assert encode(value) == signed.payload
    assert encode(signed) == payload
    return True


@TOPICS
def test_a_signed_message_passes_whoever_brings_it(message: Message) -> None:
    value = message.accepted[0][1]
    envelope = message.signed(SIGNER, value)
    assert message.topic is not None
    assert open_message(message.kind, message.topic, encode(envelope)) == (value, envelope)
    judge(message.kind, message.topic)(peer("stranger"), encode(envelope))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_rejected_and_nothing_else(payload: bytes) -> None:
    assert not any(passes(message, payload) for message in SIGNED)


arrays = st.recursive(
    st.none() | st.booleans() | st.integers(0, 300) | st.binary(max_size=70) | st.text(max_size=4) | st.floats(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(arrays | st.tuples(st.binary(min_size=32, max_size=32), st.binary(), st.binary(min_size=64, max_size=64)))
def test_random_values_in_place_of_an_envelope_are_rejected_and_nothing_else(tree: object) -> None:
    payload = msgpack.packb(tree)
    assert not any(passes(message, payload) for message in SIGNED)


@TOPICS
@settings(max_examples=20, deadline=None)
@given(arrays.map(msgpack.packb) | st.binary(max_size=60))
def test_nonsense_under_a_good_signature_is_rejected_and_nothing_else(message: Message, nonsense: bytes) -> None:
    """A message of one free field is written by chance now and then."""
    assert message.topic is not None
    try:
        decode(message.kind, nonsense)
    except RejectError:
        assert not passes(message, encode(sign(SIGNER, message.topic, nonsense)))


@TOPICS
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_changed_envelope_is_rejected_and_nothing_else(message: Message, data: st.DataObject) -> None:
    payload = bytearray(encode(message.signed(SIGNER, message.accepted[0][1])))
    first = data.draw(st.integers(0, len(payload) - 1))
    match data.draw(st.sampled_from(["flip", "drop", "insert"])):
        case "flip":
            payload[first] ^= data.draw(st.integers(1, 255))
        case "drop":
            del payload[first : data.draw(st.integers(first + 1, len(payload)))]
        case "insert":
            payload[first:first] = data.draw(st.binary(min_size=1, max_size=5))
    assert passes(message, bytes(payload)) == (payload == encode(message.signed(SIGNER, message.accepted[0][1])))


def test_a_message_over_the_size_limit_is_rejected_however_well_it_is_signed() -> None:
    small = encode(sign(SIGNER, COMMITMENT, b""))
    room = MAX_MESSAGE_BYTES - len(small) - 1
    for spare, reason in ((0, "is not msgpack"), (1, "more than 32768")):
        envelope = encode(sign(SIGNER, COMMITMENT, b"\xc1" * (room + spare)))
        assert len(envelope) == MAX_MESSAGE_BYTES + spare
        with pytest.raises(RejectError, match=reason):
            open_message(Commitment, COMMITMENT, envelope)


def test_the_border_check_of_a_topic_rejects_what_the_gate_rejects() -> None:
    with pytest.raises(RejectError):
        judge(Commitment, COMMITMENT)(peer("stranger"), b"nonsense")
