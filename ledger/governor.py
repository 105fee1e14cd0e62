"""The members' assembly, as OpenZeppelin's Governor keeps it: proposals filed, votes cast, and where each stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from eth_utils.crypto import keccak

from ledger.abi import encode
from ledger.bindings import guild_governor as abi
from ledger.bindings import members as members_abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address
from protocol.units import UnixSeconds

_FIELDS = ("address[]", "uint256[]", "bytes[]", "bytes32")


class Stage(IntEnum):
    """Where a proposal stands; numbers and names are those of ``IGovernor.ProposalState``."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Choice(IntEnum):
    """What a vote can say; numbers are those of ``GovernorCountingSimple.VoteType``."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A proposal as its proposer filed it."""

    proposer: Address
    actions: tuple[Transaction, ...]
    """What is done, in order, when it is executed."""

    description: str
    start: UnixSeconds
    """Votes count with what members had bonded at this moment; voting begins after it."""

    end: UnixSeconds
    """Last moment for a vote; a late quorum moves it."""

    @property
    def id(self) -> int:
        """The proposal's number, which the actions and the description determine."""
        return proposal_id(self.actions, self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One member's vote."""

    proposal: int
    voter: Address
    choice: Choice
    weight: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a proposal stands; votes are in cents of bond."""

    stage: Stage
    start: UnixSeconds
    end: UnixSeconds
    eta: UnixSeconds
    """When what is queued may be executed; 0 before."""

    against: int
    favour: int
    abstain: int
    quorum: int
    """Votes in favour and abstentions that must come together; 0 unless there is a vote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an assembly votes; chosen when it is deployed, changed by its own proposals only."""

    delay: int
    """Seconds between a proposal and its vote."""

    period: int
    """Seconds that a vote lasts."""

    extension: int
    """Seconds that a vote still lasts once the quorum is reached late."""

    threshold: int
    """Votes that a proposer needs."""

    quorum: int
    """Hundredths of all votes that must take part."""

    timelock: int
    """Seconds between a vote's success and its execution, at least."""


class Governor:
    """The ``GuildGovernor`` contract at one address, and ``Members`` as its register of votes."""

    def __init__(self, address: Address, *, members: Address) -> None:
        self.address = address
        self.members = members

    def propose(self, actions: Sequence[Transaction], description: str) -> Transaction:
        """File a proposal."""
        targets, values, payloads = _columns(actions)
        return self._to(abi.propose_call(targets, values, payloads, description))

    def vote(self, proposal: int, choice: Choice, reason: str = "") -> Transaction:
        """Cast the sender's vote."""
        return self._to(abi.cast_vote_with_reason_call(proposal, choice, reason))

    def queue(self, filed: Filed) -> Transaction:
        """Put what succeeded into the timelock."""
        return self._to(abi.queue_call(*_columns(filed.actions), keccak(text=filed.description)))

    def execute(self, filed: Filed) -> Transaction:
        """Do what has waited long enough."""
        return self._to(abi.execute_call(*_columns(filed.actions), keccak(text=filed.description)))

    def cancel(self, filed: Filed) -> Transaction:
        """Take a proposal back; only its proposer, before the vote begins."""
        return self._to(abi.cancel_call(*_columns(filed.actions), keccak(text=filed.description)))

    def standing(self, chain: Reads, filed: Filed) -> Standing:
        """Where ``filed`` stands now.

        Raises:
            RevertedError: it was never filed here.
        """
        number = filed.id
        stage = Stage(abi.state_result(chain.call(self.address, abi.state_call(number))))
        votes = abi.proposal_votes_result(chain.call(self.address, abi.proposal_votes_call(number)))
        end = abi.proposal_deadline_result(chain.call(self.address, abi.proposal_deadline_call(number)))
        eta = abi.proposal_eta_result(chain.call(self.address, abi.proposal_eta_call(number)))
        quorum = 0
        if stage not in (Stage.PENDING, Stage.CANCELED):
            quorum = abi.quorum_result(chain.call(self.address, abi.quorum_call(filed.start)))
        return Standing(
            stage=stage,
            start=filed.start,
            end=UnixSeconds(end),
            eta=UnixSeconds(eta),
            against=votes.against_votes,
            favour=votes.for_votes,
            abstain=votes.abstain_votes,
            quorum=quorum,
        )

    def power(self, chain: Reads, account: Address, at: UnixSeconds | None = None) -> int:
        """Votes of ``account`` now, or at a moment of the past."""
        if at is None:
            return members_abi.get_votes_result(chain.call(self.members, members_abi.get_votes_call(account)))
        call = members_abi.get_past_votes_call(account, at)
        return members_abi.get_past_votes_result(chain.call(self.members, call))

    def has_voted(self, chain: Reads, proposal: int, account: Address) -> bool:
        """Whether ``account`` has cast its vote."""
        return abi.has_voted_result(chain.call(self.address, abi.has_voted_call(proposal, account)))

    def threshold(self, chain: Reads) -> int:
        """Votes that a proposer needs."""
        return abi.proposal_threshold_result(chain.call(self.address, abi.proposal_threshold_call()))

    def decode(self, log: Log) -> Filed | Cast | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        read = _EVENTS.get(log.topics[0]) if log.address == self.address and log.topics else None
        return None if read is None else read(log.topics, log.payload)

    def filings(self) -> bytes:
        """The first topic of all logs that file a proposal."""
        return abi.PROPOSAL_CREATED_TOPIC

    def _to(self, payload: bytes) -> Transaction:
        return Transaction(to=self.address, payload=payload)


def proposal_id(actions: Sequence[Transaction], description: str) -> int:
    """As ``IGovernor.hashProposal``."""
    values = (*_columns(actions), keccak(text=description))
    return int.from_bytes(keccak(encode(_FIELDS, values)), "big")


def _columns(actions: Sequence[Transaction]) -> tuple[list[bytes], list[int], list[bytes]]:
    """Targets, values and payloads; a transaction of ours never carries value."""
    return [action.to for action in actions], [0] * len(actions), [action.payload for action in actions]


def _filed(topics: tuple[bytes, ...], payload: bytes) -> Filed:
    event = abi.proposal_created_event(topics, payload)
    return Filed(
        proposer=Address(event.proposer),
        actions=tuple(
            Transaction(to=Address(target), payload=data)
            for target, data in zip(event.targets, event.calldatas, strict=True)
        ),
        description=event.description,
        start=UnixSeconds(event.vote_start),
        end=UnixSeconds(event.vote_end),
    )


def _cast(topics: tuple[bytes, ...], payload: bytes) -> Cast:
    event = abi.vote_cast_event(topics, payload)
    return Cast(
        proposal=event.proposal_id,
        voter=Address(event.voter),
        choice=Choice(event.support),
        weight=event.weight,
        reason=event.reason,
    )


_EVENTS: dict[bytes, Callable[[tuple[bytes, ...], bytes], Filed | Cast]] = {
    abi.PROPOSAL_CREATED_TOPIC: _filed,
    abi.VOTE_CAST_TOPIC: _cast,
}
