"""A FHIR resource from a file or from standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bedside.errors import InputError
from bedside.plugins import load_named

__all__ = ["read_resource"]


def read_resource(source: str) -> Mapping[str, Any]:
    """Parse one resource of FHIR's JSON or XML, its decimals as written; NDJSON gives a Bundle of its lines.

    Args:
        source: A file, or `-` for standard input.

    Raises:
        InputError: The source cannot be read, or is no resource; the message names the place.
    """
    name = "standard input" if source == "-" else source
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None
    read: Callable[[bytes], Mapping[str, Any]] = load_named("bedside.validators", "fhir").read_resource
    try:
        return read(data)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
