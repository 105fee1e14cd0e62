"""The phases of one auction, each against its cheats: announce, commit, reveal, award, accept.

Seals, acceptance and award are ``protocol.auction`` and ``protocol.award``; bids and holds are ``node.planner``.
"""

from dataclasses import replace

from devnet.market import making
from devnet.market.behaviour import Buyer, Reason, Shop
from devnet.market.book import Book, Exchange, Order, menu, quoted, transcript
from devnet.market.improvement import improved
from devnet.market.state import Auction, Market
from node.planner.bidding import family_of
from node.planner.holding import release, reserve
from protocol.auction import Bid, Commitment, Reveal, accept_commitment, accept_reveal, seal_of
from protocol.award import Award, NoAward, award, follows
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, JobId, PeerId
from protocol.job import Call
from protocol.params import MAX_OFFERS
from protocol.units import UnixSeconds

BOND = 10_000
"""Cents; the same for everybody, so that it tells nothing of a bid."""

HOLD_AFTER_REVEAL = 60
ROUNDS = 1
"""Voluntary re-auctions after each award; more would cost time and break nothing else."""


def post(market: Market, call: Call) -> None:
    """A customer's request arrives; the same request again is the same order."""
    if market.buyers[call.customer] is Buyer.IMPATIENT and market.rng.random() < 0.8:
        market.clock.at(market.clock.now + market.rng.randint(1, 100_000), lambda: post(market, call))
    if call.job in market.calls:
        market.refuse(call.job, call.customer, Reason.DUPLICATE)
        return
    market.calls[call.job] = call
    market.purse.lock(call.job, call.customer, call.budget)
    market.purse.bond(call.job, call.customer, BOND)
    market.auctions[call.job] = Auction(call)
    for peer in market.book.providers:
        _answer(market, call, peer)
    market.clock.at(call.commit_by + 1, lambda: _reveal(market, call.job))
    market.clock.at(call.reveal_by + 1, lambda: _decide(market, call.job))
    market.clock.at(call.due, lambda: making.end(market, call.job, Reason.EXPIRED))


def _answer(market: Market, call: Call, peer: PeerId) -> None:
    """A shop prices a call, keeps its windows free and commits."""
    now, auction = market.clock.now, market.auctions[call.job]
    provider, schedule = market.book.providers[peer], market.book.schedules[peer]
    doubled = market.shops[peer] is Shop.DOUBLE_SELLER
    bid = menu(provider, provider.schedule if doubled else schedule, call, now=now)
    if bid is None:
        market.refuse(call.job, peer, Reason.NO_OFFER)
        return
    if not doubled:
        until = UnixSeconds(call.reveal_by + HOLD_AFTER_REVEAL)
        held = reserve(schedule, bid.offers, call.job, until=until, now=now, family=family_of(call))
        market.book = market.book.with_schedule(peer, held)
        market.clock.at(until, lambda: _expire(market, peer))
    if market.shops[peer] is Shop.BLOATED:
        bid = replace(bid, offers=(bid.offers * MAX_OFFERS)[: MAX_OFFERS + 1])
    market.purse.bond(call.job, peer, BOND)
    salt = market.rng.randbytes(32)
    auction.drawn[peer] = (bid, salt)
    seal = seal_of(bid, salt)
    if market.shops[peer] is Shop.COPIER and auction.commitments:
        seal = next(iter(auction.commitments.values())).seal
    late = market.shops[peer] is Shop.LATE
    _commit(market, peer, Commitment(job=call.job, provider=peer, account=Address(bytes(20)), seal=seal), late=late)
    if market.shops[peer] is Shop.TWO_FACED:
        other = Commitment(job=call.job, provider=peer, account=Address(bytes(20)), seal=seal_of(bid, bytes(32)))
        _commit(market, peer, other, late=False)


def _commit(market: Market, peer: PeerId, commitment: Commitment, *, late: bool) -> None:
    """A commitment arrives at the witnesses; the first of a provider counts."""
    auction = market.auctions[commitment.job]
    arrives = UnixSeconds(auction.call.commit_by + 1) if late else market.clock.now
    try:
        accept_commitment(commitment, signer=peer, calls={commitment.job: auction.call}, now=arrives)
    except IgnoreError:
        market.refuse(commitment.job, peer, Reason.LATE)
        return
    if peer in auction.commitments:
        market.refuse(commitment.job, peer, Reason.DUPLICATE)
        return
    auction.commitments[peer] = commitment


def _expire(market: Market, peer: PeerId) -> None:
    """A timer: holds whose time is over end by themselves, whether anybody looks or not."""
    market.book = market.book.with_schedule(peer, market.book.schedules[peer].without_expired(market.clock.now))


def _reveal(market: Market, job: JobId) -> None:
    """Everybody who committed opens its seal, or does not."""
    auction = market.auctions[job]
    for peer, (bid, salt) in auction.drawn.items():
        if peer not in auction.commitments or market.shops[peer] is Shop.SILENT:
            continue
        try:
            accept_reveal(
                Reveal(bid=bid, salt=salt),
                signer=peer,
                calls={job: auction.call},
                seals={auction.commitments[peer].seal},
                now=market.clock.now,
            )
        except RejectError:
            market.refuse(job, peer, Reason.MALFORMED)
        except IgnoreError:
            market.refuse(job, peer, Reason.UNKNOWN_SEAL)
        else:
            auction.bids[peer] = bid
    for peer in auction.commitments:
        if peer not in auction.bids:
            market.refuse(job, peer, Reason.UNOPENED)
            market.purse.slash(job, peer, auction.call.customer)


def _decide(market: Market, job: JobId) -> None:
    """The award stands, whatever the customer says; who declines pays, and the next best is found."""
    auction = market.auctions[job]
    bids = list(auction.bids.values())
    outcome = award(auction.call, bids, transcript(auction.call))
    _check_customer(market, auction, bids, outcome)
    while isinstance(outcome, Award):
        declined = _accepted(market, auction, outcome)
        if declined is None:
            _close(market, job)
            making.begin(market, job)
            _improve(market)
            return
        bids = [bid for bid in bids if bid.provider != declined]
        outcome = award(auction.call, bids, transcript(auction.call))
    _close(market, job)
    making.end(market, job, Reason.NO_AWARD)


def _check_customer(market: Market, auction: Auction, bids: list[Bid], outcome: Award | NoAward) -> None:
    """A customer that announces another award than everybody computes, or none, loses its bond to a bidder."""
    call, said = auction.call, _announced(market, auction.call, bids, outcome)
    if said is None or not follows(said, call, bids, transcript(call)):
        victim = bids[0].provider if bids else call.customer
        market.refuse(call.job, call.customer, Reason.CANONICAL_AWARD)
        market.purse.slash(call.job, call.customer, victim)


def _announced(market: Market, call: Call, bids: list[Bid], outcome: Award | NoAward) -> Award | NoAward | None:
    """What a customer says of the outcome."""
    match market.buyers[call.customer]:
        case Buyer.FORGETFUL if isinstance(outcome, Award):
            winner = outcome.assignments[0].provider
            return award(call, [bid for bid in bids if bid.provider != winner], transcript(call))
        case Buyer.PARTIAL if isinstance(outcome, Award):
            return replace(outcome, score=outcome.score - 1)
        case Buyer.SILENT:
            return None
        case _:
            return outcome


def _accepted(market: Market, auction: Auction, outcome: Award) -> PeerId | None:
    """Put an award into the book, all or nothing; the first provider that does not accept it, if any."""
    call = auction.call
    order = Order(call=call, award=outcome, quotes=quoted(call, auction.bids.values()))
    makers = sorted({one.provider for one in outcome.assignments})
    fickle = next((peer for peer in makers if market.shops[peer] is Shop.FICKLE), None)
    after = market.book.with_order(order, now=market.clock.now) if fickle is None else fickle
    if isinstance(after, Book):
        market.book = after
        return None
    market.refuse(call.job, after, Reason.SOLD_ELSEWHERE if fickle is None else Reason.DECLINED)
    market.purse.slash(call.job, after, call.customer)
    return after


def _close(market: Market, job: JobId) -> None:
    """The auction is over: losers' windows are free, and every bond that was not lost goes back."""
    auction = market.auctions.pop(job)
    winners = (
        {one.provider for one in market.book.orders[job].award.assignments} if job in market.book.orders else set()
    )
    for peer in auction.drawn:
        if peer not in winners:
            market.book = market.book.with_schedule(peer, release(market.book.schedules[peer], job))
        market.purse.unbond(job, peer)
    market.purse.unbond(job, auction.call.customer)


def _improve(market: Market) -> None:
    """A few voluntary re-auctions; transfers are paid, and who gave work up gives its package back."""
    before = market.book
    exchange = Exchange(now=market.clock.now)
    market.book, improvements = improved(before, exchange, {}, rounds=ROUNDS, rng=market.rng)
    for improvement in improvements:
        for transfer in improvement.transfers:
            market.purse.pay(transfer.payer, transfer.payee, transfer.amount)
    for job in {job for improvement in improvements for job in improvement.jobs}:
        making.begin(market, job)
