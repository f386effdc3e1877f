"""Documents of each kind and notes in other languages, for the tests. All are synthetic."""

from __future__ import annotations

KINDS = [
    ("triage line", "67M sudden onset R sided weakness 40 min, BP 190/100, BM 6.1"),
    ("triage line", "4yo girl fell off trampoline, L wrist swollen, no LOC, pain 7/10"),
    (
        "visit note",
        "CHIEF COMPLAINT: cough\n\nHISTORY OF PRESENT ILLNESS\nMs K is a 34-year-old with two weeks of dry "
        "cough.\n\nPHYSICAL EXAM\nChest clear.\n\nASSESSMENT AND PLAN\nPost-viral cough. Reassured.\nCHIEF "
        "COMPLAINT: cough\n\nHISTORY OF PRESENT ILLNESS\nMs K is a 34-year-old with two weeks of dry "
        "cough.\n\nPHYSICAL EXAM\nChest clear.\n\nASSESSMENT AND PLAN\nPost-viral cough. Reassured.\n",
    ),
    (
        "visit note",
        "S: knee pain 3/52 after football.\nO: effusion, stable ligaments.\nA: meniscal tear?\nP: MRI, physio.",
    ),
    (
        "letter",
        "Dear Dr Osei,\n\nRe: Mrs Lin\n\nThank you for referring this 70-year-old lady with palpitations. "
        "Her ECG shows atrial fibrillation. I have started bisoprolol.\n\nYours sincerely,\nDr Kaur",
    ),
    (
        "letter",
        "12 March 2024\n\nDear colleague,\n\nI reviewed this gentleman in the renal clinic today. His "
        "creatinine is stable.\n\nKind regards\nConsultant Nephrologist",
    ),
    (
        "discharge summary",
        "Discharge Summary\n\nAdmission date: 01/02/2024\nDischarge date: 05/02/2024\nDischarge diagnosis: "
        "community acquired pneumonia\nHospital course: treated with IV co-amoxiclav.\nDischarge "
        "medications: doxycycline",
    ),
    (
        "discharge summary",
        "Date of admission: 3 May\nDate of discharge: 9 May\nThe patient was admitted with a fractured "
        "hip. Course in hospital: hemiarthroplasty on day 2, mobilised.\nDischarge instructions: partial "
        "weight bearing.",
    ),
    (
        "operation note",
        "OPERATIVE NOTE\nPreoperative diagnosis: acute appendicitis\nPostoperative diagnosis: "
        "same\nProcedure: laparoscopic appendicectomy\nEstimated blood loss: 10 mL\nThe patient was "
        "prepped and draped in the usual fashion.",
    ),
    (
        "operation note",
        "Operation record: left total knee replacement. Pre-operative diagnosis osteoarthritis. Tourniquet "
        "time 62 min. Skin closed with staples.",
    ),
    (
        "imaging report",
        "EXAM: CT chest with contrast\nCLINICAL HISTORY: cough\nTECHNIQUE: helical "
        "acquisition\nCOMPARISON: none\nFINDINGS: no pulmonary embolism. 6 mm nodule.\nIMPRESSION: nodule, "
        "follow up in 12 months.",
    ),
    (
        "imaging report",
        "MRI lumbar spine\n\nTechnique: T1, T2 sagittal.\n\nFindings: disc bulge L4/5.\n\nImpression: mild "
        "canal stenosis.",
    ),
    (
        "laboratory report",
        "Sodium 138 mmol/L (135-145)\nPotassium 6.9 mmol/L (3.5-5.1)\nUrea 12.1 mmol/L "
        "(2.5-7.8)\nCreatinine 188 umol/L (60-110)\nHaemoglobin 101 g/L (130-170)",
    ),
    (
        "laboratory report",
        "LABORATORY REPORT\nSpecimen collected: 08:10 blood\nTest Result Units Reference range\nTSH 9.1 "
        "mU/L 0.4-4.0\nFree T4 8 pmol/L 9-19",
    ),
    (
        "leaflet",
        "What is asthma?\nAsthma is a common lung condition. Symptoms include wheezing and "
        "breathlessness.\n\nWhen should you see your GP?\nSee your GP if you think you have asthma. Call "
        "999 if you have a severe attack.\n\nHow is it treated?\nYou may need an inhaler.",
    ),
    (
        "leaflet",
        "Package leaflet: information for the user\nBefore you take Ibuprofen 400 mg\nDo not take this "
        "medicine if you have had a stomach ulcer. Possible side effects: heart attack and stroke may "
        "rarely occur. Tell your doctor if you are pregnant.",
    ),
    (
        "administrative question",
        "Could you tell me your opening hours over Christmas? I also need to change my appointment on Friday.",
    ),
    (
        "administrative question",
        "How do I register as a new patient, and can you send a copy of my records to my insurance?",
    ),
    (
        "handover",
        "SBAR\nS: Mr T in bed 4 is short of breath, RR 28.\nB: day 2 post hip fracture.\nA: likely PE.\nR: "
        "please review now.",
    ),
    (
        "handover",
        "Situation: 80-year-old with new confusion.\nBackground: UTI, on trimethoprim.\nAssessment: NEWS "
        "6.\nRecommendation: medical review within 30 minutes.",
    ),
    (
        "dialogue",
        "Doctor: What brings you in?\nPatient: My chest hurts.\nDoctor: Since when?\nPatient: Since this morning.",
    ),
    (
        "dialogue",
        "[doctor] hi how are you\n[patient] not great, my back is killing me\n[doctor] okay since "
        "when\n[patient] about a week",
    ),
    (
        "message",
        "Hi doctor, I've had a rash on my arm since Tuesday and it's spreading. Should I come in? Thanks, Jo",
    ),
    (
        "message",
        "Good morning, my son has a fever of 39 and he is not drinking. What should I do?\n\nSent from my phone",
    ),
]

NOT_OF_NOBODY = [
    "54-year-old man. If you have chest pain again call 999, he was told. What is his risk? Symptoms "
    "include dyspnoea. BP 150/90.",
    "Can I change my appointment? I have crushing chest pain and feel faint.",
    "Pt asks for a sick note. Back pain 3 days, numb saddle area, cannot pass urine.",
    "Return if you notice worsening. Call your doctor if fever. You may take ibuprofen. Dx: ankle "
    "sprain, seen today after a fall.",
    "My repeat prescription please, I've run out of insulin and my sugar is 31 and I'm vomiting.",
]

OTHERS = [
    (
        "Spanish",
        "Mujer de 54 años con dolor torácico opresivo desde hace dos horas, irradiado al brazo izquierdo. "
        "Niega fiebre.",
    ),
    ("Spanish", "Paciente refiere disnea de esfuerzo y tos. Sin alergias conocidas. TA 150/90, FC 110."),
    ("Spanish", "Dolor abdominal, vómitos. No diabetes."),
    ("Portuguese", "Homem de 70 anos com falta de ar e tosse com sangue há três dias. Nega febre."),
    ("Portuguese", "Criança com febre alta e manchas no corpo desde ontem à noite."),
    (
        "French",
        "Patient de 62 ans, douleur thoracique constrictive depuis 45 minutes avec sueurs et nausées. Pas "
        "de fièvre.",
    ),
    ("French", "Chute ce matin. Douleur de la hanche droite, impotence fonctionnelle totale."),
    ("German", "78-jährige Patientin mit plötzlicher Schwäche im linken Arm und Sprachstörung seit einer Stunde."),
    ("German", "Luftnot seit gestern, Fieber bis 39, Husten mit Auswurf. Keine Allergien bekannt."),
    ("Italian", "Uomo di 65 anni con dolore toracico oppressivo da un'ora, sudorazione e nausea. Non febbre."),
    ("Italian", "Caduta dalle scale, trauma cranico con perdita di coscienza."),
    ("Dutch", "Man van 58 jaar met drukkende pijn op de borst sinds een uur, uitstralend naar de linkerarm."),
    ("Swedish", "Kvinna 45 år med svår huvudvärk sedan i morse och kräkningar. Ingen feber."),
    ("Polish", "Kobieta lat 60 z bólem w klatce piersiowej od dwóch godzin, nudności, poty."),
    ("Turkish", "60 yaşında erkek hasta, iki saattir devam eden göğüs ağrısı ve terleme ile geldi."),
    ("Cyrillic", "Мужчина 62 лет, давящая боль в груди 45 минут, одышка."),
    ("Chinese or Japanese", "62岁男性，胸痛45分钟，伴出汗。"),
    ("Arabic", "رجل عمره 62 سنة يعاني من ألم في الصدر منذ ساعة."),
    ("Romanian", "Bărbat de 60 de ani cu durere toracică de o oră și transpirații. Fără febră."),
    ("Vietnamese", "Bệnh nhân nam 62 tuổi, đau ngực từ 1 giờ nay, khó thở."),
    (
        "Spanish",
        "Interpreter not available. Mother says: el niño tiene fiebre desde hace tres días y no quiere "
        "comer, está muy decaído. Triage nurse to see.",
    ),
]

THAT_ARE_ENGLISH = [
    "62M c/o CP x2h rad L arm, SOB, diaphoretic. PMH HTN DM2. NKDA.",
    "Mrs De la Cruz, from San Juan, brought by her daughter Maria del Carmen Los Santos. Cough for three days.",
    "Dr van der Berg and Dr de Souza reviewed Mr Le Roux. Petit mal seizures, now on valproate.",
    "Pt Nguyen Van Minh, 45, RIF pain, vomiting, ?appendix.",
    "Medications: Lantus, Humalog, Xarelto, Entresto, Farxiga, Eliquis, Plavix, Crestor.",
    "Grand mal seizure at home, cri du chat syndrome, Mallory-Weiss, torsades de pointes on ECG, cafe "
    "au lait spots.",
    "He ate pho at Saigon Palace, then had diarrhoea. Says it was 'muy mal'. Temp 37.2.",
    "CT head: no acute intracranial haemorrhage. Grey-white differentiation preserved.",
    "OD: 20/40 OS: 20/25 IOP 14/15. c/d 0.3 OU. PDR s/p PRP OU.",
    "bp 132/78 hr 80 rr 16 spo2 98 ra temp 36.8",
    "Na 138 K 4.1 Cl 102 HCO3 24 BUN 12 Cr 0.9 Glu 101 WBC 7.2 Hgb 13.1 Plt 220",
    "Took 2 tabs PO TID PRN per os, last dose in the a.m., son Jose Luis di Stefano drove her in.",
    "sore throat 3/7, no fever, eating + drinking ok, tonsils red ++, no pus",
]
