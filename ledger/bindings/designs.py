"""Generated from the ABI of ``Designs`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments() -> bytes:
    return encode((), ())


def contains_call(owner: bytes, commitment: bytes, leaf_hash: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    return bytes.fromhex("6638ec43") + encode(('address', 'bytes32', 'bytes32', 'uint64', 'uint64', 'bytes32[]'), (owner, commitment, leaf_hash, index, size, proof, ))


def contains_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def licence_of_call(licence: bytes) -> bytes:
    return bytes.fromhex("efa61e7d") + encode(('bytes32',), (licence, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceOfResult:
    owner: bytes
    max_units: int
    made: int
    revoked: bool
    licensee: bytes
    expiry: int
    commitment: bytes
    package: bytes


def licence_of_result(data: bytes) -> LicenceOfResult:
    values = decode(('(address,uint32,uint32,bool,address,uint64,bytes32,bytes32)',), data)[0]
    return LicenceOfResult(
        owner=bytes.fromhex(values[0][2:]),
        max_units=int(values[1]),
        made=int(values[2]),
        revoked=bool(values[3]),
        licensee=bytes.fromhex(values[4][2:]),
        expiry=int(values[5]),
        commitment=bytes(values[6]),
        package=bytes(values[7]),
    )


def license_call(commitment: bytes, package: bytes, licensee: bytes, max_units: int, expiry: int) -> bytes:
    return bytes.fromhex("5e382521") + encode(('bytes32', 'bytes32', 'address', 'uint32', 'uint64'), (commitment, package, licensee, max_units, expiry, ))


def open_call(commitment: bytes, root: bytes, nonce: bytes) -> bytes:
    return bytes.fromhex("91a1e32e") + encode(('bytes32', 'bytes32', 'bytes32'), (commitment, root, nonce, ))


def record_call(licence: bytes, units: int, evidence: bytes) -> bytes:
    return bytes.fromhex("de08a524") + encode(('bytes32', 'uint32', 'bytes32'), (licence, units, evidence, ))


def revoke_call(licence: bytes) -> bytes:
    return bytes.fromhex("b75c7dc6") + encode(('bytes32',), (licence, ))


def root_of_call(owner: bytes, commitment: bytes) -> bytes:
    return bytes.fromhex("b7d225a6") + encode(('address', 'bytes32'), (owner, commitment, ))


def root_of_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def seal_call(commitment: bytes) -> bytes:
    return bytes.fromhex("b07eeda8") + encode(('bytes32',), (commitment, ))


def sealed_at_call(owner: bytes, commitment: bytes) -> bytes:
    return bytes.fromhex("79a9120d") + encode(('address', 'bytes32'), (owner, commitment, ))


def sealed_at_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def serial_call(licence: bytes, number: int) -> bytes:
    return bytes.fromhex("6350c2ac") + encode(('bytes32', 'uint32'), (licence, number, ))


def serial_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


LICENSED_TOPIC = bytes.fromhex("076b7a3b67a151422577461347769b99de91b16b3d9978031fdfca002ffa2ed3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    licence: bytes
    owner: bytes
    licensee: bytes
    commitment: bytes
    package: bytes
    max_units: int
    expiry: int


def licensed_event(topics: tuple[bytes, ...], data: bytes) -> Licensed:
    values = decode(('bytes32', 'bytes32', 'uint32', 'uint64'), data)
    return Licensed(
        licence=bytes(decode(('bytes32',), topics[1])[0]),
        owner=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        licensee=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        commitment=bytes(values[0]),
        package=bytes(values[1]),
        max_units=int(values[2]),
        expiry=int(values[3]),
    )


OPENED_TOPIC = bytes.fromhex("59c00a26ef0a015e0d7438830ebf83ed808090662d7f4e899523a83c9dcdc405")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    owner: bytes
    commitment: bytes
    root: bytes


def opened_event(topics: tuple[bytes, ...], data: bytes) -> Opened:
    values = decode(('bytes32',), data)
    return Opened(
        owner=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        commitment=bytes(decode(('bytes32',), topics[2])[0]),
        root=bytes(values[0]),
    )


RECORDED_TOPIC = bytes.fromhex("5c684b1d2a9497e7bc824d49fd272b8ee93c03d6abf512049e14645fe2529aab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    licence: bytes
    first: int
    last: int
    evidence: bytes


def recorded_event(topics: tuple[bytes, ...], data: bytes) -> Recorded:
    values = decode(('uint32', 'uint32', 'bytes32'), data)
    return Recorded(
        licence=bytes(decode(('bytes32',), topics[1])[0]),
        first=int(values[0]),
        last=int(values[1]),
        evidence=bytes(values[2]),
    )


REVOKED_TOPIC = bytes.fromhex("e5af7daed5ab2a2dc5f98d53619f05089c0c14d11a6621f6b906a2366c9a7ab3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    licence: bytes


def revoked_event(topics: tuple[bytes, ...], data: bytes) -> Revoked:
    return Revoked(
        licence=bytes(decode(('bytes32',), topics[1])[0]),
    )


SEALED_TOPIC = bytes.fromhex("787b3cf5f3ffd3a4310e66bbdaccdede2b6a2587e3e151835004697207230f46")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    owner: bytes
    commitment: bytes


def sealed_event(topics: tuple[bytes, ...], data: bytes) -> Sealed:
    return Sealed(
        owner=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        commitment=bytes(decode(('bytes32',), topics[2])[0]),
    )
