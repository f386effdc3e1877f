"""Text folded to what a reader sees, whatever its letters are made of."""

from __future__ import annotations

import unicodedata

__all__ = ["fold", "words"]

# Letters that look like Latin ones: Cyrillic, Greek, Armenian and Latin with strokes. Upper case apart: В looks
# like B and в does not.
_LOOKALIKES = str.maketrans(
    "АВЕКМНОРСТУХЅІЈЁЇԌԚԜавекмнорстухѕіјёїԍԛԝһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβγεικνορτυχωϲϳՕՍԼհոսցøłđðħıŧŋƒɡɑØŁĐÐĦŦ",
    "ABEKMHOPCTYXSIJEIGQWabekmhopctyxsijeigqwhlABEZHIKMNOPTYXabyeikvoptuxwcjOULhnugoldohitnfgaOLDDHT",
)


def fold(text: str) -> str:
    """Fold a text to lower case without accents, format characters, look-alikes and compatibility forms."""
    if text.isascii():
        return text.lower()
    latin = unicodedata.normalize("NFKD", text).translate(_LOOKALIKES)
    decomposed = unicodedata.normalize("NFKD", latin.casefold()).translate(_LOOKALIKES)
    return "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")


def words(text: str) -> list[str]:
    """Return the words of a list that is written as a text."""
    return text.split()
