"""The report in its three forms: what evidence says is shown, and never obeyed."""

from dataclasses import replace
from html.parser import HTMLParser

from ledger.audit import audit
from ledger.verdict import Check, Outcome, PartReport, Report
from node.report import SCHEMA, document_of, html_of, text_of
from protocol.facts import StepFacts
from protocol.units import UnixSeconds
from protocol.wire import encode
from tests.audit.cases import true

HOSTILE = "<script>alert(1)</script>&'\""


class Tags(HTMLParser):
    """Every element that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def report(outcome: Outcome, text: str = "why") -> Report:
    check = Check(what=text, outcome=outcome, text=text, evidence=(text,))
    parts = tuple(PartReport(serial="ab" * 32, number=number, checks=(check,)) for number in (1, 2))
    return Report(subject="cd" * 32, checks=(check,), parts=parts, trusted=(text,), unchecked=(text,))


def test_text_from_the_evidence_becomes_no_element_of_the_page() -> None:
    for outcome in Outcome:
        page = html_of(document_of(report(outcome, HOSTILE)))
        tags = Tags(page)
        assert "script" not in tags.seen
        assert not {name for name in tags.attributes if name.startswith("on")}
        assert "&lt;script&gt;" in page


def test_what_does_not_hold_is_open_on_the_page_and_named_in_the_terminal() -> None:
    for outcome in (Outcome.CONTRADICTED, Outcome.NOT_CHECKABLE):
        document = document_of(report(outcome))
        assert "<details open>" in html_of(document)
        assert f"Part {'ab' * 32}: {outcome.value}" in text_of(document)
    assert "<details open>" not in html_of(document_of(report(Outcome.HOLDS)))


def test_a_lot_s_document_has_the_first_part_s_checks_first_and_every_part_once() -> None:
    bundle, given = true(quantity=3, parts=(1, 2, 3))
    document = document_of(audit(encode(bundle), given.trust))
    assert document["schema"] == SCHEMA
    assert document["verdict"] == "holds"
    assert [part["number"] for part in document["parts"]] == [2, 3]
    assert {part["verdict"] for part in document["parts"]} == {"holds"}
    assert {"deployment", "chain", "anchors", "serial", "quality"} <= {check["what"] for check in document["checks"]}
    assert all(check["evidence"] for check in document["checks"] if check["what"].startswith("step"))


def test_one_bad_part_of_a_lot_leaves_the_others_sound() -> None:
    bundle, given = true(quantity=3, parts=(1, 2, 3), tell=lambda f: f if f.part != 2 else _late(f))
    found = audit(encode(bundle), given.trust)
    assert found.verdict is Outcome.CONTRADICTED
    assert [found.verdict_on(part).value for part in found.parts] == ["holds", "contradicted", "holds"]


def _late(facts: StepFacts) -> StepFacts:
    return replace(facts, started=UnixSeconds(facts.finished + 1))
