"""Whole sealed auctions with every message signed, for tests and benchmarks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from protocol.auction import Bid, Commitment, Reveal, seal_of
from protocol.award import Award, Standing, award
from protocol.ids import Address, PeerId
from protocol.job import Call
from protocol.merkle import leaf_hash
from protocol.opening import open_bids
from protocol.params import MAX_OFFERS
from protocol.result import Reply, Result, decide
from protocol.roll import Receipt, Roll
from protocol.signed import Signed, public_key, sign
from protocol.topics import AWARD, CALL, COMMITMENT, RECEIPT, REPLY, REVEAL, ROLL
from protocol.transcript import Transcript
from protocol.units import Cents, UnixSeconds
from protocol.wire import encode
from tests.auction.markets import Auction, Kind, auction
from tests.unit.protocol.examples import CUSTOMER_SEED, bid, call, offer, operation, seed

WITNESSES = tuple(sorted(public_key(seed(f"witness {n}")) for n in range(3)))
WITNESS_SEEDS = {public_key(seed(f"witness {n}")): seed(f"witness {n}") for n in range(3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bidder:
    """Somebody with a key and a bid."""

    seed: bytes
    bid: Bid
    salt: bytes

    @property
    def commitment(self) -> Signed:
        sealed = Commitment(
            job=self.bid.job,
            provider=self.bid.provider,
            account=Address(self.bid.provider[:20]),
            seal=seal_of(self.bid, self.salt),
        )
        return sign(self.seed, COMMITMENT, encode(sealed))

    @property
    def reveal(self) -> Signed:
        return sign(self.seed, REVEAL, encode(Reveal(bid=self.bid, salt=self.salt)))

    def reply(self, result: Result, *, accepted: bool = True) -> Signed:
        answer = Reply(job=self.bid.job, provider=self.bid.provider, result=result.digest, accepted=accepted)
        return sign(self.seed, REPLY, encode(answer))


def bidder(name: str, *offers: Any, **changes: Any) -> Bidder:
    return Bidder(seed=seed(name), bid=replace(bid(name, *offers), **changes), salt=sha256(name.encode()).digest())


def small_call(**changes: Any) -> Call:
    return call(**{"operations": (operation(0), operation(1)), "witnesses": WITNESSES, **changes})


def bidders() -> tuple[Bidder, ...]:
    """A mill that wins, an oven that wins, and a dearer rival of both."""
    return (
        bidder("mill", offer(0, 1, 5, 70_00), offer(0, 6, 9, 60_00)),
        bidder("oven", offer(1, 5, 8, 40_00), offer(1, 10, 12, 41_00)),
        bidder("rival", offer(0, 1, 4, 95_00, co2=900), offer(1, 9, 12, 45_00), offer(0, 1, 12, 150_00, last=1)),
    )


def hostile() -> Bidder:
    """All of its offers for one operation exclude all of those for the other, so every plan splits the search."""
    count = 8
    offers = tuple(offer(index, 1 + index, 2 + index, 1_000 + n) for index in (0, 1) for n in range(count))
    clashes = tuple((a, b) for a in range(count) for b in range(count, 2 * count))
    return bidder("mill", *offers, clashes=clashes)


def roll_of(asked: Call, commitments: Sequence[Signed], key: bytes = CUSTOMER_SEED) -> Signed:
    entries = tuple(sorted(leaf_hash(c.payload) for c in commitments))
    return sign(key, ROLL, encode(Roll(job=asked.job, entries=entries)))


def held(
    asked: Call,
    some: Sequence[Bidder],
    *,
    silent: Sequence[Bidder] = (),
    declined: Sequence[Bidder] = (),
    teller: bytes = CUSTOMER_SEED,
    result: Result | None = None,
) -> Transcript:
    """The transcript of an auction in which ``some`` bid; ``silent`` do not reveal, ``declined`` refuse at first."""
    commitments = tuple(sorted((b.commitment for b in some), key=lambda c: leaf_hash(c.payload)))
    shown = sorted((b for b in some if b not in silent), key=lambda b: b.bid.provider)
    signed_call = sign(CUSTOMER_SEED, CALL, encode(asked))
    draft = Transcript(
        call=signed_call,
        commitments=commitments,
        roll=roll_of(asked, commitments),
        reveals=tuple(b.reveal.payload for b in shown),
        replies=(),
        result=signed_call,
    )
    reveals = {b.bid.provider: Reveal(bid=b.bid, salt=b.salt) for b in shown}
    refusals = []
    away: list[PeerId] = []
    for refusing in (*declined, None):
        opened = open_bids(asked, (c.author for c in commitments), reveals, away)
        told = decide(asked, opened.bids, draft.root, opened.excluded)
        if refusing is not None:
            refusals.append(refusing.reply(told, accepted=False))
            away.append(refusing.bid.provider)
    told = result or told
    acceptances = [b.reply(told) for b in some if b.bid.provider in told.winners]
    return replace(draft, replies=(*refusals, *acceptances), result=sign(teller, AWARD, encode(told)))


def receipts(asked: Call, message: Signed, *at: int) -> tuple[Signed, ...]:
    """The witnesses' receipts of a message, at the moments of their own clocks."""
    return tuple(
        sign(
            WITNESS_SEEDS[witness],
            RECEIPT,
            encode(Receipt(job=asked.job, seen=leaf_hash(message.payload), at=UnixSeconds(moment))),
        )
        for witness, moment in zip(WITNESSES, at, strict=False)
    )


def called(made: Auction) -> tuple[Call, tuple[Bid, ...]]:
    """A random auction's terms as a call, and its bids."""
    terms = made.terms
    asked = call(
        job=terms.job,
        operations=tuple(replace(operation(index), after=before) for index, before in enumerate(terms.after)),
        site=terms.site,
        earliest=terms.earliest,
        due=terms.due,
        budget=Cents(10**9),
        weights=terms.weights,
        witnesses=WITNESSES,
    )
    return asked, made.bids


def large(number: int, kind: Kind) -> tuple[Call, tuple[Bidder, ...]]:
    """A random auction as a call and bidders with keys."""
    asked, bids = called(auction(number, kind))
    return asked, tuple(
        Bidder(
            seed=sha256(b.provider).digest(),
            bid=replace(b, provider=public_key(sha256(b.provider).digest()), offers=b.offers[:MAX_OFFERS]),
            salt=sha256(b"salt" + b.provider).digest(),
        )
        for b in bids
    )


def held_without_places(asked: Call, some: Sequence[Bidder]) -> Transcript:
    """A transcript whose standings name all bidders and say nothing of them; making it costs one award only."""
    commitments = tuple(sorted((b.commitment for b in some), key=lambda c: leaf_hash(c.payload)))
    shown = sorted(some, key=lambda b: b.bid.provider)
    signed_call = sign(CUSTOMER_SEED, CALL, encode(asked))
    draft = Transcript(
        call=signed_call,
        commitments=commitments,
        roll=roll_of(asked, commitments),
        reveals=tuple(b.reveal.payload for b in shown),
        replies=(),
        result=signed_call,
    )
    outcome = award(asked, [b.bid for b in shown], draft.root)
    assert isinstance(outcome, Award)
    places = tuple(Standing(provider=b.bid.provider, won=(), score_gap=None, price_gap=None) for b in shown)
    told = Result(job=asked.job, award=outcome, no_award=None, standings=places)
    acceptances = tuple(b.reply(told) for b in some if b.bid.provider in told.winners)
    return replace(draft, replies=acceptances, result=sign(CUSTOMER_SEED, AWARD, encode(told)))
