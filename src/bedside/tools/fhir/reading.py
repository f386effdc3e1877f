"""A FHIR resource from bytes: JSON without repeated keys, XML, or NDJSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from bedside.errors import InputError, unknown_name

__all__ = ["read_json", "read_resource"]


_LINES = "https://ndjson.invalid/"
"""The base of the addresses of NDJSON's lines, which have none; RFC 2606 reserves the domain."""


class _Repeated(dict[str, Any]):
    """An object in which a key occurred twice."""

    __slots__ = ("key",)

    def __init__(self, pairs: list[tuple[str, Any]], key: str) -> None:
        super().__init__(pairs)
        self.key = key


def read_json(data: bytes) -> Any:
    """Parse JSON as FHIR has it: UTF-8, decimals with their digits, each key of an object once.

    Of a key that is there twice each reader takes another one: what was checked would not be what is stored.

    Raises:
        InputError: It is none; the message names line and column, or the object, and no value.
    """
    twice: list[_Repeated] = []

    def make(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(key for key, _ in pairs)
        twice.append(_Repeated(pairs, next(key for key, count in counts.items() if count > 1)))
        return twice[-1]

    try:
        value = json.loads(
            data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=make
        )
    except UnicodeDecodeError as error:
        raise InputError(f"it is not UTF-8, at byte {error.start}; FHIR's JSON is UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"line {error.lineno}, column {error.colno} is not JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        raise InputError("it is not JSON: NaN, Infinity, a huge number, or nested too deep") from None
    if twice:
        place, key = next(_repeated(value))
        raise InputError(f"a key is there twice in {place}: {_shown(key)}; keep one of the two")
    return value


def _repeated(value: Any) -> Iterator[tuple[str, str]]:
    """Yield each object in which a key occurs twice: its place, and the key."""
    kind = value.get("resourceType") if isinstance(value, dict) else None
    start = _shown(kind) if isinstance(kind, str) else "the outermost object"
    waiting: list[tuple[str, Any]] = [(start, value)]
    while waiting:
        place, one = waiting.pop()
        if isinstance(one, _Repeated):
            yield place, one.key
        if isinstance(one, dict):
            waiting += [(f"{place}.{_shown(key)}", inner) for key, inner in reversed(one.items())]
        elif isinstance(one, list):
            waiting += [(f"{place}[{index}]", inner) for index, inner in reversed(list(enumerate(one)))]


def _shown(key: str) -> str:
    """Return a key as a message may show it: a key of FHIR's as it is, of any other its length."""
    # The table takes a moment to read: only a mistake needs it.
    from bedside.tools.fhir.validation.definitions import is_key, is_resource

    return key if is_key(key) or is_resource(key) else unknown_name(key, ())


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def read_resource(data: bytes, *, in_order: bool = False) -> dict[str, Any]:
    """Return one resource of JSON or XML; several JSON objects, one a line (NDJSON), become a collection Bundle.

    Args:
        data: The file.
        in_order: Whether XML with elements out of R4's order is refused.

    Raises:
        InputError: It is none of them; the message names the place and no value.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # The definitions of R4 are read for it.
        from bedside.tools.fhir.xml import read_xml

        return read_xml(data, in_order=in_order)
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = [(place, line.strip()) for place, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    if len(lines) > 1 and _is_whole(lines[0][1]):
        resources = [(place, _object(line, place)) for place, line in lines]
        entries = [{"fullUrl": _address(one, place), "resource": one} for place, one in resources]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return _object(data)


def _address(resource: dict[str, Any], line: int) -> str:
    """Return an address for the entry of a line: lines refer to each other by type and id, as on one server."""
    kind, own = resource.get("resourceType"), resource.get("id")
    named = isinstance(kind, str) and isinstance(own, str)
    return f"{_LINES}{kind}/{own}" if named else f"{_LINES}line-{line}"


def _is_whole(line: bytes) -> bool:
    """True if a line is a JSON object by itself; when more lines follow, the whole is not one JSON text."""
    try:
        return line[-1:] == b"}" and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _object(data: bytes, line: int = 0) -> dict[str, Any]:
    try:
        value = read_json(data)
    except InputError as error:
        if not line:
            raise
        raise InputError(f"line {line}: {str(error).removeprefix('line 1, ')}") from None
    if not isinstance(value, dict):
        where = f"line {line}: it" if line else "it"
        raise InputError(f"{where} holds no JSON object; give one FHIR resource, for instance a Bundle")
    return value
