"""Validation of FHIR R4: structure, formats, bindings, invariants, references, Bundle rules, US Core 7.0.0.

Light to import: the tables and the FHIRPath engine are loaded when the first resource is validated.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from bedside.tools.fhir import reading
from bedside.tools.fhir.validation.choice import us_core_profiles
from bedside.tools.fhir.validation.findings import Finding, Severity, operation_outcome
from bedside.tools.fhir.validation.guides import Guide
from bedside.tools.fhir.validation.packages import read_package
from bedside.tools.fhir.validation.validator import errors, validate

__all__ = [
    "Finding",
    "Guide",
    "Severity",
    "errors",
    "operation_outcome",
    "read_guide",
    "read_resource",
    "us_core_profiles",
    "validate",
]


def read_guide(packages: Iterable[Path]) -> Guide | None:
    """Return FHIR packages (.tgz) as one guide, or `None` if there are none.

    Raises:
        InputError: A file is no FHIR package of R4.
    """
    paths = tuple(packages)
    return (
        _guide(tuple((path, path.stat().st_mtime_ns if path.exists() else 0) for path in paths)) if paths else None
    )


@lru_cache(maxsize=4)
def _guide(files: tuple[tuple[Path, int], ...]) -> Guide:
    """Return the guide of these files as they are now: a large one takes a second to read."""
    return Guide([read_package(path) for path, _ in files])


def read_resource(data: bytes) -> dict[str, Any]:
    """Parse one resource of JSON, XML or NDJSON for validation; XML must be in the order of R4's definitions.

    Raises:
        InputError: It is none; the message names the place and no value.
    """
    return reading.read_resource(data, in_order=True)
