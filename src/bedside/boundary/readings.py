"""Hidden readings of a text: encoded strings decoded, spelled letters joined, unusual letters made plain.

Each function takes a text as written and yields what it holds, as far as that is text. The guard looks at all of
it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator

from bedside.boundary.unicode_folding import words

__all__ = ["in_digits", "readings"]

MOST = 40_000
"""The most characters of readings of one text that are examined; what a hostile text makes beyond is left out."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_ONE_CASE = re.compile(r"[A-Z]?[a-z\-]{5,}|[A-Z]{6,}")
_BASE32 = re.compile(r"[A-Z2-7]{8,}={0,6}")
_HEX = re.compile(r"(?i)(?:(?:0x|\\x|%)?[0-9a-f]{2}[\s:,.-]?){3,}")
_ESCAPE = re.compile(r"(?i)\\u\{?([0-9a-f]{2,6})\}?|\\x([0-9a-f]{2})|U\+([0-9a-f]{4,6})")
_CODES = re.compile(r"(?<!\w)\d{1,3}(?:[\s,;.\-/|]{1,2}\d{1,3}){2,}(?!\w)")
_BITS = re.compile(r"(?<!\w)(?:[01]{7,8}[\s,]?){3,}(?!\w)")
_MORSE = re.compile(r"[.\-·•–—_−]{1,5}(?:[\s/|]{1,3}[.\-·•–—_−]{1,5}){2,}")

# Up to three letters between bytes that are no text are noise too.
_NO_TEXT = re.compile(
    r"(?:(?:^|[\ufffd\x00-\x08\x0e-\x1f\x7f]+).{0,3}(?=[\ufffd\x00-\x08\x0e-\x1f\x7f]|$))+|[\ufffd\x00-\x08\x0e-\x1f\x7f]+"
)
_TELLING = re.compile(
    r"[^\W_]{3,}|\d[\W_]{0,2}\d|(?:[^\W_][\W_]{1,3}){3}|[%&#\\]|[.\-]{2}|[^\x00-\uffff]|[\u2460-\u24ff\u2800-\u28ff]"
)

_MORSE_LETTERS = dict(
    zip(
        words("""
            .- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..-
            -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.
        """),
        "abcdefghijklmnopqrstuvwxyz0123456789",
        strict=True,
    )
)
_DOTS = str.maketrans("·•–—_−", "..----")
_SPELLING = """
alpha alfa able apple adam|bravo baker boy bob|charlie charley|delta dog david|echo easy edward|foxtrot fox
frank|golf george| hotel how henry|india item ida|juliet juliett jig john|kilo king|lima love lincoln|mike
mary|november nan nora nancy|oscar oboe ocean| papa peter paul|quebec queen|romeo roger robert|sierra sugar
sam|tango tare tom|uniform uncle union|victor victory|whiskey whisky william|xray x-ray|yankee yoke young|zulu zebra
"""
_SPOKEN = {word: words.split()[0][0] for words in _SPELLING.split("|") for word in words.split()}
_SPOKEN |= dict(
    zip(
        words("""
    zero one two three four five six seven eight nine
"""),
        "0123456789",
        strict=True,
    )
)
_SPOKEN_WORD = re.compile(r"(?<!\w)(?:[A-Za-z](?:[ ,\-]+(?:as in|for|like)[ ]+))?(x-ray|[a-z]+)[\s,.\-]*")
_BRAILLE = dict(
    zip((chr(0x2800 + dots) for dots in (1, 3, 9, 25, 17, 11, 27, 19, 10, 26, 5, 7, 13, 29, 21, 15, 31, 23, 14, 30,
                                         37, 39, 58, 45, 61, 53)), "abcdefghijklmnopqrstuvwxyz", strict=True)
)  # fmt: skip
_DRESSED = str.maketrans(
    {
        **_BRAILLE,
        **{chr(0xE0000 + code): chr(code) for code in range(0x20, 0x7F)},
        **{chr(0x1F1E6 + place): chr(ord("a") + place) for place in range(26)},
        **{
            chr(start + place): chr(ord("a") + place)
            for start in (0x1F130, 0x1F150, 0x1F170)
            for place in range(26)
        },
        **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)),
    }
)
_TURNED = str.maketrans(
    "ɐqɔpǝɟƃɓɥıᴉɾʞןlɯuodbɹsʇnʌʍxʎz∀ƎℲפ⅁Ӏſʞ˥WNOԀΌᴚS┴∩ΛMX⅄Z", "abcdefgghiijkllmnopqrstuvwxyzAEFGGIJKLMNOPQRSTUVWXYZ"
)
_UPSIDE_DOWN = frozenset("ɐɔǝɟƃɥᴉɾʞɹʇʌʍʎ")

_UNITS = dict(zip(words("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""), range(20), strict=True))  # fmt: skip
_UNITS |= {"oh": 0, "nought": 0, "null": 0, "o": 0}
_TENS = dict(
    zip(
        words("""
    twenty thirty forty fifty sixty seventy eighty ninety
"""),
        range(20, 100, 10),
        strict=True,
    )
)
_ORDINALS = dict(zip(words("""
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth
"""), range(1, 20), strict=True))  # fmt: skip
_ORDINALS |= {"twentieth": 20, "thirtieth": 30}
_NUMBER_WORD = "|".join(
    sorted({*_UNITS, *_TENS, *_ORDINALS, "hundred", "thousand", "double", "triple"}, key=len, reverse=True)
)
_NUMBER_WORDS = re.compile(rf"(?<!\w)(?:{_NUMBER_WORD})(?:(?:[\s,\-]+|[\s]+and[\s]+)(?:{_NUMBER_WORD}))*(?!\w)")


def readings(text: str) -> tuple[str, ...]:
    """Return the contents of encoded and spelled parts of a text, decoded twice over, also turned or moved by
    13."""
    found: dict[str, None] = {}
    layer = [_without_format(text)]
    for _ in range(2):
        following: dict[str, None] = {}
        for one in layer:
            for source in (one, one[::-1], codecs.encode(one, "rot13")):
                following |= dict.fromkeys(held for held in _opened(source) if _is_text(held))
            if sum(map(len, following)) > MOST:
                break
        layer = [bare for one in following if one not in found and len(bare := _without_format(one)) > 2]
        found |= following
    return tuple(found)


def in_digits(plain: str) -> str:
    """Return a folded text with number words as digits: "march fourteenth, nineteen sixty two" is "march 14,
    1962"."""
    return _NUMBER_WORDS.sub(lambda run: _digits(re.findall(r"[a-z]+", run.group())), plain)


def _opened(text: str) -> Iterator[str]:
    # An encoder breaks lines after 76 characters, and a disguise may put spaces in.
    whole = re.sub(r"\s+", "", text)
    for run in {*_BASE64.findall(text), *_BASE64.findall(whole)}:
        if _ONE_CASE.fullmatch(run):
            continue  # a word: three bytes and more in base64 are of one case by a rare chance only
        bare = run.rstrip("=").replace("-", "+").replace("_", "/")
        # A run may have swallowed letters before it: every alignment is tried.
        for start in range(min(4, len(bare))):
            yield from _as_text(_from_base64(bare[start:]))
    for run in {*_BASE32.findall(text), *_BASE32.findall(whole)}:
        yield from _as_text(_from_base32(run.rstrip("=")))
    for run in _HEX.findall(text):
        digits = re.sub(r"(?i)0x|\\x|[^0-9a-f]", "", run)
        for start in (0, 1):
            yield from _as_text(bytes.fromhex(digits[start : len(digits) - (len(digits) - start) % 2]))
    for run in _BITS.findall(text):
        yield "".join(chr(int(bits, 2)) for bits in re.findall("[01]{7,8}", run))
    for run in {*_CODES.findall(text), *_CODES.findall(text.replace("\n", ""))}:
        numbers = [int(number) for number in re.findall(r"\d+", run)]
        # Other numbers may come before and after: each is a blank then.
        yield "".join(chr(number) if 32 <= number < 383 else " " for number in numbers)
        if len(numbers) > 3:
            yield "".join(chr(96 + number) if 1 <= number <= 26 else " " for number in numbers)
    for run in {*_MORSE.findall(text), *_MORSE.findall(text.replace("\n", ""))}:
        plain = run.translate(_DOTS)
        yield "".join(
            " " if sign == "/" else _MORSE_LETTERS.get(sign, "") for sign in re.findall(r"[.\-]+|/", plain)
        )
    yield from {*_spoken(text.lower()), *_spoken(text.lower().replace("\n", ""))}
    for other in (
        urllib.parse.unquote(text) if "%" in text else text,
        html.unescape(text) if "&" in text else text,
    ):
        if other != text:
            yield other
    if _ESCAPE.search(text):
        yield _ESCAPE.sub(lambda code: chr(min(int(next(filter(None, code.groups())), 16), 0x10FFFF)), text)
    if not text.isascii():
        dressed = text.translate(_DRESSED)
        if dressed != text:
            yield dressed
        if not _UPSIDE_DOWN.isdisjoint(text):
            yield from (text.translate(_TURNED), text.translate(_TURNED)[::-1])


def _spoken(text: str) -> Iterator[str]:
    """Yield letters spelled with the words of an alphabet: "oscar kilo oscar", "O as in Oscar"."""
    letters, end = "", 0
    for word in _SPOKEN_WORD.finditer(text):
        letter = _SPOKEN.get(word[1], "")
        if letters and (word.start() != end or not letter):
            yield letters
            letters = ""
        letters, end = letters + letter, word.end()
    yield letters


def _from_base64(run: str) -> bytes:
    # One letter too many holds no byte.
    whole = run[:-1] if len(run) % 4 == 1 else run
    return base64.b64decode(whole + "=" * (-len(whole) % 4))


def _from_base32(run: str) -> bytes:
    for length in range(len(run), len(run) - 3, -1):
        try:
            return base64.b32decode(run[:length] + "=" * (-length % 8))
        except binascii.Error:
            continue
    return b""


def _as_text(data: bytes) -> Iterator[str]:
    """Yield decoded bytes as text, without the stretches that are no text."""
    yield " ".join(_NO_TEXT.split(data.decode("utf-8", "replace")))
    if data[1::2].count(0) * 4 > len(data):
        yield data.decode("utf-16-le", "replace")


def _is_text(held: str) -> bool:
    """True if most of it is characters of a text; a chance reading of ordinary words is noise."""
    if not _TELLING.search(held):
        return False
    bad = sum(character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cn", "Co") for character in held)
    return bad * 5 <= len(held)


def _without_format(text: str) -> str:
    """Return a text without format characters and variation selectors, except tags, which can spell letters."""
    if text.isascii():
        return text
    return "".join(
        sign
        for sign in text
        if "\U000e0020" <= sign <= "\U000e007e"
        or not (unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f")
    )


def _digits(words: list[str]) -> str:
    """Return number words as digits: hundreds and years as one number, digits spoken one by one as a row."""
    numbers: list[str] = []
    repeat = 1
    for word in words:
        last = numbers[-1] if numbers else ""
        if word in ("double", "triple"):
            repeat = 2 if word == "double" else 3
        elif word == "hundred":
            numbers[-1:] = [str(int(last or 1) * 100)]
        elif word == "thousand":
            numbers[-1:] = [str(int(last or 1) * 1000)]
        else:
            value = _UNITS.get(word, _ORDINALS.get(word, _TENS.get(word, 0)))
            open_tens = len(last) > 1 and int(last) % 10 == 0 and int(last) % 100 >= 20 and 0 < value < 10
            open_hundreds = len(last) > 2 and last.endswith("00") and value < 100
            numbers[-1:] = (
                [str(int(last) + value)] if open_tens or open_hundreds else [last, str(value) * repeat][not last :]
            )
            repeat = 1
    joined: list[str] = []
    for number in numbers:
        year = joined and joined[-1] in ("18", "19", "20") and len(number) == 2
        joined[-1:] = [joined[-1] + number] if year else [*joined[-1:], number]
    single = all(len(set(number)) == 1 for number in joined) and len(joined) > 2
    return ("" if single else " ").join(joined)
