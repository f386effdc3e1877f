"""The mapping of Presidio's entity names to Bedside's kinds, for its recognizers and a user's own."""

from __future__ import annotations

from bedside.boundary.detection import Identifier

__all__ = ["kind_of"]

_KINDS = {
    **dict.fromkeys(
        ("PERSON", "PER", "NAME", "PATIENT", "DOCTOR", "STAFF", "HCW", "NRP", "USERNAME"), Identifier.PERSON
    ),
    **dict.fromkeys(
        ("LOCATION", "LOC", "GPE", "ADDRESS", "CITY", "ZIP", "ZIPCODE", "COORDINATES"), Identifier.PLACE
    ),
    **dict.fromkeys(("ORGANIZATION", "ORG", "HOSPITAL", "VENDOR", "COMPANY", "SCHOOL"), Identifier.FACILITY),
    **dict.fromkeys(("DATE_TIME", "DATE", "DATE_OF_BIRTH", "DOB"), Identifier.DATE),
    **dict.fromkeys(("PHONE_NUMBER", "FAX_NUMBER", "FAX"), Identifier.PHONE),
    "EMAIL_ADDRESS": Identifier.EMAIL,
    "DOMAIN_NAME": Identifier.URL,
    "US_SSN": Identifier.SSN,
    **dict.fromkeys(("MEDICAL_RECORD_NUMBER", "MRN", "UK_NHS"), Identifier.RECORD_NUMBER),
    # Numbers of Presidio that the form of their name does not give away.
    **dict.fromkeys(
        ("MEDICAL_LICENSE", "CREDIT_CARD", "IBAN_CODE", "CRYPTO", "MAC_ADDRESS", "UUID", "ID"),
        Identifier.OTHER_NUMBER,
    ),
}


def kind_of(entity: str) -> Identifier:
    """Return the kind of a Presidio entity. An unknown one counts as some unique number: class (R)."""
    try:
        return Identifier(entity)
    except ValueError:
        return _KINDS.get(entity.upper().replace(" ", "_"), Identifier.OTHER_NUMBER)
