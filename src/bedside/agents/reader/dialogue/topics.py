"""Questions that want more than yes or no: what they want to know, and how their answers are read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bedside.agents.reader.dialogue.answers import Said, answered

__all__ = ["SAYS_WHEN", "Topic", "asks_when", "topic_of"]


@dataclass(frozen=True, slots=True)
class Topic:
    """The subject of a question.

    Attributes:
        asks: How it is worded.
        heading: What a note would put before the answer.
        measured: Whether the answer is a number.
        of_others: Whether it asks for others than the patient.
    """

    asks: re.Pattern[str]
    heading: str
    measured: bool = False
    of_others: bool = False

    def value(self, words: str) -> re.Match[str] | None:
        """The number with which an answer begins, with its unit."""
        return _VALUE.match(words, _lead(words))

    def answer(self, words: str) -> str:
        """An answer as a note would have it after the heading, each character in its place.

        Without the words that lead to it ("I'm 34", "yes, penicillin"); of a no ("I don't take any") a no is left.
        """
        said = answered(words, family=False)
        if said is not None and said.said is Said.NO:
            end = _CLAUSE.match(words, said.end)
            following = end.end() if end else len(words)
            return " " * said.start + "none".ljust(following - said.start) + words[following:]
        if said is not None:
            words = " " * said.end + words[said.end :].replace(",", " ", 1)
        lead = _lead(words)
        return " " * lead + words[lead:]


# "I don't take any" is one no; "but my chest hurts" is another statement.
_CLAUSE = re.compile(r"[^.;!?,]*?(?=[.;!?,]|\s(?:but|although|though|only|just)\b|\Z)", re.IGNORECASE)


def _lead(words: str) -> int:
    found = _LEAD.match(words)
    return found.end() if found else 0


def _asks(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_LEAD = re.compile(
    r"(?:\W*\b(?:i'm|i am|it's|it|was|is|about|around|at|yes|yeah|i|had|have|a|my|mine|the|last|time|age)\b)*\W*",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"\d{1,3}(?:\.\d{1,2})?(?:\s*(?:over|/)\s*\d{2,3})?(?:\s*(?:°|degrees?)?\s*(?:celsius|fahrenheit|[CF]\b|%))?",
    re.IGNORECASE,
)

TOPICS = (
    Topic(_asks(r"how old|your age"), "Age: "),
    Topic(_asks(r"(?:male or female|female or male|your sex|your gender)"), "Sex: "),
    Topic(_asks(r"allerg\w+"), "Allergies: "),
    Topic(
        _asks(
            r"(?:in|your|the) famil(?:y|ies)|family history|your (?:parents|mother|father|mum|mom|dad|siblings"
            r"|brothers?|sisters?)|relatives"
        ),
        "Family history: ",
        of_others=True,
    ),
    Topic(
        _asks(
            r"(?:anyone|anybody|someone|somebody|people) (?:else )?(?:in the (?:house|home|household)|at home"
            r"|at (?:work|school)|around you|you live with)|sick contacts"
        ),
        "Sick contacts: ",
        of_others=True,
    ),
    Topic(_asks(r"(?:surger(?:y|ies)|operations?)"), "Past surgical history: "),
    Topic(
        _asks(r"(?:what|which) (?:other )?(?:medicines?|medications?|drugs|pills|tablets)|medicines do you take"),
        "Medications: ",
    ),
    Topic(
        _asks(r"long-term (?:illnesses|conditions)|(?:medical|health) (?:problems|conditions)"),
        "Past medical history: ",
    ),
    Topic(_asks(r"temperature"), "Temp ", measured=True),
    Topic(_asks(r"blood pressure"), "BP ", measured=True),
    Topic(_asks(r"pulse|heart rate"), "HR ", measured=True),
    Topic(_asks(r"oxygen|saturation"), "SpO2 ", measured=True),
    Topic(_asks(r"blood sugar|glucose"), "Glucose ", measured=True),
    Topic(_asks(r"(?:0|zero|one|1) to (?:10|ten)|out of ten|out of 10"), "Pain score: ", measured=True),
)


def topic_of(question: str) -> Topic | None:
    """The one topic of a question; with several a bare answer could mean any.

    Whose it is comes before what it is: allergies "in your family" are the family's.
    """
    found = [topic for topic in TOPICS if topic.asks.search(question)]
    others = [topic for topic in found if topic.of_others]
    return found[0] if len(found) == 1 else others[0] if others else None


_WHEN = re.compile(r"\b(?:when did|how long|since when)\b", re.IGNORECASE)

SAYS_WHEN = re.compile(
    r"\b(?:\d|today|tonight|yesterday|ago|since|morning|noon|afternoon|evening|night|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|hours?|days?|weeks?|months?|years?|minutes?|suddenly|just now)\b",
    re.IGNORECASE,
)


def asks_when(question: str) -> bool:
    """True if a question asks since when something is so."""
    return _WHEN.search(question) is not None
