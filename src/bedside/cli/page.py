"""The page to be read in fifteen seconds: reasons, doubts, the scores, and the marked note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from bedside.boundary import visible
from bedside.cli.wording import quoted, spaced
from bedside.records import (
    NOT_SCORED,
    Assertion,
    CaseResult,
    DecisionPoint,
    Evidence,
    Fact,
    FactKind,
    Score,
    without_repeats,
)
from bedside.session.notes import Note

__all__ = ["show_note", "show_page"]

MOST_LINES = 9
"""The most lines of the note; of a longer one only sentences with a reason, a doubt or a finding are shown."""
MOST_ASKS = 1
FEW = 3
"""The missing inputs of a score up to which single ones that would settle it are named."""
WARNING = "bold"
QUOTE = "italic"
"""The style of a quote, without a colour of its own: it is legible on light and on dark ground."""
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+(?!\s|$)[^.!?\n]*)*(?:[.!?]+(?=\s|$)|\n|$)\s*")
_BESIDE = {Assertion.ABSENT: "no", Assertion.HISTORICAL: "past", Assertion.POSSIBLE: "?"}
"""The mark beside a word of the note that was not read as simply present."""


def show_page(console: Console, note: Note, result: CaseResult) -> None:
    """Print reasons, doubts, scores, the marked note, drugs and allergies."""
    _reasons(console, note, result)
    _doubts(console, note, result)
    _scores(console, result)
    show_note(console, note, result, whole=False)
    _drugs(console, note, result)


def show_note(console: Console, note: Note, result: CaseResult, *, whole: bool) -> None:
    """Print the note with each finding in brackets; denied, past or another person's ones are labelled inside them.

    Args:
        whole: Whether a long note is printed to its end.
    """
    console.print(Text("Note", "bold"))
    pieces = list(_pieces(note, result))
    console.print(_trimmed(Text().join(piece for piece, _ in pieces)) if whole else _short(pieces, console.width))


def _reasons(console: Console, note: Note, result: CaseResult) -> None:
    """Print the reasons that decide in full, and those of lower urgency in one line each."""
    quotes = {fact.id: note.quote(fact.evidence) for fact in result.record.facts}
    for reason in without_repeats(result.reasons):
        words = _longest(quotes[fact] for fact in reason.facts if fact in quotes)
        words += [note.quote(span) for span in reason.evidence]
        line = Text.assemble((f"{reason.urgency} ", "bold"), visible(reason.message))
        if words:
            line.append(f"  {', '.join(map(quoted, words))}", QUOTE)
        decides = reason.urgency == result.urgency
        console.print(line, style="" if decides else "dim", no_wrap=not decides, overflow="ellipsis")
        for like in reason.like:
            console.print(
                f"  like (invented): {visible(like)}", style="dim", markup=False, no_wrap=True, overflow="ellipsis"
            )


def _longest(words: Iterable[str]) -> list[str]:
    """Return each text once, without those contained in another."""
    told = list(dict.fromkeys(words))
    return [one for one in told if not any(one in other for other in told if other != one)]


def _doubts(console: Console, note: Note, result: CaseResult) -> None:
    quotes = {fact.id: note.quote(fact.evidence) for fact in result.record.facts}
    if unread := result.record.unread:
        told = ", ".join(quoted(note.quote(span)) for span in unread)
        console.print(Text.assemble(("? Not read: ", WARNING), (told, QUOTE)))
    for doubt in result.doubts:
        words = ", ".join(quoted(quotes[fact]) for fact in doubt.facts if fact in quotes)
        console.print(Text.assemble(("? ", WARNING), visible(doubt.message), (f"  {words}", QUOTE)))
    for warning in result.warnings:
        if warning == NOT_SCORED:  # the line of scores says it
            continue
        console.print(Text.assemble(("! ", WARNING), visible(warning)))
    for issue in result.record.issues:
        if issue.message in result.warnings:
            continue
        spans = [quotes[fact] for fact in issue.facts if fact in quotes]
        spans = spans or [note.quote(span) for span in (issue.against, issue.evidence) if span is not None]
        words = ", ".join(quoted(span) for span in dict.fromkeys(spans))
        grave = "! (high) " if issue.severity == "high" else "! "
        console.print(Text.assemble((grave, WARNING), visible(issue.message), (f"  {words}", QUOTE)))


def _scores(console: Console, result: CaseResult) -> None:
    parts = [f"NEWS2 {_in_short(result.news2)}"] if result.news2 else []
    parts += ["NEWS2 not scored"] if NOT_SCORED in result.warnings else []
    parts += [f"ESI {_answers(result.decision_points)}"] if result.decision_points else []
    if result.incomplete:
        parts.append(f"not stated: {', '.join(map(spaced, result.incomplete))}")
    if parts:
        console.print(Text.assemble(("Scores ", "bold"), visible(" · ".join(parts))))
    for ask in result.asks[:MOST_ASKS] if len(result.incomplete) <= FEW else ():
        console.print(Text.assemble(("Measure ", "bold"), visible(ask.message)))


def _in_short(score: Score) -> str:
    if len(score.missing) > FEW:
        return "not complete"
    if score.total is None:
        return f"{score.low} to {score.high}, at least {score.risk} risk"
    parts = ", ".join(f"{spaced(name)} {points}" for name, points in score.parts.items() if points)
    return f"{score.total}, {score.risk} risk" + (f" ({parts})" if parts else "")


def _answers(points: Iterable[DecisionPoint]) -> str:
    """Return the decision points that are known to be met."""
    met = [f"{point.point} {_ESI[point.point]}" for point in points if point.met]
    return ", ".join(met) or "nothing certain"


_ESI = {"A": "immediate", "B": "high risk", "C": "many resources", "D": "danger-zone vital sign"}


def _short(pieces: Sequence[tuple[Text, int]], width: int) -> Text:
    """Return the note, or of a long one the most important sentences."""
    whole = Text().join(piece for piece, _ in pieces)
    if _lines(whole, width) <= MOST_LINES:
        return _trimmed(whole)
    all_read, deciding = (_flowing(pieces, least) for least in (1, 2))
    for flowing in (all_read, deciding):
        if _lines(flowing, width) <= MOST_LINES and flowing.plain.strip(_GAP):
            return _trimmed(flowing)
    shown = _trimmed(deciding if deciding.plain.strip(_GAP) else all_read)
    shown.truncate(MOST_LINES * width - len(_MORE))
    return shown.append(_MORE, "dim")


def _flowing(pieces: Iterable[tuple[Text, int]], least: int) -> Text:
    """Return the sentences of at least this weight as one paragraph, with a mark for omissions."""
    kept: list[Text] = []
    for piece, weight in pieces:
        if weight >= least:
            kept.append(Text(" ").join(piece.split("\n", allow_blank=False)))
            if not piece.plain.endswith(" "):
                kept.append(Text(" "))
        elif not kept or kept[-1].plain != _GAP:
            kept.append(Text(_GAP, "dim"))
    return Text().join(kept)


_GAP = "… "
_MORE = " … (--full has the rest)"


def _trimmed(text: Text) -> Text:
    text.rstrip()
    return text


def _lines(text: Text, width: int) -> int:
    return sum(1 + (max(len(line), 1) - 1) // width for line in text.plain.strip().split("\n"))


def _pieces(note: Note, result: CaseResult) -> Iterator[tuple[Text, int]]:
    """Yield all sentences, marked, with their weight: 2 for a reason or a doubt, 1 for any finding, else 0."""
    deciding = {fact for reason in result.reasons for fact in reason.facts}
    documents = note.documents
    for document in documents:
        name, text = document.id, document.text
        if len(documents) > 1:
            yield Text(f"{visible(name)}:\n", "bold"), 2
        facts = _apart(fact for fact in result.record.facts if fact.evidence.document == name)
        unread = [span for span in result.record.unread if span.document == name]
        for found in _SENTENCE.finditer(text):
            if not found.group():
                continue
            start, end = found.span()
            here = [fact for fact in facts if start <= fact.evidence.start < end]
            weighs = any(fact.id in deciding for fact in here) or any(start <= span.start < end for span in unread)
            yield _sentence(text, start, end, here), 2 if weighs else 1 if here else 0


def _apart(facts: Iterable[Fact]) -> list[Fact]:
    """Return facts whose characters do not overlap: of two the longer."""
    kept: list[Fact] = []
    for fact in sorted(facts, key=lambda fact: (fact.evidence.start - fact.evidence.end, fact.evidence.start)):
        if all(_before(fact.evidence, one.evidence) or _before(one.evidence, fact.evidence) for one in kept):
            kept.append(fact)
    return sorted(kept, key=lambda fact: fact.evidence.start)


def _before(one: Evidence, other: Evidence) -> bool:
    return one.end <= other.start


def _sentence(text: str, start: int, end: int, facts: Sequence[Fact]) -> Text:
    said, at = Text(), start
    for fact in facts:
        said.append(visible(text[at : fact.evidence.start]))
        beside = _beside(fact)
        words = visible(text[fact.evidence.start : fact.evidence.end])
        said.append(f"[{words}{': ' if beside else ''}{beside}]", "" if beside else "bold")
        at = fact.evidence.end
    return said.append(visible(text[at:end]))


def _beside(fact: Fact) -> str:
    """Return the label of a marked word: it is denied, past, another person's, planned or stopped."""
    if fact.kind is FactKind.FAMILY or fact.assertion is Assertion.FAMILY:
        return (fact.text_value or "family").lower()
    if (
        fact.medication is not None
        and fact.assertion is not Assertion.ABSENT
        and fact.medication.status != "active"
    ):
        return fact.medication.status
    if fact.assertion is Assertion.HYPOTHETICAL:
        return "planned or if" if fact.kind is FactKind.PROBLEM else "planned"
    return _BESIDE.get(fact.assertion, "")


def _drugs(console: Console, note: Note, result: CaseResult) -> None:
    """Print drugs and allergies in the note's own words, each with its status."""
    for head, kind in (("Drugs", FactKind.MEDICATION), ("Allergies", FactKind.ALLERGY)):
        told = dict.fromkeys(_own(fact, note) for fact in result.record.of_kind(kind))
        if told:
            console.print(Text.assemble((f"{head} ", "bold"), " · ".join(told)))


def _own(fact: Fact, note: Note) -> str:
    use = fact.medication
    parts = [visible(note.quote(fact.evidence))]
    if use is not None:
        parts += [visible(part) for part in (use.dose, use.route, use.frequency) if part]
    if fact.kind is FactKind.ALLERGY and fact.text_value:
        parts.append(visible(f"({fact.text_value})"))
    beside = _beside(fact)
    return " ".join(parts) + (f" [{beside}]" if beside else "")
