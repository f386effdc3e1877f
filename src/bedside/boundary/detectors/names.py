"""People named in prose after a cue: a title, a role, a relation, a signature, an action."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import NAME, RELATION, TITLE, words
from bedside.boundary.detectors.name_forms import written_as_names
from bedside.boundary.detectors.people_words import (
    DUTY,
    FURTHER_ROLES,
    NO_SUBJECTS,
    ONE_NAME,
    RELATIONS,
    ROLE,
    ROLE_TITLE,
    ROLES,
    TITLES,
)
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["names"]


def names(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for class (A), names, of 45 CFR 164.514(b)(2)(i)."""
    return RuleRecognizer("names", [*_behind_a_cue(vocabulary), *written_as_names(vocabulary)], vocabulary)


def _behind_a_cue(vocabulary: Vocabulary) -> list[Rule]:
    person = Identifier.PERSON
    return [
        Rule(
            "title",
            person,
            rf"\b(?!{ROLE_TITLE}[ \t])(?:{TITLE}|MR|MRS|MS|MISS|DR|PROF)(?:\.[ \t]*|[ \t]+)(?:and[ \t]+{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
            first=TITLES,
        ),
        Rule(
            "title that is a role or a relation too",
            person,
            rf"\b{ROLE_TITLE}[ \t]+(?:and[ \t]+{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
            when=lambda words: (
                not all(
                    vocabulary.is_house_word(word) and not vocabulary.is_name(word) for word in WORD.findall(words)
                )
            ),
            first=TITLES,
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
            "newborn",
            person,
            rf"\b(?i:baby[ \t]+(?:girl|boy)|infant[ \t]+(?:girl|boy)|b/?[gb])[ \t]+(?:of[ \t]+)?(?P<id>{NAME}|\p{{Ll}}[\p{{L}}'’\-]{{2,}}(?=[ \t]*(?:[,;.)\n]|$)))",
            unless_term=True,
            first=words("baby infant b bg bb"),
            examples=("Baby girl ‹Winters› feeds well", "dose for baby boy ‹Storm›, 3.2 kg"),
            near_misses=("Baby girl born at term", "baby boy Born today"),
        ),
        Rule(
            "relation",
            person,
            rf"\b(?i:{RELATION})(?:['’]s[ \t]+name)?(?:[ \t]*[,(:–—][ \t]*|[ \t]+-[ \t]+)(?:(?:is|was|called|named|name)[ \t]+)?(?P<id>{NAME})",
            unless_harmless=True,
            first=RELATIONS,
            examples=("Mother: ‹Okonkwo› was called", "his wife, ‹Philippa›, drove"),
            near_misses=("Father: Hypertension", "Child-Pugh B cirrhosis"),
        ),
        Rule(
            "relation beside a name",
            person,
            rf"\b(?i:{RELATION})(?:['’]s[ \t]+name)?[ \t]+(?:(?:is|was|called|named|name)[ \t]+)?(?P<id>{NAME})",
            unless_term=True,
            first=RELATIONS,
            examples=("her friend ‹Star› found him", "wife ‹Velvet Harbor› at bedside"),
            near_misses=("Mother Alive and well", "Father Diabetes", "Son and Daughter"),
        ),
        Rule(
            "role beside a name",
            person,
            rf"\b(?:{ROLE})(?:[ \t]+(?:is|was|=|-|–)[ \t]+|[ \t]*[:=,][ \t]*|[ \t]+)(?:{TITLE}\.?[ \t]+)?(?P<id>{NAME})",
            unless_term=True,
            first=ROLES,
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
            when=lambda words: words not in NO_SUBJECTS,
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
    ]
