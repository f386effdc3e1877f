"""Social security, record, plan, account and licence numbers after a cue or in a form of their own.

Classes (G) to (K) of 45 CFR 164.514(b)(2)(i). Numbers are never checked for validity: a typing mistake in an SSN must
not make it visible.
"""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import NOT_A_VALUE, NUMBER, words
from bedside.boundary.detectors.rules import CUED, GUESSED, Cues, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["numbers"]

NUMBER_WORD = (
    r"(?:id(?:entifier|entification)?|number|numbers|no\.?|num\.?|nr\.?|nbr|n°|#|code|ref(?:erence)?\.?|key)"
)
IS = r"[ \t]*[:=#(|]{0,2}[ \t]*(?:(?:is|was|of|reads|ending(?: in)?|=)[ \t:]+)?"
# Enough digits for a number that is somebody's, and no lone year.
TELLING = r"(?=[\w\-./#]*\d[\w\-./ ]?[\w\-./ ]*\d)(?!(?:19|20)\d\d(?![\w\-/]))"
LONG = (
    r"(?=(?:[A-Za-z]{1,6}[\-./#]|[A-Z]{1,4}[ \t])?(?:[A-Za-z]*\d[\-./ ]?[A-Za-z]*){4})(?!(?:19|20)\d\d(?![\w\-/]))"
)


RECORD = Cues.of(
    "mrn, mrns, m.r.n, emrn, empi, uhid, urn, medical record, medical rec, med rec, med. rec, hospital, hosp, patient, pt, pat",
    "client, chart, record, rec, case, file, folder, dossier, expediente, historia, encounter, enc, visit, admission, episode",
    "accession, acc, specimen, order, requisition, report, lab, study, subject, participant, trial, unit, nhs, chi, h&c",
    "health card, health, phn, csn, fin, har, referral, registration, enrolment, enrollment, sample, barcode, wristband",
    "bracelet, ticket, incident, run, site, clinic, donor, biobank, cohort, research, patienten, fall, akte",
)
SURE_RECORD = Cues.of(
    "mrn, mr, m.r.n, emrn, empi, uhid, urn, csn, nhs, chi, medical record, med rec, med. rec, medical rec"
)
PAPER = Cues.of(
    "account, acct, acc, a/c, policy, member, membership, insurance, insured, subscriber, group, plan, beneficiary, benefit",
    "medicare, medicaid, tricare, payer, coverage, mbi, hicn, contract, claim, auth, authorization, preauth, pre-auth",
    "license, licence, licensure, lic, certificate, certification, cert, dea, npi, gmc, nmc, upin, passport, visa, permit",
    "badge, employee, staff, student, personnel, payroll, invoice, receipt, billing, reference, confirmation, tracking",
    "transaction, card, credit card, debit card, iban, routing, sort code, bank, prescription, rx, voucher, token",
    "driver's license, driver's licence, drivers license, driver license, driving licence, dl, state id, identity",
    "identification, national, tax, military, service, inmate, prisoner, booking, warrant, court, docket, police, library",
    "loyalty, locker, safe, garage, pin, user, session, request, ref, driver",
)
SSN = Cues.of("ssn, ss, s.s.n, social security, soc sec, soc. sec, social")


def numbers(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for the numbers of people's documents."""
    # "Study PMID 31234567" is a published article.
    value = rf"(?P<id>(?!(?i:PMID)[ \t:#]*\d{{7,8}}(?![\w\-])){NUMBER}){NOT_A_VALUE}"
    named = rf"(?:[ \t]*(?i:{NUMBER_WORD})(?![a-z])[ \t]*)"
    record, other = Identifier.RECORD_NUMBER, Identifier.OTHER_NUMBER
    sure, weak, paper = (cues.expression for cues in (SURE_RECORD, RECORD, PAPER))
    return RuleRecognizer(
        "numbers",
        [
            Rule("SSN form", Identifier.SSN, r"(?<![\w\-])\d{3}[\-–. ]{1,2}\d{2}[\-–. ]{1,2}\d{4}(?![\w\-])"),
            Rule(
                "SSN behind a cue",
                Identifier.SSN,
                rf"{SSN.expression}\.?(?:[ \t]*(?i:number|no\.?|num|#))?[ \t:#=]*(?i:(?:is|of|end(?:s|ing)(?: in)?|last (?:4|four)(?: digits)?)[ \t:]+){{0,3}}(?P<id>[xX*\d](?:[ \-–.]?[xX*\d]){{2,11}})(?!\w)(?![ \t]*(?:/|%|mg))",
                first=SSN.first,
            ),
            Rule("masked SSN", Identifier.SSN, r"(?<!\w)[xX*]{3}-?[xX*]{2}-?\d{4}(?!\w)"),
            Rule(
                "national insurance form",
                Identifier.SSN,
                r"(?<!\w)[A-Z]{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D](?!\w)",
            ),
            Rule(
                "record number behind a sure cue",
                record,
                rf"{sure}\.?{named}?(?i:{IS}){TELLING}{value}",
                first=SURE_RECORD.first,
            ),
            Rule(
                "record number behind two cues",
                record,
                rf"{weak}\.?{named}(?i:{IS}){TELLING}{value}",
                first=RECORD.first,
            ),
            Rule(
                "number behind two cues",
                other,
                rf"{paper}\.?{named}{{1,2}}(?i:{IS}){TELLING}{value}",
                first=PAPER.first,
            ),
            Rule("record number behind a word", record, rf"{weak}\.?(?i:{IS}){LONG}{value}", first=RECORD.first),
            Rule("number behind a word", other, rf"{paper}\.?(?i:{IS}){LONG}{value}", first=PAPER.first),
            Rule(
                "short number behind a sure word",
                other,
                r"\b(?i:badge|locker|(?:gate|door|entry|access|alarm|pin)[ \t]+(?:code|no\.?|number)|passcode|licen[cs]e plate|vin[ \t]+ends?(?:[ \t]+in)?|(?:ems|fire|rescue|patrol|squad)[ \t]+(?:unit|car|rig)|medic unit|medic|engine|ambulance|rig)[ \t:#=]*(?:(?:is|no\.?|number)[ \t]+)?(?P<id>(?=[A-Z\-]*\d)[A-Za-z\d\-]{1,12}#?)(?!\w)"
                rf"{NOT_A_VALUE}",
                first=words(
                    "badge locker gate door entry access alarm pin passcode license licence vin ems fire rescue patrol squad medic engine ambulance rig"
                ),
                examples=(
                    "deputy with badge ‹221›",
                    "Gate code ‹4415#›",
                    "keys in locker ‹B-44›",
                    "VIN ends ‹88213›",
                    "EMS unit ‹M7›",
                ),
                near_misses=("plate 4 holes", "pin site clean"),
            ),
            Rule(
                "number behind id or #",
                Identifier.OTHER_NUMBER,
                rf"(?i:\b(?:id|identifier|id\.|no\.|nr\.|n°|number)|#)[ \t]*[:=#]?[ \t]*{LONG}{value}",
            ),
            Rule(
                "Medicare beneficiary form",
                Identifier.OTHER_NUMBER,
                r"(?<!\w)[1-9][A-Z][A-Z\d]\d-?[A-Z][A-Z\d]\d-?[A-Z]{2}\d{2}(?!\w)",
            ),
            Rule("DEA form", Identifier.OTHER_NUMBER, r"(?<!\w)[A-Z]{2}\d{7}(?!\w)"),
            Rule(
                "IBAN form",
                Identifier.OTHER_NUMBER,
                r"(?<!\w)[A-Z]{2}\d{2}(?:[ ]?[A-Z\d]{4}){2,7}(?:[ ]?[A-Z\d]{1,4})?(?!\w)",
            ),
            Rule(
                "crypto address",
                Identifier.OTHER_NUMBER,
                r"(?<!\w)(?:bc1[a-z0-9]{10,80}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|0x[0-9a-fA-F]{16,64})(?!\w)",
            ),
            Rule(
                "card ending",
                Identifier.OTHER_NUMBER,
                r"(?i:\b(?:card|account|acct|visa|mastercard|amex)[ \t]+(?:number[ \t]+)?(?:ending|ends)[ \t]+(?:in|with)[ \t]+)(?P<id>\d{3,6})(?!\w)",
            ),
            Rule(
                "coordinates",
                Identifier.PLACE,
                r"(?<![\w.])[\-+]?\d{1,3}\.\d{3,}°?[ ]?[NSns]?[ ]?[,;/ ][ ]?[\-+]?\d{1,3}\.\d{3,}°?(?:[ ]?[EWew]\b)?",
            ),
            Rule(
                "coordinates in degrees",
                Identifier.PLACE,
                r"\d{1,3}[ ]?[°º][ ]?\d{1,2}(?:[.,]\d+)?[ ]?['′’][ ]?(?:\d{1,2}(?:[.,]\d+)?[ ]?(?:[\"″”]|'')[ ]?)?[NSEWO](?:[ ,]{0,3}\d{1,3}[ ]?[°º][ ]?\d{1,2}(?:[.,]\d+)?[ ]?['′’][ ]?(?:\d{1,2}(?:[.,]\d+)?[ ]?(?:[\"″”]|'')[ ]?)?[NSEWO])?",
            ),
            Rule(
                "decimal degrees",
                Identifier.PLACE,
                r"(?<![\w.])\d{1,3}\.\d{2,}[ ]?°[ ]?[NSEW][ ,]{0,3}\d{1,3}\.\d{2,}[ ]?°[ ]?[NSEW](?!\w)",
                CUED,
                needs=("°",),
            ),
            Rule(
                "letters, hyphen, digits", Identifier.OTHER_NUMBER, r"(?<![\w\-])[A-Z]{1,5}-\d{4,}(?![\w])", GUESSED
            ),
            Rule(
                "letters with digits",
                Identifier.OTHER_NUMBER,
                r"(?<![\w\-])(?!G\d{1,2}P\d{1,4}\b)(?=[A-Z0-9]{2})(?=[A-Za-z\-]*\d)(?=[\d\-]*[A-Z])[A-Z0-9]{2,40}(?:-[A-Z0-9]+){0,8}(?=(?:[^\w]|$))(?<=\d{3}[A-Z0-9\-]*)",
                GUESSED,
            ),
        ],
        vocabulary,
    )
