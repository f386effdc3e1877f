"""What is over and what goes on: dates, endings, and the signs that a thing of the past is here again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.document.sections import Part

__all__ = ["dated_past", "ending", "goes_on", "is_aftermath", "is_known_reaction", "is_over", "past_lists"]

_NUMBER = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|few|a\s+few|several|couple(?:\s+of)?)"
_UNIT = r"(?:hours?|hrs?|h|minutes?|mins?|days?|d|nights?|weeks?|wks?|w|months?|mos?|years?|yrs?)"
_EVENT_YEAR = re.compile(
    r"(?:\s+(?:once|twice|back|x\s?\d|at\s+age\s+\d+))*\s+(?:in|from)\s+(?:19|20)\d\d\b"
    r"|\s*\(?\s*(?:\d{1,2}/)?(?:19|20)\d\d\b(?!\s*[-/]\d)"
)
_PAST_YEAR = re.compile(
    r"[^.;,]{0,25}\b(?:in|of|from|back\s+in)\s+(?:19|20)\d\d\b|\s*\(?\s*(?:\d{1,2}/)?(?:19|20)\d\d\b(?!\s*[-/]\d)"
)
# "Hyperkalaemia 6.4 in March": a month that is named is over, unless the thing goes on.
_MONTH = re.compile(
    r"(?:\s+\d[\d.]*)?\s+(?:back\s+)?(?:in|last)\s+(?:january|february|march|april|june|july|august|september|october"
    r"|november|december|(?-i:May))\b(?!\s+(?:and\s+)?(?:still|ongoing|onwards?|until|to\s+now))",
    re.I,
)
# "Had an allergic reaction with collapse after penicillin in 1974": the year at the end dates all that was had.
_HAD = re.compile(
    r"\b(?:had|suffered|developed|experienced)\b(?![^.;,\n]*\b(?:now|today|is|has|presents?|since)\b)[^.;,\n]*\Z",
    re.I,
)
_CLAUSE_YEAR = re.compile(
    r"(?:\s+(?!(?:on|since|now|today|but|is|has|takes|currently|still)\b)[\w'-]+){1,8}\s+in\s+(?:19|20)\d\d\b(?=\s*(?:[.;,)\n]|\Z))",
    re.I,
)
_PAST_BEFORE = re.compile(
    rf"(?:\b{_NUMBER}\s+(?:years?|decades?)\s+(?:ago|back|earlier)|\b(?:back\s+)?in\s+(?:19|20)\d\d|\byears\s+ago"
    r"|\bas\s+a\s+(?:child|teenager|baby|young\s+\w+)),?\s+(?:(?:he|she|they|the|patient|pt|had|has|was|suffered"
    r"|sustained|an?|his|her|first|hospitali[sz]ed|admitted|treated|for|with|from|developed|experienced|went|into"
    r"|attempted)\s+){0,7}\Z",
    re.I,
)
_BACK_TO_NOW = re.compile(r"\b(?:but|now|today|presents?|since|still|current(?:ly)?)\b", re.I)
_OVER = re.compile(
    r"\b(?:resolved|subsided|gone|went away|in (?:the )?past(?!\s+(?:\d|an?\b|one|two|three|few|couple|several|hour"
    r"|day|week|month|year))|as a child|in childhood|cleared|remission)\b",
    re.I,
)
_ENDED = re.compile(
    r"[^.;,\n]{0,30}?\s*(?:[,(–-]|\bbut\b|\band\b|\bwhich\b|(?=\b(?:has|have|had)\b))\s*"
    r"(?:(?:but|which|that|it|this|has|have|had|now|since|all|also)\s+){0,3}"
    r"(?P<words>resolved|settled|subsided|cleared|went\s+away|gone(?:\s+away)?|not\s+(?:any\s*more|now|present\s+now)"
    r"|(?:nil|none)\s+(?:since|now)|no\s+longer)\b",
    re.I,
)
_RETURNED = re.compile(r"\b(?:returned|recurr\w+|reoccur\w+|came\s+back|come\s+back|is\s+back|relapsed)\b", re.I)
# Words right after a thing that tell that it is here now. A year or an age after "since" tells of a long history.
_GOES_ON = re.compile(
    r"\b(?:today|tonight|now|currently|this\s+(?:morning|afternoon|evening|am|pm|week)|yesterday|last\s+night"
    r"|overnight|ongoing|still|persist\w*|worse\w*|again|recurr\w*|sudden\w*|on\s+arrival|en\s+route|at\s+triage"
    r"|just\s+prior|prior\s+to\s+arrival|radiat\w+)\b"
    r"|(?<!none )(?<!nil )(?<!not )(?<!nothing )\bsince\b"
    r"(?!\s+(?:childhood|birth|infancy|(?:the\s+)?age|(?:19|20)\d\d|(?:he|she)\s+was|then))"
    rf"|\b(?:for|over|x)\s*(?:about\s+|approximately\s+|the\s+)?(?:past\s+|last\s+)?(?:{_NUMBER}\s*)?"
    rf"(?:[-–]\s*\d+\s*)?{_UNIT}\b"
    rf"|\b{_NUMBER}\s*(?:hours?|hrs?|h|minutes?|mins?|days?|weeks?)\s+(?:ago|back)\b|\b\d+\s*/\s*(?:7|24|52)\b",
    re.I,
)
_FRESH = re.compile(r"\b(?:now|recent|current|ongoing|sudden|acute|new|increasing|worsening|today'?s?)\b", re.I)
# Care that is given at the time of an event, wherever in the sentence it stands.
_CARE_NOW = re.compile(
    r"\b(?:ROSC|CPR|post-?ictal|intubat\w+|EMS|ambulance|brought\s+in|found\s+(?:down|by)|transported"
    r"|arriv\w+|naloxone"
    r"|narcan|epinephrine\s+given)\b",
    re.I,
)
_AFTERMATH = re.compile(r"\b(?:s/p|status[ -]post)\s+(?:\w+\s+){0,3}\Z", re.I)
_INJURIES = frozenset(
    {
        "animal-bite",
        "bee-sting",
        "drowning",
        "electric-shock",
        "fall",
        "fall-from-height",
        "gunshot-wound",
        "laceration",
        "limb-amputation",
        "limb-deformity",
        "major-trauma",
        "motor-vehicle-collision",
        "near-syncope",
        "penetrating-trauma",
        "smoke-inhalation",
        "snake-bite",
        "syncope",
    }
)
# After a comma only words of onset or duration still belong to the thing before it.
_ONSET = re.compile(
    r"\s*,\s*(?:which\s+)?(?:onset|start|began|beginning|since|for\s|x\s?\d|lasting|ongoing|worse)", re.I
)
_REACTION = re.compile(
    r"\ballerg(?:ic|y|ies)\s+to\s+[^.;()\n]{2,40}?(?:\(|\s[-–]|:|,?\s(?:which\s+)?(?:causes?|caused"
    r"|gives?|results?\s+in)"
    r"|,?\s(?:with\s+)?(?:a\s+)?reaction(?:\s+(?:is|was|of))?:?)\s*(?:\w+\s+)?\Z"
    r"|\ballergies\s*[-–:=]\s*[^.;()\n]{2,60}\(\s*(?:\w+\s+)?\Z"
    r"|\b[\w-]{3,20}\s+allergy\s*\(\s*\Z",
    re.I,
)
_SINGLE_LINE = 4


def dated_past(words: str, start: int, end: int, *, event: bool) -> bool:
    """Whether a time of the past stands beside a thing: "pneumonia in 2019", "ten years ago he had a stroke"."""
    if (_EVENT_YEAR if event else _PAST_YEAR).match(words, end) or _MONTH.match(words, end):
        return True
    if _HAD.search(words[max(0, start - 60) : start]) and _CLAUSE_YEAR.match(words, end):
        return True
    before = _PAST_BEFORE.search(words[max(0, start - 90) : start])
    return before is not None and _BACK_TO_NOW.search(before.group()) is None


def is_aftermath(words: str, start: int, key: str) -> bool:
    """Whether "s/p" tells of the event that brings the patient: "s/p fall with head injury", unlike "s/p MI"."""
    injury = key in _INJURIES or key.endswith("-injury")
    return injury and _AFTERMATH.search(words[max(0, start - 50) : start]) is not None


def goes_on(words: str, start: int, end: int) -> bool:
    """Whether the words beside a thing say that it is here now, whatever its history."""
    if _FRESH.search(words[max(0, start - 25) : start].rpartition(",")[2]) or _CARE_NOW.search(words):
        return True
    if re.search(r"\bongoing\b", words[start:end], re.I):
        return True
    after = re.split(r"[;.]", words[end : end + 70], maxsplit=1)[0]
    near, _, _ = after.partition(",")
    return _GOES_ON.search(near) is not None or _ONSET.match(after, len(near)) is not None


def is_over(words: str, end: int) -> bool:
    """Whether the words after a lasting condition say that it ended; "history of" alone does not."""
    over = _OVER.search(words, end, end + 60)
    return over is not None and _RETURNED.search(words, over.end(), over.end() + 60) is None


def ending(words: str, end: int) -> str | None:
    """The words after a thing that say that it is over now: "haematuria, now resolved", "fever, nil since"."""
    found = _ENDED.match(words, end)
    if found is None or _RETURNED.search(words, found.end(), found.end() + 40):
        return None
    return found["words"]


def is_known_reaction(words: str, start: int) -> bool:
    """Whether a thing stands as what an allergy once did: "allergic to penicillin (anaphylaxis)"."""
    return _REACTION.search(words[max(0, start - 90) : start]) is not None


def past_lists(note: Note) -> Iterator[int]:
    """Yield the starts of the sentences that list the past history.

    A later sentence on the line of its heading, or a line below a heading that has text beside it, may as well tell
    of today ("PMH: asthma. Chest pain since noon"), so events named there are not taken for past ones.
    """
    inside = block = open_ended = False
    for sentence in note.sentences:
        if sentence.part not in (Part.PAST, Part.SURGICAL):
            inside = open_ended = False
            continue
        # A full stop ends prose, where the items before it have none.
        prose, stopped = open_ended and inside, note.text[sentence.end : sentence.end + 1] == "."
        open_ended = not stopped
        if prose and stopped:
            continue
        line = note.text[note.text.rfind("\n", 0, sentence.start) + 1 : sentence.start]
        begins = not line.strip(" \t-*•·▪#0123456789.)")
        if not inside:
            inside, block = True, begins
            yield sentence.start
        elif begins and (line.strip() or (block and len(note.words(sentence).split()) <= _SINGLE_LINE)):
            yield sentence.start
