"""The assertion of a thing that a sentence names: present, absent, possible, past, planned, a relative's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.lexicon import KIN
from bedside.agents.reader.modify.clauses import statement_starts
from bedside.agents.reader.modify.frames import Frame, frames_in
from bedside.agents.reader.modify.subject import relatives_in, subject
from bedside.agents.reader.tables import rows
from bedside.records import Assertion
from bedside.tools.terminology import PhraseIndex, Span, Token, tokenize

__all__ = [
    "STATED",
    "Context",
    "Cue",
    "Stance",
    "assertion_at",
    "context",
    "is_answered_no",
    "is_here",
]


@dataclass(frozen=True, slots=True)
class Cue:
    """The effect of a phrase on the things beside it, and its reach.

    Attributes:
        effect: An assertion; `stop` ends what was said before, `verb` too unless it is itself denied, `comma` only
            after a break, `none` speaks of nothing, `affirm` takes back what else is said.
        scope: `before` the thing to the end of the statement; `to_comma`; `to_verb`; `max_words` and `few_words`
            over a few words; `over_commas` along a list; `adjacent` right before the thing; `after` it,
            `right_after` next to it.
        id: The name of the rule.
    """

    effect: str
    scope: str
    id: str


@dataclass(frozen=True, slots=True)
class Stance:
    """The meaning of the words around a thing.

    Attributes:
        assertion: Without regard to the section and to the nature of the thing.
        family: Whether the sentence speaks of a relative.
        other: Whether it speaks of other people, such as sick contacts.
        why: The id of the rule that tells the assertion; empty where none does.
    """

    assertion: Assertion = Assertion.PRESENT
    family: bool = False
    other: bool = False
    why: str = ""

    @property
    def absent(self) -> bool:
        """True if the thing is denied."""
        return self.assertion is Assertion.ABSENT

    @property
    def hypothetical(self) -> bool:
        """True if it may come, or is planned."""
        return self.assertion is Assertion.HYPOTHETICAL

    @property
    def past(self) -> bool:
        """True if it is over."""
        return self.assertion is Assertion.HISTORICAL

    @property
    def was(self) -> bool:
        """True if it is or was there, or may be: it has a side, a beginning, an end."""
        return not (self.absent or self.hypothetical)

    @property
    def here(self) -> bool:
        """True if this patient has it now, or may have it."""
        now = self.assertion in (Assertion.PRESENT, Assertion.POSSIBLE)
        return now and not self.family and not self.other


STATED = Stance()
"""The assertion of a thing in a list or a field of its own: present, with no word beside it to the contrary."""


@dataclass(frozen=True, slots=True)
class Context:
    """A sentence with its cues, its statements and the people whom it names; positions are inside the sentence."""

    words: str
    cues: tuple[Span[Cue], ...]
    relatives: tuple[Span[str], ...]
    statements: tuple[int, ...] = ()


# The farther down, the weaker: "if he has no fever" is hypothetical.
_ORDER = (Assertion.HYPOTHETICAL, Assertion.ABSENT, Assertion.POSSIBLE, Assertion.HISTORICAL)
_NEAR_WORDS = 2
_FEW_WORDS = 3
# "history of afib on warfarin fell and hit head": a word of the past speaks of the first thing alone.
_NEW_STATEMENT = re.compile(r"[,:]|\bw/|\b(?:with|and|or|on|who|that|after|for|here|fell|took|since|known)\b", re.I)
_ADMITTED_FOR = re.compile(r"\b(?:admission|admitted|hospitali[sz]\w+|visits?|treat\w+|seen)\s+for\b", re.I)
_TIME = re.compile(r"ago|earlier|prior|before|child|teen|infan|baby|adolescen|youth|young|college", re.I)
_ENDED = frozenset({"absent", "possible", "historical", "family", "thing"})
_TURN = re.compile(r"but\b|however\b", re.I)
# "denies that he has": the verb belongs to the denial.
_SAME_PHRASE = re.compile(
    r"\s*(?:(?:that|he|she|they|the|patient|pt|ever|having|currently|recently|also)\s+)*\Z", re.I
)
_RECURRED = re.compile(r"[^.;]{0,40}\b(?:returned|recurr\w+|reoccur\w+|came\s+back|is\s+back)\b", re.I)
_PERIOD = re.compile(
    r"\s+(?:\d|an?\b|one|two|three|four|five|six|few|couple|several|hours?|days?|weeks?|months?|years?)", re.I
)
_AFTER_REACH = 45
_BETWEEN_DASHES = re.compile(r"\s[-–|/]\s")
_WORD = re.compile(r"\b(?!(?:aged?|died|dead|deceased|alive|of|at|in|with|has|had|on|side)\b)[A-Za-z]{2,}", re.I)
# "3/7 hx of cough" and "2 week history of cough" tell how long it lasts, not that it is over.
_DURATION = re.compile(
    # A number of two digits with an "m" or "y" is an age: "52M with history of".
    r"(?:\d+\s*/\s*(?:7|52|12)|\b(?:day|week|month|year|hour|hr|yr|wk)s?"
    r"|(?<!\d)(?:\d{1,2}\s*(?-i:[dw])|\d\s*(?-i:[my])))'?\s*\Z",
    re.I,
)
_QUERY = re.compile(r"\?[^\w\n]{0,3}(?:[\w'’&-]+[ \t/-]+){0,3}\Z")
_QUERY_AFTER = re.compile(r"\s?\(?\?(?!\w)")
_MINUS = re.compile(r"(?:(?<=[\s,;(:/])|\A)(?:-|\(-\)\s?|−|0\s)\Z")
_ANSWER_NO = re.compile(
    r"\s*(?:[:=]|\s[-–]|\()\s*(?:no|none|nil|denies|denied|absent|negative|-ve|\(-\))\s*(?:[.,;)\n]|\Z)", re.I
)
# "to exclude systemic disease, e.g. X" goes on after its comma.
_EXAMPLE = re.compile(r",\s*(?:e\.?g\.?|i\.?e\.?|such as|including|like|especially)\s", re.I)
_EXAMPLES = re.compile(
    r"\b(?:conditions?|causes?|diagnos[ei]s|diseases?|things)\s+(?:like|such\s+as|including)\b", re.I
)


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[Cue]:
    return PhraseIndex((row["phrase"], Cue(row["effect"], row["scope"], row["id"])) for row in rows("cues"))


def context(
    words: str,
    *,
    patient: str | None = None,
    mentions: Sequence[tuple[int, int]] = (),
    findings: Sequence[tuple[int, int]] | None = None,
    frames: Sequence[Frame] | None = None,
) -> Context:
    """Find all in a sentence that tells how it speaks of things.

    Args:
        words: The sentence.
        patient: A word for a relative ("wife") that stands for the patient here.
        mentions: Start and end of each thing that the sentence names, in order.
        findings: Those of them that are symptoms or problems; all, if not given.
        frames: Those that the text around the sentence can hold; all, if not given.
    """
    tokens = tokenize(words)
    relatives = (span for span in relatives_in(words, tokens) if words[span.start : span.end].lower() != patient)
    cues = tuple(span for span in _cues(words, tokens, frames) if not _is_in_a_name(span, mentions))
    denials = [
        span.end
        for span in cues
        if any(cue.effect == Assertion.ABSENT and cue.scope in ("before", "max_words") for cue in span.values)
    ]
    found = mentions if findings is None else findings
    starts = statement_starts(words, mentions, found, denials) if denials else ()
    return Context(words, cues, tuple(relatives), starts)


def _is_in_a_name(span: Span[Cue], mentions: Sequence[tuple[int, int]]) -> bool:
    """True if a denial is a part of what is there: "no urine output", "no feeling in legs"."""
    denies = all(cue.effect == Assertion.ABSENT for cue in span.values)
    return denies and any(start <= span.start and span.end < end for start, end in mentions)


def _cues(words: str, tokens: list[Token], frames: Sequence[Frame] | None) -> list[Span[Cue]]:
    """The cues of a sentence; a frame that means nothing by its words, or more, takes the place of the words."""
    lowered = words.lower()
    framed = [
        Span(start, end, (Cue(frame.effect, frame.scope, frame.id),))
        for frame in (frames_in(words) if frames is None else frames)
        for start, end in frame.find(words, lowered)
    ]
    covering = [span for span in framed if span.values[0].scope not in ("after", "right_after")]
    # "Blackouts no, chest pain": the answer belongs to what was asked before it, and denies nothing behind it.
    behind = [span for span in framed if span.values[0].scope == "right_after"]
    answers = {span.end for span in behind if span.values[0].effect == "absent"}
    plain = [
        span
        for span in _index().find(words, tokens)
        if (span.end not in answers or all(cue.scope in ("after", "right_after") for cue in span.values))
        and not any(
            frame.start < span.end
            and span.start < frame.end
            and all(cue.scope not in ("after", "right_after") for cue in span.values)
            for frame in covering
        )
    ]
    return sorted([*plain, *framed], key=lambda span: (span.start, span.end))


def is_answered_no(around: Context, start: int, end: int) -> bool:
    """True if a no is right beside the thing at `around.words[start:end]`: an answer, an empty box.

    What reaches farther does not count: "no recent illness, metformin 1 g BD" denies no drug.
    """
    return any(
        cue.effect == Assertion.ABSENT
        and ((cue.scope == "adjacent" and span.end == start) or (cue.scope == "right_after" and span.start == end))
        for span in around.cues
        for cue in span.values
    )


def is_here(around: Context, start: int, end: int) -> bool:
    """True if the words at `around.words[start:end]` are about this patient, now."""
    return assertion_at(around, start, end).here


def assertion_at(around: Context, start: int, end: int, *, event: bool = False) -> Stance:
    """Return the assertion of the thing at `around.words[start:end]`.

    Args:
        around: The sentence.
        start: Where the thing begins in it.
        end: Where it ends.
        event: Whether the thing is a symptom that comes and is over, such as chest pain. A word of the past reaches
            it less far, because a missed emergency is worse than an old one that is counted.
    """
    active: dict[str, str] = {}
    previous: Span[Cue] | None = None
    for span in around.cues:
        if span.end <= start:
            _before(around, span, previous, start, active, event=event)
        elif span.start < start and _DENIED_VERB.fullmatch(around.words[span.start : start]):
            # "Did not take an overdose": the verb belongs to the thing.
            active[Assertion.ABSENT.value] = "denied-verb"
        elif (
            span.start == start
            and any(cue.effect == "comma" for cue in span.values)
            and _begins_anew(around.words, span)
        ):
            # "No rash, severe headache": the word that begins the statement is a part of the name.
            _end(active, _ENDED)
        elif span.start >= end:
            _after(around.words, span, end, active, event=event)
        if any(cue.scope not in ("after", "right_after") for cue in span.values):
            previous = span
    if "thing" in active:
        active[Assertion.HYPOTHETICAL.value] = active["thing"]
    active |= _marks(around.words, start, end)
    if "affirm" in active:
        _end(active, frozenset(assertion.value for assertion in _ORDER))
    about = subject(around.words, around.relatives, start)
    family = "family" in active or about == "relative"
    for assertion in _ORDER:
        if assertion.value in active:
            return Stance(assertion, family, about == "other", active[assertion.value])
    return Stance(Assertion.PRESENT, family, about == "other", active.get("affirm", ""))


def _end(active: dict[str, str], effects: frozenset[str]) -> None:
    """Return the end of the reach of earlier words."""
    for effect in effects & active.keys():
        del active[effect]


def _begins_anew(words: str, span: Span[Cue]) -> bool:
    """True if a word that grades or dates begins a statement; a list of alternatives goes on.

    "No fever, severe headache" ends the denial and "no fever, severe headache or neck stiffness" does not.
    """
    return _follows_break(words, span.start) and _ALTERNATIVES.match(words, span.end) is None


def _before(
    around: Context, span: Span[Cue], previous: Span[Cue] | None, start: int, active: dict[str, str], *, event: bool
) -> None:
    words = around.words
    between = words[span.end : start]
    if ")" in between and "(" not in between.split(")", 1)[0]:
        return
    for cue in span.values:
        verb = cue.effect == "verb" and not _same_phrase(words, previous, span)
        if verb or cue.effect == "stop" or (cue.effect == "comma" and _begins_anew(words, span)):
            # A list of what may come goes on ("risk of falls, severe bleeding which may require surgery").
            ended = _ENDED if verb or _TURN.match(words, span.start) else _ENDED - {"thing"}
            # "Family history is positive for": still the family's.
            _end(active, ended - {"family"} if _of_the_family(words, previous, span) else ended)
        elif (
            cue.scope in ("after", "right_after")
            or cue.effect in ("none", "comma", "verb")
            or (cue.effect == "absent" and any(span.end <= at <= start for at in around.statements))
        ) or (cue.effect == "hypothetical" and _HERE_NOW.search(between)):
            continue
        elif _reaches(words, span, cue, between, event=event):
            thing = cue.scope in ("to_verb", "to_comma") and cue.effect == "hypothetical"
            active["thing" if thing else cue.effect] = cue.id


def _of_the_family(words: str, previous: Span[Cue] | None, span: Span[Cue]) -> bool:
    return (
        previous is not None
        and any(cue.effect == "family" for cue in previous.values)
        and _COPULA.fullmatch(words, previous.end, span.start) is not None
    )


_ALTERNATIVES = re.compile(r"[^.;\n]{0,60}?\b(?:or|nor)\b", re.I)
_DENIED_VERB = re.compile(r"(?:no|not|never|without|\w+n[’']t)\s+", re.I)
# "Told to attend if worse, and now has": the warning came before.
_HERE_NOW = re.compile(
    r"\b(?:(?:and|but|he|she|they|pt|patient|,)\s+now\b|now\s+(?:has|had|with|is)\b|on\s+arrival|arrived"
    r"|then\s+(?:had|developed|collapsed|became))|[;,]\s+(?:now|today|this\s+(?:morning|afternoon|evening))\b",
    re.I,
)
_COPULA = re.compile(r"\s*(?:(?:is|was|remains|also)\s+)*", re.I)


def _same_phrase(words: str, previous: Span[Cue] | None, span: Span[Cue]) -> bool:
    """True if a verb is part of the cue before it ("denies experiencing", "risk of developing")."""
    return (
        previous is not None
        and any(cue.effect in ("absent", "family") or cue.scope == "to_verb" for cue in previous.values)
        and _SAME_PHRASE.match(words[previous.end : span.start]) is not None
    )


def _reaches(words: str, span: Span[Cue], cue: Cue, between: str, *, event: bool) -> bool:
    count = len(between.split())
    if cue.scope == "adjacent":
        return not between
    if cue.scope == "max_words":
        return count < _NEAR_WORDS and "," not in between
    if cue.effect == "family" and (parts := _BETWEEN_DASHES.split(between.lstrip(" :-–")))[1:]:
        # "FH father MI - chest pain": a relative's disease stands before the dash, and a new item after it.
        return _WORD.search(KIN.sub("", parts[0])) is None
    if cue.scope == "to_comma":
        return "," not in between
    if cue.scope == "to_verb":
        # "Check for stroke: slurred speech": what follows the colon was found.
        return ":" not in between.lstrip(" :")
    if cue.effect == "possible" and cue.scope == "before":
        if _EXAMPLES.search(between):
            return True
        between = _EXAMPLE.sub(" ", between)
        # "Query meningitis: photophobia": what follows the colon was found.
        return (
            "," not in between
            and ":" not in between.lstrip(" :")
            and " - " not in between
            and len(between.split()) <= 8
        )
    if cue.effect == "historical":
        if event and (count > _FEW_WORDS or _NEW_STATEMENT.search(_ADMITTED_FOR.sub("", between))):
            return False
        return not _DURATION.search(words[max(0, span.start - 12) : span.start])
    return True


def _follows_break(words: str, at: int) -> bool:
    return words[:at].rstrip(" \t")[-1:] in (",", "-", "–", "\n", "(") or words[:at].endswith(" and ")


def _after(words: str, span: Span[Cue], end: int, active: dict[str, str], *, event: bool) -> None:
    between = words[end : span.start]
    if len(between) > _AFTER_REACH or "," in between.replace(", and", ""):
        return
    if event and _TIME.search(words[span.start : span.end]):
        # "chest pain with a stent placed 5 years ago" dates the stent.
        plain = re.sub(r"\bon\b", "", between)
        if len(between.split()) > _FEW_WORDS or _NEW_STATEMENT.search(plain):
            return
    turned = "but" in between.split()
    for cue in span.values:
        if cue.effect == "historical" and _still_there(words, span):
            continue
        # "initial diarrhoea - but now resolved" still tells of an end.
        follows = cue.scope == "after" and (cue.effect == "historical" or not turned)
        if follows or (cue.scope == "right_after" and not between.strip()):
            active[cue.effect] = cue.id


def _still_there(words: str, span: Span[Cue]) -> bool:
    """True if the words after an end take it back: "resolved but returned", "in the past 6 months"."""
    recent = words[span.start : span.end].lower() == "in the past" and _PERIOD.match(words, span.end)
    return bool(recent) or _RECURRED.match(words, span.end) is not None


def _marks(words: str, start: int, end: int) -> dict[str, str]:
    """Return the meaning of question marks, signs and answers right beside the thing."""
    before, after = words[max(0, start - 40) : start], words[end : end + 60]
    found = {}
    if _QUERY.search(before) or _QUERY_AFTER.match(after) or before.endswith(("+/- ", "+/-", "± ")):
        found[Assertion.POSSIBLE.value] = "question-mark"
    if _ANSWER_NO.match(after) or (_MINUS.search(before) and start > 1):
        found[Assertion.ABSENT.value] = "answered-no"
    return found
