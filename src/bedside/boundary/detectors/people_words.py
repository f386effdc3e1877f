"""Words for people, and words beside their names: titles, roles, relations, ages."""

from __future__ import annotations

import regex

from bedside.boundary.detectors.grammar import RELATION, TITLE, words

__all__ = [
    "DUTY",
    "FURTHER_ROLES",
    "NOT_FIRST",
    "NO_SUBJECTS",
    "OLD_OR_BORN",
    "ONE_NAME",
    "RELATIONS",
    "ROLE",
    "ROLES",
    "ROLE_TITLE",
    "TITLES",
]

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
NO_SUBJECTS = frozenset(
    words("""
        the a an his her their our my your this that both all another whole entire patient she he they family police ambulance paramedics nurse doctor mother father wife husband son daughter
        parents we i pharmacy ward clinic hospital team code stroke trauma crew ems carer relative relatives staff who sister brother
        gp pcp he's she's it this that results lab laboratory interpreter security neighbour neighbor friend
        consultant surgeon registrar cardiology neurology surgery radiology anaesthetics pt client nobody everyone
        someone nok help alarm rapid response social worker school work then also was has had
    """)
)

# People whom a note names by what they do. After one of these words comes a name, or a department.
ROLE = (
    r"[dD]/[wW]|D/W|[fF]/b|[fF]/[uU] w(?:ith|/)|[pP]er|CC|[cC]c|(?:[Dd]iscussed|[Ss]poke|[Tt]alked|[Rr]eviewed) w/|PCP|GP|OB|NOK|HCPOA|POA|RN|LPN|CNA|PA|NP|MA|"
    r"[Aa]ttending|[Rr]esident|[Ii]ntern|[Cc]onsultant|[Rr]egistrar|[Hh]ospitalist|[Ii]ntensivist|[Ss]urgeon|[Tt]herapist|[Mm]idwife|[Pp]aramedic|[Mm]edic|"
    r"[Pp]harmacist|[Dd]entist|[Oo]ptometrist|[Ii]nterpreter|[Cc]haplain|[Cc]ounselor|[Cc]ase (?:mgr|manager)|[Ss]ocial worker|[Cc]ase worker|[Cc]aseworker|"
    r"(?:[Nn]eur|[Cc]ardi|[Nn]ephr|[Uu]r|[Oo]nc|[Rr]heumat|[Ee]ndocrin|[Dd]ermat|[Gg]astroenter|[Pp]ulmon|[Hh]emat|[Pp]sych|[Rr]adi|[Pp]ath|[Aa]nesthesi|[Gg]ynec|[Oo]phthalm)ologist|[Pp]sychiatrist|[Pp]ediatrician|[Oo]bstetrician|[Pp]odiatrist|[Gg]eriatrician|(?:[Nn]euro|[Cc]ards|[Oo]rtho|[Ss]urg|[Pp]eds|[Pp]ulm|[Rr]enal)(?= \p{Lu}\p{Ll})|"
    r"[Cc]oach|[Pp]astor|[Dd]eacon|[Bb]ishop|[Pp]riest|(?:[Ff]ire|[Pp]olice) [Cc]hief|[Dd]eputy|[Ss]heriff|[Tt]rooper|[Mm]ajor|[Cc]olonel|[Cc]orporal|Lcpl|Cpl|Lt|[Ll]ieutenant|"
    r"[Ss]tudent|[Rr]ep|[Dd]river|[Ll]awyer|[Aa]ttorney|[Bb]oss|[Ss]upervisor|[Bb]abysitter|[Nn]anny|[Ff]riend|[Nn]eighbou?r|[Rr]oommate|[Ee]x|[Tt]win|"
    r"[Aa]unt|[Uu]ncle|[Gg]randson|[Gg]randdaughter|[Ss]ponsor|[Ee]scort|[Bb]ystander"
)

# People who are on duty, report or sign: after the label and a colon comes a person, or a department.
DUTY = (
    r"(?:nurse|doctor|midwife|sister|person) in charge|charge (?:nurse|rn|sister)|matron(?: on duty)?|sitter|bleep(?: holder)?|"
    r"house officer|co-?signer|locum|(?:duty|night|site|bed) (?:doctor|nurse|manager|sister)|(?:1st|2nd|first|second|on)[- ]call|"
    r"informant|chaperone|scribe|escort|accompanied by|relieved by|given by|checked by|witnessed by|taken by|prepared by"
)

# After these a department or a task follows as often ("Physician Note"): two words with a given name decide.
FURTHER_ROLES = tuple(
    words("""
        nurse practitioner physician assistant doctor tech technician physio physiotherapist dietitian dietician
        receptionist visitor sonographer radiographer phlebotomist orderly sitter colleague anesthetist anaesthetist
        clerk secretary fellow perfusionist audiologist optician chiropractor emt officer detective imam rabbi nun
        trainer manager advocate translator godmother godfather carer caregiver warden clinician porter scribe
    """)
)

ROLES = (
    frozenset(word.casefold() for word in regex.findall(r"\p{L}+", regex.sub(r"\[(\p{L})\p{L}\]", r"\1", ROLE)))
    | {
        f"{stem}ologist"
        for stem in words(
            "neur cardi nephr ur onc rheumat endocrin dermat gastroenter pulmon hemat psych radi path anesthesi gynec ophthalm"
        )
    }
    | words("neighbor neighbour")
)

# Titles that a heading or an action may follow as well: "Nurse Assessment", "Father Deceased".
ROLE_TITLE = r"(?:Doctor|Nurse|Sister|Matron|Father|Officer|Captain|Sergeant|Detective|Judge|Lady)"


# First words of titles and relations, in lower case.
TITLES = frozenset(word.casefold() for word in regex.findall(r"\p{L}+", TITLE))
RELATIONS = frozenset(word.casefold() for word in regex.findall(r"\p{L}+", RELATION)) | {
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
