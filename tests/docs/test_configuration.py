"""The reference of ``node.toml`` says of every key what the program says, and of no other."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from node.config import NodeConfig

PAGE = Path(__file__).parents[2] / "docs/reference/configuration.md"

KINDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    Path: "path",
    date | None: "date",
    tuple[str, ...]: "list of texts",
    tuple[float, float]: "two numbers",
    tuple[float, float, float]: "three numbers",
}


def sections(model: type[BaseModel], name: str = "") -> Iterator[tuple[str, dict[str, FieldInfo]]]:
    """Every table of the file by its dotted name, with the keys that hold values; tables of tables follow."""
    own, below = {}, []
    for key, field in model.model_fields.items():
        kind = field.annotation
        inner = get_args(kind)[0] if get_origin(kind) in (tuple, UnionType) else kind
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            below.append((inner, f"{name}.{key}".lstrip(".")))
        else:
            own[key] = field
    yield name, own
    for inner, key in below:
        yield from sections(inner, key)


def row(key: str, field: FieldInfo) -> str:
    """How the line of ``key`` begins: its name, what it may be, its default."""
    return f"| `{key}` | {allowed(field)} | {default(field)} |"


def allowed(field: FieldInfo) -> str:
    kind: Any = field.annotation
    choice = get_args(kind)[0] if get_origin(kind) is tuple else kind
    if get_origin(choice) is Literal:
        listed = ", ".join(f"`{value}`" for value in get_args(choice))
        return f"list of {listed}" if choice is not kind else f"one of {listed}"
    bounds = {type(bound): bound for bound in field.metadata}
    match bounds.get(Ge), bounds.get(Gt), bounds.get(Le):
        case Ge(ge=least), None, Le(le=most):
            return f"{KINDS[kind]}, {least} to {most}"
        case Ge(ge=least), None, None:
            return f"{KINDS[kind]}, at least {least}"
        case None, Gt(gt=least), Le(le=most):
            return f"{KINDS[kind]}, above {least}, at most {most}"
        case None, Gt(gt=least), None:
            return f"{KINDS[kind]}, above {least}"
    return KINDS[kind]


def default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "required"
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{list(value)}`" if isinstance(value, tuple) else f"`{value}`"


def written() -> dict[str, list[str]]:
    """The page's table rows by the file's table that the heading names; the top level has the empty name."""
    found: dict[str, list[str]] = {}
    name: str | None = None
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            heading = re.fullmatch(r"## `\[+([a-z.]+)\]+`", line)
            name = heading[1] if heading else "" if line == "## Top level" else None
        elif name is not None and line.startswith("| `"):
            found.setdefault(name, []).append(line)
    return found


@pytest.mark.parametrize(("name", "fields"), [pytest.param(*s, id=s[0] or "top") for s in sections(NodeConfig)])
def test_every_key_stands_on_the_page_with_its_kind_and_default(name: str, fields: dict[str, FieldInfo]) -> None:
    beginnings = [re.match(r"\|[^|]*\|[^|]*\|[^|]*\|", line) for line in written().get(name, [])]
    assert [b.group() for b in beginnings if b] == [row(key, field) for key, field in fields.items()]


def test_the_page_has_no_table_that_the_file_has_not() -> None:
    assert set(written()) == {name for name, _ in sections(NodeConfig)}
