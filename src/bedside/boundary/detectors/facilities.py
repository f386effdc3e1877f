"""Hospitals, clinics, employers and schools that carry a name."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import CAPITALISED, PLACE, words
from bedside.boundary.detectors.rules import GUESSED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["facilities"]

# Where anybody is seen, and no name of a house.
DEPARTMENT = (
    r"(?:(?:Emergency|ED|ER|ICU|CCU|Urgent|Primary|Physical|Occupational|Home|Hospice|Dermatology|Cardiology|Neurology|"
    r"Oncology|Surgery|Radiology|GI|ENT|OB|Triage|Labor|A&E|GP|PCP|Dr|Mr|Mrs|Ms)\b|Orthop|Pediatric|Psychiatr|Psycholog)"
)
INSTITUTION = (
    r"(?:Hospitals?|Hosp\b\.?|(?:Regional |Community |General |Memorial )?(?:Medical|Med\.?|Health|Cancer|Heart|Trauma|Surgery|Rehabilitation|Rehab|Imaging|Dialysis|Infusion|Wellness|Eye|Birth)[ ](?:Cent(?:er|re)|Ctr\.?|Institute|Pavilion|Group|Associates|Clinic|Campus|Plaza|Partners|Practice|System|Network)|"
    r"Clinics?|Infirmary|Hospice|Health(?:care)?[ ](?:System|Cent(?:er|re)|Services|Partners|Board|Network)|Home[ ]Health(?:[ ]Care)?|Home[ ]Care|"
    r"(?:Family|Internal|Sports)[ ](?:Health|Medicine|Practice)|Day[ ]Surgery|Pediatrics|Paediatrics|Orthop(?:a)?edics|Dermatology[ ]Associates|"
    r"Nursing[ ](?:Home|Facility)|Care[ ]Home|Assisted[ ]Living|Skilled[ ]Nursing|Retirement[ ](?:Home|Community|Village)|Surgery|Cent(?:er|re)|Pharmacy|Chemist|Drugs?[ ]?store|Laborator(?:y|ies)|"
    r"University|College|(?:High|Middle|Primary|Elementary|Secondary|Grammar)[ ]School|School|Elementary|Kindergarten|Nursery|Daycare|Academy|Institute|Foundation|"
    r"(?:NHS[ ])?(?:Foundation[ ])?Trust|Church|Mosque|Synagogue|Shelter|Prison|Jail|Correctional(?:[ ]\w+)?|Barracks|Air[ ]Force[ ]Base|Army[ ]Base|Fire[ ]Department|Police[ ]Department|"
    r"Inc\b|LLC|Ltd|GmbH|S\.A\.|PLC|Corp(?:oration)?\b|Company|Manufacturing|Industries|Enterprises|Logistics|Restaurant|Supermarket|Hotel|Bank|Farms|(?:Train|Bus|Fire|Police|Central|Union|Penn|Power)[ ]Station|Airport|Stadium|Library|Museum|Zoo|Casino|Mall|Brewery|Klinikum)"
)
SMALL_INSTITUTION = (
    r"(?i:clinics?|hospitals?|facility|office|campus|practice|surgery|med(?:ical)?\.?[ ]cent(?:er|re)|health[ ]cent(?:er|re)|hosp\b\.?|infirmary|nursing home|care home|"
    r"hospice|pharmacy|prison|jail|shelter|university|college|high school|school|elementary|warehouse|factory|plant)"
)
_STAY = words("""
    admitted transferred transported treated seen reviewed evaluated followed referred presented
    presenting operated hospitalised hospitalized discharged delivered diagnosed examined registered
    enrolled conducted performed done received taken brought sent flown airlifted managed care
""")
WHERE = rf"(?:,?[ \t]+(?:in|of|at|near)[ \t]+(?!(?:the|our|a)\b){PLACE}|,[ \t]*{PLACE}|[ \t]+[–-][ \t]+{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}})?"


SMALL_NAME = r"(?!(?:the|an?|this|that|his|her|their|my|your|and|or|for|with|at|in|to|of|from|by|on|no|not|is|was)\b)[a-z][a-z'’]+"
SMALL_HOUSE = (
    r"(?:hospital|hosp|infirmary|hospice|clinic|medical cent(?:er|re)|med cent(?:er|re)|health cent(?:er|re)|nursing home|care home|"
    r"assisted living|rehab|manor|pharmacy|high school|elementary(?: school)?|middle school|primary school|college|shelter|jail|prison)"
)
NO_SAINT = (
    r"(?:elevations?|depressions?|segments?|changes?|waves?|deviations?|abnormalit(?:y|ies)|shifts?|vitus|johns?|john['’]s|anthony['’]?s|"
    r"jude (?:valve|medical)|george['’]?s|or|and|in|the|with|st|t)"
)
NO_DEPARTMENT = r"(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)"


def facilities(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for named institutions, with the town after them."""
    facility = Identifier.FACILITY
    return RuleRecognizer(
        "facilities",
        [
            Rule(
                "behind a stay",
                facility,
                r"\b(?i:admitted|transferred|transported|treated|seen|reviewed|evaluated|followed|referred|presented|presenting|operated|hospitali[sz]ed|discharged|"
                r"delivered|diagnosed|examined|registered|enrolled|conducted|performed|done|received|taken|brought|sent|flown|airlifted|managed|care)[ \t]+"
                rf"(?i:to|at|from|via)[ \t]+(?:(?:the|our|an?|outside)[ \t]+)?(?!{DEPARTMENT})(?P<id>{PLACE})",
                unless_harmless=True,
                first=_STAY,
            ),
            Rule(
                "behind a stay, whatever its words",
                facility,
                r"\b(?:admitted|transferred|transported|treated|seen|reviewed|evaluated|followed|referred|presented|presenting|operated|hospitali[sz]ed|discharged)[ \t]+"
                rf"(?:to|at|from)[ \t]+(?:the[ \t]+|our[ \t]+)?(?!{DEPARTMENT})(?P<id>{PLACE})",
                first=_STAY,
            ),
            Rule(
                "behind @",
                facility,
                rf"(?<![\w.])@[ \t]+(?!{DEPARTMENT})(?P<id>{CAPITALISED}(?:[ \t]+(?:(?:of|for|the|and|&)[ \t]+){{0,2}}{CAPITALISED}){{1,5}})",
                needs=("@",),
            ),
            Rule(
                "one word behind @",
                facility,
                rf"(?<![\w.])@[ \t]*(?P<id>(?!{DEPARTMENT}){CAPITALISED})",
                unless_harmless=True,
                needs=("@",),
            ),
            Rule(
                "institution",
                facility,
                rf"\b(?:The[ \t]+)?(?:{CAPITALISED}(?:[ \t]+&)?[ \t]+(?:(?:of|for|the|and)[ \t]+){{0,2}}){{1,5}}{INSTITUTION}(?!\w){WHERE}",
                unless_harmless=False,
            ),
            Rule(
                "institution of a place",
                facility,
                rf"\b(?:University|Hospital|Institute|College|Academy|School|Clinic|Hôpital|Clinique|Clínica|Klinikum|Krankenhaus|Ospedale|Policlinico|Universitätsklinikum|CHU|Church)[ \t]+(?:(?:of|de|del|di|da|du|la|las|los|der|des|für|the|Nuestra|Universitario|Universitaire|General|Central)[ \t]+){{0,3}}(?P<name>{CAPITALISED}(?:[ \t]+(?:of[ \t]+)?{CAPITALISED}){{0,3}})",
                unless_harmless=True,
                first=words("""
                    university hospital institute college academy school clinic hôpital clinique clínica klinikum
                    krankenhaus ospedale policlinico universitätsklinikum chu church
                """),
            ),
            Rule(
                "institution in capitals",
                facility,
                r"\b(?:[A-Z][A-Z'’.\-]{1,30}[ \t]+(?:(?:OF|FOR|THE|AND|&)[ \t]+)?){1,4}(?:HOSPITAL|CLINIC|MEDICAL CENT(?:ER|RE)|INFIRMARY|HEALTH CENT(?:ER|RE)|HEALTH SYSTEM|HEALTHCARE|NURSING HOME|HOSPICE|SURGERY CENTER|PAVILION)\b",
            ),
            Rule(
                "place before an institution",
                facility,
                rf"\b(?:(?:our|the|their|a|at|in|from|to|of|via)[ \t]+)(?P<id>(?P<name>{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,3}})[ \t]+{SMALL_INSTITUTION})\b",
                unless_harmless=True,
                first=words("our the their a at in from to of via"),
            ),
            Rule(
                "institution in lower case",
                facility,
                rf"(?P<id>\b(?P<name>{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}})[ \t]+{SMALL_INSTITUTION})\b{WHERE}",
                unless_harmless=True,
                needs=(
                    "clinic",
                    "hospital",
                    "facility",
                    "office",
                    "campus",
                    "practice",
                    "surgery",
                    " med",
                    "health cent",
                    "hosp",
                    "infirmary",
                    "home",
                    "hospice",
                    "pharmacy",
                    "prison",
                    "jail",
                    "shelter",
                    "universit",
                    "college",
                    "school",
                    "elementary",
                    "warehouse",
                    "factory",
                    "plant",
                ),
            ),
            Rule(
                "house in lower case",
                facility,
                rf"\b(?:at|to|from|via|of|in|by|near|outside)[ \t]+(?:the[ \t]+|our[ \t]+)?(?P<id>(?P<name>{SMALL_NAME}(?:[ \t]+{SMALL_NAME})?)[ \t]+{SMALL_HOUSE})\b",
                when=lambda words: not all(map(vocabulary.is_term, words.split())),
                first=words("at to from via of in by near outside"),
                examples=(
                    "transfer from ‹rosewood clinic› today",
                    "was seen at ‹mercy hospital›",
                    "to ‹autumn leaves nursing home›",
                ),
                near_misses=(
                    "seen in the heart failure clinic",
                    "from an outside hospital",
                    "at a local community hospital",
                    "referred to pain clinic",
                ),
            ),
            Rule(
                "saint's house in lower case",
                facility,
                rf"\bst\.?[ \t]+(?!{NO_SAINT}\b)[a-z]{{3,}}(?:['’]?s|[ \t]+{SMALL_HOUSE})\b(?:[ \t]+{SMALL_HOUSE}\b)?",
                first=words("st"),
                examples=("sent by her doctor at ‹st lukes›", "from ‹st marys hospital›", "at ‹st jude hospital›"),
                near_misses=(
                    "st elevations in V2",
                    "no st changes",
                    "st segments isoelectric",
                    "takes st johns wort",
                ),
            ),
            Rule(
                "house, kind before",
                facility,
                rf"\b(?:[Pp]rison|[Jj]ail|[Cc]amp|[Ff]ort|[Hh]ospital|[Cc]linic|[Uu]rgent [Cc]are|VA|[Ss]chool|[Ee]mployer|[Cc]hurch|[Cc]ourthouse|[Ss]helter|[Ss]NF|SNF|ALF|[Hh]ospice)[ \t]+(?:is|at|in|of|on|near|off|:)[ \t]+(?P<id>{NO_DEPARTMENT}{PLACE})",
                unless_term=True,
                first=words(
                    "prison jail camp fort hospital clinic urgent va school employer church courthouse shelter snf alf hospice"
                ),
                examples=(
                    "the prison in ‹Lovelady›",
                    "urgent care on ‹Elm›",
                    "the VA in ‹White River›",
                    "at the clinic near ‹Hope Harbor›",
                ),
                near_misses=("seen in clinic on Monday", "hospital in Cardiology"),
            ),
            Rule(
                "agency",
                facility,
                rf"\b(?i:agency|company|employer|insurer|supplier|vendor|pharmacy|landlord|shelter|daycare|facility)[ \t]*[:\-]?[ \t]+(?:is[ \t]+)?(?P<id>{PLACE}(?:[ \t]+at[ \t]+Home)?)",
                unless_term=True,
                first=words(
                    "agency company employer insurer supplier vendor pharmacy landlord shelter daycare facility"
                ),
                examples=("home agency ‹Angels at Home› visits", "pharmacy is ‹Harmony Drugs›"),
                near_misses=("Pharmacy Consultant", "facility in town"),
            ),
            Rule(
                "house of health",
                facility,
                rf"\b(?i:at|to|from|with|by|via|through)[ \t]+(?P<id>(?!(?:Mental|Public|Behaviou?ral|Home|Women|Men|Occupational|Global|Digital|Oral|Bone|Sexual|Reproductive|Heart|Brain|Gut)\b)(?:{CAPITALISED}[ \t]+){{1,3}}Health)\b",
                first=words("at to from with by via through"),
                examples=("appointment at ‹Central Health› on Monday", "transferred from ‹Summit County Health›"),
                near_misses=("referred to Mental Health", "by Public Health"),
            ),
            Rule(
                "house of its owner, in lower case",
                facility,
                r"\b(?i:at|from|to|outside|behind|near)[ \t]+(?:the[ \t]+)?(?P<id>[A-Za-z]{3,}['’]s[ \t]+(?i:gym|bar|pub|diner|cafe|café|restaurant|grill|hotel|motel|casino|store|shop|garage|salon|ranch|farm|market|bakery|pizza|tavern|deli))\b",
                first=words("at from to outside behind near"),
                examples=("collapsed at ‹gold's gym›", "works the bar at ‹Joe's grill›"),
                near_misses=("sitting at the bar", "at a friend's house"),
            ),
            Rule(
                "letters of a house",
                facility,
                rf"\b{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}}[ \t]+(?:ALF|SNF|LTAC|LTCH|EMS|HS|RMC|VAMC|ISD|PD|FD)\b",
                unless_term=True,
                examples=(
                    "from ‹Cedar Commons ALF›",
                    "brought by ‹Granite County EMS›",
                    "a student at ‹Pine Ridge HS›",
                ),
                near_misses=("ED to SNF", "Home Health EMS"),
            ),
            Rule(
                "saint's house",
                facility,
                # "4 Elm St. Chest pain": after a house number it is a street, and its end.
                r"\b(?<!\d[A-Za-z]?,?[ \t]+(?:\p{Lu}[\p{L}'’\-]*[ \t]+){1,3})(?:St|Saint|SAINT|ST)\.?[ \t]+(?!(?i:john['’]?s[ \t]+wort|vitus|anthony['’]?s[ \t]+fire|elevation|depression|segment|jude[ \t]+(?:valve|medical)|george['’]?s[ \t]+respiratory))\p{Lu}\p{L}+(?:['’]?s\b)?(?:[ \t]+(?:Hospital|Medical[ ]Cent(?:er|re)|Infirmary|Hospice|ER|ED|ICU)\b)?",
                first=words("st saint"),
            ),
            Rule(
                "employer",
                facility,
                rf"\b(?i:works?|worked|working|employed|job|employee|driver|nurse|teacher|manager|cashier|engineer|retired|student|enrolled|attends|attending|studies|volunteers?|plays)[ \t]+(?:(?:as[ \t]+an?[ \t]+\w+[ \t]+)?)(?i:at|for|from|with|of)[ \t]+(?:the[ \t]+)?(?!{DEPARTMENT})(?P<id>{CAPITALISED}(?:[ \t]+(?:(?:of|and|&|the|for)[ \t]+){{0,2}}{CAPITALISED}){{1,4}})",
                first=words("""
                    work works worked working employed job employee driver nurse teacher manager cashier engineer
                    retired student enrolled attends attending studies volunteer volunteers plays
                """),
            ),
            Rule(
                "employer of one word",
                facility,
                rf"\b(?i:works?|worked|working|employed|note|rep|manager|driver)[ \t]+(?i:(?:as[ \t]+an?[ \t]+\w+(?:[ \t]+\w+)?[ \t]+)?(?:at|for)|as[ \t]+an?[ \t]+\w+[ \t]+at)[ \t]+(?!{DEPARTMENT})(?P<id>{CAPITALISED})",
                first=words("work works worked working employed note rep manager driver"),
                score=GUESSED,
            ),
            Rule(
                "practice of somebody",
                facility,
                rf"\b(?P<id>{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}}[ \t]+(?:Practice|Surgery|Partnership|Health Centre|Medical Practice|Group Practice|Ward|Unit|House|Lodge|Building|Wing|Pavilion|Tower))\b",
                unless_harmless=True,
                needs=(
                    "Practice",
                    "Surgery",
                    "Partnership",
                    "Health Centre",
                    "Ward",
                    "Unit",
                    "House",
                    "Lodge",
                    "Building",
                    "Wing",
                    "Pavilion",
                    "Tower",
                ),
            ),
        ],
        vocabulary,
    )
