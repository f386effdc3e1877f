"""Short records for the tables of these tests. All are invented."""

from __future__ import annotations

from decimal import Decimal

from bedside.records import AgeUnit, Assertion, ClinicalRecord, Evidence, Fact, FactKind, Patient, Quantity

__all__ = ["VITALS", "fact", "record", "vital"]

VITALS = {
    "bp": "systolic-blood-pressure",
    "hr": "heart-rate",
    "rr": "respiration-rate",
    "t": "temperature",
    "spo2": "spo2",
    "gcs": "gcs",
    "pain": "pain-score",
    "glucose": "glucose",
    "k": "potassium",
    "lactate": "lactate",
    "neutrophils": "neutrophils",
}
LABS = ("glucose", "k", "lactate", "neutrophils")
UNITS = {"t": "Cel", "glucose": "mg/dL", "k": "mmol/L", "lactate": "mmol/L"}


def fact(key: str, at: int, assertion: Assertion = Assertion.PRESENT, kind: FactKind = FactKind.PROBLEM) -> Fact:
    """A problem named by its concept key."""
    return Fact(
        id=f"f{at}",
        kind=kind,
        display=key.replace("-", " "),
        concept=key,
        assertion=assertion,
        evidence=Evidence(document="note", start=at, end=at + 1),
    )


def vital(
    name: str, value: str, at: int, unit: str | None = None, assertion: Assertion = Assertion.PRESENT
) -> Fact:
    """A measurement; `name` is a short name of `VITALS`."""
    key = VITALS[name]
    kind = FactKind.LAB if name in LABS else FactKind.VITAL
    return fact(key, at, assertion, kind).model_copy(
        update={"quantity": Quantity(value=Decimal(value), unit=unit or UNITS.get(name))}
    )


def record(
    problems: str = "",
    *,
    absent: str = "",
    vitals: str = "",
    age: int | None = 50,
    unit: AgeUnit = AgeUnit.YEARS,
    sex: str | None = None,
    pregnant: bool | None = None,
    consciousness: str | None = None,
    oxygen: str | None = None,
    more: tuple[Fact, ...] = (),
) -> ClinicalRecord:
    """A record from words: `record("chest-pain diaphoresis", vitals="bp=82 hr=138")`."""
    facts = [fact(key, at) for at, key in enumerate(problems.split())]
    facts += [fact(key, 100 + at, Assertion.ABSENT) for at, key in enumerate(absent.split())]
    for at, text in enumerate(vitals.split()):
        name, _, value = text.partition("=")
        facts.append(vital(name, value, 200 + at))
    for at, (key, text_value) in enumerate((("consciousness", consciousness), ("inhaled-oxygen", oxygen))):
        if text_value is not None:
            facts.append(fact(key, 300 + at, kind=FactKind.VITAL).model_copy(update={"text_value": text_value}))
    return ClinicalRecord(
        documents=("note",),
        patient=Patient(age=age, age_unit=unit, sex=sex, pregnant=pregnant),
        facts=(*facts, *more),
    )
