"""Made-up values in place of real ones, for exports that people read.

They are drawn at random and kept in the vault, never computed from the value (45 CFR 164.514(c)). Telephone
numbers, SSNs and addresses are of ranges that nobody has: 555-01xx, 000-, example.org, 192.0.2.0/24 (RFC 2606 and
RFC 5737).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from bedside.boundary.detection import Identifier
from bedside.boundary.people import name_parts
from bedside.boundary.vault import NAMES, Vault

__all__ = ["surrogate"]

# Invented; a name that somebody bears all the same is refused where the vault or the text knows it.
GIVEN = """
Abrel Anwen Belisa Brunor Calyth Corvan Darien Delvra Eldra Emrin Falken Fenna Garrin Gwenet Halric Ilvane
Isolth Jorvan Kaelin Kerith Lorvan Lysara Maelor Mirelle Nerith Norvan Odrin Orlena Perrin Quilla Rendal
Rosmer Selwin Sorena Tamsel Tirion Ulric Velora Wendel Yorath
"""
FAMILY = """
Ashgrove Barrowick Brackwell Cawdrell Coldmere Dunmarsh Elverton Fenwright Fernhallow Galloway Garrowby
Hartsmere Holloway Inglebright Jessamere Kestrelby Kirkhallow Larkmoor Lowerby Marchbank Millowby Netherby
Oakhallow Pellerin Quarrington Ravensby Rookwell Saltmarsh Silverwick Stonefield Tarrowby Thistlewood Underby
Vardenby Wetherell Whitlowe Windermoor Wolverby Yarrowell Yewbridge
"""
TOWNS = """
Alderwick Ashcombe Birchanger Brambleford Bramhollow Cawlstead Copsewell Cressmoor Dellbrook Dunhollow
Eastmere Elmscote Farrowdale Fawnbridge Glenharrow Gorsefield Hazelmoor Hollinbury Inkbarrow Jutebrook
Kingsmoor Larchford Lindenfold Maplestead Millbrook Nettlecombe Northwold Oxhollow Penhallow Quarrybank
Rushmere Sedgewick Tarnbrook Upwold Vinecombe Willowmere Yewdale
"""

HOUSES = re.compile(
    r"(?i)\b(?:hospital|medical cent(?:er|re)|clinic|infirmary|hospice|practice|surgery|pharmacy|school|college|"
    r"university|health cent(?:er|re)|nursing home|care home|rehabilitation cent(?:er|re)|pediatrics|associates)\b"
)


def surrogate(vault: Vault, kind: Identifier, value: str, text: str) -> str:
    """Return the surrogate of a value in this case from now on, written in the same way as the value.

    Args:
        text: The whole text: no surrogate may be in it already.
    """
    if kind in NAMES:
        return _name(vault, kind, value, text)
    if kind is Identifier.AGE:
        return "90"  # 164.514(b)(2)(i)(C): one category of 90 or over
    if kind is Identifier.UNKNOWN_WORD:
        return vault.placeholder(kind, value)
    make: dict[Identifier, Callable[[str], str]] = {
        Identifier.PLACE: _place,
        Identifier.FACILITY: _facility,
        Identifier.EMAIL: lambda _: f"p{_digits(6)}@example.org",
        Identifier.URL: lambda _: f"https://example.org/{_digits(6)}",
        Identifier.IP_ADDRESS: lambda _: f"192.0.2.{secrets.randbelow(254) + 1}",
        Identifier.PHONE: _phone,
        Identifier.SSN: lambda shape: _in_shape(shape, "000"),
    }
    placeholder = vault.placeholder(kind, value)
    return vault.surrogate(placeholder, lambda: make.get(kind, _in_shape)(value), text)


def _name(vault: Vault, kind: Identifier, value: str, text: str) -> str:
    placeholder = vault.placeholder(kind, value)
    full = vault.surrogate(
        placeholder, lambda: f"{secrets.choice(GIVEN.split())} {secrets.choice(FAMILY.split())}", text
    )
    if full == placeholder:
        return placeholder
    given, family = full.split(" ", 1)
    known = name_parts(vault.original_of(placeholder))

    def part(match: re.Match[str]) -> str:
        word = match.group()
        folded = name_parts(word)
        if not folded:  # a title
            return word
        stands = given if len(known) > 1 and folded[0][0] == known[0][0] and folded[0] != known[-1] else family
        if len(folded[0]) == 1:
            return stands[0]
        possessive = word[-2:] if word[-2:] in ("'s", "’s") else ""
        return (stands.upper() if word.isupper() else stands.lower() if word.islower() else stands) + possessive

    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", part, value)


def _place(value: str) -> str:
    town = secrets.choice(TOWNS.split())
    street = re.match(r"\d+", value)
    return f"{secrets.randbelow(900) + 100} {secrets.choice(FAMILY.split())} Road, {town}" if street else town


def _facility(value: str) -> str:
    house = HOUSES.search(value)
    return f"{secrets.choice(TOWNS.split())} {house.group() if house else 'Institute'}"


def _phone(value: str) -> str:
    digits = sum(character.isdigit() for character in value)
    if digits < 7:
        return _in_shape(value)
    return _in_shape(value, "5" * (digits - 7) + "55501" + _digits(2))


def _in_shape(value: str, start: str = "") -> str:
    """Return random digits and letters in the shape of a value; the first digits may be given."""
    given = iter(start)
    return "".join(
        next(given, _digits(1)) if c.isdigit() else _like(c) if c.isascii() and c.isalpha() else c for c in value
    )


def _like(letter: str) -> str:
    return secrets.choice("ABCDEFGHJKLMNPRSTUVWXYZ" if letter.isupper() else "abcdefghjkmnpqrstuvwxyz")


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))
