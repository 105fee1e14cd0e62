"""What can be proposed, and how it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.bounds import MAX_REASON, PARAMETERS, Parameter
from governance.proposals import (
    Proposal,
    actions_of,
    changes,
    check_proposal,
    describe,
    parse_proposal,
    read_filed,
    write_proposal,
)
from ledger.governor import Filed
from ledger.rules import Rules
from ledger.treasury import Share, Treasury
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address
from protocol.rules import RulePack
from protocol.units import Cents, UnixSeconds
from tests.unit.governance.examples import PACK, pack

ACCOUNT = "0x" + "ab" * 20
RULES, TREASURY = Rules(Address(b"r" * 20)), Treasury(Address(b"t" * 20))

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
    with pytest.raises(IgnoreError, match="version 1 is adopted already"):
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
        ("version = 1.5", "version is 1.5, not an integer"),
        ("processes = 3", "not a list of codes"),
        ("processes = [3]", "not a list of codes"),
        ('processes = ["magic"]', "magic is not in the process tree"),
        ("share = 5", "shares are given as"),
        ("[[share]]\ncents = 5", "a share has an account and cents"),
        (f'[[share]]\naccount = "{ACCOUNT}"\ncents = 5\nwhy = "so"', "a share has an account and cents"),
        (f'[[share]]\naccount = "{ACCOUNT}"\ncents = 5.5', "cents is 5.5, not an integer"),
        ('[[share]]\naccount = "0xabc"\ncents = 5', "'0xabc' is not an account"),
        (f'[[share]]\naccount = "{ACCOUNT[:-1]}z"\ncents = 5', "is not an account"),
        ("[[share]]\naccount = 5\ncents = 5", "5 is not an account"),
        ("fee = 1.5", "fee is 1.5, not an integer"),
        ("fee = true", "fee is True, not an integer"),
        ('fee = "150"', "not an integer"),
        ("reason = 5", "not a text"),
    ],
)
def test_a_file_that_is_no_proposal_is_rejected_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(RejectError, match=why):
        parse_proposal(text, PACK)


shares = st.lists(
    st.builds(
        Share,
        account=st.binary(min_size=20, max_size=20).map(Address),
        amount=st.integers(1, 2**64 - 1).map(Cents),
    ),
    max_size=3,
    unique_by=lambda share: share.account,
).map(tuple)
reasons = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)


def filed(proposal: Proposal, *, text: str | None = None, done: Proposal | None = None) -> Filed:
    """The proposal on the ledger, with another text or other calls if they are given."""
    return Filed(
        proposer=Address(b"p" * 20),
        actions=actions_of(done or proposal, RULES, TREASURY),
        description=write_proposal(proposal) if text is None else text,
        start=UnixSeconds(1),
        end=UnixSeconds(2),
    )


@given(st.builds(Proposal, reason=reasons, pack=st.none() | packs, shares=shares))
def test_a_written_proposal_reads_the_same_whatever_is_in_force(proposal: Proposal) -> None:
    for current in (PACK, pack(version=7, fee=1)):
        assert parse_proposal(write_proposal(proposal), current) == proposal
        assert read_filed(filed(proposal), current, RULES, TREASURY) == proposal


def test_a_text_that_says_something_else_than_its_calls_is_rejected() -> None:
    said, done = Proposal(reason="cheaper", pack=pack(fee=100)), Proposal(reason="cheaper", pack=pack(fee=900))
    with pytest.raises(RejectError, match="something else than its text says"):
        read_filed(filed(said, done=done), PACK, RULES, TREASURY)


def test_a_text_that_depends_on_when_it_is_read_is_rejected() -> None:
    said = Proposal(reason="cheaper", pack=pack(fee=100))
    with pytest.raises(RejectError, match="leaves values out"):
        read_filed(filed(said, text='reason = "cheaper"\nfee = 100\n'), PACK, RULES, TREASURY)


def test_a_share_is_told_with_its_amount_and_account() -> None:
    share = Share(account=Address(b"\xab" * 20), amount=Cents(120_050))
    proposal = Proposal(reason="for the test bench", pack=pack(fee=200), shares=(share,))
    check_proposal(PACK, proposal)
    assert describe(PACK, proposal) == (
        "fee to the treasury: 1.50 % -> 2.00 %",
        f"1,200.50 of the treasury to {ACCOUNT}",
    )


@pytest.mark.parametrize(
    ("amounts", "why"),
    [([0], "at least one cent"), ([-1], "at least one cent"), ([2**64], "64 bits"), ([1] * 65, "at most 64")],
)
def test_shares_that_cannot_be_paid_are_rejected(amounts: list[int], why: str) -> None:
    rows = tuple(Share(account=Address(bytes([n]) * 20), amount=Cents(cents)) for n, cents in enumerate(amounts))
    with pytest.raises(RejectError, match=why):
        check_proposal(PACK, Proposal(reason="because", shares=rows))


def test_one_account_gets_one_share() -> None:
    share = Share(account=Address(b"a" * 20), amount=Cents(1))
    with pytest.raises(RejectError, match="two shares"):
        check_proposal(PACK, Proposal(reason="because", shares=(share, share)))


def test_a_reason_that_hides_something_is_rejected() -> None:
    with pytest.raises(RejectError, match="printable"):
        check(pack(fee=200), "fair\u202eriaf")
