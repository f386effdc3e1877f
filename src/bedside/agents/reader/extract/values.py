"""Numbers beside a name: the words between them, decimal commas, courses and ranges."""

from __future__ import annotations

import re
from decimal import Decimal

from bedside.agents.reader.modify.when import EARLIER

__all__ = ["AS_TARGET", "LINK", "NUMBER", "RANGE_END", "THEN", "TODAY", "TO_TARGET", "decimal"]

_WORDS = (
    r"is|was|were|of|at|today|now|currently|level|levels|count|score|reading|readings|about|around"
    r"|approximately|approx"
    r"|to|came\s+back|back|came|elevated|high|low|normal|stable|slightly|recorded|measured|in\s+clinic"
    r"|in\s+the\s+office"
    r"|at\s+home|on\s+arrival|(?:on|at)\s+(?:admission|discharge)|in\s+triage|at\s+triage|has\s+been|running|found\s+to\s+be|noted\s+to\s+be|been"
    r"|are|have|has"
    # "BP machine says 84 over 40"
    r"|machine|cuff|monitor|meter|probe|says|said|reads|shows|showed|gives|gave"
    r"|peak(?:ed|ing)?|good|regular|oral|orally|tympanic|axillary|rectal|and|still|which|did\s+come\s+back|the"
    r"|only|last"
    r"|most\s+recent|a|as|rated|can\s+be\s+rated|scored|steady|from|between|lowest|highest|max|min|nadir|repeat"
    r"|repeated"
    r"|initial|initially|manual|lying|standing|sitting|supine|erect|swinging|trending|(?:r|l|rt|lt|right"
    r"|left)\s+(?:arm|leg)"
    # A number right behind one of these is by how much it changed: "weight up 4 kg", "Hb dropped 3".
    r"|(?:up|down|fell|fallen|falling|drop(?:s|ped|ping)?|rose|risen|rising|climb(?:ed|ing)|spik(?:ing|ed)"
    r"|decreased|reduced"
    r"|improved|increased|came\s+down|went\s+up)\s+(?=(?:to|from|at|as)\b)"
    r"|(?:up|down|increas\w+|decreas\w+|gain\w*|loss|lost)\s+(?:by\s+"
    r"|of\s+)?\d[\d.]*\s?[A-Za-z%]{1,6}\b[^.;\n\d]{0,12}"
    r"(?:\d+\s+\w+\s*)?\(?now"
)
LINK = (
    r"(?:\s*(?:\([^()\d\n]{0,20}\)|\(\s?\d[\d.]*\s?[-–]\s?\d[\d.]*[^()\n]{0,10}\)"
    rf"|(?:{_WORDS}|{EARLIER})(?:\b|(?<=\s))|[:=,\-–~@|*_`\"“”]))*"
)
"""The words allowed between a name and its number: "BP in clinic was 150/92", "Hb (g/dL) 10.2", "**HR:** 118"."""

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?(?!\d)|\d{1,3},\d{1,2}(?!\d|,\d|\s*/)|\d{1,6}(?:\.\d{1,4})?"
"""A number with a decimal point or comma, or with commas between thousands."""

THEN = re.compile(
    r"[ \t]*(?:s\b)?[ \t]*(?:-+>|→|=>|➔|\s>\s|,?\s*(?:and\s+)?(?:\bthen|\bto|\bnow|\blater|\bsubsequently)\b"
    r"|,?\s*(?:rising|rose|risen|falling|fell|fallen|dropping|dropped|climbing|up|down|increas(?:ed|ing)"
    r"|decreas(?:ed|ing)"
    r"|improv(?:ed|ing))\s+to\b)\s*(?:now|today|to|then|about|~|a|of)?\s*"
    rf"(?P<value>{NUMBER})(?!\d|\.\d|[ \t]*/[ \t]*\d|[ ]?(?:days?|weeks?|months?|years?|hours?|hrs?|h|mins?"
    r"|mg(?!\s?/)|tablets?|am|pm)\b)",
    re.I,
)
"""The next value of a course: "15 → 7", "121 then 74", "5.1 rising to 6.8"."""

RANGE_END = re.compile(rf"\s?[-–]\s?(?P<value>{NUMBER})(?!\d|\.\d|[ \t]*/|[ ]?(?:days?|weeks?|hours?|hrs?)\b)")
"""The other end of a range: "90-150"."""

AS_TARGET = re.compile(
    r"\b(?:target\w*|aim\w*|goal|keep\w*|maintain\w*|titrat\w+|parameters|threshold|ideally"
    r"|should\s+be)\b[^.;\n\d]{0,25}\Z",
    re.I,
)
"""Words before a value that make it one to reach, not one that was measured."""

TODAY = re.compile(
    r"(?:\s?[-–]\s?\d[\d.]*)?\s?%?\s*[,;:(]?\s*(?:but\s+)?(?:today|now|currently|is|was|on\s+arrival"
    r"|measured)\s*(?:is|was|at|:|=)?\s*"
    rf"(?P<sign><=|>=|≤|≥|<|>)?\s*(?P<value>{NUMBER})(?!\d|\.\d|[ \t]*/[ \t]*\d)",
    re.I,
)
"""The measured value behind a target: "target 2-3, today 6.8"."""

TO_TARGET = re.compile(r"\s*(?:[-–]\s?\d[\d.]*)?\s*%?\s*\(?(?:target|goal|aim)\b", re.I)
"""The same behind it: "88-92% target"."""


def decimal(text: str) -> Decimal:
    """The value of what `NUMBER` found.

    Three digits behind each comma are thousands, one or two are decimals: "250,000", "6,9".
    """
    whole, comma, rest = text.partition(",")
    return Decimal(f"{whole}.{rest}") if comma and len(rest) < 3 else Decimal(text.replace(",", ""))
