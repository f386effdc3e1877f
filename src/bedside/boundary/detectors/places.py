"""Towns, counties and regions after a cue: class (B), geography below a state."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import CAPITALISED, PLACE, TITLE, words
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["places"]


SIDE = r"(?:downtown|rural|central|north|south|east|west|northern|southern|eastern|western|greater|inner|upper|lower|coastal)"
END = r"(?:with|and|who|for|since|on|alone|by|to|in|her|his|has|had|is|was|c/o|presents)"
NO_END = rf"(?!{END}\b)"
NO_TITLE = rf"(?!(?:{TITLE})\b)"


def places(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for places named in prose."""
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
            # No medical term has a capital after these words, but drugs, departments and people.
            Rule(
                "behind a place's preposition",
                place,
                rf"\b(?i:in|near|outside|around|at|from|towards?|via)[ \t]+(?:the[ \t]+|an?[ \t]+)?(?:{SIDE}[ \t]+)?(?P<id>{NO_TITLE}{PLACE})",
                unless_term=True,
                first=words("in near outside around at from toward towards via"),
                examples=(
                    "She lives in ‹Bath› alone.",
                    "moved from ‹Orange› to her son",
                    "fell outside ‹Lucky Lanes›",
                    "seen at ‹Mercy› last year",
                    "a farm near ‹Truth or Consequences› with wells",
                    "a woman in ‹Walla Walla›",
                ),
                near_misses=(
                    "improved in Cardiology and in ED",
                    "switched from Lasix to Bumex",
                    "Treatment of Heart Failure in Elderly Patients With Anemia",
                    "in Stage IV disease",
                    "referral from Dr",
                ),
            ),
            Rule(
                "behind at",
                place,
                rf"\b(?i:at|outside|near|behind)[ \t]+(?:the[ \t]+)?(?P<id>{NO_TITLE}{PLACE})",
                unless_house_word=True,
                first=words("at outside near behind"),
                examples=("syncope at ‹Target› today", "sleeps behind the ‹Nugget›"),
                near_misses=("seen at Cardiology Clinic", "at Bed 4", "at the Emergency Department"),
            ),
            Rule(
                "corner of two streets",
                place,
                rf"\b(?P<id>{CAPITALISED}(?:[ \t]{CAPITALISED})?[ \t]+(?:and|&)[ \t]+\d{{1,3}}(?:st|nd|rd|th)|\d{{1,3}}(?:st|nd|rd|th)[ \t]+(?:and|&)[ \t]+{CAPITALISED})\b",
                needs=("st", "nd", "rd", "th"),
                examples=("struck on ‹Oak and 5th› at noon", "at ‹4th & Main›"),
                near_misses=("2nd and 3rd toe", "the 4th and last dose"),
            ),
            Rule(
                "from one place to another",
                place,
                rf"\b(?i:from|between|in)[ \t]+{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}}[ \t]+(?:to|and|or)[ \t]+(?P<id>{NO_TITLE}{PLACE})",
                unless_term=True,
                first=words("from between in"),
                examples=("moved from Eagle River to ‹Harmony› in 2020",),
                near_misses=("switched from Lasix to Bumex", "from ED to Cardiology"),
            ),
            Rule(
                "behind a journey or work",
                place,
                rf"\b(?i:(?:travel(?:l?ed|ling|s)?|visiting|visited|visit|trip|flight|flew|drove|vacation|holiday|returned|arrived|commutes?|cruise|hiking|camping|relatives|moved|moving|return|go(?:es|ing)?|back)[ \t]+(?:back[ \t]+)?(?:to|with|for)|mayor[ \t]+of|outskirts[ \t]+of|(?:north|south|east|west)[ \t]+of|miles?[ \t]+(?:from|outside|of))"
                rf"[ \t]+(?:the[ \t]+)?(?P<id>{NO_TITLE}{PLACE})",
                unless_term=True,
                first=words("""
                    travel traveled travelled traveling travelling travels visiting visited visit trip flight flew drove
                    vacation holiday returned arrived commute commutes cruise hiking camping relatives moved moving return
                    go goes going back mayor outskirts north south east west mile miles
                """),
                examples=("travelled to ‹Hope› in spring", "the mayor of ‹Marble Falls›"),
                near_misses=("returned to ICU", "moved to Radiology"),
            ),
            Rule(
                "behind a home or a birth, in lower case",
                place,
                rf"\b(?i:(?:lives?|lived|living|resides?|residing|born|raised|grew up|moved|relocated|retired|emigrated|home|house|hometown|works?|working|based)[ \t]+(?:back[ \t]+|here[ \t]+)?(?:in|to|near|outside))[ \t]+(?P<id>(?P<name>\p{{Ll}}{{3,}}(?:[ ]{NO_END}\p{{Ll}}{{3,}})?))(?=[ \t]*(?:[.,;:?!)\n]|$|{END}\b))",
                when=vocabulary.is_town,
                first=words("""
                    live lives lived living reside resides residing born raised grew moved relocated retired emigrated home
                    house hometown work works working based
                """),
                examples=("lives in ‹bath› with his wife", "born in ‹san jose›."),
                near_misses=("lives in fear", "moved to rehab"),
            ),
            Rule(
                "from a town, in lower case",
                place,
                rf"\bfrom[ \t]+(?P<id>(?P<name>\p{{Ll}}{{3,}}(?:[ ]{NO_END}\p{{Ll}}{{3,}})?))(?=[ \t]*(?:[.,;:?!)\n]|$|{END}\b))",
                when=vocabulary.is_known_town,
                first=words("from"),
                examples=("62m from ‹reading›, chest pain", "his sister rang from ‹bath›"),
                near_misses=("came from home", "recovering from surgery", "is from work."),
            ),
        ],
        vocabulary,
    )
