"""No way into a node goes around the table: every route, protocol between peers and command is accounted for."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from node.access import streams
from node.access.routes import ACTIONS, action_of
from node.access.table import Action, Subject
from node.access.tokens import Tokens
from node.api.permits import PUBLIC
from node.api.routes import build_api
from protocol import topics

ROOT = Path(__file__).parents[2]
OPERATOR = {"GET /access/tokens", "POST /access/tokens", "DELETE /access/tokens/{name}"}
"""Routes that no line of the table names, on purpose."""

OFFLINE = {"node.access.table", "node.auctions", "node.config", "node.identity", "node.report", "node.rotation",
           "node.serving", "node.standards.ocds", "node.workflows.audit_file"}  # fmt: skip
"""What commands use without asking a node: files that their user owns or was given, or the start of a node."""

TOOLS = ("node.commands", "node.client", "node.errors", "node.design", "node.machine_code")
"""And what holds nothing that could be guarded."""


class Absent:
    """Stands where a node would: whatever is taken from it is absent too."""

    def __getattr__(self, _name: str) -> "Absent":
        return self

    def __call__(self, *_asked: object) -> "Absent":
        return self


class Nobodys(Tokens):
    """Takes every token for that of somebody who may do nothing."""

    def subject_of(self, _token: str) -> Subject:
        return Subject(name="nobody", roles=frozenset())


@pytest.fixture
def api(tmp_path: Path) -> FastAPI:
    return build_api(cast("Any", Absent()), Nobodys(tmp_path / "tokens.json", "operator's"))


def routes(api: FastAPI) -> dict[str, str]:
    """Every route of the HTTP interface by its method and path, with a path that can be asked for."""
    return {
        f"{method.upper()} {path}": re.sub(r"{\w+}", "1", path)
        for path, methods in api.openapi()["paths"].items()
        for method in methods
    }


async def test_every_route_refuses_somebody_who_may_do_nothing(api: FastAPI) -> None:
    asked = {route: path for route, path in routes(api).items() if path not in PUBLIC}
    assert asked
    for route, path in asked.items():
        assert await status_of(api, route.split()[0], path) == HTTPStatus.FORBIDDEN, route


async def status_of(api: FastAPI, method: str, path: str) -> int:
    """The status that the application answers with, asked as a server would."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer x")],
        "server": ("127.0.0.1", 1),
        "client": ("127.0.0.1", 2),
    }
    await api(scope, receive, send)
    return int(said[0]["status"])


def test_only_named_routes_are_the_operator_s_alone(api: FastAPI) -> None:
    fallen = {route for route in routes(api) if action_of(*route.split()) is Action.ADMINISTER}
    assert fallen - {f"GET {path}" for path in PUBLIC} == OPERATOR


def test_no_line_of_the_table_is_about_a_route_that_is_gone(api: FastAPI) -> None:
    assert [start for start in ACTIONS if not any(route.startswith(start) for route in routes(api))] == []


def sources(*folders: str) -> Iterator[ast.Module]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text())


def served() -> Iterator[tuple[str, ast.Module, str]]:
    """Each protocol that a node answers, where, and the name of the function that does."""
    for module in sources("node", "federation"):
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            match call:
                case ast.Call(func=ast.Attribute(attr="serve"), args=[ast.Name(id=name), ast.Attribute(attr=answer)]):
                    if name.isupper():
                        yield getattr(topics, name), module, answer


def actions(module: ast.Module, name: str, seen: set[str]) -> set[str]:
    """Which actions a function of ``module``, and those of the module that it calls, ask the table about."""
    found: set[str] = set()
    if name in seen:
        return found
    seen.add(name)
    for function in (node for node in ast.walk(module) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)):
        if function.name != name:
            continue
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            match call.func:
                case ast.Name(id="check"):
                    found |= {one.attr for one in call.args if isinstance(one, ast.Attribute)}
                case ast.Attribute(attr=called):
                    found |= actions(module, called, seen)
    return found


def test_every_protocol_between_peers_asks_the_table_or_has_its_reason() -> None:
    found = {protocol: actions(module, answer, set()) for protocol, module, answer in served()}
    assert set(found) == {*streams.ACTIONS, *streams.OPEN}
    assert not set(streams.ACTIONS) & set(streams.OPEN)
    for protocol, asked in found.items():
        known = streams.ACTIONS.get(protocol)
        assert asked == (set() if known is None else {known.name}), protocol


def test_commands_ask_the_node_and_touch_nothing_of_it_themselves() -> None:
    used = set()
    for module in sources("node/commands"):
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("node"):
                used |= {f"{node.module}.{one.name}" if node.module == "node" else node.module for one in node.names}
    inside = {name for name in used if not name.startswith(TOOLS)}
    assert inside <= OFFLINE, inside - OFFLINE
