"""What everybody sends in an auction, honest or not; what becomes of it is decided by ``auctioning`` alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from devnet.market.behaviour import SKEW, Buyer, Shop
from devnet.market.book import transcript
from devnet.market.state import Auction, Market
from devnet.market.world import name
from protocol.auction import Bid, Commitment, Reveal, seal_of
from protocol.award import Award, NoAward, award
from protocol.ids import Address, Digest, JobId, PeerId
from protocol.job import Call
from protocol.params import MAX_OFFERS
from protocol.units import Cents, UnixSeconds


@dataclass(frozen=True, slots=True)
class Sent:
    """A commitment as it arrives at the witnesses."""

    commitment: Commitment
    signer: PeerId
    at: UnixSeconds


def drawn(market: Market, peer: PeerId, bid: Bid) -> Bid:
    """The bid that a shop means to open."""
    if market.shops[peer] is not Shop.BLOATED:
        return bid
    market.meet(Shop.BLOATED)
    return replace(bid, offers=(bid.offers * MAX_OFFERS)[: MAX_OFFERS + 1])


def commitments(market: Market, auction: Auction, peer: PeerId) -> Iterator[Sent]:
    """What a shop commits to, and in whose name."""
    call, (bid, salt), now = auction.call, auction.drawn[peer], market.clock.now
    seal, others, character = seal_of(bid, salt), list(auction.commitments.values()), market.shops[peer]
    if character is Shop.COPIER and others:
        market.meet(character)
        seal = others[0].seal
    if character is Shop.IMPOSTOR and others:
        market.meet(character)
        yield Sent(others[0], peer, now)
    if character is Shop.LATE:
        market.meet(character)
    at = UnixSeconds(call.commit_by + 1) if character is Shop.LATE else now
    yield Sent(_commitment(call.job, peer, seal), peer, at)
    if character is Shop.TWO_FACED:
        market.meet(character)
        yield Sent(_commitment(call.job, peer, seal_of(bid, bytes(32))), peer, now)
    if character is Shop.SYBIL:
        market.meet(character)
        second = PeerId(name("second", peer))
        yield Sent(_commitment(call.job, second, seal_of(replace(bid, provider=second), salt)), second, now)


def opening(market: Market, auction: Auction, peer: PeerId) -> tuple[Reveal, UnixSeconds] | None:
    """What a shop reveals, and when it arrives; None if it keeps silent."""
    (bid, salt), character = auction.drawn[peer], market.shops.get(peer, Shop.HONEST)
    reveal, at = Reveal(bid=bid, salt=salt), market.clock.now
    match character:
        case Shop.SILENT:
            market.meet(character)
            return None
        case Shop.SWITCHER:
            market.meet(character)
            cheaper = replace(bid.offers[0], price=Cents(bid.offers[0].price + 1))
            reveal = Reveal(bid=replace(bid, offers=(cheaper, *bid.offers[1:])), salt=salt)
        case Shop.REPLAYER if peer in market.openings:
            market.meet(character)
            return market.openings[peer], at
        case Shop.SLOW:
            market.meet(character)
            at = UnixSeconds(at - SKEW[character])
        case _:
            pass
    market.openings[peer] = reveal
    return reveal, at


def late_friend(market: Market, auction: Auction) -> Iterator[Sent]:
    """A customer that has seen the bids lets a friend commit to a lower one."""
    call = auction.call
    if market.buyers[call.customer] is Buyer.PEEKER and auction.bids:
        market.meet(Buyer.PEEKER)
        friend = PeerId(name("friend", call.job))
        lower = _lowered(next(iter(auction.bids.values())), friend)
        yield Sent(_commitment(call.job, friend, seal_of(lower, bytes(32))), friend, market.clock.now)


def shill(market: Market, auction: Auction) -> PeerId | None:
    """A customer bids in time, below everybody, under another name; None if this one does not."""
    call = auction.call
    if market.buyers[call.customer] is not Buyer.SHILL or not auction.drawn:
        return None
    market.meet(Buyer.SHILL)
    other = PeerId(name("shill", call.job))
    auction.drawn[other] = (_lowered(next(iter(auction.drawn.values()))[0], other), name("salt", call.job))
    return other


def announcements(market: Market, call: Call, bids: Sequence[Bid], outcome: Award | NoAward) -> list[Award | NoAward]:
    """What a customer says of the outcome, to whomever it says something."""
    character = market.buyers[call.customer]
    said = _said(character, call, bids, outcome)
    if said != [outcome]:
        market.meet(character)
    return said


def _said(character: Buyer, call: Call, bids: Sequence[Bid], outcome: Award | NoAward) -> list[Award | NoAward]:
    if character is Buyer.SILENT:
        return []
    if not isinstance(outcome, Award):
        return [outcome]
    match character:
        case Buyer.FORGETFUL:
            winner = outcome.assignments[0].provider
            return [award(call, [bid for bid in bids if bid.provider != winner], transcript(call))]
        case Buyer.PARTIAL:
            return [replace(outcome, score=outcome.score - 1)]
        case Buyer.EQUIVOCATOR:
            return [outcome, replace(outcome, price=Cents(outcome.price - 1))]
        case _:
            return [outcome]


def _commitment(job: JobId, provider: PeerId, seal: Digest) -> Commitment:
    return Commitment(job=job, provider=provider, account=Address(bytes(20)), seal=seal)


def _lowered(bid: Bid, provider: PeerId) -> Bid:
    """Another's bid at a cent an offer."""
    unique = {(one.first, one.last, one.machine, one.opens): replace(one, price=Cents(1)) for one in bid.offers}
    return replace(bid, provider=provider, offers=tuple(unique.values()), clashes=())
