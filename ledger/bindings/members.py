"""Generated from the ABI of ``Members`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(token: bytes, court: bytes, minimum_bond: int, vote_cap: int) -> bytes:
    return encode(('address', 'address', 'uint64', 'uint64'), (token, court, minimum_bond, vote_cap, ))


def clock_mode_call() -> bytes:
    return bytes.fromhex("4bf5d7e9") + encode((), ())


def clock_mode_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def account_of_call(peer: bytes) -> bytes:
    return bytes.fromhex("0b61a887") + encode(('bytes32',), (peer, ))


def account_of_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def auditor_at_call(index: int) -> bytes:
    return bytes.fromhex("a178073d") + encode(('uint256',), (index, ))


def auditor_at_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def auditor_count_call() -> bytes:
    return bytes.fromhex("115f574c") + encode((), ())


def auditor_count_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def bond_call(amount: int) -> bytes:
    return bytes.fromhex("6b0432ef") + encode(('uint64',), (amount, ))


def clock_call() -> bytes:
    return bytes.fromhex("91ddadf4") + encode((), ())


def clock_result(data: bytes) -> int:
    return int(decode(('uint48',), data)[0])


def court_call() -> bytes:
    return bytes.fromhex("00971a30") + encode((), ())


def court_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def credit_call(account: bytes) -> bytes:
    return bytes.fromhex("d5d44d80") + encode(('address',), (account, ))


def credit_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def delegate_call(delegatee: bytes) -> bytes:
    return bytes.fromhex("5c19a95c") + encode(('address',), (delegatee, ))


def delegate_by_sig_call(delegatee: bytes, nonce: int, expiry: int, v: int, r: bytes, s: bytes) -> bytes:
    return bytes.fromhex("c3cda520") + encode(('address', 'uint256', 'uint256', 'uint8', 'bytes32', 'bytes32'), (delegatee, nonce, expiry, v, r, s, ))


def delegates_call(account: bytes) -> bytes:
    return bytes.fromhex("587cde1e") + encode(('address',), (account, ))


def delegates_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


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


def get_past_total_supply_call(timepoint: int) -> bytes:
    return bytes.fromhex("8e539e8c") + encode(('uint256',), (timepoint, ))


def get_past_total_supply_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def get_past_votes_call(account: bytes, timepoint: int) -> bytes:
    return bytes.fromhex("3a46b1a8") + encode(('address', 'uint256'), (account, timepoint, ))


def get_past_votes_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def get_votes_call(account: bytes) -> bytes:
    return bytes.fromhex("9ab24eb0") + encode(('address',), (account, ))


def get_votes_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def holds_call(account: bytes, role: int) -> bytes:
    return bytes.fromhex("bb727792") + encode(('address', 'uint8'), (account, role, ))


def holds_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def member_of_call(account: bytes) -> bytes:
    return bytes.fromhex("3b4c9891") + encode(('address',), (account, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOfResult:
    peer: bytes
    encryption_key: bytes
    roles: int
    epoch: int
    expiry: int
    bond: int
    unbonding: int
    due: int


def member_of_result(data: bytes) -> MemberOfResult:
    values = decode(('(bytes32,bytes32,uint8,uint64,uint64,uint64,uint64,uint64)',), data)[0]
    return MemberOfResult(
        peer=bytes(values[0]),
        encryption_key=bytes(values[1]),
        roles=int(values[2]),
        epoch=int(values[3]),
        expiry=int(values[4]),
        bond=int(values[5]),
        unbonding=int(values[6]),
        due=int(values[7]),
    )


def minimum_bond_call() -> bytes:
    return bytes.fromhex("aa7517e1") + encode((), ())


def minimum_bond_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def nonces_call(owner: bytes) -> bytes:
    return bytes.fromhex("7ecebe00") + encode(('address',), (owner, ))


def nonces_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def punished_call(evidence: bytes) -> bytes:
    return bytes.fromhex("05d94a82") + encode(('bytes32',), (evidence, ))


def punished_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def register_call(roles: int, peer: bytes, encryption_key: bytes, expiry: int) -> bytes:
    return bytes.fromhex("369ea189") + encode(('uint8', 'bytes32', 'bytes32', 'uint64'), (roles, peer, encryption_key, expiry, ))


def release_call() -> bytes:
    return bytes.fromhex("86d1a69f") + encode((), ())


def revoke_call() -> bytes:
    return bytes.fromhex("b6549f75") + encode((), ())


def slash_call(account: bytes, amount: int, evidence: bytes, beneficiary: bytes) -> bytes:
    return bytes.fromhex("1e190650") + encode(('address', 'uint64', 'bytes32', 'address'), (account, amount, evidence, beneficiary, ))


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


def unbond_call(amount: int) -> bytes:
    return bytes.fromhex("874fcc22") + encode(('uint64',), (amount, ))


def vote_cap_call() -> bytes:
    return bytes.fromhex("2c310b0d") + encode((), ())


def vote_cap_result(data: bytes) -> int:
    return int(decode(('uint64',), data)[0])


def withdraw_call() -> bytes:
    return bytes.fromhex("3ccfd60b") + encode((), ())


BONDED_TOPIC = bytes.fromhex("dfb52a8613e78ef9c60a11e2428bf5740f2775963e404634a08e0b8140169b1c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonded:
    account: bytes
    amount: int
    bond: int


def bonded_event(topics: tuple[bytes, ...], data: bytes) -> Bonded:
    values = decode(('uint64', 'uint64'), data)
    return Bonded(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        amount=int(values[0]),
        bond=int(values[1]),
    )


DELEGATE_CHANGED_TOPIC = bytes.fromhex("3134e8a2e6d97e929a7e54011ea5485d7d196dd5f0ba4d4ef95803e8e3fc257f")


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateChanged:
    delegator: bytes
    from_delegate: bytes
    to_delegate: bytes


def delegate_changed_event(topics: tuple[bytes, ...], data: bytes) -> DelegateChanged:
    return DelegateChanged(
        delegator=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        from_delegate=bytes.fromhex(decode(('address',), topics[2])[0][2:]),
        to_delegate=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
    )


DELEGATE_VOTES_CHANGED_TOPIC = bytes.fromhex("dec2bacdd2f05b59de34da9b523dff8be42e5e38e818c82fdb0bae774387a724")


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateVotesChanged:
    delegate: bytes
    previous_votes: int
    new_votes: int


def delegate_votes_changed_event(topics: tuple[bytes, ...], data: bytes) -> DelegateVotesChanged:
    values = decode(('uint256', 'uint256'), data)
    return DelegateVotesChanged(
        delegate=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        previous_votes=int(values[0]),
        new_votes=int(values[1]),
    )


REGISTERED_TOPIC = bytes.fromhex("169929c64adcf36fa971467ae33d7b5f87f622ad82a04d826ecb8e2b3970e506")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    account: bytes
    peer: bytes
    encryption_key: bytes
    roles: int
    epoch: int
    expiry: int


def registered_event(topics: tuple[bytes, ...], data: bytes) -> Registered:
    values = decode(('bytes32', 'uint8', 'uint64', 'uint64'), data)
    return Registered(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        peer=bytes(decode(('bytes32',), topics[2])[0]),
        encryption_key=bytes(values[0]),
        roles=int(values[1]),
        epoch=int(values[2]),
        expiry=int(values[3]),
    )


REVOKED_TOPIC = bytes.fromhex("1ca9c43de7d16e40f0f81485e4c96447bf4737a4bd8fd05787b04880167ee79c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    account: bytes
    peer: bytes
    epoch: int


def revoked_event(topics: tuple[bytes, ...], data: bytes) -> Revoked:
    values = decode(('uint64',), data)
    return Revoked(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        peer=bytes(decode(('bytes32',), topics[2])[0]),
        epoch=int(values[0]),
    )


SLASHED_TOPIC = bytes.fromhex("362b03e8041c99a75e7a130ed6b86c3498aefb425a5839b496fc16d9c837fb6e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slashed:
    account: bytes
    evidence: bytes
    beneficiary: bytes
    amount: int


def slashed_event(topics: tuple[bytes, ...], data: bytes) -> Slashed:
    values = decode(('uint64',), data)
    return Slashed(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        evidence=bytes(decode(('bytes32',), topics[2])[0]),
        beneficiary=bytes.fromhex(decode(('address',), topics[3])[0][2:]),
        amount=int(values[0]),
    )


UNBONDED_TOPIC = bytes.fromhex("2d4ead1d626ef60b318e017e6291e020e3f489b21a38b9f0e70f057672d089ad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbonded:
    account: bytes
    amount: int


def unbonded_event(topics: tuple[bytes, ...], data: bytes) -> Unbonded:
    values = decode(('uint64',), data)
    return Unbonded(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        amount=int(values[0]),
    )


UNBONDING_TOPIC = bytes.fromhex("057b0d1313c41be79c5e553a502b7f902a089e05154118ef1d3d48ca2216dd93")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbonding:
    account: bytes
    amount: int
    due: int


def unbonding_event(topics: tuple[bytes, ...], data: bytes) -> Unbonding:
    values = decode(('uint64', 'uint64'), data)
    return Unbonding(
        account=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        amount=int(values[0]),
        due=int(values[1]),
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
