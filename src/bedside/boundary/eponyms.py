"""Names that are no people's: "Wells score", "a positive Lachman", "Lou Gehrig's disease".

Only a phrase is harmless, never the name alone; and a patient who is called Wells stays hidden, because what a cue
or the vault knows counts more than this list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex

__all__ = ["Eponyms"]

HEADS = (
    "abscess|aneurysm|angina|angle|anomaly|aphasia|apparatus|arteritis|arthropathy|ataxia|bandage|block|"
    "bodies|body|breathing|bundle|bypass|calculator|canal|catheter|cell|chart|chorea|circle|circulation|class|"
    "classification|contracture|criteria|criterion|curve|cyst|deformity|dementia|diet|disease|disorder|drain|"
    "duct|dystrophy|edema|encephalopathy|equation|esophagitis|esophagus|exam|examination|exponent|factor|"
    "fascia|fever|formula|fracture|frame|fundoplication|gait|ganglion|gland|glasses|grade|grading|"
    "granulomatosis|guideline|hernia|hip|incision|index|infection|inhibitor|jaundice|joint|lamp|law|lesion|"
    "ligament|line|loop|lymphoma|macroglobulinemia|maneuver|manoeuvre|mark|metaplasia|method|model|monitor|"
    "murmur|nail|nephropathy|neuroma|neuropathy|node|nodule|oedema|operation|orifice|palsies|palsy|paralysis|"
    "patch|pattern|phenomenon|plaque|point|position|pouch|probability|procedure|protocol|pulse|pupil|reaction|"
    "recommendation|recommends|reflex|regimen|repair|respiration|ring|risk|rule|sarcoma|scale|score|scoring|"
    "sheath|sign|smear|solution|space|spot|stage|stain|staining|stick|studies|study|swab|syndrome|system|"
    "table|technique|tendinitis|tendon|test|testing|thyroiditis|titer|titre|tremor|triad|trial|tube|tumor|"
    "tumour|ulcer|vasculitis|virus|wave|wedge|xanthoma|zone"
)
"""What an eponym belongs to."""

# Before a sign that stands without a head: "negative Lachman", "Babinski negative".
FINDINGS = "positive|negative|equivocal|bilateral|modified|absent|present"


_WORD = regex.compile(r"\p{L}+")
_HEAD_BEHIND = regex.compile(rf"(?:[-–/ ]+\w+){{0,2}}?[-– ]+(?:{HEADS})(?:e?s)?\b", regex.IGNORECASE)
_FINDING_BEHIND = regex.compile(rf"[ \t]*(?:(?:is|was|were|sign)[ \t]+)?(?:{FINDINGS})\b", regex.IGNORECASE)
_FINDING_BEFORE = regex.compile(rf"\b(?:{FINDINGS})[ \t]+\Z", regex.IGNORECASE)


class Eponyms:
    """Finds eponyms that stand in a phrase of medicine.

    Args:
        names: One eponym each, letter case aside; a hyphen in it matches a space or a dash too.
    """

    def __init__(self, names: Iterable[str]) -> None:
        forms = {form for name in names for form in (name, *(name.replace("-", dash) for dash in " –—/"))}
        # Most words of a text are no eponym's first word: the expression is tried where one is, and nowhere else.
        self._first = {match.group().casefold() for form in forms if (match := _WORD.search(form))}
        self._name = regex.compile(r"\L<names>(?:['’]?s|['’])?\b", regex.IGNORECASE, names=sorted(forms))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the name of each phrase stands, without the words around it."""
        for word in _WORD.finditer(text):
            if word.group().casefold() not in self._first:
                continue
            name = self._name.match(text, word.start())
            if name and (
                _HEAD_BEHIND.match(text, name.end())
                or _FINDING_BEHIND.match(text, name.end())
                or _FINDING_BEFORE.search(text, max(name.start() - 20, 0), name.start())
            ):
                yield name.span()
