"""Every cell of the access table, asked of another policy engine too; and tokens that say who asks."""

import json
from itertools import product
from pathlib import Path

import cedarpy
import pytest

from node.access.routes import ACTIONS, action_of
from node.access.table import RULES, Action, DeniedError, Role, State, Subject, Tie, allows, authorize
from node.access.tokens import MAX_TOKENS, Tokens
from node.errors import ConfigError, RequestError

POLICIES = (Path(__file__).parent / "access.cedar").read_text()
CELLS = tuple(product(Role, Action, State, Tie))


def test_every_cell_is_what_another_engine_says_of_the_same_rules() -> None:
    entities = [
        {"uid": {"type": "Cell", "id": f"{state.value}-{tie.value}"}, "attrs": {"state": state.value, "tie": tie.value},
         "parents": []}
        for state, tie in product(State, Tie)
    ]  # fmt: skip
    asked = [
        {
            "principal": f'Role::"{role.value}"',
            "action": f'Action::"{action.name}"',
            "resource": f'Cell::"{state.value}-{tie.value}"',
            "context": {},
        }
        for role, action, state, tie in CELLS
    ]
    answers = cedarpy.is_authorized_batch(asked, POLICIES, json.dumps(entities))
    assert len(answers) == len(CELLS) == len(Role) * len(Action) * len(State) * len(Tie)
    assert not [error for answer in answers for error in answer.diagnostics.errors]
    wrong = [cell for cell, answer in zip(CELLS, answers, strict=True) if answer.allowed is not allows(*cell)]
    assert wrong == []


def test_whatever_no_rule_names_is_refused() -> None:
    named = {(role, r.action, s, t) for r in RULES for role in r.roles for s in r.states for t in r.ties}
    for cell in CELLS:
        assert allows(*cell) is (cell in named)
        subject = Subject(name="somebody", roles=frozenset({cell[0]}))
        if cell in named:
            authorize(subject, cell[1], state=cell[2], tie=cell[3])
        else:
            with pytest.raises(DeniedError, match="somebody"):
                authorize(subject, cell[1], state=cell[2], tie=cell[3])
    assert {rule.action for rule in RULES} == set(Action)


def test_nobody_but_the_owner_ever_gets_a_design_and_nobody_but_the_winner_a_package() -> None:
    copies = [
        (role, tie) for role, action, _, tie in CELLS if action is Action.COPY_DESIGN and allows(role, action, _, tie)
    ]
    assert set(copies) == {(Role.OPERATOR, Tie.OWN), (Role.CUSTOMER, Tie.OWN)}
    packages = [cell for cell in CELLS if cell[1] is Action.TAKE_PACKAGE and allows(*cell)]
    assert packages == [(Role.PROVIDER, Action.TAKE_PACKAGE, State.MAKING, Tie.PARTY)]
    shares = [cell for cell in CELLS if cell[1] is Action.OPEN_SHARE and allows(*cell)]
    assert shares == [(Role.AUDITOR, Action.OPEN_SHARE, State.DISPUTED, Tie.PARTY)]


def test_several_roles_allow_what_any_of_them_does_and_none_allows_nothing() -> None:
    both = Subject(name="both", roles=frozenset({Role.CUSTOMER, Role.PROVIDER}))
    authorize(both, Action.POST_JOB, tie=Tie.OWN)
    authorize(both, Action.STEER_SHOP, tie=Tie.OWN)
    with pytest.raises(DeniedError):
        authorize(both, Action.ADMINISTER, tie=Tie.OWN)
    with pytest.raises(DeniedError, match="nobody known"):
        authorize(Subject(name="x", roles=frozenset()), Action.HEAR_RESULT, state=State.OPEN, tie=Tie.GUEST)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/jobs", Action.SEE_JOB),
        ("GET", "/jobs/{job}", Action.SEE_JOB),
        ("POST", "/jobs/{job}/design", Action.COPY_DESIGN),
        ("POST", "/jobs", Action.POST_JOB),
        ("GET", "/shop/why/{job}", Action.SEE_SHOP),
        ("POST", "/shop/rules/preview", Action.SEE_SHOP),
        ("POST", "/shop/pause", Action.STEER_SHOP),
        ("POST", "/governance/proposals/{proposal}/vote", Action.VOTE),
        ("POST", "/governance/preview", Action.SEE_ASSEMBLY),
        ("GET", "/jobs/{job}/something/new", Action.SEE_JOB),
        ("GET", "/jobsomething", Action.ADMINISTER),
        ("DELETE", "/jobs/{job}", Action.ADMINISTER),
        ("POST", "/access/tokens", Action.ADMINISTER),
        ("GET", "/", Action.ADMINISTER),
    ],
)
def test_a_route_that_is_not_named_is_the_operator_s_alone(method: str, path: str, action: Action) -> None:
    assert action_of(method, path) is action


def test_no_route_stands_for_what_only_peers_ask() -> None:
    streams = {Action.HEAR_RESULT, Action.TAKE_PACKAGE, Action.SEE_RECORDS, Action.OPEN_SHARE}
    assert set(ACTIONS.values()) | streams | {Action.ADMINISTER} == set(Action)
    assert not streams & set(ACTIONS.values())


def test_a_token_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    tokens = Tokens(path, "the operator's")
    token = tokens.grant("Ada", "customer")
    assert token not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    for accepted in (tokens, Tokens(path, "the operator's")):
        found = accepted.subject_of(token)
        assert found is not None
        assert (found.name, found.roles) == ("Ada", {Role.CUSTOMER})
        operator = accepted.subject_of("the operator's")
        assert operator is not None
        assert operator.roles == {Role.OPERATOR}
        for wrong in ("", token[:-1], token + "0", token.upper(), "operator"):
            assert accepted.subject_of(wrong) is None


def test_a_revoked_token_is_over_at_once(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json", "operator's")
    token = tokens.grant("Ada", "auditor")
    tokens.revoke("Ada")
    assert tokens.subject_of(token) is None
    assert Tokens(tmp_path / "tokens.json", "operator's").grants == ()
    with pytest.raises(RequestError, match="nobody named"):
        tokens.revoke("Ada")
    assert tokens.grant("Ada", "provider") != token


def test_tokens_are_not_given_twice_nor_for_the_operator_s_role_nor_without_end(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json", "operator's")
    tokens.grant("Ada", "customer")
    for name, role, why in (
        ("Ada", "auditor", "has a token"),
        ("operator", "customer", "has a token"),
        ("Bob", "operator", "no role"),
        ("Bob", "stranger", "no role"),
    ):
        with pytest.raises(RequestError, match=why):
            tokens.grant(name, role)
    for number in range(MAX_TOKENS - 1):
        tokens.grant(f"robot {number}", "auditor")
    with pytest.raises(RequestError, match="revoke some"):
        tokens.grant("one more", "auditor")


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"Ada": {}}', '{"Ada": {"role": "operator", "sha256": "00"}}', '{"A": 1}']
)
def test_a_list_of_tokens_that_was_damaged_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokens.json").write_text(text)
    with pytest.raises(ConfigError, match="no list of tokens"):
        Tokens(tmp_path / "tokens.json", "operator's")
