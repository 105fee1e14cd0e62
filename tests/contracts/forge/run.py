"""Foundry's invariant and fuzz tests of the contracts: ``python -m tests.contracts.forge.run 256``.

The binary comes from npm with a pinned hash, the compiler is ours under solc's command line, and nothing of the
environment is touched: the project is put together below ``.guildmark``. Linux on x86-64 only.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "contracts"))

from compiler import CACHE, PACKAGES, SOURCES, fetch  # type: ignore[import-not-found]  # noqa: E402  # a folder of scripts
from solc import executable  # type: ignore[import-not-found]  # noqa: E402

PROJECT: Path = CACHE.parent / "forge"
OPENZEPPELIN = "@openzeppelin/contracts@5.7.0"
FORGE = (
    "@foundry-rs/forge-linux-amd64@1.7.1",
    "foundry-rs-forge-linux-amd64-1.7.1.tgz",
    "sha512-/HQddyTanVOJKgvilmZrf8VOf7mhvwrWb59W73w5W5flX7b6zNh9CR6hKZzJwiRRi5Sxk/JOFEYIeKsQx7Teqg==",
)
DEPTH = 100
"""Calls in one history."""


def settings(compiler: Path, runs: int) -> str:
    """``foundry.toml``: what the committed artefacts are compiled with, and no reverts in histories."""
    return f"""
[profile.default]
src = 'src'
test = 'test'
libs = []
solc = '{compiler}'
auto_detect_solc = false
offline = true
evm_version = 'cancun'
optimizer = true
optimizer_runs = 200
bytecode_hash = 'none'
cbor_metadata = false
remappings = ['@openzeppelin/contracts/=lib/openzeppelin/', 'src/=src/']
[fuzz]
runs = {runs}
seed = '0x1'
[invariant]
runs = {max(1, runs // 4)}
depth = {DEPTH}
fail_on_revert = true
show_metrics = false
"""


def prepare(runs: int) -> Path:
    """The project, put together afresh; the path of the binary."""
    for folder in ("src", "test", "lib"):
        shutil.rmtree(PROJECT / folder, ignore_errors=True)
    shutil.copytree(SOURCES, PROJECT / "src")
    shutil.copytree(HERE, PROJECT / "test", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, content in fetch(OPENZEPPELIN, *PACKAGES[OPENZEPPELIN]).items():
        path = PROJECT / "lib" / "openzeppelin" / name.removeprefix("package/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (PROJECT / "foundry.toml").write_text(settings(executable(PROJECT), runs))
    binary = PROJECT / "forge"
    if not binary.exists():
        (content,) = fetch(*FORGE, wanted=("/bin/forge",)).values()
        binary.write_bytes(content)
        binary.chmod(0o755)
    return binary


def main() -> int:
    """Run; the last line counts."""
    if shutil.which("npm") is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print("Foundry is not run: its binary comes from npm, for Linux on x86-64", file=sys.stderr)
        return 0 if "CI" not in os.environ else 1
    binary = prepare(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
    done = subprocess.run((str(binary), "test"), cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout[max(0, done.stdout.find("\nRan ")) :])
    calls = sum(map(int, re.findall(r"calls: (\d+)", done.stdout)))
    passed = len(re.findall(r"^\[PASS\]", done.stdout, re.MULTILINE))
    print(f"{passed} tests passed, {calls:,} calls in histories, none of which reverted")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
