"""Towns, counties and regions behind a cue: class (B), geography below a state."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import CAPITALISED, PLACE, words
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["places"]


def places(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for places that prose names."""
    place = Identifier.PLACE
    return RuleRecognizer(
        "places",
        [
            Rule(
                "behind a home or a birth",
                place,
                rf"\b(?i:(?:lives?|lived|living|resides?|resided|residing|staying|born|raised|grew up|moved|relocated|settled|emigrated|immigrated|home|house|"
                rf"apartment|flat|based|incarcerated|deployed|stationed)[ \t]+(?:back[ \t]+|here[ \t]+|over[ \t]+)?(?:in|to|from|at|near|outside|on)|"
                rf"originally[ \t]+from|hails[ \t]+from|comes[ \t]+from|residents?[ \t]+of|natives?[ \t]+of|citizen[ \t]+of|hometown(?:[ \t]+(?:is|of))?|wohnhaft[ \t]+in|vive[ \t]+en|habite[ \t]+à|domiciliad[oa][ \t]+en|demeurant[ \t]+à)[ \t]+(?:the[ \t]+)?(?:(?:small[ \t]+)?(?:town|village|city|suburb)[ \t]+of[ \t]+)?(?P<id>{PLACE})",
                first=words("""
                    live lives lived living reside resides resided residing staying born raised grew moved relocated
                    settled emigrated immigrated home house apartment flat based incarcerated deployed stationed
                    originally hails comes resident residents native natives citizen hometown wohnhaft vive habite
                    domiciliado domiciliada demeurant
                """),
            ),
            Rule(
                "town of",
                place,
                rf"\b(?i:town|village|city|suburb|borough|county|parish|hamlet|municipality|island|district|neighbou?rhood)[ \t]+(?:called[ \t]+|named[ \t]+|of[ \t]+)(?P<id>{PLACE})",
                unless_harmless=True,
                first=words("""
                    town village city suburb borough county parish hamlet municipality island district neighborhood
                    neighbourhood
                """),
            ),
            Rule(
                "destination",
                place,
                rf"\b(?i:(?P<sure>(?:destination|home|birth|current)[ \t]+(?:city|town)|hometown)|destination|(?:home|birth)[ \t]+place)[ \t:]+(?:is[ \t]+)?(?P<id>{PLACE})",
                unless_harmless=True,
                first=words("destination home birth current hometown"),
            ),
            Rule(
                "county",
                place,
                rf"\b(?:{CAPITALISED}[ \t]+){{1,3}}(?:County|Parish|Township|Borough|Twp)\b(?![ \t]+(?i:hospital|general))",
                needs=("County", "Parish", "Township", "Borough", "Twp"),
            ),
            Rule(
                "behind a journey or work",
                place,
                rf"\b(?i:(?:travel(?:l?ed|ling|s)?|visiting|visited|visit|works?|worked|working|employed|trip|flight|flew|drove|vacation|holiday|returned|arrived|commutes?|cruise|hiking|camping|relatives|family|sister|brother|son|daughter)[ \t]+(?:back[ \t]+)?(?:in|to|from|at|near|with|for|around)|from)"
                rf"[ \t]+(?P<id>{PLACE})",
                unless_harmless=True,
                first=words("""
                    travel traveled travelled traveling travelling travels visiting visited visit work works worked
                    working employed trip flight flew drove vacation holiday returned arrived commute commutes cruise
                    hiking camping relatives family sister brother son daughter from
                """),
            ),
            Rule(
                "in a place",
                place,
                rf"\b(?:in|near|outside|around|at)[ \t]+(?:the[ \t]+)?(?:(?:downtown|rural|central|north|south|east|west|northern|southern|eastern|western|greater|inner)[ \t]+)?(?P<id>{PLACE})",
                unless_harmless=True,
                first=words("in near outside around at"),
            ),
        ],
        vocabulary,
    )
