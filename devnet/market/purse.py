"""Whose money is where; it only ever moves money, so that the sum stays, and refuses to move what is not there."""

from collections import defaultdict
from dataclasses import dataclass, field

from protocol.ids import JobId, PeerId

POOL = b"pool"
"""Where half of every slashed bond goes; the other half goes to the customer."""

FUNDS = 1_000_000_000
"""Cents that everybody starts with; nobody goes hungry in a simulation."""


@dataclass(slots=True)
class Purse:
    """Free money, escrow by order, and bonds by auction and bidder."""

    free: dict[bytes, int] = field(default_factory=lambda: defaultdict(lambda: FUNDS))
    escrow: dict[JobId, int] = field(default_factory=dict)
    bonds: dict[tuple[JobId, PeerId], int] = field(default_factory=dict)

    @property
    def created(self) -> int:
        """What everybody started with together."""
        return FUNDS * len(self.free)

    @property
    def total(self) -> int:
        """All money there is."""
        return sum(self.free.values()) + sum(self.escrow.values()) + sum(self.bonds.values())

    def pay(self, payer: bytes, payee: bytes, amount: int) -> None:
        """From one to another."""
        assert amount >= 0  # noqa: S101  # a payment never takes
        self.free[payer] -= amount
        self.free[payee] += amount

    def lock(self, job: JobId, customer: PeerId, amount: int) -> None:
        """Into escrow, once an order."""
        assert job not in self.escrow  # noqa: S101  # the same request is the same order
        self.free[customer] -= amount
        self.escrow[job] = amount

    def release(self, job: JobId, payee: bytes, amount: int) -> None:
        """Out of escrow."""
        assert 0 <= amount <= self.escrow[job]  # noqa: S101  # escrow covers what is awarded
        self.escrow[job] -= amount
        self.free[payee] += amount

    def close(self, job: JobId, customer: PeerId) -> None:
        """Give the rest of an escrow back."""
        self.free[customer] += self.escrow.pop(job)

    def bond(self, job: JobId, peer: PeerId, amount: int) -> None:
        """Staked on keeping one's word in one auction."""
        self.free[peer] -= amount
        self.bonds[job, peer] = self.bonds.get((job, peer), 0) + amount

    def unbond(self, job: JobId, peer: PeerId) -> None:
        """Give a bond back, if it is still there."""
        self.free[peer] += self.bonds.pop((job, peer), 0)

    def slash(self, job: JobId, peer: PeerId, victim: bytes) -> None:
        """Half to whom it happened to, half to the pool."""
        amount = self.bonds.pop((job, peer), 0)
        self.free[victim] += amount // 2
        self.free[POOL] += amount - amount // 2
