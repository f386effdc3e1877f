"""Vital signs and laboratory values: a name, its number and unit, never changed."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from decimal import Decimal

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.extract.charts import read_charts
from bedside.agents.reader.extract.consciousness_oxygen import read_state
from bedside.agents.reader.extract.further import another_value, behind_time
from bedside.agents.reader.extract.inline_vitals import read_stated
from bedside.agents.reader.extract.levels import as_level
from bedside.agents.reader.extract.quantities import read_quantities
from bedside.agents.reader.extract.values import AS_TARGET, LINK, NUMBER, RANGE_END, THEN, TO_TARGET, TODAY, decimal
from bedside.agents.reader.facts import fact
from bedside.agents.reader.modify.assertions import STATED
from bedside.agents.reader.modify.family_scope import patients_again
from bedside.agents.reader.modify.measured import of_value
from bedside.records import Coding, Fact, FactKind, Moment, Quantity
from bedside.tools.terminology import Concept, Domain, Match, Unit, concept

__all__ = ["code_of", "implausible", "read_measurements", "unit_behind"]

_KINDS = {Domain.VITAL: FactKind.VITAL, Domain.LAB: FactKind.LAB}
_VALUE = rf"\s*(?P<sign><=|>=|≤|≥|<|>)?\s*(?P<value>{NUMBER})(?!\d|\.\d|\+|[ \t]*/[ \t]*(?!1[05]\b)\d)"
# "K+ 6.9": the sign belongs to the ion.
_PLAIN = re.compile(r"\+?" + LINK + _VALUE, re.I)
_PRESSURE = re.compile(
    LINK + r"\s*(?P<upper>\d{2,3})s?(?:\s?[-–]\s?(?P<upper_end>\d{2,3}))?\s*(?:/|over)\s*(?P<lower>\d{2,3})s?"
    r"(?:\s?[-–]\s?(?P<lower_end>\d{2,3})\b)?(?!\d|/\d|\s?(?:years?|months?|weeks?|days?)\b)",
    re.I,
)
# By palpation only the upper one is found: "80/palp", "75 systolic".
_UPPER = re.compile(
    LINK
    + r"\s*(?P<upper>\d{2,3})s?\s*(?:/\s*(?:palp\w*|p\b|[-?–]+)|(?:by\s+)?palp\w*|sys(?:tolic)?\b|(?=[,;.)]|\Z))",
    re.I,
)
_LOOSE = 110
# A second pair in the same breath: "BP 150/92, was 140/85", "then 138/84 on repeat".
_AGAIN = re.compile(
    r"\s*(?:[,;(→]|->|and|then|was|now|later|to|down to|up to|repeat(?:ed)?(?:\s+BP)?|on repeat|dropp\w+|fell|rose"
    r"|recheck(?:ed)?|is|at|initially|previously|improved to|today|from|manual(?:ly)?"
    r"|\(?(?:when\s+)?(?:standing|sitting|lying|supine|erect)\b"
    r"|(?:in\s+the\s+)?(?:left|right|r|l|rt|lt)\s+(?:arm|leg)|mmHg|mm\s?Hg|\)|[:-]|\s)*(?<![\d/])"
    r"(?P<upper>\d{2,3})\s?/\s?(?P<lower>\d{2,3})(?![\d/]|\s?(?:of|weeks?|days?)\b)",
    re.I,
)
# And a second saturation: "88% on RA, 95% on 2 L".
_SATURATION_AGAIN = re.compile(
    r"(?:\s*(?:[,;(→)-]|->|on|RA|room|air|NC|nasal|cannula|O2|oxygen|then|and|to|dropp\w+|down|up"
    r"|improv\w+|increas\w+"
    r"|decreas\w+|with|after|at|rest|exertion|ambulat\w+|walking|which|but|now|later|initially|was|is"
    r"|when|while|fell"
    r"|desat\w*|lowest|of|via|the|a|by|EMS|sats?|non-?rebreather|NRB|\d{1,2}(?:\.\d)?\s?(?:L(?:PM"
    r"|/min)?|liters?|litres?)))*"
    r"\s*(?<!\d)(?P<value>\d{2,3})\s?%(?!\s*(?:venturi|O2|oxygen|FiO2|face|mask|via|target|goal))",
    re.I,
)
# "Temperature (°F) 101.3": the unit stands with the name.
_UNIT_IN_BRACKETS = re.compile(r"\s*\(([^()\d\n]{1,12})\)")
_SIGNS = {"≤": "<=", "≥": ">="}
# A bare letter is a vital sign only right before its number.
_LETTERS = frozenset({"P", "R", "T"})
# Numbers that belong to something else: "heart rate 2 days ago", "pain 3/7".
_NOT_A_VALUE = re.compile(
    r"(?:\s?(?:-|–|to|or)\s?\d{1,3})?\s*(?:days?|weeks?|months?|years?|hours?|hrs?\b(?!\s*:?\s*\d)|minutes?|mins?"
    r"|times?|x\b|mg\b(?!/)|tablets?|th\b|st\b|nd\b"
    r"|rd\b|y\.?o\b|yrs?\b)",
    re.I,
)
# A result in words, right after the name or right before it: "creatinine level slightly elevated", "a low TSH".
_IN_WORDS = re.compile(
    r"\s*(?:levels?|readings?|counts?|results?)?\s*(?:[:=]|\b(?:is|are|was|were|remains?|came\s+back"
    r"|noted\s+to\s+be)\b)?\s*"
    r"(?P<value>(?:(?:slightly|mildly|moderately|markedly|very|borderline"
    r"|persistently)\s+)?(?:elevated|high|low|raised"
    r"|decreased|reduced|increased|abnormal|borderline|positive|negative|non-?reactive|reactive"
    r"|not\s+detected|detected"
    r"|within\s+(?:a\s+|the\s+)?normal\s+(?:limits|range)|wnl|normal|unremarkable))\b(?!\s*(?:at|to|of)?\s*\d)",
    re.I,
)
_WORD_BEFORE = re.compile(
    r"\b(?P<value>low|elevated|raised|high|abnormal|positive|negative|decreased|reduced|diminished"
    r"|increased)\s+(?:serum\s+|blood\s+)?\Z",
    re.I,
)
# Beside a value of a laboratory page: its flag, and the range of reference that is printed there.
_BEFORE_UNIT = re.compile(r"\s?[ \t|]{0,12}")
_FLAG = re.compile(
    r"[ \t|]*\(?(?P<flag>(?-i:HH?|LL?)|high|low|normal|abnormal|elevated|critical)\)?(?![\w/])", re.I
)
_RANGE = re.compile(
    r"[ \t|,;]*(?:[\[(][ ]?(?:(?:ref(?:erence)?(?:[ .]range)?|normal(?:[ ]range)?|nl|range)[ .:]*)?"
    r"|(?:ref(?:erence)?(?:[ .]range)?|normal(?:[ ]range)?|range)[ .:]+|[ \t|]{2,})"
    r"(?P<range>\d[\d.]*[ ]?[-–][ ]?\d[\d.]*|[<>≤≥][ ]?=?[ ]?\d[\d.]*)(?:[ ]?[\w/%^]+)?[ ]?(?:[\])]"
    r"|(?=[\s|,;.]|\Z))",
    re.I,
)
_INTERPRETATIONS = {
    "h": "high", "hh": "high", "high": "high", "elevated": "high", "raised": "high", "increased": "high",
    "l": "low", "ll": "low", "low": "low", "diminished": "low", "decreased": "low", "reduced": "low",
    "normal": "normal", "unremarkable": "normal", "wnl": "normal", "within normal limits": "normal",
    "abnormal": "abnormal", "critical": "abnormal",
}  # fmt: skip
# "A low cholesterol diet" is no result.
_DIET = re.compile(r"[^.;\n]{0,60}?\b(?:diet|foods?|meals?)\b", re.I)
_OUT_OF_TEN = re.compile(r"\s*(?:/|out of)\s*(?P<whole>10|15)\b", re.I)
_FEET = re.compile(r"[\s:=]*(?P<height>\d\s*(?:'|’|ft|feet|foot)\s*\d{1,2}\s*(?:\"|”|''|in(?:ches)?\b)?)", re.I)


def read_measurements(note: Note) -> Iterator[Fact]:
    """Yield a fact for each vital sign and laboratory result with its value."""
    taken: list[tuple[int, int]] = []
    cells = list(read_charts(note))
    days = {end: Moment(text=day) for _, _, _, end, day in cells if day is not None}
    own = frozenset(patients_again(note))
    for sentence in note.sentences:
        if sentence.part is Part.FAMILY and sentence.start not in own:
            continue
        end, around = -1, None
        for named in sentence.matches:
            match = as_level(named, note.text[named.end : min(sentence.end, named.end + _LOOSE)])
            if not _is_measurable(match.concept) or match.start < end or _is_taken(note, sentence, match):
                continue
            name = match.start - sentence.start, match.end - sentence.start
            for read in _read(note, sentence, match):
                end = read.evidence.end
                around = around or note.sentence_context(sentence)
                said = of_value(note, around, name, end)
                if said is not None:
                    day = days.get(read.evidence.end)
                    told = {"assertion": said.assertion, "why": said.why} | ({"measured": day} if day else {})
                    yield read.model_copy(update=told)
                taken.append((read.evidence.start, read.evidence.end))
    for known, value, start, end, day_above in cells:
        if not any(first < end and start < last for first, last in taken):
            fact = _fact(note, known, start, end, value, None, None)
            yield fact.model_copy(update={"measured": Moment(text=day_above)}) if day_above else fact
    yield from read_stated(note, taken)
    yield from read_state(note)
    yield from read_quantities(note)


_TAKEN = re.compile(
    r"[^;\n]{0,25}?\b(?:IU|mg|mcg|units?|daily|tablets?|capsules?|supplement\w*|once|twice|OTC|PRN)\b", re.I
)


_TAKEN_REGULARLY = re.compile(
    r"\s+(?:tablets?\s+|supplements?\s+|chloride\s+|citrate\s+|sulfate\s+)?\d[\d,.]*\s?(?:IU|mg|mcg|g|units?|mEq|mmol)\s+"
    r"(?:(?:iv|im|po|sc)\b|(?:po\s+|iv\s+|orally\s+)?(?:once\s+|twice\s+)?(?:daily|weekly|monthly|od|bd|bid|tds|tid|qds|qid|nightly|nocte|a\s+day|per\s+day"
    r"|every\b))",
    re.I,
)


def _is_taken(note: Note, sentence: Sentence, match: Match) -> bool:
    """True if a name is that of a drug: "vitamin D 2000 IU daily" is no result; a list of drugs needs less."""
    taken = _TAKEN if sentence.part is Part.MEDICATIONS else _TAKEN_REGULARLY
    return match.concept.domain is Domain.LAB and taken.match(note.text, match.end, sentence.end) is not None


def code_of(known: Concept, value: Decimal, unit: Unit | None) -> Coding | None:
    """The code of a measured quantity: of its unit where there is one, else of the one unit that the value fits."""
    if unit is not None:
        return unit.code
    fitting = [each for each in known.units if each.plausible(value)] or list(known.units)
    codes = {each.code.code: each.code for each in fitting if each.code}
    return next(iter(codes.values())) if len(codes) == 1 else known.code if not known.units else None


def _is_measurable(known: Concept) -> bool:
    """True if a concept is a quantity beside its name; those of `bedside_state` are not."""
    return known.domain in _KINDS and bool(known.units) and known.key != "inhaled-oxygen"


def implausible(fact: Fact) -> bool:
    """True if a measured value is outside the range that its table allows for its unit."""
    domain = next((domain for domain, kind in _KINDS.items() if kind is fact.kind), None)
    if domain is None or fact.quantity is None or fact.concept is None:
        return False
    units = concept(domain, fact.concept).units
    said = [unit for unit in units if unit.ucum == fact.quantity.unit] or list(units)
    return bool(said) and not any(unit.plausible(fact.quantity.value) for unit in said)


def _read(note: Note, sentence: Sentence, match: Match) -> Iterator[Fact]:
    window = note.text[match.end : min(sentence.end, match.end + _LOOSE)]
    if AS_TARGET.search(note.text, max(sentence.start, match.start - 30), match.start):
        return
    if match.concept.key == "blood-pressure":
        pressures = list(_pressure(note, match, window))
        yield from pressures or _told(note, sentence, match)
        return
    if match.concept.key == "height" and (feet := _FEET.match(window)):
        yield _feet(note, match, feet)
        return
    if note.text[max(0, match.start - 6) : match.start].lower() == "birth ":
        return
    name = note.text[match.start : match.end]
    found, only_a_target = _value_behind(window)
    if only_a_target:
        return
    if found is None or _NOT_A_VALUE.match(window, found.end()):
        yield from _told(note, sentence, match)
        return
    if name in _LETTERS and found.start("value") > 3 and not _UNIT_IN_BRACKETS.match(window):
        return
    if match.concept.key == "pain-score" and not _is_score(name, window, found):
        return
    end = found.end()
    out_of = _OUT_OF_TEN.match(window, end)
    flag = _FLAG.match(window, end) if match.concept.domain is Domain.LAB else None
    unit, end = (None, out_of.end()) if out_of else unit_behind(match.concept, window, flag.end() if flag else end)
    if unit is None and (bracket := _UNIT_IN_BRACKETS.match(window)):
        unit, _ = unit_behind(match.concept, bracket[1], 0)
    value = decimal(found["value"])
    sign = _SIGNS.get(found["sign"] or "", found["sign"])
    if name in _LETTERS and not _fits(match.concept, unit, value):
        return
    fact = _fact(note, match.concept, match.start, match.end + end, value, unit, sign)
    yield _with_page(fact, note.text, match.end + end, sentence.end, flag) if fact.kind is FactKind.LAB else fact
    end = yield from _course(note, match, window, found.end(), end, unit)
    if match.concept.key == "spo2":
        yield from _saturations(note, match, window, end)


_AIMED_AT = re.compile(r"\s*(?:target|goal|aim)\b[^.;\n\d]{0,15}\d[\d.]*", re.I)


def _value_behind(window: str) -> tuple[re.Match[str] | None, bool]:
    """The number behind a name, and whether the only one is what was aimed at."""
    found = _PLAIN.match(window)
    if found is None:
        aimed = _AIMED_AT.match(window)
        return (TODAY.match(window, aimed.end()) if aimed else None), False
    if AS_TARGET.search(window, 0, found.start("value")):
        # "INR target 2-3, today 6.8": what was measured stands behind.
        found = TODAY.match(window, found.end())
        return found, found is None
    return found, TO_TARGET.match(window, found.end()) is not None


def _course(
    note: Note, match: Match, window: str, behind: int, end: int, unit: Unit | None
) -> Generator[Fact, None, int]:
    """The other end of a range and the later values of a course, each an observation of its own.

    Args:
        behind: One past the first value.
        end: One past its unit.

    Returns:
        One past the last of them.
    """

    def _unit_end(at: int) -> int:
        return unit_behind(match.concept, window, at)[1]

    found = RANGE_END.match(window, behind) or THEN.match(window, end) or another_value(window, end, _unit_end)
    while found is not None and _fits(match.concept, unit, decimal(found["value"])):
        own, end = unit_behind(match.concept, window, found.end())
        start = match.end + found.start("value")
        yield _fact(note, match.concept, start, match.end + end, decimal(found["value"]), own or unit, None)
        found = THEN.match(window, end) or another_value(window, end, _unit_end)
    return end


def _with_page(fact: Fact, text: str, end: int, limit: int, flag: re.Match[str] | None) -> Fact:
    """Return a result with the flag and the range beside it."""
    after = None if flag else _FLAG.match(text, end, limit)
    printed = _RANGE.match(text, after.end() if after else end, limit)
    flag = flag or after or (_FLAG.match(text, printed.end(), limit) if printed else None)
    update = {
        "interpretation": _INTERPRETATIONS.get(flag["flag"].lower()) if flag else None,
        "reference_range": printed["range"].strip() if printed else None,
    }
    return fact.model_copy(update=update) if any(update.values()) else fact


def _told(note: Note, sentence: Sentence, match: Match) -> Iterator[Fact]:
    """A result that is a word. Of vital signs only what a list of them says: prose tells of other days."""
    listed = sentence.part in (Part.VITALS, Part.RESULTS)
    if match.concept.domain is Domain.VITAL and not (listed and len(note.text[match.start : match.end]) > 1):
        return
    found = _IN_WORDS.match(note.text, match.end, sentence.end)
    start, end = match.start, match.end
    if found is not None:
        end = found.end()
    elif match.concept.domain is Domain.LAB and not _DIET.match(note.text, match.end, sentence.end):
        found = _WORD_BEFORE.search(note.text, sentence.start, match.start)
        start = found.start() if found else start
    if found is None:
        return
    value = " ".join(found["value"].lower().split())
    fact = _fact(note, match.concept, start, end, None, None, None, text=value)
    words = value.removeprefix("slightly ").removeprefix("mildly ").removeprefix("moderately ")
    yield fact.model_copy(update={"interpretation": _INTERPRETATIONS.get(words)})


def _saturations(note: Note, match: Match, window: str, end: int) -> Iterator[Fact]:
    """Further saturations of the same statement."""
    while (found := _SATURATION_AGAIN.match(window, behind_time(window, end))) is not None:
        value, unit = Decimal(found["value"]), match.concept.units[0]
        if not unit.plausible(value):
            return
        start, end = match.end + found.start("value"), found.end()
        yield _fact(note, match.concept, start, match.end + end, value, unit, None)


def _is_score(name: str, window: str, found: re.Match[str]) -> bool:
    """True if a number after "pain" is a score: the word alone needs "out of ten"."""
    return name.lower() != "pain" or _OUT_OF_TEN.match(window, found.end()) is not None


def _pressure(note: Note, match: Match, window: str) -> Iterator[Fact]:
    systolic, diastolic = (concept(Domain.VITAL, f"{which}-blood-pressure") for which in ("systolic", "diastolic"))
    found = _PRESSURE.match(window)
    if found is not None and AS_TARGET.search(window, 0, found.start("upper")):
        return
    if found is None:
        upper = _UPPER.match(window)
        if upper is not None and _fits(systolic, None, Decimal(upper["upper"])):
            value = Decimal(upper["upper"])
            yield _fact(note, systolic, match.start, match.end + upper.end(), value, systolic.units[0], None)
        return
    first, at = match.start, match.end
    while found is not None:
        end = unit_behind(systolic, window, found.end())[1]
        for suffix in ("", "_end"):
            for part, which in ((systolic, "upper"), (diastolic, "lower")):
                if not found.groupdict().get(which + suffix):
                    continue
                # Each has units of its own: a unit's row holds the code of what is measured in it.
                unit, _ = unit_behind(part, window, found.end())
                yield _fact(note, part, first, at + end, Decimal(found[which + suffix]), unit, None)
        found = _AGAIN.match(window, behind_time(window, end))
        if found is not None:
            first = match.end + found.start("upper")


def _feet(note: Note, match: Match, found: re.Match[str]) -> Fact:
    """A height in feet and inches: two units make no one quantity, and a value is never converted."""
    height, end = found["height"].strip(), match.end + found.end()
    return fact(note, FactKind.VITAL, match.start, end, STATED, known=match.concept, text_value=height)


def unit_behind(known: Concept, window: str, start: int) -> tuple[Unit | None, int]:
    """The unit that follows a number, as a concept's table has it, and where it ends; the longest spelling wins.

    Args:
        start: One past the number's last character.
    """
    lead = _BEFORE_UNIT.match(window, start)
    at = lead.end() if lead else start
    best: tuple[Unit | None, int] = (None, start)
    for unit in known.units:
        for spelling in unit.spellings:
            end = at + len(spelling)
            if window[at:end].lower() == spelling.lower() and not window[end : end + 1].isalnum() and end > best[1]:
                best = unit, end
    return best


def _fits(known: Concept, unit: Unit | None, value: Decimal) -> bool:
    return any(each.plausible(value) for each in ([unit] if unit else known.units))


def _fact(
    note: Note,
    known: Concept,
    start: int,
    end: int,
    value: Decimal | None,
    unit: Unit | None,
    sign: str | None,
    *,
    text: str | None = None,
) -> Fact:
    quantity = None
    if value is not None:
        quantity = Quantity(value=value, unit=unit.ucum if unit else None, comparator=sign)
    code = known.code if value is None else code_of(known, value, unit)
    kind = _KINDS[known.domain]
    return fact(note, kind, start, end, STATED, known=known, code=code, quantity=quantity, text_value=text)
