"""Calendar dates. An age, a duration, a ratio or a lone year is no date."""

from __future__ import annotations

import regex

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import CAPITALISED, MONTH, MONTHS, words
from bedside.boundary.detectors.rules import CUED, GUESSED, Rule, RuleRecognizer
from bedside.boundary.eponyms import TIME_OF_DAY
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["dates"]

DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|º|er)?"
DD = r"(?:0?[1-9]|[12]\d|3[01])"
MM = r"(?:0?[1-9]|1[0-2])"
YEAR = r"(?:(?:19|20)\d\d)"
SHORT_YEAR = rf"(?:{YEAR}|['’]?\d\d)"
ORDINAL = (
    r"(?:(?:twenty|thirty)[ \-])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|"
    r"fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
TIME = r"(?:T\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?(?:Z|[+\-]\d{2}:?\d{2})?)?"
NOT_A_DOSE = r"(?![ \t]*(?:mg|mcg|ml|mL|%|tabs?|units?|g\b|doses?))"
# "stage 2 may improve", "type 2 march fracture"
NO_VERB = r"(?!(?:may|march)\b(?![ \t,\-]*(?:(?:19|20)\d\d|['’]\d\d)))"
# Months that are no other word. "May" and "March" need a capital and a preposition.
FULL_MONTH = (
    r"(?:January|February|April|June|July|August|September|October|November|December|"
    r"JANUARY|FEBRUARY|APRIL|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER)"
)
BEFORE_A_DAY = (
    r"(?:on|dated?|since|until|till|by|from|due|visit|seen|adm|admit|admitted|disch|discharged|appt|appointment|surgery|dos|lmp|edd|edc|"
    r"d/?c(?:['’]?d)?|exp|eff|as of|before|after|around|between|through|thru|week of|starting|beginning|ending|f/u|"
    r"follow[ \-]?up|scheduled(?:[ \t]+for)?|procedure|clinic|echo|mri|ct|cxr|labs?|ekg|ecg|cath|bx|biopsy)"
)

# First words of forms that begin with a cue or a month.
_ON = frozenset(regex.findall(r"[a-z]+", BEFORE_A_DAY)) | {"date", "dated", "lab"}
_ORDINALS = words("""
    twenty thirty first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
    sixteenth seventeenth eighteenth nineteenth twentieth thirtieth
""")
FIRST = {
    "day in words": _ORDINALS | MONTHS,
    "season and year": words("spring summer autumn fall winter"),
    "weekday and day": words(
        "mon tue tues wed weds thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday"
    ),
    "month and day with a hyphen behind a cue": _ON,
    "day behind a time's cue": words(
        "since until till by well seen for before after appt appointment visit due booked listed scheduled next"
    ),
    "month in words, day": MONTHS,
    "month in words, the day": MONTHS,
    "month in words, year": MONTHS,
    "month behind a preposition": words("""
        in since until till by last this next early late mid during of from through before after
    """),
    "month/day behind a cue": _ON,
    "month/day with fives behind a sure cue": _ON,
    "date of birth": words("""
        dob d birth birthdate date birthday born né née nacido nacida geb geboren nato nata b
    """),
    "last month by its name": words("last this"),
    "day behind a cue": words("on"),
    "year of birth": words("born b birth year yob dob né née jahrgang nacido nacida"),
    "behind a named month": words("the"),
    "holiday": words("""
        christmas new thanksgiving boxing halloween fourth easter valentine valentines labor memorial
        independence mother father
    """),
    "weekday": words("monday tuesday wednesday thursday friday saturday sunday"),
}


def dates(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for class (C), all elements of dates but the year, of 45 CFR 164.514(b)(2)(i)."""
    forms = [
        ("year-month-day", rf"(?<![\d])(?:{YEAR})([-/.])[ ]?{MM}\1[ ]?{DD}(?!\d){TIME}"),
        (
            "year, month and day without a mark",
            rf"(?<![\w.]){YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{{4}}(?:\d\d)?)?(?![\w.]\d|\w)",
        ),
        (
            "day, month, year in numbers",
            rf"(?<![\d/.\-])\d{{1,2}}[ ]?([-/.])[ ]?\d{{1,2}}[ ]?\1[ ]?{SHORT_YEAR}(?![\d/.\-]*\d)",
        ),
        (
            "month in words, day",
            rf"\b{MONTH}\.?[ \t\-/]{{1,3}}{DAY}(?![\w/])(?:,?[ \t\-]*{SHORT_YEAR}\b)?{NOT_A_DOSE}",
        ),
        ("month in words, the day", rf"\b{MONTH}[ \t]+the[ \t]+{DAY}\b"),
        (
            "day, month in words",
            rf"\b{DAY}[ \t\-/.]*(?:(?:of|de|di)[ \t]+)?{NO_VERB}{MONTH}(?![\p{{L}}])(?:\.?[ \t,\-/]*(?:(?:de|del|of)[ \t]+)?{SHORT_YEAR}\b)?{NOT_A_DOSE}",
        ),
        ("day with a full stop, month in words, year", rf"\b{DD}\.[ \t]*{MONTH}[ \t]+{YEAR}\b"),
        ("month in words, year", rf"\b{MONTH}\.?,?[ \t/\-]*(?:(?:of|de)[ \t]+)?(?:{YEAR}\b|['’]\d\d\b)"),
        ("year, month in words", rf"\b{YEAR}[ \t\-/.]*{MONTH}(?!\p{{L}})(?:[ \t\-/.]*{DD}\b)?"),
        ("month/year", rf"{MM}(?<![\d/\-]\d{{1,2}})[/\-]{YEAR}\b"),
        ("year-month", rf"(?<![\d/\-]){YEAR}-(?:0[1-9]|1[0-2])(?![\d\-])"),
        (
            "month behind a preposition",
            rf"\b(?i:in|since|until|till|by|last|this|next|early|late|mid|during|of|from|through|before|after)[ \t\-]+(?:early[ \t]+|late[ \t]+|mid[ \t\-]+)?(?P<id>{FULL_MONTH}|(?:May|March)(?=[ \t]*(?:[.,;)?]|$|and\b|or\b|to\b|when\b|with\b|for\b)))\b",
        ),
        # "3/14" is a date after a cue only: "120/80", "5/10" and "3/7 hx" are none.
        (
            "month/day behind a cue",
            rf"(?i:\b{BEFORE_A_DAY}[ \t:]+)"
            rf"(?P<id>{DD}/{DD}(?:[ ]?[-–][ ]?{DD}/{DD})?)(?<!\b\d/(?:5|10))(?![\d/])(?![ \t]*(?:hx|history|pain|days?|weeks?|strength|power|mg|hours?|visual))",
        ),
        (
            "month/day with fives behind a sure cue",
            rf"(?i:\b(?:on|dated?|due|seen|admitted|discharged|appt|appointment|dos|lmp|scheduled(?:[ \t]+for)?)[ \t:]+)(?P<id>{DD}/(?:0?5|10))(?![\d/])(?![ \t]*(?:hx|pain|days?|weeks?|strength|in[ \t]|on[ \t]|power|mg|for[ \t]|hours?))(?=[ \t]*(?:[,;)]|\.(?:\s|$)|$|at\b))",
        ),
        (
            "date of birth",
            r"(?i:\b(?:dob|d\.o\.b\.?|birth ?date|date of birth|birthday|born(?: on)?|née? le|nacid[oa](?: el)?|geb(?:oren)?\.?(?: am)?|nat[oa] il|\bb\.)[ \t:,\-]*)"
            r"(?P<id>\d[\w/.\- ]{2,14}\d)",
        ),
        (
            "day behind a cue",
            r"(?i:\bon the[ \t]+)(?P<id>(?:[12]?\dth|\d?1st|\d?2nd|\d?3rd))(?=[ \t]*(?:[,;)]|\.(?:\s|$)|$|at\b|of (?:this|last|the|next) month))",
        ),
        (
            "year of birth",
            r"(?i:\b(?:born(?: in)?|b\.|birth year|year of birth|yob|dob|né en|née en|jahrgang|nacid[oa] en)[ \t:]*)(?P<id>(?:18|19|20)\d\d)\b(?![ \t]*g\b)",
        ),
        (
            "weekday",
            rf"\b(?i:mon|tues|wednes|thurs|fri|satur|sun)day\b(?=,?[ \t]+(?:(?:the[ \t]+)?\d|{TIME_OF_DAY}))",
        ),
        (
            "holiday",
            r"\b(?:Christmas(?: (?:Day|Eve|eve|day))?(?! (?:disease|factor|tree))|New Year['’]?s(?: (?:Day|Eve|day|eve))?|Thanksgiving(?: Day)?|Boxing Day|Halloween|"
            r"Fourth of July|Easter(?: (?:Sunday|Monday|weekend))?|Valentine['’]?s Day|Labor Day|Memorial Day|Independence Day|Mother['’]s Day|Father['’]s Day)\b(?:,?[ \t]+(?:19|20)\d\d\b)?",
        ),
        ("last month by its name", rf"\b(?i:last|this past)[ \t]+{FULL_MONTH}\b"),
        (
            "weekday and day",
            rf"\b(?i:mon|tues?|wed|weds|thur?s?|fri|sat|sun)(?:day|\.)?,?[ \t]+(?:the[ \t]+)?(?P<id>{DD}/{DD}|{DD}(?:st|nd|rd|th))(?![\w/])",
        ),
        (
            "month and day with a hyphen behind a cue",
            rf"(?i:\b{BEFORE_A_DAY}[ \t:]+)(?P<id>{MM}-{DD})(?=[ \t]*(?:[,;)]|\.(?:\s|$)|$|at\b|with\b|w/))",
        ),
        (
            "days with slashes, from to",
            rf"(?<![\w/])(?P<id>{MM}/{DD}[ ]?[-–][ ]?{MM}/{DD})(?<!/5)(?<!/10)(?![\w/%])",
        ),
        (
            "season and year",
            r"(?i:\b(?:spring|summer|autumn|fall|winter)(?:[ \t]+of)?,?[ \t]+(?:(?:19|20)\d\d|['’]\d\d)\b)",
        ),
        (
            "day in words",
            rf"(?i:\b(?P<id>{ORDINAL}(?:[ \t]+day)?[ \t]+(?:of[ \t]+)?{MONTH}\b|{MONTH}[ \t]+(?:the[ \t]+)?{ORDINAL}\b))",
        ),
        (
            "month in Roman numerals",
            r"(?<![\w./])(?:0?[1-9]|[12]\d|3[01])[ ./\-](?i:i{1,3}|iv|vi{0,3}|ix|xi{0,2})[ ./\-](?:19|20)\d\d\b",
        ),
        (
            "day behind a time's cue",
            r"(?i:\b(?:since|until|till|by|well|seen|for|before|after|appt|appointment|visit|due|booked|listed|scheduled|next)[ \t]+(?:for[ \t]+)?the[ \t]+)(?P<id>(?:[12]?\dth|[23]?1st|2?2nd|2?3rd|30th))(?![ \t]*(?:time|day|week|month|year|dose|visit|rib|toe|finger|digit|metatarsal|metacarpal|percentile|cycle|trimester|floor|attempt|grade|edition|ventricle|nerve|generation|cranial|intercostal|hour|consecutive|century|decade|birthday))(?=[ \t]*(?:[,;:)]|\.(?:\s|$)|$|\p{Ll}))",
        ),
        ("fourth of July", r"\b4th of July\b"),
        ("behind a named month", r"(?i)\bthe[ \t]+(?P<id>\d{1,2}(?:st|nd|rd|th)[ \t]+(?:inst|ult|prox)\b\.?)"),
    ]
    # Bedside itself writes days relatively; after a named institution they date a visit there.
    relative = Rule(
        "relative day behind a named house",
        Identifier.DATE,
        rf"\b(?!(?:The|Our|This|Her|His|Their)\b)(?:{CAPITALISED}[ \t]+){{1,4}}(?:[Hh]ospital|Hosp\.|[Cc]linic|Infirmary|Cent(?:er|re)|Hospice|Health)[,]?[ \t]+(?P<id>(?i:(?:(?:earlier|late|early)[ \t]+)?(?:last|this past|the past)[ \t]+"
        r"(?:week|weekend|month|year|night|spring|summer|autumn|fall|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|yesterday))\b",
        GUESSED,
    )
    rules = [Rule(name, Identifier.DATE, form, CUED, first=FIRST.get(name, frozenset())) for name, form in forms]
    return RuleRecognizer("dates", [*rules, relative], vocabulary)
