"""Required bindings: the check that the code of an element is in its value set."""

from __future__ import annotations

import re
from typing import Any

from bedside.tools.fhir.validation.guides import values

__all__ = ["binding_problem"]

FORMS = {
    # Value sets that are standards of their own, too long to list: the form of their codes.
    "http://hl7.org/fhir/ValueSet/mimetypes": re.compile(r"[\w.+\-*]+/[\w.+\-*]+(\s*;.*)?").fullmatch,
    "http://hl7.org/fhir/ValueSet/currencies": re.compile(r"[A-Z]{3}").fullmatch,
}


def binding_problem(item: Any, url: str) -> str | None:
    """Return why an element breaks its required binding, or `None`; a set that cannot be enumerated passes."""
    message = f"it is not of the required value set {url}"
    if url in FORMS and isinstance(item, str):
        return None if FORMS[url](item) else message
    known = values(url)
    if known is None:
        return None
    codes, pairs = known
    if isinstance(item, str):
        return None if item in codes else message
    codings = item.get("coding") if isinstance(item, dict) and "coding" in item else [item]
    for coding in codings if isinstance(codings, list) else ():
        pair = (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else (None, None)
        if all(isinstance(part, str) for part in pair) and pair in pairs:
            return None
    return message
