"""The federation's contracts at their addresses: the one place that pairs a deployment with its facades."""

from dataclasses import dataclass

from ledger.deployment import Deployment
from ledger.designs import Designs
from ledger.disputes import Disputes
from ledger.governor import Governor
from ledger.members import Members
from ledger.orders import Orders
from ledger.passports import Passports
from ledger.provenance import Provenance
from ledger.rules import Rules
from ledger.token import Token
from ledger.treasury import Treasury
from ledger.types import Log
from protocol.ids import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """One facade for each contract."""

    deployment: Deployment
    token: Token
    members: Members
    timelock: Address
    governor: Governor
    treasury: Treasury
    rules: Rules
    designs: Designs
    provenance: Provenance
    orders: Orders
    disputes: Disputes
    passports: Passports

    @property
    def chain_id(self) -> int:
        """Of the chain that they stand on."""
        return self.deployment.chain_id

    @property
    def block(self) -> int:
        """The chain's height before the deployment: nothing of the federation is older."""
        return self.deployment.block

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Those whose events a node follows."""
        return (
            self.members.address,
            self.designs.address,
            self.provenance.address,
            self.orders.address,
            self.disputes.address,
            self.passports.address,
        )

    def decode(self, log: Log) -> object | None:
        """The event in ``log``, or None when it is none of these contracts'."""
        facades = (self.members, self.designs, self.orders, self.provenance, self.disputes, self.passports)
        for facade in facades:
            event = facade.decode(log)
            if event is not None:
                return event
        return None


def contracts_at(deployment: Deployment) -> Contracts:
    """The facades for ``deployment``."""
    return Contracts(
        deployment=deployment,
        token=Token(deployment.token),
        members=Members(deployment.members),
        timelock=deployment.timelock,
        governor=Governor(deployment.governor, members=deployment.members),
        treasury=Treasury(deployment.treasury),
        rules=Rules(deployment.rules),
        designs=Designs(deployment.designs, chain_id=deployment.chain_id),
        provenance=Provenance(deployment.provenance),
        orders=Orders(deployment.orders),
        disputes=Disputes(deployment.disputes, chain_id=deployment.chain_id),
        passports=Passports(deployment.passports),
    )
