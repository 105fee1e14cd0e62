"""What people with a reason would do next: every action that some role has an interest in, and when it is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from protocol import case_machine as case
from protocol import licensing, membership
from protocol import order_actions as act
from protocol.case import Case, CaseState
from protocol.ids import Address, Digest, EncryptionKey, PeerId
from protocol.order import NO_DIGEST, BidState, Order, OrderState, Win, Work, WorkState
from protocol.seal import commitment_of
from protocol.units import BasisPoints, Cents, UnixSeconds
from tests.contracts.book import DESIGNS, Action, Paper, Target
from tests.contracts.evm import CHAIN_ID
from tests.contracts.federation import (
    BOND,
    COURT,
    CUSTOMER,
    EVIDENCE,
    OTHER_SHOP,
    SHOP,
    STRANGER,
    TERM,
    TRANSCRIPT,
    YEAR,
    word,
)
from tests.contracts.pair import JURORS, OPENING, PEOPLE, RESTLESS, SEAL, Pair

MAX_ORDERS = 3
LATE = BasisPoints(2500)
ROOT = word("root")


@dataclass(frozen=True)
class Reason:
    """Somebody wants to do something, from a moment on."""

    by: Address
    target: Target
    action: Action
    at: int = 0


def reasons(pair: Pair, luck: Random) -> Iterator[Reason]:
    """All of them, as things stand."""
    book = pair.book
    if sum(order.state in (OrderState.OPEN, OrderState.AWARDED) for order in book.orders.values()) < MAX_ORDERS:
        yield Reason(CUSTOMER, bytes(word(f"job {len(book.orders)}")), opening(pair, luck))
    for job, order in book.orders.items():
        yield from _bids(job, order)
        if order.state is OrderState.OPEN:
            yield from _opened(pair, luck, job, order)
        for index, work in enumerate(order.works):
            yield from _work(pair, luck, job, index)
            if work.state is WorkState.DISPUTED:
                yield from _case(pair, luck, job, index, work)
        if order.state is OrderState.AWARDED:
            yield Reason(STRANGER, job, act.Expire(), order.terms.deadline)
    if luck.random() < 0.35:
        yield from _members(pair, luck)
        yield from _designs(pair, luck)


def opening(pair: Pair, luck: Random) -> act.Open:
    """An order within the rules, on terms as they come."""
    now, term = pair.book.now, luck.choice((TERM // 10, TERM, 8 * TERM))
    return act.Open(
        budget=Cents(luck.randint(0, 3000)),
        deadline=UnixSeconds(now + term),
        late=LATE,
        reveal_by=UnixSeconds(now + term // 2),
        call=word("call"),
        design=word("design"),
        pack=pair.book.pack.digest,
    )


def winning(pair: Pair, luck: Random, order: Order, most: int, count: int) -> Win:
    """Terms that one shop may win an assignment on; now and then they are out of bounds."""
    shops = [bid.bidder for bid in order.bids if bid.state is BidState.REVEALED] or [SHOP, OTHER_SHOP]
    now = pair.book.now
    return Win(
        provider=luck.choice(shops),
        price=Cents(luck.randint(0, most)),
        due=UnixSeconds(luck.randint(now + 1, max(now + 1, order.terms.deadline))),
        milestones=luck.choice((1, 1, 2, 2, 3, 8, 9)),
        inspection=luck.choice((0, 0, 1, count)),
    )


def _bids(job: bytes, order: Order) -> Iterator[Reason]:
    for bid in order.bids:
        if bid.state is not BidState.SEALED:
            continue
        yield Reason(bid.bidder, job, act.RevealBid(opening=OPENING))
        yield Reason(STRANGER, job, act.ReturnBid(bidder=bid.bidder))
        yield Reason(STRANGER, job, act.Forfeit(bidder=bid.bidder), order.terms.reveal_by + 1)


def _opened(pair: Pair, luck: Random, job: bytes, order: Order) -> Iterator[Reason]:
    for shop in (SHOP, OTHER_SHOP):
        yield Reason(shop, job, act.SealBid(seal=SEAL))
    count = luck.randint(1, 3)
    wins = tuple(winning(pair, luck, order, order.budget // count, count) for _ in range(count))
    yield Reason(CUSTOMER, job, act.PostAward(transcript=TRANSCRIPT, wins=wins))
    if order.bonds or not order.terms.bid_bond:
        yield Reason(CUSTOMER, job, act.Cancel())
    yield Reason(STRANGER, job, act.Expire(), order.terms.deadline)


def _work(pair: Pair, luck: Random, job: bytes, index: int) -> Iterator[Reason]:
    order = pair.book.orders[job]
    work = order.works[index]
    provider, last = work.win.provider, work.since + order.terms.review
    if work.state.is_waiting:
        yield Reason(provider, job, act.Accept(index=index))
        yield Reason(provider, job, act.Decline(index=index))
        yield Reason(provider, job, act.Attest(index=index, evidence=EVIDENCE), luck.choice((0, 0, work.win.due + 1)))
        win = winning(pair, luck, order, 2 * work.win.price + 1, len(order.works))
        free = {WorkState.ASSIGNED: last + 1, WorkState.ACCEPTED: work.win.due + 1}.get(work.state, 0)
        yield Reason(CUSTOMER, job, act.Reaward(index=index, transcript=TRANSCRIPT, win=win), free)
    if work.state is WorkState.ATTESTED:
        yield Reason(CUSTOMER, job, act.Approve(index=index))
        yield Reason(provider, job, act.Approve(index=index), last + 1)
        yield Reason(CUSTOMER, job, act.Dispute(index=index, evidence=EVIDENCE))


def _case(pair: Pair, luck: Random, job: bytes, index: int, work: Work) -> Iterator[Reason]:
    matter, found = pair.book.matter(job, index), pair.book.cases.get(pair.book.key(job, index), Case())
    assert matter is not None
    of = (job, index)
    if found.state is CaseState.WAITING:
        to_provider = luck.choice((0, matter.stake // 3, matter.stake))
        yield Reason(COURT, job, act.Rule(index=index, to_provider=Cents(to_provider)))
    for party in matter.parties:
        yield Reason(party, of, case.Propose(share=BasisPoints(luck.choice((0, 2500, 5000, 7500, 10_000)))))
        yield Reason(party, of, case.Summon())
    measured = case.Measure(
        inspector=matter.inspector or STRANGER,
        round=work.round,
        milestone=work.approved,
        conforms=luck.choice((True, False)),
    )
    yield Reason(luck.choice((matter.inspector or STRANGER, STRANGER)), of, measured)
    if found.state is CaseState.SUMMONED:
        wait = luck.choice((1, 1, 1, 257))
        yield Reason(STRANGER, of, case.Draw(), pair.book.now + found.draw_block + wait - pair.book.block)
    share = BasisPoints(luck.choice((0, 0, 2500, 5000, 7500, 10_000)))
    for juror in found.panel:
        seal = pair.vote_seal(job, index, juror.account, share)
        yield Reason(juror.account, of, case.Vote(seal=seal))
        for said in (0, 2500, 5000, 7500, 10_000):
            if pair.vote_seal(job, index, juror.account, said) == juror.seal:
                after = matter.quarter(3) + 1
                opened = case.OpenVote(share=BasisPoints(said), seal=juror.seal)
                yield Reason(juror.account, of, opened, luck.choice((0, after)))
    yield Reason(STRANGER, of, case.Close(), luck.choice((0, matter.quarter(4) + 1)))


def _members(pair: Pair, luck: Random) -> Iterator[Reason]:
    who = luck.choice(PEOPLE) if luck.random() < 0.02 else luck.choice(RESTLESS)
    member = pair.book.members.get(who, membership.Member())
    role = membership.PROVIDER if who in (SHOP, OTHER_SHOP) else membership.AUDITOR if who in JURORS else 2
    yield Reason(
        who,
        None,
        membership.Register(
            roles=role,
            peer=PeerId(word(f"{who.hex()[-4:]} {luck.randint(0, 2)}")),
            encryption_key=EncryptionKey(word("key")),
            expiry=UnixSeconds(pair.book.now + YEAR),
        ),
    )
    if luck.random() < 0.3:
        yield Reason(who, None, membership.Revoke())
    yield Reason(who, None, membership.Bond(amount=Cents(luck.choice((1, BOND, 2 * BOND)))))
    yield Reason(who, None, membership.Unbond(amount=Cents(luck.choice((1, max(0, member.bond - BOND), member.bond)))))
    yield Reason(who, None, membership.Release(), member.due)
    yield Reason(COURT, None, slashing(pair, luck, who))


def slashing(pair: Pair, luck: Random, who: Address) -> membership.Slash:
    """The court takes some, all, or more than all."""
    member = pair.book.members.get(who, membership.Member())
    amount = luck.choice((1, member.bond, member.bond + member.unbonding, 10**9))
    evidence = Digest(word(f"guilt {len(pair.book.punished)} {luck.randint(0, 9)}"))
    return membership.Slash(account=who, amount=Cents(amount), evidence=evidence, beneficiary=CUSTOMER)


def _designs(pair: Pair, luck: Random) -> Iterator[Reason]:
    nonce = word(f"nonce {len(pair.book.designs)}")
    fresh = commitment_of(chain=CHAIN_ID, registry=DESIGNS, owner=CUSTOMER, root=ROOT, nonce=nonce)
    paper = Paper(CUSTOMER, fresh, SHOP)
    yield Reason(CUSTOMER, paper, licensing.SealDesign())
    for number, (paper, found) in enumerate(list(pair.book.designs.items())):
        if found.licence == "revoked" and found.design == "opened":
            continue
        opening = licensing.OpenDesign(root=ROOT, nonce=word(f"nonce {number}"))
        yield Reason(CUSTOMER, paper, opening)
        expiry = UnixSeconds(pair.book.now + luck.choice((-1, 0, 100 * TERM)))
        yield Reason(CUSTOMER, paper, licensing.License(licensee=SHOP, units=luck.randint(0, 3), expiry=expiry))
        made = licensing.RecordUnits(units=luck.randint(0, 3), evidence=luck.choice((EVIDENCE, EVIDENCE, NO_DIGEST)))
        yield Reason(SHOP, paper, made)
        if luck.random() < 0.3:
            yield Reason(CUSTOMER, paper, licensing.RevokeLicence())
