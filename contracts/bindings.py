"""Generates typed Python from ABIs: call data, results, events and errors, with ``ledger.abi`` as its only import.

No ABI is ever read at run time and none is written by hand; selectors and topics are constants in the output.
"""

import re
from collections import Counter
from typing import Any

from eth_utils import keccak

_HEADER = '"""Generated from the ABI of ``{name}`` by contracts/build.py; never edited by hand."""\n'
_KEYWORDS = {"id", "open", "from", "hash", "type", "round"}
_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def generate(abis: dict[str, list[Any]]) -> dict[str, str]:
    """File name to content for the bindings of all contracts."""
    files = {f"{_snake(name)}.py": _module(name, abi) for name, abi in abis.items()}
    files["__init__.py"] = _package(abis)
    return files


def _package(abis: dict[str, list[Any]]) -> str:
    lines = ['"""Generated bindings of the contracts, and every error they declare, by selector."""', ""]
    lines += ["ERRORS: dict[str, dict[bytes, tuple[str, tuple[str, ...]]]] = {"]
    for name, abi in abis.items():
        errors = [entry for entry in abi if entry["type"] == "error"]
        lines.append(f'    "{name}": {{')
        for error in errors:
            types = tuple(_canonical(field) for field in error["inputs"])
            lines.append(f'        bytes.fromhex("{_selector(error)}"): ("{error["name"]}", {types!r}),')
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


def _module(name: str, abi: list[Any]) -> str:
    for entry in abi:
        for fields in (entry.get("inputs", []), entry.get("outputs", [])):
            for number, field in enumerate(fields):
                field["name"] = field["name"] or f"value{number if len(fields) > 1 else ''}"
    functions = [entry for entry in abi if entry["type"] == "function"]
    events = [entry for entry in abi if entry["type"] == "event" and entry["inputs"]]
    constructor = next((entry for entry in abi if entry["type"] == "constructor"), {"inputs": []})
    parts = [_constructor(constructor["inputs"])]
    names = Counter(entry["name"] for entry in functions)
    parts += [text for entry in functions for text in _function(entry, overloaded=names[entry["name"]] > 1)]
    parts += [_event(entry) for entry in events]
    body = "\n\n\n".join(parts)
    uses_dataclass = "@dataclass" in body
    imports = ["from dataclasses import dataclass"] if uses_dataclass else []
    imports += (
        ["", "from ledger.abi import decode, encode"] if uses_dataclass else ["from ledger.abi import decode, encode"]
    )
    return "\n".join([_HEADER.format(name=name), *imports, "", "", body, ""])


def _constructor(inputs: list[Any]) -> str:
    arguments = ", ".join(f"{_parameter(field)}: {_python(field)}" for field in inputs)
    values = "".join(f"{_parameter(field)}, " for field in inputs)
    types = tuple(_canonical(field) for field in inputs)
    return f"def constructor_arguments({arguments}) -> bytes:\n    return encode({types!r}, ({values}))"


def _function(entry: Any, *, overloaded: bool) -> list[str]:
    inputs = entry["inputs"]
    name = "_".join([_snake(entry["name"]), *(_parameter(field) for field in inputs if overloaded)])
    arguments = ", ".join(f"{_parameter(field)}: {_python(field)}" for field in inputs)
    values = "".join(f"{_parameter(field)}, " for field in inputs)
    types = tuple(_canonical(field) for field in inputs)
    texts = [
        f"def {name}_call({arguments}) -> bytes:\n"
        f'    return bytes.fromhex("{_selector(entry)}") + encode({types!r}, ({values}))'
    ]
    if entry["outputs"] and entry["stateMutability"] in ("view", "pure"):
        texts += _result(name, entry["name"], entry["outputs"])
    return texts


def _result(name: str, original: str, outputs: list[Any]) -> list[str]:
    types = tuple(_canonical(field) for field in outputs)
    if len(outputs) == 1 and outputs[0]["type"] != "tuple":
        value = _convert(outputs[0], f"decode({types!r}, data)[0]")
        return [f"def {name}_result(data: bytes) -> {_python(outputs[0])}:\n    return {value}"]
    fields = outputs[0]["components"] if len(outputs) == 1 else outputs
    index = "[0]" if len(outputs) == 1 else ""
    kind = f"{original[0].upper()}{original[1:]}Result"
    rows = "".join(f"\n    {_parameter(field)}: {_python(field)}" for field in fields)
    converted = "".join(
        f"\n        {_parameter(field)}={_convert(field, f'values[{number}]')}," for number, field in enumerate(fields)
    )
    return [
        f"@dataclass(frozen=True, slots=True, kw_only=True)\nclass {kind}:{rows}",
        f"def {name}_result(data: bytes) -> {kind}:\n    values = decode({types!r}, data){index}\n"
        f"    return {kind}({converted}\n    )",
    ]


def _event(entry: Any) -> str:
    topic = "0x" + keccak(text=_signature(entry)).hex()
    indexed = [field for field in entry["inputs"] if field["indexed"]]
    plain = [field for field in entry["inputs"] if not field["indexed"]]
    rows = "".join(f"\n    {_parameter(field)}: {_python(field)}" for field in entry["inputs"])
    lines = [f'{_constant(entry["name"])} = bytes.fromhex("{topic[2:]}")', "", ""]
    lines += ["@dataclass(frozen=True, slots=True, kw_only=True)", f"class {entry['name']}:{rows}", "", ""]
    function = f"{_snake(entry['name'])}_event"
    lines += [f"def {function}(topics: tuple[bytes, ...], data: bytes) -> {entry['name']}:"]
    if plain:
        lines.append(f"    values = decode({tuple(_canonical(field) for field in plain)!r}, data)")
    lines.append(f"    return {entry['name']}(")
    for number, field in enumerate(indexed, start=1):
        word = f"decode(({_canonical(field)!r},), topics[{number}])[0]"
        lines.append(f"        {_parameter(field)}={_convert(field, word)},")
    for number, field in enumerate(plain):
        lines.append(f"        {_parameter(field)}={_convert(field, f'values[{number}]')},")
    return "\n".join([*lines, "    )"])


def _convert(field: Any, value: str) -> str:
    kind = field["type"]
    if kind.endswith("[]"):
        return f"[{_convert({**field, 'type': kind[:-2]}, 'item')} for item in {value}]"
    if kind == "tuple":
        parts = (_convert(part, f"{value}[{number}]") for number, part in enumerate(field["components"]))
        return f"({', '.join(parts)},)"
    if kind == "address":
        return f"bytes.fromhex({value}[2:])"
    if kind.startswith("bytes"):
        return f"bytes({value})"
    if kind == "bool":
        return f"bool({value})"
    return f"str({value})" if kind == "string" else f"int({value})"


def _python(field: Any) -> str:
    kind = field["type"]
    if kind.endswith("[]"):
        return f"list[{_python({**field, 'type': kind[:-2]})}]"
    if kind == "tuple":
        return "tuple[" + ", ".join(_python(part) for part in field["components"]) + "]"
    if kind == "address" or kind.startswith("bytes"):
        return "bytes"
    return {"bool": "bool", "string": "str"}.get(kind, "int")


def _canonical(field: Any) -> str:
    kind: str = field["type"]
    if kind.startswith("tuple"):
        return "(" + ",".join(_canonical(part) for part in field["components"]) + ")" + kind.removeprefix("tuple")
    return kind


def _signature(entry: Any) -> str:
    return f"{entry['name']}({','.join(_canonical(field) for field in entry['inputs'])})"


def _selector(entry: Any) -> str:
    return keccak(text=_signature(entry))[:4].hex()


def _parameter(field: Any) -> str:
    name = _snake(field["name"].strip("_")) or "value"
    return f"{name}_" if name in _KEYWORDS else name


def _snake(name: str) -> str:
    return _SNAKE.sub("_", name).lower()


def _constant(name: str) -> str:
    return f"{_snake(name).upper()}_TOPIC"
