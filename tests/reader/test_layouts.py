"""No layout hides an emergency, and none makes a relative's, a denied or an old one the patient's. Synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager import assess

COMPLAINTS = (
    "crushing chest pain with sweating",
    "slurred speech and right arm weakness",
    "throat swelling and difficulty breathing",
    "overdose of paracetamol",
    "suicidal with a plan",
    "seizure ongoing",
    "heavy vaginal bleeding at 30 weeks pregnant",
    "unresponsive",
    "SpO2 84% on room air",
    "BP 78/40",
)
BEFORE = (
    "Allergies:\r\npenicillin\r\n\r\n",
    "Allergies: NKDA\r",
    "Allergies:\tNKDA\n\t",
    "Allergies: NKDA. ",
    "Allergies:\n- penicillin\n- latex\n",
    "## Allergies\nNKDA\n## Presentation\n",
    "**Allergies**: NKDA\n**Complaint**: ",
    "62M | Allergies: NKDA | FH: father MI | ",
    "PMH: asthma  Allergies: NKDA  FH: father MI  ",
    "PMH asthma / Meds aspirin / Allergies NKDA / FH father MI / ",
    "62M - PMH asthma - NKDA - FH father MI - ",
    "PMH:\n- asthma\n- hypertension\n",
    "Family history:\nFather MI\nMother diabetes\n",
    "Family history:\n- father MI\n\n",
    "FH: father MI at 50. ",
    "FH: none, ",
    "Family history:\nNoncontributory\n\n",
    "Immunizations:\nUp to date\n",
)
LOWER = (
    "Allergies: penicillin (rash)\n",
    "pmh: asthma\n",
    "FH: father MI\n",
    "62m no pmh no allergies ",
    "Medications:\nnone\n",
)


@pytest.mark.parametrize("complaint", COMPLAINTS)
@pytest.mark.parametrize("before", [*BEFORE, *LOWER])
def test_an_emergency_is_found_behind_any_layout(before: str, complaint: str) -> None:
    stated = complaint if before in LOWER else complaint[0].upper() + complaint[1:]
    assert assess(read_note("n", f"{before}{stated}.\n")).urgency in (1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "Allergies: penicillin (anaphylaxis)",
        "Allergies:\n- penicillin: throat swelling\n- latex - hives",
        "Allergies:\nAnaphylaxis to nuts",
        "Allergies: sulfa\n  hives",
        "FH: father MI and\nseizure",
        "Family history:\nFather MI\nMother had a seizure",
        "Family history:\n- seizure\n- stroke",
        "FH - father - stroke",
        "PMH:\n- asthma\n- overdose 2010",
        "PMH: asthma,\nseizure 2010",
        "Immunizations:\nMeasles, mumps, rubella",
        "No known allergies, no chest pain",
        "No past medical history of seizure",
    ],
)
def test_what_a_list_holds_is_no_emergency(text: str) -> None:
    assert assess(read_note("n", text)).urgency not in (1, 2)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_keep_the_offsets(end: str) -> None:
    text = f"CC:{end}Chest pain{end}{end}Allergies: NKDA{end}Seizure ongoing."
    facts = {f.display: text[f.evidence.start : f.evidence.end].lower() for f in read_note("n", text).facts}
    assert facts["chest pain"] == "chest pain"
    assert facts["ongoing seizure"] == "seizure ongoing"
