"""Telephone, fax, pager and extension numbers: classes (D) and (E) of 45 CFR 164.514(b)(2)(i)."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import words
from bedside.boundary.detectors.rules import CUED, GUESSED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["phones"]

EXTENSION = r"(?:[ \t]*[,;]?[ \t]*(?:x|ext\.?|extn\.?|extension|option|#)[ \t.:]*\d{1,6}(?!\w))?"
DIGIT_WORD = r"(?:zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|double|triple)"
# Numbers that belong to nobody.
EMERGENCY = r"(?!(?:911|999|112|111|101|988|211|311)\b)"
NOT_A_RANGE = r"(?![ \t]*(?:degrees?|deg\b|°|/|%|mg|ml|mcg|cm|mm|feet|ft|steps|hours?|days?|weeks?|min|times|x\b|cells?|to[ \t]\d|out of))"


def phones(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for telephone numbers of any form."""
    return RuleRecognizer(
        "phones",
        [
            Rule(
                "ten digits",
                Identifier.PHONE,
                rf"(?<![\w.])(?:\+?1[ .\-]{{0,2}})?\(?\d{{3}}\)?[ .\-–/]{{0,3}}\d{{3}}[ .\-–]{{1,2}}\d{{4}}(?!\w){EXTENSION}",
            ),
            Rule(
                "international",
                Identifier.PHONE,
                rf"(?<!\w)(?:\+|00)\d{{1,3}}[ .\-/]?(?:\(?\d{{1,5}}\)?[ .\-/]?){{2,6}}\d(?!\w){EXTENSION}",
            ),
            Rule(
                "British",
                Identifier.PHONE,
                rf"(?<![\w.])\(?0\d{{2,4}}\)?[ \-]?\d{{3,4}}[ \-]?\d{{3,4}}(?!\w){EXTENSION}",
            ),
            Rule(
                "letters for digits",
                Identifier.PHONE,
                r"\b1?[\-. ]?8(?:00|33|44|55|66|77|88)[\-. ][A-Z\d]{3}[\-. ]?[A-Z\d]{4}\b",
            ),
            Rule(
                "behind a cue",
                Identifier.PHONE,
                r"(?i:\b(?:tel(?:ephone)?|phone|(?<!(?:white|red|blood|T|B|tumou?r|clear|sickle|mast|plasma)[ \t])cell|mobile|fax|facsimile|"
                r"call(?:back|ed)?|ring|rang|dial|reach(?:ed|able)?|text(?:ed)?|whatsapp|voicemail)\b)"
                rf"[ \t.:#]*(?i:(?:(?:him|her|them|us|me|back|number|no\.?|is|at|on|to)[ \t:]+){{0,3}})(?P<id>[+(]?{EMERGENCY}\d(?:[ ().\-]?\d){{3,17}}){NOT_A_RANGE}{EXTENSION}",
                first=words("""
                    tel telephone phone cell mobile fax facsimile call called callback ring rang dial reach reached
                    reachable text texted whatsapp voicemail
                """),
            ),
            Rule(
                "pager or extension",
                Identifier.PHONE,
                r"(?i:\b(?:pager|paged?|beeper|beep|bleep|bleeped|dect|vocera|voalte|spectralink|asc?om|phone)\b)"
                rf"[ \t.:#]*(?i:(?:(?:number|no\.?|is|at|on|to|ext\.?|id)[ \t.:]+){{0,2}})(?P<id>{EMERGENCY}\d(?:[\- ]?\d){{2,10}})(?!\w){NOT_A_RANGE}",
                first=words("""
                    pager page paged beeper beep bleep bleeped dect vocera voalte spectralink ascom asom phone
                """),
            ),
            # Not "ext 0-120", which is how far a knee goes.
            Rule(
                "extension",
                Identifier.PHONE,
                rf"(?i:(?<![\w/\-])(?:ext|extn|extension)\b\.?)[ \t:#]*(?i:(?:number|no\.?|is)[ \t]+)?(?P<id>\d{{2,6}})(?![\w\-–]){NOT_A_RANGE}",
                first=words("ext extn extension"),
                score=GUESSED,
            ),
            Rule(
                "x and four digits",
                Identifier.PHONE,
                r"(?<![\w.]|\d[ \t])(?P<id>[xX]\d{4,5})(?!\w|[ \t]*(?:mg|ml|days|weeks))",
                GUESSED,
            ),
            Rule(
                "spelled out",
                Identifier.PHONE,
                rf"(?i)\b(?:{DIGIT_WORD}[ \t,\-–]+){{6,20}}{DIGIT_WORD}\b",
                CUED,
                first=words("zero oh nought one two three four five six seven eight nine double triple"),
            ),
        ],
        vocabulary,
    )
