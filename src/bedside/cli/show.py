"""A result as a person reads it: one line of many, the page, or all there is."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bedside.boundary import visible
from bedside.cli.left import counted, show_left
from bedside.cli.page import show_note, show_page
from bedside.cli.pictures import show_pictures
from bedside.cli.sections import print_section
from bedside.cli.wording import counted_facts, named, spaced
from bedside.records import CaseResult, Score, Source
from bedside.session.done import Done
from bedside.session.line import without_code
from bedside.session.notes import Note

__all__ = ["Detail", "detail_of", "show"]

URGENCIES = {
    1: ("IMMEDIATE", "black on #d55e00"),
    2: ("EMERGENCY", "black on #d55e00"),
    3: ("URGENT", "black on #f0e442"),
    4: ("STANDARD", "black on #56b4e9"),
    5: ("ROUTINE", "black on #56b4e9"),
}
"""Colours of the palette of Okabe and Ito, distinct for colour-blind readers (vermilion, yellow, sky blue); the
words say the same without any."""
NOT_UNDERSTOOD = "? NOT UNDERSTOOD"
UNREAD_STYLE = "bold black on #cc79a7"
MOST_PLACES = 16
MOST_ASKS = 3


class Detail(StrEnum):
    """The amount that is printed of a result."""

    LINE = "line"
    PAGE = "page"
    QUESTIONS = "questions"
    """The page, with the questions that were composed and did not leave, word for word."""
    FULL = "full"
    """Every fact with its place and code, the scores in full, all questions."""


def detail_of(full: bool, questions: bool = False) -> Detail:
    """Return the detail that the flags `--full` and `--questions` request."""
    return Detail.FULL if full else Detail.QUESTIONS if questions else Detail.PAGE


DRAFT = "Draft for a clinician to check. Not a medical device."


def show(console: Console, done: Done, result: CaseResult, bundle: Path | None, detail: Detail) -> None:
    """Print a result in the requested detail."""
    note, full = done.note, detail is Detail.FULL
    if detail is Detail.LINE:
        line = Text.assemble(_badge(result), f" {visible(note.id)}  ", _first_reason(result), _left_in_short(done))
        console.print(line, soft_wrap=True)
        return
    console.print()
    console.print(Text.assemble(_badge(result), f"  {visible(note.id)}{_patient(result)}"))
    console.print(DRAFT, style="italic")
    if result.reviewer:
        changes = f", who changed {len(result.edits)} things" if result.edits else ""
        console.print(f"Reviewed by {visible(result.reviewer)}{changes}.", markup=False)
    if result.summary:  # the page is what was asked for; the facts behind it are in the JSON line
        _summary(console, result)
    elif result.understood is not None and result.images is None and not full:
        show_page(console, note, result)
    else:
        _reasons(console, note, result)
        _warnings(console, note, result)
        if result.images is not None:
            show_pictures(console, result.images)
        _facts(console, note, result)
        if full:
            show_note(console, note, result, whole=True)
    for channel, value in done.results.items():
        print_section(console, channel, value)
    names = {fact.id: named(fact) for fact in result.record.facts}
    show_left(console, done, result, names, unsent=full or detail is Detail.QUESTIONS)
    if result.set_aside and (full or result.understood is None):
        console.print(f"Not in the bundle: {_counted(result)}", style="dim")
    if bundle and (uncoded := without_code(result)):
        said = f"Without a code, in the bundle as text: {visible('; '.join(uncoded))}"
        console.print(said, style="dim", markup=False, no_wrap=not full, overflow="ellipsis")
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
    return counted_facts(len(result.record.facts))


def _reasons(console: Console, note: Note, result: CaseResult) -> None:
    quotes = {fact.id: note.quote(fact.evidence) for fact in result.record.facts}
    table = _table("Why")
    for reason in result.reasons:
        evidence = ", ".join(f"“{visible(quotes[fact])}”" for fact in reason.facts if fact in quotes)
        table.add_row(str(reason.urgency), Text(visible(reason.message)), Text(evidence, "cyan"))
    if result.reasons:
        console.print(table)
    if result.news2:
        attribution = (f"  {result.news2.attribution}", "dim")
        console.print(Text.assemble(("NEWS2 ", "bold"), _score(result.news2), attribution))
    if result.incomplete:
        console.print(Text.assemble(("Not stated: ", "bold"), ", ".join(map(spaced, result.incomplete))))
    for ask in result.asks[:MOST_ASKS]:
        console.print(Padding(Text.assemble(("Measure ", "bold"), visible(ask.message)), (0, 0, 0, 2)))
    for point in result.decision_points:
        if point.met is not False:
            said = "" if point.met else "cannot be said. "
            line = visible(f"{said}{point.message}")
            console.print(Text.assemble((f"ESI {point.point}: ", "bold"), line, style="dim"))


def _score(score: Score) -> str:
    if score.total is not None:
        parts = ", ".join(f"{spaced(name)} {points}" for name, points in score.parts.items() if points)
        return f"{score.total}, {score.risk} risk" + (f" ({parts})" if parts else "")
    missing = ", ".join(map(spaced, score.missing))
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
        places = ", ".join([*shown, f"{more} more places"] if more else shown)
        console.print(Text.assemble(visible(sentence.text), (f"  [{places}]" if places else "", "dim")))


def _facts(console: Console, note: Note, result: CaseResult) -> None:
    facts = result.record.facts
    table = _table(f"{counted_facts(len(facts))}{_who_read(result)}")
    for fact in facts:
        quote = visible(note.quote(fact.evidence))
        place = f"{fact.evidence.start}–{fact.evidence.end}"
        code = f"{fact.code.code}" if fact.code else ""
        table.add_row(fact.kind.value, Text(named(fact)), Text(f"“{quote}”", "cyan"), Text(place, "dim"), code)
    if facts:
        console.print(table)


def _who_read(result: CaseResult) -> str:
    """Return how many facts both readers found, and how many the model alone, if a model read the record too."""
    if not result.record.prompts:
        return ""
    agreed = sum(fact.agreed for fact in result.record.facts)
    alone = sum(fact.source is Source.MODEL for fact in result.record.facts)
    return f" ({agreed} found by both readers, {alone} by the model alone)"


def _counted(result: CaseResult) -> str:
    reasons: dict[str, int] = {}
    for _, reason in result.set_aside:
        reasons[reason] = reasons.get(reason, 0) + 1
    return "; ".join(f"{count} × {reason}" for reason, count in reasons.items())


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
