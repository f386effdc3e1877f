"""Wording of the datatypes of FHIR R4, from any JSON: a malformed value gives no words and no error.

No text of a resource is trusted. `plain` is the one way out: it makes each text a part of a line, never a line, a
heading, a reference or a control token of a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

__all__ = [
    "absent_reason",
    "codes",
    "concept",
    "concepts",
    "dosage",
    "interpretation",
    "joined",
    "mapping",
    "mappings",
    "moment",
    "notes",
    "number",
    "period",
    "plain",
    "quantity",
    "ranges",
    "span",
    "text",
    "when",
]

LONGEST = 240
"""The characters of one text that are kept. A status follows it and must not be pushed out."""
MOST = 12
"""The items of one list that are shown; the rest are counted."""

# Controls, zero-width and direction marks, line and paragraph separators, surrogates, tags, variation selectors.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    r"\ud800-\udfff\U000e0000-\U000e0fff]+"
)
# "<5 mg" is a value. "<start_of_turn>", "<|im_start|>", "<0x0A>" and "</s>" are what a tokenizer may know.
_TOKEN = re.compile(r"<(?=[^\s<>]*>|[^\s\d=.,])")
# The atoms of UCUM that keep their brackets: "mm[Hg]" is a unit, and no reference.
_UCUM = re.compile(r"\((Hg|H2O|degF|iU|IU|in_i|ft_i|lb_av|oz_av|pH|arb'U)\)")
_INTERPRETATIONS = {
    # HL7 v3-ObservationInterpretation, where the code alone would be read wrongly or not at all.
    "L": "low", "LL": "critically low", "H": "high", "HH": "critically high", "N": "normal", "A": "abnormal",
    "AA": "critically abnormal", "POS": "positive", "NEG": "negative", "IND": "indeterminate",
    "R": "resistant", "S": "susceptible", "I": "intermediate", "DET": "detected", "ND": "not detected",
}  # fmt: skip


def plain(value: object, longest: int = LONGEST) -> str:
    """Return a text as part of one line: whitespace collapsed, brackets round, tokens disarmed, length bounded.

    Anything but a text is empty.
    """
    if not isinstance(value, str):
        return ""
    # Only what can be kept is looked at: a text may have millions of characters.
    line = " ".join(_UNSEEN.sub(" ", value[: longest * 8]).split())
    line = _TOKEN.sub("‹", line.translate({ord("["): "(", ord("]"): ")"}))
    return f"{line[:longest].rstrip()}… (cut)" if len(line) > longest or len(value) > longest * 8 else line


def mapping(value: object) -> Mapping[str, Any]:
    """Return an element, or an empty one where there is none."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Return the elements of a list; a lone element counts as a list of one."""
    if isinstance(value, Mapping):
        return [value]
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def text(element: Mapping[str, Any], name: str) -> str:
    """Return a primitive that is a text."""
    return plain(element.get(name))


def joined(parts: Iterable[str], separator: str = ", ") -> str:
    """Return the non-empty parts joined; of a long list the first ones, and how many more there are."""
    said = [part for part in parts if part]
    more = [f"and {len(said) - MOST} more"] if len(said) > MOST else []
    return separator.join(said[:MOST] + more)


def number(value: object) -> str:
    """Return a number with its digits as written."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return plain(str(value), 40)


def codes(value: object) -> set[str]:
    """Return the codes of one or several CodeableConcepts."""
    found = (coding.get("code") for one in mappings(value) for coding in mappings(one.get("coding")))
    return {code for code in found if isinstance(code, str)}


def concept(value: object) -> str:
    """Return a CodeableConcept: its text, or the first display, or the bare code."""
    element = mapping(value)
    codings = mappings(element.get("coding"))
    options = (
        text(element, "text"),
        *(text(one, "display") for one in codings),
        *(text(one, "code") for one in codings),
    )
    return next((option for option in options if option), "")


def concepts(value: object) -> str:
    """Return several CodeableConcepts."""
    return joined(map(concept, mappings(value)))


def interpretation(value: object) -> str:
    """Return the interpretations of a value."""
    said = (
        next((_INTERPRETATIONS[code] for code in sorted(codes(one)) if code in _INTERPRETATIONS), concept(one))
        for one in mappings(value)
    )
    return joined(said)


def quantity(value: object) -> str:
    """Return a Quantity, Age or Duration: comparator, number and unit as written."""
    element = mapping(value)
    amount = number(element.get("value"))
    if not amount:
        return ""
    unit = _UCUM.sub(r"[\1]", text(element, "unit") or text(element, "code"))
    # In words, so that no unit can make a token of the comparator.
    comparator = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}.get(
        str(element.get("comparator")), ""
    )
    return joined((comparator, amount, unit), " ")


def span(value: object) -> str:
    """Return a Range, "1 to 5 mg"."""
    low, high = (quantity(mapping(value).get(name)) for name in ("low", "high"))
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""


def ranges(value: object) -> str:
    """Return reference ranges: as printed, or by their bounds."""
    said = (
        joined((text(one, "text") or span(one), concept(one.get("type")) if "type" in one else ""), " ")
        for one in mappings(value)
    )
    return joined(said, "; ")


def period(value: object) -> str:
    """Return a Period, "from … to …"."""
    start, end = (text(mapping(value), name) for name in ("start", "end"))
    return joined((f"from {start}" if start else "", f"to {end}" if end else ""), " ")


def when(element: Mapping[str, Any], name: str) -> str:
    """Return a choice of times such as `onset[x]`, in words; empty where it has none."""
    for kind in ("DateTime", "Date", "Instant", "String"):
        if said := text(element, name + kind):
            return said
    found = period(element.get(f"{name}Period")) or span(element.get(f"{name}Range"))
    aged = quantity(element.get(f"{name}Age"))
    events = mapping(element.get(f"{name}Timing")).get("event")
    dates = [plain(one) for one in events] if isinstance(events, list) else []
    return found or (f"at the age of {aged}" if aged else "") or joined(dates)


def moment(said: object) -> float:
    """Return a FHIR date or dateTime as seconds, for sorting; minus infinity where it is invalid."""
    if not isinstance(said, str):
        return float("-inf")
    full = said + ("-01-01", "-01")[len(said) > 4] if len(said) in (4, 7) else said
    try:
        found = datetime.fromisoformat(full)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return float("-inf")


def absent_reason(element: Mapping[str, Any]) -> str:
    """Return the reason why a value is absent, in words."""
    reason = concept(element.get("dataAbsentReason"))
    return f"no value ({reason.lower()})" if reason else ""


def notes(element: Mapping[str, Any]) -> str:
    """Return the text of annotations."""
    said = joined((text(one, "text") for one in mappings(element.get("note"))), "; ")
    return f"note: {said}" if said else ""


def dosage(value: Sequence[object] | object) -> str:
    """Return dosages: the text of each, or the wording of its parts."""
    return joined((text(one, "text") or _dosage(one) for one in mappings(value)), "; then ")


def _dosage(one: Mapping[str, Any]) -> str:
    rate = next(iter(mappings(one.get("doseAndRate"))), {})
    timing = mapping(one.get("timing"))
    repeat = mapping(timing.get("repeat"))
    count, length, unit = number(repeat.get("frequency")), number(repeat.get("period")), text(repeat, "periodUnit")
    often = f"{count} times every {length} {unit}" if count and length and unit else ""
    needed = concept(one.get("asNeededCodeableConcept"))
    return joined(
        (
            quantity(rate.get("doseQuantity")) or span(rate.get("doseRange")) or quantity(one.get("dose")),
            concept(one.get("route")),
            concept(timing.get("code")) or often,
            f"as needed for {needed}" if needed else "as needed" if one.get("asNeededBoolean") is True else "",
            text(one, "patientInstruction"),
        )
    )
