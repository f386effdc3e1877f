"""Extensions from installed packages, by the entry points of their `pyproject.toml`.

Bedside's own parts enter by the same door: its `pyproject.toml` is the list of them, group by group.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from bedside.errors import BedsideError, InputError, safe_name

__all__ = ["GROUPS", "installed", "load", "load_all", "load_named"]

GROUPS = {
    "bedside.backends": "backends of chat models (--model, --consult)",
    "bedside.bundle_forms": "forms of a bundle (--as)",
    "bedside.charts": "bands of vital signs (the review desk)",
    "bedside.checks": "checks of bedside doctor",
    "bedside.classifiers": "classifiers of pictures (bedside classify)",
    "bedside.commands": "commands of the command line",
    "bedside.detectors": "detectors of identifiers",
    "bedside.evaluations": "evaluations (bedside eval)",
    "bedside.graphs": "graphs (bedside run)",
    "bedside.headers": "readers of image headers",
    "bedside.lookups": "look-ups of a term in code tables (bedside mcp)",
    "bedside.openers": "openers of document formats",
    "bedside.prompts": "folders of prompt templates",
    "bedside.prose": "readers of FHIR as prose",
    "bedside.resources": "kinds of FHIR resource",
    "bedside.search_engines": "search engines (--search)",
    "bedside.servers": "clients of record servers (bedside send)",
    "bedside.terms": "folders with names, concepts and red flags of one's own",
    "bedside.validators": "validators of FHIR (bedside validate)",
    "bedside.vocabularies": "vocabularies whose phrases may be released",
}
"""Every group of entry points that Bedside reads, and its contents."""


def installed(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of a group in the order of their names. Nothing is imported."""
    return tuple(sorted(entry_points(group=group), key=lambda point: point.name))


def load(point: EntryPoint) -> Any:
    """Import the object of an entry point.

    Raises:
        InputError: It does not load. The message names the package and the type of what it raised.
    """
    try:
        return point.load()
    except BedsideError:
        raise
    except Exception as error:  # anybody's package
        package = point.dist.name if point.dist else point.module
        raise InputError(
            f"{point.name} ({point.group}) of the package {package} does not load: {type(error).__name__}; "
            f"repair it with: pip install --force-reinstall --no-deps {package}, or uninstall it"
        ) from error


def load_named(group: str, name: str) -> Any:
    """Import the object of a group that has this name.

    Raises:
        InputError: There is none, or it does not load.
    """
    points = {point.name: point for point in installed(group)}
    if name not in points:
        known = ", ".join(points) or "nothing: pip install --force-reinstall --no-deps bedside"
        raise InputError(f"no {safe_name(name)} among the {GROUPS[group]}; installed: {known}")
    return load(points[name])


def load_all(group: str) -> dict[str, Any]:
    """Import all objects of a group, by name.

    Raises:
        InputError: One does not load.
    """
    return {point.name: load(point) for point in installed(group)}
