"""Generated from the ABI of ``Passports`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(designs: bytes) -> bytes:
    return encode(('address',), (designs, ))


def approve_call(to: bytes, token_id: int) -> bytes:
    return bytes.fromhex("095ea7b3") + encode(('address', 'uint256'), (to, token_id, ))


def balance_of_call(owner: bytes) -> bytes:
    return bytes.fromhex("70a08231") + encode(('address',), (owner, ))


def balance_of_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def designs_call() -> bytes:
    return bytes.fromhex("674737f4") + encode((), ())


def designs_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def get_approved_call(token_id: int) -> bytes:
    return bytes.fromhex("081812fc") + encode(('uint256',), (token_id, ))


def get_approved_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def head_of_call(token_id: int) -> bytes:
    return bytes.fromhex("5ad8a111") + encode(('uint256',), (token_id, ))


def head_of_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def is_approved_for_all_call(owner: bytes, operator: bytes) -> bytes:
    return bytes.fromhex("e985e9c5") + encode(('address', 'address'), (owner, operator, ))


def is_approved_for_all_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def issue_call(licence: bytes, number: int, head: bytes) -> bytes:
    return bytes.fromhex("440ee215") + encode(('bytes32', 'uint32', 'bytes32'), (licence, number, head, ))


def locked_call(token_id: int) -> bytes:
    return bytes.fromhex("b45a3c0e") + encode(('uint256',), (token_id, ))


def locked_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def name_call() -> bytes:
    return bytes.fromhex("06fdde03") + encode((), ())


def name_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def owner_of_call(token_id: int) -> bytes:
    return bytes.fromhex("6352211e") + encode(('uint256',), (token_id, ))


def owner_of_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def safe_transfer_from_from__to_token_id_call(from_: bytes, to: bytes, token_id: int) -> bytes:
    return bytes.fromhex("42842e0e") + encode(('address', 'address', 'uint256'), (from_, to, token_id, ))


def safe_transfer_from_from__to_token_id_data_call(from_: bytes, to: bytes, token_id: int, data: bytes) -> bytes:
    return bytes.fromhex("b88d4fde") + encode(('address', 'address', 'uint256', 'bytes'), (from_, to, token_id, data, ))


def set_approval_for_all_call(operator: bytes, approved: bool) -> bytes:
    return bytes.fromhex("a22cb465") + encode(('address', 'bool'), (operator, approved, ))


def set_locked_call(token_id: int, locked: bool) -> bytes:
    return bytes.fromhex("0a3cc989") + encode(('uint256', 'bool'), (token_id, locked, ))


def supports_interface_call(interface_id: bytes) -> bytes:
    return bytes.fromhex("01ffc9a7") + encode(('bytes4',), (interface_id, ))


def supports_interface_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def symbol_call() -> bytes:
    return bytes.fromhex("95d89b41") + encode((), ())


def symbol_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def token_uri_call(token_id: int) -> bytes:
    return bytes.fromhex("c87b56dd") + encode(('uint256',), (token_id, ))


def token_uri_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def transfer_from_call(from_: bytes, to: bytes, token_id: int) -> bytes:
    return bytes.fromhex("23b872dd") + encode(('address', 'address', 'uint256'), (from_, to, token_id, ))


APPROVAL_TOPIC = bytes.fromhex("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    owner: bytes
    approved: bytes
    token_id: int


def approval_event(topics: tuple[bytes, ...], data: bytes) -> Approval:
    return Approval(
        owner=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        approved=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        token_id=int(decode(('uint256',), topics[3])[0]),
    )


APPROVAL_FOR_ALL_TOPIC = bytes.fromhex("17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalForAll:
    owner: bytes
    operator: bytes
    approved: bool


def approval_for_all_event(topics: tuple[bytes, ...], data: bytes) -> ApprovalForAll:
    values = decode(('bool',), data)
    return ApprovalForAll(
        owner=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        operator=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        approved=bool(values[0]),
    )


ISSUED_TOPIC = bytes.fromhex("2672aac1d71332fc4f65b218dc3dd8e42a782d3f231c4065d3ceb85cb82f3e45")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    token_id: int
    licence: bytes
    number: int
    head: bytes


def issued_event(topics: tuple[bytes, ...], data: bytes) -> Issued:
    values = decode(('uint32', 'bytes32'), data)
    return Issued(
        token_id=int(decode(('uint256',), topics[1])[0]),
        licence=bytes(decode(('bytes32',), topics[2])[0]),
        number=int(values[0]),
        head=bytes(values[1]),
    )


LOCKED_TOPIC = bytes.fromhex("032bc66be43dbccb7487781d168eb7bda224628a3b2c3388bdf69b532a3a1611")


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    token_id: int


def locked_event(topics: tuple[bytes, ...], data: bytes) -> Locked:
    values = decode(('uint256',), data)
    return Locked(
        token_id=int(values[0]),
    )


TRANSFER_TOPIC = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    from_: bytes
    to: bytes
    token_id: int


def transfer_event(topics: tuple[bytes, ...], data: bytes) -> Transfer:
    return Transfer(
        from_=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        to=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        token_id=int(decode(('uint256',), topics[3])[0]),
    )


UNLOCKED_TOPIC = bytes.fromhex("f27b6ce5b2f5e68ddb2fd95a8a909d4ecf1daaac270935fff052feacb24f1842")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    token_id: int


def unlocked_event(topics: tuple[bytes, ...], data: bytes) -> Unlocked:
    values = decode(('uint256',), data)
    return Unlocked(
        token_id=int(values[0]),
    )
