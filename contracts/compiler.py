"""The pinned compiler and libraries: Solidity sources in, the compiler's JSON out; any other tarball is refused.

The compiler (npm ``solc``, run in V8) and OpenZeppelin come as npm tarballs whose integrity is pinned below.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "contracts" / "src"
CACHE = ROOT / ".guildmark" / "npm"

PACKAGES = {
    "solc@0.8.37": (
        "solc-0.8.37.tgz",
        "sha512-ieUYdPDRGNKMsZpCfi9tY64Q+ASoL8tyhLuvf9cFiqDs+6ijlx8Wn2CRi0N71AlCvRx0V092rlUYu3b3PuxWlA==",
    ),
    "@openzeppelin/contracts@5.7.0": (
        "openzeppelin-contracts-5.7.0.tgz",
        "sha512-IL2AZpI+7THMzt1u6Cxmc1zLwVnudtUGvrqXQ/HnbLKfQ/8dIWMMQPDwPIjRQzNrlAo4cxZaCGRB/XvwPo9ILA==",
    ),
}
"""Tarball and sha512 of each package, as the registry and every lock file give it."""

SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 200},
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}

EVERYTHING: dict[str, Any] = {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}}

_IMPORT = re.compile(r'^\s*import\s+(?:[^"\';]*?from\s+)?["\']([^"\']+)["\']', re.MULTILINE)
_BROWSER = (
    "var console={log(){},warn(){},error(){},info(){}}; var self=globalThis;"
    "var window=undefined; var module={exports:{}};"
)
_COMPILE = "Module.cwrap('solidity_compile','string',['string','number','number'])"
_FORGIVEN = "@openzeppelin/"
"""The compiler's warnings about the libraries are theirs to mend."""


class CompileError(Exception):
    """The sources are not what the compiler takes, or it warns of them."""


class Compiler:
    """One loaded compiler; loading takes longer than compiling one contract."""

    def __init__(self) -> None:
        libraries = {name: fetch(name, *pinned) for name, pinned in PACKAGES.items()}
        self._openzeppelin = libraries["@openzeppelin/contracts@5.7.0"]
        self._engine = MiniRacer()
        self._engine.eval(_BROWSER)
        code = libraries["solc@0.8.37"]["package/soljson.js"].decode()
        self._engine.eval(code + "\n;globalThis.Module = typeof Module !== 'undefined' ? Module : module.exports; 0")

    def request(self, sources: dict[str, str], wanted: dict[str, Any] = EVERYTHING) -> str:
        """The standard JSON for ``sources`` and all that they import; ``wanted`` as its ``outputSelection``."""
        collected = collect(sources, self._openzeppelin)
        settings = {**SETTINGS, "outputSelection": wanted}
        return json.dumps({"language": "Solidity", "sources": collected, "settings": settings}, sort_keys=True)

    def run(self, request: str) -> str:
        """The compiler's own answer, errors included."""
        return str(self._engine.eval(f"({_COMPILE})({json.dumps(request)},0,0)"))

    def compile(self, request: str) -> dict[str, Any]:
        """The compiled contracts, by file and name.

        Raises:
            CompileError: the compiler has errors or warnings about our sources.
        """
        output: dict[str, Any] = json.loads(self.run(request))
        errors = [row for row in output.get("errors", []) if row["severity"] == "error" or _is_ours(row)]
        if errors:
            raise CompileError("\n".join(row["formattedMessage"] for row in errors))
        compiled: dict[str, Any] = output["contracts"]
        return compiled

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()


def _is_ours(row: dict[str, Any]) -> bool:
    if row["severity"] == "info":
        return False
    return not str(row.get("sourceLocation", {}).get("file", "")).startswith(_FORGIVEN)


def our_sources() -> dict[str, str]:
    """Every contract and interface of ours, by path."""
    return {str(path.relative_to(SOURCES)): path.read_text() for path in sorted(SOURCES.rglob("*.sol"))}


def fetch(
    name: str, tarball: str, integrity: str, wanted: tuple[str, ...] = (".sol", "/soljson.js")
) -> dict[str, bytes]:
    """The files of an npm package whose names end so; from the cache or the registry, and only with the pinned content."""
    path = CACHE / tarball
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(("npm", "pack", "--silent", name), cwd=CACHE, check=True, stdout=subprocess.DEVNULL)
    found = "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if found != integrity:
        sys.exit(f"{name}: {path} has integrity {found}, expected {integrity}")
    with tarfile.open(path) as archive:
        return {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]  # files only
            for member in archive
            if member.isfile() and member.name.endswith(wanted)
        }


def collect(sources: dict[str, str], openzeppelin: dict[str, bytes]) -> dict[str, dict[str, str]]:
    """``sources`` and all that they import, by the name that they are imported under."""
    waiting = dict(sources)
    collected: dict[str, dict[str, str]] = {}
    while waiting:
        name, text = waiting.popitem()
        collected[name] = {"content": text}
        for imported in _IMPORT.findall(text):
            target = os.path.normpath(Path(name).parent / imported) if imported.startswith(".") else imported
            if target in collected or target in waiting:
                continue
            if target.startswith("@openzeppelin/contracts/"):
                waiting[target] = openzeppelin["package/" + target.removeprefix("@openzeppelin/contracts/")].decode()
            else:
                waiting[target] = (SOURCES / target).read_text()
    return dict(sorted(collected.items()))
