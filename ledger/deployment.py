"""Which contracts a federation lives on, and how they are put on a chain."""

import json
from dataclasses import asdict, dataclass, fields
from importlib.resources import files

import rlp
from eth_utils.crypto import keccak

from ledger.bindings import (
    disputes,
    guild_governor,
    members,
    orders,
    passports,
    rules,
    settlement_token,
    timelock,
    treasury,
)
from ledger.governor import Terms
from ledger.rules import values_of
from ledger.types import Creation
from protocol.ids import Address
from protocol.rules import RulePack
from protocol.units import Cents

SUPPLY = 10**12
"""Units of the test token: ten thousand million in the settlement currency."""

ORDER = (
    "SettlementToken",
    "Members",
    "Timelock",
    "GuildGovernor",
    "Treasury",
    "Rules",
    "Designs",
    "Provenance",
    "Orders",
    "Disputes",
    "Passports",
)
"""In which the contracts are created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A federation's contracts; every node trusts one, and all of one federation the same."""

    chain_id: int
    block: int
    """Height before the first of them was created."""

    token: Address
    members: Address
    timelock: Address
    governor: Address
    treasury: Address
    rules: Address
    designs: Address
    provenance: Address
    orders: Address
    disputes: Address
    passports: Address

    def to_json(self) -> str:
        """As the file that nodes are configured with."""
        rows = {name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in asdict(self).items()}
        return json.dumps(rows, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Deployment":
        """Parse the file.

        Raises:
            ValueError, KeyError: not such a file.
        """
        rows = json.loads(text)
        addresses = {
            field.name: Address(bytes.fromhex(str(rows[field.name]).removeprefix("0x")))
            for field in fields(cls)
            if field.name not in ("chain_id", "block")
        }
        return cls(chain_id=int(rows["chain_id"]), block=int(rows["block"]), **addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The terms of membership that a federation is created with."""

    minimum_bond: Cents
    """What a provider or auditor has at stake."""

    vote_cap: Cents
    """The bond above which voting power does not grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The creations that make up a federation, in order, and where each will stand."""

    creations: tuple[Creation, ...]
    addresses: dict[str, Address]

    def deployment(self, chain_id: int, block: int) -> Deployment:
        """The deployment once every creation is mined."""
        return Deployment(
            chain_id=chain_id,
            block=block,
            token=self.addresses["SettlementToken"],
            members=self.addresses["Members"],
            timelock=self.addresses["Timelock"],
            governor=self.addresses["GuildGovernor"],
            treasury=self.addresses["Treasury"],
            rules=self.addresses["Rules"],
            designs=self.addresses["Designs"],
            provenance=self.addresses["Provenance"],
            orders=self.addresses["Orders"],
            disputes=self.addresses["Disputes"],
            passports=self.addresses["Passports"],
        )


def plan(deployer: Address, nonce: int, *, pack: RulePack, membership: Membership, terms: Terms) -> Plan:
    """What ``deployer`` has to create from its ``nonce`` on; nothing of it is in its power afterwards."""
    at = {name: created_at(deployer, nonce + offset) for offset, name in enumerate(ORDER)}
    token, court = at["SettlementToken"], at["Disputes"]
    arguments = {
        "SettlementToken": settlement_token.constructor_arguments(SUPPLY),
        "Members": members.constructor_arguments(token, court, membership.minimum_bond, membership.vote_cap),
        "Timelock": timelock.constructor_arguments(terms.timelock, [at["GuildGovernor"]]),
        "GuildGovernor": guild_governor.constructor_arguments(
            at["Members"], at["Timelock"], (terms.delay, terms.period, terms.extension, terms.threshold, terms.quorum)
        ),
        "Treasury": treasury.constructor_arguments(token, at["Timelock"]),
        "Rules": rules.constructor_arguments(at["Timelock"], at["Members"], values_of(pack)),
        "Orders": orders.constructor_arguments(token, at["Rules"], at["Members"], court, at["Treasury"]),
        "Disputes": disputes.constructor_arguments(token, at["Orders"], at["Members"]),
        "Passports": passports.constructor_arguments(at["Designs"]),
    }
    creations = tuple(Creation(payload=bytecode(name) + arguments.get(name, b"")) for name in ORDER)
    return Plan(creations=creations, addresses=at)


def created_at(deployer: Address, nonce: int) -> Address:
    """Where a creation with ``nonce`` puts its contract (yellow paper, section 7)."""
    return Address(keccak(rlp.encode([deployer, nonce]))[12:])


def bytecode(name: str) -> bytes:
    """Creation code of one contract, from its committed artefact."""
    return _artefact(name, "bytecode")


def runtime_bytecode(name: str) -> bytes:
    """The code that stands at a contract's address, its immutables still zero."""
    return _artefact(name, "deployedBytecode")


def _artefact(name: str, field: str) -> bytes:
    artefact = json.loads((files("ledger.bindings") / "artefacts" / f"{name}.json").read_text())
    return bytes.fromhex(str(artefact[field])[2:])
