"""Streets, post boxes, towns with their state, and postal codes: class (B), geography below a state."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import CAPITALISED, MONTH, NOT_A_VALUE, STATE, ZIP, words
from bedside.boundary.detectors.rules import GUESSED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["addresses"]

STREET = (
    r"(?:St(?:reet)?|Ave(?:nue)?|R(?:oa)?d|Dr(?:ive)?|Lane|Ln|Blvd|Boulevard|Court|Ct|Way|Place|Pl|Terrace|Ter|Crescent|Cres|"
    r"Close|Square|Sq|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Trail|Trl|Row|Gardens|Gdns|Alley|Loop|Path|Pike|Turnpike|Run|Ridge|"
    r"Mews|Grove|Hill|Park|Green|Wharf|Walk|Broadway|Bend|Crossing|Cove|Point|Esplanade|Quay|Embankment|Rise|View|Route)"
)
# In capitals some are other things too: a lymph node, a scan, a doctor.
LOUD_STREET = (
    r"(?:(?P<sure>STREET|AVENUE|AVE|ROAD|DRIVE|LANE|BLVD|BOULEVARD|TERRACE|CRESCENT|HWY|HIGHWAY|PARKWAY|PKWY)|"
    r"ST|RD|DR|LN|COURT|CT|WAY|PLACE|PL|CLOSE|SQUARE|CIRCLE|CIR|TRAIL|ROW|GARDENS|GROVE|HILL|MEWS)"
)
SMALL_STREET = r"(?i:street|avenue|road|lane|boulevard|drive|terrace|crescent|blvd|ave|rd|ln|court|highway|parkway)"
DWELLING = r"(?:,?[ \t\n]{0,3}(?i:apt|apartment|unit|suite|ste|flat|room|rm|floor|fl|bldg|building|lot|trlr|po box|#)\.?[ \t]*#?[\w\-]+)?"
TOWN = rf"{CAPITALISED}(?:[ \t\-]+(?:(?:on|upon|under|le|la|de|del|of|the)[ \t\-]+){{0,2}}{CAPITALISED}){{0,3}}"
UK_POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]?[ \t]?\d[A-Z]{2})"
# After a street: its town, state and code, over the end of a line too where a code closes it.
REST = (
    rf"(?:(?:,[ \t]*|[ \t]*\n[ \t]*|[ \t]+)(?:{TOWN},?[ \t\n]{{1,3}})(?:{STATE}\b)?,?[ \t]*(?:{ZIP}|{UK_POSTCODE})\b|,[ \t]*{TOWN}(?:,?[ \t]*\b{STATE}\b)?"
    rf"(?:[ \t]+{ZIP})?)?"
)
HOUSE_NUMBER = r"\d{1,6}(?:[\-–/]\d{1,4})?[A-Za-z]?(?:[ \t]?(?:½|1/2|bis|ter))?"
# Codes of states that are words or abbreviations of medicine too.
SURE_STATE = (
    r"(?:A[KZ]|CA|DC|FL|GA|I[AL]|K[SY]|M[IN]|N[CDEHJMVY]|RI|S[CD]|T[NX]|UT|VT|W[AIVY]|NY|ZZ|Alabama|Alaska|Arizona|Arkansas|California|Colorado|"
    r"Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|"
    r"Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|Ohio|Oklahoma|Oregon|Pennsylvania|"
    r"Tennessee|Texas|Utah|Vermont|Virginia|Washington|Wisconsin|Wyoming|New[ ]\w+|North[ ]\w+|South[ ]\w+|West[ ]Virginia|Rhode[ ]Island)"
)


def addresses(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for postal addresses."""
    place = Identifier.PLACE
    return RuleRecognizer(
        "addresses",
        [
            Rule(
                "street",
                place,
                rf"(?<![\w.])(?:(?:Flat|Apt|Apartment|Unit|Suite|Ste|Room|Floor|Bldg|Building|Lot)\.?[ \t]*#?\w{{1,5}},?[ \t]+)?(?:No\.?[ ]?)?{HOUSE_NUMBER},?[ \t]+(?:(?:N|S|E|W|NE|NW|SE|SW)\.?[ \t]+)?(?:(?:{CAPITALISED}|\d{{1,3}}(?:st|nd|rd|th))[ \t]+){{1,4}}{STREET}\b\.?(?:[ \t]+(?:N|S|E|W|NE|NW|SE|SW)\b)?{DWELLING}{REST}",
            ),
            Rule(
                "street in capitals",
                place,
                rf"(?<![\w./])\d{{1,6}}[A-Z]?{NOT_A_VALUE}[ \t]+(?P<name>(?:(?:[A-Z][A-Z'’.]{{1,30}}|\d{{1,3}}(?:ST|ND|RD|TH)|[NSEW])[ \t]+){{1,4}}){LOUD_STREET}\b\.?{DWELLING}{REST}",
                unless_harmless=True,
                examples=("LIVES AT ‹1234 ELM STREET› ALONE", "SEEN. ‹77 N ZEBULON RD, APT 4›", "AT ‹9 5TH AVE›"),
                near_misses=(
                    "GIVE 10 ML PO PER DR SMITH",
                    "65 YO M HAD CT",
                    "3 ENLARGED LN",
                    "2 HOUR DRIVE",
                    "120/80 IN COURT",
                ),
            ),
            Rule(
                "street in lower case",
                place,
                rf"(?<![\w./])\d{{1,6}}[ \t]+(?:[a-z'’]+[ \t]+){{1,3}}{SMALL_STREET}\b\.?{DWELLING}",
            ),
            Rule(
                "numbered street",
                place,
                rf"(?<![\w])\d{{1,3}}(?:st|nd|rd|th)[ \t]+(?:{STREET}|{SMALL_STREET})\b(?:[ \t]+(?i:clinic|hospital|office|shelter|pharmacy|station))?",
            ),
            Rule(
                "street without a number",
                place,
                rf"\b(?i:on|at|corner of|off|along|near|intersection of)[ \t]+(?:the[ \t]+)?(?P<id>(?:{CAPITALISED}[ \t]+){{1,3}}(?:Street|Avenue|Road|Lane|Boulevard|Drive|Terrace|Crescent|Highway|Parkway|Blvd|Ave|Rd|St)\b\.?(?:[ \t]+(?:and|&)[ \t]+(?:{CAPITALISED}[ \t]*){{1,3}})?)",
                first=words("on at corner off along near intersection"),
            ),
            Rule(
                "street by its kind alone",
                place,
                rf"\b(?:{CAPITALISED}[ \t]+){{1,3}}(?:Rd|Hwy|Ave|Blvd|Pkwy|Tpke|Street|Avenue|Road|Highway|Boulevard|Parkway|Turnpike)\b\.?",
                needs=(
                    "Rd",
                    "Hwy",
                    "Ave",
                    "Blvd",
                    "Pkwy",
                    "Tpke",
                    "Street",
                    "Road",
                    "Highway",
                    "Boulevard",
                    "Parkway",
                    "Turnpike",
                ),
                examples=("picked up on ‹Mill Creek Rd›", "Lives off ‹Old Mill Hwy›"),
                near_misses=("crossed the Road", "a road accident"),
            ),
            Rule(
                "numbered road",
                place,
                rf"\b(?:(?:{STATE}[ \t]+|(?i:state|county|us|u\.s\.|old|interstate|rural|farm|ranch|forest|township)[ \t]+)?(?:Route|Rte\.?|Highway|Hwy\.?|Road|(?i:rural route|star route|county (?:road|route)|state (?:road|route)|farm road|mile marker))[ \t]*#?\d{{1,4}}[A-Z]?\b(?:,?[ \t]*(?i:box)[ \t]*#?\w{{1,6}})?|I-\d{{1,3}}\b|(?i:rr|rfd|hc|cr|sr|fm|rt)[ \t]*#?\d{{1,4}},?[ \t]+(?i:box)[ \t]*#?\w{{1,6}})(?!\w)(?:,?[ \t]+(?:(?:near|at|by|outside|in|and|&)[ \t]+)?{TOWN})?",
                needs=("Ro", "Rte", "Hwy", "High", "ro", "ox", "OX", "I-", "mile", "Inter", "Mile"),
                examples=(
                    "lives at ‹RR 2 Box 18›",
                    "struck on ‹Route 9 near Liberty›",
                    "on ‹County Road 12›",
                    "‹HC 71 Box 4›, Pickens",
                ),
                near_misses=("RR 22, HR 88", "RR 18 and SpO2 99", "HC 32 cm", "CR 2.1"),
            ),
            Rule(
                "street, kind before",
                place,
                rf"(?<![\w.])(?:{HOUSE_NUMBER},?[ \t]+)?(?:(?:Rue|rue|Calle|calle|C/|Via|Viale|Avenida|avenida|Avda\.?|Plaza|Paseo|Rua|Largo|Corso|Piazza|Chemin|chemin|Allée|allée|Impasse|Quai|[Aa]venue|[Bb]oulevard|Place|place(?![ \t]+{MONTH}(?!\p{{L}})))[ \t]+(?:(?:de|du|des|la|las|los|le|les|del|della|da|do|d['’]|l['’])[ \t]*){{0,2}})(?:{CAPITALISED}[ \t]*){{1,4}}(?:(?:,|nº|n°|no\.?)?[ \t]*\d{{1,5}}\b)?(?:,?[ \t]*\d{{5}}[ \t]+{TOWN})?",
                needs=(
                    "Rue",
                    "rue",
                    "Calle",
                    "calle",
                    "C/",
                    "Via",
                    "Avenida",
                    "avenida",
                    "Avda",
                    "Plaza",
                    "Paseo",
                    "Rua ",
                    "Largo",
                    "Corso",
                    "Piazza",
                    "hemin",
                    "llée",
                    "Impasse",
                    "Quai",
                    "venue",
                    "oulevard",
                    "lace ",
                ),
            ),
            Rule(
                "street, kind at the end of the word",
                place,
                rf"(?<![\p{{L}}\-])(?:{CAPITALISED}[ \t\-])?\p{{Lu}}[\p{{L}}\-]+(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|ring|damm|ufer|straat|laan|gracht|plein|ga[dt]an?|gade|vei(?:en)?|vegen|vägen|vej|katu|kuja|tie|braut|stræti|terrasse)[ \t]+\d{{1,4}}[ \t]?[a-z]?\b(?:,?[ \t]*\d{{4,5}}(?:[ ]?[A-Z]{{2}})?[ \t]+{TOWN})?",
                needs=(
                    "stra",
                    "str.",
                    "weg ",
                    "platz ",
                    "gasse ",
                    "allee ",
                    "ring ",
                    "damm ",
                    "ufer ",
                    "laan ",
                    "gracht ",
                    "plein ",
                    "gatan ",
                    "vej ",
                ),
            ),
            Rule(
                "number, words, town, state, code",
                place,
                rf"\b\d{{1,6}}[ \t]+{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,3}},[ \t]*{TOWN},[ \t]*{STATE}[ \t]+{ZIP}\b",
            ),
            Rule(
                "box",
                place,
                rf"(?i:\b(?:p\.?[ ]?o\.?[ ]?|post(?:al)?[ ]?(?:office[ ]?)?)box[ \t]*#?[ \t]*\d[\w\-]*|\brr[ ]?\d+[ ,]+box[ ]?\d+|\b(?:postfach|apartado(?: de correos)?|bo[iî]te postale)[ \t]+\d+){REST}",
                needs=("box", "Box", "BOX", "ostfach", "partado", "postale"),
            ),
            Rule(
                "town, state",
                place,
                rf"\b(?P<id>(?!(?:From|In|At|Near|To|Of|Around)\b)(?P<name>{TOWN})(?:,[ \t]*(?:(?P<sure>{STATE}[ \t,]+{ZIP}|(?!(?:MD|PA)\b){SURE_STATE})|{STATE})|[ \t]+(?P<sure>{STATE}[ \t,]+{ZIP})))\b(?![/'’\-])",
                unless_harmless=True,
            ),
            Rule(
                "town behind a word, state",
                place,
                rf"\b(?i:in|from|to|of|at|near|around|city|home)[ \t]+(?P<id>{TOWN},[ \t]*{STATE})\b",
                first=words("in from to of at near around city home"),
            ),
            Rule(
                "town and code of the continent",
                place,
                r"(?<![\w.])(?:[DFABEI]-)?\d{5}[ \t]+\p{Lu}\p{L}{2,}(?:[ \-]\p{Lu}\p{L}+){0,2}(?=[ \t]*(?:[,;.\n)]|$))",
                GUESSED,
            ),
            Rule(
                "number behind zip",
                place,
                r"(?i)\b(?:zip|post(?:al)?|plz)(?:[ \-]?code)?[ \t:#=]*(?:(?:is|of)[ \t]+)?(?P<id>\d{3,6}(?:-\d{4})?|[a-z]\d[a-z][ \-]?\d[a-z]\d|[a-z]{1,2}\d[a-z\d]?[ ]?\d[a-z]{2})\b",
                first=words("zip zipcode post postcode postal postalcode plz"),
            ),
            Rule("ZIP code", place, rf"\b{STATE}[ \t,]+(?P<id>\d{{5}}(?:-\d{{4}})?)\b(?![ \t]*(?:mg|ml|units|%))"),
            Rule("long ZIP code", place, r"(?<![\w.\-])\d{5}-\d{4}(?![\w\-])"),
            Rule(
                "British postcode",
                place,
                r"(?<!\w)(?:[A-Z][A-Z]?\d[A-Z\d]?[ \t]\d[ABD-HJLNP-UW-Z]{2}|[A-Z]{1,2}\d{1,2}[A-Z]?\d[ABD-HJLNP-UW-Z]{2})(?!\w)(?<!\d(?:MG|ML|MM|CM|KG|GM|HR|IU|YR|DL|PM|AM|MO|WK))",
            ),
            Rule(
                "Canadian postcode",
                place,
                r"(?<!\w)(?!T[0-4]N[0-3]M[01]|E[1-4]V[1-5]M[1-6])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ \-]?\d[ABCEGHJ-NPRSTV-Z]\d(?!\w)",
            ),
            Rule(
                "Dutch postcode",
                place,
                r"(?<!\w)[1-9]\d{3}[ ](?!MG|ML|AM|PM|IU|CC|KG|HZ|IV|PO|IN|AT|ON|TO|OR|NG|DL|MM|CM)[A-Z]{2}(?=[ \t]+\p{Lu}\p{L}+)",
                GUESSED,
            ),
            Rule(
                "lines above a postcode",
                place,
                rf"(?m)(?P<id>(?:^[ \t]*[\p{{Lu}}\d][\p{{L}}\d'’.\- ]{{1,40}},?[ \t]*\n){{1,3}}[ \t]*(?:{TOWN},?[ \t]+)?){UK_POSTCODE}[ \t]*\.?$",
                needs=("\n",),
            ),
            Rule(
                "house with a name",
                place,
                rf"\b{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}}[ \t]+(?:Cottage|Farm|Lodge|Manor|House|Towers?|Apartments?|Estates?|Villas?|Heights|Mobile Home Park|Trailer Park|Ranch)\b(?=,)",
                needs=(
                    "Cottage,",
                    "Farm,",
                    "Lodge,",
                    "Manor,",
                    "House,",
                    "Tower",
                    "Apartment",
                    "Estate",
                    "Villa",
                    "Heights,",
                    "Park,",
                    "Ranch,",
                ),
            ),
            Rule(
                "line of an address",
                place,
                r"(?i:(?<!\b(?:ip|mac|e-?mail|web|hardware)[ \t])\baddress(?:[ \t]+(?:is|of record))?[ \t]*:?[ \t]+)(?P<id>\d[^\n;|]{5,80}?)(?=[\n;|]|\.\s|\.?$)",
            ),
            # What is left of an address in a foreign form, or cut over lines.
            Rule(
                "dwelling",
                place,
                r"\b(?:(?:Apt|Apartment|Suite|Ste|Flat|APT|SUITE|apartment|suite)\b\.?|apt\.)[ \t]*#?[ \t]*(?=\w*\d)[\w\-]+(?![\w/])",
            ),
            Rule(
                "number, unknown name, number",
                place,
                rf"(?<![\w.,/\-])\d{{1,6}},?[ \t]+(?P<name>{CAPITALISED}(?:[ \t\-]+{CAPITALISED}){{0,2}})[ \t]+\d{{1,4}}[a-z]?(?![\w./%]){NOT_A_VALUE}",
                GUESSED,
                unless_harmless=True,
            ),
            Rule(
                "unknown name and number before a dwelling",
                place,
                rf"\b(?P<name>{CAPITALISED}(?:[ \t\-]+\p{{L}}+){{0,2}})[ \t]+\d{{1,4}}[a-z]?\.?(?=,?[ \t]*\n?[ \t>]*(?i:apt|suite|flat|unit)\b)",
                unless_harmless=True,
            ),
            Rule(
                "behind an address's cue",
                place,
                r"\b(?i:(?:lives?|living|resid(?:es|ing)|stay(?:s|ing)|located|housed|home|off|house) at|(?:new|old|my|his|her|their|home|mailing|billing) address(?: is)?:?|(?:return|mail|ship|deliver) to)[ \t]+(?P<id>\d{1,6}\b[^\n;.]{3,70}?)(?=[,;.\n]|$|[ \t]+(?:with|and|since|for|alone)\b)",
            ),
            Rule(
                "corner",
                place,
                r"\b(?i:corner|intersection) of[ \t]+(?P<id>[^\n.;,]{3,70}?[ ]and[ ][^\n.;,]{3,40}?)(?=[.;,\n]|$)",
            ),
            Rule(
                "place and code at the end of a line",
                place,
                rf"(?m)(?<![\w])(?P<id>(?P<name>{CAPITALISED}(?:[ \t\-]+{CAPITALISED}){{0,3}}),?[ \t]+\d{{3,6}})(?=[ \t]*[,.?]?$)",
                unless_harmless=True,
            ),
            Rule(
                "country and code",
                place,
                r"\b(?:United (?:Kingdom|States)|New Zealand|South Africa|Netherlands|USA?|UK|Canada|Australia|Ireland|Germany|France|Spain|Italy|Poland|Turkey|Hungary|Brazil)[ \t,]+(?P<id>\d{4,6}|\d{2}-\d{3}|\d{3}[ ]\d{2})(?![\w.,/\-]*\d)",
            ),
            Rule(
                "code alone on a line",
                place,
                r"(?m)^[ \t>]*(?P<id>\d{5}|\d{2}-\d{3}|\d{3}[ ]\d{2})[ \t]*$",
                GUESSED,
            ),
            Rule("military box", place, r"(?i)\b(?:psc|unit|cmr)[ \t]+\d{1,5},?[ \t]+box[ \t]+\d{1,6}"),
            Rule("military post", place, r"(?i:\b[ADF]PO)[ \t,]+(?i:A[AEP])[ \t]+\d{5}(?:-\d{4})?\b"),
            Rule(
                "street, Polish or Hungarian",
                place,
                rf"\bul\.?[ \t]+{CAPITALISED}(?:[ \t]+{CAPITALISED}){{0,2}}[ \t]+\d{{1,4}}|{CAPITALISED}(?:[ \t]+\p{{L}}+)?[ \t]+(?:utca|u\.|út(?:ja)?|tér|rkp\.)[ \t]+\d{{1,4}}",
            ),
        ],
        vocabulary,
    )
