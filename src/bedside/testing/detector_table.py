"""Texts with one identifier each, and near misses without any. All synthetic.

The identifier is between ‹ and ›; the marks are taken out before a detector sees the text.
"""

from __future__ import annotations

from bedside.boundary import Identifier

__all__ = ["IDENTIFIERS", "NEAR_MISSES", "ODD_TEXTS"]

IDENTIFIERS: tuple[tuple[Identifier, str], ...] = (
    (Identifier.PERSON, "Patient: ‹Zebulon Quackenbush›"),
    (Identifier.PERSON, "Name: ‹OKONKWO, CHIDI›"),
    (Identifier.PERSON, "seen by Dr. ‹Featherstonehaugh› today"),
    (Identifier.PERSON, "Mrs. ‹Rose May› was brought in by her son"),
    (Identifier.PERSON, "her daughter ‹Philippa› called the ambulance"),
    (Identifier.PERSON, "Patient: ‹Renée Núñez›"),
    (Identifier.PLACE, "lives at ‹4821 Bramblegate Lane›"),
    (Identifier.PLACE, "He moved here from ‹Kittlewick› last year."),
    (Identifier.PLACE, "home address: ‹12 Elm Street, Apt 4B›"),
    (Identifier.FACILITY, "transferred from ‹Thornwick Memorial Hospital›"),
    (Identifier.FACILITY, "works at ‹Bramblegate Elementary School›"),
    (Identifier.DATE, "DOB ‹03/14/1958›"),
    (Identifier.DATE, "admitted on ‹14 March 2024›"),
    (Identifier.DATE, "surgery ‹2023-11-23› without complications"),
    (Identifier.DATE, "since ‹March 2024›"),
    (Identifier.DATE, "discharged ‹August 15th, 2023› in good state"),
    (Identifier.AGE, "a ‹94›-year-old woman with fever"),
    (Identifier.AGE, "‹101› yo male"),
    (Identifier.PHONE, "call ‹617-555-0142› with results"),
    (Identifier.PHONE, "Tel.: ‹(617) 555-0187›"),
    (Identifier.PHONE, "telephone ‹020 7946 0123›"),
    (Identifier.EMAIL, "write to ‹zquackenbush@example.org›"),
    (Identifier.EMAIL, "e-mail ‹o.vandersloot@mail.example.com› preferred"),
    (Identifier.URL, "see ‹https://portal.example.org/p/7741› for images"),
    (Identifier.URL, "uploaded to ‹www.example.net/records›"),
    (Identifier.IP_ADDRESS, "last login from ‹203.0.113.77› today"),
    (Identifier.IP_ADDRESS, "device at ‹198.51.100.4› reports"),
    (Identifier.SSN, "SSN ‹666-41-7283›"),
    (Identifier.SSN, "social security number: ‹000 12 3456›"),
    (Identifier.RECORD_NUMBER, "MRN: ‹7741-2093›"),
    (Identifier.RECORD_NUMBER, "medical record number ‹WMH-2847-0419-A›"),
    (Identifier.OTHER_NUMBER, "insurance policy no. ‹QX-5529-8814-K›"),
    (Identifier.OTHER_NUMBER, "pacemaker serial number ‹SN4471902X›"),
)
"""Texts with one identifier each, and its kind, after the Safe Harbor list."""

NEAR_MISSES: tuple[str, ...] = (
    "a 62-year-old with chest pain for the past 3 months",
    "BP 120/80, HR 72, SpO2 98%, temperature 37.1",
    "pain 5/10, 3/7 history of diarrhea",
    "metformin 500 mg twice daily, platelets 150000 per microliter",
    "HbA1c 7.2 %, vitamin B12 low, L4 fracture",
    "Crohn's disease under control",
    "in 2019 she had pneumonia",
    "brown sputum and white cells",
    "seen twice in the last 24 hours, version 1.2.3 of the protocol",
    "Assessment and plan: continue lisinopril.",
)
"""Clinical text that identifies nobody."""

ODD_TEXTS: tuple[tuple[str, str], ...] = (
    ("an empty text", ""),
    ("white space", " \n\t\r\n "),
    ("a zero character", "Patient\0 seen"),
    ("emoji", "Patient 😀👨‍👩‍👧‍👦 Zebulon 🩺 called"),
    ("zero-width characters", "Patient: Zeb\u200bulon\u200d Pi\ufeffke"),
    ("combining characters", "Patient: Ze\u0301bulon" + "\u0301" * 50),
    ("compatibility forms", "Patient: Ｚｅｂｕｌｏｎ, tel. ６１７-５５５-０１４２, ﬁbrosis"),
    ("right to left", "Patient: \u202enolubeZ\u202c שלום"),
    ("half a character of UTF-16", "Patient: \ud83d Zebulon \udc00 617-555-0142"),
    ("half a character at the end", "Zebulon \ud83d"),
    ("no letter at all", "0" * 2_000),
    ("200 kB", ("Patient reports chest pain, given metformin 500 mg twice daily.\n" * 3_200)[:200_000]),
)
"""Unusual texts, each after its description."""
