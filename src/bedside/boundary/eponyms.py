"""Names that are no people's: "Wells score", "a positive Lachman", "circle of Willis", "Lou Gehrig's disease".

Only a phrase is harmless, never the name alone; and a patient who is called Wells stays hidden, because what a cue
or the vault knows counts more than this list. The same holds for plain words that are names too ("May improve",
"White blood cells") and for a few tokens of letters and digits that no word list has ("T2N1M0", "FEV1").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import regex

__all__ = ["Eponyms"]

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
    "tumour|ulcer|vasculitis|virus|wave|wedge|xanthoma|zone"
)
"""What an eponym belongs to."""

# Before an eponym and "of": "circle of Willis", "tetralogy of Fallot".
PARTS = (
    "ampulla|angle|antrum|aqueduct|area|bundle|canal|capsule|circle|crypts?|duct|fascia|foramen|foramina|ganglion|"
    "glands?|islets?|ligament|line|loop|node|organ|pouch|recess|sheath|sinus(?:es)?|space|sphincter|sulcus|tendon|"
    "tetralogy|triangle|triad|tubercle|tunnel|valves?|vein|zone"
)

# Before a sign that stands without a head: "negative Lachman", "Babinski negative".
FINDINGS = "positive|negative|equivocal|bilateral|modified|absent|present"

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
    "day": "[0-9]|of",
    "rush": "immunotherapy",
    "french": "[0-9]",
    "march": "fracture",
    "christmas": "disease|factor",
}
"""Words that are names too, and what stands behind them where they are none."""

_WORD = regex.compile(r"\p{L}+")
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
    r"G\d{1,2}[ ]?P\d{1,2}(?:\d{3})?(?:[ ]?A\d)?|FEV[16]|DLCO|CHAD?2DS2|CHA2DS2[\-–]VASc)(?!\w)"
)


class Eponyms:
    """Finds eponyms that stand in a phrase of medicine.

    Args:
        names: One eponym each, letter case aside; a hyphen in it matches a space or a dash too. One that begins
            with "of" counts only behind a part of the body: "pouch of Douglas".
    """

    def __init__(self, names: Iterable[str]) -> None:
        names = list(names)
        self._of = frozenset(name[3:].casefold() for name in names if name.startswith("of "))
        names = [name for name in names if not name.startswith("of ")]
        forms = {form for name in names for form in (name, *(name.replace("-", dash) for dash in " –—/"))}
        # Most words of a text are no eponym's first word: the expression is tried where one is, and nowhere else.
        self._first = {match.group().casefold() for form in forms if (match := _WORD.search(form))}
        self._name = regex.compile(r"\L<names>(?:['’]?s|['’])?\b", regex.IGNORECASE, names=sorted(forms))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the name of each phrase stands, without the words around it, in order and none over another."""
        found = {token.span() for token in _TOKEN.finditer(text)}
        for word in _WORD.finditer(text):
            folded = word.group().casefold()
            if (folded in _PLAIN and _PLAIN[folded].match(text, word.end())) or (
                folded in self._of and _behind_part(text, word.start())
            ):
                found.add(word.span())
            elif folded in self._first:
                name = self._name.match(text, word.start())
                if name and (
                    _HEAD_BEHIND.match(text, name.end())
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


def _behind_part(text: str, start: int) -> bool:
    return _PART_BEFORE.search(text, max(start - 24, 0), start) is not None
