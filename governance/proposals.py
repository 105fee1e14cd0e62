"""A proposal: what is to change and why, as a text that people vote on and that determines what is executed.

The text stands on the ledger with the calls that will be made; a proposal whose calls are not those of its text is
refused here, so nobody has to read byte code to know what a vote is about.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from governance.bounds import MAX_REASON, MAX_SHARES, PARAMETERS, Parameter, amount
from ledger.governor import Filed
from ledger.rules import Rules
from ledger.treasury import Share, Treasury
from ledger.types import Transaction
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, ProcessCode
from protocol.rules import RulePack, mask_of, processes_in
from protocol.units import Cents

_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a member asks the others to decide."""

    reason: str
    """Why, for people; at most ``MAX_REASON`` characters."""

    pack: RulePack | None = None
    """The rule pack to adopt, if the rules are to change."""

    shares: tuple[Share, ...] = ()
    """What contributors are to get from the treasury."""


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
    """The proposal in a TOML text: ``reason``, fields of ``RulePack``, and ``[[share]]`` tables.

    Values that are left out stay as in ``current``; ``processes`` is a list of codes of the process tree; a share has
    an ``account`` in hexadecimal and ``cents``.

    Raises:
        RejectError: not TOML, a key that is no parameter, or a value of another type.
    """
    try:
        rows = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RejectError(f"the proposal is not TOML: {error}") from error
    reason, shares = rows.pop("reason", ""), rows.pop("share", [])
    if not isinstance(reason, str):
        raise RejectError("the reason is not a text")
    if not isinstance(shares, list):
        raise RejectError("shares are given as [[share]] tables")
    pack = replace(current, **_values({"version": current.version + 1, **rows})) if rows else None
    return Proposal(reason=reason, pack=pack, shares=tuple(_share(row) for row in shares))


def write_proposal(proposal: Proposal) -> str:
    """The one text of ``proposal``, with every value of its pack: it reads the same whatever is in force."""
    lines = [f"reason = {json.dumps(proposal.reason, ensure_ascii=False)}"]
    if proposal.pack is not None:
        lines.append(f"version = {proposal.pack.version}")
        for parameter in PARAMETERS:
            value: object = parameter.of(proposal.pack)
            if parameter.name == "processes":
                value = json.dumps([str(code) for code in processes_in(proposal.pack.processes)])
            lines.append(f"{parameter.name} = {value}")
    for share in proposal.shares:
        lines += ["", "[[share]]", f'account = "0x{share.account.hex()}"', f"cents = {share.amount}"]
    return "\n".join(lines) + "\n"


def actions_of(proposal: Proposal, rules: Rules, treasury: Treasury) -> tuple[Transaction, ...]:
    """The calls that ``proposal`` stands for, in order."""
    actions: list[Transaction] = []
    if proposal.pack is not None:
        actions.append(rules.adopt(proposal.pack))
    if proposal.shares:
        actions.append(treasury.share(proposal.shares, Digest(sha256(proposal.reason.encode()).digest())))
    return tuple(actions)


def read_filed(filed: Filed, current: RulePack, rules: Rules, treasury: Treasury) -> Proposal:
    """The proposal that ``filed`` says it is.

    Raises:
        RejectError: its text is no proposal, or its calls do something else than its text says.
    """
    proposal = parse_proposal(filed.description, current)
    if write_proposal(proposal) != filed.description:
        raise RejectError("the proposal leaves values out, so what it means depends on when it is read")
    if actions_of(proposal, rules, treasury) != filed.actions:
        raise RejectError("the proposal would do something else than its text says: vote against it")
    return proposal


def check_proposal(current: RulePack, proposal: Proposal) -> None:
    """Whether ``proposal`` could be adopted while ``current`` is the latest pack.

    Raises:
        IgnoreError: another pack was adopted since it was written.
        RejectError: it changes nothing, gives no or too long a reason, or holds a value outside its bounds.
    """
    reason = proposal.reason
    if not 0 < len(reason.strip()) <= len(reason) <= MAX_REASON or not reason.replace("\n", "").isprintable():
        raise RejectError(f"a proposal gives its reason in 1 to {MAX_REASON} printable characters")
    if proposal.pack is None and not proposal.shares:
        raise RejectError("the proposal changes nothing")
    if proposal.pack is not None:
        _check_pack(current, proposal.pack)
    _check_shares(proposal.shares)


def changes(current: RulePack, proposed: RulePack) -> tuple[Change, ...]:
    """Every value that differs, in the contract's order; versions aside."""
    return tuple(
        Change(parameter=parameter, before=parameter.of(current), after=parameter.of(proposed))
        for parameter in PARAMETERS
        if parameter.of(current) != parameter.of(proposed)
    )


def describe(current: RulePack, proposal: Proposal) -> tuple[str, ...]:
    """What ``proposal`` does, a line each."""
    moved = () if proposal.pack is None else changes(current, proposal.pack)
    shared = (f"{amount(share.amount)} of the treasury to 0x{share.account.hex()}" for share in proposal.shares)
    return (*(change.text for change in moved), *shared)


def _values(rows: Mapping[str, Any]) -> Any:
    known = ["version", *(parameter.name for parameter in PARAMETERS)]
    values: dict[str, int] = {}
    for name, value in rows.items():
        if name not in known:
            raise RejectError(f"{name} is no parameter of the rules; there are: {', '.join(known[1:])}")
        if name == "processes":
            values[name] = _processes(value)
            continue
        if type(value) is not int:
            raise RejectError(f"{name} is {value!r}, not an integer")
        values[name] = value
    return values


def _processes(value: object) -> int:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise RejectError(f"processes is {value!r}, not a list of codes of the process tree")
    return mask_of(ProcessCode(code) for code in value)


def _share(row: object) -> Share:
    if not isinstance(row, dict) or row.keys() != {"account", "cents"}:
        raise RejectError("a share has an account and cents, and nothing else")
    account, cents = row["account"], row["cents"]
    if type(cents) is not int:
        raise RejectError(f"cents is {cents!r}, not an integer")
    if not isinstance(account, str) or _ACCOUNT.fullmatch(account) is None:
        raise RejectError(f"{account!r} is not an account (0x and 40 hexadecimal digits)")
    return Share(account=Address(bytes.fromhex(account[2:])), amount=Cents(cents))


def _check_pack(current: RulePack, pack: RulePack) -> None:
    if pack.version <= current.version:
        raise IgnoreError(f"the proposal is for version {pack.version}; version {current.version} is adopted already")
    if pack.version != current.version + 1:
        raise RejectError(f"version {pack.version} does not follow version {current.version}")
    for parameter in PARAMETERS:
        value = parameter.of(pack)
        if not parameter.least <= value <= parameter.most:
            raise RejectError(f"{parameter.name} is {value}, outside {parameter.least} to {parameter.most}")
    if not changes(current, pack):
        raise RejectError("the proposal changes nothing")


def _check_shares(shares: tuple[Share, ...]) -> None:
    if len(shares) > MAX_SHARES:
        raise RejectError(f"a proposal has at most {MAX_SHARES} shares")
    if len({share.account for share in shares}) < len(shares):
        raise RejectError("an account has two shares; give it one")
    if any(not 0 < share.amount < 2**64 for share in shares):
        raise RejectError("a share is at least one cent and fits into 64 bits")
