"""Each red flag stated, denied and of long ago: a row a presentation. All notes are synthetic.

Only the first may be called urgent. What a patient *had* or *has not* is a reason for nothing.
"""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager import assess

# What it is, the least urgency, and the three notes.
ROWS: list[tuple[str, int, str, str, str]] = [
    # heart, vessels, lungs
    (
        "coronary",
        2,
        "Chest pain with sweating.",
        "No chest pain, no sweating.",
        "Chest pain in 2015.",
    ),
    ("dissection", 2, "Tearing back pain.", "No tearing back pain.", "Tearing back pain in 2014."),
    (
        "embolism",
        2,
        "Short of breath with a swollen left calf.",
        "Not short of breath, no calf swelling.",
        "Pulmonary embolism in 2016.",
    ),
    ("syncope", 3, "Syncope this morning.", "No syncope.", "Syncope in 2018."),
    (
        "aneurysm",
        2,
        "Known abdominal aortic aneurysm, now severe back pain.",
        "No abdominal aortic aneurysm, no back pain.",
        "Abdominal aortic aneurysm repaired in 2015.",
    ),
    (
        "limb ischemia",
        2,
        "The right foot is cold, white and pulseless.",
        "Foot warm, no cold leg, no pulseless limb.",
        "Acute limb ischemia in 2017.",
    ),
    (
        "severe asthma",
        2,
        "Asthma attack, unable to complete sentences.",
        "Asthma, able to complete sentences.",
        "Asthma attack in 2011, was unable to complete sentences then.",
    ),
    ("choking", 2, "Choking on a grape.", "No choking.", "Choking in 2019."),
    # nerves
    (
        "stroke",
        2,
        "Facial droop and slurred speech.",
        "No facial droop, no slurred speech.",
        "Facial droop in 2012.",
    ),
    ("hemorrhage", 2, "Thunderclap headache.", "No thunderclap headache.", "Thunderclap headache in 2013."),
    (
        "meningitis",
        2,
        "Fever with neck stiffness and photophobia.",
        "No fever, no neck stiffness, no photophobia.",
        "Meningitis in 2009.",
    ),
    ("status", 1, "Still convulsing after six minutes.", "Not convulsing.", "Status epilepticus in 2010."),
    (
        "cauda equina",
        2,
        "Back pain with saddle numbness.",
        "Back pain, no saddle numbness.",
        "Saddle numbness in 2016, operated.",
    ),
    (
        "cord compression",
        2,
        "Metastatic cancer, both legs weak since yesterday.",
        "Metastatic cancer, no leg weakness.",
        "Spinal cord compression in 2018.",
    ),
    (
        "giant cell arteritis",
        2,
        "Jaw claudication and blurred vision.",
        "No jaw claudication, no visual change.",
        "Giant cell arteritis in 2012.",
    ),
    ("new confusion", 2, "Newly confused.", "Not confused.", "Delirium in 2019."),
    (
        "ascending weakness",
        2,
        "Ascending weakness of the legs for three days.",
        "No weakness of the legs.",
        "Guillain-Barre syndrome in 2008.",
    ),
    # infection
    ("sepsis", 2, "Sepsis.", "No sepsis.", "Sepsis in 2020."),
    (
        "neutropenic fever",
        2,
        "On chemotherapy with a temperature of 38.4.",
        "On chemotherapy, temperature 36.8.",
        "Neutropenic sepsis in 2019.",
    ),
    (
        "deep throat infection",
        2,
        "Sore throat, drooling and trismus.",
        "Sore throat, no drooling, no trismus.",
        "Quinsy in 2014.",
    ),
    (
        "necrotizing",
        2,
        "Cellulitis with pain out of proportion.",
        "Cellulitis, no pain out of proportion.",
        "Necrotizing fasciitis in 2010.",
    ),
    ("hot joint", 3, "Hot swollen knee.", "No hot or swollen joint.", "Septic arthritis in 2011."),
    # blood
    (
        "bleed with collapse",
        2,
        "Melena, then syncope.",
        "No melena, no syncope.",
        "Melena in 2015. Syncope in 2015.",
    ),
    ("hematemesis", 3, "Vomited blood.", "Has not vomited blood.", "Vomited blood in 2016."),
    # allergy
    (
        "anaphylaxis",
        1,
        "Lip swelling and wheezing after peanuts.",
        "No lip swelling, no wheezing.",
        "Anaphylaxis in 2011.",
    ),
    # pregnancy and birth
    (
        "ectopic",
        2,
        "8 weeks pregnant, pelvic pain and shoulder tip pain.",
        "8 weeks pregnant, no pelvic pain, no shoulder pain.",
        "Ectopic pregnancy in 2015.",
    ),
    (
        "preeclampsia",
        2,
        "32 weeks pregnant, headache, BP 165/105.",
        "32 weeks pregnant, no headache, BP 118/70.",
        "Preeclampsia in 2014.",
    ),
    (
        "bleeding before birth",
        2,
        "35 weeks pregnant with heavy vaginal bleeding.",
        "35 weeks pregnant, no vaginal bleeding.",
        "Vaginal bleeding in pregnancy in 2013.",
    ),
    (
        "fetal movement",
        3,
        "38 weeks pregnant, reduced fetal movements.",
        "38 weeks pregnant, no reduced fetal movements.",
        "Reduced fetal movements in 2016.",
    ),
    (
        "postpartum psychosis",
        2,
        "10 days postpartum, hearing voices.",
        "10 days postpartum, not hearing voices.",
        "PMH: postpartum depression in 2015.",
    ),
    # children
    (
        "infant fever",
        2,
        "5-week-old with a fever of 38.5.",
        "5-week-old, no fever, temperature 36.9.",
        "3-year-old who had a fever as a newborn.",
    ),
    (
        "bilious vomiting",
        2,
        "Baby with green vomit.",
        "Baby, no green vomit.",
        "3-year-old, had bilious vomiting in 2021.",
    ),
    ("floppy", 2, "4-month-old, floppy.", "4-month-old, not floppy.", "6-year-old, apneic episodes in 2018."),
    (
        "apnea",
        2,
        "2-month-old with pauses in breathing.",
        "2-month-old, no pauses in breathing.",
        "6-year-old, apnea of prematurity in 2018.",
    ),
    (
        "battery",
        2,
        "2-year-old swallowed a button battery.",
        "2-year-old, has not swallowed a button battery.",
        "9-year-old, swallowed a button battery in 2019.",
    ),
    (
        "injury that is not explained",
        2,
        "7-month-old with bruising, suspected non-accidental injury.",
        "7-month-old, no bruising, no concern of non-accidental injury.",
        "Non-accidental injury in 2014.",
    ),
    # poison, heat, cold
    (
        "paracetamol",
        2,
        "Took 24 paracetamol tablets.",
        "Has not taken any paracetamol.",
        "Paracetamol overdose in 2012.",
    ),
    ("caustic", 2, "Drank oven cleaner.", "Did not drink any bleach.", "Drank bleach in 2009."),
    (
        "carbon monoxide",
        2,
        "Carbon monoxide exposure at home.",
        "No carbon monoxide exposure.",
        "Carbon monoxide poisoning in 2010.",
    ),
    ("opioid", 1, "Opioid overdose, unresponsive.", "No overdose, responsive.", "Opioid overdose in 2017."),
    ("cold", 2, "Hypothermia, confused.", "No hypothermia, not confused.", "Hypothermia in 2013."),
    (
        "heat stroke",
        2,
        "Heat stroke, temperature 40.8.",
        "No heat stroke, temperature 36.9.",
        "Heat stroke in 2013.",
    ),
    (
        "alcohol withdrawal",
        2,
        "Alcohol withdrawal with hallucinations.",
        "Denies hallucinations, drinks no alcohol.",
        "Alcohol withdrawal in 2016.",
    ),
    # mind
    (
        "plan to die",
        2,
        "Plans to hang herself tonight.",
        "No plan to harm herself.",
        "Plan to hang herself in 2011.",
    ),
    ("self-harm", 3, "Cut her forearms on purpose.", "No self-harm.", "Self-harm in 2014."),
    (
        "harm to others",
        2,
        "Says he will kill his neighbor, homicidal ideation.",
        "No homicidal ideation.",
        "Homicidal ideation in 2009.",
    ),
    (
        "starvation",
        2,
        "Anorexia nervosa, collapsed this morning.",
        "Anorexia nervosa, no collapse.",
        "Anorexia nervosa, collapsed in 2012.",
    ),
    # injury
    (
        "head injury and blood thinner",
        2,
        "On warfarin, hit her head.",
        "On warfarin, no head injury.",
        "On warfarin, head injury in 2015.",
    ),
    ("open fracture", 2, "Open fracture of the tibia.", "No open fracture.", "Open fracture in 2010."),
    ("airway burn", 2, "Burns to the face and a hoarse voice.", "No burns.", "Facial burns in 2010."),
    (
        "chest injury",
        2,
        "Chest injury, short of breath.",
        "No chest injury, not short of breath.",
        "Chest injury in 2010.",
    ),
    ("knife", 2, "Stab wound to the chest.", "No stab wound.", "Stab wound in 2006."),
    # loin, eye, metabolism
    ("torsion", 2, "Sudden testicular pain.", "No testicular pain.", "Testicular torsion in 2009."),
    (
        "glaucoma",
        2,
        "Painful red eye with halos and vomiting.",
        "No eye pain, no halos, no vomiting.",
        "Acute glaucoma in 2018.",
    ),
    ("alkali", 2, "Lime splashed in the eye.", "No chemical in the eye.", "Chemical eye burn in 2013."),
    (
        "ketoacidosis",
        2,
        "Diabetic ketoacidosis.",
        "No diabetic ketoacidosis.",
        "Diabetic ketoacidosis in 2017.",
    ),
    (
        "adrenal crisis",
        2,
        "Addison's disease with vomiting and dizziness.",
        "Addison's disease, no vomiting, no dizziness.",
        "Adrenal crisis in 2018.",
    ),
    (
        "high potassium",
        2,
        "Potassium 7.1, dialysis missed.",
        "Potassium 4.6.",
        "Hyperkalemia in 2020.",
    ),
]
NAMES = [row[0] for row in ROWS]


def _urgency(note: str) -> int | None:
    return assess(read_note("n1", note)).urgency


@pytest.mark.parametrize(("least", "stated"), [row[1:3] for row in ROWS], ids=NAMES)
def test_a_red_flag_that_is_stated_counts(least: int, stated: str) -> None:
    urgency = _urgency(stated)
    assert urgency is not None
    assert urgency <= least


@pytest.mark.parametrize("denied", [row[3] for row in ROWS], ids=NAMES)
def test_a_red_flag_that_is_denied_does_not(denied: str) -> None:
    assert _urgency(denied) in (None, 4, 5)


@pytest.mark.parametrize("past", [row[4] for row in ROWS], ids=NAMES)
def test_a_red_flag_of_long_ago_does_not(past: str) -> None:
    assert _urgency(past) in (None, 4, 5)


@pytest.mark.parametrize(
    "note",
    [
        "Chest pain with sweating in 2015.",
        "Stab wound to the chest in 2006.",
        "Facial droop and slurred speech in 2012.",
        "Alcohol withdrawal with hallucinations in 2016.",
        "Took 24 paracetamol tablets in 2012.",
    ],
)
def test_a_date_that_may_belong_to_something_else_takes_nothing_away(note: str) -> None:
    """A limit on the safe side: a bare year dates the thing right before it, and no other."""
    assert _urgency(note) in (1, 2)


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        ("58F breast cancer, nine days after docetaxel. Own thermometer 38.1, shivery.", 2),
        ("9M severe factor VIII deficiency, bumped his head.", 2),
        ("70M on tinzaparin, fell down two steps.", 3),
        ("CT: free gas under the diaphragm.", 2),
        ("Anastomotic leak suspected.", 2),
        ("70M, docetaxel stopped in 2019, shivery.", 4),
    ],
)
def test_a_class_of_drugs_with_a_finding(note: str, urgency: int) -> None:
    assert assess(read_note("d1", note)).urgency == urgency
