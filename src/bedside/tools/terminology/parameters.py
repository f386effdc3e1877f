"""Parsers for the answers of a FHIR terminology server. What is not of the protocol is `UNKNOWN`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bedside.tools.terminology.phrases import normalize, tokenize
from bedside.tools.terminology.protocol import Expansion, Hit, Lookup, Translation, Validation, Verdict

__all__ = ["expansion", "issue_codes", "lookup", "translation", "validation"]

_NONSENSE = "the answer is not of the protocol"
# A server that does not have the code system says "false" of each of its codes.
_NO_SYSTEM = re.compile(
    r"code\s?system\b.*\b(?:unknown|unable|not|could)|(?:unknown|unable|not).*\bcode\s?system\b", re.I
)
# ConceptMap equivalence (R4): how near the target comes to the source. What is not listed is no translation.
_NEARNESS = {
    "equal": 1.0,
    "equivalent": 1.0,
    "relatedto": 0.5,
    "wider": 0.7,
    "subsumes": 0.7,
    "narrower": 0.6,
    "specializes": 0.6,
    "inexact": 0.5,
}


def lookup(answer: dict[str, Any], system: str, code: str) -> Lookup:
    """Parse the answer to `CodeSystem/$lookup`."""
    said = _parameters(answer)
    display = said.get("display")
    if not isinstance(display, str) or not display:
        return Lookup(Verdict.UNKNOWN, why=_NONSENSE)
    return Lookup(Verdict.YES, Hit(system, code, display, _text(said.get("version"))))


def validation(answer: dict[str, Any], display: str | None) -> Validation:
    """Parse the answer to `CodeSystem/$validate-code`; a display is compared with the one that the server gives."""
    said = _parameters(answer)
    result = said.get("result")
    if not isinstance(result, bool):
        return Validation(Verdict.UNKNOWN, why=_NONSENSE)
    message = _text(said.get("message")) or ""
    if not result:
        if "x-caused-by-unknown-system" in said or "x-unknown-system" in said or _NO_SYSTEM.search(message):
            return Validation(Verdict.UNKNOWN, why="the server does not have this code system")
        return Validation(Verdict.NO, why="the server knows no such code")
    official = _text(said.get("display"))
    if display is None or (official is not None and _form(official) == _form(display)):
        return Validation(Verdict.YES, official)
    return Validation(
        Verdict.UNKNOWN, official, "the code exists; the display is not the one the server gives first"
    )


def expansion(answer: dict[str, Any], words: str, count: int) -> Expansion:
    """Parse the answer to `ValueSet/$expand`."""
    found = answer.get("expansion")
    if answer.get("resourceType") != "ValueSet" or not isinstance(found, dict):
        return Expansion(Verdict.UNKNOWN, why=_NONSENSE)
    listed = [item for item in _contains(found) if _is_coding(item)][:count]
    hits = [
        Hit(
            item["system"],
            item["code"],
            item["display"],
            _text(item.get("version")),
            1.0 if not words or _form(item["display"]) == _form(words) else round(0.9 * (1 - at / len(listed)), 4),
        )
        for at, item in enumerate(listed)
    ]
    best = tuple(sorted(hits, key=lambda hit: -hit.score))
    return Expansion(Verdict.YES if best else Verdict.NO, best)


def translation(answer: dict[str, Any], target: str) -> Translation:
    """Parse the answer to `ConceptMap/$translate`."""
    said = _parameters(answer)
    result = said.get("result")
    if not isinstance(result, bool):
        return Translation(Verdict.UNKNOWN, why=_NONSENSE)
    hits = []
    for parameter in _listed(answer.get("parameter")):
        parts = {part.get("name"): _value(part) for part in _listed(parameter.get("part"))}
        concept: Any = parts.get("concept")
        nearness = _NEARNESS.get(str(parts.get("equivalence")))
        if parameter.get("name") == "match" and _is_coding(concept) and concept["system"] == target and nearness:
            hits.append(Hit(target, concept["code"], concept["display"], _text(concept.get("version")), nearness))
    hits.sort(key=lambda hit: -hit.score)
    # "No" may mean that the server has no map; only a translation that was found is an answer.
    return Translation(Verdict.YES if hits else Verdict.UNKNOWN, tuple(hits), "" if hits else "no translation")


def issue_codes(answer: dict[str, Any]) -> frozenset[str]:
    """Return the codes of an OperationOutcome's issues; empty for another resource."""
    if answer.get("resourceType") != "OperationOutcome":
        return frozenset()
    return frozenset(str(issue.get("code")) for issue in _listed(answer.get("issue")))


def _parameters(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("resourceType") != "Parameters":
        return {}
    return {str(each.get("name")): _value(each) for each in _listed(answer.get("parameter"))}


def _value(parameter: dict[str, Any]) -> Any:
    return next((value for name, value in parameter.items() if name.startswith("value")), None)


def _listed(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _contains(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in _listed(found.get("contains")):
        if not item.get("abstract"):
            yield item
        yield from _contains(item)


def _is_coding(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) for name in ("system", "code", "display")
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _form(name: str) -> str:
    return " ".join(normalize(token.text) for token in tokenize(name))
