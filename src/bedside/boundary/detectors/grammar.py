"""The grammar of names, places and numbers: the pieces of which the rules consist."""

from __future__ import annotations

__all__ = [
    "CAPITALISED",
    "CREDENTIAL",
    "INITIALS",
    "MONTH",
    "MONTHS",
    "NAME",
    "NOT_A_VALUE",
    "NUMBER",
    "PART",
    "PLACE",
    "RELATION",
    "STATE",
    "TITLE",
    "ZIP",
    "words",
]


# One part of a name as written in mixed case or capitals. Synthetic notes (Synthea) put digits after each part.
def words(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


PART = r"(?:(?:[ae]l|[dDlLO])['’\-])?\p{Lu}[\p{L}\p{M}'’\-]{0,40}\p{L}\p{M}{0,2}\d{0,6}"
INITIALS = r"(?:\p{Lu}\.[ \t]?){1,3}"
# "J Roe", "John A Smith": a letter alone, where a part of a name follows.
BARE_INITIAL = r"\p{Lu}(?=[ \t]+(?:\p{Lu}[ \t]+)?\p{Lu}\p{L})"
PARTICLE = (
    r"(?:van|von|vom|zu|zum|zur|ter|ten|den|der|de|del|dela|della|di|da|do|dos|das|du|des|la|las|le|los|bin|ibn|"
    r"bint|binti|al|el|ul|ur|ap|af|av|y|e|e'|d'|st\.?)"
)
# What ends a name in a line of capitals or in a header: "JOHN SMITH WAS SEEN", "Jane Roe DOB 1/2/1960", "Jane Roe RN".
_NO_NAME = (
    r"(?!(?:(?i:was|is|has|had|and|or|with|who|the|of|in|on|at|for|to|from|by|not|as|presents?|presented|presenting|seen|came|"
    r"comes|denies|denied|reports?|reported|states|stated|complains?|admitted|called|dob|d\.o\.b|mrn|ssn|nhs|npi|dea|age|aged|sex|"
    r"gender|male|female|tel|telephone|phone|fax|e-?mail|date|id|address|room|bed|ward|unit|visit|chart|record|account|"
    r"patient|pt|dr|mr|mrs|ms|note|signed|born|today|diagnosis|dx|hx|md|mbbs|mbchb|pharmd|phd)|"
    r"RN|NP|PA|DO|LPN|CRNA|PT|OT|DDS|FACC|FACP|FACS)(?![\p{L}\p{N}]))"
)
_NEXT = rf"{_NO_NAME}(?:{PART}|{INITIALS}|{BARE_INITIAL}|(?!I\b)\p{{Lu}}(?![\p{{L}}\p{{M}}\p{{N}}&/'’\-]))"
NAME = (
    rf"(?:(?:{INITIALS}|{BARE_INITIAL}[ \t]){{0,3}}(?:{PARTICLE}[ \t]){{0,2}}{PART}"
    rf"(?:[ \t](?:{PARTICLE}[ \t]){{0,2}}{_NEXT}){{0,4}}|(?:\p{{Lu}}\.[ \t]?){{1,3}}(?![\p{{L}}])|\p{{Lo}}{{2,6}})"
)
"""A person: "Rose May", "A. N. Other", "Ana de la Cruz", "J.S.", "Smith J"."""

TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Drs|Prof|Professor|Doctor|Sir|Dame|Lady|Sr|Sra|Srta|Rev|Reverend|Fr|Father|Rabbi|Imam|"
    r"Nurse|Sister|Matron|Capt|Captain|Sgt|Sergeant|Officer|Detective|Judge|Hon|Herr|Frau|Mme|Mlle|Señor|Señora|Dra)"
)
RELATION = (
    r"(?:wife|husband|spouse|partner|fianc[eé]e?|boyfriend|girlfriend|mother|mom|mum|mam|father|dad|parents?|son|"
    r"daughter|child|twin|brother|sister|sibling|aunt|auntie|uncle|grandmother|grandma|grandfather|grandpa|grandson|"
    r"granddaughter|niece|nephew|cousin|(?:mother|father|son|daughter|brother|sister)-in-law|step-?(?:mother|father|"
    r"son|daughter|mom|dad)|friend|neighbou?r|roommate|flatmate|co-?worker|employer|boss|guardian|carer|care-?giver|"
    r"foster (?:mother|father|parent)|next of kin|NOK|POA|proxy|landlord|teacher|landlady)"
)
CREDENTIAL = (
    r"(?:M\.?D\.?|R\.?N\.?|D\.?O\.?|N\.?P\.?|ARNP|APRN|C?RNP|FNP(?:-B?C)?|AGNP|PA-?C|P\.?A\.?|LPN|LVN|CNM|CNS|CRNA|CCRN|"
    r"D\.?D\.?S\.?|DMD|DPM|O\.?D\.?|Pharm\.?D\.?|RPh|Ph\.?D\.?|Psy\.?D\.?|LCSW|LICSW|MSW|LMFT|D?PT|OTR(?:/L)?|SLP|RDN?|"
    r"MBBS|MBBCh|MBChB|MB|BChir|FRC[PS]\w*|FAC[CEPS]\w*|MRC(?:P|S|GP|PCH|Psych)\w*|BSN|MSN|DNP|EMT(?:-[BIP])?|NREMT|"
    r"paramedic|Esq\.?|Jr\.?|Sr\.?|I{2,3}|IV)"
)

CAPITALISED = r"(?:\p{Lu}[\p{L}\p{M}'’\-]{0,40}+(?:(?<=\b(?:St|Mt|Ft|Pt|Ste))\.)?)"
PLACE = (
    rf"(?:{CAPITALISED}(?:[ \t]+(?:(?:of|or|and|upon|de|del|la|le|sur|am|an der|by the|on the)[ \t]+){{0,2}}{CAPITALISED}){{0,3}}"
    rf"(?:,[ \t]*{CAPITALISED}(?:[ \t]+{CAPITALISED})?)?)"
)
ZIP = r"\d{5}(?:-\d{4})?"
STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|PR|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|"
    r"ZZ|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Hawaii|Idaho|Illinois|"
    r"Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|"
    r"Montana|Nebraska|Nevada|New[ ](?:Hampshire|Jersey|Mexico|York)|(?:North|South)[ ](?:Carolina|Dakota)|Ohio|"
    r"Oklahoma|Oregon|Pennsylvania|Rhode[ ]Island|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West[ ]Virginia|"
    r"Wisconsin|Wyoming)"
)

MONTHS = words("""
    january february march april may june july august september october november december jan feb mar
    apr jun jul aug sep sept oct nov dec enero ene febrero marzo abril abr mayo junio julio agosto
    septiembre octubre noviembre diciembre dic janvier février fevrier févr fevr mars avril mai juin
    juillet août aout septembre octobre novembre décembre januar februar märz marz juni juli oktober okt
    dezember dez gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre janeiro
    fevereiro março abril maio junho julho setembro outubro novembro dezembro januari februari maart mei
    augustus
""")
MONTH = rf"(?=\p{{L}}{{3}})(?i:{'|'.join(sorted(MONTHS, reverse=True))})"

NUMBER = (
    r"(?:[A-Za-z]{1,6}[\-./#]|[A-Z]{1,4}[ \t])?(?=[A-Za-z]*\d)[A-Za-z0-9]+"
    r"(?:[\-./_:][A-Za-z0-9]+|[ \t](?=[A-Z]{0,2}\d{2})[A-Z0-9]+(?:[ \t][A-Z](?![\w]))?){0,8}"
)
"""A number as somebody gives it to a person or a thing: letters before, groups with hyphens or spaces."""

NOT_A_VALUE = (
    r"(?![\-./ \t]*(?i:mg|mcg|µg|ug|g|gm|kg|mls?|dl|l|lit(?:er|re)s?|units?|iu|mmol|µmol|umol|nmol|meq|meq/l|%|/min|bpm|mmhg|mm|cm|"
    r"k/|x10|per|cells?|copies|colonies|cfu|organisms|ng|pg|u/l|iu/l|msec|ms|mhz|hz|hrs?|hours?|min|minutes?|secs?|seconds?|days?|wks?|weeks?|"
    r"months?|mos?|yrs?|years?|times|degrees?|deg|°|steps|calories|kcal|cal|feet|ft|lbs?|pounds|mph|joules?|gy|cgy|fr|french|"
    r"gauge|patients|participants|subjects|people|women|men|adults|children|platelets|wbc|rbc)(?![A-Za-z]))"
)
"""A lookahead after a number: no unit that would make it a measured value."""
