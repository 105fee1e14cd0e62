"""The one document that the reader sends back: a part or a refusal, never both."""

from dataclasses import dataclass

from node.design.errors import Code
from node.design.part import PartModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the reader read no part."""

    code: Code
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The reader's answer, in the wire form of ``protocol.wire``."""

    part: PartModel | None
    refusal: Refusal | None
