"""Calendar dates. An age, a duration or a lone year is no date."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import CUED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["dates"]

MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
YEAR = r"(?:(?:19|20)\d\d)"
SHORT_YEAR = rf"(?:{YEAR}|'?\d\d)"


def dates(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for class (C), all elements of dates but the year, of 45 CFR 164.514(b)(2)(i)."""
    forms = [
        ("year-month-day", rf"\b{YEAR}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])\b"),
        ("day, month, year in numbers", rf"(?<![\d/.\-])\d{{1,2}}([-/.])\d{{1,2}}\1{SHORT_YEAR}(?![\d/.\-]*\d)"),
        ("month in words, day", rf"\b{MONTH}\.?[ \t]+{DAY}\b(?:,?[ \t]+{SHORT_YEAR}\b)?(?![ \t]*(?:mg|mcg|ml|%))"),
        ("month in words, the day", rf"\b{MONTH}[ \t]+the[ \t]+{DAY}\b"),
        ("day, month in words", rf"\b{DAY}[ \t\-]*(?:of[ \t]+)?{MONTH}(?![A-Za-z])(?:[ \t,\-]*{SHORT_YEAR}\b)?"),
        ("month in words, year", rf"\b{MONTH},?[ \t]+(?:of[ \t]+)?{YEAR}\b"),
        ("month/year", rf"(?<![\d/])(?:0?[1-9]|1[0-2])[/\-]{YEAR}\b"),
        # "3/14" is a date behind a cue only: "120/80", "5/10" and "3/7 hx" are none.
        (
            "month/day behind a cue",
            r"(?i:\b(?:on|dated?|since|until|by|from|due|visit|seen|admitted|discharged)[ \t]+)"
            r"(?P<id>(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01]))(?![\d/])(?![ \t]*(?:hx|pain|days?|weeks?))",
        ),
        (
            "date of birth",
            r"(?i:\b(?:dob|d\.o\.b\.|birth ?date|date of birth|born(?: on)?)[ \t:]*)(?P<id>\d[\w/.\- ]{3,14}\d)",
        ),
        ("weekday", r"\b(?i:mon|tues|wednes|thurs|fri|satur|sun)day\b(?=,?[ \t]+(?:the[ \t]+)?\d)"),
    ]
    return RuleRecognizer("dates", [Rule(name, Identifier.DATE, form, CUED) for name, form in forms], vocabulary)
