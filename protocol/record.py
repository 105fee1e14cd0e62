"""Step records: a machine's signed statement about one part, whose fields their holder shows one by one.

A record is an in-toto Statement in a DSSE envelope, signed by a machine's certified key. The Statement names the
provider and the certificate, and holds of every field a salted digest only; the subject is the part's digest. Its
disclosures travel apart from it. A record's digest is the RFC 9162 leaf hash of its envelope: that one hash names it in
its part's chain, in its machine's chain, in the evidence of its assignment and in its provider's log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, get_type_hints

from protocol import disclosure, dsse, merkle
from protocol.canonical import Json, dump, parse, plain
from protocol.certificate import Certificate
from protocol.epcis import event_hash
from protocol.errors import RejectError
from protocol.facts import StepFacts
from protocol.ids import Digest, MachineKey, PeerId
from protocol.params import MAX_DISCLOSURE_BYTES, MAX_INPUTS, MAX_MEASUREMENTS, MAX_TEXT
from protocol.signed import Signer
from protocol.statement import Statement, read_statement

PREDICATE: Final = "urn:guildmark:production-step:1"
"""Predicate type of the Statement."""

EVENT: Final = "event"
"""Name of the field that holds the CBV hash of the step's EPCIS event."""

FIELDS: Final = (*(field.name for field in fields(StepFacts)), EVENT)
"""Names of all fields, in the order in which disclosures travel."""

_TYPES: Final[Mapping[str, Any]] = {**get_type_hints(StepFacts), EVENT: str}


class WithheldError(RejectError):
    """Somebody needs a field of a record that its holder does not show; ``field`` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the record's {field} is not shown")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record on its way, with the fields that its holder shows."""

    envelope: bytes
    """DSSE envelope, canonical JSON."""

    disclosures: tuple[str, ...]
    """SD-JWT disclosures of the shown fields."""

    @property
    def digest(self) -> Digest:
        """RFC 9162 leaf hash of the envelope; the same whatever is shown."""
        return merkle.leaf_hash(self.envelope)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRecord:
    """A record and its place in its provider's log, under a checkpoint that travels beside it."""

    record: Record
    index: int
    """Number of the entry, from 0; the entry is the envelope."""

    proof: tuple[Digest, ...]
    """RFC 9162 inclusion proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRecord:
    """A record whose signature, certificate and disclosures hold."""

    digest: Digest
    provider: PeerId
    certificate: Digest
    key: MachineKey
    shown: Mapping[str, Any]
    """The disclosed fields by name, with the types of ``StepFacts``; ``event`` is text."""

    def value(self, name: str) -> Any:
        """One field.

        Raises:
            WithheldError: it is not shown.
        """
        if name not in self.shown:
            raise WithheldError(name)
        return self.shown[name]

    @property
    def facts(self) -> StepFacts:
        """All that the record says.

        Raises:
            WithheldError: a field is not shown.
        """
        return StepFacts(**{field.name: self.value(field.name) for field in fields(StepFacts)})


def make_record(machine: Signer, facts: StepFacts, *, provider: PeerId, certificate: Digest, secret: bytes) -> Record:
    """Sign ``facts`` with the machine's key; ``secret`` is 32 fresh random bytes that salt the fields."""
    values: dict[str, Json] = {field.name: plain(getattr(facts, field.name)) for field in fields(StepFacts)}
    values[EVENT] = event_hash(facts, provider)
    shown = disclosure.disclosures(secret, values)
    digests = {name: disclosure.digest(text) for name, text in zip(values, shown, strict=True)}
    predicate = {"certificate": certificate.hex(), "fields": digests, "provider": provider.hex()}
    statement = Statement(subject=_subject(digests), predicate_type=PREDICATE, predicate=predicate)
    return Record(envelope=dsse.sign(machine, dump(statement.document)), disclosures=shown)


def show(record: Record, names: Iterable[str]) -> Record:
    """The same record with only the fields in ``names`` shown."""
    wanted = set(names)
    kept = tuple(text for text in record.disclosures if disclosure.read(text).name in wanted)
    return Record(envelope=record.envelope, disclosures=kept)


def open_record(record: Record, certificates: Mapping[Digest, Certificate]) -> OpenedRecord:
    """The shown fields of a record, once everything about it that can be checked holds.

    Raises:
        RejectError: an envelope that is not a step record or not signed by the key of the certificate that it names; no
            such certificate in ``certificates``, or another provider's; a disclosure that the record has no digest of,
            or of the wrong type; another machine than the certificate's; work finished while the certificate was not
            valid; or an event hash that is not the shown fields'.
    """
    envelope = dsse.read(record.envelope)
    statement = read_statement(dsse.verify(envelope), PREDICATE)
    provider, named, digests = _predicate(statement)
    certificate = certificates.get(named)
    if certificate is None:
        raise RejectError("the record names a certificate that is not here")
    if certificate.key != envelope.key:
        raise RejectError("the record is not signed by the machine of its certificate")
    if certificate.provider != provider:
        raise RejectError("the record's certificate is another provider's")
    opened = OpenedRecord(
        digest=record.digest,
        provider=provider,
        certificate=named,
        key=certificate.key,
        shown=_shown(record.disclosures, digests),
    )
    _check_against_certificate(opened, certificate)
    _check_sizes(opened.shown)
    if opened.shown.keys() == set(FIELDS) and opened.value(EVENT) != event_hash(opened.facts, provider):
        raise RejectError("the record's event hash is another step's")
    return opened


def _predicate(statement: Statement) -> tuple[PeerId, Digest, dict[str, str]]:
    match statement.predicate:
        case {"certificate": certificate, "fields": dict(digests), "provider": provider, **rest} if not rest:
            if digests.keys() != set(FIELDS):
                raise RejectError("the record does not have the fields of a step")
            for text in digests.values():
                if not isinstance(text, str):
                    raise RejectError("the record's digests are not text")
            if statement.subject != _subject(digests):
                raise RejectError("the record's subject is not its part")
            return parse(PeerId, provider, "the provider"), parse(Digest, certificate, "the certificate"), digests
    raise RejectError("the record is not a production step")


def _shown(disclosures: tuple[str, ...], digests: Mapping[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for text in disclosures:
        if len(text) > MAX_DISCLOSURE_BYTES:
            raise RejectError("a disclosure is too large")
        found = disclosure.read(text)
        if found.name in shown or digests.get(found.name) != found.digest:
            raise RejectError(f"the record does not say this about its {found.name[:MAX_TEXT]}")
        shown[found.name] = parse(_TYPES[found.name], found.value, found.name)
    return shown


def _check_against_certificate(opened: OpenedRecord, certificate: Certificate) -> None:
    if opened.shown.get("machine", certificate.machine) != certificate.machine:
        raise RejectError("the record names another machine than its certificate")
    if not certificate.covers(opened.shown.get("finished", certificate.ends)):
        raise RejectError("the step was finished while the machine's certificate was not valid")


def _check_sizes(shown: Mapping[str, Any]) -> None:
    if len(shown.get("measurements", ())) > MAX_MEASUREMENTS:
        raise RejectError("the record has too many measurements")
    for name in ("inputs", "tools"):
        if len(shown.get(name, ())) > MAX_INPUTS:
            raise RejectError(f"the record has too many {name}")
    texts = (*shown.get("tools", ()), *(lot.number for lot in shown.get("inputs", ())))
    if any(len(text) > MAX_TEXT for text in texts):
        raise RejectError("a text in the record is too long")


def _subject(digests: Mapping[str, str]) -> dict[str, Any]:
    return {"name": "part", "digest": {"sha256": disclosure.digest_bytes(digests["part"]).hex()}}
