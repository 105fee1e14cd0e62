"""Generated from the ABI of ``SettlementToken`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(supply: int) -> bytes:
    return encode(('uint256',), (supply, ))


def allowance_call(owner: bytes, spender: bytes) -> bytes:
    return bytes.fromhex("dd62ed3e") + encode(('address', 'address'), (owner, spender, ))


def allowance_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def approve_call(spender: bytes, value: int) -> bytes:
    return bytes.fromhex("095ea7b3") + encode(('address', 'uint256'), (spender, value, ))


def balance_of_call(account: bytes) -> bytes:
    return bytes.fromhex("70a08231") + encode(('address',), (account, ))


def balance_of_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def decimals_call() -> bytes:
    return bytes.fromhex("313ce567") + encode((), ())


def decimals_result(data: bytes) -> int:
    return int(decode(('uint8',), data)[0])


def name_call() -> bytes:
    return bytes.fromhex("06fdde03") + encode((), ())


def name_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def symbol_call() -> bytes:
    return bytes.fromhex("95d89b41") + encode((), ())


def symbol_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def total_supply_call() -> bytes:
    return bytes.fromhex("18160ddd") + encode((), ())


def total_supply_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def transfer_call(to: bytes, value: int) -> bytes:
    return bytes.fromhex("a9059cbb") + encode(('address', 'uint256'), (to, value, ))


def transfer_from_call(from_: bytes, to: bytes, value: int) -> bytes:
    return bytes.fromhex("23b872dd") + encode(('address', 'address', 'uint256'), (from_, to, value, ))


APPROVAL_TOPIC = bytes.fromhex("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    owner: bytes
    spender: bytes
    value: int


def approval_event(topics: tuple[bytes, ...], data: bytes) -> Approval:
    values = decode(('uint256',), data)
    return Approval(
        owner=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        spender=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        value=int(values[0]),
    )


TRANSFER_TOPIC = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    from_: bytes
    to: bytes
    value: int


def transfer_event(topics: tuple[bytes, ...], data: bytes) -> Transfer:
    values = decode(('uint256',), data)
    return Transfer(
        from_=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        to=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        value=int(values[0]),
    )
