"""Generated from the ABI of ``Timelock`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(min_delay: int, governor: list[bytes]) -> bytes:
    return encode(('uint256', 'address[]'), (min_delay, governor, ))


def canceller_role_call() -> bytes:
    return bytes.fromhex("b08e51c0") + encode((), ())


def canceller_role_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def default_admin_role_call() -> bytes:
    return bytes.fromhex("a217fddf") + encode((), ())


def default_admin_role_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def executor_role_call() -> bytes:
    return bytes.fromhex("07bd0265") + encode((), ())


def executor_role_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def proposer_role_call() -> bytes:
    return bytes.fromhex("8f61f4f5") + encode((), ())


def proposer_role_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def cancel_call(id_: bytes) -> bytes:
    return bytes.fromhex("c4d252f5") + encode(('bytes32',), (id_, ))


def execute_call(target: bytes, value: int, payload: bytes, predecessor: bytes, salt: bytes) -> bytes:
    return bytes.fromhex("134008d3") + encode(('address', 'uint256', 'bytes', 'bytes32', 'bytes32'), (target, value, payload, predecessor, salt, ))


def execute_batch_call(targets: list[bytes], values: list[int], payloads: list[bytes], predecessor: bytes, salt: bytes) -> bytes:
    return bytes.fromhex("e38335e5") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32', 'bytes32'), (targets, values, payloads, predecessor, salt, ))


def get_min_delay_call() -> bytes:
    return bytes.fromhex("f27a0c92") + encode((), ())


def get_min_delay_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def get_operation_state_call(id_: bytes) -> bytes:
    return bytes.fromhex("7958004c") + encode(('bytes32',), (id_, ))


def get_operation_state_result(data: bytes) -> int:
    return int(decode(('uint8',), data)[0])


def get_role_admin_call(role: bytes) -> bytes:
    return bytes.fromhex("248a9ca3") + encode(('bytes32',), (role, ))


def get_role_admin_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def get_timestamp_call(id_: bytes) -> bytes:
    return bytes.fromhex("d45c4435") + encode(('bytes32',), (id_, ))


def get_timestamp_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def grant_role_call(role: bytes, account: bytes) -> bytes:
    return bytes.fromhex("2f2ff15d") + encode(('bytes32', 'address'), (role, account, ))


def has_role_call(role: bytes, account: bytes) -> bytes:
    return bytes.fromhex("91d14854") + encode(('bytes32', 'address'), (role, account, ))


def has_role_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def hash_operation_call(target: bytes, value: int, data: bytes, predecessor: bytes, salt: bytes) -> bytes:
    return bytes.fromhex("8065657f") + encode(('address', 'uint256', 'bytes', 'bytes32', 'bytes32'), (target, value, data, predecessor, salt, ))


def hash_operation_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def hash_operation_batch_call(targets: list[bytes], values: list[int], payloads: list[bytes], predecessor: bytes, salt: bytes) -> bytes:
    return bytes.fromhex("b1c5f427") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32', 'bytes32'), (targets, values, payloads, predecessor, salt, ))


def hash_operation_batch_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def is_operation_call(id_: bytes) -> bytes:
    return bytes.fromhex("31d50750") + encode(('bytes32',), (id_, ))


def is_operation_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def is_operation_done_call(id_: bytes) -> bytes:
    return bytes.fromhex("2ab0f529") + encode(('bytes32',), (id_, ))


def is_operation_done_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def is_operation_pending_call(id_: bytes) -> bytes:
    return bytes.fromhex("584b153e") + encode(('bytes32',), (id_, ))


def is_operation_pending_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def is_operation_ready_call(id_: bytes) -> bytes:
    return bytes.fromhex("13bc9f20") + encode(('bytes32',), (id_, ))


def is_operation_ready_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def on_erc1155_batch_received_call(value0: bytes, value1: bytes, value2: list[int], value3: list[int], value4: bytes) -> bytes:
    return bytes.fromhex("bc197c81") + encode(('address', 'address', 'uint256[]', 'uint256[]', 'bytes'), (value0, value1, value2, value3, value4, ))


def on_erc1155_received_call(value0: bytes, value1: bytes, value2: int, value3: int, value4: bytes) -> bytes:
    return bytes.fromhex("f23a6e61") + encode(('address', 'address', 'uint256', 'uint256', 'bytes'), (value0, value1, value2, value3, value4, ))


def on_erc721_received_call(value0: bytes, value1: bytes, value2: int, value3: bytes) -> bytes:
    return bytes.fromhex("150b7a02") + encode(('address', 'address', 'uint256', 'bytes'), (value0, value1, value2, value3, ))


def renounce_role_call(role: bytes, caller_confirmation: bytes) -> bytes:
    return bytes.fromhex("36568abe") + encode(('bytes32', 'address'), (role, caller_confirmation, ))


def revoke_role_call(role: bytes, account: bytes) -> bytes:
    return bytes.fromhex("d547741f") + encode(('bytes32', 'address'), (role, account, ))


def schedule_call(target: bytes, value: int, data: bytes, predecessor: bytes, salt: bytes, delay: int) -> bytes:
    return bytes.fromhex("01d5062a") + encode(('address', 'uint256', 'bytes', 'bytes32', 'bytes32', 'uint256'), (target, value, data, predecessor, salt, delay, ))


def schedule_batch_call(targets: list[bytes], values: list[int], payloads: list[bytes], predecessor: bytes, salt: bytes, delay: int) -> bytes:
    return bytes.fromhex("8f2a0bb0") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32', 'bytes32', 'uint256'), (targets, values, payloads, predecessor, salt, delay, ))


def supports_interface_call(interface_id: bytes) -> bytes:
    return bytes.fromhex("01ffc9a7") + encode(('bytes4',), (interface_id, ))


def supports_interface_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def update_delay_call(new_delay: int) -> bytes:
    return bytes.fromhex("64d62353") + encode(('uint256',), (new_delay, ))


CALL_EXECUTED_TOPIC = bytes.fromhex("c2617efa69bab66782fa219543714338489c4e9e178271560a91b82c3f612b58")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallExecuted:
    id_: bytes
    index: int
    target: bytes
    value: int
    data: bytes


def call_executed_event(topics: tuple[bytes, ...], data: bytes) -> CallExecuted:
    values = decode(('address', 'uint256', 'bytes'), data)
    return CallExecuted(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint256',), topics[2])[0]),
        target=bytes.fromhex(values[0][2:]),
        value=int(values[1]),
        data=bytes(values[2]),
    )


CALL_SALT_TOPIC = bytes.fromhex("20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSalt:
    id_: bytes
    salt: bytes


def call_salt_event(topics: tuple[bytes, ...], data: bytes) -> CallSalt:
    values = decode(('bytes32',), data)
    return CallSalt(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        salt=bytes(values[0]),
    )


CALL_SCHEDULED_TOPIC = bytes.fromhex("4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScheduled:
    id_: bytes
    index: int
    target: bytes
    value: int
    data: bytes
    predecessor: bytes
    delay: int


def call_scheduled_event(topics: tuple[bytes, ...], data: bytes) -> CallScheduled:
    values = decode(('address', 'uint256', 'bytes', 'bytes32', 'uint256'), data)
    return CallScheduled(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
        index=int(decode(('uint256',), topics[2])[0]),
        target=bytes.fromhex(values[0][2:]),
        value=int(values[1]),
        data=bytes(values[2]),
        predecessor=bytes(values[3]),
        delay=int(values[4]),
    )


CANCELLED_TOPIC = bytes.fromhex("baa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    id_: bytes


def cancelled_event(topics: tuple[bytes, ...], data: bytes) -> Cancelled:
    return Cancelled(
        id_=bytes(decode(('bytes32',), topics[1])[0]),
    )


MIN_DELAY_CHANGE_TOPIC = bytes.fromhex("11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5")


@dataclass(frozen=True, slots=True, kw_only=True)
class MinDelayChange:
    old_duration: int
    new_duration: int


def min_delay_change_event(topics: tuple[bytes, ...], data: bytes) -> MinDelayChange:
    values = decode(('uint256', 'uint256'), data)
    return MinDelayChange(
        old_duration=int(values[0]),
        new_duration=int(values[1]),
    )


ROLE_ADMIN_CHANGED_TOPIC = bytes.fromhex("bd79b86ffe0ab8e8776151514217cd7cacd52c909f66475c3af44e129f0b00ff")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAdminChanged:
    role: bytes
    previous_admin_role: bytes
    new_admin_role: bytes


def role_admin_changed_event(topics: tuple[bytes, ...], data: bytes) -> RoleAdminChanged:
    return RoleAdminChanged(
        role=bytes(decode(('bytes32',), topics[1])[0]),
        previous_admin_role=bytes(decode(('bytes32',), topics[2])[0]),
        new_admin_role=bytes(decode(('bytes32',), topics[3])[0]),
    )


ROLE_GRANTED_TOPIC = bytes.fromhex("2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    role: bytes
    account: bytes
    sender: bytes


def role_granted_event(topics: tuple[bytes, ...], data: bytes) -> RoleGranted:
    return RoleGranted(
        role=bytes(decode(('bytes32',), topics[1])[0]),
        account=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        sender=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
    )


ROLE_REVOKED_TOPIC = bytes.fromhex("f6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked:
    role: bytes
    account: bytes
    sender: bytes


def role_revoked_event(topics: tuple[bytes, ...], data: bytes) -> RoleRevoked:
    return RoleRevoked(
        role=bytes(decode(('bytes32',), topics[1])[0]),
        account=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        sender=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
    )
