"""Addresses, places behind a cue, and institutions that carry a name."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["places"]

CAP = r"(?:St\.|Mt\.|Ft\.|\p{Lu}[\p{L}'’\-]*)"
PLACE = rf"{CAP}(?:[ \t]+{CAP}){{0,3}}(?:,[ \t]*{CAP})?"
# Where anybody is seen, and no name of a house.
DEPARTMENT = (
    r"(?:Emergency|ED|ER|ICU|CCU|Urgent|Primary|Physical|Occupational|Home|Hospice|Dermatology|Cardiology|Neurology|"
    r"Oncology|Orthop|Surgery|Radiology|Pediatric|Psychiatr|Psycholog|GI|ENT|OB|Triage|Labor|A&E|GP|PCP|Dr|Mr|Mrs|Ms)"
)
STREET = (
    r"(?:St(?:reet)?|Ave(?:nue)?|R(?:oa)?d|Dr(?:ive)?|Lane|Ln|Blvd|Boulevard|Court|Ct|Way|Place|Pl|Terrace|Ter|"
    r"Crescent|Close|Square|Sq|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Trail|Row|Gardens)"
)
INSTITUTION = (
    r"(?:Hospital|Medical Cent(?:er|re)|Clinic|Infirmary|Hospice|Health(?:care)? (?:System|Cent(?:er|re))|"
    r"Nursing Home|Care Home|Surgery|Infusion Cent(?:er|re)|Cent(?:er|re)|Pharmacy|University|College|School|Elementary|Academy|Institute|Foundation|Trust|"
    r"Church|Shelter|Prison|Inc|LLC|Ltd|Corp(?:oration)?|Company)"
)


def places(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for class (B), geography below a state, and for named institutions."""
    return RuleRecognizer(
        "places",
        [
            Rule(
                "street",
                Identifier.PLACE,
                rf"\b\d{{1,6}}[A-Za-z]?[ \t]+(?:{CAP}[ \t]+){{1,4}}{STREET}\b\.?"
                rf"(?:,?[ \t]*(?:Apt|Apartment|Unit|Suite|Ste|Flat|#)\.?[ \t]*\w+)?(?:,[ \t]*{CAP}(?:[ \t]+{CAP})?)?"
                rf"(?:,?[ \t]*[A-Z]{{2}}\b)?(?:[ \t]+\d{{5}}(?:-\d{{4}})?)?",
            ),
            Rule(
                "street, number behind",
                Identifier.PLACE,
                r"\b\d{1,6}[ \t]+(?:Rue|Calle|Via|Avenida|Plaza)(?:[ \t]+[\p{L}]+){1,4}",
            ),
            Rule(
                "number, words, town, state, ZIP code",
                Identifier.PLACE,
                rf"\b\d{{1,6}}[ \t]+{CAP}(?:[ \t]+{CAP}){{0,3}},[ \t]*{CAP}(?:[ \t]+{CAP})?,[ \t]*[A-Z]{{2}}[ \t]+\d{{5}}\b",
            ),
            Rule(
                "street in lower case",
                Identifier.PLACE,
                r"\b\d{1,6}[ \t]+(?:[a-z]+[ \t]+){1,3}(?i:street|avenue|road|lane|boulevard|drive|terrace|crescent)\b",
            ),
            Rule(
                "number behind zip",
                Identifier.PLACE,
                r"(?i)\b(?:zip|post)(?:[ \-]?code)?[ \t:]*(?P<id>\d{5}(?:-\d{4})?)\b",
            ),
            Rule("PO box", Identifier.PLACE, r"(?i)\bp\.?[ ]?o\.?[ ]?box[ \t]+\d+"),
            Rule("ZIP code", Identifier.PLACE, r"\b[A-Z]{2}[ \t]+(?P<id>\d{5}(?:-\d{4})?)\b"),
            Rule("UK postcode", Identifier.PLACE, r"\b[A-Z]{1,2}\d[A-Z\d]?[ \t]\d[A-Z]{2}\b"),
            Rule(
                "address line",
                Identifier.PLACE,
                r"(?i:\b(?:home[ \t]+)?address(?:[ \t]+is)?[ \t]*:?[ \t]+)(?P<id>\d[^\n;]{5,80}?)(?=[\n;]|\.\s|\.?$)",
            ),
            Rule(
                "behind a home or a birth",
                Identifier.PLACE,
                rf"\b(?i:(?:lives|living|resides|residing|staying|born|raised|grew up|moved|relocated)[ \t]+(?:in|to|from|at|near)|"
                rf"originally[ \t]+from|resident[ \t]+of|native[ \t]+of)[ \t]+(?:the[ \t]+)?(?P<id>{PLACE})",
            ),
            Rule(
                "behind a journey or work",
                Identifier.PLACE,
                rf"\b(?i:(?:travel(?:l?ed|ling|s)?|visiting|works?|working|employed|trip)[ \t]+(?:in|to|from|at|near|with|for)|from)"
                rf"[ \t]+(?P<id>{PLACE})",
                unless_harmless=True,
            ),
            Rule(
                "behind a stay",
                Identifier.FACILITY,
                r"\b(?:admitted|transferred|transported|treated|seen|reviewed|evaluated|followed|referred|presented|presenting)[ \t]+"
                rf"(?:to|at|from)[ \t]+(?:the[ \t]+|our[ \t]+)?(?!{DEPARTMENT})(?P<id>{PLACE})",
            ),
            Rule(
                "institution",
                Identifier.FACILITY,
                rf"\b(?:{CAP}[ \t]+(?:of[ \t]+|for[ \t]+|the[ \t]+)*){{1,5}}{INSTITUTION}\b",
            ),
            Rule(
                "institution in capitals",
                Identifier.FACILITY,
                r"\b(?:[A-Z][A-Z'’.]+[ \t]+){1,4}(?:HOSPITAL|CLINIC|MEDICAL CENTER|INFIRMARY)\b",
            ),
        ],
        vocabulary,
    )
