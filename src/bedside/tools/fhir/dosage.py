"""A FHIR Dosage from a note's words on how a drug is taken; what has no exact form stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from bedside.records import Medication
from bedside.tools.fhir.values import UCUM, Resource, coded, concept

__all__ = ["dosage"]

GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
TIMES: Mapping[str, str] = {
    # Words of a prescription to HL7 v3-GTSAbbreviation, of which R4's value set of timing codes is made.
    "bid": "BID", "b.i.d": "BID", "bd": "BID", "twice daily": "BID", "twice a day": "BID", "two times a day": "BID",
    "two times daily": "BID", "2 times a day": "BID", "twice per day": "BID",
    "tid": "TID", "t.i.d": "TID", "tds": "TID", "three times a day": "TID", "three times daily": "TID",
    "3 times a day": "TID", "three times per day": "TID",
    "qid": "QID", "qds": "QID", "four times a day": "QID", "four times daily": "QID", "4 times a day": "QID",
    "qd": "QD", "q.d": "QD", "od": "QD", "daily": "QD", "once daily": "QD", "once a day": "QD", "every day": "QD",
    "each day": "QD", "a day": "QD", "per day": "QD", "once per day": "QD", "everyday": "QD",
    "every other day": "QOD", "qod": "QOD", "alternate days": "QOD",
    "every morning": "AM", "in the morning": "AM", "each morning": "AM", "mane": "AM", "qam": "AM",
    "at bedtime": "BED", "bedtime": "BED", "qhs": "BED", "before bed": "BED",
}  # fmt: skip
UNITS: Mapping[str, str | None] = {
    # Units of a dose to UCUM; a thing that is counted has a unit of its own and no code.
    "mg": "mg", "milligram": "mg", "mcg": "ug", "µg": "ug", "ug": "ug", "microgram": "ug", "g": "g", "gram": "g",
    "ml": "mL", "mls": "mL", "unit": "[iU]", "iu": "[iU]", "meq": "meq", "%": "%", "puff": None, "tablet": None,
    "tab": None, "capsule": None, "cap": None, "pill": None, "drop": None, "spray": None, "patch": None,
}  # fmt: skip
_PRN = re.compile(r"\s*,?\s*\b(?:prn|p\.r\.n\.?|(?:as|when|if)\s+(?:needed|required|necessary))\b.*", re.I)
_EVERY = re.compile(
    r"(?:every|q)\s?(?P<low>\d{1,2})(?:\s?(?:-|–|to)\s?(?P<high>\d{1,2}))?\s?(?P<unit>h|hrs?|hours?"
    r"|hourly|days?|d|weeks?)"
    r"|(?P<hourly>\d{1,2})[- ]?hourly",
    re.I,
)
_DOSE = re.compile(
    r"(?P<low>\d[\d,]*(?:\.\d+)?)(?:\s?(?:-|–"
    r"|to)\s?(?P<high>\d[\d.]*))?\s?-?(?P<unit>[a-zµ%]+)",
    re.I,
)
_LONG = re.compile(r"(?P<count>\d{1,3})\s?-?(?P<unit>day|week|month)s?\b|(?P<uk>\d{1,2})/(?P<of>7|52|12)\b", re.I)


def dosage(drug: Medication) -> Resource | None:
    """Return the Dosage of a drug, or `None` where the note says nothing about it.

    `text` is the note's wording, whole; the other elements repeat of it what has an exact form.
    """
    said = [part for part in (drug.dose, drug.route, drug.frequency, drug.end and drug.end.text) if part]
    if not said:
        return None
    result: Resource = {"text": " ".join(said)}
    timing = _timing(drug)
    if timing:
        result["timing"] = timing
    if drug.as_needed:
        result["asNeededBoolean"] = True
    if drug.route:
        result["route"] = concept(drug.route)
    amount = _amount(drug.dose)
    if amount is not None:
        result["doseAndRate"] = [amount]
    return result


def _timing(drug: Medication) -> Resource:
    words = _PRN.sub("", drug.frequency or "").strip().rstrip(".").lower()
    repeat: Resource = {}
    every = _EVERY.fullmatch(words)
    if every is not None:
        unit = "h" if every["hourly"] or every["unit"].lower().startswith("h") else every["unit"][0].lower()
        unit = {"d": "d", "w": "wk"}.get(unit, "h")
        repeat = {"frequency": 1, "period": Decimal(every["hourly"] or every["low"]), "periodUnit": unit}
        if every["high"]:
            repeat["periodMax"] = Decimal(every["high"])
    bounds = _bounds(drug.end.text) if drug.end else None
    if bounds:
        repeat = {"boundsDuration": bounds} | repeat
    timing: Resource = {"repeat": repeat} if repeat else {}
    if drug.frequency:
        known = TIMES.get(words)
        timing["code"] = (coded(GTS, known) if known else {}) | {"text": drug.frequency}
    return timing


def _bounds(text: str) -> Resource | None:
    found = _LONG.search(text)
    if found is None:
        return None
    unit = {"7": "d", "52": "wk", "12": "mo"}[found["of"]] if found["uk"] else _long_unit(found["unit"])
    return {"value": Decimal(found["uk"] or found["count"]), "unit": unit, "system": UCUM, "code": unit}


def _long_unit(word: str) -> str:
    return {"day": "d", "week": "wk", "month": "mo"}[word.lower()]


def _amount(dose: str | None) -> Resource | None:
    found = _DOSE.fullmatch(dose.strip()) if dose else None
    if found is None:
        return None
    word = found["unit"].lower()
    name = word if word in UNITS else word.removesuffix("s")
    if name not in UNITS:
        return None
    low = _quantity(found["low"], name)
    return (
        {"doseRange": {"low": low, "high": _quantity(found["high"], name)}}
        if found["high"]
        else {"doseQuantity": low}
    )


def _quantity(value: str, name: str) -> Resource:
    code = UNITS[name]
    amount: Resource = {"value": Decimal(value.replace(",", "")), "unit": code or name}
    return amount | ({"system": UCUM, "code": code} if code else {})
