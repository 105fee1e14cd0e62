"""Generated from the ABI of ``Orders`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(token: bytes, rules: bytes, members: bytes, treasury: bytes) -> bytes:
    return encode(('address', 'address', 'address', 'address'), (token, rules, members, treasury, ))


def approve_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("05ba8440") + encode(('bytes32', 'uint32'), (id_, index, ))


def assignment_of_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("4037601a") + encode(('bytes32', 'uint32'), (id_, index, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentOfResult:
    provider: bytes
    price: int
    units: int
    state: int
    since: int
    evidence: bytes


def assignment_of_result(data: bytes) -> AssignmentOfResult:
    values = decode(('(address,uint64,uint32,uint8,uint64,bytes32)',), data)[0]
    return AssignmentOfResult(
        provider=bytes.fromhex(values[0][2:]),
        price=int(values[1]),
        units=int(values[2]),
        state=int(values[3]),
        since=int(values[4]),
        evidence=bytes(values[5]),
    )


def attest_call(id_: bytes, index: int, evidence: bytes) -> bytes:
    return bytes.fromhex("84d5cd11") + encode(('bytes32', 'uint32', 'bytes32'), (id_, index, evidence, ))


def award_call(id_: bytes, transcript: bytes, assignments: list[tuple[bytes, int, int]]) -> bytes:
    return bytes.fromhex("223648b1") + encode(('bytes32', 'bytes32', '(address,uint64,uint32)[]'), (id_, transcript, assignments, ))


def cancel_call(id_: bytes) -> bytes:
    return bytes.fromhex("c4d252f5") + encode(('bytes32',), (id_, ))


def concede_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("9f89b54a") + encode(('bytes32', 'uint32'), (id_, index, ))


def credit_call(account: bytes) -> bytes:
    return bytes.fromhex("d5d44d80") + encode(('address',), (account, ))


def credit_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def dispute_call(id_: bytes, index: int, evidence: bytes) -> bytes:
    return bytes.fromhex("81a5dcd0") + encode(('bytes32', 'uint32', 'bytes32'), (id_, index, evidence, ))


def expire_call(id_: bytes) -> bytes:
    return bytes.fromhex("c6441798") + encode(('bytes32',), (id_, ))


def expire_dispute_call(id_: bytes, index: int) -> bytes:
    return bytes.fromhex("5a734439") + encode(('bytes32', 'uint32'), (id_, index, ))


def members_call() -> bytes:
    return bytes.fromhex("bdd4d18d") + encode((), ())


def members_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def open_call(id_: bytes, budget: int, call: bytes, design: bytes, pack_hash: bytes, deadline: int) -> bytes:
    return bytes.fromhex("95f594ac") + encode(('bytes32', 'uint64', 'bytes32', 'bytes32', 'bytes32', 'uint64'), (id_, budget, call, design, pack_hash, deadline, ))


def order_of_call(id_: bytes) -> bytes:
    return bytes.fromhex("d5a014e5") + encode(('bytes32',), (id_, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOfResult:
    customer: bytes
    deadline: int
    state: int
    assignments: int
    unsettled: int
    budget: int
    locked: int
    fee_bps: int
    review_seconds: int
    dispute_seconds: int
    call: bytes
    design: bytes
    pack_hash: bytes
    transcript: bytes


def order_of_result(data: bytes) -> OrderOfResult:
    values = decode(('(address,uint64,uint8,uint8,uint8,uint64,uint64,uint16,uint32,uint32,bytes32,bytes32,bytes32,bytes32)',), data)[0]
    return OrderOfResult(
        customer=bytes.fromhex(values[0][2:]),
        deadline=int(values[1]),
        state=int(values[2]),
        assignments=int(values[3]),
        unsettled=int(values[4]),
        budget=int(values[5]),
        locked=int(values[6]),
        fee_bps=int(values[7]),
        review_seconds=int(values[8]),
        dispute_seconds=int(values[9]),
        call=bytes(values[10]),
        design=bytes(values[11]),
        pack_hash=bytes(values[12]),
        transcript=bytes(values[13]),
    )


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


APPROVED_TOPIC = bytes.fromhex("a2ef7da78d0510e98f2d4dfddc74f57a2ba1c60ce337fc03c56a175919d57f3e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    id_: bytes
    index: int
    provider: bytes
    paid: int
    fee: int


def approved_event(topics: tuple[bytes, ...], data: bytes) -> Approved:
    values = decode(('uint64', 'uint64'), data)
    return Approved(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        paid=int(values[0]),
        fee=int(values[1]),
    )


ASSIGNED_TOPIC = bytes.fromhex("0356577ac0e528dd4d3e02716ff612328e0d43478abed2546f9f8e232c9abf6b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    id_: bytes
    index: int
    provider: bytes
    price: int
    units: int


def assigned_event(topics: tuple[bytes, ...], data: bytes) -> Assigned:
    values = decode(('uint64', 'uint32'), data)
    return Assigned(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        price=int(values[0]),
        units=int(values[1]),
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


OPENED_TOPIC = bytes.fromhex("2cd8d51d66d8444d1647f0eefd6e0d1b72254dae4232d2853d3f2131d89d1ff2")


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
    values = decode(('uint64', 'bytes32', 'bytes32', 'bytes32', 'uint64'), data)
    return Opened(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        customer=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        budget=int(values[0]),
        call=bytes(values[1]),
        design=bytes(values[2]),
        pack_hash=bytes(values[3]),
        deadline=int(values[4]),
    )


REFUNDED_TOPIC = bytes.fromhex("a207be38bb3461debcc8d69ea0f427b69c23882b74889b6e3d74a086193c65c4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    id_: bytes
    index: int
    provider: bytes
    refunded: int
    paid: int
    fee: int


def refunded_event(topics: tuple[bytes, ...], data: bytes) -> Refunded:
    values = decode(('uint64', 'uint64', 'uint64'), data)
    return Refunded(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        provider=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        refunded=int(values[0]),
        paid=int(values[1]),
        fee=int(values[2]),
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
