"""How much of what is planted in disguise the guard catches, and how often it cries wolf.

    python benchmarks/guard.py DATA_FOLDER

Each of 14 disguises is put on identifiers of 500 synthetic patients, in sentences of real notes (ACI-BENCH); then
the guards of the same patients look at sentences that hold none of it. Stock Presidio has no guard: the baseline of
the same run is a plain search for the values.
"""

from __future__ import annotations

import base64
import codecs
import json
import random
import re
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from bedside.boundary import Identifier, Vocabulary
from bedside.boundary.guard import Guard

PATIENTS = 500
SENTENCES = 4_000

# Synthetic: parts of names that no list of words holds, some short, some with accents, some double.
FIRST = """
Logan Chidi Aoife Siobhán Zebulon Ingrid Wei Priya Dmitri Fatima José Renée Björn Anneliese Kwame Mireille Tomasz
Yusuf Noor Li Ana Beatriz Oluwaseun Thandiwe Hiroshi Katarzyna Sven Giulia Ahmed Rosalind
"""
LAST = """
Okonkwo Fitzwilliam Núñez O'Donnell Vandermeer Szczepański Abernathy Castellanos Lindqvist Papadopoulos Nakamura
Osei-Bonsu Kowalczyk Thornquist Delacroix Bhattacharya Ibrahimović Quillfeather Marchetti Söderberg Ng Wu Tembo
Hargreaves Petrenko Villanueva Strömberg Achterberg Winterbourne Lacroix
"""

LOOKALIKES = str.maketrans("aceopxyAEOPTXHM", "асеорхуАЕОРТХНМ")
ACCENTS = str.maketrans("aeioucnAEIOU", "áéíóúçñÁÉÍÓÚ")


def typo(name: str, rng: random.Random) -> str:
    """One slip in the longest part."""
    part = max(re.findall(r"[^\W\d_]+", name), key=len)
    place = rng.randrange(1, len(part) - 1)
    slips = (
        part[:place] + part[place + 1 :],
        part[:place] + part[place] + part[place:],
        part[:place] + part[place + 1] + part[place] + part[place + 2 :],
        part[:place] + rng.choice("aeiost") + part[place + 1 :],
    )
    return name.replace(part, rng.choice(slips))


def reformatted(day: date, rng: random.Random) -> str:
    forms = ("%d.%m.%Y", "%Y/%m/%d", "%d %B %Y", "%b %d, %y", "%d%b%Y", "%Y%m%d", "the %d of %B %Y", "%m-%d-%y")
    return day.strftime(rng.choice(forms))


def regrouped(number: str, rng: random.Random) -> str:
    separator = rng.choice((" ", "-", ".", " - ", "/", ""))
    digits = [character for character in number if character.isalnum()]
    return separator.join("".join(digits[start : start + 3]) for start in range(0, len(digits), 3))


Patient = tuple[str, date, str]
DISGUISES: dict[str, Callable[[Patient, random.Random], str]] = {
    "letter case": lambda p, rng: rng.choice((p[0].upper(), p[0].lower(), p[0].swapcase())),
    "spacing": lambda p, rng: rng.choice(
        (" ".join(p[0]), p[0].replace(" ", "   "), ". ".join(p[0].replace(" ", "")))
    ),
    "line breaks": lambda p, rng: f"{p[0][: len(p[0]) // 2]}\n{p[0][len(p[0]) // 2 :]}",
    "homoglyphs": lambda p, rng: p[0].translate(LOOKALIKES),
    "zero-width": lambda p, rng: rng.choice("\u200b\u200d\u2060\ufeff").join(p[0]),
    "accents": lambda p, rng: p[0].translate(ACCENTS),
    "reordered": lambda p, rng: ", ".join(reversed(p[0].split(" ", 1))),
    "initial and surname": lambda p, rng: f"{p[0][0]}. {p[0].split(' ', 1)[1]}",
    "typos": lambda p, rng: typo(p[0], rng),
    "dates and numbers": lambda p, rng: rng.choice((reformatted(p[1], rng), regrouped(p[2], rng))),
    "base64": lambda p, rng: base64.b64encode(rng.choice((p[0], f"Name: {p[0]}", p[2])).encode()).decode(),
    "hex": lambda p, rng: (
        rng.choice((p[0], p[2])).encode().hex(rng.choice(" :-")) if rng.random() < 0.5 else p[0].encode().hex()
    ),
    "reversed": lambda p, rng: rng.choice((p[0], p[2]))[::-1],
    "rot13": lambda p, rng: codecs.encode(p[0], "rot13"),
}


def patient(rng: random.Random) -> Patient:
    return (
        f"{rng.choice(FIRST.split())} {rng.choice(LAST.split())}",
        date(1935, 1, 1) + timedelta(days=rng.randrange(30_000)),
        f"{rng.choice(('MR', 'H', ''))}{rng.randrange(10**6, 10**8)}",
    )


def known(who: Patient) -> dict[str, Identifier]:
    form = "%m/%d/%Y"
    return {who[0]: Identifier.PERSON, who[1].strftime(form): Identifier.DATE, who[2]: Identifier.RECORD_NUMBER}


def sentences(data: Path) -> list[str]:
    """Sentences of notes without the marked names."""
    found = []
    for line in (data / "deid" / "open_aci_notes.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["text"]
        for span in reversed(row["spans"]):
            text = f"{text[: span['start']]}the patient{text[span['end'] :]}"
        found += [part for part in re.split(r"(?<=[.\n])\s+", text) if len(part) > 30]
    return found


def main(data: Path) -> None:
    rng = random.Random(4)
    vocabulary, carriers = Vocabulary.installed(), sentences(data)
    patients = [patient(rng) for _ in range(PATIENTS)]
    guards = [Guard(known(who), vocabulary) for who in patients]
    print("| disguise | caught by the guard | by plain search |\n|---|---|---|")
    for name, disguise in DISGUISES.items():
        caught = plain = 0
        for who, guard in zip(patients, guards, strict=True):
            text = f"{rng.choice(carriers)} {disguise(who, rng)} {rng.choice(carriers)}"
            caught += guard.finds(text, narrative=True)
            plain += any(value in text for value in known(who))
        print(f"| {name} | {caught / PATIENTS:.3f} | {plain / PATIENTS:.3f} |", flush=True)
    alarms = sum(rng.choice(guards).finds(text, narrative=True) for text in rng.sample(carriers, SENTENCES))
    print(f"\nfalse alarms: {alarms} of {SENTENCES} clean sentences ({100 * alarms / SENTENCES:.2f} %)")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
