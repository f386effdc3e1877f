"""A case as its page shows it: plain values for the templates, with every piece of text as it is in the note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from bedside.boundary import Egress
from bedside.persistence import Run, RunState
from bedside.plugins import load_all
from bedside.records import (
    Advice,
    Assertion,
    CaseResult,
    ClinicalRecord,
    Edit,
    Fact,
    FactKind,
    Reason,
    Source,
    without_repeats,
)
from bedside.service.cases import Pause

__all__ = ["BADGES", "CaseView", "badge_of", "case_view", "waited"]

BADGES = {1: "Immediate", 2: "Emergency", 3: "Urgent", 4: "Standard", 5: "Routine"}

_KINDS = {
    FactKind.PROBLEM: "Problems and symptoms",
    FactKind.VITAL: "Vital signs",
    FactKind.LAB: "Results",
    FactKind.MEDICATION: "Drugs",
    FactKind.ALLERGY: "Allergies",
    FactKind.PROCEDURE: "Procedures",
    FactKind.IMMUNIZATION: "Immunizations",
    FactKind.FAMILY: "Family",
    FactKind.SOCIAL: "Habits",
}

_BESIDE = {
    Assertion.ABSENT: "no",
    Assertion.POSSIBLE: "possible",
    Assertion.HISTORICAL: "past",
    Assertion.FAMILY: "family",
    Assertion.HYPOTHETICAL: "planned or conditional",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a document that share the same facts.

    Attributes:
        text: The characters.
        facts: Ids of the facts that they state.
        assertion: How the first of these is stated, for its colour and its mark.
        unread: Whether they are in a sentence of which nothing was read.
    """

    text: str
    facts: tuple[str, ...] = ()
    assertion: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A document of the case.

    Attributes:
        id: Its name.
        kind: What kind of document it is.
        pieces: All of its text.
    """

    id: str
    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A fact as the list shows it."""

    id: str
    name: str
    beside: str
    detail: str
    quote: str
    by: str
    code: str
    assertion: str
    fresh: bool = False
    """True for what the last line of a dialogue stated."""


@dataclass(frozen=True, slots=True)
class Vital:
    """A vital sign on its chart: positions are in percent of the width."""

    name: str
    value: str
    at: float
    points: int
    bands: tuple[tuple[float, float, int], ...]
    fact: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that the page of a case shows."""

    run: Run
    badge: str
    who: str
    reasons: tuple[Mapping[str, Any], ...]
    doubts: tuple[str, ...]
    warnings: tuple[str, ...]
    pages: tuple[Page, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    vitals: tuple[Vital, ...]
    scores: str
    pause: Pause | None
    advice: tuple[Advice, ...]
    names: Mapping[str, str]
    egress: Sequence[Egress]
    edits: tuple[Edit, ...]
    resources: tuple[Mapping[str, Any], ...]
    bundle: str
    images: tuple[Mapping[str, Any], ...] = field(default=())
    impression: str = ""
    confirmed_by: str = ""
    neighbour: str = ""
    """Host of the FHIR server to which a confirmed bundle can be sent on, or empty."""

    @property
    def talks(self) -> bool:
        """True while a dialogue goes on: the page shows it beside its facts, and asks for the next line."""
        return _talks(self.run)


def _talks(run: Run) -> bool:
    return run.state is RunState.REVIEW and run.asks in ("line", "patient")


def badge_of(run: Run) -> str:
    """Return the badge of a run in words: its urgency, or that a person must read the notes."""
    if run.understood is False and run.urgency is None:
        return "Not understood"
    return BADGES.get(run.urgency or 0, "")


def waited(run: Run, now: Any) -> str:
    """Return how long a run has waited, in words."""
    minutes = int((now - (run.ended or run.queued)).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def case_view(
    run: Run,
    values: Mapping[str, Any],
    documents: Mapping[str, str],
    egress: Sequence[Egress],
    pause: Pause | None,
) -> CaseView:
    """Return a case as its page shows it.

    Args:
        run: Its run.
        values: The state of the graph as far as it has come. Private.
        documents: Its texts. Private.
        egress: What left.
        pause: What waits for a person, or `None`.
    """
    result = values.get("result")
    result = result if isinstance(result, CaseResult) else None
    record = result.record if result else values.get("record")
    record = record if isinstance(record, ClinicalRecord) else ClinicalRecord()
    # By name: before the end it is an assessment of a triage, whose type this room does not know.
    triage = result or values.get("assessment")
    reasons: tuple[Reason, ...] = without_repeats(getattr(triage, "reasons", ()))
    doubts = getattr(triage, "doubts", ())
    warnings = (*getattr(triage, "warnings", ()), *(issue.message for issue in record.issues))
    quotes = {fact.id: _quote(fact, documents) for fact in record.facts}
    images = getattr(result, "images", None)
    return CaseView(
        run=run,
        badge=badge_of(run),
        who=_who(record),
        reasons=tuple(_reason(one, quotes, documents) for one in reasons),
        doubts=tuple(one.message for one in doubts),
        warnings=tuple(dict.fromkeys(warnings)),
        pages=tuple(_page(name, text, record) for name, text in documents.items()),
        groups=tuple(_groups(record, quotes, _last_line(documents) if _talks(run) else None)),
        vitals=tuple(_vitals(record, adult=getattr(triage, "news2", None) is not None)),
        scores=_scores(getattr(triage, "news2", None)),
        pause=pause,
        advice=result.advice if result else tuple(values.get("advice") or ()),
        names={fact.id: f"{_BESIDE.get(fact.assertion, '')} {fact.display}".strip() for fact in record.facts},
        egress=egress,
        edits=result.edits if result else tuple(values.get("edits") or ()),
        resources=tuple(_resources(result.bundle if result else None)),
        bundle=json.dumps(json.loads(result.bundle), indent=2) if result and result.bundle else "",
        images=tuple(_finding(one) for one in images.findings) if images else (),
        impression=images.impression if images else "",
        confirmed_by=result.reviewer if result else "",
    )


def _who(record: ClinicalRecord) -> str:
    patient = record.patient
    age = "age not stated" if patient.age is None else f"{patient.age} {patient.age_unit.name.lower()}"
    return f"{patient.sex or 'sex not stated'}, {age}"


def _quote(fact: Fact, documents: Mapping[str, str]) -> str:
    place = fact.evidence
    return documents.get(place.document, "")[place.start : place.end]


def _reason(reason: Reason, quotes: Mapping[str, str], documents: Mapping[str, str]) -> Mapping[str, Any]:
    words = [quotes[fact] for fact in reason.facts if fact in quotes]
    words += [documents.get(one.document, "")[one.start : one.end] for one in reason.evidence]
    return {
        "urgency": reason.urgency,
        "message": reason.message,
        "words": tuple(dict.fromkeys(words)),
        "facts": " ".join(reason.facts),
        "source": reason.source,
        "like": reason.like,
    }


def _page(name: str, text: str, record: ClinicalRecord) -> Page:
    """The text in pieces, cut wherever a fact or an unread sentence begins or ends."""
    places = [
        (place, fact)
        for fact in record.facts
        for place in (fact.evidence, *fact.also)
        if place.document == name and place.end <= len(text)
    ]
    unread = [one for one in record.unread if one.document == name]
    cuts = sorted(
        {0, len(text), *(edge for place, _ in places for edge in (place.start, place.end))}
        | {edge for one in unread for edge in (one.start, one.end) if edge <= len(text)}
    )
    pieces = []
    for start, end in pairwise(cuts):
        facts = [fact for place, fact in places if place.start <= start and end <= place.end]
        pieces.append(
            Piece(
                text[start:end],
                tuple(fact.id for fact in facts),
                facts[0].assertion.value if facts else "",
                any(one.start <= start and end <= one.end for one in unread),
            )
        )
    kind = record.kinds.get(name)
    return Page(name, kind.value if kind else "", tuple(pieces))


def _groups(
    record: ClinicalRecord, quotes: Mapping[str, str], last: tuple[str, int] | None
) -> Iterator[tuple[str, tuple[Line, ...]]]:
    for kind, title in _KINDS.items():
        facts = [fact for fact in record.facts if fact.kind is kind]
        if facts:
            yield title, tuple(_line(fact, quotes[fact.id], fresh=_is_from(fact, last)) for fact in facts)


def _last_line(documents: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the document that was written last, and where its last line begins."""
    if not documents:
        return None
    name, text = list(documents.items())[-1]
    return name, text.rstrip().rfind("\n") + 1


def _is_from(fact: Fact, last: tuple[str, int] | None) -> bool:
    return last is not None and fact.evidence.document == last[0] and fact.evidence.start >= last[1]


def _line(fact: Fact, quote: str, *, fresh: bool) -> Line:
    parts = [fact.quantity.in_words] if fact.quantity else [fact.text_value or ""]
    if use := fact.medication:
        parts += [part for part in (use.dose, use.route, use.frequency) if part]
        parts += [use.status] if use.status != "active" else []
    parts += [fact.interpretation or "", fact.severity or "", fact.laterality or "", fact.body_site or ""]
    by = {Source.MODEL: "read by the model", Source.PERSON: "added in the review"}.get(fact.source, "")
    code = f"{fact.code.code} {fact.code.display or ''}".strip() if fact.code else ""
    return Line(
        fact.id,
        fact.display,
        _BESIDE.get(fact.assertion, ""),
        ", ".join(part for part in parts if part),
        " ".join(quote.split()),
        by,
        code,
        fact.assertion.value,
        fresh,
    )


def _vitals(record: ClinicalRecord, *, adult: bool) -> Iterator[Vital]:
    """The vital signs of an adult over the bands of the score that the rules use, of each the worst value."""
    charts = list(load_all("bedside.charts").values()) if adult else []
    for chart in charts:
        for concept, (name, unit, low, high, bands) in chart.items():
            found = [
                (_points(value, bands), value, fact)
                for fact in record.facts
                if fact.concept == concept and fact.assertion is Assertion.PRESENT and fact.quantity
                if (value := _in_unit(fact.quantity.value, fact.quantity.unit, unit)) is not None
            ]
            if not found:
                continue
            # Of several values the worst counts, for the rules too.
            points, value, fact = max(found, key=lambda one: one[0])
            first, most = Decimal(low), Decimal(high)
            edges = [*(min(max(Decimal(one), first), most) for one, _ in bands), most]
            places = [(_percent(start, first, most), _percent(end, first, most)) for start, end in pairwise(edges)]
            shown = tuple(
                (start, round(end - start, 1), count)
                for (start, end), (_, count) in zip(places, bands, strict=True)
                if end > start
            )
            says = fact.quantity.in_words if fact.quantity else ""
            yield Vital(name, says, _percent(value, first, most), points, shown, fact.id)


def _points(value: Decimal, bands: Sequence[tuple[str, int]]) -> int:
    return next((points for lowest, points in reversed(bands) if value >= Decimal(lowest)), bands[0][1])


def _in_unit(value: Decimal, unit: str | None, wanted: str) -> Decimal | None:
    if unit == "[degF]" and wanted == "Cel":
        return (value - 32) / Decimal("1.8")
    return value if unit in (wanted, None) else None


def _percent(value: Decimal, low: Decimal, high: Decimal) -> float:
    return round(float(min(max((value - low) / (high - low), Decimal(0)), Decimal(1)) * 100), 1)


def _scores(score: Any) -> str:
    if score is None:
        return ""
    total = getattr(score, "total", None)
    if total is not None:
        return f"NEWS2 {total}, risk {score.risk}"
    missing = ", ".join(one.replace("_", " ") for one in score.missing)
    return f"NEWS2 incomplete: {missing} not stated"


def _finding(one: Any) -> Mapping[str, Any]:
    place = one.evidence
    says = ", ".join(part for part in (one.finding, one.location, one.laterality or "", one.certainty) if part)
    return {"says": says, "image": place.document, "page": place.page, "box": place.box or ()}


def _resources(bundle: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the resources of a bundle as a person reads them: type, content, status."""
    if not bundle:
        return
    for entry in json.loads(bundle).get("entry", []):
        resource = entry.get("resource", {})
        yield {"type": resource.get("resourceType", ""), "says": _says(resource), "status": _status(resource)}


def _says(resource: Mapping[str, Any]) -> str:
    for name in ("code", "medicationCodeableConcept", "vaccineCode", "type", "class", "activity"):
        one = resource.get(name)
        if isinstance(one, Mapping):
            codings = one.get("coding") or [one]
            if text := one.get("text") or codings[0].get("display"):
                return str(text) + _value(resource)
    names = resource.get("name") or resource.get("title") or resource.get("deviceName")
    if isinstance(names, str):
        return names
    return _value(resource).strip(" :")


def _value(resource: Mapping[str, Any]) -> str:
    if quantity := resource.get("valueQuantity"):
        return f": {quantity.get('value')} {quantity.get('unit', '')}".rstrip()
    if concept := resource.get("valueCodeableConcept"):
        return f": {concept.get('text') or (concept.get('coding') or [{}])[0].get('display', '')}"
    return f": {resource['valueString']}" if "valueString" in resource else ""


def _status(resource: Mapping[str, Any]) -> str:
    parts = [str(resource.get("status", ""))]
    for name in ("clinicalStatus", "verificationStatus"):
        parts += [one.get("code", "") for one in (resource.get(name) or {}).get("coding", [])]
    return ", ".join(part for part in parts if part)
