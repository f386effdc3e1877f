"""The command `bedside validate`: it reads and checks a resource and prints the findings for people or programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from bedside.cli.resources import read_resource
from bedside.plugins import load_named

__all__ = ["PROFILES", "validate_file"]

PROFILES = ("declared", "us-core")
GROUP = "bedside.validators"


class Found(Protocol):
    """A finding, as the command shows it."""

    @property
    def severity(self) -> str: ...
    @property
    def location(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def rule(self) -> str: ...


class Validator(Protocol):
    """An installed validator: a module, or any object with these two functions."""

    def read_guide(self, packages: Iterable[Path]) -> Any:
        """Return FHIR packages as one guide; `None` if there are none."""
        ...

    def validate(self, resource: Mapping[str, Any], *, profiles: str, guide: Any) -> Sequence[Found]:
        """Return the errors and remarks on a resource."""
        ...

    def operation_outcome(self, findings: Iterable[Found]) -> Mapping[str, Any]:
        """Return the findings as a FHIR OperationOutcome."""
        ...


def validate_file(source: str, profiles: str, igs: Sequence[Path] = (), *, as_json: bool) -> int:
    """Validate one resource and print the findings.

    Args:
        source: A file, or `-` for standard input.
        profiles: One of `PROFILES`, or the canonical URL of a profile.
        igs: FHIR packages of implementation guides.
        as_json: An OperationOutcome instead of a table.

    Returns:
        The exit code: 0 where there is no error, 1 where there is one.

    Raises:
        InputError: The source cannot be read, or is no JSON object.
    """
    resource = read_resource(source)
    validator = _installed()
    findings = validator.validate(resource, profiles=profiles, guide=validator.read_guide(igs))
    invalid = any(finding.severity == "error" for finding in findings)
    if as_json:
        print(json.dumps(validator.operation_outcome(findings), indent=1))
    else:
        _show(findings)
    return int(invalid)


def _installed() -> Validator:
    found: Validator = load_named(GROUP, "fhir")
    return found


def _show(findings: Sequence[Found]) -> None:
    console = Console(highlight=False)
    for finding in findings:
        if finding.severity == "error":
            _line(console, "error", finding.location, finding.message, finding.rule)
    # What is no error is reported once, with the first place and the count.
    others: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        if finding.severity != "error":
            others.setdefault((finding.severity, finding.message, finding.rule), []).append(finding.location)
    for (severity, message, rule), places in others.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        _line(console, severity, places[0] + more, message, rule)
    counts = {kind: sum(finding.severity == kind for finding in findings) for kind in ("error", "warning")}
    verdict = "not valid" if counts["error"] else "valid"
    console.print(f"{verdict}: {counts['error']} errors, {counts['warning']} warnings")


def _line(console: Console, severity: str, place: str, message: str, rule: str) -> None:
    style = {"error": "bold red", "warning": "yellow"}.get(severity, "dim")
    name = rule.rpartition("/")[2]
    line = Text.assemble((f"{severity:12}", style), (place, "bold"), f": {message} ", (f"[{name}]", "dim"))
    console.print(line, soft_wrap=True)
