"""The beginnings of new statements inside a sentence, which no denial before them reaches.

"No fever, chest pain since noon" holds two statements and "no fever, chest pain or cough" one. What comes after a
separator tells: a time, a finite verb, a dash, how bad it is. Where it cannot be told, a list goes on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

__all__ = ["statement_starts"]

_UNIT = r"(?:min(?:ute)?s?|h(?:ou)?rs?|h|days?|nights?|weeks?|wks?|months?|mths?|years?|yrs?)"
_COUNT = (
    r"(?:\d+(?:[-–]\d+)?|an?|one|two|three|four|five|six|several|few|couple\s+of|the\s+(?:last|past)(?:\s+\w+)?)"
)
_TELLS = re.compile(
    # When it began or how long it lasts.
    r"\bsince\b(?!\s+(?:birth|childhood|surgery|operation|discharge))"
    rf"|\b(?:for|x)\s?(?:about\s+|over\s+)?{_COUNT}\s?{_UNIT}\b|\bx\s?\d+\b(?!\s*/)"
    rf"|\b{_COUNT}\s?{_UNIT}\s+(?:ago|history)\b"
    r"|\b\d{1,2}\s?/\s?(?:24|7|52|12)\b(?!\s?/)"
    # Alone at the end: "no weakness, face dropped 1hr"; "in the last 3 days" is the time that was asked for.
    r"|(?<!last )(?<!past )(?<!next )(?<!within )(?<!in )(?<!over )(?<!previous )"
    rf"\b\d+\s?{_UNIT}(?=\s*(?:[.,;]|\Z))"
    r"|\b(?:though|however)(?=\s*(?:[.,;]|\Z))"
    r"|\b(?:started|starting|began|begun|came\s+on|comes\s+and\s+goes|woke|awoke|developed|onset|then|collapsed?)\b"
    r"|\b(?:on\s+arrival|overnight|at\s+\d{1,2}(?:[:.]\d\d)?\s?(?:am|pm|hrs?|h)?\b)"
    # A finite verb with the thing for its subject or object, outside of a relative clause.
    r"|(?<!that )(?<!which )(?<!who )(?<!when )(?<!if )"
    r"\b(?:is|are|was|were|has|have|had|looks?|seems?|feels|hurts?|aches?|went|fell|got|gets|keeps|kept|cannot"
    r"|can['’]t"
    r"|won['’]t|hasn['’]t|isn['’]t|appears?|remains?|says|telling)\b"
    # How bad it is: nobody grades what is not there.
    r"|\+{2,}|\b(?:crushing|excruciating|worst|profuse|torrential|unbearable|ongoing|persistent|worsening)\b"
    r"|\b\d{1,2}/10\b|\bpain\s+\d\b",
    re.I,
)
_SEPARATOR = re.compile(r",(?!\d)|\s[-–—]+\s|\s(?:and|but)\s|[;\n]|\.\s")
# "No history of trauma he woke with": somebody who does something begins a statement without a sign.
_SOMEBODY = re.compile(
    r"\s(?=(?:he|she|they)\s+(?:woke|awoke|has|had|is|was|felt|feels|fell|cannot|can['’]t|collapsed|developed"
    r"|started|became|vomited|says|reports|describes|complains|looks)\b"
    r"(?!\s+(?:aware|able|ever|not|never|no)\b))",
    re.I,
)
# Unless a word before it takes what follows along: "denies that he has", "does not think he had".
_TAKES_ALONG = re.compile(
    r"(?:\b(?:that|when|whenever|if|which|who|as|while|den\w+|think\w*|believes?|feels?|recalls?|knows?|says?|reports?"
    r"|sure|aware|because|since|until|till|before|after|where|what|why|how|whether|than|unless|like|and|or|nor)"
    r"|[,;:.-])\Z",
    re.I,
)
_ALTERNATIVE = re.compile(r"\s*,?\s*(?:and/or|or|nor|and\s+(?:no|without|denies))\b", re.I)
_INSIDE = re.compile(r"\b(?:or|nor)\b", re.I)
_HARD = re.compile(r"\s[-–—]+\s|\sbut\s|[;\n]|\.\s")
_COMMA = re.compile(r",(?!\d)")
# What is asked in a row with symptoms: "no recent travel, fever, chills" goes on.
_ASKED = re.compile(
    r"\b(?:travel\w*|contacts?|exposures?|other|associated|similar|such|changes?|focal|neuro\w*"
    r"|deficits?|signs?|features?|symptoms?|new|recent|significant|acute|further|previous|history)\b",
    re.I,
)
_GRADE = re.compile(r"(?:severe|sudden|worst|crushing|profuse|massive)\b", re.I)
_GRADED = re.compile(
    r"\s+(?:mild|moderate|severe|\+{1,4}|worse|worsening|unbearable|\d{1,2}/10)(?![\w/])(?!\s+or\b)", re.I
)
# Between two things of one list stands a sign or a small word.
_CONNECTED = re.compile(
    r"[,/;&+]|\b(?:and|or|nor|with|of|on|in|at|to|from|by|for|after|when|while|as|than|any|no|not"
    r"|is)\b",
    re.I,
)


def statement_starts(
    words: str,
    mentions: Sequence[tuple[int, int]],
    findings: Sequence[tuple[int, int]],
    denials: Sequence[int],
) -> tuple[int, ...]:
    """The positions in a sentence at which a new statement begins.

    Args:
        words: The sentence.
        mentions: Start and end of each thing that the sentence names, in order.
        findings: Those of them that are symptoms or problems.
        denials: One past each word that denies what follows it.
    """
    plain = _without(words, mentions)
    marks = [
        (found.start(), found.end(), _HARD.fullmatch(found.group()) is not None)
        for found in _SEPARATOR.finditer(words)
    ]
    marks += [(at, at, False) for at in _unconnected(words, mentions)]
    marks += [
        (found.end(), found.end(), True)
        for found in _SOMEBODY.finditer(words)
        if not _TAKES_ALONG.search(words, max(0, found.start() - 12), found.start())
    ]
    marks = sorted(mark for mark in marks if not _is_inside(mark[0], mark[1], mentions))
    ends = [*(start for start, _, _ in marks), len(words)]
    told = (
        following
        for at, (_, following, hard) in enumerate(marks)
        if _begins(plain, following, ends[at + 1], hard=hard)
    )
    return tuple(
        sorted(
            {
                *told,
                *_capitals(words, mentions),
                *_graded(words, mentions),
                *_spent(words, mentions, findings, denials),
            }
        )
    )


def _without(words: str, mentions: Sequence[tuple[int, int]]) -> str:
    """The sentence with its names blanked out: "muscle aches" is a thing and no verb."""
    for start, end in mentions:
        words = words[:start] + "_" * (end - start) + words[end:]
    return words


def _begins(words: str, start: int, end: int, *, hard: bool) -> bool:
    told = _TELLS.search(words, start, end)
    if told is None:
        return False
    # "denies fever, pain since surgery, or chills": one list of alternatives.
    return hard or not (_ALTERNATIVE.match(words, end) or _INSIDE.search(words, start, told.start()))


def _unconnected(words: str, mentions: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Yield the places where one thing follows another without a sign between them: "no sob chest pain +++"."""
    last = -1
    for start, end in mentions:
        if 0 <= last <= start and not _CONNECTED.search(words, last, start):
            yield last
        last = max(last, end)


def _capitals(words: str, mentions: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Yield the places where a capital follows a thing in small letters without a sign: "no fever Vomiting"."""
    for (first, last), (start, end) in pairwise(mentions):
        capital = words[start].isupper() and words[start + 1 : end].islower()
        if last <= start and capital and words[first:last].islower() and not words[last:start].strip():
            yield start


def _spent(
    words: str, mentions: Sequence[tuple[int, int]], findings: Sequence[tuple[int, int]], denials: Sequence[int]
) -> Iterator[int]:
    """Yield the ends of denials that had their own thing, which is no finding: "no beds, chest pain"."""
    for denial in denials:
        stop = _COMMA.search(words, denial)
        if stop is None or not words[denial : stop.start()].strip() or _INSIDE.search(words, denial):
            continue
        if _ASKED.search(words, denial, stop.start()):
            continue
        following = next((span for span in mentions if span[0] >= stop.end()), None)
        denied = any(denial <= start < stop.start() or start < denial < end for start, end in findings)
        if not denied and following in findings:
            yield stop.end()


def _graded(words: str, mentions: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Yield the places where a graded thing follows another: "no bleeding severe headache"."""
    for (_, last), (start, end) in pairwise(mentions):
        between = words[last:start].strip()
        before = not between and _GRADE.match(words, start)
        behind = between in ("", ",") and _GRADED.match(words, end)
        if last <= start and (before or behind):
            yield start


def _is_inside(start: int, end: int, mentions: Sequence[tuple[int, int]]) -> bool:
    """True if a separator is inside a name ("nausea and vomiting", "shortness of\\nbreath")."""
    at = bisect_right(mentions, (start, -1)) - 1
    return any(
        first < end and start < last for first, last in mentions[max(0, at) : at + 2] if first < start or end < last
    )
