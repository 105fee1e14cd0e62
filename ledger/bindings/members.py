"""Generated from the ABI of ``Members`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments() -> bytes:
    return encode((), ())


def account_of_call(peer: bytes) -> bytes:
    return bytes.fromhex("0b61a887") + encode(('bytes32',), (peer, ))


def account_of_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def member_of_call(account: bytes) -> bytes:
    return bytes.fromhex("3b4c9891") + encode(('address',), (account, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOfResult:
    peer: bytes
    encryption_key: bytes
    roles: int
    epoch: int


def member_of_result(data: bytes) -> MemberOfResult:
    values = decode(('bytes32', 'bytes32', 'uint8', 'uint64'), data)
    return MemberOfResult(
        peer=bytes(values[0]),
        encryption_key=bytes(values[1]),
        roles=int(values[2]),
        epoch=int(values[3]),
    )


def register_call(roles: int, peer: bytes, encryption_key: bytes) -> bytes:
    return bytes.fromhex("4e98ce08") + encode(('uint8', 'bytes32', 'bytes32'), (roles, peer, encryption_key, ))


REGISTERED_TOPIC = bytes.fromhex("6ceb71a06d00ff715c10f0690a24865cc7f4ed52a85fa230d2a8dc335df3a092")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    account: bytes
    peer: bytes
    encryption_key: bytes
    roles: int
    epoch: int


def registered_event(topics: tuple[bytes, ...], data: bytes) -> Registered:
    values = decode(('bytes32', 'uint8', 'uint64'), data)
    return Registered(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        peer=bytes(decode(('bytes32',), topics[2])[0]),
        encryption_key=bytes(values[0]),
        roles=int(values[1]),
        epoch=int(values[2]),
    )
