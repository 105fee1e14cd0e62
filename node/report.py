"""An audit's report for programs (one JSON document), for a terminal, and for a file to print."""

from collections.abc import Iterable
from html import escape
from typing import Any

from ledger.verdict import Check, Outcome, Report

Document = dict[str, Any]

SCHEMA = "guildmark/audit/1"
"""Of the document; the ordinal changes when a field changes its meaning or goes."""

_MARK = {"holds": "ok", "contradicted": "NO", "not checkable": "??"}


def document_of(report: Report) -> Document:
    """A report as the command line and the HTTP interface show it; ``checks`` are of job and first part together."""
    first = report.parts[0] if report.parts else None
    checks = [*report.checks, *(first.checks if first else ())]
    every = [*report.checks, *(check for part in report.parts for check in part.checks)]
    return {
        "schema": SCHEMA,
        "bundle": report.subject,
        "serial": first.serial if first else "",
        "verdict": report.verdict.value,
        "summary": _summary(every),
        "checks": [_check(check) for check in checks],
        "parts": [
            {
                "number": part.number,
                "serial": part.serial,
                "verdict": report.verdict_on(part).value,
                "checks": [_check(check) for check in part.checks],
            }
            for part in report.parts[1:]
        ],
        "trusted": list(report.trusted),
        "unchecked": list(report.unchecked),
    }


def text_of(document: Document) -> str:
    """For a terminal; of further parts only what does not hold."""
    lines = [f"Part {document['serial']}", *_lines(document["checks"])]
    for part in document["parts"]:
        lines.append(f"Part {part['serial']}: {part['verdict']}")
        lines += _lines(check for check in part["checks"] if check["outcome"] != "holds")
    lines += ["", f"{document['verdict']}: {document['summary']}", "trusted:"]
    lines += [f"  {root}" for root in document["trusted"] or ["nothing"]]
    lines += ["not checked:", *(f"  {what}" for what in document["unchecked"])]
    return "\n".join(lines)


def html_of(document: Document) -> str:
    """One file that needs nothing else: no script, no font, no picture; prints on paper, reads in light and dark."""
    title = f"Audit of part {document['serial'][:12] or 'unknown'}"
    verdict = document["verdict"]
    body = [
        f"<header><h1>{title}</h1><p class='{_class(verdict)}'><strong>{verdict}</strong>: {document['summary']}</p>",
        f"<dl><dt>Serial</dt><dd><code>{document['serial']}</code></dd>",
        f"<dt>Bundle</dt><dd><code>sha256:{document['bundle']}</code></dd></dl></header>",
        "<h2>Checks</h2>",
        _table(document["checks"]),
    ]
    for part in document["parts"]:
        head = f"Part {part['number']} <code>{part['serial']}</code>: {part['verdict']}"
        opened = "" if part["verdict"] == "holds" else " open"
        body.append(f"<details{opened}><summary>{head}</summary>{_table(part['checks'])}</details>")
    body += ["<h2>Trusted</h2>", _list(document["trusted"] or ["nothing"])]
    body += ["<h2>Not checked</h2>", _list(document["unchecked"])]
    return _PAGE.format(title=title, style=_STYLE, body="\n".join(body))


def _check(check: Check) -> Document:
    return {
        "what": check.what,
        "outcome": check.outcome.value,
        "text": check.text,
        "evidence": list(check.evidence),
    }


def _summary(checks: Iterable[Check]) -> str:
    outcomes = [check.outcome for check in checks]
    counts = {outcome: outcomes.count(outcome) for outcome in Outcome}
    return ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)


def _lines(checks: Iterable[Document]) -> list[str]:
    return [f"  {_MARK[check['outcome']]}   {check['what']:28} {check['text']}" for check in checks]


def _table(checks: Iterable[Document]) -> str:
    rows = []
    for check in checks:
        evidence = "".join(f"<li>{escape(line)}</li>" for line in check["evidence"])
        opened = "" if check["outcome"] == "holds" else " open"
        shown = f"<details{opened}><summary>evidence</summary><ul>{evidence}</ul></details>" if evidence else ""
        rows.append(
            f"<tr class='{_class(check['outcome'])}'><td>{_MARK[check['outcome']]}</td>"
            f"<th scope='row'>{escape(check['what'])}</th><td>{check['outcome']}</td>"
            f"<td>{escape(check['text'])}{shown}</td></tr>"
        )
    head = "<tr><th></th><th scope='col'>Check</th><th scope='col'>Outcome</th><th scope='col'>Why</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _class(outcome: str) -> str:
    return outcome.replace(" ", "-")


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d5db; --ok: #1a6b33; --no: #a1260d;
  --gap: #7a5200; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e6ea; --paper: #14171a; --line: #3a4048; --ok: #7ccf93; --no: #ff9b85; --gap: #e5bd62; }
}
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
th[scope=row] { font-weight: 600; white-space: nowrap; }
code { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; }
details { font-size: .9em; } details > ul { margin: .2rem 0; }
.holds td:first-child, p.holds strong { color: var(--ok); }
.contradicted td:first-child, p.contradicted strong { color: var(--no); }
.not-checkable td:first-child, p.not-checkable strong { color: var(--gap); }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --line: #999; --ok: #000; --no: #000; --gap: #000; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  tr, li { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; }
  details::details-content { content-visibility: visible; }
}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head>
<body>
{body}
</body>
</html>
"""
