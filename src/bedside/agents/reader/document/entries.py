"""The entries of a CDA section as items: name, value and status."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from bedside.agents.reader.document.blocks import local, words_of
from bedside.agents.reader.document.outline import EntryStatus, Item
from bedside.agents.reader.document.tables import Topic, standing

__all__ = ["Entries"]

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_STATEMENTS = frozenset({"observation", "substanceAdministration", "procedure", "act", "encounter", "supply"})
_STATUS_CODES = ("33999-4", "1984-7")
"""LOINC's "status", of a problem or an allergy."""
_SEVERITY = "SEV"
_UNITS = {"h": "hours", "d": "days", "wk": "weeks"}
_AHEAD = frozenset({"INT", "RQO", "PRP", "ARQ", "APT", "PRMS", "GOL"})
"""Moods of what is only intended, requested, promised or aimed at."""
_NONE_KNOWN = {"55607006": "problems", "404684003": "problems", "64572001": "problems", "419199007": "allergies",
               "416098002": "drug allergies", "414285001": "food allergies"}  # fmt: skip
"""The things that a negated entry denies where it names nothing but the class."""
_FLAGS = {"L": "low", "H": "high", "LL": "critically low", "HH": "critically high", "A": "abnormal",
          "AA": "critically abnormal", "POS": "positive", "NEG": "negative"}  # fmt: skip
_VAGUE = frozenset({"problem", "condition", "diagnosis", "finding", "assertion", "allergy", "symptom", "complaint"})


@dataclass(slots=True)
class Entries:
    """Collects the items of one section.

    Attributes:
        topic: What the section is about.
        narrative: Its text, into which entries point.
        items: What was read.
        told: Names and references (`#id`) of what was read, for the narrative to leave out.
        left_out: Entries that the document takes back.
    """

    topic: Topic | None
    narrative: Any
    items: list[Item] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    left_out: int = 0
    _named_parts: dict[str, Any] | None = None

    def read(self, element: Any) -> None:
        """An entry with all that is in it."""
        name = local(element)
        if name == "organizer" and self.topic is Topic.FAMILY:
            self._family(element)
        elif name in _STATEMENTS:
            self._statement(element)
        else:
            for child in element:
                if local(child) in ("component", "entryRelationship", "organizer", *_STATEMENTS):
                    self.read(child)

    def _statement(self, element: Any) -> None:
        negated = element.get("negationInd") == "true"
        if local(element) == "act" and self.topic in (Topic.PROBLEMS, Topic.ALLERGIES, None):
            for child in _children(element, "entryRelationship"):
                for inner in child:
                    if local(inner) in _STATEMENTS:
                        self.read(inner)
            return
        item = self._denied(element) if negated else self._item(element)
        if item is None:
            return
        self.items.append(item)
        self.told |= {item.name} | {f"#{one}" for one in self._references(element)}

    def _item(self, element: Any) -> Item | None:
        status, topic = self._status(element), self.topic
        how = standing(status, topic)
        if element.get("moodCode") in _AHEAD and how is EntryStatus.PRESENT:
            how = EntryStatus.PRESENT if topic is Topic.MEDICATIONS else EntryStatus.PLANNED
        if topic is Topic.PLAN:
            how = EntryStatus.PLANNED
        name = self._name(element)
        if how is None or status == "nullified":
            self.left_out += 1
            self.told |= {name} if name else set()
            self.told |= {f"#{one}" for one in self._references(element)}
            return None
        if not name:
            return None
        item = Item(name, how, when=_day(_child(element, "effectiveTime")))
        if topic in (Topic.PROBLEMS, Topic.ALLERGIES):
            if topic is Topic.PROBLEMS and how is EntryStatus.PRESENT and _ended(element):
                item = replace(item, standing=EntryStatus.OVER)
            return replace(item, remark=self._reactions(element), when="", since=item.when)
        if local(element) == "substanceAdministration":
            day = item.when if topic is Topic.IMMUNIZATIONS else ""
            return replace(item, detail=_dose(element, name), when=day)
        value, unit = _value(_child(element, "value"))
        if local(element) == "observation" and topic in (Topic.RESULTS, Topic.VITALS, Topic.SOCIAL, None):
            measured = replace(item, value=value, unit=unit, flag=_flag(element), range=_range(element))
            return measured if value else None
        return item

    def _denied(self, element: Any) -> Item | None:
        """A negated statement, in the words of its section."""
        name = self._name(element)
        code = _child(element, "value")
        general = _NONE_KNOWN.get("" if code is None else code.get("code", ""))
        if general and (not name or name.casefold() in _VAGUE or self.topic is Topic.ALLERGIES):
            return Item(f"No known {general}")
        if not name:
            return None
        if self.topic is Topic.ALLERGIES:
            self.left_out += 1
            self.told.add(name)
            return None
        how = {
            Topic.IMMUNIZATIONS: EntryStatus.NOT_GIVEN,
            Topic.MEDICATIONS: EntryStatus.STOPPED,
            Topic.PROCEDURES: EntryStatus.NOT_DONE,
        }.get(self.topic or Topic.PROBLEMS, EntryStatus.RULED_OUT)
        return Item(name, how)

    def _family(self, organizer: Any) -> None:
        subject = _find(organizer, "subject", "relatedSubject", "code")
        relative = "" if subject is None else subject.get("displayName", "")
        for part in _children(organizer, "component"):
            for element in _children(part, "observation"):
                name = self._name(element)
                if name and element.get("negationInd") != "true":
                    self.items.append(Item(f"{relative or 'Relative'}: {name}"))
                    self.told.add(name)

    def _name(self, element: Any) -> str:
        """Return the subject of a statement: its drug, its allergen, the value of a problem, else its code."""
        drug = next((one for one in element.iter() if local(one) == "manufacturedMaterial"), None)
        agent = next((one for one in element.iter() if local(one) == "playingEntity"), None)
        own, value = _child(element, "code"), _child(element, "value")
        if local(element) in ("substanceAdministration", "supply"):
            return self._called(_child(drug, "code")) or _words(_child(drug, "name"))
        if self.topic is Topic.ALLERGIES:
            return self._called(_child(agent, "code")) or _words(_child(agent, "name")) or self._called(value)
        if self.topic in (Topic.PROBLEMS, Topic.FAMILY):
            return self._called(value) or self._called(own)
        return self._called(own)

    def _called(self, code: Any) -> str:
        """A coded value by its original text, its display, or the text that it points to."""
        if code is None:
            return ""
        original = _child(code, "originalText")
        words = _words(original) or self._pointed(original)
        found = words or code.get("displayName", "")
        other = next(
            (one.get("displayName") for one in _children(code, "translation") if one.get("displayName")), ""
        )
        plain = "" if code.get(_TYPE, "").endswith(("CD", "CE", "")) and code.get("code") else _words(code)
        return " ".join((found or other or plain).split())

    def _pointed(self, element: Any) -> str:
        """The words of the narrative to which a reference leads."""
        target = _child(element, "reference")
        wanted = "" if target is None else target.get("value", "").removeprefix("#")
        if self._named_parts is None:
            parts = () if self.narrative is None else self.narrative.iter()
            self._named_parts = {one.get("ID"): one for one in parts if local(one) and one.get("ID")}
        found = self._named_parts.get(wanted)
        if found is None or local(found) in ("tr", "table", "list", "text"):
            return ""
        return words_of(found)

    def _references(self, element: Any) -> list[str]:
        return [
            value.removeprefix("#")
            for one in element.iter()
            if local(one) == "reference" and (value := one.get("value", "")).startswith("#")
        ]

    def _status(self, element: Any) -> str:
        """The status that a statement is given by an observation of its own, else its code."""
        for inner in element.iter():
            code = _child(inner, "code") if inner is not element and local(inner) == "observation" else None
            if code is not None and code.get("code") in _STATUS_CODES:
                value = _child(inner, "value")
                return "" if value is None else value.get("displayName", "")
        own = _child(element, "statusCode")
        code = "" if own is None else own.get("code", "")
        if local(element) == "observation" and self.topic is not Topic.PLAN and code in ("completed", "active"):
            return ""  # the observing is completed
        if local(element) in ("procedure", "act") and code in ("aborted", "cancelled"):
            return "not done"
        return "" if code in ("active", "new") else str(code)

    def _reactions(self, element: Any) -> str:
        if self.topic is not Topic.ALLERGIES:
            return ""
        seen, how = [], ""
        for one in element.iter():
            if local(one) != "observation" or one is element:
                continue
            code = _child(one, "code")
            name = self._called(_child(one, "value"))
            if code is not None and code.get("code") == _SEVERITY:
                how = name
            elif code is None or code.get("code") not in (*_STATUS_CODES, "82606-5"):
                seen.append(name)
        said = ", ".join(one for one in dict.fromkeys(seen) if one)
        return f"{said} ({how})" if how and said else said or how


def _child(element: Any, name: str) -> Any:
    return None if element is None else next((one for one in element if local(one) == name), None)


def _children(element: Any, name: str) -> list[Any]:
    return [one for one in element if local(one) == name]


def _find(element: Any, *path: str) -> Any:
    for name in path:
        element = _child(element, name)
    return element


def _words(element: Any) -> str:
    return "" if element is None else words_of(element)


def _value(value: Any) -> tuple[str, str]:
    """Number or words, and unit; nothing of a value that is absent."""
    if value is None or value.get("nullFlavor"):
        return "", ""
    if value.get("value") is not None:
        return value.get("value"), value.get("unit") or ""
    low, high = _child(value, "low"), _child(value, "high")
    bounds = [(sign, one) for sign, one in ((">", low), ("<", high)) if one is not None and one.get("value")]
    if len(bounds) == 2:
        return f"{bounds[0][1].get('value')}-{bounds[1][1].get('value')}", bounds[0][1].get("unit") or ""
    if bounds:
        sign, one = bounds[0]
        return f"{sign}{one.get('value')}", one.get("unit") or ""
    return value.get("displayName") or _words(_child(value, "originalText")) or _words(value), ""


def _flag(element: Any) -> str:
    codes = [one.get("code", "") for one in _children(element, "interpretationCode")]
    return ", ".join(_FLAGS[code] for code in codes if code in _FLAGS)


def _range(element: Any) -> str:
    found = _find(element, "referenceRange", "observationRange")
    return _words(_child(found, "text")) or _value(_child(found, "value"))[0]


def _dose(element: Any, name: str) -> str:
    """Dose, route and how often, where the drug's name does not say the dose."""
    dose, route = _child(element, "doseQuantity"), _child(element, "routeCode")
    amount = (
        "" if dose is None or not dose.get("value") else f"{dose.get('value')} {dose.get('unit') or ''}".strip()
    )
    period = next((_child(one, "period") for one in _children(element, "effectiveTime")
                   if _child(one, "period") is not None), None)  # fmt: skip
    often = ""
    if period is not None and period.get("value"):
        often = f"every {period.get('value')} {_UNITS.get(period.get('unit'), period.get('unit'))}"
    way = "" if route is None else route.get("displayName", "").lower()
    return " ".join(part for part in ("" if re.search(r"\d", name) else amount, way, often) if part)


def _ended(element: Any) -> bool:
    high = _find(element, "effectiveTime", "high")
    return high is not None and bool(high.get("value"))


def _day(time: Any) -> str:
    """The day of a time, or of its beginning."""
    if time is None:
        return ""
    low = _child(time, "low")
    found = re.match(
        r"(\d{4})(\d{2})?(\d{2})?", time.get("value") or ("" if low is None else low.get("value") or "")
    )
    return "-".join(part for part in found.groups() if part) if found else ""
