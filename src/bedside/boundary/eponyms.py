"""Eponyms, which name no patient: "Wells score", "a positive Lachman", "circle of Willis", "Lou Gehrig's disease".

Only a phrase is harmless, never the name alone; and a patient who is called Wells stays hidden, because what a cue
or the vault knows counts more than this list. The same holds for plain words that are names too ("May improve",
"White blood cells") and for a few tokens of letters and digits that no word list has ("T2N1M0", "FEV1").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache

import regex

__all__ = ["TIME_OF_DAY", "Eponyms"]

HEADS = (
    "abscess|aneurysm|angina|angle|anomaly|aphasia|apparatus|area|arteritis|arthropathy|ataxia|bandage|block|"
    "bodies|body|breathing|bundle|bypass|calculator|canal|catheter|cell|chart|chorea|circle|circulation|class|"
    "classification|contracture|criteria|criterion|curve|cyst|deformity|dementia|diet|disease|disorder|drain|"
    "duct|dystrophy|edema|encephalopathy|equation|esophagitis|esophagus|exam|examination|exponent|factor|"
    "fascia|fever|formula|fracture|frame|fundoplication|gait|ganglion|gland|glasses|grade|grading|"
    "granulomatosis|guideline|hernia|hip|incision|index|infection|inhibitor|jaundice|joint|lamp|law|lesion|"
    "ligament|line|loop|lymphoma|macroglobulinemia|maneuver|manoeuvre|mark|metaplasia|method|model|monitor|"
    "murmur|nail|nephropathy|neuroma|neuropathy|node|nodule|oedema|operation|orifice|palsies|palsy|paralysis|"
    "patch|pattern|phenomenon|plaque|point|position|pouch|probability|procedure|protocol|pulse|pupil|reaction|"
    "recommendation|recommends|reflex|regimen|repair|respiration|review|ring|risk|rule|sarcoma|scale|score|scoring|"
    "sheath|sign|smear|solution|space|spot|stage|stain|staining|stick|studies|study|swab|syndrome|system|"
    "table|technique|tendinitis|tendon|test|testing|thyroiditis|titer|titre|tremor|triad|trial|tube|tumor|"
    "tumour|ulcer|vasculitis|virus|wave|wedge|xanthoma|zone|injury|injuries|tear|foot|staging|forceps|retractor|needle|clamp|"
    "splint|collar|boot|brace|plate|rod|mesh|nodes|hematoma|procedure|closure|cannula|exercise|impingement|thumb|finger|palate|"
    "ophthalmopathy|orbitopathy|dermopathy|thyrotoxicosis|hyperthyroidism"
)
"""The medical nouns to which an eponym belongs."""

# Before an eponym and "of": "circle of Willis", "tetralogy of Fallot".
PARTS = (
    "ampulla|angle|antrum|aqueduct|area|bundle|canal|capsule|circle|crypts?|duct|fascia|foramen|foramina|ganglion|"
    "glands?|islets?|ligament|line|loop|node|organ|pouch|recess|sheath|sinus(?:es)?|space|sphincter|sulcus|tendon|"
    "tetralogy|triangle|triad|tubercle|tunnel|valves?|vein|zone"
)

# Scales whose grade comes right after the name: "Child-Pugh B", "Killip II", "Gleason 7".
SCALES = (
    r"child[-– ]pugh|child[-– ]turcotte[-– ]pugh|dukes|killip|forrest|gleason|deauville|risser|fitzpatrick|tanner|gartland|hurley|mallampati|"
    r"breslow|fontaine|rutherford|bristol|kellgren[-– ]lawrence|karnofsky|rankin|braden|apgars?|glasgow|hunt[-– ]hess|le fort|salter[-– ]harris|"
    r"gustilo(?:[-– ]anderson)?|binet|bethesda|balthazar|garden|weber|mayo|lund[-– ]mackay|bosniak|schatzker|neer|outerbridge|wagner|ann arbor"
)

# Before a sign without a head noun: "negative Lachman", "Babinski negative".
FINDINGS = "positive|negative|equivocal|bilateral|modified|absent|present|downgoing|upgoing|lateraliz\\w+|lateralis\\w+|midline"

PLAIN: Mapping[str, str] = {
    "may|will": (
        "add|advance|also|apply|arrange|ask|be|become|begin|benefit|bring|call|change|check|come|consider|consult|"
        "continue|decrease|defer|discharge|discuss|do|drive|eat|feel|follow|get|give|go|have|help|hold|improve|increase|"
        "keep|lead|likely|lower|monitor|need|not|obtain|occur|order|plan|proceed|progress|recheck|refer|remain|repeat|"
        "represent|request|require|resume|return|schedule|see|send|shower|start|stop|switch|take|taper|titrate|treat|"
        "trial|try|use|wean|weight|work|worsen"
    ),
    "white": "blood|cells?|count|matter|coats?|plaques?|patch|patches|discharge|exudates?|male|female|man|woman",
    "black": "stools?|tarry|box|male|female|man|woman",
    "brown": "sputum|discharge|urine|stools?|spots?",
    "green": "sputum|discharge",
    "young": "adult|woman|man|female|male|child|patient",
    "long": "acting|history|QT|standing|term",
    "good": "air|appetite|control|effort|hygiene|range|response|strength|understanding",
    "head": "and|circumference|CT|exam|injury|of|trauma",
    "high": "blood|cholesterol|density|dose|fever|flow|grade|output|pressure|risk|sensitivity|suspicion",
    "strong": "family|grip|pedal|pulses?|recommendation",
    "short": "acting|course|gut|of|stature|term",
    "rose": "bengal|hips?|spots?",
    "best": "(?!(?:is|was|has|had|and|with|in|at|on|said|says|called|reports|denies|states)\\b)[a-z]+",
    "mohs": "surgery|surgeon|micrographic|procedure|excision|defect|site|closure",
    "east|west": "and|coast|to",
    "day": "[0-9]|of",
    "rush": "immunotherapy",
    "french": "[0-9]",
    "march": "fracture",
    # "Call +1-202-555-0150", and nobody is called so.
    "call": r"(?:\.[ \t]+)*\+?\(?\d[\d().\- \t]{5,}\d",
    "christmas": "disease|factor",
    "case": "d/w|discussed|reviewed|presented|notes?|manager|mgr|management|worker|conference|report|study|series|closed",
    "self": "(?:refer|report|cath|discharg|monitor|medicat|administ|inject|harm|limit)\\w*|care|pay|employed",
}
"""Words that are also names, each with the words that, after it, show that it is none."""

TIME_OF_DAY = r"(?i:mornings?|afternoons?|evenings?|nights?)\b"
"""The times of day that, with a day of the week, date an event."""
# Days of the week are given names too (Sunday Okafor): the words around them say that a day is meant.
_DAY = regex.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_ANOTHER = r"(?:[,/&+–\-]|and|or|to|through)"
_DAY_BEFORE = regex.compile(
    r"\b(?:(?i:on|next|last|this|that|coming|by|until|till|til|since|every|each|before|after|due|back|again|today|"
    rf"tomorrow|yesterday|early|late|mid)[ \t(]+|{_DAY.pattern}[ \t]*{_ANOTHER}[ \t]*)\Z"
)
_NAME_BEHIND = regex.compile(rf"[ \t]+(?:\p{{Lu}}\p{{Ll}}|{TIME_OF_DAY})")
_DAY_BEHIND = regex.compile(
    rf"(?:['’]s)?(?:[ \t]*{_ANOTHER}[ \t]*{_DAY.pattern}|"
    r"[ \t]+(?:clinics?|lists?|theatre|rounds?|shifts?|doses?|on(?:wards?)?)\b)"
)
_SELF = regex.compile(
    r"\b(?i:ref(?:erred|erral|d)?\.?(?:[ \t]+(?:by|source))?|source|informant|history from)[ \t]*[:\-][ \t]*(?P<name>Self)\b(?![ \t]+\p{Lu})"
)
_WORD = regex.compile(r"\p{L}+")
_SCALE = regex.compile(
    rf"(?<!\w)(?P<name>{SCALES})(?=[ \t]+(?:(?:class|grade|type|stage|score)\b|(?:[A-E]|I{{1,3}}|IV|V|VI)(?!\w)|\d{{1,3}}(?![\w/])))",
    regex.IGNORECASE,
)
# At the beginning of a sentence a capital says nothing, and what follows a plain word decides if it is a name.
_BEGINS = regex.compile(r"(?:^|[.!?:;•\n]|\n[ \t]*[\-*])[ \t]*\Z")
_NEXT = regex.compile(r"[ \t]+(?P<next>\p{Ll}[\p{Ll}\-]*)(?![\p{L}'’])")
_NOT_WHO = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "all",
        "any",
        "each",
        "no",
        "both",
        "his",
        "her",
        "your",
        "our",
        "my",
        "their",
    ]
)
# What somebody does, and what joins a name to a sentence.
_DOES = regex.compile(
    r"(?:\p{L}+(?:ed|ing|ly)|(?:is|was|were|are|has|had|have|does|did|do|will|would|can|could|should|may|might|must|shall|says?|said|states?|"
    r"reports?|denies|deny|complains?|notes?|feels?|felt|looks?|seems?|presents?|came|comes?|come|went|goes|go|lives?|works?|takes?|took|gets?|got|"
    r"gives?|gave|tells?|told|thinks?|thought|knows?|knew|wants?|needs?|agrees?|refuses?|declines?|understands?|understood|fell|falls|woke|wakes|"
    r"sleeps?|slept|ate|eats?|drinks?|drank|smokes?|ran|runs?|sat|sits?|stood|stands?|broke|cut|hurt|hit|lost|met|meets?|saw|sees?|heard|hears|"
    r"put|puts|began|begins|stops?|starts?|returns?|calls?|asks?|walks?|moves?|plays?|uses?|tries|likes?|loves?|hates?|dies|died|passes|remains?|"
    r"continues?|requires?|requests?|plans?|appears?|stays?|leaves|left|brings|brought|holds|keeps|kept|"
    r"and|or|but|who|whose|with|in|on|at|from|to|of|for|by|as|via|x|yo|y|c|s|w|h|d|also|not|now|then|today|yesterday|again|still|never|always|just|"
    r"here|there|back|home|aged?|male|female|he|she|it|they|we|you|him|them|us|me|i|per|re|is|has|if|when|while|because|since|until|after|before|"
    r"about|over|under|up|down|off|out|alone|himself|herself|very|too|so|well|yet|once|twice|who|dob|mrn|md|rn|np|pa|do|pt|pts))"
)
_HEAD_BEHIND = regex.compile(rf"(?:[-–/ ]+\w+){{0,2}}?[-– ]+(?:{HEADS})(?:e?s)?\b", regex.IGNORECASE)
_FINDING_BEHIND = regex.compile(rf"[ \t]*(?:(?:is|was|were|sign)[ \t]+)?(?:{FINDINGS})\b", regex.IGNORECASE)
_FINDING_BEFORE = regex.compile(rf"\b(?:{FINDINGS})[ \t]+\Z", regex.IGNORECASE)
_PART_BEFORE = regex.compile(rf"\b(?:{PARTS})[ \t]+of[ \t]+(?:the[ \t]+)?\Z", regex.IGNORECASE)
_PLAIN = {
    word: regex.compile(rf"[ \t\-]+(?:{behind})(?![^\W\d_])")
    for words, behind in PLAIN.items()
    for word in words.split("|")
}
# Stages of tumours, pregnancies and births, and volumes of the lungs.
_TOKEN = regex.compile(
    r"(?<!\w)(?:[cpyrm]{0,2}T(?:is|x|[0-4][a-d]?)[ ]?N(?:x|[0-3][a-c]?)(?:[ ]?M(?:x|[01][a-c]?))?|"
    r"(?:I{1,3}|IV)[A-Ca-c][1-3]?|"
    r"G\d{1,2}[ ]?P\d{1,2}(?:\d{3})?(?:[ ]?A\d)?|FEV[16]|DLCO|CHAD?2DS2|CHA2DS2[\-–]VASc)(?!\w)"
)


class Eponyms:
    """A finder of eponyms in medical phrases.

    Args:
        names: One eponym each, letter case aside; a hyphen in it matches a space or a dash too. One that begins
            with "of" counts only after a part of the body: "pouch of Douglas".
        plain: Words in lower case that are people's names too.
    """

    def __init__(self, names: Iterable[str], plain: Collection[str] = ()) -> None:
        names = list(names)
        self._plain = plain
        self._of = frozenset(name[3:].casefold() for name in names if name.startswith("of "))
        names = [name for name in names if not name.startswith("of ")]
        forms = {form for name in names for form in (name, *(name.replace("-", dash) for dash in " –—/"))}
        # Most words of a text are no eponym's first word: the expression for those that begin so is made where one is.
        self._first: dict[str, list[str]] = {}
        for form in sorted(forms):
            if match := _WORD.search(form):
                self._first.setdefault(match.group().casefold(), []).append(form)
        self._name = cache(self._name_of)

    def _name_of(self, first: str) -> regex.Pattern[str]:
        return regex.compile(r"\L<names>(?:['’]?s\b|['’](?!\w)|\b)", regex.IGNORECASE, names=self._first[first])

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the span of the name in each phrase, without the words around it, in order and without overlap."""
        found = {token.span() for token in _TOKEN.finditer(text)} | {
            scale.span("name") for scale in _SCALE.finditer(text)
        }
        found |= {one.span("name") for one in _SELF.finditer(text)}
        found |= {day.span() for day in _DAY.finditer(text) if _is_day(text, *day.span())}
        for word in _WORD.finditer(text):
            folded = word.group().casefold()
            if (
                (folded in self._plain and _opens_sentence(text, word))
                or (folded in _PLAIN and _PLAIN[folded].match(text, word.end()))
                or (folded in self._of and _behind_part(text, word.start()))
            ):
                found.add(word.span())
            elif folded in self._first:
                name = self._name(folded).match(text, word.start())
                if name and (
                    "-" in name.group()  # nobody is called Swan-Ganz
                    or _HEAD_BEHIND.match(text, name.end())
                    or _FINDING_BEHIND.match(text, name.end())
                    or _FINDING_BEFORE.search(text, max(name.start() - 20, 0), name.start())
                    or _behind_part(text, name.start())
                ):
                    found.add(name.span())
        ordered: list[tuple[int, int]] = []
        for span in sorted(found):
            if not ordered or span[0] >= ordered[-1][1]:
                ordered.append(span)
        return ordered


def _is_day(text: str, start: int, end: int) -> bool:
    """True if a word that is both a day of the week and a given name means the day."""
    if _DAY_BEHIND.match(text, end):
        return True
    before = _DAY_BEFORE.search(text, max(start - 24, 0), start)
    return before is not None and _NAME_BEHIND.match(text, end) is None


def _behind_part(text: str, start: int) -> bool:
    return _PART_BEFORE.search(text, max(start - 24, 0), start) is not None


def _opens_sentence(text: str, word: regex.Match[str]) -> bool:
    """True if a capitalised word begins a sentence that cannot be about a person: "Mark the site"."""
    if not word.group().istitle() or not _BEGINS.search(text, max(word.start() - 12, 0), word.start()):
        return False
    behind = _NEXT.match(text, word.end())
    return behind is not None and (behind["next"] in _NOT_WHO or not _DOES.fullmatch(behind["next"]))
