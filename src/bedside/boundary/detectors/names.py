"""People named in prose: a title, a relation, a signature, a credential, or an age or a birth beside the name."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.grammar import (
    BARE_INITIAL,
    CREDENTIAL,
    INITIALS,
    NAME,
    PART,
    PARTICLE,
    RELATION,
    TITLE,
    words,
)
from bedside.boundary.detectors.rules import (
    CUED,
    GUESSED,
    TIMEOUT,
    Rule,
    RuleRecognizer,
    Seen,
    TextRecognizer,
    in_capitals,
    result,
)
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["LowerCaseNames", "NamesBefore", "names"]

# Words that a sentence or a list begins with: "However, Okonkwo" is no name written backwards.
NOT_FIRST = (
    r"(?!(?:However|Today|Yesterday|Also|Additionally|Currently|Overall|Unfortunately|Subsequently|Then|Thus|Therefore|"
    r"Otherwise|Meanwhile|Furthermore|Moreover|Finally|First|Second|Note|Given|Per|Patient|Male|Female|Yes|No|Well)\b)"
)
OLD_OR_BORN = (
    r"(?i:\d{1,3}[ \t]*[\-/]?[ \t]*(?:y(?:ea)?rs?\b|y/?o\b|yo?[mf]\b|m\b|f\b|male\b|female\b|year|mo\b|months?|ans\b|años|jahre)|"
    r"aged?[ \t:]+\d|d\.?o\.?b\b|born\b|birth|b\.[ \t]*\d|née?\b|nacid[oa]\b|geb\b|geboren\b|mrn\b|âge|edad\b|"
    r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}|[MF][ \t]*,[ \t]*\d)"
)


ONE_NAME = r"(?:[OD]['’])?\p{Lu}\p{Ll}[\p{L}\-]*"
# Who or what calls, comes and is informed, and is nobody's name.
_NO_SUBJECTS = frozenset(
    words("""
        the a an his her their our my your this that both all another whole entire patient she he they family police ambulance paramedics nurse doctor mother father wife husband son daughter
        parents we i pharmacy ward clinic hospital team code stroke trauma crew ems carer relative relatives staff who sister brother
        gp pcp he's she's it this that results lab laboratory interpreter security neighbour neighbor friend
        consultant surgeon registrar cardiology neurology surgery radiology anaesthetics pt client nobody everyone
        someone nok help alarm rapid response social worker school work then also was has had
    """)
)

# Whoever a note names by what they do. Behind a word of these a name follows, or a department.
ROLE = (
    r"[dD]/[wW]|D/W|[fF]/b|[fF]/[uU] w(?:ith|/)|[pP]er|CC|[cC]c|(?:[Dd]iscussed|[Ss]poke|[Tt]alked|[Rr]eviewed) w/|PCP|GP|OB|NOK|HCPOA|POA|RN|LPN|CNA|PA|NP|MA|"
    r"[Aa]ttending|[Rr]esident|[Ii]ntern|[Cc]onsultant|[Rr]egistrar|[Hh]ospitalist|[Ii]ntensivist|[Ss]urgeon|[Tt]herapist|[Mm]idwife|[Pp]aramedic|[Mm]edic|"
    r"[Pp]harmacist|[Dd]entist|[Oo]ptometrist|[Ii]nterpreter|[Cc]haplain|[Cc]ounselor|[Cc]ase (?:mgr|manager)|[Ss]ocial worker|[Cc]ase worker|[Cc]aseworker|"
    r"(?:[Nn]eur|[Cc]ardi|[Nn]ephr|[Uu]r|[Oo]nc|[Rr]heumat|[Ee]ndocrin|[Dd]ermat|[Gg]astroenter|[Pp]ulmon|[Hh]emat|[Pp]sych|[Rr]adi|[Pp]ath|[Aa]nesthesi|[Gg]ynec|[Oo]phthalm)ologist|[Pp]sychiatrist|[Pp]ediatrician|[Oo]bstetrician|[Pp]odiatrist|[Gg]eriatrician|(?:[Nn]euro|[Cc]ards|[Oo]rtho|[Ss]urg|[Pp]eds|[Pp]ulm|[Rr]enal)(?= \p{Lu}\p{Ll})|"
    r"[Cc]oach|[Pp]astor|[Dd]eacon|[Bb]ishop|[Pp]riest|(?:[Ff]ire|[Pp]olice) [Cc]hief|[Dd]eputy|[Ss]heriff|[Tt]rooper|[Mm]ajor|[Cc]olonel|[Cc]orporal|Lcpl|Cpl|Lt|[Ll]ieutenant|"
    r"[Ss]tudent|[Rr]ep|[Dd]river|[Ll]awyer|[Aa]ttorney|[Bb]oss|[Ss]upervisor|[Bb]abysitter|[Nn]anny|[Ff]riend|[Nn]eighbou?r|[Rr]oommate|[Ee]x|[Tt]win|"
    r"[Aa]unt|[Uu]ncle|[Gg]randson|[Gg]randdaughter|[Ss]ponsor|[Ee]scort|[Bb]ystander"
)

# Whoever is on duty, reports or signs: behind the label and a colon stands a person, or a department.
DUTY = (
    r"(?:nurse|doctor|midwife|sister|person) in charge|charge (?:nurse|rn|sister)|matron(?: on duty)?|sitter|bleep(?: holder)?|"
    r"house officer|co-?signer|locum|(?:duty|night|site|bed) (?:doctor|nurse|manager|sister)|(?:1st|2nd|first|second|on)[- ]call|"
    r"informant|chaperone|scribe|escort|accompanied by|relieved by|given by|checked by|witnessed by|taken by|prepared by"
)

# Behind these a department or a piece of work follows as often ("Physician Note"): two words with a given name decide.
FURTHER_ROLES = tuple(
    words("""
        nurse practitioner physician assistant doctor tech technician physio physiotherapist dietitian dietician
        receptionist visitor sonographer radiographer phlebotomist orderly sitter colleague anesthetist anaesthetist
        clerk secretary fellow perfusionist audiologist optician chiropractor emt officer detective imam rabbi nun
        trainer manager advocate translator godmother godfather carer caregiver warden clinician porter scribe
    """)
)

_ROLES = (
    frozenset(word.casefold() for word in regex.findall(r"\p{L}+", regex.sub(r"\[(\p{L})\p{L}\]", r"\1", ROLE)))
    | {
        f"{stem}ologist"
        for stem in words(
            "neur cardi nephr ur onc rheumat endocrin dermat gastroenter pulmon hemat psych radi path anesthesi gynec ophthalm"
        )
    }
    | words("neighbor neighbour")
)

# Titles behind which a heading or what was done may stand as well: "Nurse Assessment", "Father Deceased".
ROLE_TITLE = r"(?:Doctor|Nurse|Sister|Matron|Father|Officer|Captain|Sergeant|Detective|Judge|Lady)"


# First words of titles and relations, in lower case.
_TITLES = frozenset(word.casefold() for word in regex.findall(r"\p{L}+", TITLE))
_RELATIONS = frozenset(word.casefold() for word in regex.findall(r"\p{L}+", RELATION)) | {
    "fiance",
    "fiancé",
    "fiancee",
    "fiancée",
    "parents",
    "neighbor",
    "neighbour",
    "coworker",
    "caregiver",
    "stepmother",
    "stepfather",
    "stepson",
    "stepdaughter",
    "stepmom",
    "stepdad",
}


def names(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for class (A), names, of 45 CFR 164.514(b)(2)(i)."""
    person = Identifier.PERSON
    return RuleRecognizer(
        "names",
        [
            Rule(
                "title",
                person,
                rf"\b(?!{ROLE_TITLE}[ \t])(?:{TITLE}|MR|MRS|MS|MISS|DR|PROF)(?:\.[ \t]*|[ \t]+)(?:and[ \t]+{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
                first=_TITLES,
            ),
            Rule(
                "title that is a role or a relation too",
                person,
                rf"\b{ROLE_TITLE}[ \t]+(?:and[ \t]+{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
                when=lambda words: (
                    not all(
                        vocabulary.is_house_word(word) and not vocabulary.is_name(word)
                        for word in WORD.findall(words)
                    )
                ),
                first=_TITLES,
                examples=(
                    "Nurse ‹Baker› came",
                    "Doctor ‹Strange› rang",
                    "Sister ‹Mercy› came",
                    "Nurse ‹Visit Jones› came",
                ),
                near_misses=(
                    "Nurse Assessment: stable",
                    "School Nurse Visit",
                    "Doctor Notified of it",
                    "Doctor Appointment",
                    "Father Deceased at 60",
                    "Sister Alive and well",
                ),
            ),
            Rule(
                "last, first",
                person,
                r"(?P<id>\b\p{Lu}[\p{Lu}\p{M}'’\-]+(?:[ \t]\p{Lu}[\p{Lu}'’\-]+)?,[ \t]*\p{Lu}[\p{Lu}\p{M}'’\-]+\b(?:[ \t]\p{Lu}\b\.?)?)",
                unless_harmless=True,
            ),
            Rule(
                "last, first in mixed case",
                person,
                rf"(?:^|[:;|(\[•—–\-]|\b(?:to|for|by|of|with|from|about|regarding|re|is|saw|met))[ \t]*"
                rf"(?P<id>{NOT_FIRST}{PART}(?:[ \-]{PART})?,[ \t]+(?P<name>{PART})(?:[ \t]+\p{{Lu}}\b\.?)?)(?=[ \t]*(?:[,;:|()\[\]•—–\-]|$|\.(?:\s|$)|\s(?:is|was|has|had|who)\b))",
                unless_harmless=True,
            ),
            Rule(
                "newborn",
                person,
                rf"\b(?i:baby[ \t]+(?:girl|boy)|infant[ \t]+(?:girl|boy)|b/?[gb])[ \t]+(?:of[ \t]+)?(?P<id>{NAME}|\p{{Ll}}[\p{{L}}'’\-]{{2,}}(?=[ \t]*(?:[,;.)\n]|$)))",
                unless_term=True,
                first=words("baby infant b bg bb"),
                examples=("Baby girl ‹Winters› feeds well", "dose for baby boy ‹Storm›, 3.2 kg"),
                near_misses=("Baby girl born at term", "baby boy Born today"),
            ),
            Rule(
                "last, first before an age",
                person,
                rf"(?<![\p{{L}}\p{{N}}])(?P<id>{PART},[ \t]*(?P<name>{PART}))(?=[ \t,]+\d{{1,3}}[ \t]*(?:y/?o\b|y(?:ea)?rs?\b|y\b|[MFmf]\b|yo[mf]))",
                unless_harmless=True,
                examples=("‹Gout, Joy›  44 y/o F with a cough", "‹Marsh, Faith› 61F here"),
                near_misses=("Gout, Diabetes 44 yo",),
            ),
            Rule(
                "relation",
                person,
                rf"\b(?i:{RELATION})(?:['’]s[ \t]+name)?(?:[ \t]*[,(:–—][ \t]*|[ \t]+-[ \t]+)(?:(?:is|was|called|named|name)[ \t]+)?(?P<id>{NAME})",
                unless_harmless=True,
                first=_RELATIONS,
                examples=("Mother: ‹Okonkwo› was called", "his wife, ‹Philippa›, drove"),
                near_misses=("Father: Hypertension", "Child-Pugh B cirrhosis"),
            ),
            Rule(
                "relation beside a name",
                person,
                rf"\b(?i:{RELATION})(?:['’]s[ \t]+name)?[ \t]+(?:(?:is|was|called|named|name)[ \t]+)?(?P<id>{NAME})",
                unless_term=True,
                first=_RELATIONS,
                examples=("her friend ‹Star› found him", "wife ‹Velvet Harbor› at bedside"),
                near_misses=("Mother Alive and well", "Father Diabetes", "Son and Daughter"),
            ),
            Rule(
                "role beside a name",
                person,
                rf"\b(?:{ROLE})(?:[ \t]+(?:is|was|=|-|–)[ \t]+|[ \t]*[:=,][ \t]*|[ \t]+)(?:{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
                unless_term=True,
                first=_ROLES,
                examples=(
                    "PCP is ‹Velvet Harbor› in town",
                    "per case mgr ‹Sage› bed is ready",
                    "endocrinologist ‹Storm› agreed",
                    "d/w ‹Castle› on the phone",
                    "coach ‹Star› saw it",
                    "rep ‹Cliff› was there",
                    "cc ‹Grove› and the file",
                ),
                near_misses=(
                    "d/w Cardiology and Neurology",
                    "per Protocol in Pharmacy",
                    "Surgeon: Denies pain",
                    "PCP Visit today",
                    "f/u w/ Oncology",
                ),
            ),
            Rule(
                "who is on duty, and is called as a disease is",
                person,
                rf"\b(?i:{DUTY})[ \t]*(?:[:=]|[ ][-–][ ])[ \t]*(?P<id>{ONE_NAME})(?=[ \t]*(?:[.,;()\n]|$))",
                when=lambda word: vocabulary.has_phrase(word) and not vocabulary.is_house_word(word),
                examples=("Nurse in charge: ‹Gout›. Two beds", "Informant: ‹Rash›, her aunt"),
                near_misses=(
                    "Nurse in charge: Informed.",
                    "Informant: Mother.",
                    "On call: Cardiology.",
                    "Locum: Gout clinic",
                ),
            ),
            Rule(
                "role beside a given name",
                person,
                rf"\b(?i:{'|'.join(FURTHER_ROLES)})[ \t]+(?P<id>\p{{Lu}}[\p{{L}}'’\-]+[ \t]+\p{{Lu}}[\p{{L}}'’\-]+)",
                when=lambda words: any(map(vocabulary.is_name, words.split())),
                first=frozenset(FURTHER_ROLES),
                examples=(
                    "seen by nurse ‹Grant Cough› at noon",
                    "the technician ‹Faith Fever› called",
                    "her godmother ‹Dawn Rash› waits",
                ),
                near_misses=("Physician Assistant Note", "Nurse Practitioner Clinic", "fellow Cardiology Consult"),
            ),
            Rule(
                "a person's doing",
                person,
                rf"\b(?P<id>{ONE_NAME})(?:['’]s?[ \t]+(?:wife|husband|partner|mother|mum|mom|father|dad|son|daughter|brother|sister|carer|GP|"
                r"neighbou?r|family)\b|[ \t]+family\b(?![ \t]+(?:history|clinic|medicine|practice|planning|of))|"
                r",?[ \t]+(?:attended|phoned|rang|arrived|visited|called|(?:is|was|were|are)[ \t]+informed|will[ \t]+(?:call|phone|ring|visit|come)|"
                r"brought[ \t]+in[ \t]+by|says|states|tells|reports[ \t]+(?:he|she|they|that))\b)",
                when=lambda words: words not in _NO_SUBJECTS,
                examples=(
                    "‹Gout›'s wife called",
                    "The ‹Gout› family is informed",
                    "‹Gout›, brought in by ambulance",
                    "PC ‹Gout› attended",
                ),
                near_misses=("Ambulance called", "Gout family history", "Patient attended", "Police informed"),
            ),
            Rule(
                "a person's name, said so",
                person,
                rf"(?:\b[Ss]urname[ \t:/]+|\bName/[ \t]*|\bnamed[ \t]+|\b[Kk]nown as[ \t]+|\b[Bb]orn[ \t]+(?={ONE_NAME},)|"
                rf"\b[Ee]mergency contact[ \t:]+|\(Patient\)[ \t]*|\bPatient[ \t]+\(?(?={ONE_NAME}(?:\)|,[ \t]*\d))|"
                r"\b[Ss]een with[ \t]+(?=\S+[ \t]+\())"
                rf"(?P<id>{ONE_NAME})(?!\p{{L}}|['’]s|[ \t]+(?:disease|syndrome|disorder|sign|score))",
                examples=("Surname ‹Gout› First name Tom", "Patient ‹Gout›, 62M", "named ‹Migraine› by his team"),
                near_misses=("Patient Education", "known as Crohn's disease", "Patient Gout history"),
            ),
            Rule(
                "two words before an age, one of them a name",
                person,
                r"(?<![\p{L}'’\-])(?P<id>\p{L}[\p{L}'’\-]{1,40},?[ \t]+\p{L}[\p{L}'’\-]{1,40})"
                r"(?=[ \t,;:(]+(?:[MFmf][ \t,]+\d{1,3}(?!\.?\d)|\d{1,3}[ \t]?(?:[MFmf]\b|y)))",
                when=lambda words: any(
                    len(word) > 2 and (vocabulary.is_name(word) or not vocabulary.has_word(word))
                    for word in WORD.findall(words)
                ),
                examples=("‹GOUT Thomas› M 62.", "‹thomas gout› 62m", "‹gout tom›, 62M"),
                near_misses=(
                    "mild asthma 62m",
                    "Chronic Gout, 62M",
                    "Wells score 4.5",
                    "White count 14",
                    "on day 3, m",
                ),
            ),
            Rule(
                "called",
                person,
                rf"\b(?i:named|called|known as|goes by|answers to|aka|a\.k\.a\.|née|nee|signed(?:[ \t]+by)?|dictated by|seen by|reviewed by|"
                rf"c/o|care of|attn|dear|alias|identified as|introduced (?:him|her|them)sel(?:f|ves) as|on behalf of|spoke (?:with|to)|discussed with|"
                rf"referred (?:by|to)|under the care of|sees|saw)\b[ \t:,.\"“]*(?:{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
                unless_term=True,
                first=words("""
                    named called known goes answers aka a née nee signed dictated seen reviewed c care attn dear alias
                    identified introduced on spoke discussed referred under sees saw
                """),
                examples=("seen by ‹Ana Johnson› today", "signed by ‹Marble Stone›"),
                near_misses=("seen by Cardiology", "called Ambulance", "referred to Pediatrics"),
            ),
            Rule(
                "letter's end",
                person,
                rf"(?i:(?:yours (?:sincerely|faithfully|truly)|(?:kind|best|warm)(?: regards| wishes)|regards|sincerely|respectfully|many thanks),?[ \t]*\n\s{{0,6}})(?P<id>{NAME})",
                first=words("yours kind best warm regards sincerely respectfully many"),
            ),
            Rule(
                "signature",
                person,
                rf"(?:/s/|//|(?i:e-?signed:?))[ \t]*(?P<id>(?P<sure>(?:\p{{Lu}}\.[ \t]?){{1,3}}\p{{Lu}}[\p{{L}}\'’\-]+)|{NAME})",
                unless_harmless=True,
            ),
            Rule(
                "initials and surname with a credential",
                person,
                rf"(?P<id>(?:{INITIALS}|{BARE_INITIAL}[ \t]+){{1,2}}{PART})(?:,[ \t]*|[ \t]+){CREDENTIAL}(?![\p{{L}}\p{{N}}])",
            ),
            Rule(
                "patient",
                person,
                rf"\b(?i:patient|pt|client|resident|subject|victim|member|claimant)(?:,|[ \t]+(?:is|was|named|name|seen)|[ \t]*[:\-–—])?[ \t]+(?P<id>{NAME})(?![\p{{L}}\p{{N}}])",
                unless_harmless=True,
                first=words("patient pt client resident subject victim member claimant"),
            ),
            Rule(
                "initials of a patient",
                person,
                r"\b(?i:patient|pt|client|resident|subject|initials?)(?i:[ \t]+(?:is|was|are|named))?[ \t:,]+(?P<id>(?:\p{Lu}\.[ \t]?){1,3}(?![\p{L}])|(?<=(?i:initials?)[ \t:,]+)\p{Lu}{2,3}\b)",
                first=words("patient pt client resident subject initial initials"),
            ),
            Rule(
                "first name and initial",
                person,
                r"(?<!(?i:vitamin|hepatitis|group|type|grade|class|stage|phase|protein|factor|plan|figure|table|option|part|appendix)[ \t])"
                r"(?P<id>\b(?P<name>\p{Lu}\p{Ll}+)[ \t]+(?!I\b)\p{Lu}(?:\.|(?=[ \t]*[,;)?]|$)))(?![\p{L}\p{N}'’/\-])",
                unless_term=True,
            ),
            Rule(
                "initial and surname",
                person,
                rf"(?<![\p{{L}}.])(?P<id>(?:\p{{Lu}}\.[ \t]?){{1,3}}(?:{PARTICLE}[ \t]+){{0,2}}(?P<name>{PART}))",
                unless_harmless=True,
            ),
            Rule(
                "initial and surname before an age or a birth",
                person,
                rf"(?<![\p{{L}}.])(?P<id>(?:\p{{Lu}}\.[ \t]?){{1,3}}{PART})[ \t]*[,(—–\-|•\[]+[ \t]*{OLD_OR_BORN}",
            ),
            Rule(
                "two words in capitals behind a header",
                person,
                rf"(?m)^[ \t]*(?:(?:PATIENT|PT)[ \t]+)?(?:NAME|Name)[ \t]+(?P<id>{NAME})",
            ),
            Rule("handle", person, r"(?<![\w.@])@(?!\d)[A-Za-z][\w.]{2,}"),
            Rule(
                "user name behind a cue",
                person,
                r"(?i)\b(?:user(?:[ _]?name)?|login|handle|instagram|insta|twitter|facebook|snapchat|tiktok|telegram|skype|whatsapp|discord|portal id)\b"
                r"(?:[ \t]+(?:id|name|account|handle|is))*[ \t:=]+(?P<id>(?=[\w.\-]*[\d_.])[a-z][\w.\-]{2,}\w)",
                first=words("""
                    user username login handle instagram insta twitter facebook snapchat tiktok telegram skype whatsapp
                    discord portal
                """),
            ),
        ],
        vocabulary,
    )


# What stands behind a name and says that it is one. Words of the name are judged: "Patient, aged 30" names nobody.
_BEHIND = regex.compile(
    rf"(?P<relation>[ \t]*\((?:(?:his|her|their|pt['’]s|patient['’]s)[ \t]+)?(?i:{RELATION})\b"
    rf"|,[ \t]*(?:who is[ \t]+)?(?:his|her|their|the patient['’]s|the pt['’]s|pt['’]s|a|the)[ \t]+(?i:{RELATION})\b)"
    rf"|(?P<credential>(?:,[ \t]*{CREDENTIAL}|[ \t]+(?:M\.?D\.?|RN|D\.O\.|NP|PA-C|LPN|CRNA|MBBS|MBChB|PharmD|Ph\.?D\.?|LCSW|FRC[PS]|MRC(?:P|GP|S)|"
    r"DDS|Jr\.?|Sr\.))(?![\p{L}\p{N}]))"
    rf"|(?P<age>[ \t]*[,(—–\-|•\[]*[ \t]*{OLD_OR_BORN})"
    r"|(?P<description>[ \t]*,?\s+(?:is|was)\s+an?\s+(?:[\w\-]+\s+){0,2}\d{1,3}[ \-]?(?:year|yr|y/?o|month|week|day))"
)
_WHY = {
    "relation": "relation behind the name",
    "credential": "credential behind the name",
    "age": "name before an age or a birth",
    "description": "name before its description",
}
_NAME = regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}]){NAME}")
_INITIALS_ALONE = regex.compile(r"(?:\p{Lu}\.[ \t]?){2,3}")
_PART_END = regex.compile(r"(?<=[\p{L}\p{M}\p{N}.])(?=[ \t])")


class NamesBefore(TextRecognizer):
    """Reports names that what stands behind them gives away: a credential, a relation, an age, a birth."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("names")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Give each name."""
        for name in _NAME.finditer(text, timeout=TIMEOUT):
            start, end = name.span()
            if not self._telling(text, start, end):
                continue
            # The longest beginning of the capitalised words that something telling stands behind.
            for stop in (end, *(match.start() for match in reversed(list(_PART_END.finditer(text, start, end))))):
                behind = _BEHIND.match(text, stop, timeout=TIMEOUT)
                if behind is None:
                    continue
                if self._telling(text, start, stop):
                    why = _WHY[str(behind.lastgroup)]
                    yield result(self._called, Identifier.PERSON, (start, stop), CUED, why)
                break

    def _telling(self, text: str, start: int, end: int) -> bool:
        """Whether a word is not known to be harmless, or initials stand alone."""
        words = WORD.findall(text, start, end)
        if not all(map(self._vocabulary.has_word, words)) or _INITIALS_ALONE.fullmatch(text, start, end):
            return True
        # "Meadow Lark, MD", "Pine Ridge, 6 wk old": two plain words with capitals that medicine does not write so.
        plain = (
            1 < len(words) < 4 and all(map(str.istitle, words)) and not self._vocabulary.is_term(text[start:end])
        )
        return plain and not in_capitals(text, start, end)


class LowerCaseNames(TextRecognizer):
    """Reports names that are written small behind a cue ("mr smith", "pt john doe", "d/w moon") or as a pair.

    A word counts as a name where the vocabulary says that it is one, or does not know it. Behind a doctor's or a lady's
    title any word does that is no term of medicine and no verb.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("names in lower case")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Give each name."""
        for match in _LOWER_CUE.finditer(text, timeout=TIMEOUT):
            taken = self._behind(text, match.end(), sure=match["sure"] is not None)
            needed = 2 if match["weak"] else 1
            if (
                match["weak"]
                and (aged := _LOWER_AGED.match(text, match.end()))
                and self._vocabulary.is_name(aged["first"])
            ):
                yield result(self._called, Identifier.PERSON, aged.span("id"), CUED, "in lower case before an age")
            ends = taken and _LOWER_END.match(text, taken[-1].end())
            if len(taken) >= needed or (ends and self._vocabulary.is_name(taken[0]["word"])):
                span = taken[0].start("word"), taken[-1].end("word")
                yield result(self._called, Identifier.PERSON, span, CUED, "in lower case behind a cue")
        for span in self._vocabulary.name_pairs(text):
            yield result(self._called, Identifier.PERSON, span, GUESSED, "two names in lower case")

    def _behind(self, text: str, at: int, *, sure: bool) -> list[regex.Match[str]]:
        taken: list[regex.Match[str]] = []
        for word in _LOWER_WORD.finditer(text, at, at + 60):
            joined = word.start() == (taken[-1].end() if taken else at)
            first = sure and not taken
            if (
                not joined
                or len(taken) == 3
                or not (self._nameish(word["word"]) or (first and self._free(word["word"])))
            ):
                break
            taken.append(word)
        return taken

    def _nameish(self, word: str) -> bool:
        if word.casefold() in _VERBS:
            return False
        return self._vocabulary.is_name(word) or not self._vocabulary.has_word(word)

    def _free(self, word: str) -> bool:
        """Whether a plain word may be a surname: "dr storm", and not "dr notified"."""
        return not (self._vocabulary.is_house_word(word) or _NO_SURNAME.search(word) or word in _VERBS)


_SMALL_RELATION = (
    r"wife|husband|spouse|son|daughter|mother|mom|mum|father|dad|brother|sister|aunt|uncle|cousin|niece|nephew|grandson|"
    r"granddaughter|grandmother|grandma|grandfather|grandpa|friend|neighbou?r|roommate|boyfriend|girlfriend|partner|carer|"
    r"caregiver|twin|ex|bf|gf|hubby|fianc[eé]e?"
)
_LOWER_CUE = regex.compile(
    r"(?<![\p{L}/])(?:(?P<sure>(?i:mrs|miss|dr|prof|sra|herr|frau|mme)\.?|nurse|baby (?:girl|boy)|infant (?:girl|boy))|(?i:mr\.?|ms\.?|d/w|f/b|discussed with|discussed w/|spoke (?:with|to)|spoke w/|"
    r"cc|attn|paged|pcp|rn|coach|pastor|deputy|"
    r"(?:neuro|cardi|nephr|ur|onc|rheumat|endocrin|dermat|gastroenter|pulmon|hemat|psych)ologist|psychiatrist|pediatrician|surgeon|seen by|signed|named|name is|"
    rf"name:|re:)|(?P<weak>(?i:patient|pt|client|{_SMALL_RELATION})))(?=[ \t:,]+\p{{Ll}})[:,]?"
)
_LOWER_WORD = regex.compile(r"[ \t]+(?P<word>\p{Ll}[\p{L}\p{M}'’\-]+)")
_LOWER_END = regex.compile(
    r"[ \t]*(?:[,;:.!?()\n]|$|(?:at|is|was|has|had|in|on|from|with|who|states?|says?|said|reports?|denies|called|came|c/o|needs?|dob|here|drove|driving|rang|rings|visiting|visits|brought|found|gave|gives|helps|works|lives|to|and|would|will|wants|says|asks|asked|told|drives|saw|thinks|worried|present)\b|[ \t]*\d)"
)
_LOWER_AGED = regex.compile(
    r"[ \t]+(?P<id>(?P<first>\p{Ll}{2,})[ \t]+(?!(?:is|was|has|had|be|have|with|not|for|at|to|and|or|in|on)\b)\p{Ll}[\p{L}'’\-]+)(?=,[ \t]*\d{1,3}(?![\d/.]))"
)
_NO_SURNAME = regex.compile(
    r"^.{1,2}$|(?:ed|ing|ly)$|^(?:office|order|orders|aware|for|from|with|and|or|the|that|this|who|note|notes|visit|appt|call|calls|said|says|states|"
    r"told|saw|will|can|would|should|has|had|have|was|were|did|does|not|asked|also|then|now|here|there|today|about|regarding|re|in|on|to|at)$"
)
_VERBS = words("""
    may will can must long short young good head high low call cook ward strong back day rush hope case
""")
