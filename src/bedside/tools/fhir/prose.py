"""Any bundle as the short prose that models read best: statements under headings, each with its reference.

Small models do better on prose than on FHIR's JSON, and large ones lose nothing by it. What the prose holds is what
the resources say: nothing is inferred, summed up or corrected, and what is not shown is counted at the end.
Narrative XHTML, attachments and extensions are never copied: they may hold anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bedside.errors import InputError
from bedside.tools.fhir.kinds import statement_of
from bedside.tools.fhir.tables import BLOOD_PRESSURE, VITALS
from bedside.tools.fhir.wording import codes, concept, joined, mapping, mappings, moment, plain, text

__all__ = ["to_prose"]

_KIND = re.compile(r"[A-Z][A-Za-z]{1,40}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VITAL_CODES = frozenset(code.code for row in (*VITALS.values(), (BLOOD_PRESSURE,)) for code in row)
_PROPOSED = frozenset({"proposal", "plan", "option"})
_DATES = (
    # When it was.
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming",
    "performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "onsetDateTime",
    "onsetPeriod", "period", "identifiedDateTime", "identifiedPeriod", "startDate", "start",
    "whenHandedOver", "whenPrepared",
    # When it was written down.
    "authoredOn", "dateAsserted", "recordedDate", "created", "issued", "date", "statusDate", "recorded",
    "lastOccurrence",
)  # fmt: skip
_OVER = frozenset({"inactive", "remission", "resolved"})
_ERROR = "entered-in-error"


@dataclass(frozen=True, slots=True)
class _Item:
    """A resource and its name."""

    resource: Mapping[str, Any]
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading of the prose, and the resources that belong under it.

    Attributes:
        heading: As it appears in the text.
        holds: Whether an item belongs under it; the first section that holds an item has it.
        first: Its statements are the last to be cut.
        order: The first sort key of its statements, before their dates; the newest are first, and the last are cut.
        empty: The meaning of a bundle without such a statement.
    """

    heading: str
    holds: Callable[[_Item], bool]
    first: bool = False
    order: Callable[[_Item], bool] | None = None
    empty: str = ""


def _of(*kinds: str) -> Callable[[_Item], bool]:
    return lambda item: item.kind in kinds


def _condition(over: bool | None) -> Callable[[_Item], bool]:
    """Return a predicate for problems that are over, not over, or (`None`) refuted."""

    def holds(item: _Item) -> bool:
        refuted = "refuted" in codes(item.resource.get("verificationStatus"))
        if item.kind != "Condition" or refuted is not (over is None):
            return False
        return refuted or bool(codes(item.resource.get("clinicalStatus")) & _OVER) is over

    return holds


def _observed(*categories: str) -> Callable[[_Item], bool]:
    def holds(item: _Item) -> bool:
        found = codes(item.resource.get("category"))
        if not found and codes(item.resource.get("code")) & _VITAL_CODES:
            found = {"vital-signs"}
        return item.kind == "Observation" and (not categories or bool(found & set(categories)))

    return holds


def _planned(item: _Item) -> bool:
    request = item.kind in ("ServiceRequest", "CarePlan", "Goal", "Appointment")
    return request or (item.kind == "MedicationRequest" and text(item.resource, "intent") in _PROPOSED)


def _latest(item: _Item) -> float:
    """Return the time of an item by the first of its dates that is valid; minus infinity where none is."""
    for name in _DATES:
        value = item.resource.get(name)
        if isinstance(value, Mapping):
            events = value.get("event")
            dates = [value.get("start"), *(events if isinstance(events, list) else ())]
        else:
            dates = [value]
        if (found := max(map(moment, dates))) != float("-inf"):
            return found
    return float("-inf")


_UNKNOWN = "Nothing is stated here: unknown, which is not the same as none."
_SECTIONS = (
    _Section("Patient", _of("Patient"), first=True),
    _Section("Encounter", _of("Encounter")),
    _Section("Active problems", _condition(over=False), first=True, empty=_UNKNOWN),
    _Section("Past problems", _condition(over=True)),
    _Section("Problems that were ruled out", _condition(over=None)),
    _Section("Symptoms and signs", _observed("exam"), first=True),
    _Section("Allergies", _of("AllergyIntolerance"), first=True, empty=_UNKNOWN),
    # Plans come later in the text, but an item that is one is no medication that is taken.
    _Section(
        "Medications",
        lambda item: item.kind.startswith("Medication") and not _planned(item),
        first=True,
        order=lambda item: item.resource.get("status") != "active",
        empty=_UNKNOWN,
    ),
    _Section("Vital signs", _observed("vital-signs")),
    _Section("Laboratory results", _observed("laboratory")),
    _Section("Procedures", _of("Procedure")),
    _Section("Immunizations", _of("Immunization")),
    _Section("Family history", _of("FamilyMemberHistory")),
    _Section("Social history", _observed("social-history")),
    _Section("Other findings", _observed()),
    _Section("Plans and requests", _planned),
    _Section("Reports", _of("DiagnosticReport")),
    _Section("Notes", _of("DocumentReference", "Composition")),
    _Section(
        "Warnings and assessments",
        _of("Flag", "DetectedIssue", "RiskAssessment", "ClinicalImpression", "OperationOutcome"),
        first=True,
    ),
    _Section("Other", lambda item: True),
)


def to_prose(bundle: Mapping[str, Any], *, most: int = 20_000) -> str:
    """Return a Bundle of R4, of any type, or a single resource, as prose.

    Each statement is one line and ends with its reference in square brackets: `[Condition/123]`, or
    `[Condition/#4]` where the resource has no id, or one that another has already; 4 is the place of its entry,
    counted from 1. No text of a resource can make a line, a heading or a reference: whitespace is collapsed,
    brackets are made round, control tokens are disarmed.

    Args:
        bundle: JSON that was read with `parse_float=Decimal`, so that numbers keep their digits.
        most: Characters that the statements may take. Problems, allergies, medications and warnings are cut last;
            each cut is reported under its heading.

    Raises:
        InputError: It is no resource.
    """
    kind = bundle.get("resourceType")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise InputError("there is no resourceType: give a FHIR resource, for instance a Bundle")
    read = _Read()
    if kind == "Bundle":
        read.bundle(bundle)
    else:
        read.resource({"resource": bundle}, 1)
    return "\n\n".join([*_sections(read, most, whole=kind == "Bundle"), *read.closing(bundle)]) + "\n"


@dataclass(slots=True)
class _Read:
    """The contents of a bundle."""

    items: list[_Item] = field(default_factory=list)
    known: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The resources by reference."""
    medications: dict[str, str] = field(default_factory=dict)
    """The name of each Medication, by its address or reference."""
    addresses: dict[str, str] = field(default_factory=dict)
    """The reference of each entry, by its full URL."""
    errors: int = 0
    empty: int = 0
    others: Counter[str] = field(default_factory=Counter)

    def bundle(self, bundle: Mapping[str, Any]) -> None:
        entries = bundle.get("entry")
        for place, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
            self.resource(mapping(entry), place)

    def resource(self, entry: Mapping[str, Any], place: int) -> None:
        resource = mapping(entry.get("resource"))
        kind = resource.get("resourceType")
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            self.empty += 1
            return
        id = resource.get("id")
        reference = f"{kind}/{id}" if isinstance(id, str) and _ID.fullmatch(id) else f"{kind}/#{place}"
        if reference in self.known:
            # A page may repeat what it includes. Another version of it is a statement of its own.
            if self.known[reference] == resource:
                return
            reference = f"{kind}/#{place}"
        self.known[reference] = resource
        if isinstance(url := entry.get("fullUrl"), str):
            self.addresses.setdefault(url, reference)
            self.addresses.setdefault(_relative(url), reference)
        if kind == "Medication":
            self.medications[reference] = concept(resource.get("code"))
        if resource.get("status") == _ERROR or _ERROR in codes(resource.get("verificationStatus")):
            self.errors += 1
        elif statement_of(resource) is not None:
            self.items.append(_Item(resource, kind, reference))
        else:
            self.others[kind] += 1

    def address(self, reference: object) -> str:
        """Return the target of a Reference: an entry's reference, or `Type/id` of a resource that is not here."""
        target = mapping(reference).get("reference")
        if not isinstance(target, str):
            return ""
        return self.addresses.get(target) or self.addresses.get(_relative(target)) or plain(_relative(target))

    def named(self, item: _Item) -> Callable[[object], str]:
        """Return a function that names the targets of an item's References."""
        contained = {
            f"#{one.get('id')}": concept(one.get("code")) for one in mappings(item.resource.get("contained"))
        }

        def name(reference: object) -> str:
            target = mapping(reference).get("reference")
            inside = contained.get(target, "") if isinstance(target, str) else ""
            known = inside or self.medications.get(self.address(reference), "")
            return known or text(mapping(reference), "display")

        return name

    def subject(self, item: _Item) -> str:
        """Return the patient whom a statement is about; empty where it names none."""
        if item.kind == "Patient":
            return item.reference
        found = self.address(item.resource.get("subject")) or self.address(item.resource.get("patient"))
        return found if found.startswith("Patient/") else ""

    def closing(self, bundle: Mapping[str, Any]) -> list[str]:
        """Return a note of what is not shown and why; empty where all is shown."""
        said = []
        if self.others:
            kinds = joined(f"{kind} {count}" for kind, count in sorted(self.others.items()))
            said.append(f"{_count(sum(self.others.values()))} of other types not shown: {kinds}.")
        if self.errors:
            said.append(f"{_count(self.errors)} left out: entered in error.")
        if self.empty:
            said.append(f"{self.empty} {'entry has' if self.empty == 1 else 'entries have'} no resource to show.")
        if any(link.get("relation") == "next" for link in mappings(bundle.get("link"))):
            said.append("This is not all: the bundle names a next page, which is not here.")
        return ["\n".join(said)] if said else []


def _relative(url: str) -> str:
    """Return `Type/id` of a literal reference, absolute or of one version."""
    return "/".join(url.split("/_history/")[0].split("/")[-2:])


def _count(number: int) -> str:
    return f"{number} {'resource is' if number == 1 else 'resources are'}"


def _sections(read: _Read, most: int, *, whole: bool) -> list[str]:
    """Return each heading with its statements, cut to `most` characters."""
    held: list[list[_Item]] = [[] for _ in _SECTIONS]
    for item in read.items:
        held[next(place for place, section in enumerate(_SECTIONS) if section.holds(item))].append(item)
    patients = {subject for subject in map(read.subject, read.items) if subject}
    lines: list[list[str]] = []
    for section, items in zip(_SECTIONS, held, strict=True):
        # The newest first: what is cut is the oldest, and what has no date.
        items.sort(key=lambda item: (section.order is not None and section.order(item), -_latest(item)))
        lines.append([_line(read, item, patients) for item in items])
    kept = _kept(lines, most)
    blocks = (
        [f"This bundle is about {len(patients)} patients: each statement names whose it is."]
        if len(patients) > 1
        else []
    )
    for section, said, count in zip(_SECTIONS, lines, kept, strict=True):
        shown = said[:count]
        if count < len(said):
            which = (
                "the oldest, and those without a date" if section.order is None else "no longer active, or older"
            )
            shown.append(f"- Cut here: {len(said) - count} more, for want of room. They are {which}.")
        if not said and section.empty and whole:
            shown = [f"- {section.empty}"]
        if shown:
            blocks.append("\n".join([section.heading, *shown]))
    return blocks


def _line(read: _Read, item: _Item, patients: set[str]) -> str:
    say = statement_of(item.resource)
    assert say is not None, "an item is what can be said"
    said = say(item.resource, read.named(item))
    if item.resource.get("modifierExtension"):
        # R4: who does not understand it may not take the rest at its word.
        said += ", with a modifier that may change the meaning and is not shown"
    if len(patients) > 1 and item.kind != "Patient":
        said += f", patient {read.subject(item) or 'not named'}"
    return f"- {said} [{item.reference}]"


def _kept(lines: Sequence[Sequence[str]], most: int) -> list[int]:
    """Return how many lines of each section fit: one of each in turn, those of the first sections first."""
    ranked = sorted(
        (not section.first, index, place)
        for place, (section, said) in enumerate(zip(_SECTIONS, lines, strict=True))
        for index in range(len(said))
    )
    kept = [0] * len(lines)
    for _, index, place in ranked:
        most -= len(lines[place][index]) + 1
        if most < 0:
            break
        kept[place] = index + 1
    return kept
