"""Wall time and peak memory of the demonstration's phases, one row a process; nothing is asserted here."""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

SAMPLE_SECONDS = 0.2
"""Between looks at the processes; their peaks are the kernel's own, so a look only has to find each alive once."""

ROLES = {"ledger serve": "ledger", "devnet": "demo", "node.design.reader": "CAD reader"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default="devnet/parts/bracket.step")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    peaks: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory(prefix="guildmark-bench-") as folder:
        arguments = (sys.executable, "-m", "devnet", "demo", "--file", given.file, "--json", "--keep", folder)
        running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        done = threading.Event()
        sampler = threading.Thread(target=sample, args=(folder, peaks, done))
        sampler.start()
        output, _ = running.communicate()
        done.set()
        sampler.join()
    summary = json.loads(output)
    if given.json:
        print(json.dumps({"seconds": summary["seconds"], "peak_mib": peaks, "ok": summary["ok"]}, indent=2))
        return
    print(f"{'phase':14} {'wall s':>8}")
    for phase, seconds in summary["seconds"].items():
        print(f"{phase:14} {seconds:8.1f}")
    print(f"\n{'process':14} {'peak MiB':>8}")
    for name, peak in sorted(peaks.items()):
        print(f"{name:14} {peak:8,}")


def sample(folder: str, peaks: dict[str, int], done: threading.Event) -> None:
    """Remember the highest resident set of every process of the federation in ``folder``, MiB."""
    while not done.is_set():
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                status = (process / "status").read_text()
            except OSError:
                continue
            if folder in line or "node.design.reader" in line:
                resident = next((row.split()[1] for row in status.splitlines() if row.startswith("VmHWM")), "0")
                name = name_of(line, folder)
                peaks[name] = max(peaks[name], int(resident) // 1024)
        time.sleep(SAMPLE_SECONDS)


def name_of(line: str, folder: str) -> str:
    """What to call a process, by its command line."""
    if f"{folder}/nodes/" in line:
        return line.split(f"{folder}/nodes/")[1].split(maxsplit=1)[0]
    return next((role for module, role in ROLES.items() if module in line), "other")


if __name__ == "__main__":
    main()
