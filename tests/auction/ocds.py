"""Exports of auctions, judged by the publishers' own checker ``libcoveocds``; it accepts none that has an error.

make ocds installs the checker. It would fetch the standard from GitHub; here schema 1.1.5 comes from the test data of
two packages of the same publishers, so that a package index is all that is needed. A profile in one of them has the
bids extension, whose definitions the second schema takes over, so that bids are judged, too. ``--standard`` takes a ZIP
file of the standard's repository at tag 1__1__5 instead, which has all open codelists as well.
"""

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from node.standards.ocds import release_package
from protocol.job import Filters
from protocol.recheck import recheck
from protocol.transcript import Transcript, write
from tests.auction.markets import PLAIN
from tests.auction.sealed import bidder, bidders, held, large, small_call
from tests.unit.protocol.examples import offer

INSTALLED = Path(__file__).resolve().parents[2] / ".guildmark" / "ocds"
MILL, OVEN, RIVAL = bidders()
HELD = {
    "an award": held(small_call(), bidders()),
    "exclusions": held(small_call(), bidders(), silent=[RIVAL], declined=[OVEN]),
    "no award": held(small_call(filters=Filters(jurisdictions=("DE",))), (bidder("mill", offer(0, 1, 5, 1_00)),)),
    "no bids": held(small_call(), ()),
    "ten bidders": held(*large(3, PLAIN)),
}
PACKAGE = "ocdskit-1.7.0/tests/fixtures/release-package-schema.json"
VERSIONED = "ocdsextensionregistry-0.7.0/tests/fixtures/versioned-release-validation-schema.json"
RELEASE = "ocdsextensionregistry-0.7.0/tests/fixtures/release-schema.json"
PROFILE = "ocdskit-1.7.0/tests/fixtures/a/release-schema.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--standard", type=Path, help="ZIP file of open-contracting/standard at tag 1__1__5")
    given = parser.parse_args()
    errors, judgements = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, standard in {"OCDS 1.1.5": given.standard}.items() if given.standard else offline(Path(folder)):
            for what, transcript in HELD.items():
                found = judged(exported(transcript), standard, Path(folder))
                judgements, errors = judgements + 1, errors + len(errors_of(found))
                unknown = ", ".join(sorted(field["field"] for field in found["additional_fields"])) or "none"
                noted = ", ".join(found["additional_checks"]) or "nothing"
                print(f"{name:21} {what:12} fields beside it: {unknown}; noted: {noted}")
                for error in errors_of(found):
                    print(f"  {json.dumps(error)}")
    print(f"{judgements} exports judged by libcoveocds, {errors} errors")
    return 1 if errors else 0


def exported(transcript: Transcript) -> Any:
    """A transcript's release package."""
    return release_package(recheck(write(transcript)))


def judged(package: Any, standard: Path, folder: Path) -> Any:
    """What the checker says of a release package."""
    file = folder / "package.json"
    file.write_text(json.dumps(package))
    command = [sys.executable, "-m", "libcoveocds", "--standard-zip", str(standard), str(file)]
    environment = {**os.environ, "PYTHONPATH": str(INSTALLED / "checker")}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return json.loads(done.stdout)


def errors_of(found: Any) -> list[Any]:
    """What does not keep to the schema, and codes that are not on a closed list."""
    return [*found["validation_errors"], *found["additional_closed_codelist_values"].values()]


def offline(folder: Path) -> Iterator[tuple[str, Path]]:
    """The standard's repository as far as the checker reads it, once for each schema."""
    bare, profile = json.loads(_content(RELEASE)), json.loads(_content(PROFILE))
    with_bids = {
        **bare,
        "properties": {**bare["properties"], "bids": profile["properties"]["bids"]},
        "definitions": {**profile["definitions"], **bare["definitions"]},
    }
    for number, (name, schema) in enumerate({"OCDS 1.1.5": bare, "OCDS 1.1.5 with bids": with_bids}.items()):
        path = folder / f"standard-{number}.zip"
        with ZipFile(path, "w") as standard:
            standard.writestr("standard/", "")
            standard.writestr("standard/schema/release-schema.json", json.dumps(schema))
            standard.writestr("standard/schema/release-package-schema.json", _content(PACKAGE))
            standard.writestr("standard/schema/versioned-release-validation-schema.json", _content(VERSIONED))
            for codelist, codes in _closed_codelists(schema):
                rows = io.StringIO()
                csv.writer(rows).writerows([["Code"], *([code] for code in codes)])
                standard.writestr(f"standard/schema/codelists/{codelist}", rows.getvalue())
        yield name, path


def _closed_codelists(schema: Any) -> Iterator[tuple[str, list[str]]]:
    """Codelists that the schema itself enumerates."""
    found: dict[str, list[str]] = {}
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if isinstance(value, dict) and isinstance(value.get("codelist"), str) and not value.get("openCodelist"):
            codes = value.get("enum") or value.get("items", {}).get("enum") or []
            found[value["codelist"]] = found.get(value["codelist"]) or [code for code in codes if code is not None]
    yield from found.items()


def _content(member: str) -> str:
    """A file of one of the source packages."""
    with tarfile.open(INSTALLED / "schema" / f"{member.partition('/')[0]}.tar.gz") as package:
        content = package.extractfile(member)
        assert content is not None, member
        return content.read().decode()


if __name__ == "__main__":
    sys.exit(main())
