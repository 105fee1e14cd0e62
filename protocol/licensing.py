"""A sealed design and the licence to make from it, and all that may happen to them; everything else is refused.

The design contract is the second implementation: ``tests/vectors/licence.json`` holds both to it, and random
histories are told to both.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from protocol.errors import refuse
from protocol.ids import Address, Digest
from protocol.order import NEVER, NO_DIGEST
from protocol.seal import commitment_of
from protocol.turn import Outcome, Turn
from protocol.units import UnixSeconds

NOBODY = Address(bytes(20))

LICENSING_EDGES = frozenset(
    {
        "design: none -> sealed by SealDesign",
        "design: sealed -> opened by OpenDesign",
        "licence: none -> granted by License",
        "licence: granted -> granted by RecordUnits",
        "licence: granted -> used by RecordUnits",
        "licence: granted -> revoked by RevokeLicence",
        "licence: used -> revoked by RevokeLicence",
    }
)
"""All there are: a state changes along one of these or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensing:
    """One commitment of one owner, and one licence under it; the empty value is one that nobody used."""

    sealed_at: UnixSeconds = NEVER
    root: Digest = NO_DIGEST
    """Zero until it is opened."""

    owner: Address = NOBODY
    """Of the licence; zero while there is none."""

    licensee: Address = NOBODY
    max_units: int = 0
    made: int = 0
    expiry: UnixSeconds = NEVER
    revoked: bool = False

    @property
    def design(self) -> str:
        """Where the design stands."""
        return "none" if self.sealed_at == NEVER else "sealed" if self.root == NO_DIGEST else "opened"

    @property
    def licence(self) -> str:
        """Where the licence stands."""
        if self.owner == NOBODY:
            return "none"
        return "revoked" if self.revoked else "used" if self.made == self.max_units else "granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealDesign:
    """Commit to a design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDesign:
    """Show the root and the nonce that were committed to."""

    root: Digest
    nonce: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """Let ``licensee`` make ``units`` parts until ``expiry``."""

    licensee: Address
    units: int
    expiry: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeLicence:
    """End a licence; the serials that were given stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnits:
    """Certify parts that were made."""

    units: int
    evidence: Digest


LicensingAction = SealDesign | OpenDesign | License | RevokeLicence | RecordUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What else the ledger knows when somebody acts on a commitment."""

    chain: int
    registry: Address
    owner: Address
    """Whose commitment it is; anybody may have one that reads the same."""

    commitment: Digest


def license_design(state: Licensing, action: LicensingAction, turn: Turn, at: Registration) -> Outcome[Licensing]:
    """What ``state`` becomes by ``action``.

    Raises:
        RefusedError: it is not allowed.
    """
    drafting = _Drafting(state, turn, at)
    _RULES[type(action)](drafting, action)
    after, name = drafting.state, type(action).__name__
    edges = []
    if state.design != after.design:
        edges.append(f"design: {state.design} -> {after.design} by {name}")
    if isinstance(action, License | RevokeLicence | RecordUnits):
        edges.append(f"licence: {state.licence} -> {after.licence} by {name}")
    assert LICENSING_EDGES.issuperset(edges), edges  # noqa: S101  # the graph is the specification
    return Outcome(state=after, edges=tuple(edges))


@dataclass(slots=True)
class _Drafting:
    """One action on its way: the state as it is so far."""

    state: Licensing
    turn: Turn
    at: Registration

    def change(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # names are checked by replace


def _seal(drafting: _Drafting, _action: SealDesign) -> None:
    refuse(drafting.state.sealed_at != NEVER, "AlreadySealed")
    drafting.change(sealed_at=drafting.turn.at)


def _open(drafting: _Drafting, action: OpenDesign) -> None:
    refuse(drafting.state.sealed_at == NEVER, "NotSealed")
    refuse(drafting.state.root != NO_DIGEST, "AlreadyOpened")
    at = drafting.at
    opened = commitment_of(chain=at.chain, registry=at.registry, owner=at.owner, root=action.root, nonce=action.nonce)
    refuse(action.root == NO_DIGEST or opened != at.commitment, "WrongOpening")
    drafting.change(root=action.root)


def _license(drafting: _Drafting, action: License) -> None:
    refuse(drafting.state.sealed_at == NEVER, "NotSealed")
    refuse(drafting.state.owner != NOBODY, "AlreadyLicensed")
    refuse(action.units == 0, "NoUnits")
    refuse(action.expiry < drafting.turn.at, "Expired")
    drafting.change(owner=drafting.turn.by, licensee=action.licensee, max_units=action.units, expiry=action.expiry)


def _revoke(drafting: _Drafting, _action: RevokeLicence) -> None:
    refuse(drafting.turn.by != drafting.state.owner, "NotOwner")
    refuse(drafting.state.revoked, "LicenceRevoked")
    drafting.change(revoked=True)


def _record(drafting: _Drafting, action: RecordUnits) -> None:
    state = drafting.state
    refuse(drafting.turn.by != state.licensee, "NotLicensee")
    refuse(state.revoked, "LicenceRevoked")
    refuse(drafting.turn.at > state.expiry, "Expired")
    refuse(action.units == 0, "NoUnits")
    refuse(action.evidence == NO_DIGEST, "NoEvidence")
    refuse(action.units > state.max_units - state.made, "OverLicence")
    drafting.change(made=state.made + action.units)


_RULES: dict[type[LicensingAction], Callable[[_Drafting, Any], None]] = {
    SealDesign: _seal,
    OpenDesign: _open,
    License: _license,
    RevokeLicence: _revoke,
    RecordUnits: _record,
}
"""Each takes the action that it stands at."""
