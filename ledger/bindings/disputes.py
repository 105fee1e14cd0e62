"""Generated from the ABI of ``Disputes`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(token: bytes, orders: bytes, members: bytes) -> bytes:
    return encode(('address', 'address', 'address'), (token, orders, members, ))


def case_of_call(order: bytes, index: int, round_: int, milestone: int) -> bytes:
    return bytes.fromhex("cc333e78") + encode(('bytes32', 'uint32', 'uint8', 'uint8'), (order, index, round_, milestone, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOfResult:
    outcome: int
    offered_bps: int
    conceded_bps: int
    summoner: bytes
    fee: int
    draw_block: int
    panel: list[tuple[bytes, bool, int, bytes]]


def case_of_result(data: bytes) -> CaseOfResult:
    values = decode(('(uint8,uint16,uint16,address,uint64,uint48,(address,bool,uint16,bytes32)[])',), data)[0]
    return CaseOfResult(
        outcome=int(values[0]),
        offered_bps=int(values[1]),
        conceded_bps=int(values[2]),
        summoner=bytes.fromhex(values[3][2:]),
        fee=int(values[4]),
        draw_block=int(values[5]),
        panel=[(bytes.fromhex(item[0][2:]), bool(item[1]), int(item[2]), bytes(item[3]),) for item in values[6]],
    )


def close_call(order: bytes, index: int) -> bytes:
    return bytes.fromhex("aef81985") + encode(('bytes32', 'uint32'), (order, index, ))


def convict_call(inspector: bytes, one: tuple[bytes, int, int, int, bytes, bool], signature_of_one: bytes, other: tuple[bytes, int, int, int, bytes, bool], signature_of_other: bytes) -> bytes:
    return bytes.fromhex("37a05dfc") + encode(('address', '(bytes32,uint32,uint8,uint8,bytes32,bool)', 'bytes', '(bytes32,uint32,uint8,uint8,bytes32,bool)', 'bytes'), (inspector, one, signature_of_one, other, signature_of_other, ))


def credit_call(account: bytes) -> bytes:
    return bytes.fromhex("d5d44d80") + encode(('address',), (account, ))


def credit_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def digest_of_call(inspection: tuple[bytes, int, int, int, bytes, bool]) -> bytes:
    return bytes.fromhex("9673e870") + encode(('(bytes32,uint32,uint8,uint8,bytes32,bool)',), (inspection, ))


def digest_of_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def draw_call(order: bytes, index: int) -> bytes:
    return bytes.fromhex("8bf9e79b") + encode(('bytes32', 'uint32'), (order, index, ))


def eip712_domain_call() -> bytes:
    return bytes.fromhex("84b0196e") + encode((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Eip712DomainResult:
    fields: bytes
    name: str
    version: str
    chain_id: int
    verifying_contract: bytes
    salt: bytes
    extensions: list[int]


def eip712_domain_result(data: bytes) -> Eip712DomainResult:
    values = decode(('bytes1', 'string', 'string', 'uint256', 'address', 'bytes32', 'uint256[]'), data)
    return Eip712DomainResult(
        fields=bytes(values[0]),
        name=str(values[1]),
        version=str(values[2]),
        chain_id=int(values[3]),
        verifying_contract=bytes.fromhex(values[4][2:]),
        salt=bytes(values[5]),
        extensions=[int(item) for item in values[6]],
    )


def measure_call(inspection: tuple[bytes, int, int, int, bytes, bool], signature: bytes) -> bytes:
    return bytes.fromhex("27f221f7") + encode(('(bytes32,uint32,uint8,uint8,bytes32,bool)', 'bytes'), (inspection, signature, ))


def members_call() -> bytes:
    return bytes.fromhex("bdd4d18d") + encode((), ())


def members_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def open_vote_call(order: bytes, index: int, share_bps: int, salt: bytes) -> bytes:
    return bytes.fromhex("95d1a757") + encode(('bytes32', 'uint32', 'uint16', 'bytes32'), (order, index, share_bps, salt, ))


def orders_call() -> bytes:
    return bytes.fromhex("4fb764c9") + encode((), ())


def orders_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def propose_call(order: bytes, index: int, share_bps: int) -> bytes:
    return bytes.fromhex("0ab5df4b") + encode(('bytes32', 'uint32', 'uint16'), (order, index, share_bps, ))


def summon_call(order: bytes, index: int) -> bytes:
    return bytes.fromhex("72e20cdf") + encode(('bytes32', 'uint32'), (order, index, ))


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


def vote_call(order: bytes, index: int, seal: bytes) -> bytes:
    return bytes.fromhex("e36c90e6") + encode(('bytes32', 'uint32', 'bytes32'), (order, index, seal, ))


def withdraw_call() -> bytes:
    return bytes.fromhex("3ccfd60b") + encode((), ())


DECIDED_TOPIC = bytes.fromhex("1bb854d5e8a4d320bd01d39c5e39ea6c3c7cba162e4e6909afdaae258575b1a3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    order: bytes
    index: int
    outcome: int
    to_provider: int
    stake: int


def decided_event(topics: tuple[bytes, ...], data: bytes) -> Decided:
    values = decode(('uint8', 'uint64', 'uint64'), data)
    return Decided(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        outcome=int(values[0]),
        to_provider=int(values[1]),
        stake=int(values[2]),
    )


DRAWN_TOPIC = bytes.fromhex("9403292541e46578823f325e2cf34fee4216c12bb7912a338af516da659fbc46")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    order: bytes
    index: int
    panel: list[bytes]


def drawn_event(topics: tuple[bytes, ...], data: bytes) -> Drawn:
    values = decode(('address[]',), data)
    return Drawn(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        panel=[bytes.fromhex(item[2:]) for item in values[0]],
    )


EQUIVOCATED_TOPIC = bytes.fromhex("2f5f02145525083d3a11fdbdc9a2db6f8ad98f61bfb68af94d5029676c52db12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivocated:
    order: bytes
    index: int
    inspector: bytes


def equivocated_event(topics: tuple[bytes, ...], data: bytes) -> Equivocated:
    return Equivocated(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        inspector=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
    )


MEASURED_TOPIC = bytes.fromhex("19cc8f09a000bd1cc8ececf3d1eda40477f577a35cd76cbbba53789a76324875")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    order: bytes
    index: int
    inspector: bytes
    evidence: bytes
    conforms: bool


def measured_event(topics: tuple[bytes, ...], data: bytes) -> Measured:
    values = decode(('bytes32', 'bool'), data)
    return Measured(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        inspector=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        evidence=bytes(values[0]),
        conforms=bool(values[1]),
    )


PROPOSED_TOPIC = bytes.fromhex("4c806b395f58f9d0e545a88290f5d5fcea1f457c16d152dff66a022148ab5bdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    order: bytes
    index: int
    by: bytes
    share_bps: int


def proposed_event(topics: tuple[bytes, ...], data: bytes) -> Proposed:
    values = decode(('uint16',), data)
    return Proposed(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        by=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        share_bps=int(values[0]),
    )


SUMMONED_TOPIC = bytes.fromhex("3e1bbc51520912f236ff0e49acf8994d0a5aee6c0b73b7cba9a059b4c7675ec3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summoned:
    order: bytes
    index: int
    by: bytes
    fee: int
    draw_block: int


def summoned_event(topics: tuple[bytes, ...], data: bytes) -> Summoned:
    values = decode(('uint64', 'uint48'), data)
    return Summoned(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        by=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        fee=int(values[0]),
        draw_block=int(values[1]),
    )


VOTE_OPENED_TOPIC = bytes.fromhex("4500cb856fb9880b997e03295f1469460f183c25201ed3b2b79ce5c56ffec429")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteOpened:
    order: bytes
    index: int
    juror: bytes
    share_bps: int


def vote_opened_event(topics: tuple[bytes, ...], data: bytes) -> VoteOpened:
    values = decode(('uint16',), data)
    return VoteOpened(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        juror=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        share_bps=int(values[0]),
    )


VOTE_SEALED_TOPIC = bytes.fromhex("20348b1f3a9bfb3f235c168a87b0a3aefb8e9c840ee9f612ecce83cd8beb7c35")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteSealed:
    order: bytes
    index: int
    juror: bytes


def vote_sealed_event(topics: tuple[bytes, ...], data: bytes) -> VoteSealed:
    return VoteSealed(
        order=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint32',), topics[2])[0]),
        juror=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
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
