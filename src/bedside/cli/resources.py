"""A FHIR resource from a file or from standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from bedside.errors import InputError

__all__ = ["read_resource"]


def read_resource(source: str) -> Mapping[str, Any]:
    """One JSON object, its decimals as they were written.

    Args:
        source: A file, or `-` for standard input.

    Raises:
        InputError: The source cannot be read, or is no JSON object; the message names the place.
    """
    name = "standard input" if source == "-" else source
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None
    try:
        # Decimals keep their digits, and JSON has neither NaN nor Infinity.
        value = json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8, at byte {error.start}; FHIR's JSON is UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{name}, line {error.lineno}, column {error.colno} is not JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{name} is not JSON: NaN, Infinity, a huge number, or nested too deep") from None
    if not isinstance(value, dict):
        raise InputError(f"{name} holds no JSON object; give one FHIR resource, for instance a Bundle")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
