"""What a node asks the ledger, off the main thread and in domain types; writes go through the outbox only."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import trio

from ledger.chain import Chain
from ledger.contracts import Contracts
from ledger.errors import LedgerError, RevertedError
from ledger.errors import UnavailableError as LedgerUnavailableError
from ledger.types import Transaction
from node.access.table import Role, Subject
from node.errors import UnavailableError
from protocol.errors import IgnoreError
from protocol.ids import Address, Digest, JobId, PeerId
from protocol.membership import ROLES, Member
from protocol.order import Order
from protocol.rules import RulePack
from protocol.units import Cents, UnixSeconds

T = TypeVar("T")

CALLS_AT_ONCE = 4
"""Threads that may wait for the ledger together; more would only queue at the client's connection pool."""


REGISTRY_SECONDS = 10
"""For which an answer of the registry counts, unless its contract says something meanwhile: all but the end of a
registration's time is said, and heard at the next look at the ledger."""

MAX_REGISTRY = 4096
"""Answers that are remembered."""


class LedgerReads:
    """Reads at the ledger's head. Every failure of the ledger is an ``UnavailableError``: ask again later."""

    def __init__(
        self,
        chain: Chain,
        contracts: Contracts,
        *,
        wall: Callable[[], UnixSeconds],
        random: Callable[[int], bytes],
    ) -> None:
        self.contracts = contracts
        self.wall = wall
        self.random = random
        self._chain = chain
        self._limiter = trio.CapacityLimiter(CALLS_AT_ONCE)
        self._registry: dict[object, tuple[Any, UnixSeconds]] = {}

    async def ask(self, question: Callable[[Chain], T]) -> T:
        """The answer to ``question`` from a thread."""
        try:
            return await trio.to_thread.run_sync(question, self._chain, limiter=self._limiter, abandon_on_cancel=True)  # type: ignore[call-arg]  # trio-typing is older than trio
        except LedgerError as error:
            raise UnavailableError(f"ledger: {error}") from error

    async def refusal(self, account: Address, transaction: Transaction) -> RevertedError | None:
        """Why the ledger would refuse ``transaction`` of ``account`` now; None where it would not, or cannot tell."""

        def ask(chain: Chain) -> RevertedError | None:
            try:
                chain.estimate(account, transaction)
            except RevertedError as error:
                return error
            except LedgerUnavailableError:
                raise
            except LedgerError:
                return None
            return None

        return await self.ask(ask)

    async def rules(self) -> RulePack:
        """The rule pack in force."""
        return await self.ask(self.contracts.rules.pack)

    async def order(self, job: JobId) -> Order | None:
        """The order of ``job``, or None when there is none."""
        return await self.ask(lambda chain: self.contracts.orders.order(chain, job))

    async def evidence(self, job: JobId, index: int) -> Digest:
        """What was attested for assignment ``index``."""
        assignment = await self.ask(lambda chain: self.contracts.orders.assignment(chain, job, index))
        return assignment.evidence

    async def account_of(self, peer: PeerId, *, role: int = 0) -> Address:
        """The ledger account that registered ``peer``.

        Raises:
            IgnoreError: nobody registered it, or it may not act in ``role`` now.
        """
        members = self.contracts.members
        account = await self.registered(peer)
        if account is None:
            raise IgnoreError(f"peer {peer.hex()[:8]} is not registered")
        if role and not await self._remembered((account, role), lambda chain: members.holds(chain, account, role)):
            raise IgnoreError(f"peer {peer.hex()[:8]} is not registered for that, expired, or without its bond")
        return account

    def members_changed(self) -> None:
        """The members' contract has said something, or unsaid it: it is asked again."""
        self._registry = {}  # a new one, so that an answer that is on its way is not remembered

    async def _remembered(self, key: object, question: Callable[[Chain], T]) -> T:
        """What the registry answers to ``question``, or has just answered."""
        registry, now = self._registry, self.wall()
        answer, since = registry.get(key, (None, UnixSeconds(0)))
        if key not in registry or now - since >= REGISTRY_SECONDS:
            answer = await self.ask(question)
            if len(registry) >= MAX_REGISTRY:
                registry.clear()
            registry[key] = (answer, now)
        return cast("T", answer)

    async def subject(self, peer: PeerId, *roles: Role) -> Subject:
        """``peer`` with those of ``roles`` that the ledger holds for it now: registered, not expired, bonded."""
        held = {Role.STRANGER}
        for role in roles:
            try:
                await self.account_of(peer, role=ROLES[role.value])
            except IgnoreError:
                continue
            held.add(role)
        return Subject(name=peer.hex()[:8], roles=frozenset(held))

    async def registered(self, peer: PeerId) -> Address | None:
        """The ledger account that registered ``peer``, or None."""
        return await self._remembered(peer, lambda chain: self.contracts.members.account_of(chain, peer))

    async def peer_of(self, account: Address) -> PeerId:
        """The peer that ``account`` registered.

        Raises:
            UnavailableError: it is not registered (any more).
        """
        member = await self.member(account)
        if member is None:
            raise UnavailableError(f"account 0x{account.hex()} is not registered")
        return member.peer

    async def minimum_bond(self) -> Cents:
        """What a provider or auditor has at stake."""
        return await self.ask(self.contracts.members.minimum_bond)

    async def member(self, account: Address) -> Member | None:
        """The registration of ``account``, if any."""
        return await self._remembered(account, lambda chain: self.contracts.members.member(chain, account))

    async def stake(self, account: Address) -> Member:
        """What ``account`` has bonded, registered or not."""
        return await self.ask(lambda chain: self.contracts.members.stake(chain, account))
