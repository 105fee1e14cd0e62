"""Compiles the contracts and generates ``ledger/bindings``; ``--check`` compares instead and names what is stale.

Reproducible: the compiler (npm ``solc``, run in V8) and OpenZeppelin come as npm tarballs whose integrity is pinned
below, and no metadata goes into the bytecode. Users never run this: artefacts and bindings are committed.
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

from bindings import generate
from py_mini_racer import MiniRacer

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "contracts" / "src"
TARGET = ROOT / "ledger" / "bindings"
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

CONTRACTS = ("SettlementToken", "Members", "Rules", "Designs", "Provenance", "Orders")

SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 200},
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
}

_IMPORT = re.compile(r'^\s*import\s+(?:[^"\';]*?from\s+)?["\']([^"\']+)["\']', re.MULTILINE)
_BROWSER = (
    "var console={log(){},warn(){},error(){},info(){}}; var self=globalThis;"
    "var window=undefined; var module={exports:{}};"
)
_COMPILE = "Module.cwrap('solidity_compile','string',['string','number','number'])"


def main() -> int:
    """Write or check every generated file."""
    files = render()
    if "--check" not in sys.argv:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return 0
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is stale: run python contracts/build.py")
    return 1 if stale else 0


def render() -> dict[Path, str]:
    """Every generated file and its content."""
    libraries = {name: fetch(name, *pinned) for name, pinned in PACKAGES.items()}
    request = {"language": "Solidity", "sources": collect(libraries), "settings": SETTINGS}
    text = json.dumps(request, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    compiled = compile_all(libraries["solc@0.8.37"]["package/soljson.js"].decode(), text)
    files: dict[Path, str] = {}
    abis: dict[str, list[Any]] = {}
    for name in CONTRACTS:
        output = compiled["contracts"][f"{name}.sol"][name]
        abis[name] = output["abi"]
        artefact = {
            "contract": name,
            "compiler": "solc 0.8.37",
            "input_sha256": digest,
            "abi": output["abi"],
            "bytecode": "0x" + output["evm"]["bytecode"]["object"],
            "deployedBytecode": "0x" + output["evm"]["deployedBytecode"]["object"],
        }
        files[TARGET / "artefacts" / f"{name}.json"] = json.dumps(artefact, indent=1, sort_keys=True) + "\n"
    files.update({TARGET / name: content for name, content in generate(abis).items()})
    return files


def fetch(name: str, tarball: str, integrity: str) -> dict[str, bytes]:
    """The files of an npm package, from the cache or the registry; refuses any other content than the pinned one."""
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
            if member.isfile() and member.name.endswith((".sol", "/soljson.js"))
        }


def collect(libraries: dict[str, dict[str, bytes]]) -> dict[str, dict[str, str]]:
    """Our sources and all that they import, by the name that they are imported under."""
    openzeppelin = libraries["@openzeppelin/contracts@5.7.0"]
    waiting = {str(path.relative_to(SOURCES)): path.read_text() for path in sorted(SOURCES.rglob("*.sol"))}
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


def compile_all(compiler: str, request: str) -> dict[str, Any]:
    """The compiler's standard-JSON output; ends the program with its errors, if any."""
    engine = MiniRacer()
    try:
        engine.eval(_BROWSER)
        engine.eval(compiler + "\n;globalThis.Module = typeof Module !== 'undefined' ? Module : module.exports; 0")
        output: dict[str, Any] = json.loads(engine.eval(f"({_COMPILE})({json.dumps(request)},0,0)"))
    finally:
        engine.close()
    errors = [row["formattedMessage"] for row in output.get("errors", []) if row["severity"] != "info"]
    if errors:
        sys.exit("\n".join(errors))
    return output


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the engine's threads can keep the interpreter from ending
