"""Whole presentations, as nurses, GPs, pharmacists, callers and patients put them. All notes are synthetic.

They were written before the rules were looked at; `benchmarks/README.md` has the figures of that first sight.
"""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager import assess

# The least urgency that a triage nurse would give, and the note.
EMERGENCIES: list[tuple[int, str]] = [
    # heart, vessels and lungs
    (2, "68M central crushing CP x 40 min, clammy and grey. BP 98/60."),
    (2, "My dad has gone grey and sweaty and says there is a weight on his chest."),
    (2, "Sudden tearing pain between the shoulder blades. BP 210/110."),
    (2, "Palpitations with chest tightness and feels lightheaded, HR 190, BP 88/50."),
    (2, "55-year-old with a known 6.1 cm AAA, sudden severe back pain, then collapsed."),
    (2, "Sudden painful, cold, white left leg, no pulses felt. Known AF."),
    (2, "Asthma, can't complete sentences, sats 90% on air, blue inhaler not helping."),
    (2, "COPD pt, sats 82%, drowsy, GCS 12."),
    (2, "Flew back from Sydney two days ago, swollen calf, now short of breath."),
    # nerves
    (2, "Caller: husband suddenly cannot speak properly and his right arm has gone limp, 20 minutes ago."),
    (2, "72F ?CVA: L facial droop, L arm drift, onset 0915."),
    (2, "Sudden worst-ever headache while lifting weights, like being hit with a bat."),
    (1, "Found on the floor by a neighbour, not rousable, breathing slow and noisy."),
    (1, "Known epileptic, fitting for the last ten minutes, not stopping."),
    (2, "Back pain with numbness between the legs, cannot pass urine since last night."),
    (2, "Prostate cancer with bone mets, legs getting weak over two days, numb below the waist."),
    (2, "Weakness climbing from the feet to the thighs over three days, now breathless."),
    # infection
    (2, "On chemo for breast cancer, day 10, temp 38.6, shivering."),
    (2, "84-year-old with a catheter, new confusion and fever, BP 88/44."),
    (2, "Leg red and hot, pain out of all proportion, skin turning purple. BP 92/50 T 39.2 HR 128."),
    (2, "Sore throat, cannot swallow his own saliva, drooling, muffled voice, stridor."),
    # blood
    (2, "Vomiting large amounts of bright red blood, known cirrhosis with varices."),
    (2, "Passing black tarry stools for 2 days, felt faint and collapsed today, HR 124."),
    (2, "Cut his wrist deeply on glass, blood spurting."),
    (2, "Known haemophilia A, fell off his bike and hit his head."),
    # allergy
    (1, "Ate a peanut biscuit, now lips swelling, widespread hives and wheeze."),
    (2, "Bee sting ten minutes ago, itchy all over, throat feels tight."),
    # pregnancy
    (2, "29F, seven weeks pregnant, sharp right-sided pelvic pain, shoulder tip pain, fainted in the shower."),
    (2, "36 weeks pregnant, severe headache and flashing lights, BP 172/112."),
    (2, "34/40, heavy PV bleeding, soaking pads, abdomen hard as a board."),
    (1, "Term pregnancy, waters broke and the cord is hanging out."),
    (2, "Two weeks postpartum, hearing voices telling her to harm the baby."),
    (2, "Gave birth four days ago, shivering, temp 39.1, foul discharge."),
    # children
    (2, "3 week old baby, temp 38.4, not feeding."),
    (2, "Baby, 5 weeks, green vomit since this morning, tummy swollen."),
    (2, "5 month old, floppy and mottled, hard to wake, no wet nappies since yesterday."),
    (2, "9 month old stopped breathing and went blue for a minute, now pink again."),
    (2, "Toddler with fever and purple spots that don't fade when I press a glass on them."),
    (2, "3yo swallowed a button battery this morning, drooling."),
    (2, "4 month old with bruises on both cheeks and a swollen thigh; the story does not fit."),
    (2, "Aged 2, swallowed a handful of his grandad's heart tablets an hour ago."),
    # poison, heat and cold
    (2, "She took about 30 paracetamol tablets last night after an argument."),
    (2, "Carbon monoxide alarm went off at home; headache and nausea, partner passed out."),
    (2, "Drank drain cleaner, mouth burning, drooling."),
    (1, "Heroin user found blue with pinpoint pupils, resp rate 4."),
    (2, "Pulled from the river, core temp 29, confused, no longer shivering."),
    (2, "Marathon runner collapsed in the heat, temp 41.2, confused."),
    (2, "Adder bite to the ankle, swelling spreading up the leg."),
    # mind
    (2, "He has a plan to hang himself tonight and has bought a rope."),
    (2, "Texts her friends goodbye, says she does not want to be here any more, tablets lined up."),
    (2, "16yo with anorexia nervosa, BMI 12, collapsed at school, HR 34."),
    # injury
    (1, "Choking on a piece of steak, cannot talk."),
    (2, "House fire, soot in the mouth, hoarse voice, facial burns."),
    (2, "Stabbed in the abdomen, BP 90/50, HR 130."),
    (2, "Motorcyclist vs car at 60 mph, bone sticking out through the skin of the thigh."),
    (2, "80F on warfarin, fell and hit her head, now vomiting and sleepy."),
    (2, "Crushed by a forklift, chest injury, sats 88."),
    (2, "Hit by a car, knocked out at the scene, now muddled."),
    (2, "Mains electric shock, thrown across the room, palpitations since."),
    # metabolism, eye, loin
    (2, "Type 1 diabetic, vomiting since yesterday, glucose 28 mmol/L, ketones 5.6."),
    (2, "Addison's disease, vomiting for a day, cannot keep his steroids down, BP 84/50."),
    (2, "Dialysis patient missed two sessions, weak, HR 34, potassium 7.4."),
    (2, "75F, jaw pain when chewing, scalp tender, sudden loss of vision in the right eye."),
    (2, "Painful red eye, haloes around lights, vomiting, hazy cornea."),
    (2, "15yo boy woken at 4 am by sudden severe pain in his left testicle."),
    (2, "Bleach splashed in both eyes twenty minutes ago."),
]

ROUTINE: list[str] = [
    # general practice
    "Needs a repeat prescription of ramipril, feels well.",
    "URTI 3/7, runny nose, sore throat, afebrile, chest clear.",
    "LBP 2/52 after gardening. SLR neg, no saddle anaesthesia, bladder and bowels normal.",
    "Dysuria and frequency for 2 days, no fever, no loin pain, not pregnant.",
    "Annual diabetic review, HbA1c 51 mmol/mol, feet normal.",
    "BP check 138/84, asymptomatic.",
    "Asthma review: well controlled, peak flow 480, no night symptoms.",
    "Cough 10/7, dry, no SOB, no fever, sats 99%, chest clear.",
    "Heartburn after spicy meals, settles with antacid, no weight loss, no dysphagia.",
    "Knee pain on stairs for 3 years, OA on X-ray.",
    "Tennis elbow for 2 months.",
    "Ganglion on the wrist, painless.",
    "Wound check day 5 after mole excision, clean and dry.",
    "Suture removal, wound healed.",
    "Wants the MMR catch-up vaccine.",
    "Travel vaccines for Kenya, no symptoms.",
    "Fit note extension, recovering well from a hip replacement.",
    "Contraceptive pill check, BP 118/72, no migraine.",
    # the patient's own words
    "I've got a verruca on my foot and it's not going away.",
    "I can't sleep since I started my new job. I have no thoughts of harming myself.",
    "My hair is getting thin.",
    "My period pains are as usual, ibuprofen helps.",
    "I keep snoring and my wife complains.",
    "I've had hiccups since lunch.",
    "My legs are restless at night.",
    "I have a blister on my heel from new shoes.",
    "I lost my inhaler and need a new one, my breathing is fine.",
    # pharmacy
    "Customer asks for something for athlete's foot.",
    "Dandruff, shampoo not working.",
    "Cold sore on the lip again.",
    "Hay fever, itchy eyes, sneezing, loratadine not helping.",
    "Missed her pill yesterday, asks for advice.",
    "Hearing aid battery needs replacing.",
    "Vaginal thrush, itch and white discharge.",
    "Head lice at school, daughter is scratching.",
    # telephone
    "Mum asks whether her 2-year-old with a runny nose, playing and drinking well, can go to nursery.",
    "Caller has ear wax, both ears muffled, no pain.",
    "Toothache for three days, no swelling, no fever, eating.",
    "Loose stools for 1 day after a takeaway, keeping fluids down.",
    "Constipation for a week, passing wind, no vomiting.",
    # children
    "4-year-old with chickenpox, itchy spots, playing, drinking, T 37.6.",
    "Nappy rash, 7 month old, feeding and thriving.",
    "Cradle cap in a 3 month old, otherwise well.",
    "6-year-old with sticky eyes, vision normal, no pain.",
    # skin
    "Itchy dry patches on both elbows for six months, known eczema.",
    "Acne on face and back, wants treatment.",
    "Photo sent: ringworm on the arm.",
    "Sunburnt shoulders after the beach, no blisters.",
    "Insect bite on the forearm, itchy, small lump.",
    "Mole on the back, unchanged for years.",
    "Ingrown toenail, slightly red, no pus.",
    # minor injury
    "Twisted ankle at football yesterday, walks on it, mild swelling.",
    "Bruised shin after hockey.",
    "Small splinter in the finger.",
    # what only sounds urgent
    "Chest pain in 2019, stented; here for a medication review, no symptoms now.",
    "Mother died of a stroke at 60; he is worried, has no symptoms and wants his cholesterol checked.",
    "Viral cold. If chest pain or shortness of breath develop, call an ambulance.",
    "Fainted once as a teenager; today only a sore throat.",
    "Mild tension headache after work, no neck stiffness, no visual change, not sudden.",
    "Wants counselling for panic attacks. Denies suicidal ideation. No chest pain.",
    "Her grandson had meningitis last year; she asks about the vaccine.",
    "Safety-netted for signs of sepsis and meningitis. Cold in a 5 year old, alert and playing.",
]


@pytest.mark.parametrize(("least", "note"), EMERGENCIES, ids=[note[:40] for _, note in EMERGENCIES])
def test_an_emergency_is_called_one(least: int, note: str) -> None:
    assessment = assess(read_note("n1", note))
    assert assessment.urgency is not None
    assert assessment.urgency <= least, [reason.code for reason in assessment.reasons]


@pytest.mark.parametrize("note", ROUTINE, ids=[note[:40] for note in ROUTINE])
def test_a_routine_presentation_is_not_called_urgent(note: str) -> None:
    assessment = assess(read_note("n1", note))
    assert assessment.urgency in (None, 4, 5), [reason.code for reason in assessment.reasons]
