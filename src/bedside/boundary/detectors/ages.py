"""Ages over 89, which Safe Harbor treats as identifiers."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import CUED, GUESSED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["ages"]

OLD = r"(?P<id>(?:9\d|1[0-2]\d))(?![\d%]|\.\d)"
# An age in days or weeks is a small child's.
NOT_YOUNG = r"(?![ \t\-]*(?i:days?|weeks?|wks?|months?|mos?|hours?|hrs?|minutes?|mg|ml|mm|cm|kg|bpm|%|d\b|h\b))"
ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
IN_WORDS = (
    rf"(?P<id>ninety(?:[ \-]?{ONES})?|(?:(?:one|a)[ \-])?hundred(?:[ \-]and)?(?:[ \-](?:{ONES}|ten|eleven|twelve))?"
    r"|noventa(?:[ ]y[ ]\w+)?|cien(?:to[ ]\w+)?|quatre-vingt-(?:dix|onze|douze|treize|quatorze|quinze|seize)(?:-\w+)?)"
)


def ages(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for class (C), ages over 89, of 45 CFR 164.514(b)(2)(i)."""
    forms = [
        (
            "age with unit",
            rf"(?<![\d/.]){OLD}[ \t\-–]*(?i:y(?:ea)?rs?\b(?![ \t\-]*(?:ago|later|earlier|history|of[ \t]+(?!age)|war))|y/?o\b|y\.[ ]?o\.|y\b(?!-)|years?[ \-–]old|yo?[mfw]\b|"
            r"ans\b|años|anos\b|jahre\b|jährig|j\.[ ]?a\.|anni\b|jaar\b)",
        ),
        # "98F" after a temperature is Fahrenheit.
        (
            "age with sex",
            rf"(?<![\d/.\-])(?<!(?i:temp|temperature|tmax|febrile|fever|t|to|of)\.?[ \t:=]{{0,3}}){OLD}[ \t]?(?:/[ \t]?)?(?:[MF](?![\w°/])|(?i:male|female|man|woman|lady|gentleman)\b)",
        ),
        ("sex with age", rf"(?<![\w/])[MF][ \t]?[/,][ \t]?{OLD}(?![\w/])"),
        # Not a code of ICD-10, which has digits after a point: "F93.0".
        (
            "sex beside age",
            rf"(?<![\w/.\-])[MF][ ]?{OLD}(?![\w/])(?!\.\d)(?=[ \t]*(?:[,;:)\n]|$|(?i:from|with|w/|c/o|who|presents?|presenting|s/p|hx|h/o|pt|in|at|on|and|brought|bibems|biba|fall|fell)\b))",
        ),
        ("age in words", rf"(?i:\b{IN_WORDS}[ \-](?:years?\b(?![ \-]ago)|y/?o\b|yr))"),
        ("age in words behind a cue", rf"(?i:\b(?:aged?|turned|turning)[ \t:]+{IN_WORDS}\b)"),
        (
            "age behind a cue",
            rf"(?i:\b(?:age[ds]?|turned|turning|turns|âgée?s?|âge|edad|alter|età|idade|leeftijd|nearly|almost)(?:[ \t]+(?:of|is|was|de|di|à))?[ \t:=~(\[]*)(?<!\b(?i:nearly|almost)[ \t](?=\d+[ \t]*(?!y)))"
            rf"{OLD}\b{NOT_YOUNG}",
        ),
        ("birthday", rf"(?<![\d/.]){OLD}(?:st|nd|rd|th)[ \t]+(?i:birthday|year of life)"),
        (
            "birthday in words",
            r"(?i:\b(?P<id>(?:ninetieth|ninety-\w+|hundredth|one[ \-]hundred(?:th| and \w+))[ \t]+birthday)\b)",
        ),
        (
            "decade of life",
            r"(?i:\b(?:his|her|their|the patient['’]s)[ \t]+(?:early|mid|late)?[ \t\-]*(?P<id>(?:19|1)?(?:90|100)['’]?s|nineties|hundreds)\b)",
        ),
        ("decade as a noun", r"(?i:\b(?P<id>nonagenarian|(?:semi-?|super)?centenarian)s?\b)"),
    ]
    rules = [Rule(name, Identifier.AGE, form, CUED) for name, form in forms]
    return RuleRecognizer("ages", [*rules, _reversed], vocabulary)


_reversed = Rule(
    "age behind a name",
    Identifier.AGE,
    rf"(?<=\p{{L}}[ \t]*[,—–(][ \t]*){OLD}(?=[ \t]*(?:[,)][ \t]*(?:presents|presented|admitted|seen|with|who|was|is|from|living|lives|known)\b))",
    GUESSED,
)
