"""People recognised by the form of their names: "Roe, Jane", "J. Roe", two words before an age, a handle."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import BARE_INITIAL, CREDENTIAL, INITIALS, NAME, PART, PARTICLE, words
from bedside.boundary.detectors.people_words import NOT_FIRST, OLD_OR_BORN
from bedside.boundary.detectors.rules import Rule
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["written_as_names"]


def written_as_names(vocabulary: Vocabulary) -> list[Rule]:
    """Return the rules for names by their form."""
    person = Identifier.PERSON
    return [
        Rule(
            "last, first",
            person,
            r"(?P<id>\b\p{Lu}[\p{Lu}\p{M}'’\-]+(?:[ \t]\p{Lu}[\p{Lu}'’\-]+)?,[ \t]*\p{Lu}[\p{Lu}\p{M}'’\-]+\b(?:[ \t]\p{Lu}\b\.?)?)",
            unless_harmless=True,
        ),
        Rule(
            "last, first in mixed case",
            person,
            rf"(?:^|[:;|(\[•—–\-]|\b(?:to|for|by|of|with|from|about|regarding|re|is|saw|met))[ \t]*"
            rf"(?P<id>{NOT_FIRST}{PART}(?:[ \-]{PART})?,[ \t]+(?P<name>{PART})(?:[ \t]+\p{{Lu}}\b\.?)?)(?=[ \t]*(?:[,;:|()\[\]•—–\-]|$|\.(?:\s|$)|\s(?:is|was|has|had|who)\b))",
            unless_harmless=True,
        ),
        Rule(
            "last, first before an age",
            person,
            rf"(?<![\p{{L}}\p{{N}}])(?P<id>{PART},[ \t]*(?P<name>{PART}))(?=[ \t,]+\d{{1,3}}[ \t]*(?:y/?o\b|y(?:ea)?rs?\b|y\b|[MFmf]\b|yo[mf]))",
            unless_harmless=True,
            examples=("‹Gout, Joy›  44 y/o F with a cough", "‹Marsh, Faith› 61F here"),
            near_misses=("Gout, Diabetes 44 yo",),
        ),
        Rule(
            "two words before an age, one of them a name",
            person,
            r"(?<![\p{L}'’\-])(?P<id>\p{L}[\p{L}'’\-]{1,40},?[ \t]+\p{L}[\p{L}'’\-]{1,40})"
            r"(?=[ \t,;:(]+(?:[MFmf][ \t,]+\d{1,3}(?!\.?\d)|\d{1,3}[ \t]?(?:[MFmf]\b|y)))",
            when=lambda words: any(
                len(word) > 2 and (vocabulary.is_name(word) or not vocabulary.has_word(word))
                for word in WORD.findall(words)
            ),
            examples=("‹GOUT Thomas› M 62.", "‹thomas gout› 62m", "‹gout tom›, 62M"),
            near_misses=(
                "mild asthma 62m",
                "Chronic Gout, 62M",
                "Wells score 4.5",
                "White count 14",
                "on day 3, m",
            ),
        ),
        Rule(
            "initials and surname with a credential",
            person,
            rf"(?P<id>(?:{INITIALS}|{BARE_INITIAL}[ \t]+){{1,2}}{PART})(?:,[ \t]*|[ \t]+){CREDENTIAL}(?![\p{{L}}\p{{N}}])",
        ),
        Rule(
            "first name and initial",
            person,
            r"(?<!(?i:vitamin|hepatitis|group|type|grade|class|stage|phase|protein|factor|plan|figure|table|option|part|appendix)[ \t])"
            r"(?P<id>\b(?P<name>\p{Lu}\p{Ll}+)[ \t]+(?!I\b)\p{Lu}(?:\.|(?=[ \t]*[,;)?]|$)))(?![\p{L}\p{N}'’/\-])",
            unless_term=True,
        ),
        Rule(
            "initial and surname",
            person,
            rf"(?<![\p{{L}}.])(?P<id>(?:\p{{Lu}}\.[ \t]?){{1,3}}(?:{PARTICLE}[ \t]+){{0,2}}(?P<name>{PART}))",
            unless_harmless=True,
        ),
        Rule(
            "initial and surname before an age or a birth",
            person,
            rf"(?<![\p{{L}}.])(?P<id>(?:\p{{Lu}}\.[ \t]?){{1,3}}{PART})[ \t]*[,(—–\-|•\[]+[ \t]*{OLD_OR_BORN}",
        ),
        Rule(
            "two words in capitals behind a header",
            person,
            rf"(?m)^[ \t]*(?:(?:PATIENT|PT)[ \t]+)?(?:NAME|Name)[ \t]+(?P<id>{NAME})",
        ),
        Rule("handle", person, r"(?<![\w.@])@(?!\d)[A-Za-z][\w.]{2,}"),
        Rule(
            "user name behind a cue",
            person,
            r"(?i)\b(?:user(?:[ _]?name)?|login|handle|instagram|insta|twitter|facebook|snapchat|tiktok|telegram|skype|whatsapp|discord|portal id)\b"
            r"(?:[ \t]+(?:id|name|account|handle|is))*[ \t:=]+(?P<id>(?=[\w.\-]*[\d_.])[a-z][\w.\-]{2,}\w)",
            first=words("""
                user username login handle instagram insta twitter facebook snapchat tiktok telegram skype whatsapp
                discord portal
            """),
        ),
    ]
