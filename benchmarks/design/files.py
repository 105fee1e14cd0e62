"""The collection of real files: what its manifest says of each, and what independent sources say of some."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from node.design.lengths import Unit
from node.design.reading import Options
from protocol.units import Micrometres

NIST_VOLUMES = {"01": 14_643_073.4, "02": 47_101_909.1, "03": 331_884.8, "04": 17_519_472.2, "05": 12_694_721.1}
"""Cubic millimetres of the CTC test cases, from another kernel's published test constants."""

NEGATIVE = {"reject", "reject/repair", "assembly", "buy-part"}
UNITLESS = (".stl", ".obj", ".dxf")
METAL, PLASTIC = "EN AW-6082", "ISO 1043:PLA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One file of the collection."""

    path: Path
    processes: frozenset[str]
    """Accepted process families; empty for a file that must not become a part."""

    options: Options
    """What a customer would answer to the desk's questions."""

    @property
    def material(self) -> str:
        return PLASTIC if self.processes == {"additive"} else METAL


def collection(folder: Path) -> list[Known]:
    """All files that the manifest lists and that are there."""
    rows = json.loads((folder / "manifest.json").read_text())
    return [_known(folder / row["file"], row["process_accepted"]) for row in rows if (folder / row["file"]).exists()]


def _known(path: Path, accepted: str) -> Known:
    names = set(accepted.split("|"))
    odd_unit = path.name == "aagnet_partA.step"  # says metres, was drawn in millimetres
    unit = Unit.MILLIMETRE if path.suffix.lower() in UNITLESS or odd_unit else None
    return Known(
        path=path,
        processes=frozenset() if names & NEGATIVE else frozenset(names - {"gear"}),
        options=Options(unit=unit, thickness=Micrometres(3000)),
    )


def annotated_diameters(step: bytes) -> set[float]:
    """Distinct diameters in the semantic annotations of an AP242 file, in the unit of the annotation."""
    text = step.decode("ascii", "replace")
    entities = dict(re.findall(r"#(\d+)\s*=\s*(.*?);\s*(?=#|\s*ENDSEC)", text, re.DOTALL))
    entities = {key: value.replace("\n", "") for key, value in entities.items()}
    sizes = set()
    for key, value in entities.items():
        found = re.match(r"DIMENSIONAL_SIZE(?:_WITH_\w+)?\s*\(\s*#(\d+)\s*,\s*'([^']*)'", value)
        if found and "diam" in found[2].lower():
            sizes.add(key)
    diameters = set()
    for value in entities.values():
        found = re.match(r"DIMENSIONAL_CHARACTERISTIC_REPRESENTATION\s*\(\s*#(\d+)\s*,\s*#(\d+)", value)
        if found and found[1] in sizes:
            for item in re.findall(r"#(\d+)", entities.get(found[2], "").split(")")[0]):
                measure = re.search(r"LENGTH_MEASURE\(\s*([\d.E+-]+)\s*\)", entities.get(item, ""))
                if measure:
                    diameters.add(round(float(measure[1]), 4))
                    break
    return diameters
