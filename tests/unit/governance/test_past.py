"""Auctions from bundles, and the pack that they ran under."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from governance.in_force import pack_at
from governance.past import Dated, past_auction
from ledger.bindings import rules as abi
from ledger.bundle import Bundle
from ledger.rules import Rules, values_of
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.rules import RulePack
from protocol.signed import sign
from protocol.topics import CALL
from protocol.transcript import parts_of, transcript_of, write
from tests.unit.governance.examples import BLOCK, OPENED, PACK, bundle, opened_proof, pack
from tests.unit.protocol.examples import bid, call, offer, operation, peer, seed

CALL_UNDER_PACK = call(rule_pack=PACK.digest, operations=(operation(0),))
BIDS = (("mill", bid("mill", offer(0, 1, 2, 90_00))), ("lathe", bid("lathe", offer(0, 1, 2, 80_00))))
BUNDLE = bundle(CALL_UNDER_PACK, *BIDS)
AUCTION = transcript_of(parts_of(BUNDLE.auction))
RULES = Rules(Address(b"r" * 20))


def _told(**changes: Any) -> Bundle:
    """The bundle with another auction."""
    return replace(BUNDLE, auction=write(replace(AUCTION, **changes)))


def in_pack(digest: Digest, block: int) -> RulePack:
    assert (digest, block) == (PACK.digest, BLOCK)
    return PACK


def test_a_bundle_gives_the_auction_with_its_moment_and_its_rules() -> None:
    found = past_auction(BUNDLE, in_pack)
    assert (found.call, found.opened, found.pack) == (CALL_UNDER_PACK, OPENED, PACK)
    assert {b.provider for b in found.bids} == {peer("mill"), peer("lathe")}


def test_a_transcript_gives_the_same_auction_once_the_ledger_says_when_its_order_was_opened() -> None:
    dated = Dated(transcript=BUNDLE.auction, block=BLOCK, opened=OPENED)
    assert past_auction(dated, in_pack) == past_auction(BUNDLE, in_pack)
    with pytest.raises(RejectError, match="other bids are excluded"):
        past_auction(replace(dated, transcript=_told(reveals=AUCTION.reveals[:1]).auction), in_pack)


def test_a_bundle_that_leaves_out_a_bid_is_refused() -> None:
    with pytest.raises(RejectError, match="other bids are excluded"):
        past_auction(_told(reveals=AUCTION.reveals[:1]), in_pack)


def test_a_bundle_whose_messages_are_another_s_word_is_refused() -> None:
    forged = sign(seed("mill"), CALL, AUCTION.call.payload)
    with pytest.raises(RejectError, match="not signed by its customer"):
        past_auction(_told(call=forged), in_pack)
    unsigned = replace(AUCTION.result, signature=bytes(64))
    with pytest.raises(RejectError, match="signature does not hold"):
        past_auction(_told(result=unsigned), in_pack)


@pytest.mark.parametrize(
    "other", [(), (opened_proof(call(job=b"k" * 32)),), (opened_proof(call(orders=Address(b"x" * 20))),)]
)
def test_a_bundle_that_does_not_prove_its_own_order_is_refused(other: tuple) -> None:  # type: ignore[type-arg]
    with pytest.raises(RejectError, match="does not prove that the order was opened"):
        past_auction(replace(BUNDLE, blocks=other), in_pack)


def test_a_bundle_with_a_broken_proof_is_refused() -> None:
    with pytest.raises(RejectError, match="does not hold"):
        past_auction(replace(BUNDLE, blocks=(replace(BUNDLE.blocks[0], nodes=()),)), in_pack)


@dataclass(frozen=True)
class History:
    """A chain on which packs were adopted, by the block from which on each is in force."""

    packs: dict[int, RulePack]
    oldest: int = 0

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        assert (to, payload) == (RULES.address, abi.pack_call())
        assert block is None or block >= self.oldest, "that block's state is gone"
        adopted = max(first for first in self.packs if block is None or first <= block)
        words = values_of(self.packs[adopted])
        return b"".join(word.to_bytes(32, "big") for word in words)


CHAIN = History({0: PACK, 10: pack(fee=200), 20: pack(version=3, fee=300)})


@pytest.mark.parametrize(("block", "fee"), [(9, 150), (10, 150), (10, 200), (19, 200), (20, 200), (25, 300)])
def test_the_pack_is_the_one_in_force_when_the_order_was_opened(block: int, fee: int) -> None:
    asked = next(p for p in CHAIN.packs.values() if p.fee == fee)
    assert pack_at(CHAIN, RULES, digest=asked.digest, block=block) == asked


def test_a_pack_that_was_not_in_force_then_is_refused() -> None:
    with pytest.raises(RejectError, match="was not in force in block 5"):
        pack_at(CHAIN, RULES, digest=pack(fee=200).digest, block=5)


def test_the_pack_in_force_now_needs_no_history() -> None:
    assert pack_at(History({0: PACK}, oldest=1_000), RULES, digest=PACK.digest, block=5) == PACK
