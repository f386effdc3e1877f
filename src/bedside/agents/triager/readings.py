"""Measurements of a record, brought to the units in which rules and scores count."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bedside.errors import InputError
from bedside.records import Assertion, Fact, FactKind, Quantity
from bedside.tools.scores import (
    danger_zone,
    low_pulse_limit,
    low_systolic_limit,
    news2,
    qsofa,
    shock_index,
    sipa_limit,
)

__all__ = ["Readings", "count_tablets", "read_vitals", "time_acetaminophen", "value_of"]

NAMES: Mapping[str, str] = {
    # Concept key of a measurement to its name in the rules.
    "systolic-blood-pressure": "systolic",
    "heart-rate": "pulse",
    "respiration-rate": "respirations",
    "spo2": "spo2",
    "temperature": "temperature",
    "gcs": "gcs",
    "pain-score": "pain",
    "glucose": "glucose",
    "blood-glucose": "glucose",
    "potassium": "potassium",
    "lactate": "lactate",
    "neutrophils": "neutrophils",
    "inr": "inr",
    "gestational-age": "gestation",
    "capillary-refill": "refill",
    "burned-area": "burned",
    "troponin": "troponin",
    "troponin-i": "troponin",
    "troponin-t": "troponin",
    "hemoglobin": "hemoglobin",
    "sodium": "sodium",
    "beta-hydroxybutyrate": "ketones",
    "calcium": "calcium",
    "corrected-calcium": "calcium",
    "creatinine": "creatinine",
    "urea": "urea",
    "urea-nitrogen": "urea",
    "magnesium": "magnesium",
    "phosphate": "phosphate",
    "platelet-count": "platelets",
    "arterial-ph": "ph",
    "lithium-level": "lithium",
    "digoxin-level": "digoxin",
    "acetaminophen-level": "acetaminophen",
}
NEWS2_NAMES: Mapping[str, str] = {
    "systolic": "systolic",
    "pulse": "pulse",
    "respirations": "respiration_rate",
    "spo2": "spo2",
    "temperature": "temperature",
}
PLAUSIBLE: Mapping[str, tuple[Decimal, Decimal]] = {
    # NEWS2 refuses its own implausible inputs; these are the others. Bedside's own.
    "gcs": (Decimal(3), Decimal(15)),
    "pain": (Decimal(0), Decimal(10)),
    "glucose": (Decimal(5), Decimal(2500)),
    "potassium": (Decimal(1), Decimal(12)),
    "lactate": (Decimal("0.1"), Decimal(40)),
    "neutrophils": (Decimal(0), Decimal(100)),
    "inr": (Decimal("0.5"), Decimal(30)),
    "gestation": (Decimal(4), Decimal(44)),
    "refill": (Decimal(0), Decimal(30)),
    "burned": (Decimal(0), Decimal(100)),
    "troponin": (Decimal(0), Decimal(1_000_000)),
    "hemoglobin": (Decimal(1), Decimal(25)),
    "sodium": (Decimal(90), Decimal(200)),
    "ketones": (Decimal(0), Decimal(30)),
    "calcium": (Decimal("0.5"), Decimal(6)),
    "creatinine": (Decimal(5), Decimal(4000)),
    "urea": (Decimal("0.3"), Decimal(150)),
    "magnesium": (Decimal("0.05"), Decimal(10)),
    "phosphate": (Decimal("0.05"), Decimal(10)),
    "platelets": (Decimal(0), Decimal(3000)),
    "ph": (Decimal("6.5"), Decimal(8)),
    "lithium": (Decimal(0), Decimal(15)),
    "digoxin": (Decimal(0), Decimal(50)),
    "acetaminophen": (Decimal(0), Decimal(2000)),
    "weight": (Decimal("0.3"), Decimal(400)),
    "news": (Decimal(0), Decimal(20)),
}
MG_PER_MMOL_GLUCOSE = Decimal("18.016")
"""mg/dL in one mmol/L of glucose, from its molar mass of 180.16 g/mol."""

KG_PER_POUND = Decimal("0.45359237")

TO_MOLES: Mapping[str, tuple[Decimal, Decimal]] = {
    # Divisor of mg/dL to mmol/L (creatinine: to µmol/L), from molar masses; and, without a unit, from which value
    # on it can only be mg/dL (creatinine: below which).
    "calcium": (Decimal("4.0078"), Decimal(5)),
    "magnesium": (Decimal("2.4305"), Decimal(1)),
    "phosphate": (Decimal("3.0974"), Decimal(10)),
    "urea": (Decimal("2.8013"), Decimal(1000)),
    "creatinine": (Decimal("0.011312"), Decimal(25)),
}
"""Conventional units. Urea in mg/dL is its nitrogen (28.013 g of it in a mole of urea)."""

BARE_COUNTS = frozenset({"acetaminophen", "ibuprofen"})
"""Drugs of which no tablet holds less than 100 mg, so that a bare dose of 10 to 100 ("took 24") counts tablets."""

TAKEN = frozenset({"overdose", "poisoning"})
FIRST_LEVEL = 4
"""Hours after which a level of acetaminophen can be compared with the line."""
_HOURS_AGO = re.compile(r"(\d{1,2})\s*(?:h|hrs?|hours?)\s+ago", re.I)
_TABLETS = re.compile(r"(\d{2,3})(?P<unit>\s*(?:tablets?|tabs?|pills?|capsules?|caps?))?", re.I)

STEP: Mapping[str, Decimal] = dict.fromkeys(
    (
        *("temperature", "potassium", "lactate", "neutrophils", "inr", "hemoglobin", "ketones"),
        *("calcium", "magnesium", "phosphate", "lithium", "digoxin"),
    ),
    Decimal("0.1"),
)
"""The smallest step of a measurement where it is not 1: "under 90" is read as 89, "over 38" as 38.1."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Values by name, each with the facts behind it, and the doubts about them.

    Units: mmHg, /min, %, °C, mg/dL glucose, mmol/L potassium, sodium, lactate, ketones, calcium, magnesium,
    phosphate, urea and lithium, µmol/L creatinine, 10⁹/L neutrophils and platelets, ng/mL digoxin, mg/L
    acetaminophen, ng/L troponin, g/dL hemoglobin, kg body weight,
    points of GCS, NEWS and pain, weeks of gestation, seconds of refill, tablets.
    """

    values: dict[str, list[tuple[Decimal, tuple[str, ...]]]] = field(default_factory=lambda: defaultdict(list))
    warnings: list[str] = field(default_factory=list)

    def worst(self, name: str) -> Decimal | None:
        """The value with the most NEWS2 points; of equals the first."""
        stated = [value for value, _ in self.values.get(name, ())]
        return max(stated, key=lambda value: _points(name, value)) if stated else None

    def extreme(self, pick: Callable[[list[Decimal]], Decimal], name: str) -> Decimal | None:
        """The lowest (`min`) or highest (`max`) value."""
        stated = [value for value, _ in self.values.get(name, ())]
        return pick(stated) if stated else None

    def facts(self, names: Iterable[str]) -> tuple[str, ...]:
        """Ids of the facts behind the named values."""
        return tuple(dict.fromkeys(fact for name in names for _, ids in self.values.get(name, ()) for fact in ids))


def read_vitals(facts: Iterable[Fact], age_years: float | None, *, altered: bool | None) -> Readings:
    """Collect the measurements of facts that are present or possible, and what follows from them.

    Args:
        facts: Only facts that count; the caller leaves out absent, past and planned ones.
        age_years: For the danger zones; unknown counts as adult.
        altered: Whether mentation is altered, `None` where nothing is said of it.
    """
    readings = Readings()
    for fact in facts:
        name = NAMES.get(fact.concept or "")
        if name is None or fact.quantity is None or (name == "neutrophils" and fact.quantity.unit == "%"):
            continue
        value = value_of(name, fact.quantity)
        if value is None:
            readings.warnings.append(f"A {fact.display} is implausible or lacks its unit and was not used.")
        else:
            readings.values[name].append((value, (fact.id,)))
    for name, stated in list(readings.values.items()):
        if len({value for value, _ in stated}) > 1:
            readings.warnings.append(f"Several values of {name} are stated; the worst one counts.")
    _derive(readings, age_years, altered)
    return readings


def count_tablets(readings: Readings, facts: Iterable[Fact]) -> None:
    """Add the number of tablets that somebody *took*: in the past tense, which the reader calls historical."""
    for fact in facts:
        if (
            fact.kind is not FactKind.MEDICATION
            or fact.assertion is not Assertion.HISTORICAL
            or not fact.medication
        ):
            continue
        found = _TABLETS.fullmatch(fact.medication.dose or "")
        if found and (found["unit"] or (fact.concept in BARE_COUNTS and int(found[1]) <= 100)):
            readings.values["tablets"].append((Decimal(found[1]), (fact.id,)))


def time_acetaminophen(readings: Readings, facts: Iterable[Fact]) -> None:
    """Add the relation of an acetaminophen level to the treatment line, where the hours since intake are stated.

    MHRA 2012: one line from 100 mg/L at 4 hours, halved every 4 hours (15 mg/L at 15 hours). 1 is on the line;
    before 4 hours a level says nothing.
    """
    told = [(fact.onset.text, fact.id) for fact in facts if fact.concept in TAKEN and fact.onset is not None]
    hours = [(int(found[1]), name) for text, name in told if (found := _HOURS_AGO.search(text))]
    since, behind = max(hours, default=(0, ""))
    if since < FIRST_LEVEL:
        return
    line = Decimal(100) / Decimal(2) ** (Decimal(since - FIRST_LEVEL) / FIRST_LEVEL)
    for level, ids in readings.values.get("acetaminophen", ()):
        readings.values["acetaminophen-to-line"].append((level / line, (*ids, behind)))


def value_of(name: str, quantity: Quantity) -> Decimal | None:
    """The value in the unit of the rules, or `None` where it is implausible or in a unit that they do not know."""
    value = quantity.value
    if name == "temperature" and (quantity.unit == "[degF]" or (quantity.unit is None and value > 50)):
        # Without a unit no living person is above 50 °C; the note keeps its own unit.
        value = (value - 32) * 5 / 9
    if name == "glucose":
        # Without a unit a number under 20 can only be mmol/L. From 20 to 54 it is an emergency in either unit.
        unit = quantity.unit or ("mmol/L" if value < 20 else "mg/dL")
        if unit == "mmol/L":
            value *= MG_PER_MMOL_GLUCOSE
        elif unit != "mg/dL":
            return None
    if name == "troponin" and quantity.unit == "ng/mL":
        value *= 1000
    if name == "hemoglobin" and (quantity.unit == "g/L" or (quantity.unit is None and value > 25)):
        # Without a unit nobody has over 25 g/dL.
        value /= 10
    if name == "weight" and quantity.unit == "[lb_av]":
        value *= KG_PER_POUND
    if name in TO_MOLES:
        divisor, limit = TO_MOLES[name]
        bare = value < limit if name == "creatinine" else value >= limit
        if quantity.unit == "mg/dL" or (quantity.unit is None and bare):
            value /= divisor
    if name in ("platelets", "neutrophils") and (quantity.unit == "/uL" or value > PLAUSIBLE[name][1]):
        # "Platelets 250000" and "ANC 400" count cells in a microlitre.
        value /= 1000
    if quantity.comparator in ("<", ">"):
        step = STEP.get(name, Decimal(1))
        value += step if quantity.comparator == ">" else -step
    if name in PLAUSIBLE:
        low, high = PLAUSIBLE[name]
        return value if low <= value <= high else None
    try:
        _points(name, value)
    except InputError:
        return None
    return value


def _points(name: str, value: Decimal) -> int:
    if name not in NEWS2_NAMES:
        return 0
    inputs: dict[str, Decimal | None] = dict.fromkeys(NEWS2_NAMES.values())
    inputs[NEWS2_NAMES[name]] = value
    # Only the one part is read; the rest of the score is counted elsewhere.
    score = news2(**inputs, spo2_scale=None, on_oxygen=None, consciousness=None)
    return score.parts[NEWS2_NAMES[name]] or 0


def _derive(readings: Readings, age_years: float | None, altered: bool | None) -> None:
    """Add what rules ask of several vital signs together, for the worst reading of each."""
    age = 18.0 if age_years is None else age_years
    pulse, respirations = readings.extreme(max, "pulse"), readings.extreme(max, "respirations")
    systolic, spo2 = readings.extreme(min, "systolic"), readings.extreme(min, "spo2")

    danger = danger_zone(age, pulse=pulse, respiration_rate=respirations, spo2=spo2)
    behind = {"pulse": "pulse", "respiration_rate": "respirations", "spo2": "spo2"}
    derived: dict[str, tuple[Decimal | int | None, tuple[str, ...]]] = {
        "danger-vitals": (len(danger), tuple(behind[name] for name in danger)),
        "low-systolic": (int(systolic is not None and systolic < low_systolic_limit(age)), ("systolic",)),
        "qsofa": (
            qsofa(respiration_rate=respirations, systolic=systolic, altered_mentation=altered)[0],
            ("respirations", "systolic"),
        ),
    }
    slowest = readings.extreme(min, "pulse")
    if slowest is not None:
        derived["low-pulse"] = (int(slowest < low_pulse_limit(age)), ("pulse",))
    if pulse is not None and systolic is not None:
        index, limit = shock_index(pulse, systolic), sipa_limit(age)
        derived["shock-index"] = (index, ("pulse", "systolic"))
        derived["sipa"] = (int(index is not None and limit is not None and index > limit), ("pulse", "systolic"))
    for name, (value, sources) in derived.items():
        if value:
            readings.values[name].append((Decimal(value), readings.facts(sources)))
