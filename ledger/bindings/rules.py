"""Generated from the ABI of ``Rules`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(governor: bytes, first: tuple[int, int, int, int, int, int, int, int]) -> bytes:
    return encode(('address', '(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)'), (governor, first, ))


def adopt_call(next: tuple[int, int, int, int, int, int, int, int]) -> bytes:
    return bytes.fromhex("9354bbaf") + encode(('(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)',), (next, ))


def governor_call() -> bytes:
    return bytes.fromhex("0c340a24") + encode((), ())


def governor_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


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


def pack_result(data: bytes) -> PackResult:
    values = decode(('(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)',), data)[0]
    return PackResult(
        version=int(values[0]),
        fee_bps=int(values[1]),
        min_commit_seconds=int(values[2]),
        min_reveal_seconds=int(values[3]),
        review_seconds=int(values[4]),
        dispute_seconds=int(values[5]),
        max_budget_cents=int(values[6]),
        carbon_cents_per_tonne=int(values[7]),
    )


def pack_hash_call() -> bytes:
    return bytes.fromhex("bac03fb7") + encode((), ())


def pack_hash_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


ADOPTED_TOPIC = bytes.fromhex("e5084c26a363e738661da6fe2fa6bb31acbe2e0efdb9bf6a85ce23d5b6b63d9c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    version: int
    pack_hash: bytes


def adopted_event(topics: tuple[bytes, ...], data: bytes) -> Adopted:
    values = decode(('bytes32',), data)
    return Adopted(
        version=int(decode(('uint64',), topics[1])[0]),
        pack_hash=bytes(values[0]),
    )
