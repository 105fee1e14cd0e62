"""Generated from the ABI of ``Orders`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(token: bytes, rules: bytes, members: bytes, court: bytes, treasury: bytes) -> bytes:
    return encode(('address', 'address', 'address', 'address', 'address'), (token, rules, members, court, treasury, ))


def accept_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("67275308") + encode(('bytes32', 'uint32'), (id_, index, ))


def approve_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("05ba8440") + encode(('bytes32', 'uint32'), (id_, index, ))


def assignment_of_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("4037601a") + encode(('bytes32', 'uint32'), (id_, index, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentOfResult:
    provider: bytes
    price: int
    due: int
    state: int
    milestones: int
    inspection: int
    since: int
    attested_at: int
    approved: int
    round_: int
    inspection_round: int
    evidence: bytes


def assignment_of_result(data: bytes) -> AssignmentOfResult:
    values = decode(('(address,uint40,uint32,uint8,uint8,uint8,uint40,uint40,uint8,uint8,uint8,bytes32)',), data)[0]
    return AssignmentOfResult(
        provider=bytes.fromhex(values[0][2:]),
        price=int(values[1]),
        due=int(values[2]),
        state=int(values[3]),
        milestones=int(values[4]),
        inspection=int(values[5]),
        since=int(values[6]),
        attested_at=int(values[7]),
        approved=int(values[8]),
        round_=int(values[9]),
        inspection_round=int(values[10]),
        evidence=bytes(values[11]),
    )


def at_stake_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("e79b57cd") + encode(('bytes32', 'uint32'), (id_, index, ))


def at_stake_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def attest_call(id_: bytes, index: int, evidence: bytes) -> bytes:
    return bytes.fromhex("84d5cd11") + encode(('bytes32', 'uint32', 'bytes32'), (id_, index, evidence, ))


def award_call(id_: bytes, transcript: bytes, assignments: list[tuple[bytes, int, int, int, int, int]]) -> bytes:
    return bytes.fromhex("0006a191") + encode(('bytes32', 'bytes32', '(address,uint40,uint32,uint32,uint8,uint8)[]'), (id_, transcript, assignments, ))


def bid_call(id_: bytes, seal: bytes) -> bytes:
    return bytes.fromhex("434f967c") + encode(('bytes32', 'bytes32'), (id_, seal, ))


def bid_of_call(id_: bytes, bidder: bytes) -> bytes:
    return bytes.fromhex("e14ab07a") + encode(('bytes32', 'address'), (id_, bidder, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class BidOfResult:
    state: int
    seal: bytes


def bid_of_result(data: bytes) -> BidOfResult:
    values = decode(('(uint8,bytes32)',), data)[0]
    return BidOfResult(
        state=int(values[0]),
        seal=bytes(values[1]),
    )


def cancel_call(id_: bytes) -> bytes:
    return bytes.fromhex("c4d252f5") + encode(('bytes32',), (id_, ))


def court_call() -> bytes:
    return bytes.fromhex("00971a30") + encode((), ())


def court_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def credit_call(account: bytes) -> bytes:
    return bytes.fromhex("d5d44d80") + encode(('address',), (account, ))


def credit_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def decline_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("57a7c9c2") + encode(('bytes32', 'uint32'), (id_, index, ))


def dispute_call(id_: bytes, index: int, evidence: bytes) -> bytes:
    return bytes.fromhex("81a5dcd0") + encode(('bytes32', 'uint32', 'bytes32'), (id_, index, evidence, ))


def expire_call(id_: bytes) -> bytes:
    return bytes.fromhex("c6441798") + encode(('bytes32',), (id_, ))


def forfeit_call(id_: bytes, bidder: bytes) -> bytes:
    return bytes.fromhex("6dab7661") + encode(('bytes32', 'address'), (id_, bidder, ))


def members_call() -> bytes:
    return bytes.fromhex("bdd4d18d") + encode((), ())


def members_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def open_call(id_: bytes, terms: tuple[int, int, int, int, bytes, bytes, bytes]) -> bytes:
    return bytes.fromhex("f5a9266e") + encode(('bytes32', '(uint64,uint40,uint40,uint16,bytes32,bytes32,bytes32)'), (id_, terms, ))


def order_of_call(id_: bytes) -> bytes:
    return bytes.fromhex("d5a014e5") + encode(('bytes32',), (id_, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOfResult:
    customer: bytes
    deadline: int
    awarded_at: int
    state: int
    assignments: int
    unsettled: int
    budget: int
    locked: int
    late_bps: int
    fee_bps: int
    review_seconds: int
    dispute_seconds: int
    dispute_fee: int
    bid_bond: int
    reveal_by: int
    call: bytes
    design: bytes
    pack_hash: bytes
    transcript: bytes


def order_of_result(data: bytes) -> OrderOfResult:
    values = decode(('(address,uint40,uint32,uint8,uint8,uint8,uint64,uint64,uint16,uint16,uint32,uint32,uint64,uint64,uint40,bytes32,bytes32,bytes32,bytes32)',), data)[0]
    return OrderOfResult(
        customer=bytes.fromhex(values[0][2:]),
        deadline=int(values[1]),
        awarded_at=int(values[2]),
        state=int(values[3]),
        assignments=int(values[4]),
        unsettled=int(values[5]),
        budget=int(values[6]),
        locked=int(values[7]),
        late_bps=int(values[8]),
        fee_bps=int(values[9]),
        review_seconds=int(values[10]),
        dispute_seconds=int(values[11]),
        dispute_fee=int(values[12]),
        bid_bond=int(values[13]),
        reveal_by=int(values[14]),
        call=bytes(values[15]),
        design=bytes(values[16]),
        pack_hash=bytes(values[17]),
        transcript=bytes(values[18]),
    )


def reaward_call(id_: bytes, index: int, transcript: bytes, assignment: tuple[bytes, int, int, int, int, int]) -> bytes:
    return bytes.fromhex("463134fe") + encode(('bytes32', 'uint32', 'bytes32', '(address,uint40,uint32,uint32,uint8,uint8)'), (id_, index, transcript, assignment, ))


def return_bid_call(id_: bytes, bidder: bytes) -> bytes:
    return bytes.fromhex("4edff69f") + encode(('bytes32', 'address'), (id_, bidder, ))


def reveal_call(id_: bytes, opening: bytes) -> bytes:
    return bytes.fromhex("85205108") + encode(('bytes32', 'bytes'), (id_, opening, ))


def rule_call(id_: bytes, index: int, to_provider: int) -> bytes:
    return bytes.fromhex("17e326ca") + encode(('bytes32', 'uint32', 'uint64'), (id_, index, to_provider, ))


def rules_call() -> bytes:
    return bytes.fromhex("52f6747a") + encode((), ())


def rules_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def token_call() -> bytes:
    return bytes.fromhex("fc0c546a") + encode((), ())


def token_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def totals_call() -> bytes:
    return bytes.fromhex("c038a38e") + encode((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsResult:
    locked: int
    credited: int


def totals_result(data: bytes) -> TotalsResult:
    values = decode(('uint64', 'uint64'), data)
    return TotalsResult(
        locked=int(values[0]),
        credited=int(values[1]),
    )


def treasury_call() -> bytes:
    return bytes.fromhex("61d027b3") + encode((), ())


def treasury_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def withdraw_call() -> bytes:
    return bytes.fromhex("3ccfd60b") + encode((), ())


ACCEPTED_TOPIC = bytes.fromhex("8ca396c89cbf05f9a88f7e5dc542064383446299ebeccbe6fa213d55bdbe00b0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    id_: bytes
    index: int
    provider: bytes


def accepted_event(topics: tuple[bytes, ...], data: bytes) -> Accepted:
    return Accepted(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
    )


APPROVED_TOPIC = bytes.fromhex("a4be91c664a271f715d150663cbbd8aad70a21eb9d0dcae23cd5996eb16ddac9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    id_: bytes
    index: int
    provider: bytes
    paid: int
    fee: int
    damages: int
    milestone: int


def approved_event(topics: tuple[bytes, ...], data: bytes) -> Approved:
    values = decode(('uint64', 'uint64', 'uint64', 'uint8'), data)
    return Approved(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        paid=int(values[0]),
        fee=int(values[1]),
        damages=int(values[2]),
        milestone=int(values[3]),
    )


ASSIGNED_TOPIC = bytes.fromhex("068bcf0049ef4b3249be691ad0adab9ab56a66a7ceaa7d729bd42e7d9975a46e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    id_: bytes
    index: int
    provider: bytes
    price: int
    units: int
    due: int
    milestones: int
    inspection: int


def assigned_event(topics: tuple[bytes, ...], data: bytes) -> Assigned:
    values = decode(('uint40', 'uint32', 'uint32', 'uint8', 'uint8'), data)
    return Assigned(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        price=int(values[0]),
        units=int(values[1]),
        due=int(values[2]),
        milestones=int(values[3]),
        inspection=int(values[4]),
    )


ATTESTED_TOPIC = bytes.fromhex("b2756bd54cce05701dbce19e3b37c435054e15bfedd494523ffab0af9e572ff5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    id_: bytes
    index: int
    provider: bytes
    evidence: bytes


def attested_event(topics: tuple[bytes, ...], data: bytes) -> Attested:
    values = decode(('bytes32',), data)
    return Attested(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        evidence=bytes(values[0]),
    )


AWARDED_TOPIC = bytes.fromhex("ba6aa63720a730c2a0f4d8f8cdb2b3ea1f569f1b314e8a08251906ab56635975")


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded:
    id_: bytes
    transcript: bytes
    total: int


def awarded_event(topics: tuple[bytes, ...], data: bytes) -> Awarded:
    values = decode(('bytes32', 'uint64'), data)
    return Awarded(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        transcript=bytes(values[0]),
        total=int(values[1]),
    )


BID_FORFEITED_TOPIC = bytes.fromhex("7a95382a5c219adf983760128545042c412c52e73486c8a8d089a09d92dbcd26")


@dataclass(frozen=True, slots=True, kw_only=True)
class BidForfeited:
    id_: bytes
    bidder: bytes
    amount: int


def bid_forfeited_event(topics: tuple[bytes, ...], data: bytes) -> BidForfeited:
    values = decode(('uint64',), data)
    return BidForfeited(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        bidder=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        amount=int(values[0]),
    )


BID_RETURNED_TOPIC = bytes.fromhex("4daeb1e466c36532bcf36497a4d746a3fe408ae36290f76a00f1956f514db863")


@dataclass(frozen=True, slots=True, kw_only=True)
class BidReturned:
    id_: bytes
    bidder: bytes


def bid_returned_event(topics: tuple[bytes, ...], data: bytes) -> BidReturned:
    return BidReturned(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        bidder=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
    )


BID_REVEALED_TOPIC = bytes.fromhex("11e812370c49c89af6bfedeae6e57877fc3e9ef466ad694c955c391c78faa6fc")


@dataclass(frozen=True, slots=True, kw_only=True)
class BidRevealed:
    id_: bytes
    bidder: bytes


def bid_revealed_event(topics: tuple[bytes, ...], data: bytes) -> BidRevealed:
    return BidRevealed(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        bidder=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
    )


BID_SEALED_TOPIC = bytes.fromhex("06cf3d64f264a8b94f8f4e3c7ac4d4a1bf777a8acb165fc6b4eab67e2cf04a29")


@dataclass(frozen=True, slots=True, kw_only=True)
class BidSealed:
    id_: bytes
    bidder: bytes
    seal: bytes


def bid_sealed_event(topics: tuple[bytes, ...], data: bytes) -> BidSealed:
    values = decode(('bytes32',), data)
    return BidSealed(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        bidder=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        seal=bytes(values[0]),
    )


CANCELLED_TOPIC = bytes.fromhex("340ea03eda4340d515ff620285a637748b7c8451ecf428e5e80c44bc2187a2cb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    id_: bytes
    refunded: int


def cancelled_event(topics: tuple[bytes, ...], data: bytes) -> Cancelled:
    values = decode(('uint64',), data)
    return Cancelled(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        refunded=int(values[0]),
    )


DECLINED_TOPIC = bytes.fromhex("bf12bbf8480cd4d040d8fab0e32ddc2e35b968545795b922a8423afe9a3a32c9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    id_: bytes
    index: int
    provider: bytes


def declined_event(topics: tuple[bytes, ...], data: bytes) -> Declined:
    return Declined(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
    )


DISPUTED_TOPIC = bytes.fromhex("9ad1078380b9abee55ff5febab24217a8957262cc4e5f6ed5949e4f122f52de2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    id_: bytes
    index: int
    evidence: bytes


def disputed_event(topics: tuple[bytes, ...], data: bytes) -> Disputed:
    values = decode(('bytes32',), data)
    return Disputed(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        evidence=bytes(values[0]),
    )


EXPIRED_TOPIC = bytes.fromhex("4d13561d202649df924bbd6f5e5366c146c7208f85e7ffd6f01bd59318e8957c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    id_: bytes
    refunded: int


def expired_event(topics: tuple[bytes, ...], data: bytes) -> Expired:
    values = decode(('uint64',), data)
    return Expired(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        refunded=int(values[0]),
    )


OPENED_TOPIC = bytes.fromhex("654cb6d4b9313546d931c81ee04cab79f66f82b4ee656c9315725c4dca73300d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    id_: bytes
    customer: bytes
    budget: int
    call: bytes
    design: bytes
    pack_hash: bytes
    deadline: int


def opened_event(topics: tuple[bytes, ...], data: bytes) -> Opened:
    values = decode(('uint64', 'bytes32', 'bytes32', 'bytes32', 'uint40'), data)
    return Opened(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        customer=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        budget=int(values[0]),
        call=bytes(values[1]),
        design=bytes(values[2]),
        pack_hash=bytes(values[3]),
        deadline=int(values[4]),
    )


REAWARDED_TOPIC = bytes.fromhex("2badeccd8130988afa645acf5310c1f1d26ccf02b4ce5558de207eb874f48d67")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reawarded:
    id_: bytes
    index: int
    transcript: bytes


def reawarded_event(topics: tuple[bytes, ...], data: bytes) -> Reawarded:
    values = decode(('bytes32',), data)
    return Reawarded(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        transcript=bytes(values[0]),
    )


REFUNDED_TOPIC = bytes.fromhex("5062b777a0f512f095be0b2e1133f8184a1c7a7a93358f03efa77e30429acd3e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    id_: bytes
    index: int
    provider: bytes
    refunded: int


def refunded_event(topics: tuple[bytes, ...], data: bytes) -> Refunded:
    values = decode(('uint64',), data)
    return Refunded(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        refunded=int(values[0]),
    )


RULED_TOPIC = bytes.fromhex("20f7787ef95f4fded2f42ac879af3a39673cba839678c0550621dc8000810cb1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    id_: bytes
    index: int
    provider: bytes
    refunded: int
    paid: int
    fee: int
    ends: bool


def ruled_event(topics: tuple[bytes, ...], data: bytes) -> Ruled:
    values = decode(('uint64', 'uint64', 'uint64', 'bool'), data)
    return Ruled(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        refunded=int(values[0]),
        paid=int(values[1]),
        fee=int(values[2]),
        ends=bool(values[3]),
    )


SETTLED_TOPIC = bytes.fromhex("d647759a2f3297cba8e32e398356f87d2583ecaaad1741fc2d5f7d67fd861984")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    id_: bytes


def settled_event(topics: tuple[bytes, ...], data: bytes) -> Settled:
    return Settled(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
    )


WITHDRAWN_TOPIC = bytes.fromhex("bae95d59332d6e1e8f1ae78e7bebdaeef072d57b731c8790a636667e3a0a87ee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    account: bytes
    amount: int


def withdrawn_event(topics: tuple[bytes, ...], data: bytes) -> Withdrawn:
    values = decode(('uint64',), data)
    return Withdrawn(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        amount=int(values[0]),
    )
