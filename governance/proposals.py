"""A proposal to replace the rule pack in force; refuses what the contract would refuse, and says what would change."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.bounds import MAX_REASON, PARAMETERS, Parameter
from protocol.errors import IgnoreError, RejectError
from protocol.rules import RulePack


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a member asks the others to adopt."""

    pack: RulePack
    reason: str
    """Why, for people; at most ``MAX_REASON`` characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that a proposal moves."""

    parameter: Parameter
    before: int
    after: int

    @property
    def text(self) -> str:
        """In words, with both values as people write them."""
        show = self.parameter.show
        return f"{self.parameter.words}: {show(self.before)} -> {show(self.after)}"


def parse_proposal(text: str, current: RulePack) -> Proposal:
    """The proposal in a TOML file: ``reason``, and fields of ``RulePack``; those left out stay as in ``current``.

    Raises:
        RejectError: not TOML, a key that is no parameter, or a value that is no integer.
    """
    try:
        rows = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RejectError(f"the proposal is not TOML: {error}") from error
    reason = rows.pop("reason", "")
    if not isinstance(reason, str):
        raise RejectError("the reason is not a text")
    return Proposal(pack=replace(current, version=current.version + 1, **_values(rows)), reason=reason)


def _values(rows: Mapping[str, Any]) -> Any:
    known = [parameter.name for parameter in PARAMETERS]
    for name, value in rows.items():
        if name not in known:
            raise RejectError(f"{name} is no parameter of the rules; there are: {', '.join(known)}")
        if type(value) is not int:
            raise RejectError(f"{name} is {value!r}, not an integer")
    return rows


def check_proposal(current: RulePack, proposal: Proposal) -> None:
    """Whether ``proposal`` could be adopted while ``current`` is in force.

    Raises:
        IgnoreError: another pack was adopted since it was written.
        RejectError: a version that does not follow, a value outside its bounds, no change, or no or too long a reason.
    """
    pack = proposal.pack
    if pack.version <= current.version:
        raise IgnoreError(f"the proposal is for version {pack.version}; version {current.version} is in force already")
    if pack.version != current.version + 1:
        raise RejectError(f"version {pack.version} does not follow version {current.version}")
    for parameter in PARAMETERS:
        value = parameter.of(pack)
        if not parameter.least <= value <= parameter.most:
            raise RejectError(f"{parameter.name} is {value}, outside {parameter.least} to {parameter.most}")
    if not changes(current, pack):
        raise RejectError("the proposal changes nothing")
    if not 0 < len(proposal.reason.strip()) <= len(proposal.reason) <= MAX_REASON:
        raise RejectError(f"a proposal gives its reason in 1 to {MAX_REASON} characters")


def changes(current: RulePack, proposed: RulePack) -> tuple[Change, ...]:
    """Every value that differs, in the contract's order; versions aside."""
    return tuple(
        Change(parameter=parameter, before=parameter.of(current), after=parameter.of(proposed))
        for parameter in PARAMETERS
        if parameter.of(current) != parameter.of(proposed)
    )
