"""What a customer asks for beside the file: parsed once, at the border, or refused with what to change."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from node.design.finish import Finish
from node.design.reading import Options
from node.errors import RequestError
from node.workflows.branching import Branch, parse_branches
from node.workflows.words import cents
from protocol.classification import Classification
from protocol.ids import MaterialCode, ProcessCode
from protocol.job import Weights
from protocol.params import PROCESSES
from protocol.units import NOTHING, BasisPoints, Cents, GramsCo2, Metres, Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the customer asks for beside the file, parsed."""

    title: str
    material: MaterialCode
    quantity: int
    tolerance: Micrometres
    process: ProcessCode | None
    reading: Options
    """The file's unit and a drawing's thickness, where the customer says them."""

    finish: Finish
    branches: tuple[Branch, ...]
    """Operations that do not wait for the one before them."""

    embodied: GramsCo2 | None
    """Grams of CO2 per kilogram, for a material that has no figure."""

    due_days: float
    budget: Cents | None
    weights: Weights
    classification: Classification
    jurisdictions: tuple[str, ...]
    """That may make it; empty: any."""
    late: BasisPoints
    """Agreed damages: of an assignment's price, for each day begun after it is due."""

    premium: BasisPoints
    """Most that winners are paid above their bids together, of these; 0 pays as bid."""

    worst_grade: int
    """Of the offers that count."""

    within: Metres | None
    """Farthest that a maker may stand; None: anywhere."""

    key: str


def wish_of(wishes: Any, content: bytes, random: bytes) -> Wish:
    """What a query says about the file ``content``; where it names no key, one is made with ``random``.

    Raises:
        RequestError: an amount, a process or a country that cannot be read.
    """
    weights = Weights(
        hour=parse_amount(wishes.hour, "--hour") or NOTHING,
        co2_tonne=parse_amount(wishes.co2_tonne, "--co2-tonne") or NOTHING,
        grade=parse_amount(wishes.grade, "--grade") or NOTHING,
        kilometre=parse_amount(wishes.kilometre, "--kilometre") or NOTHING,
    )
    return Wish(
        title=wishes.name,
        material=MaterialCode(wishes.material),
        quantity=wishes.quantity,
        tolerance=Micrometres(wishes.tolerance),
        process=parse_process(wishes.process),
        reading=Options(
            unit=wishes.unit,
            thickness=None if wishes.thickness is None else Micrometres(round(1000 * wishes.thickness)),
        ),
        finish=Finish(heat_treat=wishes.heat_treat, coat=wishes.coat),
        branches=parse_branches(wishes.after),
        embodied=None if wishes.embodied is None else GramsCo2(wishes.embodied),
        due_days=wishes.due_days,
        budget=parse_amount(wishes.budget, "--budget"),
        weights=weights,
        classification=Classification[wishes.classification.upper()],
        jurisdictions=parse_jurisdictions(wishes.jurisdiction),
        late=BasisPoints(round(wishes.late * 100)),
        premium=BasisPoints(round(wishes.premium * 100)),
        worst_grade=wishes.worst_grade,
        within=None if wishes.within_km is None else Metres(1000 * wishes.within_km),
        key=wishes.key or sha256(content + random).hexdigest(),
    )


def parse_jurisdictions(codes: Iterable[str]) -> tuple[str, ...]:
    """Country codes that a person typed, as a call names them.

    Raises:
        RequestError: one is not two letters.
    """
    found = sorted({code.strip().upper() for code in codes})
    for code in found:
        if not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise RequestError("bad-jurisdiction", f"{code!r} is no ISO 3166-1 code such as DE")
    return tuple(found)


def parse_process(text: str | None) -> ProcessCode | None:
    """A process by its code or by what people call it.

    Raises:
        RequestError: no such process; the text lists those there are.
    """
    if text is None:
        return None
    for code, label in PROCESSES.items():
        if text in (code, label):
            return code
    raise RequestError("unknown-process", f"there is no process {text!r}; known: {', '.join(PROCESSES.values())}")


def parse_amount(text: str | None, flag: str) -> Cents | None:
    """An amount that a person typed.

    Raises:
        RequestError: not an amount.
    """
    try:
        return None if text is None else cents(text)
    except ValueError as error:
        raise RequestError("bad-amount", f"{flag}: {error}") from error
