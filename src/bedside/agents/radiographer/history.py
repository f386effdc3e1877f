"""The history beside a picture: the facts of the notes that a model is shown before its question.

`data/history.tsv` decides: for each kind of picture the facts that matter to it. MedGemma reads key facts first and
the question last; the pictures and these lines go to the local model only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from bedside.boundary import PromptTemplate, plain
from bedside.records import (
    NONE_KNOWN,
    Assertion,
    ClinicalRecord,
    DocumentKind,
    Evidence,
    Fact,
    FactKind,
    PictureKind,
    ShownHistory,
)
from bedside.tables import table_rows
from bedside.tools.terminology import classes_of

__all__ = [
    "ALL",
    "PASSAGE",
    "HistoryRule",
    "choose_history",
    "history_rules",
    "history_text",
    "lines_of",
    "numbered",
]

ALL = "all"
"""Rows for every kind of picture; where nobody says what it is, they and the patient are all that is shown."""
PASSAGE, LABEL = "passage", "label:"

MOST_CHARACTERS = 200
"""Longest passage of a note that is quoted; a longer one is cut at a word."""

NO_PATIENTS = frozenset(
    {
        DocumentKind.LEAFLET,
        DocumentKind.ADMINISTRATIVE_QUESTION,
        DocumentKind.ADMINISTRATIVE_TEXT,
        DocumentKind.TEACHING_TEXT,
    }
)
"""Documents that make no patient: no passage of theirs is quoted."""

IN_WORDS: Mapping[Assertion, str] = {
    Assertion.PRESENT: "present",
    Assertion.POSSIBLE: "suspected",
    Assertion.HISTORICAL: "in the past",
    Assertion.ABSENT: "denied",
    Assertion.FAMILY: "family",
}
"""The beginnings of lines. A hypothetical fact has no line: it has not happened."""

_RANGE = re.compile(r"([A-Z]\d\d)(?:-([A-Z]\d\d))?(\.\d+)?")
_SENTENCE = re.compile(r"\??[^\s.;!?\n](?:[^.;!?\n]|[.;!?](?=\S)|\?(?=\S))*[.;!?]?")


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """One row of the table.

    Attributes:
        picture: The kind of picture, or "all".
        facts: The kind of fact, or "passage": words of a note itself.
        which: Of facts patterns of concepts (`*cancer`), ranges of ICD-10 codes (`J00-J99`) and classes of drugs
            (`class:biologic`), any of them; of passages an expression, or the words before a colon (`label:`).
        ages: First and last age in years for which it holds, or `None` for all.
        most: How many lines it gives at most.
        example: A note.
        shown: The lines that it gives of the example, separated by ";"; alternatives by "|".
        near_miss: A note of which it gives none.
    """

    picture: str
    facts: str
    which: str
    ages: tuple[int, int] | None
    most: int
    example: str
    shown: str
    near_miss: str

    def shows(self, fact: Fact) -> bool:
        """True if a fact is one of those that it names."""
        return fact.kind == self.facts and any(_is_named(fact, name) for name in self.which.split("|"))

    @property
    def expression(self) -> re.Pattern[str]:
        """Return the expression that finds such a passage."""
        if self.which.startswith(LABEL):
            return re.compile(rf"(?i)(?:{self.which.removeprefix(LABEL)})\s*:\s*\S")
        return re.compile(rf"(?i){self.which}")


@cache
def history_rules() -> tuple[HistoryRule, ...]:
    """The rows of the table, in its order: the first ones are shown first."""
    return tuple(
        HistoryRule(
            **{**row, "ages": _ages(row["ages"]), "most": int(row["most"])}  # type: ignore[arg-type]
        )
        for row in table_rows("bedside.agents.radiographer", "history")
    )


def choose_history(
    record: ClinicalRecord, texts: Mapping[str, str], kind: PictureKind | None
) -> list[ShownHistory]:
    """Return the lines beside pictures of a kind: the patient, the question, then the facts that matter.

    Args:
        record: What was read from the notes.
        texts: The notes by id.
        kind: What the pictures are of; `None` where nobody says it.

    Returns:
        Lines without numbers and without images; `numbered` gives them both.
    """
    found = [*_patient(record)]
    seen: set[str] = set()
    for rule in history_rules():
        lines = lines_of(rule, record, texts) if rule.picture in (ALL, kind) else []
        for line in [line for line in lines if _key(line) not in seen][: rule.most]:
            seen.add(_key(line))
            found.append(line)
    return found


def lines_of(rule: HistoryRule, record: ClinicalRecord, texts: Mapping[str, str]) -> list[ShownHistory]:
    """All lines that one row names, whatever the kind of picture and however many."""
    if not _is_of_age(rule, record):
        return []
    return list(_passages(rule, record, texts) if rule.facts == PASSAGE else _facts(rule, record))


def numbered(lines: list[ShownHistory], images: tuple[str, ...], known: list[ShownHistory]) -> list[ShownHistory]:
    """The lines with their ids and the images beside which they are shown; a known line keeps its id.

    Args:
        lines: As `choose_history` gives them.
        images: The images.
        known: Lines that were shown beside other images. They are brought up to date in place.
    """
    shown = []
    for line in lines:
        at = next((i for i, one in enumerate(known) if _key(one) == _key(line)), len(known))
        if at == len(known):
            known.append(line.model_copy(update={"id": f"h{at + 1}"}))
        together = tuple(dict.fromkeys((*known[at].images, *images)))
        known[at] = known[at].model_copy(update={"images": together})
        shown.append(known[at])
    return shown


def history_text(template: PromptTemplate, lines: Sequence[ShownHistory]) -> str:
    """Return the part of a prompt that shows the notes, or nothing where there are no lines.

    Args:
        template: The prompt `image/history`, with the field `lines`.
        lines: As `choose_history` gives them.
    """
    if not lines:
        return ""
    text = "\n".join(f"- {plain(' '.join(line.text.split()))}" for line in lines)
    return f"\n{template.fill({'lines': text})}\n"


def _key(line: ShownHistory) -> str:
    return line.fact or line.text


def _ages(text: str) -> tuple[int, int] | None:
    first, _, last = text.partition("-")
    return (int(first), int(last)) if last else None


def _is_of_age(rule: HistoryRule, record: ClinicalRecord) -> bool:
    if rule.ages is None:
        return True
    years = record.patient.age_years
    return years is not None and rule.ages[0] <= years < rule.ages[1] + 1


def _is_named(fact: Fact, name: str) -> bool:
    key = fact.concept or fact.display.replace(" ", "-")
    if name.startswith("class:"):
        return name.removeprefix("class:") in classes_of(key)
    if (codes := _RANGE.fullmatch(name)) is not None:
        code = fact.code.code if fact.code else ""
        first, last, rest = codes.groups()
        return code.startswith(first + rest) if rest else first <= code[:3] <= (last or first)
    return fnmatchcase(key, name)


def _patient(record: ClinicalRecord) -> Iterator[ShownHistory]:
    patient = record.patient
    noun = _noun(patient.sex, patient.age_years)
    if patient.age is not None:
        unit = {"a": "year", "mo": "month", "wk": "week", "d": "day"}[patient.age_unit]
        noun = f"{patient.age}-{unit}-old {noun}"
    evidence = tuple(one for one in (patient.age_evidence, patient.sex_evidence) if one is not None)
    if evidence:
        yield ShownHistory(id="", text=noun, evidence=tuple(dict.fromkeys(evidence)), images=())


def _noun(sex: str | None, years: float | None) -> str:
    grown = years is None or years >= 18
    if sex is None:
        return "patient"
    return {("male", True): "man", ("female", True): "woman", ("male", False): "boy", ("female", False): "girl"}[
        sex, grown
    ]


def _facts(rule: HistoryRule, record: ClinicalRecord) -> Iterator[ShownHistory]:
    order = list(IN_WORDS)
    facts = [one for one in record.facts if one.assertion in IN_WORDS and rule.shows(one)]
    for fact in sorted(facts, key=lambda one: order.index(one.assertion)):
        yield ShownHistory(
            id="",
            text=_line(fact),
            fact=fact.id,
            assertion=fact.assertion,
            evidence=(fact.evidence,),
            images=(),
        )


def _line(fact: Fact) -> str:
    """A fact as one line. What is denied says so first, so that nobody reads half of it."""
    begin = IN_WORDS[fact.assertion]
    name = " ".join(part for part in (fact.severity, fact.laterality, fact.display) if part)
    if fact.quantity is not None:
        name = f"{name} {fact.quantity.in_words}"
    if fact.kind is FactKind.FAMILY:
        return f"{begin}: {name}{f' ({fact.text_value})' if fact.text_value else ''}"
    if fact.text_value:
        name = f"{name}: {fact.text_value}"
    if when := (fact.lasted.in_words if fact.lasted and not fact.onset else fact.onset.text if fact.onset else ""):
        name = f"{name}, {when}"
    if fact.display == NONE_KNOWN:
        return name
    if fact.assertion is Assertion.PRESENT:
        if fact.kind is FactKind.MEDICATION:
            status = fact.medication.status if fact.medication else "active"
            return f"{'takes' if status == 'active' else status} {name}"
        if fact.kind is FactKind.ALLERGY:
            return f"allergic to {name}"
        if fact.kind in (FactKind.VITAL, FactKind.LAB, FactKind.SOCIAL):
            return name
    if fact.kind is FactKind.ALLERGY:
        name = f"allergy to {name}"
    return f"{begin}: {name}"


def _passages(rule: HistoryRule, record: ClinicalRecord, texts: Mapping[str, str]) -> Iterator[ShownHistory]:
    for document, text in texts.items():
        if record.kinds.get(document) in NO_PATIENTS:
            continue
        for passage in _SENTENCE.finditer(text):
            is_label = rule.which.startswith(LABEL)
            found = (rule.expression.match if is_label else rule.expression.search)(passage[0])
            if found is None:
                continue
            words = _cut(passage[0].rstrip())
            evidence = Evidence(document=document, start=passage.start(), end=passage.start() + len(words))
            yield ShownHistory(id="", text=f"note: “{words}”", evidence=(evidence,), images=())


def _cut(words: str) -> str:
    return words if len(words) <= MOST_CHARACTERS else words[:MOST_CHARACTERS].rsplit(" ", 1)[0]
