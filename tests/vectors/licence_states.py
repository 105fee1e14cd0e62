"""How a design and the licence to make from it get into every state, and what anybody may try there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from protocol.ids import Address, Digest
from protocol.licensing import (
    License,
    Licensing,
    LicensingAction,
    OpenDesign,
    RecordUnits,
    Registration,
    RevokeLicence,
    SealDesign,
    license_design,
)
from protocol.order import NO_DIGEST
from protocol.rules import RulePack
from protocol.seal import commitment_of
from protocol.turn import Outcome, Turn
from protocol.units import UnixSeconds
from tests.contracts.book import DESIGNS
from tests.contracts.evm import CHAIN_ID
from tests.contracts.federation import CUSTOMER, EVIDENCE, PACK, SHOP, STRANGER, TERM, word
from tests.vectors.situations import EPOCH, Situation, named

ROOT, NONCE = word("root"), word("nonce")
COMMITMENT = commitment_of(chain=CHAIN_ID, registry=DESIGNS, owner=CUSTOMER, root=ROOT, nonce=NONCE)
UNITS = 3


@dataclass(frozen=True, slots=True)
class LicenceMachine:
    """That of one commitment of the customer, and the licence of one shop under it."""

    pack: RulePack = PACK
    start: ClassVar[Licensing] = Licensing()

    def turn(self, state: Licensing, action: LicensingAction, turn: Turn) -> Outcome[Licensing]:
        return license_design(state, action, turn, self._at)

    def setting(self) -> dict[str, object]:
        return {"at": self._at}

    def moment(self, state: Licensing, action: LicensingAction, at: UnixSeconds) -> dict[str, object]:
        return {}

    @property
    def _at(self) -> Registration:
        return Registration(chain=CHAIN_ID, registry=DESIGNS, owner=CUSTOMER, commitment=COMMITMENT)


LicenceSituation = Situation[Licensing, LicensingAction]


def grant(expiry: int, units: int = UNITS) -> License:
    return License(licensee=SHOP, units=units, expiry=UnixSeconds(expiry))


def record(units: int, evidence: Digest = EVIDENCE) -> RecordUnits:
    return RecordUnits(units=units, evidence=evidence)


def situations() -> Iterator[LicenceSituation]:
    """Every one of them."""
    nothing: LicenceSituation = Situation(machine=LicenceMachine())
    sealed = nothing.then(CUSTOMER, SealDesign())
    opening = OpenDesign(root=ROOT, nonce=NONCE)
    opened = sealed.then(CUSTOMER, opening)
    granted = sealed.then(CUSTOMER, grant(EPOCH + TERM))
    some, used = granted.then(SHOP, record(1)), granted.then(SHOP, record(UNITS))
    stories = {
        "nothing": nothing,
        "sealed": sealed,
        "opened": opened,
        "granted": granted,
        "granted and opened": granted.then(CUSTOMER, opening),
        "granted, last second": granted.after(TERM),
        "granted, expired": granted.after(TERM + 1),
        "one made": some,
        "used": used,
        "used and opened": used.then(CUSTOMER, opening),
        "revoked": granted.then(CUSTOMER, RevokeLicence()),
        "one made, revoked": some.then(CUSTOMER, RevokeLicence()),
        "used, revoked": used.then(CUSTOMER, RevokeLicence()),
    }
    yield from named(stories)


def tries(licence: LicenceSituation) -> Iterator[tuple[Address, LicensingAction]]:
    """Every action; sealing, opening and granting by the owner alone, for others do it to commitments of their own."""
    now = licence.now
    yield CUSTOMER, SealDesign()
    for root, nonce in ((ROOT, NONCE), (ROOT, word("another")), (word("another"), NONCE), (NO_DIGEST, NONCE)):
        yield CUSTOMER, OpenDesign(root=root, nonce=nonce)
    for expiry, units in ((now, 1), (now - 1, 1), (now + TERM, 0), (now + TERM, 2**32 - 1)):
        yield CUSTOMER, grant(expiry, units)
    for by in (CUSTOMER, SHOP, STRANGER):
        yield by, RevokeLicence()
        yield from ((by, record(units)) for units in (0, 1, 2, UNITS, UNITS + 1))
        yield by, record(1, NO_DIGEST)
