"""The effect of a document's kind on its facts: a past stay, an operation, a question to a department.

A discharge summary tells a story that has ended, and what holds at discharge; an operation note what was done, what
may come and what was explained; a report answers a question; a handover names other beds; a letter looks back on
years. What a document does not say this way stays as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from bedside.agents.reader.document.passages import Passage, passages, role_at
from bedside.agents.reader.modify.temporality import LONG_PAST, is_told_of_long_ago
from bedside.records import Assertion, ClinicalRecord, DocumentKind, Evidence, Fact, FactKind, Issue, Moment
from bedside.tools.terminology import Domain, concepts, is_chronic

__all__ = ["OTHER_PATIENTS", "OVER", "by_kind"]

OVER = "stay-is-over"
"""The issue that names the diagnoses of a document that tells of care that was given."""

OTHER_PATIENTS = "other-patients"

_MEASURED = (FactKind.VITAL, FactKind.LAB)
_STATED = (Assertion.PRESENT, Assertion.POSSIBLE)
_AT_DISCHARGE = re.compile(
    r"\b(?:at|on|upon|by|day\s+of|time\s+of)\s+discharge\b|\bdischarged?\s+(?:well|home\s+well)\b|\b(?:now|currently|today)\b",
    re.I,
)
_ACUTE = re.compile(r"\b(?:acute|exacerbation|attack|flare)\b", re.I)
_WORE_OFF = re.compile(
    r"\b(?:settled|corrected|self-?corrected|recovered|resolved|back\s+(?:to|up)|came\s+back|for\s+(?:about\s+)?(?:an?|half\s+a)\s+minute"
    r"|for\s+\d+\s+(?:s|sec(?:ond)?s?)|then\s+\d)\b",
    re.I,
)
_ON_ARRIVAL = re.compile(
    r"\b(?:presented|came\s+(?:in|by|under)|admitted|on\s+(?:admission|arrival|day\s+1)|brought\s+(?:in|by)|needed)\b",
    re.I,
)
_BLOOD_LOSS = re.compile(r"\W*(?:estimated\s+blood\s+loss|EBL|blood\s+loss)\b", re.I)
_OTHER_PATIENT = re.compile(
    r"\b(?:next|adjacent|neighbou?ring|opposite)\s+(?:cubicle|bed|room|bay|door|patient)\b|\b(?:bed|bay|room|cubicle)\s+next\s+(?:door|to)\b",
    re.I,
)
_BED = re.compile(r"\b(?:bed|room|bay)\s*(?:no\.?\s*|#\s*)?(\d{1,3}[A-Da-d]?)\b", re.I)
_MARKS = " \t-*•·#.()0123456789"
_OWN_BED = 300
"""Characters at whose beginning a handover of one patient names the bed."""
_SENTENCE_END = re.compile(r"(?<=[A-Za-z0-9%)])[.;!?](?=\s)|\n(?:[ \t]*\n)?")
# What follows a value after a comma may date another one: "Na 122, it was 131 last month".
_CLAUSE = re.compile(r"[^,;()]*")
_LONGEST_SENTENCE = 400
_SOON = 100
"""The characters behind a value within which its passing is looked for."""
_FULL_LINE = 60


@dataclass(slots=True)
class _Document:
    """One document while its facts are gone through."""

    name: str
    text: str
    found: Sequence[Passage]
    tells_days: bool = False
    """True if a discharge summary parts the values of the stay from those of its last day."""
    over: list[str] = field(default_factory=list)
    others: list[Fact] = field(default_factory=list)
    """Facts of other patients."""

    @property
    def bed(self) -> str | None:
        """The bed of the patient, where the head names it; lines that begin with beds are a list of patients."""
        first = _BED.search(self.text, 0, _OWN_BED)
        if first is None or not self.text[self.text.rfind("\n", 0, first.start()) + 1 : first.start()].strip(
            _MARKS
        ):
            return None
        return first[1].lower()

    def role(self, fact: Fact) -> str:
        return role_at(self.found, fact.evidence.start).role

    def sentence(self, fact: Fact) -> str:
        """The sentence around a fact; a full line goes on in the next one."""
        start, end = fact.evidence.start, fact.evidence.end
        first = max(0, start - _LONGEST_SENTENCE)
        begins = [
            one.end() for one in _SENTENCE_END.finditer(self.text, first, start) if not _is_wrapped(self.text, one)
        ]
        ends = (
            one.start()
            for one in _SENTENCE_END.finditer(self.text, end, end + _LONGEST_SENTENCE)
            if not _is_wrapped(self.text, one)
        )
        return self.text[begins[-1] if begins else first : next(ends, end + _LONGEST_SENTENCE)]

    def wore_off(self, fact: Fact) -> bool:
        """True if a value was over soon: "sats fell to 88; chin lift, back to 99", "pulse 44 for a minute"."""
        end = fact.evidence.end
        told = self.text[end : end + _SOON]
        return _WORE_OFF.search(re.split(r"\.\s|\n", told, maxsplit=1)[0]) is not None

    def place_in_sentence(self, fact: Fact) -> int:
        """Return the place of a fact in its sentence."""
        words = self.text[fact.evidence.start : fact.evidence.end]
        return max(0, self.sentence(fact).find(words))

    def stands_in(self, fact: Fact, role: str) -> bool:
        """True if the words of a fact are in a passage of this role too, wherever they were read."""
        words = re.escape(self.text[fact.evidence.start : fact.evidence.end].strip())
        named = re.compile(rf"(?<!\w)(?:{words}|{re.escape(fact.display)})(?!\w)", re.I)
        return any(one.role == role and named.search(self.text, one.start, one.end) for one in self.found)

    def has(self, role: str) -> bool:
        return any(one.role == role for one in self.found)


def by_kind(record: ClinicalRecord, name: str, text: str, kind: DocumentKind) -> ClinicalRecord:
    """A record of one document with what its kind says of the facts."""
    settle = _KINDS.get(kind)
    if settle is None:
        return record
    document = _Document(name, text, passages(text, kind))
    document.tells_days = document.has("story") or any(
        fact.kind in _MEASURED and _is_of_discharge(document, fact) for fact in record.facts
    )
    facts = [changed for fact in record.facts if (changed := settle(document, fact)) is not None]
    facts = _answered(facts) if kind in _REPORTS else facts
    issues = record.issues
    if document.over:
        over = Issue(
            code=OVER,
            message=f"The text reads as {_article(kind)}: its diagnoses were not counted as today's.",
            facts=tuple(document.over),
            evidence=Evidence(document=name, start=0, end=len(text)),
        )
        issues = (over, *issues)
    if document.others:
        at = document.others[0].evidence
        message = "The text names other patients: what it tells of them was not taken as this one's."
        issues = (Issue(code=OTHER_PATIENTS, message=message, evidence=at), *issues)
    ids = {fact.id for fact in facts}
    kept = tuple(issue for issue in issues if not issue.facts or ids.intersection(issue.facts))
    return record.model_copy(update={"facts": tuple(facts), "issues": kept})


def _stay(document: _Document, fact: Fact) -> Fact | None:
    """A fact of a discharge summary: its story is past, what is stated of the day of discharge is current."""
    role = document.role(fact)
    if fact.kind in (FactKind.MEDICATION, FactKind.PROBLEM) and fact.assertion is Assertion.HISTORICAL:
        # What resolved in the stay, and tablets that were taken before it, are no emergency of today.
        document.over.append(fact.id)
    if fact.assertion not in _STATED or role in ("lasting", "after"):
        return fact
    if fact.kind in _MEASURED:
        of_arrival = _ON_ARRIVAL.search(document.sentence(fact)) is not None or document.wore_off(fact)
        of_today = _is_of_discharge(document, fact) or not (document.tells_days or of_arrival)
        return fact if of_today else _of_stay(fact)
    if fact.kind is FactKind.MEDICATION:
        listed = not document.has("drugs") or document.stands_in(fact, "drugs") or document.stands_in(fact, "after")
        current = listed or _AT_DISCHARGE.search(document.sentence(fact)) is not None
        stopped = fact.medication is not None and fact.medication.status == "stopped"
        return fact if current or stopped else _past(fact, "discharge-not-listed")
    if fact.kind is not FactKind.PROBLEM or (is_chronic(fact.concept) and not _ACUTE.search(fact.display)):
        return fact
    if _is_of_discharge(document, fact) or document.stands_in(fact, "now"):
        return fact
    diagnosis = role == "diagnoses" or document.stands_in(fact, "diagnoses")
    if diagnosis or (not document.has("diagnoses") and fact.concept not in _symptoms()):
        document.over.append(fact.id)
        return fact
    return _past(fact, "discharge-story")


def _is_of_discharge(document: _Document, fact: Fact) -> bool:
    """True if a fact is of the day of discharge."""
    return document.role(fact) == "now" or _AT_DISCHARGE.search(document.sentence(fact)) is not None


def _of_stay(fact: Fact) -> Fact:
    when = fact.measured or Moment(text="during the stay")
    return _past(fact, "discharge-story").model_copy(update={"measured": when})


def _operation(document: _Document, fact: Fact) -> Fact | None:
    """A fact of an operation note: what was planned was done; what may come or was explained is no finding."""
    role = document.role(fact)
    if (
        fact.kind is FactKind.PROCEDURE
        and fact.assertion is Assertion.HYPOTHETICAL
        and role in ("planned", "fields", "")
    ):
        return None if document.stands_in(fact, "fields") else fact
    if fact.kind is FactKind.PROBLEM and _BLOOD_LOSS.match(document.sentence(fact)):
        return None
    if fact.kind in _MEASURED and fact.assertion is Assertion.PRESENT and document.wore_off(fact):
        return _past(fact, "wore-off").model_copy(update={"measured": fact.measured or Moment(text="in theatre")})
    if role in ("after", "risks") and fact.assertion in _STATED:
        if fact.kind in _MEASURED:
            return None
        if fact.kind is FactKind.PROBLEM and (role == "risks" or not is_chronic(fact.concept)):
            return fact.model_copy(update={"assertion": Assertion.HYPOTHETICAL, "why": f"operation-{role}"})
    if role == "theatre" and fact.kind is FactKind.MEDICATION and fact.assertion is Assertion.PRESENT:
        return _past(fact, "operation-theatre")
    if fact.kind is FactKind.PROBLEM and fact.assertion in _STATED and role in ("fields", ""):
        document.over.append(fact.id)
    return fact


def _report(document: _Document, fact: Fact) -> Fact | None:
    """A fact of a report: a disease that the request names is a question."""
    question = document.role(fact) == "question" and fact.kind is FactKind.PROBLEM
    if (
        question
        and fact.assertion is Assertion.PRESENT
        and not is_chronic(fact.concept)
        and fact.concept not in _symptoms()
    ):
        return fact.model_copy(update={"assertion": Assertion.POSSIBLE, "why": "report-question"})
    return fact


def _handed_over(document: _Document, fact: Fact) -> Fact | None:
    """A fact of a handover of one patient, without those of the beds around."""
    sentence = document.sentence(fact)
    own = document.bed
    here = {found[1].lower() for found in _BED.finditer(sentence)}
    if _OTHER_PATIENT.search(sentence) or (own is not None and here and own not in here):
        document.others.append(fact)
        return None
    return fact


def _looks_back(document: _Document, fact: Fact) -> Fact | None:
    """A fact of what looks back: a value or a thing of another year or month is past, unless it goes on."""
    if fact.assertion not in _STATED or fact.kind not in (FactKind.PROBLEM, *_MEASURED):
        return fact
    sentence, at = document.sentence(fact), document.place_in_sentence(fact)
    clause = _CLAUSE.match(sentence, at)
    when = LONG_PAST.search(sentence, 0, clause.end() if clause and fact.kind in _MEASURED else len(sentence))
    if when is None or is_chronic(fact.concept) or not is_told_of_long_ago(sentence, at):
        return fact
    if fact.kind in _MEASURED:
        told = fact.measured or Moment(text=when.group())
        return _past(fact, "told-of-long-ago").model_copy(update={"measured": told})
    return _past(fact, "told-of-long-ago")


def _answered(facts: list[Fact]) -> list[Fact]:
    """Without a question that the same report answers: what it denies is no longer possible."""
    denied = {(fact.kind, fact.concept, fact.display) for fact in facts if fact.assertion is Assertion.ABSENT}
    return [
        fact
        for fact in facts
        if fact.assertion is not Assertion.POSSIBLE or (fact.kind, fact.concept, fact.display) not in denied
    ]


def _is_wrapped(text: str, found: re.Match[str]) -> bool:
    """True if a line break is inside a sentence: its line is full, and the next one begins no item or label."""
    if found.group() != "\n":
        return False
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    return (
        len(line) >= _FULL_LINE
        and re.match(r"[ \t]*(?:[-*•#]|\d{1,2}[.)]\s|[A-Z][\w /]{1,30}:)", text[found.end() :][:60]) is None
    )


def _past(fact: Fact, why: str) -> Fact:
    return fact.model_copy(update={"assertion": Assertion.HISTORICAL, "why": why})


@cache
def _symptoms() -> frozenset[str]:
    return frozenset(known.key for known in concepts() if known.domain is Domain.SYMPTOM)


_REPORTS = (DocumentKind.IMAGING_REPORT, DocumentKind.LABORATORY_REPORT)
_KINDS: Mapping[DocumentKind, Callable[[_Document, Fact], Fact | None]] = {
    DocumentKind.DISCHARGE_SUMMARY: _stay,
    DocumentKind.OPERATION_NOTE: _operation,
    DocumentKind.IMAGING_REPORT: _report,
    DocumentKind.LABORATORY_REPORT: _report,
    DocumentKind.HANDOVER: _handed_over,
    DocumentKind.LETTER: _looks_back,
    DocumentKind.VISIT_NOTE: _looks_back,
    DocumentKind.TRIAGE_LINE: _looks_back,
}


def _article(kind: DocumentKind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"
