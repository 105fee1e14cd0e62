"""Compiles the contracts and generates ``ledger/bindings``; ``--check`` compares instead and names what is stale.

Reproducible: compiler and libraries are pinned, and no metadata goes into the bytecode. Users never run this: artefacts
and bindings are committed.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from bindings import generate
from compiler import ROOT, CompileError, Compiler, our_sources

TARGET = ROOT / "ledger" / "bindings"

CONTRACTS = (
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


def main() -> int:
    """Write or check every generated file."""
    try:
        files = render()
    except CompileError as error:
        print(error)
        return 1
    check = "--check" in sys.argv
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale: run make contracts' if check else 'is written anew'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path])
    print(f"{len(files) - len(stale)} of {len(files)} artefacts and bindings are the sources', byte for byte")
    return 1 if stale and check else 0


def render() -> dict[Path, str]:
    """Every generated file and its content."""
    compiler = Compiler()
    text = compiler.request(our_sources())
    digest = hashlib.sha256(text.encode()).hexdigest()
    compiled = compiler.compile(text)
    files: dict[Path, str] = {}
    abis: dict[str, list[Any]] = {}
    for name in CONTRACTS:
        output = compiled[f"{name}.sol"][name]
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


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the engine's threads can keep the interpreter from ending
