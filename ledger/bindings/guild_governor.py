"""Generated from the ABI of ``GuildGovernor`` by contracts/build.py; never edited by hand."""

from dataclasses import dataclass

from ledger.abi import decode, encode


def constructor_arguments(votes: bytes, timelock: bytes, terms: tuple[int, int, int, int, int]) -> bytes:
    return encode(('address', 'address', '(uint48,uint32,uint48,uint256,uint256)'), (votes, timelock, terms, ))


def ballot_typehash_call() -> bytes:
    return bytes.fromhex("deaaa7cc") + encode((), ())


def ballot_typehash_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def clock_mode_call() -> bytes:
    return bytes.fromhex("4bf5d7e9") + encode((), ())


def clock_mode_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def counting_mode_call() -> bytes:
    return bytes.fromhex("dd4e2ba5") + encode((), ())


def counting_mode_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def extended_ballot_typehash_call() -> bytes:
    return bytes.fromhex("2fe3e261") + encode((), ())


def extended_ballot_typehash_result(data: bytes) -> bytes:
    return bytes(decode(('bytes32',), data)[0])


def cancel_call(targets: list[bytes], values: list[int], calldatas: list[bytes], description_hash: bytes) -> bytes:
    return bytes.fromhex("452115d6") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32'), (targets, values, calldatas, description_hash, ))


def cast_vote_call(proposal_id: int, support: int) -> bytes:
    return bytes.fromhex("56781388") + encode(('uint256', 'uint8'), (proposal_id, support, ))


def cast_vote_by_sig_call(proposal_id: int, support: int, voter: bytes, signature: bytes) -> bytes:
    return bytes.fromhex("8ff262e3") + encode(('uint256', 'uint8', 'address', 'bytes'), (proposal_id, support, voter, signature, ))


def cast_vote_with_reason_call(proposal_id: int, support: int, reason: str) -> bytes:
    return bytes.fromhex("7b3c71d3") + encode(('uint256', 'uint8', 'string'), (proposal_id, support, reason, ))


def cast_vote_with_reason_and_params_call(proposal_id: int, support: int, reason: str, params: bytes) -> bytes:
    return bytes.fromhex("5f398a14") + encode(('uint256', 'uint8', 'string', 'bytes'), (proposal_id, support, reason, params, ))


def cast_vote_with_reason_and_params_by_sig_call(proposal_id: int, support: int, voter: bytes, reason: str, params: bytes, signature: bytes) -> bytes:
    return bytes.fromhex("5b8d0e0d") + encode(('uint256', 'uint8', 'address', 'string', 'bytes', 'bytes'), (proposal_id, support, voter, reason, params, signature, ))


def clock_call() -> bytes:
    return bytes.fromhex("91ddadf4") + encode((), ())


def clock_result(data: bytes) -> int:
    return int(decode(('uint48',), data)[0])


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


def execute_call(targets: list[bytes], values: list[int], calldatas: list[bytes], description_hash: bytes) -> bytes:
    return bytes.fromhex("2656227d") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32'), (targets, values, calldatas, description_hash, ))


def get_proposal_id_call(targets: list[bytes], values: list[int], calldatas: list[bytes], description_hash: bytes) -> bytes:
    return bytes.fromhex("a8f8a668") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32'), (targets, values, calldatas, description_hash, ))


def get_proposal_id_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def get_votes_call(account: bytes, timepoint: int) -> bytes:
    return bytes.fromhex("eb9019d4") + encode(('address', 'uint256'), (account, timepoint, ))


def get_votes_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def get_votes_with_params_call(account: bytes, timepoint: int, params: bytes) -> bytes:
    return bytes.fromhex("9a802a6d") + encode(('address', 'uint256', 'bytes'), (account, timepoint, params, ))


def get_votes_with_params_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def has_voted_call(proposal_id: int, account: bytes) -> bytes:
    return bytes.fromhex("43859632") + encode(('uint256', 'address'), (proposal_id, account, ))


def has_voted_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def hash_proposal_call(targets: list[bytes], values: list[int], calldatas: list[bytes], description_hash: bytes) -> bytes:
    return bytes.fromhex("c59057e4") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32'), (targets, values, calldatas, description_hash, ))


def hash_proposal_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def late_quorum_vote_extension_call() -> bytes:
    return bytes.fromhex("32b8113e") + encode((), ())


def late_quorum_vote_extension_result(data: bytes) -> int:
    return int(decode(('uint48',), data)[0])


def name_call() -> bytes:
    return bytes.fromhex("06fdde03") + encode((), ())


def name_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def nonces_call(owner: bytes) -> bytes:
    return bytes.fromhex("7ecebe00") + encode(('address',), (owner, ))


def nonces_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def on_erc1155_batch_received_call(value0: bytes, value1: bytes, value2: list[int], value3: list[int], value4: bytes) -> bytes:
    return bytes.fromhex("bc197c81") + encode(('address', 'address', 'uint256[]', 'uint256[]', 'bytes'), (value0, value1, value2, value3, value4, ))


def on_erc1155_received_call(value0: bytes, value1: bytes, value2: int, value3: int, value4: bytes) -> bytes:
    return bytes.fromhex("f23a6e61") + encode(('address', 'address', 'uint256', 'uint256', 'bytes'), (value0, value1, value2, value3, value4, ))


def on_erc721_received_call(value0: bytes, value1: bytes, value2: int, value3: bytes) -> bytes:
    return bytes.fromhex("150b7a02") + encode(('address', 'address', 'uint256', 'bytes'), (value0, value1, value2, value3, ))


def proposal_deadline_call(id_: int) -> bytes:
    return bytes.fromhex("c01f9e37") + encode(('uint256',), (id_, ))


def proposal_deadline_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def proposal_eta_call(proposal_id: int) -> bytes:
    return bytes.fromhex("ab58fb8e") + encode(('uint256',), (proposal_id, ))


def proposal_eta_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def proposal_needs_queuing_call(id_: int) -> bytes:
    return bytes.fromhex("a9a95294") + encode(('uint256',), (id_, ))


def proposal_needs_queuing_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def proposal_proposer_call(proposal_id: int) -> bytes:
    return bytes.fromhex("143489d0") + encode(('uint256',), (proposal_id, ))


def proposal_proposer_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def proposal_snapshot_call(proposal_id: int) -> bytes:
    return bytes.fromhex("2d63f693") + encode(('uint256',), (proposal_id, ))


def proposal_snapshot_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def proposal_threshold_call() -> bytes:
    return bytes.fromhex("b58131b0") + encode((), ())


def proposal_threshold_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def proposal_votes_call(proposal_id: int) -> bytes:
    return bytes.fromhex("544ffc9c") + encode(('uint256',), (proposal_id, ))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalVotesResult:
    against_votes: int
    for_votes: int
    abstain_votes: int


def proposal_votes_result(data: bytes) -> ProposalVotesResult:
    values = decode(('uint256', 'uint256', 'uint256'), data)
    return ProposalVotesResult(
        against_votes=int(values[0]),
        for_votes=int(values[1]),
        abstain_votes=int(values[2]),
    )


def propose_call(targets: list[bytes], values: list[int], calldatas: list[bytes], description: str) -> bytes:
    return bytes.fromhex("7d5e81e2") + encode(('address[]', 'uint256[]', 'bytes[]', 'string'), (targets, values, calldatas, description, ))


def queue_call(targets: list[bytes], values: list[int], calldatas: list[bytes], description_hash: bytes) -> bytes:
    return bytes.fromhex("160cbed7") + encode(('address[]', 'uint256[]', 'bytes[]', 'bytes32'), (targets, values, calldatas, description_hash, ))


def quorum_call(timepoint: int) -> bytes:
    return bytes.fromhex("f8ce560a") + encode(('uint256',), (timepoint, ))


def quorum_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def quorum_denominator_call() -> bytes:
    return bytes.fromhex("97c3d334") + encode((), ())


def quorum_denominator_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def quorum_numerator_timepoint_call(timepoint: int) -> bytes:
    return bytes.fromhex("60c4247f") + encode(('uint256',), (timepoint, ))


def quorum_numerator_timepoint_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def quorum_numerator_call() -> bytes:
    return bytes.fromhex("a7713a70") + encode((), ())


def quorum_numerator_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def relay_call(target: bytes, value: int, data: bytes) -> bytes:
    return bytes.fromhex("c28bc2fa") + encode(('address', 'uint256', 'bytes'), (target, value, data, ))


def set_late_quorum_vote_extension_call(new_vote_extension: int) -> bytes:
    return bytes.fromhex("330df7ff") + encode(('uint48',), (new_vote_extension, ))


def set_proposal_threshold_call(new_proposal_threshold: int) -> bytes:
    return bytes.fromhex("ece40cc1") + encode(('uint256',), (new_proposal_threshold, ))


def set_voting_delay_call(new_voting_delay: int) -> bytes:
    return bytes.fromhex("79051887") + encode(('uint48',), (new_voting_delay, ))


def set_voting_period_call(new_voting_period: int) -> bytes:
    return bytes.fromhex("e540d01d") + encode(('uint32',), (new_voting_period, ))


def state_call(id_: int) -> bytes:
    return bytes.fromhex("3e4f49e6") + encode(('uint256',), (id_, ))


def state_result(data: bytes) -> int:
    return int(decode(('uint8',), data)[0])


def supports_interface_call(interface_id: bytes) -> bytes:
    return bytes.fromhex("01ffc9a7") + encode(('bytes4',), (interface_id, ))


def supports_interface_result(data: bytes) -> bool:
    return bool(decode(('bool',), data)[0])


def timelock_call() -> bytes:
    return bytes.fromhex("d33219b4") + encode((), ())


def timelock_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def token_call() -> bytes:
    return bytes.fromhex("fc0c546a") + encode((), ())


def token_result(data: bytes) -> bytes:
    return bytes.fromhex(decode(('address',), data)[0][2:])


def update_quorum_numerator_call(new_quorum_numerator: int) -> bytes:
    return bytes.fromhex("06f3f9e6") + encode(('uint256',), (new_quorum_numerator, ))


def update_timelock_call(new_timelock: bytes) -> bytes:
    return bytes.fromhex("a890c910") + encode(('address',), (new_timelock, ))


def version_call() -> bytes:
    return bytes.fromhex("54fd4d50") + encode((), ())


def version_result(data: bytes) -> str:
    return str(decode(('string',), data)[0])


def voting_delay_call() -> bytes:
    return bytes.fromhex("3932abb1") + encode((), ())


def voting_delay_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


def voting_period_call() -> bytes:
    return bytes.fromhex("02a251a3") + encode((), ())


def voting_period_result(data: bytes) -> int:
    return int(decode(('uint256',), data)[0])


LATE_QUORUM_VOTE_EXTENSION_SET_TOPIC = bytes.fromhex("7ca4ac117ed3cdce75c1161d8207c440389b1a15d69d096831664657c07dafc2")


@dataclass(frozen=True, slots=True, kw_only=True)
class LateQuorumVoteExtensionSet:
    old_vote_extension: int
    new_vote_extension: int


def late_quorum_vote_extension_set_event(topics: tuple[bytes, ...], data: bytes) -> LateQuorumVoteExtensionSet:
    values = decode(('uint64', 'uint64'), data)
    return LateQuorumVoteExtensionSet(
        old_vote_extension=int(values[0]),
        new_vote_extension=int(values[1]),
    )


PROPOSAL_CANCELED_TOPIC = bytes.fromhex("789cf55be980739dad1d0699b93b58e806b51c9d96619bfa8fe0a28abaa7b30c")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCanceled:
    proposal_id: int


def proposal_canceled_event(topics: tuple[bytes, ...], data: bytes) -> ProposalCanceled:
    values = decode(('uint256',), data)
    return ProposalCanceled(
        proposal_id=int(values[0]),
    )


PROPOSAL_CREATED_TOPIC = bytes.fromhex("7d84a6263ae0d98d3329bd7b46bb4e8d6f98cd35a7adb45c274c8b7fd5ebd5e0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCreated:
    proposal_id: int
    proposer: bytes
    targets: list[bytes]
    values: list[int]
    signatures: list[str]
    calldatas: list[bytes]
    vote_start: int
    vote_end: int
    description: str


def proposal_created_event(topics: tuple[bytes, ...], data: bytes) -> ProposalCreated:
    values = decode(('uint256', 'address', 'address[]', 'uint256[]', 'string[]', 'bytes[]', 'uint256', 'uint256', 'string'), data)
    return ProposalCreated(
        proposal_id=int(values[0]),
        proposer=bytes.fromhex(values[1][2:]),
        targets=[bytes.fromhex(item[2:]) for item in values[2]],
        values=[int(item) for item in values[3]],
        signatures=[str(item) for item in values[4]],
        calldatas=[bytes(item) for item in values[5]],
        vote_start=int(values[6]),
        vote_end=int(values[7]),
        description=str(values[8]),
    )


PROPOSAL_EXECUTED_TOPIC = bytes.fromhex("712ae1383f79ac853f8d882153778e0260ef8f03b504e2866e0593e04d2b291f")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalExecuted:
    proposal_id: int


def proposal_executed_event(topics: tuple[bytes, ...], data: bytes) -> ProposalExecuted:
    values = decode(('uint256',), data)
    return ProposalExecuted(
        proposal_id=int(values[0]),
    )


PROPOSAL_EXTENDED_TOPIC = bytes.fromhex("541f725fb9f7c98a30cc9c0ff32fbb14358cd7159c847a3aa20a2bdc442ba511")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalExtended:
    proposal_id: int
    extended_deadline: int


def proposal_extended_event(topics: tuple[bytes, ...], data: bytes) -> ProposalExtended:
    values = decode(('uint64',), data)
    return ProposalExtended(
        proposal_id=int(decode(('uint256',), topics[1])[0]),
        extended_deadline=int(values[0]),
    )


PROPOSAL_QUEUED_TOPIC = bytes.fromhex("9a2e42fd6722813d69113e7d0079d3d940171428df7373df9c7f7617cfda2892")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalQueued:
    proposal_id: int
    eta_seconds: int


def proposal_queued_event(topics: tuple[bytes, ...], data: bytes) -> ProposalQueued:
    values = decode(('uint256', 'uint256'), data)
    return ProposalQueued(
        proposal_id=int(values[0]),
        eta_seconds=int(values[1]),
    )


PROPOSAL_THRESHOLD_SET_TOPIC = bytes.fromhex("ccb45da8d5717e6c4544694297c4ba5cf151d455c9bb0ed4fc7a38411bc05461")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalThresholdSet:
    old_proposal_threshold: int
    new_proposal_threshold: int


def proposal_threshold_set_event(topics: tuple[bytes, ...], data: bytes) -> ProposalThresholdSet:
    values = decode(('uint256', 'uint256'), data)
    return ProposalThresholdSet(
        old_proposal_threshold=int(values[0]),
        new_proposal_threshold=int(values[1]),
    )


QUORUM_NUMERATOR_UPDATED_TOPIC = bytes.fromhex("0553476bf02ef2726e8ce5ced78d63e26e602e4a2257b1f559418e24b4633997")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumNumeratorUpdated:
    old_quorum_numerator: int
    new_quorum_numerator: int


def quorum_numerator_updated_event(topics: tuple[bytes, ...], data: bytes) -> QuorumNumeratorUpdated:
    values = decode(('uint256', 'uint256'), data)
    return QuorumNumeratorUpdated(
        old_quorum_numerator=int(values[0]),
        new_quorum_numerator=int(values[1]),
    )


TIMELOCK_CHANGE_TOPIC = bytes.fromhex("08f74ea46ef7894f65eabfb5e6e695de773a000b47c529ab559178069b226401")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelockChange:
    old_timelock: bytes
    new_timelock: bytes


def timelock_change_event(topics: tuple[bytes, ...], data: bytes) -> TimelockChange:
    values = decode(('address', 'address'), data)
    return TimelockChange(
        old_timelock=bytes.fromhex(values[0][2:]),
        new_timelock=bytes.fromhex(values[1][2:]),
    )


VOTE_CAST_TOPIC = bytes.fromhex("b8e138887d0aa13bab447e82de9d5c1777041ecd21ca36ba824ff1e6c07ddda4")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast:
    voter: bytes
    proposal_id: int
    support: int
    weight: int
    reason: str


def vote_cast_event(topics: tuple[bytes, ...], data: bytes) -> VoteCast:
    values = decode(('uint256', 'uint8', 'uint256', 'string'), data)
    return VoteCast(
        voter=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        proposal_id=int(values[0]),
        support=int(values[1]),
        weight=int(values[2]),
        reason=str(values[3]),
    )


VOTE_CAST_WITH_PARAMS_TOPIC = bytes.fromhex("e2babfbac5889a709b63bb7f598b324e08bc5a4fb9ec647fb3cbc9ec07eb8712")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCastWithParams:
    voter: bytes
    proposal_id: int
    support: int
    weight: int
    reason: str
    params: bytes


def vote_cast_with_params_event(topics: tuple[bytes, ...], data: bytes) -> VoteCastWithParams:
    values = decode(('uint256', 'uint8', 'uint256', 'string', 'bytes'), data)
    return VoteCastWithParams(
        voter=bytes.fromhex(decode(('address',), topics[1])[0][2:]),
        proposal_id=int(values[0]),
        support=int(values[1]),
        weight=int(values[2]),
        reason=str(values[3]),
        params=bytes(values[4]),
    )


VOTING_DELAY_SET_TOPIC = bytes.fromhex("c565b045403dc03c2eea82b81a0465edad9e2e7fc4d97e11421c209da93d7a93")


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingDelaySet:
    old_voting_delay: int
    new_voting_delay: int


def voting_delay_set_event(topics: tuple[bytes, ...], data: bytes) -> VotingDelaySet:
    values = decode(('uint256', 'uint256'), data)
    return VotingDelaySet(
        old_voting_delay=int(values[0]),
        new_voting_delay=int(values[1]),
    )


VOTING_PERIOD_SET_TOPIC = bytes.fromhex("7e3f7f0708a84de9203036abaa450dccc85ad5ff52f78c170f3edb55cf5e8828")


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingPeriodSet:
    old_voting_period: int
    new_voting_period: int


def voting_period_set_event(topics: tuple[bytes, ...], data: bytes) -> VotingPeriodSet:
    values = decode(('uint256', 'uint256'), data)
    return VotingPeriodSet(
        old_voting_period=int(values[0]),
        new_voting_period=int(values[1]),
    )
