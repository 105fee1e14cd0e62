"""What can be proposed, and how it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.bounds import MAX_REASON, PARAMETERS, Parameter
from governance.proposals import Proposal, changes, check_proposal, parse_proposal
from protocol.errors import IgnoreError, RejectError
from protocol.rules import RulePack
from tests.unit.governance.examples import PACK, pack

packs = st.builds(
    lambda values: pack(**values),
    st.fixed_dictionaries({p.name: st.integers(p.least, p.most) for p in PARAMETERS}),
)


def check(proposed: RulePack, reason: str = "because") -> None:
    check_proposal(PACK, Proposal(pack=proposed, reason=reason))


def test_a_proposal_names_every_change_in_words() -> None:
    proposed = pack(fee=200, min_commit=3600, carbon=15_000)
    check(proposed)
    assert [change.text for change in changes(PACK, proposed)] == [
        "fee to the treasury: 1.50 % -> 2.00 %",
        "shortest time for commitments: 10 s -> 1 h",
        "lowest carbon price of a tonne: 100.00 -> 150.00",
    ]


@given(packs)
def test_any_pack_within_the_bounds_can_be_proposed_and_its_changes_lead_to_it(proposed: RulePack) -> None:
    found = changes(PACK, proposed)
    assert pack(**{change.parameter.name: change.after for change in found}) == proposed
    assert all(change.before == change.parameter.of(PACK) != change.after for change in found)
    if found:
        check(proposed)


@given(st.sampled_from(PARAMETERS), st.integers(1, 2**62), st.booleans())
def test_a_value_outside_its_bounds_is_rejected_by_name(parameter: Parameter, beyond: int, below: bool) -> None:
    value = parameter.least - beyond if below else parameter.most + beyond
    with pytest.raises(RejectError, match=rf"^{parameter.name} is {value}, outside"):
        check(pack(**{parameter.name: value}))


def test_a_version_that_does_not_follow_is_rejected() -> None:
    with pytest.raises(RejectError, match="version 3 does not follow version 1"):
        check(pack(version=3, fee=200))


@pytest.mark.parametrize("version", [0, 1])
def test_a_proposal_that_was_overtaken_is_ignored_not_rejected(version: int) -> None:
    with pytest.raises(IgnoreError, match="version 1 is in force already"):
        check(pack(version=version, fee=200))


def test_a_proposal_that_changes_nothing_is_rejected() -> None:
    with pytest.raises(RejectError, match="changes nothing"):
        check(pack())


@pytest.mark.parametrize("reason", ["", "  \n", "x" * (MAX_REASON + 1)])
def test_a_proposal_without_a_readable_reason_is_rejected(reason: str) -> None:
    with pytest.raises(RejectError, match="reason"):
        check(pack(fee=200), reason)


def test_what_a_file_leaves_out_stays_as_it_is() -> None:
    assert parse_proposal('reason = "dearer carbon"\ncarbon = 20_000\n', PACK) == Proposal(
        pack=pack(carbon=20_000), reason="dearer carbon"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("fee =", "not TOML"),
        ("fees = 100", "fees is no parameter"),
        ("version = 9", "version is no parameter"),
        ("fee = 1.5", "fee is 1.5, not an integer"),
        ("fee = true", "fee is True, not an integer"),
        ('fee = "150"', "not an integer"),
        ("reason = 5", "not a text"),
    ],
)
def test_a_file_that_is_no_proposal_is_rejected_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(RejectError, match=why):
        parse_proposal(text, PACK)
