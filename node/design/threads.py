"""Threads that the annotations of a STEP file call for; geometry shows a bore, never the thread that is cut into it."""

import re
from collections import Counter

from node.design.part import Thread

MOST = 100
"""Kinds of threads; a part with more is no part."""

_ENTITY = re.compile(
    rb"#\d{1,9}\s{0,9}=\s{0,9}\(?\s{0,9}"
    rb"((?:DESCRIPTIVE_REPRESENTATION_ITEM|SHAPE_ASPECT|DIMENSIONAL_SIZE|PROPERTY_DEFINITION|THREAD)[A-Z_]{0,40})"
    rb"\s{0,9}\(([^;]{0,1000});"
)
"""Where semantic annotations carry words; titles, layers and presentations repeat them, and would count twice."""

_TEXT = re.compile(rb"'([^']{0,500})'")
_TIMES = r"(?:\b(\d{1,3})\s?[xX]\s)?"
_METRIC = re.compile(
    _TIMES + r"\b(M\d{1,3}(?:\.\d{1,2})?)(?:\s?[xX]\s?(\d(?:\.\d{1,3})?))?(?:\s?-\s?(\d[gGhH]))?(?![\w.])"
)
_UNIFIED = re.compile(
    _TIMES + r"(?<![\w/.])((?:#\d{1,2}|\d/\d{1,2}|\d(?:\s\d/\d{1,2})?|\d?\.\d{2,4})-\d{1,2}\s?UN(?:C|F|EF|JC|JF|S)?)\b"
)


def threads(step: bytes) -> tuple[Thread, ...]:
    """Designations and how often they are called for, in order of their names.

    A bare size such as M6 counts only where the annotation speaks of a thread; with a pitch or a tolerance class it
    needs no such word.
    """
    found: Counter[str] = Counter()
    for kind, content in _ENTITY.findall(step):
        said = " ".join(text.decode("ascii", "replace") for text in _TEXT.findall(content))
        found.update(_called_for(said, about_threads=b"THREAD" in kind or "thread" in said.lower()))
    return tuple(Thread(designation=name, count=count) for name, count in sorted(found.items())[:MOST])


def _called_for(text: str, *, about_threads: bool) -> dict[str, int]:
    called: Counter[str] = Counter()
    for times, size, pitch, fit in _METRIC.findall(text):
        if pitch or fit or about_threads:
            called[size + (f"x{pitch}" if pitch else "") + (f"-{fit}" if fit else "")] += int(times or 1)
    for times, name in _UNIFIED.findall(text):
        called[re.sub(r"\s?UN", " UN", name)] += int(times or 1)
    return called
