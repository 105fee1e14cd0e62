"""For each action of the protocol's state machines the transaction that does it."""

from collections.abc import Callable
from typing import Any

from ledger.bindings import members as members_abi
from ledger.bindings import orders as orders_abi
from ledger.chain import sign_digest
from ledger.contracts import Contracts
from ledger.disputes import Inspection
from ledger.orders import Opening, Winner
from ledger.types import Transaction
from protocol import case_machine as case
from protocol import licensing, membership
from protocol import order_actions as act
from protocol.ids import Digest, JobId
from protocol.order import Win
from tests.contracts.book import Action, Paper, Target
from tests.contracts.federation import EVIDENCE, KEYS, word

SALT = b"s" * 32
"""Of every vote."""

PACKAGE = word("package")
"""Of every licence."""

Make = Callable[[Contracts, Any, Any], Transaction]


def transaction(contracts: Contracts, target: Target, action: Action) -> Transaction:
    """What tells the contracts of ``action``."""
    return _CALLS[type(action)](contracts, target, action)


def _open(contracts: Contracts, job: JobId, action: act.Open) -> Transaction:
    opening = Opening(
        budget=action.budget,
        call=action.call,
        design=action.design,
        pack=action.pack,
        deadline=action.deadline,
        late=action.late,
        reveal_by=action.reveal_by,
    )
    return contracts.orders.open(job, opening)


def _winner(win: Win) -> Winner:
    return Winner(
        provider=win.provider,
        price=win.price,
        units=1,
        due=win.due,
        milestones=win.milestones,
        inspection=win.inspection,
    )


def _rule(contracts: Contracts, job: JobId, action: act.Rule) -> Transaction:
    payload = orders_abi.rule_call(job, action.index, action.to_provider)
    return Transaction(to=contracts.orders.address, payload=payload)


def _measure(contracts: Contracts, target: tuple[JobId, int], action: case.Measure) -> Transaction:
    inspection = Inspection(
        job=target[0],
        index=target[1],
        round=action.round,
        milestone=action.milestone,
        evidence=EVIDENCE,
        conforms=action.conforms,
    )
    key = KEYS.get(action.inspector)
    signature = b"" if key is None else sign_digest(key, contracts.disputes.inspection_digest(inspection))
    return contracts.disputes.measure(inspection, signature)


def _register(contracts: Contracts, _target: None, action: membership.Register) -> Transaction:
    return contracts.members.register(
        roles=action.roles, peer=action.peer, encryption_key=action.encryption_key, expiry=action.expiry
    )


def _slash(contracts: Contracts, _target: None, action: membership.Slash) -> Transaction:
    payload = members_abi.slash_call(action.account, action.amount, action.evidence, action.beneficiary)
    return Transaction(to=contracts.members.address, payload=payload)


def _license(contracts: Contracts, paper: Paper, action: licensing.License) -> Transaction:
    return contracts.designs.license(
        paper.commitment, package=PACKAGE, licensee=action.licensee, units=action.units, expiry=action.expiry
    )


def licence_of(contracts: Contracts, paper: Paper) -> Digest:
    """The licence's identifier."""
    return contracts.designs.licence_id(
        owner=paper.owner, commitment=paper.commitment, package=PACKAGE, licensee=paper.licensee
    )


_CALLS: dict[type, Make] = {
    licensing.SealDesign: lambda c, of, _: c.designs.seal(of.commitment),
    licensing.OpenDesign: lambda c, of, a: c.designs.open(of.commitment, a.root, a.nonce),
    licensing.License: _license,
    licensing.RevokeLicence: lambda c, of, _: c.designs.revoke(licence_of(c, of)),
    licensing.RecordUnits: lambda c, of, a: c.designs.record(licence_of(c, of), a.units, a.evidence),
    act.Open: _open,
    act.SealBid: lambda c, job, a: c.orders.bid(job, a.seal),
    act.RevealBid: lambda c, job, a: c.orders.reveal(job, a.opening),
    act.Forfeit: lambda c, job, a: c.orders.forfeit(job, a.bidder),
    act.ReturnBid: lambda c, job, a: c.orders.return_bid(job, a.bidder),
    act.PostAward: lambda c, job, a: c.orders.award(job, a.transcript, [_winner(win) for win in a.wins]),
    act.Accept: lambda c, job, a: c.orders.accept(job, a.index),
    act.Decline: lambda c, job, a: c.orders.decline(job, a.index),
    act.Reaward: lambda c, job, a: c.orders.reaward(job, a.index, a.transcript, _winner(a.win)),
    act.Attest: lambda c, job, a: c.orders.attest(job, a.index, a.evidence),
    act.Approve: lambda c, job, a: c.orders.approve(job, a.index),
    act.Dispute: lambda c, job, a: c.orders.dispute(job, a.index, a.evidence),
    act.Rule: _rule,
    act.Cancel: lambda c, job, _: c.orders.cancel(job),
    act.Expire: lambda c, job, _: c.orders.expire(job),
    case.Propose: lambda c, of, a: c.disputes.propose(*of, a.share),
    case.Measure: _measure,
    case.Summon: lambda c, of, _: c.disputes.summon(*of),
    case.Draw: lambda c, of, _: c.disputes.draw(*of),
    case.Vote: lambda c, of, a: c.disputes.vote(*of, a.seal),
    case.OpenVote: lambda c, of, a: c.disputes.open_vote(*of, a.share, SALT),
    case.Close: lambda c, of, _: c.disputes.close(*of),
    membership.Register: _register,
    membership.Revoke: lambda c, _, __: c.members.revoke(),
    membership.Bond: lambda c, _, a: c.members.bond(a.amount),
    membership.Unbond: lambda c, _, a: c.members.unbond(a.amount),
    membership.Release: lambda c, _, __: c.members.release(),
    membership.Slash: _slash,
}
