"""The meaning of an answer to its question: yes, no, not sure, or some of the named things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bedside.agents.reader.lexicon import KIN

__all__ = ["Answer", "Said", "answered", "chosen", "tells_of_another", "tells_only_some"]


class Said(StrEnum):
    """The meaning of an answer's first words."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    AGREED = "agreed"
    """Agreement with the question, be it a denial: "right", "yeah"."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's meaning, and the words that carry it: `words[start:end]`."""

    said: Said
    start: int
    end: int


_LEAD = r"(?:\W*\b(?:oh|well|okay|ok|so|and|actually|honestly|yeah no|doctor|sorry)\b)*\W*"
_UNSURE = (
    r"(?:(?:i'm\s+|i\s+am\s+)?not\s+(?:(?:really|too|quite|entirely|a hundred percent)\s+)?(?:sure|certain)|maybe"
    r"|perhaps"
    r"|possibly|probably|might be|could be|hard to (?:say|tell)|can't (?:say|tell)"
    r"|i (?:think|guess|suppose)(?:\s+so)?"
    r"|(?:i\s+)?(?:don't|do not|wouldn't)\s+(?:really\s+)?know|no idea)\b"
)
_NO = (
    r"(?:no|nope|nah|none|never|neither|nothing|nil|negative"
    r"|not (?:really|at all|that|so far|any\w*|now|yet|lately|once|recently|in|for|me|today|much)"
    r"|i (?:don't|haven't|didn't|do not|have not|did not|am not|never|can't|wasn't)"
    r"|i'm not|i've (?:not|never|had no)"
    r"|(?:it|that|they|there)\s?(?:doesn't|isn't|hasn't|didn't|don't|wasn't|aren't))\b"
)
_AGREED = (
    r"(?:right|correct|that's (?:right|correct|true)|exactly|yes|yeah|yep|yup|yea|mm-?hmm|uh-?huh|sure|okay)(?!\w)"
)
_YES = (
    r"(?:absolutely|definitely|of course|certainly|always|i (?:do|have|did|am|was|had|get|feel|can|take)\b"
    r"|i(?:'ve| have) (?:had|been|noticed)|it (?:does|did|is|was|has|comes)|there (?:is|was|are)"
    r"|they (?:do|did|are)"
    r"|a (?:little|bit|lot|few|tiny|couple)|some\w*|occasionally|quite|once in a while|every|on and off"
    r"|off and on|mostly"
    r"|usually|often|slight(?:ly)?|mild(?:ly)?|both|all (?:of|three|four)|either"
    r"|(?:just|only|mainly)\s+(?:when|at|after|in|on|a|with|while|if)\b|since\b|for (?:about |the |a )?[\w ]{0,14}"
    r"(?:hours?|days?|weeks?|months?|years?))"
)
_FORMS = tuple(
    (said, re.compile(_LEAD + f"(?P<words>{pattern})", re.IGNORECASE))
    # "I don't know" is no denial, and "I don't think so" is one: what is unsure is looked for first.
    for said, pattern in ((Said.UNSURE, _UNSURE), (Said.NO, _NO), (Said.AGREED, _AGREED), (Said.YES, _YES))
)
_INSISTS = re.compile(r"\b(?:actually|i (?:do|have|did|am|was)|i've|there is|it (?:does|is|was))\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[^.;!?]*")
_BUT = re.compile(r"\b(?:but|except|though|apart from)\b", re.IGNORECASE)
_DOES = re.compile(
    r"\s+(?:also\s+)?(?:has|have|had|does|do|did|is|was|gets|got|suffers?|takes?|took|uses?)\b", re.IGNORECASE
)


def answered(words: str, *, family: bool) -> Answer | None:
    """Return a tidied answer's meaning; `None` where it is neither yes nor no, or about somebody else.

    Args:
        words: The tidied turn.
        family: Whether relatives were asked about: then their being named is part of the answer.
    """
    for said, form in _FORMS:
        found = form.match(words)
        if found is None:
            continue
        clause = _BUT.split(_clause(words, found.end()))[0]
        if said is Said.AGREED and _INSISTS.search(words[: found.end()] + clause):
            said = Said.YES
        if not family and said is not Said.NO and tells_of_another(clause):
            return None
        return Answer(said, found.start("words"), found.end("words"))
    return None


def _clause(words: str, start: int) -> str:
    found = _CLAUSE.match(words, start)
    return found.group() if found else ""


_OTHERS = re.compile(
    r"\b(?:husband|wife|spouse|partner|boyfriend|girlfriend|friend|colleague|neighbou?r|kids?|baby|dog|cat"
    r"|everyone)\b",
    re.IGNORECASE,
)


def tells_of_another(clause: str) -> bool:
    """True if words report what somebody else has or takes: "my husband has it"."""
    named = [found for pattern in (KIN, _OTHERS) if (found := pattern.search(clause))]
    return any(_DOES.match(clause, found.end()) is not None for found in named)


_ALL = re.compile(
    r"\b(?:both|all (?:of (?:them|those|these|that)|three|four|five)|a bit of (?:both|each|everything))\b", re.I
)
_ORDINALS = (
    (0, re.compile(r"\bthe\s+(?:first|former)\b", re.I)),
    (1, re.compile(r"\bthe\s+second\b", re.I)),
    (2, re.compile(r"\bthe\s+third\b", re.I)),
    (-1, re.compile(r"\bthe\s+(?:last|latter)\b", re.I)),
)
_ONLY = re.compile(r"\b(?:only|just)\b", re.I)


def chosen(words: str, count: int) -> frozenset[int]:
    """Return the things that an answer picks by order: "both", "yes to the first", not "the last two"."""
    if _ALL.search(words):
        return frozenset(range(count))
    return frozenset(at % count for at, named in _ORDINALS if -count <= at < count and named.search(words))


def tells_only_some(words: str) -> bool:
    """True if an answer limits itself to what it names: "only the sweating"."""
    return _ONLY.search(words) is not None
