"""Dead Simple Signing Envelopes, version 1, with one Ed25519 signature; verifies the bytes that came, in one form only.

An envelope's bytes are its canonical JSON, so that its hash names it: an envelope that says the same in other bytes is
refused. What is signed is the standard's pre-authentication encoding of payload type and payload.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from protocol.canonical import dump, load
from protocol.errors import RejectError
from protocol.params import HASH_BYTES, MAX_ENVELOPE_BYTES
from protocol.signed import Signer, verify_bytes

IN_TOTO: Final = "application/vnd.in-toto+json"
"""Payload type of an in-toto Statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DsseEnvelope:
    """A payload and its signature, not yet verified."""

    payload: bytes
    key: bytes
    """Ed25519 public key that the signature names (``keyid``, hexadecimal); whose it is, somebody must vouch for."""

    signature: bytes


def sign(signer: Signer, payload: bytes) -> bytes:
    """The envelope's bytes around an in-toto Statement."""
    signature = {"keyid": signer.key.hex(), "sig": _text(signer.sign(pre_authentication(payload)))}
    return dump({"payload": _text(payload), "payloadType": IN_TOTO, "signatures": [signature]})


def read(content: bytes) -> DsseEnvelope:
    """The parts of an envelope; nothing is verified.

    Raises:
        RejectError: too large, not an envelope in canonical form, another payload type, or not exactly one signature.
    """
    if len(content) > MAX_ENVELOPE_BYTES:
        raise RejectError(f"the envelope has {len(content)} bytes, more than {MAX_ENVELOPE_BYTES}")
    match load(content, "the envelope"):
        case {"payload": str(payload), "payloadType": str(kind), "signatures": [signature], **rest} if not rest:
            if kind != IN_TOTO:
                raise RejectError(f"the envelope carries {kind}, not {IN_TOTO}")
        case _:
            raise RejectError("not a DSSE envelope with one signature")
    match signature:
        case {"keyid": str(keyid), "sig": str(text), **rest} if not rest:
            return DsseEnvelope(payload=_bytes(payload), key=_key(keyid), signature=_bytes(text))
    raise RejectError("not a DSSE signature with a key")


def verify(envelope: DsseEnvelope) -> bytes:
    """The payload, once the key that the envelope names signed it.

    Raises:
        RejectError: it did not.
    """
    message = pre_authentication(envelope.payload)
    verify_bytes(envelope.key, message, envelope.signature, "the envelope's signature does not hold")
    return envelope.payload


def pre_authentication(payload: bytes) -> bytes:
    """What is signed: ``DSSEv1``, payload type and payload, each after its length."""
    return b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RejectError("the envelope holds text that is not base64") from error
    if _text(content) != text:
        raise RejectError("the envelope is not in canonical form")
    return content


def _key(keyid: str) -> bytes:
    try:
        key = bytes.fromhex(keyid)
    except ValueError as error:
        raise RejectError("the key's name is not hexadecimal") from error
    if len(key) != HASH_BYTES or key.hex() != keyid:
        raise RejectError("the key's name is not an Ed25519 key")
    return key
