"""Values behind a label: "Patient Name: …", "CHART|…", "D0CTOR . . …", "fecha de nacimiento: …".

The most certain source of all: notes, letters and forms say in their headers who is who. The rule finds a separator,
looks the words before it up in a table, and takes behind it what that kind of label stands for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.grammar import CREDENTIAL, NAME, NUMBER, TITLE, words
from bedside.boundary.detectors.rules import CUED, TIMEOUT, Seen, TextRecognizer, result
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["Headers"]


class Field(Enum):
    """What stands behind a label."""

    NAMED = "the name of a person, whatever its words"
    PERSON = "a person, or something else: believed where a word is not known to be harmless"
    FACILITY = "a named house"
    PLACE = "an address or a part of one"
    DATE = "a date"
    AGE = "an age, which counts from 90 on"
    PHONE = "a telephone number"
    RECORD = "a record number"
    SSN = "a social security number"
    NUMBER = "another number"
    VISIT = "a date or a number"


LABELS: Mapping[Field, str] = {
    Field.NAMED: """
        name, patient name, pt name, patient's name, name of patient, full name, legal name, preferred name, first name,
        last name, given name, given names, family name, maiden name, middle name, birth name, former name, surname,
        forename, forenames, alias, aliases, aka, a.k.a., also known as, goes by, client name, resident name,
        member name, subscriber name, insured name, insured's name, policy holder, policyholder, policy holder name,
        guarantor name, account holder, mother's maiden name, mother's name, father's name, spouse's name, wife's name,
        husband's name, parent name, guardian name, contact name, emergency contact name, provider name, doctor name,
        physician name, first, last, preferred, infant name, baby name, child name, child's name, donor name,
        patient first name, patient last name, patient full name, name of child, cardholder, cardholder name,
        nombre, nombre completo, nombre del paciente, nombre y apellidos, apellido, apellidos, nom, nom et prénom,
        nom de famille, nom du patient, nom de naissance, prénom, vorname, nachname, familienname, geburtsname,
        name des patienten, cognome, nome, nome e cognome, nome completo, sobrenome, naam, voornaam, achternaam
    """,
    Field.PERSON: """
        patient, pt, client, resident, subject, participant, member, subscriber, insured, guarantor, donor, recipient,
        responsible party, next of kin, nok, emergency contact, emergency contacts, ice contact, contact, contact person,
        primary contact, alternate contact, spouse, wife, husband, partner, son, daughter, mother, father, mom, dad, mum,
        brother, sister, carer, caregiver, guardian, legal guardian, parent, parents, parent/guardian, relative, poa,
        power of attorney, hcpoa, health care proxy, healthcare proxy, proxy, surrogate, witness, interpreter,
        accompanied by, informant, escort, backup recipient, employer contact, attorney, lawyer, caseworker,
        attending, attending physician, attending md, attending provider, physician, provider, doctor, dr, surgeon,
        primary surgeon, consultant, gp, pcp, primary care physician, primary care provider, primary care, family doctor,
        family physician, referring physician, referring provider, referring md, referring doctor, referred by, referrer,
        ordering physician, ordering provider, ordered by, requested by, requesting physician, admitting physician,
        admitting md, discharging physician, rendering provider, treating physician, treating provider, treating clinician,
        clinician, responsible clinician, specialist, hospitalist, intern, fellow, registrar, nurse, rn, charge nurse,
        therapist, pharmacist, radiologist, pathologist, cardiologist, oncologist, neurologist, anesthesiologist,
        anaesthetist, anesthetist, midwife, psychologist, psychiatrist, social worker, case manager, care manager,
        care coordinator, key worker, author, authored by, written by, dictated by, dictator, signed, signed by, signature,
        electronically signed, electronically signed by, e-signed by, esigned by, cosigned by, co-signed by, cosigner,
        verified by, authenticated by, approved by, reviewed by, reported by, read by, interpreted by, seen by, examined by,
        assessed by, evaluated by, performed by, prepared by, typed by, transcribed by, transcriptionist, scribe,
        scribed by, entered by, completed by, collected by, administered by, triaged by, handover to, handoff to,
        handed over to, cc, copy to, copies to, to, from, re, ref, attn, attention, dear, operator, assistant,
        first assistant, prescriber, prescribed by, discussed with, technologist, sonographer, care director, director,
        paciente, médico, medico, médica, doctora, médico tratante, madre, padre, esposa, esposo, hijo, hija, contacto,
        contacto de emergencia, responsable, médecin, médecin traitant, docteur, mère, père, époux, épouse,
        contact d'urgence, personne à prévenir, personne de confiance, patiente, arzt, ärztin, hausarzt, hausärztin,
        behandelnder arzt, überweisender arzt, patientin, mutter, vater, ehefrau, ehemann, angehörige, ansprechpartner,
        paziente, medico curante, utente, patiënt, huisarts, arts, behandelaar, contactpersoon, moeder, vader
    """,
    Field.FACILITY: """
        hospital, facility, clinic, practice, surgery name, care site, site name, clinic name, hospital name, facility name,
        practice name, location of care, place of care, service location, treating facility, sending facility,
        receiving facility, referring facility, transferring facility, destination facility, pharmacy, pharmacy name,
        preferred pharmacy, employer, employer name, place of employment, place of work, workplace, school, school name,
        daycare, nursing home, care home, snf, health centre, health center, medical center, medical centre, hospice,
        trust, organisation, organization, transferred from, transferred to, transfer to, company, primary practice,
        church, lieu de soins, établissement, hôpital, clinique, cabinet, employeur, école, centro, centro de salud,
        clínica, hospital de origen, empleador, escuela, krankenhaus, klinik, praxis, arbeitgeber, schule, ospedale,
        ziekenhuis, praktijk, werkgever
    """,
    Field.PLACE: """
        address, home address, mailing address, street address, street, residence, residential address, permanent address,
        current address, postal address, billing address, work address, address of record, address line 1, addr, add,
        city, town, city/town, city/state, city, state, village, county, parish, borough, district, zip, zip code, zipcode,
        postcode, post code, postal code, place of birth, birthplace, birth place, hometown, home town, destination city,
        domicile, adresse, ville, code postal, lieu de naissance, domicilio, dirección, ciudad, municipio, código postal,
        lugar de nacimiento, anschrift, wohnort, wohnhaft, straße, ort, plz, geburtsort, indirizzo, residenza, città,
        luogo di nascita, adres, woonplaats, postcode/plaats, endereço, cidade, lives at, lives in, neighborhood
    """,
    Field.DATE: """
        dob, d.o.b., d.o.b, date of birth, birth date, birthdate, birthday, birth, born, patient dob, pt dob, bday, date,
        admit date, admission date, date of admission, admit, admitted, adm date, doa, discharge date, date of discharge,
        discharged, dc date, d/c date, date of service, service date, dos, encounter date, date of visit, visit date,
        date seen, seen, seen on, date of exam, exam date, date of procedure, procedure date, date of surgery, surgery date,
        date of operation, operation date, date of consultation, consult date, date of death, death date, dod, deceased,
        date dictated, dictated, dictated on, date transcribed, transcribed, transcribed on, date signed, signed on,
        date/time, date and time, datetime, collected, collection date, date collected, received, date received, reported,
        report date, date of report, result date, lmp, last menstrual period, edd, edc, due date, date of injury, doi,
        onset date, date of onset, start date, end date, effective date, effective, expiration date, expires, exp date,
        exp, issue date, date issued, appointment, appointment date, next appointment, next visit, follow-up date, d/t,
        implant date, implanted, date of implant, date of diagnosis, diagnosed, updated, last updated, printed, created,
        referral date, date of referral, letter date, clinic date, date typed, transfer date, departure, arrival,
        date de naissance, né le, née le, ddn, date d'admission, date de sortie, date d'entrée, date de consultation,
        fecha, fecha de nacimiento, f. nacimiento, fnac, fecha de ingreso, fecha de alta, fecha de consulta, nacimiento,
        geburtsdatum, geb, geb., geb.-dat., geboren, geboren am, datum, aufnahmedatum, entlassungsdatum, aufnahme am,
        data di nascita, nato il, nata il, data, data de nascimento, geboortedatum, geb.datum, opnamedatum
    """,
    Field.AGE: "age, patient age, pt age, age/sex, sex/age, age/gender, âge, edad, alter, età, idade, leeftijd",
    Field.PHONE: """
        tel, tel., tel no, tel no., telephone, telephone number, telephone no, phone, phone number, phone no, phone #, ph,
        ph., home, home phone, work, work phone, cell, cell phone, cellphone, mobile, mobile number, mobile phone, mob, fax,
        fax number, fax no, facsimile, pager, pager number, beeper, bleep, ext, extension, contact number, contact no,
        contact phone, contact tel, home contact, callback, callback number, call back number, call, day phone,
        evening phone, emergency phone, voicemail, whatsapp, sms, text, hotline, dect, téléphone, tél, portable, télécopie,
        teléfono, telefono, móvil, celular, telefon, telefonnummer, handy, mobil, cellulare, telefoon, mobiel, telefone
    """,
    Field.RECORD: """
        mrn, m.r.n., mr, mr#, mr no, mr number, med rec, med rec no, medical record, medical record number,
        medical record no, medical record #, medrec, record, record number, record no, record #, rec, rec no, chart,
        chart number, chart no, chart #, chart key, chart id, patient id, patient no, patient number, pt id, pid,
        patient identifier, patient ref, hospital number, hospital no, hospital id, hosp no, hospital no., unit number,
        unit no, urn, ur, ur number, ur no, uhid, empi, nhs, nhs number, nhs no, nhs no., chi, chi number, chi no, h&c number,
        health number, health card, health card number, phn, ihi, case, case number, case no, case #, case id, encounter,
        encounter number, encounter no, encounter id, csn, fin, fin number, fin #, har, visit number, visit no, visit id,
        accession, accession number, accession no, accession #, acc no, acc #, specimen, specimen id, specimen number,
        specimen no, order number, order no, order id, lab no, lab number, lab id, episode, episode number, admission number,
        admission no, dossier, n° dossier, numéro de dossier, no dossier, ipp, nip, expediente, historia clínica, nhc,
        número de historia, n.º de historia, nº historia, fallnummer, fall-nr, fall-nr., patientennummer, pat.-nr., pat-nr,
        patienten-nr, patienten-nr., patienten-id, aktenzeichen, cartella, cartella clinica, numero cartella, prontuário,
        patiëntnummer, dossiernummer, bsn
    """,
    Field.SSN: """
        ssn, s.s.n., ss#, ss number, ss no, social, social security, social security number, social security no,
        social security #, soc sec, soc sec no, sin, ni number, nino, national insurance, national insurance number,
        national insurance no, nir, numéro de sécurité sociale, n° sécurité sociale, seguridad social, número de la
        seguridad social, nuss, dni, nie, sozialversicherungsnummer, sv-nummer, codice fiscale, cpf, nif
    """,
    Field.NUMBER: """
        account, account number, account no, account #, acct, acct number, acct no, acct #, bank account, billing account,
        invoice, invoice number, invoice no, claim, claim number, claim no, claim #, policy, policy number, policy no,
        policy #, member id, member number, member no, member #, subscriber id, subscriber number, subscriber no,
        insurance, insurance id, insurance number, insurance no, insurance policy, group number, group no, group #,
        group id, plan id, plan number, plan identifier, health plan, health plan id, health plan number, beneficiary,
        beneficiary number, beneficiary id, medicare, medicare number, medicare no, medicare id, mbi, hicn, medicaid,
        medicaid number, medicaid no, medicaid id, tricare, authorization, authorization number, auth no, auth #,
        prior auth, prior authorization, iban, bic, routing, routing number, sort code, card, card number, credit card,
        license, licence, license number, license no, license #, licence number, licence no, driver's license,
        drivers license, driver's licence, driving licence, driver license, driver license number, dl, dl#, dl no, dea,
        dea number, dea no, dea #, npi, npi number, npi no, npi #, gmc, gmc number, gmc no, nmc, nmc pin, certificate,
        certificate number, certificate no, certification number, certification, cert no, passport, passport number,
        passport no, registration, registration number, registration no, reg no, reg, plate, license plate,
        licence plate, number plate, plate number, plate no, tag, vin, vehicle, vehicle id, vehicle identification number,
        serial, serial number, serial no, serial #, s/n, sn, ser no, device, device id, device identifier, device serial,
        device serial number, device number, lot, lot number, lot no, lot #, batch, batch number, batch no, udi, imei,
        imsi, iccid, mac, mac address, model/serial, reference, reference number, reference no, ref no, ref no., our ref,
        your ref, our reference, your reference, confirmation, confirmation number, tracking, tracking number, badge,
        badge number, badge no, employee id, employee number, employee no, staff id, student id, student number, study id,
        study number, subject id, subject number, participant id, participant number, protocol id, trial id, donor id,
        donor number, sample id, sample number, barcode, wristband, wristband id, user id, userid, username, user name,
        login, token, key, session id, transaction id, request id, request number, referral number, referral id, ubrn,
        prescription number, prescription no, rx number, rx no, rx #, id, id number, id no, id #, identifier, identity
        number, identity card, site id, unit id, inmate number, inmate no, service number, military id, military number,
        locator, ticket, ticket number, incident number, incident no, police report, run number, employer id, tax id,
        ein, versichertennummer, versicherten-nr, versicherten-nr., krankenversicherung, kvnr, numéro d'assuré, n° assuré,
        póliza, número de póliza, tarjeta sanitaria, cip, tessera sanitaria, polisnummer, verzekeringsnummer
    """,
    Field.VISIT: "visit, review date, review, encounter no./date, contact date, eval, evaluated, originally evaluated",
}

# What a form says where it has no value.
NO_VALUE = words("""
    none unknown n/a na nil see same not no yes deferred self denies unavailable declined pending above
    below as per the an is was has with and or left right male female normal stable good poor fair today
    he she they well alert unable unassigned refused reports states presents alone single married
    divorced widowed retired it
""")

_FOLDED = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": " ", "’": "'"})


def _fold(label: str) -> str:
    """A label without case, accents and the digits that a scanner reads for letters: "D0CTOR", "PAT1ENT"."""
    plain = label.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(plain.translate(_FOLDED).split())


_FIELDS = {_fold(label): field for field, labels in LABELS.items() for label in labels.split(",")}
# A single such word ends other phrases too ("drug name", "lower extremity ext:"), so it must be the whole label.
_WHOLE_ONLY = frozenset({Field.NAMED, Field.PERSON, Field.FACILITY})
_WHOLE_WORDS = frozenset(
    map(
        _fold,
        words("""
            home work call text key add date data exp tag case record device lot reg ext mr mac sn social id
            reported received collected implanted started effective sin ur har fin ort age first last seen admit
        """),
    )
)

# Each run of blanks is tried once, from its start: a page of blanks takes no longer than one of words.
_SEPARATOR = regex.compile(
    r"(?<![ \t])[ \t]*+(?:[:=|>]|#(?=[ \t]*[:=])|(?:[.·…_][ \t]?){2,}+|(?<=[ \t])[–—\-](?=[ \t])|(?<=\t|[ ]{2})(?=\S))"
    r"[ \t:=|.·…_*#\"'(\[>]*+(?:\n[ \t]*+)?"
)
_SEGMENT_END = regex.compile(r"[\n\r;,|:=•·*(\[{<>\"\t–—]|[ ]{2}|[ \t]-[ \t]|[.?!][ \t]|\.\.")
_LONGEST_LABEL = 48

_END = r"(?=[ \t]*(?:[;|,\n\r)\]<\"/•·–—]|[ \t]-[ \t]|[ ]{2}|\t|\.(?:[ \t\n]|$)|$))"
_PERSON = regex.compile(
    rf"(?:{TITLE}\.?[ \t]+)?(?P<id>{NAME}(?:,[ \t]*(?!{CREDENTIAL}\b){NAME})?(?:[ \t]+(?:and|&|y|et|und|e|/)[ \t]+{NAME})?)(?P<end>{_END})?"
)
_LOWER_PERSON = regex.compile(
    rf"(?:(?:mr|mrs|ms|miss|dr)\.?[ \t]+)?(?P<id>\p{{L}}[\p{{L}}\p{{M}}'’\-.]+(?:,?[ \t]+[\p{{L}}\p{{M}}'’\-.]+){{0,3}}){_END}",
    regex.IGNORECASE,
)
_HOUSE = regex.compile(
    r"(?P<id>(?:the[ \t]+)?(?:\p{Lu}|St\.)[\p{L}\p{M}'’\-.&]*(?:[ \t]+(?:(?:of|for|the|and|de|du|des|la|del|&)[ \t]+){0,2}[\p{Lu}\d][\p{L}\p{M}\d'’\-.]*){0,7})"
)
_ADDRESS = regex.compile(
    r"(?P<id>[\p{Lu}\p{N}#][^\n\r;|\t<>\"]{1,110}?)"
    r"(?=[ \t]*(?:[\n\r;|\t<>\"]|[ ]{2}|$|(?<!\b(?:St|Ste|Mt|Ft|Ave|Rd|Dr|Ln|Blvd|Apt|No|P|O|Hwy|Sq|Pl|Ct))\.(?:[ \t]|$)"
    r"|,?[ \t]+(?:[Tt]el|[Pp]hone|PHONE|TEL|[Ee]-?mail|[Ff]ax|DOB|MRN|[Tt]éléphone)\b|[ \t]+[–—-][ \t]))"
)
_DATE = regex.compile(
    r"(?i)(?P<id>[\dol]{1,4}[ ]?[./\-][ ]?[\dol]{1,4}(?:[ ]?[./\-][ ]?[\dol]{1,4})?"
    r"|[\dol]{1,2}[ ][\dol]{1,2}[ ][\dol]{2,4}|[\dol]{1,4}[ ./\-]*\p{L}{3,9}\.?[ ./\-]*'?[\dol]{2,4}"
    r"|\p{L}{3,9}\.?[ \-][\dol]{1,2}(?:st|nd|rd|th)?,?[ \-]+'?[\dol]{2,4}|\d{6,8})(?![\p{L}\d])(?![ \t]*(?:of|doses|mg|ml|%|days|weeks|hours|times))"
)
_AGE = regex.compile(
    r"(?i)(?:[MF][ \t]*/[ \t]*)?(?P<id>9\d|1[0-2]\d)(?![\d.%])(?![ \t]*(?:days?|weeks?|months?|hours?|mo\b))"
)
_PHONE = regex.compile(
    r"(?i)(?P<id>[+(]{0,2}\d(?:[ ().\-/–]{0,3}\d){2,17}(?:[ ,]*(?:x|ext\.?|extension|poste|durchwahl)[ .:]*\d{1,6})?)(?![\d/%]|[ \t]*(?:degrees|°|mg|ml|cm|mm))"
)
_NUMBER = regex.compile(rf"(?:(?i:no|number|nr|id)\b[.:#]*[ \t]*)?(?P<id>{NUMBER})")
_HANDLE = regex.compile(r"(?P<id>[\p{L}][\w.\-]{2,40})(?![\w ])")


class Headers(TextRecognizer):
    """Reports the values behind labels.

    Args:
        vocabulary: What is known to be harmless: "Patient: Denies pain" names nobody.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("headers")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Give each value behind a label that the table knows."""
        for separator in _SEPARATOR.finditer(text, timeout=TIMEOUT):
            field = self._field(text[max(separator.start() - _LONGEST_LABEL, 0) : separator.start()])
            if field is None:
                continue
            span = self._value(text, separator.end(), field)
            if span is not None:
                yield result(self._called, _KINDS[field], span, CUED, f"behind the label of {field.value}")

    def _field(self, before: str) -> Field | None:
        """What the longest known label that ends here stands for."""
        start = 0
        for end in _SEGMENT_END.finditer(before):
            start = end.end()
        # A label with a comma or a dash in it is in no table: the segment is the label, or its last words are.
        words = _fold(before[start:].strip(" \t-*#.")).split()[-6:]
        for first in range(len(words)):
            label = " ".join(words[first:])
            field = _FIELDS.get(label)
            if field is None:
                continue
            if first and len(words) - first == 1 and (field in _WHOLE_ONLY or label in _WHOLE_WORDS):
                continue
            return field
        return None

    def _value(self, text: str, at: int, field: Field) -> tuple[int, int] | None:
        if field in (Field.NAMED, Field.PERSON):
            return self._person(text, at, named=field is Field.NAMED)
        if field is Field.FACILITY:
            match = _HOUSE.match(text, at)
            if match is None:
                return None
            words = WORD.findall(match["id"])
            telling = len(words) > 2 or not all(self._vocabulary.has_word(word) for word in words)
            return match.span("id") if telling and words and words[0].casefold() not in NO_VALUE else None
        if field is Field.PLACE:
            match = _ADDRESS.match(text, at)
            first = WORD.match(text, at)
            if match is None or (first and first.group().casefold() in NO_VALUE):
                return None
            return match.span("id")
        for expression in _VALUES[field]:
            match = expression.match(text, at)
            if match is not None and (expression is not _NUMBER or _telling(match["id"])):
                return match.span("id")
        return None

    def _person(self, text: str, at: int, *, named: bool) -> tuple[int, int] | None:
        match = _PERSON.match(text, at)
        if match is not None:
            words = WORD.findall(match["id"])
            if words and words[0].casefold() in NO_VALUE:
                return None
            known = all(self._vocabulary.has_word(word) for word in words)
            if (
                not known
                or regex.search(r"\b\p{Lu}\.|^\p{Lu} ", match["id"])
                or (match["end"] is not None and (named or self._two_plain_words(match["id"], words)))
            ):
                return match.span("id")
            return None
        lower = _LOWER_PERSON.match(text, at)
        if lower is None or any(word.casefold() in NO_VALUE for word in WORD.findall(lower["id"])):
            return None
        names = [
            self._vocabulary.is_name(word) or not self._vocabulary.has_word(word)
            for word in WORD.findall(lower["id"])
        ]
        return lower.span("id") if names and (named or all(names) or (names[0] and len(names) == 2)) else None

    def _two_plain_words(self, value: str, words: list[str]) -> bool:
        """Two words or three with capitals and nothing else, no term of medicine: "Patient: Velvet Harbor"."""
        return 1 < len(words) < 4 and all(map(str.istitle, words)) and not self._vocabulary.is_term(value)


def _telling(number: str) -> bool:
    """Whether a number can be somebody's: one digit is a count."""
    return sum(character.isdigit() for character in number) >= 2 and len(number) >= 3


_KINDS = {
    Field.NAMED: Identifier.PERSON,
    Field.PERSON: Identifier.PERSON,
    Field.FACILITY: Identifier.FACILITY,
    Field.PLACE: Identifier.PLACE,
    Field.DATE: Identifier.DATE,
    Field.AGE: Identifier.AGE,
    Field.PHONE: Identifier.PHONE,
    Field.RECORD: Identifier.RECORD_NUMBER,
    Field.SSN: Identifier.SSN,
    Field.NUMBER: Identifier.OTHER_NUMBER,
    Field.VISIT: Identifier.DATE,
}
_VALUES = {
    Field.DATE: (_DATE,),
    Field.AGE: (_AGE,),
    Field.PHONE: (_PHONE,),
    Field.RECORD: (_DATE, _NUMBER),
    Field.SSN: (_NUMBER,),
    Field.NUMBER: (_NUMBER,),
    Field.VISIT: (_DATE, _NUMBER),
}
