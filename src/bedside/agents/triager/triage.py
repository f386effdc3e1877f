"""The triage: from a record to an urgency, by rules alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from bedside.agents.triager.assessment import Assessment, Reason
from bedside.agents.triager.decision_points import decision_points
from bedside.agents.triager.over_time import History, history_of
from bedside.agents.triager.readings import NEWS2_NAMES, Readings, count_tablets, read_vitals, time_acetaminophen
from bedside.agents.triager.rules import NAME_HERE, Patient, Rule, Stated, load_routine, load_rules
from bedside.agents.triager.solid import doubts_about, only_named, weak
from bedside.agents.triager.understood import not_understood
from bedside.records import MAY_HOLD, NOT_SCORED, Assertion, ClinicalRecord, Fact, FactKind
from bedside.tools.scores import NEWS2_ATTRIBUTION, News2, Risk, news2, news2_asks
from bedside.tools.terminology import Domain, classes_of, concepts

__all__ = ["assess"]


EMERGENCY, STANDARD, ROUTINE = 2, 4, 5
FEVER = 38
"""The temperature in °C above which rules see a fever, whether or not the note calls it one (ESI v5, NEWS2)."""

SCALE_2 = 4
"""Points of saturation by which a value on SpO2 scale 2 is as good as a higher one on scale 1, the safer end."""
ACVPU_CONCEPT = "consciousness"
PREGNANCY = frozenset(
    {
        "pregnancy",
        "gestational-age",
        "normal-pregnancy",
        "vaginal-bleeding-in-pregnancy",
        "preeclampsia",
        "placenta-previa",
        "decreased-fetal-movement",
        "prolapsed-cord",
    }
)
"""Concepts that say that the patient is pregnant now."""
ALTERED = ("confusion", "altered-mental-status", "lethargy", "drowsiness", "delirium")
NEWS2_INPUTS = (*NEWS2_NAMES.values(), "consciousness")
NO_PATIENT = "no-patient"
"""The reader's issue where a text tells of no patient: a leaflet, a lesson, an office's mail."""
SPOKEN_OF = "caller-speaks-of-another"
"""The reader's issue where a caller speaks of the patient."""
STAY_IS_OVER = "stay-is-over"
"""The reader's issue that names the diagnoses of care that was given: they ask for no urgency today."""
OF_A_RELATIVE = "Only a relative's symptoms are told: they were counted as the patient's."
BY_A_PERSON = "Not understood: a person must read this note."


def assess(record: ClinicalRecord) -> Assessment:
    """Propose an urgency for the facts of a record.

    The most urgent of all solid reasons counts (`solid.py` says which are not): red-flag rules
    (`data/red_flags.tsv`), NEWS2 from 16 years (in pregnancy as a floor that is not reported), danger-zone vital
    signs by age (ESI v5). Missing inputs are named, never taken as normal.
    Without any reason a case is 4, or 5 where all complaints are routine by `data/routine.tsv`. Where too little
    was read to say so it is `None`, and not understood (`understood.py`); that hides no reason that was found.

    Rules match concept keys, never free text, so no wording of a note can lower an urgency.
    """
    callers = _of_the_relative_who_is_the_patient(record.facts)
    over = {fact for issue in record.issues if issue.code == STAY_IS_OVER for fact in issue.facts}
    counted = [*(fact for fact in record.facts if fact.assertion in MAY_HOLD and fact.id not in over), *callers]
    gone = [fact for fact in record.facts if _came_and_went(fact) and fact.id not in over]
    pregnant = record.patient.pregnant is True or any(fact.concept in PREGNANCY for fact in counted)
    patient = Patient(record.patient.age_years, pregnant)
    doubt = not_understood(record)
    if not record.facts:
        if told := [issue.message for issue in record.issues if issue.code == NO_PATIENT]:
            reason = Reason(code=NO_PATIENT, message=told[0], urgency=ROUTINE, source="Bedside")
            return Assessment(urgency=ROUTINE, reasons=(reason,))
        return Assessment(understood=False, incomplete=("clinical content",), warnings=(BY_A_PERSON, str(doubt)))
    asked = weak(record)
    firm = [fact for fact in counted if fact.id not in asked]
    found, acvpu = _concepts([*firm, *gone], callers)
    altered = acvpu not in (None, "A") or any(key in found for key in ALTERED)
    readings = read_vitals(counted, patient.age_years, altered=altered or (None if acvpu is None else False))

    count_tablets(readings, [fact for fact in record.facts if fact.id not in over])
    time_acetaminophen(readings, counted)
    hottest = readings.extreme(max, "temperature")
    if hottest is not None and hottest > FEVER:
        found.setdefault("fever", []).extend(readings.facts(["temperature"]))
    names = {fact.id: fact.display for fact in record.facts}
    stated = _at_target(readings.values, counted)
    flags = _red_flags(found, stated, patient, history_of(record, [*firm, *gone]), names)
    inputs = _news2_inputs(counted, readings, acvpu)
    # The air breathed and the scale are no measurements: without any other the score is not counted at all.
    score = news2(**inputs) if any(inputs[name] is not None for name in NEWS2_INPUTS) else None
    # In pregnancy the score is not reported, but what it asks for stands: no statement of a note takes that away.
    reasons = [*flags, *(_score_reasons(score, readings, found) if patient.adult and score is not None else ())]
    reasons, doubts = only_named(record, reasons, EMERGENCY)
    if asked:
        every = _red_flags(
            _concepts([*counted, *gone], callers)[0],
            stated,
            patient,
            history_of(record, [*counted, *gone]),
            names,
        )
        held = {fact for reason in every if reason.urgency <= EMERGENCY for fact in reason.facts}
        doubts += doubts_about([fact for fact in counted if fact.id in held], asked)
    if not reasons and doubt is None:
        reasons = [_default(counted)]
    reported = patient.adult and not pregnant and patient.age_years is not None
    return Assessment(
        urgency=min((reason.urgency for reason in reasons), default=None),
        understood=doubt is None,
        doubts=tuple(doubts),
        reasons=tuple(sorted(reasons, key=lambda reason: reason.urgency)),
        news2=score if reported else None,
        incomplete=_incomplete(patient, score),
        asks=news2_asks(inputs) if reported else (),
        decision_points=decision_points(flags, found, readings, age_years=patient.age_years, acvpu=acvpu),
        warnings=(
            *((BY_A_PERSON, doubt) if doubt else ()),
            *_warnings(patient, score),
            *readings.warnings,
            *_contradictions(record.facts, reasons),
            *_counted_although_over(gone, reasons),
            *_of_relatives(record.facts, callers),
            *(issue.message for issue in record.issues if issue.code == SPOKEN_OF),
        ),
    )


def _of_the_relative_who_is_the_patient(facts: Sequence[Fact]) -> list[Fact]:
    """Symptoms of a relative, where nobody else has any: "my dad has gone grey" is a caller's sentence.

    A family history tells diseases; a symptom that the note tells of nobody else is the patient's.
    """
    if any(not _tells_no_complaint(fact) for fact in facts):
        return []
    return [fact for fact in facts if fact.kind is FactKind.FAMILY and fact.concept in _symptoms()]


def _tells_no_complaint(fact: Fact) -> bool:
    """True if a fact is a relative's, a measurement or a denial."""
    return fact.kind in (FactKind.FAMILY, FactKind.VITAL) or fact.assertion is Assertion.ABSENT


def _of_relatives(facts: Iterable[Fact], callers: Sequence[Fact]) -> list[str]:
    """Say whose symptoms were counted or were not."""
    if callers:
        return [OF_A_RELATIVE]
    others = sorted(
        {fact.display for fact in facts if fact.kind is FactKind.FAMILY and fact.concept in _symptoms()}
    )
    return [f"Symptoms of a relative, not counted: {', '.join(others)}."] if others else []


@cache
def _symptoms() -> frozenset[str]:
    return frozenset(known.key for known in concepts() if known.domain is Domain.SYMPTOM)


def _came_and_went(fact: Fact) -> bool:
    """True if a fact is a symptom of this illness that has ended: a weakness that went may have been a TIA.

    The reader gives such a symptom an end. An end told by year or month alone belongs to the past.
    """
    over = fact.abatement
    return (
        fact.kind is FactKind.PROBLEM
        and fact.assertion is Assertion.HISTORICAL
        and over is not None
        and (over.date is None or len(over.date) == len("2024-03-14"))
    )


def _concepts(counted: Iterable[Fact], callers: Sequence[Fact]) -> tuple[dict[str, list[str]], str | None]:
    """Concept keys with their facts, and the worst stated letter of ACVPU. Of relatives only `callers` count."""
    found: dict[str, list[str]] = defaultdict(list)
    letters = []
    for fact in counted:
        if fact.concept == ACVPU_CONCEPT and fact.text_value in ("A", "C", "V", "P", "U"):
            letters.append(fact.text_value)
            found[f"{ACVPU_CONCEPT}-{fact.text_value.lower()}"].append(fact.id)
        elif fact.concept is not None and (fact.kind is not FactKind.FAMILY or fact in callers):
            found[fact.concept].append(fact.id)
            if fact.medication is not None and fact.medication.status != "stopped":
                for drug_class in classes_of(fact.concept):
                    found[f"class:{drug_class}"].append(fact.id)
    return found, max(letters, key="ACVPU".index, default=None)


def _at_target(values: Stated, counted: Iterable[Fact]) -> Stated:
    """The measurements as red flags look at them: a saturation on scale 2 against its own target.

    RCP 2017: on scale 2, which a clinician sets for a target of 88 to 92 %, a value is as good as one on scale 1
    that is four points higher or more (no points from 88 % instead of 96 %, a 3 from 83 % down instead of 91 %).
    """
    if not _is_scale_2(counted):
        return values
    return {**values, "spo2": [(value + SCALE_2, ids) for value, ids in values.get("spo2", ())]}


def _is_scale_2(counted: Iterable[Fact]) -> bool:
    return any(fact.concept == "spo2-scale" and fact.text_value == "2" for fact in counted)


def _red_flags(
    found: Mapping[str, list[str]],
    stated: Stated,
    patient: Patient,
    history: History,
    names: Mapping[str, str],
) -> list[Reason]:
    """The rules that hold, the most specific first: a disease, a syndrome, a dangerous sign, a value."""
    held = [
        (rule, facts)
        for rule in load_rules()
        if (facts := rule.condition.match(found, stated, patient, history)) is not None
    ]
    held.sort(key=lambda one: one[0].rank(patient))
    return [
        Reason(
            code=rule.id, message=_told(rule, facts, names), urgency=rule.urgency, facts=facts, source=rule.source
        )
        for rule, facts in held
    ]


def _told(rule: Rule, facts: Iterable[str], names: Mapping[str, str]) -> str:
    """The reason of a rule; one that holds for every disease of a kind names which was found."""
    if NAME_HERE not in rule.reason:
        return rule.reason
    named = ", ".join(dict.fromkeys(names[fact] for fact in facts))
    return rule.reason.replace(NAME_HERE, named[:1].upper() + named[1:])


def _news2_inputs(counted: Sequence[Fact], readings: Readings, acvpu: str | None) -> dict[str, Any]:
    """The arguments of `news2`: the worst readings, `None` where one is not stated."""
    oxygen = {fact.text_value for fact in counted if fact.concept == "inhaled-oxygen"} & {"air", "oxygen"}
    return {
        **{argument: readings.worst(name) for name, argument in NEWS2_NAMES.items()},
        "spo2_scale": 2 if _is_scale_2(counted) else None,
        # Where both are stated oxygen counts: it scores more.
        "on_oxygen": "oxygen" in oxygen if oxygen else None,
        "consciousness": acvpu,
    }


def _score_reasons(score: News2, readings: Readings, found: Mapping[str, list[str]]) -> list[Reason]:
    """NEWS2 tiers as urgencies (RCP 2017): high, an emergency, is 2; medium or a single 3, urgent review, is 3."""
    risk = score.risk_at_least
    if risk is Risk.LOW:
        return []
    names = [name for name, argument in NEWS2_NAMES.items() if score.parts[argument]]
    letters = [fact for key, ids in found.items() if key.startswith(f"{ACVPU_CONCEPT}-") for fact in ids]
    points = str(score.total) if score.total is not None else f"at least {score.range[0]}"
    single = f", with a 3 for {', '.join(score.red).replace('_', ' ')}" if score.red else ""
    return [
        Reason(
            code="news2",
            message=f"NEWS2 {points}{single}: risk {'' if score.risk else 'at least '}{risk.value}",
            urgency=2 if risk is Risk.HIGH else 3,
            facts=(*readings.facts(names), *(letters if score.parts["consciousness"] else ())),
            source=NEWS2_ATTRIBUTION,
        )
    ]


def _default(counted: Iterable[Fact]) -> Reason:
    routine = load_routine()
    complaints = [fact for fact in counted if fact.kind is FactKind.PROBLEM]
    if complaints and all(fact.concept in routine for fact in complaints):
        return Reason(
            code="routine",
            message="Only routine complaints are stated, and no red flag",
            urgency=ROUTINE,
            facts=tuple(fact.id for fact in complaints),
            source=routine[complaints[0].concept or ""],
        )
    return Reason(code="default", message="No red flag is stated", urgency=STANDARD, source="Bedside")


def _incomplete(patient: Patient, score: News2 | None) -> tuple[str, ...]:
    age = () if patient.age_years is not None else ("age",)
    return (
        *age,
        *((*NEWS2_NAMES.values(), "on_oxygen", "consciousness") if score is None else score.missing),
    )


def _warnings(patient: Patient, score: News2 | None) -> list[str]:
    warnings = []
    if not patient.adult:
        warnings.append("NEWS2 does not apply under 16; danger-zone vital signs by age were used.")
    if patient.pregnant:
        warnings.append("NEWS2 is not made for pregnancy: it is not reported and counts only upwards.")
    if patient.age_years is None:
        warnings.append("The age is not stated: adult thresholds were used and NEWS2 is not reported.")
    if score is None:
        warnings.append(NOT_SCORED)
    return warnings


def _counted_although_over(gone: Iterable[Fact], reasons: Iterable[Reason]) -> list[str]:
    """Name each concept that a red flag rests on and that the note says has ended."""
    used = {fact for reason in reasons for fact in reason.facts}
    over = sorted({fact.concept for fact in gone if fact.id in used and fact.concept})
    return [f"Told as over: {concept}; it was counted." for concept in over]


def _contradictions(facts: Iterable[Fact], reasons: Iterable[Reason]) -> list[str]:
    """Name each concept that a red flag rests on and that is denied elsewhere."""
    facts = tuple(facts)
    used = {fact for reason in reasons for fact in reason.facts}
    triggered = {fact.concept for fact in facts if fact.id in used and fact.concept}
    denied = {fact.concept for fact in facts if fact.assertion is Assertion.ABSENT}
    return [f"Both stated and denied: {concept}; it was counted." for concept in sorted(triggered & denied)]
