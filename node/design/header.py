"""Takes every name, path and date out of a STEP file's text and leaves the geometry; no parser, so nothing to crash.

A string survives only if it stands in the vocabulary of words that the STEP application protocols themselves define
(ISO 10303-41, -203, -214, -242). Comments, anchors, references and anything after the end mark go.
"""

import re

from node.design.gate import SCHEMAS

VOCABULARY = frozenset(
    """
    mechanical design|part definition|design|mechanical|part|detail|not known|made|conceptual design|product
    international standard|automotive_design|config_control_design|automotive design|configuration controlled 3d designs
    core data for automotive mechanical design processes|managed model based 3d engineering
    ap242_managed_model_based_3d_engineering|ap242_managed_model_based_3d_engineering_mim_lf
    distance_accuracy_value|confusion accuracy|2;1|1;1|3;1|4;1
    inch|foot|degree|radian|steradian|metre|millimetre|centimetre
    continuous
    diameter|radius|linear distance|curve length|thickness|angularity|toroidal radius
    """.strip()
    .replace("\n", "|")
    .split("|")
)
"""Lower-case strings that carry meaning for a reader and no one's identity; colours go, for Green is also a name."""

NEUTRAL_TIME = b"'1970-01-01T00:00:00'"

_VOCABULARY = {word.strip().encode() for word in VOCABULARY}
_COMMENT = rb"/\*.*?(?:\*/|\Z)"
_TOKEN = re.compile(rb"'(?:[^']|'')*+'?|" + _COMMENT, re.DOTALL)
_SECTION = re.compile(rb"^[ \t]*(ANCHOR|REFERENCE|SIGNATURE)\s*(\([^;]*\))?;.*?ENDSEC\s*;", re.DOTALL | re.MULTILINE)
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\([^;]*;")
_FILE_NAME = re.compile(rb"FILE_NAME\s*\([^;]*;")
_EMPTY_FILE_NAME = b"FILE_NAME(''," + NEUTRAL_TIME + b",(''),(''),'','','');"
_DATE = re.compile(rb"\b(CALENDAR_DATE)\s*\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)")
_TIME = re.compile(rb"\b(LOCAL_TIME)\s*\([^,]*,[^,]*,[^,]*,")
_END = re.compile(rb"END-ISO-10303-21\s*;")


def strip(step: bytes) -> bytes:
    """The same geometry without names, paths, free texts, dates and comments; stripping twice changes nothing.

    ``step`` has passed the gate: it begins with the STEP magic and has an end mark.
    """
    bare = _TOKEN.sub(_neutral, step.lstrip())
    bare = _FILE_NAME.sub(_EMPTY_FILE_NAME, bare, count=1)
    bare = _restore_schema(bare, step)
    bare = _SECTION.sub(b"", bare)
    bare = _DATE.sub(rb"\1(1970,1,1)", bare)
    bare = _TIME.sub(rb"\1(0,0,0.,", bare)
    return _END.split(bare)[0] + b"END-ISO-10303-21;\n"


def _neutral(token: re.Match[bytes]) -> bytes:
    text = token[0]
    if text.startswith(b"/*"):
        return b""
    return text if text[1:-1].lower() in _VOCABULARY else b"''"


def _restore_schema(bare: bytes, step: bytes) -> bytes:
    """The schema's name is a string too, but without it no reader knows the file's protocol."""
    without_comments = re.sub(_COMMENT, b"", step[:65_536], flags=re.DOTALL)
    declared = _SCHEMA.search(without_comments)
    names = re.findall(rb"'([A-Za-z0-9_]+(?:\s*\{[0-9\s]*\})?)\s*'", declared[0]) if declared else []
    known = [b"'" + name + b"'" for name in names if SCHEMAS.match(name.upper())]
    schema = b"FILE_SCHEMA((" + b",".join(known) + b"));"
    return _SCHEMA.sub(lambda _: schema, bare, count=1)
