"""The four decision points of the Emergency Severity Index, as facts beside the urgency; they never change it.

The thresholds are ESI v5's (2023) as facts. NEWS2 and the red flags decide; this shows a nurse who thinks in ESI
where the case stands, and what would have to be found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from bedside.agents.triager.readings import Readings
from bedside.agents.triager.rules import load_resources
from bedside.records import DecisionPoint, Reason
from bedside.tools.scores import DANGER_SPO2, danger_limits

__all__ = ["decision_points"]

ESI = "Emergency Severity Index v5 (2023), thresholds as facts"
SEVERE_PAIN = 7
"""Points of 10 from which a nurse may call pain severe (ESI v4, by judgement)."""

SEVERE_PAINS = ("severe-pain", "severe-abdominal-pain", "severe-headache")
MANY = 2
"""Kinds of resources from which the Index says level 3."""

VITALS = ("pulse", "respirations", "spo2")


def decision_points(
    reasons: Sequence[Reason],
    found: Mapping[str, Sequence[str]],
    readings: Readings,
    *,
    age_years: float | None,
    acvpu: str | None,
) -> tuple[DecisionPoint, ...]:
    """Answer A to D as far as the facts go.

    Args:
        reasons: What the red flags found.
        found: Concept key to the ids of its facts.
        readings: The measurements.
        age_years: Unknown counts as adult.
        acvpu: The worst letter, or `None` where consciousness is not stated.
    """
    return (
        _immediate(reasons, readings, acvpu),
        _high_risk(reasons, found, readings, acvpu),
        _resources(found),
        _danger_zone(readings, age_years),
    )


def _immediate(reasons: Sequence[Reason], readings: Readings, acvpu: str | None) -> DecisionPoint:
    deciding = [reason for reason in reasons if reason.urgency == 1]
    if deciding:
        return _point("A", True, _messages(deciding), _facts(deciding))
    missing = _not_stated(readings, ("spo2", "respirations", "systolic"), acvpu)
    if missing:
        return _point("A", None, f"No need of immediate intervention is stated; unknown: {missing}")
    return _point("A", False, "No need of immediate intervention")


def _high_risk(
    reasons: Sequence[Reason], found: Mapping[str, Sequence[str]], readings: Readings, acvpu: str | None
) -> DecisionPoint:
    deciding = [reason for reason in reasons if reason.urgency <= 2]
    if deciding:
        return _point("B", True, _messages(deciding), _facts(deciding))
    pain = readings.extreme(max, "pain")
    stated = [fact for key in SEVERE_PAINS for fact in found.get(key, ())]
    if stated or (pain is not None and pain >= SEVERE_PAIN):
        facts = (*stated, *readings.facts(["pain"]))
        return _point("B", True, f"Severe pain, or {SEVERE_PAIN} of 10 and more: by a nurse's judgement", facts)
    if acvpu is None:
        return _point("B", None, "No high risk is stated; unknown: consciousness")
    return _point("B", False, "No high risk, new confusion or severe pain")


def _resources(found: Mapping[str, Sequence[str]]) -> DecisionPoint:
    expected = {key: kinds for key, kinds in load_resources().items() if key in found}
    kinds = sorted(frozenset().union(*expected.values()))
    facts = tuple(dict.fromkeys(fact for key in expected for fact in found[key]))
    if not kinds:
        return _point("C", None, "No kind of resource follows from what is stated")
    level = 3 if len(kinds) >= MANY else 4
    counted = f"{len(kinds)} kind{'s' if len(kinds) > 1 else ''} of resources expected ({', '.join(kinds)})"
    return _point("C", len(kinds) >= MANY, f"{counted}: level {level} by this count alone", facts)


def _danger_zone(readings: Readings, age_years: float | None) -> DecisionPoint:
    pulse, respirations = danger_limits(18.0 if age_years is None else age_years)
    limits = {
        "pulse": f"over {pulse} /min",
        "respirations": f"over {respirations} /min",
        "spo2": f"under {DANGER_SPO2} %",
    }
    beyond = {
        "pulse": _over(readings.extreme(max, "pulse"), pulse),
        "respirations": _over(readings.extreme(max, "respirations"), respirations),
        "spo2": (low := readings.extreme(min, "spo2")) is not None and low < DANGER_SPO2,
    }
    names = [name for name in VITALS if beyond[name]]
    if names:
        said = ", ".join(f"{_word(name)} {limits[name]}" for name in names)
        return _point("D", True, f"Danger zone of this age: {said}", readings.facts(names))
    missing = _not_stated(readings, VITALS, "A")
    if missing:
        return _point("D", None, f"Unknown: {missing}")
    return _point("D", False, "No vital sign in the danger zone of this age")


def _over(value: Decimal | None, limit: int) -> bool:
    return value is not None and value > limit


def _not_stated(readings: Readings, names: Sequence[str], acvpu: str | None) -> str:
    missing = [_word(name) for name in names if not readings.values.get(name)]
    return ", ".join((*missing, *(() if acvpu else ("consciousness",))))


def _word(name: str) -> str:
    return {"spo2": "SpO2", "systolic": "systolic pressure", "respirations": "respiration rate"}.get(name, name)


def _messages(reasons: Sequence[Reason]) -> str:
    return "; ".join(dict.fromkeys(reason.message for reason in reasons[:2]))


def _facts(reasons: Sequence[Reason]) -> Iterator[str]:
    return (fact for reason in reasons for fact in reason.facts)


def _point(letter: str, met: bool | None, message: str, facts: Sequence[str] | Iterator[str] = ()) -> DecisionPoint:
    return DecisionPoint(point=letter, met=met, message=message, facts=tuple(dict.fromkeys(facts)), source=ESI)
