"""FHIR validation: examples of US Core accepted, planted defects found by class, and how long a bundle takes.

    python benchmarks/validation.py DATA_FOLDER

The baseline in the same run is fhir.resources alone: the same resources, parsed with its R4B models.
"""

from __future__ import annotations

import json
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpora import aci_bench, primock57, synthea

from bedside.agents.reader import read_note
from bedside.agents.scribe import DeviceInfo, write_bundle
from bedside.agents.triager import assess
from bedside.tools.fhir import errors, validate
from bedside.tools.fhir.r4 import model_of

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.fhir.seeded_defects import DEFECTS, planted

NOTES = 100
"""Notes of each set."""
DEVICE = DeviceInfo("bedside", "benchmark")


def _examples(data: Path) -> Iterator[Any]:
    with tarfile.open(data / "us_core" / "us_core_7.0.0.tgz") as archive:
        for member in archive.getmembers():
            if member.name.startswith("package/example/") and member.name.endswith(".json"):
                file = archive.extractfile(member)
                assert file is not None
                yield json.load(file)


def _loads(resource: Any) -> bool:
    model = model_of(str(resource.get("resourceType")))
    try:
        return model is not None and bool(model.model_validate(resource))
    except (KeyError, ValueError):
        return False


def _accepted(resource: Any) -> bool:
    return not errors(validate(resource, profiles="us-core"))


def _found(defect: Any) -> bool:
    profiles: Any = "us-core" if defect.bundle == "transaction" else "declared"
    places = {one.location for one in errors(validate(planted(defect), profiles=profiles))}
    return f"Bundle.{defect.location}" in places


def _milliseconds(task: Callable[[Any], object], items: list[Any]) -> float:
    started = time.perf_counter()
    for item in items:
        task(item)
    return (time.perf_counter() - started) / len(items) * 1000


def main(data: Path) -> None:
    """Print the tables."""
    examples = list(_examples(data))
    accepted = sum(map(_accepted, examples))
    print(f"US Core 7.0.0 examples accepted: {accepted} of {len(examples)}\n")
    print("| class | defects | found at their place | found by fhir.resources alone |\n|---|---|---|---|")
    counts, found, baseline = Counter[str](), Counter[str](), Counter[str]()
    for defect in DEFECTS:
        counts[defect.kind] += 1
        found[defect.kind] += _found(defect)
        baseline[defect.kind] += not _loads(planted(defect))
    for kind, count in counts.items():
        print(f"| {kind} | {count} | {found[kind]} | {baseline[kind]} |")
    print(f"| all | {counts.total()} | {found.total()} | {baseline.total()} |\n")
    print(
        "| set | bundles | resources/bundle | base valid | US Core valid | ms/bundle | fhir.resources alone "
        "| ratio | read and written, notes/s |\n|---|---|---|---|---|---|---|---|---|"
    )
    for name, notes in (("aci_bench", aci_bench), ("primock57", primock57), ("synthea", synthea)):
        rows = list(notes(data))[:NOTES]
        _written(*rows[0])
        started = time.perf_counter()
        bundles = [_written(*row) for row in rows]
        pace = len(rows) / (time.perf_counter() - started)
        base = sum(not errors(validate(bundle)) for bundle in bundles)
        us_core = sum(map(_accepted, bundles))
        ours, theirs = _milliseconds(_accepted, bundles), _milliseconds(_loads, bundles)
        size = sum(len(bundle["entry"]) for bundle in bundles) / len(bundles)
        print(
            f"| {name} | {len(bundles)} | {size:.1f} | {base} | {us_core} | {ours:.1f} | {theirs:.1f} "
            f"| {ours / theirs:.1f} | {pace:.1f} |"
        )


def _written(identity: str, text: str) -> Any:
    record = read_note(identity, text)
    result = write_bundle(
        record, assess(record), {identity: text}, case=identity, recorded=datetime.now(UTC), device=DEVICE
    )
    return result.bundle


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
