"""What travels as JSON or text instead of msgpack: certificates, records, checkpoints, cosignatures, split views.

Each has accepted forms and more that are refused. Spoilt forms that are signed are signed anew, so that what is refused
is what they say and not a broken signature.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from protocol import disclosure, dsse, merkle
from protocol.canonical import dump
from protocol.certificate import certify, open_certificate, open_certificates
from protocol.checkpoint import cosign, read_note, sign_checkpoint, with_cosignatures
from protocol.params import CERTIFICATE_LIFETIME
from protocol.production import NEXT_SHOP
from protocol.record import FIELDS, Record, open_record, show
from protocol.signed import Signer, signer_of
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from protocol.witness import Addition, SplitView, check_split, read_addition, write_addition
from tests.unit.protocol.examples import START, seed
from tests.unit.protocol.steps import MACHINE, certificate, certified, facts, record, with_everything

Spoilt = tuple[str, bytes, str]

MILL = signer_of(seed("mill"))
MACHINE_KEY = signer_of(seed(f"mill {MACHINE}"))
WITNESSES = tuple(signer_of(seed(name)) for name in ("oak", "ash"))
ENTRIES = [b"entry %d" % number for number in range(12)]
FORGED = [b"forged", *ENTRIES[1:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One form."""

    file: str
    read: Callable[[bytes], object]
    accepted: tuple[tuple[str, bytes], ...]
    rejected: tuple[Spoilt, ...]


def texts() -> tuple[Text, ...]:
    """Every form, in the order in which a record meets them."""
    return (
        Text(
            file="certificate",
            read=open_certificate,
            accepted=(("of a machine", certified()), ("of another provider's", certified("oven", "Ofen"))),
            rejected=tuple(_certificates()),
        ),
        Text(file="record", read=read_record, accepted=_records(), rejected=tuple(_spoilt_records())),
        Text(file="note", read=read_note, accepted=_notes(), rejected=tuple(_spoilt_notes())),
        Text(file="addition", read=read_addition, accepted=_additions(), rejected=tuple(_spoilt_additions())),
        Text(
            file="split_view",
            read=lambda content: {"provider": check_split(decode(SplitView, content))},
            accepted=_splits(),
            rejected=tuple(_no_splits()),
        ),
    )


def read_record(content: bytes) -> object:
    """A record in wire form, opened under the certificate of the mill's machine; its shown fields as JSON."""
    opened = open_record(decode(Record, content), open_certificates((certified(),)))
    return {"digest": opened.digest, "provider": opened.provider, "key": opened.key, "shown": dict(opened.shown)}


def _certificates() -> Iterator[Spoilt]:
    good = certificate()
    for name, changed, reason in (
        ("valid for too long", replace(good, ends=UnixSeconds(good.begins + CERTIFICATE_LIFETIME + 1)), "too long"),
        ("ends before it begins", replace(good, ends=UnixSeconds(good.begins - 1)), "too long, or never"),
        ("a machine's name too long", replace(good, machine="m" * 129), "the wrong length"),
        ("a key of 31 bytes", replace(good, key=good.key[:31]), "the wrong length"),
    ):
        yield name, certify(MILL, changed), reason
    yield "by another provider", certify(MACHINE_KEY, good), "not signed by its provider"
    payload = json.loads(dsse.read(certified()).payload)
    payload["subject"][0]["digest"]["sha256"] = "00" * 32
    yield "a subject that is not the key", dsse.sign(MILL, dump(payload)), "subject is not its key"
    yield from _envelopes(certified(), MILL)


def _records() -> tuple[tuple[str, bytes], ...]:
    full = record(with_everything())
    return (
        ("all fields shown", encode(full)),
        ("as the next shop sees it", encode(show(full, NEXT_SHOP))),
        ("nothing shown", encode(show(full, ()))),
        ("without inputs and measurements", encode(record(facts()))),
    )


def _spoilt_records() -> Iterator[Spoilt]:
    good, other = record(facts()), record(facts(part=2))
    part, bare = FIELDS.index("part"), show(good, ())
    swapped = replace(good, disclosures=(other.disclosures[part],))
    yield "a disclosure of another record", encode(swapped), "does not say this about its part"
    twice = replace(good, disclosures=(good.disclosures[0],) * 2)
    yield "a disclosure twice", encode(twice), "does not say this about its job"
    unknown = disclosure.disclosures(b"s" * 32, {"colour": "red"})
    yield "a field that a step does not have", encode(replace(good, disclosures=unknown)), "about its colour"
    yield "a disclosure of two values", encode(replace(good, disclosures=(_disclosed(["c2FsdA", "part"]),))), "salt"
    short = _disclosed([base64.urlsafe_b64encode(bytes(8)).rstrip(b"=").decode(), "part", 1])
    yield "a salt of 8 bytes", encode(replace(good, disclosures=(short,))), "not salt, name and value"
    yield "a disclosure that is not base64url", encode(replace(good, disclosures=("W10=",))), "not base64url"
    yield "by a machine that was not certified", encode(record(facts(), "oven")), "a certificate that is not here"
    yield "signed by the provider itself", encode(_resigned(good, MILL)), "not signed by the machine"
    late = record(replace(facts(), finished=UnixSeconds(START + CERTIFICATE_LIFETIME + 60)))
    yield "finished after the certificate ended", encode(late), "while the machine's certificate was not valid"
    for name, spoil, reason in _SPOILS:
        payload = json.loads(dsse.read(good.envelope).payload)
        spoil(payload)
        yield name, encode(replace(bare, envelope=dsse.sign(MACHINE_KEY, dump(payload)))), reason
    for name, envelope, reason in _envelopes(good.envelope, MACHINE_KEY):
        yield name, encode(replace(bare, envelope=envelope)), reason


_SPOILS: tuple[tuple[str, Callable[[Any], object], str], ...] = (
    ("a field less", lambda p: p["predicate"]["fields"].pop("tools"), "does not have the fields of a step"),
    ("a field more", lambda p: p["predicate"]["fields"].update(colour="x"), "does not have the fields of a step"),
    ("a digest that is a number", lambda p: p["predicate"]["fields"].update(tools=1), "digests are not text"),
    ("a part's digest cut", lambda p: p["predicate"]["fields"].update(part="AAAA"), "does not have 32 bytes"),
    ("another subject", lambda p: p["subject"][0]["digest"].update(sha256="00" * 32), "subject is not its part"),
    ("two subjects", lambda p: p["subject"].append(p["subject"][0]), "not an in-toto Statement"),
    ("another provider", lambda p: p["predicate"].update(provider="00" * 32), "certificate is another provider's"),
    ("another predicate", lambda p: p.update(predicateType="https://slsa.dev/provenance/v1"), "not a urn:guildmark"),
    ("a predicate with more in it", lambda p: p["predicate"].update(more=1), "not a production step"),
    ("a Statement of version 0.1", lambda p: p.update(_type="https://in-toto.io/Statement/v0.1"), "not an in-toto"),
    ("a provider in upper case", lambda p: p["predicate"].update(provider="AB" * 32), "not in lower case"),
)


def _envelopes(good: bytes, signer: Signer) -> Iterator[Spoilt]:
    """Spoilt DSSE envelopes around one Statement."""
    tree = json.loads(good)
    payload = base64.b64decode(tree["payload"])
    yield "with a space in it", good.replace(b":", b": ", 1), "not in canonical form"
    yield "with its names in another order", json.dumps(dict(reversed(tree.items()))).encode(), "not in canonical form"
    yield "nothing", b"", "is not JSON"
    yield "a list", b"[]", "not a DSSE envelope"
    yield "of another type", dump({**tree, "payloadType": "text/plain"}), "carries text/plain"
    yield "without signature", dump({**tree, "signatures": []}), "not a DSSE envelope with one signature"
    yield "signed twice", dump({**tree, "signatures": tree["signatures"] * 2}), "with one signature"
    (signature,) = tree["signatures"]
    foreign = {**signature, "keyid": signer_of(seed("foreign")).key.hex()}
    yield "under a foreign key", dump({**tree, "signatures": [foreign]}), "signature does not hold"
    broken = base64.b64encode(bytes(64)).decode()
    yield "with an empty signature", dump({**tree, "signatures": [{**signature, "sig": broken}]}), "does not hold"
    bare = base64.b64encode(signer.sign(payload)).decode()
    yield "signed without type and length", dump({**tree, "signatures": [{**signature, "sig": bare}]}), "does not hold"
    yield "with a float in the statement", dsse.sign(signer, payload[:-1] + b',"x":1.5}'), "not an integer"
    yield "with a statement that is not canonical", dsse.sign(signer, b" " + payload), "not in canonical form"
    yield "larger than an envelope may be", dsse.sign(signer, dump({"x": "x" * 8192})), "more than 8192"


def _disclosed(items: list[Any]) -> str:
    return base64.urlsafe_b64encode(dump(items)).rstrip(b"=").decode()


def _resigned(good: Record, signer: Signer) -> Record:
    return replace(good, envelope=dsse.sign(signer, dsse.read(good.envelope).payload))


def note(size: int, entries: list[bytes] = ENTRIES, signer: Signer = MILL) -> bytes:
    """The mill's checkpoint over the first ``size`` entries."""
    return sign_checkpoint(signer, size, merkle.root(entries[:size]))


def proof(old: int, new: int, entries: list[bytes] = ENTRIES) -> tuple[Any, ...]:
    """Consistency proof."""
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    return tuple(merkle.root_of_hashes(hashes[a:b]) for a, b in merkle.consistency_ranges(old, new))


def cosigned(content: bytes, at: int = START) -> bytes:
    """A note with two cosignatures."""
    checkpoint = read_note(content).checkpoint
    return with_cosignatures(content, [cosign(witness, checkpoint, UnixSeconds(at)) for witness in WITNESSES])


def _notes() -> tuple[tuple[str, bytes], ...]:
    twice = cosigned(note(7)) + cosign(WITNESSES[0], read_note(note(7)).checkpoint, UnixSeconds(START + 9))
    unknown = note(7) + "— example.org/other AAAAAAAA\n".encode()
    return (
        ("of seven entries", note(7)),
        ("of an empty log", note(0)),
        ("with two cosignatures", cosigned(note(7))),
        ("cosigned twice by one witness", twice),
        ("with a line of somebody unknown", unknown),
    )


def _spoilt_notes() -> Iterator[Spoilt]:
    good = note(7)
    body, _, line = good.partition(b"\n\n")
    lines = body.split(b"\n")
    yield "nothing", b"", "not a signed note"
    yield "without signature", body + b"\n\n", "not a signed note"
    yield "without the last line's end", good[:-1], "not a signed note"
    yield "another size under the same signature", good.replace(b"\n7\n", b"\n8\n"), "signature does not hold"
    yield "a size with a leading zero", good.replace(b"\n7\n", b"\n07\n"), "not in canonical form"
    yield "a size below zero", good.replace(b"\n7\n", b"\n-7\n"), "not a checkpoint"
    yield "a size beyond 63 bits", good.replace(b"\n7\n", b"\n" + b"9" * 20 + b"\n"), "not a checkpoint"
    yield "a fourth line", body + b"\nmore\n\n" + line, "three lines"
    yield "without the root", b"\n".join(lines[:2]) + b"\n\n" + line, "three lines"
    yield "a root of 31 bytes", good.replace(lines[2], base64.b64encode(bytes(31))), "wrong length"
    yield "a root that is not base64", good.replace(lines[2], b"?" * 44), "not base64"
    yield "of a log without a key", good.replace(b"guildmark/log/", b"guildmark/log/x"), "without an Ed25519 key"
    yield "of something else", good.replace(b"guildmark/log/", b"example.org/log/"), "not a checkpoint"
    foreign = note(7, signer=MACHINE_KEY).partition(b"\n\n")[2]
    yield "signed by another log", body + b"\n\n" + foreign, "not signed by its log"
    yield "a hyphen for a dash", good.replace("—".encode(), b"-"), "not a signature line"
    yield "not text", good + b"\xff\n", "not text"
    fake = cosigned(note(8)).partition(b"\n\n")[2].split(b"\n")[1] + b"\n"
    yield "with the cosignature of another checkpoint", good + fake, "a cosignature does not hold"
    yield "with forty cosignatures", good + fake * 40, "not a signed note"
    yield "with far too much below it", good + b"x" * 20_000, "more than 16384"


def _additions() -> tuple[tuple[str, bytes], ...]:
    return (
        ("the first checkpoint", write_addition(Addition(old=0, proof=(), note=note(7)))),
        ("a later one", write_addition(Addition(old=7, proof=proof(7, 12), note=note(12)))),
    )


def _spoilt_additions() -> Iterator[Spoilt]:
    good = write_addition(Addition(old=7, proof=proof(7, 12), note=note(12)))
    yield "nothing", b"", "not a request to cosign"
    yield "another word", good.replace(b"old ", b"new "), "not a request to cosign"
    yield "an old size with a leading zero", good.replace(b"old 7", b"old 07"), "not in canonical form"
    yield "an old size below zero", good.replace(b"old 7", b"old -7"), "not a request to cosign"
    yield "an old size that is a word", good.replace(b"old 7", b"old seven"), "not a request to cosign"
    yield "an old size beyond 63 bits", good.replace(b"old 7", b"old " + b"7" * 20), "not a request to cosign"
    yield "a hash that is not base64", good.replace(b"old 7\n", b"old 7\n????\n"), "is not base64"
    yield "a hash of 3 bytes", good.replace(b"old 7\n", b"old 7\nAAAA\n"), "does not have 32 bytes"
    line = base64.b64encode(bytes(32)) + b"\n"
    yield "a proof of 64 hashes", good.replace(b"old 7\n", b"old 7\n" + line * 64), "not a request to cosign"
    yield "no empty line", good.replace(b"\n\n", b"\n"), "not a request to cosign"


def _splits() -> tuple[tuple[str, bytes], ...]:
    same = SplitView(first=note(7), second=note(7, FORGED), other=merkle.root(FORGED[:7]), proof=())
    later = SplitView(first=note(7), second=note(12, FORGED), other=merkle.root(FORGED[:7]), proof=proof(7, 12, FORGED))
    power = SplitView(first=note(8), second=note(12, FORGED), other=merkle.root(FORGED[:8]), proof=proof(8, 12, FORGED))
    return (
        ("two roots of one size", encode(same)),
        ("a later tree that begins otherwise", encode(later)),
        ("the same from a power of two", encode(power)),
    )


def _no_splits() -> Iterator[Spoilt]:
    other = merkle.root(FORGED[:7])
    good = SplitView(first=note(7), second=note(12, FORGED), other=other, proof=proof(7, 12, FORGED))
    yield (
        "one and the same note",
        encode(replace(good, second=good.first, other=merkle.root(ENTRIES[:7]), proof=())),
        ("do not contradict"),
    )
    honest = SplitView(first=note(7), second=note(12), other=merkle.root(ENTRIES[:7]), proof=proof(7, 12))
    yield "an honest log that grew", encode(honest), "do not contradict"
    yield "an honest log with another root claimed", encode(replace(honest, other=other)), "does not begin"
    yield "a proof of something else", encode(replace(good, proof=proof(7, 12))), "does not begin"
    yield "without its proof", encode(replace(good, proof=())), "too short"
    yield "the later note first", encode(replace(good, first=good.second, second=good.first)), "cannot follow"
    yield "notes of two logs", encode(replace(good, second=note(12, FORGED, MACHINE_KEY))), "of different logs"
    yield (
        "a note that its log did not sign",
        encode(replace(good, second=good.second.replace(b"\n12\n", b"\n11\n"))),
        ("does not hold"),
    )
