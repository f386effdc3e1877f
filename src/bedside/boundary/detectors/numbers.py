"""Record, account, licence, plate and device numbers, and whatever is rich in digits without being a value.

Numbers are never checked for validity: a typing mistake in an SSN must not make it visible.
"""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import GUESSED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["numbers"]

ID = r"(?P<id>(?=[\w\-./ ]*\d)[A-Za-z0-9][A-Za-z0-9]*(?:[\-./ ](?=[A-Z0-9\-]*\d)[A-Za-z0-9]+)*)"
VALUE_UNIT = r"(?i:[ \t]*(?:mg|mcg|g|kg|ml|l|units?|iu|mmol|%|/min|bpm|mm|cm|k/|x10|per|cells|copies|ng|pg|u/l))"


def numbers(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for classes (G) to (M) and (R) of 45 CFR 164.514(b)(2)(i)."""
    return RuleRecognizer(
        "numbers",
        [
            Rule("SSN form", Identifier.SSN, r"(?<![\w\-])\d{3}[\- ]\d{2}[\- ]\d{4}(?![\w\-])"),
            Rule(
                "SSN behind a cue",
                Identifier.SSN,
                r"(?i:\b(?:ssn|ss#|social security(?: number| no\.?)?)[ \t:#]*)(?P<id>\d[\d \-]{5,12}\d)",
            ),
            Rule(
                "record number behind a cue",
                Identifier.RECORD_NUMBER,
                r"(?i:\b(?:mrn|mr ?#|med(?:ical)? rec(?:ord)?(?: number| no\.?| #)?|chart(?: number| no\.?| #)|"
                r"patient (?:id|number|no\.?)|hospital (?:id|number|no\.?)|nhs(?: number| no\.?)?|case (?:number|no\.?|#)|"
                r"encounter (?:id|number|no\.?|#)|visit (?:id|number|#)|accession(?: number| no\.?| #)?)[ \t:#=]*(?:is[ \t]+)?)"
                + ID,
            ),
            Rule(
                "other number behind a cue",
                Identifier.OTHER_NUMBER,
                r"(?i:\b(?:acc(?:oun)?t|policy|member(?:ship)?|insurance|subscriber|group|beneficiary|medicare|medicaid|"
                r"licen[cs]e|certificate|dea|npi|passport|serial|device|lot|plate|vin|vehicle|badge|employee|invoice|"
                r"claim|reference|confirmation|tracking|card)\b(?:[ \t]+(?:id|number|no\.?|num|#|plate|member))*[ \t]*[:#=]?"
                r"[ \t]*(?:is[ \t]+)?)" + ID,
            ),
            # Default deny: six digits and more in a row or in groups, unless a unit makes a value of them.
            Rule(
                "many digits",
                Identifier.OTHER_NUMBER,
                rf"(?<![^\W_])\d(?:[\-‐-―−./ _:+|*()]{{0,2}}\d){{5,}}(?![^\W_])(?!{VALUE_UNIT})",
                GUESSED,
            ),
            Rule(
                "letters and digits",
                Identifier.OTHER_NUMBER,
                r"(?<![\w\-])(?=[A-Za-z\-]*\d)(?=[\d\-]*[A-Z])[A-Z0-9]{2,}(?:-[A-Z0-9]+)*(?=(?:[^\w]|$))(?<=\d{3}[A-Z0-9\-]*)",
                GUESSED,
            ),
        ],
        vocabulary,
    )
