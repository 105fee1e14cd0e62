"""A received package as files for the shop floor, and what it says of itself."""

from dataclasses import dataclass

from node.design import neutral
from node.design.packages import Kind, Package
from node.machine_code.program import open_code

_SUFFIXES = {media: f"model.{kind.value.lower()}" for kind, media in neutral.MEDIA_TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """What a person needs at the machine."""

    files: dict[str, bytes]
    """Under names of our own; none leads out of a folder."""

    lines: tuple[str, ...]
    """Set-up sheet, notes, checks, and what the package still reveals."""


def handout(package: Package) -> Handout:
    """Files and words of ``package``.

    Raises:
        RejectError: it is not what it says.
    """
    told = f"{package.kind.value}, exposure {package.exposure.score} of 100: {package.exposure.reason}"
    if package.kind is Kind.MACHINE_CODE:
        code = open_code(package.content)
        names = [f"{number}-{_plain(file.name)}" for number, file in enumerate(code.files, start=1)]
        files = {name: file.text for name, file in zip(names, code.files, strict=True)}
        return Handout(files=files, lines=(*code.setup, *code.checks, told))
    name = _SUFFIXES.get(package.media_type, "package.msgpack")
    return Handout(files={name: package.content}, lines=(*package.notes, told))


def _plain(name: str) -> str:
    """Letters, digits, dots and dashes of a name that somebody else chose."""
    return "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in ".-"))[:60]
