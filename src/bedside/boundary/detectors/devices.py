"""Vehicles and devices: classes (L) and (M) of 45 CFR 164.514(b)(2)(i)."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import NOT_A_VALUE, NUMBER
from bedside.boundary.detectors.numbers import IS, LONG, NUMBER_WORD, TELLING
from bedside.boundary.detectors.rules import GUESSED, Cues, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["devices"]

PLATE = r"(?P<id>(?=[A-Z\d \-·]*[A-Z])(?=[A-Z\d \-·]*\d)[A-Z\d]{1,4}(?:[ \-·][A-Z\d]{1,5}){0,3}|[A-Z]{1,3}\d[A-Z\d]{2,5})(?![\w])"
DEVICE = Cues.of(
    "serial, s/n, sn, ser, device, implant, pacemaker, icd, generator, pump, lead, stent, valve, prosthesis, stimulator",
    "monitor, ventilator, lot, batch, udi, gtin, model, catalog, catalogue, imei, imsi, iccid, mac, equipment, asset",
    "scanner, machine, glucometer, cgm, sensor, cpap, hearing aid, wheelchair",
)
MARKED = Cues.of("serial, s/n, sn, lot, batch, udi, imei, asset")
VEHICLE = Cues.of("vin, vehicle, vehicle identification, chassis, car, truck, motorcycle, ambulance, engine")


def devices(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for numbers of cars, implants and machines."""
    value = rf"(?P<id>{NUMBER}){NOT_A_VALUE}"
    number = Identifier.OTHER_NUMBER
    return RuleRecognizer(
        "devices",
        [
            Rule("VIN form", number, r"(?<!\w)(?=[A-Z\d]*\d)(?=[A-Z\d]*[A-Z])[A-HJ-NPR-Z\d]{17}(?!\w)", GUESSED),
            Rule(
                "vehicle behind a cue",
                number,
                rf"{VEHICLE.expression}(?i:[ \t]*(?:{NUMBER_WORD}(?![a-z])|unit|:|#)[ \t]*{IS}){TELLING}{value}",
                first=VEHICLE.first,
            ),
            Rule(
                "plate behind a cue",
                number,
                r"(?i:\b(?:(?:licen[cs]e|number|registration|vehicle|car|vanity|temp)[ \t]+)?(?:plates?|tags?|registration|reg\.?|rego|kennzeichen|matr[ií]cula|immatriculation|targa|kenteken)"
                rf"(?:[ \t]*(?:{NUMBER_WORD}|mark))?[ \t]*[:=#(|]{{0,2}}[ \t]*(?:(?:is|was|reads?|of)[ \t:]+)?(?:[A-Z]{{2}}[ \t]+(?=[A-Z\d]{{2,4}}[\-]))?){PLATE}",
            ),
            Rule(
                "plate with its state",
                number,
                r"(?i:\b(?:plates?|tags?)[ \t:#]+)(?P<id>[A-Z]{2}[ \t]+[A-Z\d]{2,4}[ \-]?[A-Z\d]{2,4})(?!\w)",
            ),
            Rule(
                "vanity plate",
                number,
                r"(?i:\b(?:vanity|licen[cs]e|number)[ \t]+plate[ \t]*:?[ \t]*(?:(?:is|reads?)[ \t]+)?)[\"“']?(?P<id>[A-Z][A-Z\d\-]{3,8})\b",
            ),
            Rule(
                "British plate form",
                number,
                r"(?<!\w)[A-Z]{2}\d{2}[ ]?(?!(?:MG|ML|MCG|CM|MM|KG|HR|IU)\b)[A-Z]{3}(?!\w)",
                GUESSED,
            ),
            Rule("German plate form", number, r"(?<!\w)[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{2,4}[EH]?(?!\w)", GUESSED),
            Rule(
                "plate of a described car",
                number,
                r"(?i:\b(?:car|van|truck|sedan|suv|motorcycle|bike|lorry|taxi|vehicle|ford|toyota|honda|bmw|vw|nissan|chevy|chevrolet)\b[^.\n]{0,20}?[ ,(]+(?:plates?|reg\.?)?[ \t]*)"
                r"(?P<id>(?=[A-Z\d\-]*\d)[A-Z\d]{2,4}[\- ][A-Z\d]{3,4})(?!\w)",
            ),
            Rule("UDI form", number, r"\(01\)[ ]?\d{14}(?:[ ]?\(\d{2,3}\)[ ]?[A-Za-z0-9\-./]{1,20}){0,5}"),
            Rule(
                "device behind two cues",
                number,
                rf"{DEVICE.expression}(?i:\.?[ \t]*(?:{NUMBER_WORD}(?![a-z])[ \t]*){{1,2}}{IS}){TELLING}{value}",
                first=DEVICE.first,
            ),
            Rule(
                "device behind a word",
                number,
                rf"{DEVICE.expression}(?i:\.?[ \t]*{IS}){LONG}{value}",
                first=DEVICE.first,
            ),
            Rule(
                "device with a hyphen",
                number,
                rf"{MARKED.expression}(?i:\.?[ \t]*(?:{NUMBER_WORD}(?![a-z])[ \t]*)?{IS})(?P<id>(?=[A-Za-z\-]*\d)[A-Za-z]{{1,6}}-?\d[\w\-]*)(?!\w){NOT_A_VALUE}",
                first=MARKED.first,
            ),
        ],
        vocabulary,
    )
