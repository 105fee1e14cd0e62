"""in-toto Statements, version 1, with exactly one subject; refuses every other attestation."""

from dataclasses import dataclass
from typing import Any, Final

from protocol.canonical import load
from protocol.errors import RejectError

TYPE: Final = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something said about one subject."""

    subject: Any
    """in-toto ``ResourceDescriptor``: a name and a SHA-256 digest."""

    predicate_type: str
    predicate: Any

    @property
    def document(self) -> dict[str, Any]:
        """The Statement as in-toto writes it."""
        return {
            "_type": TYPE,
            "subject": [self.subject],
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        }


def read_statement(payload: bytes, predicate_type: str) -> Statement:
    """The Statement of one type in an envelope's payload.

    Raises:
        RejectError: not an in-toto Statement about one subject in canonical form, or of another type.
    """
    match load(payload, "the statement"):
        case {"_type": kind, "subject": [subject], "predicateType": str(found), "predicate": predicate, **rest} if (
            kind == TYPE and not rest
        ):
            if found != predicate_type:
                raise RejectError(f"the statement is a {found}, not a {predicate_type}")
            return Statement(subject=subject, predicate_type=found, predicate=predicate)
    raise RejectError("not an in-toto Statement about one subject")
