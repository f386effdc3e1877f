"""Past and present: dates, endings, and the signs that a thing of the past is here again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.document.sections import Part

__all__ = [
    "LONG_PAST",
    "dated_past",
    "ending",
    "goes_on",
    "is_aftermath",
    "is_known_reaction",
    "is_over",
    "is_told_of_long_ago",
    "past_lists",
]

_NUMBER = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|few|a\s+few|several|couple(?:\s+of)?)"
_UNIT = r"(?:hours?|hrs?|h|minutes?|mins?|days?|d|nights?|weeks?|wks?|w|months?|mos?|years?|yrs?)"
_EVENT_YEAR = re.compile(
    r"(?:\s+(?:once|twice|back|x\s?\d|at\s+age\s+\d+))*\s+(?:in|from)\s+(?:19|20)\d\d\b"
    r"|\s*(?:,?\s*x\s?\d{1,2}\s*)?\(?\s*(?:\d{1,2}/)?(?:19|20)\d\d\b(?!\s*[-/]\d)"
    r"|,\s*(?:\d{1,2}/)?(?:19|20)\d\d\b(?=\s*(?:[.,;)\n]|\Z))"
)
# A list of dated entries has its years in front or between commas: "2016 Acute myocardial infarction, stent".
_ENTRY = re.compile(r"\A\W*[^.;:\n]{3,80},\s*(?:19|20)\d\d\s*(?:[,)]|\Z)")
_HEAD_OF_ENTRY = 25
_FINITE = re.compile(r"\b(?:is|are|was|were|has|had|have|pain\s+since|since)\b", re.I)
_YEAR_FIRST = re.compile(r"\A\W*(?:\d{1,2}/)?(?:19|20)\d\d\b(?!\s*(?:h|hrs|hours)\b)[\s:–-]*(?:[\w-]+,?\s+){0,3}\Z")
_PAST_YEAR = re.compile(
    r"(?:\s+(?!on\b|since\b|now\b)[a-z]+){0,2}\s+(?-i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+(?:19|20)\d\d\b"
    r"|[^.;,]{0,25}\b(?:in|of|from|back\s+in)\s+(?:19|20)\d\d\b|\s*\(?\s*(?:\d{1,2}/)?(?:19|20)\d\d\b(?!\s*[-/]\d)"
)
# "Hyperkalaemia 6.4 in March": a month that is named is over, unless the thing goes on.
_MONTH = re.compile(
    r"(?:\s+\d[\d.]*)?\s+(?:back\s+)?(?:(?:in|last)\s+(?:january|february|march|april|june|july|august|september|october"
    r"|november|december|(?-i:May))|last\s+(?:spring|summer|autumn|winter|year))\b"
    r"(?!\s*[,;]?\s*(?:(?:and|but)\s+)?(?:still|again|now|today|ongoing|onwards?|until|to\s+now)\b)",
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
# "Amputation 2015 after a farm crush injury", "CVA 2016 (left hand clumsy, stable)".
_YEAR_BEFORE = re.compile(
    r"\b(?:19|20)\d\d\s*(?:,?\s*(?:after|following|due\s+to)\s+(?:an?\s+)?(?:\w+\s+)?|\((?:[\w-]+\s+){0,2})\Z", re.I
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
    r"\s*,\s*(?:which\s+)?(?:onset|start|began|beginning|since|for\s|x\s?\d(?!\d?\s*\()|lasting|ongoing|worse)",
    re.I,
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
_MONTHS = (
    r"(?:january|february|march|april|june|july|august|september|october|november|december|(?-i:May)"
    r"|(?-i:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_AGE = (
    r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty(?:[- ]\w+)?)"
)
LONG_PAST = re.compile(
    rf"\b(?:(?:back\s+)?in\s+(?:(?:early|late|mid)[- ])?(?:{_MONTHS}\s+)?(?:of\s+)?(?:19|20)\d\d\b"
    rf"|(?:in|last)\s+{_MONTHS}(?!\s+\d)\b|(?:at|over|last|since)\s+(?:easter|christmas|new\s+year)\b"
    r"|(?:in\s+(?:the\s+)?|last\s+)(?:spring|summer|autumn|winter|the\s+fall)\b|last\s+(?:year|month)\b"
    rf"|(?:{_NUMBER}|many|some)\s+(?:months?|years?|decades?)\s+(?:ago|earlier|back)\b|years\s+ago\b"
    rf"|at\s+(?:the\s+)?age\s+(?:of\s+)?{_AGE}\b|aged\s+{_AGE}\b(?=\s*(?:[.,;)]|\Z|\s(?:and|he|she)\b))"
    r"|at\s+\d{1,2}\s?/\s?12\b"
    rf"|at\s+{_AGE}\s+(?:months|years)(?:\s+of\s+age|\s+old)?\b"
    r"|at\s+(?:thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty)\b"
    rf"|when\s+(?:he|she|they|I|\w+)\s+(?:was|were)\s+(?:an?\s+)?(?:{_AGE}|baby|child|boy|girl|infant|teenager|toddler"
    r"|young|little|student)\b"
    r"|as\s+an?\s+(?:child|teenager|toddler|baby|student|young\s+\w+)\b"
    r"|in\s+(?:his|her|their|my)\s+(?:(?:early|late|mid)[\s-]+)?(?:teens|twenties|thirties|forties|fifties|sixties"
    r"|childhood|youth)\b|\b(?:his|her|their)\s+first\s+year\b"
    r"|at\s+that\s+time\b|when\s+\w+\s+first\s+presented\b|(?:was|were)\s+diagnosed\s+(?:in|on)\b"
    r"|until\s+\d+\s+(?:weeks|months|years)\b|from\s+\d{1,2}\s+\w+\s+to\s+\d{1,2}\s+\w+"
    r"|in\s+(?:the\s+)?(?:past|distant\s+past)(?=\s*[.,;]|\s+for\b)"
    r"|(?:during|before|after|with)\s+(?:her|the|his)\s+(?:first|second|third|last|previous|earlier)\s+(?:pregnancy"
    r"|birth|baby|delivery|admission|operation|cycle|course)\b)",
    re.I,
)
"""Words that set a sentence in another year, month or age of life."""
_TOLD = re.compile(
    r"\b(?:was|were|had|presented|developed|underwent|collapsed|suffered|attended|showed|became|could|needed|required"
    r"|took|survived|witnessed|went|spent|lost|came|got|tried|attempted|swallowed|did|complicated|treated|saved|stopped|bled|cried"
    r"|drained|operated|evacuated|removed|healed|resolved|discharged|admitted|resuscitated|hospitali[sz]ed|shocked|stented"
    r"|thrombolysed|thrombolyzed|repaired)\b",
    re.I,
)
# "Na 122 (was 131 last month)": what stands in brackets dates itself alone.
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_ONE_STORY = 20
"""Words between a thing and the time that dates it, at most."""
_OWN_VERB = 25
"""The characters from a thing on that may hold its own verb: "took an overdose", "heart stopped"."""
_OF_NOW = re.compile(
    r"[.!?]\s|\bwho\s+(?:had|has|have|is|was)\b|(?<=\w)['’](?:m|re)\b|\b(?:he|she|it|there)['’]?s\b|\b(?:is|are|am|isn['’]?t"
    r"|aren['’]?t|cannot|can['’]?t|won['’]?t|doesn['’]?t|don['’]?t|keeps|says|looks|feels|wants|please|help)\b"
    r"|\b(?:has|have|hasn['’]?t|haven['’]?t)\b(?!\s+(?:been\s+well|had\s+no|not\s+had))",
    re.I,
)
# "Does not want that again" is no return.
_NOT_AGAIN = re.compile(r"\b(?:not|never|\w+n[’']t)\s+(?:[\w']+\s+){1,5}again\b", re.I)
_HERE_AGAIN = re.compile(
    r"\b(?:today|tonight|currently|still|ongoing|persist\w*|again|returned|recurr\w+"
    r"|worse\w*|getting|new(?!\s+(?:year|town|job)\b)|(?:until|till)\s+(?:today|now|this|yesterday|last|about|an?\b|\d+(?!\s+(?:weeks|months|years)\b))|this\s+(?:morning|afternoon|evening|week|am|pm)"
    r"|yesterday|overnight|last\s+night|present(?:s|ing)|arriv\w+|brought|found|c/o|complain\w*|feels\s+like|same\s+as"
    r"|like\s+(?:his|her|my|the)\s+\w+|(?:minutes?|mins?|hours?|hrs?|days?|weeks?)\s+(?:ago|history)|\d\s*/\s*7)\b"
    r"|\bremains?\s+(?!well|fit|free|off|stable)"
    r"|\bsince\s+then\b(?=[^.;]{0,40}\b(?:has|have|been|worse\w*|weak\w*|pain\w*|unwell|dizz\w*|confus\w*))"
    r"|\bever\s+since\b|(?<!fit )(?<!well )(?<!fine )(?<!better )(?<!healed )\bnow\b"
    r"(?!\s+(?:finished|stopped|completed|resolved|recovered|well|settled|off|fine|healed|fit|back)\b)",
    re.I,
)


def dated_past(words: str, start: int, end: int, *, event: bool) -> bool:
    """True if a time of the past is beside a thing: "pneumonia in 2019", "ten years ago he had a stroke"."""
    if (_EVENT_YEAR if event else _PAST_YEAR).match(words, end) or _MONTH.match(words, end):
        return True
    if _HAD.search(words[max(0, start - 60) : start]) and _CLAUSE_YEAR.match(words, end):
        return True
    if _YEAR_BEFORE.search(words[max(0, start - 60) : start]):
        return True
    before = _PAST_BEFORE.search(words[max(0, start - 90) : start])
    return before is not None and _BACK_TO_NOW.search(before.group()) is None


def is_told_of_long_ago(words: str, start: int) -> bool:
    """True if a sentence is about another year or age, or is an entry of a dated list, and stays there.

    "At fourteen months he had anaphylaxis to egg with hives and wheeze": the time stands far from what it dates,
    but nothing between them is told of now, as where people write on without a full stop.
    """
    listed = start <= _HEAD_OF_ENTRY and _ENTRY.match(words) is not None and _FINITE.search(words) is None
    entry = listed or _YEAR_FIRST.match(words[:start]) is not None
    # Blanked out, so that each place stays.
    words = _IN_BRACKETS.sub(lambda found: " " * len(found.group()), words)
    story = any(_is_one_story(words, start, when.start(), when.end()) for when in LONG_PAST.finditer(words))
    return (entry or story) and _HERE_AGAIN.search(_NOT_AGAIN.sub("", words)) is None


def _is_one_story(words: str, start: int, first: int, last: int) -> bool:
    """True if a verb of the past ties the thing at `start` to the time at `words[first:last]`."""
    between = words[min(start, first) : max(start, last)]
    if len(between.split()) > _ONE_STORY or _OF_NOW.search(between):
        return False
    # "Had his jabs as a baby, lips blue": what follows the time after a comma needs a verb of its own.
    verb_from = last if last <= start and "," in words[last:start] else 0
    return _TOLD.search(words, verb_from, start + _OWN_VERB) is not None


def is_aftermath(words: str, start: int, key: str) -> bool:
    """True if "s/p" is about the event that brings the patient: "s/p fall with head injury", unlike "s/p MI"."""
    injury = key in _INJURIES or key.endswith("-injury")
    return injury and _AFTERMATH.search(words[max(0, start - 50) : start]) is not None


def goes_on(words: str, start: int, end: int) -> bool:
    """True if the words beside a thing make it present now, whatever its history."""
    if _FRESH.search(words[max(0, start - 25) : start].rpartition(",")[2]) or _CARE_NOW.search(words):
        return True
    if re.search(r"\bongoing\b", words[start:end], re.I):
        return True
    after = re.split(r"[;.]", words[end : end + 70], maxsplit=1)[0]
    near, _, _ = after.partition(",")
    return _GOES_ON.search(near) is not None or _ONSET.match(after, len(near)) is not None


def is_over(words: str, end: int) -> bool:
    """True if the words after a lasting condition report its end; "history of" alone does not."""
    over = _OVER.search(words, end, end + 60)
    return over is not None and _RETURNED.search(words, over.end(), over.end() + 60) is None


def ending(words: str, end: int) -> str | None:
    """The words after a thing that say that it is over now: "haematuria, now resolved", "fever, nil since"."""
    found = _ENDED.match(words, end)
    if found is None or _RETURNED.search(words, found.end(), found.end() + 40):
        return None
    return found["words"]


def is_known_reaction(words: str, start: int) -> bool:
    """True if a thing is what an allergy once did: "allergic to penicillin (anaphylaxis)"."""
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
