"""Examples of the US Core 7.0.0 package, where it is at hand: in `$BEDSIDE_DATA`, or beside in `shared/data`."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bedside.tools.fhir import errors, validate

PLACES = (os.environ.get("BEDSIDE_DATA", ""), str(Path(__file__).parents[3] / "shared" / "data"))
PACKAGES = [
    path for place in PLACES if place for path in [Path(place) / "us_core" / "us_core_7.0.0.tgz"] if path.is_file()
]


def examples(package: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with tarfile.open(package) as archive:
        for member in archive.getmembers():
            if member.name.startswith("package/example/") and member.name.endswith(".json"):
                file = archive.extractfile(member)
                assert file is not None
                resource = json.load(file)
                if "resourceType" in resource:
                    yield member.name, resource


@pytest.mark.skipif(
    not PACKAGES, reason="us_core/us_core_7.0.0.tgz is not here; name its folder's parent in $BEDSIDE_DATA"
)
def test_every_example_of_the_package_is_accepted_as_base_and_as_us_core() -> None:
    refused, count = [], 0
    for name, resource in examples(PACKAGES[0]):
        count += 1
        refused += [(name, str(one)) for one in errors(validate(resource, profiles="us-core"))]
    assert refused == []
    assert count == 214
