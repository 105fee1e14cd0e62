"""A provider's word that a key is its machine's: an in-toto Statement in a DSSE envelope, valid for a bounded time."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from protocol import dsse, merkle
from protocol.canonical import dump, parse, plain
from protocol.errors import RejectError
from protocol.ids import Digest, MachineId, MachineKey, PeerId
from protocol.params import CERTIFICATE_LIFETIME, HASH_BYTES, MAX_TEXT
from protocol.signed import Signer
from protocol.statement import Statement, read_statement
from protocol.units import UnixSeconds

PREDICATE: Final = "urn:guildmark:machine-certificate:1"
"""Predicate type of the Statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Which machine of which provider a key belongs to, and when."""

    provider: PeerId
    """It signs the certificate."""

    machine: MachineId
    key: MachineKey
    begins: UnixSeconds
    """Plant time, like every time in a record."""

    ends: UnixSeconds
    """Plant time; what the machine finished later is not its work."""

    def covers(self, moment: UnixSeconds) -> bool:
        """Whether the certificate is valid at ``moment`` (plant time), both ends included."""
        return self.begins <= moment <= self.ends


def certify(provider: Signer, certificate: Certificate) -> bytes:
    """The certificate's envelope, signed with the provider's node key."""
    subject = {"name": certificate.machine, "digest": {"sha256": sha256(certificate.key).hexdigest()}}
    statement = Statement(subject=subject, predicate_type=PREDICATE, predicate=plain(certificate))
    return dsse.sign(provider, dump(statement.document))


def certificate_digest(envelope: bytes) -> Digest:
    """What names a certificate in the records under it: its RFC 9162 leaf hash."""
    return merkle.leaf_hash(envelope)


def open_certificate(content: bytes) -> Certificate:
    """The certificate in an envelope.

    Raises:
        RejectError: not signed by the provider that it names, not a certificate, valid for longer than
            ``CERTIFICATE_LIFETIME`` or never, or a machine's name too long.
    """
    envelope = dsse.read(content)
    statement = read_statement(dsse.verify(envelope), PREDICATE)
    certificate: Certificate = parse(Certificate, statement.predicate, "the certificate")
    if certificate.provider != envelope.key:
        raise RejectError("the certificate is not signed by its provider")
    if len(certificate.key) != HASH_BYTES or len(certificate.machine) > MAX_TEXT:
        raise RejectError("the certificate's key or machine has the wrong length")
    if not 0 <= certificate.ends - certificate.begins <= CERTIFICATE_LIFETIME:
        raise RejectError("the certificate is valid for too long, or never")
    if statement.subject != {"name": certificate.machine, "digest": {"sha256": sha256(certificate.key).hexdigest()}}:
        raise RejectError("the certificate's subject is not its key")
    return certificate


def open_certificates(envelopes: tuple[bytes, ...]) -> dict[Digest, Certificate]:
    """Certificates by digest, as ``open_record`` looks them up.

    Raises:
        RejectError: one of them is none.
    """
    return {certificate_digest(envelope): open_certificate(envelope) for envelope in envelopes}
