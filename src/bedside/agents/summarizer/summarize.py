"""The page: from a record to sentences composed of facts, and of nothing else.

No model writes here: a sentence is put together from displays of the code tables and the note's own values, so that
there is nothing in it that does not stand in the notes. What would not fit on a page is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from bedside.records import (
    MEASURED_KINDS,
    Assertion,
    ClinicalRecord,
    Evidence,
    Fact,
    FactKind,
    Moment,
    Patient,
    Sentence,
)
from bedside.tools.terminology import is_chronic

__all__ = ["MOST_NAMED", "summarize"]

MOST_NAMED = 12
"""Most things that one sentence names; of the others it says how many there are."""

_SEX = {"male": ("man", "boy"), "female": ("woman", "girl")}
ADULT_WORD_AGE = 18


def summarize(record: ClinicalRecord) -> list[Sentence]:
    """Compose the page: who, what is new, what is denied, what lasts, what is taken, what was measured.

    Returns:
        Sentences in the order of a handover (SBAR: situation and background before assessment). Those that say what
        is not stated or what conflicts have no facts of their own or point at both sides.
    """
    record = record.model_copy(update={"facts": _newest_first(record.facts)})
    problems = record.of_kind(FactKind.PROBLEM)
    present = [fact for fact in problems if fact.assertion is Assertion.PRESENT]
    lasting = [fact for fact in present if is_chronic(fact.concept)]
    new = [fact for fact in present if fact not in lasting]
    drugs = record.of_kind(FactKind.MEDICATION)
    taken = [fact for fact in drugs if fact.assertion is Assertion.PRESENT and not _is(fact, "stopped", "planned")]
    planned = [
        fact
        for fact in drugs
        if fact.assertion is Assertion.HYPOTHETICAL or (fact not in taken and _is(fact, "planned"))
    ]
    stopped = [fact for fact in drugs if _is(fact, "stopped") or fact.assertion is Assertion.HISTORICAL]
    allergies = record.of_kind(FactKind.ALLERGY)
    labs = record.of_kind(FactKind.LAB)
    odd = [fact for fact in labs if fact.interpretation in ("high", "low", "abnormal")]
    procedures = record.of_kind(FactKind.PROCEDURE, FactKind.IMMUNIZATION)
    done = [fact for fact in procedures if fact.assertion in (Assertion.PRESENT, Assertion.HISTORICAL)]
    ahead = [fact for fact in procedures if fact.assertion is Assertion.HYPOTHETICAL]
    lines = [
        _who(record.patient),
        _line("Now", new, _problem),
        _line("Possible", [fact for fact in problems if fact.assertion is Assertion.POSSIBLE], _problem),
        _line("Denied or absent", [fact for fact in problems if fact.assertion is Assertion.ABSENT], _plain),
        _line("Lasting", lasting, _problem),
        _line("Past", [fact for fact in problems if fact.assertion is Assertion.HISTORICAL], _done),
        _line("Takes", taken, _drug),
        _line("Planned", planned, _drug),
        _line("Stopped or past", stopped, _drug),
        _line("Allergies", [fact for fact in allergies if fact.assertion is Assertion.PRESENT], _remark),
        _line("Allergy denied or refuted", [f for f in allergies if f.assertion is Assertion.ABSENT], _plain),
        _line("Measured", record.of_kind(FactKind.VITAL), _value),
        _line("Laboratory, marked by the note", odd, _value),
        _line("Laboratory", [fact for fact in labs if fact not in odd], _value),
        _line("Done", done, _done),
        _line("To be done", ahead, _plain),
        _line("Family", record.of_kind(FactKind.FAMILY), _remark),
        _line("Social", record.of_kind(FactKind.SOCIAL), _social),
        *_conflicts(record),
        _silent(record),
    ]
    return [line for line in lines if line is not None]


def _newest_first(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The newest note's facts first, current values before past ones: what does not fit on a page is older."""
    notes = {name: at for at, name in enumerate(dict.fromkeys(fact.evidence.document for fact in facts))}
    return tuple(
        sorted(
            facts,
            key=lambda fact: (
                fact.kind in MEASURED_KINDS and fact.assertion is Assertion.HISTORICAL,
                -notes[fact.evidence.document],
            ),
        )
    )


def _is(fact: Fact, *states: str) -> bool:
    return fact.medication is not None and fact.medication.status in states


def _line(label: str, facts: Sequence[Fact], word: Callable[[Fact], str]) -> Sentence | None:
    """Return one sentence of facts of a kind, each once."""
    words: dict[str, list[Fact]] = {}
    for fact in facts:
        words.setdefault(word(fact), []).append(fact)
    if not words:
        return None
    named = dict(list(words.items())[:MOST_NAMED])
    rest = sum(len(same) for same in words.values()) - sum(len(same) for same in named.values())
    text = f"{label}: {'; '.join(named)}{f'; and {rest} more in the facts' if rest else ''}."
    said = [fact for same in named.values() for fact in same]
    return Sentence(text=text, facts=tuple(fact.id for fact in said), evidence=_spans(said))


def _spans(facts: Iterable[Fact]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(span for fact in facts for span in (fact.evidence, *fact.also)))


def _who(patient: Patient) -> Sentence | None:
    spans = tuple(span for span in (patient.age_evidence, patient.sex_evidence) if span is not None)
    years = patient.age_years
    word = "patient"
    if patient.sex in _SEX:
        word = _SEX[patient.sex][years is not None and years < ADULT_WORD_AGE]
    age = f"{patient.age}-{patient.age_unit.name.lower().removesuffix('s')}-old " if patient.age is not None else ""
    pregnant = ", pregnant" if patient.pregnant else ""
    text = f"{age}{word}{pregnant}."
    return Sentence(text=text[0].upper() + text[1:], evidence=spans) if age or patient.sex or pregnant else None


def _plain(fact: Fact) -> str:
    return fact.display


def _problem(fact: Fact) -> str:
    said = [fact.severity, fact.laterality, _moment("since", fact.onset), _moment("until", fact.abatement)]
    # "left knee pain (left)" says nothing twice.
    told = [one for one in said if one and one not in fact.display.split()]
    return f"{fact.display} ({', '.join(told)})" if told else fact.display


def _done(fact: Fact) -> str:
    told = _moment("", fact.onset)
    return f"{fact.display} ({told.strip()})" if told else fact.display


def _moment(word: str, moment: Moment | None) -> str | None:
    # The note's own words say "for 25 minutes" as well as "in 2019": they are quoted, not put into a sentence.
    return f"{word} “{moment.text}”" if moment is not None else None


def _drug(fact: Fact) -> str:
    use = fact.medication
    parts = [use.dose, use.route, use.frequency] if use else []
    if use and use.as_needed and not re.search(r"(?i)\bprn\b|needed", use.frequency or ""):
        parts.append("as needed")
    return " ".join([fact.display, *(part for part in parts if part)])


def _remark(fact: Fact) -> str:
    return f"{fact.display} ({fact.text_value.lower()})" if fact.text_value else fact.display


def _social(fact: Fact) -> str:
    denied = " denied" if fact.assertion is Assertion.ABSENT else ""
    return f"{fact.display}{denied}" + (f" ({fact.text_value})" if fact.text_value else "")


def _value(fact: Fact) -> str:
    if fact.quantity is None:
        return f"{fact.display} {fact.text_value or fact.interpretation or 'stated without a value'}"
    told = [one for one in (fact.interpretation, _day(fact)) if one]
    return f"{fact.display} {fact.quantity.in_words}" + (f" ({', '.join(told)})" if told else "")


def _day(fact: Fact) -> str | None:
    """The day of a value where it is another one than that of its note."""
    measured = fact.measured
    return (measured.date or f"“{measured.text}”") if measured else None


def _conflicts(record: ClinicalRecord) -> Iterable[Sentence]:
    for issue in record.issues:
        spans = tuple(span for span in (issue.against, issue.evidence) if span is not None)
        yield Sentence(text=f"Doubt: {issue.message}", facts=issue.facts, evidence=spans)


def _silent(record: ClinicalRecord) -> Sentence | None:
    """Return what a reader of a summary would look for and the notes do not hold."""
    kinds = {fact.kind for fact in record.facts}
    wanted = {
        FactKind.PROBLEM: "any problem",
        FactKind.MEDICATION: "medicines",
        FactKind.ALLERGY: "allergies",
        FactKind.VITAL: "vital signs",
    }
    missing = [word for kind, word in wanted.items() if kind not in kinds]
    missing += ["age"] if record.patient.age is None else []
    missing += ["sex"] if record.patient.sex is None else []
    return Sentence(text=f"Not stated: {', '.join(missing)}.") if missing else None
