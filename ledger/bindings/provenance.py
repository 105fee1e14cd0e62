"""Generated from the ABI of ``Provenance`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments() -> bytes:
    return encode((), ())


def anchor_call(root: bytes, count: int) -> bytes:
    return bytes.fromhex("db2c4aca") + encode(('bytes32', 'uint64'), (root, count, ))


def head_of_call(publisher: bytes) -> bytes:
    return bytes.fromhex("1db0e136") + encode(('address',), (publisher, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadOfResult:
    head: bytes
    count: int


def head_of_result(data: bytes) -> HeadOfResult:
    values = decode(('bytes24', 'uint64'), data)
    return HeadOfResult(
        head=bytes(values[0]),
        count=int(values[1]),
    )


def verify_call(root: bytes, leaf_hash: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    return bytes.fromhex("d2b29fba") + encode(('bytes32', 'bytes32', 'uint64', 'uint64', 'bytes32[]'), (root, leaf_hash, index, size, proof, ))


def verify_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


ANCHORED_TOPIC = bytes.fromhex("89a6d921e8e91c18be78a016997c04625db0d36e402bd063eb22521fe39e03c0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    publisher: bytes
    root: bytes
    count: int


def anchored_event(topics: tuple[bytes, ...], data: bytes) -> Anchored:
    values = decode(('uint64',), data)
    return Anchored(
        publisher=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        root=bytes(decode(('bytes32',), topics[2])[0]),
        count=int(values[0]),
    )
