"""Other people's tools read what we write: DSSE, in-toto, canonical JSON, RFC 9162 and the CBV event hash."""

import base64
import json
from typing import Any

import pymerkle
import pytest
import rfc8785
from epcis_event_hash_generator import hash_generator, json_to_py
from google.protobuf.json_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from protocol import canonical, epcis, merkle
from protocol.facts import StepFacts
from protocol.record import PREDICATE
from tests.unit.protocol.examples import peer
from tests.unit.protocol.steps import certificate, certified, facts, record, with_everything


def key_of(public: bytes) -> SSlibKey:
    return SSlibKey(keyid=public.hex(), keytype="ed25519", scheme="ed25519", keyval={"public": public.hex()})


@pytest.mark.parametrize(
    ("envelope", "signer"),
    [(record(facts()).envelope, certificate().key), (certified(), peer("mill"))],
    ids=["record", "certificate"],
)
def test_securesystemslib_verifies_our_envelopes_and_only_under_the_signers_key(envelope: bytes, signer: bytes) -> None:
    read = Envelope.from_dict(json.loads(envelope))
    assert list(read.verify([key_of(signer)], 1)) == [signer.hex()]
    with pytest.raises(VerificationError):
        read.verify([key_of(peer("another"))], 1)


def test_in_toto_attestation_parses_our_statements() -> None:
    payload = base64.b64decode(json.loads(record(facts()).envelope)["payload"])
    statement = Statement.copy_from_pb(Parse(payload, statement_pb2.Statement()))
    statement.validate()
    assert statement.pb.predicate_type == PREDICATE
    assert [subject.name for subject in statement.pb.subject] == ["part"]


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
INTEGERS = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
NAMES = st.text(st.characters(codec="ascii"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_our_canonical_json_is_rfc_8785(value: Any) -> None:
    assert canonical.dump(value) == rfc8785.dumps(value)
    assert canonical.load(canonical.dump(value), "it") == value


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.data())
def test_an_independent_rfc_9162_tree_has_the_same_roots_and_proofs(size: int, data: st.DataObject) -> None:
    entries = [b"entry %d" % number for number in range(size)]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    old = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, size - 1))
    roots = merkle.root(entries[:old]), merkle.root(entries)
    assert (tree.get_root(old), tree.get_root(size)) == roots
    theirs = tree.prove_inclusion(index + 1, size)
    assert list(merkle.prove(entries, index)) == theirs.path[1:]
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    proof = [merkle.root_of_hashes(hashes[a:b]) for a, b in merkle.consistency_ranges(old, size)]
    merkle.verify_consistency(old, roots[0], size, roots[1], proof)


@pytest.mark.filterwarnings("ignore:open_text is deprecated:DeprecationWarning")
@pytest.mark.parametrize("said", [facts(), with_everything()], ids=["an object event", "a transformation event"])
def test_an_independent_generator_gives_the_same_event_hash(said: StepFacts) -> None:
    event = epcis.event_of(said, peer("mill"))
    document = {
        "@context": [epcis.CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": event["eventTime"],
        "epcisBody": {"eventList": [event]},
    }
    events = json_to_py.event_list_from_epcis_document_json(document)
    assert hash_generator.epcis_hashes_from_events(events) == [event["eventID"]]
    assert event["eventID"] == epcis.event_hash(said, peer("mill"))
