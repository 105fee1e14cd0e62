#!/usr/bin/env python3
"""Verifies a Guildmark bundle or transcript without Guildmark: one file, the standard library, and `cryptography` for Ed25519.

    python verify.py part.bundle --deployment deployment.json --checkpoint 4171:0x5f... [--signer HEX --quorum N] [--json]
    python verify.py job.transcript [--json]

Written from the reference pages (docs/reference/bundle.md, docs/reference/protocol.md), so that two programs that
share no code have to agree: it answers every check with the outcome that `guildmark audit` gives. It uses no network.
Exit codes: 0 holds, 3 contradicted, 5 not checkable, 2 wrong use.
"""

import argparse
import base64
import json
import sys
from collections import namedtuple
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256, shake_256
from heapq import heappop, heappush
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HOLDS, CONTRADICTED, NOT_CHECKABLE = "holds", "contradicted", "not checkable"
EXIT = {HOLDS: 0, CONTRADICTED: 3, NOT_CHECKABLE: 5}


class ContradictionError(Exception):
    """The evidence speaks against the claim."""


class GapError(Exception):
    """The evidence is silent."""


def must(claim, otherwise):
    if not claim:
        raise ContradictionError(otherwise)


# Keccak-256 (the padding of 2011, as Ethereum uses it; hashlib's SHA-3 pads otherwise).

_MASK = (1 << 64) - 1


def _round_constants():
    state, constants = 1, []
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if state & 1:
                constant |= 1 << ((1 << bit) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


def _lanes():
    """Rho and pi: for each target lane its source and rotation."""
    moves, x, y = [(0, 0)] * 25, 1, 0
    for step in range(24):
        source, rotation = x + 5 * y, (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
        moves[x + 5 * y] = (source, rotation)
    return moves


_CONSTANTS, _MOVES = _round_constants(), _lanes()


def _permute(a):
    for constant in _CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & _MASK) for x in range(5)]
        t = [a[i] ^ d[i % 5] for i in range(25)]
        b = [(t[source] << r | t[source] >> (64 - r)) & _MASK for source, r in _MOVES]
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


@lru_cache(maxsize=8192)  # bundles of one job share most of what is hashed
def keccak(data):
    rate = 136
    padded = bytearray(data) + bytes(rate - len(data) % rate)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), rate):
        for lane in range(rate // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


# RLP and Merkle-Patricia tries (Yellow Paper, appendices B to D).


def rlp_head(raw, at):
    """Kind, start and end of the item at `at`, in its one form."""
    must(at < len(raw), "RLP ends too early")
    first = raw[at]
    if first < 0x80:
        return bytes, at, at + 1
    kind, base = (bytes, 0x80) if first < 0xC0 else (list, 0xC0)
    if first < base + 56:
        start, length = at + 1, first - base
        must(kind is list or length != 1 or raw[start : start + 1] >= b"\x80", "RLP is not in its one form")
    else:
        size = first - base - 55
        start, length = at + 1 + size, int.from_bytes(raw[at + 1 : at + 1 + size], "big")
        must(raw[at + 1 : at + 2] != b"\0" and length >= 56, "RLP is not in its one form")
    must(start + length <= len(raw), "RLP ends too early")
    return kind, start, start + length


def rlp_list(raw):
    kind, at, end = rlp_head(raw, 0)
    must(kind is list and end == len(raw), "what should be a list is none")
    items = []
    while at < end:
        _, _, after = rlp_head(raw, at)
        items.append(raw[at:after])
        at = after
    return items


def rlp_bytes(raw):
    kind, start, end = rlp_head(raw, 0)
    must(kind is bytes and end == len(raw), "what should be bytes is none")
    return raw[start:end]


def rlp_int(raw):
    value = rlp_bytes(raw)
    must(len(value) <= 32 and value[:1] != b"\0", "what should be a number is none")
    return int.from_bytes(value, "big")


def rlp_index(number):
    """RLP of a non-negative integer."""
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return raw if len(raw) == 1 and raw < b"\x80" else bytes([0x80 + len(raw)]) + raw


class Trie:
    """The nodes of one block's proof; each has to be used, in the order in which it comes."""

    def __init__(self, nodes):
        self.nodes = {keccak(node): node for node in nodes}
        self.count, self.used = len(nodes), {}

    def node(self, name):
        must(name in self.nodes, "a trie node is missing")
        self.used[name] = None
        return rlp_list(self.nodes[name])

    def find(self, root, key):
        if root == keccak(b"\x80"):
            return None
        path, items = key.hex(), self.node(root)
        while True:
            if len(items) == 17:
                if not path:
                    return rlp_bytes(items[16]) or None
                child, path = items[int(path[0], 16)], path[1:]
            else:
                must(len(items) == 2 and rlp_bytes(items[0]), "a trie node is malformed")
                prefix = rlp_bytes(items[0])
                rest = prefix.hex()[1 if prefix[0] & 0x10 else 2 :]
                if prefix[0] & 0x20:
                    return rlp_bytes(items[1]) if path == rest else None
                must(rest, "a trie node is malformed")
                if not path.startswith(rest):
                    return None
                child, path = items[1], path[len(rest) :]
            if child == b"\x80":
                return None
            items = rlp_list(child) if child[0] >= 0xC0 else self.node(rlp_bytes(child))

    def close(self):
        must(len(self.used) == self.count and list(self.used) == list(self.nodes), "trie nodes are left over")


# The wire form: msgpack arrays in their shortest encoding (docs/reference/protocol.md, "Wire form").


def unpack(raw, at=0, depth=0):
    """The value at `at` and where the next one begins; there is one encoding of each value."""
    must(at < len(raw) and depth <= 16, "the file ends too early or nests too deeply")
    first = raw[at]
    if first < 0x80:
        return first, at + 1
    if first >= 0xE0:
        return first - 256, at + 1
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at + 1
    if 0xA0 <= first < 0xC0:
        return _text(raw, at + 1, first - 0xA0)
    if 0x90 <= first < 0xA0:
        return _array(raw, at + 1, first - 0x90, depth)
    if 0xCC <= first <= 0xD3:
        return _number(raw, at, first)
    sizes = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4}
    must(first in sizes, "the file holds what it must not")
    size = sizes[first]
    length = _big(raw, at + 1, size)
    least = {0xC4: 0, 0xC5: 1 << 8, 0xC6: 1 << 16, 0xD9: 32, 0xDA: 1 << 8, 0xDB: 1 << 16, 0xDC: 16, 0xDD: 1 << 16}
    must(length >= least[first], "the file is not in its one form")
    start = at + 1 + size
    if first >= 0xDC:
        return _array(raw, start, length, depth)
    if first >= 0xD9:
        return _text(raw, start, length)
    must(start + length <= len(raw), "the file ends too early")
    return raw[start : start + length], start + length


def _big(raw, at, size):
    must(at + size <= len(raw), "the file ends too early")
    return int.from_bytes(raw[at : at + size], "big")


def _text(raw, start, length):
    must(start + length <= len(raw), "the file ends too early")
    try:
        return raw[start : start + length].decode(), start + length
    except UnicodeDecodeError as error:
        raise ContradictionError("text in the file is not UTF-8") from error


def _array(raw, at, count, depth):
    must(count <= len(raw) - at, "the file ends too early")
    items = []
    for _ in range(count):
        item, at = unpack(raw, at, depth + 1)
        items.append(item)
    return items, at


def _number(raw, at, first):
    size = 1 << ((first - 0xCC) % 4)
    value = _big(raw, at + 1, size)
    if first >= 0xD0:
        value -= 1 << (8 * size) if value >> (8 * size - 1) else 0
    must(pack(value) == raw[at : at + 1 + size], "the file is not in its one form")
    return value, at + 1 + size


def pack(value):
    """Inverse of `unpack`; tuples of a schema are arrays."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return _pack_number(value)
    if isinstance(value, bytes):
        return _pack_head(len(value), None, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, str):
        raw = value.encode()
        return _pack_head(len(raw), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + raw
    return _pack_head(len(value), (0x90, 16), (None, 0xDC, 0xDD)) + b"".join(pack(item) for item in value)


def _pack_number(value):
    if -32 <= value < 128:
        return bytes([value & 0xFF])
    for power, (unsigned, signed) in enumerate(((0xCC, 0xD0), (0xCD, 0xD1), (0xCE, 0xD2), (0xCF, 0xD3))):
        size = 1 << power
        if value >= 0 and value < 1 << (8 * size):
            return bytes([unsigned]) + value.to_bytes(size, "big")
        if value < 0 and value >= -(1 << (8 * size - 1)):
            return bytes([signed]) + value.to_bytes(size, "big", signed=True)
    raise ContradictionError("a number does not fit 64 bits")


def _pack_head(length, fix, kinds):
    if fix is not None and length < fix[1]:
        return bytes([fix[0] + length])
    for power, kind in enumerate(kinds):
        if kind is not None and length < 1 << (8 << power):
            return bytes([kind]) + length.to_bytes(1 << power, "big")
    raise ContradictionError("too long")


def typed(kind, value):
    """`value` as the schema wants it: a type, a message, (kind,) for an array, or {kind} for one that may be nil."""
    if isinstance(kind, set):
        return None if value is None else typed(next(iter(kind)), value)
    if type(kind) is tuple:
        must(type(value) is list, "an array is missing")
        return tuple(typed(kind[0], item) for item in value)
    if isinstance(kind, frozenset):
        must(value in kind, "a value is none of those allowed")
        return value
    if hasattr(kind, "types"):
        must(type(value) is list and len(value) == len(kind.types), f"{kind.__name__} is malformed")
        return kind(*(typed(inner, item) for inner, item in zip(kind.types, value, strict=True)))
    must(type(value) is kind, "a value has the wrong type")
    return value


def decode(kind, raw):
    value, end = unpack(raw)
    must(end == len(raw), "bytes are left over")
    return typed(kind, value)


# Messages, as docs/reference/protocol.md and docs/reference/bundle.md list them.

SCHEMA = """
Signed author:bytes payload:bytes signature:bytes
Federation chain:int members:bytes designs:bytes provenance:bytes orders:bytes
    passports:bytes
RulePack version:int fee:int min_commit:int min_reveal:int review:int dispute:int max_budget:int carbon:int
    max_hour:int bid_bond:int dispute_fee:int notice:int processes:int premium:int
Envelope length:int width:int height:int
Site easting:int northing:int
Hole diameter:int depth:int through:bool count:int
BidView envelope:Envelope volume:int mass:int material:str holes:[Hole] tolerance:int
Operation index:int process:str envelope:Envelope tolerance:int removed:int mass:int features:int after:[int]?
Weights hour:int co2_tonne:int grade:int kilometre:int
Filters jurisdictions:[str] classification:int grade:int distance:int? invited:[bytes]
Call chain:int orders:bytes job:bytes customer:bytes encryption_key:bytes addresses:[str] rule_pack:bytes
    design:bytes part:BidView operations:[Operation] quantity:int site:Site budget:int weights:Weights
    earliest:int due:int commit_by:int reveal_by:int witnesses:[bytes] filters:Filters co2_cap:int?
    premium:int
Rise start:int price:int
Offer first:int last:int machine:str opens:int closes:int duration:int price:int co2:int grade:int rises:[Rise]
Clash one:int other:int
Bid job:bytes provider:bytes site:Site offers:[Offer] clashes:[Clash] jurisdiction:str clearance:int
Commitment job:bytes provider:bytes account:bytes seal:bytes
Reveal bid:Bid salt:bytes
Assignment provider:bytes site:Site offer:Offer start:int premium:int
Award job:bytes transcript:bytes assignments:[Assignment] arrival:int price:int co2:int score:int
NoAward job:bytes reason:Reason measure:int
Standing provider:bytes won:[int] score_gap:int? price_gap:int?
Exclusion provider:bytes reason:Exclusive measure:int
Result job:bytes award:Award? no_award:NoAward? standings:[Standing] excluded:[Exclusion]
BlockName number:int hash:bytes
Voucher chain:int blocks:[BlockName]
Record envelope:bytes disclosures:[str]
LoggedRecord record:Record index:int proof:[bytes]
Step logged:LoggedRecord assignment:int index:int size:int proof:[bytes]
Part number:int unit:int steps:[Step]
Design root:bytes nonce:bytes packages:[bytes]
Roll job:bytes entries:[bytes]
Reply job:bytes provider:bytes result:bytes accepted:bool
LogPlaces transaction:int positions:[int]
Slots account:bytes slots:[bytes]
BlockProof header:bytes logs:[LogPlaces] storage:[Slots] nodes:[bytes]
Improvement compensation:int tender:bytes transcript:bytes
Replacement job:bytes index:int round:int cause:Cause failed:bytes ready:int assignment:Assignment passed:[bytes]
    salvage:Salvage moving:int making_again:int improvement:Improvement?
Bundle format:str federation:Federation rules:RulePack design:Design auction:bytes replacements:[Replacement]
    tenders:[bytes] certificates:[bytes]
    notes:[bytes] consistency:[[bytes]] parts:[Part] blocks:[BlockProof] vouchers:[Signed]
"""  # name:kind in wire order; [kind] is an array, kind? may be nil
REASONS = frozenset({"no-offer", "too-late", "over-budget", "over-co2", "clashing", "too-complex"})
EXCLUSIVE = frozenset({"unrevealed", "uninvited", "jurisdiction", "clearance", "distance", "grade", "declined"})
CAUSES, SALVAGES = frozenset({"declined", "unanswered", "late", "improved"}), frozenset({"none", "moved", "restarted"})


def messages(schema):
    """A tuple type for each message."""
    kinds = {"int": int, "bytes": bytes, "str": str, "bool": bool, "Reason": REASONS, "Exclusive": EXCLUSIVE}
    kinds |= {"Cause": CAUSES, "Salvage": SALVAGES}
    for line in schema.strip().replace("\n ", " ").splitlines():
        name, *fields = line.split()
        pairs = [field.split(":") for field in fields]
        kinds[name] = namedtuple(name, [label for label, _ in pairs])
        kinds[name].types = tuple(kind_of(text, kinds) for _, text in pairs)
    return SimpleNamespace(**kinds)


def kind_of(text, kinds):
    if text.endswith("?"):
        return {kind_of(text[:-1], kinds)}
    return (kind_of(text[1:-1], kinds),) if text[0] == "[" else kinds[text]


M = messages(SCHEMA)


# Signatures and trees.


def check_signature(key, message, signature, otherwise):
    must(len(key) == 32 and len(signature) == 64, "a key or signature has the wrong length")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise ContradictionError(otherwise) from error


def opened(kind, signed, topic):
    """The message in an envelope, once its signature holds under `topic`."""
    name = topic.encode()
    length = len(signed.payload).to_bytes(8, "big")
    preimage = b"guildmark" + len(name).to_bytes(2, "big") + name + length + signed.payload
    check_signature(signed.author, preimage, signed.signature, f"a signature does not hold under {topic}")
    return decode(kind, signed.payload)


def sha(*parts):
    return sha256(b"".join(parts)).digest()


def leaf(entry):
    return sha(b"\0", entry)


def tree(hashes):
    """RFC 9162 root over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha()
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha(b"\1", tree(hashes[:split]), tree(hashes[split:]))


def included(found, index, size, proof, root):
    """RFC 9162 section 2.1.3.2."""
    must(0 <= index < size, "an entry is beyond its tree")
    last = size - 1
    for sibling in proof:
        must(last, "an inclusion proof is too long")
        if index & 1 or index == last:
            found = sha(b"\1", sibling, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = sha(b"\1", found, sibling)
        index, last = index >> 1, last >> 1
    must(last == 0 and found == root, "an entry is not in its tree")


# The transcript of an auction: frames of kind, length, checksum and content, in one order.

MAGIC, LONGEST = b"guildmark transcript/1\n", 67_108_864
KINDS = ("call", "commitments", "roll", "reveals", "replies", "result")
Transcript = namedtuple("Transcript", KINDS)


def read_transcript(raw):
    must(len(raw) <= LONGEST and raw.startswith(MAGIC), "the transcript is none, or too long")
    frames, at, last = {name: [] for name in KINDS}, len(MAGIC), 1
    while at < len(raw):
        head, start = raw[at : at + 5], at + 13
        content = raw[start : start + int.from_bytes(head[1:], "big")]
        must(raw[at + 5 : start] == sha(head, content)[:8], "a frame of the transcript is damaged")
        must(last <= head[0] <= len(KINDS), "a frame of the transcript is unknown or out of order")
        last, at = head[0], start + len(content)
        name = KINDS[last - 1]
        frames[name].append(content if name == "reveals" else decode(M.Signed, content))
    for name in ("call", "roll", "result"):
        must(len(frames[name]) == 1, f"the transcript has {len(frames[name])} times its {name}")
        frames[name] = frames[name][0]
    return Transcript(**frames)


def check_auction(auction, call, result):
    """Root of the transcript and the bids in it, once the result follows from them."""
    check_call(call, auction.call.author)
    seals, leaves = {}, []
    for signed in auction.commitments:
        commitment = opened(M.Commitment, signed, "commitment/1")
        must((commitment.provider, commitment.job) == (signed.author, call.job), "a commitment is another's")
        must(signed.author not in seals, "a provider sealed two bids")
        must(signed.author != call.customer, "the customer bids for its own job")
        seals[signed.author] = commitment.seal
        leaves.append(leaf(signed.payload))
    ascending(leaves)
    roll = opened(M.Roll, auction.roll, "roll/1")
    must((auction.roll.author, roll.job) == (call.customer, call.job), "the roll is not the customer's")
    must(len(leaves) <= 512 and list(roll.entries) == leaves, "the roll lists other commitments")
    bids = {}
    for raw in auction.reveals:
        bid, salt = decode(M.Reveal, raw)
        must(bid.job == call.job and len(salt) == 32, "a reveal is another job's")
        must(seals.get(bid.provider) == sha(b"guildmark/bid/1", salt, pack(bid)), "a reveal opens no commitment")
        check_bid(bid, call)
        bids[bid.provider] = bid
    ascending([bid.provider for bid in bids.values()])
    must(len(bids) == len(auction.reveals), "a bid is revealed twice")
    must(auction.result.author in (call.customer, *call.witnesses), "the result is signed by somebody else")
    outcome = result.award or result.no_award
    must(outcome is not None and None in (result.award, result.no_award), "the result names no outcome, or two")
    must(result.job == outcome.job == call.job, "the result is another job's")
    check_replies(auction.replies, result)
    entries = [pack(auction.call), *sorted(map(pack, auction.commitments)), *sorted(auction.reveals)]
    transcript = tree([leaf(entry) for entry in entries])
    counted, excluded = opened_bids(call, seals, bids, result)
    follows = Auction(call, counted, transcript).result(transcript, [bid.provider for bid in counted])
    if result.award is None and not (follows and follows.no_award):
        raise GapError("whether the auction was too complex in another way than by clashes is not recomputed here")
    must(follows and follows._replace(excluded=excluded) == result, "the award does not follow from the revealed bids")
    return transcript, bids, counted


def check_replies(replies, result):
    won = {assignment.provider for assignment in result.award.assignments} if result.award else set()
    declined = {told.provider for told in result.excluded if told.reason == "declined"}
    ascending([pack(signed) for signed in replies])
    for signed in replies:
        reply = opened(M.Reply, signed, "reply/1")
        must((reply.provider, reply.job) == (signed.author, result.job), "a reply is another's")
        if reply.accepted:
            must(reply.provider in won and reply.result == sha(pack(result)), "an acceptance is of something else")
        else:
            must(reply.provider in declined, "a refusal is not one that the result tells of")


def check_call(call, author):
    must(author == call.customer, "the call is not signed by its customer")
    must(1 <= len(call.operations) <= 32, "the routing is too long, or empty")
    for index, operation in enumerate(call.operations):
        must(operation.index == index and operation.process in PROCESSES, "an operation is out of order or unknown")
    check_routing(predecessors(call.operations))
    weights, filters, far = call.weights, call.filters, 0 if call.filters.distance is None else call.filters.distance
    must(1 <= call.quantity <= 10_000 and 0 < call.budget <= 10**12, "quantity or budget is out of bounds")
    must(all(0 <= w <= 10_000_000 for w in (weights.hour, weights.co2_tonne, weights.grade)), "a weight is too high")
    must(0 <= call.premium <= 5_000, "the premium is out of bounds")
    must(0 <= weights.kilometre <= 100_000 and on_grid(call.site), "a weight or the site is out of bounds")
    measures = [*call.part.envelope, call.part.volume, call.part.mass, call.part.tolerance]
    for one in call.operations:
        measures += [*one.envelope, one.tolerance, one.removed, one.mass, one.features]
    must(len(call.part.holes) <= 256 and all(0 <= m <= 10**12 for m in measures), "a measure is out of bounds")
    must(len(call.witnesses) <= 7 and all(len(peer) == 32 for peer in call.witnesses), "a witness is none")
    ascending(call.witnesses)
    must(call.customer not in call.witnesses, "the customer is its own witness")
    ascending(filters.jurisdictions)
    must(all(map(is_code, filters.jurisdictions)), "a jurisdiction is none")
    must(0 <= filters.classification <= 3 and 0 <= filters.grade <= 9, "classification or grade is out of bounds")
    must(len(filters.invited) <= 64 and all(len(peer) == 32 for peer in filters.invited), "a guest is none")
    ascending(filters.invited)
    must(call.customer not in filters.invited, "the customer is its own guest")
    must(bool(filters.invited) == bool(filters.classification), "a public call names guests, or another one none")
    must(not filters.invited or set(call.witnesses) <= set(filters.invited), "a witness is not invited")
    minimal = bool(filters.jurisdictions) and not call.part.holes
    must(filters.classification < 3 or minimal, "a restricted call names no jurisdiction, or tells of holes")
    must(far >= 0 and (call.co2_cap is None or call.co2_cap >= 0), "distance or CO2 cap is below zero")
    must(len(call.job) == 32 and call.commit_by < call.reveal_by, "identifier or deadlines are malformed")
    must(call.earliest >= 0 and 0 < call.due - call.earliest <= 158_112_000, "the due date is out of bounds")


def predecessors(operations):
    return [o.after if o.after is not None else (o.index - 1,) if o.index else () for o in operations]


def check_routing(after):
    """Operations fork and join at single operations, end in one, and say nothing twice."""
    later = [set() for _ in after]
    for index, before in enumerate(after):
        must(list(before) == sorted(set(before)), "predecessors are out of order")
        must(all(0 <= other < index for other in before), "an operation comes before one that it follows")
    for index in reversed(range(len(after))):
        for other in after[index]:
            later[other] |= {index} | later[index]
    must(sum(not behind for behind in later) == 1, "the routing ends in no operation, or in several")
    must(
        not any(one in later[other] for before in after for one in before for other in before), "an order is said twice"
    )
    must(forks_and_joins(set(range(len(after))), later), "the routing is not made of forks and joins")


def forks_and_joins(operations, later):
    """Whether one operation is ordered with all the others, or they fall apart into parts that are ordered so."""
    for one in operations if len(operations) > 1 else ():
        ahead, behind = {o for o in operations if one in later[o]}, operations & later[one]
        if len(ahead) + 1 + len(behind) == len(operations):
            return forks_and_joins(ahead, later) and forks_and_joins(behind, later)
    parts = []
    for one in operations:
        linked = [part for part in parts if any(one in later[o] or o in later[one] for o in part)]
        parts = [part for part in parts if part not in linked] + [set().union({one}, *linked)]
    return len(operations) < 2 or (len(parts) > 1 and all(forks_and_joins(part, later) for part in parts))


# The award rule dp/1.

RANKED = 64  # low bits of a cost that add up ranks
MOST_HALVES = 512  # after which offers that exclude each other make an auction too complex
MOST_WEIGHED = 100_000_000  # comparisons of partial plans; the rule's own limit is counted with bounds unknown here


class TooComplexError(Exception):
    """The bids ask for a larger search than anybody has to make."""


def limited(limits, number, opens, closes):
    """`limits` with another one for an offer, which is out where nothing is left of it."""
    others = {other: limit for other, limit in limits.items() if other != number}
    return {**others, number: (opens, closes)} if opens <= closes else others


class Auction:
    """Every way of joining windows, kept only while none is better in everything: plain, and exact."""

    def __init__(self, call, bids, transcript):
        self.call, self.offers, self.after = call, [], predecessors(call.operations)
        self.awaited = [{one for later in self.after[at:] for one in later} for at in range(len(self.after) + 1)]
        self.windows = [[] for _ in call.operations]
        self.clashes, self.weighed = {}, 0
        for bid in sorted(bids, key=lambda bid: bid.provider):
            self._enter(bid, transcript)

    def _enter(self, bid, transcript):
        base, weights = len(self.offers), self.call.weights
        ranks = shake(b"guildmark/rank/1" + transcript + bid.provider, 7 * len(bid.offers))
        for index, offer in enumerate(bid.offers):
            self.offers.append((bid, offer))
            if offer.grade > self.call.filters.grade:
                continue
            span = offer.last - offer.first + 1
            rank = span * int.from_bytes(ranks[7 * index : 7 * index + 7], "big")
            score = (offer.price + offer.grade * weights.grade * span) * 1_000_000 + offer.co2 * weights.co2_tonne
            self.windows[offer.first].append((base + index, bid, offer, (score * 3600 << RANKED) + rank))
        for one, other in bid.clashes:
            self.clashes.setdefault(base + one, set()).add(base + other)
            self.clashes.setdefault(base + other, set()).add(base + one)

    def best(self, bars=None):
        """The cheapest plan (cost, arrival, price, CO2, steps) in time and within the caps whose offers go together.

        A plan with two that do not splits the search: once without the one offer and once without the other, or with
        the one or the other at another time on the machine that both want; the cheapest part is taken up first. After
        so many parts the auction counts as too complex. What `bars` holds of stays out.
        """
        offers = enumerate(self.offers)
        limits = {n: (offer.opens, offer.closes) for n, (bid, offer) in offers if not (bars and bars(bid, offer))}
        root, halves = self._search(limits), 0
        waiting = [] if root is None else [(root[0], 0, root, limits)]
        while waiting:
            _, _, plan, limits = heappop(waiting)
            pair = self._conflict(plan[-1])
            if pair is None:
                return plan
            for part in self._parts(*pair, limits):
                halves += 1
                if halves > MOST_HALVES:
                    raise TooComplexError
                found = self._search(part)
                if found is not None:
                    heappush(waiting, (found[0], halves, found, part))
        return None

    def _conflict(self, steps):
        pairs = ((one, other) for at, one in enumerate(steps) for other in steps[at + 1 :])
        return next((pair for pair in pairs if self._clash(*pair) or self._meet(*pair)), None)

    def _clash(self, one, other):
        return other[0] in self.clashes.get(one[0], ())

    def _meet(self, one, other):
        """Whether both want one machine at one time, as only branches can."""
        (bid, offer), (other_bid, other_offer) = self.offers[one[0]], self.offers[other[0]]
        if (bid.provider, offer.machine) != (other_bid.provider, other_offer.machine):
            return False
        return one[1] < other[1] + other_offer.duration and other[1] < one[1] + offer.duration

    def _parts(self, one, other, limits):
        if self._clash(one, other):
            for gone, _ in (one, other):
                yield {number: limit for number, limit in limits.items() if number != gone}
            return
        for (first, start), (second, _) in ((one, other), (other, one)):
            end = start + self.offers[first][1].duration
            yield limited(limits, second, max(end, limits[second][0]), limits[second][1])
            yield limited(limits, first, limits[first][0], min(start - 1, limits[first][1]))

    def _search(self, limits):
        call = self.call
        fronts = [[] for _ in range(len(call.operations) + 1)]
        fronts[0] = [((), 0, 0, 0, ())]
        for operation in range(len(call.operations)):
            for label in self._undominated(fronts[operation]):
                for window in self.windows[operation]:
                    limit = limits.get(window[0])
                    reached = limit and self._take(label, window, *limit)
                    if reached is not None:
                        fronts[window[2].last + 1].append(reached)
        plans = []
        for (end,), cost, price, co2, steps in self._undominated(fronts[-1]):
            _, site, ready = end
            distance = way(site, call.site)
            arrival, grams = ready + duration(distance), co2 + emission(distance)
            if arrival <= call.due and (call.co2_cap is None or grams <= call.co2_cap):
                time = call.weights.hour * 1_000_000 * (arrival - call.earliest) << RANKED
                plans.append((cost + move_cost(call, distance) + time, arrival, price, grams, steps))
        return min(plans, default=None, key=lambda plan: plan[0])

    def _take(self, label, window, opens, closes):
        """The label after `window`; its first part tells of each operation that others wait for: site, and ready at."""
        call, (ends, cost, price, co2, steps) = self.call, label
        number, bid, offer, own = window
        start, moved, grams = max(call.earliest, opens), 0, 0
        for operation, site, ready in ends:
            if operation in self.after[offer.first]:
                distance = way(site, bid.site)
                start = max(start, ready + duration(distance))
                moved, grams = moved + move_cost(call, distance), grams + emission(distance)
        if start > closes:
            return None
        asked = max((rise.price for rise in offer.rises if rise.start <= start), default=offer.price)
        price, co2 = price + asked, co2 + offer.co2 + grams
        if price > call.budget or (call.co2_cap is not None and co2 > call.co2_cap):
            return None
        cost += own + moved + ((asked - offer.price) * 1_000_000 * 3600 << RANKED)
        left = [end for end in ends if end[0] in self.awaited[offer.last + 1]]
        left.append((offer.last, bid.site, start + offer.duration))
        return tuple(left), cost, price, co2, (*steps, (number, start))

    def _undominated(self, labels):
        kept = []
        for label in sorted(labels, key=lambda label: ([ready for _, _, ready in label[0]], *label[1:4])):
            self.weighed += len(kept)
            if self.weighed > MOST_WEIGHED:
                raise GapError("the bids ask for a larger search than this program makes")
            if not any(self._as_good(other, label) for other in kept):
                kept.append(label)
        return kept

    @staticmethod
    def _as_good(one, other):
        pairs = zip(one[0], other[0], strict=True)
        return all(a[1] == b[1] and a[2] <= b[2] for a, b in pairs) and all(one[i] <= other[i] for i in (1, 2, 3))

    def best_with(self, provider):
        """The plan with the lowest score in which `provider` makes something."""
        plans = []
        for operation in {o.first for bid, o in self.offers if bid.provider == provider}:
            try:
                # Nobody else's offer may cover it.
                plans.append(
                    self.best(lambda bid, o, at=operation: bid.provider != provider and o.first <= at <= o.last)
                )
            except TooComplexError:
                continue
        return min((plan for plan in plans if plan), default=None, key=lambda plan: (plan[0] >> RANKED) // 3600)

    def result(self, transcript, bidders):
        """What the customer has to announce; None when nobody can be awarded, for another reason than complexity."""
        job = self.call.job
        try:
            plan = self.best()
        except TooComplexError:
            return M.Result(job, None, M.NoAward(job, "too-complex", sum(map(len, self.windows))), (), ())
        if plan is None:
            return None
        cost, arrival, price, co2, steps = plan
        score = (cost >> RANKED) // 3600
        assignments = []
        for number, start in steps:
            bid, offer = self.offers[number]
            assignments.append(M.Assignment(bid.provider, bid.site, offer, start, 0))
        assignments.sort(key=lambda a: a.offer.first)
        standings = []
        for provider in sorted(bidders):
            won = tuple(
                o for a in assignments if a.provider == provider for o in range(a.offer.first, a.offer.last + 1)
            )
            other = plan if won else self.best_with(provider)
            gaps = (None, None) if other is None else ((other[0] >> RANKED) // 3600 - score, other[2] - price)
            standings.append(M.Standing(provider, won, *gaps))
        premiums = self.premiums({a.provider for a in assignments}, price, score)
        made = tuple(a._replace(premium=premiums.pop(a.provider, 0)) for a in assignments)
        award = M.Award(job, transcript, made, arrival, sum(map(price_at, made)), co2, score)
        return M.Result(job, award, None, tuple(standings), ())

    def premiums(self, winners, asked, score):
        """What each winner is paid above its bids: what the customer would lose without it, if that stays in bounds."""
        most, worth = asked * self.call.premium // 10_000, {}
        for winner in winners if self.call.premium else ():
            try:
                other = self.best(lambda bid, _, winner=winner: bid.provider == winner)
            except TooComplexError:
                other = None
            if other is None:
                return {}
            worth[winner] = ((other[0] >> RANKED) // 3600 - score) // 1_000_000
        together = sum(worth.values())
        return worth if together <= min(most, self.call.budget - asked) else {}


def opened_bids(call, sealed, bids, result):
    """The bids that count, and why each other one does not."""
    declined = {told.provider for told in result.excluded if told.reason == "declined"}
    counted, excluded = [], []
    for provider in sorted(sealed):
        reason, measure = "unrevealed", 0
        if provider in bids:
            bid = bids[provider]
            reason, measure = ("declined", 0) if provider in declined else exclusion(call.filters, bid, call.site)
        if reason is None:
            counted.append(bid)
        else:
            excluded.append(M.Exclusion(provider, reason, measure))
    return counted, tuple(excluded)


def exclusion(filters, bid, site):
    if filters.invited and bid.provider not in filters.invited:
        return "uninvited", 0
    if filters.jurisdictions and bid.jurisdiction not in filters.jurisdictions:
        return "jurisdiction", 0
    if bid.clearance < filters.classification:
        return "clearance", bid.clearance
    if filters.distance is not None and way(bid.site, site) > filters.distance:
        return "distance", way(bid.site, site)
    best = min(offer.grade for offer in bid.offers)
    return ("grade", best) if best > filters.grade else (None, 0)


def shake(message, size):
    return shake_256(message).digest(size)


def way(a, b):
    return abs(a.easting - b.easting) + abs(a.northing - b.northing)


def duration(metres):
    return 3600 + metres * 3600 // 60_000 if metres else 0


def emission(metres):
    return metres * 62 // 1000


def move_cost(call, metres):
    score = emission(metres) * call.weights.co2_tonne + metres * call.weights.kilometre * 1000
    return score * 3600 << RANKED


def check_bid(bid, call):
    must(1 <= len(bid.offers) <= 64 and len(set(bid.offers)) == len(bid.offers), "a bid has too many offers, or twins")
    must(on_grid(bid.site) and bid.clearance >= 0, "a bidder is nowhere")
    must(not bid.jurisdiction or is_code(bid.jurisdiction), "a jurisdiction is none")
    must(len(bid.clashes) <= 64 and list(bid.clashes) == sorted(set(bid.clashes)), "clashes are out of order")
    must(all(0 <= a < b < len(bid.offers) for a, b in bid.clashes), "a clash names no offer")
    after = predecessors(call.operations)
    for offer in bid.offers:
        must(0 <= offer.first <= offer.last < len(call.operations), "an offer covers operations that do not exist")
        for at in range(offer.first + 1, offer.last + 1):
            alone = [index for index, before in enumerate(after) if at - 1 in before] == [at] and after[at] == (at - 1,)
            must(alone, "a bundle leaves its branch")
        must(
            0 < offer.price <= 10**12 and 0 <= offer.co2 <= 10**9 and 0 <= offer.grade <= 9, "an offer is out of bounds"
        )
        must(0 <= offer.opens <= offer.closes <= call.due, "a window is out of bounds")
        must(0 < offer.duration <= 158_112_000, "a duration is out of bounds")
        must(len(offer.rises) <= 4 and 0 < len(offer.machine) <= 128, "an offer is too long")
        since, price = offer.opens, offer.price
        for rise in offer.rises:
            must(since < rise.start <= offer.closes and price < rise.price <= 10**12, "a price curve does not rise")
            since, price = rise


def on_grid(site):
    return abs(site.easting) <= 21_000_000 and abs(site.northing) <= 21_000_000


def is_code(code):
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()


# Records: in-toto Statements in DSSE envelopes, SD-JWT disclosures, C2SP checkpoints.

IN_TOTO, STATEMENT = "application/vnd.in-toto+json", "https://in-toto.io/Statement/v1"
STEP, CERTIFICATE = "urn:guildmark:production-step:1", "urn:guildmark:machine-certificate:1"
FIELDS = ("job", "part", "operation", "machine", "program", "inputs", "tools", "started", "finished", "energy")
FIELDS += ("observations", "measurements", "previous", "machine_previous", "event")
HEX, TEXT, WHOLE = "hexadecimal", "text", "integer"
SHAPES = dict.fromkeys(("job", "program", "observations", "previous", "machine_previous"), HEX)
SHAPES |= dict.fromkeys(("part", "operation", "started", "finished", "energy"), WHOLE) | {
    "machine": TEXT,
    "event": TEXT,
}
SHAPES |= {"inputs": [{"material": TEXT, "number": TEXT}], "tools": [TEXT]}
LIMITS = ("nominal", "lower", "upper", "value")
SHAPES |= {"measurements": [{"name": TEXT, **dict.fromkeys(LIMITS, WHOLE)}]}
CERTIFICATE_LIFETIME = 34_560_000
CERTIFIED = {"provider": HEX, "machine": TEXT, "key": HEX, "begins": WHOLE, "ends": WHOLE}


def canonical(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def load_json(raw, what):
    def refuse(_text):
        raise ValueError("not an integer")

    def integer(text):
        if len(text) > 17 or abs(int(text)) >= 1 << 53:
            raise ValueError("too large")
        return int(text)

    try:
        value = json.loads(raw.decode(), parse_float=refuse, parse_constant=refuse, parse_int=integer)
        must(canonical(value) == raw, f"{what} is not in canonical form")
    except (ValueError, RecursionError) as error:
        raise ContradictionError(f"{what} is not JSON") from error
    return value


def shaped(shape, value, what):
    """`value` once it has the shape; hexadecimal text becomes bytes."""
    if isinstance(shape, list):
        must(type(value) is list, f"{what} is no array")
        return [shaped(shape[0], item, what) for item in value]
    if isinstance(shape, dict):
        must(type(value) is dict and value.keys() == shape.keys(), f"{what} has other names")
        return {name: shaped(inner, value[name], what) for name, inner in shape.items()}
    must(type(value) is (int if shape == WHOLE else str), f"{what} has the wrong type")
    return unhex(value, what) if shape == HEX else value


def unhex(text, what):
    must(type(text) is str, f"{what} is no text")
    try:
        raw = bytes.fromhex(text)
    except ValueError as error:
        raise ContradictionError(f"{what} is not hexadecimal") from error
    must(raw.hex() == text, f"{what} is not in its one form")
    return raw


def unbase(text, what, *, url=False):
    must(type(text) is str, f"{what} is no text")
    try:
        padding = b"=" * (-len(text) % 4) if url else b""
        raw = base64.b64decode(text.encode("ascii") + padding, b"-_" if url else None, validate=True)
    except ValueError as error:
        raise ContradictionError(f"{what} is not base64") from error
    must((to_url(raw) if url else base64.b64encode(raw).decode()) == text, f"{what} is not in its one form")
    return raw


def to_url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def attested(envelope, predicate):
    """Key, subject and predicate of an in-toto Statement in a DSSE envelope, once its signature holds."""
    must(len(envelope) <= 8 * 1024, "an envelope is too large")
    outer = load_json(envelope, "an envelope")
    must(type(outer) is dict and outer.keys() == {"payload", "payloadType", "signatures"}, "an envelope is malformed")
    must(outer["payloadType"] == IN_TOTO, "an envelope carries something else")
    signatures = outer["signatures"]
    must(type(signatures) is list and len(signatures) == 1, "an envelope has not one signature")
    must(type(signatures[0]) is dict and signatures[0].keys() == {"keyid", "sig"}, "a signature is malformed")
    payload, key = unbase(outer["payload"], "a payload"), unhex(signatures[0]["keyid"], "a key")
    message = b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
    check_signature(key, message, unbase(signatures[0]["sig"], "a signature"), "an envelope's signature does not hold")
    inner = load_json(payload, "a statement")
    must(type(inner) is dict and inner.keys() == {"_type", "subject", "predicateType", "predicate"}, "no statement")
    must(inner["_type"] == STATEMENT and inner["predicateType"] == predicate, "a statement of another type")
    must(type(inner["subject"]) is list and len(inner["subject"]) == 1, "a statement about several subjects")
    return key, inner["subject"][0], inner["predicate"]


def open_certificate(envelope):
    key, subject, predicate = attested(envelope, CERTIFICATE)
    found = shaped(CERTIFIED, predicate, "a certificate")
    must(found["provider"] == key, "a certificate is not signed by its provider")
    must(len(found["key"]) == 32 and len(found["machine"]) <= 128, "a certificate is out of bounds")
    must(0 <= found["ends"] - found["begins"] <= CERTIFICATE_LIFETIME, "a certificate is valid for too long, or never")
    digest = sha256(found["key"]).hexdigest()
    must(subject == {"name": found["machine"], "digest": {"sha256": digest}}, "a certificate is about another key")
    return found


def open_record(record, certificates):
    """Provider and shown fields of a record, once signature, certificate and disclosures hold."""
    key, subject, predicate = attested(record.envelope, STEP)
    shape = {"certificate": HEX, "provider": HEX, "fields": dict.fromkeys(FIELDS, TEXT)}
    found = shaped(shape, predicate, "a record")
    digests = found["fields"]
    part = unbase(digests["part"], "a digest", url=True)
    must(len(part) == 32, "a digest is none")
    must(subject == {"name": "part", "digest": {"sha256": part.hex()}}, "a record is about another subject")
    must(found["certificate"] in certificates, "a record names a certificate that is not here")
    certificate = certificates[found["certificate"]]
    must(certificate["key"] == key, "a record is not signed by the machine of its certificate")
    must(certificate["provider"] == found["provider"], "a record's certificate is another provider's")
    shown = {}
    for text in record.disclosures:
        must(len(text) <= 64 * 1024, "a disclosure is too large")
        salted = load_json(unbase(text, "a disclosure", url=True), "a disclosure")
        must(type(salted) is list and len(salted) == 3 and type(salted[1]) is str, "a disclosure is malformed")
        must(len(unbase(salted[0], "a salt", url=True)) == 16, "a salt has the wrong length")
        name = salted[1]
        digest = to_url(sha(text.encode()))
        must(name not in shown and digests.get(name) == digest, f"a record does not say this about its {name[:99]}")
        shown[name] = shaped(SHAPES[name], salted[2], name)
    must(shown.get("machine", certificate["machine"]) == certificate["machine"], "a record names another machine")
    finished = shown.get("finished", certificate["ends"])
    must(certificate["begins"] <= finished <= certificate["ends"], "a machine's certificate was not valid")
    must(len(shown.get("measurements", ())) <= 256, "a record has too many measurements")
    named = [*shown.get("inputs", ()), *shown.get("tools", ())]
    must(all(len(shown.get(name, ())) <= 64 for name in ("inputs", "tools")), "a record has too many inputs or tools")
    must(all(len(one if type(one) is str else one["number"]) <= 128 for one in named), "a text in a record is too long")
    if len(shown) == len(FIELDS):
        must(shown["event"] == event_hash(shown, found["provider"]), "a record's event is another step's")
    return found["provider"], shown


def event_hash(step, provider):
    """CBV 2.0 section 8.9 hash of the step's EPCIS 2.0 event."""
    part = f"urn:guildmark:part:{step['job'].hex()}:{step['part']}"
    lots = sorted(f"{quote(lot['material'], safe='')}:{quote(lot['number'], safe='')}" for lot in step["inputs"])
    text = f"eventType={'TransformationEvent' if lots else 'ObjectEvent'}"
    text += f"eventTime={moment(step['finished'])}eventTimeZoneOffset=+00:00"
    step_of = "https://ref.gs1.org/cbv/BizStep-"
    if lots:
        text += "inputQuantityList" + "".join(f"quantityElementepcClass=urn:guildmark:lot:{lot}" for lot in lots)
        text += f"outputEPCListepc={part}bizStep={step_of}commissioning"
    else:
        text += f"epcListepc={part}action=OBSERVEbizStep={step_of}{'inspecting' if step['measurements'] else 'other'}"
    text += f"readPointid=urn:guildmark:machine:{provider.hex()}:{quote(step['machine'], safe='')}"
    reports = [f"sensorReporttype=https://gs1.org/voc/Energyvalue={step['energy']}uom=WHR"]
    for measured in step["measurements"]:
        method = f"urn:guildmark:characteristic:{quote(measured['name'], safe='')}"
        report = f"sensorReporttype=https://gs1.org/voc/LengthdataProcessingMethod={method}"
        reports.append(f"{report}value={measured['value']}uom=4H")
    text += f"sensorElementListsensorElementsensorMetadatastartTime={moment(step['started'])}"
    text += f"endTime={moment(step['finished'])}rawData=urn:guildmark:observations:{step['observations'].hex()}"
    return f"ni:///sha-256;{sha256((text + ''.join(sorted(reports))).encode()).hexdigest()}?ver=CBV2.0"


def moment(seconds):
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    except (OverflowError, OSError, ValueError) as error:
        raise ContradictionError("a time is out of bounds") from error


Head = namedtuple("Head", "provider size root log witnesses")


def open_note(content):
    """A log's signed checkpoint and who cosigned it; every line has to hold, and they come by witness."""
    must(len(content) <= 16 * 1024, "a checkpoint is too large")
    body, _, below = content.partition(b"\n\n")
    body += b"\n"
    try:
        (origin, size, root, end), lines = body.decode().split("\n"), below.decode().split("\n")
    except ValueError as error:
        raise ContradictionError("a checkpoint is malformed") from error
    must(not end and lines.pop() == "" and 0 < len(lines) <= 33, "a checkpoint is malformed")
    must(origin.startswith("guildmark/log/") and size.isascii() and size.isdecimal(), "a checkpoint is no log's")
    provider, root = unhex(origin.removeprefix("guildmark/log/"), "a log's key"), unbase(root, "a root")
    must(
        len(provider) == 32 and len(root) == 32 and len(size) <= 19 and str(int(size)) == size,
        "a checkpoint is malformed",
    )
    _check_line(lines[0], origin, 1, provider, body)
    witnesses = []
    for line in lines[1:]:
        name = line.split(" ")[1] if line.count(" ") == 2 else ""
        witness = unhex(name.removeprefix("guildmark/witness/"), "a witness's key")
        must(name == "guildmark/witness/" + witness.hex(), "a cosignature is malformed")
        _check_line(line, name, 4, witness, body)
        witnesses.append(witness)
    must(witnesses == sorted(set(witnesses)), "cosignatures are twice there or out of order")
    return Head(provider, int(size), root, sha(origin.encode()), tuple(witnesses))


def _check_line(line, name, kind, key, body):
    must(line.startswith(f"\u2014 {name} "), "a signature line is malformed")
    raw = unbase(line.removeprefix(f"\u2014 {name} "), "a signature")
    must(raw[:4] == sha(name.encode(), b"\n", bytes([kind]), key)[:4], "a signature names another key")
    raw = raw[4:]
    if kind == 4:
        must(len(raw) == 72, "a cosignature is malformed")
        body, raw = b"cosignature/v1\ntime %d\n" % int.from_bytes(raw[:8], "big") + body, raw[8:]
    check_signature(key, body, raw, "a checkpoint's signature does not hold")


# The bundle.

FORMAT = "guildmark/bundle/5"

# The ledger: what contracts say in blocks, proven.

EVENTS = """
members.Registered address account*, bytes32 peer*, bytes32 encryptionKey, uint8 roles, uint64 epoch, uint64 expiry
members.Revoked address account*, bytes32 peer*, uint64 epoch
designs.Sealed address owner*, bytes32 commitment*
designs.Licensed bytes32 licence*, address owner*, address licensee*, bytes32 commitment, bytes32 package, uint32 maxUnits, uint64 expiry
designs.Recorded bytes32 licence*, uint32 first, uint32 last, bytes32 evidence
orders.Opened bytes32 id*, address customer*, uint64 budget, bytes32 call, bytes32 design, bytes32 packHash, uint40 deadline
orders.Awarded bytes32 id*, bytes32 transcript, uint64 total
orders.Assigned bytes32 id*, uint32 index*, address provider*, uint40 price, uint32 units, uint32 due, uint8 milestones, uint8 inspection
orders.Reawarded bytes32 id*, uint32 index*, bytes32 transcript
orders.Attested bytes32 id*, uint32 index*, address provider*, bytes32 evidence
provenance.Anchored address publisher*, bytes32 root*, uint64 count
"""  # an asterisk marks indexed arguments


@lru_cache
def _event_table():
    table = {}
    for line in EVENTS.strip().splitlines():
        name, _, arguments = line.partition(" ")
        contract, event = name.split(".")
        pairs = [argument.split() for argument in arguments.split(", ")]
        topic = keccak(f"{event}({','.join(kind for kind, _ in pairs)})".encode())
        kind = namedtuple(event, [label.rstrip("*") for _, label in pairs])
        table[contract, topic] = (name, kind, [(what, label.endswith("*")) for what, label in pairs])
    return table


Event = namedtuple("Event", "kind said block")
Proven = namedtuple("Proven", "number hash time logs storage")


def read_block(proof):
    """What a block is proven to hold; every node of the proof is needed, and all is in order."""
    fields, trie = rlp_list(proof.header), Trie(proof.nodes)
    must(15 <= len(fields) <= 21, "a header is none")
    state, receipts = rlp_bytes(fields[3]), rlp_bytes(fields[5])
    must(len(state) == 32 and len(receipts) == 32, "a header has no roots")
    logs, storage = [], {}
    ascending([places.transaction for places in proof.logs])
    for places in proof.logs:
        must(places.transaction >= 0 and places.positions and min(places.positions) >= 0, "there is no such log")
        receipt = trie.find(receipts, rlp_index(places.transaction))
        must(receipt, "there is no such receipt")
        parts = rlp_list(receipt[1:] if 1 <= receipt[0] <= 4 else receipt)
        must(len(parts) == 4, "a receipt is none")
        entries = rlp_list(parts[3])
        ascending(places.positions)
        for position in places.positions:
            must(position < len(entries), "there is no such log")
            log = rlp_list(entries[position])
            must(len(log) == 3, "a log is none")
            logs.append((rlp_bytes(log[0]), [rlp_bytes(topic) for topic in rlp_list(log[1])], rlp_bytes(log[2])))
    ascending([slots.account for slots in proof.storage])
    for slots in proof.storage:
        account = trie.find(state, keccak(slots.account))
        must(account is not None and slots.slots, "there is no such contract")
        items = rlp_list(account)
        must(len(items) > 2, "an account is none")
        ascending(slots.slots)
        for slot in slots.slots:
            value = trie.find(rlp_bytes(items[2]), keccak(slot))
            storage[slots.account, slot] = 0 if value is None else rlp_int(value)
    trie.close()
    return Proven(rlp_int(fields[8]), keccak(proof.header), rlp_int(fields[11]), logs, storage)


def ascending(values):
    must(list(values) == sorted(set(values)), "something is twice there or out of order")


class Facts:
    """The bundle opened; `said` finds the ledger's events."""

    def __init__(self, bundle):
        self.bundle, self.federation = bundle, bundle.federation
        self.auction = read_transcript(bundle.auction)
        self.call = opened(M.Call, self.auction.call, "call/1")
        self.result = opened(M.Result, self.auction.result, "award/1")
        self.certificates = {leaf(raw): open_certificate(raw) for raw in bundle.certificates}
        ascending(bundle.certificates)
        self.heads = [open_note(raw) for raw in bundle.notes]
        self.blocks = [read_block(proof) for proof in bundle.blocks]
        ascending([block.number for block in self.blocks])
        must(self.blocks, "the bundle proves no block")
        table, contracts = _event_table(), {}
        for name in ("members", "designs", "orders", "provenance"):
            contracts.setdefault(getattr(self.federation, name), name)
        self.events = [self._event(table, contracts, block, log) for block in self.blocks for log in block.logs]
        self.accounts = {e.said.peer: e.said.account for e in self.events if e.kind == "members.Registered"}
        ascending([signed.author for signed in bundle.vouchers])
        self.vouchers = {signed.author: self._voucher(signed) for signed in bundle.vouchers}
        self._check_state()

    def _check_state(self):
        """No state is shown but what is asked for; else a wrong name would only look like a proof that is missing."""
        named = self.federation
        asked = {(named.designs, licence_slot(e.said.licence)) for e in self.said("designs.Licensed")}
        for account in self.accounts.values():
            asked |= {(named.provenance, head_slot(account)), (named.members, member_slot(account))}
        shown = set(self.blocks[-1].storage)
        try:
            asked |= {(named.passports, passport_slot(self.serial(part))) for part in self.bundle.parts}
        except ContradictionError:  # that a part has no serial is for its own check to say
            shown = {place for place in shown if place[0] != named.passports}
        idle = any(block.storage for block in self.blocks[:-1])
        must(not shown - asked and not idle, "the bundle shows state that nothing asks for")

    @staticmethod
    def _event(table, contracts, block, log):
        address, topics, data = log
        found = table.get((contracts.get(address), topics[0] if topics else b""))
        must(found, "a log is none of this federation's, or none that belongs in a bundle")
        name, kind, arguments = found
        words = [data[at : at + 32] for at in range(0, len(data), 32)]
        indexed, values = list(topics[1:]), []
        for what, is_indexed in arguments:
            source = indexed if is_indexed else words
            must(source and len(source[0]) == 32, "an event is malformed")
            values.append(_value(what, source.pop(0)))
        return Event(name, kind(*values), block)

    @staticmethod
    def _voucher(signed):
        voucher = opened(M.Voucher, signed, "blocks/1")
        numbers = [block.number for block in voucher.blocks]
        must(0 < len(numbers) <= 256 and numbers[0] >= 0, "a voucher names no block, or too many")
        ascending(numbers)
        must(all(len(block.hash) == 32 for block in voucher.blocks), "a block's hash has the wrong length")
        return voucher

    def said(self, kind, claim=bool):
        return [event for event in self.events if event.kind == kind and claim(event.said)]

    def one(self, kind, claim=bool):
        found = self.said(kind, claim)
        must(len(found) == 1, f"the bundle proves {len(found)} times {kind}, not once")
        return found[0]

    def account(self, peer):
        must(peer in self.accounts, f"no registration of peer {peer.hex()[:8]} is proven")
        return self.accounts[peer]

    @property
    def assignments(self):
        must(self.result.award is not None, "the auction ended without award")
        found = list(self.result.award.assignments)
        for one in self.bundle.replacements:
            must(0 <= one.index < len(found), "an assignment was replaced that was never awarded")
            found[one.index] = one.assignment
        return found

    def assignment(self, operation):
        for index, assignment in enumerate(self.assignments):
            if assignment.offer.first <= operation <= assignment.offer.last:
                return index
        raise ContradictionError(f"operation {operation + 1} was awarded to nobody")

    def maker(self, operation):
        return self.assignments[self.assignment(operation)].provider

    def licence(self, operation):
        packages = self.bundle.design.packages
        must(operation + 1 < len(packages), f"operation {operation + 1} has no package")
        where = word(self.federation.chain) + self.federation.designs
        owner, licensee = self.account(self.call.customer), self.account(self.maker(operation))
        return sha(b"guildmark/licence/1", where, owner, self.call.design, packages[operation + 1], licensee)

    def licensed(self, operation):
        licence = self.licence(operation)
        return self.one("designs.Licensed", lambda said: said.licence == licence).said

    def attested(self, assignment):
        return self.one("orders.Attested", lambda said: (said.id, said.index) == (self.call.job, assignment))

    def serial(self, part):
        must(0 <= part.unit < 1 << 32, "a unit is out of bounds")
        return sha(b"guildmark/serial/1", self.licence(len(self.call.operations) - 1), part.unit.to_bytes(4, "big"))


def _value(what, raw):
    if what == "bytes32":
        return raw
    if what == "address":
        must(raw[:12] == bytes(12), "an address is malformed")
        return raw[12:]
    number = int.from_bytes(raw, "big")
    must(number < 1 << int(what.removeprefix("uint")), "a number in an event is out of bounds")
    return number


def word(number):
    must(0 <= number < 1 << 256, "a number is out of bounds")
    return number.to_bytes(32, "big")


# Checks: the same questions, in the same order, under the same names as `guildmark audit`.

PROVIDER = 1


def check_order(facts):
    call, order = facts.call, facts.one("orders.Opened").said
    must(call.chain == facts.federation.chain, "the call is for another chain")
    must(call.orders == facts.federation.orders, "the call is for another order contract")
    must(facts.auction.call.author == call.customer, "the call is not signed by its customer")
    must(order.id == call.job, "the order is another job's")
    must(order.customer == facts.account(call.customer), "the order is not the customer's")
    must(order.call == leaf(facts.auction.call.payload), "the call is not the one that was ordered")
    must(order.design == call.design, "the order is for another design")
    return f"order {call.job.hex()[:12]}, escrow {order.budget} cents"


def check_rules(facts):
    call, rules, order = facts.call, facts.bundle.rules, facts.one("orders.Opened").said
    digest = sha(*map(word, rules))
    must(order.packHash == digest, "the order was opened under other rules")
    must(call.rule_pack == digest, "the call is made under another rule pack")
    must(call.reveal_by - call.commit_by >= rules.min_reveal, "the call leaves too little time to reveal")
    must(call.budget <= rules.max_budget, "the budget is too high")
    must(call.weights.co2_tonne >= rules.carbon, "carbon is weighed too low")
    must(call.weights.hour <= rules.max_hour, "an hour is weighed too high")
    must(call.premium <= rules.premium, "the premium is too high")
    allowed = [process for bit, process in enumerate(PROCESSES) if rules.processes >> bit & 1]
    must(all(operation.process in allowed for operation in call.operations), "a process is not allowed")
    return f"rule pack {rules.version}"


def check_design(facts):
    call, design, owner = facts.call, facts.bundle.design, facts.account(facts.call.customer)
    where = (word(call.chain), facts.federation.designs, owner)
    must(sha(b"guildmark/design/1", *where, design.root, design.nonce) == call.design, "the root opens no commitment")
    must(tree(design.packages) == design.root, "the packages are not those that were sealed")
    filled = max(4, 1 << len(call.operations).bit_length())  # the tree is filled up to a power of two
    must(len(design.packages) == filled, "there is not one package for each operation")
    seal, order = facts.one("designs.Sealed"), facts.one("orders.Opened")
    must((seal.said.owner, seal.said.commitment) == (owner, call.design), "another design was sealed")
    must(seal.block.number <= order.block.number, "the design was sealed after the order")
    return f"sealed in block {seal.block.number}"


def check_award(facts):
    call, auction, result = facts.call, facts.auction, facts.result
    transcript, bids, counted = check_auction(auction, call, result)
    must(result.award is not None, "the auction ended without award")
    awarded, count = facts.one("orders.Awarded").said, len(result.award.assignments)
    named = [event.said for event in facts.said("orders.Assigned")]
    assigned = sorted(named[:count], key=lambda said: said.index)
    must((awarded.id, awarded.transcript) == (call.job, transcript), "the ledger holds another transcript")
    must([said.index for said in assigned] == list(range(count)), "assignments are missing")
    for said, assignment in zip(assigned, result.award.assignments, strict=True):
        check_named(facts, said, assignment)
    check_replacements(facts, counted, named[count:])
    return f"recomputed from {len(bids)} bids: {result.award.price} cents"


def check_named(facts, said, assignment):
    must(said.id == facts.call.job, "an assignment is another job's")
    must(said.provider == facts.account(assignment.provider), "an assignment went to somebody else")
    must(said.price == price_at(assignment), "an assignment has another price")


def check_replacements(facts, bids, assigned):
    """Whoever stood in was the best of those who were left, as the ledger named them."""
    told = facts.bundle.replacements
    named = [event.said for event in facts.said("orders.Reawarded")]
    must(len(told) == len(named) == len(assigned), "replacements are missing, or were never named")
    current, tenders = list(facts.result.award.assignments), list(facts.bundle.tenders)
    must(len(tenders) == sum(one.cause == "improved" for one in told), "a tender is missing, or about nothing")
    for number, (one, event, winner) in enumerate(zip(told, named, assigned, strict=True)):
        must((event.id, event.index, event.transcript) == (one.job, one.index, leaf(pack(one))), "another was named")
        must(one.job == facts.call.job and winner.index == one.index, "the replacement is of something else")
        must(0 <= one.index < len(current), "there is no such assignment")
        must(one.failed == current[one.index].provider, "the replaced provider did not have the assignment")
        earlier = [other.failed for other in told[:number] if other.index == one.index]
        must(one.round == len(earlier) + 1, "a replacement is missing")
        if one.cause == "improved":
            check_improvement(facts.call, current, one, read_transcript(tenders.pop(0)))
        else:
            check_stand_in(facts.call, bids, current, one, earlier)
        check_salvage(facts.call, current, one)
        check_named(facts, winner, one.assignment)
        current[one.index] = one.assignment


def check_stand_in(call, bids, current, one, earlier):
    must(one.improvement is None, "a stand-in names a tender")
    ascending(one.passed)
    must(len(one.passed) <= 512, "too many were passed over")
    ranked = stand_ins(call, bids, current, one, {one.failed, *one.passed, *earlier})
    must(ranked and ranked[0] == one.assignment, "the new maker is not the best of those who were left")


def check_improvement(call, current, one, auction):
    """The order got strictly better by a tender for the assignment, the old maker's compensation paid."""
    told, held, following = one.improvement, current[one.index], current[one.index + 1 : one.index + 2]
    must(told is not None and not one.passed, "an improvement names no tender, or passes somebody over")
    tender, result = opened(M.Call, auction.call, "call/1"), opened(M.Result, auction.result, "award/1")
    transcript, _, _ = check_auction(auction, tender, result)
    must(transcript == told.transcript and told.tender == tender.job, "an improvement follows from another tender")
    must(result.award is not None and len(result.award.assignments) == 1, "nobody in the tender makes all of it")
    must(0 < told.compensation < price_at(held), "the compensation is nothing, or leaves nothing")
    asked = call.operations[held.offer.first : held.offer.last + 1]
    follows = tender._replace(
        **{name: getattr(call, name) for name in call._fields if name not in FROM_ORDER + FREE},
        job=sha(b"guildmark/tender/1", call.job, pack((one.index, tender.commit_by))),
        operations=tuple(operation._replace(index=at, after=None) for at, operation in enumerate(asked)),
        site=following[0].site if following else call.site,
        budget=price_at(held) - told.compensation,
        due=following[0].start if following else call.due,
        premium=0,
        filters=call.filters._replace(distance=None),
    )
    must(pack(tender) == pack(follows), "the tender does not follow from the order")
    (best,) = result.award.assignments
    must(best.provider != held.provider, "the same provider would make it")
    limit, start = call.filters.distance, best.start
    must(limit is None or way(best.site, call.site) <= limit, "the new maker stands too far from the customer")
    if one.index:
        before = current[one.index - 1]
        start = max(start, before.start + before.offer.duration + duration(way(before.site, best.site)))
    span = {"first": best.offer.first + held.offer.first, "last": best.offer.last + held.offer.first}
    must(start <= best.offer.closes, "the parts come after the window")
    must(one.assignment == best._replace(offer=best.offer._replace(**span), start=start), "another won")
    must(one.ready == tender.earliest, "the parts are ready when the tender says")
    after = [*current[: one.index], one.assignment, *current[one.index + 1 :]]
    gain = weigh(call, current) - weigh(call, after) - told.compensation * 10**6
    must(gain > 0, "with the compensation the order would not be better")


FROM_ORDER = ("job", "operations", "site", "budget", "due", "filters", "premium")
FREE = ("earliest", "commit_by", "reveal_by", "witnesses", "rule_pack")


def weigh(call, plan):
    """Micro-cents of a plan's score and premiums, once it keeps windows, ways and what the call asks for."""
    ready, site, score, price, grams = call.earliest, None, 0, 0, 0
    for one in plan:
        offer, distance = one.offer, 0 if site is None else way(site, one.site)
        in_time = offer.opens <= one.start <= offer.closes and one.start >= ready + duration(distance)
        must(in_time, "a start is outside its window, or before the parts can be there")
        ready, site = one.start + offer.duration, one.site
        price, grams = price + price_at(one) - one.premium, grams + offer.co2 + emission(distance)
        score += one.premium * 10**6 + offer.grade * (offer.last - offer.first + 1) * call.weights.grade * 10**6
        score += distance * call.weights.kilometre * 1000
    distance = way(site, call.site)
    arrival, grams = ready + duration(distance), grams + emission(distance)
    within = arrival <= call.due and price <= call.budget and (call.co2_cap is None or grams <= call.co2_cap)
    must(within, "due date, budget or CO2 cap are not kept")
    score += price * 10**6 + grams * call.weights.co2_tonne + distance * call.weights.kilometre * 1000
    return score + hours(call, arrival - call.earliest)


def stand_ins(call, bids, current, one, away):
    """Who could make an assignment instead, best first."""
    failed, origin = current[one.index].offer, where_parts_are(current, one)
    after = current[one.index + 1].site if one.index + 1 < len(current) else call.site
    room = call.budget - sum(price_at(other) for at, other in enumerate(current) if at != one.index)
    ranked = []
    for bid in (bid for bid in bids if bid.provider not in away):
        for number, offer in enumerate(bid.offers):
            if (offer.first, offer.last) != (failed.first, failed.last):
                continue
            distance = way(origin, bid.site) if origin else 0
            found = M.Assignment(bid.provider, bid.site, offer, max(one.ready + duration(distance), offer.opens), 0)
            cost = price_at(found) * 10**6 + offer.co2 * call.weights.co2_tonne
            cost += hours(call, found.start + offer.duration - one.ready)
            cost += offer.grade * (offer.last - offer.first + 1) * call.weights.grade * 10**6
            cost += (
                hours(call, duration(way(bid.site, after))) + haul(call, way(bid.site, after)) + haul(call, distance)
            )
            if price_at(found) <= room:
                ranked.append((cost, bid.provider, number, found))
    return [found for _, _, _, found in sorted(ranked, key=lambda row: row[:3])]


def where_parts_are(current, one):
    if one.index == 0:
        return None
    return current[one.index if one.cause == "late" else one.index - 1].site


def check_salvage(call, current, one):
    """What becomes of the parts follows from what costs less."""
    origin, fate = where_parts_are(current, one), ("none", 0, 0)
    if origin is not None:
        distance = way(origin, one.assignment.site)
        moving, again = hours(call, duration(distance)) + haul(call, distance), 0
        for made in current[: one.index]:
            again += price_at(made) * 10**6 + made.offer.co2 * call.weights.co2_tonne
            again += hours(call, made.offer.duration)
        fate = ("moved" if moving <= again else "restarted", moving, again)
    must(fate == (one.salvage, one.moving, one.making_again), "what becomes of the parts does not follow")
    must(one.salvage != "restarted", "parts that are given up are ordered anew")


def hours(call, seconds):
    return seconds * call.weights.hour * 10**6 // 3600


def haul(call, metres):
    return emission(metres) * call.weights.co2_tonne + metres * call.weights.kilometre * 1000


def price_at(assignment):
    offer = assignment.offer
    asked = max((rise.price for rise in offer.rises if rise.start <= assignment.start), default=offer.price)
    return asked + assignment.premium


# Where the contracts keep what a bundle shows of their state.


def licence_slot(licence):
    return keccak(licence + word(2))


def head_slot(account):
    return keccak(bytes(12) + account + word(0))


def member_slot(account):
    return word(int.from_bytes(keccak(bytes(12) + account + word(10)), "big") + 2)


def passport_slot(serial):
    return keccak(serial + word(6))


def check_makers(facts):
    for operation in range(len(facts.call.operations)):
        peer = facts.maker(operation)
        done = facts.attested(facts.assignment(operation)).block
        known = [e for e in facts.said("members.Registered") if e.said.peer == peer and e.block.number <= done.number]
        must(known, f"no registration of peer {peer.hex()[:8]} before its work is proven")
        said = known[-1].said
        must(said.roles & PROVIDER, f"peer {peer.hex()[:8]} is registered, but not as a provider")
        must(done.time <= said.expiry, f"the registration of peer {peer.hex()[:8]} had expired")
        ended = facts.said("members.Revoked", lambda e, s=said: e.account == s.account and e.epoch > s.epoch)
        must(all(e.block.number > done.number for e in ended), f"peer {peer.hex()[:8]} had left")
        state = facts.blocks[-1].storage.get((facts.federation.members, member_slot(said.account)))
        if state is None:
            raise GapError("the bundle does not prove how often a provider has registered")
        told = [*facts.said("members.Registered"), *facts.said("members.Revoked")]
        shown = sorted(e.said.epoch for e in told if e.said.account == said.account and e.said.epoch >= said.epoch)
        must(shown == [*range(said.epoch, (state >> 8 & (1 << 64) - 1) + 1)], "a registration or an exit is left out")
    return "registered providers"


def check_licences(facts):
    call = facts.call
    for operation in range(len(call.operations)):
        grant, name = facts.licensed(operation), f"operation {operation + 1}'s licence"
        must(grant.owner == facts.account(call.customer), f"{name} was not given by the customer")
        must(grant.licensee == facts.account(facts.maker(operation)), f"{name} is another's")
        must(grant.maxUnits == call.quantity, f"{name} is for another count than was ordered")
        done = facts.attested(facts.assignment(operation)).block
        must(done.time <= grant.expiry, f"{name} had expired when the work was attested")
    return f"{len(call.operations)} licences of {call.quantity} units"


def check_standing(facts):
    for operation in range(len(facts.call.operations)):
        grant, name = facts.licensed(operation), f"operation {operation + 1}'s licence"
        state = facts.blocks[-1].storage.get((facts.federation.designs, licence_slot(grant.licence)))
        if state is None:
            raise GapError(f"the bundle does not prove the state of {name}")
        owner, units = (state & ((1 << 160) - 1)).to_bytes(20, "big"), state >> 160 & 0xFFFFFFFF
        must((owner, units) == (grant.owner, grant.maxUnits), f"{name} is another one in the state")
        recorded = facts.said("designs.Recorded", lambda e, g=grant: e.licence == g.licence)
        must(not state >> 224 & 1 or recorded, f"{name} is revoked, and nothing was recorded under it before")
        must(state >> 192 & 0xFFFFFFFF <= units, f"{name} is overdrawn")
    return f"no licence was revoked before its work or overdrawn, as of block {facts.blocks[-1].number}"


def check_anchors(facts):
    must(len(facts.heads) == len(facts.assignments), "there is not one checkpoint for each assignment")
    for index, (assignment, head) in enumerate(zip(facts.assignments, facts.heads, strict=True)):
        account = facts.account(assignment.provider)
        must(facts.attested(index).said.provider == account, f"assignment {index + 1} was attested by somebody else")
        must(head.provider == assignment.provider, f"assignment {index + 1} has a checkpoint of another log")
        wanted = (account, head.root)
        anchors = facts.said("provenance.Anchored", lambda a, w=wanted: (a.publisher, a.root) == w)
        must(anchors, f"the log of assignment {index + 1} is not anchored")
    for assignment, head in zip(facts.assignments, facts.heads, strict=True):
        account = facts.account(assignment.provider)
        history = facts.blocks[-1].storage.get((facts.federation.provenance, head_slot(account)))
        if history is None:
            raise GapError("the bundle does not prove how much a publisher has anchored")
        must(history & 0xFFFFFFFFFFFFFFFF >= head.size, "a publisher has anchored less than its log says")
    return f"{len(facts.heads)} checkpoints anchored"


def check_logs(facts):
    proofs, latest, gaps = facts.bundle.consistency, {}, []
    must(len(proofs) == len(facts.heads), "there is not one consistency proof for each checkpoint")
    for index in sorted(range(len(facts.heads)), key=lambda i: (facts.heads[i].size, i)):
        new, proof = facts.heads[index], proofs[index]
        old = latest.get(new.provider)
        latest[new.provider] = new
        if old is None:
            must(not proof, "a consistency proof too many")
        elif proof or old.size == new.size:
            extends(old, new, proof)
        elif not any(witness in facts.accounts for witness in set(old.witnesses) & set(new.witnesses)):
            gaps.append(f"nobody shows that a log of {new.size} entries begins with the {old.size} of before")
    if gaps:
        raise GapError(gaps[0])
    return f"{len(facts.heads)} checkpoints of {len(latest)} logs"


def extends(old, new, proof):
    """RFC 9162 section 2.1.4.2."""
    must(old.size > 0, "a log that was empty needs no proof")
    if old.size == new.size:
        must(not proof and old.root == new.root, "a log has two roots")
        return
    path = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    must(path, "a consistency proof is empty")
    first, second = old.size - 1, new.size - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    one = other = path[0]
    for sibling in path[1:]:
        must(second, "a consistency proof is too long")
        if first & 1 or first == second:
            one, other = sha(b"\1", sibling, one), sha(b"\1", sibling, other)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            other = sha(b"\1", other, sibling)
        first, second = first >> 1, second >> 1
    must(second == 0 and (one, other) == (old.root, new.root), "a log did not only grow")


def check_serial(facts, part):
    last = len(facts.call.operations) - 1
    licence = facts.licence(last)
    minted = facts.said("designs.Recorded", lambda e: e.licence == licence and e.first <= part.unit <= e.last)
    must(len(minted) == 1, f"unit {part.unit} was minted {len(minted)} times, not once")
    evidence = facts.attested(len(facts.assignments) - 1).said.evidence
    must(minted[0].said.evidence == evidence, "the serial was minted for other evidence")
    must(1 <= part.unit <= facts.licensed(last).maxUnits, "the serial is beyond the licensed count")
    must(1 <= part.number <= facts.call.quantity, "the part is beyond the ordered count")
    return f"unit {part.unit} of licence {licence.hex()[:12]}"


def check_step(facts, part, number):
    call = facts.call
    must(number < len(part.steps), "the step is missing")
    must(number < len(call.operations), "the routing has no such step")
    place = part.steps[number]
    provider, shown = open_record(place.logged.record, facts.certificates)
    for field in ("job", "operation", "part", "program", "previous", "started", "finished", "energy"):
        if field not in shown:
            raise GapError(f"the record's {field} is not shown")
    must((shown["job"], shown["operation"]) == (call.job, number), "the record is about another step")
    must(shown["part"] == part.number, "the record is about another part")
    must(0 <= place.assignment < len(facts.assignments), "the step belongs to no assignment")
    assignment = facts.assignments[place.assignment]
    first, last = assignment.offer.first, assignment.offer.last
    must(first <= number <= last, "the step belongs to another assignment")
    must(provider == assignment.provider, "the step was done by somebody else than the winner")
    packages = facts.bundle.design.packages
    must(
        number + 1 < len(packages) and shown["program"] == packages[number + 1],
        "the machine worked from another package",
    )
    must(shown["previous"] == what_is_continued(call, part, number), "the step does not continue the part's chain")
    must(shown["started"] <= shown["finished"] and shown["energy"] >= 0, "the step ends before it begins")
    position, size = (number - first) * call.quantity + part.number - 1, (last - first + 1) * call.quantity
    must((place.index, place.size) == (position, size), "the step stands elsewhere in its tree")
    entry = leaf(place.logged.record.envelope)
    included(entry, place.index, place.size, place.proof, facts.attested(place.assignment).said.evidence)
    must(len(facts.heads) == len(facts.assignments), "there is not one checkpoint for each assignment")
    head = facts.heads[place.assignment]
    must(head.provider == provider, "the record is logged in another log")
    included(entry, place.logged.index, head.size, place.logged.proof, head.root)
    return f"{len(head.witnesses)} witnesses"


def what_is_continued(call, part, number):
    """The design, the record before, or where parts join the root over the records before."""
    told = call.operations[number].after
    ahead = (number - 1,) * (number > 0) if told is None else told
    must(all(0 <= one < number for one in ahead), "an operation does not come after those before it")
    digests = [leaf(part.steps[one].logged.record.envelope) for one in ahead]
    return tree(digests) if digests else call.design


def check_quality(facts, part):
    count = 0
    for place in part.steps:
        _, shown = open_record(place.logged.record, facts.certificates)
        if "measurements" not in shown:
            raise GapError("the record's measurements are not shown")
        for measured in shown["measurements"]:
            must(measured["lower"] <= measured["value"] <= measured["upper"], f"out of tolerance: {measured['name']}")
            count += 1
    return f"{count} characteristics measured"


def check_passport(facts, part):
    head = facts.blocks[-1].storage.get((facts.federation.passports, passport_slot(facts.serial(part))))
    if head is None:
        raise GapError("the bundle does not prove whether the part has a passport")
    if head == 0:
        return "none was issued"
    must(part.steps, "there is a passport, and no record")
    last = int.from_bytes(leaf(part.steps[-1].logged.record.envelope), "big")
    must(head == last, "the passport points at another record than the part's last")
    return "points at the part's last record"


PROCESSES = {
    "DIN 8589-3": "milling",
    "DIN 8589-1": "turning",
    "ISO/ASTM 52900:MEX": "material extrusion",
    "DIN 8580:6.2": "heat treatment",
    "ISO 10360": "coordinate measuring",
    "DIN 8590": "laser cutting",
    "DIN 8586": "bending",
    "ISO/ASTM 52900:VPP": "vat photopolymerisation",
    "ISO/ASTM 52900:PBF-LB/P": "polymer powder bed fusion",
    "ISO/ASTM 52900:PBF-LB/M": "metal powder bed fusion",
    "DIN 8589-11": "grinding",
    "DIN 8580:5": "coating",
}
JOB_CHECKS = {
    "order": check_order,
    "rules": check_rules,
    "design": check_design,
    "award": check_award,
    "makers": check_makers,
    "licences": check_licences,
    "standing": check_standing,
    "anchors": check_anchors,
    "logs": check_logs,
}


class Trust:
    """What the auditor takes for granted."""

    def __init__(self, federation=None, blocks=None, signers=(), quorum=1):
        self.federation, self.blocks, self.signers, self.quorum = federation, blocks or {}, set(signers), quorum


def check_deployment(facts, trust):
    if trust.federation is None:
        raise GapError("no deployment is trusted")
    if facts.federation != trust.federation:
        raise GapError(f"foreign: the evidence is about the federation on chain {facts.federation.chain}")
    return f"chain {facts.federation.chain}"


def check_chain(facts, trust):
    if trust.federation is not None and trust.federation.chain != facts.federation.chain:
        raise GapError("the blocks that you trust are of another chain")
    unknown = 0
    for block in facts.blocks:
        known = trust.blocks.get(block.number)
        must(known is None or known == block.hash, f"block {block.number} is another one on the chain")
        name, chain = M.BlockName(block.number, block.hash), facts.federation.chain
        words = {a for a, said in facts.vouchers.items() if said.chain == chain and name in said.blocks}
        unknown += known is None and not (trust.signers and len(words & trust.signers) >= trust.quorum)
    if unknown:
        raise GapError(f"{unknown} of {len(facts.blocks)} blocks are not known")
    return f"{len(facts.events)} events in {len(facts.blocks)} blocks"


def ask(what, check, *arguments):
    try:
        return {"what": what, "outcome": HOLDS, "text": check(*arguments)}
    except GapError as gap:
        return {"what": what, "outcome": NOT_CHECKABLE, "text": str(gap)}
    except ContradictionError as contradiction:
        return {"what": what, "outcome": CONTRADICTED, "text": str(contradiction)}


def worst(checks):
    outcomes = {check["outcome"] for check in checks}
    return next((outcome for outcome in (CONTRADICTED, NOT_CHECKABLE) if outcome in outcomes), HOLDS)


def verify(content, trust):
    """The report on a bundle file: verdict, checks about the job, and checks about each part."""
    try:
        bundle = decode(M.Bundle, content)
        must(bundle.format == FORMAT, f"the format is not {FORMAT}")
        must(bundle.federation.chain >= 0, "a chain's id is out of bounds")
        must(bundle.parts, "parts are missing")
        ascending([part.number for part in bundle.parts])
        must(len({part.unit for part in bundle.parts}) == len(bundle.parts), "two parts bear one serial")
        facts = Facts(bundle)
    except ContradictionError as broken:
        checks = [{"what": "bundle", "outcome": CONTRADICTED, "text": f"the file is not what was exported: {broken}"}]
        return {"verdict": CONTRADICTED, "checks": checks, "parts": []}
    checks = [ask("deployment", check_deployment, facts, trust), ask("chain", check_chain, facts, trust)]
    checks += [ask(what, check, facts) for what, check in JOB_CHECKS.items()]
    parts = [check_part(facts, part) for part in bundle.parts]
    verdict = worst([*checks, *(check for part in parts for check in part["checks"])])
    return {"verdict": verdict, "checks": checks, "parts": parts}


def verify_auction(content):
    """The report on a transcript file; whether its root stands on a ledger is not asked."""
    check = ask("auction", check_alone, content)
    return {"verdict": check["outcome"], "checks": [check], "parts": []}


def check_alone(content):
    auction = read_transcript(content)
    call, result = opened(M.Call, auction.call, "call/1"), opened(M.Result, auction.result, "award/1")
    if result.award is None and (result.no_award is None or result.no_award.reason != "too-complex"):
        raise GapError("nothing was awarded, and why not is not recomputed here")
    transcript, bids, _ = check_auction(auction, call, result)
    if result.award is None:
        return f"too complex indeed, with {len(bids)} bids; transcript {transcript.hex()}"
    return f"recomputed from {len(bids)} bids: {result.award.price} cents; transcript {transcript.hex()}"


def check_part(facts, part):
    operations = facts.call.operations
    checks = [ask("serial", check_serial, facts, part)]
    for number in range(max(len(operations), len(part.steps))):
        name = f"step {number + 1}"
        if number < len(operations):
            name += f": {PROCESSES.get(operations[number].process, 'unknown process')}"
        checks.append(ask(name, check_step, facts, part, number))
    checks.append(ask("quality", check_quality, facts, part))
    checks.append(ask("passport", check_passport, facts, part))
    try:
        serial = facts.serial(part).hex()
    except ContradictionError:
        serial = ""
    return {"number": part.number, "serial": serial, "checks": checks}


# The command.


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="a bundle, or the transcript of an auction")
    parser.add_argument("--deployment", type=Path, help="the federation's contracts that you trust, as JSON")
    parser.add_argument("--checkpoint", action="append", default=[], help="a trusted block, NUMBER:0xHASH; repeatable")
    parser.add_argument("--signer", action="append", default=[], help="a node whose word on blocks counts, hexadecimal")
    parser.add_argument("--quorum", type=int, default=1, help="how many signers have to vouch for a block")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    try:
        trust = Trust(
            None if given.deployment is None else read_deployment(given.deployment.read_text()),
            dict(read_checkpoint(text) for text in given.checkpoint),
            [bytes.fromhex(text) for text in given.signer],
            given.quorum,
        )
        content = given.file.read_bytes()
    except (OSError, ValueError, KeyError) as error:
        parser.error(str(error))
    report = verify_auction(content) if content.startswith(MAGIC) else verify(content, trust)
    print(json.dumps(report, indent=2) if given.json else render(report))
    return EXIT[report["verdict"]]


def read_deployment(text):
    rows = json.loads(text)
    addresses = [bytes.fromhex(rows[name].removeprefix("0x")) for name in M.Federation._fields[1:]]
    return M.Federation(int(rows["chain_id"]), *addresses)


def read_checkpoint(text):
    number, _, block_hash = text.partition(":")
    return int(number), bytes.fromhex(block_hash.removeprefix("0x"))


def render(report):
    mark = {HOLDS: "ok", CONTRADICTED: "NO", NOT_CHECKABLE: "??"}
    lines = [f"  {mark[c['outcome']]}   {c['what']:28} {c['text']}" for c in report["checks"]]
    for part in report["parts"]:
        lines.append(f"Part {part['serial']}")
        lines += [f"  {mark[c['outcome']]}   {c['what']:28} {c['text']}" for c in part["checks"]]
    return "\n".join([*lines, "", report["verdict"]])


if __name__ == "__main__":
    sys.exit(main())
