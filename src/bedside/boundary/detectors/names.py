"""People named by a cue: a header, a title, a relation, a signature, or an age behind the name."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["names"]

# One part of a name as written in mixed case or capitals, initials with a full stop included. Synthetic notes
# (Synthea) put digits behind each part.
PART = r"(?:\p{Lu}[\p{L}'’\-]*\p{L}\d*|\p{Lu}\.)"
NAME = rf"{PART}(?:[ \t]+(?:(?:van|von|de|del|della|di|da|bin|al|la|le)[ \t]+)*{PART}){{0,3}}"
TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Dame|Sr|Rev|Nurse|Sister)"
RELATION = (
    r"(?:wife|husband|spouse|partner|mother|mom|mum|father|dad|son|daughter|brother|sister|aunt|uncle|"
    r"grandmother|grandfather|niece|nephew|cousin|friend|neighbou?r|guardian|carer|caregiver|next of kin)"
)


def names(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for class (A), names, of 45 CFR 164.514(b)(2)(i)."""
    return RuleRecognizer(
        "names",
        [
            Rule(
                "header",
                Identifier.PERSON,
                r"(?im)(?:^|[.;|]|\n)[ \t]*(?:patient(?:'s)?(?:[ \t]+name)?|pt(?:[ \t]+name)?|(?:full[ \t]+)?name|"
                r"(?:first|last|given|family|maiden|middle)[ \t]+name|surname|forename|alias|"
                r"(?:attending|referring|ordering|provider|physician|surgeon|consultant|pcp|gp|author|dictated[ \t]+by|"
                r"signed[ \t]+by|electronically[ \t]+signed[ \t]+by|seen[ \t]+by|contact|next[ \t]+of[ \t]+kin|"
                r"guarantor|employer))[ \t]*[:=#][ \t]*(?-i:(?:" + TITLE + r"\.?[ \t]+)?(?P<id>" + NAME + r"))",
            ),
            Rule("last, first", Identifier.PERSON, r"(?P<id>\b\p{Lu}[\p{Lu}'’\-]+,[ \t]*\p{Lu}[\p{Lu}'’\-]+\b)"),
            Rule("title", Identifier.PERSON, rf"\b{TITLE}\.?[ \t]+(?P<id>{NAME})"),
            Rule(
                "relation",
                Identifier.PERSON,
                rf"\b{RELATION},?[ \t]+(?:is[ \t]+)?(?P<id>{NAME})",
                unless_harmless=True,
            ),
            Rule(
                "called",
                Identifier.PERSON,
                rf"\b(?:named|called|known as|goes by)[ \t]+(?P<id>{NAME})",
                unless_harmless=True,
            ),
            Rule(
                "patient",
                Identifier.PERSON,
                rf"\b(?i:patient|pt),?[ \t]+(?P<id>{NAME})(?=[ ,.(]|$)",
                unless_harmless=True,
            ),
            Rule(
                "name before an age",
                Identifier.PERSON,
                rf"(?P<id>{NAME})[ \t]*,?\s+(?:is|was)\s+an?\s+(?:\w+\s+)?\d{{1,3}}[ \-]?(?:year|yr|y/?o|month|week|day)",
            ),
            Rule("handle", Identifier.PERSON, r"(?<![\w.])@[A-Za-z][\w.]{2,}"),
        ],
        vocabulary,
    )
