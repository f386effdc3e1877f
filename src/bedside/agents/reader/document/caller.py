"""The subject of a call: in "my wife has chest pain" the wife is the patient."""

from __future__ import annotations

import re

__all__ = ["spoken_of"]

_KIN = (
    r"(?:mother|m[uo]m(?:my)?|father|dad(?:dy)?|wife|husband|partner|spouse|fianc[eé]e?|son|daughter|brother|sister|twin"
    r"|grand(?:mother|father|ma|pa|dad|son|daughter)|gran(?:ny)?|nan(?:a|ny)?|aunt(?:ie)?|uncle|cousin|niece|nephew"
    r"|boyfriend|girlfriend|friend|mate|flatmate|housemate|roommate|colleague|coworker)"
)
_GREETING = (
    r"\A\W{0,9}(?:(?:hi|hello|hey|dear|good\s+(?:morning|afternoon|evening)|help|please)\b[^.!\n]{0,30}?[,.!]?\s*)?"
)
_AGE = r"(?:[\w-]+\s+){0,3}?"
# Written by who took the call: it says of whom the call is wherever it stands, and its "I" is nobody's symptom.
_TAKEN_DOWN = re.compile(
    r"(?m)^\W{0,9}(?:(?:mrs?|ms|miss)\.?\s+[\w'’-]+\s+)?(?:(?:999|911|telephone|phone)\s+)?(?:call(?:er|ed|ing)?|triage|rang|ringing|phoned)\b[^.\n]{0,40}?"
    rf"\b(?P<who>{_KIN})\b",
    re.I,
)
_SPOKEN_OF = (
    re.compile(rf"{_GREETING}(?:my|our)\s+{_AGE}(?P<who>{_KIN})\b", re.I),
    re.compile(
        rf"\A\W{{0,9}}(?P<who>{_KIN})(?:[’']s\s+(?!in\s+law)|\s+(?:is|has|keeps|can(?:not|[’']?t)?|won[’']?t"
        r"|fell|collapsed|not|suddenly|just|took|started|went|woke"
        # What else a relative may once have done is told of now.
        r"|(?:overdosed|shot|stabbed|fainted|passed\s+out)(?=[^.\n]*\b(?:now|today|tonight|just|call(?:er|ing)|ringing"
        r"|(?:minutes?|mins?|hours?|hrs?)\s+ago)\b))\b|,?\s+(?:aged?\s+)?\d{1,3}\b)",
        re.I,
    ),
)
# A relative who tells of somebody else is not the patient, nor is one of whom a patient tells beside themselves.
_TELLS = re.compile(
    r"\s*\(?(?:\w+\))?\s*,?\s*(?:says?|reports?|states?|noticed|is\s+(?:worried|concerned|calling|asking)|thinks?|brought"
    r"|gave|told|describes?|rang|phoned|called|calling|calls|about|with\s+(?:him|her)|:)",
    re.I,
)
_OWN = re.compile(
    r"\b(?:I(?:[’']m|\s+am|\s+was|\s+feel|\s+felt|\s+get|\s+got|\s+woke|[’']ve\s+(?:been|had|got)|\s+have(?!\s+(?:called"
    r"|given|tried|found|checked|rung))|\s+had)|my\s+own|should\s+I|do\s+I\s+need)\b"
)


# Who is dead has called nobody; a foot may look so, and another relative may be.
_GONE = re.compile(
    rf"(?:(?!\b{_KIN}\b)[^.;\n]){{0,60}}\b(?:died|(?<!gone )(?<!went )(?<!looks )(?<!feels )(?<!be )dead|deceased"
    r"|passed\s+away|(?:took|taken)\s+(?:his|her|their)\s+own\s+life)\b",
    re.I,
)


def spoken_of(text: str) -> tuple[int, int] | None:
    """Return the place that names the relative or friend who is the patient; `None` where there is none."""
    taken_down = _TAKEN_DOWN.search(text)
    if taken_down is not None and not _TELLS.match(text, taken_down.end("who")):
        return taken_down.span("who")
    for pattern in _SPOKEN_OF:
        found = pattern.match(text)
        tells = found is not None and _TELLS.match(text, found.end("who"))
        if found is not None and not (tells or _OWN.search(text) or _GONE.match(text, found.end("who"))):
            return found.span("who")
    return None
