"""The phases of one auction, each against its cheats: announce, commit, reveal, award, accept.

Seals, acceptance and award are ``protocol.auction`` and ``protocol.award``; bids and holds are ``node.planner``.
"""

from dataclasses import replace

from devnet.market import making
from devnet.market.behaviour import SKEW, Buyer, Reason, Shop
from devnet.market.book import Book, Exchange, Order, menu, quoted, transcript
from devnet.market.cheating import Sent, announcements, commitments, drawn, late_friend, opening, shill
from devnet.market.improvement import improved
from devnet.market.state import Auction, Market
from devnet.market.world import is_rush
from node.planner.bidding import family_of
from node.planner.holding import release, reserve
from protocol.auction import Bid, Commitment, Reveal, accept_call, accept_commitment, accept_reveal, seal_of
from protocol.award import Award, NoAward, award, follows
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, JobId, PeerId
from protocol.job import Call
from protocol.units import UnixSeconds

BOND = 10_000
"""Cents; the same for everybody, so that it tells nothing of a bid."""

HOLD_AFTER_REVEAL = 60
IMPROVED = 0.2
"""Share of awards that a voluntary re-auction follows; more would cost time and break nothing else."""


def post(market: Market, call: Call) -> None:
    """A customer's request arrives; the same request again is the same order."""
    character = market.buyers[call.customer]
    if character is Buyer.IMPATIENT and market.rng.random() < 0.8:
        market.meet(character)
        market.clock.at(market.clock.now + market.rng.randint(1, 100_000), lambda: post(market, call))
    if call.job in market.calls:
        market.refuse(call.job, call.customer, Reason.DUPLICATE)
        return
    if character in SKEW:
        market.meet(character)
        skew = SKEW[character]
        commit_by, reveal_by = UnixSeconds(call.commit_by + skew), UnixSeconds(call.reveal_by + skew)
        call = replace(call, commit_by=commit_by, reveal_by=reveal_by)
    market.calls[call.job] = call
    market.purse.lock(call.job, call.customer, call.budget)
    market.purse.bond(call.job, call.customer, BOND)
    auction = market.auctions[call.job] = Auction(call)
    for peer in market.book.providers:
        _answer(market, auction, peer)
    _bid_under_another_name(market, auction)
    market.clock.at(call.commit_by + 1, lambda: _reveal(market, call.job))
    market.clock.at(call.reveal_by + 1, lambda: _decide(market, call.job))
    market.clock.at(call.due, lambda: making.end(market, call.job, Reason.EXPIRED))


def _answer(market: Market, auction: Auction, peer: PeerId) -> None:
    """A shop prices a call, keeps its windows free and commits."""
    now, call, character = market.clock.now, auction.call, market.shops[peer]
    provider, schedule = market.book.providers[peer], market.book.schedules[peer]
    by_its_clock = UnixSeconds(now + SKEW.get(character, 0))
    try:
        accept_call(call, signer=call.customer, now=by_its_clock)
    except IgnoreError:
        if character is Shop.FAST:
            market.meet(character)
        market.refuse(call.job, peer, Reason.OVER)
        return
    doubled = character is Shop.DOUBLE_SELLER
    bid = menu(provider, provider.schedule if doubled else schedule, call, now=by_its_clock)
    if bid is None:
        market.refuse(call.job, peer, Reason.NO_OFFER)
        return
    if doubled:
        market.meet(character)
    else:
        until = UnixSeconds(call.reveal_by + HOLD_AFTER_REVEAL)
        held = reserve(schedule, bid.offers, call.job, until=until, now=now, family=family_of(call))
        market.book = market.book.with_schedule(peer, held)
        market.clock.at(until, lambda: _expire(market, peer))
    auction.drawn[peer] = (drawn(market, peer, bid), market.rng.randbytes(32))
    market.purse.bond(call.job, peer, BOND)
    for sent in commitments(market, auction, peer):
        _commit(market, auction, sent)


def _bid_under_another_name(market: Market, auction: Auction) -> None:
    """A customer that bids itself must stake a bond like everybody."""
    other = shill(market, auction)
    if other is not None:
        bid, salt = auction.drawn[other]
        market.purse.bond(auction.call.job, other, BOND)
        sealed = Commitment(job=auction.call.job, provider=other, account=Address(bytes(20)), seal=seal_of(bid, salt))
        _commit(market, auction, Sent(sealed, other, market.clock.now))


def _commit(market: Market, auction: Auction, sent: Sent) -> None:
    """A commitment arrives at the witnesses; the first of a provider with a bond counts."""
    job, peer = auction.call.job, sent.signer
    try:
        accept_commitment(sent.commitment, signer=peer, calls={job: auction.call}, now=sent.at)
    except RejectError:
        market.refuse(job, peer, Reason.NOT_ITS_OWN)
    except IgnoreError:
        market.refuse(job, peer, Reason.LATE)
    else:
        if (job, peer) not in market.purse.bonds:
            market.refuse(job, peer, Reason.NO_BOND)
        elif peer in auction.commitments:
            market.refuse(job, peer, Reason.DUPLICATE)
        else:
            auction.commitments[peer] = sent.commitment


def _expire(market: Market, peer: PeerId) -> None:
    """A timer: holds whose time is over end by themselves, whether anybody looks or not."""
    market.book = market.book.with_schedule(peer, market.book.schedules[peer].without_expired(market.clock.now))


def _reveal(market: Market, job: JobId) -> None:
    """Everybody who committed opens its seal, or does not."""
    auction = market.auctions[job]
    if market.buyers[auction.call.customer] is Buyer.ROOTLESS:
        _void(market, auction)
        return
    for peer in auction.commitments:
        found = opening(market, auction, peer)
        if found is not None:
            _open(market, auction, peer, *found)
    for sent in late_friend(market, auction):
        _commit(market, auction, sent)
    for peer in auction.commitments:
        if peer not in auction.bids:
            market.refuse(job, peer, Reason.UNOPENED)
            market.purse.slash(job, peer, auction.call.customer)


def _open(market: Market, auction: Auction, peer: PeerId, reveal: Reveal, at: UnixSeconds) -> None:
    """An opening arrives; it counts if it opens what its provider committed to."""
    call = auction.call
    try:
        accept_reveal(reveal, signer=peer, calls={call.job: call}, seals={auction.commitments[peer].seal}, now=at)
    except RejectError:
        market.refuse(call.job, peer, Reason.MALFORMED)
    except IgnoreError:
        market.refuse(call.job, peer, Reason.LATE if at > call.reveal_by else Reason.UNKNOWN_SEAL)
    else:
        auction.bids[peer] = reveal.bid


def _void(market: Market, auction: Auction) -> None:
    """A customer that does not say which commitments it counts gets no award and loses its bond to a bidder."""
    call = auction.call
    market.meet(Buyer.ROOTLESS)
    market.refuse(call.job, call.customer, Reason.NO_ROOT)
    market.purse.slash(call.job, call.customer, next(iter(auction.commitments), call.customer))
    _close(market, call.job)
    making.end(market, call.job, Reason.NO_AWARD)


def _decide(market: Market, job: JobId) -> None:
    """The award stands, whatever the customer says; who declines pays, and the next best is found."""
    if job not in market.auctions:
        return
    auction = market.auctions[job]
    call, bids = auction.call, list(auction.bids.values())
    outcome = award(call, bids, transcript(call))
    _check_customer(market, auction, bids, outcome)
    while isinstance(outcome, Award):
        declined = _accepted(market, auction, outcome)
        if declined is None:
            _close(market, job)
            making.begin(market, job)
            _improve(market)
            return
        bids = [bid for bid in bids if bid.provider != declined]
        outcome = award(call, bids, transcript(call))
    _close(market, job)
    if not (is_rush(call) and making.rush(market, call)):
        making.end(market, job, Reason.NO_AWARD)


def _check_customer(market: Market, auction: Auction, bids: list[Bid], outcome: Award | NoAward) -> None:
    """A customer that announces another award than everybody computes, or none, loses its bond to a bidder."""
    call = auction.call
    said = announcements(market, call, bids, outcome)
    if not said or not all(follows(one, call, bids, transcript(call)) for one in said):
        victim = bids[0].provider if bids else call.customer
        market.refuse(call.job, call.customer, Reason.CANONICAL_AWARD)
        market.purse.slash(call.job, call.customer, victim)


def _accepted(market: Market, auction: Auction, outcome: Award) -> PeerId | None:
    """Put an award into the book, all or nothing; the first provider that does not accept it, if any."""
    call = auction.call
    order = Order(call=call, award=outcome, quotes=quoted(call, auction.bids.values()))
    makers = sorted({one.provider for one in outcome.assignments})
    there = market.book.providers
    fickle = next((peer for peer in makers if peer not in there or market.shops[peer] is Shop.FICKLE), None)
    if fickle in there:
        market.meet(Shop.FICKLE)
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
        if peer not in winners and peer in market.shops:
            market.book = market.book.with_schedule(peer, release(market.book.schedules[peer], job))
        market.purse.unbond(job, peer)
    market.purse.unbond(job, auction.call.customer)


def _improve(market: Market) -> None:
    """A voluntary re-auction now and then."""
    if market.rng.random() <= IMPROVED:
        exchange = Exchange(now=market.clock.now)
        making.bettered(market, *improved(market.book, exchange, {}, rounds=1, rng=market.rng))
