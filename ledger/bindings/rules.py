"""Generated from the ABI of ``Rules`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(governor: bytes, votes: bytes, first: tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int]) -> bytes:
    return encode(('address', 'address', '(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)'), (governor, votes, first, ))


def pause_call() -> bytes:
    return bytes.fromhex("e65fad97") + encode((), ())


def pause_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def pause_share_bps_call() -> bytes:
    return bytes.fromhex("041cefb0") + encode((), ())


def pause_share_bps_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def rest_call() -> bytes:
    return bytes.fromhex("81c0e267") + encode((), ())


def rest_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def adopt_call(next: tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int]) -> bytes:
    return bytes.fromhex("b41bfd93") + encode(('(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)',), (next, ))


def call_pause_call() -> bytes:
    return bytes.fromhex("f212669c") + encode((), ())


def effective_call() -> bytes:
    return bytes.fromhex("a51e7b62") + encode((), ())


def effective_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def governor_call() -> bytes:
    return bytes.fromhex("0c340a24") + encode((), ())


def governor_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def latest_call() -> bytes:
    return bytes.fromhex("52bfe789") + encode((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestResult:
    version: int
    fee_bps: int
    min_commit_seconds: int
    min_reveal_seconds: int
    review_seconds: int
    dispute_seconds: int
    max_budget_cents: int
    carbon_cents_per_tonne: int
    max_hour_cents: int
    bid_bond_cents: int
    dispute_fee_cents: int
    notice_seconds: int
    processes: int
    premium_bps: int


def latest_result(data: bytes) -> LatestResult:
    values = decode(('(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)',), data)[0]
    return LatestResult(
        version=int(values[0]),
        fee_bps=int(values[1]),
        min_commit_seconds=int(values[2]),
        min_reveal_seconds=int(values[3]),
        review_seconds=int(values[4]),
        dispute_seconds=int(values[5]),
        max_budget_cents=int(values[6]),
        carbon_cents_per_tonne=int(values[7]),
        max_hour_cents=int(values[8]),
        bid_bond_cents=int(values[9]),
        dispute_fee_cents=int(values[10]),
        notice_seconds=int(values[11]),
        processes=int(values[12]),
        premium_bps=int(values[13]),
    )


def pack_call() -> bytes:
    return bytes.fromhex("ef082838") + encode((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class PackResult:
    version: int
    fee_bps: int
    min_commit_seconds: int
    min_reveal_seconds: int
    review_seconds: int
    dispute_seconds: int
    max_budget_cents: int
    carbon_cents_per_tonne: int
    max_hour_cents: int
    bid_bond_cents: int
    dispute_fee_cents: int
    notice_seconds: int
    processes: int
    premium_bps: int


def pack_result(data: bytes) -> PackResult:
    values = decode(('(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)',), data)[0]
    return PackResult(
        version=int(values[0]),
        fee_bps=int(values[1]),
        min_commit_seconds=int(values[2]),
        min_reveal_seconds=int(values[3]),
        review_seconds=int(values[4]),
        dispute_seconds=int(values[5]),
        max_budget_cents=int(values[6]),
        carbon_cents_per_tonne=int(values[7]),
        max_hour_cents=int(values[8]),
        bid_bond_cents=int(values[9]),
        dispute_fee_cents=int(values[10]),
        notice_seconds=int(values[11]),
        processes=int(values[12]),
        premium_bps=int(values[13]),
    )


def pack_hash_call() -> bytes:
    return bytes.fromhex("bac03fb7") + encode((), ())


def pack_hash_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def paused_until_call() -> bytes:
    return bytes.fromhex("da748b10") + encode((), ())


def paused_until_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def votes_call() -> bytes:
    return bytes.fromhex("e168c3ec") + encode((), ())


def votes_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


ADOPTED_TOPIC = bytes.fromhex("b5225e662b449e7baba25929e1c90b22cc3a6b013183a593307946d2996bd678")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    version: int
    pack_hash: bytes
    effective: int


def adopted_event(topics: tuple[bytes, ...], data: bytes) -> Adopted:
    values = decode(('bytes32', 'uint64'), data)
    return Adopted(
        version=int(decode(('uint64',), topics[1])[0]),
        pack_hash=bytes(values[0]),
        effective=int(values[1]),
    )


PAUSE_CALLED_TOPIC = bytes.fromhex("f8315dfec0ddbaf905be333f1ff2a73ceb8354c33253718e0a81289ce114a894")


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCalled:
    member: bytes
    weight: int
    joined: int
    needed: int


def pause_called_event(topics: tuple[bytes, ...], data: bytes) -> PauseCalled:
    values = decode(('uint256', 'uint256', 'uint256'), data)
    return PauseCalled(
        member=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        weight=int(values[0]),
        joined=int(values[1]),
        needed=int(values[2]),
    )


PAUSED_TOPIC = bytes.fromhex("db6a871e0ca1412b5a476ec1e7ec005fc584d1afa9bef37a3c64129332bb449b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    until: int


def paused_event(topics: tuple[bytes, ...], data: bytes) -> Paused:
    values = decode(('uint64',), data)
    return Paused(
        until=int(values[0]),
    )
