"""Rule packs, and past auctions with the bundles that prove them."""

from dataclasses import replace
from typing import Any

import rlp
from eth_abi.abi import encode as abi_encode
from trie import HexaryTrie

from governance.past import PastAuction
from ledger.bindings.orders import OPENED_TOPIC
from ledger.bundle import FORMAT, Bundle, Design, Federation
from ledger.proofs import BlockProof, LogPlaces
from protocol.auction import Bid
from protocol.ids import Address, Digest
from protocol.job import Call
from protocol.params import PROCESSES
from protocol.rules import RulePack, mask_of
from protocol.transcript import write
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds
from tests.auction.sealed import Bidder, held
from tests.unit.protocol.examples import START, call, seed

PACK = RulePack(
    version=1,
    fee=BasisPoints(150),
    min_commit=Seconds(10),
    min_reveal=Seconds(5),
    review=Seconds(120),
    dispute=Seconds(240),
    max_budget=Cents(2_000_000),
    carbon=Cents(10_000),
    max_hour=Cents(100_000),
    bid_bond=Cents(0),
    dispute_fee=Cents(0),
    notice=Seconds(0),
    processes=mask_of(PROCESSES),
    premium=BasisPoints(2_000),
)
FEDERATION = Federation(
    chain=7117,
    members=Address(b"m" * 20),
    designs=Address(b"d" * 20),
    provenance=Address(b"p" * 20),
    orders=Address(b"o" * 20),
    passports=Address(b"t" * 20),
)
TRANSCRIPT = Digest(b"t" * 32)
OPENED = UnixSeconds(START - 60)
BLOCK = 7
SALT = b"s" * 32
NOTHING = Digest(bytes(32))


def pack(**changes: Any) -> RulePack:
    """The next pack."""
    return replace(PACK, **{"version": 2, **changes})


def auction(*bids: Bid, **changes: Any) -> PastAuction:
    """An auction under ``PACK``; ``changes`` are the call's."""
    return PastAuction(
        call=call(rule_pack=PACK.digest, **changes), opened=OPENED, bids=bids, transcript=TRANSCRIPT, pack=PACK
    )


def bundle(asked: Call, *bids: tuple[str, Bid], block: int = BLOCK) -> Bundle:
    """What an auction leaves behind; its order was opened in ``block``, and each bid follows its provider's name."""
    some = [Bidder(seed=seed(name), bid=bid, salt=SALT) for name, bid in bids]
    return Bundle(
        format=FORMAT,
        federation=FEDERATION,
        rules=PACK,
        design=Design(root=NOTHING, nonce=b"", packages=()),
        auction=write(held(asked, some)),
        replacements=(),
        tenders=(),
        certificates=(),
        notes=(),
        consistency=(),
        parts=(),
        blocks=(opened_proof(asked, block),),
        vouchers=(),
    )


def opened_proof(asked: Call, block: int = BLOCK) -> BlockProof:
    """Proof that the order of ``asked`` was opened in ``block`` at ``OPENED``."""
    topics = (OPENED_TOPIC, asked.job, bytes(12) + b"c" * 20)
    terms = (asked.budget, bytes(32), asked.design, asked.rule_pack, asked.due)
    payload = abi_encode(("uint64", "bytes32", "bytes32", "bytes32", "uint64"), terms)
    trie = HexaryTrie({})
    trie[rlp.encode(0)] = rlp.encode([b"\x01", b"", bytes(256), [[asked.orders, topics, payload]]])
    header: list[Any] = [bytes(32)] * 16
    header[5], header[8], header[11] = trie.root_hash, block, OPENED
    nodes = tuple(rlp.encode(node) for node in trie.get_proof(rlp.encode(0)))
    logs = (LogPlaces(transaction=0, positions=(0,)),)
    return BlockProof(header=rlp.encode(header), logs=logs, storage=(), nodes=nodes)
