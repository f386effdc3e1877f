"""A result as a person reads it, and as a line of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bedside.boundary import by_question, visible
from bedside.cli.done import Done
from bedside.cli.left import counted, egress_of, has_left, show_left
from bedside.cli.notes import Note
from bedside.cli.pictures import show_pictures
from bedside.records import Assertion, CaseResult, Fact, FactKind, Score, Searched, Source

__all__ = ["line_of", "show"]

URGENCIES = {
    1: ("IMMEDIATE", "white on red"),
    2: ("EMERGENCY", "white on red"),
    3: ("URGENT", "black on yellow"),
    4: ("STANDARD", "black on green"),
    5: ("ROUTINE", "black on green"),
}
NOT_UNDERSTOOD = "? NOT UNDERSTOOD"
UNREAD_STYLE = "bold white on blue"
"""Neither red nor green: told apart by whoever sees these two alike."""
MOST_REASONS = 4
MOST_PLACES = 16
MOST_ASKS = 3
REMARKS = (FactKind.ALLERGY, FactKind.FAMILY)
"""Kinds whose `text_value` is a remark on the name: a reaction, a relative."""

DRAFT = "Draft for a clinician to check. Not a medical device."


def line_of(done: Done, result: CaseResult) -> dict[str, Any]:
    """The JSON of one note. `facts[].text` is `note[start:end]`; what left is told by the egress record alone."""
    note, gate = done.note, by_question(done.egress)
    return {
        "id": note.id,
        "urgency": result.urgency,
        "understood": result.understood,
        "reasons": [to_jsonable_python(reason) for reason in result.reasons],
        "news2": to_jsonable_python(result.news2),
        "incomplete": list(result.incomplete),
        "asks": [to_jsonable_python(one) for one in result.asks],
        "decision_points": [to_jsonable_python(one) for one in result.decision_points],
        "prompts": list(result.record.prompts),
        "kinds": {name: kind.value for name, kind in result.record.kinds.items()},
        "facts": [_fact(fact, note.quote(fact.evidence)) for fact in result.record.facts],
        "questions": [
            {
                "template": one.template,
                "text": gate[one.question].text if one.question in gate else one.prompt,
                "round": one.round,
                "sent": has_left(gate.get(one.question)),
                "destination": one.destination,
                "inside": one.inside,
                "facts": list(one.facts),
                "withheld": [{"fact": fact, "why": why} for fact, why in one.withheld],
            }
            for one in result.advice
        ],
        "answers": [
            {
                "template": one.template,
                "round": one.round,
                "outcome": one.outcome,
                "text": one.answer,
                "claims": [to_jsonable_python(claim) for claim in one.claims],
                "urgency": one.urgency,
                "needs": one.needs,
            }
            for one in result.advice
            if has_left(gate.get(one.question))
        ],
        "disagreements": [to_jsonable_python(one) for one in result.disagreements],
        "searches": [_searched(one, has_left(done.query(one))) for one in result.searched],
        "egress": egress_of(done.egress),
        "read_by": done.reader or "builtin",
        "issues": [
            {
                "code": issue.code,
                "message": issue.message,
                "severity": issue.severity,
                "facts": list(issue.facts),
                "texts": [note.quote(span) for span in (issue.against, issue.evidence) if span is not None],
            }
            for issue in result.record.issues
        ],
        "unread": [note.quote(span) for span in result.record.unread],
        "clinical_sentences": result.record.clinical_sentences,
        "summary": [to_jsonable_python(sentence) for sentence in result.summary],
        "images": to_jsonable_python(result.images),
        "transcribed": [to_jsonable_python(one) for one in result.record.transcribed],
        "warnings": list(result.warnings),
        "not_done": list(result.not_done),
        "without_code": _without_code(result),
        "set_aside": [{"fact": fact, "reason": reason} for fact, reason in result.set_aside],
    }


def _searched(one: Searched, sent: bool) -> dict[str, Any]:
    return {
        "template": one.template,
        "query": one.query,
        "sent": sent,
        "destination": one.destination,
        "outcome": one.outcome,
        "hits": [{"host": hit.host, **to_jsonable_python(hit)} for hit in one.hits],
    }


def _fact(fact: Fact, quote: str) -> dict[str, Any]:
    data: dict[str, Any] = to_jsonable_python(fact, exclude={"evidence", "quantity"})
    data |= {
        "text": quote,
        "document": fact.evidence.document,
        "start": fact.evidence.start,
        "end": fact.evidence.end,
        "value": str(fact.quantity.value) if fact.quantity else fact.text_value,
        "unit": fact.quantity.unit if fact.quantity else None,
    }
    del data["text_value"]
    return data


def show(console: Console, done: Done, result: CaseResult, bundle: Path | None, *, in_full: bool) -> None:
    """Print a result: the whole page, or one line where there are many."""
    note = done.note
    if not in_full:
        line = Text.assemble(_badge(result), f" {visible(note.id)}  ", _first_reason(result), _left_in_short(done))
        console.print(line, soft_wrap=True)
        return
    console.print()
    console.print(Text.assemble(_badge(result), f"  {visible(note.id)}{_patient(result)}"))
    console.print(DRAFT, style="italic")
    if result.reviewer:
        changes = f", who changed {len(result.edits)} things" if result.edits else ""
        console.print(f"Reviewed by {visible(result.reviewer)}{changes}.", markup=False)
    _reasons(console, note, result)
    if result.summary:  # the page is what was asked for; the facts behind it are in the JSON line
        _summary(console, result)
    else:
        _warnings(console, note, result)
        if result.images is not None:
            show_pictures(console, result.images)
        _facts(console, note, result)
    show_left(console, done, result, {fact.id: _named(fact) for fact in result.record.facts})
    if result.set_aside:
        console.print(f"Not in the bundle: {_counted(result)}", style="dim")
    if bundle and (names := _without_code(result)):
        said = f"Without a code, in the bundle as text: {visible('; '.join(names))}"
        console.print(said, style="dim", markup=False, soft_wrap=True)
    if bundle:
        console.print(f"Wrote {bundle}", markup=False, soft_wrap=True)


def _left_in_short(done: Done) -> Text:
    left = counted(done.egress)
    return Text(f"  {left}" if left else "", "dim")


def _badge(result: CaseResult) -> Text:
    if result.urgency is None:
        return (
            Text(" facts ", "reverse") if result.understood is None else Text(f" {NOT_UNDERSTOOD} ", UNREAD_STYLE)
        )
    name, style = URGENCIES[result.urgency]
    badge = Text(f" {result.urgency} {name} ", f"bold {style}")
    return badge if result.understood is not False else Text.assemble(badge, (f" {NOT_UNDERSTOOD} ", UNREAD_STYLE))


def _patient(result: CaseResult) -> str:
    patient = result.record.patient
    age = f"{patient.age} {patient.age_unit.name.lower()}" if patient.age is not None else "age not stated"
    return f" · {patient.sex or 'sex not stated'}, {age}"


def _first_reason(result: CaseResult) -> str:
    if result.reasons:
        return visible(result.reasons[0].message)
    if result.understood is False:
        return visible("; ".join(result.warnings))
    return f"{len(result.record.facts)} facts"


def _reasons(console: Console, note: Note, result: CaseResult) -> None:
    quotes = {fact.id: note.quote(fact.evidence) for fact in result.record.facts}
    deciding = [reason for reason in result.reasons if reason.urgency == result.urgency][:MOST_REASONS]
    table = _table("Why")
    for reason in deciding:
        evidence = ", ".join(f"“{visible(quotes[fact])}”" for fact in reason.facts if fact in quotes)
        table.add_row(str(reason.urgency), Text(visible(reason.message)), Text(evidence, "cyan"))
    if deciding:
        console.print(table)
    if len(result.reasons) > len(deciding):
        console.print(f"{len(result.reasons) - len(deciding)} further reasons: see --jsonl", style="dim")
    if result.news2:
        attribution = (f"  {result.news2.attribution}", "dim")
        console.print(Text.assemble(("NEWS2 ", "bold"), _score(result.news2), attribution))
    if result.incomplete:
        console.print(Text.assemble(("Not stated: ", "bold"), ", ".join(map(_words, result.incomplete))))
    for ask in result.asks[:MOST_ASKS]:
        console.print(Padding(Text.assemble(("Measure ", "bold"), visible(ask.message)), (0, 0, 0, 2)))
    for point in result.decision_points:
        if point.met is not False:
            said = "" if point.met else "cannot be said. "
            line = visible(f"{said}{point.message}")
            console.print(Text.assemble((f"ESI {point.point}: ", "bold"), line, style="dim"))


def _words(name: str) -> str:
    return name.replace("_", " ").replace("spo2", "SpO2")


def _score(score: Score) -> str:
    if score.total is not None:
        parts = ", ".join(f"{_words(name)} {points}" for name, points in score.parts.items() if points)
        return f"{score.total}, {score.risk} risk" + (f" ({parts})" if parts else "")
    missing = ", ".join(map(_words, score.missing))
    return f"between {score.low} and {score.high}, at least {score.risk} risk; missing {missing}"


def _warnings(console: Console, note: Note, result: CaseResult) -> None:
    quotes = {fact.id: note.quote(fact.evidence) for fact in result.record.facts}
    for warning in result.warnings:
        console.print(Text.assemble(("! ", "bold red"), visible(warning)))
    for issue in result.record.issues:
        spans = [quotes[fact] for fact in issue.facts if fact in quotes]
        spans = spans or [note.quote(span) for span in (issue.against, issue.evidence) if span is not None]
        told = ", ".join(f"“{visible(quote)}”" for quote in dict.fromkeys(spans))
        grave = " (high)" if issue.severity == "high" else ""
        console.print(Text.assemble((f"!{grave} ", "bold red"), visible(issue.message), (f"  {told}", "cyan")))
    if unread := result.record.unread:
        told = ", ".join(f"“{visible(note.quote(span))}”" for span in unread)
        said = f"Not read: {len(unread)} of {result.record.clinical_sentences} sentences with clinical words"
        console.print(Text.assemble(("! ", "bold red"), said, (f"  {told}", "cyan")))


def _summary(console: Console, result: CaseResult) -> None:
    several = len(result.record.documents) > 1
    for warning in result.warnings:
        console.print(Text.assemble(("! ", "bold red"), visible(warning)))
    for sentence in result.summary:
        shown = [
            f"{f'{visible(span.document)} ' if several else ''}{span.start}–{span.end}"
            for span in sentence.evidence[:MOST_PLACES]
        ]
        more = len(sentence.evidence) - len(shown)
        places = ", ".join([*shown, f"{more} more places: see --jsonl"] if more else shown)
        console.print(Text.assemble(visible(sentence.text), (f"  [{places}]" if places else "", "dim")))


def _facts(console: Console, note: Note, result: CaseResult) -> None:
    facts = result.record.facts
    table = _table(f"{len(facts)} facts{_who_read(result)}")
    for fact in facts:
        quote = visible(note.quote(fact.evidence))
        place = f"{fact.evidence.start}–{fact.evidence.end}"
        code = f"{fact.code.code}" if fact.code else ""
        table.add_row(fact.kind.value, Text(_named(fact)), Text(f"“{quote}”", "cyan"), Text(place, "dim"), code)
    if facts:
        console.print(table)


def _who_read(result: CaseResult) -> str:
    """Of a record that a model read too: how many facts both readers found, and how many the model alone."""
    if not result.record.prompts:
        return ""
    agreed = sum(fact.agreed for fact in result.record.facts)
    alone = sum(fact.source is Source.MODEL for fact in result.record.facts)
    return f" ({agreed} found by both readers, {alone} by the model alone)"


def _named(fact: Fact) -> str:
    parts = [visible(fact.display)]
    if fact.quantity:
        parts.append(f"{fact.quantity.comparator or ''}{fact.quantity.value} {fact.quantity.unit or ''}".strip())
    elif fact.text_value:
        parts.append(visible(f"({fact.text_value})" if fact.kind in REMARKS else fact.text_value))
    if use := fact.medication:
        parts += [visible(part) for part in (use.dose, use.route, use.frequency) if part]
    if fact.medication and fact.medication.status == "stopped" and fact.assertion is Assertion.PRESENT:
        # Beside what is taken, a drug that is not reads as one that is.
        parts.append("(stopped)")
    if fact.measured:
        parts.append(visible(f"({fact.measured.date or fact.measured.text})"))
    elif fact.assertion.value != "present":
        parts.append(f"({fact.assertion.value})")
    if fact.source is Source.MODEL:
        parts.append("(read by the model)")
    return " ".join(parts)


def _without_code(result: CaseResult) -> list[str]:
    """The names of the drugs and allergens that no source of codes knows, each once."""
    return list(dict.fromkeys(fact.display for fact in result.record.uncoded()))


def _counted(result: CaseResult) -> str:
    reasons: dict[str, int] = {}
    for _, reason in result.set_aside:
        reasons[reason] = reasons.get(reason, 0) + 1
    return "; ".join(f"{count} × {reason}" for reason, count in reasons.items())


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
