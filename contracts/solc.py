"""The pinned compiler under the command line of native solc, as far as Slither and Foundry speak it.

Knows ``--version`` and ``--standard-json`` only: input from a file or from standard input, output to standard output.
"""

import os
import shlex
import sys
from pathlib import Path

VERSION = "0.8.37+commit.f401782d.Emscripten.clang"
HERE = Path(__file__).parent


def executable(folder: Path) -> Path:
    """A file in ``folder`` that runs this module, for tools that want the path of a compiler."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "solc"
    path.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).resolve()))} "$@"\n'
    )
    path.chmod(0o755)
    return path


def main(arguments: list[str]) -> int:
    """Answer one call."""
    if "--version" in arguments:
        print(f"solc, the solidity compiler commandline interface\nVersion: {VERSION}")
        return 0
    if "--standard-json" not in arguments:
        print(f"only --version and --standard-json are known, not {' '.join(arguments)}", file=sys.stderr)
        return 1
    sys.path.insert(0, str(HERE))
    from compiler import Compiler

    files = [argument for argument in arguments if argument.endswith(".json")]
    request = Path(files[0]).read_text() if files else sys.stdin.read()
    print(Compiler().run(request))
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # the engine's threads can keep the interpreter from ending
