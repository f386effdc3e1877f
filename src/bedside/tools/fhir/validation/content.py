"""Rules in the text of R4 that no invariant states, each with the place where R4 states it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bedside.tools.fhir.validation.definitions import Type, is_resource
from bedside.tools.fhir.validation.findings import Severity
from bedside.tools.fhir.validation.primitives import decoded, is_absolute
from bedside.tools.fhir.validation.rules import Rule
from bedside.tools.fhir.validation.scope import Check, Scope

__all__ = ["rules_of_text"]

URI_AS_IDENTIFIER = "urn:ietf:rfc:3986"
_is_no_system = re.compile(
    r"https?://build\.fhir\.org/.*|https?://hl7\.org/fhir/.*\.html|https?://\S+/ValueSet/\S+|"
    r"http://hl7\.org/fhir/v[23]/.*|http://snomed\.info/sct/.+"
).fullmatch
"""A pattern of what cannot be a code system: a page, a value set, a name older than R4, a version of SNOMED CT."""


def _absolute(key: str) -> Check:
    """Return a check that the value under a key is an absolute URI, if it is a text."""
    return lambda value, kind, scope: not isinstance(value.get(key), str) or is_absolute(value[key])


def _extensions(key: str) -> Check:
    def holds(value: Any, kind: str, scope: Scope) -> bool:
        found = value.get(key)
        urls = [one.get("url") for one in (found if isinstance(found, list) else []) if isinstance(one, dict)]
        return all(is_absolute(url) for url in urls if isinstance(url, str))

    return holds


def _size(value: Any, kind: str, scope: Scope) -> bool:
    data, size = value.get("data"), value.get("size")
    content = decoded(data) if isinstance(data, str) else None
    return content is None or not isinstance(size, int) or size == len(content)


def _hash(value: Any, kind: str, scope: Scope) -> bool:
    data, said = value.get("data"), value.get("hash")
    content = decoded(data) if isinstance(data, str) else None
    if content is None or not isinstance(said, str):
        return True
    # R4 says SHA-1; it is a check of transport here, not of who wrote it.
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    return "".join(said.split()) == base64.b64encode(digest).decode()


def _uri_value(value: Any, kind: str, scope: Scope) -> bool:
    said = value.get("value")
    return value.get("system") != URI_AS_IDENTIFIER or not isinstance(said, str) or ":" in said


def _code_system(value: Any, kind: str, scope: Scope) -> bool:
    system = value.get("system")
    return not isinstance(system, str) or not _is_no_system(system)


def _no_duplicates(key: str) -> Check:
    def holds(value: Any, kind: str, scope: Scope) -> bool:
        found = value.get(key)
        shown = [
            (one.get("system"), one.get("version"), one.get("code")) if isinstance(one, dict) else one
            for one in (found if isinstance(found, list) else [])
        ]
        return not any(one in shown[:place] for place, one in enumerate(shown))

    return holds


def _questions(item: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the items below an item, or below the questionnaire."""
    waiting = [item]
    while waiting:
        inside = waiting.pop().get("item")
        found = [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []
        yield from found
        waiting += found


def _conditions(value: Any, kind: str, scope: Scope) -> bool:
    """True if each condition of an item refers to a question of the questionnaire outside the item itself."""
    items = list(_questions(value))
    known = {str(item.get("linkId")) for item in items}
    for item in items:
        conditions = item.get("enableWhen")
        asked = {
            str(one.get("question"))
            for one in (conditions if isinstance(conditions, list) else [])
            if isinstance(one, dict)
        }
        if asked and not asked <= known - {str(one.get("linkId")) for one in _questions(item)}:
            return False
    return True


def _error(message: str, where: str, holds: Check, at: str, code: str = "value") -> Rule:
    return Rule(where, Severity.ERROR, code, message, holds, at)


OF_TYPES: Mapping[str, tuple[Rule, ...]] = {
    # Type, or path of a group, to what R4 asks of it. The key of a rule is the page of R4 that says it.
    "Attachment": (
        _error("it is not the number of bytes of the data", "datatypes.html#Attachment", _size, "size"),
        _error("it is not the SHA-1 of the data", "datatypes.html#Attachment", _hash, "hash"),
    ),
    "Identifier": (_error("its system says that it is a URI", "datatypes.html#Identifier", _uri_value, "value"),),
    "Coding": (
        _error("it is no code system of R4, by its form", "terminologies-systems.html", _code_system, "system"),
    ),
    "Meta": tuple(
        _error("the same is there twice", "resource.html#Meta", _no_duplicates(key), key, "duplicate")
        for key in ("profile", "security", "tag")
    ),
    "Questionnaire": (
        _error(
            "an item is enabled by a question that is not there, or is below it",
            "questionnaire.html#enableWhen",
            _conditions,
            "item",
        ),
    ),
}


def rules_of_text(kind: Type) -> tuple[Rule, ...]:
    """Return the rules of R4's text for an object of this type or group."""
    found = OF_TYPES.get(kind.path, ())
    system, url = kind.keys.get("system"), kind.keys.get("url")
    if system is not None and system.type == "uri":
        message = "it is no absolute URI, so that it names no system"
        found += (_error(message, "absolute", _absolute("system"), "system"),)
    if url is not None and url.type == "uri" and is_resource(kind.path):
        message = "it is no absolute URI, as the canonical URL of a resource is"
        found += (_error(message, "absolute", _absolute("url"), "url"),)
    # In an extension, the parts have names of their own.
    for key in ("extension", "modifierExtension"):
        if key in kind.keys and kind.path != "Extension":
            message = "the url of an extension is no absolute URI"
            found += (_error(message, "absolute", _extensions(key), key),)
    return found
