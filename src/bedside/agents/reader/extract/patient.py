"""The patient, as far as the note states it: age, sex, pregnancy, and the characters that identify."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.extract.numbers import NUMBER, number
from bedside.agents.reader.extract.quantities import gestations
from bedside.boundary.date_resolution import days_in
from bedside.records import AgeUnit, Evidence, Issue, Patient

__all__ = ["age_disagrees", "read_patient"]

# Who the patient is stands near the top; what names a relative comes later.
_TOP = 20_000
_HEAD = 600
_BEHIND = 40
"""Characters behind an age that may tell that it is none; more than any expression looks ahead."""
_UNITS = {"y": AgeUnit.YEARS, "m": AgeUnit.MONTHS, "w": AgeUnit.WEEKS, "d": AgeUnit.DAYS, "h": AgeUnit.DAYS}
"""Hours are counted as whole days: FHIR and the rules know no shorter age."""
_MEN = r"male|man|boy|gentleman"
_WOMEN = r"female|woman|girl|lady"
_UNIT = r"(?P<unit>years?|yrs?|yr|y|months?|mos?|mth|weeks?|wks?|days?|d(?=[ -]old))"
_YOUNG = r"newborn|neonate|baby|infant|babe|toddler|child|kid"
_WHO = rf"{_MEN}|{_WOMEN}|{_YOUNG}|son|daughter|patient|pt|husband|wife|partner|mother|father|mum|mom|dad"
_NOT_A_TIME = r"(?!\s*(?:of|ago|hist\w*|hx|h/o|post|before|later|into|and|with\s+no)\b)"
_FRACTIONS = {"52": AgeUnit.WEEKS, "12": AgeUnit.MONTHS, "7": AgeUnit.DAYS}
_PARTICLE = r"(?:de|da|di|del|della|van|von|der|den|la|le|al|bin|ibn|dos|ten)"
_COUNTED = (
    r"(?i:weeks?|wks?|days?|hours?|hrs?|minutes?|mins?|months?|times|episodes?|attacks?|falls?|fits?|seizures?|visits?"
    r"|admissions?|pints?|units?|cigarettes?|tabs?|tablets?|doses?|puffs?|cycles?|sessions?|children|pregnancies"
    r"|mg|mcg|micrograms?|g|ml|l|mmol|kg|cm|mm|lbs?|stone|pack|am|pm|out|of|or|to|a[ ]day|a[ ]week|per)"
)
"""The words by which a number behind a name is no age: "Mr Smith, 2 weeks of cough"."""
_INITIAL_OR_NAME = r"[A-Z][\w'’-]{0,30}\.?"
_AGES = (
    re.compile(rf"(?<![\d./])\b(?P<age>{NUMBER})[ -]?{_UNIT}[ -]?\.?[ -]?(?:old|o\b\.?)", re.I),
    # "5/52 baby", "baby 5/52", "8/12 old".
    re.compile(rf"(?<![\d./])(?P<age>\d{{1,2}})/(?P<of>52|12|7)[ -](?:old|{_YOUNG}|boy|girl)\b", re.I),
    re.compile(rf"\b(?:{_YOUNG}|boy|girl),?[ ](?P<age>\d{{1,2}})/(?P<of>52|12)(?!\d){_NOT_A_TIME}", re.I),
    # "Day 6 newborn", "newborn day 6", "day 6 of life".
    re.compile(
        r"\b(?P<unit>d)(?:ay)?[ ]?(?P<age>\d{1,2})[ ](?:newborn|neonate|baby|infant|of\s+life)\b"
        r"|\b(?:newborn|neonate|baby|infant),?[ ](?P<unit_>d)(?:ay)?[ ]?(?P<age_>\d{1,2})\b",
        re.I,
    ),
    # A newborn's age in hours: "baby 20 hours old", "12 hour old newborn"; a burn can be as old.
    re.compile(
        rf"\b(?:{_YOUNG}|boy|girl)\b[^.\n\d]{{0,20}}?\b(?P<age>\d{{1,3}})[ -]?(?P<unit>h)(?:ours?|rs?)?[ -]old\b"
        rf"|\b(?P<age_>\d{{1,3}})[ -]?(?P<unit_>h)(?:ours?|rs?)?[ -]old[ -](?:{_YOUNG}|boy|girl)\b",
        re.I,
    ),
    # "14 yr boy", "five week baby"; "Child 3 yrs", "Baby, 5 weeks"; "Woman, 45,", "M 67", "F/34".
    re.compile(rf"(?<![\d./])\b(?P<age>{NUMBER})[ -]?{_UNIT}[ -](?:{_YOUNG}|{_MEN}|{_WOMEN})\b", re.I),
    re.compile(
        r"\b(?!(?:child|toddler|kid|boy|girl)[ ]\d{1,3}[ ]?d(?:ays?)?\b)"  # a child of days is a baby
        rf"(?:{_YOUNG}|boy|girl),?[ ](?:aged?[ ])?(?P<age>{NUMBER})[ ]?{_UNIT}\b{_NOT_A_TIME}",
        re.I,
    ),
    re.compile(
        rf"\b(?:{_WHO}),?[ ](?:aged?[ ])?(?P<age>\d{{1,3}})[ ]?(?P<unit>years?|yrs?|y)\b{_NOT_A_TIME}", re.I
    ),
    re.compile(rf"\b(?:{_WHO}),?[ ](?P<age>\d{{1,3}})(?=[,.;)]|\s*\Z)", re.I),
    re.compile(r"(?<![\d./])\b(?P<age>\d{1,2})[ ]?(?P<unit>mo|wk|yr|yrs)\b(?=[:,.;])", re.I),
    # "9/12 M"; "62 male", "34f" at the head of a line; "Mr D, 84,"; "patient is 30".
    re.compile(r"(?<![\d./])\b(?P<age>\d{1,2})/(?P<of>52|12|7)[ ]?[MF]\b"),
    re.compile(rf"(?:\A|\n|[.;][ ])[ \t]*(?P<age>\d{{1,3}})[ ](?:{_MEN}|{_WOMEN})\b", re.I),
    re.compile(r"(?:\A|\n)[ \t]*(?P<age>\d{2,3})(?:f|m(?=[ ,]+[a-z]{3}))(?=[\s,.:;])"),
    re.compile(
        rf"\b(?:Mr|Mrs|Ms|Miss|Mister)\.?[ ](?:{_PARTICLE}[ ]){{0,2}}{_INITIAL_OR_NAME}"
        rf"(?:[ ](?:{_PARTICLE}|{_INITIAL_OR_NAME})){{0,3}},?[ ]"
        r"(?:(?<=,[ ])|(?=\())"
        rf"\(?(?P<age>\d{{1,3}})\)?(?=[,.;:)]|\s|\Z)(?!\.\d)(?![ ]?[/%])(?![ ]{_COUNTED}\b)"
    ),
    re.compile(
        r"(?:\A|(?<=\n)|(?<=[.;][ ]))(?:The[ ])?(?:patient|pt)[ ]is[ ](?P<age>\d{1,3})(?=[,.;)]|\s*\Z|[ ]and\b)",
        re.I,
    ),
    re.compile(rf"(?:\A|\n)[ \t]*[MF][ /]?(?P<age>\d{{1,3}})(?=[\s,.:;]|\Z)(?![ ]{_COUNTED}\b)"),
    re.compile(r"\b(?:he|she)(?:[ ]is|[’']s)[ ](?P<age>\d{1,3})(?=[,.;)]|\s*\Z|[ ]and\b)", re.I),
    re.compile(r"(?<![\d./])(?P<age>\d{1,3})\s?(?P<unit>y)\.?\s?/?o\b", re.I),
    re.compile(
        r"\b(?:age|aged)\s*(?:is|:|=|\bof\b)?\s*(?P<age>\d{1,3})\b(?:\s*(?P<unit>years?|yrs?|y|months?|mos?"
        r"|weeks?|wks?|days?)\b)?",
        re.I,
    ),
    re.compile(r"(?<![\w./%])(?P<age>\d{1,3})\s?(?P<unit>y|yr|mo|wk)?\s?/?\s?(?:[MF])(?=[\s,.;:]|\Z)"),
    re.compile(rf"(?<![\d./])(?P<age>\d{{1,3}})\s(?P<unit>mo|wk|yr|y)\s(?:{_MEN}|{_WOMEN}|M|F)\b", re.I),
    # "5 months, fever", "34 yrs M"; "2 weeks cough and fever" is how long.
    re.compile(
        r"(?:\A|\n)[ \t]*(?P<age>\d{1,3})\s?(?P<unit>yrs?|years?|months?|weeks?)\b"
        rf"(?=[ \t]*(?:,|\n|\Z|[MF]\b|(?:{_MEN}|{_WOMEN}|{_YOUNG}|old)\b))",
        re.I,
    ),
)
_SEX_AFTER_AGE = re.compile(rf"[^\n]{{0,45}}?\b(?:(?P<male>(?i:{_MEN})|M)|(?P<female>(?i:{_WOMEN})|F))\b")
_SLASHED = re.compile(r"(?:(?P<male>M)|(?P<female>F))[ /]?\Z")
_SEX_JOINED = re.compile(r"(?:\d|yo|y)\s?/?\s?(?P<sex>[MF]|(?<=\d)[mf])(?=[\s,.;:]|\Z)")
_SEX_FIELD = re.compile(
    r"\b(?:sex|gender)\s*[:=]\s*(?:(?P<male>male|man|m)|(?P<female>female|woman"
    r"|f))\b",
    re.I,
)
_TITLE = re.compile(r"\b(?:(?P<male>Mr|Mister)|(?P<female>Mrs|Ms|Miss))\b\.?\s(?=[A-Z])")
_HE = re.compile(r"\b(?:he|his|him|himself|the gentleman|this gentleman)\b", re.I)
_SHE = re.compile(r"\b(?:she|her|hers|herself)\b", re.I)
_NOT_PREGNANT = re.compile(
    r"\b(?:not\s+(?:currently\s+)?pregnant|denies\s+(?:being\s+)?pregnan\w+|negative\s+pregnancy\s+test"
    r"|pregnancy\s+test\s*(?::|is|was)?\s*negative|non-?pregnant|pregnan\w+\s*(?:\(?Y/N\)?\s*)?[:?=]\s*(?:no|n"
    r"|nil|neg\w*|denie[sd]))\b"
    r"|(?:\[\s?\]|☐|□)\s*pregnan\w+",
    re.I,
)
_PREGNANT = re.compile(
    r"\b(?:is|currently|now)\s+pregnant\b|\bpregnant\s+(?:female|woman|patient|lady|with|at|~|\d)"
    r"|\bweeks?\s+(?:pregnant|gestation|gravid)\b"
    r"|\b\d{1,2}\s?(?:wks?|w|/40)\s+(?:pregnant|gestation)\b|\bG\d+\s?P\d+\b(?=[^.\n]{0,40}\b(?:weeks?|wks?"
    r"|gestation|pregnan|at)\b)|\bpregnant\b(?!\s*\?)",
    re.I,
)
_OF_PREGNANCY = ("pregnan", "gestation", "gravid", *(f"g{count}" for count in range(10)))
"""The words of pregnancy, in small letters: a text without one states nothing on it."""
_DOUBT = re.compile(
    r"\b(?:exclude|if|could be|might be|may be|possibly|\?|possible|rule out|when|was|been|become|becoming"
    r"|get|trying to|mother|wife|never|avoid|planning|previously|partner|sister|women|not|no|denies"
    r"|isn't)\b[^.\n]{0,25}\Z|\?\s*\Z",
    re.I,
)
# Not from within a word: in a run of capitals each letter would begin one.
_WORD = r"(?<![\w'’-])[A-Z][\w'’-]{1,40}"
_NAME = rf"{_WORD}(?:[ \t](?:[A-Z]\.|{_WORD})){{0,3}}"
_NAMES = (
    re.compile(
        rf"(?:\A|\n|\b)(?:Patient(?:[ \t]+Name)?|Pt(?:[ \t]+Name)?|PATIENT(?:[ \t]+NAME)?|NAME"
        rf"|Name)[ \t]*:[ \t]*(?P<name>{_NAME}(?:,[ \t]*{_NAME})?)"
    ),
    re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Mister)\b\.?[ \t]+(?P<name>{_NAME})"),
    re.compile(
        rf"(?P<name>{_WORD}(?:[ \t]+(?:[A-Z]\.|{_WORD})){{1,3}})(?:,)?\s+is\s+(?:a"
        rf"|an)\s+(?:[\w-]+\s+){{0,3}}?\d{{1,3}}[ -]?(?:year|month|week|day|y\.?o)"
    ),
    re.compile(
        rf"(?:\A|\n)(?P<name>{_WORD}(?:[ \t]+{_WORD}){{0,3}})[ \t]*\n?[ \t]*is\s+(?:a"
        rf"|an)\s+\d{{1,3}}[ -]?(?:year|month|week|day)"
    ),
)
_NOT_A_NAME = frozenset(
    {
        "The",
        "This",
        "Patient",
        "She",
        "He",
        "Pt",
        "Age",
        "Sex",
        "DOB",
        "MRN",
        "Date",
        "HPI",
        "History",
        "Present",
        "Illness",
    }
)
_BIRTH = re.compile(
    r"\b(?:DOB|D\.O\.B\.?|date of birth|birth ?date"
    r"|born(?: on)?)\s*[:=]?\s*(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}(?:st|nd|rd"
    r"|th)?\s+[A-Za-z]{3,9},?\s+\d{4}|[A-Za-z]{3,9}\.?\s+\d{1,2},?\s+\d{4})",
    re.I,
)
_IDENTIFIER = re.compile(
    r"\b(?:MRN|medical record (?:number|no\.?)|NHS(?:\s*(?:number|no\.?|#))?|SSN|hospital (?:number|no\.?)"
    r"|patient id|account (?:number|no\.?|#)|chi(?: number)?|record (?:number|no\.?))"
    r"\s*[:#=]*\s*(?P<id>(?=[A-Z-]{0,4}\d)[A-Z\d](?:[A-Z\d-]|[ ](?=\d)){3,18})",
    re.I,
)


def read_patient(note: Note) -> Patient:
    """Read the demographic part of a note; what it does not say stays `None`."""
    text = note.text[:_TOP]
    weeks = [found.span() for found in gestations(text)]
    age, unit, age_at = _age(text, note.relative, weeks)
    sex, sex_at = _sex(text, age_at)

    def evidence(span: tuple[int, int] | None) -> Evidence | None:
        return Evidence(document=note.document, start=span[0], end=span[1]) if span else None

    birth = _BIRTH.search(text)
    if age is None and birth is not None and (known := _age_by_birth(note, birth["date"])) is not None:
        (age, unit), age_at = known, birth.span("date")
    return Patient(
        age=age,
        age_unit=unit,
        age_evidence=evidence(age_at),
        sex=sex,
        sex_evidence=evidence(sex_at),
        pregnant=_pregnant(text, weeks),
        names=tuple(Evidence(document=note.document, start=a, end=b) for a, b in _names(text)),
        birth_date=evidence(birth.span("date") if birth else None),
        identifiers=tuple(
            Evidence(document=note.document, start=found.start("id"), end=found.end("id"))
            for found in _IDENTIFIER.finditer(text)
        ),
    )


def _age_by_birth(note: Note, date: str) -> tuple[int, AgeUnit] | None:
    """The age on the day of the visit, where both days are sure; of a small child in months, weeks or days."""
    born = note.calendar.days(date)
    if note.visit is None or len(born) != 1 or not 0 <= (days := (note.visit - born.pop()).days) <= 130 * 365:
        return None
    if days < 28:
        return days, AgeUnit.DAYS
    if days < 90:
        return days // 7, AgeUnit.WEEKS
    return (int(days / 30.44), AgeUnit.MONTHS) if days < 2 * 365 else (int(days / 365.25), AgeUnit.YEARS)


def age_disagrees(patient: Patient, note: Note) -> Issue | None:
    """The doubt where the stated age is not the one that the date of birth gives on the day of the visit.

    Only where both days are without doubt; a day of slack is given at a birthday.
    """
    born_at, age, visit = patient.birth_date, patient.age_years, note.visit
    if born_at is None or age is None or visit is None:
        return None
    born = days_in(note.text[born_at.start : born_at.end].lower())
    if len(born) != 1:
        return None
    years = (visit - next(iter(born))).days / 365.25
    if years - 1.01 <= age <= years + 0.01:
        return None
    return Issue(
        code="age-disagrees",
        message="The stated age is not the one that the date of birth gives on the day of the visit.",
        evidence=patient.age_evidence,
        against=born_at,
    )


_NOT_THE_PATIENT = re.compile(
    r"\b(?:(?:mother|father|sister|brother|son|daughter|wife|husband|aunt|uncle|cousin)(?!\s+(?:reports?|says?"
    r"|states?"
    r"|noticed|brought|brings|(?:is\s+)?(?:worried|concerned)))|died|quit smoking|diagnosed|since|until|started"
    r"|menarche|onset)\b[^.\n]{0,40}\Z|\bcorrected(?:\s+(?:gestational\s+)?age)?\b[^.\n]{0,6}\Z",
    re.I,
)
_SEX_BEFORE_AGE = re.compile(
    rf"\b(?:(?P<male>(?i:{_MEN})|M)|(?P<female>(?i:{_WOMEN})|F))\b,?[ ]?(?:(?i:is|aged?|of)[ ])?\Z"
)


def _age(
    text: str, relative: str | None, weeks: list[tuple[int, int]]
) -> tuple[int | None, AgeUnit, tuple[int, int] | None]:
    """The first age that is not another person's, not that of an event, and not that of a pregnancy (`weeks`)."""
    hit = None
    # Most notes say it at their head: the rest is looked through only where that one has none.
    for limit in (_HEAD, _TOP):
        hit = _first_age(text, limit, relative, weeks)
        if hit is not None and hit.end() < limit - _BEHIND:
            break
    if hit is None:
        return None, AgeUnit.YEARS, None
    named = hit.groupdict()
    if of := named.get("of"):
        unit = _FRACTIONS[of]
    else:
        unit = _UNITS[(named.get("unit") or named.get("unit_") or "y")[0].lower()]
    age = number(_age_of(hit))
    if (named.get("unit") or named.get("unit_") or "")[:1].lower() == "h":
        age //= 24
    return age, unit, (hit.start("age" if named["age"] else "age_"), hit.end())


def _first_age(text: str, limit: int, relative: str | None, weeks: list[tuple[int, int]]) -> re.Match[str] | None:
    """The first of the patient's ages before `limit`, and of those that begin there the longest."""
    best: re.Match[str] | None = None
    for pattern in _AGES:
        # Only what begins before the best one can be better.
        for hit in pattern.finditer(text, 0, limit if best is None else min(limit, best.end() + _BEHIND)):
            if best is not None and (hit.start(), -hit.end()) >= (best.start(), -best.end()):
                break
            if _is_own(hit, text, relative, weeks):
                best = hit
                break
    return best


def _is_own(hit: re.Match[str], text: str, relative: str | None, weeks: list[tuple[int, int]]) -> bool:
    """True if an apparent age is one, and the patient's."""
    return (
        number(_age_of(hit)) <= 120
        and not any(start <= hit.start() < end for start, end in weeks)
        and not _is_anothers(text[max(0, hit.start() - 60) : hit.start()], relative)
    )


def _age_of(hit: re.Match[str]) -> str:
    return hit["age"] or hit["age_"]


def _is_anothers(before: str, relative: str | None) -> bool:
    other = _NOT_THE_PATIENT.search(before)
    return other is not None and (relative is None or relative not in before.lower())


def _sex(text: str, age_at: tuple[int, int] | None) -> tuple[str | None, tuple[int, int] | None]:
    tries = [_SEX_FIELD.search(text)]
    if age_at:
        joined = _SEX_JOINED.search(text, age_at[0], min(len(text), age_at[1] + 4))
        if joined is not None:
            return ("male" if joined["sex"] in "Mm" else "female"), joined.span("sex")
        tries.append(
            _SEX_BEFORE_AGE.search(text, max(0, age_at[0] - 24), age_at[0])
            or _SLASHED.search(text, max(0, age_at[0] - 2), age_at[0])
        )
        number = re.compile(r"\d+").match(text, age_at[0])
        tries.append(_SEX_AFTER_AGE.match(text, number.end() if number else age_at[1]))
    tries.append(_TITLE.search(text))
    for found in tries:
        if found is not None:
            sex = "male" if found["male"] else "female"
            return sex, found.span(sex)
    he, she = _HE.search(text), _SHE.search(text)
    if (he is None) == (she is None):
        return None, None
    pronoun = he or she
    assert pronoun is not None
    return ("male" if he else "female"), pronoun.span()


def _pregnant(text: str, weeks: list[tuple[int, int]]) -> bool | None:
    lowered = text.lower()
    if not weeks and not any(word in lowered for word in _OF_PREGNANCY):
        return None
    if _NOT_PREGNANT.search(text):
        return False
    if weeks:
        return True
    for found in _PREGNANT.finditer(text):
        if not _DOUBT.search(text[max(0, found.start() - 40) : found.start()]):
            return True
    return None


def _names(text: str) -> Iterator[tuple[int, int]]:
    seen: set[str] = set()
    for pattern in _NAMES:
        for found in pattern.finditer(text):
            name = found["name"]
            if name in seen or name.split()[0] in _NOT_A_NAME:
                continue
            seen.add(name)
            yield found.span("name")
