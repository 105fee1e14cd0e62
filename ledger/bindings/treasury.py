"""Generated from the ABI of ``Treasury`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(token: bytes, governor: bytes) -> bytes:
    return encode(('address', 'address'), (token, governor, ))


def collect_call(source: bytes) -> bytes:
    return bytes.fromhex("06ec16f8") + encode(('address',), (source, ))


def credit_call(account: bytes) -> bytes:
    return bytes.fromhex("d5d44d80") + encode(('address',), (account, ))


def credit_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def governor_call() -> bytes:
    return bytes.fromhex("0c340a24") + encode((), ())


def governor_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def share_call(shares: list[tuple[bytes, int]], reason: bytes) -> bytes:
    return bytes.fromhex("6f9e8512") + encode(('(address,uint64)[]', 'bytes32'), (shares, reason, ))


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


def withdraw_call() -> bytes:
    return bytes.fromhex("3ccfd60b") + encode((), ())


COLLECTED_TOPIC = bytes.fromhex("b02df87d2f585d5899b2c765f6dd4b70d5f475595d4f51d3151f9a56fea89e22")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    source: bytes
    amount: int
    fund: int


def collected_event(topics: tuple[bytes, ...], data: bytes) -> Collected:
    values = decode(('uint64', 'uint64'), data)
    return Collected(
        source=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        amount=int(values[0]),
        fund=int(values[1]),
    )


SHARED_TOPIC = bytes.fromhex("c312c282c1d56a4c3ae00b4b07841b5ddb1e465ab1aa897a9230b7e2a3cfb891")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    account: bytes
    amount: int
    reason: bytes


def shared_event(topics: tuple[bytes, ...], data: bytes) -> Shared:
    values = decode(('uint64',), data)
    return Shared(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        reason=bytes(decode(('bytes32',), topics[2])[0]),
        amount=int(values[0]),
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
