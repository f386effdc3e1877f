"""Code tables of the FHIR writer. Each table names its source."""

from __future__ import annotations

from collections.abc import Mapping

from bedside.records import Assertion, Coding, DocumentKind

__all__ = [
    "ACVPU_TEXT",
    "BLOOD_PRESSURE",
    "DIAGNOSES",
    "DICOM",
    "DOCUMENT_TYPES",
    "EMERGENCY",
    "ENCOUNTERS",
    "ENCOUNTER_PRIORITY",
    "IMAGING_REPORT",
    "IMAGING_REPORTS",
    "INHALED_OXYGEN",
    "INTERPRETATIONS",
    "NEWS2_CODE",
    "NEWS2_PARTS",
    "NOTE",
    "NO_KNOWN_ALLERGIES",
    "PRESENCE",
    "RELATIVES",
    "RISK",
    "SEVERITIES",
    "SEVERITY",
    "SOCIAL",
    "TOBACCO",
    "TRIAGED",
    "TRIAGE_NOTE",
    "UNITS",
    "VISIT",
    "VITALS",
]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"

# LOINC codes of DICOM PS3.16, CID 7000 (version 20220628), with its names; they name no part of the body, for the
# header's is not checked. The modalities of the X-ray report are those of one projection a file.
IMAGING_REPORT = ("18748-4", "Diagnostic imaging report")
IMAGING_REPORTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("CR", "DX", "RG", "PX", "IO"), ("43468-8", "X-ray report")),
    "CT": ("25045-6", "CT report"),
    "MR": ("25056-3", "MRI report"),
    "US": ("25061-3", "Ultrasound report"),
    "NM": ("49118-3", "Nuclear medicine report"),
    "PT": ("44136-0", "PET scan report"),
    "RF": ("49512-7", "Fluoroscopy study report"),
}

TRIAGED: frozenset[DocumentKind | None] = frozenset(
    {DocumentKind.TRIAGE_LINE, DocumentKind.HANDOVER, DocumentKind.MESSAGE, DocumentKind.DIALOGUE, None}
)
"""The kinds of document that, in a triage, describe a patient who waits now; `None` where the kind is not known."""
TRIAGE_NOTE, NOTE = ("54094-8", "Emergency department Triage note"), ("34109-9", "Note")
DOCUMENT_TYPES: Mapping[DocumentKind | None, tuple[str, str]] = {
    # LOINC codes with their long common names; any other kind is a note.
    DocumentKind.DISCHARGE_SUMMARY: ("18842-5", "Discharge summary"),
    DocumentKind.OPERATION_NOTE: ("11504-8", "Surgical operation note"),
    DocumentKind.IMAGING_REPORT: ("18748-4", "Diagnostic imaging study"),
    DocumentKind.LABORATORY_REPORT: ("11502-2", "Laboratory report"),
}
EMERGENCY = ("EMER", "emergency", "Emergency triage")
VISIT = ("AMB", "ambulatory", "Clinical encounter")
ENCOUNTERS: Mapping[DocumentKind | None, tuple[str, str, str]] = {
    # HL7 v3-ActCode with its display, and what the encounter was; any other kind is a visit. An operation is taken
    # for a part of a stay: R4 asks for a class, and its note seldom says that the patient went home the same day.
    DocumentKind.LETTER: ("AMB", "ambulatory", "Encounter told of in a letter"),
    DocumentKind.DISCHARGE_SUMMARY: ("IMP", "inpatient encounter", "Hospital stay"),
    DocumentKind.OPERATION_NOTE: ("IMP", "inpatient encounter", "Operation"),
    DocumentKind.IMAGING_REPORT: ("AMB", "ambulatory", "Imaging"),
    DocumentKind.LABORATORY_REPORT: ("AMB", "ambulatory", "Laboratory tests"),
}

VITALS: Mapping[str, tuple[Coding, ...]] = {
    # Concept key to LOINC. FHIR R4 vital signs profile, US Core 7.0.0; GCS, AVPU and pain: LOINC.
    "heart-rate": (Coding(system=LOINC, code="8867-4", display="Heart rate"),),
    "respiration-rate": (Coding(system=LOINC, code="9279-1", display="Respiratory rate"),),
    "temperature": (Coding(system=LOINC, code="8310-5", display="Body temperature"),),
    "spo2": (
        Coding(system=LOINC, code="59408-5", display="Oxygen saturation in Arterial blood by Pulse oximetry"),
        Coding(system=LOINC, code="2708-6", display="Oxygen saturation in Arterial blood"),
    ),
    "systolic-blood-pressure": (Coding(system=LOINC, code="8480-6", display="Systolic blood pressure"),),
    "diastolic-blood-pressure": (Coding(system=LOINC, code="8462-4", display="Diastolic blood pressure"),),
    "weight": (Coding(system=LOINC, code="29463-7", display="Body weight"),),
    "height": (Coding(system=LOINC, code="8302-2", display="Body height"),),
    "bmi": (Coding(system=LOINC, code="39156-5", display="Body mass index (BMI) [Ratio]"),),
    "pain-score": (
        Coding(
            system=LOINC, code="72514-3", display="Pain severity - 0-10 verbal numeric rating [Score] - Reported"
        ),
    ),
    "gcs": (Coding(system=LOINC, code="9269-2", display="Glasgow coma score total"),),
    "consciousness": (Coding(system=LOINC, code="67775-7", display="Level of responsiveness"),),
}
BLOOD_PRESSURE = Coding(system=LOINC, code="85354-9", display="Blood pressure panel with all children optional")
INHALED_OXYGEN: Mapping[str, Coding] = {
    # UCUM unit of the value to LOINC (US Core pulse oximetry components).
    "L/min": Coding(system=LOINC, code="3151-8", display="Inhaled oxygen flow rate"),
    "%": Coding(system=LOINC, code="3150-6", display="Inhaled oxygen concentration"),
}
UNITS: Mapping[str, tuple[str, ...]] = {
    # Concept key to the UCUM codes that it may carry (FHIR R4 vital signs profiles). Where there is only one,
    # a note that names no unit means that one.
    "heart-rate": ("/min",),
    "respiration-rate": ("/min",),
    "spo2": ("%",),
    "systolic-blood-pressure": ("mm[Hg]",),
    "diastolic-blood-pressure": ("mm[Hg]",),
    "temperature": ("Cel", "[degF]"),
    "weight": ("kg", "g", "[lb_av]"),
    "height": ("cm", "[in_i]"),
    "bmi": ("kg/m2",),
    "pain-score": ("{score}",),
    "gcs": ("{score}",),
}
ACVPU_TEXT: Mapping[str, str] = {
    "A": "Alert",
    "C": "New confusion",
    "V": "Responds to voice",
    "P": "Responds to pain",
    "U": "Unresponsive",
}

NEWS2_CODE = Coding(system=SNOMED, code="1104051000000101", display="Royal College of Physicians NEWS2 total score")
NEWS2_PARTS: Mapping[str, tuple[str, str]] = {
    # Part to SNOMED CT UK code and text (NHS England NEWS2 guide); SpO2 is that of scale 1.
    "respiration_rate": ("1104301000000104", "NEWS2 respiration rate score"),
    "spo2": ("1104311000000102", "NEWS2 oxygen saturation scale 1 score"),
    "spo2_scale_2": ("1104321000000108", "NEWS2 oxygen saturation scale 2 score"),
    "oxygen": ("1104331000000105", "NEWS2 air or oxygen score"),
    "systolic": ("1104341000000101", "NEWS2 systolic blood pressure score"),
    "pulse": ("1104351000000103", "NEWS2 pulse score"),
    "consciousness": ("1104361000000100", "NEWS2 consciousness score"),
    "temperature": ("1104371000000107", "NEWS2 temperature score"),
}
NO_KNOWN_ALLERGIES = Coding(system=SNOMED, code="716186003", display="No known allergy")

SEVERITIES: Mapping[str, tuple[str, str]] = {
    # R4 value set condition-severity (SNOMED CT).
    "mild": ("255604002", "Mild"),
    "moderate": ("6736007", "Moderate"),
    "severe": ("24484000", "Severe"),
}
SEVERITY = Coding(system=SNOMED, code="246112005", display="Severity")
PRESENCE: Mapping[Assertion, tuple[str, str]] = {
    # SNOMED CT qualifiers; the first and the last are mCODE's value set of present and absent.
    Assertion.PRESENT: ("52101004", "Present"),
    Assertion.POSSIBLE: ("371930009", "Possible"),
    Assertion.ABSENT: ("2667000", "Absent"),
}
DIAGNOSES = frozenset({
    # What the table of symptoms holds beside signs and symptoms: injuries, poisonings, infections, other diseases.
    "alcohol-intoxication", "alcohol-withdrawal", "anaphylaxis", "angioedema", "animal-bite", "ankle-injury",
    "ankle-sprain", "bee-sting", "burn-injury", "burn-scar", "button-battery-ingestion",
    "carbon-monoxide-exposure", "chemical-eye-injury", "chest-injury", "cold-sore", "corneal-foreign-body",
    "crushed-limb", "decompression-illness", "dehydration", "developmental-delay", "drowning", "electric-shock",
    "eye-injury", "facial-burn", "failure-to-thrive", "fast-atrial-fibrillation", "febrile-seizure",
    "finger-injury", "food-bolus", "foot-injury", "foreign-body-ingestion", "frostbite", "gunshot-wound",
    "hand-injury", "head-injury", "heat-illness", "high-risk-bite", "hypothermia", "immunosuppression",
    "infection", "injury", "insect-bite", "jaw-injury", "knee-injury", "laceration", "language-delay",
    "limb-amputation", "limb-ischemia", "lymphangitis", "magnet-ingestion", "major-trauma", "minor-burn",
    "motor-delay", "muscle-strain", "needlestick-injury", "neuroleptic-malignant-syndrome", "neutropenia",
    "non-accidental-injury", "open-fracture", "open-globe", "open-wound", "ophthalmic-shingles",
    "orbital-cellulitis", "overdose", "panic-attack", "penetrating-trauma", "pesticide-exposure", "poisoning",
    "pregnancy", "premature-birth", "premature-rupture-of-membranes", "prolapsed-cord", "psychosis",
    "severe-burn", "sexual-assault", "shoulder-injury", "skin-infection", "smoke-inhalation", "snake-bite",
    "speech-delay", "spinal-injury", "splinter", "strangulation", "suicide-attempt", "sunburn", "tendon-injury",
    "trauma", "wrist-injury",
})  # fmt: skip
SOCIAL: Mapping[str, Coding] = {
    # US Core 7.0.0 smoking status; the others LOINC, [K].
    "tobacco-use": Coding(system=LOINC, code="72166-2", display="Tobacco smoking status"),
    "alcohol-use": Coding(system=LOINC, code="11331-6", display="History of Alcohol use"),
    "drug-use": Coding(system=LOINC, code="11343-1", display="History of Other nonmedical drug use"),
}
TOBACCO: Mapping[str, tuple[str, str]] = {
    # US Core 7.0.0 value set us-core-smoking-status-observation-values (SNOMED CT).
    "current smoker": ("77176002", "Smoker"),
    "former smoker": ("8517006", "Ex-smoker"),
    "never smoker": ("266919005", "Never smoked tobacco"),
    "non-smoker": ("8392000", "Non-smoker"),
}
INTERPRETATIONS: Mapping[str, tuple[str, str]] = {
    # HL7 v3 ObservationInterpretation.
    "high": ("H", "High"),
    "low": ("L", "Low"),
    "normal": ("N", "Normal"),
    "abnormal": ("A", "Abnormal"),
}

ENCOUNTER_PRIORITY: Mapping[int, str] = {1: "EM", 2: "EM", 3: "UR", 4: "R", 5: "R"}
"""The v3-ActPriority code of each urgency: a nominal equivalence, Bedside's own."""
RISK: Mapping[int, tuple[str, str]] = {
    # Urgency to text and HL7 risk-probability code of needing care at that speed. Bedside's own mapping.
    1: ("Immediate", "high"),
    2: ("Emergency", "high"),
    3: ("Urgent", "moderate"),
    4: ("Standard", "low"),
    5: ("Routine", "negligible"),
}
RELATIVES: Mapping[str, str] = {
    # Word for a relative to HL7 v3-RoleCode; any other word is FAMMEMB.
    "mother": "MTH",
    "mom": "MTH",
    "mum": "MTH",
    "father": "FTH",
    "dad": "FTH",
    "parent": "PRN",
    "parents": "PRN",
    "sister": "SIS",
    "brother": "BRO",
    "sibling": "SIB",
    "siblings": "SIB",
    "son": "SON",
    "daughter": "DAU",
    "child": "CHILD",
    "children": "CHILD",
    "grandmother": "GRMTH",
    "grandfather": "GRFTH",
    "grandparent": "GRPRN",
    "maternal grandmother": "MGRMTH",
    "maternal grandfather": "MGRFTH",
    "paternal grandmother": "PGRMTH",
    "paternal grandfather": "PGRFTH",
    "aunt": "AUNT",
    "uncle": "UNCLE",
    "cousin": "COUSN",
    "niece": "NIECE",
    "nephew": "NEPHEW",
}
