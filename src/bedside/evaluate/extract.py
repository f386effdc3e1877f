"""The evaluation `extract`: a graph's results on annotated notes, from the fact to the FHIR resource.

Data, distinguished by their fields, both JSONL with the note's text in `note`:

- annotated notes: `items` and `optional`, each `{"kind", "concept", "assertion", "mentions", "attrs"}`, and a
  `split` that names the set ("tune", "report"). A fact finds an item of its kind if its characters meet one of the
  item's mentions, or if both bear the same name. What meets an optional item counts neither way.
- coded notes (Synthea): `gold`, each `{"resourceType", "display", "stated_in_note"}`, with `patient` and `date`. A
  fact is right if it is where the note states something that the patient's record of that day or earlier
  holds. Complaints are not judged: Synthea does not code them.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from bedside.errors import InputError
from bedside.evaluate.graph import InstalledGraph
from bedside.evaluate.runner import Metric, Miss, Ratio, Scored
from bedside.plugins import load_named
from bedside.records import Assertion, CaseResult, ClinicalRecord, Fact, FactKind, Medication

__all__ = ["Annotated", "Extract", "Item", "task"]

GRAPH = "note_to_fhir"
SCORED_KINDS = ("problem", "medication", "allergy", "vital", "lab", "procedure", "immunization", "family")
PRESSURES = frozenset({"systolic-blood-pressure", "diastolic-blood-pressure"})
TYPES: Mapping[str, str] = {
    "Condition": "problem",
    "MedicationRequest": "medication",
    "AllergyIntolerance": "allergy",
    "Procedure": "procedure",
    "Immunization": "immunization",
}
SEEN = frozenset({"Patient", "Encounter", "Device", "DocumentReference", "Provenance", "RiskAssessment"})
"""The types that state no fact of the note: who, where, by what, from what, and the conclusions of the rules."""

_FORM = frozenset(
    {"mg", "ml", "hr", "unt", "mcg", "meq", "actuat", "oral", "tablet", "injection", "of", "and", "the"}
)
"""Words of a drug's strength and form, and small ones, which do not name a concept."""


@dataclass(frozen=True, slots=True)
class Item:
    """One annotated item: its place, and its attributes."""

    kind: str
    concept: str
    assertion: str
    mentions: tuple[str, ...] = field(repr=False)
    spans: tuple[tuple[int, int], ...]
    attrs: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Annotated:
    """A note with its annotations.

    Attributes:
        optional: The items that count neither as hit nor as miss.
        allowed: For coded notes, the other entries of the patient's record, by kind and span; right if found.
        coded: Whether the items are coded resources, of which only kind and name are known.
    """

    id: str
    text: str = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    optional: tuple[Item, ...] = field(default=(), repr=False)
    allowed: tuple[Item, ...] = field(default=(), repr=False)
    coded: bool = False


class Extract:
    """The task of running `note_to_fhir` over annotated notes."""

    name = "extract"
    about = "what note_to_fhir finds, how it reads it, and whether each resource can be traced"
    metrics = (
        *(Metric(f"F1 {kind}", f"of concepts found, {kind}") for kind in SCORED_KINDS),
        Metric("recall", "stated concepts that were found, all kinds"),
        Metric("precision", "facts that are stated, all kinds"),
        Metric("assertion", "found concepts whose assertion is right"),
        Metric("dose", "drugs found whose dose is exactly that of the note, or rightly absent"),
        Metric("frequency", "drugs found whose frequency is exactly that of the note, or rightly absent"),
        Metric("value", "measurements found whose number is right"),
        Metric("relative", "family history found whose relative is right"),
        Metric("verbatim", "facts whose span reads back from the note in the bundle"),
        Metric("provenance", "resources that state a fact and have a Provenance with a span"),
        Metric("accepted", "bundles that validation accepts, as R4 and as US Core 7.0.0"),
        Metric("set aside", "facts that became no resource; what is denied or only feared is meant to be none"),
    )

    def systems(self) -> Mapping[str, Callable[[Annotated], CaseResult]]:
        graph = InstalledGraph(GRAPH)
        return {GRAPH: lambda example: graph(example.text)}

    def sets(self, data: Path) -> Mapping[str, Iterable[Annotated]]:
        files = sorted(data.rglob("*.jsonl")) if data.is_dir() else [data]
        sets: dict[str, list[Annotated]] = {}
        for file in files:
            for name, example in _read(file):
                sets.setdefault(name, []).append(example)
        if not sets:
            raise InputError(f"there is no annotated note in {data}; see the data format in docs/evaluation.md")
        return sets

    def score(self, example: Annotated, output: CaseResult) -> Scored:
        # Social habits are no items of an annotation.
        facts = [
            fact
            for fact in output.record.facts
            if fact.kind is not FactKind.SOCIAL and not _is_second_pressure(fact, output.record)
        ]
        pairs, wrong = _paired(example, facts)
        found = {id(item) for item, _ in pairs}
        missed = [item for item in example.items if id(item) not in found]
        ratios: dict[str, Ratio] = {metric.name: Ratio(0, 0) for metric in self.metrics}
        for kind in SCORED_KINDS:
            hits = sum(item.kind == kind for item, _ in pairs)
            misses, extra = sum(i.kind == kind for i in missed), sum(f.kind == kind for f in wrong)
            ratios[f"F1 {kind}"] = Ratio(2 * hits, 2 * hits + misses + extra)
        ratios["recall"] = Ratio(len(pairs), len(example.items))
        right = len(facts) - len(wrong)
        ratios["precision"] = Ratio(right, len(facts))
        labels = []
        if not example.coded:
            ratios |= _attributes(pairs)
            labels = [(item, fact) for item, fact in pairs if item.assertion != fact.assertion]
        ratios |= _traced(output, example.text)
        return Scored(ratios, misses=tuple(_misses(example, missed, wrong, labels)), size=len(example.text))


def task() -> Extract:
    """Return the task, for the entry point."""
    return Extract()


def _paired(example: Annotated, facts: list[Fact]) -> tuple[list[tuple[Item, Fact]], list[Fact]]:
    """Return each item with at most one fact, those of the same assertion first, and the facts without an item."""
    pairs: list[tuple[Item, Fact]] = []
    free, left = list(example.items), list(facts)
    meets = _covers if example.coded else _meets
    for same_assertion in (True, False):
        for near in (meets, _is_named):
            for fact in list(left):
                for item in free:
                    if item.kind != fact.kind or (same_assertion and item.assertion != fact.assertion):
                        continue
                    if near(item, fact, example.text):
                        pairs.append((item, fact))
                        free.remove(item)
                        left.remove(fact)
                        break
    forgiven = (*example.optional, *example.allowed)
    if example.coded:
        # Synthea names a thing once for each encounter: a second fact of it is no invention.
        forgiven = (*forgiven, *example.items)
    wrong = [fact for fact in left if not any(_forgives(item, fact, example) for item in forgiven)]
    return pairs, wrong


def _forgives(item: Item, fact: Fact, example: Annotated) -> bool:
    if example.coded and item.kind != "any" and item.kind != fact.kind:
        return False
    return _meets(item, fact, example.text) or (item.kind == fact.kind and _is_named(item, fact, example.text))


def _meets(item: Item, fact: Fact, text: str) -> bool:
    return any(start < fact.evidence.end and fact.evidence.start < end for start, end in item.spans)


def _covers(item: Item, fact: Fact, text: str) -> bool:
    """True if a fact overlaps a coded name and contains half of its words or more: "metformin", not "tablet"."""
    wanted = {word for word in _key(re.sub(r"\(\w+\)", "", item.concept)).split() if word.isalpha()} - _FORM
    said = set(_key(f"{fact.display} {text[fact.evidence.start : fact.evidence.end]}").split())
    return _meets(item, fact, text) and 2 * len(wanted & said) >= len(wanted)


def _is_named(item: Item, fact: Fact, text: str) -> bool:
    names = {_key(name) for name in (item.concept, *item.mentions)}
    return bool(names & {_key(fact.display), _key(text[fact.evidence.start : fact.evidence.end])})


def _key(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.lower()))


def _is_second_pressure(fact: Fact, record: ClinicalRecord) -> bool:
    """True for the diastolic fact of a blood pressure, which is one item and two facts at one place."""
    return fact.concept == "diastolic-blood-pressure" and any(
        other.concept == "systolic-blood-pressure" and abs(other.evidence.start - fact.evidence.start) < 12
        for other in record.facts
    )


def _attributes(pairs: list[tuple[Item, Fact]]) -> dict[str, Ratio]:
    """Return how often the attributes of the found items are right."""
    drugs: list[tuple[Item, Medication]] = [(item, fact.medication) for item, fact in pairs if fact.medication]
    measured = [(item, fact) for item, fact in pairs if item.kind in ("vital", "lab") and "value" in item.attrs]
    kin = [(item, fact) for item, fact in pairs if item.kind == "family" and "relative" in item.attrs]
    doses = sum(_same(item.attrs.get("dose"), use.dose) for item, use in drugs)
    often = sum(_same(item.attrs.get("frequency"), use.frequency) for item, use in drugs)
    return {
        "assertion": Ratio(sum(item.assertion == fact.assertion for item, fact in pairs), len(pairs)),
        "dose": Ratio(doses, len(drugs)),
        "frequency": Ratio(often, len(drugs)),
        "value": Ratio(sum(_same_value(item, fact) for item, fact in measured), len(measured)),
        "relative": Ratio(sum(_same(item.attrs["relative"], fact.text_value) for item, fact in kin), len(kin)),
    }


def _same(stated: str | None, read: str | None) -> bool:
    def bare(words: str | None) -> str:
        return re.sub(r"[^\w./%]", "", (words or "").lower()).strip(".")

    return bare(stated) == bare(read)


def _same_value(item: Item, fact: Fact) -> bool:
    stated = re.findall(r"\d+(?:\.\d+)?", str(item.attrs["value"]).replace(",", ""))
    if fact.quantity is not None and stated:
        return float(stated[0]) == float(fact.quantity.value)
    return not stated and bool(fact.text_value)


def _traced(output: CaseResult, text: str) -> dict[str, Ratio]:
    """Return how often the bundle's Provenance leads to the right characters of the note that it carries."""
    if output.bundle is None:
        return {}
    entries = json.loads(output.bundle)["entry"]
    notes = {
        entry["fullUrl"]: base64.b64decode(entry["resource"]["content"][0]["attachment"]["data"]).decode()
        for entry in entries
        if entry["resource"]["resourceType"] == "DocumentReference"
    }
    spans: dict[str, list[str]] = {}
    for entry in entries:
        if entry["resource"]["resourceType"] != "Provenance":
            continue
        sources = entry["resource"].get("entity", ())
        text_of = next((notes[url] for one in sources if (url := one["what"].get("reference")) in notes), "")
        for target in entry["resource"]["target"]:
            for place in target.get("extension", ()):
                at = {part["url"]: part["valueUnsignedInt"] for part in place["extension"]}
                quote = text_of[at["start"] : at["end"]] if "start" in at else ""
                spans.setdefault(target["reference"], []).append(quote)
    stating = [entry["fullUrl"] for entry in entries if entry["resource"]["resourceType"] not in SEEN]
    facts = output.record.facts
    quotes = Counter(quote for found in spans.values() for quote in found)
    said = [text[fact.evidence.start : fact.evidence.end] for fact in facts]
    aside = {name for name, _ in output.set_aside}
    meant = {fact.id for fact in facts if fact.assertion not in (Assertion.ABSENT, Assertion.HYPOTHETICAL)}
    kept = [quote for fact, quote in zip(facts, said, strict=True) if fact.id not in aside]
    return {
        "verbatim": Ratio(sum(bool(quote.strip()) and quotes[quote] > 0 for quote in kept), len(kept)),
        "provenance": Ratio(sum(any(spans.get(url, ())) for url in stating), len(stating)),
        "accepted": Ratio(_is_accepted(output.bundle), 1),
        "set aside": Ratio(len(aside & meant), len(meant)),
    }


@cache
def _validator() -> Any:
    return load_named("bedside.validators", "fhir")


def _is_accepted(bundle: str) -> bool:
    """True if the installed validator finds no error in a bundle, as R4 and as US Core."""
    found = _validator().validate(json.loads(bundle, parse_float=Decimal), profiles="us-core")
    return not any(one.severity == "error" for one in found)


def _misses(
    example: Annotated, missed: list[Item], wrong: list[Fact], labels: list[tuple[Item, Fact]]
) -> Iterator[Miss]:
    for item in missed:
        start, end = item.spans[0] if item.spans else (0, 0)
        yield Miss(example.id, start, end, f"missed {item.kind}", 2, item.concept)
    for fact in wrong:
        start, end = fact.evidence.start, fact.evidence.end
        yield Miss(example.id, start, end, f"invented {fact.kind}", 3, example.text[start:end])
    for item, fact in labels:
        start, end = fact.evidence.start, fact.evidence.end
        label = f"{item.kind} read as {fact.assertion}, not {item.assertion}"
        yield Miss(example.id, start, end, label, 1, item.concept)


def _read(file: Path) -> Iterator[tuple[str, Annotated]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {type(error).__name__}") from None
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if not isinstance(row["note"], str) or not ("items" in row or "gold" in row):
                continue
            rows.append(row)
            if "items" in row:
                items, optional = _items(row["items"], row["note"]), _items(row.get("optional", ()), row["note"])
                name = f"{file.stem}, {row['split']}" if row.get("split") else file.stem
                yield name, Annotated(str(row["id"]), row["note"], items, optional)
        except KeyError as error:
            if "note" in str(error):
                continue
            raise InputError(f"{file}, line {number}: {error} is missing") from None
        except (ValueError, TypeError, AttributeError):
            raise InputError(f"{file}, line {number}: not an annotated note") from None
    yield from ((file.stem, example) for example in _coded([row for row in rows if "gold" in row]))


def _items(rows: Iterable[Mapping[str, Any]], note: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            kind=row["kind"],
            concept=row["concept"],
            assertion=row["assertion"],
            mentions=tuple(row["mentions"]),
            spans=tuple(span for mention in row["mentions"] for span in _places(mention, note)),
            attrs=row.get("attrs") or {},
        )
        for row in rows
    )


def _places(mention: str, note: str) -> Iterator[tuple[int, int]]:
    """Yield the places of a quote as whole words."""
    for found in re.finditer(re.escape(mention), note):
        before, after = note[: found.start()][-1:], note[found.end() :][:1]
        if not (before.isalnum() and mention[0].isalnum()) and not (after.isalpha() and mention[-1].isalnum()):
            yield found.start(), found.end()


def _coded(rows: list[Mapping[str, Any]]) -> Iterator[Annotated]:
    known: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        for one in row["gold"]:
            known.setdefault(row["patient"], []).append((row["date"], TYPES[one["resourceType"]], one["display"]))
    for row in rows:
        note, stated = row["note"], {}
        for one in row["gold"]:
            if one["stated_in_note"]:
                stated[TYPES[one["resourceType"]], one["display"].lower()] = one["display"]
        items = tuple(_coded_item(kind, display, note) for (kind, _), display in stated.items())
        earlier = {(kind, display) for date, kind, display in known[row["patient"]] if date <= row["date"]}
        allowed = [_coded_item(kind, display, note) for kind, display in sorted(earlier)]
        complaint = re.search(r"# Chief Complaint\n(.*?)\n\n", note, re.DOTALL)
        if complaint:
            allowed.append(Item("any", "", "present", (), (complaint.span(1),)))
        allowed.append(
            Item("allergy", "no known allergies", "present", (), tuple(_places("No Known Allergies", note)))
        )
        yield Annotated(str(row["id"]), note, items, allowed=tuple(allowed), coded=True)


def _coded_item(kind: str, display: str, note: str) -> Item:
    spans = tuple(found.span() for found in re.finditer(re.escape(display), note, re.IGNORECASE))
    return Item(kind, display, "present", (display,), spans)
