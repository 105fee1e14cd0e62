"""Writes the protocol reference from the classes, their docstrings and the test vectors, so that it cannot disagree.

The page of permissions likewise.

python docs/reference/generate.py            write protocol.md and access.md
python docs/reference/generate.py --check    exit 1 if it is stale
"""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from node.access import table as access_table
from node.access.routes import ACTIONS
from node.access.table import Role, State, Tie

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "protocol.md"
ACCESS_PAGE = ROOT / "docs" / "reference" / "access.md"

SIGNED_MESSAGES = (
    ("topics.BULLETIN", "Bulletin", "gossip, Bulletins", ("bulletin.open_bulletin", "bulletin.accept_bulletin")),
    ("topics.CARD", "Card", "gossip", ("capability.accept_card",)),
    ("topics.CAPACITY", "Capacity", "gossip", ("capacity.accept_capacity",)),
    ("topics.CALL", "Call", "gossip", ("auction.accept_call", "rules.check_call")),
    ("topics.COMMITMENT", "Commitment", "gossip", ("auction.accept_commitment",)),
    ("topics.ROLL", "Roll", "gossip", ("roll.accept_roll",)),
    ("topics.REVEAL", "Reveal", "gossip", ("auction.accept_reveal", "auction.check_bid")),
    ("topics.AWARD", "Result", "gossip", ("result.accept_result",)),
    ("topics.REPLY", "Reply", "gossip", ("result.accept_reply",)),
    (
        "topics.REPLACEMENT",
        "Replacement",
        "Signed",
        ("replacement.accept_replacement", "replacement.check_replacement"),
    ),
    ("topics.RECEIPT", "Receipt", "Signed", ("roll.witnessed",)),
    ("topics.LOG_HEAD", "LogHead", "gossip", ("witness.accept_head",)),
    ("topics.WHEREABOUTS", "Whereabouts", "lookups", ("lookup.accept_whereabouts",)),
    ("topics.ESCROW", "Escrow", "Entrusted, ShareGiven", ("escrow.check_escrow", "escrow.open_entrusted")),
    ("topics.BLOCKS", "Voucher", "an answer, then a bundle", ("blocks.open_voucher",)),
)
"""Domain of the signature, message, what carries it, and what decides about it."""

REQUESTS = (
    ("topics.COMPARE_BULLETINS", "Summary", "Summary"),
    ("topics.FETCH_BULLETINS", "BulletinsRequest", "Bulletins"),
    ("topics.TESTIFY", "WitnessRequest", "Signed"),
    ("topics.LOOK_UP", "NearestRequest", "Nearest"),
    ("topics.KEEP_CARD", "KeepRequest", "no bytes"),
    ("topics.TELL", "Told", "no bytes"),
    ("topics.FETCH_OUTLINE", "OutlineRequest", "Outline"),
    ("topics.FETCH_CHUNK", "ChunkRequest", "the chunk's bytes"),
    ("topics.FETCH_RESULT", "ResultRequest", "Signed"),
    ("topics.ENTRUST", "Entrusted", "no bytes"),
    ("topics.FETCH_SHARE", "ShareRequest", "ShareGiven"),
    ("topics.FETCH_SEALED", "SealedRequest", "Parcel"),
    ("topics.FETCH_UNSEALINGS", "UnsealingsRequest", "Unsealings"),
    ("topics.FETCH_PACKAGE", "PackageRequest", "PackageDelivery"),
    ("topics.STAND_IN", "StandInRequest", "Signed"),
    ("topics.SETBACK", "Setback", "no bytes"),
    ("topics.ASK_SURRENDER", "SurrenderRequest", "SurrenderPrice"),
    ("topics.GIVE_UP", "Signed", "no bytes"),
    ("topics.FETCH_REPLACEMENT", "ReplacementRequest", "Signed"),
    ("topics.FETCH_RECORDS", "RecordsRequest", "Records"),
    ("topics.FETCH_CONSISTENCY", "ConsistencyRequest", "Consistency"),
    ("topics.FETCH_BUNDLE", "BundleRequest", "Parcel"),
    ("topics.FETCH_VOUCHER", "VoucherRequest", "Signed"),
)
"""Protocol, question, and what answers it."""

ANSWERS = (
    ("Signed", ("signed.verify",)),
    ("Bulletins", ()),
    ("Nearest", ("lookup.accept_nearest",)),
    ("Outline", ("content.check_outline", "content.check_chunk")),
    ("Equivocation", ("bulletin.check_equivocation",)),
    ("PackageDelivery", ("seal.accept",)),
    ("Parcel", ()),
    ("SurrenderPrice", ()),
    ("ShareGiven", ("escrow.check_share", "escrow.recovered")),
    ("Unsealings", ("escrow.check_unsealings",)),
    ("Records", ("production.check_logged", "production.check_operation")),
    ("Consistency", ("witness.check_growth",)),
)

PARTS = (
    "Range",
    "Envelope", "Site", "Hole", "BidView", "Operation", "Weights", "Filters", "Capability", "Classification", "Rise", "Offer", "Bid", "Assignment", "Improvement", "Award",
    "NoAwardReason", "NoAward", "Standing", "BlockName", "ExclusionReason", "Exclusion", "LoggedRecord", "Unsealing", "Record", "PackageLeaf", "Printer", "Cutter", "Tool", "Mill", "Profile", "RulePack",
)  # fmt: skip

TEXTS = (
    ("StepFacts", "record", ("record.open_record",)),
    ("Lot", None, ()),
    ("Measurement", None, ()),
    ("Certificate", "certificate", ("certificate.open_certificate",)),
    ("Checkpoint", "note", ("checkpoint.read_note",)),
    ("Cosignature", None, ("checkpoint.read_cosignature",)),
    ("Addition", "addition", ("witness.read_addition", "witness.judge_addition")),
    ("SplitView", "split_view", ("witness.check_split",)),
)
"""What is said in JSON or text, the vectors of its form, and what decides about it."""

RULES = (
    "bulletin.subject_of",
    "bulletin.contradict",
    "capacity.free_quarters",
    "content.content_digest",
    "lookup.place_of",
    "lookup.key_of",
    "lookup.keys_of",
    "lookup.accept_kept",
    "summary.fingerprint",
    "summary.differences",
    "auction.seal_of",
    "award.transcript_root",
    "award.award",
    "award.Field._enter",
    "transport.travel_time",
    "transport.travel_co2",
    "job.Site.distance",
    "seal.commitment_of",
    "seal.expand",
    "seal._associated",
    "production.job_id",
    "production.evidence_root",
    "record.Record.digest",
    "certificate.certificate_digest",
    "checkpoint.Checkpoint.log",
    "epcis.event_hash",
    "disclosure.digest",
    "dsse.pre_authentication",
    "signed.Signed.digest",
    "rules.RulePack.digest",
    "merkle.leaf_hash",
    "merkle.node_hash",
    "merkle.root",
    "merkle.verify",
)
"""What two peers must compute alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One named thing in ``protocol``: its syntax, and the docstring that stands in or under it."""

    node: ast.stmt
    text: str


@cache
def module(name: str) -> ast.Module:
    return ast.parse((ROOT / "protocol" / f"{name}.py").read_text())


def named(body: list[ast.stmt]) -> dict[str, Source]:
    """Classes, functions, fields and constants of a body, in order; a string under an assignment is its docstring."""
    found = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = Source(node=node, text=ast.get_docstring(node) or "")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            below = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            text = inspect.cleandoc(str(after.value.value)) if below else ""  # type: ignore[union-attr]
            found[ast.unparse(target)] = Source(node=node, text=text)
    return found


def lookup(path: str) -> Source:
    """The thing at ``module.name`` or ``module.Class.name``."""
    stem, *names = path.split(".")
    body, source = module(stem).body, None
    for name in names:
        source = named(body)[name]
        body = source.node.body if isinstance(source.node, ast.ClassDef) else []
    assert source is not None
    return source


def home(name: str) -> str:
    """Module in which the class ``name`` is defined."""
    (found,) = (path.stem for path in (ROOT / "protocol").glob("*.py") if name in named(module(path.stem).body))
    return found


def prose(text: str) -> str:
    """A docstring as Markdown."""
    return text.replace("``", "`")


def line(text: str) -> str:
    """A docstring as one line of a table."""
    return " ".join(prose(text).split()).replace("|", "\\|")


def value(path: str) -> object:
    """A literal constant, computed from its syntax: sums and products of numbers, or the argument of a unit."""
    node = lookup(path).node
    assert isinstance(node, ast.Assign | ast.AnnAssign)
    assert node.value is not None
    inner = node.value.args[0] if isinstance(node.value, ast.Call) else node.value
    if isinstance(inner, ast.BinOp):
        assert isinstance(inner.op, ast.Mult)
        return int(ast.literal_eval(inner.left)) * int(ast.literal_eval(inner.right))
    return ast.literal_eval(inner)


def page() -> Iterator[str]:
    """The whole reference, block by block."""
    yield "# Protocol reference"
    yield "Generated by `docs/reference/generate.py` from `protocol/` and `tests/vectors/`. Do not edit."
    yield (
        "A second implementation needs this page and the vectors. Each file of `tests/vectors/` lists the wire forms of one"
        " message that peers accept, with their `fields`, and more that they `reject`; where a `topic` stands, the wire"
        " form is a signed envelope around the message. Below, **Reject** means that no honest peer sends this: drop it"
        " and lower the sender's score. **Ignore** means drop it and blame nobody."
    )
    yield "## Wire form"
    yield prose(ast.get_docstring(module("wire")) or "").split("\n\n", 1)[1]
    yield prose(ast.get_docstring(module("signed")) or "").split("\n\n", 1)[1]
    yield "## Who says what"
    yield overview()
    yield "## Signed messages\n\nFields stand in the order of the wire."
    for _, message, _, rules in SIGNED_MESSAGES:
        yield from chapter(message, rules, " without its envelope")
    yield "## Requests and answers"
    for _, question, _ in REQUESTS:
        yield from chapter(question, ())
    for answer, checks in ANSWERS:
        yield from chapter(answer, checks)
    yield "## Records, certificates and logs"
    for stem in ("record", "disclosure", "dsse", "canonical", "checkpoint"):
        yield prose(ast.get_docstring(module(stem)) or "").split("\n\n", 1)[1]
    yield (
        f"A log asks a witness under `{value('topics.WITNESS')}` with the text of an [Addition](#addition); it answers with"
        " one cosignature line, or refuses with the code `stale` and the size that it cosigned last."
    )
    for text, file, rules in TEXTS:
        yield from described(text)
        for rule in rules:
            yield from decided(rule)
        if file:
            yield f"Vectors: `{file}.json`."
    yield "## Parts of messages"
    for part in PARTS:
        yield from described(part)
    yield "## What two peers must compute alike"
    yield prose(ast.get_docstring(module("award")) or "")
    yield prose(ast.get_docstring(module("seal")) or "").split("\n\n", 1)[1]
    yield table(("function", "result"), ((f"`{path}`", computed(path)) for path in RULES))
    yield from numbers()


def overview() -> str:
    said = [(f"`{value(t)}`", linked(message), f"signed, in {linked(by)}") for t, message, by, _ in SIGNED_MESSAGES]
    asked = [(f"`{value(p)}`", linked(message), f"answered with {linked(answer)}") for p, message, answer in REQUESTS]
    return table(("topic or protocol", "message", "how"), said + asked)


def chapter(message: str, rules: tuple[str, ...], bare: str = "") -> Iterator[str]:
    """One message: its fields, what makes it acceptable, and how it looks."""
    yield from described(message)
    for rule in rules:
        yield from decided(rule)
    file = re.sub(r"(?<!^)([A-Z])", r"_\1", message).lower() + ".json"
    example = json.loads((ROOT / "tests" / "vectors" / file).read_text())[0]
    yield f"Example from `{file}`, “{example['name']}”{bare}:"
    yield "```\n" + "\n".join(textwrap.wrap(example["wire"], 112)) + "\n```"


def described(name: str) -> Iterator[str]:
    """A class and its fields."""
    path = f"{home(name)}.{name}"
    source = lookup(path)
    assert isinstance(source.node, ast.ClassDef)
    yield f"### {name}"
    yield prose(source.text)
    members = named(source.node.body)
    if any(isinstance(member.node, ast.Assign) for member in members.values()):
        values = ((f"`{value(f'{path}.{key}')}`", line(member.text)) for key, member in members.items())
        yield table(("value", "meaning"), values)
        return
    yield table(
        ("field", "type", "meaning"),
        (
            (f"`{key}`", shape(member.node.annotation), line(member.text))
            for key, member in members.items()
            if isinstance(member.node, ast.AnnAssign)
        ),
    )


def shape(annotation: ast.expr) -> str:
    """A field's type in words."""
    if isinstance(annotation, ast.Subscript):
        assert isinstance(annotation.slice, ast.Tuple)
        return f"array of {shape(annotation.slice.elts[0])}"
    if isinstance(annotation, ast.BinOp):
        return f"{shape(annotation.left)} or nil"
    return linked(ast.unparse(annotation))


def linked(name: str) -> str:
    """A type's name, with a link to where this page describes it."""
    described_here = set(PARTS) | {text for text, _, _ in TEXTS}
    described_here |= {m for _, m, _, _ in SIGNED_MESSAGES} | {q for _, q, _ in REQUESTS} | {a for a, _ in ANSWERS}
    if name in described_here:
        return f"[{name}](#{name.lower()})"
    plain = {"int": "integer", "str": "text", "bool": "boolean", "bytes": "bytes"}
    return plain.get(name, name)


def decided(path: str) -> Iterator[str]:
    """A function that decides about a message: each Reject and Ignore of its docstring."""
    text = lookup(path).text
    yield f"**`{path}`** {line(summary(text))}"
    raised = text.partition("Raises:\n")[2]
    verdicts = re.findall(r"^ {4}(\w+)Error: (.*(?:\n {8}.*)*)", raised, re.MULTILINE)
    yield "\n".join(f"- **{verdict}**: {line(reason)}" for verdict, reason in verdicts)


def summary(text: str) -> str:
    """A docstring without its sections."""
    return re.split(r"\n\n(?:Args|Raises):", text)[0]


def computed(path: str) -> str:
    """What a function returns, and its body where that is short."""
    source = lookup(path)
    assert isinstance(source.node, ast.FunctionDef)
    text, body = line(summary(source.text)), source.node.body[1 if source.text else 0 :]
    if len(body) > 2:
        return text
    return f"{text} `{line('; '.join(map(ast.unparse, body)).replace('return ', ''))}`".strip()


def numbers() -> Iterator[str]:
    """Types, limits and codes."""
    yield "## Identifiers and quantities"
    rows = []
    for stem in ("ids", "units"):
        for name, source in named(module(stem).body).items():
            node = source.node
            assert isinstance(node, ast.Assign)
            if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "NewType":
                rows.append((f"`{name}`", shape(node.value.args[1]), line(source.text)))
    yield table(("type", "carried as", "meaning"), rows)
    yield "## Limits and constants"
    constants = named(module("params").body)
    listed = constants.pop("PROCESSES").node
    yield table(
        ("name", "value", "unit and reason"),
        ((f"`{name}`", f"{value(f'params.{name}')}", line(s.text)) for name, s in constants.items() if s.text),
    )
    yield "## Processes"
    assert isinstance(listed, ast.AnnAssign)
    assert isinstance(listed.value, ast.Dict)
    codes = zip(listed.value.keys, listed.value.values, strict=True)
    yield table(
        ("code", "process"),
        ((f"`{value(f'params.{ast.unparse(code)}')}`", ast.literal_eval(name)) for code, name in codes if code),
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines: list[tuple[str, ...]] = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def access_page() -> Iterator[str]:
    """The table of permissions."""
    yield "# Who may do what"
    yield "Generated by `docs/reference/generate.py` from `node/access/table.py`. Do not edit."
    yield prose(access_table.__doc__ or "").strip() + " Whatever no row allows is refused."
    for kind in (Role, State, Tie):
        yield f"## {kind.__name__}\n\n{prose(kind.__doc__ or '')}"
        members = named(ast.parse(inspect.getsource(kind)).body[0].body)  # type: ignore[attr-defined]
        yield table(("word", "meaning"), ((f"`{one.value}`", line(members[one.name].text)) for one in kind))
    yield "## The table"
    yield table(
        ("action", "roles", "state of the job", "tie", "why"),
        (
            (rule.action.value, words(rule.roles, Role), words(rule.states, State), words(rule.ties, Tie), rule.why)
            for rule in access_table.RULES
        ),
    )
    yield "## Routes of the HTTP interface"
    yield "By the longest beginning that is listed; any other route is the operator's alone."
    yield table(("route", "action"), ((f"`{route}`", action.value) for route, action in ACTIONS.items()))


def words(chosen: frozenset[Any], kind: Any) -> str:
    return ", ".join(one.value for one in kind if one in chosen)


def main(arguments: list[str]) -> int:
    stale = 0
    for path, blocks in ((PAGE, page()), (ACCESS_PAGE, access_page())):
        text = "\n\n".join(block for block in blocks if block) + "\n"
        if arguments != ["--check"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path.name} is stale: run python docs/reference/generate.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
